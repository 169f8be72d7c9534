"""« Prendre un nouveau rendez-vous »: at the office and on the topic of the appointment that the page shows."""

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.services.appointments import steps
from app.services.appointments.offices import OfficeNotFoundError
from app.services.appointments.steps import Former
from app.services.journeys import JourneyGoneError
from app.state import detour
from app.state.base import call, tab_of, visitor_of
from app.state.journey import JourneyState, furthest

_NO_COOKIES = "Votre navigateur refuse les cookies\u00a0: acceptez-les pour prendre un rendez-vous."
_OFFICE_CLOSED = "Ce service ne prend plus de rendez-vous\u00a0: trouvez celui qui suit votre dossier."


class AgainMixin(rx.State, mixin=True):
    """A page of an appointment, or of a wait, that no longer stands; `problem` is shown in it."""

    problem: str = ""

    async def _view(self) -> Former | None:
        """Return the appointment or the wait that the page shows to whoever has its link."""
        raise NotImplementedError

    @rx.event
    async def book_again(self) -> EventSpec | None:
        """Begin to book where the former appointment was; nothing is chosen but the office and the topic."""
        view, visitor = await self._view(), visitor_of(self)
        if visitor is None:
            self.problem = _NO_COOKIES
            return None
        if view is None:
            return rx.redirect(addresses.CONTACT)
        try:
            begun = await call(steps.begin_like, visitor, tab_of(self), view)
        except (OfficeNotFoundError, JourneyGoneError):
            return await detour.send(self, addresses.CONTACT, _OFFICE_CLOSED)
        await (await self.get_state(JourneyState))._arrive_at_office()
        return rx.redirect(furthest(begun))
