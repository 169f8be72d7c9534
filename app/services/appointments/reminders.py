"""Reminders: one mail two days before, at 9 h where the office is, for what still stands then.

When a reminder is due is written on the appointment by whoever books, confirms or moves it. Queueing the mail clears
it in the same transaction, so that each is queued once, by any number of processes; the sender looks once more
whether the appointment still stands.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, or_
from sqlmodel import Session, col

from app import clock
from app.models import Appointment, AppointmentStatus, LocalPoint, Office, OutboxMail
from app.services import database
from app.services.appointments import records
from app.services.appointments.records import Known
from app.services.notifications import messages, outbox

DAYS_BEFORE = 2
AT = time(9)
"""Local time of the office."""

BATCH = 50


def due_at(starts_at: datetime, timezone: str, now: datetime) -> datetime | None:
    """Return when the reminder of an appointment is due, in UTC; None if that is not after `now`.

    `starts_at` and `now` are aware, `timezone` is the office's IANA name. It is 9 h there two days before the local
    day of the appointment, whatever the clocks do in between.
    """
    place = ZoneInfo(timezone)
    day = starts_at.astimezone(place).date() - timedelta(days=DAYS_BEFORE)
    due = datetime.combine(day, AT, place).astimezone(UTC)
    return due if due > now else None


def queue_due() -> int:
    """Queue the reminders that are due; return how many. For the scheduled job.

    Late is better than never, so what was due while no process ran is queued too, until the appointment begins.
    """
    queued = 0
    while True:
        found, written = _queue_batch()
        queued += written
        if found < BATCH:
            return queued


def withdraw(session: Session, appointment_id: int) -> None:
    """Drop the reminder of an appointment that waits in the outbox, inside the transaction of the change.

    One that a worker is sending in this very moment is left to it: it looks at the appointment before it sends.
    """
    unsent = (col(OutboxMail.sent_at).is_(None), col(OutboxMail.gave_up_at).is_(None))
    unleased = or_(col(OutboxMail.leased_until).is_(None), col(OutboxMail.leased_until) <= clock.now())
    of_it = (col(OutboxMail.appointment_id) == appointment_id, col(OutboxMail.kind) == outbox.MailKind.REMINDER)
    session.execute(delete(OutboxMail).where(*of_it, *unsent, unleased))


def _queue_batch() -> tuple[int, int]:
    """Queue some of the reminders that are due; return how many appointments were seen and mails written."""
    # Reading first: a minute without reminders must not take SQLite's write lock.
    with database.reading() as session:
        if session.execute(_due(1)).first() is None:
            return 0, 0
    written = 0
    with database.writing() as session:
        rows = _claimed(session)
        for known in rows:
            known.appointment.remind_at = None
            if _stands(known.appointment):
                _queue(session, known)
                written += 1
    return len(rows), written


def _claimed(session: Session) -> Sequence[Known]:
    """Return appointments whose reminder is due, locked; those another process works on are left to it."""
    query = _due(BATCH).with_for_update(of=Appointment, skip_locked=True, key_share=True)
    return [Known(*row) for row in session.execute(query)]


def _due(limit: int) -> Select[Appointment, Office, LocalPoint]:
    return (
        records.KNOWN.where(col(Appointment.remind_at) <= clock.now())
        .order_by(col(Appointment.remind_at), col(Appointment.id))
        .limit(limit)
    )


def _stands(appointment: Appointment) -> bool:
    is_booked = appointment.status == AppointmentStatus.BOOKED and appointment.confirm_until is None
    return is_booked and appointment.starts_at > clock.now()


def _queue(session: Session, known: Known) -> None:
    appointment = known.appointment
    outbox.queue(
        session,
        kind=outbox.MailKind.REMINDER,
        dedup_key=outbox.appointment_key(outbox.MailKind.REMINDER, appointment.public_id, appointment.revision),
        recipient=appointment.email,
        visitor_key=appointment.visitor_key,
        message=messages.reminder(records.facts(*known)),
        appointment_id=appointment.id,
    )
