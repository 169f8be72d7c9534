"""« Mot de passe oublié ? »: proving who one is, then choosing a new password behind the link of a mail."""

from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import unquote

import reflex as rx
from reflex.event import EventSpec

from app.content import trust_questions
from app.models import SpaceKind
from app.services.accounts import password_reset, passwords, recovery
from app.services.accounts.password_reset import LinkGoneError
from app.services.accounts.passwords import PasswordsBusyError
from app.services.accounts.sign_in import BUSY, too_many
from app.services.form_drafts import Form
from app.services.form_errors import FieldErrors
from app.services.throttle import TooManyAttemptsError
from app.state import drafts
from app.state.base import call, fields, network_of, text, visitor_of
from app.state.captcha import HumanMixin
from app.state.forms import KeepMixin, SubmitMixin, errors_of, secrets_in
from app.state.strength import StrengthMixin

_PASSWORDS = ("password", "password_again")


class RecoveryMixin(HumanMixin, KeepMixin, mixin=True):
    """The form that asks for the link; what it answers is the same whether or not the account exists."""

    sent: bool = False
    no_cookies: bool = False

    _form: ClassVar[Form]
    _secrets: ClassVar[tuple[str, ...]] = ()
    """What is typed beside the fields of `_kept`, and never kept."""
    _first: ClassVar[Mapping[str, str]] = {}
    """What fields hold before anything is typed, empty unless it says so."""

    def _check(self, typed: Mapping[str, str]) -> None:
        """Raise FieldErrors for what no account can hold."""
        raise NotImplementedError

    def _ask(self, visitor: str, network: str, typed: Mapping[str, str]) -> None:
        """Ask for the link. Raises FieldErrors, TooManyAttemptsError."""
        raise NotImplementedError

    @rx.event
    async def load(self) -> None:
        """Show the form with what was typed in this tab; secrets are never kept."""
        self.sent, self.errors, self.no_cookies = False, {}, visitor_of(self) is None
        typed = await drafts.restored(self, self._form, self._kept)
        self.draft = {name: typed.get(name) or self._first.get(name, "") for name in self._kept}
        if not self.human:
            await self._keep_or_renew_captcha()

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        await drafts.keep(self, self._form, self._kept, typed)
        return None

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        visitor = visitor_of(self)
        if visitor is None:
            self.no_cookies = True
            return None
        typed = fields(data, (*self._kept, *self._secrets))
        self.draft = {name: typed[name] for name in self._kept}
        await drafts.keep(self, self._form, self._kept, typed)
        errors = errors_of(self._check, typed) | await self._captcha_errors(data)
        if errors:
            return self._refuse(errors)
        try:
            await call(self._ask, visitor, network_of(self), typed)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except TooManyAttemptsError as error:
            return self._refuse({self._kept[0]: too_many(error.retry_after)})
        await drafts.forget(self, self._form)
        self.draft, self.errors, self.human, self.sent = {}, {}, False, True
        return rx.set_focus("envoye")


class ResetMixin(StrengthMixin, SubmitMixin, mixin=True):
    """The page behind the link: « loading », « ready », « gone » or « done »; opening it uses nothing up."""

    status: str = "loading"
    email: str = ""

    _kind: ClassVar[SpaceKind]

    @rx.event
    async def load(self) -> None:
        """Show the form while the link is good."""
        self.errors, self.level = {}, ""
        found = await call(password_reset.link, self._token(), self._kind)
        self.status, self.email = ("ready", found.email) if found else ("gone", "")
        self._guessed = [self.email.partition("@")[0]]

    def _token(self) -> str:
        return text(unquote(self.router.url.path.rstrip("/").rpartition("/")[2]), 200)

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        typed = secrets_in(data, _PASSWORDS)
        try:
            await passwords.apart(
                password_reset.reset,
                self._token(),
                typed["password"],
                typed["password_again"],
                visitor_key=visitor_of(self) or "",
                network=network_of(self),
                kind=self._kind,
            )
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except PasswordsBusyError:
            return self._refuse({"password": BUSY})
        except TooManyAttemptsError as error:
            return self._refuse({"password": too_many(error.retry_after)})
        except LinkGoneError:
            self.errors, self.status, self.email = {}, "gone", ""
            return rx.set_focus("titre")
        self.errors, self.level, self.status, self.email = {}, "", "done", ""
        return rx.set_focus("titre")


class RecoveryState(RecoveryMixin, rx.State):
    """The form of a professional space."""

    _form: ClassVar[Form] = Form.RECOVERY
    _kept: ClassVar[tuple[str, ...]] = ("email", "subscriber_number", "trust_question")
    _secrets: ClassVar[tuple[str, ...]] = ("trust_answer",)
    _first: ClassVar[Mapping[str, str]] = {"trust_question": trust_questions.FIRST}

    def _check(self, typed: Mapping[str, str]) -> None:
        recovery.check(**_claim(typed))

    def _ask(self, visitor: str, network: str, typed: Mapping[str, str]) -> None:
        recovery.ask(SpaceKind.PROFESSIONAL, visitor, network=network, **_claim(typed))


class ResetState(ResetMixin, rx.State):
    """The page behind the link to a professional space."""

    _kind: ClassVar[SpaceKind] = SpaceKind.PROFESSIONAL


def _claim(typed: Mapping[str, str]) -> dict[str, str]:
    """Return what somebody says of their account, by the names of the service."""
    return {
        "email": typed["email"],
        "subscriber_number": typed["subscriber_number"],
        "question": typed["trust_question"],
        "answer": typed["trust_answer"],
    }
