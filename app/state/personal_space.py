"""The personal space beside « Mes contacts »: the profile, the password, the address, the open sessions."""

from typing import ClassVar
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app.content import wording
from app.models import SpaceKind
from app.services.accounts import changes, sessions
from app.services.accounts.accounts import AccountView
from app.services.appointments.person import need_names, needs_of
from app.services.form_drafts import Form
from app.state import drafts
from app.state.account import AccountState
from app.state.base import call, fields, visitor_of
from app.state.details import NEED_FIELDS
from app.state.forms import KeepMixin
from app.state.private_form import REFUSALS, PrivateFormMixin
from app.state.space import PrivateMixin, SessionsMixin
from app.state.space_credentials import AddressMixin, PasswordMixin

_PARIS = ZoneInfo("Europe/Paris")
_PHONE = ("phone_country", "phone")
_TICKED = "oui"


class PersonalMixin(PrivateMixin, mixin=True):
    """A page for whoever is signed in to a personal space."""

    _kind: ClassVar[SpaceKind] = SpaceKind.PERSONAL


class ProfileState(PersonalMixin, PrivateFormMixin, KeepMixin, AccountState):
    """« Mon profil »: who one is by the register, and what one tells the offices: a number, particular needs."""

    who: str = ""
    tax_number: str = ""
    commune: str = ""
    email: str = ""
    since: str = ""
    saved: str = ""
    forced: int = 0
    password_is_old: bool = False
    _kept: ClassVar[tuple[str, ...]] = (*_PHONE, *NEED_FIELDS)

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the profile, with what was typed and not saved yet."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        self.saved, self.errors = "", {}
        typed = await drafts.restored(self, Form.PROFILE, self._kept, sessions.subject(found.account.id))
        self._show(found.account, typed)
        return None

    def _show(self, account: AccountView, typed: dict[str, str]) -> None:
        self.who = wording.full_name(account.civility.capitalize(), account.first_name, account.last_name)
        self.tax_number, self.email = account.tax_number, account.email
        self.commune = f"{account.postal_code} {account.commune}".strip()
        self.since = wording.day_with_year(account.created_at.astimezone(_PARIS).date())
        self.password_is_old = changes.password_is_old(account)
        kept = changes.shown_fields(account)
        told = need_names(account.needs)
        needs = {field: _TICKED if name in told else "" for field, name in NEED_FIELDS.items()}
        self.draft = {**{name: kept[name] for name in _PHONE}, **needs, **typed}

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is not None:
            await drafts.keep(self, Form.PROFILE, self._kept, typed, sessions.subject(found.account.id))
        return elsewhere

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        typed = fields(data, self._kept)
        self.draft, self.saved = typed, ""
        await drafts.keep(self, Form.PROFILE, self._kept, typed, sessions.subject(found.account.id))
        needs = needs_of(",".join(name for field, name in NEED_FIELDS.items() if typed[field] == _TICKED))
        visitor = visitor_of(self) or ""
        try:
            await call(changes.change_details, found.account.id, found.id, typed, visitor_key=visitor)
            account = await call(changes.set_needs, found.account.id, needs, visitor_key=visitor)
        except REFUSALS as error:
            return await self._refused(error, "phone")
        await drafts.forget(self, Form.PROFILE)
        self.errors = {}
        self._show(account, {})
        self.forced += 1
        self.saved = "Votre profil est enregistré."
        return rx.set_focus("enregistre")


class PersonalSessionsState(PersonalMixin, SessionsMixin, AccountState):
    """The sessions of a personal space."""


class PersonalPasswordState(PersonalMixin, PasswordMixin, AccountState):
    """The password of a personal space."""


class PersonalAddressState(PersonalMixin, AddressMixin, AccountState):
    """The address of a personal space, where its mails go."""

    _form: ClassVar[Form] = Form.PERSONAL_ADDRESS
