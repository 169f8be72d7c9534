"""« Mot de passe oublié ? »: proving who one is, then choosing a new password behind the link of a mail."""

from collections.abc import AsyncIterator
from urllib.parse import unquote

import reflex as rx
from reflex.event import EventSpec

from app.content import trust_questions
from app.models import SpaceKind
from app.services.accounts import passwords, recovery
from app.services.accounts.passwords import PasswordsBusyError
from app.services.accounts.recovery import LinkGoneError
from app.services.accounts.sign_in import BUSY, too_many
from app.services.form_drafts import Form
from app.services.form_errors import FieldErrors
from app.services.throttle import TooManyAttemptsError
from app.state import captcha, drafts
from app.state.base import call, fields, network_of, text, visitor_of
from app.state.captcha import CaptchaMixin
from app.state.forms import FormMixin
from app.state.strength import StrengthMixin

_KEPT = ("email", "subscriber_number", "trust_question")
_FIELDS = (*_KEPT, "trust_answer")
_PASSWORDS = ("password", "password_again")
_LONGEST_PASSWORD = 512


class RecoveryState(CaptchaMixin, FormMixin, rx.State):
    """The form that asks for the link; what it answers is the same whether or not the account exists."""

    sent: bool = False
    human: bool = False
    no_cookies: bool = False

    @rx.event
    async def load(self) -> None:
        """Show the form with what was typed in this tab; the answer is never kept."""
        self.sent, self.errors, self.no_cookies = False, {}, visitor_of(self) is None
        typed = await drafts.restored(self, Form.RECOVERY, _KEPT)
        self.draft = {name: typed.get(name, "") for name in _KEPT}
        self.draft["trust_question"] = self.draft["trust_question"] or trust_questions.FIRST
        if not self.human:
            await self._keep_or_renew_captcha()

    @rx.event
    async def keep(self, name: str, value: str) -> None:
        """Keep what was typed in a field."""
        if name in _KEPT:
            await drafts.keep(self, Form.RECOVERY, _KEPT, {name: value})

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Ask for the link."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit(data)
        finally:
            self.busy = False

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        visitor = visitor_of(self)
        if visitor is None:
            self.no_cookies = True
            return None
        typed = fields(data, _FIELDS)
        self.draft = {name: typed[name] for name in _KEPT}
        await drafts.keep(self, Form.RECOVERY, _KEPT, typed)
        if not self.human:
            problem = await self._captcha_error(fields(data, [captcha.FIELD])[captcha.FIELD])
            if problem:
                return self._refuse({captcha.FIELD: problem})
            self._captcha_id, self.human = "", True
            # The picture has done its work: at the next visit it shows once there is a new one.
            self.captcha_image = self.captcha_sound = ""
        try:
            await self._ask(visitor, typed)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except TooManyAttemptsError as error:
            return self._refuse({"email": too_many(error.retry_after)})
        await drafts.forget(self, Form.RECOVERY)
        self.draft, self.errors, self.human, self.sent = {}, {}, False, True
        return rx.set_focus("envoye")

    async def _ask(self, visitor: str, typed: dict[str, str]) -> None:
        await call(
            recovery.ask,
            SpaceKind.PROFESSIONAL,
            visitor,
            network=network_of(self),
            email=typed["email"],
            subscriber_number=typed["subscriber_number"],
            question=typed["trust_question"],
            answer=typed["trust_answer"],
        )


class ResetState(StrengthMixin, FormMixin, rx.State):
    """The page behind the link: « loading », « ready », « gone » or « done »; opening it uses nothing up."""

    status: str = "loading"
    email: str = ""

    @rx.event
    async def load(self) -> None:
        """Show the form while the link is good."""
        self.errors, self.level = {}, ""
        found = await call(recovery.link, self._token())
        self.status, self.email = ("ready", found.email) if found else ("gone", "")
        self._guessed = [self.email.partition("@")[0]]

    def _token(self) -> str:
        return text(unquote(self.router.url.path.rstrip("/").rpartition("/")[2]), 200)

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Set the new password."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit(data)
        finally:
            self.busy = False

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        typed = secrets_in(data, _PASSWORDS)
        try:
            await passwords.apart(
                recovery.reset,
                self._token(),
                typed["password"],
                typed["password_again"],
                visitor_key=visitor_of(self) or "",
                network=network_of(self),
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


def secrets_in(data: object, names: tuple[str, ...]) -> dict[str, str]:
    """Return the passwords of a submitted form exactly as they were typed, blanks included."""
    found = data if isinstance(data, dict) else {}
    return {name: text(found.get(name, ""), _LONGEST_PASSWORD) for name in names}
