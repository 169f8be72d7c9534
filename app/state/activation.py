"""The three screens of the activation: one view on the journey that the server keeps."""

from collections.abc import Mapping
from typing import Any, ClassVar

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.models import SpaceKind
from app.services.accounts import activation
from app.services.accounts.activation import Step
from app.services.journeys import JourneyGoneError
from app.state.account_forms import AccountFormMixin, FirstFormMixin
from app.state.account_journey import AccountJourneyMixin
from app.state.base import call, fields, network_of, query, tab_of, visitor_of

_LONGEST = 200
NO_CODE = "Saisissez les 12 caractères du code reçu par courriel."
_MISSING = {"code": NO_CODE, "email": "Saisissez l’adresse électronique à laquelle ce code a été envoyé."}


class CodeMixin(FirstFormMixin, mixin=True):
    """The screen of the code, filled in by the link of the mail, for the state of one kind of activation."""

    _kept: ClassVar[tuple[str, ...]] = ("code",)

    async def _begin(self, visitor: str) -> tuple[Any, EventSpec | None]:
        linked = query(self, "code")[:_LONGEST]
        return await call(activation.begin, visitor, tab_of(self), linked, **self._options), None

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        await self._begin_again()
        progress, elsewhere = await self._admit(Step.CODE)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        typed = fields(data, self._kept)
        self.draft = typed
        await self._remember(typed)
        errors = {name: _MISSING[name] for name in self._kept if not typed[name]}
        errors |= await self._human_errors(visitor, progress, data)
        if errors:
            return self._refuse(errors)
        refused = await self._attempt(visitor, "code", activation.check_code, typed["code"], network_of(self))
        return await self._settle(visitor, typed) if refused is None else refused

    async def _settle(self, visitor: str, typed: Mapping[str, str]) -> EventSpec:
        """Go on with a code that is good."""
        raise NotImplementedError

    async def _begin_again(self) -> None:
        """Begin once more if the activation was left elsewhere or is a day old: all it needs is in this form."""
        visitor = visitor_of(self)
        if visitor is None or await self._made_here(visitor) is not None:
            return
        if await call(activation.progress, visitor, **self._options) is None:
            await call(activation.begin, visitor, tab_of(self), **self._options)
            await self._keep_or_renew_captcha()


class ActivationState(AccountJourneyMixin, rx.State):
    """How the activation of a professional space stands in this tab."""

    _service: ClassVar[Any] = activation
    _options: ClassVar[Mapping[str, Any]] = {"kind": SpaceKind.PROFESSIONAL}
    _pages: ClassVar[tuple[str, ...]] = addresses.ACTIVATION_STEPS
    _beginning: ClassVar[str] = addresses.ACTIVATION_CODE
    _way_out: ClassVar[str] = addresses.PROFESSIONAL_SIGN_IN


class CodeState(CodeMixin, ActivationState):
    """Screen 1: the code and the CAPTCHA."""

    async def _settle(self, visitor: str, typed: Mapping[str, str]) -> EventSpec:
        self.errors = {}
        return self._lead(self._pages[Step.IDENTIFIERS])


class ActivationIdentifiersState(AccountFormMixin, ActivationState):
    """Screen 2: the code, and the address it was sent to."""

    code: str = ""
    forced: int = 0
    _kept: ClassVar[tuple[str, ...]] = ("email",)

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the code that was typed."""
        progress, elsewhere = await self._admit(Step.IDENTIFIERS)
        if progress is None:
            return elsewhere
        self.errors = {}
        self.code = progress.code
        self.draft = {"email": progress.typed.get("email", "")}
        return None

    @rx.event
    async def clear(self) -> EventSpec | None:
        """Empty the field."""
        progress, elsewhere = await self._admit(Step.IDENTIFIERS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        try:
            await call(activation.clear, visitor, **self._options)
        except JourneyGoneError:
            return await self._sent_back(visitor)
        self.errors, self.draft = {}, {"email": ""}
        self.forced += 1
        return rx.set_focus("titre")

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._admit(Step.IDENTIFIERS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        self.draft = fields(data, ["email"])
        await self._remember(self.draft)
        return await self._finish(visitor, "email", activation.activate, self.draft["email"])


class ActivationSummaryState(ActivationState):
    """Screen 3: the space exists."""

    name: str = ""
    day_words: str = ""
    subscriber_number: str = ""
    has_summary: bool = False

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show what this tab activated last."""
        made, elsewhere = await self._ended()
        if made is None:
            return elsewhere
        self.name, self.day_words = made.name, made.day_words
        self.subscriber_number = made.subscriber_number
        self.has_summary = made.signed_up_here
        return None
