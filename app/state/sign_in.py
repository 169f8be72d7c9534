"""The sign-in screen: what a refused sign-in has to say, and the CAPTCHA the browser posts with the form."""

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.models import SpaceKind
from app.services.accounts import sign_in
from app.state.account import AccountState, session_of
from app.state.base import call, visitor_of
from app.state.captcha import CaptchaMixin
from app.state.forms import SUMMARY_ID, FormMixin


class SignInState(CaptchaMixin, FormMixin, AccountState):
    """The form itself is posted by the browser (app/web/sign_in.py), so that no password comes through here."""

    captcha_id: str = ""
    refused: str = ""
    noticed: bool = False
    no_cookies: bool = False

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show why the last attempt was refused, with the address that was typed; go on if already signed in."""
        if await session_of(self):
            return rx.redirect(addresses.PROFESSIONAL_SPACE)
        visitor = visitor_of(self)
        self.no_cookies = visitor is None
        if visitor is None:
            return None
        await self._keep_or_renew_captcha()
        self.captcha_id = self._captcha_id
        note = await call(sign_in.take_note, visitor, SpaceKind.PROFESSIONAL)
        self.refused = ""
        if note is None:
            return None
        address, self.refused = note
        self.draft = {"adresse": address}
        return rx.set_focus(SUMMARY_ID)

    @rx.event
    async def renew(self) -> None:
        """Show another picture."""
        await self._new_captcha()
        self.captcha_id = self._captcha_id

    @rx.event
    async def dismiss(self) -> EventSpec:
        """Hide the security notice."""
        self.noticed = True
        return rx.set_focus("titre")
