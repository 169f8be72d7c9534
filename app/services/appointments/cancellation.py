"""Cancelling: the seats are freed at once."""

from app import keys
from app.models import AppointmentStatus, ChangeKind
from app.services import database, throttle
from app.services.appointments import records, seats
from app.services.appointments.records import AppointmentView
from app.services.notifications import messages


def cancel(public_id: str, idempotency_key: str, *, visitor_key: str = "") -> AppointmentView:
    """Cancel an appointment; one that is cancelled already is given back as it is.

    `visitor_key` says in the audit log who did it. The right to change this appointment is the caller's to check
    (`access.public_id_of`). Raises NotBookedError (unknown, or begun), TooManyAttemptsError.
    """
    throttle.hit("change", public_id)
    with database.writing() as session:
        appointment, office = records.lock(session, public_id)
        if appointment.status == AppointmentStatus.CANCELLED:
            return records.view(appointment, office)
        records.check_booked(appointment)
        number = seats.row_id(appointment.id)
        seats.free_booked(session, seats.lock_booked(session, number), number)
        appointment.status = AppointmentStatus.CANCELLED
        appointment.revision += 1
        session.flush()
        message = messages.cancelled(records.facts(appointment, office))
        key = keys.keyed_hash("cancel", f"{public_id} {idempotency_key}")
        records.add_change(session, appointment, ChangeKind.CANCELLED, key, by=visitor_key, message=message)
        return records.view(appointment, office)
