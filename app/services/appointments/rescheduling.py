"""Replanning: the new seat is taken and the old one freed in one transaction, or nothing changes."""

from datetime import datetime

from sqlmodel import Session

from app import clock
from app.models import Appointment, ChangeKind, Channel, Office
from app.services import database, journeys, throttle
from app.services.appointments import access, holds, person, records, reminders, seats, waiting_list
from app.services.appointments.records import AppointmentView, Known, NotBookedError, NotOfferedError
from app.services.appointments.seats import Claimant
from app.services.appointments.steps import FROM, IN_SPACE, standing
from app.services.notifications import messages
from app.services.notifications.messages import Message
from app.services.notifications.outbox import MailKind


def reschedule(
    visitor_key: str,
    journey_id: str,
    public_id: str,
    channel: Channel,
    starts_at: datetime,
    *,
    place_id: int | None = None,
    phone: str | None = None,
) -> AppointmentView:
    """Move a booked appointment to another time (aware), channel or place of its office, once per journey.

    `place_id` is the local point to go to, None the office itself. `phone` is the number to call from now on; None
    keeps the one there is. One that must be confirmed from its mail still must, by the same time. The right to change
    this appointment is the caller's to check (`access.public_id_of`, `mine.may_change`). Raises SlotGoneError (the
    appointment stands where it was), NotBookedError (cancelled, begun, or moved elsewhere since), NotOfferedError,
    JourneyGoneError, FieldErrors for the number, TooManyAttemptsError.
    """
    throttle.hit("change", public_id)
    number = person.phone_number(phone) if phone else None
    with database.writing() as session:
        try:
            journey = journeys.lock(session, visitor_key, journey_id)
        except journeys.JourneyGoneError:
            return records.made_by(session, visitor_key, journey_id)
        appointment, office, _ = records.lock_booked(session, public_id)
        if appointment.confirm_until is not None and appointment.confirm_until <= clock.now():
            raise NotBookedError
        if journey.draft.get(FROM, standing(appointment)) != standing(appointment):
            raise NotBookedError
        previous = appointment.starts_at
        if _change(session, appointment, office, (int(channel), place_id, starts_at, number or appointment.phone)):
            known = Known(appointment, office, records.place_of(session, appointment))
            # The mail is composed before seats are locked, because others may wait for these.
            message, mail = _told(known, previous)
            freed = _move_seats(session, visitor_key, journey_id, known)
            records.add_change(
                session,
                appointment,
                ChangeKind.RESCHEDULED,
                journey_id,
                by=visitor_key,
                message=message,
                mail=mail,
                previous_starts_at=previous,
            )
            waiting_list.offer_freed(session, seats.row_id(office.id), freed)
        kept = {IN_SPACE: True} if IN_SPACE in journey.draft else {}
        journeys.finish(session, journey_id, seats.row_id(appointment.id), kept)
        return records.view(appointment, office, records.place_of(session, appointment))


def _change(
    session: Session, appointment: Appointment, office: Office, wanted: tuple[int, int | None, datetime, str]
) -> bool:
    """Write the new channel, place, time and number; tell whether anything differs."""
    channel, place_id, starts_at, phone = wanted
    records.offering_office(session, appointment.office_id, appointment.topic_id, Channel(channel), place_id)
    if channel == Channel.PHONE and not phone:
        raise NotOfferedError
    if wanted == (appointment.channel, appointment.place_id, appointment.starts_at, appointment.phone):
        return False
    appointment.channel, appointment.place_id, appointment.starts_at, appointment.phone = wanted
    appointment.revision += 1
    if appointment.confirm_until is None:
        appointment.remind_at = reminders.due_at(starts_at, office.timezone, clock.now())
    else:
        appointment.confirm_until = min(appointment.confirm_until, starts_at)
    session.flush()
    return True


def _told(known: Known, previous: datetime) -> tuple[Message, MailKind]:
    facts, until = records.facts(*known), known.appointment.confirm_until
    if until is None:
        return messages.rescheduled(facts, previous), MailKind.RESCHEDULED
    url = access.confirm_url(facts.public_id)
    return messages.to_confirm(facts, until, url, previous), MailKind.MOVED_TO_CONFIRM


def _move_seats(session: Session, visitor_key: str, journey_id: str, known: Known) -> list[int]:
    """Take the new seats, free the old ones and drop the old reminder; return the slots that are free now."""
    number = seats.row_id(known.appointment.id)
    mover = Claimant(appointment_id=number)
    before = seats.own_slots(session, mover)
    holds.redeem(session, visitor_key, journey_id, known.appointment, known.office, moving=True)
    reminders.withdraw(session, number)
    return sorted(set(before) - set(seats.own_slots(session, mover)))
