"""The search for free slots, inside a transaction the caller opened.

This is what people wait for: statements are built once, read columns instead of objects, and leave the work to the
partial index of slots that are not booked. A start counts once, whoever the agent. What is searched takes place at
one place: a local point, or the office itself (`place_id` None).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import String, bindparam, cast, func, select, type_coerce
from sqlmodel import Session, SQLModel

from app.models import Channel, Hold, Office, Slot
from app.services.appointments import schedule
from app.services.appointments.offices import OfficeNotFoundError

_SLOT = SQLModel.metadata.tables[str(Slot.__tablename__)].c
_OFFICE = SQLModel.metadata.tables[str(Office.__tablename__)].c
_HOLD = SQLModel.metadata.tables[str(Hold.__tablename__)].c

# As text where the database has no instants of its own: the column's type would take longer to turn a month of
# texts into instants than the search itself.
_START = type_coerce(_SLOT.starts_at, String)

_ASKED = (
    (_SLOT.office_id == bindparam("office"))
    & (_SLOT.starts_at >= bindparam("begin"))
    & (_SLOT.channels.bitwise_and(bindparam("channel")) != 0)
    & _SLOT.place_id.is_not_distinct_from(bindparam("place"))
)
_FREE_FROM = _ASKED & schedule.is_free(bindparam("now", type_=_SLOT.held_until.type))
_BEFORE_END = _SLOT.starts_at < bindparam("end")
_FREE = _FREE_FROM & _BEFORE_END
_AGENTS = func.aggregate_strings(cast(_SLOT.agent_id, String), ",")

_GRID = select(_OFFICE.timezone, _OFFICE.slot_minutes, _OFFICE.planned_until).where(_OFFICE.id == bindparam("office"))
_EARLIEST = _GRID.add_columns(
    select(_START).where(_FREE_FROM).order_by(_SLOT.starts_at).limit(1).scalar_subquery().label("earliest")
)
_STARTS = select(_START).where(_FREE).distinct().order_by(_SLOT.starts_at)
_STARTS_AND_AGENTS = select(_START, _AGENTS).where(_FREE).group_by(_SLOT.starts_at).order_by(_SLOT.starts_at)
_OWN = (
    select(_START, _SLOT.agent_id)
    .join_from(_SLOT.id.table, _HOLD.id.table, _SLOT.held_by == _HOLD.id)
    .where(
        _ASKED,
        _BEFORE_END,
        _HOLD.visitor_key == bindparam("visitor"),
        # When it is over, its seats are free for all, or withdrawn.
        _HOLD.expires_at > bindparam("now", type_=_HOLD.expires_at.type),
        _SLOT.appointment_id.is_(None),
    )
)
_HELD = select(_SLOT.id).where(
    _ASKED,
    _SLOT.appointment_id.is_(None),
    _SLOT.held_until > bindparam("now", type_=_SLOT.held_until.type),
    # Those withdrawn from the opening hours come free for nobody.
    _SLOT.held_until < _SLOT.starts_at,
)


@dataclass(frozen=True, slots=True)
class Grid:
    """What a search needs to know of an office."""

    office_id: int
    timezone: ZoneInfo
    slot_minutes: int
    planned_until: date | None

    @property
    def is_planned(self) -> bool:
        """Whether the office's slots exist up to the horizon."""
        return schedule.is_planned(self.planned_until, self.timezone)

    def slots_needed(self, minutes: int) -> int:
        """Return how many slots an appointment takes; a begun slot is taken whole."""
        return max(1, -(-minutes // self.slot_minutes))


@dataclass(frozen=True, slots=True)
class Wish:
    """What is searched: starts from `begin` up to, and not including, `end`, judged at `now`.

    `visitor_key` says whose held slots count as free; empty for nobody's.
    """

    channel: Channel
    minutes: int
    now: datetime
    begin: datetime
    end: datetime
    visitor_key: str = ""
    place_id: int | None = None


def grid_of(session: Session, office_id: int) -> Grid:
    """Return the office as a search needs it; raise OfficeNotFoundError."""
    return _grid(office_id, session.connection().execute(_GRID, {"office": office_id}).one_or_none())


def earliest_single(
    session: Session, office_id: int, channel: Channel, now: datetime, begin: datetime, *, place_id: int | None = None
) -> tuple[Grid, datetime | None]:
    """Return the office and the start, in UTC, of its first free slot from `begin` on, in one statement.

    Raises OfficeNotFoundError.
    """
    asked = {"office": office_id, "channel": int(channel), "place": place_id, "now": now, "begin": begin}
    row = session.connection().execute(_EARLIEST, asked).one_or_none()
    grid = _grid(office_id, row)
    return grid, None if row is None or row.earliest is None else _instant(row.earliest)


def free_starts(session: Session, grid: Grid, wish: Wish) -> list[datetime]:
    """Return the starts, in UTC, earliest first, from which one agent at least can give the whole appointment."""
    needed, step = grid.slots_needed(wish.minutes), timedelta(minutes=grid.slot_minutes)
    # The last appointment may begin just before the end and still needs its later slots.
    asked = _asked(grid, wish) | {"end": wish.end + (needed - 1) * step}
    own = _own_seats(session, asked, wish.visitor_key)
    if needed > 1:
        agents = _agents_by_start(session, asked, own)
        return [start for start in sorted(agents) if start < wish.end and _somebody_stays(agents, start, needed, step)]
    starts = [_instant(row[0]) for row in session.connection().execute(_STARTS, asked).all()]
    return sorted({*starts, *own}) if own else starts


def has_held(session: Session, grid: Grid, wish: Wish) -> bool:
    """Tell whether somebody holds a slot in the wished time, so that one may come free within minutes."""
    return session.connection().execute(_HELD.limit(1), _asked(grid, wish)).first() is not None


def _grid(office_id: int, row: Any) -> Grid:
    if row is None:
        raise OfficeNotFoundError(f"no office {office_id}")
    return Grid(office_id, ZoneInfo(row.timezone), row.slot_minutes, row.planned_until)


def _asked(grid: Grid, wish: Wish) -> dict[str, Any]:
    return {
        "office": grid.office_id,
        "channel": int(wish.channel),
        "place": wish.place_id,
        "now": wish.now,
        "begin": wish.begin,
    }


def _agents_by_start(
    session: Session, asked: Mapping[str, Any], own: Mapping[datetime, set[str]]
) -> dict[datetime, set[str]]:
    rows = session.connection().execute(_STARTS_AND_AGENTS, asked).all()
    agents = {_instant(start): set(ids.split(",")) for start, ids in rows}
    for start, ids in own.items():
        agents.setdefault(start, set()).update(ids)
    return agents


def _somebody_stays(agents: Mapping[datetime, set[str]], start: datetime, needed: int, step: timedelta) -> bool:
    later = (agents.get(start + number * step, set()) for number in range(1, needed))
    return bool(agents[start].intersection(*later))


def _own_seats(session: Session, asked: Mapping[str, Any], visitor_key: str) -> dict[datetime, set[str]]:
    own: dict[datetime, set[str]] = defaultdict(set)
    if visitor_key:
        for start, agent_id in session.connection().execute(_OWN, {**asked, "visitor": visitor_key}):
            own[_instant(start)].add(str(agent_id))
    return own


def _instant(value: Any) -> datetime:
    """Return a start as the database gave it: text in UTC from SQLite, an aware instant from PostgreSQL."""
    if isinstance(value, str):
        return datetime.fromisoformat(f"{value}+00:00")
    found: datetime = value
    return found.astimezone(UTC)
