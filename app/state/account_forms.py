"""The forms of the journeys that lead to an account: kept with the journey, and the first one asks for the CAPTCHA."""

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from app.services.accounts.activation_codes import CodeRefusedError
from app.services.accounts.sign_in import too_many
from app.services.accounts.sign_up import WrongStepError
from app.services.form_errors import FieldErrors
from app.services.journeys import JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.state import captcha
from app.state.account_journey import AccountJourneyMixin
from app.state.base import call, fields, visitor_of
from app.state.captcha import HumanMixin
from app.state.forms import KeepMixin


class AccountFormMixin(KeepMixin, AccountJourneyMixin, mixin=True):
    """A form whose fields are kept with the journey."""

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        await self._remember(typed)
        return None

    async def _attempt(
        self, visitor: str, field: str, service: Callable[..., object], *args: object
    ) -> EventSpec | None:
        """Call a service of the journey; return None if it did its work, else what answers the person.

        What is refused without a field of its own is said at `field`.
        """
        try:
            await call(service, visitor, *args, **self._options)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except CodeRefusedError as refused:
            return self._refuse({field: refused.message})
        except TooManyAttemptsError as error:
            return self._refuse({field: too_many(error.retry_after)})
        except (JourneyGoneError, WrongStepError):
            return await self._sent_back(visitor)
        return None

    async def _finish(self, visitor: str, field: str, service: Callable[..., object], *args: object) -> EventSpec:
        """Do as `_attempt` with what ends the journey, then forget what was typed and lead to the last page."""
        refused = await self._attempt(visitor, field, service, *args)
        if refused is not None:
            return refused
        await self._forget()
        return self._lead(self._pages[-1])


class FirstFormMixin(HumanMixin, AccountFormMixin, mixin=True):
    """The form with which a journey begins: it asks for the CAPTCHA, once per journey."""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Begin the journey in this tab, or go on with it."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None
        progress, elsewhere = await self._begin(visitor)
        if elsewhere is not None:
            return elsewhere
        if progress is None:
            self.phase = "resume"
            return None
        self.phase, self.errors, self.human = "ready", {}, progress.is_human
        await self._fill(progress)
        if not self.human:
            await self._keep_or_renew_captcha()
        return None

    async def _begin(self, visitor: str) -> tuple[Any, EventSpec | None]:
        """Return the journey begun or gone on with, None if it waits for « Reprendre », or where to go instead."""
        raise NotImplementedError

    async def _fill(self, progress: Any) -> None:
        """Show what was typed."""
        self.draft = {name: progress.typed.get(name, "") for name in self._kept}

    async def _human_errors(self, visitor: str, progress: Any, data: object) -> dict[str, str]:
        """Check the CAPTCHA unless the journey knows that it was passed; return what is wrong with it, by field."""
        self.human = progress.is_human
        errors = await self._captcha_errors(fields(data, [captcha.FIELD]))
        if self.human and not progress.is_human:
            await call(self._service.note_human, visitor, **self._options)
        return errors
