"""The calendar file of a standing appointment, for the page its mail links to."""

from sqlmodel import col

from app.models import Appointment, AppointmentStatus
from app.services import database
from app.services.appointments import records
from app.services.notifications import calendar


def calendar_file(public_id: str) -> str | None:
    """Return the calendar file (RFC 5545) of an appointment, None if it is unknown or cancelled."""
    booked = col(Appointment.status) == AppointmentStatus.BOOKED
    query = records.KNOWN.where(col(Appointment.public_id) == public_id, booked)
    with database.reading() as session:
        row = session.execute(query).one_or_none()
    if row is None:
        return None
    facts = records.facts(*row)
    # The same sequence as the file in the mail of this revision: calendars then see one event, not two.
    return calendar.event(facts, "PUBLISH", facts.revision - 1)
