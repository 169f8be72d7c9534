"""How many future appointments one may have, so that nobody takes all the room and nobody uses up another's rights.

Somebody signed in is counted by their account alone: whoever types another person's tax number or address takes
nothing from them. Without an account an address is counted, and never refused: from the fourth appointment on, the
reader of the mail must confirm (docs/decisions/0015).
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select, text
from sqlmodel import Session, col

from app import clock, keys
from app.models import Account, Appointment, AppointmentStatus
from app.services import database
from app.services.appointments import records
from app.services.appointments.records import AppointmentView

PER_ACCOUNT = 3
"""Future appointments of one account."""

UNASKED_PER_ADDRESS = 3
"""Future appointments on one address that need no confirmation from the mail."""

CONFIRM_WITHIN = timedelta(minutes=30)
"""How long the others wait for theirs."""


class TooManyAppointmentsError(Exception):
    """The account already has as many future appointments as is allowed."""


class AccountGoneError(Exception):
    """The account was closed in the meantime."""


class DuplicateError(Exception):
    """The account already has an appointment on this topic at this office; it may be made all the same."""

    def __init__(self, existing: AppointmentView) -> None:
        super().__init__(existing.reference)
        self.existing = existing


def duplicate_of(account_id: int, office_id: int, topic_id: str) -> AppointmentView | None:
    """Return the account's next appointment on this topic at this office, None if there is none."""
    with database.reading() as session:
        return _duplicate(session, account_id, office_id, topic_id)


def has_room(account_id: int) -> bool:
    """Tell whether the account may have one more future appointment; `check_account` decides when it is booked."""
    with database.reading() as session:
        return _standing(session, account_id) < PER_ACCOUNT


def check_account(session: Session, account_id: int, office_id: int, topic_id: str, *, accept_duplicate: bool) -> None:
    """Refuse one appointment too many and, unless accepted, a second one on a topic at an office.

    The account stays locked until the end of the transaction, so that two bookings are counted one after the other.
    Raises TooManyAppointmentsError, DuplicateError, AccountGoneError.
    """
    _lock_account(session, account_id)
    if _standing(session, account_id) >= PER_ACCOUNT:
        raise TooManyAppointmentsError
    existing = None if accept_duplicate else _duplicate(session, account_id, office_id, topic_id)
    if existing is not None:
        raise DuplicateError(existing)


def confirm_until(session: Session, email: str, starts_at: datetime) -> datetime | None:
    """Return until when an appointment about to be written for an address must be confirmed from its mail, if it must.

    Two bookings for one address are counted one after the other: PostgreSQL takes a lock on the address until the end
    of the transaction, after the journey's and before any seat's; SQLite writes one at a time anyway.
    """
    address = email.lower()
    _lock_address(session, address)
    same = col(Appointment.email_key) == address
    others = select(func.count()).select_from(Appointment).where(same, _stands())
    if session.execute(others).scalar_one() < UNASKED_PER_ADDRESS:
        return None
    return min(clock.now() + CONFIRM_WITHIN, starts_at)


def asked_to_confirm(public_id: str, visitor_key: str) -> tuple[int, datetime] | None:
    """Return how many appointments a visitor had on an address before this one, and by when its reader must confirm.

    None unless these alone make it wait: what others booked on the address, and whether its reader has confirmed, is
    nobody's to see (docs/decisions/0015). None too once it was moved or its address corrected: the mail says it then.
    """
    with database.reading() as session:
        known = (col(Appointment.public_id) == public_id, col(Appointment.visitor_key) == visitor_key)
        this = session.execute(select(Appointment).where(*known)).scalar_one_or_none()
        if this is None or this.account_id is not None or this.revision > 1:
            return None
        theirs = (col(Appointment.email_key) == this.email_key, col(Appointment.visitor_key) == visitor_key)
        before = (*theirs, col(Appointment.id) < this.id, _stands())
        count = int(session.execute(select(func.count()).select_from(Appointment).where(*before)).scalar_one())
    by = min(this.created_at + CONFIRM_WITHIN, this.starts_at)
    return (count, by) if count >= UNASKED_PER_ADDRESS and by > clock.now() else None


def _standing(session: Session, account_id: int) -> int:
    mine = select(func.count()).select_from(Appointment).where(_of_account(account_id))
    return int(session.execute(mine).scalar_one())


def _lock_account(session: Session, account_id: int) -> None:
    account = select(col(Account.id)).where(col(Account.id) == account_id, col(Account.closed_at).is_(None))
    if session.execute(account.with_for_update(key_share=True)).first() is None:
        raise AccountGoneError


def _lock_address(session: Session, address: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        key = int(keys.keyed_hash("appointments-of-address", address)[:15], 16)
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _duplicate(session: Session, account_id: int, office_id: int, topic_id: str) -> AppointmentView | None:
    same = and_(col(Appointment.office_id) == office_id, col(Appointment.topic_id) == topic_id)
    query = records.KNOWN.where(_of_account(account_id), same).order_by(col(Appointment.starts_at)).limit(1)
    row = session.execute(query).one_or_none()
    return records.view(*row) if row else None


def _of_account(account_id: int) -> ColumnElement[bool]:
    return and_(col(Appointment.account_id) == account_id, _stands())


def _stands() -> ColumnElement[bool]:
    return and_(col(Appointment.status) == AppointmentStatus.BOOKED, col(Appointment.starts_at) > clock.now())
