"""The three screens of the activation: one view on the journey that the server keeps."""

from collections.abc import Mapping
from typing import Any, ClassVar

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.models import SpaceKind
from app.services.accounts import activation
from app.services.accounts.activation import Activated, ActivationProgress, Step
from app.services.accounts.activation_codes import CodeRefusedError
from app.services.accounts.sign_up import WrongStepError
from app.services.form_errors import FieldErrors
from app.services.journeys import JourneyGoneError
from app.state import captcha
from app.state.account_journey import AccountJourneyMixin
from app.state.base import call, fields, network_of, query, tab_of, visitor_of
from app.state.captcha import CaptchaMixin
from app.state.forms import KeepMixin

_LONGEST = 200
NO_CODE = "Saisissez les 12 caractères du code reçu par courriel"


class ActivationMixin(AccountJourneyMixin, mixin=True):
    """How the activation of a space stands in this tab; `_options` names the kind of space."""

    _service: ClassVar[Any] = activation

    async def _made(self, visitor: str) -> Activated | None:
        return await call(activation.activated, visitor, **self._options)

    async def _enter(self, needed: Step) -> tuple[ActivationProgress | None, EventSpec | None]:
        """Return the activation if this page may be shown here, else None and where to go instead."""
        return await self._admit(needed)


class CodeMixin(CaptchaMixin, KeepMixin, ActivationMixin, mixin=True):
    """Screen 1: the code, filled in by the link of the mail, and the CAPTCHA."""

    human: bool = False
    _kept: ClassVar[tuple[str, ...]] = ("code",)

    @rx.event
    async def load(self) -> EventSpec | None:
        """Begin the activation, or go on with it."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None
        progress = await call(activation.begin, visitor, tab_of(self), query(self, "code")[:_LONGEST], **self._options)
        if progress is None:
            self.phase = "resume"
            return None
        self.phase, self.errors = "ready", {}
        self.draft = {"code": progress.typed.get("code", "")}
        self.human = progress.is_human
        if not self.human:
            await self._keep_or_renew_captcha()
        return None

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        await self._remember(typed)
        return None

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        await self._begin_again()
        progress, elsewhere = await self._enter(Step.CODE)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        typed = fields(data, ["code", captcha.FIELD])
        errors = {} if typed["code"] else {"code": NO_CODE}
        if not progress.is_human:
            problem = await self._captcha_error(typed[captcha.FIELD])
            if problem:
                errors[captcha.FIELD] = problem
            else:
                await call(activation.note_human, visitor, **self._options)
                self.human, self._captcha_id = True, ""
        if errors:
            return self._refuse(errors)
        try:
            await call(activation.check_code, visitor, typed["code"], network_of(self), **self._options)
        except CodeRefusedError as refused:
            return self._refuse({"code": refused.message})
        except (JourneyGoneError, WrongStepError):
            return rx.redirect(await self._after(visitor))
        self.errors = {}
        return rx.redirect(self._pages[Step.IDENTIFIERS])

    async def _begin_again(self) -> None:
        """Begin once more if the activation was left elsewhere or is a day old: all it needs is in this form."""
        visitor = visitor_of(self)
        if visitor is None or await self._made_here(visitor) is not None:
            return
        if await call(activation.progress, visitor, **self._options) is None:
            await call(activation.begin, visitor, tab_of(self), **self._options)
        self.human = False


class ActivationAddressMixin(KeepMixin, ActivationMixin, mixin=True):
    """Screen 2: the code, and the address it was sent to."""

    code: str = ""
    forced: int = 0
    _kept: ClassVar[tuple[str, ...]] = ("email",)

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

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        await self._remember(typed)
        return None

    @rx.event
    async def clear(self) -> EventSpec | None:
        """Empty the field."""
        progress, elsewhere = await self._enter(Step.IDENTIFIERS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        try:
            await call(activation.clear, visitor, **self._options)
        except JourneyGoneError:
            return rx.redirect(self._pages[Step.CODE])
        self.errors, self.draft = {}, {"email": ""}
        self.forced += 1
        return rx.set_focus("titre")

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.IDENTIFIERS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        self.draft = fields(data, ["email"])
        await self._remember(self.draft)
        try:
            await call(activation.activate, visitor, self.draft["email"], **self._options)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except CodeRefusedError as refused:
            return self._refuse({"email": refused.message})
        except (JourneyGoneError, WrongStepError):
            return rx.redirect(await self._after(visitor))
        await self._forget()
        return rx.redirect(self._pages[Step.SUMMARY])


class ActivatedMixin(ActivationMixin, mixin=True):
    """Screen 3: the space exists."""

    name: str = ""
    day_words: str = ""
    subscriber_number: str = ""
    has_summary: bool = False

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show what this tab activated last."""
        visitor = visitor_of(self)
        made: Activated | None = None if visitor is None else await self._made_here(visitor)
        if made is None:
            _, elsewhere = await self._enter(Step.SUMMARY)
            return elsewhere
        # It may have ended in another tab, while this one still holds the code.
        await self._forget()
        self.phase = "ready"
        self.name, self.day_words = made.name, made.day_words
        self.subscriber_number = made.subscriber_number
        self.has_summary = made.signed_up_here
        return None


class ActivationState(ActivationMixin, rx.State):
    """How the activation of a professional space stands in this tab."""

    _options: ClassVar[Mapping[str, Any]] = {"kind": SpaceKind.PROFESSIONAL}
    _pages: ClassVar[tuple[str, ...]] = (
        addresses.ACTIVATION_CODE,
        addresses.ACTIVATION_IDENTIFIERS,
        addresses.ACTIVATION_SUMMARY,
    )
    _beginning: ClassVar[str] = addresses.ACTIVATION_CODE
    _way_out: ClassVar[str] = addresses.PROFESSIONAL_SIGN_IN


class CodeState(CodeMixin, ActivationState):
    """Screen 1 of a professional space."""


class ActivationIdentifiersState(ActivationAddressMixin, ActivationState):
    """Screen 2 of a professional space."""


class ActivationSummaryState(ActivatedMixin, ActivationState):
    """Screen 3 of a professional space."""
