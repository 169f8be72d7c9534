"""Replanning: the new seat is taken and the old one freed in one transaction, or nothing changes."""

from datetime import datetime

from sqlmodel import Session

from app.models import Appointment, ChangeKind, Channel
from app.services import database, journeys, throttle
from app.services.appointments import holds, person, records, seats
from app.services.appointments.records import AppointmentView, NotOfferedError
from app.services.notifications import messages


def reschedule(
    visitor_key: str,
    journey_id: str,
    public_id: str,
    channel: Channel,
    starts_at: datetime,
    *,
    phone: str | None = None,
) -> AppointmentView:
    """Move a booked appointment to another time (aware) or channel at its office, once per journey.

    `phone` is the number to call from now on; None keeps the one there is. The right to change this appointment is
    the caller's to check (`access.public_id_of`). Raises SlotGoneError (the appointment stands where it was),
    NotBookedError (cancelled, or begun), NotOfferedError, JourneyGoneError, FieldErrors for the number,
    TooManyAttemptsError.
    """
    throttle.hit("change", public_id)
    number = person.phone_number(phone) if phone else None
    with database.writing() as session:
        try:
            journeys.lock(session, visitor_key, journey_id)
        except journeys.JourneyGoneError:
            return records.made_by(session, visitor_key, journey_id)
        appointment, office = records.lock_booked(session, public_id)
        previous = appointment.starts_at
        if _change(session, appointment, channel, starts_at, number):
            message = messages.rescheduled(records.facts(appointment, office), previous)
            holds.redeem(session, visitor_key, journey_id, appointment, office, moving=True)
            records.add_change(
                session,
                appointment,
                ChangeKind.RESCHEDULED,
                journey_id,
                by=visitor_key,
                message=message,
                previous_starts_at=previous,
            )
        journeys.finish(session, journey_id, seats.row_id(appointment.id))
        return records.view(appointment, office)


def _change(
    session: Session, appointment: Appointment, channel: Channel, starts_at: datetime, phone: str | None
) -> bool:
    """Write the new time, channel and number; tell whether anything differs."""
    records.offering_office(session, appointment.office_id, appointment.topic_id, channel)
    wanted = (int(channel), starts_at, phone or appointment.phone)
    if channel is Channel.PHONE and not wanted[2]:
        raise NotOfferedError
    if wanted == (appointment.channel, appointment.starts_at, appointment.phone):
        return False
    appointment.channel, appointment.starts_at, appointment.phone = wanted
    appointment.revision += 1
    session.flush()
    return True
