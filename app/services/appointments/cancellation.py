"""Cancelling: the seats are freed at once, and offered to whoever waits for such a time."""

from collections.abc import Callable

from sqlmodel import Session

from app import keys
from app.models import AppointmentStatus, ChangeKind
from app.services import database, throttle
from app.services.appointments import records, reminders, seats, waiting_list
from app.services.appointments.records import AppointmentView, Known
from app.services.notifications import messages
from app.services.notifications.messages import AppointmentFacts, Message


def cancel(public_id: str, idempotency_key: str, *, visitor_key: str = "") -> AppointmentView:
    """Cancel an appointment; one that is cancelled already is given back as it is.

    `visitor_key` says in the audit log who did it. The right to change this appointment is the caller's to check
    (`access.public_id_of`, `mine.may_change`). Raises NotBookedError (unknown, or begun), TooManyAttemptsError.
    """
    throttle.hit("change", public_id)
    with database.writing() as session:
        known = records.lock(session, public_id)
        if known.appointment.status == AppointmentStatus.CANCELLED:
            return records.view(*known)
        records.check_booked(known.appointment)
        key = keys.keyed_hash("cancel", f"{public_id} {idempotency_key}")
        return end(session, known, ChangeKind.CANCELLED, key, messages.cancelled, by=visitor_key)


def end(
    session: Session,
    known: Known,
    kind: ChangeKind,
    idempotency_key: str,
    compose: Callable[[AppointmentFacts], Message],
    *,
    by: str = "",
) -> AppointmentView:
    """End a locked, booked appointment: free its seats, drop its reminder, leave history, audit and mail."""
    appointment = known.appointment
    number = seats.row_id(appointment.id)
    freed = seats.lock_booked(session, number)
    seats.free_booked(session, freed, number)
    appointment.status = AppointmentStatus.CANCELLED
    appointment.revision += 1
    appointment.remind_at = appointment.confirm_until = None
    session.flush()
    reminders.withdraw(session, number)
    message = compose(records.facts(*known))
    records.add_change(session, appointment, kind, idempotency_key, by=by, message=message)
    waiting_list.offer_freed(session, appointment.office_id, freed)
    return records.view(*known)
