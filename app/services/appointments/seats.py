"""Taking and freeing seats: the one place that writes who a slot belongs to.

Rule of the whole package: before a slot is written, all the slots a transaction may write are locked by one
statement in ascending id order, so that transactions wait for each other but never in a circle. A taken seat is
guarded twice: by the condition of the UPDATE, and by the primary key of `slot_claim`.

A seat that is freed is brought in line with the opening rules at once (`schedule.settle`): that of a closed day goes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, case, delete, false, func, insert, literal, or_, select, update
from sqlalchemy.engine import CursorResult, Row
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from app import clock
from app.models import Channel, Office, Slot, SlotClaim
from app.models.base import UtcDateTime
from app.services.appointments import schedule

_UNBOOKED_BY_INDEX = col(Slot.appointment_id).is_(None)
"""For a search: the predicate of the partial index `ix_slot_not_booked`, word for word."""

_UNBOOKED = func.coalesce(col(Slot.appointment_id), 0) == 0
"""For slots known by id: the same, spelled so that PostgreSQL does not scan that whole index beside the primary key
(it did while its statistics were young: 15 ms in 200,000 slots)."""


class SlotGoneError(Exception):
    """Nobody is free at that time any more; nothing was changed."""


class NotPlannedError(SlotGoneError):
    """The office does not receive at that time, or no longer: nobody has taken it."""


class TooNearError(SlotGoneError):
    """The time is too near to be taken."""


class BegunError(TooNearError):
    """The time has come: nobody can take it any more."""


@dataclass(frozen=True, slots=True)
class Claimant:
    """Whose seats count as free for the one who asks: their own hold, and the appointment they are moving.

    A hold that has ended (`is_over`) gives no right to a seat that was withdrawn meanwhile.
    """

    hold_id: str | None = None
    appointment_id: int | None = None
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of an office: `starts` are the start times of consecutive slots of one agent, all at one place."""

    office_id: int
    channel: Channel
    starts: tuple[datetime, ...]
    place_id: int | None = None


@dataclass(frozen=True, slots=True)
class Seats:
    """Slots of one agent, in ascending id order, locked; `own` are all the claimant's slots, to free if unused."""

    ids: tuple[int, ...]
    own: tuple[int, ...]


def wanted(office: Office, channel: Channel, starts_at: datetime, minutes: int, place_id: int | None = None) -> Wanted:
    """Return the slots an appointment of `minutes` at `starts_at` needs; a begun slot is needed whole.

    `place_id` is the local point where it takes place, None the office itself.
    """
    count = -(-minutes // office.slot_minutes)
    step = timedelta(minutes=office.slot_minutes)
    return Wanted(row_id(office.id), channel, tuple(starts_at + step * number for number in range(count)), place_id)


def takeable(claimant: Claimant) -> ColumnElement[bool]:
    """Return the condition under which the claimant may take a slot now."""
    return or_(_open_to(claimant, _UNBOOKED), _moved_by(claimant))


def find(session: Session, wish: Wanted, claimant: Claimant) -> Seats:
    """Lock and return seats for the wish, the claimant's own first; raise SlotGoneError if there are none.

    When one agent's seat was lost to somebody faster, the seats of another agent free at that time are returned.
    """
    own = own_slots(session, claimant)
    free = select(col(Slot.id)).where(_matches(wish), _open_to(claimant, _UNBOOKED_BY_INDEX))
    candidates = session.execute(free).scalars()
    locked = _lock(session, {*own, *candidates}, claimant)
    kept = frozenset(own)
    groups = _groups([row for row in locked if _fits(row, wish) and not _lost(row, claimant)], len(wish.starts))
    if not groups:
        raise SlotGoneError if session.execute(_any_row(wish)).first() else NotPlannedError
    best = min(groups, key=lambda group: _preference(group, kept))
    return Seats(tuple(sorted(row.id for row in best)), tuple(sorted(own)))


def own_slots(session: Session, claimant: Claimant) -> list[int]:
    """Return the ids of the slots the claimant holds or has booked, unlocked."""
    conditions = []
    if claimant.hold_id is not None:
        conditions.append(col(Slot.held_by) == claimant.hold_id)
    if claimant.appointment_id is not None:
        conditions.append(col(Slot.appointment_id) == claimant.appointment_id)
    return [id_ for each in conditions for id_ in session.execute(select(col(Slot.id)).where(each)).scalars()]


def hold(session: Session, ids: Sequence[int], claimant: Claimant, until: datetime) -> None:
    """Keep locked seats for the claimant's hold `until` an instant; raise SlotGoneError if one is not takeable.

    A withdrawn seat stays so: it comes free for nobody when the hold ends.
    """
    kept = col(Slot.held_until)
    end = case((kept >= col(Slot.starts_at), kept), else_=literal(until, UtcDateTime()))
    _write(session, ids, claimant, {"held_by": claimant.hold_id, "held_until": end})


def book(session: Session, ids: Sequence[int], claimant: Claimant, appointment_id: int) -> None:
    """Give locked seats to an appointment; raise SlotGoneError if one is not takeable or already claimed."""
    _write(session, ids, claimant, {"appointment_id": appointment_id, "held_by": None, "held_until": None})
    claims = [{"slot_id": id_, "appointment_id": appointment_id} for id_ in ids]
    try:
        session.execute(insert(SlotClaim), claims)
    except IntegrityError as error:
        raise SlotGoneError from error


def free_booked(session: Session, ids: Iterable[int], appointment_id: int, *, taken_again: Iterable[int] = ()) -> None:
    """Take locked seats away from an appointment; some may be `taken_again` by it at once."""
    chosen = list(ids)
    if not chosen:
        return
    mine = and_(col(SlotClaim.slot_id).in_(chosen), col(SlotClaim.appointment_id) == appointment_id)
    session.execute(delete(SlotClaim).where(mine))
    booked = and_(col(Slot.id).in_(chosen), col(Slot.appointment_id) == appointment_id)
    session.execute(update(Slot).where(booked).values(appointment_id=None))
    schedule.settle(session, set(chosen) - set(taken_again))


def lock_held(session: Session, hold_ids: Sequence[str]) -> list[int]:
    """Lock and return the ids of the seats kept by these holds."""
    held = col(Slot.held_by).in_(hold_ids)
    query = select(col(Slot.id)).where(held).order_by(col(Slot.id)).with_for_update()
    return list(session.execute(query).scalars())


def free_held(session: Session, hold_ids: Sequence[str]) -> None:
    """Free every seat kept by these holds."""
    free_kept(session, lock_held(session, hold_ids), hold_ids)


def free_kept(session: Session, ids: Iterable[int], hold_ids: Sequence[str]) -> None:
    """Free those of the locked seats that these holds keep."""
    chosen = list(ids)
    if chosen:
        kept = and_(col(Slot.id).in_(chosen), col(Slot.held_by).in_(hold_ids))
        session.execute(update(Slot).where(kept).values(held_by=None, held_until=None))
        schedule.settle(session, chosen)


def lock_booked(session: Session, appointment_id: int) -> list[int]:
    """Lock and return the ids of an appointment's seats."""
    query = select(col(Slot.id)).where(col(Slot.appointment_id) == appointment_id)
    return list(session.execute(query.order_by(col(Slot.id)).with_for_update()).scalars())


def row_id(value: int | None) -> int:
    """Return the key of a row that is in the database, for the type checker."""
    assert value is not None  # noqa: S101 (a row that was read has its key)
    return value


def _open_to(claimant: Claimant, unbooked: ColumnElement[bool]) -> ColumnElement[bool]:
    """Free, or kept by the claimant's own hold."""
    unheld = or_(col(Slot.held_until).is_(None), col(Slot.held_until) <= clock.now())
    mine = false() if claimant.hold_id is None else col(Slot.held_by) == claimant.hold_id
    return and_(unbooked, or_(unheld, mine))


def _moved_by(claimant: Claimant) -> ColumnElement[bool]:
    if claimant.appointment_id is None:
        return false()
    return col(Slot.appointment_id) == claimant.appointment_id


def _any_row(wish: Wanted) -> Any:
    """Return the query that finds whether the office receives then, be it free or not; a withdrawn seat does not."""
    kept = col(Slot.held_until)
    return select(col(Slot.id)).where(_matches(wish), or_(kept.is_(None), kept < col(Slot.starts_at))).limit(1)


def _matches(wish: Wanted) -> ColumnElement[bool]:
    return and_(
        col(Slot.office_id) == wish.office_id,
        col(Slot.starts_at).in_(wish.starts),
        col(Slot.place_id).is_not_distinct_from(wish.place_id),
        col(Slot.channels).op("&")(int(wish.channel)) == int(wish.channel),
    )


def _lock(session: Session, ids: Iterable[int], claimant: Claimant) -> Sequence[Row[Any]]:
    """Lock the slots; give those that are still takeable now that nobody else can change them."""
    columns = (Slot.id, Slot.office_id, Slot.agent_id, Slot.starts_at, Slot.channels, Slot.place_id)
    held = (Slot.held_by, Slot.held_until)
    query = (
        select(*(col(column) for column in (*columns, *held)))
        .where(col(Slot.id).in_(sorted(ids)), takeable(claimant))
        .order_by(col(Slot.id))
        .with_for_update()
    )
    return session.execute(query).all()


def _fits(slot: Row[Any], wish: Wanted) -> bool:
    serves = slot.channels & wish.channel == wish.channel and slot.place_id == wish.place_id
    return bool(slot.office_id == wish.office_id and slot.starts_at in wish.starts and serves)


def _lost(slot: Row[Any], claimant: Claimant) -> bool:
    """Tell of a seat the claimant may take whether it was withdrawn while their hold, which is over, kept it."""
    is_kept = slot.held_until is not None and slot.held_until > clock.now()
    return claimant.is_over and is_kept and slot.held_by == claimant.hold_id


def _groups(slots: Sequence[Row[Any]], count: int) -> list[list[Row[Any]]]:
    """Return the slots agent by agent, for the agents who have all `count` of them."""
    by_agent = defaultdict(list)
    for slot in slots:
        by_agent[slot.agent_id].append(slot)
    return [group for group in by_agent.values() if len(group) == count]


def _preference(group: Sequence[Row[Any]], kept: frozenset[int]) -> tuple[int, int, int]:
    """Sort first what is the claimant's already, then the seats that serve the fewest other channels."""
    strangers = sum(slot.id not in kept for slot in group)
    return strangers, sum(slot.channels.bit_count() for slot in group), group[0].agent_id


def _write(session: Session, ids: Sequence[int], claimant: Claimant, values: dict[str, Any]) -> None:
    statement = update(Slot).where(col(Slot.id).in_(ids), takeable(claimant)).values(values)
    done = cast("CursorResult[Any]", session.execute(statement, execution_options={"synchronize_session": False}))
    if done.rowcount != len(ids):
        raise SlotGoneError
