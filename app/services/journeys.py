"""Journeys: what a visitor has begun, found again after a reload, a restart or on another server process.

A visitor has one live journey of a kind. Its id is the idempotency key of the change it leads to.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlmodel import Session, col

from app import clock
from app.models import Hold, Journey
from app.services import database, upsert
from app.services.appointments import seats

LIFETIME = timedelta(hours=24)
"""How long a draft lives after its last change."""

MAX_DRAFT_BYTES = 16_384


class JourneyGoneError(Exception):
    """The journey is not this visitor's, was finished, left, or is older than a day."""


class DraftTooLargeError(ValueError):
    """The draft would pass `MAX_DRAFT_BYTES` of JSON."""


@dataclass(frozen=True, slots=True)
class JourneyView:
    """A journey as it stands; `appointment_id` is the row it led to once it is finished."""

    id: str
    kind: str
    draft: Mapping[str, Any]
    furthest_step: int
    updated_at: datetime
    appointment_id: int | None
    is_finished: bool = False


def find(visitor_key: str, kind: str) -> JourneyView | None:
    """Return the visitor's live journey of this kind, if there is one."""
    with database.reading() as session:
        return _find(session, visitor_key, kind)


def last_finished(visitor_key: str, kind: str) -> JourneyView | None:
    """Return the journey of this kind the visitor finished last within a day, for its confirmation page."""
    with database.reading() as session:
        query = (
            select(Journey)
            .where(
                col(Journey.visitor_key) == visitor_key,
                col(Journey.kind) == kind,
                col(Journey.finished_at) > clock.now() - LIFETIME,
            )
            .order_by(col(Journey.finished_at).desc())
            .limit(1)
        )
        row = session.execute(query).scalar_one_or_none()
        return _view(row) if row else None


def has_expired(visitor_key: str, kind: str) -> bool:
    """Tell whether the visitor left a journey of this kind for a day; once erased, nobody knows."""
    query = select(col(Journey.id)).where(_of(visitor_key, kind), _not_finished(), ~_fresh())
    with database.reading() as session:
        return session.execute(query).first() is not None


def start(visitor_key: str, kind: str, draft: Mapping[str, Any] | None = None) -> JourneyView:
    """Return the visitor's live journey of this kind, begun with `draft` if there was none.

    Raises DraftTooLargeError.
    """
    with database.writing() as session:
        _erase(session, and_(_of(visitor_key, kind), _not_finished(), ~_fresh()))
        _insert_unless_live(session, visitor_key, kind, _dumped(draft or {}))
        found = _find(session, visitor_key, kind)
        if found is None:  # pragma: no cover (only a visitor who leaves in that very instant)
            raise JourneyGoneError
        return found


def save(
    visitor_key: str, kind: str, journey_id: str, changes: Mapping[str, Any], reached: int | None = None
) -> JourneyView:
    """Merge `changes` (JSON values; None removes a key) into the draft and note the step `reached`.

    The furthest step only grows. Raises JourneyGoneError, DraftTooLargeError.
    """
    with database.writing() as session:
        query = select(Journey).where(_live(visitor_key, journey_id), col(Journey.kind) == kind).with_for_update()
        row = session.execute(query).scalar_one_or_none()
        if row is None:
            raise JourneyGoneError
        draft = {**json.loads(row.draft), **changes}
        row.draft = _dumped({key: value for key, value in draft.items() if value is not None})
        row.furthest_step = max(row.furthest_step, reached or 0)
        row.updated_at = clock.now()
        session.flush()
        return _view(row)


def leave(visitor_key: str, kind: str) -> None:
    """Erase the visitor's journeys of this kind, finished ones too, and free the seats they hold."""
    with database.writing() as session:
        _erase(session, _of(visitor_key, kind))


def leave_all(visitor_key: str) -> None:
    """Erase all that the visitor has begun or finished, of every kind, and free the seats they hold."""
    with database.writing() as session:
        _erase(session, col(Journey.visitor_key) == visitor_key)


def replace(session: Session, visitor_key: str, kind: str, draft: Mapping[str, Any], reached: int) -> str:
    """Begin a journey that stands at the step `reached`, in place of the visitor's live one; return its id.

    What the former one held is freed. Raises JourneyGoneError if another request began one at this very moment,
    DraftTooLargeError.
    """
    _erase(session, and_(_of(visitor_key, kind), _not_finished()))
    made = _insert_unless_live(session, visitor_key, kind, _dumped(draft), reached)
    if made is None:
        raise JourneyGoneError
    return made


def erase_expired() -> int:
    """Erase live journeys older than a day, and finished ones a day after their end; return how many."""
    with database.writing() as session:
        ended = col(Journey.finished_at) <= clock.now() - LIFETIME
        return _erase(session, and_(_not_finished(), ~_fresh())) + _erase(session, ended)


def lock(session: Session, visitor_key: str, journey_id: str) -> JourneyView:
    """Lock the visitor's live journey until the end of the transaction; return it as it stands under the lock.

    It is the first lock of every verb, so that two tabs pass one after the other. Raises JourneyGoneError.
    """
    query = select(Journey).where(_live(visitor_key, journey_id)).with_for_update()
    row = session.execute(query).scalar_one_or_none()
    if row is None:
        raise JourneyGoneError
    return _view(row)


def rewrite(session: Session, journey_id: str, draft: Mapping[str, Any]) -> None:
    """Give a journey locked by `lock` another draft, and erase what the one it had held."""
    changed = {"draft": _dumped(draft), "updated_at": clock.now()}
    session.execute(update(Journey).where(col(Journey.id) == journey_id).values(changed))


def forget(session: Session, journey_id: str, name: str) -> None:
    """Erase one thing of a journey's draft, live or finished; it lives no longer for that."""
    query = select(Journey).where(col(Journey.id) == journey_id).with_for_update()
    row = session.execute(query).scalar_one_or_none()
    if row is not None:
        row.draft = _dumped({key: value for key, value in json.loads(row.draft).items() if key != name})
        session.flush()


def finish(
    session: Session,
    journey_id: str,
    appointment_id: int | None = None,
    kept: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Mark the journey as having led to this appointment and erase what was typed: the appointment holds it.

    The browser tabs it was open in stay known, so that its confirmation shows there only; and what is in `kept`, for
    a journey that leads to something else.
    """
    now = clock.now()
    query = select(col(Journey.draft)).where(col(Journey.id) == journey_id)
    tabs = json.loads(session.execute(query).scalar_one()).get("tabs", [])
    session.execute(
        update(Journey)
        .where(col(Journey.id) == journey_id)
        .values(finished_at=now, updated_at=now, appointment_id=appointment_id, draft=_dumped({**kept, "tabs": tabs}))
    )


def _find(session: Session, visitor_key: str, kind: str) -> JourneyView | None:
    query = select(Journey).where(_of(visitor_key, kind), _not_finished(), _fresh())
    row = session.execute(query).scalar_one_or_none()
    return _view(row) if row else None


def _erase(session: Session, condition: ColumnElement[bool]) -> int:
    """Delete the journeys that match, with their holds; locks in the order journey, hold, slots by id."""
    query = select(col(Journey.id)).where(condition).order_by(col(Journey.id)).with_for_update()
    journeys = session.execute(query).scalars().all()
    if not journeys:
        return 0
    dropped = delete(Hold).where(col(Hold.journey_id).in_(journeys)).returning(col(Hold.id))
    holds = session.execute(dropped).scalars().all()
    if holds:
        seats.free_held(session, holds)
    session.execute(delete(Journey).where(col(Journey.id).in_(journeys)))
    return len(journeys)


def _insert_unless_live(session: Session, visitor_key: str, kind: str, draft: str, reached: int = 0) -> str | None:
    """Write a journey and return its id, None if there is a live one."""
    now = clock.now()
    statement = upsert.insert(session, Journey).values(
        id=token_hex(16),
        visitor_key=visitor_key,
        kind=kind,
        draft=draft,
        furthest_step=reached,
        created_at=now,
        updated_at=now,
    )
    unless_live = statement.on_conflict_do_nothing(index_elements=["visitor_key", "kind"], index_where=_not_finished())
    return session.execute(unless_live.returning(col(Journey.id))).scalar_one_or_none()


def _of(visitor_key: str, kind: str) -> ColumnElement[bool]:
    return and_(col(Journey.visitor_key) == visitor_key, col(Journey.kind) == kind)


def _live(visitor_key: str, journey_id: str) -> ColumnElement[bool]:
    mine = and_(col(Journey.id) == journey_id, col(Journey.visitor_key) == visitor_key)
    return and_(mine, _not_finished(), _fresh())


def _not_finished() -> ColumnElement[bool]:
    return col(Journey.finished_at).is_(None)


def _fresh() -> ColumnElement[bool]:
    return col(Journey.updated_at) > clock.now() - LIFETIME


def _dumped(draft: Mapping[str, Any]) -> str:
    text = json.dumps(draft, ensure_ascii=False, allow_nan=False)
    if len(text.encode()) > MAX_DRAFT_BYTES:
        raise DraftTooLargeError
    return text


def _view(row: Journey) -> JourneyView:
    return JourneyView(
        id=row.id,
        kind=row.kind,
        draft=json.loads(row.draft),
        furthest_step=row.furthest_step,
        updated_at=row.updated_at,
        appointment_id=row.appointment_id,
        is_finished=row.finished_at is not None,
    )
