"""Reminders: at 9 h where the office is, two days before, each once, and never about what stands no longer."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlmodel import Session, col
from structlog.testing import capture_logs

from app import clock
from app.content import wording
from app.models import Appointment, AppointmentStatus, Channel, OutboxMail
from app.services import database
from app.services.appointments import cancellation, records, reminders, rescheduling
from app.services.appointments.records import Known
from app.services.notifications import delivery, outbox
from app.services.notifications.outbox import MailKind
from app.settings import get_settings
from app.state.confirmation import appointment_card
from tests import factories
from tests.booking import a_visitor, topic_of
from tests.factories import at
from tests.smtp import MailServer, Mode, mail_server

SECOND = timedelta(seconds=1)
BOOKED = at("2026-11-16 10:00")
STARTS = at("2026-11-24 09:30")
DUE = at("2026-11-22 09:00")
ZONES = (
    "Europe/Paris",
    "Indian/Reunion",
    "America/Guadeloupe",
    "America/Cayenne",
    "America/Miquelon",
    "Indian/Mayotte",
    "Pacific/Noumea",
)


def remind_of(starts_at: datetime = STARTS, timezone: str = "Europe/Paris", **more: Any) -> int:
    """Book an appointment as the booking leaves it, with its reminder due; return its id."""
    office = factories.make_office(timezone=timezone)
    seats = factories.make_slots(office, starts_at)
    made = factories.make_appointment(office.id, starts_at, seats)
    values = {"topic_id": topic_of(30), "remind_at": reminders.due_at(starts_at, timezone, clock.now())}
    change(made, **values | more)
    return made


def change(appointment_id: int, **values: Any) -> None:
    with database.writing() as session:
        session.execute(update(Appointment).where(col(Appointment.id) == appointment_id).values(**values))


def appointment(appointment_id: int) -> Appointment:
    with database.reading() as session:
        found = session.get(Appointment, appointment_id)
    assert found is not None
    return found


def queued() -> list[OutboxMail]:
    with database.reading() as session:
        of_kind = col(OutboxMail.kind) == MailKind.REMINDER
        return list(session.execute(select(OutboxMail).where(of_kind).order_by(col(OutboxMail.id))).scalars())


@pytest.fixture
def server(db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as running:
        monkeypatch.setenv("SMTP_URL", running.url())
        get_settings.cache_clear()
        yield running


# When it is due


@pytest.mark.parametrize(
    ("starts", "timezone", "due"),
    [
        ("2026-11-24 09:30", "Europe/Paris", "2026-11-22T08:00"),
        ("2026-07-15 09:30", "Europe/Paris", "2026-07-13T07:00"),
        ("2026-10-26 09:30", "Europe/Paris", "2026-10-24T07:00"),  # winter time begins in between
        ("2026-10-27 09:30", "Europe/Paris", "2026-10-25T08:00"),  # and on the day itself
        ("2027-03-30 14:00", "Europe/Paris", "2027-03-28T07:00"),  # summer time begins on the day itself
        ("2027-01-02 09:00", "Europe/Paris", "2026-12-31T08:00"),
        ("2027-01-04 09:00", "Indian/Reunion", "2027-01-02T05:00"),
        ("2026-11-24 16:30", "America/Guadeloupe", "2026-11-22T13:00"),
        ("2026-11-24 07:00", "Pacific/Noumea", "2026-11-21T22:00"),
    ],
)
def test_it_is_due_at_nine_where_the_office_is(starts: str, timezone: str, due: str) -> None:
    found = reminders.due_at(at(starts, timezone), timezone, datetime(2026, 1, 1, tzinfo=UTC))
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


@given(
    day=st.dates(date(2026, 1, 1), date(2031, 12, 31)),
    minutes=st.integers(0, 24 * 60 - 1),
    timezone=st.sampled_from(ZONES),
    asked=st.timedeltas(timedelta(0), timedelta(days=90)),
)
def test_two_local_days_before_whatever_the_clocks_do(day: date, minutes: int, timezone: str, asked: timedelta) -> None:
    place = ZoneInfo(timezone)
    local = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=place)
    starts = local.astimezone(UTC)
    due = reminders.due_at(starts, timezone, starts - timedelta(days=100))
    assert due is not None
    assert due.tzinfo is UTC
    shown = due.astimezone(place)
    assert (shown.hour, shown.minute, shown.second) == (9, 0, 0)
    assert (starts.astimezone(place).date() - shown.date()).days == 2
    now = starts - asked
    assert reminders.due_at(starts, timezone, now) == (due if due > now else None)


def test_none_for_who_books_at_that_very_instant_or_later() -> None:
    assert reminders.due_at(STARTS, "Europe/Paris", DUE - SECOND) == DUE
    assert reminders.due_at(STARTS, "Europe/Paris", DUE) is None
    assert reminders.due_at(STARTS, "Europe/Paris", STARTS - SECOND) is None


# The job


@pytest.mark.parametrize("timezone", ["Europe/Paris", "Indian/Reunion", "America/Guadeloupe"])
def test_it_goes_out_at_the_right_minute_and_not_a_second_before(db: str, timezone: str) -> None:
    with clock.moved(at("2026-11-16 10:00", timezone)):
        remind_of(at("2026-11-24 09:30", timezone), timezone)
    due = at("2026-11-22 09:00", timezone)
    with clock.moved(due - SECOND):
        assert reminders.queue_due() == 0
    with clock.moved(due):
        assert reminders.queue_due() == 1
    [mail] = queued()
    assert mail.created_at == due


def test_it_says_when_where_what_to_bring_and_how_to_change(db: str) -> None:
    with clock.moved(BOOKED):
        made = appointment(remind_of())
    with clock.moved(DUE):
        reminders.queue_due()
    [mail] = queued()
    assert (mail.recipient, mail.visitor_key, mail.appointment_id) == (made.email, made.visitor_key, made.id)
    assert mail.subject == f"Rappel de votre rendez-vous\u00a0: {wording.moment(STARTS)}"
    for said in (mail.text_body, mail.html_body):
        assert said is not None
        for words in (
            "mardi 24 novembre 2026",
            "rue des Essais",
            made.reference,
            "/rendez-vous/suivi/",
            "Un agent pourra vous téléphoner",
        ):
            assert words in said
    assert mail.calendar is None


def test_none_for_an_appointment_without_one_due(db: str) -> None:
    with clock.moved(DUE):
        made = remind_of()
    assert appointment(made).remind_at is None
    with clock.moved(STARTS - SECOND):
        assert reminders.queue_due() == 0


@pytest.mark.parametrize("values", [{"status": AppointmentStatus.CANCELLED}, {"confirm_until": STARTS}])
def test_none_for_one_that_does_not_stand(db: str, values: dict[str, Any]) -> None:
    with clock.moved(BOOKED):
        remind_of(**values)
    with clock.moved(DUE):
        assert reminders.queue_due() == 0
    assert queued() == []


def test_late_rather_than_never_but_not_once_it_has_begun(db: str) -> None:
    with clock.moved(BOOKED):
        remind_of()
        remind_of(STARTS + timedelta(minutes=30))
    with clock.moved(STARTS):
        assert reminders.queue_due() == 1
    assert len(queued()) == 1


def test_each_is_queued_once_however_often_the_job_runs(db: str) -> None:
    with clock.moved(BOOKED):
        made = remind_of()
    with clock.moved(DUE):
        assert [reminders.queue_due() for _ in range(3)] == [1, 0, 0]
    assert appointment(made).remind_at is None
    with clock.moved(DUE + timedelta(hours=20)):
        assert reminders.queue_due() == 0
    assert len(queued()) == 1


def test_more_than_one_batch_is_queued_at_once(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "BATCH", 2)
    with clock.moved(BOOKED):
        for number in range(5):
            remind_of(STARTS + timedelta(minutes=number))
    with clock.moved(DUE):
        assert reminders.queue_due() == 5


# Moves and cancellations


def test_none_after_a_cancellation(db: str) -> None:
    with clock.moved(BOOKED):
        made = remind_of()
        cancellation.cancel(appointment(made).public_id, "once")
    with clock.moved(DUE):
        assert reminders.queue_due() == 0


def test_one_that_waits_in_the_outbox_is_withdrawn(db: str) -> None:
    with clock.moved(BOOKED):
        made, other = remind_of(), remind_of(STARTS + timedelta(minutes=30))
    with clock.moved(DUE):
        reminders.queue_due()
        with database.writing() as session:
            reminders.withdraw(session, made)
    assert [mail.appointment_id for mail in queued()] == [other]


def test_what_was_sent_stays_known(db: str) -> None:
    with clock.moved(BOOKED):
        made = remind_of()
    with clock.moved(DUE):
        reminders.queue_due()
        delivery.deliver_due()
        with database.writing() as session:
            reminders.withdraw(session, made)
    assert len(queued()) == 1


def test_after_a_move_the_new_time_has_a_reminder_of_its_own(server: MailServer) -> None:
    with clock.moved(BOOKED):
        made = remind_of()
    with clock.moved(DUE):
        reminders.queue_due()
        delivery.deliver_due()
    later = STARTS + timedelta(days=7)
    with clock.moved(DUE + timedelta(hours=1)):
        due = reminders.due_at(later, "Europe/Paris", clock.now())
        change(made, starts_at=later, revision=2, remind_at=due)
        assert reminders.queue_due() == 0
    with clock.moved(DUE + timedelta(days=7)):
        assert reminders.queue_due() == 1
        delivery.deliver_due()
    assert [str(mail["subject"]).partition(": ")[2].split(" à")[0] for mail in server.accepted] == [
        "mardi 24 novembre 2026",
        "mardi 1er décembre 2026",
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"status": AppointmentStatus.CANCELLED, "revision": 2},
        {"revision": 2, "starts_at": STARTS + timedelta(days=1)},
    ],
)
def test_one_in_the_hands_of_a_worker_is_dropped_when_the_appointment_changed(
    server: MailServer, values: dict[str, Any]
) -> None:
    server.mode = Mode.REFUSE_FOR_NOW
    with clock.moved(BOOKED):
        made = remind_of()
    with clock.moved(DUE):
        reminders.queue_due()
        assert delivery._claim() is not None
        change(made, **values)
        with database.writing() as session:
            reminders.withdraw(session, made)
        assert len(queued()) == 1, "a worker holds it"
    server.mode = Mode.ACCEPT
    with clock.moved(DUE + delivery.LEASE + SECOND), capture_logs() as logged:
        assert delivery.deliver_due() == 0
        assert delivery.given_up() == 0
    assert (server.attempts, queued()) == (0, [])
    assert [(line["event"], line["kind"]) for line in logged] == [("mail_dropped", "reminder")]


def test_one_that_comes_too_late_is_dropped(server: MailServer) -> None:
    with clock.moved(BOOKED):
        remind_of()
    with clock.moved(DUE):
        reminders.queue_due()
    with clock.moved(STARTS):
        assert delivery.deliver_due() == 0
    assert queued() == []


def test_booking_moving_and_cancelling_through_the_services(server: MailServer) -> None:
    """Follow one appointment: its reminder waits, is withdrawn by the move, is made anew, is withdrawn for good."""
    office, later = factories.make_office(), STARTS + timedelta(days=7)
    factories.make_slots(office, STARTS, later)
    factories.mark_planned(office.id, date(2027, 3, 1))
    server.mode = Mode.REFUSE_FOR_NOW
    with clock.moved(BOOKED):
        visitor = a_visitor()
        public_id = visitor.confirm(office, STARTS).public_id
    with clock.moved(DUE):
        assert reminders.queue_due() == 1
        moving = visitor.begins("reschedule")
        rescheduling.reschedule(moving.key, moving.journey_id, public_id, Channel.COUNTER, later)
        assert (queued(), reminders.queue_due()) == ([], 0)
    with clock.moved(DUE + timedelta(days=7) - SECOND):
        assert reminders.queue_due() == 0
    with clock.moved(DUE + timedelta(days=7)):
        assert reminders.queue_due() == 1
        assert [mail.dedup_key for mail in queued()] == [f"reminder:{public_id}:2"]
        cancellation.cancel(public_id, "once")
        assert (queued(), reminders.queue_due()) == ([], 0)


def test_who_books_or_moves_too_late_gets_none(db: str) -> None:
    office, soon = factories.make_office(), STARTS + timedelta(minutes=30)
    factories.make_slots(office, STARTS, soon)
    factories.mark_planned(office.id, date(2027, 3, 1))
    with clock.moved(BOOKED):
        early = a_visitor()
        moved = early.confirm(office, STARTS).public_id
    with clock.moved(DUE - SECOND):
        moving = early.begins("reschedule")
        rescheduling.reschedule(moving.key, moving.journey_id, moved, Channel.COUNTER, soon)
    with clock.moved(DUE):
        a_visitor().confirm(office, STARTS)
        assert reminders.queue_due() == 1
        rescheduling.reschedule(
            early.key, early.begins("reschedule").journey_id, moved, Channel.PHONE, soon, phone="0639981234"
        )
    with clock.moved(STARTS - SECOND):
        assert reminders.queue_due() == 0
    assert queued() == []


# Workers that race, and workers that die


def race(workers: int = 2) -> int:
    """Run the job in several threads that start together; return how many reminders they say they queued."""
    ready = Barrier(workers)

    def work(_: int) -> int:
        ready.wait()
        return reminders.queue_due()

    with ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(work, range(workers)))


def test_two_workers_that_race_queue_one(db: str) -> None:
    for number in range(5):
        with clock.moved(BOOKED):
            made = remind_of(STARTS + timedelta(minutes=number))
        with clock.moved(DUE):
            assert race() == 1
        assert len([mail for mail in queued() if mail.appointment_id == made]) == 1


def test_without_its_guards_the_same_race_queues_two(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Show that the race above is one: both workers read before either writes, and no key tells the mails apart."""
    both_have_read = Barrier(2)

    def unguarded(_: Session) -> list[Known]:
        return seen.pop()

    seen: list[list[Known]] = []
    really = database.writing

    def after_reading() -> Any:
        with database.reading() as session:
            seen.append([Known(*row) for row in session.execute(reminders._due(10))])
        both_have_read.wait()
        return really()

    monkeypatch.setattr(reminders, "_claimed", unguarded)
    monkeypatch.setattr(outbox, "appointment_key", lambda *_: token_hex(16))
    with clock.moved(BOOKED):
        remind_of()
    with clock.moved(DUE):
        monkeypatch.setattr(database, "writing", after_reading)
        assert race() == 2
    assert len(queued()) == 2


def in_another_process(program: str, now: datetime) -> subprocess.Popen[str]:
    lines = (
        "from datetime import datetime",
        "from app import clock",
        "from app.services.appointments import reminders",
        "from app.services.notifications import delivery",
        f"with clock.moved(datetime.fromisoformat({now.isoformat()!r})):",
        f"    {program}",
    )
    return subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines)],
        env=os.environ,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_several_processes_queue_each_once(db: str) -> None:
    with clock.moved(BOOKED):
        for number in range(6):
            remind_of(STARTS + timedelta(minutes=number))
    workers = [in_another_process("print(reminders.queue_due())", DUE) for _ in range(3)]
    said = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    assert sum(said) == 6
    assert len({mail.appointment_id for mail in queued()}) == len(queued()) == 6


def test_after_a_kill_between_claim_and_send_it_goes_out_again_under_the_same_id(server: MailServer) -> None:
    with clock.moved(BOOKED):
        remind_of()
    with clock.moved(DUE):
        reminders.queue_due()
    server.mode = Mode.HANG
    worker = in_another_process("delivery.deliver_due()", DUE)
    try:
        wait_until(lambda: server.attempts == 1)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
    server.mode = Mode.ACCEPT
    with clock.moved(DUE + SECOND):
        assert delivery.deliver_due() == 0, "the lease still stands"
        assert reminders.queue_due() == 0
    with clock.moved(DUE + delivery.LEASE + SECOND):
        assert delivery.deliver_due() == 1
        assert delivery.deliver_due() == 0
    assert [str(mail["message-id"]) for mail in server.accepted] == [queued()[0].message_id]


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_a_job_that_dies_before_its_commit_leaves_the_reminder_due(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.moved(BOOKED):
        made = remind_of()
    really = outbox.queue

    def dies(*args: Any, **kwargs: Any) -> None:
        really(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(outbox, "queue", dies)
    with clock.moved(DUE):
        with pytest.raises(KeyboardInterrupt):
            reminders.queue_due()
        assert (queued(), appointment(made).remind_at) == ([], DUE)
        monkeypatch.setattr(outbox, "queue", really)
        assert reminders.queue_due() == 1


def test_an_appointment_made_before_there_were_reminders_has_none(db: str) -> None:
    with clock.moved(BOOKED):
        made = remind_of(remind_at=None)
    with clock.moved(STARTS - SECOND):
        assert reminders.queue_due() == 0
    assert records.get(appointment(made).public_id) is not None


def test_page_and_mail_tell_when_the_reminder_comes(db: str) -> None:
    office, tomorrow = factories.make_office(), BOOKED + timedelta(days=1)
    factories.make_slots(office, STARTS, tomorrow)
    factories.mark_planned(office.id, date(2027, 3, 1))
    with clock.moved(BOOKED):
        far, near = (a_visitor().confirm(office, start) for start in (STARTS, tomorrow))
        due = appointment_card(far).reminder
        assert due == wording.moment(DUE.astimezone(ZoneInfo("Europe/Paris")))
        assert appointment_card(near).reminder == ""
    with database.reading() as session:
        told = {
            mail.recipient: str(mail.text_body).replace("\n", " ")
            for mail in session.execute(select(OutboxMail)).scalars()
        }
    assert f"Un rappel vous sera envoyé le {due}." in told[far.email]
    assert "rappel" not in told[near.email]
