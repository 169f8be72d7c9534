"""The first two screens of the sign-up, and what all five share: one view on the journey that the server keeps."""

from enum import IntEnum
from typing import Any, ClassVar

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import detours
from app.models import SpaceMode
from app.services.accounts import registration, sign_up
from app.services.accounts.registration import Registration
from app.services.accounts.sign_up import SignUpProgress, Step
from app.state import detour
from app.state.account_forms import FirstFormMixin
from app.state.account_journey import AccountJourneyMixin
from app.state.base import call, fields, query, tab_of, visitor_of
from app.state.identifiers import IdentifiersMixin

_ACCEPTED = "oui"
_TERMS_MISSING = "Cochez la case pour accepter les conditions générales."


class SignUpState(AccountJourneyMixin, rx.State):
    """How the sign-up stands in this tab."""

    simplified: bool = False

    _service: ClassVar[Any] = sign_up
    _pages: ClassVar[tuple[str, ...]] = addresses.SIGN_UP_STEPS
    _beginning: ClassVar[str] = addresses.SPACE_CHOICE
    _way_out: ClassVar[str] = addresses.SPACE_CHOICE

    async def _made(self, visitor: str) -> Registration | None:
        return await call(registration.registered, visitor)

    async def _enter(self, needed: Step) -> tuple[SignUpProgress | None, EventSpec | None]:
        """Return the sign-up if this page may be shown here, else None and where to go instead."""
        progress, elsewhere = await self._admit(needed)
        if progress is not None:
            self._show(progress.mode)
        return progress, elsewhere

    def _show(self, mode: SpaceMode) -> None:
        self.phase = "ready"
        self.simplified = mode == SpaceMode.SIMPLIFIED


class ConditionsState(FirstFormMixin, SignUpState):
    """Step 1: the terms, and the CAPTCHA once per sign-up."""

    accepted: bool = False
    _kept: ClassVar[tuple[str, ...]] = ("terms",)

    async def _begin(self, visitor: str) -> tuple[SignUpProgress | None, EventSpec | None]:
        """Begin in the mode that the address names, if it names one."""
        mode = _mode(query(self, "mode"))
        if mode is None and await call(sign_up.progress, visitor) is None:
            return None, await detour.send(self, addresses.SPACE_CHOICE, detours.NO_MODE)
        return await call(sign_up.begin, visitor, tab_of(self), mode), None

    async def _fill(self, progress: SignUpProgress) -> None:
        self._show(progress.mode)
        self.accepted = _has_ticked(progress)

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.CONDITIONS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        self.accepted = fields(data, ["terms"])["terms"] == _ACCEPTED
        errors = {} if self.accepted else {"terms": _TERMS_MISSING}
        errors |= await self._human_errors(visitor, progress, data)
        if errors:
            return self._refuse(errors)
        await call(sign_up.accept_terms, visitor)
        self.errors = {}
        return self._lead(addresses.SIGN_UP_IDENTIFIERS)


class IdentifiersState(IdentifiersMixin, SignUpState):
    """Step 2: address and password."""

    _step: ClassVar[IntEnum] = Step.IDENTIFIERS


def _mode(typed: str) -> SpaceMode | None:
    return SpaceMode(typed) if typed in tuple(SpaceMode) else None


def _has_ticked(progress: SignUpProgress) -> bool:
    """Tell whether the box of the terms is ticked: as it was left, pressed « Continuer » or not."""
    return progress.typed.get("terms", _ACCEPTED if progress.has_accepted else "") == _ACCEPTED
