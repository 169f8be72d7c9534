"""« Choisir ce créneau » gives the first free time, or the next one to whoever was slower."""

from collections.abc import Iterator
from functools import partial

import pytest

from app import clock
from app.content import topics
from app.models import Channel
from app.services import throttle
from app.services.appointments import holds, schedule, steps
from app.services.appointments.seats import SlotGoneError
from app.services.appointments.steps import BOOKING, Step
from app.settings import get_settings
from tests.booking import MONDAY, a_visitor, together
from tests.factories import MadeOffice, at, make_office, week

NINE, HALF_PAST_NINE, TEN = (at(f"2026-11-24 {hour}") for hour in ("09:00", "09:30", "10:00"))


@pytest.fixture
def office(db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MadeOffice]:
    monkeypatch.setenv("HORIZON_DAYS", "3")
    get_settings.cache_clear()
    throttle.reset()
    made = make_office(sessions=week("9:00-10:30", days=[1]))
    with clock.moved(MONDAY):
        schedule.ensure_planned(made.id)
        yield made


def at_the_agenda(office: MadeOffice) -> str:
    """Return the key of a new visitor whose journey stands at the agenda."""
    visitor = a_visitor().key
    steps.choose_office(visitor, "tab", office.id, "", "")
    topic = next(each for each in topics.all_topics() if each.kind == "individuals" and each.minutes == 30)
    steps.choose_topic(visitor, BOOKING, topic.id)
    steps.choose_channel(visitor, BOOKING, Channel.COUNTER)
    return visitor


def test_the_second_of_two_people_gets_the_next_time(office: MadeOffice) -> None:
    first, second = at_the_agenda(office), at_the_agenda(office)
    assert steps.choose_first(first, BOOKING, "here", NINE).starts_at == NINE
    assert steps.choose_first(second, BOOKING, "there", NINE).starts_at == HALF_PAST_NINE
    progress = steps.progress(second, BOOKING)
    assert progress is not None
    assert (progress.step, progress.starts_at) == (Step.DETAILS, HALF_PAST_NINE)


def test_several_at_the_same_moment_get_a_time_each(office: MadeOffice) -> None:
    visitors = [at_the_agenda(office) for _ in range(3)]
    taken = together([partial(steps.choose_first, visitor, BOOKING, visitor, NINE) for visitor in visitors])
    assert sorted(view.starts_at for view in taken) == [NINE, HALF_PAST_NINE, TEN]


def test_when_nothing_is_free_any_more_it_is_refused(office: MadeOffice) -> None:
    for start in (NINE, HALF_PAST_NINE, TEN):
        a_visitor().hold(office, start)
    late = at_the_agenda(office)
    with pytest.raises(SlotGoneError):
        steps.choose_first(late, BOOKING, "late", NINE)
    assert holds.current_hold(late) is None


def test_a_time_that_was_not_asked_as_the_first_is_never_replaced(office: MadeOffice) -> None:
    a_visitor().hold(office, NINE)
    with pytest.raises(SlotGoneError):
        steps.choose_time(at_the_agenda(office), BOOKING, "there", NINE)
