"""What happened to an appointment and which mails were sent about it, as its pages tell it.

An appointment that must be confirmed from its mail looks here like any other, before and after, and one that was
released looks cancelled: what whoever booked sees must not tell that the address has other appointments
(docs/decisions/0015). The mails themselves say it all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

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
    REFUSED = "refused"


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
    columns = (
        OutboxMail.kind,
        OutboxMail.dedup_key,
        OutboxMail.created_at,
        OutboxMail.sent_at,
        OutboxMail.gave_up_at,
        OutboxMail.address_refused,
    )
    query = (
        select(*(col(column) for column in columns))
        .join(Appointment, col(Appointment.id) == col(OutboxMail.appointment_id))
        .where(col(Appointment.public_id) == public_id, col(OutboxMail.kind).in_(_WORDS))
        .order_by(col(OutboxMail.id))
    )
    with database.reading() as session:
        rows = session.execute(query).all()
    asked = {_event(row.dedup_key) for row in rows if row.kind in (MailKind.TO_CONFIRM, MailKind.MOVED_TO_CONFIRM)}
    return tuple(
        SentMail(_WORDS[row.kind], row.created_at, row.sent_at, _state(row))
        for row in rows
        if not (row.kind == MailKind.CONFIRMED and _event(row.dedup_key) in asked)
    )


def _event(dedup_key: str) -> str:
    """Return the appointment and revision that a mail tells of: an answer to it has the same."""
    return dedup_key.partition(":")[2]


def _change(row: AppointmentChange) -> Change:
    kind = ChangeKind(row.kind)
    shown = ChangeKind.CANCELLED if kind is ChangeKind.LAPSED else kind
    return Change(shown, row.revision, row.at, row.starts_at, row.previous_starts_at)


def _state(row: Any) -> MailState:
    if row.sent_at is not None:
        return MailState.SENT
    if row.address_refused:
        return MailState.REFUSED
    return MailState.GIVEN_UP if row.gave_up_at is not None else MailState.WAITING
