"""The five screens of the sign-up: one view on the journey that the server keeps."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import communes, countries, trust_questions, wording
from app.models import SpaceMode
from app.services import phones
from app.services.accounts import identity_form, passwords, sign_up
from app.services.accounts.identity_form import FIELDS, FIRST_CHOICES, LABELS, IdentityForm
from app.services.accounts.passwords import PasswordsBusyError
from app.services.accounts.sign_in import BUSY, too_many
from app.services.accounts.sign_up import SignUpProgress, Step, WrongStepError
from app.services.form_errors import FieldErrors
from app.services.journeys import DraftTooLargeError, JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.state import captcha
from app.state.base import call, fields, network_of, query, tab_of, text, visitor_of
from app.state.captcha import CaptchaMixin
from app.state.forms import FormMixin
from app.state.strength import StrengthMixin

PARIS = ZoneInfo("Europe/Paris")
_PAGES = (
    addresses.SIGN_UP_CONDITIONS,
    addresses.SIGN_UP_IDENTIFIERS,
    addresses.SIGN_UP_FORM,
    addresses.SIGN_UP_SUMMARY,
    addresses.SIGN_UP_REGISTERED,
)
_LONGEST = 200
_LONGEST_PASSWORD = 512
_ADDRESS_FIELDS = ("email", "email_again")
_PASSWORD_FIELDS = ("password", "password_again")
_IBAN = "iban"
_ARRONDISSEMENT = re.compile(r" \d+er? Arrondissement$")
_TERMS_MISSING = "Cochez la case pour accepter les conditions générales"


@dataclass(frozen=True)
class Line:
    """One answer of the summary."""

    label: str
    value: str


class SignUpState(rx.State):
    """How the sign-up stands in this tab: « loading », « resume » (ask first), « no_cookies » or « ready »."""

    phase: str = "loading"
    simplified: bool = False

    async def _enter(self, needed: Step) -> tuple[SignUpProgress | None, EventSpec | None]:
        """Return the sign-up if this page may be shown here, else None and where to go instead."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None, None
        progress = await call(sign_up.progress, visitor)
        if progress is None:
            return None, rx.redirect(await self._after(visitor))
        if tab_of(self) not in progress.tabs:
            self.phase = "resume"
            return None, None
        if progress.step < needed:
            return None, rx.redirect(_PAGES[progress.step])
        self._show(progress)
        return progress, None

    async def _after(self, visitor: str) -> str:
        """Return the page for a tab without a live sign-up: what it led to here, else the beginning."""
        made = await call(sign_up.registered, visitor)
        is_here = made is not None and tab_of(self) in made.tabs
        return addresses.SIGN_UP_REGISTERED if is_here else addresses.SPACE_CHOICE

    def _show(self, progress: SignUpProgress) -> None:
        self.phase = "ready"
        self.simplified = progress.mode == SpaceMode.SIMPLIFIED

    async def _remember(self, typed: Mapping[str, str]) -> None:
        visitor = visitor_of(self)
        if visitor is None:
            return
        try:
            progress = await call(sign_up.progress, visitor)
            # What is typed in a tab that was never opened by « Reprendre » is not the journey's.
            if progress is not None and tab_of(self) in progress.tabs:
                await call(sign_up.remember, visitor, typed)
        except (JourneyGoneError, DraftTooLargeError):
            return

    @rx.event
    async def resume(self) -> EventSpec:
        """Go on with the sign-up begun in another tab or earlier."""
        visitor = visitor_of(self)
        if visitor is None:
            return rx.redirect(addresses.SPACE_CHOICE)
        try:
            progress = await call(sign_up.resume, visitor, tab_of(self))
        except JourneyGoneError:
            return rx.redirect(addresses.SPACE_CHOICE)
        self.phase = "loading"
        return rx.redirect(_PAGES[progress.step])

    @rx.event
    async def restart(self) -> EventSpec:
        """Erase what was begun and choose the mode again."""
        await self._erase()
        return rx.redirect(addresses.SPACE_CHOICE)

    @rx.event
    async def leave(self) -> EventSpec:
        """Erase what was begun and leave: for shared computers."""
        await self._erase()
        return rx.redirect(addresses.HOME)

    async def _erase(self) -> None:
        visitor = visitor_of(self)
        if visitor is not None:
            await call(sign_up.leave, visitor)
        self.reset()  # type: ignore[no-untyped-call]


class ConditionsState(CaptchaMixin, FormMixin, SignUpState):
    """Step 1: the terms, and the CAPTCHA once per sign-up."""

    human: bool = False
    accepted: bool = False

    @rx.event
    async def load(self) -> EventSpec | None:
        """Begin the sign-up, in the mode that the address names, or go on with it."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None
        mode = _mode(query(self, "mode"))
        if mode is None and await call(sign_up.progress, visitor) is None:
            return rx.redirect(addresses.SPACE_CHOICE)
        progress = await call(sign_up.begin, visitor, tab_of(self), mode)
        if progress is None:
            self.phase = "resume"
            return None
        self._show(progress)
        self.errors = {}
        self.human, self.accepted = progress.is_human, progress.has_accepted
        if not self.human:
            await self._keep_or_renew_captcha()
        return None

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Keep the agreement and go on."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit(fields(data, ["terms", captcha.FIELD]))
        finally:
            self.busy = False

    async def _submit(self, typed: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.CONDITIONS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        errors = {} if typed["terms"] == "oui" else {"terms": _TERMS_MISSING}
        self.accepted = not errors
        if not progress.is_human:
            problem = await self._captcha_error(typed[captcha.FIELD])
            if problem:
                errors[captcha.FIELD] = problem
            else:
                await call(sign_up.note_human, visitor)
                self.human, self._captcha_id = True, ""
        if errors:
            return self._refuse(errors)
        await call(sign_up.accept_terms, visitor)
        self.errors = {}
        return rx.redirect(addresses.SIGN_UP_IDENTIFIERS)


class IdentifiersState(StrengthMixin, FormMixin, SignUpState):
    """Step 2: address and password; no password is ever in a variable."""

    has_password: bool = False

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the address that was typed; passwords are typed again, or left out to keep the one chosen."""
        progress, elsewhere = await self._enter(Step.IDENTIFIERS)
        if progress is None:
            return elsewhere
        self.errors, self.level = {}, ""
        self.draft = {name: progress.typed.get(name, "") for name in _ADDRESS_FIELDS}
        self.has_password = progress.has_password
        self._guess(self.draft["email"])
        return None

    @rx.event
    async def keep(self, name: str, value: str) -> None:
        """Keep what was typed of the address."""
        if name not in _ADDRESS_FIELDS:
            return
        typed = text(value, _LONGEST)
        if name == "email":
            self._guess(typed)
        await self._remember({name: typed})

    def _guess(self, email: str) -> None:
        self._guessed = [email.partition("@")[0]]

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Settle address and password and go on."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit(data)
        finally:
            self.busy = False

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.IDENTIFIERS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        typed = fields(data, _ADDRESS_FIELDS)
        # As typed: blanks at the ends of a password are for the service to refuse.
        secrets = {name: text(data.get(name, ""), _LONGEST_PASSWORD) for name in _PASSWORD_FIELDS}
        self.draft = typed
        await self._remember(typed)
        try:
            await passwords.apart(sign_up.set_identifiers, visitor, **typed, **secrets, network=network_of(self))
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except TooManyAttemptsError as error:
            return self._refuse({"email": too_many(error.retry_after)})
        except PasswordsBusyError:
            return self._refuse({"password": BUSY})
        except (JourneyGoneError, WrongStepError):
            return rx.redirect(await self._after(visitor))
        self.errors, self.level = {}, ""
        return rx.redirect(addresses.SIGN_UP_FORM)


class FormState(FormMixin, SignUpState):
    """Step 3: the form, which differs by mode."""

    # The lists are there from the start as they will be: one that changed under the hand would lose the choice.
    draft: dict[str, str] = {"street_type": "", **FIRST_CHOICES}
    email: str = ""
    iban_shown: str = ""
    communes: list[str] = []
    communes_note: str = ""
    forced: int = 0
    _place: dict[str, str] = {}

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
        self._place = {name: self.draft.get(name, "") for name in ("postal_code", "commune", "country")}
        self._propose_communes()

    @rx.event
    async def keep(self, name: str, value: str) -> None:
        """Keep what was typed in a field; a French postal code brings its communes."""
        if name not in LABELS or name == _IBAN:
            return
        typed = {name: text(value, _LONGEST)}
        if name in self._place:
            self._place = {**self._place, **typed}
            self._propose_communes()
            if name == "postal_code" and len(self.communes) == 1 and not self._place["commune"]:
                typed["commune"] = self.communes[0]
                self._place = {**self._place, **typed}
                self.draft = {**self.draft, **typed}
        await self._remember(typed)

    def _propose_communes(self) -> None:
        is_french = self._place["country"] in countries.FRENCH_POSTAL_CODES
        code = self._place["postal_code"].replace(" ", "")
        self.communes = _communes_of(code) if is_french else []
        several = len(self.communes) > 1
        self.communes_note = f"{len(self.communes)} communes proposées pour ce code postal." if several else ""

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
            return rx.redirect(addresses.SPACE_CHOICE)
        self.errors = {}
        self._fill(progress)
        self.forced += 1
        return rx.set_focus("titre")

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Settle the form and go on."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit(data)
        finally:
            self.busy = False

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
            return rx.redirect(await self._after(visitor))
        self.errors = {}
        return rx.redirect(addresses.SIGN_UP_SUMMARY)


class SummaryState(SignUpState):
    """Step 4: everything typed, section by section."""

    identifiers: list[Line] = []
    company: list[Line] = []
    person: list[Line] = []
    trust: list[Line] = []
    problem: str = ""
    busy: bool = False

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

    @rx.event
    async def submit(self, _data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Make the request: pressed twice, it is made once."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit()
        finally:
            self.busy = False

    async def _submit(self) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.SUMMARY)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        try:
            await call(sign_up.register, visitor, network_of(self))
        except FieldErrors as wrong:
            self.problem = " ".join(wrong.errors.values())
            return None
        except TooManyAttemptsError as error:
            self.problem = too_many(error.retry_after)
            return None
        except (JourneyGoneError, WrongStepError):
            return rx.redirect(await self._after(visitor))
        self.identifiers, self.company, self.person, self.trust = [], [], [], []
        # A page that loads is sent every variable of its tab: what was typed is none of the later pages' business.
        for state in (IdentifiersState, FormState):
            (await self.get_state(state)).reset()  # type: ignore[no-untyped-call]
        return rx.redirect(addresses.SIGN_UP_REGISTERED)


class RegisteredState(SignUpState):
    """Step 5: where the code went."""

    email: str = ""
    deadline: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the request this tab made last."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None
        made = await call(sign_up.registered, visitor)
        if made is None or tab_of(self) not in made.tabs:
            _, elsewhere = await self._enter(Step.REGISTERED)
            return elsewhere
        self.phase = "ready"
        self.simplified = made.mode == SpaceMode.SIMPLIFIED
        self.email = made.email
        self.deadline = wording.moment(made.deadline.astimezone(PARIS))
        return None


def _mode(typed: str) -> SpaceMode | None:
    return SpaceMode(typed) if typed in tuple(SpaceMode) else None


def _communes_of(postal_code: str) -> list[str]:
    """Return the communes of a French postal code as an envelope names them: Paris, without its arrondissement."""
    names = (_ARRONDISSEMENT.sub("", commune.name) for commune in communes.by_postal_code(postal_code))
    return list(dict.fromkeys(names))


def _lines(form: IdentityForm, names: tuple[str, ...]) -> list[Line]:
    shown = {
        "phone": phones.shown(form.phone),
        "country": countries.label(form.country),
        "trust_question": trust_questions.label(form.trust_question),
        "siren": " ".join((form.siren[:3], form.siren[3:6], form.siren[6:])),
        _IBAN: identity_form.masked_iban(form.iban),
    }
    values = ((name, shown.get(name, getattr(form, name))) for name in names)
    return [Line(LABELS[name], value or "Non renseigné") for name, value in values]
