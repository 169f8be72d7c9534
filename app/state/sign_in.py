"""The sign-in screens: what a refused sign-in has to say, and the CAPTCHA the browser posts with the form."""

from typing import ClassVar

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.models import SpaceKind
from app.services.accounts import sign_in
from app.state.account import AccountState, session_of
from app.state.base import call, query, visitor_of
from app.state.captcha import FIELD, CaptchaMixin
from app.state.forms import SUMMARY_ID, FormMixin


class SignInMixin(CaptchaMixin, FormMixin, mixin=True):
    """The form itself is posted by the browser (app/web/sign_in.py), so that no password comes through here."""

    refused: str = ""
    back: str = ""
    """The page of the space to which one goes back, empty for its first."""
    no_cookies: bool = False

    _kind: ClassVar[SpaceKind]
    _pages: ClassVar[tuple[str, ...]]
    """What is inside; one arrives at the first once signed in, or at the one that was left."""
    _identifier: ClassVar[str]
    """The field of what one signs in with."""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show why the last attempt was refused, with the identifier that was typed; go on if already signed in."""
        self.back = addresses.one_of(self._pages, query(self, "retour"))
        if await session_of(self, self._kind):
            return rx.redirect(self.back or self._pages[0])
        visitor = visitor_of(self)
        self.no_cookies = visitor is None
        if visitor is None:
            return None
        await self._keep_or_renew_captcha()
        note = await call(sign_in.take_note, visitor, self._kind)
        self.refused, self.errors = "", {}
        if note is None:
            return None
        typed, said = note
        names = {sign_in.IDENTIFIER: self._identifier, sign_in.PASSWORD: "mot-de-passe", sign_in.CAPTCHA: FIELD}
        self.errors = {names[field]: words for field, words in sign_in.errors_in(said).items()}
        self.refused = "" if self.errors else said
        self.draft = {self._identifier: typed}
        return rx.set_focus(SUMMARY_ID)


class SignInState(SignInMixin, AccountState):
    """The way into a professional space."""

    noticed: bool = False

    _kind: ClassVar[SpaceKind] = SpaceKind.PROFESSIONAL
    _pages: ClassVar[tuple[str, ...]] = addresses.PROFESSIONAL_PAGES
    _identifier: ClassVar[str] = "adresse"

    @rx.event
    async def dismiss(self) -> EventSpec:
        """Hide the security notice."""
        self.noticed = True
        return rx.set_focus("titre")
