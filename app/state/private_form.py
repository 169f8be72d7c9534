"""What the forms of a space share: how what a service refuses is shown, and the password typed again."""

from collections.abc import AsyncIterator
from typing import ClassVar

import reflex as rx
from reflex.event import EventSpec

from app.services.accounts import passwords, reauthentication
from app.services.accounts.passwords import PasswordsBusyError
from app.services.accounts.reauthentication import SignedOutError
from app.services.accounts.sessions import SessionView
from app.services.accounts.sign_in import BUSY, too_many
from app.services.form_errors import FieldErrors
from app.services.throttle import TooManyAttemptsError
from app.state.forms import FormMixin, secrets_in
from app.state.space import PrivateMixin

REFUSALS = (FieldErrors, PasswordsBusyError, TooManyAttemptsError, SignedOutError)
"""What a service may raise instead of doing what a form of a space asks; `_refused` shows it."""


class PrivateFormMixin(PrivateMixin, FormMixin, mixin=True):
    """A form of a space."""

    async def _refused(self, error: Exception, field: str) -> EventSpec:
        """Show one of `REFUSALS`, at `field` unless it names its own; return the event that leads the person there."""
        match error:
            case FieldErrors():
                return self._refuse(error.errors)
            case PasswordsBusyError():
                return self._refuse({field: BUSY})
            case TooManyAttemptsError():
                return self._refuse({field: too_many(error.retry_after)})
            case _:
                return await self._signed_out()


class PasswordAgainMixin(PrivateFormMixin, mixin=True):
    """A form whose field `password` opens part of the page for five minutes."""

    _opened_id: ClassVar[str]
    """The element that takes focus once that part is open."""

    async def _show(self, found: SessionView) -> None:
        """Show that part if the password still counts in this session, else the form."""
        raise NotImplementedError

    @rx.event
    async def prove(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Check the password, once however often the button is pressed."""
        async for event in self._alone(self._prove, data):
            yield event

    async def _prove(self, data: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        password = secrets_in(data, ("password",))["password"]
        try:
            await passwords.apart(reauthentication.prove, found.account.id, found.id, password)
        except REFUSALS as error:
            return await self._refused(error, "password")
        self.errors = {}
        await self._show(found)
        return rx.set_focus(self._opened_id)
