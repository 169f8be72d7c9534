"""« Données personnelles »: changing one's details, password and sign-in address, and opening the PDF summary again."""

from collections.abc import AsyncIterator
from secrets import randbelow
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app.content import trust_questions, wording
from app.models import SpaceMode
from app.services.accounts import changes, identity_form, new_address, passwords, reauthentication, sessions
from app.services.accounts.accounts import AccountView
from app.services.accounts.passwords import PasswordsBusyError
from app.services.accounts.reauthentication import SignedOutError
from app.services.accounts.sessions import SessionView
from app.services.accounts.sign_in import BUSY, too_many
from app.services.form_drafts import Form
from app.services.form_errors import FieldErrors
from app.services.throttle import TooManyAttemptsError
from app.state import drafts
from app.state.account import AccountState
from app.state.base import call, fields, text, visitor_of
from app.state.forms import FormMixin
from app.state.place import PlaceMixin
from app.state.recovery import secrets_in
from app.state.space import PrivateMixin
from app.state.strength import StrengthMixin

_PARIS = ZoneInfo("Europe/Paris")
_SECRETS = (*identity_form.TRUST_FIELDS, "iban")
_ADDRESSES = ("email", "email_again")
_LONGEST_CODE = 200
_REVEALED_ID = "recapitulatif"


class SpaceDetailsState(PrivateMixin, PlaceMixin, FormMixin, AccountState):
    """« Modifier mes coordonnées »: everything but the secrets."""

    saved: str = ""
    is_simplified: bool = False
    forced: int = 0
    _shown: int = 0

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the account's details, with what was typed and not saved yet."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        account = found.account
        self.saved, self.errors = "", {}
        typed = await drafts.restored(self, Form.DETAILS, _open_fields(account), sessions.subject(account.id))
        self._fill(account, typed)
        if self._shown != account.id:
            # A field that stands there since somebody else's visit must not keep what it holds: any new number does.
            self._shown, self.forced = account.id, randbelow(2**31)
        return None

    def _fill(self, account: AccountView, typed: dict[str, str]) -> None:
        shown = changes.shown_fields(account)
        self.draft = {name: shown[name] for name in _open_fields(account)} | typed
        self.is_simplified = account.mode == SpaceMode.SIMPLIFIED
        self._settle_place(self.draft)

    @rx.event
    async def keep(self, name: str, value: str) -> EventSpec | None:
        """Keep what was typed in a field; a French postal code brings its communes."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        names = _open_fields(found.account)
        if name not in names:
            return None
        typed = {name: text(value, drafts.LONGEST)}
        certain = self._move_place(typed)
        if certain:
            self.draft = {**self.draft, **certain}
        await drafts.keep(self, Form.DETAILS, names, typed | certain, sessions.subject(found.account.id))
        return None

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Save the details."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit(data)
        finally:
            self.busy = False

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        names, owner = _open_fields(found.account), sessions.subject(found.account.id)
        typed = fields(data, names)
        self.draft, self.saved = typed, ""
        await drafts.keep(self, Form.DETAILS, names, typed, owner)
        try:
            account = await call(changes.change_details, found.account.id, found.id, typed)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except TooManyAttemptsError as error:
            return self._refuse({names[0]: too_many(error.retry_after)})
        except SignedOutError:
            return self._signed_out()
        await drafts.forget(self, Form.DETAILS)
        self.errors = {}
        self._fill(account, {})
        self.forced += 1
        self.saved = "Vos coordonnées sont enregistrées."
        self.name = f"{account.first_name} {account.last_name}"
        return rx.set_focus("enregistre")


class SpaceSecretsState(PrivateMixin, FormMixin, AccountState):
    """What opens for five minutes once the password was typed again: the PDF summary, the trust question, the IBAN."""

    revealed: bool = False
    saved: str = ""
    is_simplified: bool = False
    iban_shown: str = ""
    forced: int = 0

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show whether the password typed in this session still counts."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        self.saved, self.errors = "", {}
        await self._show(found)
        return None

    async def _show(self, found: SessionView) -> None:
        # The answer itself is in the document only, never in a variable that goes to the browser.
        known = await call(changes.secrets, found.account.id, found.id)
        self.revealed = known is not None
        self.is_simplified = found.account.mode == SpaceMode.SIMPLIFIED
        self.iban_shown = known.iban if known else ""
        self.draft = {"trust_question": found.account.trust_question or trust_questions.FIRST} if known else {}

    @rx.event
    async def keep(self, name: str, value: str) -> None:
        """Keep nothing: these are secrets."""

    @rx.event
    async def prove(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Check the password."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._prove(data)
        finally:
            self.busy = False

    async def _prove(self, data: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        password = secrets_in(data, ("password",))["password"]
        try:
            await passwords.apart(reauthentication.prove, found.account.id, found.id, password)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except PasswordsBusyError:
            return self._refuse({"password": BUSY})
        except TooManyAttemptsError as error:
            return self._refuse({"password": too_many(error.retry_after)})
        except SignedOutError:
            return self._signed_out()
        self.errors = {}
        await self._show(found)
        return rx.set_focus(_REVEALED_ID)

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Save another trust question, answer or account number."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit(data)
        finally:
            self.busy = False

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        typed = fields(data, _SECRETS)
        self.draft, self.saved = {"trust_question": typed["trust_question"]}, ""
        everything = changes.shown_fields(found.account) | typed
        try:
            account = await call(changes.change_details, found.account.id, found.id, everything)
        except FieldErrors as wrong:
            if await call(reauthentication.is_proven, found.account.id, found.id):
                return self._refuse(wrong.errors)
            await self._show(found)
            return self._refuse({"password": "Le délai est passé : saisissez à nouveau votre mot de passe"})
        except TooManyAttemptsError as error:
            return self._refuse({"trust_question": too_many(error.retry_after)})
        except SignedOutError:
            return self._signed_out()
        self.errors = {}
        self.draft = {"trust_question": account.trust_question}
        self.forced += 1
        self.saved = "C’est enregistré. Téléchargez le récapitulatif à jour."
        return rx.set_focus(_REVEALED_ID)


class SpacePasswordState(PrivateMixin, StrengthMixin, FormMixin, AccountState):
    """« Changer mon mot de passe »; no password is ever in a variable."""

    changed: bool = False
    email: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show an empty form."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        account = found.account
        self.changed, self.errors, self.level, self.email = False, {}, "", account.email
        self._guessed = [account.email.partition("@")[0], account.last_name, account.first_name]
        return None

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Change the password."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit(data)
        finally:
            self.busy = False

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        typed = secrets_in(data, ("old_password", "password", "password_again"))
        try:
            await passwords.apart(
                changes.change_password,
                found.account.id,
                found.id,
                old=typed["old_password"],
                password=typed["password"],
                password_again=typed["password_again"],
                visitor_key=visitor_of(self) or "",
            )
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except PasswordsBusyError:
            return self._refuse({"old_password": BUSY})
        except TooManyAttemptsError as error:
            return self._refuse({"old_password": too_many(error.retry_after)})
        except SignedOutError:
            return self._signed_out()
        self.errors, self.level, self.changed = {}, "", True
        return rx.set_focus("enregistre")


class SpaceAddressState(PrivateMixin, FormMixin, AccountState):
    """« Changer mon adresse de connexion »: ask, then confirm by the code sent to the new one."""

    email: str = ""
    waiting_for: str = ""
    until: str = ""
    changed: bool = False

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show where the change stands."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        self.errors, self.changed = {}, False
        typed = await drafts.restored(self, Form.ADDRESS, _ADDRESSES, sessions.subject(found.account.id))
        self.draft = {name: typed.get(name, "") for name in _ADDRESSES}
        await self._show(found.account)
        return None

    async def _show(self, account: AccountView) -> None:
        self.email = account.email
        waiting = await call(new_address.waiting, account.id)
        self.waiting_for = waiting.email if waiting else ""
        self.until = wording.time(waiting.expires_at.astimezone(_PARIS)) if waiting else ""

    @rx.event
    async def keep(self, name: str, value: str) -> EventSpec | None:
        """Keep what was typed of the address."""
        found, elsewhere = await self._enter()
        if found is not None and name in _ADDRESSES:
            await drafts.keep(self, Form.ADDRESS, _ADDRESSES, {name: value}, sessions.subject(found.account.id))
        return elsewhere

    @rx.event
    async def ask(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Send a code to the new address."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._ask(data)
        finally:
            self.busy = False

    async def _ask(self, data: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        self.draft = fields(data, _ADDRESSES)
        await drafts.keep(self, Form.ADDRESS, _ADDRESSES, self.draft, sessions.subject(found.account.id))
        try:
            await passwords.apart(
                new_address.ask,
                found.account.id,
                found.id,
                email=self.draft["email"],
                email_again=self.draft["email_again"],
                password=secrets_in(data, ("password",))["password"],
                visitor_key=visitor_of(self) or "",
            )
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except PasswordsBusyError:
            return self._refuse({"password": BUSY})
        except TooManyAttemptsError as error:
            return self._refuse({"email": too_many(error.retry_after)})
        except SignedOutError:
            return self._signed_out()
        await drafts.forget(self, Form.ADDRESS)
        self.errors, self.draft = {}, {}
        await self._show(found.account)
        return rx.set_focus("code")

    @rx.event
    async def confirm(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Make the new address the sign-in address."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._confirm(data)
        finally:
            self.busy = False

    async def _confirm(self, data: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        code = text(fields(data, ["code"])["code"], _LONGEST_CODE)
        try:
            email = await call(
                new_address.confirm, found.account.id, found.id, code, visitor_key=visitor_of(self) or ""
            )
        except FieldErrors as wrong:
            await self._show(found.account)
            # Once the code is worth nothing, the form that asks for another one is back.
            return self._refuse(wrong.errors if self.waiting_for else {"email": wrong.errors["code"]})
        except TooManyAttemptsError as error:
            return self._refuse({"code": too_many(error.retry_after)})
        except SignedOutError:
            return self._signed_out()
        self.errors, self.waiting_for, self.email, self.changed = {}, "", email, True
        return rx.set_focus("enregistre")

    @rx.event
    async def give_up(self) -> EventSpec | None:
        """Keep the address of today."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        await call(new_address.give_up, found.account.id)
        self.errors, self.draft = {}, {}
        await self._show(found.account)
        return rx.set_focus("titre")


def _open_fields(account: AccountView) -> tuple[str, ...]:
    """Return the fields that need no password, in the order of the screen."""
    return tuple(name for name in changes.asked_fields(account) if name not in _SECRETS)
