"""« Changer mon mot de passe » and « Changer mon adresse de connexion »."""

from collections.abc import AsyncIterator
from typing import ClassVar
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app.content import wording
from app.services.accounts import changes, new_address, passwords, sessions
from app.services.accounts.accounts import AccountView
from app.services.accounts.sign_in import too_many
from app.services.form_drafts import Form
from app.services.form_errors import FieldErrors
from app.services.throttle import TooManyAttemptsError
from app.state import drafts
from app.state.account import AccountState, session_of
from app.state.base import call, fields, text, visitor_of
from app.state.forms import KeptMixin, SubmitMixin, secrets_in
from app.state.private_form import REFUSALS, PrivateFormMixin
from app.state.refused_address import REFUSAL_ID, RefusalMixin
from app.state.strength import StrengthMixin

_PARIS = ZoneInfo("Europe/Paris")
_ADDRESSES = ("email", "email_again")
_LONGEST_CODE = 200


class PasswordMixin(PrivateFormMixin, StrengthMixin, SubmitMixin, mixin=True):
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
        self._guessed = list(filter(None, (account.email.partition("@")[0], account.last_name, account.first_name)))
        return None

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
        except REFUSALS as error:
            return await self._refused(error, "old_password")
        self.errors, self.level, self.changed = {}, "", True
        return rx.set_focus("enregistre")


class AddressMixin(RefusalMixin, PrivateFormMixin, KeptMixin, mixin=True):
    """« Changer mon adresse »: ask, then confirm by the code sent to the new one."""

    email: str = ""
    waiting_for: str = ""
    until: str = ""
    changed: bool = False
    _form: ClassVar[Form] = Form.ADDRESS
    _refusal_id: ClassVar[str] = REFUSAL_ID
    _kept: ClassVar[tuple[str, ...]] = _ADDRESSES

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show where the change stands."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        self.errors, self.changed = {}, False
        typed = await drafts.restored(self, self._form, _ADDRESSES, sessions.subject(found.account.id))
        self.draft = {name: typed.get(name, "") for name in _ADDRESSES}
        await self._show(found.account)
        return type(self).watch if self.waiting_for else None

    async def _show(self, account: AccountView) -> None:
        self.email = account.email
        waiting = await call(new_address.waiting, account.id)
        self.waiting_for = waiting.email if waiting else ""
        self.until = wording.time(waiting.expires_at.astimezone(_PARIS)) if waiting else ""
        self.refused = False
        if waiting is not None:
            await self._look_at_mail(waiting.mail)

    async def _mail(self) -> str | None:
        found = await session_of(self, self._kind, touch=False)
        waiting = await call(new_address.waiting, found.account.id) if found else None
        return waiting.mail if waiting else None

    async def _tell(self, refused: bool) -> None:
        """Have the refused address corrected where a new one is asked for, unless another is typed there."""
        self.refused = refused
        if refused:
            self.draft = {name: self.draft.get(name) or self.waiting_for for name in _ADDRESSES}

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is not None:
            await drafts.keep(self, self._form, _ADDRESSES, typed, sessions.subject(found.account.id))
        return elsewhere

    @rx.event
    async def ask(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Send a code to the new address."""
        async for event in self._alone(self._ask, data):
            yield event
        yield type(self).watch

    async def _ask(self, data: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        self.draft = fields(data, _ADDRESSES)
        await drafts.keep(self, self._form, _ADDRESSES, self.draft, sessions.subject(found.account.id))
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
        except TooManyAttemptsError as error:
            return self._refuse({"email": too_many(error.retry_after)})
        except REFUSALS as error:
            return await self._refused(error, "password")
        await drafts.forget(self, self._form)
        self.errors, self.draft = {}, {}
        await self._show(found.account)
        return rx.set_focus("code")

    @rx.event
    async def confirm(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Make the new address the sign-in address."""
        async for event in self._alone(self._confirm, data):
            yield event

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
        except REFUSALS as error:
            return await self._refused(error, "code")
        self.errors, self.waiting_for, self.email, self.changed = {}, "", email, True
        self.refused = False
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


class SpacePasswordState(PasswordMixin, AccountState):
    """The password of a professional space."""


class SpaceAddressState(AddressMixin, AccountState):
    """The sign-in address of a professional space."""
