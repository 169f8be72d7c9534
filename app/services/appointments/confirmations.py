"""Appointments that must be confirmed from their mail: confirming them, and releasing those nobody confirmed.

Such an appointment is booked like any other and has its seats; only `confirm_until` says that it waits. Everything
the pages show to whoever booked stays the same, before and after (docs/decisions/0015).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog
from sqlalchemy import ColumnElement, and_, select
from sqlmodel import Session, col

from app import clock, keys
from app.models import Appointment, AppointmentChange, AppointmentStatus, ChangeKind
from app.services import database, throttle
from app.services.appointments import access, cancellation, records, reminders
from app.services.appointments.records import AppointmentView, Known, NotBookedError
from app.services.notifications import messages

BATCH = 200
"""How many one run of the job releases at most."""

_log = structlog.get_logger(__name__)


class LapsedError(Exception):
    """It was not confirmed in time; the seats are free for others."""


class ConfirmationState(StrEnum):
    """Where an appointment stands for the reader of the mail that asks to confirm it."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the confirmation link shows; `until` (UTC) is None once there is nothing to confirm."""

    appointment: AppointmentView
    state: ConfirmationState
    until: datetime | None


def asked(token: str) -> Asked | None:
    """Return what became of the appointment of a mail's confirmation link, None for a link not made here.

    Reading changes nothing: mail programs open links by themselves.
    """
    public_id = access.public_id_to_confirm(token)
    if public_id is None:
        return None
    with database.reading() as session:
        row = session.execute(records.KNOWN.where(col(Appointment.public_id) == public_id)).one_or_none()
        if row is None:
            return None
        known = Known(*row)
        state = _state(session, known.appointment)
    until = known.appointment.confirm_until if state is ConfirmationState.WAITING else None
    return Asked(records.view(*known), state, until)


def confirm_from_mail(token: str, *, visitor_key: str = "") -> AppointmentView:
    """Confirm the appointment of a mail's confirmation link; asked again, it changes nothing.

    `visitor_key` says in the audit log who did it. Raises LapsedError, NotBookedError (a link not made here,
    cancelled, or begun), TooManyAttemptsError.
    """
    public_id = access.public_id_to_confirm(token)
    if public_id is None:
        raise NotBookedError
    throttle.hit("change", public_id)
    with database.writing() as session:
        known = records.lock(session, public_id)
        state = _state(session, known.appointment)
        if state is ConfirmationState.LAPSED:
            raise LapsedError
        if state not in (ConfirmationState.WAITING, ConfirmationState.CONFIRMED):
            raise NotBookedError
        if state is ConfirmationState.WAITING:
            _confirm(session, known, visitor_key)
        return records.view(*known)


def release_unconfirmed() -> int:
    """Release the appointments nobody confirmed in time, a bounded number at once; return how many. For the job.

    Each has a transaction of its own, and one that another process is at is left to it.
    """
    with database.reading() as session:
        query = select(col(Appointment.id)).where(_is_over()).order_by(col(Appointment.confirm_until)).limit(BATCH)
        numbers = session.execute(query).scalars().all()
    return sum(_released(number) for number in numbers if number is not None)


def _confirm(session: Session, known: Known, visitor_key: str) -> None:
    appointment, office, _ = known
    appointment.confirm_until = None
    appointment.remind_at = reminders.due_at(appointment.starts_at, office.timezone, clock.now())
    session.flush()
    # The revision stays: nothing of the appointment changes, and its number is seen by whoever booked.
    key = keys.keyed_hash("confirm-from-mail", appointment.public_id)
    message = messages.confirmed(records.facts(*known))
    records.add_change(session, appointment, ChangeKind.CONFIRMED, key, by=visitor_key, message=message)


def _released(number: int) -> bool:
    try:
        with database.writing() as session:
            query = records.KNOWN.where(col(Appointment.id) == number, _is_over())
            locked = query.with_for_update(of=Appointment, key_share=True, skip_locked=True)
            row = session.execute(locked).one_or_none()
            if row is None:
                return False
            known = Known(*row)
            key = keys.keyed_hash("lapse", known.appointment.public_id)
            cancellation.end(session, known, ChangeKind.LAPSED, key, messages.lapsed)
    except Exception:
        # One that cannot be released must not keep the others from it.
        _log.exception("appointment_not_released", appointment=number)
        return False
    return True


def _state(session: Session, appointment: Appointment) -> ConfirmationState:
    if appointment.status == AppointmentStatus.CANCELLED:
        return ConfirmationState.LAPSED if _has_lapsed(session, appointment) else ConfirmationState.CANCELLED
    if appointment.confirm_until is not None:
        in_time = appointment.confirm_until > clock.now()
        return ConfirmationState.WAITING if in_time else ConfirmationState.LAPSED
    return ConfirmationState.PAST if appointment.starts_at <= clock.now() else ConfirmationState.CONFIRMED


def _has_lapsed(session: Session, appointment: Appointment) -> bool:
    of_it = col(AppointmentChange.appointment_id) == appointment.id
    lapse = select(col(AppointmentChange.id)).where(of_it, col(AppointmentChange.kind) == ChangeKind.LAPSED)
    return session.execute(lapse).first() is not None


def _is_over() -> ColumnElement[bool]:
    booked = col(Appointment.status) == AppointmentStatus.BOOKED
    return and_(booked, col(Appointment.confirm_until) <= clock.now())
