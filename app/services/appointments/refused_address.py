"""An appointment whose mail address the mail server refuses for good: telling so, and correcting it.

The right to see and to correct it is the caller's to check: whoever booked in this tab, or has the signed link. An
address that takes mail is never changed here, so that no link that was passed on leads the mails elsewhere.
"""

from sqlalchemy import select
from sqlmodel import Session, col

from app import clock, keys
from app.models import Appointment, ChangeKind, OutboxMail
from app.services import database, throttle
from app.services.appointments import access, limits, person, records, reminders
from app.services.appointments.records import AppointmentView, NotBookedError
from app.services.form_errors import FieldErrors
from app.services.notifications import messages
from app.services.notifications.messages import Message
from app.services.notifications.outbox import MailKind

_SAME = "Saisissez une autre adresse\u00a0: celle-ci n’a pas été acceptée."


class NotRefusedError(Exception):
    """The address takes mail, as far as is known: nothing to correct."""


def is_refused(public_id: str) -> bool:
    """Tell whether the last mail to the appointment's present address was refused because of it."""
    query = select(Appointment).where(col(Appointment.public_id) == public_id)
    with database.reading() as session:
        appointment = session.execute(query).scalar_one_or_none()
        return appointment is not None and _is_refused(session, appointment)


def is_awaited(public_id: str) -> bool:
    """Tell whether a mail about the appointment has yet to be taken or refused."""
    unsent = (col(OutboxMail.sent_at).is_(None), col(OutboxMail.gave_up_at).is_(None))
    query = select(col(OutboxMail.id)).join(Appointment, col(Appointment.id) == col(OutboxMail.appointment_id))
    with database.reading() as session:
        waiting = query.where(col(Appointment.public_id) == public_id, *unsent)
        return session.execute(waiting.limit(1)).first() is not None


def correct(public_id: str, typed: str, *, visitor_key: str = "") -> AppointmentView:
    """Write to another address from now on, and send it the confirmation.

    The new address counts as in a booking: with many appointments, the reader of the mail must confirm, never later
    than before (docs/decisions/0015). Raises FieldErrors under « email », NotRefusedError, NotBookedError (cancelled,
    begun, or not confirmed in time), TooManyAttemptsError.
    """
    throttle.hit("change", public_id)
    email = person.mail_address(typed)
    with database.writing() as session:
        known = records.lock_booked(session, public_id)
        appointment = known.appointment
        if appointment.confirm_until is not None and appointment.confirm_until <= clock.now():
            raise NotBookedError
        if not _is_refused(session, appointment):
            raise NotRefusedError
        if email.lower() == appointment.email_key:
            raise FieldErrors({"email": _SAME})
        _write(session, known, email)
        message, mail = _told(known)
        key = keys.keyed_hash("correct-address", f"{public_id} {appointment.revision}")
        records.add_change(session, appointment, ChangeKind.CORRECTED, key, by=visitor_key, message=message, mail=mail)
        return records.view(*known)


def _write(session: Session, known: records.Known, email: str) -> None:
    appointment, office, _ = known
    before = appointment.confirm_until
    until = None
    if appointment.account_id is None:
        until = limits.confirm_until(session, email, appointment.starts_at)
    appointment.confirm_until = min(until, before) if until and before else until
    appointment.email, appointment.email_key = email, email.lower()
    due = reminders.due_at(appointment.starts_at, office.timezone, clock.now())
    appointment.remind_at = due if appointment.confirm_until is None else None
    appointment.revision += 1
    session.flush()


def _told(known: records.Known) -> tuple[Message, MailKind]:
    facts, until = records.facts(*known), known.appointment.confirm_until
    if until is None:
        return messages.confirmed(facts), MailKind.CONFIRMED
    return messages.to_confirm(facts, until, access.confirm_url(facts.public_id)), MailKind.TO_CONFIRM


def _is_refused(session: Session, appointment: Appointment) -> bool:
    """Look at what became of the newest mail to this address; addresses are encrypted, so they are compared here."""
    columns = (col(OutboxMail.recipient), col(OutboxMail.address_refused))
    query = select(*columns).where(col(OutboxMail.appointment_id) == appointment.id).order_by(col(OutboxMail.id).desc())
    sent = session.execute(query).all()
    return next((refused for recipient, refused in sent if recipient.lower() == appointment.email_key), False)
