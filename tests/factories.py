"""Rows for tests, in one line each: an office with agents and opening hours, closures, holds, bookings.

Each function opens its own transaction and gives back ids, so that a test reads as a story::

    office = make_office(agents=2, sessions=week("9:00-12:00") + week("14:00-16:00", channels=Channel.PHONE))
    make_closure(office.id, date(2026, 12, 24), reason="Inventaire")
    with clock.moved(at("2026-11-23 08:00")):
        schedule.ensure_planned(office.id)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlmodel import col

from app import clock
from app.models import (
    Absence,
    Agent,
    Appointment,
    AppointmentStatus,
    Channel,
    Closure,
    Hold,
    LocalPoint,
    Office,
    OfficeKind,
    OpeningSession,
    Slot,
    SlotClaim,
)
from app.services import database

COUNTER_OR_PHONE = Channel.COUNTER | Channel.PHONE
WORKING_DAYS = range(5)
EVERY_DAY = range(7)

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Period:
    """A weekly opening period, before it belongs to an agent."""

    weekday: int
    starts: time
    ends: time
    channels: Channel
    place_id: int | None = None


@dataclass(frozen=True, slots=True)
class MadeOffice:
    """The ids of an office made for a test."""

    id: int
    agents: tuple[int, ...]

    @property
    def agent(self) -> int:
        """The first agent."""
        return self.agents[0]


def at(local: str, timezone: str = "Europe/Paris") -> datetime:
    """Return the instant at which clocks in `timezone` show « 2026-11-24 09:30 »."""
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(timezone))


def week(
    hours: str = "9:00-12:00",
    *,
    days: Iterable[int] = WORKING_DAYS,
    channels: Channel = COUNTER_OR_PHONE,
    place: int | None = None,
) -> tuple[Period, ...]:
    """Return the same hours, « 9:00-12:00 », on each of `days` (0 is Monday), at a local point or at the office."""
    starts, ends = (time.fromisoformat(part.zfill(5)) for part in hours.split("-"))
    return tuple(Period(day, starts, ends, channels, place) for day in days)


OPEN_ALL_DAY = week("9:00-12:00") + week("14:00-16:00")


def make_office(
    *,
    agents: int = 1,
    sessions: Sequence[Period] = OPEN_ALL_DAY,
    kind: OfficeKind = OfficeKind.INDIVIDUALS,
    timezone: str = "Europe/Paris",
    holiday_region: str = "",
    slot_minutes: int = 30,
    department: str = "11",
    region: str = "76",
    area: str = "",
    name: str = "",
) -> MadeOffice:
    """Make an office whose `agents` all have the same weekly `sessions`."""
    number = next(_numbers)
    office = Office(
        code=f"office-{number}",
        kind=kind,
        area=area or f"T{number}",
        department=department,
        region=region,
        name=name or f"Service des tests {number} (démonstration)",
        street=f"{number} rue des Essais",
        postal_code="11000",
        city="Carcassonne",
        phone="04 65 71 00 01",
        email=f"office-{number}@guichet.example",
        access="Entrée par la cour.",
        timezone=timezone,
        holiday_region=holiday_region,
        slot_minutes=slot_minutes,
    )
    with database.writing() as session:
        session.add(office)
        session.flush()
        office_id = _id(office.id)
    return MadeOffice(office_id, tuple(make_agent(office_id, sessions) for _ in range(agents)))


def make_agent(office_id: int, sessions: Sequence[Period] = OPEN_ALL_DAY) -> int:
    """Make one more agent of an office; return their id."""
    with database.writing() as session:
        agent = Agent(office_id=office_id, label=f"Guichet {next(_numbers)}")
        session.add(agent)
        session.flush()
        agent_id = _id(agent.id)
    make_sessions(agent_id, sessions)
    return agent_id


def make_place(office_id: int, name: str = "", *, city: str = "Trèbes") -> int:
    """Open a local point of an office; return its id. It serves nothing until an agent has sessions there."""
    number = next(_numbers)
    point = LocalPoint(
        code=f"point-{number}",
        office_id=office_id,
        name=name or f"Point d’accueil {number} (démonstration)",
        street=f"{number} place des Essais",
        postal_code="11800",
        city=city,
        phone="04 65 71 10 01",
        access="Entrée de plain-pied.",
    )
    with database.writing() as session:
        session.add(point)
        session.flush()
        return _id(point.id)


def make_sessions(agent_id: int, sessions: Sequence[Period]) -> None:
    """Give an agent more weekly opening periods."""
    with database.writing() as session:
        session.add_all(
            OpeningSession(
                agent_id=agent_id,
                weekday=period.weekday,
                starts=period.starts,
                ends=period.ends,
                channels=int(period.channels),
                place_id=period.place_id,
            )
            for period in sessions
        )


def make_closure(office_id: int, first: date, last: date | None = None, reason: str = "Travaux") -> None:
    """Close an office from `first` to `last`, both included (one day when `last` is not given)."""
    with database.writing() as session:
        session.add(Closure(office_id=office_id, first_day=first, last_day=last or first, reason=reason))


def make_absence(agent_id: int, first: date, last: date | None = None) -> None:
    """Make an agent absent from `first` to `last`, both included."""
    with database.writing() as session:
        session.add(Absence(agent_id=agent_id, first_day=first, last_day=last or first))


def make_slots(
    office: MadeOffice, *starts: datetime, channels: Channel = COUNTER_OR_PHONE, place: int | None = None
) -> tuple[int, ...]:
    """Make free slots of the first agent without the planner; return their ids."""
    with database.writing() as session:
        slots = [
            Slot(office_id=office.id, agent_id=office.agent, starts_at=start, channels=int(channels), place_id=place)
            for start in starts
        ]
        session.add_all(slots)
        session.flush()
        return tuple(_id(slot.id) for slot in slots)


def mark_planned(office_id: int, until: date) -> None:
    """Say that the office's slots exist up to `until`, so that the planner adds none."""
    with database.writing() as session:
        session.execute(update(Office).where(col(Office.id) == office_id).values(planned_until=until))


def slots_of(office_id: int) -> list[Slot]:
    """Return the office's slots, earliest first."""
    with database.reading() as session:
        rows = session.scalars(
            select(Slot).where(col(Slot.office_id) == office_id).order_by(col(Slot.starts_at), col(Slot.agent_id))
        )
        return list(rows)


def make_appointment(
    office_id: int, starts_at: datetime, slot_ids: Sequence[int], *, minutes: int = 30, email: str = "a@test.example"
) -> int:
    """Book `slot_ids` as the booking service leaves them; return the appointment's id."""
    appointment = Appointment(
        public_id=uuid4().hex,
        reference=uuid4().hex[:8].upper(),
        office_id=office_id,
        topic_id="test",
        channel=int(Channel.COUNTER),
        starts_at=starts_at,
        minutes=minutes,
        status=AppointmentStatus.BOOKED,
        visitor_key="visitor",
        last_name="Martin",
        first_name="Camille",
        email=email,
        email_key=email.lower(),
        created_at=clock.now(),
    )
    with database.writing() as session:
        session.add(appointment)
        session.flush()
        number = _id(appointment.id)
        session.execute(update(Slot).where(col(Slot.id).in_(slot_ids)).values(appointment_id=number))
        session.add_all(SlotClaim(slot_id=slot_id, appointment_id=number) for slot_id in slot_ids)
    return number


def hold_slots(slot_ids: Sequence[int], until: datetime, visitor_key: str = "somebody-else") -> str:
    """Hold slots for a visitor until an instant, past or future; return the hold's id."""
    hold_id = uuid4().hex
    with database.writing() as session:
        first = session.get(Slot, min(slot_ids))
        assert first is not None
        session.add(
            Hold(
                id=hold_id,
                visitor_key=visitor_key,
                journey_id=uuid4().hex,
                office_id=first.office_id,
                network_key="network",
                starts_at=first.starts_at,
                expires_at=until,
            )
        )
        session.execute(update(Slot).where(col(Slot.id).in_(slot_ids)).values(held_by=hold_id, held_until=until))
    return hold_id


def days_from(first: date, number: int) -> list[date]:
    """Return `number` days one after the other."""
    return [first + timedelta(days=offset) for offset in range(number)]


def _id(value: int | None) -> int:
    assert value is not None
    return value
