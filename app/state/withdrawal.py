"""« Annulez votre demande » and « Ce n'est pas moi »: a request ends before it became a space."""

from urllib.parse import unquote

import reflex as rx
from reflex.event import EventSpec

from app.services.accounts import requests, withdrawal
from app.services.accounts.sign_in import too_many
from app.services.throttle import TooManyAttemptsError
from app.state.base import call, fields, network_of, query, visitor_of
from app.state.captcha import HumanMixin
from app.state.forms import SubmitMixin, errors_of

_NO_MATCH = "Vérifiez l’adresse et le code : aucune demande en cours ne leur correspond."


class WithdrawalState(HumanMixin, SubmitMixin, rx.State):
    """The form that withdraws a request of either kind of space."""

    done: bool = False
    no_cookies: bool = False

    @rx.event
    async def load(self) -> None:
        """Show the form, with the code that the link of the mail brings."""
        self.done, self.errors = False, {}
        self.draft = {"code": requests.typed_code(query(self, "code"))}
        self.no_cookies = visitor_of(self) is None
        if not self.human:
            await self._keep_or_renew_captcha()

    @rx.event
    async def keep(self, name: str, value: str) -> None:
        """Nothing is kept of this form: it holds a code."""

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        visitor = visitor_of(self)
        if visitor is None:
            self.no_cookies = True
            return None
        typed = fields(data, ["email", "code"])
        errors = errors_of(withdrawal.check, **typed) | await self._captcha_errors(data)
        if errors:
            return self._refuse(errors)
        # Each guess costs a challenge.
        self.human = False
        try:
            self.done = await call(withdrawal.withdraw, visitor, typed["email"], typed["code"], network_of(self))
        except TooManyAttemptsError as error:
            await self._new_captcha()
            return self._refuse({"email": too_many(error.retry_after)})
        if not self.done:
            await self._new_captcha()
            return self._refuse({"email": _NO_MATCH})
        self.errors, self.draft = {}, {}
        return rx.set_focus("titre")


class NotMeState(rx.State):
    """The page a mail leads to for whoever never asked for a space: « loading », « pending », « done » or « gone »."""

    status: str = "loading"
    busy: bool = False

    @rx.event
    async def load(self) -> None:
        """Show whether there is something to erase; opening the link changes nothing."""
        self.status = "pending" if await call(withdrawal.is_pending, self._token()) else "gone"

    @rx.event
    async def erase(self) -> EventSpec | None:
        """Erase the request."""
        if self.status != "pending":
            return None
        erased = await call(withdrawal.not_me, visitor_of(self) or "", self._token())
        self.status = "done" if erased else "gone"
        return rx.set_focus("titre")

    def _token(self) -> str:
        return unquote(self.router.url.path.rstrip("/").rpartition("/")[2])
