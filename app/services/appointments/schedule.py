"""The planner: turns opening hours into slot rows, a rolling horizon ahead.

Slots are made in bulk for an office when somebody first looks at it, then a day at a time. Planning again after a
change of opening hours, closures or absences removes and changes only slots that are free and that nobody holds: an
agent who booked people meet at the counter stays there for them, even when a session has moved to a local point.

Such a seat is not sold again. Whatever frees one asks the opening rules in the same transaction (`settle`). A hold ends
without a transaction, so a seat that is held while its hours go is *withdrawn*: it is kept until it begins, whenever
the hold ends. Whoever holds it may still book it in time; then nobody can.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlmodel import Session, SQLModel, col

from app import clock
from app.models import Absence, Agent, Closure, Hold, Office, OpeningSession, Slot, WaitingOffer
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
_ONE_DAY = timedelta(days=1)


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
        replan_in(session, office_id)


def replan_in(session: Session, office_id: int) -> None:
    """Do what `replan` does, in the transaction of the change itself; write the change first."""
    office = _locked(session, office_id)
    timezone = ZoneInfo(office.timezone)
    last = office.planned_until or _last_day_with_slots(session, office_id, timezone)
    if last:
        _plan_days(session, office, local_today(timezone), last)


def replan_from(session: Session, first_days: Mapping[int, date]) -> None:
    """Do the same for every office that is planned as far as the first day on which a change touches it."""
    query = select(col(Office.id), col(Office.planned_until)).where(col(Office.planned_until).is_not(None))
    for office_id, planned_until in session.execute(query.order_by(col(Office.id))).all():
        if planned_until >= first_days.get(office_id, date.max):
            replan_in(session, office_id)


def lock_office(session: Session, office_id: int) -> None:
    """Let whoever plans this office, or changes its hours, wait for the caller's transaction, and nobody who books.

    Raises OfficeNotFoundError.
    """
    _locked(session, office_id)


def settle(session: Session, slot_ids: Iterable[int]) -> None:
    """Bring seats in line with the opening rules that were just freed, in the transaction that freed them.

    The caller holds their locks. A seat outside the opening hours goes, one where something else is done now changes;
    those that are taken, or have begun, stay as they are.
    """
    now = clock.now()
    by_office: dict[int, list[Row[Any]]] = defaultdict(list)
    for some in _chunks(sorted(slot_ids)):
        freed = select(_SLOT).where(_SLOT.c.id.in_(some), _SLOT.c.starts_at > now, is_free(now))
        for row in session.connection().execute(freed):
            by_office[row.office_id].append(row)
    for office_id, rows in by_office.items():
        _change(session, _out_of_line(session, office_id, rows))


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


def _last_day_with_slots(session: Session, office_id: int, timezone: ZoneInfo) -> date | None:
    # Earlier versions forgot how far they had planned when a change was to be planned for later.
    latest = session.execute(select(func.max(col(Slot.starts_at))).where(col(Slot.office_id) == office_id)).scalar_one()
    return latest.astimezone(timezone).date() if latest else None


def _plan_days(session: Session, office: _PlannedOffice, first: date, last: date) -> None:
    """Write the difference between what should be and what is; past times are left as they are."""
    now = clock.now()
    opening = opening_of(session, office.id, first, last)
    wanted = {seat: service for seat, service in _seats(opening, first, last) if seat[1] > now}
    present = _present(session, office.id, max(now, local_midnight(first, opening.timezone)), opening, last)
    outside = {row.id: wanted.get(seat) for seat, row in present.items() if _differs(row, wanted)}
    back = {row.id for row in present.values() if _is_withdrawn(row)} - set(outside)
    locked = _lock(session, {*outside, *back})
    _bring_in_line(session, [row for row in locked if row.id in outside], outside, now)
    _give_back(session, [row for row in locked if row.id in back])
    _add(session, office.id, {seat: service for seat, service in wanted.items() if seat not in present})


def _seats(opening: OpeningRules, first: date, last: date) -> Iterator[tuple[Seat, Service]]:
    for offset in range((last - first).days + 1):
        yield from opening.slots_on(first + timedelta(days=offset)).items()


def _present(
    session: Session, office_id: int, begin: datetime, opening: OpeningRules, last: date
) -> dict[Seat, Row[Any]]:
    """Return the rows of the existing seats, booked ones too."""
    end = local_midnight(last + _ONE_DAY, opening.timezone)
    agents = select(col(Agent.id)).where(col(Agent.office_id) == office_id)
    slot = _SLOT.c
    rows = session.connection().execute(
        select(_SLOT).where(slot.agent_id.in_(agents), slot.starts_at >= begin, slot.starts_at < end)
    )
    return {(row.agent_id, row.starts_at): row for row in rows}


def _differs(slot: Row[Any], wanted: Mapping[Seat, Service]) -> bool:
    return wanted.get((slot.agent_id, slot.starts_at)) != Service(slot.channels, slot.place_id)


def _out_of_line(session: Session, office_id: int, slots: Sequence[Row[Any]]) -> dict[int, Service | None]:
    """Return what should be done at those slots of an office that are not as its opening rules say; None: nothing."""
    # A day more on both sides: which local day an instant lies on is known only with the office's time zone.
    days = [slot.starts_at.date() for slot in slots]
    opening = opening_of(session, office_id, min(days) - _ONE_DAY, max(days) + _ONE_DAY)
    wanted: dict[Seat, Service] = {}
    for day in {slot.starts_at.astimezone(opening.timezone).date() for slot in slots}:
        wanted.update(opening.slots_on(day))
    return {slot.id: wanted.get((slot.agent_id, slot.starts_at)) for slot in slots if _differs(slot, wanted)}


def _add(session: Session, office_id: int, seats: Mapping[Seat, Service]) -> None:
    rows = [
        {"office_id": office_id, "agent_id": agent_id, "starts_at": starts_at, **service._asdict()}
        for (agent_id, starts_at), service in seats.items()
    ]
    if rows:
        session.connection().execute(insert(_SLOT), rows)


def _bring_in_line(
    session: Session, locked: Sequence[Row[Any]], wanted: Mapping[int, Service | None], now: datetime
) -> None:
    """Remove or change locked slots; leave those that are booked, and withdraw those that somebody holds."""
    rows = [row for row in locked if row.appointment_id is None]
    ends = _ends_of_holds(session, rows)
    free = [row.id for row in rows if row.held_until is None or _end_of(row, ends, now) <= now]
    _change(session, {slot_id: wanted[slot_id] for slot_id in free})
    for some in _chunks(sorted({row.id for row in rows} - set(free))):
        ends_early = (_SLOT.c.id.in_(some), _SLOT.c.held_until < _SLOT.c.starts_at)
        session.execute(update(_SLOT).where(*ends_early).values(held_until=_SLOT.c.starts_at))


def _give_back(session: Session, locked: Sequence[Row[Any]]) -> None:
    """Let withdrawn slots that are within the hours again be kept no longer than whoever holds them keeps them."""
    rows = [row for row in locked if _is_withdrawn(row)]
    ends = _ends_of_holds(session, rows)
    for row in rows:
        session.execute(update(_SLOT).where(_SLOT.c.id == row.id).values(held_until=ends.get(row.id)))


def _change(session: Session, wanted: Mapping[int, Service | None]) -> None:
    """Remove or change free slots whose locks are held."""
    for some in _chunks(slot_id for slot_id, service in wanted.items() if service is None):
        session.execute(delete(_SLOT).where(_SLOT.c.id.in_(some)))
    updates = [
        {"slot": slot_id, "flags": service.channels, "place": service.place_id}
        for slot_id, service in wanted.items()
        if service is not None
    ]
    if updates:
        new: dict[str, Any] = {"channels": bindparam("flags"), "place_id": bindparam("place")}
        unheld = {"held_by": None, "held_until": None}
        statement = update(_SLOT).where(_SLOT.c.id == bindparam("slot")).values(new | unheld)
        session.connection().execute(statement, updates)


def _lock(session: Session, ids: Iterable[int]) -> list[Row[Any]]:
    # In ascending order, as booking does, so that the two cannot wait for each other in a circle; taken ones too,
    # for they may be freed while this waits.
    locked: list[Row[Any]] = []
    for some in _chunks(sorted(ids)):
        statement = select(_SLOT).where(_SLOT.c.id.in_(some)).order_by(_SLOT.c.id).with_for_update()
        locked.extend(session.connection().execute(statement))
    return locked


def _is_withdrawn(slot: Row[Any]) -> bool:
    return slot.appointment_id is None and slot.held_until is not None and slot.held_until >= slot.starts_at


def _end_of(slot: Row[Any], ends: Mapping[int, datetime], now: datetime) -> datetime:
    end: datetime = ends.get(slot.id, now) if _is_withdrawn(slot) else slot.held_until
    return end


def _ends_of_holds(session: Session, slots: Sequence[Row[Any]]) -> dict[int, datetime]:
    """Return, by slot, when the hold or the offer that keeps it ends, or has ended, whatever the slot says."""
    ends: dict[str, datetime] = {}
    names = sorted({slot.held_by for slot in slots if slot.held_by})
    for start in range(0, len(names), _IDS_AT_ONCE):
        some = names[start : start + _IDS_AT_ONCE]
        # An accepted offer gives its id to the hold, which lasts longer.
        for table in (WaitingOffer, Hold):
            found = select(col(table.id), col(table.expires_at)).where(col(table.id).in_(some))
            ends.update((name, end) for name, end in session.execute(found))
    return {slot.id: ends[slot.held_by] for slot in slots if slot.held_by in ends}


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while some := list(islice(rest, _IDS_AT_ONCE)):
        yield some
