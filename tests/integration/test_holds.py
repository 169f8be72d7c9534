"""Holds: ten minutes, ten extensions of five, one per visitor, a cap per network and office."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest

from app import clock
from app.models import AuditEvent, Channel, Hold
from app.services import journeys
from app.services.appointments import holds
from app.services.appointments.holds import HoldEndedError, HoldView, NoExtensionLeftError, TooManyHoldsError
from app.services.appointments.seats import BegunError, NotPlannedError, SlotGoneError, TooNearError
from app.services.journeys import JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from tests.booking import MONDAY, a_visitor, check_invariants, count, together
from tests.factories import MadeOffice, at, make_office, make_slots, slots_of

NINE = at("2026-11-24 09:00")
HALF_PAST_NINE = at("2026-11-24 09:30")
TEN = at("2026-11-24 10:00")
HALF_PAST_TEN = at("2026-11-24 10:30")


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.moved(MONDAY):
        yield


@pytest.fixture
def office(db: str) -> MadeOffice:
    made = make_office()
    make_slots(made, NINE, HALF_PAST_NINE, TEN, HALF_PAST_TEN)
    return made


def test_a_hold_keeps_the_seat_ten_minutes(office: MadeOffice) -> None:
    visitor = a_visitor()

    view = visitor.hold(office, NINE)

    assert (view.starts_at, view.expires_at, view.extensions_left) == (NINE, MONDAY + timedelta(minutes=10), 10)
    assert holds.current_hold(visitor.key) == view
    with clock.moved(MONDAY + timedelta(minutes=9, seconds=59)), pytest.raises(SlotGoneError):
        a_visitor().hold(office, NINE)
    with clock.moved(MONDAY + timedelta(minutes=10)):
        assert holds.current_hold(visitor.key) is None
        a_visitor().hold(office, NINE)
    check_invariants()


def test_a_new_hold_frees_the_old_one(office: MadeOffice) -> None:
    visitor = a_visitor()
    visitor.hold(office, NINE)
    visitor.hold(office, TEN)

    assert _held(office) == {TEN}
    assert count(Hold) == 1
    a_visitor().hold(office, NINE)
    check_invariants()


def test_each_cause_for_which_a_time_cannot_be_had_is_told_apart(office: MadeOffice) -> None:
    a_visitor().hold(office, TEN)
    causes = (
        (TEN, SlotGoneError),
        (at("2026-11-24 11:00"), NotPlannedError),
        (clock.now() + timedelta(minutes=59), TooNearError),
        (clock.now(), BegunError),
    )
    for starts_at, cause in causes:
        with pytest.raises(SlotGoneError) as refused:
            a_visitor().hold(office, starts_at)
        assert refused.type is cause


def test_a_new_hold_that_fails_keeps_the_old_one(office: MadeOffice) -> None:
    visitor = a_visitor()
    a_visitor().hold(office, TEN)
    kept = visitor.hold(office, NINE)

    with pytest.raises(SlotGoneError):
        visitor.hold(office, TEN)

    assert holds.current_hold(visitor.key) == kept


def test_holding_the_same_time_again_does_not_restart_the_countdown(office: MadeOffice) -> None:
    visitor = a_visitor()
    first = visitor.hold(office, NINE)
    with clock.moved(MONDAY + timedelta(minutes=4)):
        assert visitor.hold(office, NINE) == first


def test_holding_the_same_time_again_after_the_end_starts_anew(office: MadeOffice) -> None:
    visitor = a_visitor()
    visitor.hold(office, NINE)
    with clock.moved(MONDAY + timedelta(minutes=11)):
        assert visitor.hold(office, NINE).expires_at == MONDAY + timedelta(minutes=21)


def test_a_hold_of_an_hour_keeps_both_slots(office: MadeOffice) -> None:
    visitor = a_visitor()
    visitor.hold(office, NINE, minutes=60)

    assert _held(office) == {NINE, HALF_PAST_NINE}
    with pytest.raises(SlotGoneError):
        a_visitor().hold(office, HALF_PAST_NINE)
    visitor.hold(office, HALF_PAST_NINE, minutes=60)
    assert _held(office) == {HALF_PAST_NINE, TEN}
    check_invariants()


def test_another_channel_at_the_same_time_moves_the_hold_to_an_agent_who_serves_it(db: str) -> None:
    office = make_office(agents=2)
    counter, phone = (MadeOffice(office.id, (agent,)) for agent in office.agents)
    make_slots(counter, NINE, channels=Channel.COUNTER)
    make_slots(phone, NINE, channels=Channel.PHONE)
    visitor = a_visitor()

    visitor.hold(office, NINE, Channel.COUNTER)
    visitor.hold(office, NINE, Channel.PHONE)

    assert [(slot.agent_id, slot.held_by is not None) for slot in slots_of(office.id)] == [
        (counter.agent, False),
        (phone.agent, True),
    ]


def test_a_hold_is_extended_ten_times_five_minutes(office: MadeOffice) -> None:
    visitor = a_visitor()
    visitor.hold(office, NINE, minutes=60)

    for done in range(1, 11):
        view = holds.extend_hold(visitor.key)
        assert view.expires_at == MONDAY + timedelta(minutes=10 + 5 * done)
        assert view.extensions_left == 10 - done
    with pytest.raises(NoExtensionLeftError):
        holds.extend_hold(visitor.key)

    with clock.moved(MONDAY + timedelta(minutes=59)), pytest.raises(SlotGoneError):
        a_visitor().hold(office, HALF_PAST_NINE)


def test_extending_at_the_same_moment_in_two_tabs_counts_each_once(office: MadeOffice) -> None:
    visitor = a_visitor()
    visitor.hold(office, NINE)

    results = together([partial(holds.extend_hold, visitor.key) for _ in range(15)])

    assert sum(isinstance(result, HoldView) for result in results) == 10
    view = holds.current_hold(visitor.key)
    assert view is not None
    assert view.expires_at == MONDAY + timedelta(minutes=60)


def test_what_has_ended_cannot_be_extended(office: MadeOffice) -> None:
    visitor = a_visitor()
    with pytest.raises(HoldEndedError):
        holds.extend_hold(visitor.key)
    visitor.hold(office, NINE)
    with clock.moved(MONDAY + timedelta(minutes=10)), pytest.raises(HoldEndedError):
        holds.extend_hold(visitor.key)


def test_a_released_hold_is_free_at_once(office: MadeOffice) -> None:
    visitor = a_visitor()
    holds.release_hold(visitor.key)
    visitor.hold(office, NINE)
    holds.release_hold(visitor.key)

    assert (_held(office), count(Hold)) == (set(), 0)
    a_visitor().hold(office, NINE)


def test_leaving_the_journey_frees_the_seat(office: MadeOffice) -> None:
    visitor = a_visitor()
    visitor.hold(office, NINE)

    journeys.leave(visitor.key, "booking")

    assert (_held(office), count(Hold)) == (set(), 0)
    with pytest.raises(JourneyGoneError):
        visitor.hold(office, NINE)


def test_only_one_of_many_holds_the_seat(office: MadeOffice) -> None:
    results = together([partial(a_visitor().hold, office, NINE) for _ in range(30)])

    assert sum(isinstance(result, HoldView) for result in results) == 1
    assert sum(isinstance(result, SlotGoneError) for result in results) == 29
    check_invariants()


def test_one_visitor_in_many_tabs_has_one_hold(office: MadeOffice) -> None:
    visitor = a_visitor()
    starts = [NINE, HALF_PAST_NINE, TEN, HALF_PAST_TEN]

    results = together([partial(visitor.hold, office, starts[number % 4]) for number in range(12)])

    assert all(isinstance(result, HoldView) for result in results)
    assert len(_held(office)) == 1
    assert count(Hold) == 1
    check_invariants()


def test_visitors_who_swap_their_holds_do_not_block_each_other(office: MadeOffice) -> None:
    visitors = [a_visitor() for _ in range(4)]
    starts = [NINE, HALF_PAST_NINE, TEN, HALF_PAST_TEN]
    for visitor, start in zip(visitors, starts, strict=True):
        visitor.hold(office, start)

    for shift in range(1, 9):
        wanted = [starts[(number + shift) % 4] for number in range(4)]
        calls = [partial(visitor.hold, office, start) for visitor, start in zip(visitors, wanted, strict=True)]
        results = together(calls)
        assert all(isinstance(result, HoldView | SlotGoneError) for result in results)
        check_invariants()
    assert len(_held(office)) == 4


def test_one_network_cannot_freeze_an_office(db: str) -> None:
    office = make_office(agents=25)
    for agent in office.agents:
        make_slots(MadeOffice(office.id, (agent,)), NINE)
    other = make_office()
    make_slots(other, NINE)
    crowd = [a_visitor(network="one-network") for _ in range(25)]

    results = together([partial(visitor.hold, office, NINE) for visitor in crowd])

    assert sum(isinstance(result, HoldView) for result in results) == 20
    assert sum(isinstance(result, TooManyHoldsError) for result in results) == 5
    assert count(AuditEvent) == 5
    a_visitor(network="another-network").hold(office, NINE)
    a_visitor(network="one-network").hold(other, NINE)
    with clock.moved(MONDAY + timedelta(minutes=10)):
        a_visitor(network="one-network").hold(office, NINE)


def test_one_visitor_cannot_hold_without_end(office: MadeOffice) -> None:
    visitor = a_visitor()
    for number in range(20):
        visitor.hold(office, (NINE, TEN)[number % 2])
    with pytest.raises(TooManyAttemptsError):
        visitor.hold(office, NINE)


def test_an_unknown_office_holds_nothing(db: str) -> None:
    with pytest.raises(SlotGoneError):
        a_visitor().hold(MadeOffice(9999, ()), NINE)


def test_the_job_erases_what_ended_a_day_ago(office: MadeOffice) -> None:
    a_visitor().hold(office, NINE)
    with clock.moved(MONDAY + timedelta(hours=24)):
        assert holds.sweep() == 0
    with clock.moved(MONDAY + timedelta(hours=24, minutes=10)):
        recent = a_visitor()
        recent.hold(office, HALF_PAST_TEN)
        assert holds.sweep() == 1
        assert _held(office) == {HALF_PAST_TEN}
        check_invariants()


def _held(office: MadeOffice) -> set[object]:
    return {slot.starts_at for slot in slots_of(office.id) if slot.held_by is not None}
