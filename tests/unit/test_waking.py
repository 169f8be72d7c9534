"""Half an hour of waking hours: nobody has to get up at night for an offer."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.services.appointments import waking
from tests.factories import at

NEW_YEAR = at("2026-01-01 00:00")
MINUTE = timedelta(minutes=1)
HALF_AN_HOUR = timedelta(minutes=30)
PARIS = ZoneInfo("Europe/Paris")
ZONES = ["Europe/Paris", "America/Cayenne", "Indian/Reunion", "Pacific/Noumea", "America/Miquelon", "Pacific/Tahiti"]


@pytest.mark.parametrize(
    ("made", "ends"),
    [
        ("2026-11-24 10:00", "2026-11-24 10:30"),
        ("2026-11-24 20:30", "2026-11-24 21:00"),
        ("2026-11-24 20:45", "2026-11-25 08:15"),
        ("2026-11-24 21:00", "2026-11-25 08:30"),
        ("2026-11-24 22:00", "2026-11-25 08:30"),
        ("2026-11-25 00:10", "2026-11-25 08:30"),
        ("2026-11-25 07:59", "2026-11-25 08:30"),
        ("2026-11-25 08:00", "2026-11-25 08:30"),
        ("2026-11-28 20:50", "2026-11-29 08:20"),  # a Sunday counts like any day
        ("2026-10-24 20:50", "2026-10-25 08:20"),  # clocks go back that night
        ("2027-03-27 20:50", "2027-03-28 08:20"),  # clocks go forward that night
    ],
)
def test_an_offer_lasts_half_an_hour_between_8_and_21_h(made: str, ends: str) -> None:
    assert waking.after(at(made), HALF_AN_HOUR, PARIS) == at(ends)


def test_a_long_delay_goes_over_several_nights() -> None:
    assert waking.after(at("2026-11-24 20:00"), timedelta(hours=15), PARIS) == at("2026-11-26 09:00")


def test_the_hours_are_those_of_the_office() -> None:
    reunion = ZoneInfo("Indian/Reunion")
    made = at("2026-11-24 19:00")  # 22 h there
    assert waking.after(made, HALF_AN_HOUR, reunion) == at("2026-11-25 08:30", "Indian/Reunion")


@given(
    start=st.integers(min_value=0, max_value=2 * 365 * 24 * 60).map(lambda number: NEW_YEAR + number * MINUTE),
    minutes=st.integers(min_value=1, max_value=120),
    zone=st.sampled_from(ZONES),
)
@example(start=at("2026-10-25 01:30"), minutes=30, zone="Europe/Paris")
@example(start=at("2027-03-28 01:30"), minutes=30, zone="Europe/Paris")
def test_exactly_the_minutes_promised_are_waking_ones(start: datetime, minutes: int, zone: str) -> None:
    timezone = ZoneInfo(zone)

    end = waking.after(start, minutes * MINUTE, timezone)

    passed = (start.astimezone(UTC) + number * MINUTE for number in range((end - start) // MINUTE))
    awake = [minute for minute in passed if waking.OPENS <= minute.astimezone(timezone).time() < waking.CLOSES]
    assert len(awake) == minutes
    assert awake[-1] == end - MINUTE
