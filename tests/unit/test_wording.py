from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content import wording
from app.models import Need


def plain(words: str) -> str:
    return words.replace(wording.NBSP, " ")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (time(9, 30), "9 h 30"),
        (time(10), "10 h"),
        (time(9, 5), "9 h 05"),
        (time(0), "0 h"),
        (datetime(2026, 11, 24, 13, 45, tzinfo=UTC), "13 h 45"),
    ],
)
def test_a_time_reads_as_one_writes_it_in_french(value: time | datetime, words: str) -> None:
    assert plain(wording.time(value)) == words


@given(st.times())
def test_a_time_never_breaks_over_two_lines(value: time) -> None:
    assert " " not in wording.time(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (date(2026, 11, 24), "mardi 24 novembre"),
        (date(2027, 1, 1), "vendredi 1er janvier"),
        (date(2026, 12, 31), "jeudi 31 décembre"),
        (date(2026, 8, 2), "dimanche 2 août"),
    ],
)
def test_a_day_reads_with_its_weekday(value: date, words: str) -> None:
    assert wording.day(value) == words
    assert wording.day_with_year(value) == f"{words} {value.year}"


def test_a_day_says_its_year_only_when_it_is_another_one() -> None:
    today = date(2026, 11, 21)
    assert wording.day(date(2026, 12, 31), today) == "jeudi 31 décembre"
    assert wording.day(date(2027, 1, 4), today) == "lundi 4 janvier 2027"


def test_a_moment_holds_day_year_and_time() -> None:
    assert plain(wording.moment(datetime(2026, 11, 24, 9, 30, tzinfo=UTC))) == "mardi 24 novembre 2026 à 9 h 30"
    assert plain(wording.short_moment(datetime(2026, 11, 24, 9, 30, tzinfo=UTC))) == "mardi 24 novembre à 9 h 30"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minute"),
        (1, "1 minute"),
        (30, "30 minutes"),
        (60, "1 heure"),
        (120, "2 heures"),
        (90, "1 h 30"),
        (65, "1 h 05"),
    ],
)
def test_a_duration_reads_in_minutes_then_in_hours(minutes: int, words: str) -> None:
    assert plain(wording.duration(minutes)) == words
    assert " " not in wording.duration(minutes)


@pytest.mark.parametrize(("number", "words"), [(0, "0 créneau"), (1, "1 créneau"), (2, "2 créneaux")])
def test_slots_agree_with_their_number(number: int, words: str) -> None:
    assert plain(wording.slots(number)) == words


def test_a_period_says_its_years_only_across_new_year() -> None:
    assert wording.period(date(2026, 11, 23), date(2026, 12, 20)) == "23 novembre – 20 décembre"
    assert wording.period(date(2026, 12, 21), date(2027, 1, 17)) == "21 décembre 2026 – 17 janvier 2027"


def test_hours_and_sentences() -> None:
    assert wording.hours(time(8, 45), time(12)) == "8_h_45_–\u2060_12_h".replace("_", wording.NBSP)
    assert wording.sentence("éric vient À midi") == "Éric vient À midi"
    assert wording.sentence("") == ""
    assert [wording.weekday(number) for number in (0, 6)] == ["lundi", "dimanche"]


def test_needs_have_words_whatever_the_case_of_their_names() -> None:
    assert wording.needs(["COMPANION", "wheelchair", "unknown"]) == ("fauteuil roulant", "personne accompagnante")
    assert wording.needs([]) == ()
    assert wording.NEEDS.keys() == wording.NEED_LABELS.keys() == {need.name.lower() for need in Need if need.name}
