"""Opening rules: clock changes, public holidays by region, closures, absences, the grid."""

from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from itertools import pairwise
from operator import or_
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.content.wording import NBSP
from app.models import Channel
from app.services.appointments.opening import (
    AgentAbsence,
    ClosedPeriod,
    OpeningRules,
    WeeklySession,
    holidays_in,
    local_midnight,
)

PARIS = ZoneInfo("Europe/Paris")
ZONES = (
    "Europe/Paris",
    "Indian/Reunion",
    "America/Guadeloupe",
    "America/Miquelon",
    "Pacific/Noumea",
    "America/Cayenne",
    "Indian/Mayotte",
)
CLOCKS_FORWARD = (date(2026, 3, 29), date(2027, 3, 28))
CLOCKS_BACK = (date(2026, 10, 25), date(2027, 10, 31))


def daily(
    starts: time, ends: time, *, agent: int = 1, channels: int = 3, place: int | None = None
) -> tuple[WeeklySession, ...]:
    return tuple(WeeklySession(agent, weekday, starts, ends, channels, place) for weekday in range(7))


def rules(
    *sessions: WeeklySession,
    timezone: str = "Europe/Paris",
    region: str = "",
    slot_minutes: int = 30,
    closures: tuple[ClosedPeriod, ...] = (),
    absences: tuple[AgentAbsence, ...] = (),
) -> OpeningRules:
    return OpeningRules(ZoneInfo(timezone), slot_minutes, region, tuple(sessions), closures, absences)


def local_times(opening: OpeningRules, day: date) -> list[str]:
    return [f"{start.astimezone(opening.timezone):%H:%M}" for _, start in sorted(opening.slots_on(day))]


# --- clock changes


@pytest.mark.parametrize("day", [*CLOCKS_FORWARD, *CLOCKS_BACK])
def test_opening_hours_stay_on_the_wall_clock_across_a_clock_change(day: date) -> None:
    opening = rules(*daily(time(9), time(10)))
    for shown in (day - timedelta(days=1), day, day + timedelta(days=2)):
        assert local_times(opening, shown) == ["09:00", "09:30"]


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        (date(2026, 3, 28), 8),
        (date(2026, 3, 29), 7),
        (date(2026, 10, 24), 7),
        (date(2026, 10, 25), 8),
        (date(2027, 3, 27), 8),
        (date(2027, 3, 28), 7),
    ],
)
def test_nine_in_paris_is_another_instant_after_the_clocks_changed(day: date, utc_hour: int) -> None:
    seats = rules(*daily(time(9), time(9, 30))).slots_on(day)
    assert list(seats) == [(1, datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC))]


@pytest.mark.parametrize("day", CLOCKS_FORWARD)
def test_the_hour_the_clocks_skip_has_no_slot(day: date) -> None:
    assert local_times(rules(*daily(time(1), time(4))), day) == ["01:00", "01:30", "03:00", "03:30"]


@pytest.mark.parametrize("day", CLOCKS_BACK)
def test_the_hour_the_clocks_show_twice_has_its_slots_once(day: date) -> None:
    opening = rules(*daily(time(1), time(4)))
    assert local_times(opening, day) == ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]
    assert len(opening.slots_on(day)) == 6


def test_a_local_day_begins_at_its_own_midnight() -> None:
    assert local_midnight(date(2026, 10, 25), PARIS) == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert local_midnight(date(2026, 10, 26), PARIS) == datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert local_midnight(date(2026, 12, 20), ZoneInfo("Indian/Reunion")) == datetime(2026, 12, 19, 20, tzinfo=UTC)


# --- public holidays


@pytest.mark.parametrize(
    ("region", "day", "reason"),
    [
        ("", date(2027, 1, 1), f"Jour férié{NBSP}: Jour de l’an"),
        ("57", date(2026, 4, 3), f"Jour férié{NBSP}: Vendredi saint"),
        ("6AE", date(2027, 3, 26), f"Jour férié{NBSP}: Vendredi saint"),
        ("6AE", date(2026, 12, 26), f"Jour férié{NBSP}: Saint-Étienne"),
        ("974", date(2026, 12, 20), f"Jour férié{NBSP}: Abolition de l’esclavage"),
        ("971", date(2026, 5, 27), f"Jour férié{NBSP}: Abolition de l’esclavage"),
    ],
)
def test_a_public_holiday_of_the_region_closes_the_office(region: str, day: date, reason: str) -> None:
    opening = rules(*daily(time(9), time(12)), region=region)
    assert opening.closed_reason(day) == reason
    assert opening.slots_on(day) == {}


@pytest.mark.parametrize(
    ("region", "day"),
    [
        ("", date(2026, 4, 3)),
        ("", date(2026, 12, 26)),
        ("971", date(2026, 12, 20)),
        ("974", date(2026, 5, 27)),
        ("6AE", date(2026, 12, 20)),
    ],
)
def test_another_regions_holiday_is_a_working_day(region: str, day: date) -> None:
    opening = rules(*daily(time(9), time(12)), region=region)
    assert opening.closed_reason(day) is None
    assert opening.slots_on(day)


def test_an_unknown_region_is_refused_rather_than_taken_for_the_mainland() -> None:
    with pytest.raises(NotImplementedError):
        holidays_in("ZZ", 2026)


@given(st.sampled_from(["", "57", "6AE", "971", "972", "973", "974", "976", "PM", "MF", "BL"]), st.integers(2024, 2040))
def test_every_region_has_the_eleven_national_holidays(region: str, year: int) -> None:
    assert set(holidays_in("", year)) <= set(holidays_in(region, year))
    assert len(holidays_in("", year)) in (10, 11)


# --- closures, absences, weekdays


def test_a_closure_says_its_reason_on_each_of_its_days_and_only_then() -> None:
    closure = ClosedPeriod(date(2026, 11, 24), date(2026, 11, 26), "Inventaire")
    opening = rules(*daily(time(9), time(12)), closures=(closure,))
    days = [date(2026, 11, 23) + timedelta(days=offset) for offset in range(5)]
    assert [opening.closed_reason(day) for day in days] == [None, "Inventaire", "Inventaire", "Inventaire", None]


def test_an_absent_agent_has_no_seat_and_the_others_keep_theirs() -> None:
    sessions = daily(time(9), time(10), agent=1) + daily(time(9), time(10), agent=2)
    absence = AgentAbsence(1, date(2026, 11, 24), date(2026, 11, 24))
    opening = rules(*sessions, absences=(absence,))
    assert {agent for agent, _ in opening.slots_on(date(2026, 11, 24))} == {2}
    assert {agent for agent, _ in opening.slots_on(date(2026, 11, 25))} == {1, 2}
    assert opening.closed_reason(date(2026, 11, 24)) is None


def test_a_day_without_any_present_agent_is_closed_and_says_so() -> None:
    absence = AgentAbsence(1, date(2026, 11, 24), date(2026, 11, 24))
    opening = rules(*daily(time(9), time(10)), absences=(absence,))
    assert opening.closed_reason(date(2026, 11, 24)) == "Aucun agent ne reçoit ce jour-là"


def test_a_weekday_without_sessions_is_named() -> None:
    opening = rules(WeeklySession(1, 0, time(9), time(12), 1))
    assert opening.closed_reason(date(2026, 11, 28)) == "Fermé le samedi"


def test_sessions_of_different_channels_at_the_same_time_make_one_seat_that_serves_both() -> None:
    opening = rules(*daily(time(9), time(10), channels=1), *daily(time(9, 30), time(10, 30), channels=2))
    assert [service.channels for service in opening.slots_on(date(2026, 11, 24)).values()] == [1, 3, 2]
    assert opening.channels_at(None) == 3


def test_slots_begin_on_the_grid_of_the_slot_length() -> None:
    assert local_times(rules(*daily(time(8, 45), time(10, 15))), date(2026, 11, 24)) == ["09:00", "09:30"]
    quarters = rules(*daily(time(8, 45), time(9, 20)), slot_minutes=15)
    assert local_times(quarters, date(2026, 11, 24)) == ["08:45", "09:00"]


# --- local points

TUESDAY = date(2026, 11, 24)


def served(opening: OpeningRules, day: date = TUESDAY) -> list[tuple[str, int, int | None]]:
    return [
        (f"{start.astimezone(opening.timezone):%H:%M}", *service)
        for (_, start), service in sorted(opening.slots_on(day).items())
    ]


def test_an_agent_due_at_a_local_point_is_not_at_the_counter_then() -> None:
    opening = rules(*daily(time(9), time(11)), *daily(time(9, 30), time(10, 30), channels=1, place=7))
    assert served(opening) == [("09:00", 3, None), ("09:30", 1, 7), ("10:00", 1, 7), ("10:30", 3, None)]


def test_of_two_local_points_at_the_same_time_the_one_opened_first_is_served() -> None:
    at_eight = daily(time(9), time(10), channels=1, place=8)
    at_seven = daily(time(9, 30), time(10, 30), channels=4, place=7)
    expected = [("09:00", 1, 8), ("09:30", 4, 7), ("10:00", 4, 7)]
    assert served(rules(*at_eight, *at_seven)) == served(rules(*at_seven, *at_eight)) == expected


def test_sessions_at_one_local_point_make_one_seat_that_serves_both_channels() -> None:
    opening = rules(*daily(time(9), time(10), channels=1, place=7), *daily(time(9), time(9, 30), channels=4, place=7))
    assert served(opening) == [("09:00", 5, 7), ("09:30", 1, 7)]


def test_video_is_served_at_local_points_only_and_calls_at_the_office_only() -> None:
    opening = rules(*daily(time(9), time(10), channels=7), *daily(time(14), time(14, 30), channels=7, place=7))
    assert served(opening) == [("09:00", 3, None), ("09:30", 3, None), ("14:00", 5, 7)]
    assert (opening.channels_at(None), opening.channels_at(7), opening.channels_at(8)) == (3, 5, 0)


def test_a_video_session_without_a_place_leaves_its_time_to_the_others() -> None:
    nowhere = daily(time(9), time(10), channels=4)
    assert served(rules(*nowhere)) == []
    assert served(rules(*nowhere, *daily(time(9), time(9, 30)))) == [("09:00", 3, None)]


def test_a_day_is_closed_or_open_for_each_place_by_itself() -> None:
    tuesdays = WeeklySession(1, 1, time(9), time(12), 1, 7)
    wednesdays = WeeklySession(2, 2, time(9), time(12), 3)
    opening = rules(tuesdays, wednesdays, absences=(AgentAbsence(1, date(2026, 12, 1), date(2026, 12, 1)),))
    assert opening.closed_reason(TUESDAY) == "Fermé le mardi"
    assert opening.closed_reason(TUESDAY, 7) is None
    assert opening.closed_reason(date(2026, 11, 25)) is None
    assert opening.closed_reason(date(2026, 11, 25), 7) == "Pas de permanence le mercredi"
    assert opening.closed_reason(date(2026, 12, 1), 7) == "Aucun agent ne reçoit ce jour-là"


def test_a_closure_or_a_holiday_closes_the_local_points_too() -> None:
    closure = ClosedPeriod(TUESDAY, TUESDAY, "Inventaire")
    opening = rules(*daily(time(9), time(12), channels=1, place=7), closures=(closure,))
    assert opening.closed_reason(TUESDAY, 7) == "Inventaire"
    assert opening.slots_on(TUESDAY) == {}
    assert str(opening.closed_reason(date(2026, 12, 25), 7)).startswith("Jour férié")


# --- properties

minutes_of_day = st.integers(0, 23 * 60 + 59).map(lambda minute: time(*divmod(minute, 60)))
sessions_of_agents = st.lists(
    st.builds(
        WeeklySession,
        agent_id=st.integers(1, 3),
        weekday=st.integers(0, 6),
        starts=minutes_of_day,
        ends=minutes_of_day,
        channels=st.integers(1, 7),
        place_id=st.sampled_from([None, None, 7, 8]),
    ),
    max_size=12,
)
days = st.one_of(
    st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    st.sampled_from([*CLOCKS_FORWARD, *CLOCKS_BACK]),
)


@given(sessions_of_agents, days, st.sampled_from(ZONES), st.sampled_from([10, 15, 20, 30, 45, 60]))
@example(list(daily(time(0), time(23, 59))), date(2026, 3, 29), "Europe/Paris", 45)
@example(list(daily(time(0), time(23, 59))), date(2026, 10, 25), "Europe/Paris", 45)
@example(list(daily(time(0), time(23, 59))), date(2027, 3, 14), "America/Miquelon", 45)
def test_an_agent_is_never_in_two_places_and_always_within_hours(
    sessions: list[WeeklySession], day: date, timezone: str, step: int
) -> None:
    opening = rules(*sessions, timezone=timezone, slot_minutes=step)
    seats = opening.slots_on(day)
    for agent in (1, 2, 3):
        starts = sorted(start for who, start in seats if who == agent)
        assert all(later - earlier >= timedelta(minutes=step) for earlier, later in pairwise(starts))
    for (agent, start), service in seats.items():
        local = start.astimezone(opening.timezone)
        assert local.date() == day
        assert (local.hour * 60 + local.minute) % step == 0
        covering = [
            one
            for one in sessions
            if (one.agent_id, one.weekday) == (agent, day.weekday()) and _covers(one, local, step) and _flags(one)
        ]
        assert service.place_id == min((one.place_id for one in covering), key=lambda place: place or 99)
        assert service.channels == reduce(or_, (_flags(one) for one in covering if one.place_id == service.place_id))
        assert not service.channels & (Channel.VIDEO if service.place_id is None else Channel.PHONE)


@given(sessions_of_agents, days)
def test_the_order_of_the_sessions_never_counts(sessions: list[WeeklySession], day: date) -> None:
    assert rules(*sessions).slots_on(day) == rules(*reversed(sessions)).slots_on(day)


@given(sessions_of_agents, st.dates(date(2026, 11, 2), date(2026, 11, 8)))
def test_every_time_a_session_covers_has_a_seat_at_some_place(sessions: list[WeeklySession], day: date) -> None:
    opening = rules(*sessions)
    for one in sessions:
        for minute in range(0, 24 * 60, 30):
            local = datetime.combine(day, time(*divmod(minute, 60)), PARIS)
            if one.weekday == day.weekday() and _covers(one, local, 30) and _flags(one):
                assert (one.agent_id, local.astimezone(UTC)) in opening.slots_on(day)


def _covers(session: WeeklySession, local: datetime, step: int) -> bool:
    start = local.hour * 60 + local.minute
    first, last = (value.hour * 60 + value.minute for value in (session.starts, session.ends))
    return first <= start and start + step <= last


def _flags(session: WeeklySession) -> int:
    """Return what can be served where the session takes place."""
    possible = Channel.COUNTER | (Channel.PHONE if session.place_id is None else Channel.VIDEO)
    return session.channels & possible


@given(days, st.sampled_from(ZONES))
def test_an_office_open_all_day_has_each_half_hour_the_clocks_show_once(day: date, timezone: str) -> None:
    opening = rules(*daily(time(0), time(23, 59)), timezone=timezone)
    midnight = local_midnight(day, opening.timezone)
    instants = (midnight + timedelta(minutes=30 * number) for number in range(50))
    shown = {f"{one.astimezone(opening.timezone):%Y-%m-%d %H:%M}" for one in instants}
    expected = sorted(one[11:] for one in shown if one.startswith(f"{day:%Y-%m-%d}") and not one.endswith("23:30"))
    assert local_times(opening, day) == ([] if opening.closed_reason(day) else expected)
