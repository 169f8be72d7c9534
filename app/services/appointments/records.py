"""What is known of appointments, and the rows every change of one leaves: history, audit, mail."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, insert, select
from sqlmodel import Session, col

from app import clock
from app.content import topics, wording
from app.models import (
    Appointment,
    AppointmentChange,
    AppointmentStatus,
    ChangeKind,
    Channel,
    Journey,
    LocalPoint,
    Need,
    Office,
)
from app.services import audit, database
from app.services.appointments import access, places
from app.services.appointments.history import Change, MailState, SentMail, history, mails
from app.services.appointments.person import need_names
from app.services.journeys import JourneyGoneError
from app.services.notifications import outbox
from app.services.notifications.messages import AppointmentFacts, Message, PlaceFacts

__all__ = [
    "KNOWN",
    "AppointmentView",
    "Change",
    "Known",
    "MailState",
    "NotBookedError",
    "NotOfferedError",
    "SentMail",
    "add_change",
    "channels_of",
    "check_booked",
    "facts",
    "get",
    "history",
    "lock",
    "lock_booked",
    "made_by",
    "mails",
    "minutes_of",
    "of_journey",
    "offering_office",
    "place_of",
    "view",
]


class NotBookedError(Exception):
    """There is no such appointment to change: unknown, cancelled, or begun already."""


class NotOfferedError(Exception):
    """The office, topic, channel and place do not go together; only a tampered request asks for that."""


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """An appointment as its owner may see it; `starts_at` is in UTC, `timezone` is where to show it.

    The place is where one goes, for a video appointment too: a local point (`place_id`), or the office itself (no
    id); all of it is empty when an agent calls. Nothing here tells whether it must still be confirmed from the mail:
    whoever booked would learn that the address has other appointments (docs/decisions/0015).
    """

    public_id: str
    reference: str
    office_id: int
    office_name: str
    topic_id: str
    channel: Channel
    starts_at: datetime
    timezone: str
    minutes: int
    status: AppointmentStatus
    revision: int
    civility: str
    last_name: str
    first_name: str
    details: str
    phone: str
    second_phone: str
    email: str
    tax_number: str
    is_past: bool
    place_id: int | None
    place_name: str
    place_lines: tuple[str, ...]
    place_access: str
    needs: Need
    other_last_name: str
    other_first_name: str

    @property
    def received(self) -> str:
        """The name of whoever is received, empty when it is the one who booked."""
        return wording.full_name(self.other_first_name, self.other_last_name)

    @property
    def is_booked(self) -> bool:
        """Whether it still stands and has not begun, so that it can be moved or cancelled."""
        return self.status is AppointmentStatus.BOOKED and not self.is_past


class Known(NamedTuple):
    """An appointment's row, its office and, unless it is at the office or a call, its local point."""

    appointment: Appointment
    office: Office
    place: LocalPoint | None


def get(public_id: str) -> AppointmentView | None:
    """Return an appointment, whatever became of it."""
    with database.reading() as session:
        row = session.execute(KNOWN.where(col(Appointment.public_id) == public_id)).one_or_none()
    return view(*row) if row else None


def of_journey(visitor_key: str, journey_id: str) -> AppointmentView | None:
    """Return the appointment that a finished journey of this visitor led to."""
    with database.reading() as session, suppress(JourneyGoneError):
        return made_by(session, visitor_key, journey_id)
    return None


def made_by(session: Session, visitor_key: str, journey_id: str) -> AppointmentView:
    """Return the appointment that a finished journey of this visitor led to; raise JourneyGoneError."""
    mine = and_(col(Journey.id) == journey_id, col(Journey.visitor_key) == visitor_key)
    query = KNOWN.join(Journey, col(Journey.appointment_id) == col(Appointment.id)).where(mine)
    row = session.execute(query).one_or_none()
    if row is None:
        raise JourneyGoneError
    return view(*row)


def lock(session: Session, public_id: str) -> Known:
    """Return an appointment with its office and place, the appointment locked; raise NotBookedError if unknown."""
    query = KNOWN.where(col(Appointment.public_id) == public_id)
    row = session.execute(query.with_for_update(of=Appointment, key_share=True)).one_or_none()
    if row is None:
        raise NotBookedError
    return Known(*row)


def lock_booked(session: Session, public_id: str) -> Known:
    """Return the same for an appointment that can still be changed; raise NotBookedError for any other."""
    known = lock(session, public_id)
    check_booked(known.appointment)
    return known


def check_booked(appointment: Appointment) -> None:
    """Raise NotBookedError unless the appointment stands and has not begun."""
    if appointment.status != AppointmentStatus.BOOKED or appointment.starts_at <= clock.now():
        raise NotBookedError


def offering_office(
    session: Session, office_id: int, topic_id: str, channel: Channel, place_id: int | None = None
) -> Office:
    """Return the office if the topic may be treated there, or at its local point, through this channel.

    Raises NotOfferedError. Whether the office itself has somebody for a channel is left to the search for a seat.
    """
    office = session.get(Office, office_id)
    topic = topics.topic(topic_id)
    if office is None or topic is None or channel not in channels_of(topic):
        raise NotOfferedError
    elsewhere = place_id is not None or channel is Channel.VIDEO
    if elsewhere and not places.offered(session, office_id, channel, place_id):
        raise NotOfferedError
    return office


def place_of(session: Session, appointment: Appointment) -> LocalPoint | None:
    """Return the local point of an appointment, None at the office itself and for a call."""
    return session.get(LocalPoint, appointment.place_id) if appointment.place_id is not None else None


def minutes_of(topic_id: str) -> int:
    """Return how long an appointment on this topic takes; raise NotOfferedError for an unknown one."""
    topic = topics.topic(topic_id)
    if topic is None:
        raise NotOfferedError
    return topic.minutes


def channels_of(topic: topics.Topic) -> tuple[Channel, ...]:
    """Return the channels a topic may be treated through."""
    return tuple(Channel[name.upper()] for name in topic.channels)


def facts(appointment: Appointment, office: Office, place: LocalPoint | None) -> AppointmentFacts:
    """Return what mails tell of an appointment; `place` is that of `place_of`."""
    topic = topics.topic(appointment.topic_id)
    return AppointmentFacts(
        public_id=appointment.public_id,
        reference=appointment.reference,
        revision=appointment.revision,
        office_name=office.name,
        office_address_lines=_address(office),
        office_phone=office.phone,
        topic_label=topic.label if topic else "",
        channel=Channel(appointment.channel),
        starts_at=appointment.starts_at,
        timezone=office.timezone,
        minutes=appointment.minutes,
        first_name=appointment.first_name,
        last_name=appointment.last_name,
        phone=appointment.phone if appointment.channel == Channel.PHONE else "",
        documents=topic.documents if topic else (),
        manage_url=access.manage_url(appointment.public_id),
        place=PlaceFacts(place.name, _address(place), place.access) if place else None,
        needs=wording.needs(need_names(Need(appointment.needs))),
        received=wording.full_name(appointment.other_first_name, appointment.other_last_name),
        office_access=office.access,
        remind_at=appointment.remind_at,
    )


def add_change(
    session: Session,
    appointment: Appointment,
    kind: ChangeKind,
    idempotency_key: str,
    *,
    by: str,
    message: Message,
    mail: outbox.MailKind | None = None,
    previous_starts_at: datetime | None = None,
) -> None:
    """Write the history entry, the audit event and the mail of a change already made to `appointment`.

    `by` is the visitor who made it. The mail, of the kind that goes with the change unless `mail` says another, goes
    to the mailbox of whoever booked.
    """
    entry = {
        "appointment_id": appointment.id,
        "revision": appointment.revision,
        "kind": kind,
        "at": clock.now(),
        "idempotency_key": idempotency_key,
        "starts_at": appointment.starts_at,
        "previous_starts_at": previous_starts_at,
    }
    session.execute(insert(AppointmentChange).values(entry))
    audit.record(session, f"appointment_{kind}", by, appointment.reference, "done")
    told = mail or _MAILS[kind]
    outbox.queue(
        session,
        kind=told,
        dedup_key=outbox.appointment_key(told, appointment.public_id, appointment.revision),
        recipient=appointment.email,
        visitor_key=appointment.visitor_key,
        message=message,
        appointment_id=appointment.id,
    )


def view(appointment: Appointment, office: Office, place: LocalPoint | None) -> AppointmentView:
    """Return the public view of a row; `place` is that of `place_of`."""
    is_call = appointment.channel == Channel.PHONE
    where = None if is_call else place or office
    return AppointmentView(
        public_id=appointment.public_id,
        reference=appointment.reference,
        office_id=appointment.office_id,
        office_name=office.name,
        topic_id=appointment.topic_id,
        channel=Channel(appointment.channel),
        starts_at=appointment.starts_at,
        timezone=office.timezone,
        minutes=appointment.minutes,
        status=AppointmentStatus(appointment.status),
        revision=appointment.revision,
        civility=appointment.civility,
        last_name=appointment.last_name,
        first_name=appointment.first_name,
        details=appointment.details,
        phone=appointment.phone,
        second_phone=appointment.second_phone,
        email=appointment.email,
        tax_number=appointment.tax_number,
        is_past=appointment.starts_at <= clock.now(),
        place_id=appointment.place_id,
        place_name=where.name if where else "",
        place_lines=_address(where) if where else (),
        place_access=where.access if where else "",
        needs=Need(appointment.needs),
        other_last_name=appointment.other_last_name,
        other_first_name=appointment.other_first_name,
    )


def _address(where: Office | LocalPoint) -> tuple[str, str]:
    return where.street, f"{where.postal_code} {where.city}"


KNOWN = (
    select(Appointment, Office, LocalPoint)
    .join(Office, col(Office.id) == col(Appointment.office_id))
    .outerjoin(LocalPoint, col(LocalPoint.id) == col(Appointment.place_id))
)
"""Rows for `Known` and `view`, to be narrowed."""

_MAILS = {
    ChangeKind.BOOKED: outbox.MailKind.CONFIRMED,
    ChangeKind.CONFIRMED: outbox.MailKind.CONFIRMED,
    ChangeKind.RESCHEDULED: outbox.MailKind.RESCHEDULED,
    ChangeKind.CANCELLED: outbox.MailKind.CANCELLED,
    ChangeKind.LAPSED: outbox.MailKind.LAPSED,
    ChangeKind.CORRECTED: outbox.MailKind.CONFIRMED,
}
