"""Sign-up requests: how long one waits for its code, and how it ends.

A request lives for ACTIVATION_HOURS from the moment its mail was handed to the mail server, which the outbox knows.
When it ends, everything personal is erased; the keyed hash of its code and what became of it stay for 30 days, so that
« expired » and « already used » can be said.
"""

from datetime import datetime, timedelta
from secrets import choice
from typing import Any

from sqlalchemy import and_, case, delete, func, literal, or_, select
from sqlmodel import Session, col

from app import clock, keys
from app.models import OutboxMail, RequestOutcome, SignUpRequest, SpaceKind
from app.services import audit, database, typed_text
from app.settings import get_settings

KEPT = timedelta(days=30)
MOST_ATTEMPTS = 10
"""Wrong addresses typed with the right code before it is refused."""

# No two that look alike: one at most of 0 O o, 1 I l j, 2 Z z, 5 S s, 8 B, 9 g q, no 6, one case of C K U V W X.
# Both P p and Y y: the small ones hang below the line. 41 characters are what 64 bits in 12 of them need.
CODE_ALPHABET = "ACDEFGHJKLMNPQRTUVWXYabdefhimnprty2345789"
CODE_LENGTH = 12
_MAIL = "activation"


def lifetime() -> timedelta:
    """Return how long a code works once its mail was handed over."""
    return timedelta(hours=get_settings().activation_hours)


def new_code() -> str:
    """Return a fresh activation code, 64.3 bits."""
    return "".join(choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def typed_code(text: str) -> str:
    """Return what was typed as the portal writes codes: nothing else pasted, and its case where it uses only one."""
    chars = typed_text.alphanumeric(text[:200].encode(errors="replace").decode())
    return "".join(char if char in CODE_ALPHABET else _other_case(char) for char in chars)


def code_hash(code: str) -> str:
    """Return what is kept of a code."""
    return keys.keyed_hash("activation_code", code)


def mail_key(public_id: str) -> str:
    """Return the unique key of the mail that carries a request's code."""
    return f"{_MAIL}:{public_id}"


def pending_until(session: Session, kind: SpaceKind, email_key: str) -> datetime | None:
    """Return when the pending request of an address ends, None if none is pending (a dead one counts no more).

    While its mail waits to be sent, that is two days after the request at the earliest.
    """
    query = _WITH_MAIL.where(*_pending_at(kind, email_key))
    row = session.execute(query).one_or_none()
    if row is None or _is_dead(row[1], row[2]):
        return None
    return _deadline(row[0], row[1])


def deadline(session: Session, public_id: str) -> datetime | None:
    """Return when a pending request ends, None for one that has ended."""
    row = session.execute(_WITH_MAIL.where(_PENDING, col(SignUpRequest.public_id) == public_id)).one_or_none()
    return None if row is None or _is_dead(row[1], row[2]) else _deadline(row[0], row[1])


def lock(session: Session, *conditions: Any) -> SignUpRequest | None:
    """Return the request that meets the conditions, locked; one that has died meanwhile is ended first."""
    request: SignUpRequest | None = session.execute(
        select(SignUpRequest).where(*conditions).with_for_update()
    ).scalar_one_or_none()
    if request is None or request.outcome != RequestOutcome.PENDING:
        return request
    _, sent_at, gave_up_at = session.execute(_WITH_MAIL.where(col(SignUpRequest.id) == request.id)).one()
    request.sent_at = sent_at
    if _is_dead(sent_at, gave_up_at):
        end(session, request, RequestOutcome.EXPIRED if sent_at else RequestOutcome.UNDELIVERED)
    session.flush()
    return request


def lock_by_code(session: Session, kind: SpaceKind, code: str) -> SignUpRequest | None:
    """Return the request a code (`typed_code`) was made for, locked, whatever became of it."""
    return lock(session, col(SignUpRequest.code_hash) == code_hash(code), col(SignUpRequest.kind) == kind)


def lock_pending(session: Session, kind: SpaceKind, email_key: str) -> SignUpRequest | None:
    """Return the request that is pending at an address, locked; None once it has died."""
    request = lock(session, *_pending_at(kind, email_key))
    return request if request is not None and request.outcome == RequestOutcome.PENDING else None


def end(session: Session, request: SignUpRequest, outcome: RequestOutcome, account_id: int | None = None) -> None:
    """End a locked request: erase what is personal, keep the hash of the code and the outcome."""
    request.outcome = outcome
    request.ended_at = clock.now()
    request.account_id = account_id
    request.email = request.email_key = request.password_hash = request.form = request.visitor_key = ""
    session.flush()
    audit.record(session, "sign_up_ended", subject=request.public_id, outcome=outcome)


def expire_requests() -> int:
    """End the requests whose time is over, erase ended ones after 30 days; return how many that is.

    For the scheduled job; nobody has to wait for it, since a dead request counts for nothing before it ran.
    """
    now = clock.now()
    undelivered = and_(_sent_at.is_(None), col(OutboxMail.gave_up_at).is_not(None))
    is_over = or_(_sent_at <= now - lifetime(), undelivered)
    dead = _WITH_MAIL.where(_PENDING, is_over).order_by(col(SignUpRequest.id))
    with database.reading() as session:
        ids = [request.id for request, _, _ in session.execute(dead)]
    for request_id in ids:
        with database.writing() as session:
            lock(session, col(SignUpRequest.id) == request_id)
    old = delete(SignUpRequest).where(col(SignUpRequest.ended_at) <= now - KEPT)
    with database.writing() as session:
        erased = session.execute(old.returning(col(SignUpRequest.id))).all()
    return len(ids) + len(erased)


def _other_case(char: str) -> str:
    return char.swapcase() if char.isascii() and char.swapcase() in CODE_ALPHABET else char


def _pending_at(kind: SpaceKind, email_key: str) -> tuple[Any, ...]:
    return (_PENDING, col(SignUpRequest.kind) == kind, col(SignUpRequest.email_key) == email_key)


def _deadline(request: SignUpRequest, sent_at: datetime | None) -> datetime:
    return (sent_at or request.created_at) + lifetime()


def _is_dead(sent_at: datetime | None, mail_gave_up_at: datetime | None) -> bool:
    return mail_gave_up_at is not None if sent_at is None else sent_at + lifetime() <= clock.now()


_PENDING = col(SignUpRequest.outcome) == RequestOutcome.PENDING
# A mail nobody knows of any more was sent long ago: the request is counted from its own date then.
_sent_at = func.coalesce(
    col(SignUpRequest.sent_at),
    col(OutboxMail.sent_at),
    case((col(OutboxMail.id).is_(None), col(SignUpRequest.created_at))),
)
_WITH_MAIL = select(SignUpRequest, _sent_at, col(OutboxMail.gave_up_at)).join(
    OutboxMail, col(OutboxMail.dedup_key) == literal(f"{_MAIL}:") + col(SignUpRequest.public_id), isouter=True
)
