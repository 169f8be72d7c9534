"""The three screens of the activation: one view on the journey that the server keeps."""

from collections.abc import AsyncIterator

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.services.accounts import activation
from app.services.accounts.activation import ActivationProgress, CodeRefusedError, Step
from app.services.accounts.sign_up import WrongStepError
from app.services.form_errors import FieldErrors
from app.services.journeys import DraftTooLargeError, JourneyGoneError
from app.state import captcha
from app.state.base import call, fields, network_of, query, tab_of, text, visitor_of
from app.state.captcha import CaptchaMixin
from app.state.forms import FormMixin

_LONGEST = 200
_NO_CODE = "Saisissez les 12 caractères du code reçu par courriel"
_PAGES = (addresses.ACTIVATION_CODE, addresses.ACTIVATION_IDENTIFIERS, addresses.ACTIVATION_SUMMARY)


class ActivationState(rx.State):
    """How the activation stands in this tab: « loading », « resume » (ask first), « no_cookies » or « ready »."""

    phase: str = "loading"

    async def _enter(self, needed: Step) -> tuple[ActivationProgress | None, EventSpec | None]:
        """Return the activation if this page may be shown here, else None and where to go instead."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None, None
        progress = await call(activation.progress, visitor)
        if progress is None:
            return None, rx.redirect(await self._after(visitor))
        if tab_of(self) not in progress.tabs:
            self.phase = "resume"
            return None, None
        if progress.step < needed:
            return None, rx.redirect(_PAGES[progress.step])
        self.phase = "ready"
        return progress, None

    async def _after(self, visitor: str) -> str:
        """Return the page for a tab without a live activation: what it led to here, else the beginning."""
        made = await call(activation.activated, visitor)
        is_here = made is not None and tab_of(self) in made.tabs
        return addresses.ACTIVATION_SUMMARY if is_here else addresses.ACTIVATION_CODE

    async def _remember(self, typed: dict[str, str]) -> None:
        visitor = visitor_of(self)
        if visitor is None:
            return
        try:
            progress = await call(activation.progress, visitor)
            # What is typed in a tab that was never opened by « Reprendre » is not the journey's.
            if progress is not None and tab_of(self) in progress.tabs:
                await call(activation.remember, visitor, typed)
        except (JourneyGoneError, DraftTooLargeError):
            return

    @rx.event
    async def resume(self) -> EventSpec:
        """Go on with the activation begun in another tab or earlier."""
        visitor = visitor_of(self)
        if visitor is None:
            return rx.redirect(addresses.ACTIVATION_CODE)
        try:
            progress = await call(activation.resume, visitor, tab_of(self))
        except JourneyGoneError:
            return rx.redirect(addresses.PROFESSIONAL_SIGN_IN)
        self.phase = "loading"
        return rx.redirect(_PAGES[progress.step])

    @rx.event
    async def restart(self) -> EventSpec:
        """Forget what was begun; the request and its code stay good."""
        await self._erase()
        return rx.redirect(addresses.PROFESSIONAL_SIGN_IN)

    @rx.event
    async def leave(self) -> EventSpec:
        """Forget what was begun and leave: for shared computers."""
        await self._erase()
        return rx.redirect(addresses.HOME)

    async def _erase(self) -> None:
        visitor = visitor_of(self)
        if visitor is not None:
            await call(activation.leave, visitor)
        self.reset()  # type: ignore[no-untyped-call]


class CodeState(CaptchaMixin, FormMixin, ActivationState):
    """Screen 1: the code, filled in by the link of the mail, and the CAPTCHA."""

    human: bool = False

    @rx.event
    async def load(self) -> EventSpec | None:
        """Begin the activation, or go on with it."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None
        progress = await call(activation.begin, visitor, tab_of(self), query(self, "code")[:_LONGEST])
        if progress is None:
            self.phase = "resume"
            return None
        self.phase, self.errors = "ready", {}
        self.draft = {"code": progress.typed.get("code", "")}
        self.human = progress.is_human
        if not self.human:
            await self._keep_or_renew_captcha()
        return None

    @rx.event
    async def keep(self, name: str, value: str) -> None:
        """Keep what was typed of the code."""
        if name == "code":
            await self._remember({name: text(value, _LONGEST)})

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Check the code and go on."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit(fields(data, ["code", captcha.FIELD]))
        finally:
            self.busy = False

    async def _submit(self, typed: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.CODE)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        errors = {} if typed["code"] else {"code": _NO_CODE}
        if not progress.is_human:
            problem = await self._captcha_error(typed[captcha.FIELD])
            if problem:
                errors[captcha.FIELD] = problem
            else:
                await call(activation.note_human, visitor)
                self.human, self._captcha_id = True, ""
        if errors:
            return self._refuse(errors)
        try:
            await call(activation.check_code, visitor, typed["code"], network_of(self))
        except CodeRefusedError as refused:
            return self._refuse({"code": refused.message})
        except (JourneyGoneError, WrongStepError):
            return rx.redirect(await self._after(visitor))
        self.errors = {}
        return rx.redirect(addresses.ACTIVATION_IDENTIFIERS)


class ActivationIdentifiersState(FormMixin, ActivationState):
    """Screen 2: the code, and the address it was sent to."""

    code: str = ""
    forced: int = 0

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the code that was typed."""
        progress, elsewhere = await self._enter(Step.IDENTIFIERS)
        if progress is None:
            return elsewhere
        self.errors = {}
        self.code = progress.code
        self.draft = {"email": progress.typed.get("email", "")}
        return None

    @rx.event
    async def keep(self, name: str, value: str) -> None:
        """Keep what was typed of the address."""
        if name == "email":
            await self._remember({name: text(value, _LONGEST)})

    @rx.event
    async def clear(self) -> EventSpec | None:
        """Empty the field."""
        progress, elsewhere = await self._enter(Step.IDENTIFIERS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        try:
            await call(activation.clear, visitor)
        except JourneyGoneError:
            return rx.redirect(addresses.ACTIVATION_CODE)
        self.errors, self.draft = {}, {"email": ""}
        self.forced += 1
        return rx.set_focus("titre")

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Make the space: pressed twice, it is made once."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit(fields(data, ["email"])["email"])
        finally:
            self.busy = False

    async def _submit(self, email: str) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.IDENTIFIERS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        self.draft = {"email": email}
        await self._remember(self.draft)
        try:
            await call(activation.activate, visitor, email)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except CodeRefusedError as refused:
            return self._refuse({"email": refused.message})
        except (JourneyGoneError, WrongStepError):
            return rx.redirect(await self._after(visitor))
        self.errors, self.code, self.draft = {}, "", {}
        # A page that loads is sent every variable of its tab: the code is none of the later pages' business.
        (await self.get_state(CodeState)).reset()  # type: ignore[no-untyped-call]
        return rx.redirect(addresses.ACTIVATION_SUMMARY)


class ActivationSummaryState(ActivationState):
    """Screen 3: the space exists."""

    name: str = ""
    day_words: str = ""
    subscriber_number: str = ""
    has_summary: bool = False

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show what this tab activated last."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None
        made = await call(activation.activated, visitor)
        if made is None or tab_of(self) not in made.tabs:
            _, elsewhere = await self._enter(Step.SUMMARY)
            return elsewhere
        self.phase = "ready"
        self.name, self.day_words = made.name, made.day_words
        self.subscriber_number = made.subscriber_number
        self.has_summary = made.signed_up_here
        return None
