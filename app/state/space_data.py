"""« Mes données et fermeture », for both kinds of space: taking one's data along, and closing the space."""

from collections.abc import AsyncIterator
from typing import ClassVar

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.services.accounts import closing, passwords, reauthentication
from app.services.accounts.sessions import SessionView
from app.services.form_errors import FieldErrors
from app.state.account import AccountState
from app.state.base import call, fields, visitor_of
from app.state.forms import secrets_in
from app.state.leaving import forget_all
from app.state.personal_space import PersonalMixin
from app.state.private_form import REFUSALS, PasswordAgainMixin

PASSWORD, CLOSING_PASSWORD = "password", "closing_password"
SURE, CANCEL = "closing_sure", "cancel_appointments"
DOWNLOAD_ID = "telecharger"
_TICKED = "oui"
_TOO_LATE = "Le délai est passé\u00a0: saisissez à nouveau votre mot de passe."
_NOT_SURE = "Cochez cette case pour fermer votre espace."


class DataMixin(PasswordAgainMixin, mixin=True):
    """Both forms of the page; each asks for the password, which is never in a variable."""

    email: str = ""
    proven: bool = False
    upcoming: int = 0

    _opened_id: ClassVar[str] = DOWNLOAD_ID
    _file: ClassVar[str]
    """The address of the file."""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show what there is to decide."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        self.errors, self.draft, self.email = {}, {}, found.account.email
        await self._show(found)
        return None

    async def _show(self, found: SessionView) -> None:
        self.proven = await call(reauthentication.is_proven, found.account.id, found.id)
        self.upcoming = await call(closing.upcoming, found.account.id)

    @rx.event
    async def download(self) -> EventSpec | None:
        """Send the file, while the password still counts; a plain link would save the page of the refusal."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        await self._show(found)
        return rx.download(url=self._file) if self.proven else self._refuse({PASSWORD: _TOO_LATE})

    @rx.event
    async def close(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Close the space for good."""
        async for event in self._alone(self._close, data):
            yield event

    async def _close(self, data: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        asked = fields(data, (SURE, CANCEL))
        password = secrets_in(data, (CLOSING_PASSWORD,))[CLOSING_PASSWORD]
        self.draft = asked
        wrong = {} if asked[SURE] == _TICKED else {SURE: _NOT_SURE}
        if not password:
            wrong[CLOSING_PASSWORD] = reauthentication.NO_PASSWORD
        if wrong:
            return self._refuse(wrong)
        return await self._close_space(found, password, cancels=asked[CANCEL] == _TICKED)

    async def _close_space(self, found: SessionView, password: str, *, cancels: bool) -> EventSpec:
        try:
            await passwords.apart(
                closing.close,
                found.account.id,
                found.id,
                password,
                cancel_appointments=cancels,
                visitor_key=visitor_of(self) or "",
            )
        except FieldErrors as error:
            return self._refuse({CLOSING_PASSWORD: error.errors["password"]})
        except REFUSALS as error:
            return await self._refused(error, CLOSING_PASSWORD)
        # What was begun in this browser was filled in with what the space knew.
        await forget_all(self)
        (await self.get_state(AccountState)).reset()  # type: ignore[no-untyped-call]
        return rx.redirect(addresses.SPACE_CLOSED)


class SpaceDataState(DataMixin, AccountState):
    """The data of a professional space."""

    _file: ClassVar[str] = addresses.PROFESSIONAL_DATA_FILE


class PersonalDataState(PersonalMixin, DataMixin, AccountState):
    """The data of a personal space."""

    _file: ClassVar[str] = addresses.PERSONAL_DATA_FILE
