"""The office that was found, and the search for another one."""

from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import communes
from app.models import Channel, SpaceKind
from app.services import phones
from app.services.appointments import limits, offices, places, steps
from app.services.appointments.offices import OfficeNotFoundError, OfficeView
from app.services.appointments.places import PlaceView
from app.services.appointments.steps import Progress, Step
from app.state.account import session_of
from app.state.base import call, number, tab_of, text, visitor_of
from app.state.journey import JourneyState

CHANNEL_LABELS = {
    Channel.COUNTER: "Sur place, au guichet",
    Channel.PHONE: "Par téléphone",
    Channel.VIDEO: "Par visioconférence",
}
AT_LOCAL_POINT = {Channel.COUNTER: "Sur place", Channel.VIDEO: "Par visioconférence"}


@dataclass(frozen=True)
class OfficeCard:
    """An office as a person sees it."""

    id: int = 0
    name: str = ""
    street: str = ""
    city: str = ""
    phone: str = ""
    call: str = ""
    email: str = ""
    access: str = ""


@dataclass(frozen=True)
class PlaceCard:
    """A local point as a person sees it."""

    name: str
    address: str
    phone: str
    call: str
    access: str
    offers: list[str]
    hours: list[str]


class OfficeState(JourneyState):
    """The office chosen in this journey, and its local points."""

    office: OfficeCard = OfficeCard()
    hours: list[str] = []
    offers: list[str] = []
    points: list[PlaceCard] = []
    book_href: str = addresses.TOPIC
    is_full: bool = False

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the office of the journey."""
        progress, elsewhere = await self._enter(Step.TOPIC)
        if progress is None or progress.office is None:
            return elsewhere
        self.office = card(progress.office)
        found = await session_of(self, SpaceKind.PERSONAL)
        self.is_full = found is not None and not await call(limits.has_room, found.account.id)
        self.hours = list(progress.office.hours)
        self.offers = [CHANNEL_LABELS[channel] for channel in progress.office.channels]
        self.points = [place_card(point) for point in await call(places.of_office, progress.office.id)]
        self.book_href = addresses.TOPIC if progress.topic else addresses.topic(progress.topic_start)
        return None


class OtherOfficeState(JourneyState):
    """Offices of the same kind in a department, to choose another one."""

    department: str = ""
    current: str = ""
    results: list[OfficeCard] = []

    @rx.event
    async def load(self) -> EventSpec | None:
        """List the offices around the one of the journey."""
        progress, elsewhere = await self._enter(Step.TOPIC)
        if progress is None or progress.office is None:
            return elsewhere
        self.current = progress.office.name
        await self._list(progress, self.department or progress.office.department)
        return None

    @rx.event
    async def list_department(self, department: str) -> EventSpec | None:
        """List the offices of another department."""
        progress, elsewhere = await self._enter(Step.TOPIC)
        if progress is None:
            return elsewhere
        await self._list(progress, text(department, 3))
        return None

    @rx.event
    async def take(self, office_id: int) -> EventSpec | None:
        """Move the journey to this office."""
        progress, elsewhere = await self._enter(Step.TOPIC)
        visitor = visitor_of(self)
        if progress is None or progress.office is None or visitor is None:
            return elsewhere
        try:
            office = await call(offices.get, number(office_id))
        except OfficeNotFoundError:
            return None
        if office.kind != progress.office.kind:
            return None
        await call(steps.choose_office, visitor, tab_of(self), office.id, progress.contact_path, progress.topic_start)
        await self._arrive_at_office()
        return rx.redirect(addresses.OFFICE)

    async def _list(self, progress: Progress, department: str) -> None:
        if progress.office is None:
            return
        found = await call(offices.search, progress.office.kind, department)
        self.department = department
        self.results = [card(office) for office in found]


def departments() -> list[tuple[str, str]]:
    """Return (code, label) of every department, in the order of the codes."""
    return [(code, f"{code} – {name}") for code, name in communes.departments()]


def card(office: OfficeView) -> OfficeCard:
    """Return what a person sees of an office."""
    return OfficeCard(
        id=office.id,
        name=office.name,
        street=office.street,
        city=f"{office.postal_code} {office.city}",
        phone=office.phone,
        call=phones.dialled(office.phone),
        email=office.email,
        access=office.access,
    )


def place_card(point: PlaceView) -> PlaceCard:
    """Return what a person sees of a local point."""
    return PlaceCard(
        name=point.name,
        address=", ".join(point.address_lines),
        phone=point.phone,
        call=phones.dialled(point.phone),
        access=point.access,
        offers=[AT_LOCAL_POINT[channel] for channel in point.channels],
        hours=list(point.hours),
    )


def way_label(channel: Channel, place_name: str) -> str:
    """Return how one is received, and at which local point; an empty name is the office itself."""
    return (
        f"{AT_LOCAL_POINT.get(channel, CHANNEL_LABELS[channel])} – {place_name}"
        if place_name
        else CHANNEL_LABELS[channel]
    )
