"""Confirming: the held seat, or another one free at that time, becomes an appointment."""

from dataclasses import asdict
from datetime import datetime
from secrets import choice, token_hex
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from app import clock
from app.models import Appointment, AppointmentStatus, ChangeKind, Channel
from app.services import database, journeys, throttle
from app.services.appointments import holds, records, seats
from app.services.appointments.person import Person
from app.services.appointments.records import AppointmentView
from app.services.notifications import messages

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
) -> AppointmentView:
    """Book the appointment of a journey, once: asked again, in another tab or after a cut, it gives the same one.

    A hold that has ended does not matter while somebody is free at `starts_at` (aware). `network`
    (`visitors.network_key`) limits how often one network may do this. Raises SlotGoneError (nothing was changed, the
    journey goes on), JourneyGoneError, NotOfferedError, TooManyAttemptsError.
    """
    if network:
        throttle.hit("confirm", network)
    with database.writing() as session:
        try:
            journeys.lock(session, visitor_key, journey_id)
        except journeys.JourneyGoneError:
            return records.made_by(session, visitor_key, journey_id)
        office = records.offering_office(session, office_id, topic_id, channel)
        values = {
            "office_id": office_id,
            "topic_id": topic_id,
            "channel": int(channel),
            "starts_at": starts_at,
            "minutes": records.minutes_of(topic_id),
            "visitor_key": visitor_key,
        }
        appointment = _write(session, values, person)
        # The mail is composed before seats are locked, because others may wait for these.
        message = messages.confirmed(records.facts(appointment, office))
        holds.redeem(session, visitor_key, journey_id, appointment, office, moving=False)
        records.add_change(session, appointment, ChangeKind.BOOKED, journey_id, by=visitor_key, message=message)
        journeys.finish(session, journey_id, seats.row_id(appointment.id))
        return records.view(appointment, office)


def _write(session: Session, values: dict[str, Any], person: Person) -> Appointment:
    made = insert(Appointment).values(
        **values,
        **asdict(person),
        public_id=token_hex(16),
        reference=_new_reference(),
        status=AppointmentStatus.BOOKED,
        revision=1,
        created_at=clock.now(),
    )
    written: Appointment = session.execute(made.returning(Appointment)).scalar_one()
    return written


def _new_reference() -> str:
    """Return three groups of three characters that are not mistaken for each other: 44 bits."""
    return "-".join("".join(choice(_REFERENCE_ALPHABET) for _ in range(3)) for _ in range(3))
