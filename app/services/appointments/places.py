"""Local points: places near people where an agent of an office comes, or from which one speaks with them by video.

A place is told by its id, the office itself by None. Agents receive at the office's counter and by phone from the
office; at a local point they receive in person, or the person comes there and speaks with an agent at the office by
video.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from app.models import Agent, Channel, LocalPoint, OpeningSession
from app.services import database
from app.services.appointments.offices import Opening, opening_lines
from app.services.appointments.opening import served_at


class PlaceNotFoundError(LookupError):
    """There is no such local point."""


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A local point as people see it; `hours` are French lines by day, `channels` what agents serve there in a week."""

    id: int
    office_id: int
    name: str
    street: str
    postal_code: str
    city: str
    phone: str
    access: str
    channels: tuple[Channel, ...]
    hours: tuple[str, ...]

    @property
    def address_lines(self) -> tuple[str, str]:
        """The address as on an envelope, without the name."""
        return self.street, f"{self.postal_code} {self.city}"


@dataclass(frozen=True, slots=True)
class Way:
    """A channel and where one goes for it; no place is the office itself, or nowhere for a call."""

    channel: Channel
    place: PlaceView | None = None

    @property
    def place_id(self) -> int | None:
        """The id of the local point, None at the office itself."""
        return self.place.id if self.place else None


def get(place_id: int) -> PlaceView:
    """Return one local point; raise PlaceNotFoundError when there is none."""
    with database.reading() as session:
        point = session.get(LocalPoint, place_id)
        if point is None:
            raise PlaceNotFoundError(f"no local point {place_id}")
        return _view(point, _openings(session, point.office_id).get(place_id, ()))


def of_office(office_id: int) -> tuple[PlaceView, ...]:
    """Return the local points of an office, in the order they were opened; none for an unknown office."""
    with database.reading() as session:
        query = select(LocalPoint).where(col(LocalPoint.office_id) == office_id).order_by(col(LocalPoint.id))
        points = session.execute(query).scalars().all()
        openings = _openings(session, office_id) if points else {}
        return tuple(_view(point, openings.get(point.id or 0, ())) for point in points)


def offered(session: Session, office_id: int, channel: Channel, place_id: int | None) -> bool:
    """Tell whether somebody of the office serves this channel at this place in some week."""
    if not channel & served_at(place_id):
        return False
    query = (
        select(col(OpeningSession.id))
        .join(Agent, col(Agent.id) == col(OpeningSession.agent_id))
        .where(
            col(Agent.office_id) == office_id,
            col(OpeningSession.place_id).is_not_distinct_from(place_id),
            col(OpeningSession.channels).bitwise_and(int(channel)) != 0,
        )
    )
    return session.execute(query.limit(1)).first() is not None


def _openings(session: Session, office_id: int) -> Mapping[int, list[Opening]]:
    """Return the weekly periods of the office's agents at local points, by place."""
    periods = (OpeningSession.weekday, OpeningSession.starts, OpeningSession.ends, OpeningSession.channels)
    query = (
        select(col(OpeningSession.place_id), *(col(field) for field in periods))
        .join(Agent, col(Agent.id) == col(OpeningSession.agent_id))
        .where(col(Agent.office_id) == office_id, col(OpeningSession.place_id).is_not(None))
        .distinct()
    )
    found: dict[int, list[Opening]] = defaultdict(list)
    for place_id, weekday, starts, ends, channels in session.execute(query):
        if served := channels & served_at(place_id):
            found[place_id].append(Opening(weekday, starts, ends, served))
    return found


def _view(point: LocalPoint, openings: Iterable[Opening]) -> PlaceView:
    openings = tuple(openings)
    return PlaceView(
        id=point.id or 0,
        office_id=point.office_id,
        name=point.name,
        street=point.street,
        postal_code=point.postal_code,
        city=point.city,
        phone=point.phone,
        access=point.access,
        channels=tuple(channel for channel in Channel if any(channel & opening.channels for opening in openings)),
        hours=opening_lines(openings),
    )
