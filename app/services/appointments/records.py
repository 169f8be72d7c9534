"""What is known of appointments, and the rows every change of one leaves: history, audit, mail."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, insert, select
from sqlmodel import Session, col

from app import clock
from app.content import topics
from app.models import Appointment, AppointmentChange, AppointmentStatus, ChangeKind, Channel, Journey, Office
from app.services import audit, database
from app.services.appointments import access
from app.services.journeys import JourneyGoneError
from app.services.notifications import outbox
from app.services.notifications.messages import AppointmentFacts, Message


class NotBookedError(Exception):
    """There is no such appointment to change: unknown, cancelled, or begun already."""


class NotOfferedError(Exception):
    """The office, the topic and the channel do not go together; only a tampered request asks for that."""


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """An appointment as its owner may see it; `starts_at` is in UTC, `timezone` is where to show it."""

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

    @property
    def is_booked(self) -> bool:
        """Whether it still stands and has not begun, so that it can be moved or cancelled."""
        return self.status is AppointmentStatus.BOOKED and not self.is_past


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an appointment's history, times in UTC."""

    kind: ChangeKind
    revision: int
    at: datetime
    starts_at: datetime
    previous_starts_at: datetime | None


def get(public_id: str) -> AppointmentView | None:
    """Return an appointment, whatever became of it."""
    with database.reading() as session:
        row = session.execute(_WITH_OFFICE.where(col(Appointment.public_id) == public_id)).one_or_none()
    return view(row[0], row[1]) if row else None


def of_journey(visitor_key: str, journey_id: str) -> AppointmentView | None:
    """Return the appointment that a finished journey of this visitor led to."""
    with database.reading() as session, suppress(JourneyGoneError):
        return made_by(session, visitor_key, journey_id)
    return None


def history(public_id: str) -> tuple[Change, ...]:
    """Return what happened to an appointment, oldest first; nothing for an unknown one."""
    query = (
        select(AppointmentChange)
        .join(Appointment, col(Appointment.id) == col(AppointmentChange.appointment_id))
        .where(col(Appointment.public_id) == public_id)
        .order_by(col(AppointmentChange.id))
    )
    with database.reading() as session:
        rows = session.execute(query).scalars().all()
    return tuple(
        Change(ChangeKind(row.kind), row.revision, row.at, row.starts_at, row.previous_starts_at) for row in rows
    )


def made_by(session: Session, visitor_key: str, journey_id: str) -> AppointmentView:
    """Return the appointment that a finished journey of this visitor led to; raise JourneyGoneError."""
    mine = and_(col(Journey.id) == journey_id, col(Journey.visitor_key) == visitor_key)
    query = _WITH_OFFICE.join(Journey, col(Journey.appointment_id) == col(Appointment.id)).where(mine)
    row = session.execute(query).one_or_none()
    if row is None:
        raise JourneyGoneError
    return view(row[0], row[1])


def lock(session: Session, public_id: str) -> tuple[Appointment, Office]:
    """Return an appointment and its office, the appointment locked; raise NotBookedError if it is unknown."""
    query = _WITH_OFFICE.where(col(Appointment.public_id) == public_id)
    row = session.execute(query.with_for_update(of=Appointment, key_share=True)).one_or_none()
    if row is None:
        raise NotBookedError
    return row[0], row[1]


def lock_booked(session: Session, public_id: str) -> tuple[Appointment, Office]:
    """Return the same for an appointment that can still be changed; raise NotBookedError for any other."""
    appointment, office = lock(session, public_id)
    check_booked(appointment)
    return appointment, office


def check_booked(appointment: Appointment) -> None:
    """Raise NotBookedError unless the appointment stands and has not begun."""
    if appointment.status != AppointmentStatus.BOOKED or appointment.starts_at <= clock.now():
        raise NotBookedError


def offering_office(session: Session, office_id: int, topic_id: str, channel: Channel) -> Office:
    """Return the office if the topic may be treated there through this channel; raise NotOfferedError."""
    office = session.get(Office, office_id)
    topic = topics.topic(topic_id)
    if office is None or topic is None or channel not in channels_of(topic):
        raise NotOfferedError
    return office


def minutes_of(topic_id: str) -> int:
    """Return how long an appointment on this topic takes; raise NotOfferedError for an unknown one."""
    topic = topics.topic(topic_id)
    if topic is None:
        raise NotOfferedError
    return topic.minutes


def channels_of(topic: topics.Topic) -> tuple[Channel, ...]:
    """Return the channels a topic may be treated through."""
    return tuple(Channel[name.upper()] for name in topic.channels)


def facts(appointment: Appointment, office: Office) -> AppointmentFacts:
    """Return what mails tell of an appointment."""
    topic = topics.topic(appointment.topic_id)
    return AppointmentFacts(
        public_id=appointment.public_id,
        reference=appointment.reference,
        revision=appointment.revision,
        office_name=office.name,
        office_address_lines=(office.street, f"{office.postal_code} {office.city}"),
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
    )


def add_change(
    session: Session,
    appointment: Appointment,
    kind: ChangeKind,
    idempotency_key: str,
    *,
    by: str,
    message: Message,
    previous_starts_at: datetime | None = None,
) -> None:
    """Write the history entry, the audit event and the mail of a change already made to `appointment`.

    `by` is the visitor who made it. The mail goes to the mailbox of whoever booked.
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
    mail = _MAILS[kind]
    outbox.queue(
        session,
        kind=mail,
        dedup_key=outbox.appointment_key(mail, appointment.public_id, appointment.revision),
        recipient=appointment.email,
        visitor_key=appointment.visitor_key,
        message=message,
        appointment_id=appointment.id,
    )


def view(appointment: Appointment, office: Office) -> AppointmentView:
    """Return the public view of a row."""
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
    )


_WITH_OFFICE = select(Appointment, Office).join(Office, col(Office.id) == col(Appointment.office_id))

_MAILS = {
    ChangeKind.BOOKED: outbox.MailKind.CONFIRMED,
    ChangeKind.RESCHEDULED: outbox.MailKind.RESCHEDULED,
    ChangeKind.CANCELLED: outbox.MailKind.CANCELLED,
}
