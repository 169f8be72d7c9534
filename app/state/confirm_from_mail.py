"""The page that a mail asks to confirm on: it shows the appointment, its button confirms (docs/decisions/0015)."""

from datetime import datetime

import reflex as rx
from reflex.event import EventSpec

from app.content import wording
from app.services.appointments import access, confirmations
from app.services.appointments.confirmations import LapsedError
from app.services.appointments.records import AppointmentView, NotBookedError
from app.services.throttle import TooManyAttemptsError
from app.state.again import AgainMixin
from app.state.base import call, local, visitor_of
from app.state.confirmation import AppointmentCard, appointment_card, documents_of
from app.state.follow_up import token_of
from app.state.forms import SubmitMixin


class ConfirmFromMailState(AgainMixin, SubmitMixin, rx.State):
    """The appointment behind the link, and how it stands: a ConfirmationState's value, « loading » or « unknown »."""

    status: str = "loading"
    is_erased: bool = False
    card: AppointmentCard = AppointmentCard()
    documents: list[str] = []
    until: str = ""

    @rx.event
    async def load(self) -> None:
        """Show the appointment; opening the link changes nothing."""
        await self._show()

    async def _view(self) -> AppointmentView | None:
        asked = await call(confirmations.asked, token_of(self))
        return asked.appointment if asked else None

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        """Confirm the appointment."""
        token = token_of(self)
        try:
            await call(confirmations.confirm_from_mail, token, visitor_key=visitor_of(self) or "")
        except TooManyAttemptsError:
            self.problem = "Trop de demandes : attendez une minute, puis réessayez."
            return None
        except (LapsedError, NotBookedError):
            # What the page says next tells why.
            pass
        await self._show()
        return rx.set_focus("titre")

    async def _show(self) -> None:
        self.problem = ""
        asked = await call(confirmations.asked, token_of(self))
        if asked is None:
            self.status, self.card, self.documents, self.until = "unknown", AppointmentCard(), [], ""
            self.is_erased = access.public_id_to_confirm(token_of(self)) is not None
            return
        view = asked.appointment
        self.card = await call(appointment_card, view)
        self.documents = documents_of(view)
        self.until = _until(asked.until, view.timezone) if asked.until else ""
        self.status = asked.state.value


def _until(instant: datetime, timezone: str) -> str:
    return wording.moment(local(instant, timezone))
