"""The form that writes to the assistance."""

from collections.abc import AsyncIterator

import reflex as rx
from reflex.event import EventSpec

from app.services import assistance
from app.services.accounts.sign_in import too_many
from app.services.form_drafts import Form
from app.services.form_errors import FieldErrors
from app.services.throttle import TooManyAttemptsError
from app.state import captcha, drafts
from app.state.base import call, fields, network_of, visitor_of
from app.state.captcha import CaptchaMixin
from app.state.forms import FormMixin

FIELDS = ("name", "email", "phone", "subject", "question")


class AssistanceState(CaptchaMixin, FormMixin, rx.State):
    """The form, and whether its message has gone."""

    sent: bool = False
    answer_to: str = ""
    no_cookies: bool = False

    @rx.event
    async def load(self) -> None:
        """Show the form with what was typed in this tab."""
        self.sent, self.errors, self.answer_to = False, {}, ""
        self.no_cookies = visitor_of(self) is None
        typed = await drafts.restored(self, Form.ASSISTANCE, FIELDS)
        self.draft = {name: typed.get(name, "") for name in FIELDS}
        await self._keep_or_renew_captcha()

    @rx.event
    async def keep(self, name: str, value: str) -> None:
        """Keep what was typed in a field."""
        if name in FIELDS:
            await drafts.keep(self, Form.ASSISTANCE, FIELDS, {name: value})

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Send the message."""
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
        typed = fields(data, FIELDS)
        self.draft = typed
        await drafts.keep(self, Form.ASSISTANCE, FIELDS, typed)
        try:
            assistance.validate(typed)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        problem = await self._captcha_error(fields(data, [captcha.FIELD])[captcha.FIELD])
        if problem:
            return self._refuse({captcha.FIELD: problem})
        self._captcha_id = ""
        # The picture has done its work: at the next visit it shows once there is a new one.
        self.captcha_image = self.captcha_sound = ""
        try:
            question = await call(assistance.send, typed, visitor_key=visitor, network=network_of(self))
        except TooManyAttemptsError as error:
            await self._new_captcha()
            return self._refuse({"question": too_many(error.retry_after)})
        await drafts.forget(self, Form.ASSISTANCE)
        self.draft, self.errors, self.sent, self.answer_to = {}, {}, True, question.email
        return rx.set_focus("envoye")
