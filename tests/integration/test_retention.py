"""What is erased and when, a second before and at the boundary."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import SQLModel, col, func, select

from app import clock
from app.models import (
    Appointment,
    AppointmentChange,
    AuditEvent,
    CaptchaChallenge,
    Need,
    OutboxMail,
    WaitingEntry,
    WaitingOffer,
)
from app.services import audit, database, journeys, retention
from app.services.appointments import access, anonymising, cancellation, lost_link, records
from app.services.notifications import messages, outbox
from tests import factories
from tests.accounts import make_account
from tests.booking import a_visitor
from tests.factories import at
from tests.mails import FACTS

SECOND = timedelta(seconds=1)
STARTS = at("2026-11-24 09:30")
A_YEAR_AND_A_MONTH_LATER = at("2027-12-24 09:30")
PERSONAL = (
    "visitor_key",
    "civility",
    "last_name",
    "first_name",
    "details",
    "phone",
    "second_phone",
    "email",
    "tax_number",
    "needs",
    "other_last_name",
    "other_first_name",
    "account_id",
)


def _add_challenge(name: str, ends_in: timedelta) -> None:
    with database.writing() as session:
        row = {"visitor_key": "v", "answer": "abc", "created_at": clock.now()}
        session.add(CaptchaChallenge(id=name, expires_at=clock.now() + ends_in, **row))


def _challenges() -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(CaptchaChallenge.id).order_by(col(CaptchaChallenge.id))))


def test_challenges_that_are_over_are_erased_and_others_stay(db: str) -> None:
    _add_challenge("over", timedelta(seconds=-1))
    _add_challenge("running", timedelta(minutes=1))
    assert retention.tidy()["challenges"] == 1
    assert _challenges() == ["running"]


def test_a_draft_nobody_touched_for_a_day_is_erased(db: str) -> None:
    journeys.start("visitor", "booking", {"name": "Dupont"})
    assert retention.tidy()["drafts"] == 0
    with clock.moved(clock.now() + timedelta(hours=24, seconds=1)):
        assert retention.tidy()["drafts"] == 1
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(journeys.Journey)).one() == 0


def test_with_nothing_to_erase_it_says_so(db: str) -> None:
    assert set(retention.tidy().values()) == {0}


# Appointments


def booked() -> int:
    """Take an appointment through the services, with everything personal it can hold; return its id."""
    office = factories.make_office()
    with clock.moved(at("2026-11-16 10:00")):
        factories.make_slots(office, STARTS)
        factories.mark_planned(office.id, date(2027, 3, 1))
        visitor = a_visitor()
        view = visitor.confirm(office, STARTS)
        values = {
            "tax_number": "0000000000000",
            "second_phone": "+33639980002",
            "needs": int(Need.WHEELCHAIR),
            "other_last_name": "Petit",
            "other_first_name": "Zoé",
            "account_id": make_account(),
        }
        changed = update(Appointment).where(col(Appointment.public_id) == view.public_id).values(**values)
        with database.writing() as session:
            session.execute(changed)
            return session.exec(select(Appointment.id).where(Appointment.public_id == view.public_id)).one() or 0


def row(appointment_id: int) -> Appointment:
    with database.reading() as session:
        found = session.get(Appointment, appointment_id)
    assert found is not None
    return found


def count(table: type[SQLModel]) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_an_appointment_is_anonymised_thirteen_months_after_it_took_place(db: str) -> None:
    made = booked()
    before = row(made)
    assert all(getattr(before, name) for name in PERSONAL)
    with clock.moved(A_YEAR_AND_A_MONTH_LATER - SECOND):
        assert retention.erase_old()["appointments"] == 0
        assert row(made) == before
        assert count(OutboxMail) == 1
    with clock.moved(A_YEAR_AND_A_MONTH_LATER):
        assert retention.erase_old()["appointments"] == 1
        assert retention.erase_old()["appointments"] == 0
    after = row(made)
    assert [name for name in PERSONAL if getattr(after, name)] == []
    assert after.anonymised_at == A_YEAR_AND_A_MONTH_LATER
    assert (after.starts_at, after.office_id, after.topic_id) == (before.starts_at, before.office_id, before.topic_id)
    assert (count(OutboxMail), count(AppointmentChange)) == (0, 1)


def test_a_cancelled_one_too(db: str) -> None:
    made = booked()
    with clock.moved(at("2026-11-17 10:00")):
        cancellation.cancel(row(made).public_id, "once")
    with clock.moved(A_YEAR_AND_A_MONTH_LATER):
        assert retention.erase_old()["appointments"] == 1
    assert (count(OutboxMail), count(AppointmentChange)) == (0, 2)


def test_its_old_link_and_its_reference_then_lead_nowhere(db: str) -> None:
    before = row(booked())
    token = access.manage_token(before.public_id)
    with clock.moved(A_YEAR_AND_A_MONTH_LATER):
        assert records.get(before.public_id) is not None
        retention.erase_old()
        assert records.get(access.public_id_of(token) or "") is None
        for address in (before.email, "", " "):
            lost_link.request_link_again(before.reference, address, "network")
    assert count(OutboxMail) == 0


def test_the_last_day_of_a_long_month_is_kept_no_shorter(db: str) -> None:
    office = factories.make_office()
    starts = datetime(2027, 1, 31, 10, tzinfo=UTC)
    factories.make_appointment(office.id, starts, factories.make_slots(office, starts))
    with clock.moved(datetime(2028, 2, 29, 10, tzinfo=UTC) - SECOND):
        assert retention.erase_old()["appointments"] == 0
    with clock.moved(datetime(2028, 3, 1, 10, tzinfo=UTC)):
        assert retention.erase_old()["appointments"] == 1


def test_many_go_in_batches_and_several_processes_share_them(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anonymising, "BATCH", 3)
    office = factories.make_office()
    for number in range(20):
        starts = STARTS + timedelta(minutes=number)
        factories.make_appointment(office.id, starts, factories.make_slots(office, starts))
    with clock.moved(A_YEAR_AND_A_MONTH_LATER + timedelta(days=1)), ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(lambda _: retention.erase_old()["appointments"], range(4)))
        done += retention.erase_old()["appointments"]
    assert done == 20
    with database.reading() as session:
        names = session.exec(select(Appointment.last_name, Appointment.public_id)).all()
    assert {name for name, _ in names} == {""}
    assert len({public_id for _, public_id in names}) == 20


# The audit log, mails, the waiting list


def test_the_audit_log_is_kept_twelve_months(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    with clock.moved(at("2026-02-25 10:00")):
        for _ in range(5):
            audit.note("sign_in", outcome="refused")
    with clock.moved(at("2027-02-25 10:00") - SECOND):
        assert retention.erase_old()["audit_events"] == 0
        audit.note("sign_in", outcome="done")
    with clock.moved(at("2027-02-25 10:00")):
        assert retention.erase_old()["audit_events"] == 5
    assert count(AuditEvent) == 1


def queue_mail(**more: Any) -> None:
    with database.writing() as session:
        kind, message = outbox.MailKind.PASSWORD_CHANGED, messages.confirmed(FACTS)
        outbox.queue(
            session, kind=kind, dedup_key="k", recipient="a@test.example", visitor_key="v", message=message, **more
        )
        session.execute(update(OutboxMail).values(sent_at=clock.now()))


def test_that_a_mail_about_a_space_was_sent_is_known_for_thirty_days(db: str) -> None:
    sent = at("2026-11-16 10:00")
    with clock.moved(sent):
        queue_mail()
    with clock.moved(sent + timedelta(days=30) - SECOND):
        assert retention.erase_old()["mails"] == 0
    with clock.moved(sent + timedelta(days=30)):
        assert retention.erase_old()["mails"] == 1


def test_one_that_was_given_up_too_but_one_that_waits_stays(db: str) -> None:
    sent = at("2026-11-16 10:00")
    with clock.moved(sent):
        queue_mail()
    with clock.moved(sent + timedelta(days=90)):
        with database.writing() as session:
            session.execute(update(OutboxMail).values(sent_at=None))
        assert retention.erase_old()["mails"] == 0
        with database.writing() as session:
            session.execute(update(OutboxMail).values(gave_up_at=sent))
        assert retention.erase_old()["mails"] == 1


def test_mails_of_an_appointment_stay_as_long_as_it_does(db: str) -> None:
    made = booked()
    with clock.moved(STARTS), database.writing() as session:
        session.execute(update(OutboxMail).values(sent_at=clock.now()))
    with clock.moved(A_YEAR_AND_A_MONTH_LATER - SECOND):
        assert retention.erase_old()["mails"] == 0
    assert [mail.kind for mail in records.mails(row(made).public_id)] == ["Confirmation"]


def wait_at(office_id: int, *, ended_at: datetime | None, offered: datetime | None = None) -> None:
    with database.writing() as session:
        entry = WaitingEntry(
            public_id=f"entry-{office_id}",
            office_id=office_id,
            topic_id="test",
            channel=1,
            minutes=30,
            weekdays=31,
            first_day=date(2026, 11, 23),
            last_day=date(2027, 1, 31),
            email="a@test.example",
            email_key="key",
            visitor_key="visitor",
            status="left" if ended_at else "waiting",
            created_at=at("2026-11-16 10:00"),
            ended_at=ended_at,
        )
        session.add(entry)
        session.flush()
        if offered:
            session.add(
                WaitingOffer(
                    id=f"offer-{office_id}",
                    entry_id=entry.id or 0,
                    email_key="key",
                    office_id=office_id,
                    starts_at=offered,
                    expires_at=at("2026-11-16 10:30"),
                    outcome="expired",
                    created_at=at("2026-11-16 10:00"),
                    ended_at=at("2026-11-16 10:30"),
                )
            )


def test_who_has_left_the_waiting_list_is_forgotten_after_thirty_days(db: str) -> None:
    ended = at("2026-11-20 10:00")
    wait_at(factories.make_office().id, ended_at=ended, offered=STARTS)
    wait_at(factories.make_office().id, ended_at=None)
    with clock.moved(ended + timedelta(days=30) - SECOND):
        assert retention.erase_old()["waiting_entries"] == 0
    with clock.moved(ended + timedelta(days=30)):
        assert retention.erase_old()["waiting_entries"] == 1
    assert (count(WaitingEntry), count(WaitingOffer)) == (1, 0)


def test_but_not_while_a_time_they_were_offered_is_to_come(db: str) -> None:
    ended, offered = at("2026-11-20 10:00"), at("2027-01-15 10:00")
    wait_at(factories.make_office().id, ended_at=ended, offered=offered)
    with clock.moved(offered - SECOND):
        assert retention.erase_old()["waiting_entries"] == 0
    with clock.moved(offered):
        assert retention.erase_old()["waiting_entries"] == 1


@pytest.mark.parametrize("job", [retention.tidy, retention.erase_old])
def test_processes_may_erase_at_the_same_time(db: str, job: Callable[[], Any]) -> None:
    booked()
    wait_at(factories.make_office().id, ended_at=at("2026-11-20 10:00"))
    with clock.moved(A_YEAR_AND_A_MONTH_LATER), ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: job(), range(8)))
        assert set(job().values()) == {0}
