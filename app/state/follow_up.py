"""The page a mail links to: it shows the appointment and asks before it acts."""

from urllib.parse import unquote

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.models import AppointmentStatus
from app.services.appointments import access, cancellation, records, steps
from app.services.appointments.records import AppointmentView, NotBookedError
from app.services.throttle import TooManyAttemptsError
from app.state.again import AgainMixin
from app.state.appointment_story import HistoryLine, MailLine, story_of
from app.state.base import call, tab_of, visitor_of
from app.state.confirmation import AppointmentCard, appointment_card, documents_of
from app.state.journey import JourneyState
from app.state.refused_address import RefusedAddressMixin


class FollowUpState(AgainMixin, RefusedAddressMixin, rx.State):
    """The appointment behind the link, and whether the person is being asked to confirm the cancellation."""

    status: str = "loading"
    is_erased: bool = False
    card: AppointmentCard = AppointmentCard()
    documents: list[str] = []
    history: list[HistoryLine] = []
    mails: list[MailLine] = []
    asking: bool = False
    is_told_by_mail: bool = True
    """Whether a mail confirms that it is cancelled."""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show what became of the appointment; opening the link changes nothing."""
        await self._load()
        return FollowUpState.watch if self.status == "booked" else None

    async def _load(self) -> None:
        self.asking, self.problem = False, ""
        view = await self._view()
        # A link that the portal made, with nothing behind it any more, was not cut in copying.
        self.is_erased = view is None and self._public_id() is not None
        if view is None:
            self.status, self.card, self.history, self.mails = "unknown", AppointmentCard(), [], []
            self.refused = False
            return
        await self._show(view)

    def _public_id(self) -> str | None:
        return access.public_id_of(token_of(self))

    async def _view(self) -> AppointmentView | None:
        public_id = self._public_id()
        return await call(records.get, public_id) if public_id else None

    async def _show(self, view: AppointmentView) -> None:
        self.card = await call(appointment_card, view)
        self.documents = documents_of(view)
        self.history, self.mails = await call(story_of, view.public_id, view.timezone)
        self.status = _status(view)
        await self._look_at_mail(view.public_id)
        self.is_told_by_mail = not self.refused
        self.refused = self.refused and self.status == "booked"

    async def _mail(self) -> str | None:
        return self._public_id() if self.status == "booked" else None

    async def _corrected(self, view: AppointmentView) -> None:
        await self._show(view)
        self.corrected = True

    @rx.event
    async def ask(self) -> EventSpec:
        """Ask whether to cancel."""
        self.asking = True
        return rx.set_focus("question")

    @rx.event
    async def keep_it(self) -> EventSpec:
        """Leave the appointment as it is."""
        self.asking = False
        return rx.set_focus("titre")

    @rx.event
    async def cancel(self) -> EventSpec | None:
        """Cancel the appointment."""
        public_id = self._public_id()
        if public_id is None or not self.asking:
            return None
        try:
            view = await call(cancellation.cancel, public_id, self.card.reference, visitor_key=visitor_of(self) or "")
        except TooManyAttemptsError:
            self.problem = "Trop de demandes : attendez une minute, puis réessayez."
            return None
        except NotBookedError:
            await self._load()
            return None
        self.asking, was_refused = False, self.refused
        await self._show(view)
        self.is_told_by_mail = self.is_told_by_mail and not was_refused
        return rx.set_focus("titre")

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
        # Neither page must show for a moment what it was before: the agenda of an earlier move, this appointment.
        (await self.get_state(JourneyState))._wait()
        self.status = "loading"
        return rx.redirect(addresses.RESCHEDULE_SLOT)


def token_of(state: rx.State) -> str:
    """Return the signed part of the link that this page was opened with."""
    return unquote(state.router.url.path.rstrip("/").rpartition("/")[2])


def _status(view: AppointmentView) -> str:
    if view.status == AppointmentStatus.CANCELLED:
        return "cancelled"
    return "past" if view.is_past else "booked"
