"""The outbox against a mail server that accepts, refuses, hangs and hangs up."""

import asyncio
import os
import re
import signal
import smtplib
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from app import clock
from app.models import OutboxMail
from app.services import database, health
from app.services.notifications import delivery, messages, outbox, smtp
from app.services.notifications.outbox import MailKind
from app.settings import get_settings
from tests import days, factories
from tests.mails import FACTS
from tests.smtp import MailServer, Mode, mail_server

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
LONG_AGO = timedelta(hours=2)


@pytest.fixture
def server(db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as running:
        use(monkeypatch, running.url())
        yield running


def use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SMTP_URL", url)
    get_settings.cache_clear()


def queue(
    key: str = "confirmed:a:1", *, visitor: str = "visitor", to: str = "a@test.example", appointment: int | None = None
) -> None:
    with database.writing() as session:
        queue_in(session, key, visitor, to, appointment)


def queue_in(
    session: Session, key: str, visitor: str = "visitor", to: str = "a@test.example", appointment: int | None = None
) -> None:
    outbox.queue(
        session,
        kind=MailKind.CONFIRMED,
        dedup_key=key,
        recipient=to,
        visitor_key=visitor,
        message=messages.confirmed(FACTS),
        appointment_id=appointment,
    )


def rows() -> list[OutboxMail]:
    with database.reading() as session:
        return list(session.exec(select(OutboxMail).order_by("id")))


def only() -> OutboxMail:
    [row] = rows()
    return row


def ids(server: MailServer) -> list[str]:
    return [str(mail["message-id"]) for mail in server.accepted]


def test_a_mail_arrives_whole(server: MailServer) -> None:
    queue(to="camille@test.example")
    assert delivery.deliver_due() == 1
    [mail] = server.accepted
    assert mail["to"] == "camille@test.example"
    assert server.recipients == ["camille@test.example"]
    assert mail["subject"] == messages.confirmed(FACTS).subject
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == messages.confirmed(FACTS).text.splitlines()
    assert [part.get_content_type() for part in mail.iter_attachments()] == ["text/calendar"]


def test_one_mail_for_each_appointment_revision_and_kind(server: MailServer) -> None:
    first = outbox.appointment_key(MailKind.CONFIRMED, "a", 1)
    for key in (first, first, outbox.appointment_key(MailKind.RESCHEDULED, "a", 2), first):
        queue(key)
    assert delivery.deliver_due() == 2
    assert len(server.accepted) == 2


def test_the_same_event_told_by_many_at_once_is_one_mail(db: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: queue("same"), range(16)))
    assert len(rows()) == 1


def test_a_mail_is_only_there_when_the_change_is(db: str) -> None:
    def changes_its_mind() -> None:
        with database.writing() as session:
            queue_in(session, "k")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        changes_its_mind()
    assert rows() == []


def test_once_accepted_never_again(server: MailServer) -> None:
    queue()
    assert delivery.deliver_due() == 1
    with clock.moved(clock.now() + timedelta(days=2)):
        assert delivery.deliver_due() == 0
    assert len(server.accepted) == 1


def test_bodies_are_erased_once_sent(server: MailServer) -> None:
    queue()
    delivery.deliver_due()
    sent = only()
    assert sent.sent_at is not None
    assert (sent.text_body, sent.html_body, sent.calendar) == (None, None, None)


def test_what_a_mail_says_is_unreadable_in_the_database(db: str) -> None:
    queue(to="camille@test.example")
    with database.reading() as session:
        stored = str(session.execute(text("SELECT * FROM outbox_mail")).one())
    for secret in ("camille@", "Camille", "novembre", "RDV-7K3M", "VCALENDAR"):
        assert secret not in stored


@pytest.mark.parametrize("mode", [Mode.REFUSE_FOR_NOW, Mode.REFUSE_FOR_GOOD, Mode.DELAY_RECIPIENT])
def test_a_refused_mail_goes_out_later_with_the_same_id(server: MailServer, mode: Mode) -> None:
    with clock.moved(START):
        queue(to="camille@test.example")
        server.mode = mode
        assert delivery.deliver_due() == 0
        assert delivery.deliver_due() == 0
        waiting = only()
        assert server.attempts == 1
        assert re.match(r"4\d\d|5\d\d", waiting.last_error)
        assert "camille" not in waiting.last_error
    server.mode = Mode.ACCEPT
    with clock.moved(START + LONG_AGO):
        assert delivery.deliver_due() == 1
    assert ids(server) == [waiting.message_id]


@pytest.mark.parametrize(
    "answer", ["550 5.1.1 <{address}> unknown", "550 no such user", "553 bad mailbox", "551 moved"]
)
def test_an_address_refused_for_good_is_never_tried_again(server: MailServer, answer: str) -> None:
    server.refusal = answer
    server.refused.add("camille@test.example")
    with clock.moved(START):
        queue(to="camille@test.example")
        queue("other", to="other@test.example")
        assert delivery.deliver_due() == 1, "the others go out"
    server.refused.clear()
    with clock.moved(START + LONG_AGO):
        assert delivery.deliver_due() == 0
    lost = rows()[0]
    assert (lost.address_refused, lost.gave_up_at, lost.attempts) == (True, START, 1)
    assert (lost.text_body, lost.html_body) == (None, None)
    assert "camille" not in lost.last_error
    assert delivery.given_up() == 0, "the operator has nothing to mend"


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.7.1 relaying denied",
        "550 relay not permitted",
        "554 5.7.1 your host is on our list",
        "530 5.7.0 authentication required",
        "550 5.1.8 sender address does not exist",
        "552 5.2.2 mailbox full",
        "550 4.1.1 these two do not agree",
        "450 5.1.1 nor do these",
    ],
)
def test_what_the_server_has_against_the_portal_is_not_held_against_the_address(
    server: MailServer, answer: str
) -> None:
    server.refusal, server.mode = answer, Mode.REFUSE_RECIPIENT
    with clock.moved(START):
        queue()
        assert delivery.deliver_due() == 0
    assert (only().address_refused, only().gave_up_at) == (False, None)
    server.mode = Mode.ACCEPT
    with clock.moved(START + LONG_AGO):
        assert delivery.deliver_due() == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (smtplib.SMTPDataError(550, b"5.1.1 unknown"), True),
        (smtplib.SMTPDataError(554, b"5.6.0 message refused"), False),
        (smtplib.SMTPDataError(550, b"blocked as spam"), False),
        (smtplib.SMTPDataError(552, b"too large"), False),
        (smtplib.SMTPSenderRefused(550, b"5.1.1 unknown", "us@test.example"), False),
        (smtplib.SMTPConnectError(554, b"5.1.1 go away"), False),
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 wrong password"), False),
        (TimeoutError(), False),
    ],
)
def test_only_an_answer_about_the_address_is_taken_for_one(error: OSError, expected: bool) -> None:
    assert smtp.refuses_address(error) is expected


def test_the_wait_grows_and_is_never_the_same_for_all(server: MailServer) -> None:
    server.mode = Mode.REFUSE_FOR_NOW
    with clock.moved(START):
        queue()
    now, waits = START, []
    for _ in range(10):
        with clock.moved(now):
            delivery.deliver_due()
        waits.append(only().next_attempt_at - now)
        now = only().next_attempt_at
    assert timedelta(seconds=20) < waits[0] < timedelta(seconds=40)
    assert waits[4] > waits[0] * 4
    assert max(waits) <= timedelta(minutes=75)
    assert len({delivery._wait_after(3) for _ in range(20)}) > 10


def test_a_mail_refused_for_a_day_is_given_up_visibly(server: MailServer) -> None:
    server.mode = Mode.REFUSE_FOR_NOW
    now = START
    with clock.moved(now):
        queue()
    for _ in range(60):
        with clock.moved(now):
            delivery.deliver_due()
        if only().gave_up_at:
            break
        now = only().next_attempt_at
    lost = only()
    assert lost.gave_up_at is not None
    assert timedelta(days=1) <= lost.gave_up_at - START < timedelta(days=1, hours=2)
    assert lost.last_error.startswith("451")
    assert lost.text_body is None
    server.mode = Mode.ACCEPT
    with clock.moved(now + timedelta(days=3)):
        assert delivery.deliver_due() == 0
        assert delivery.given_up() == 1
        assert health.outbox().waiting == 0


def test_a_mail_that_no_worker_could_try_for_days_still_gets_its_chance(server: MailServer) -> None:
    with clock.moved(START):
        queue()
    with clock.moved(START + timedelta(days=3)):
        assert delivery.deliver_due() == 1


def test_a_silent_server_is_waited_for_but_not_for_ever(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.3)
    server.mode = Mode.HANG
    with clock.moved(START):
        for number in range(3):
            queue(f"k{number}")
        assert delivery.deliver_due() == 0
        assert server.attempts == 1, "the others do not wait for the same silence"
    server.mode = Mode.ACCEPT
    with clock.moved(START + LONG_AGO):
        assert delivery.deliver_due() == 3


def test_a_server_that_is_away_is_tried_again(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server() as gone:
        url = gone.url()
    use(monkeypatch, url)
    with clock.moved(START):
        queue()
        assert delivery.deliver_due() == 0
        assert "ConnectionRefused" in only().last_error
    with mail_server() as back, clock.moved(START + LONG_AGO):
        use(monkeypatch, back.url())
        assert delivery.deliver_due() == 1


def test_a_connection_cut_after_the_data_sends_again_under_one_id(server: MailServer) -> None:
    server.mode = Mode.CUT_AFTER_DATA
    with clock.moved(START):
        queue()
        assert delivery.deliver_due() == 0
    server.mode = Mode.ACCEPT
    with clock.moved(START + LONG_AGO):
        assert delivery.deliver_due() == 1
    assert [str(mail["message-id"]) for mail in server.cut] == ids(server)
    assert [str(mail["date"]) for mail in server.cut] == [str(mail["date"]) for mail in server.accepted]


def test_a_connection_cut_after_acceptance_sends_no_second_mail(server: MailServer) -> None:
    server.mode = Mode.CUT_AFTER_ACCEPTANCE
    with clock.moved(START):
        queue()
        assert delivery.deliver_due() == 1
    with clock.moved(START + LONG_AGO):
        assert delivery.deliver_due() == 0
    assert len(server.accepted) == 1


def test_workers_that_race_deliver_each_mail_once(server: MailServer) -> None:
    server.delay = 0.02
    for number in range(24):
        queue(f"k{number}")

    def work(_: int) -> None:
        deadline = time.monotonic() + 60
        while health.outbox().waiting and time.monotonic() < deadline:
            delivery.deliver_due()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert len(server.accepted) == 24
    assert len(set(ids(server))) == 24
    assert {row.attempts for row in rows()} == {1}


def test_a_worker_killed_before_the_answer_is_replaced_after_its_lease(server: MailServer, tmp_path: Path) -> None:
    server.mode = Mode.HANG
    queue()
    program = days.same_day() + "from app.services.notifications import delivery; delivery.deliver_due()"
    worker = subprocess.Popen([sys.executable, "-c", program], env=os.environ, cwd=Path(__file__).parents[2])
    try:
        wait_until(lambda: server.attempts == 1)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    server.mode = Mode.ACCEPT
    assert delivery.deliver_due() == 0, "the lease still stands"
    with clock.moved(clock.now() + delivery.LEASE + timedelta(seconds=1)):
        assert delivery.deliver_due() == 1
    assert ids(server) == [only().message_id]


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_worker_that_was_too_slow_does_not_undo_what_another_did(server: MailServer) -> None:
    with clock.moved(START):
        queue()
        slow = delivery._claim()
    assert slow is not None
    with clock.moved(START + delivery.LEASE + timedelta(seconds=1)):
        assert delivery.deliver_due() == 1
        delivery._record_failure(slow, "too slow")
        assert delivery.deliver_due() == 0
    assert only().sent_at is not None
    assert only().last_error == ""


def test_an_acceptance_is_written_even_when_the_database_hesitates(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue()
    monkeypatch.setattr(delivery, "RECORD_PAUSE_SECONDS", 0.01)
    really, failures = database.writing, iter([False, True, True])

    def away_at_first() -> object:
        if next(failures, False):
            raise OperationalError("UPDATE", {}, Exception("away"))
        return really()

    monkeypatch.setattr(database, "writing", away_at_first)
    assert delivery.deliver_due() == 1
    monkeypatch.setattr(database, "writing", really)
    assert only().sent_at is not None
    assert len(server.accepted) == 1


def test_mails_of_one_appointment_leave_in_order(server: MailServer) -> None:
    office = factories.make_office()
    appointment = factories.make_appointment(office.id, START, factories.make_slots(office, START))
    server.mode = Mode.REFUSE_FOR_NOW
    with clock.moved(START):
        queue("confirmed", appointment=appointment)
        delivery.deliver_due()
        queue("cancelled", appointment=appointment)
        queue("of somebody else")
        server.mode = Mode.ACCEPT
        assert delivery.deliver_due() == 1, "the cancellation waits for the confirmation"
    with clock.moved(START + LONG_AGO):
        assert delivery.deliver_due() == 2
    order = [next(row.dedup_key for row in rows() if row.message_id == sent) for sent in ids(server)]
    assert order == ["of somebody else", "confirmed", "cancelled"]


def test_the_oldest_mail_goes_first_and_a_batch_is_bounded(server: MailServer) -> None:
    for number in range(5):
        with clock.moved(START + timedelta(seconds=number)):
            queue(f"k{number}", to=f"k{number}@test.example")
    assert delivery.deliver_due(limit=3) == 3
    assert server.recipients == ["k0@test.example", "k1@test.example", "k2@test.example"]
    assert delivery.deliver_due(should_stop=lambda: True) == 0


@pytest.mark.parametrize(
    "recipient",
    ["a@test.example\r\nBcc: b@test.example", "a@b, c@d", "Camille <a@test.example>", "nobody", "a@b@c", "", "a@b\x00"],
)
def test_a_recipient_is_one_plain_address(db: str, recipient: str) -> None:
    with pytest.raises(outbox.RecipientError):
        queue(to=recipient)


def test_the_background_task_delivers_until_it_is_stopped(server: MailServer) -> None:
    async def live() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(delivery.run_forever(stop))
        await asyncio.to_thread(queue)
        await asyncio.to_thread(wait_until, lambda: len(server.accepted) == 1)
        stop.set()
        await asyncio.wait_for(task, 5)

    asyncio.run(live())
    assert only().sent_at is not None


def test_the_background_task_survives_an_exception(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    really, calls = delivery.deliver_due, threading.Event()

    def fails_once(limit: int = 20, should_stop: object = None) -> int:
        if not calls.is_set():
            calls.set()
            raise OperationalError("SELECT", {}, Exception("away"))
        return really()

    monkeypatch.setattr(delivery, "deliver_due", fails_once)
    monkeypatch.setattr(delivery, "POLL_SECONDS", 0.01)
    test_the_background_task_delivers_until_it_is_stopped(server)


def test_an_unusable_setting_is_said_at_once(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "ftp://mail.example")
    with pytest.raises(smtp.SmtpUrlError):
        asyncio.run(delivery.run_forever(asyncio.Event()))


def test_mails_travel_encrypted_from_the_start(db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = certified(tmp_path, monkeypatch)
    with mail_server(tls=context) as server:
        use(monkeypatch, server.url())
        queue()
        assert delivery.deliver_due() == 1
        assert len(server.accepted) == 1


def test_mails_and_the_password_travel_encrypted_after_starttls(
    db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = certified(tmp_path, monkeypatch)
    with mail_server(starttls=context, login=True) as server:
        use(monkeypatch, server.url("guichet:geheim%3A%201%2F2", "?starttls=1"))
        queue()
        assert delivery.deliver_due() == 1
        assert len(server.accepted) == 1
    assert server.users == ["guichet"]


def test_a_server_nobody_vouches_for_gets_nothing(db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = certified(tmp_path, monkeypatch)
    monkeypatch.delenv("SSL_CERT_FILE")
    with mail_server(starttls=context) as server:
        use(monkeypatch, server.url(query="?starttls=1"))
        queue()
        assert delivery.deliver_due() == 0
        assert server.attempts == 0
    assert "SSLCertVerificationError" in only().last_error


def certified(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Make a certificate for localhost that this process trusts; return what the server needs."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        # OpenSSL asks the machine for the day, wherever the tests live.
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


def without_stamp(calendar: str | None) -> list[str]:
    return [each for each in str(calendar).split("\r\n") if not each.startswith("DTSTAMP:")]


def test_the_demo_mailbox_shows_only_ones_own_mails_newest_first(db: str) -> None:
    for key, visitor in (("k1", "camille"), ("k2", "dominique"), ("k3", "camille")):
        queue(key, visitor=visitor)
    shown = outbox.for_visitor("camille")
    assert [mail.id for mail in shown] == [3, 1]
    assert outbox.for_visitor("nobody") == ()
    assert outbox.for_visitor("") == ()
    opened = outbox.mail_of_visitor("camille", 1)
    assert opened is not None
    assert opened.text == messages.confirmed(FACTS).text
    # Each file says the second in which it was written.
    assert without_stamp(opened.calendar) == without_stamp(messages.confirmed(FACTS).calendar)
    assert opened.calendar_method == "PUBLISH"
    assert outbox.mail_of_visitor("camille", 2) is None
    assert outbox.mail_of_visitor("", 1) is None


def test_the_demo_mailbox_keeps_mails_a_day(db: str) -> None:
    with clock.moved(START):
        queue(visitor="camille")
        assert delivery.deliver_due() == 1
        assert delivery.deliver_due() == 0
    with clock.moved(START + timedelta(hours=23)):
        delivery.erase_old_bodies()
        assert len(outbox.for_visitor("camille")) == 1
    with clock.moved(START + timedelta(hours=25)):
        assert outbox.for_visitor("camille") == ()
        assert outbox.mail_of_visitor("camille", 1) is None
        assert delivery.erase_old_bodies() == 1
        assert delivery.erase_old_bodies() == 0
    assert only().text_body is None
    assert only().html_body is None


def test_there_is_no_demo_mailbox_where_mails_are_sent(server: MailServer) -> None:
    queue(visitor="camille")
    assert outbox.for_visitor("camille") == ()
    assert outbox.mail_of_visitor("camille", 1) is None


def test_another_persons_revision_is_another_mail(db: str) -> None:
    facts = replace(FACTS, public_id="b")
    keys = {outbox.appointment_key(kind, facts.public_id, revision) for kind in MailKind for revision in range(1, 4)}
    assert len(keys) == 3 * len(MailKind)
    assert all(len(key) < 120 for key in keys)
