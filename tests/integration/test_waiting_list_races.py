"""Several workers, visitors and people on the list at the same moment: a seat has one owner, and nobody is stuck."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier, local
from typing import Any

import pytest
from sqlalchemy import true

from app import clock
from app.models import OfferOutcome, WaitingStatus
from app.services import throttle
from app.services.appointments import holds, schedule, seats, waiting_list, waiting_offers
from app.services.appointments.cancellation import cancel
from app.services.appointments.holds import HoldView
from app.services.appointments.records import NotBookedError
from app.services.appointments.seats import SlotGoneError
from app.services.appointments.steps import Progress
from app.services.appointments.waiting_list import OfferGoneError
from app.services.journeys import JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from tests.booking import MONDAY, a_visitor, check_invariants, together
from tests.factories import MadeOffice, at, make_slots
from tests.waiting import Waiting, a_waiter, an_office, check_waiting_list, mails, owners

pytestmark = pytest.mark.long

NINE = at("2026-11-24 09:00")
STARTS = [NINE + timedelta(minutes=30 * number) for number in range(6)]


class Time:
    now = MONDAY


@pytest.fixture(autouse=True)
def time() -> Iterator[Time]:
    throttle.reset()
    made = Time()
    with clock.moved(lambda: made.now):
        yield made


@pytest.fixture
def all_plan_first(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let so many workers see the same free seats before any of them offers one."""

    def arrange(workers: int) -> None:
        barrier, seen, planned = Barrier(workers), local(), waiting_offers.planned

        def plan(*asked: Any) -> list[int]:
            found = planned(*asked)
            if not getattr(seen, "once", False):
                seen.once = True
                barrier.wait(timeout=60)
            return found

        monkeypatch.setattr(waiting_offers, "planned", plan)

    return arrange


def test_two_workers_offer_each_seat_once_and_in_order(db: str, all_plan_first: Callable[[int], None]) -> None:
    office = an_office()
    make_slots(office, *STARTS)
    people = [a_waiter(office) for _ in range(8)]
    all_plan_first(2)

    made = together([waiting_list.run] * 2)

    assert sum(made) == len(STARTS)
    check_waiting_list()
    assert sorted(start for each in people for start in each.offered) == STARTS
    assert [len(each.offers) for each in people] == [1] * 6 + [0] * 2


def test_without_looking_again_two_workers_offer_a_seat_twice(
    db: str, all_plan_first: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = an_office()
    make_slots(office, NINE)
    people = [a_waiter(office) for _ in range(4)]
    all_plan_first(4)
    _take_the_conditions_out(monkeypatch)

    together([waiting_list.run] * 4)

    assert sum(len(each.offers) for each in people) > 1
    with pytest.raises(AssertionError):
        check_waiting_list()


def test_a_freed_seat_has_one_owner_whoever_comes_at_that_moment(db: str) -> None:
    for _ in range(6):
        office = an_office()
        make_slots(office, NINE)
        appointment = a_visitor().confirm(office, NINE).public_id
        people = [a_waiter(office) for _ in range(2)]
        visitors = [a_visitor() for _ in range(6)]

        outcomes = together(
            [
                partial(cancel, appointment, "key"),
                *(partial(visitor.hold, office, NINE) for visitor in visitors),
                waiting_list.run,
                waiting_list.run,
            ]
        )

        held = [outcome for outcome in outcomes if isinstance(outcome, HoldView)]
        offered = [each for each in people if each.live]
        assert (len(held), len(offered)) == (0, 1)
        assert [type(o) for o in outcomes[1:7]] == [SlotGoneError] * 6
        assert offered == people[:1]
        check_waiting_list()


def test_with_the_conditions_taken_out_a_visitor_takes_an_offered_seat(
    db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = an_office()
    make_slots(office, NINE)
    a_waiter(office)
    waiting_list.run()
    _take_the_conditions_out(monkeypatch)

    a_visitor().hold(office, NINE)

    with pytest.raises(AssertionError):
        check_waiting_list()


def test_who_answers_in_the_last_second_has_the_seat_or_it_goes_on_but_never_both(db: str, time: Time) -> None:
    for turn in range(8):
        office = an_office()
        slots = make_slots(office, NINE)
        anh, bao = a_waiter(office), a_waiter(office)
        time.now = MONDAY
        waiting_list.run()

        def half_an_hour_later() -> int:
            time.now = MONDAY + timedelta(minutes=30)
            return waiting_list.run()

        calls: list[Callable[[], object]] = [anh.accept, half_an_hour_later, waiting_list.run]
        taken = next(
            o for o in together(calls[turn % 2 :] + calls[: turn % 2]) if isinstance(o, Progress | OfferGoneError)
        )

        if isinstance(taken, Progress):
            assert (anh.row.status, anh.offers[0].outcome) == (WaitingStatus.SERVED, OfferOutcome.TAKEN)
            waiting_list.run()
        waiting_list.run()
        assert isinstance(taken, Progress) or (anh.offers[0].outcome, bao.offered) == (OfferOutcome.EXPIRED, [NINE])
        assert len([owner for owner in owners(slots) if owner]) <= 1
        check_waiting_list()


def test_of_ten_browsers_with_the_link_one_takes_the_offer(db: str) -> None:
    office = an_office()
    make_slots(office, NINE)
    anh = a_waiter(office)
    waiting_list.run()
    visitors = [a_visitor() for _ in range(10)]

    outcomes = together([partial(anh.accept, visitor.key) for visitor in visitors])

    assert sum(isinstance(outcome, Progress) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, OfferGoneError) for outcome in outcomes) == 9
    assert len([visitor for visitor in visitors if holds.current_hold(visitor.key)]) == 1
    check_waiting_list()


def test_a_double_click_takes_the_offer_once_and_both_open_the_booking(db: str) -> None:
    for _ in range(4):
        office = an_office()
        make_slots(office, NINE)
        anh = a_waiter(office)
        waiting_list.run()

        outcomes = together([anh.accept] * 3)

        assert {outcome.journey_id for outcome in outcomes if isinstance(outcome, Progress)} != set()
        assert all(isinstance(outcome, Progress) for outcome in outcomes), outcomes
        check_waiting_list()


def test_two_workers_tell_whoever_waited_in_vain_once(db: str, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [a_waiter(an_office()) for _ in range(3)]
    time.now = at("2026-12-05 00:01")
    both_have_looked, run_out = Barrier(2), waiting_list._run_out

    def end(ids: Sequence[int]) -> int:
        both_have_looked.wait(timeout=60)
        return run_out(ids)

    monkeypatch.setattr(waiting_list, "_run_out", end)

    outcomes = together([waiting_list.run] * 2)

    assert sum(outcomes) == len(people)
    assert {each.row.status for each in people} == {WaitingStatus.OVER}
    assert sorted(mail.recipient for mail in mails("waiting_over")) == sorted(each.email for each in people)


def test_who_leaves_as_the_last_day_ends_has_left_or_is_told_but_never_both(db: str, time: Time) -> None:
    for _ in range(6):
        time.now = MONDAY
        anh = a_waiter(an_office())
        time.now = at("2026-12-05 00:01")

        together([waiting_list.run, anh.leave])
        waiting_list.run()

        told = len(mails("waiting_over", anh.email))
        assert (anh.row.status, told) in ((WaitingStatus.LEFT, 0), (WaitingStatus.OVER, 1))


def test_eight_people_doing_everything_at_once_never_block_each_other(db: str, time: Time) -> None:
    office = an_office(agents=2)
    for agent in office.agents:
        make_slots(MadeOffice(office.id, (agent,)), *STARTS)

    outcomes = together([partial(_act, office, time, random.Random(seed)) for seed in range(8)])

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    check_waiting_list()
    time.now += timedelta(days=3)
    waiting_list.run()
    check_waiting_list()
    check_invariants()


_REFUSALS = (SlotGoneError, OfferGoneError, NotBookedError, JourneyGoneError, TooManyAttemptsError)


def _act(office: MadeOffice, time: Time, dice: random.Random) -> None:
    """Join, book, cancel, answer, leave and let time pass at random; refusals are part of it."""
    booked: list[str] = []
    people: list[Waiting] = []
    for _ in range(10):
        visitor = a_visitor()
        start, minutes = dice.choice(STARTS), dice.choice([30, 60])
        with suppress(*_REFUSALS):
            booked.append(visitor.confirm(office, start, minutes=minutes).public_id)
        people.append(_joined(office, dice))
        if booked and dice.random() < 0.7:
            with suppress(*_REFUSALS):
                cancel(booked.pop(dice.randrange(len(booked))), "key")
        for each in people:
            if each.offers and dice.random() < 0.5:
                answer = dice.choice([each.accept, each.decline, each.leave])
                with suppress(*_REFUSALS):
                    answer()
        if dice.random() < 0.3:
            time.now = _later(time.now, dice)
        if dice.random() < 0.5:
            waiting_list.run()


def _later(now: datetime, dice: random.Random) -> datetime:
    return now + timedelta(minutes=dice.choice([5, 20]))


def _joined(office: MadeOffice, dice: random.Random) -> Waiting:
    return a_waiter(office, minutes=dice.choice([30, 60]))


def _take_the_conditions_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "is_free", lambda now: true())
    monkeypatch.setattr(seats, "_open_to", lambda claimant, unbooked: true())
