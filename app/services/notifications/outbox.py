"""The outbox: mails are written here in the transaction of the change they tell about, and sent later.

The unique key of a mail names its event, so that an event told twice is one mail.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum
from secrets import token_hex
from typing import Any

import sqlalchemy
from sqlmodel import Session, col, select

from app import clock
from app.models import OutboxMail
from app.services import database, upsert
from app.services.notifications.messages import Message
from app.settings import get_settings

DEMO_MAILBOX_KEEPS = timedelta(days=1)
_SHOWN_AT_MOST = 50
_LARGEST_ID = 2**31 - 1
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"\\@]+@[^\s<>()\[\],;:\"\\@]+")


class MailKind(StrEnum):
    """What a mail is about."""

    CONFIRMED = "confirmed"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    LINK = "link"
    ACTIVATION = "activation"
    ADDRESS_IN_USE = "address_in_use"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    ADDRESS_CHANGE = "address_change"
    ADDRESS_CHANGED = "address_changed"
    RECOVERY = "recovery"
    SECRETS_CHANGED = "secrets_changed"
    ASSISTANCE = "assistance"
    REMINDER = "reminder"
    ACCOUNT_CLOSED = "account_closed"
    TO_CONFIRM = "to_confirm"
    MOVED_TO_CONFIRM = "moved_to_confirm"
    LAPSED = "lapsed"
    WAITING_JOINED = "waiting_joined"
    WAITING_FULL = "waiting_full"
    WAITING_OFFER = "waiting_offer"
    WAITING_OVER = "waiting_over"


class RecipientError(ValueError):
    """The recipient is not one plain mail address."""


@dataclass(frozen=True, slots=True)
class MailView:
    """One line of the demo mailbox."""

    id: int
    kind: str
    recipient: str
    subject: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """One mail of the demo mailbox, opened; `calendar` is the text of its `.ics` file, if it has one.

    `calendar_method` is what that file asks for, PUBLISH or CANCEL.
    """

    id: int
    kind: str
    sender: str
    recipient: str
    subject: str
    created_at: datetime
    text: str
    html: str
    calendar: str | None
    calendar_method: str


def appointment_key(kind: MailKind, public_id: str, revision: int) -> str:
    """Return the unique key of the mail that tells this revision of an appointment."""
    return f"{kind}:{public_id}:{revision}"


def queue(
    session: Session,
    *,
    kind: str,
    dedup_key: str,
    recipient: str,
    visitor_key: str,
    message: Message,
    appointment_id: int | None = None,
) -> None:
    """Write a mail in the caller's transaction; nothing happens when `dedup_key` was queued before.

    Raise RecipientError unless `recipient` is one plain address.
    """
    if not _ADDRESS.fullmatch(recipient) or not recipient.isprintable():
        raise RecipientError("the recipient is not one plain mail address")
    now = clock.now()
    row = {
        "kind": kind,
        "dedup_key": dedup_key,
        "recipient": recipient,
        "visitor_key": visitor_key,
        "appointment_id": appointment_id,
        "message_id": f"<{token_hex(16)}@{_sender_domain()}>",
        "subject": " ".join(message.subject.splitlines()),
        "text_body": message.text,
        "html_body": message.html,
        "calendar": message.calendar,
        "calendar_method": message.calendar_method,
        "created_at": now,
        "next_attempt_at": now,
        "attempts": 0,
        "address_refused": False,
        "last_error": "",
    }
    session.exec(upsert.insert(session, OutboxMail).values(row).on_conflict_do_nothing(index_elements=["dedup_key"]))


def is_refused(dedup_key: str) -> bool:
    """Tell whether a mail was given up because the mail server refuses its address for good."""
    with database.reading() as session:
        return refused_in(session, dedup_key)


def refused_in(session: Session, dedup_key: str) -> bool:
    """Tell the same inside a transaction."""
    return _is(session, dedup_key, col(OutboxMail.address_refused))


def is_awaited(dedup_key: str) -> bool:
    """Tell whether a mail has yet to be taken or refused."""
    with database.reading() as session:
        return _is(session, dedup_key, col(OutboxMail.sent_at).is_(None), col(OutboxMail.gave_up_at).is_(None))


def for_visitor(visitor_key: str) -> tuple[MailView, ...]:
    """Return the visitor's own mails of the last day, newest first; none where mails are really sent."""
    if not _mailbox_is_open(visitor_key):
        return ()
    columns = (OutboxMail.id, OutboxMail.kind, OutboxMail.recipient, OutboxMail.subject, OutboxMail.created_at)
    query = (
        sqlalchemy.select(*columns)  # type: ignore[call-overload]
        .where(*_own_and_recent(visitor_key))
        .order_by(col(OutboxMail.id).desc())
        .limit(_SHOWN_AT_MOST)
    )
    with database.reading() as session:
        return tuple(MailView(*row) for row in session.exec(query))


def mail_of_visitor(visitor_key: str, mail_id: int) -> OpenedMail | None:
    """Return one of the visitor's own mails of the last day, or None when it is not one of them."""
    if not _mailbox_is_open(visitor_key) or not 0 < mail_id <= _LARGEST_ID:
        return None
    query = select(OutboxMail).where(OutboxMail.id == mail_id, *_own_and_recent(visitor_key))
    with database.reading() as session:
        mail = session.exec(query).first()
    if mail is None:
        return None
    return OpenedMail(
        id=mail_id,
        kind=mail.kind,
        sender=get_settings().mail_from,
        recipient=mail.recipient,
        subject=mail.subject,
        created_at=mail.created_at,
        text=mail.text_body or "",
        html=mail.html_body or "",
        calendar=mail.calendar,
        calendar_method=mail.calendar_method,
    )


def _is(session: Session, dedup_key: str, *conditions: Any) -> bool:
    query = select(OutboxMail.id).where(OutboxMail.dedup_key == dedup_key, *conditions)
    return session.exec(query).first() is not None


def _mailbox_is_open(visitor_key: str) -> bool:
    return bool(visitor_key) and get_settings().demo_mailbox


def _own_and_recent(visitor_key: str) -> tuple[Any, ...]:
    return (
        OutboxMail.visitor_key == visitor_key,
        col(OutboxMail.created_at) > clock.now() - DEMO_MAILBOX_KEEPS,
        col(OutboxMail.text_body).is_not(None),
    )


def _sender_domain() -> str:
    return parseaddr(get_settings().mail_from)[1].rpartition("@")[2] or "localhost"
