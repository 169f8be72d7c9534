"""« Mes contacts »: the person's own appointments, what can be done with them, and their office."""

from dataclasses import dataclass, field

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import detours, wording
from app.models import AppointmentStatus, OfficeKind
from app.services.accounts.accounts import AccountView
from app.services.accounts.sessions import SessionView
from app.services.appointments import cancellation, limits, mine, offices, places, refused_address, steps
from app.services.appointments.offices import OfficeNotFoundError, OfficeView
from app.services.appointments.records import AppointmentView, NotBookedError
from app.services.throttle import TooManyAttemptsError
from app.state import detour
from app.state.account import AccountState
from app.state.appointment_story import HistoryLine, MailLine, story_of
from app.state.base import call, tab_of, text, visitor_of
from app.state.confirmation import AppointmentCard, appointment_card, documents_of
from app.state.journey import JourneyState
from app.state.office import CHANNEL_LABELS, OfficeCard, PlaceCard, card, place_card
from app.state.personal_space import PersonalMixin

_LONGEST_REFERENCE = 40
_NO_COOKIES = "Votre navigateur refuse les cookies\u00a0: acceptez-les pour prendre ou déplacer un rendez-vous."
_TOO_MANY = "Trop de demandes\u00a0: attendez une minute, puis réessayez."
_GONE = "Ce rendez-vous ne peut plus être changé\u00a0: voici où en sont vos rendez-vous."
CANCELLED_ID, QUESTION_ID = "annule", "annuler"


@dataclass(frozen=True)
class MyAppointment:
    """One of the person's appointments, with its history; `outcome` is what became of it, empty while it stands.

    `refused`: its address takes no mail, and is this person's to correct.
    """

    card: AppointmentCard = field(default_factory=AppointmentCard)
    documents: list[str] = field(default_factory=list)
    history: list[HistoryLine] = field(default_factory=list)
    mails: list[MailLine] = field(default_factory=list)
    outcome: str = ""
    refused: bool = False


class MyContactsState(PersonalMixin, AccountState):
    """Whatever a handler is asked to change is looked for again among the appointments of whoever is signed in."""

    who: str = ""
    has_next: bool = False
    is_full: bool = False
    coming: MyAppointment = MyAppointment()
    later: list[MyAppointment] = []
    past: list[MyAppointment] = []
    has_office: bool = False
    office: OfficeCard = OfficeCard()
    hours: list[str] = []
    offers: list[str] = []
    points: list[PlaceCard] = []
    asking: str = ""
    asked_words: str = ""
    cancelled: AppointmentCard = AppointmentCard()
    is_told_by_mail: bool = True
    """Whether a mail confirms what was cancelled."""
    problem: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the appointments and the office of whoever is signed in."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        self.asking = self.problem = ""
        self.cancelled = AppointmentCard()
        self.who = wording.full_name(found.account.first_name, found.account.last_name)
        await self._show(found.account)
        office = await call(_office_of, found.account)
        self.has_office = office is not None
        if office is not None:
            self.office, self.hours = card(office), list(office.hours)
            self.offers = [CHANNEL_LABELS[channel] for channel in office.channels]
            self.points = [place_card(point) for point in await call(places.of_office, office.id)]
        return None

    async def _show(self, account: AccountView) -> None:
        standing, over = await call(_appointments, account)
        self.has_next, self.is_full = bool(standing), not await call(limits.has_room, account.id)
        self.coming = standing[0] if standing else MyAppointment()
        self.later, self.past = standing[1:], over

    @rx.event
    async def ask(self, reference: str) -> EventSpec | None:
        """Ask whether to cancel this appointment."""
        words = {one.card.reference: one.card.words for one in (self.coming, *self.later)}
        asked = text(reference, _LONGEST_REFERENCE)
        if not asked or asked not in words:
            return None
        self.asking, self.asked_words, self.problem = asked, words[asked], ""
        self.cancelled = AppointmentCard()
        return rx.set_focus(QUESTION_ID)

    @rx.event
    async def keep_it(self) -> EventSpec:
        """Leave the appointment as it is."""
        self.asking = ""
        return rx.set_focus("titre")

    @rx.event
    async def cancel(self) -> EventSpec | None:
        """Cancel the appointment the person was asked about."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        view = await call(_standing, found.account, self.asking)
        if view is None:
            return await self._tell_gone(found)
        is_refused = await call(refused_address.is_refused, view.public_id)
        try:
            await call(cancellation.cancel, view.public_id, view.reference, visitor_key=visitor_of(self) or "")
        except TooManyAttemptsError:
            self.problem = _TOO_MANY
            return None
        except NotBookedError:
            return await self._tell_gone(found)
        self.asking, self.problem = "", ""
        self.cancelled, self.is_told_by_mail = await call(appointment_card, view), not is_refused
        await self._show(found.account)
        return rx.set_focus(CANCELLED_ID)

    @rx.event
    async def reschedule(self, reference: str) -> EventSpec | None:
        """Begin to move an appointment."""
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        visitor = visitor_of(self)
        if visitor is None:
            self.problem = _NO_COOKIES
            return None
        view = await call(_standing, found.account, text(reference, _LONGEST_REFERENCE))
        if view is None:
            return await self._tell_gone(found)
        try:
            await call(steps.begin_reschedule, visitor, tab_of(self), view.public_id, view.phone)
        except NotBookedError:
            return await self._tell_gone(found)
        return await self._leave_to(addresses.RESCHEDULE_SLOT)

    @rx.event
    async def book(self) -> EventSpec | None:
        """Begin to book at the person's office."""
        return await self._begin_at_office(addresses.topic_from_top(""))

    @rx.event
    async def search(self) -> EventSpec | None:
        """Look for another office, from the person's own on."""
        return await self._begin_at_office(addresses.OTHER_OFFICE)

    async def _begin_at_office(self, page: str) -> EventSpec | None:
        found, elsewhere = await self._enter()
        if found is None:
            return elsewhere
        visitor = visitor_of(self)
        if visitor is None:
            self.problem = _NO_COOKIES
            return None
        office = await call(_office_of, found.account)
        if office is None:
            return await detour.send(self, addresses.CONTACT, detours.NO_OFFICE)
        await call(steps.choose_office, visitor, tab_of(self), office.id, "", "")
        return await self._leave_to(page)

    async def _leave_to(self, page: str) -> EventSpec:
        """Go to a page of a journey; what it and this page still hold of an earlier visit is hidden till they load."""
        (await self.get_state(JourneyState))._wait()
        self.phase = "loading"
        return rx.redirect(page)

    async def _tell_gone(self, found: SessionView) -> EventSpec:
        self.asking, self.problem = "", _GONE
        await self._show(found.account)
        return rx.set_focus("titre")


def _standing(account: AccountView, reference: str) -> AppointmentView | None:
    """Return one of the account's appointments that it may change, None if it has none of this reference."""
    found = next((view for view in mine.upcoming(account) if view.reference == reference), None)
    return found if found is not None and mine.may_change(account, found.public_id) else None


def _appointments(account: AccountView) -> tuple[list[MyAppointment], list[MyAppointment]]:
    return [_shown(view) for view in mine.upcoming(account)], [_shown(view) for view in mine.past(account)]


def _shown(view: AppointmentView) -> MyAppointment:
    history, mails = story_of(view.public_id, view.timezone)
    is_cancelled = view.status == AppointmentStatus.CANCELLED
    outcome = "Annulé" if is_cancelled else "Passé" if view.is_past else ""
    refused = not outcome and bool(view.email) and refused_address.is_refused(view.public_id)
    return MyAppointment(appointment_card(view), documents_of(view), history, mails, outcome, refused)


def _office_of(account: AccountView) -> OfficeView | None:
    """Return the office of the commune the person lives in, None when nobody serves it."""
    try:
        return offices.for_commune(OfficeKind.INDIVIDUALS, account.insee)
    except OfficeNotFoundError:
        return None
