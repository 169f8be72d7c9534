"""Both times: what the office's clock shows, and the person's when it differs."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content import wording
from app.content.both_times import both

ZONES = sorted(available_timezones())
NB = wording.NBSP


@pytest.mark.parametrize(
    ("instant", "office", "browser", "said"),
    [
        ("2026-11-24T06:00+00:00", "Indian/Reunion", "Europe/Paris", "10 h (heure de La Réunion), soit 7 h chez vous"),
        ("2026-07-24T06:00+00:00", "Indian/Reunion", "Europe/Paris", "10 h (heure de La Réunion), soit 8 h chez vous"),
        ("2026-03-03T14:30+00:00", "Europe/Paris", "Asia/Kolkata", "15 h 30 (heure de Paris), soit 20 h chez vous"),
        (
            "2026-03-03T15:00+00:00",
            "Europe/Paris",
            "Asia/Tokyo",
            "16 h (heure de Paris), soit le 4 mars à 0 h chez vous",
        ),
        (
            "2026-03-01T09:00+00:00",
            "Pacific/Noumea",
            "Pacific/Honolulu",
            "20 h (heure de Nouvelle-Calédonie), soit le 28 février à 23 h chez vous",
        ),
        (
            "2026-04-30T20:00+00:00",
            "America/Cayenne",
            "Europe/Paris",
            "17 h (heure de Guyane), soit 22 h chez vous",
        ),
        (
            "2026-05-01T01:00+00:00",
            "America/Martinique",
            "Europe/Paris",
            "21 h (heure de Martinique), soit le 1er mai à 3 h chez vous",
        ),
        ("2026-11-24T09:00+00:00", "Europe/Berlin", "Europe/London", "10 h (heure du service), soit 9 h chez vous"),
        ("2026-11-24T09:00+00:00", "Europe/Paris", "Europe/Berlin", ""),
        ("2026-11-24T09:00+00:00", "Europe/Paris", "Europe/Paris", ""),
    ],
)
def test_what_is_said(instant: str, office: str, browser: str, said: str) -> None:
    words = both(datetime.fromisoformat(instant), office, browser)
    assert words.replace(NB, " ") == said


@pytest.mark.parametrize(("day", "said"), [("2026-03-28", "16 h"), ("2026-03-29", "15 h")])
def test_the_night_the_clocks_change_moves_one_of_them_only(day: str, said: str) -> None:
    office = ZoneInfo("Europe/Paris")
    noon = datetime.fromisoformat(f"{day}T13:00").replace(tzinfo=office)
    assert f"soit {said} chez vous" in both(noon, "Europe/Paris", "Indian/Reunion").replace(NB, " ")


def test_both_hours_of_a_night_that_has_one_twice_are_told_apart() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    words = [both(first + timedelta(hours=hour), "Europe/Paris", "UTC").replace(NB, " ") for hour in (0, 1)]
    assert words == [
        "2 h 30 (heure de Paris), soit 0 h 30 chez vous",
        "2 h 30 (heure de Paris), soit 1 h 30 chez vous",
    ]


@given(
    st.integers(0, 50 * 366 * 24 * 60).map(
        lambda minutes: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
)
def test_something_is_said_exactly_when_the_clocks_differ(instant: datetime, office: str, browser: str) -> None:
    there, here = (instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for zone in (office, browser))
    words = both(instant, office, browser)
    assert (words == "") == (there == here)
    if words:
        assert words.startswith(wording.time(there))
        assert words.endswith(f"{wording.time(here)} chez vous")
        assert (" soit le " in words) == (there.date() != here.date())


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        both(datetime.now(UTC), "Europe/Paris", "Europe/Nulle_Part")
