"""The first two screens of the sign-up, and what all five share: one view on the journey that the server keeps."""

from enum import IntEnum
from typing import Any, ClassVar

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.models import SpaceMode
from app.services.accounts import registration, sign_up
from app.services.accounts.registration import Registration
from app.services.accounts.sign_up import SignUpProgress, Step
from app.state import captcha
from app.state.account_journey import AccountJourneyMixin
from app.state.base import call, fields, query, tab_of, visitor_of
from app.state.captcha import CaptchaMixin
from app.state.forms import KeepMixin
from app.state.identifiers import IdentifiersMixin

_ACCEPTED = "oui"
_TERMS_MISSING = "Cochez la case pour accepter les conditions générales"


class SignUpState(AccountJourneyMixin, rx.State):
    """How the sign-up stands in this tab."""

    simplified: bool = False

    _service: ClassVar[Any] = sign_up
    _pages: ClassVar[tuple[str, ...]] = (
        addresses.SIGN_UP_CONDITIONS,
        addresses.SIGN_UP_IDENTIFIERS,
        addresses.SIGN_UP_FORM,
        addresses.SIGN_UP_SUMMARY,
        addresses.SIGN_UP_REGISTERED,
    )
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


class ConditionsState(CaptchaMixin, KeepMixin, SignUpState):
    """Step 1: the terms, and the CAPTCHA once per sign-up."""

    human: bool = False
    accepted: bool = False
    _kept: ClassVar[tuple[str, ...]] = ("terms",)

    @rx.event
    async def load(self) -> EventSpec | None:
        """Begin the sign-up, in the mode that the address names, or go on with it."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None
        mode = _mode(query(self, "mode"))
        if mode is None and await call(sign_up.progress, visitor) is None:
            return rx.redirect(addresses.SPACE_CHOICE)
        progress = await call(sign_up.begin, visitor, tab_of(self), mode)
        if progress is None:
            self.phase = "resume"
            return None
        self._show(progress.mode)
        self.errors = {}
        self.human, self.accepted = progress.is_human, _has_ticked(progress)
        if not self.human:
            await self._keep_or_renew_captcha()
        return None

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        await self._remember(typed)
        return None

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.CONDITIONS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        typed = fields(data, ["terms", captcha.FIELD])
        errors = {} if typed["terms"] == _ACCEPTED else {"terms": _TERMS_MISSING}
        self.accepted = not errors
        if not progress.is_human:
            problem = await self._captcha_error(typed[captcha.FIELD])
            if problem:
                errors[captcha.FIELD] = problem
            else:
                await call(sign_up.note_human, visitor)
                self.human, self._captcha_id = True, ""
        if errors:
            return self._refuse(errors)
        await call(sign_up.accept_terms, visitor)
        self.errors = {}
        return rx.redirect(addresses.SIGN_UP_IDENTIFIERS)


class IdentifiersState(IdentifiersMixin, SignUpState):
    """Step 2: address and password."""

    _step: ClassVar[IntEnum] = Step.IDENTIFIERS


def _mode(typed: str) -> SpaceMode | None:
    return SpaceMode(typed) if typed in tuple(SpaceMode) else None


def _has_ticked(progress: SignUpProgress) -> bool:
    """Tell whether the box of the terms is ticked: as it was left, pressed « Continuer » or not."""
    return progress.typed.get("terms", _ACCEPTED if progress.has_accepted else "") == _ACCEPTED
