"""Step 2: how the appointment takes place."""

from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.models import Channel
from app.services.appointments import steps
from app.services.appointments.steps import RESCHEDULE, Progress, Step, WrongChoiceError
from app.services.journeys import JourneyGoneError
from app.state.base import call, fields, text, visitor_of
from app.state.forms import FormMixin
from app.state.journey import JourneyState
from app.state.office import CHANNEL_LABELS

FIELD = "canal"
_HINTS = {
    Channel.COUNTER: "Un agent vous reçoit à cette adresse : {place}.",
    Channel.PHONE: "Un agent vous appelle à l’heure convenue, au numéro que vous indiquerez.",
}


@dataclass(frozen=True)
class ChannelChoice:
    """One way to meet, ready for a radio button."""

    value: str
    label: str
    hint: str
    id: str


class ChannelState(FormMixin, JourneyState):
    """What this office offers for this topic."""

    options: list[ChannelChoice] = []
    topic_label: str = ""
    office_name: str = ""
    chosen: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the channels open to this journey."""
        progress, elsewhere = await self._enter(Step.CHANNEL)
        if progress is None or progress.office is None or progress.topic is None:
            return elsewhere
        self.errors = {}
        self.topic_label, self.office_name = progress.topic.label, progress.office.name
        self.options = _choices(progress)
        self.chosen = _marked(progress, self.options)
        return None

    @rx.event
    async def keep(self, value: str) -> None:
        """Keep the choice that was marked, for a reload before it is settled."""
        visitor = visitor_of(self)
        if visitor is None:
            return
        try:
            await call(steps.remember, visitor, self._kind(), {FIELD: text(value, 2)})
        except JourneyGoneError:
            return

    @rx.event
    async def choose(self, data: dict[str, str]) -> EventSpec | None:
        """Settle the channel and go on to the agenda."""
        progress, elsewhere = await self._enter(Step.CHANNEL)
        visitor, value = visitor_of(self), fields(data, [FIELD])[FIELD]
        if progress is None or visitor is None:
            return elsewhere
        if value not in {choice.value for choice in _choices(progress)}:
            return self._refuse({FIELD: "Choisissez comment vous souhaitez être reçu"})
        try:
            await call(steps.choose_channel, visitor, progress.kind, Channel(int(value)))
        except (WrongChoiceError, JourneyGoneError):
            return rx.redirect(addresses.CONTACT)
        self._wait()
        return rx.redirect(addresses.RESCHEDULE_SLOT if progress.kind == RESCHEDULE else addresses.SLOT)


def _marked(progress: Progress, options: list[ChannelChoice]) -> str:
    values = [choice.value for choice in options]
    if len(values) == 1:
        return values[0]
    marked = progress.typed.get(FIELD, "")
    if marked in values:
        return marked
    return str(int(progress.channel)) if progress.channel else ""


def _choices(progress: Progress) -> list[ChannelChoice]:
    office = progress.office
    place = f"{office.street}, {office.postal_code} {office.city}" if office else ""
    return [
        ChannelChoice(
            str(int(channel)), CHANNEL_LABELS[channel], _HINTS[channel].format(place=place), _identifier(index)
        )
        for index, channel in enumerate(progress.channels())
    ]


def _identifier(index: int) -> str:
    # The summary of errors links to the field's name, which is the first button.
    return FIELD if index == 0 else f"{FIELD}-{index}"
