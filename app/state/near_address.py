"""« Vouliez-vous dire… ? »: the question under a field whose mail address is a slip away from a common one.

The same for every form. `assets/draft-field.js` asks when the field is left, shows the question only while the field
holds what it is about, and puts the answer into the field as if it had been typed: what a form keeps and what it
submits is its own business, and no answer is waited for.
"""

from dataclasses import dataclass

import reflex as rx

from app.services import near_address
from app.state.base import text

_MOST = 4
"""Fields of a page that are asked about at once."""

_MOST_KEPT = 20
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Question:
    """What was typed, and the address that was probably meant."""

    typed: str = ""
    meant: str = ""


class NearAddressState(rx.State):
    """The questions of the page in this tab, by the name of their field."""

    questions: dict[str, Question] = {}
    _kept: tuple[str, ...] = ()
    """What a person said is right as it is, the last one at the end."""

    @rx.event
    async def left(self, name: str, typed: str) -> None:
        """Ask about what a field holds when it is left, if there is something to ask."""
        name, typed = text(name, _LONGEST_NAME), text(typed, near_address.LONGEST)
        meant = near_address.meant(typed) if name and typed not in self._kept else None
        self._ask(name, Question(typed, meant) if meant else None)

    @rx.event
    async def keep_typed(self, name: str, typed: str) -> None:
        """« Non, garder »: never ask about this address again in this tab."""
        name, typed = text(name, _LONGEST_NAME), text(typed, near_address.LONGEST)
        if near_address.meant(typed) and typed not in self._kept:
            self._kept = (*self._kept, typed)[-_MOST_KEPT:]
        self._ask(name, None)

    def _ask(self, name: str, question: Question | None) -> None:
        others = {each: asked for each, asked in self.questions.items() if each != name}
        asked = {**others, name: question} if question else others
        if asked != self.questions:
            self.questions = dict(list(asked.items())[-_MOST:])


async def arrive(state: rx.State) -> None:
    """Put away the questions of the page before: they hold what was typed there."""
    asked = await state.get_state(NearAddressState)
    if asked.questions:
        asked.questions = {}
