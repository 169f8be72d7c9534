"""« Corriger l’adresse »: pages of an appointment that tell at once when its mail address is refused."""

import asyncio
import time
from typing import ClassVar

import reflex as rx
from reflex.event import EventSpec

from app.services.accounts.sign_in import too_many
from app.services.appointments import refused_address
from app.services.appointments.records import AppointmentView, NotBookedError
from app.services.appointments.refused_address import NotRefusedError
from app.services.form_errors import FieldErrors
from app.services.throttle import TooManyAttemptsError
from app.state.base import call, fields, visitor_of
from app.state.forms import KeepMixin

WATCHED_SECONDS = 90
_LONGEST_EMAIL = 320
_OVER = "Ce rendez-vous ne tient plus\u00a0: rechargez la page."


class RefusedAddressMixin(KeepMixin, rx.State, mixin=True):
    """A page of one appointment, whose id only the server knows; `_correctable` says which, and checks the right."""

    refused: bool = False
    correcting: bool = False
    corrected: bool = False
    _watched: str = ""
    _watched_until: float = 0.0
    _kept: ClassVar[tuple[str, ...]] = ("email",)

    async def _correctable(self) -> str | None:
        """Return the id of the appointment whose address whoever is here may correct."""
        raise NotImplementedError

    async def _corrected(self, view: AppointmentView) -> None:
        """Show the appointment with its new address."""
        raise NotImplementedError

    async def _look(self, public_id: str) -> None:
        """Say how the address stands when the page is shown."""
        self.refused = await call(refused_address.is_refused, public_id)
        self.corrected = False
        if not self.refused:
            self.correcting, self.draft, self.errors = False, {}, {}

    @rx.event(background=True)
    async def watch(self) -> None:
        """Tell without a reload when the mail server refuses the address; one look a second for a short while."""
        async with self:
            public_id = await self._correctable()
            now = time.monotonic()
            if public_id is None or (public_id == self._watched and now < self._watched_until):
                return
            self._watched, self._watched_until = public_id, now + WATCHED_SECONDS
        while time.monotonic() < now + WATCHED_SECONDS and await call(refused_address.is_awaited, public_id):
            await asyncio.sleep(1)
        refused = await call(refused_address.is_refused, public_id)
        async with self:
            if self._watched == public_id:
                self._watched_until = 0.0
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
        public_id = await self._correctable()
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
            await self._look(public_id)
            return rx.set_focus("titre")
        self.errors, self.draft = {}, {}
        self.refused, self.correcting, self.corrected = False, False, True
        self._watched_until = 0.0
        await self._corrected(view)
        return type(self).watch
