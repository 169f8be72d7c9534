"""The planner, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlmodel import col

from app import clock
from app.models import Appointment, Channel, Closure, Office, OpeningSession, Slot
from app.services import database
from app.services.appointments import schedule
from app.services.appointments.offices import OfficeNotFoundError
from tests.factories import (
    COUNTER_OR_PHONE,
    EVERY_DAY,
    MadeOffice,
    at,
    hold_slots,
    make_absence,
    make_appointment,
    make_closure,
    make_office,
    make_sessions,
    slots_of,
    week,
)

MONDAY = date(2026, 11, 23)
MONDAY_MORNING = at("2026-11-23 07:00")


def planned(office: MadeOffice) -> list[tuple[int, datetime, int]]:
    return [(slot.agent_id, slot.starts_at, slot.channels) for slot in slots_of(office.id)]


def starts_on(office: MadeOffice, day: date, timezone: str = "Europe/Paris") -> list[str]:
    begin = at(f"{day} 00:00", timezone)
    return [
        f"{slot.starts_at.astimezone(begin.tzinfo):%H:%M}"
        for slot in slots_of(office.id)
        if slot.starts_at.astimezone(begin.tzinfo).date() == day
    ]


def without_sessions(agent_id: int) -> None:
    with database.writing() as session:
        session.execute(delete(OpeningSession).where(col(OpeningSession.agent_id) == agent_id))


# --- the horizon


def test_slots_exist_from_today_to_the_horizon_for_each_agent(db: str) -> None:
    office = make_office(agents=2, sessions=week("9:00-10:00"))
    with clock.moved(MONDAY_MORNING):
        schedule.ensure_planned(office.id)
    days = {slot.starts_at.date() for slot in slots_of(office.id)}
    assert (min(days), max(days)) == (MONDAY, date(2027, 1, 22))
    working_days = [
        day
        for day in (MONDAY + timedelta(days=offset) for offset in range(61))
        if day.weekday() < 5 and day not in (date(2026, 12, 25), date(2027, 1, 1))
    ]
    assert days == set(working_days)
    assert len(slots_of(office.id)) == len(working_days) * 2 * 2


def test_planning_twice_changes_nothing(db: str) -> None:
    office = make_office()
    with clock.moved(MONDAY_MORNING):
        schedule.ensure_planned(office.id)
        before = [(slot.id, *row) for slot, row in zip(slots_of(office.id), planned(office), strict=True)]
        schedule.ensure_planned(office.id)
        schedule.plan(office.id, MONDAY, MONDAY + timedelta(days=60))
        schedule.replan(office.id)
    assert before == [(slot.id, *row) for slot, row in zip(slots_of(office.id), planned(office), strict=True)]


def test_the_next_day_adds_one_day_at_the_far_end(db: str) -> None:
    office = make_office(sessions=week("9:00-10:00", days=EVERY_DAY))
    with clock.moved(MONDAY_MORNING):
        schedule.ensure_planned(office.id)
    before = planned(office)
    with clock.moved(MONDAY_MORNING + timedelta(days=1)):
        schedule.ensure_planned(office.id)
    added = planned(office)[len(before) :]
    assert planned(office)[: len(before)] == before
    assert {start.date() for _, start, _ in added} == {date(2027, 1, 23)}


def test_an_office_nobody_looked_at_for_long_is_planned_from_today(db: str) -> None:
    office = make_office(sessions=week("9:00-9:30", days=EVERY_DAY))
    with clock.moved(MONDAY_MORNING):
        schedule.ensure_planned(office.id)
    with clock.moved(at("2027-06-01 07:00")):
        schedule.ensure_planned(office.id)
    late = [slot.starts_at.date() for slot in slots_of(office.id) if slot.starts_at.date() > date(2027, 1, 22)]
    assert (min(late), max(late)) == (date(2027, 6, 1), date(2027, 7, 31))


def test_times_already_past_today_get_no_slot(db: str) -> None:
    office = make_office(sessions=week("9:00-12:00"))
    with clock.moved(at("2026-11-23 10:10")):
        schedule.ensure_planned(office.id)
    assert starts_on(office, MONDAY) == ["10:30", "11:00", "11:30"]


def test_today_is_the_offices_day_not_the_servers(db: str) -> None:
    far = make_office(timezone="Pacific/Noumea", sessions=week("9:00-9:30", days=EVERY_DAY))
    with clock.moved(datetime(2026, 11, 23, 20, tzinfo=UTC)):
        schedule.ensure_planned(far.id)
    first = slots_of(far.id)[0].starts_at
    assert first.astimezone(at("2026-11-24 09:00", "Pacific/Noumea").tzinfo).isoformat() == "2026-11-24T09:00:00+11:00"


def test_an_unknown_office_is_said_to_be_unknown(db: str) -> None:
    for verb in (schedule.ensure_planned, schedule.replan):
        with pytest.raises(OfficeNotFoundError):
            verb(404)
    with pytest.raises(OfficeNotFoundError):
        schedule.plan(404, MONDAY, MONDAY)
    with pytest.raises(OfficeNotFoundError):
        schedule.closed_reason(404, MONDAY)


# --- clock changes and holidays, end to end


@pytest.mark.parametrize(
    ("now", "before", "after"),
    [
        ("2026-03-16 07:00", "2026-03-27T08:00:00+00:00", "2026-03-30T07:00:00+00:00"),
        ("2026-10-12 07:00", "2026-10-23T07:00:00+00:00", "2026-10-26T08:00:00+00:00"),
        ("2027-03-15 07:00", "2027-03-26T08:00:00+00:00", "2027-03-30T07:00:00+00:00"),
    ],
)
def test_slots_are_stored_in_utc_across_a_clock_change(db: str, now: str, before: str, after: str) -> None:
    office = make_office(sessions=week("9:00-9:30"))
    with clock.moved(at(now)):
        schedule.ensure_planned(office.id)
    stored = {slot.starts_at.isoformat() for slot in slots_of(office.id)}
    assert {before, after} <= stored


@pytest.mark.parametrize(
    ("timezone", "region", "now", "closed", "same_day_elsewhere_open"),
    [
        ("Europe/Paris", "6AE", "2026-03-16 07:00", date(2026, 4, 3), True),
        ("Europe/Paris", "", "2026-12-01 07:00", date(2027, 1, 1), False),
        ("Indian/Reunion", "974", "2027-12-01 07:00", date(2027, 12, 20), True),
        ("America/Guadeloupe", "971", "2026-05-04 07:00", date(2026, 5, 27), True),
    ],
)
def test_a_regional_holiday_has_no_slots_there(
    db: str, timezone: str, region: str, now: str, closed: date, same_day_elsewhere_open: bool
) -> None:
    office = make_office(timezone=timezone, holiday_region=region, sessions=week("9:00-10:00"))
    elsewhere = make_office(sessions=week("9:00-10:00"))
    with clock.moved(at(now, timezone)):
        schedule.ensure_planned(office.id)
        schedule.ensure_planned(elsewhere.id)
    assert starts_on(office, closed, timezone) == []
    assert starts_on(office, closed - timedelta(days=1 if closed.weekday() else 3), timezone) == ["09:00", "09:30"]
    assert bool(starts_on(elsewhere, closed)) is same_day_elsewhere_open
    assert str(schedule.closed_reason(office.id, closed)).startswith("Jour férié")


def test_reunion_keeps_four_hours_ahead_of_utc_all_year(db: str) -> None:
    office = make_office(timezone="Indian/Reunion", holiday_region="974", sessions=week("9:00-9:30"))
    with clock.moved(at("2026-10-12 07:00")):
        schedule.ensure_planned(office.id)
    assert {slot.starts_at.time() for slot in slots_of(office.id)} == {time(5)}


def test_holidays_of_an_office_are_named_in_french(db: str) -> None:
    office = make_office(holiday_region="57")
    with database.reading() as session:
        row = session.get(Office, office.id)
        assert row is not None
        assert schedule.holidays_of(row, 2026)[date(2026, 4, 3)] == "Vendredi saint"


def test_the_reason_of_a_closed_day_comes_from_the_closure(db: str) -> None:
    office = make_office()
    make_closure(office.id, date(2026, 12, 24), reason="Fermeture exceptionnelle")
    assert schedule.closed_reason(office.id, date(2026, 12, 24)) == "Fermeture exceptionnelle"
    assert schedule.closed_reason(office.id, date(2026, 12, 23)) is None
    assert schedule.closed_reason(office.id, date(2026, 12, 26)) == "Fermé le samedi"


# --- changes after planning


@pytest.fixture
def office(db: str) -> MadeOffice:
    made = make_office(agents=2, sessions=week("9:00-10:00"))
    with clock.moved(MONDAY_MORNING):
        schedule.ensure_planned(made.id)
    return made


def test_a_closure_removes_free_slots_and_its_end_brings_them_back(office: MadeOffice) -> None:
    before = planned(office)
    tuesday = MONDAY + timedelta(days=1)
    make_closure(office.id, tuesday)
    with clock.moved(MONDAY_MORNING):
        schedule.replan(office.id)
        assert starts_on(office, tuesday) == []
        assert len(planned(office)) == len(before) - 4
        with database.writing() as session:
            session.execute(delete(Closure))
        schedule.replan(office.id)
    assert planned(office) == before


def test_booked_and_held_slots_stay_whatever_changes(office: MadeOffice) -> None:
    booked, held, expired, free = slots_of(office.id)[:4]
    with clock.moved(MONDAY_MORNING):
        make_appointment(office.id, booked.starts_at, [booked.id or 0])
        hold_slots([held.id or 0], clock.now() + timedelta(minutes=5))
        hold_slots([expired.id or 0], clock.now(), visitor_key="gone")
        make_closure(office.id, MONDAY, MONDAY + timedelta(days=60))
        schedule.replan(office.id)
    left = slots_of(office.id)
    assert [slot.id for slot in left] == [booked.id, held.id]
    assert left[0].model_dump() == {**booked.model_dump(), "appointment_id": left[0].appointment_id}
    assert left[1].held_by is not None
    assert free.id not in {slot.id for slot in left}


def test_new_hours_add_slots_and_change_channels_of_free_ones_only(office: MadeOffice) -> None:
    booked = slots_of(office.id)[0]
    agent = booked.agent_id
    make_appointment(office.id, booked.starts_at, [booked.id or 0])
    without_sessions(agent)
    make_sessions(agent, week("9:00-11:00", channels=Channel.PHONE))
    with clock.moved(MONDAY_MORNING):
        schedule.plan(office.id, MONDAY, MONDAY)
    monday = [slot for slot in slots_of(office.id) if slot.starts_at.date() == MONDAY and slot.agent_id == agent]
    assert [slot.channels for slot in monday] == [COUNTER_OR_PHONE, Channel.PHONE, Channel.PHONE, Channel.PHONE]
    tuesday = [slot for slot in slots_of(office.id) if slot.starts_at.date() == MONDAY + timedelta(days=1)]
    assert {slot.channels for slot in tuesday} == {int(COUNTER_OR_PHONE)}, "only the days asked for are planned"


def test_an_absence_removes_the_free_slots_of_that_agent_only(office: MadeOffice) -> None:
    make_absence(office.agent, MONDAY, MONDAY + timedelta(days=4))
    with clock.moved(MONDAY_MORNING):
        schedule.replan(office.id)
    week_of = [slot for slot in slots_of(office.id) if slot.starts_at.date() <= MONDAY + timedelta(days=4)]
    assert {slot.agent_id for slot in week_of} == set(office.agents[1:])


def test_a_time_that_has_passed_is_left_as_it_is(office: MadeOffice) -> None:
    make_closure(office.id, MONDAY)
    with clock.moved(at("2026-11-23 09:15")):
        schedule.replan(office.id)
    assert starts_on(office, MONDAY) == ["09:00", "09:00"]


def test_a_change_nobody_replanned_for_heals_with_the_next_day(office: MadeOffice) -> None:
    make_closure(office.id, date(2026, 12, 1))
    with clock.moved(MONDAY_MORNING):
        schedule.ensure_planned(office.id)
    assert starts_on(office, date(2026, 12, 1)) != []
    with clock.moved(MONDAY_MORNING + timedelta(days=1)):
        schedule.ensure_planned(office.id)
    assert starts_on(office, date(2026, 12, 1)) == []


def test_replanning_an_office_never_planned_does_nothing(db: str) -> None:
    office = make_office()
    schedule.replan(office.id)
    assert slots_of(office.id) == []


# --- several at once


def test_planners_at_the_same_moment_make_each_slot_once(db: str) -> None:
    office = make_office(agents=4)
    barrier = Barrier(4)

    def plan_at_once() -> None:
        barrier.wait(timeout=20)
        schedule.ensure_planned(office.id)

    with clock.moved(MONDAY_MORNING), ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(plan_at_once) for _ in range(4)]:
            done.result(timeout=60)
    seats = [(slot.agent_id, slot.starts_at) for slot in slots_of(office.id)]
    assert len(seats) == len(set(seats))
    with clock.moved(MONDAY_MORNING):
        before = planned(office)
        schedule.plan(office.id, MONDAY, MONDAY + timedelta(days=60))
    assert planned(office) == before


def test_replanning_while_people_book_never_takes_a_booked_slot_away(db: str) -> None:
    office = make_office(agents=3, sessions=week("9:00-16:00"))
    with clock.moved(MONDAY_MORNING):
        schedule.ensure_planned(office.id)
        ids = [slot.id or 0 for slot in slots_of(office.id)][:40]
        appointment = make_appointment(office.id, MONDAY_MORNING, [ids[-1]])
        make_closure(office.id, MONDAY, MONDAY + timedelta(days=60))
        barrier = Barrier(2)

        def book() -> list[int]:
            barrier.wait(timeout=20)
            return [slot_id for slot_id in ids[:-1] if _take(slot_id, appointment)]

        def replan() -> None:
            barrier.wait(timeout=20)
            schedule.replan(office.id)

        with ThreadPoolExecutor(2) as threads:
            booking, planning = threads.submit(book), threads.submit(replan)
            taken = booking.result(timeout=60)
            planning.result(timeout=60)
    left = {slot.id: slot.appointment_id for slot in slots_of(office.id)}
    assert left == dict.fromkeys([*taken, ids[-1]], appointment)


def _take(slot_id: int, appointment_id: int) -> bool:
    with database.writing() as session:
        done = session.connection().execute(
            update(Slot)
            .where(col(Slot.id) == slot_id, col(Slot.appointment_id).is_(None))
            .values(appointment_id=appointment_id)
        )
        return done.rowcount == 1


@pytest.mark.parametrize("db", ["postgresql"], indirect=True)
def test_booking_does_not_wait_for_the_planner_of_its_office(db: str) -> None:
    """A booking references the office by foreign key; a full row lock would make it wait (SQLite has one writer)."""
    office = make_office()
    booked = make_appointment(office.id, MONDAY_MORNING, [])
    with database.writing() as planner, database.writing() as booker:
        schedule.plan_missing_days(planner, office.id)
        booker.execute(text("SET LOCAL lock_timeout = '3s'"))
        copy = booker.get_one(Appointment, booked).model_dump(exclude={"id"})
        booker.add(Appointment(**copy | {"public_id": "second", "reference": "SECOND"}))
        booker.flush()


def test_the_planner_counts_what_it_must(db: str) -> None:
    office = make_office(agents=20, sessions=week("9:00-12:00") + week("13:00-18:00"))
    with clock.moved(MONDAY_MORNING):
        schedule.ensure_planned(office.id)
    with database.reading() as session:
        number = session.scalar(select(func.count()).select_from(Slot))
    assert number == 20 * 16 * 43
