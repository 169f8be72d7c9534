"""The page a mail links to: it shows the appointment and asks before it acts."""

from dataclasses import dataclass
from urllib.parse import unquote

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import wording
from app.models import AppointmentStatus, ChangeKind
from app.services.appointments import access, cancellation, records, steps
from app.services.appointments.records import AppointmentView, Change, NotBookedError
from app.services.throttle import TooManyAttemptsError
from app.state.base import call, local, tab_of, visitor_of
from app.state.confirmation import AppointmentCard, appointment_card, documents_of

_DONE = {ChangeKind.BOOKED: "Réservé", ChangeKind.RESCHEDULED: "Déplacé", ChangeKind.CANCELLED: "Annulé"}


@dataclass(frozen=True)
class HistoryLine:
    """One thing that happened to the appointment."""

    what: str
    when: str


class FollowUpState(rx.State):
    """The appointment behind the link, and whether the person is being asked to confirm the cancellation."""

    status: str = "loading"
    card: AppointmentCard = AppointmentCard()
    documents: list[str] = []
    history: list[HistoryLine] = []
    asking: bool = False
    busy: bool = False
    problem: str = ""

    @rx.event
    async def load(self) -> None:
        """Show what became of the appointment; opening the link changes nothing."""
        await self._load()

    async def _load(self) -> None:
        self.asking, self.problem = False, ""
        view = await self._view()
        if view is None:
            self.status, self.card = "unknown", AppointmentCard()
            return
        await self._show(view)

    def _public_id(self) -> str | None:
        token = self.router.url.path.rstrip("/").rpartition("/")[2]
        return access.public_id_of(unquote(token))

    async def _view(self) -> AppointmentView | None:
        public_id = self._public_id()
        return await call(records.get, public_id) if public_id else None

    async def _show(self, view: AppointmentView) -> None:
        self.card = await call(appointment_card, view)
        self.documents = documents_of(view)
        self.history = [_line(change, view.timezone) for change in await call(records.history, view.public_id)]
        self.status = _status(view)

    @rx.event
    async def ask(self) -> None:
        """Ask whether to cancel."""
        self.asking = True

    @rx.event
    async def keep_it(self) -> None:
        """Leave the appointment as it is."""
        self.asking = False

    @rx.event
    async def cancel(self) -> None:
        """Cancel the appointment."""
        public_id = self._public_id()
        if public_id is None or not self.asking:
            return
        try:
            view = await call(cancellation.cancel, public_id, self.card.reference, visitor_key=visitor_of(self) or "")
        except TooManyAttemptsError:
            self.problem = "Trop de demandes : attendez une minute, puis réessayez."
            return
        except NotBookedError:
            await self._load()
            return
        self.asking = False
        await self._show(view)

    @rx.event
    async def reschedule(self) -> EventSpec | None:
        """Begin to move the appointment."""
        public_id, visitor = self._public_id(), visitor_of(self)
        if public_id is None:
            return None
        if visitor is None:
            self.problem = "Votre navigateur refuse les cookies : acceptez-les pour déplacer ce rendez-vous."
            return None
        try:
            await call(steps.begin_reschedule, visitor, tab_of(self), public_id)
        except NotBookedError:
            await self._load()
            return None
        return rx.redirect(addresses.RESCHEDULE_SLOT)


def _status(view: AppointmentView) -> str:
    if view.status == AppointmentStatus.CANCELLED:
        return "cancelled"
    return "past" if view.is_past else "booked"


def _line(change: Change, timezone: str) -> HistoryLine:
    what = f"{_DONE[change.kind]} le {wording.moment(local(change.at, timezone))}"
    if change.kind == ChangeKind.CANCELLED:
        return HistoryLine(what, "")
    return HistoryLine(what, f"pour le {wording.moment(local(change.starts_at, timezone))}")
