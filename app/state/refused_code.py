"""The page on which a new space waits for its code: it tells when the address is refused, and leads to correct it."""

from typing import ClassVar

import reflex as rx
from reflex.event import EventSpec

from app.content import detours
from app.models import SpaceKind
from app.services.accounts import refused_code
from app.services.accounts.sign_up import WrongStepError
from app.services.journeys import JourneyGoneError
from app.state import detour
from app.state.account_journey import AccountJourneyMixin
from app.state.base import call, tab_of, visitor_of
from app.state.refused_address import RefusalMixin


class RefusedCodeMixin(RefusalMixin, AccountJourneyMixin, mixin=True):
    """For the state of such a page; its `load` calls `_look_up` once the journey is known to be of this tab."""

    _kind: ClassVar[SpaceKind]
    _identifiers: ClassVar[int]
    """The step at which the address is chosen."""

    async def _look_up(self) -> EventSpec | None:
        """Say how the address stands; return the event that goes on looking."""
        mail = await self._mail()
        if mail is None:
            self.refused = False
            return None
        await self._look_at_mail(mail)
        return type(self).watch

    async def _mail(self) -> str | None:
        visitor = visitor_of(self)
        return None if visitor is None else await call(refused_code.mail_of, visitor, tab_of(self), self._kind)

    @rx.event
    async def correct_address(self) -> EventSpec | None:
        """Go back to where the address is chosen, with what was typed."""
        visitor = visitor_of(self)
        if visitor is None or not self.refused:
            return None
        page = self._pages[self._identifiers]
        try:
            reopened = await call(refused_code.reopen, visitor, tab_of(self), self._kind)
        except WrongStepError:
            return await self._look_up()
        except JourneyGoneError:
            reopened = False
        await self._forget()
        self.phase = "loading"
        # Opened again in another tab, or another one begun there: that page says so, and asks whether to go on.
        return await detour.send(self, page, detours.ADDRESS_REFUSED) if reopened else rx.redirect(page)
