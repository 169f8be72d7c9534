"""The planner: turns opening hours into slot rows, a rolling horizon ahead.

Slots are made in bulk for an office when somebody first looks at it, then a day at a time. Planning again after a
change of opening hours, closures or absences removes and changes only slots that are free and that nobody holds: an
agent who booked people meet at the counter stays there for them, even when a session has moved to a local point.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, delete, insert, or_, select, update
from sqlmodel import Session, SQLModel, col

from app import clock
from app.models import Absence, Agent, Closure, Office, OpeningSession, Slot
from app.services import database
from app.services.appointments.offices import OfficeNotFoundError
from app.services.appointments.opening import (
    AgentAbsence,
    ClosedPeriod,
    OpeningRules,
    Seat,
    Service,
    WeeklySession,
    holidays_in,
    local_midnight,
)
from app.settings import get_settings

_SLOT = SQLModel.metadata.tables[str(Slot.__tablename__)]
_IDS_AT_ONCE = 500


class HasHolidays(Protocol):
    """Anything that knows its subdivision for the holidays library, such as an office row."""

    holiday_region: str


def ensure_planned(office_id: int) -> None:
    """Make sure that an office's slots exist from today to the horizon; costs one small read when they do.

    Raises OfficeNotFoundError.
    """
    with database.reading() as session:
        row = session.execute(
            select(col(Office.timezone), col(Office.planned_until)).where(col(Office.id) == office_id)
        ).one_or_none()
    if row is None:
        raise OfficeNotFoundError(office_id)
    if not is_planned(row.planned_until, ZoneInfo(row.timezone)):
        with database.writing() as session:
            plan_missing_days(session, office_id)


def plan(office_id: int, first: date, last: date) -> None:
    """Bring the slots of the local days `first` to `last` in line with the office's opening hours.

    Raises OfficeNotFoundError.
    """
    with database.writing() as session:
        _plan_days(session, _locked(session, office_id), first, last)


def replan(office_id: int) -> None:
    """Bring all planned days from today on in line, after a change of opening hours, closures or absences."""
    with database.writing() as session:
        office = _locked(session, office_id)
        if office.planned_until:
            _plan_days(session, office, local_today(ZoneInfo(office.timezone)), office.planned_until)


def holidays_of(office: HasHolidays, year: int) -> dict[date, str]:
    """Return the public holidays of an office's subdivision in a year, named in French."""
    return dict(holidays_in(office.holiday_region, year))


def closed_reason(office_id: int, day: date, *, place_id: int | None = None) -> str | None:
    """Return why an office receives nobody at a place on a local day, in French, or None when it does.

    Raises OfficeNotFoundError.
    """
    with database.reading() as session:
        return opening_of(session, office_id, day, day).closed_reason(day, place_id)


def local_today(timezone: ZoneInfo) -> date:
    """Return the current day in a time zone."""
    return clock.now().astimezone(timezone).date()


def last_bookable_day(timezone: ZoneInfo) -> date:
    """Return the last local day one can book: today plus the horizon of the settings."""
    return local_today(timezone) + timedelta(days=get_settings().horizon_days)


def is_planned(planned_until: date | None, timezone: ZoneInfo) -> bool:
    """Tell whether slots exist as far as the horizon."""
    return planned_until is not None and planned_until >= last_bookable_day(timezone)


def is_free(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return the condition that a slot is neither booked nor held at `now`; a hold has ended at its last instant."""
    held_until = _SLOT.c.held_until
    return _SLOT.c.appointment_id.is_(None) & or_(held_until.is_(None), held_until <= now)


def plan_missing_days(session: Session, office_id: int) -> None:
    """Plan from today up to the horizon, unless it has been done; planners of one office wait for each other.

    All days are brought in line, not only the new ones, so that a change nobody replanned for heals within a day.
    """
    office = _locked(session, office_id)
    timezone = ZoneInfo(office.timezone)
    if is_planned(office.planned_until, timezone):
        return
    last = last_bookable_day(timezone)
    _plan_days(session, office, local_today(timezone), last)
    session.execute(update(Office).where(col(Office.id) == office_id).values(planned_until=last))


def opening_of(session: Session, office_id: int, first: date, last: date) -> OpeningRules:
    """Return what decides when an office receives people between two local days; raise OfficeNotFoundError."""
    columns = (col(Office.timezone), col(Office.slot_minutes), col(Office.holiday_region))
    office = session.execute(select(*columns).where(col(Office.id) == office_id)).one_or_none()
    if office is None:
        raise OfficeNotFoundError(office_id)
    return OpeningRules(
        timezone=ZoneInfo(office.timezone),
        slot_minutes=office.slot_minutes,
        holiday_region=office.holiday_region,
        sessions=_sessions(session, office_id),
        closures=_closures(session, office_id, first, last),
        absences=_absences(session, office_id, first, last),
    )


def _sessions(session: Session, office_id: int) -> tuple[WeeklySession, ...]:
    rows = session.execute(
        select(
            col(OpeningSession.agent_id),
            col(OpeningSession.weekday),
            col(OpeningSession.starts),
            col(OpeningSession.ends),
            col(OpeningSession.channels),
            col(OpeningSession.place_id),
        )
        .join(Agent, col(Agent.id) == col(OpeningSession.agent_id))
        .where(col(Agent.office_id) == office_id)
    )
    return tuple(WeeklySession(*row) for row in rows)


def _closures(session: Session, office_id: int, first: date, last: date) -> tuple[ClosedPeriod, ...]:
    rows = session.execute(
        select(col(Closure.first_day), col(Closure.last_day), col(Closure.reason))
        .where(col(Closure.office_id) == office_id, col(Closure.first_day) <= last, col(Closure.last_day) >= first)
        .order_by(col(Closure.first_day), col(Closure.id))
    )
    return tuple(ClosedPeriod(*row) for row in rows)


def _absences(session: Session, office_id: int, first: date, last: date) -> tuple[AgentAbsence, ...]:
    rows = session.execute(
        select(col(Absence.agent_id), col(Absence.first_day), col(Absence.last_day))
        .join(Agent, col(Agent.id) == col(Absence.agent_id))
        .where(col(Agent.office_id) == office_id, col(Absence.first_day) <= last, col(Absence.last_day) >= first)
    )
    return tuple(AgentAbsence(*row) for row in rows)


class _PlannedOffice(NamedTuple):
    id: int
    timezone: str
    planned_until: date | None


def _locked(session: Session, office_id: int) -> _PlannedOffice:
    # Not a full row lock: booking references the office by foreign key, and must not wait for the planner.
    row = session.execute(
        select(col(Office.id), col(Office.timezone), col(Office.planned_until))
        .where(col(Office.id) == office_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise OfficeNotFoundError(office_id)
    return _PlannedOffice(*row)


def _plan_days(session: Session, office: _PlannedOffice, first: date, last: date) -> None:
    """Write the difference between what should be and what is; past times are left as they are."""
    now = clock.now()
    opening = opening_of(session, office.id, first, last)
    wanted = {seat: service for seat, service in _seats(opening, first, last) if seat[1] > now}
    present = _present(session, office.id, max(now, local_midnight(first, opening.timezone)), opening, last)
    missing = [seat for seat in wanted if seat not in present]
    obsolete = [slot_id for seat, (slot_id, _) in present.items() if seat not in wanted]
    changed = {
        slot_id: wanted[seat]
        for seat, (slot_id, service) in present.items()
        if seat in wanted and wanted[seat] != service
    }
    _change_free(session, obsolete, changed, now)
    _add(session, office.id, {seat: wanted[seat] for seat in missing})


def _seats(opening: OpeningRules, first: date, last: date) -> Iterator[tuple[Seat, Service]]:
    for offset in range((last - first).days + 1):
        yield from opening.slots_on(first + timedelta(days=offset)).items()


def _present(
    session: Session, office_id: int, begin: datetime, opening: OpeningRules, last: date
) -> dict[Seat, tuple[int, Service]]:
    """Return the existing seats, booked ones too, with the id of their slot and what is done there."""
    end = local_midnight(last + timedelta(days=1), opening.timezone)
    agents = select(col(Agent.id)).where(col(Agent.office_id) == office_id)
    slot = _SLOT.c
    rows = session.execute(
        select(slot.agent_id, slot.starts_at, slot.id, slot.channels, slot.place_id).where(
            slot.agent_id.in_(agents), slot.starts_at >= begin, slot.starts_at < end
        )
    )
    return {(agent, starts): (slot_id, Service(channels, place)) for agent, starts, slot_id, channels, place in rows}


def _add(session: Session, office_id: int, seats: Mapping[Seat, Service]) -> None:
    rows = [
        {"office_id": office_id, "agent_id": agent_id, "starts_at": starts_at, **service._asdict()}
        for (agent_id, starts_at), service in seats.items()
    ]
    if rows:
        session.connection().execute(insert(_SLOT), rows)


def _change_free(session: Session, obsolete: Sequence[int], changed: Mapping[int, Service], now: datetime) -> None:
    """Remove or change slots, those somebody booked or holds in the meantime excepted."""
    free = _lock_free(session, sorted([*obsolete, *changed]), now)
    gone = [slot_id for slot_id in obsolete if slot_id in free]
    for some in _chunks(gone):
        session.execute(delete(_SLOT).where(_SLOT.c.id.in_(some)))
    updates = [
        {"slot": slot_id, "flags": service.channels, "place": service.place_id}
        for slot_id, service in changed.items()
        if slot_id in free
    ]
    if updates:
        new: dict[str, Any] = {"channels": bindparam("flags"), "place_id": bindparam("place")}
        statement = update(_SLOT).where(_SLOT.c.id == bindparam("slot")).values(new)
        session.connection().execute(statement, updates)


def _lock_free(session: Session, ids: Sequence[int], now: datetime) -> set[int]:
    # In ascending order, as booking does, so that the two cannot wait for each other in a circle.
    locked: set[int] = set()
    for some in _chunks(ids):
        statement = select(_SLOT.c.id).where(_SLOT.c.id.in_(some), is_free(now)).order_by(_SLOT.c.id)
        locked.update(session.scalars(statement.with_for_update()))
    return locked


def _chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while some := list(islice(rest, _IDS_AT_ONCE)):
        yield some
