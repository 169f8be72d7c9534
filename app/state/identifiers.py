"""The screen of a sign-up on which address and password are chosen, the same for both kinds of space."""

from enum import IntEnum
from typing import Any, ClassVar

import reflex as rx
from reflex.event import EventSpec

from app.services.accounts import passwords
from app.services.accounts.passwords import PasswordsBusyError
from app.services.accounts.sign_in import BUSY, too_many
from app.services.accounts.sign_up import WrongStepError
from app.services.form_errors import FieldErrors
from app.services.journeys import JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.state.account_journey import AccountJourneyMixin
from app.state.base import fields, network_of, visitor_of
from app.state.forms import KeepMixin, secrets_in
from app.state.strength import StrengthMixin

_ADDRESS_FIELDS = ("email", "email_again")


class IdentifiersMixin(StrengthMixin, KeepMixin, AccountJourneyMixin, mixin=True):
    """Address and password, each twice; no password is ever in a variable."""

    has_password: bool = False
    _names: list[str] = []

    _kept: ClassVar[tuple[str, ...]] = _ADDRESS_FIELDS
    _step: ClassVar[IntEnum]
    """Which step of the journey this is."""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the address that was typed; passwords are typed again, or left out to keep the one chosen."""
        progress, elsewhere = await self._admit(self._step)
        if progress is None:
            return elsewhere
        self.errors, self.level = {}, ""
        self.draft = {name: progress.typed.get(name, "") for name in _ADDRESS_FIELDS}
        self.has_password = progress.has_password
        self._names = self._names_in(progress)
        self._guess(self.draft["email"])
        return None

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        if "email" in typed:
            self._guess(typed["email"])
        await self._remember(typed)
        return None

    def _guess(self, email: str) -> None:
        self._guessed = [email.partition("@")[0], *self._names]

    def _names_in(self, progress: Any) -> list[str]:
        """Return the person's names, where they are known before this screen."""
        return []

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._admit(self._step)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        typed = fields(data, _ADDRESS_FIELDS)
        secrets = secrets_in(data, ("password", "password_again"))
        self.draft = typed
        await self._remember(typed)
        try:
            await passwords.apart(self._service.set_identifiers, visitor, **typed, **secrets, network=network_of(self))
            await self._settle(visitor)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except TooManyAttemptsError as error:
            return self._refuse({"email": too_many(error.retry_after)})
        except PasswordsBusyError:
            return self._refuse({"password": BUSY})
        except (JourneyGoneError, WrongStepError):
            return await self._sent_back(visitor)
        self.errors, self.level = {}, ""
        return self._lead(self._pages[self._step + 1])

    async def _settle(self, visitor: str) -> None:
        """Do what is left to do once both are chosen; may raise what the service raises."""
