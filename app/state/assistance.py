"""The form that writes to the assistance."""

from collections.abc import AsyncIterator
from typing import ClassVar

import reflex as rx
from reflex.event import EventSpec

from app.services import assistance
from app.services.accounts.sign_in import too_many
from app.services.form_drafts import Form
from app.services.throttle import TooManyAttemptsError
from app.state import drafts
from app.state.base import call, fields, network_of, visitor_of
from app.state.captcha import HumanMixin
from app.state.forms import KeepMixin, errors_of
from app.state.refused_address import REFUSAL_ID, RefusalMixin

FIELDS = ("name", "email", "phone", "subject", "question")


class AssistanceState(RefusalMixin, HumanMixin, KeepMixin, rx.State):
    """The form, and whether its message has gone.

    Nothing is sent to the address that was typed, so nobody can tell here whether it takes mail: only whether the
    assistance's own does.
    """

    sent: bool = False
    answer_to: str = ""
    question: str = ""
    no_cookies: bool = False
    _sent_mail: str = ""
    _sent: dict[str, str] = {}
    _kept: ClassVar[tuple[str, ...]] = FIELDS
    _refusal_id: ClassVar[str] = REFUSAL_ID

    @rx.event
    async def load(self) -> None:
        """Show the form with what was typed in this tab."""
        self.sent, self.errors, self.answer_to, self.question = False, {}, "", ""
        self.refused, self._sent_mail = False, ""
        self.no_cookies = visitor_of(self) is None
        typed = await drafts.restored(self, Form.ASSISTANCE, FIELDS)
        self.draft = {name: typed.get(name, "") for name in FIELDS}
        if not self.human:
            await self._keep_or_renew_captcha()

    async def _keep(self, typed: dict[str, str]) -> EventSpec | None:
        await drafts.keep(self, Form.ASSISTANCE, FIELDS, typed)
        return None

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        visitor = visitor_of(self)
        if visitor is None:
            self.no_cookies = True
            return None
        typed = fields(data, FIELDS)
        self.draft = typed
        await drafts.keep(self, Form.ASSISTANCE, FIELDS, typed)
        errors = errors_of(assistance.validate, typed) | await self._captcha_errors(data)
        if errors:
            return self._refuse(errors)
        try:
            question = await call(assistance.send, typed, visitor_key=visitor, network=network_of(self))
        except TooManyAttemptsError as error:
            return self._refuse({"question": too_many(error.retry_after)})
        await drafts.forget(self, Form.ASSISTANCE)
        self._sent = typed
        self.draft, self.errors, self.human = {}, {}, False
        self.sent, self.answer_to, self.question = True, question.email, question.text
        self.refused, self._sent_mail = False, question.mail
        return rx.set_focus("envoye")

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Send the question, once however often it is pressed, and look whether the assistance gets it."""
        async for event in self._alone(self._submit, data):
            yield event
        yield AssistanceState.watch

    async def _mail(self) -> str | None:
        return self._sent_mail or None

    async def _tell(self, refused: bool) -> None:
        """Say so, and put back into the form what nobody will read, for a reload."""
        if refused and not self.refused:
            await drafts.keep(self, Form.ASSISTANCE, FIELDS, self._sent)
        await super()._tell(refused)
