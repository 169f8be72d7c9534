"""Sends what waits in the outbox, by any number of workers.

A worker claims one mail by a lease, hands it to the mail server and records the answer. A worker that dies in
between loses its lease and the mail goes out again under the same Message-ID. Once the server has accepted a mail
it is never offered again, nor is one whose address the server refused for good. The mails of one appointment go out in
the order in which they were written. A reminder whose appointment was cancelled or moved meanwhile is dropped.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from enum import Enum, auto
from random import SystemRandom
from secrets import token_hex
from typing import Any

import structlog
from sqlalchemy import delete, exists, func, or_, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from app import clock
from app.models import Appointment, AppointmentStatus, OutboxMail
from app.services import database
from app.services.notifications import outbox, smtp
from app.services.notifications.outbox import DEMO_MAILBOX_KEEPS, MailKind
from app.settings import get_settings

LEASE = timedelta(minutes=3)
GIVES_UP_AFTER = timedelta(days=1)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
POLL_SECONDS = 1.0
TIDY_SECONDS = 600.0
RECORD_PAUSE_SECONDS = 0.5
_NO_BODY: dict[str, Any] = {"text_body": None, "html_body": None, "calendar": None}

_log = structlog.get_logger(__name__)
_random = SystemRandom()


def deliver_due(limit: int = 20, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Send at most `limit` mails that are due; return how many the server accepted.

    Blocks for as long as the mail server takes: run it in a thread. `should_stop` is asked before each mail.
    Raise SmtpUrlError when the setting cannot be used. Without a mail server, mails count as sent at once
    and stay readable in the demo mailbox for a day.
    """
    if get_settings().demo_mailbox:
        return _keep_in_mailbox()
    server = smtp.server(get_settings().smtp_url)
    accepted = 0
    for _ in range(limit):
        if should_stop():
            break
        mail = _claim()
        if mail is None:
            break
        outcome = _attempt(server, mail)
        accepted += outcome is _Outcome.ACCEPTED
        if outcome is _Outcome.UNREACHABLE:
            # The next mail would only wait for the same silence.
            break
    return accepted


async def run_forever(stop: asyncio.Event) -> None:
    """Deliver until `stop` is set; survive a database or a mail server that is away for a while.

    Raise SmtpUrlError at once when SMTP_URL cannot be used.
    """
    if not get_settings().demo_mailbox:
        smtp.server(get_settings().smtp_url)
    next_tidying = 0.0
    while not stop.is_set():
        accepted = 0
        try:
            if time.monotonic() >= next_tidying:
                await asyncio.to_thread(erase_old_bodies)
                next_tidying = time.monotonic() + TIDY_SECONDS
            accepted = await asyncio.to_thread(deliver_due, should_stop=stop.is_set)
        except Exception:
            _log.exception("mail_delivery_failed")
        if not accepted:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)


def erase_old_bodies() -> int:
    """Erase what sent mails say once the demo mailbox has shown them for a day; return how many mails that was."""
    old = (
        col(OutboxMail.created_at) <= clock.now() - DEMO_MAILBOX_KEEPS,
        col(OutboxMail.text_body).is_not(None),
        col(OutboxMail.sent_at).is_not(None),
    )
    with database.writing() as session:
        return session.exec(update(OutboxMail).where(*old).values(**_NO_BODY)).rowcount


def given_up() -> int:
    """Return how many mails were given up, for /metrics and operators; each one is in the log too.

    Those whose address takes no mail are not among them: nothing is wrong with the mail server then. But the address
    of the assistance is a setting, which nobody else can correct.
    """
    is_ours = or_(col(OutboxMail.address_refused).is_(False), col(OutboxMail.kind) == MailKind.ASSISTANCE)
    lost = (col(OutboxMail.gave_up_at).is_not(None), is_ours)
    with database.reading() as session:
        return session.exec(select(func.count()).where(*lost)).one()


class _Outcome(Enum):
    ACCEPTED = auto()
    REFUSED = auto()
    UNREACHABLE = auto()
    DROPPED = auto()


def _attempt(server: smtp.Server, mail: OutboxMail) -> _Outcome:
    if not _is_still_true(mail):
        _drop(mail)
        return _Outcome.DROPPED
    try:
        smtp.send(server, smtp.composed(mail, get_settings().mail_from))
    except OSError as error:  # smtplib's exceptions among them
        _record_failure(mail, smtp.reason(error), address_refused=smtp.refuses_address(error))
        return _Outcome.UNREACHABLE if smtp.is_silence(error) else _Outcome.REFUSED
    except Exception as error:
        # A mail that cannot even be composed must not stop the others.
        _log.exception("mail_not_composed", mail=mail.id)
        _record_failure(mail, type(error).__name__)
        return _Outcome.REFUSED
    _record_acceptance(mail)
    return _Outcome.ACCEPTED


def _claim() -> OutboxMail | None:
    """Lease the next due mail to this call, None when none is due."""
    # Reading first: an idle worker must not take SQLite's write lock every second.
    with database.reading() as session:
        if session.exec(_due()).first() is None:
            return None
    with database.writing() as session:
        mail: OutboxMail | None = session.exec(_due().with_for_update(skip_locked=True)).first()
        if mail is not None:
            mail.lease_id = token_hex(16)
            mail.leased_until = clock.now() + LEASE
            mail.attempts += 1
    return mail


def _due() -> Any:
    now = clock.now()
    earlier = aliased(OutboxMail)
    waits_for_another = exists().where(
        col(earlier.appointment_id) == OutboxMail.appointment_id,
        col(earlier.id) < col(OutboxMail.id),
        *_waiting(earlier),
    )
    return (
        select(OutboxMail)
        .where(
            *_waiting(OutboxMail),
            col(OutboxMail.next_attempt_at) <= now,
            col(OutboxMail.leased_until).is_(None) | (col(OutboxMail.leased_until) <= now),
            ~waits_for_another,
        )
        .order_by(col(OutboxMail.next_attempt_at), col(OutboxMail.id))
        .limit(1)
    )


def _waiting(mail: Any) -> tuple[Any, ...]:
    return (col(mail.sent_at).is_(None), col(mail.gave_up_at).is_(None))


def _is_still_true(mail: OutboxMail) -> bool:
    """Tell whether a mail may go out: a reminder only while its appointment stands as it was when it was queued."""
    if mail.kind != MailKind.REMINDER:
        return True
    query = select(Appointment).where(col(Appointment.id) == mail.appointment_id)
    with database.reading() as session:
        of_it = session.exec(query).first()
    if of_it is None or of_it.status != AppointmentStatus.BOOKED or of_it.starts_at <= clock.now():
        return False
    return mail.dedup_key == outbox.appointment_key(MailKind.REMINDER, of_it.public_id, of_it.revision)


def _drop(mail: OutboxMail) -> None:
    mine = (col(OutboxMail.id) == mail.id, col(OutboxMail.lease_id) == mail.lease_id, *_waiting(OutboxMail))
    with database.writing() as session:
        session.exec(delete(OutboxMail).where(*mine))
    _log.info("mail_dropped", mail=mail.id, kind=mail.kind)


def _record_failure(mail: OutboxMail, reason: str, *, address_refused: bool = False) -> None:
    now = clock.now()
    values: dict[str, Any] = {"last_error": reason, "leased_until": None, "lease_id": None}
    told = {"mail": mail.id, "kind": mail.kind, "attempts": mail.attempts, "reason": reason}
    if address_refused:
        # The person reads of it and corrects the address, unless it is that of the settings.
        values |= {"gave_up_at": now, "address_refused": True, **_NO_BODY}
        tell = _log.error if mail.kind == MailKind.ASSISTANCE else _log.warning
        tell("mail_address_refused", **told)
    elif now - mail.created_at >= GIVES_UP_AFTER:
        values |= {"gave_up_at": now, **_NO_BODY}
        _log.error("mail_given_up", **told)
    else:
        values |= {"next_attempt_at": now + _wait_after(mail.attempts)}
        _log.warning("mail_not_sent", **told)
    # The lease is named: a worker that was too slow must not touch what another has claimed since.
    mine = (col(OutboxMail.id) == mail.id, col(OutboxMail.lease_id) == mail.lease_id, *_waiting(OutboxMail))
    with database.writing() as session:
        session.exec(update(OutboxMail).where(*mine).values(**values))


def _record_acceptance(mail: OutboxMail) -> None:
    """Write that the server took the mail, insisting while the database is away: forgetting would send it twice."""
    values = {
        "sent_at": clock.now(),
        "gave_up_at": None,
        "address_refused": False,
        "leased_until": None,
        "lease_id": None,
        **_NO_BODY,
    }
    statement = update(OutboxMail).where(col(OutboxMail.id) == mail.id).values(**values)
    deadline = time.monotonic() + LEASE.total_seconds()
    while True:
        try:
            with database.writing() as session:
                session.exec(statement)
        except DBAPIError:
            if time.monotonic() > deadline:
                raise
            time.sleep(RECORD_PAUSE_SECONDS)
        else:
            _log.info("mail_sent", mail=mail.id, kind=mail.kind, attempts=mail.attempts)
            return


def _keep_in_mailbox() -> int:
    with database.reading() as session:
        if session.exec(select(OutboxMail.id).where(*_waiting(OutboxMail)).limit(1)).first() is None:
            return 0
    with database.writing() as session:
        return session.exec(update(OutboxMail).where(*_waiting(OutboxMail)).values(sent_at=clock.now())).rowcount


def _wait_after(attempts: int) -> timedelta:
    """Return how long to wait: twice as long after each attempt, up to an hour, more or less a quarter of it."""
    wait: timedelta = min(FIRST_WAIT * 2 ** min(attempts - 1, 12), LONGEST_WAIT)
    return wait * (0.75 + _random.random() / 2)
