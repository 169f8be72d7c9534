"""Sending the link of an appointment again, to the address that booked and only there.

The answer and the work are the same whether or not the reference and the address match, so that nobody learns
whether somebody has an appointment. Nor is it told when the mail server refuses the address: only a mail that was
written can be refused. What to do then is said to everybody.
"""

from datetime import UTC, datetime
from hmac import compare_digest
from secrets import token_hex

from sqlmodel import Session, col

from app import clock
from app.models import Appointment, AppointmentStatus, Channel, Office
from app.services import audit, database, throttle, typed_text
from app.services.appointments import access, records
from app.services.appointments.records import Known
from app.services.notifications import messages, outbox
from app.services.notifications.messages import Message

REFERENCE_LENGTH = 9
_LONGEST_INPUT = 300


def request_link_again(reference: str, email: str, network: str) -> None:
    """Queue the mail with the link if a standing appointment has this reference and this address.

    `network` is `visitors.network_key`. An appointment gets one such mail in ten minutes, however often it is asked
    for. Raises TooManyAttemptsError for a network that insists.
    """
    throttle.hit("link_again", network)
    with database.writing() as session:
        found = _find(session, _normalised(reference))
        matches = found is not None and _same(
            found.appointment.email, typed_text.visible(email[:_LONGEST_INPUT]).strip()
        )
        _queue(session, found if found is not None and matches else _decoy(), kept=matches)
        subject = found.appointment.reference if found is not None and matches else ""
        audit.record(session, "link_again", subject=subject, outcome="sent" if matches else "no match")


def _normalised(reference: str) -> str:
    """Return a reference as the portal writes it from however it was typed, or what cannot be one."""
    letters = "".join(char for char in reference[:_LONGEST_INPUT].upper() if char.isascii() and char.isalnum())
    return "-".join(letters[start : start + 3] for start in range(0, REFERENCE_LENGTH, 3)) + letters[REFERENCE_LENGTH:]


def _same(one: str, other: str) -> bool:
    return compare_digest(*(address.casefold().encode(errors="replace") for address in (one, other)))


def _find(session: Session, reference: str) -> Known | None:
    booked = col(Appointment.status) == AppointmentStatus.BOOKED
    row = session.execute(records.KNOWN.where(col(Appointment.reference) == reference, booked)).one_or_none()
    return Known(*row) if row else None


def _message(whose: Known) -> Message:
    """Return the mail with the link, and with the one that confirms for whoever must confirm still."""
    facts, until = records.facts(*whose), whose.appointment.confirm_until
    if until is None:
        return messages.link_again(facts)
    return messages.to_confirm(facts, until, access.confirm_url(facts.public_id))


def _queue(session: Session, whose: Known, *, kept: bool) -> None:
    """Queue the mail in a savepoint; that of the decoy is taken back, after the same work."""
    appointment, message = whose.appointment, _message(whose)
    with session.begin_nested() as savepoint:
        outbox.queue(
            session,
            kind=outbox.MailKind.LINK,
            dedup_key=f"{outbox.MailKind.LINK}:{appointment.public_id}:{int(clock.now().timestamp()) // 600}",
            recipient=appointment.email,
            visitor_key=appointment.visitor_key,
            message=message,
            appointment_id=appointment.id,
        )
        if not kept:
            savepoint.rollback()


def _decoy() -> Known:
    """Return an appointment nobody has, never stored."""
    appointment = Appointment(
        public_id=token_hex(16),
        reference="XXX-XXX-XXX",
        office_id=0,
        topic_id="",
        channel=int(Channel.COUNTER),
        starts_at=datetime(2000, 1, 1, tzinfo=UTC),
        minutes=30,
        visitor_key="",
        last_name="X",
        first_name="X",
        email="nobody@guichet.example",
        created_at=datetime(2000, 1, 1, tzinfo=UTC),
    )
    office = Office(
        code="",
        kind="",
        area="",
        department="",
        region="",
        name="Service",
        street="1 rue",
        postal_code="00000",
        city="Ville",
        phone="",
        email="",
        access="",
        timezone="Europe/Paris",
    )
    return Known(appointment, office, None)
