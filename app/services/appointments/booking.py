"""Confirming: the held seat, or another one free at that time, becomes an appointment."""

from dataclasses import asdict
from datetime import datetime
from secrets import choice, token_hex
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from app import clock
from app.models import Appointment, AppointmentStatus, ChangeKind, Channel, Office
from app.services import database, journeys, throttle
from app.services.appointments import access, holds, limits, records, reminders, seats
from app.services.appointments.person import Person
from app.services.appointments.records import AppointmentView, Known, NotOfferedError
from app.services.notifications import messages
from app.services.notifications.messages import Message
from app.services.notifications.outbox import MailKind

_REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def confirm(
    visitor_key: str,
    journey_id: str,
    *,
    office_id: int,
    topic_id: str,
    channel: Channel,
    starts_at: datetime,
    person: Person,
    network: str = "",
    place_id: int | None = None,
    account_id: int | None = None,
    accept_duplicate: bool = False,
) -> AppointmentView:
    """Book the appointment of a journey, once: asked again, in another tab or after a cut, it gives the same one.

    A hold that has ended does not matter while somebody is free at `starts_at` (aware). `place_id` is the local point
    to go to, None the office itself. `network` (`visitors.network_key`) limits how often one network may do this.
    `account_id` is the account signed in: it has a number of future appointments, and is warned of a second one for
    the same topic at the same office unless `accept_duplicate`. Without one, an address with many appointments must
    confirm from the mail; the view does not tell. Raises SlotGoneError (nothing was changed, the journey goes on),
    JourneyGoneError, NotOfferedError, TooManyAttemptsError, TooManyAppointmentsError, DuplicateError,
    AccountGoneError.
    """
    if network:
        throttle.hit("confirm", network)
    with database.writing() as session:
        try:
            journeys.lock(session, visitor_key, journey_id)
        except journeys.JourneyGoneError:
            return records.made_by(session, visitor_key, journey_id)
        office = records.offering_office(session, office_id, topic_id, channel, place_id)
        if channel is Channel.PHONE and not person.phone:
            raise NotOfferedError
        until = None
        if account_id is None:
            until = limits.confirm_until(session, person.email, starts_at)
        else:
            limits.check_account(session, account_id, office_id, topic_id, accept_duplicate=accept_duplicate)
        values = {
            "office_id": office_id,
            "topic_id": topic_id,
            "channel": int(channel),
            "place_id": place_id,
            "starts_at": starts_at,
            "minutes": records.minutes_of(topic_id),
            "visitor_key": visitor_key,
            "account_id": account_id,
            "confirm_until": until,
        }
        appointment = _write(session, values, person, office)
        known = Known(appointment, office, records.place_of(session, appointment))
        # The mail is composed before seats are locked, because others may wait for these.
        message, mail = _told(known)
        holds.redeem(session, visitor_key, journey_id, appointment, office, moving=False)
        records.add_change(
            session, appointment, ChangeKind.BOOKED, journey_id, by=visitor_key, message=message, mail=mail
        )
        journeys.finish(session, journey_id, seats.row_id(appointment.id))
        return records.view(*known)


def _write(session: Session, values: dict[str, Any], person: Person, office: Office) -> Appointment:
    due = reminders.due_at(values["starts_at"], office.timezone, clock.now())
    made = insert(Appointment).values(
        **values,
        **{**asdict(person), "needs": int(person.needs)},
        email_key=person.email.lower(),
        public_id=token_hex(16),
        reference=_new_reference(),
        status=AppointmentStatus.BOOKED,
        revision=1,
        remind_at=due if values["confirm_until"] is None else None,
        created_at=clock.now(),
    )
    written: Appointment = session.execute(made.returning(Appointment)).scalar_one()
    return written


def _told(known: Known) -> tuple[Message, MailKind]:
    facts, until = records.facts(*known), known.appointment.confirm_until
    if until is None:
        return messages.confirmed(facts), MailKind.CONFIRMED
    return messages.to_confirm(facts, until, access.confirm_url(facts.public_id)), MailKind.TO_CONFIRM


def _new_reference() -> str:
    """Return three groups of three characters that are not mistaken for each other: 44 bits."""
    return "-".join("".join(choice(_REFERENCE_ALPHABET) for _ in range(3)) for _ in range(3))
