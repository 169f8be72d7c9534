"""The calendar file of a standing appointment, for the page its mail links to."""

from sqlalchemy import select
from sqlmodel import col

from app.models import Appointment, AppointmentStatus, Office
from app.services import database
from app.services.appointments import records
from app.services.notifications import calendar


def calendar_file(public_id: str) -> str | None:
    """Return the calendar file (RFC 5545) of an appointment, None if it is unknown or cancelled."""
    query = (
        select(Appointment, Office)
        .join(Office, col(Office.id) == col(Appointment.office_id))
        .where(col(Appointment.public_id) == public_id, col(Appointment.status) == AppointmentStatus.BOOKED)
    )
    with database.reading() as session:
        row = session.execute(query).one_or_none()
    if row is None:
        return None
    facts = records.facts(row[0], row[1])
    # The same sequence as the file in the mail of this revision: calendars then see one event, not two.
    return calendar.event(facts, "PUBLISH", facts.revision - 1)
