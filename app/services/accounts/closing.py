"""Closing a space for good: its owner types the password again, and what the portal knows of them is erased.

The row stays, empty, because the audit log and old sign-up requests name it; the address and the tax number are free
again at once. Appointments to come are cancelled or stay, as the person wishes.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from app import clock
from app.models import Account, AddressChange, Appointment, AppointmentStatus, RecoveryToken, SpaceKind
from app.services import audit, database, form_drafts
from app.services.accounts import reauthentication, sessions
from app.services.appointments import cancellation
from app.services.appointments.records import NotBookedError
from app.services.form_drafts import Form
from app.services.notifications import account_messages, outbox

_ERASED: dict[str, Any] = {
    "password_hash": "",
    "email": "",
    "subscriber_number": None,
    "tax_number": None,
    "insee": "",
    "civility": "",
    "needs": 0,
    "last_name": "",
    "first_name": "",
    "phone": "",
    "street_number": "",
    "street_type": "",
    "street_name": "",
    "address_extra": "",
    "postal_code": "",
    "commune": "",
    "trust_question": "",
    "trust_answer": "",
    "siren": "",
    "contact_email": "",
    "iban": "",
}


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing a space did: appointments to come that stay (their mails still manage them), and cancelled ones."""

    appointments_kept: int
    appointments_cancelled: int


def upcoming(account_id: int) -> int:
    """Return how many appointments to come were booked in this space, for the question asked before closing it."""
    with database.reading() as session:
        return len(_to_come(session, account_id))


def close(
    account_id: int, session_id: str, password: str, *, cancel_appointments: bool, visitor_key: str = ""
) -> Closed:
    """Close a space: every session ends, what is personal is erased, a last mail says so.

    `cancel_appointments` cancels what was booked in the space and is to come; otherwise these appointments stay.
    Call it through `passwords.apart`. Raises FieldErrors (under `password`), SignedOutError, TooManyAttemptsError,
    PasswordsBusyError.
    """
    kept_hash = reauthentication.verified(account_id, session_id, password)
    # First, and each by itself: should the space not close after all, the person still sees what became of them.
    cancelled = _cancel(account_id, visitor_key) if cancel_appointments else 0
    with database.writing() as session:
        account = reauthentication.lock_unchanged(session, account_id, kept_hash)
        staying = len(_to_come(session, account_id))
        _tell(session, account, visitor_key, Closed(staying, cancelled))
        sessions.revoke(session, account_id)
        _forget(session, account)
        audit.record(session, "account_closed", visitor_key, sessions.subject(account_id), "done")
    for form in (Form.DETAILS, Form.ADDRESS, Form.PROFILE, Form.PERSONAL_ADDRESS):
        if form_drafts.load(visitor_key, form, sessions.subject(account_id)):
            form_drafts.forget(visitor_key, form)
    return Closed(staying, cancelled)


def _cancel(account_id: int, visitor_key: str) -> int:
    with database.reading() as session:
        ids = _to_come(session, account_id)
    done = 0
    for public_id in ids:
        # One that begins, or that the person cancels in another tab, in this very moment.
        with suppress(NotBookedError):
            cancellation.cancel(public_id, "account closed", visitor_key=visitor_key)
            done += 1
    return done


def _to_come(session: Session, account_id: int) -> list[str]:
    query = select(col(Appointment.public_id)).where(
        col(Appointment.account_id) == account_id,
        col(Appointment.status) == AppointmentStatus.BOOKED,
        col(Appointment.starts_at) > clock.now(),
    )
    return list(session.execute(query.order_by(col(Appointment.id))).scalars())


def _tell(session: Session, account: Account, visitor_key: str, what: Closed) -> None:
    outbox.queue(
        session,
        kind=outbox.MailKind.ACCOUNT_CLOSED,
        dedup_key=f"{outbox.MailKind.ACCOUNT_CLOSED}:{account.id}",
        recipient=account.email,
        visitor_key=visitor_key,
        message=account_messages.account_closed(
            clock.now(),
            appointments_kept=what.appointments_kept,
            appointments_cancelled=what.appointments_cancelled,
            kind=SpaceKind(account.kind),
        ),
    )


def _forget(session: Session, account: Account) -> None:
    """Erase what is personal on a locked account and in what belongs to it."""
    for name, value in _ERASED.items():
        setattr(account, name, value)
    # Never an address: the one that was there can be used again.
    account.email_key = f"closed:{account.id}"
    account.closed_at = clock.now()
    session.flush()
    mine = account.id
    session.execute(delete(AddressChange).where(col(AddressChange.account_id) == mine))
    session.execute(delete(RecoveryToken).where(col(RecoveryToken.account_id) == mine))
    session.execute(update(Appointment).where(col(Appointment.account_id) == mine).values(account_id=None))
