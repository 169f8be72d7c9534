"""« Modifier mes coordonnées »: changing one's details and opening the PDF summary again."""

from secrets import randbelow
from typing import ClassVar

import reflex as rx
from reflex.event import EventSpec

from app.content import trust_questions, wording
from app.models import SpaceMode
from app.services.accounts import changes, identity_form, reauthentication, sessions
from app.services.accounts.accounts import AccountView
from app.services.accounts.sessions import SessionView
from app.services.form_drafts import Form
from app.services.form_errors import FieldErrors
from app.state import drafts
from app.state.account import AccountState
from app.state.base import call, fields
from app.state.forms import KeepMixin
from app.state.place import PlaceMixin
from app.state.private_form import REFUSALS, PasswordAgainMixin, PrivateFormMixin

_SECRETS = (*identity_form.TRUST_FIELDS, "iban")
_REVEALED_ID = "recapitulatif"


class SpaceDetailsState(PrivateFormMixin, PlaceMixin, KeepMixin, AccountState):
    """« Modifier mes coordonnées »: everything but the secrets."""

    saved: str = ""
    is_simplified: bool = False
    forced: int = 0
    _shown: int = 0
    _kept: ClassVar[tuple[str, ...]] = tuple(name for name in identity_form.LABELS if name not in _SECRETS)

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the account's details, with what was typed and not saved yet."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        account = found.account
        self.saved, self.errors = "", {}
        typed = await drafts.restored(self, Form.DETAILS, _open_fields(account), sessions.subject(account.id))
        self._fill(account, typed)
        if self._shown != account.id:
            # A field that stands there since somebody else's visit must not keep what it holds: any new number does.
            self._shown, self.forced = account.id, randbelow(2**31)
        return None

    def _fill(self, account: AccountView, typed: dict[str, str]) -> None:
        shown = changes.shown_fields(account)
        self.draft = {name: shown[name] for name in _open_fields(account)} | typed
        self.is_simplified = account.mode == SpaceMode.SIMPLIFIED
        self._settle_place(self.draft)

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        """Keep what was typed in a field; a French postal code brings its communes."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        names = _open_fields(found.account)
        if not typed.keys() <= set(names):
            return None
        certain = self._move_place(typed)
        if certain:
            self.draft = {**self.draft, **certain}
        await drafts.keep(self, Form.DETAILS, names, typed | certain, sessions.subject(found.account.id))
        return None

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        names, owner = _open_fields(found.account), sessions.subject(found.account.id)
        typed = fields(data, names)
        self.draft, self.saved = typed, ""
        await drafts.keep(self, Form.DETAILS, names, typed, owner)
        try:
            account = await call(changes.change_details, found.account.id, found.id, typed)
        except REFUSALS as error:
            return await self._refused(error, names[0])
        await drafts.forget(self, Form.DETAILS)
        self.errors = {}
        self._fill(account, {})
        self.forced += 1
        self.saved = "Vos coordonnées sont enregistrées."
        self.name = wording.full_name(account.first_name, account.last_name)
        return rx.set_focus("enregistre")


class SpaceSecretsState(PasswordAgainMixin, KeepMixin, AccountState):
    """What opens for five minutes once the password was typed again: the PDF summary, the trust question, the IBAN.

    Nothing typed here is kept: these are secrets.
    """

    revealed: bool = False
    saved: str = ""
    is_simplified: bool = False
    iban_shown: str = ""
    forced: int = 0
    _opened_id: ClassVar[str] = _REVEALED_ID

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show whether the password typed in this session still counts."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        self.saved, self.errors = "", {}
        await self._show(found)
        return None

    async def _show(self, found: SessionView) -> None:
        # The answer itself is in the document only, never in a variable that goes to the browser.
        known = await call(changes.secrets, found.account.id, found.id)
        self.revealed = known is not None
        self.is_simplified = found.account.mode == SpaceMode.SIMPLIFIED
        self.iban_shown = known.iban if known else ""
        self.draft = {"trust_question": found.account.trust_question or trust_questions.FIRST} if known else {}

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        typed = fields(data, _SECRETS)
        self.draft, self.saved = {"trust_question": typed["trust_question"]}, ""
        everything = changes.shown_fields(found.account) | typed
        try:
            account = await call(changes.change_details, found.account.id, found.id, everything)
        except FieldErrors as wrong:
            if await call(reauthentication.is_proven, found.account.id, found.id):
                return self._refuse(wrong.errors)
            await self._show(found)
            return self._refuse({"password": "Le délai est passé\u00a0: saisissez à nouveau votre mot de passe."})
        except REFUSALS as error:
            return await self._refused(error, "trust_question")
        self.errors = {}
        self.draft = {"trust_question": account.trust_question}
        self.forced += 1
        self.saved = "C’est enregistré. Téléchargez le récapitulatif à jour."
        return rx.set_focus(_REVEALED_ID)


def _open_fields(account: AccountView) -> tuple[str, ...]:
    """Return the fields that need no password, in the order of the screen."""
    return tuple(name for name in changes.asked_fields(account) if name not in _SECRETS)
