"""Old appointments lose everything personal; that they took place, and when, stays for the office's figures."""

from secrets import token_hex

from dateutil.relativedelta import relativedelta
from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from app import clock
from app.models import Appointment, Journey, OutboxMail
from app.services import database

KEPT = relativedelta(months=13)
"""Calendar months after an appointment began, or would have, from which nothing personal of it is kept."""

BATCH = 200

_ERASED = {
    "visitor_key": "",
    "civility": "",
    "last_name": "",
    "first_name": "",
    "details": "",
    "phone": "",
    "second_phone": "",
    "email": "",
    "email_key": "",
    "tax_number": "",
    "needs": 0,
    "other_last_name": "",
    "other_first_name": "",
    "account_id": None,
    "remind_at": None,
    "confirm_until": None,
}


def anonymise_old() -> int:
    """Erase whose appointments these were, 13 months after them, with their mails; return how many. For the job."""
    done = 0
    while True:
        with database.writing() as session:
            ids = _locked_batch(session)
            for appointment_id in ids:
                _anonymise(session, appointment_id)
        done += len(ids)
        if len(ids) < BATCH:
            return done


def _locked_batch(session: Session) -> list[int]:
    query = (
        select(col(Appointment.id))
        .where(
            col(Appointment.starts_at) <= clock.now() - KEPT,
            col(Appointment.anonymised_at).is_(None),
        )
        .order_by(col(Appointment.starts_at), col(Appointment.id))
        .limit(BATCH)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return [found for found in session.execute(query).scalars() if found is not None]


def _anonymise(session: Session, appointment_id: int) -> None:
    # Under other names its old links and its reference lead nowhere: nobody can tell any more whose it was.
    names = {"public_id": token_hex(16), "reference": f"#{appointment_id}"}
    values = {**_ERASED, **names, "anonymised_at": clock.now()}
    session.execute(update(Appointment).where(col(Appointment.id) == appointment_id).values(**values))
    session.execute(delete(OutboxMail).where(col(OutboxMail.appointment_id) == appointment_id))
    session.execute(delete(Journey).where(col(Journey.appointment_id) == appointment_id))
