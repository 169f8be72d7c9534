"""Holds: seats kept a few minutes for one visitor while the form is filled in.

A visitor has one hold, a new one frees the old; a network has a bounded number of them at one office, so that
nobody can freeze an office.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.engine import Row
from sqlmodel import Session, col

from app import clock, keys
from app.models import Appointment, Channel, Hold, Office
from app.services import audit, database, journeys, throttle, upsert
from app.services.appointments import seats
from app.services.appointments.seats import BegunError, Claimant, NotPlannedError, TooNearError, Wanted
from app.settings import get_settings

LEAD = timedelta(hours=1)
"""How long beforehand an appointment is taken at the latest; the agenda shows no earlier time."""

_KEPT_AFTER_END = timedelta(hours=24)

_COLUMNS = (
    col(Hold.id),
    col(Hold.journey_id),
    col(Hold.office_id),
    col(Hold.starts_at),
    col(Hold.expires_at),
    col(Hold.extensions),
)


class TooManyHoldsError(Exception):
    """This network already keeps as many seats of this office as is allowed."""


class HoldEndedError(Exception):
    """There is no live hold to extend; holding the same time again may still succeed."""


class NoExtensionLeftError(Exception):
    """The hold was already extended as often as is allowed."""


@dataclass(frozen=True, slots=True)
class HoldView:
    """A live hold; instants are in UTC."""

    starts_at: datetime
    expires_at: datetime
    extensions_left: int
    office_id: int
    journey_id: str


def longest() -> timedelta:
    """Return how long a slot may be held with all its extensions; only an offer taken overnight is kept longer."""
    settings = get_settings()
    return timedelta(minutes=settings.hold_minutes + settings.hold_extensions * settings.hold_extension_minutes)


def hold(
    visitor_key: str,
    journey_id: str,
    network: str,
    *,
    office_id: int,
    channel: Channel,
    minutes: int,
    starts_at: datetime,
    place_id: int | None = None,
) -> HoldView:
    """Keep seats of `minutes` at `starts_at` (aware) for the visitor, in place of what they held before.

    `place_id` is the local point where one would be received, None the office itself.
    `network` says where the visitor comes from (`visitors.network_key`). Asking again for what is already held
    changes nothing, not even the countdown. Raises JourneyGoneError, SlotGoneError (the former hold stands),
    TooManyHoldsError, TooManyAttemptsError.
    """
    throttle.hit("hold", visitor_key)
    asked = {"journey_id": journey_id, "network_key": network, "office_id": office_id, "starts_at": starts_at}
    try:
        with database.writing() as session:
            journeys.lock(session, visitor_key, journey_id)
            wish = _wish(session, office_id, channel, starts_at=starts_at, minutes=minutes, place_id=place_id)
            row = _own_row(session, visitor_key, asked)
            _check_cap(session, network, office_id, row.id)
            return _take(session, row, wish, asked)
    except TooManyHoldsError:
        audit.note("hold", visitor_key, outcome="too many")
        raise


def extend_hold(visitor_key: str) -> HoldView:
    """Give the visitor's live hold some more minutes, from the end it had.

    Raises HoldEndedError, NoExtensionLeftError.
    """
    settings = get_settings()
    with database.writing() as session:
        row = locked(session, visitor_key)
        if row is None or row.expires_at <= clock.now():
            raise HoldEndedError
        if row.extensions >= settings.hold_extensions:
            raise NoExtensionLeftError
        until = row.expires_at + timedelta(minutes=settings.hold_extension_minutes)
        seats.hold(session, seats.lock_held(session, [row.id]), Claimant(row.id), until)
        changed = (
            update(Hold)
            .where(col(Hold.id) == row.id)
            .values(expires_at=until, extensions=row.extensions + 1)
            .returning(*_COLUMNS)
        )
        return _view(session.execute(changed).one())


def release_hold(visitor_key: str) -> None:
    """Free what the visitor holds, if anything."""
    with database.writing() as session:
        row = locked(session, visitor_key)
        if row is not None:
            drop(session, row.id)


def current_hold(visitor_key: str) -> HoldView | None:
    """Return the visitor's hold while it lasts."""
    query = select(*_COLUMNS).where(col(Hold.visitor_key) == visitor_key, col(Hold.expires_at) > clock.now())
    with database.reading() as session:
        row = session.execute(query).one_or_none()
    return _view(row) if row else None


def sweep() -> int:
    """Erase holds that ended a day ago and what they left on slots, for the scheduled job; return how many."""
    ended = col(Hold.expires_at) <= clock.now() - _KEPT_AFTER_END
    with database.writing() as session:
        query = select(col(Hold.id)).where(ended).order_by(col(Hold.id)).limit(500).with_for_update(skip_locked=True)
        ids = session.execute(query).scalars().all()
        if ids:
            seats.free_held(session, ids)
            session.execute(delete(Hold).where(col(Hold.id).in_(ids)))
    return len(ids)


def redeem(
    session: Session,
    visitor_key: str,
    journey_id: str,
    appointment: Appointment,
    office: Office,
    *,
    moving: bool,
) -> None:
    """Give `appointment`, already written, its seats: those the journey holds, else any free at that time.

    `moving` says that it has other seats, which are freed. Raises SlotGoneError.
    """
    held = locked(session, visitor_key)
    mine = held if held is not None and held.journey_id == journey_id else None
    _check_in_time(appointment, mine)
    number = seats.row_id(appointment.id)
    claimant = Claimant(mine.id if mine else None, number if moving else None, _is_over(mine))
    channel, minutes = Channel(appointment.channel), appointment.minutes
    wish = seats.wanted(office, channel, appointment.starts_at, minutes, appointment.place_id)
    found = seats.find(session, wish, claimant)
    if moving:
        seats.free_booked(session, found.own, number, taken_again=found.ids)
    if mine:
        seats.free_kept(session, set(found.own) - set(found.ids), [mine.id])
        session.execute(delete(Hold).where(col(Hold.id) == mine.id))
    seats.book(session, found.ids, claimant, number)


def locked(session: Session, visitor_key: str) -> Row[Any] | None:
    """Return the visitor's hold, live or ended, its row locked until the end of the transaction."""
    query = select(*_COLUMNS).where(col(Hold.visitor_key) == visitor_key).with_for_update()
    return session.execute(query).one_or_none()


def drop(session: Session, hold_id: str) -> None:
    """Free the seats of a locked hold and erase it."""
    seats.free_held(session, [hold_id])
    session.execute(delete(Hold).where(col(Hold.id) == hold_id))


def _wish(
    session: Session, office_id: int, channel: Channel, *, starts_at: datetime, minutes: int, place_id: int | None
) -> Wanted:
    office = session.get(Office, office_id)
    if office is None:
        raise NotPlannedError
    if starts_at < clock.now() + LEAD:
        raise BegunError if starts_at <= clock.now() else TooNearError
    return seats.wanted(office, channel, starts_at, minutes, place_id)


def _check_in_time(appointment: Appointment, mine: Row[Any] | None) -> None:
    """Refuse a time too near, unless it was far enough when it was held and has not come yet."""
    left = appointment.starts_at - clock.now()
    chosen_before = mine and (mine.office_id, mine.starts_at) == (appointment.office_id, appointment.starts_at)
    if left <= timedelta(0) or (left < LEAD and not chosen_before):
        raise BegunError if left <= timedelta(0) else TooNearError


def _is_over(held: Row[Any] | None) -> bool:
    return held is not None and held.expires_at <= clock.now()


def _own_row(session: Session, visitor_key: str, asked: dict[str, Any]) -> Row[Any]:
    """Return the visitor's hold, locked; one that has ended already is made when there is none."""
    made = upsert.insert(session, Hold).values(
        id=token_hex(16), visitor_key=visitor_key, expires_at=clock.now(), extensions=0, **asked
    )
    unchanged = made.on_conflict_do_update(index_elements=["visitor_key"], set_={"visitor_key": visitor_key})
    return session.execute(unchanged.returning(*_COLUMNS)).one()


def _take(session: Session, row: Row[Any], wish: Wanted, asked: dict[str, Any]) -> HoldView:
    claimant = Claimant(row.id, is_over=_is_over(row))
    found = seats.find(session, wish, claimant)
    if row.journey_id == asked["journey_id"] and row.expires_at > clock.now() and found.ids == found.own:
        return _view(row)
    until = clock.now() + timedelta(minutes=get_settings().hold_minutes)
    seats.free_kept(session, set(found.own) - set(found.ids), [row.id])
    seats.hold(session, found.ids, claimant, until)
    renewed = update(Hold).where(col(Hold.id) == row.id).values(asked | {"expires_at": until, "extensions": 0})
    return _view(session.execute(renewed.returning(*_COLUMNS)).one())


def _check_cap(session: Session, network: str, office_id: int, own_id: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        # Two requests that count at the same time would both find room; SQLite writes one at a time anyway.
        key = int(keys.keyed_hash("hold-cap", f"{network} {office_id}")[:15], 16)
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
    others = (
        select(func.count())
        .select_from(Hold)
        .where(
            col(Hold.network_key) == network,
            col(Hold.office_id) == office_id,
            col(Hold.expires_at) > clock.now(),
            col(Hold.id) != own_id,
        )
    )
    if session.execute(others).scalar_one() >= get_settings().holds_per_network_and_office:
        raise TooManyHoldsError


def _view(row: Row[Any]) -> HoldView:
    return HoldView(
        starts_at=row.starts_at,
        expires_at=row.expires_at,
        extensions_left=get_settings().hold_extensions - row.extensions,
        office_id=row.office_id,
        journey_id=row.journey_id,
    )
