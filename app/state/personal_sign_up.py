"""Creating a personal space, and its activation in another browser: views on the journeys that the server keeps."""

from collections.abc import Mapping
from dataclasses import asdict
from enum import IntEnum
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import wording
from app.models import SpaceKind
from app.services import demo_taxpayers
from app.services.accounts import activation, personal_sign_up, taxpayers
from app.services.accounts.activation import Activated, ActivationProgress
from app.services.accounts.activation_codes import CodeRefusedError
from app.services.accounts.personal_sign_up import PersonalProgress, Step
from app.services.accounts.sign_in import too_many
from app.services.accounts.sign_up import WrongStepError
from app.services.form_errors import FieldErrors
from app.services.journeys import JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.settings import get_settings
from app.state import captcha
from app.state.account_journey import AccountJourneyMixin
from app.state.activation import NO_CODE, ActivationMixin, CodeMixin
from app.state.base import call, fields, network_of, query, tab_of, visitor_of
from app.state.captcha import HumanMixin
from app.state.forms import KeepMixin, errors_of
from app.state.identifiers import IdentifiersMixin

_PARIS = ZoneInfo("Europe/Paris")
_PERSONAL: Mapping[str, SpaceKind] = {"kind": SpaceKind.PERSONAL}
_LONGEST = 200


class PersonalSignUpState(AccountJourneyMixin, rx.State):
    """How the creation of a personal space stands in this tab."""

    _service: ClassVar[Any] = personal_sign_up
    _pages: ClassVar[tuple[str, ...]] = (
        addresses.PERSONAL_SIGN_UP,
        addresses.PERSONAL_SIGN_UP_IDENTIFIERS,
        addresses.PERSONAL_SIGN_UP_CODE,
        addresses.PERSONAL_SIGN_UP_DONE,
    )
    _beginning: ClassVar[str] = addresses.PERSONAL_SIGN_UP
    _way_out: ClassVar[str] = addresses.PERSONAL_SIGN_UP

    async def _made(self, visitor: str) -> Activated | None:
        return await call(personal_sign_up.activated, visitor)

    async def _open(self, needed: Step) -> tuple[PersonalProgress | None, EventSpec | None]:
        """Do as `_admit`; a request that was made is changed no more, so that its code is asked for instead."""
        progress, elsewhere = await self._admit(needed)
        if progress is not None and progress.step == Step.CODE > needed:
            return None, rx.redirect(self._pages[Step.CODE])
        return progress, elsewhere


class IdentityState(HumanMixin, KeepMixin, PersonalSignUpState):
    """Step 1: the three numbers the register knows, and the CAPTCHA once per creation."""

    _kept: ClassVar[tuple[str, ...]] = taxpayers.FIELDS

    @rx.event
    async def load(self) -> EventSpec | None:
        """Begin the creation, with an identity of the demonstration if the address names one, or go on with it."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None
        progress = await call(personal_sign_up.begin, visitor, tab_of(self))
        if progress is None:
            self.phase = "resume"
            return None
        if progress.step == Step.CODE:
            return rx.redirect(self._pages[Step.CODE])
        self.phase, self.errors = "ready", {}
        self.draft = {name: progress.typed.get(name, "") for name in taxpayers.FIELDS}
        await self._fill_in(query(self, "identite"))
        self.human = progress.is_human
        if not self.human:
            await self._keep_or_renew_captcha()
        return None

    async def _fill_in(self, number: str) -> None:
        """Take the numbers of a demonstration's identity, unless somebody has typed numbers of their own."""
        known = {each.tax_number: _numbers(asdict(each)) for each in demo_taxpayers.identities()}
        is_untouched = not any(self.draft.values()) or self.draft in known.values()
        if get_settings().is_demo and number in known and is_untouched:
            self.draft = known[number]
            await self._remember(self.draft)

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        await self._remember(typed)
        return None

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._open(Step.IDENTITY)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        typed = fields(data, taxpayers.FIELDS)
        self.draft, self.human = typed, progress.is_human
        await self._remember(typed)
        errors = errors_of(taxpayers.parse, typed) | await self._captcha_errors(data)
        if self.human and not progress.is_human:
            await call(personal_sign_up.note_human, visitor)
        if errors:
            return self._refuse(errors)
        try:
            await call(personal_sign_up.set_identity, visitor, typed, network_of(self))
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except TooManyAttemptsError as error:
            return self._refuse({"tax_number": too_many(error.retry_after)})
        except (JourneyGoneError, WrongStepError):
            return rx.redirect(await self._after(visitor))
        # A page that loads is sent every variable of its tab: these numbers are for this screen only.
        self.errors, self.draft = {}, {}
        return rx.redirect(self._pages[Step.IDENTIFIERS])


class PersonalIdentifiersState(IdentifiersMixin, PersonalSignUpState):
    """Step 2: address and password; then the request is made and its code sent."""

    _step: ClassVar[IntEnum] = Step.IDENTIFIERS

    async def _admit(self, needed: int) -> tuple[Any, EventSpec | None]:
        progress, elsewhere = await super()._admit(needed)
        if progress is not None and progress.step == Step.CODE:
            return None, rx.redirect(self._pages[Step.CODE])
        return progress, elsewhere

    async def _settle(self, visitor: str) -> None:
        try:
            await call(personal_sign_up.register, visitor, network_of(self))
        except FieldErrors as wrong:
            # What is wrong with the tax number since the first screen has no field on this one.
            raise FieldErrors({"email": next(iter(wrong.errors.values()))}) from None


class PersonalCodeState(KeepMixin, PersonalSignUpState):
    """Step 3: the code of the mail; the journey knows where it went."""

    email: str = ""
    deadline: str = ""

    _kept: ClassVar[tuple[str, ...]] = ("code",)

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show where the code went, and what was typed of it or came with the link of the mail."""
        progress, elsewhere = await self._admit(Step.CODE)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        self.errors, self.email = {}, progress.email
        self.deadline = wording.moment(progress.deadline.astimezone(_PARIS)) if progress.deadline else ""
        begun = await call(activation.progress, visitor, **_PERSONAL)
        self.draft = {"code": begun.typed.get("code", "") if begun else ""}
        return None

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        progress, _ = await self._admit(Step.CODE)
        visitor = visitor_of(self)
        if progress is not None and visitor is not None:
            await _keep_code(self, visitor, typed["code"])
        return None

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._admit(Step.CODE)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        typed = fields(data, ["code"])
        self.draft = typed
        await _keep_code(self, visitor, typed["code"])
        if not typed["code"]:
            return self._refuse({"code": NO_CODE})
        try:
            await call(personal_sign_up.check_code_and_activate, visitor, typed["code"], network_of(self))
        except CodeRefusedError as refused:
            return self._refuse({"code": refused.message})
        except (JourneyGoneError, WrongStepError):
            return rx.redirect(await self._after(visitor))
        await self._forget()
        return rx.redirect(self._pages[Step.DONE])


class PersonalDoneState(PersonalSignUpState):
    """Step 4: the space exists, whichever browser its code was typed in."""

    name: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show whose space this tab activated last."""
        visitor = visitor_of(self)
        made: Activated | None = None if visitor is None else await self._made_here(visitor)
        if made is None:
            _, elsewhere = await self._admit(Step.DONE)
            return elsewhere
        await self._forget()
        self.phase, self.name = "ready", f"{made.account.first_name} {made.account.last_name}"
        return None


class PersonalActivationState(ActivationMixin, rx.State):
    """How an activation begun by the link of the mail stands in this tab."""

    _options: ClassVar[Mapping[str, Any]] = _PERSONAL
    _pages: ClassVar[tuple[str, ...]] = (
        addresses.PERSONAL_ACTIVATION,
        addresses.PERSONAL_ACTIVATION,
        addresses.PERSONAL_SIGN_UP_DONE,
    )
    _beginning: ClassVar[str] = addresses.PERSONAL_ACTIVATION
    _way_out: ClassVar[str] = addresses.PERSONAL_ACTIVATION


class LinkedCodeState(CodeMixin, PersonalActivationState):
    """The one screen of an activation in a browser that did not ask for the space: code, address, CAPTCHA."""

    _kept: ClassVar[tuple[str, ...]] = ("code", "email")

    @rx.event
    async def load(self) -> EventSpec | None:
        """Begin the activation; a browser in which the creation waits for its code goes on there."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None
        linked = query(self, "code")[:_LONGEST]
        progress = await call(activation.begin, visitor, tab_of(self), linked, **_PERSONAL)
        asked = await call(personal_sign_up.progress, visitor)
        if asked is not None and asked.step == Step.CODE:
            return rx.redirect(addresses.PERSONAL_SIGN_UP_CODE)
        if progress is None:
            self.phase = "resume"
            return None
        self._show(progress)
        if not self.human:
            await self._keep_or_renew_captcha()
        return None

    def _show(self, progress: ActivationProgress) -> None:
        self.phase, self.errors, self.human = "ready", {}, progress.is_human
        self.draft = {name: progress.typed.get(name, "") for name in self._kept}

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        await self._begin_again()
        progress, elsewhere = await self._enter(activation.Step.CODE)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        typed = fields(data, self._kept)
        answer = fields(data, [captcha.FIELD])[captcha.FIELD]
        self.draft = typed
        await self._remember(typed)
        errors = {name: words for name, words in _MISSING.items() if not typed[name]}
        if not progress.is_human:
            problem = await self._captcha_error(answer)
            if problem:
                errors[captcha.FIELD] = problem
            else:
                await call(activation.note_human, visitor, **_PERSONAL)
                self.human, self._captcha_id = True, ""
        if errors:
            return self._refuse(errors)
        try:
            await call(activation.check_code, visitor, typed["code"], network_of(self), **_PERSONAL)
            await call(activation.activate, visitor, typed["email"], **_PERSONAL)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except CodeRefusedError as refused:
            return self._refuse({"code": refused.message})
        except (JourneyGoneError, WrongStepError):
            return rx.redirect(await self._after(visitor))
        await self._forget()
        return rx.redirect(addresses.PERSONAL_SIGN_UP_DONE)


_MISSING = {"code": NO_CODE, "email": "Saisissez l’adresse électronique à laquelle ce code a été envoyé"}


async def _keep_code(state: rx.State, visitor: str, code: str) -> None:
    """Keep what is typed of the code with the activation, where it is encrypted and goes when it has served."""
    try:
        await call(activation.begin, visitor, tab_of(state), **_PERSONAL)
        await call(activation.remember, visitor, {"code": code}, **_PERSONAL)
    except JourneyGoneError:
        return


def _numbers(known: Mapping[str, str]) -> dict[str, str]:
    return {name: known[name] for name in taxpayers.FIELDS}
