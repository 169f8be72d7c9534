"""Creating a personal space, and its activation in another browser: views on the journeys that the server keeps."""

from collections.abc import Mapping
from dataclasses import asdict
from enum import IntEnum
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import detours, wording
from app.models import SpaceKind
from app.services import demo_taxpayers
from app.services.accounts import activation, personal_sign_up, taxpayers
from app.services.accounts.personal_sign_up import PersonalProgress, Step
from app.services.form_errors import FieldErrors
from app.services.journeys import JourneyGoneError
from app.settings import get_settings
from app.state import detour
from app.state.account_forms import AccountFormMixin, FirstFormMixin
from app.state.account_journey import AccountJourneyMixin
from app.state.activation import NO_CODE, CodeMixin
from app.state.base import call, fields, network_of, query, tab_of, visitor_of
from app.state.forms import errors_of
from app.state.identifiers import IdentifiersMixin
from app.state.refused_address import REFUSAL_ID
from app.state.refused_code import RefusedCodeMixin

_PARIS = ZoneInfo("Europe/Paris")
_PERSONAL: Mapping[str, SpaceKind] = {"kind": SpaceKind.PERSONAL}


class PersonalSignUpState(AccountJourneyMixin, rx.State):
    """How the creation of a personal space stands in this tab."""

    _service: ClassVar[Any] = personal_sign_up
    _pages: ClassVar[tuple[str, ...]] = addresses.PERSONAL_SIGN_UP_STEPS
    _beginning: ClassVar[str] = addresses.PERSONAL_SIGN_UP
    _way_out: ClassVar[str] = addresses.PERSONAL_SIGN_UP

    async def _admit(self, needed: int) -> tuple[PersonalProgress | None, EventSpec | None]:
        """Do as every such journey; a request that was made is changed no more, its code is asked for instead."""
        progress, elsewhere = await super()._admit(needed)
        if progress is not None and progress.step == Step.CODE > needed:
            return None, await detour.send(self, self._pages[Step.CODE], detours.CODE_WAITS)
        return progress, elsewhere


class IdentityState(FirstFormMixin, PersonalSignUpState):
    """Step 1: the three numbers the register knows, and the CAPTCHA once per creation."""

    _kept: ClassVar[tuple[str, ...]] = taxpayers.FIELDS

    async def _begin(self, visitor: str) -> tuple[PersonalProgress | None, EventSpec | None]:
        progress = await call(personal_sign_up.begin, visitor, tab_of(self))
        if progress is not None and progress.step == Step.CODE:
            return None, await detour.send(self, self._pages[Step.CODE], detours.CODE_WAITS)
        return progress, None

    async def _fill(self, progress: PersonalProgress) -> None:
        """Show what was typed; an identity of the demonstration that the address names, if nobody typed their own."""
        await super()._fill(progress)
        number = query(self, "identite")
        known = {each.tax_number: _numbers(asdict(each)) for each in demo_taxpayers.identities()}
        is_untouched = not any(self.draft.values()) or self.draft in known.values()
        if get_settings().is_demo and number in known and is_untouched:
            self.draft = known[number]
            await self._remember(self.draft)

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._admit(Step.IDENTITY)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        typed = fields(data, taxpayers.FIELDS)
        self.draft = typed
        await self._remember(typed)
        errors = errors_of(taxpayers.parse, typed) | await self._human_errors(visitor, progress, data)
        if errors:
            return self._refuse(errors)
        refused = await self._attempt(visitor, "tax_number", personal_sign_up.set_identity, typed, network_of(self))
        if refused is not None:
            return refused
        # A page that loads is sent every variable of its tab: these numbers are for this screen only.
        self.errors, self.draft = {}, {}
        return self._lead(self._pages[Step.IDENTIFIERS])


class PersonalIdentifiersState(IdentifiersMixin, PersonalSignUpState):
    """Step 2: address and password; then the request is made and its code sent."""

    _step: ClassVar[IntEnum] = Step.IDENTIFIERS

    def _names_in(self, progress: PersonalProgress) -> list[str]:
        return list(personal_sign_up.names_of(progress.taxpayer))

    async def _settle(self, visitor: str) -> None:
        try:
            await call(personal_sign_up.register, visitor, network_of(self))
        except FieldErrors as wrong:
            # What is wrong with the tax number since the first screen has no field on this one.
            raise FieldErrors({"email": next(iter(wrong.errors.values()))}) from None


class PersonalCodeState(RefusedCodeMixin, AccountFormMixin, PersonalSignUpState):
    """Step 3: the code of the mail; the journey knows where it went."""

    email: str = ""
    deadline: str = ""

    _kept: ClassVar[tuple[str, ...]] = ("code",)
    _kind: ClassVar[SpaceKind] = SpaceKind.PERSONAL
    _identifiers: ClassVar[int] = Step.IDENTIFIERS
    _refusal_id: ClassVar[str] = REFUSAL_ID

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
        return await self._look_up()

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
        check = personal_sign_up.check_code_and_activate
        return await self._finish(visitor, "code", check, typed["code"], network_of(self))


class PersonalDoneState(PersonalSignUpState):
    """Step 4: the space exists, whichever browser its code was typed in."""

    name: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show whose space this tab activated last."""
        made, elsewhere = await self._ended()
        if made is None:
            return elsewhere
        self.name = wording.full_name(made.account.first_name, made.account.last_name)
        return None


class PersonalActivationState(AccountJourneyMixin, rx.State):
    """How an activation begun by the link of the mail stands in this tab."""

    _service: ClassVar[Any] = activation
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

    async def _begin(self, visitor: str) -> tuple[Any, EventSpec | None]:
        """Begin the activation; a browser in which the creation waits for its code goes on there."""
        begun = await super()._begin(visitor)
        asked = await call(personal_sign_up.progress, visitor)
        if asked is not None and asked.step == Step.CODE:
            return None, await detour.send(self, addresses.PERSONAL_SIGN_UP_CODE, detours.CODE_WAITS)
        return begun

    async def _settle(self, visitor: str, typed: Mapping[str, str]) -> EventSpec:
        return await self._finish(visitor, "code", activation.activate, typed["email"])


async def _keep_code(state: rx.State, visitor: str, code: str) -> None:
    """Keep what is typed of the code with the activation, where it is encrypted and goes when it has served."""
    try:
        await call(activation.begin, visitor, tab_of(state), **_PERSONAL)
        await call(activation.remember, visitor, {"code": code}, **_PERSONAL)
    except JourneyGoneError:
        return


def _numbers(known: Mapping[str, str]) -> dict[str, str]:
    return {name: known[name] for name in taxpayers.FIELDS}
