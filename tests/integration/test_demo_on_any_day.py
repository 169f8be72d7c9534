"""The demonstration on any day: begun on whatever day, at whatever hour, and after months and years."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import SQLModel, select

from app import clock
from app.content import communes, wording
from app.models import Channel, Closure, Office, OfficeKind, Slot
from app.services import database, demo_data, demo_hours, demo_offices
from app.services.appointments import availability, offices, places, planning, schedule
from app.services.appointments.availability import Agenda
from app.services.appointments.holds import LEAD
from app.settings import get_settings

pytestmark = pytest.mark.long

PARIS = ZoneInfo("Europe/Paris")
INDIVIDUALS = ("11069", "75116", "93066", "97411", "67482", "97105", "11206")
"""Communes whose offices people meet first."""
AT_THEIR_LOCAL_POINTS = ("11069", "97411")
SHUT_AT_YEAR_END, TRAINED = "particuliers-112", "particuliers-9741"
ONE_DAY = timedelta(days=1)


def _starts() -> Iterator[datetime]:
    """Give instants over two years, at changing days of the week and hours."""
    first = datetime(2026, 12, 3, 0, 20, tzinfo=UTC)
    return (first + number * timedelta(days=43, hours=7) for number in range(18))


STARTS = [
    *_starts(),
    *(
        datetime.fromisoformat(f"{when}+00:00")
        for when in (
            "2026-12-23 23:30",
            "2026-12-29 09:00",
            "2026-12-31 23:20",
            "2027-03-26 17:00",
            "2027-03-28 00:30",
            "2027-04-30 22:40",
            "2027-07-31 08:00",
            "2027-10-31 00:30",
            "2028-02-28 23:30",
            "2028-02-29 12:00",
            "2031-02-28 23:59",
            "2034-05-06 08:00",
        )
    ),
]


@pytest.fixture
def few_areas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the areas that are looked at, and the ones around the offices that are closed or full."""
    named = {communes.by_code(code) for code in (*INDIVIDUALS, "23096", "52269", "48095")}
    kept = {commune.area for commune in named if commune} | {"231", "521", "871"}
    few = tuple(area for area in communes.areas() if area.code in kept)
    monkeypatch.setattr(communes, "areas", lambda: few)


@pytest.fixture
def demonstration(settings: None, few_areas: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give an empty database; dates are the same whichever it is, so that one kind is enough."""
    monkeypatch.setenv("DEMO", "1")
    get_settings.cache_clear()
    SQLModel.metadata.create_all(database.engine())


def load() -> None:
    with database.writing() as session:
        demo_data.load(session)


def id_of(code: str) -> int:
    with database.reading() as session:
        return session.exec(select(Office.id).where(Office.code == code)).one() or 0


def closures_of(code: str) -> list[Closure]:
    with database.reading() as session:
        return list(session.exec(select(Closure).where(Closure.office_id == id_of(code))))


def has_room(agenda: Agenda, timezone: str, *, days: int, within: int) -> None:
    """Check that an agenda says what it should and has room, first of all within so many days.

    `days` is how many of the four weeks it shows have room at least.
    """
    now = clock.now()
    assert agenda.today == now.astimezone(ZoneInfo(timezone)).date()
    assert agenda.first_free is not None
    assert now + LEAD <= agenda.first_free < now + within * ONE_DAY
    open_days = [day for day in agenda.days if day.state == "open"]
    assert len(open_days) >= days
    assert open_days[0].times[0] == agenda.first_free
    assert all(bool(day.reason) == (day.state != "open") == (day.free_count == 0) for day in agenda.days)
    assert agenda.days[0].day.weekday() == 0
    assert str(agenda.days[0].day.year) in agenda.title or agenda.days[0].day.year == agenda.days[-1].day.year


def is_as_described() -> None:
    """Check all that the demonstration promises, at the current instant."""
    for insee in INDIVIDUALS:
        office = offices.for_commune(OfficeKind.INDIVIDUALS, insee)
        for channel in office.channels:
            has_room(availability.agenda(office.id, channel, 30), office.timezone, days=3, within=21)
    for insee in AT_THEIR_LOCAL_POINTS:
        office = offices.for_commune(OfficeKind.INDIVIDUALS, insee)
        for place in places.of_office(office.id):
            for channel in place.channels:
                agenda = availability.agenda(office.id, channel, 30, place_id=place.id)
                # An agent or two go there once a week, unless they are away.
                has_room(agenda, office.timezone, days=1, within=get_settings().horizon_days)
    _the_closed_one_is_closed()
    _the_full_one_is_full()


def _the_closed_one_is_closed() -> None:
    closed, today = id_of(demo_offices.CLOSED_CODE), clock.now().astimezone(PARIS).date()
    for ahead in range(demo_hours.WORKS_DAYS):
        reason = schedule.closed_reason(closed, today + ahead * ONE_DAY)
        assert reason == demo_hours.WORKS or str(reason).startswith("Jour férié")
    first = availability.first_free(closed, Channel.COUNTER, 30)
    assert first is not None
    assert first.date() >= today + demo_hours.WORKS_DAYS * ONE_DAY


def _the_full_one_is_full() -> None:
    full, today = id_of(demo_offices.FULL_CODE), clock.now().astimezone(PARIS).date()
    for channel in (Channel.COUNTER, Channel.PHONE):
        assert availability.first_free(full, channel, 30) is None
        why = availability.explain(full, channel, 30)
        until = wording.day_with_year(today + get_settings().horizon_days * ONE_DAY)
        assert f"jusqu’au {until}" in why.reason
        assert why.neighbours


@pytest.mark.parametrize("start", STARTS, ids=lambda start: f"{start:%a %Y-%m-%d %Hh%M}")
def test_a_demonstration_begun_on_any_day_is_as_described(demonstration: None, start: datetime) -> None:
    with clock.moved(start):
        load()
        is_as_described()


@pytest.mark.parametrize("start", ["2026-12-31 23:20", "2028-02-29 12:00"])
def test_a_demonstration_that_runs_for_years_stays_as_described(demonstration: None, start: str) -> None:
    begun = datetime.fromisoformat(f"{start}+00:00")
    with clock.moved(begun):
        load()
        is_as_described()
    for later in (1, 13, 14, 62, 90, 365, 366, 3660):
        with clock.moved(begun + later * ONE_DAY):
            planning.plan_all()
            is_as_described()


def test_the_works_at_the_closed_office_are_one_closure_that_lasts(demonstration: None) -> None:
    for day in range(40):
        with clock.moved(datetime(2026, 12, 20, 2, tzinfo=UTC) + day * ONE_DAY):
            load()
    [works] = closures_of(demo_offices.CLOSED_CODE)
    assert (f"{works.first_day}", f"{works.last_day}") == ("2026-12-20", "2027-02-10")


def test_appointments_at_the_closed_office_stay_possible_once_the_new_end_of_the_works_is_known(
    demonstration: None,
) -> None:
    closed = None
    for day in range(3):
        with clock.moved(datetime(2027, 1, 4, 2, tzinfo=UTC) + day * ONE_DAY):
            load()
            closed = closed or id_of(demo_offices.CLOSED_CODE)
            first = availability.first_free(closed, Channel.COUNTER, 30)
            assert first is not None
            assert schedule.closed_reason(closed, first.date()) is None


@pytest.mark.parametrize("year", [2026, 2027, 2028, 2036])
def test_offices_are_shut_at_the_end_of_every_year(demonstration: None, year: int) -> None:
    with clock.moved(datetime(2026, 11, 27, 9, tzinfo=UTC)):
        load()
    with clock.moved(datetime(year, 12, 1, 9, tzinfo=UTC)):
        load()
        office = id_of(SHUT_AT_YEAR_END)
        days = [datetime(year, 12, day, tzinfo=UTC).date() for day in (24, 28, 31)]
        assert {schedule.closed_reason(office, day) for day in days} == {"Fermeture de fin d’année"}


def test_an_office_begun_in_the_closure_at_the_end_of_the_year_knows_of_it_and_of_none_that_is_over(
    demonstration: None,
) -> None:
    with clock.moved(datetime(2026, 12, 31, 22, 59, tzinfo=UTC)):
        load()
        known = [closure.first_day.isoformat() for closure in closures_of(SHUT_AT_YEAR_END)]
    assert known == ["2026-12-24"]


def test_an_office_begun_an_hour_later_in_the_new_year_of_paris_knows_of_no_closure_that_is_over(
    demonstration: None,
) -> None:
    with clock.moved(datetime(2026, 12, 31, 23, 1, tzinfo=UTC)):
        load()
        assert closures_of(SHUT_AT_YEAR_END) == []


def test_trainings_come_back_every_eight_weeks_whatever_the_day_of_the_start(demonstration: None) -> None:
    begun = datetime(2026, 11, 27, 9, tzinfo=UTC)
    for day in range(0, 400, 20):
        with clock.moved(begun + day * ONE_DAY):
            load()
    days = sorted(closure.first_day for closure in closures_of(TRAINED))
    assert len(days) >= 8
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(weeks=8)}
    assert all(day.weekday() < 5 for day in days)


def test_what_touches_no_planned_day_plans_no_office_anew(demonstration: None, monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[int] = []
    really = schedule.replan_in
    monkeypatch.setattr(
        schedule, "replan_in", lambda session, number: (planned.append(number), really(session, number))
    )
    with clock.moved(datetime(2026, 9, 1, 9, tzinfo=UTC)):
        load()
        for number in _offices():
            schedule.ensure_planned(number)
        load()
        assert planned == []
    with clock.moved(datetime(2026, 10, 3, 9, tzinfo=UTC)):
        before = len(_closures())
        load()
        assert len(_closures()) > before
        assert planned == [id_of(demo_offices.CLOSED_CODE)], "where the works go on"


def test_closures_absences_and_works_that_come_late_take_effect_at_once(demonstration: None) -> None:
    with clock.moved(datetime(2026, 9, 1, 9, tzinfo=UTC)):
        load()
    with clock.moved(datetime(2026, 11, 2, 9, tzinfo=UTC)):
        for number in _offices():
            schedule.ensure_planned(number)
        before = _slots()
        load()
        after = _slots()
        for number in _offices():
            schedule.replan(number)
        assert len(after) < len(before)
        assert _slots() == after, "nothing was left to change"


def _offices() -> list[int]:
    with database.reading() as session:
        return [number or 0 for number in session.exec(select(Office.id).order_by("id"))]


def _slots() -> set[tuple[object, ...]]:
    with database.reading() as session:
        return set(session.exec(select(Slot.agent_id, Slot.starts_at, Slot.channels, Slot.place_id)))


def _closures() -> list[Closure]:
    with database.reading() as session:
        return list(session.exec(select(Closure).order_by("id")))
