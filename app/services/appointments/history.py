"""What happened to an appointment and which mails were sent about it, as its pages tell it.

An appointment that must be confirmed from its mail looks here like any other, before and after, and one that was
released looks cancelled: what whoever booked sees must not tell that the address has other appointments
(docs/decisions/0015). The mails themselves say it all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlmodel import col

from app.models import Appointment, AppointmentChange, ChangeKind, OutboxMail
from app.services import database
from app.services.notifications.outbox import MailKind


class MailState(StrEnum):
    """Where a mail stands."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an appointment's history, times in UTC."""

    kind: ChangeKind
    revision: int
    at: datetime
    starts_at: datetime
    previous_starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class SentMail:
    """One mail about an appointment: what it was in French, when it was written and accepted, in UTC."""

    kind: str
    queued_at: datetime
    sent_at: datetime | None
    state: MailState


_CONFIRMED, _RESCHEDULED, _CANCELLED = "Confirmation", "Nouvelle date", "Annulation"
_WORDS: Mapping[str, str] = {
    MailKind.CONFIRMED: _CONFIRMED,
    MailKind.TO_CONFIRM: _CONFIRMED,
    MailKind.RESCHEDULED: _RESCHEDULED,
    MailKind.MOVED_TO_CONFIRM: _RESCHEDULED,
    MailKind.CANCELLED: _CANCELLED,
    MailKind.LAPSED: _CANCELLED,
    MailKind.LINK: "Lien du rendez-vous",
    MailKind.REMINDER: "Rappel",
}


def history(public_id: str) -> tuple[Change, ...]:
    """Return what happened to an appointment, oldest first; nothing for an unknown one."""
    query = (
        select(AppointmentChange)
        .join(Appointment, col(Appointment.id) == col(AppointmentChange.appointment_id))
        .where(col(Appointment.public_id) == public_id, col(AppointmentChange.kind) != ChangeKind.CONFIRMED)
        .order_by(col(AppointmentChange.id))
    )
    with database.reading() as session:
        rows = session.execute(query).scalars().all()
    return tuple(_change(row) for row in rows)


def mails(public_id: str) -> tuple[SentMail, ...]:
    """Return the mails written about an appointment, oldest first; nothing for an unknown one."""
    columns = (OutboxMail.kind, OutboxMail.created_at, OutboxMail.sent_at, OutboxMail.gave_up_at)
    query = (
        select(*(col(column) for column in columns))
        .join(Appointment, col(Appointment.id) == col(OutboxMail.appointment_id))
        .where(col(Appointment.public_id) == public_id, col(OutboxMail.kind).in_(_WORDS))
        .order_by(col(OutboxMail.id))
    )
    with database.reading() as session:
        rows = session.execute(query).all()
    was_to_confirm = any(row.kind == MailKind.TO_CONFIRM for row in rows)
    return tuple(
        SentMail(_WORDS[row.kind], row.created_at, row.sent_at, _state(row.sent_at, row.gave_up_at))
        for row in rows
        if not (was_to_confirm and row.kind == MailKind.CONFIRMED)
    )


def _change(row: AppointmentChange) -> Change:
    kind = ChangeKind(row.kind)
    shown = ChangeKind.CANCELLED if kind is ChangeKind.LAPSED else kind
    return Change(shown, row.revision, row.at, row.starts_at, row.previous_starts_at)


def _state(sent_at: datetime | None, gave_up_at: datetime | None) -> MailState:
    if sent_at is not None:
        return MailState.SENT
    return MailState.GIVEN_UP if gave_up_at is not None else MailState.WAITING
