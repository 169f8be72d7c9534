"""Which office serves whom, and what a person is told about an office."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time

import sqlalchemy
from sqlmodel import Session, col, select

from app.content import communes, wording
from app.models import Agent, Channel, Office, OfficeKind, OpeningSession
from app.services import database
from app.services.appointments.opening import served_at

_MINUTES_A_DAY = 24 * 60
# Whoever receives at the counter is open to all, so hours are said once, with the most welcoming channel.
_WORDS_BY_CHANNEL = {Channel.COUNTER: "", Channel.PHONE: " par téléphone", Channel.VIDEO: " par visioconférence"}


class OfficeNotFoundError(LookupError):
    """No office answers to what was asked."""


@dataclass(frozen=True, slots=True)
class OfficeView:
    """An office as people see it; `hours` are French lines by day, `channels` what its agents serve in a week.

    Both tell of the office itself; what its local points offer is told by `places.of_office`.
    """

    id: int
    code: str
    kind: OfficeKind
    name: str
    street: str
    postal_code: str
    city: str
    phone: str
    email: str
    access: str
    timezone: str
    hours: tuple[str, ...]
    channels: tuple[Channel, ...]
    slot_minutes: int
    department: str

    @property
    def address_lines(self) -> tuple[str, str]:
        """The address as on an envelope, without the name."""
        return self.street, f"{self.postal_code} {self.city}"


@dataclass(frozen=True, slots=True)
class Opening:
    """A weekly period in local time, `weekday` 0 for Monday, `channels` as flags."""

    weekday: int
    starts: time
    ends: time
    channels: int


def for_commune(kind: OfficeKind, insee: str | None) -> OfficeView:
    """Return the office of this kind that serves a commune; the national one for non-residents, whatever `insee`.

    Raises OfficeNotFoundError when the commune is unknown or missing, or nobody serves it.
    """
    query = select(Office).where(Office.kind == kind)
    if kind is not OfficeKind.NON_RESIDENTS:
        commune = communes.by_code(insee) if insee else None
        if commune is None:
            raise OfficeNotFoundError(f"no commune {insee!r}")
        query = query.where(Office.area == commune.area)
    with database.reading() as session:
        office = session.exec(query.order_by(col(Office.id)).limit(1)).first()
        if office is None:
            raise OfficeNotFoundError(f"no office {kind} for {insee!r}")
        return _views(session, [office])[0]


def get(office_id: int) -> OfficeView:
    """Return one office; raise OfficeNotFoundError when there is none."""
    with database.reading() as session:
        return view(session, office_id)


def view(session: Session, office_id: int) -> OfficeView:
    """Do what `get` does, in the caller's transaction."""
    office = session.get(Office, office_id)
    if office is None:
        raise OfficeNotFoundError(f"no office {office_id}")
    return _views(session, [office])[0]


def neighbours(office_id: int, limit: int = 3) -> tuple[OfficeView, ...]:
    """Return up to `limit` other offices of the same kind: those of the department first, then of the region.

    Within each, the nearest postal codes first: the portal knows no coordinates. Raises OfficeNotFoundError.
    """
    with database.reading() as session:
        here = session.get(Office, office_id)
        if here is None:
            raise OfficeNotFoundError(f"no office {office_id}")
        around = session.exec(
            select(Office).where(Office.kind == here.kind, Office.region == here.region, col(Office.id) != office_id)
        )
        nearest = sorted(around, key=lambda office: _distance(here, office))
        return _views(session, nearest[:limit])


def search(kind: OfficeKind, department: str) -> tuple[OfficeView, ...]:
    """Return the offices of this kind in a department, by town; the national one for non-residents."""
    query = select(Office).where(Office.kind == kind)
    if kind is not OfficeKind.NON_RESIDENTS:
        query = query.where(Office.department == department)
    with database.reading() as session:
        found = sorted(session.exec(query), key=lambda office: (communes.fold(office.city), office.postal_code))
        return _views(session, found)


def opening_lines(openings: Iterable[Opening]) -> tuple[str, ...]:
    """Return the hours of an office or a local point in French, a line a day.

    A line is « lundi : 8 h 45 – 12 h, 13 h 30 – 16 h par téléphone ». Periods that touch
    or overlap are said as one. Saturday and Sunday are left out when closed.
    """
    by_day: dict[int, list[Opening]] = defaultdict(list)
    for opening in openings:
        by_day[opening.weekday].append(opening)
    if not by_day:
        return ()
    days = [day for day in range(7) if day in by_day or day < 5]
    return tuple(f"{wording.weekday(day)}{wording.NBSP}: {_day_line(by_day[day])}" for day in days)


def _distance(here: Office, there: Office) -> tuple[bool, int, str]:
    return there.department != here.department, abs(int(there.postal_code) - int(here.postal_code)), there.code


def _views(session: Session, offices: Sequence[Office]) -> tuple[OfficeView, ...]:
    """Return the views of these offices, in order, with two queries whatever their number."""
    openings = _openings(session, [office.id for office in offices if office.id is not None])
    return tuple(_view(office, openings[office.id or 0]) for office in offices)


def _openings(session: Session, office_ids: list[int]) -> dict[int, list[Opening]]:
    periods = (OpeningSession.weekday, OpeningSession.starts, OpeningSession.ends, OpeningSession.channels)
    query = (
        sqlalchemy.select(col(Agent.office_id), *(col(field) for field in periods))
        .join(OpeningSession, col(OpeningSession.agent_id) == col(Agent.id))
        .where(col(Agent.office_id).in_(office_ids), col(OpeningSession.place_id).is_(None))
        .distinct()
    )
    found: dict[int, list[Opening]] = defaultdict(list)
    for office_id, weekday, starts, ends, channels in session.execute(query):
        if served := channels & served_at(None):
            found[office_id].append(Opening(weekday, starts, ends, served))
    return found


def _view(office: Office, openings: list[Opening]) -> OfficeView:
    served = 0
    for opening in openings:
        served |= opening.channels
    return OfficeView(
        id=office.id or 0,
        code=office.code,
        kind=OfficeKind(office.kind),
        name=office.name,
        street=office.street,
        postal_code=office.postal_code,
        city=office.city,
        phone=office.phone,
        email=office.email,
        access=office.access,
        timezone=office.timezone,
        hours=opening_lines(openings),
        channels=tuple(channel for channel in Channel if channel & served),
        slot_minutes=office.slot_minutes,
        department=office.department,
    )


def _day_line(openings: list[Opening]) -> str:
    """Return « 8 h 45 – 12 h, 13 h 30 – 16 h par téléphone », « fermé » without any opening.

    The day is a row of minutes; each takes the words of the first channel somebody serves then.
    """
    minutes: list[Channel | None] = [None] * _MINUTES_A_DAY
    for channel in reversed(Channel):
        for opening in openings:
            if opening.channels & channel:
                first, last = _minute(opening.starts), _minute(opening.ends)
                minutes[first:last] = [channel] * (last - first)
    periods = [
        f"{wording.hours(_time(first), _time(last))}{_WORDS_BY_CHANNEL[channel]}"
        for first, last, channel in _runs(minutes)
    ]
    return ", ".join(periods) or "fermé"


def _runs(minutes: list[Channel | None]) -> Iterable[tuple[int, int, Channel]]:
    """Give (first minute, minute after the last, channel) of each unbroken run of one channel."""
    first = 0
    for minute in range(1, _MINUTES_A_DAY + 1):
        channel = minutes[first]
        if minute == _MINUTES_A_DAY or minutes[minute] != channel:
            if channel is not None:
                yield first, minute, channel
            first = minute


def _minute(value: time) -> int:
    return value.hour * 60 + value.minute


def _time(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
