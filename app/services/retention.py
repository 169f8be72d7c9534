"""What is erased, and when, by the scheduled jobs: `tidy` hourly, `erase_old` nightly.

Both may run at any time, often, and in several processes at once. Rows go in batches, so that nobody waits long.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlmodel import Session, SQLModel, col

from app import clock
from app.models import AuditEvent, CaptchaChallenge, OutboxMail, WaitingEntry, WaitingOffer
from app.services import database, journeys
from app.services.accounts import new_address, password_reset, requests, sessions, sign_in
from app.services.appointments import anonymising, holds

AUDIT_KEPT = relativedelta(months=12)
MAILS_KEPT = timedelta(days=30)
"""How long one still sees that a mail about an account was sent; those of an appointment go when it does."""

WAITING_KEPT = timedelta(days=30)
"""After the end of an entry of the waiting list."""

BATCH = 500


def tidy() -> Mapping[str, int]:
    """Erase everything whose time is over; return how many of each, for the log."""
    return {
        "drafts": journeys.erase_expired(),
        "holds": holds.sweep(),
        "challenges": _erase_challenges(),
        "requests": requests.expire_requests(),
        "sessions": sessions.erase_dead(),
        "sign_in_notes": sign_in.erase_notes(),
        "recovery_links": password_reset.erase_expired(),
        "new_addresses": new_address.erase_expired(),
    }


def erase_old() -> Mapping[str, int]:
    """Anonymise and erase what was kept long enough; return how many of each, for the log."""
    return {
        "appointments": anonymising.anonymise_old(),
        "audit_events": _in_batches(_erase_audit_events),
        "mails": _in_batches(_erase_mails),
        "waiting_entries": _in_batches(_erase_waiting_entries),
    }


def _erase_challenges() -> int:
    with database.writing() as session:
        over = delete(CaptchaChallenge).where(col(CaptchaChallenge.expires_at) <= clock.now())
        return len(session.execute(over.returning(col(CaptchaChallenge.id))).all())


def _in_batches(erase: Callable[[Session], int]) -> int:
    done = 0
    while True:
        with database.writing() as session:
            erased = erase(session)
        done += erased
        if erased < BATCH:
            return done


def _erase_audit_events(session: Session) -> int:
    return _erase(session, AuditEvent, col(AuditEvent.at) <= clock.now() - AUDIT_KEPT)


def _erase_mails(session: Session) -> int:
    since = clock.now() - MAILS_KEPT
    is_over = or_(col(OutboxMail.sent_at) <= since, col(OutboxMail.gave_up_at) <= since)
    return _erase(session, OutboxMail, and_(col(OutboxMail.appointment_id).is_(None), is_over))


def _erase_waiting_entries(session: Session) -> int:
    """Erase entries that ended long ago, once no time they were offered is still to come.

    Until then the offers are what keeps an address from being written to twice about one time.
    """
    of_it = col(WaitingOffer.entry_id) == col(WaitingEntry.id)
    to_come = exists().where(of_it, col(WaitingOffer.starts_at) > clock.now())
    ended = col(WaitingEntry.ended_at) <= clock.now() - WAITING_KEPT
    ids = _locked_ids(session, WaitingEntry, and_(ended, ~to_come))
    session.execute(delete(WaitingOffer).where(col(WaitingOffer.entry_id).in_(ids)))
    session.execute(delete(WaitingEntry).where(col(WaitingEntry.id).in_(ids)))
    return len(ids)


def _erase(session: Session, table: type[SQLModel], which: ColumnElement[bool]) -> int:
    ids = _locked_ids(session, table, which)
    session.execute(delete(table).where(_id(table).in_(ids)))
    return len(ids)


def _locked_ids(session: Session, table: type[SQLModel], which: ColumnElement[bool]) -> list[int]:
    """Return the ids of some rows, locked; those another process erases at this moment are left to it."""
    query = select(_id(table)).where(which).order_by(_id(table)).limit(BATCH).with_for_update(skip_locked=True)
    return list(session.execute(query).scalars())


def _id(table: type[SQLModel]) -> Any:
    return SQLModel.metadata.tables[str(table.__tablename__)].c.id
