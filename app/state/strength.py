"""The level of security of a password, said while it is typed."""

import reflex as rx

from app.services import throttle
from app.services.accounts import passwords
from app.services.throttle import TooManyAttemptsError
from app.state.base import call, text, visitor_of

_LONGEST = 512


class StrengthMixin(rx.State, mixin=True):
    """The level in words, empty before anything is typed; what was typed is kept nowhere (docs/decisions/0014)."""

    level: str = ""
    _guessed: list[str] = []

    @rx.event
    async def rate(self, typed: str) -> None:
        """Say how strong this password looks; what `_guessed` holds, the address for one, adds nothing to it."""
        visitor, password = visitor_of(self), text(typed, _LONGEST)
        self.level = ""
        if visitor is None or not password:
            return
        try:
            await call(throttle.hit, "strength", visitor)
        except TooManyAttemptsError:
            return
        self.level = await call(passwords.strength, password, self._guessed)
