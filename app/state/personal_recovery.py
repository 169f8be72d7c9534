"""« Mot de passe oublié ? » of a personal space: its tax number and its address, then the link of a mail."""

from collections.abc import Mapping
from typing import ClassVar

import reflex as rx

from app.models import SpaceKind
from app.services.accounts import recovery
from app.services.form_drafts import Form
from app.state.recovery import RecoveryMixin, ResetMixin


class PersonalRecoveryState(RecoveryMixin, rx.State):
    """The form that asks for the link."""

    _form: ClassVar[Form] = Form.PERSONAL_RECOVERY
    _kept: ClassVar[tuple[str, ...]] = ("tax_number", "email")

    def _check(self, typed: Mapping[str, str]) -> None:
        recovery.check_personal(**typed)

    def _ask(self, visitor: str, network: str, typed: Mapping[str, str]) -> None:
        recovery.ask_personal(visitor, network=network, **typed)


class PersonalResetState(ResetMixin, rx.State):
    """The page behind the link."""

    _kind: ClassVar[SpaceKind] = SpaceKind.PERSONAL
