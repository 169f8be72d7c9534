"""Pages that say where a mail goes tell at once when its address is refused; « Corriger l’adresse »."""

import asyncio
import time
from typing import Any, ClassVar

import reflex as rx
from reflex.event import EventSpec

from app.services.accounts.sign_in import too_many
from app.services.appointments import refused_address
from app.services.appointments.records import AppointmentView, NotBookedError
from app.services.appointments.refused_address import NotRefusedError
from app.services.form_errors import FieldErrors
from app.services.notifications import outbox
from app.services.throttle import TooManyAttemptsError
from app.state.base import call, fields, visitor_of
from app.state.forms import KeepMixin

WATCHED_SECONDS = 90
REFUSAL_ID = "refus"
_LONGEST_EMAIL = 320
_OVER = "Ce rendez-vous ne tient plus\u00a0: rechargez la page."


class RefusalMixin(rx.State, mixin=True):
    """A page that says where a mail goes: it tells, without a reload, when the mail server refuses the address."""

    refused: bool = False
    _watched: str = ""
    _watched_until: float = 0.0
    _mails: ClassVar[Any] = outbox
    """What knows of mails by what `_mail` returns: a service module with `is_refused` and `is_awaited`."""
    _refusal_id: ClassVar[str] = ""
    """The element that takes the focus when what had it gives way to the refusal."""

    async def _mail(self) -> str | None:
        """Return what names the mail this page speaks of, None unless whoever is here may know of it."""
        raise NotImplementedError

    async def _look_at_mail(self, mail: str) -> None:
        """Say how the address stands when the page is shown."""
        await self._tell(await call(self._mails.is_refused, mail))

    async def _tell(self, refused: bool) -> None:
        self.refused = refused

    @rx.event(background=True)
    async def watch(self) -> EventSpec | None:
        """Tell without a reload when the mail server refuses the address; one look a second for a short while."""
        async with self:
            mails, mail = self._mails, await self._mail()
            now = time.monotonic()
            if mail is None or (mail == self._watched and now < self._watched_until):
                return None
            self._watched, self._watched_until = mail, now + WATCHED_SECONDS
        while time.monotonic() < now + WATCHED_SECONDS and await call(mails.is_awaited, mail):
            await asyncio.sleep(1)
        refused = await call(mails.is_refused, mail)
        async with self:
            if self._watched != mail or await self._mail() != mail:
                return None  # the page speaks of something else by now
            self._watched_until = 0.0
            is_news = refused and not self.refused
            await self._tell(refused)
            return rx.set_focus(self._refusal_id) if is_news and self._refusal_id else None


class RefusedAddressMixin(KeepMixin, RefusalMixin, mixin=True):
    """A page of one appointment, whose id only the server knows; `_mail` says which, and checks the right."""

    correcting: bool = False
    corrected: bool = False
    _mails: ClassVar[Any] = refused_address
    _kept: ClassVar[tuple[str, ...]] = ("email",)

    async def _corrected(self, view: AppointmentView) -> None:
        """Show the appointment with its new address."""
        raise NotImplementedError

    async def _look_at_mail(self, mail: str) -> None:
        """Say how the address stands when the page is shown."""
        self.corrected = False
        await super()._look_at_mail(mail)
        if not self.refused:
            self.correcting, self.draft, self.errors = False, {}, {}

    async def _tell(self, refused: bool) -> None:
        self.refused = refused
        self.corrected = self.corrected and not refused

    @rx.event
    async def correct_address(self) -> EventSpec | None:
        """Open the form of another address."""
        if not self.refused:
            return None
        self.correcting = True
        return rx.set_focus("email")

    async def _keep(self, typed: dict[str, str]) -> None:
        self.draft = {**self.draft, **typed}

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        """Write to the typed address from now on."""
        public_id = await self._mail()
        if public_id is None:
            return None
        typed = fields(data, ("email",))["email"][:_LONGEST_EMAIL]
        self.draft = {"email": typed}
        try:
            view = await call(refused_address.correct, public_id, typed, visitor_key=visitor_of(self) or "")
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except TooManyAttemptsError as error:
            return self._refuse({"email": too_many(error.retry_after)})
        except NotBookedError:
            return self._refuse({"email": _OVER})
        except NotRefusedError:
            # Corrected in another tab.
            await self._look_at_mail(public_id)
            return rx.set_focus("titre")
        self.errors, self.draft = {}, {}
        self.refused, self.correcting, self.corrected = False, False, True
        self._watched_until = 0.0
        await self._corrected(view)
        return type(self).watch
