"""The last three screens of the sign-up: the form, the check of everything typed, and where the code went."""

from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import countries, trust_questions, wording
from app.models import SpaceKind, SpaceMode
from app.services import phones
from app.services.accounts import identity_form, registration, sign_up
from app.services.accounts.identity_form import FIELDS, FIRST_CHOICES, LABELS, IdentityForm
from app.services.accounts.sign_in import too_many
from app.services.accounts.sign_up import SignUpProgress, Step, WrongStepError
from app.services.form_errors import FieldErrors
from app.services.journeys import DraftTooLargeError, JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.state.base import call, fields, network_of, visitor_of
from app.state.forms import KeepMixin, SubmitMixin
from app.state.place import PlaceMixin
from app.state.refused_code import RefusedCodeMixin
from app.state.sign_up import SignUpState

_PARIS = ZoneInfo("Europe/Paris")
_IBAN = "iban"


@dataclass(frozen=True)
class Line:
    """One answer of the summary."""

    label: str
    value: str


class FormState(PlaceMixin, KeepMixin, SignUpState):
    """Step 3: the form, which differs by mode."""

    # The lists are there from the start as they will be: one that changed under the hand would lose the choice.
    draft: dict[str, str] = {"street_type": "", **FIRST_CHOICES}
    email: str = ""
    iban_shown: str = ""
    forced: int = 0
    _kept: ClassVar[tuple[str, ...]] = tuple(name for name in LABELS if name != _IBAN)

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the form with what was typed."""
        progress, elsewhere = await self._enter(Step.FORM)
        if progress is None:
            return elsewhere
        self.errors = {}
        self._fill(progress)
        return None

    def _fill(self, progress: SignUpProgress) -> None:
        names = [name for name in FIELDS[progress.mode] if name != _IBAN]
        self.draft = {name: progress.typed.get(name) or FIRST_CHOICES.get(name, "") for name in names}
        self.email, self.iban_shown = progress.email, progress.masked_iban
        self._settle_place(self.draft)

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        """Keep what was typed in a field; a French postal code brings its communes."""
        certain = self._move_place(typed)
        if certain:
            self.draft = {**self.draft, **certain}
        await self._remember(typed | certain)
        return None

    @rx.event
    async def clear(self) -> EventSpec | None:
        """Empty the form."""
        progress, elsewhere = await self._enter(Step.FORM)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        try:
            progress = await call(sign_up.clear_form, visitor)
        except JourneyGoneError:
            return await self._sent_back(visitor)
        self.errors = {}
        self._fill(progress)
        self.forced += 1
        return rx.set_focus("titre")

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.FORM)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        typed = fields(data, FIELDS[progress.mode])
        self.draft = {name: value for name, value in typed.items() if name != _IBAN}
        try:
            await call(sign_up.set_form, visitor, typed)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except (JourneyGoneError, WrongStepError, DraftTooLargeError):
            return await self._sent_back(visitor)
        self.errors = {}
        return self._lead(addresses.SIGN_UP_SUMMARY)


class SummaryState(SubmitMixin, SignUpState):
    """Step 4: everything typed, section by section."""

    identifiers: list[Line] = []
    company: list[Line] = []
    person: list[Line] = []
    trust: list[Line] = []
    problem: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show what was typed."""
        progress, elsewhere = await self._enter(Step.SUMMARY)
        if progress is None or progress.form is None:
            return elsewhere
        self.problem = ""
        self.identifiers = [
            Line("Adresse électronique de connexion", progress.email),
            Line("Mot de passe de connexion", "Choisi, non affiché"),
        ]
        form = progress.form
        simplified = progress.mode == SpaceMode.SIMPLIFIED
        self.company = _lines(form, (*identity_form.COMPANY_FIELDS, _IBAN)) if simplified else []
        self.person = _lines(form, ("last_name", "first_name", "phone"))
        if not simplified:
            self.person = [*self.person, *_lines(form, identity_form.ADDRESS_FIELDS)]
        self.trust = _lines(form, identity_form.TRUST_FIELDS)
        return None

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        """Make the request: pressed twice, in one tab or two, it is made once."""
        progress, elsewhere = await self._enter(Step.SUMMARY)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        try:
            await call(registration.register, visitor, network_of(self))
        except FieldErrors as wrong:
            self.problem = " ".join(wrong.errors.values())
            return None
        except TooManyAttemptsError as error:
            self.problem = too_many(error.retry_after)
            return None
        except (JourneyGoneError, WrongStepError):
            return await self._sent_back(visitor)
        await self._forget()
        return self._lead(addresses.SIGN_UP_REGISTERED)


class RegisteredState(RefusedCodeMixin, SignUpState):
    """Step 5: where the code went."""

    email: str = ""
    deadline: str = ""

    _kind: ClassVar[SpaceKind] = SpaceKind.PROFESSIONAL
    _identifiers: ClassVar[int] = Step.IDENTIFIERS

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the request this tab made last."""
        made, elsewhere = await self._ended()
        if made is None:
            return elsewhere
        self._show(made.mode)
        self.email = made.email
        self.deadline = wording.moment(made.deadline.astimezone(_PARIS))
        return await self._look_up()


def _lines(form: IdentityForm, names: tuple[str, ...]) -> list[Line]:
    shown = {
        "first_name": form.first_name or "Aucun",
        "phone": phones.shown(form.phone),
        "country": countries.label(form.country),
        "trust_question": trust_questions.label(form.trust_question),
        "siren": " ".join((form.siren[:3], form.siren[3:6], form.siren[6:])),
        _IBAN: identity_form.masked_iban(form.iban),
    }
    values = ((name, shown.get(name, getattr(form, name))) for name in names)
    return [Line(LABELS[name], value or "Non renseigné") for name, value in values]
