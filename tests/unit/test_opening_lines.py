from datetime import time

from hypothesis import given
from hypothesis import strategies as st

from app.models import Channel
from app.services.appointments.offices import Opening, opening_lines

COUNTER, PHONE, VIDEO = Channel.COUNTER, Channel.PHONE, Channel.VIDEO


def lines(*openings: Opening) -> list[str]:
    return [line.replace("\u00a0", " ").replace("\u2060", "") for line in opening_lines(openings)]


def test_an_office_without_agents_has_no_hours() -> None:
    assert lines() == []


def test_a_week_says_each_working_day_and_saturday_only_when_open() -> None:
    openings = [Opening(0, time(8, 45), time(12), COUNTER), Opening(0, time(13, 30), time(16), COUNTER | PHONE)]
    closed = ["mardi : fermé", "mercredi : fermé", "jeudi : fermé", "vendredi : fermé"]
    assert lines(*openings) == ["lundi : 8 h 45 – 12 h, 13 h 30 – 16 h", *closed]
    saturday = Opening(5, time(9), time(12), COUNTER)
    assert lines(*openings, saturday)[-1] == "samedi : 9 h – 12 h"


def test_overlapping_and_touching_periods_are_said_as_one() -> None:
    openings = [
        Opening(0, time(9), time(11), COUNTER),
        Opening(0, time(10), time(11, 30), COUNTER),
        Opening(0, time(11, 30), time(12), COUNTER | PHONE),
    ]
    assert lines(*openings)[0] == "lundi : 9 h – 12 h"


def test_what_is_only_by_phone_or_video_is_said_so() -> None:
    openings = [
        Opening(0, time(9), time(12), COUNTER),
        Opening(0, time(9), time(12), PHONE),
        Opening(0, time(13, 30), time(15), PHONE | VIDEO),
        Opening(1, time(9), time(10), VIDEO),
    ]
    assert lines(*openings)[0] == "lundi : 9 h – 12 h, 13 h 30 – 15 h par téléphone"
    assert lines(*openings)[1] == "mardi : 9 h – 10 h par visioconférence"


half_hours = st.integers(0, 47).map(lambda half: time(half // 2, half % 2 * 30))
periods = st.tuples(half_hours, half_hours).filter(lambda ends: ends[0] < ends[1])
openings = st.builds(
    lambda day, period, channels: Opening(day, period[0], period[1], channels),
    st.integers(0, 6),
    periods,
    st.integers(1, 7),
)


@given(st.lists(openings, min_size=1))
def test_the_order_of_the_openings_never_counts(some: list[Opening]) -> None:
    assert opening_lines(some) == opening_lines(reversed(some))


@given(st.lists(openings, min_size=1))
def test_every_open_day_is_said_open_and_every_other_working_day_closed(some: list[Opening]) -> None:
    said = {line.split("\u00a0: ")[0]: line.split("\u00a0: ")[1] for line in opening_lines(some)}
    names = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
    for number, name in enumerate(names):
        is_open = any(opening.weekday == number for opening in some)
        assert said.get(name, "fermé") != "fermé" if is_open else said.get(name, "fermé") == "fermé"
        assert name in said or number >= 5
