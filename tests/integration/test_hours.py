"""Hours, closures and absences take effect at once, and no seat outside the opening rules is ever sold again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app import clock
from app.models import Channel, Office, Slot
from app.services import database, journeys, throttle
from app.services.appointments import availability, holds, hours, records, schedule, waiting_list
from app.services.appointments.cancellation import cancel
from app.services.appointments.hours import UnknownHoursError, WrongHoursError
from app.services.appointments.offices import OfficeNotFoundError
from app.services.appointments.opening import Service, WeeklySession
from app.services.appointments.records import NotBookedError
from app.services.appointments.rescheduling import reschedule
from app.services.appointments.seats import SlotGoneError
from app.services.form_errors import FieldErrors
from app.settings import get_settings
from tests.booking import MONDAY, Visitor, a_visitor, check_invariants, together
from tests.factories import MadeOffice, at, make_closure, make_office, make_place, slots_of, week
from tests.waiting import Waiting, a_waiter, mails

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)
NINE, HALF_PAST_NINE = at("2026-11-24 09:00"), at("2026-11-24 09:30")
WEDNESDAY_NINE = at("2026-11-25 09:00")
MINUTE = timedelta(minutes=1)
OPEN_DAYS = 0b0001110


class Now:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.at = MONDAY

    def wait(self, length: timedelta) -> None:
        self.at += length


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Iterator[Now]:
    # A week is enough, and planned many times.
    monkeypatch.setenv("HORIZON_DAYS", "3")
    get_settings.cache_clear()
    throttle.reset()
    now = Now()
    with clock.moved(lambda: now.at):
        yield now


@pytest.fixture
def office(db: str, now: Now) -> MadeOffice:
    return opened()


def opened(agents: int = 1, times: str = "9:00-10:00") -> MadeOffice:
    made = make_office(agents=agents, sessions=week(times, days=(1, 2, 3)))
    schedule.ensure_planned(made.id)
    return made


def first_free(office: MadeOffice, visitor_key: str = "") -> datetime | None:
    return availability.agenda(office.id, Channel.COUNTER, 30, visitor_key=visitor_key).first_free


def free_slots(office: MadeOffice) -> list[Slot]:
    moment = clock.now()
    return [
        slot
        for slot in slots_of(office.id)
        if slot.appointment_id is None and (slot.held_until is None or slot.held_until <= moment < slot.starts_at)
    ]


def outside_the_rules(office: MadeOffice, seats: Sequence[Slot] | None = None) -> list[datetime]:
    """Return the starts of those seats, the free ones if not told otherwise, that the opening rules do not give."""
    today = clock.now().date()
    with database.reading() as session:
        opening = schedule.opening_of(session, office.id, today, today + timedelta(days=10))
    given = {
        seat: service
        for offset in range(11)
        for seat, service in opening.slots_on(today + timedelta(days=offset)).items()
    }
    return [
        slot.starts_at
        for slot in (free_slots(office) if seats is None else seats)
        if given.get((slot.agent_id, slot.starts_at)) != Service(slot.channels, slot.place_id)
    ]


# --- whatever frees a seat asks the opening rules


def cancels(_: Visitor, public_id: str, __: Now) -> None:
    cancel(public_id, "key")


def moves(visitor: Visitor, public_id: str, _: Now) -> None:
    moving = visitor.begins("reschedule")
    reschedule(moving.key, moving.journey_id, public_id, Channel.COUNTER, WEDNESDAY_NINE)


@pytest.mark.parametrize("is_planned_again", [True, False])
@pytest.mark.parametrize("frees", [cancels, moves])
def test_a_booked_seat_of_a_closed_day_goes_when_it_is_freed(
    office: MadeOffice, now: Now, frees: Callable[[Visitor, str, Now], None], is_planned_again: bool
) -> None:
    visitor = a_visitor()
    booked = visitor.confirm(office, NINE)
    make_closure(office.id, TUESDAY)
    if is_planned_again:
        schedule.replan(office.id)
    frees(visitor, booked.public_id, now)
    assert NINE not in [slot.starts_at for slot in slots_of(office.id)]
    with pytest.raises(SlotGoneError):
        a_visitor().confirm(office, NINE)


def releases(visitor: Visitor, _: Now) -> None:
    holds.release_hold(visitor.key)


def leaves(visitor: Visitor, _: Now) -> None:
    journeys.leave(visitor.key, "booking")


def lets_it_end(_: Visitor, now: Now) -> None:
    now.wait(11 * MINUTE)


@pytest.mark.parametrize("frees", [releases, leaves, lets_it_end])
def test_a_held_seat_of_a_closed_day_is_free_for_nobody_when_the_hold_ends(
    office: MadeOffice, now: Now, frees: Callable[[Visitor, Now], None]
) -> None:
    visitor = a_visitor()
    visitor.hold(office, NINE)
    hours.close(office.id, TUESDAY, TUESDAY, "Travaux")
    frees(visitor, now)
    assert first_free(office) == first_free(office, visitor.key) == WEDNESDAY_NINE
    for somebody in (visitor, a_visitor()):
        with pytest.raises(SlotGoneError):
            in_a_journey(somebody).confirm(office, NINE)
    assert outside_the_rules(office) == []


def in_a_journey(visitor: Visitor) -> Visitor:
    """Return the visitor in the journey they have, or in a new one if they left it."""
    return visitor if journeys.find(visitor.key, "booking") else visitor.begins("booking")


def test_whoever_holds_a_seat_of_a_day_that_closes_may_book_it_in_time_and_keep_it_longer(
    office: MadeOffice, now: Now
) -> None:
    visitor = a_visitor()
    visitor.hold(office, NINE)
    hours.close(office.id, TUESDAY, TUESDAY, "Travaux")
    holds.extend_hold(visitor.key)
    now.wait(11 * MINUTE)
    assert visitor.confirm(office, NINE).starts_at == NINE
    check_invariants()


def test_an_extended_hold_of_a_closed_day_leaves_nothing_free(office: MadeOffice, now: Now) -> None:
    visitor = a_visitor()
    visitor.hold(office, NINE)
    hours.close(office.id, TUESDAY, TUESDAY, "Travaux")
    holds.extend_hold(visitor.key)
    now.wait(16 * MINUTE)
    assert (first_free(office), outside_the_rules(office)) == (WEDNESDAY_NINE, [])
    with pytest.raises(SlotGoneError):
        visitor.confirm(office, NINE)
    with pytest.raises(SlotGoneError):
        visitor.hold(office, NINE)


def test_what_ended_holds_withdrew_is_cleared_out(office: MadeOffice, now: Now) -> None:
    visitor = a_visitor()
    visitor.hold(office, NINE)
    hours.close(office.id, TUESDAY, TUESDAY, "Travaux")
    now.wait(11 * MINUTE)
    schedule.replan(office.id)
    assert NINE not in [slot.starts_at for slot in slots_of(office.id)]


def test_a_day_that_opens_again_gives_a_held_seat_back_when_the_hold_ends(office: MadeOffice, now: Now) -> None:
    a_visitor().hold(office, NINE)
    closure = hours.close(office.id, TUESDAY, TUESDAY, "Travaux")
    hours.reopen(closure)
    assert first_free(office) == HALF_PAST_NINE
    now.wait(11 * MINUTE)
    assert first_free(office) == NINE


def test_an_appointment_of_a_closed_day_stays_and_its_number_may_still_change(office: MadeOffice) -> None:
    visitor = a_visitor()
    booked = visitor.confirm(office, NINE)
    hours.close(office.id, TUESDAY, TUESDAY, "Travaux")
    moving = visitor.begins("reschedule")
    moved = reschedule(moving.key, moving.journey_id, booked.public_id, Channel.PHONE, NINE, phone="+33639980000")
    assert (moved.starts_at, moved.is_booked) == (NINE, True)
    check_invariants()


def test_a_freed_seat_whose_session_has_moved_is_free_where_it_is_now(office: MadeOffice) -> None:
    visitor = a_visitor()
    booked = visitor.confirm(office, NINE)
    place = make_place(office.id)
    hours.set_week(office.agent, [at_place(office.agent, place)])
    cancel(booked.public_id, "key")
    assert next((slot.starts_at, slot.place_id) for slot in slots_of(office.id)) == (NINE, place)
    with pytest.raises(SlotGoneError):
        a_visitor().confirm(office, NINE)


def at_place(agent: int, place: int | None, weekday: int = 1) -> WeeklySession:
    return WeeklySession(agent, weekday, time(9), time(10), int(Channel.COUNTER), place)


def test_what_was_withdrawn_is_not_said_to_come_free_in_a_few_minutes(office: MadeOffice) -> None:
    a_visitor().hold(office, NINE)
    hours.set_week(office.agent, [WeeklySession(office.agent, 2, time(9), time(10), 1)])
    for start in (WEDNESDAY_NINE, WEDNESDAY_NINE + 30 * MINUTE):
        a_visitor().confirm(office, start)
    assert availability.explain(office.id, Channel.COUNTER, 30).reason.startswith("Tous les rendez-vous")


# --- what is offered to those who wait


@pytest.fixture
def one_seat_a_day(db: str, now: Now) -> MadeOffice:
    return opened(times="9:00-9:30")


def waits_for_tuesday(office: MadeOffice) -> Waiting:
    return a_waiter(office, first=TUESDAY, last=TUESDAY, weekdays=OPEN_DAYS)


def test_a_seat_of_a_closed_day_that_is_cancelled_is_offered_to_nobody(one_seat_a_day: MadeOffice) -> None:
    booked = a_visitor().confirm(one_seat_a_day, NINE)
    waiting = waits_for_tuesday(one_seat_a_day)
    hours.close(one_seat_a_day.id, TUESDAY, TUESDAY, "Travaux")
    cancel(booked.public_id, "key")
    waiting_list.run()
    assert (waiting.offered, mails("waiting_offer")) == ([], [])


def declines(waiting: Waiting, _: Now) -> None:
    waiting.decline()


def leaves_the_list(waiting: Waiting, _: Now) -> None:
    waiting.leave()


def does_not_answer(_: Waiting, now: Now) -> None:
    now.wait(31 * MINUTE)


def takes_it_and_goes(waiting: Waiting, now: Now) -> None:
    waiting.accept()
    now.wait(31 * MINUTE)


@pytest.mark.parametrize("ends", [declines, leaves_the_list, does_not_answer, takes_it_and_goes])
def test_an_offered_seat_of_a_day_that_closes_goes_to_nobody_else(
    one_seat_a_day: MadeOffice, now: Now, ends: Callable[[Waiting, Now], None]
) -> None:
    first, second = waits_for_tuesday(one_seat_a_day), waits_for_tuesday(one_seat_a_day)
    waiting_list.run()
    hours.close(one_seat_a_day.id, TUESDAY, TUESDAY, "Travaux")
    ends(first, now)
    assert outside_the_rules(one_seat_a_day) == []
    waiting_list.run()
    assert (first.offered, second.offered) == ([NINE], [])
    with pytest.raises(SlotGoneError):
        a_visitor().hold(one_seat_a_day, NINE)


def test_whoever_was_offered_a_seat_of_a_day_that_closes_may_take_and_book_it(one_seat_a_day: MadeOffice) -> None:
    waiting = waits_for_tuesday(one_seat_a_day)
    waiting_list.run()
    hours.close(one_seat_a_day.id, TUESDAY, TUESDAY, "Travaux")
    progress = waiting.accept()
    visitor = replace(a_visitor(), key=waiting.key, journey_id=progress.journey_id)
    assert visitor.confirm(one_seat_a_day, NINE).starts_at == NINE
    check_invariants()


# --- the services


def test_a_closure_an_absence_and_new_hours_take_effect_at_once(office: MadeOffice) -> None:
    closure = hours.close(office.id, TUESDAY, TUESDAY, " Travaux ")
    assert schedule.closed_reason(office.id, TUESDAY) == "Travaux"
    absence = hours.set_absent(office.agent, WEDNESDAY, WEDNESDAY)
    assert first_free(office) == at("2026-11-26 09:00")
    hours.end_absence(absence)
    assert first_free(office) == WEDNESDAY_NINE
    hours.reopen(closure)
    assert first_free(office) == NINE
    hours.set_week(office.agent, [WeeklySession(office.agent, 1, time(14), time(15), 1)])
    assert first_free(office) == at("2026-11-24 14:00")
    hours.set_week(office.agent, [])
    assert slots_of(office.id) == slots_of(office.id)[:2], "only what has begun, or is due within the hour, may stay"


def test_an_office_that_was_to_be_planned_anew_obeys_at_once_too(office: MadeOffice) -> None:
    with database.writing() as session:
        session.get_one(Office, office.id).planned_until = None
    hours.close(office.id, TUESDAY, TUESDAY, "Travaux")
    with pytest.raises(SlotGoneError):
        a_visitor().confirm(office, NINE)
    never_seen = make_office()
    hours.close(never_seen.id, TUESDAY, TUESDAY, "Travaux")
    assert slots_of(never_seen.id) == []


def test_a_change_that_cannot_be_planned_is_not_written(office: MadeOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no disk")

    monkeypatch.setattr(schedule, "replan_in", fails)
    with pytest.raises(RuntimeError):
        hours.close(office.id, TUESDAY, TUESDAY, "Travaux")
    assert schedule.closed_reason(office.id, TUESDAY) is None


def test_what_makes_no_sense_is_refused(office: MadeOffice) -> None:
    elsewhere = make_place(make_office().id)
    for wrong in (
        partial(hours.close, office.id, WEDNESDAY, TUESDAY, "Travaux"),
        partial(hours.close, office.id, TUESDAY, TUESDAY, " "),
        partial(hours.set_absent, office.agent, WEDNESDAY, TUESDAY),
        partial(hours.set_week, office.agent, [WeeklySession(office.agent, 7, time(9), time(10), 1)]),
        partial(hours.set_week, office.agent, [WeeklySession(office.agent, 1, time(10), time(9), 1)]),
        partial(hours.set_week, office.agent, [WeeklySession(office.agent, 1, time(9), time(10), int(Channel.VIDEO))]),
        partial(hours.set_week, office.agent, [at_place(office.agent, elsewhere)]),
        partial(hours.set_week, office.agent, [at_place(office.agent + 1, None)]),
    ):
        with pytest.raises(WrongHoursError):
            wrong()
    with pytest.raises(OfficeNotFoundError):
        hours.close(office.id + 404, TUESDAY, TUESDAY, "Travaux")
    for unknown in (hours.reopen, hours.end_absence, partial(hours.set_week, sessions=[])):
        with pytest.raises(UnknownHoursError):
            unknown(404)
    assert first_free(office) == NINE


def test_closing_while_people_cancel_and_hold_leaves_no_seat_of_the_day(db: str, now: Now) -> None:
    office = opened(agents=4)
    booked = [a_visitor().confirm(office, start) for start in (NINE, HALF_PAST_NINE) for _ in range(3)]
    holder, taker = a_visitor(), a_visitor()
    holder.hold(office, NINE)
    outcomes = together(
        [
            lambda: hours.close(office.id, TUESDAY, TUESDAY, "Travaux"),
            *(partial(cancel, view.public_id, "key") for view in booked),
            lambda: holds.release_hold(holder.key),
            lambda: _or_gone(partial(taker.hold, office, HALF_PAST_NINE)),
        ]
    )
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert outside_the_rules(office) == []
    now.wait(11 * MINUTE)
    assert (outside_the_rules(office), first_free(office)) == ([], WEDNESDAY_NINE)


def test_closing_and_opening_again_while_people_come_and_go_blocks_nobody(db: str, now: Now) -> None:
    office = opened(agents=4)
    visitors = [a_visitor() for _ in range(6)]

    def closes_and_opens(day: date) -> None:
        hours.reopen(hours.close(office.id, day, day, "Travaux"))

    def comes_and_goes(visitor: Visitor, number: int) -> None:
        _or_gone(partial(visitor.hold, office, (NINE, HALF_PAST_NINE, WEDNESDAY_NINE)[number % 3]))
        _or_gone(partial(visitor.hold, office, (WEDNESDAY_NINE, NINE, HALF_PAST_NINE)[number % 3], minutes=60))
        if number % 2:
            holds.release_hold(visitor.key)

    for _ in range(3):
        throttle.reset()
        outcomes = together(
            [
                *(partial(closes_and_opens, day) for day in (TUESDAY, WEDNESDAY)),
                *(partial(comes_and_goes, visitor, number) for number, visitor in enumerate(visitors)),
            ]
        )
        assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
        assert outside_the_rules(office) == []
    now.wait(11 * MINUTE)
    schedule.replan(office.id)
    assert {NINE, HALF_PAST_NINE, WEDNESDAY_NINE} <= {slot.starts_at for slot in free_slots(office)}
    check_invariants()


def _or_gone(call: Callable[[], object]) -> object:
    with suppress(SlotGoneError):
        return call()
    return None


# --- in any order

_STEPS = (
    "close",
    "reopen",
    "absent",
    "back",
    "hours",
    "hold",
    "extend",
    "confirm",
    "move",
    "cancel",
    "release",
    "leave",
    "expire",
    "sweep",
    "replan",
    "join",
    "offer",
    "accept",
    "decline",
)
_orders = st.lists(st.tuples(st.sampled_from(_STEPS), st.integers(0, 11)), min_size=4, max_size=24)
_HOURS = ((), ((9, 10),), ((9, 11),), ((14, 15),))
_REFUSALS = (
    SlotGoneError,
    NotBookedError,
    holds.HoldEndedError,
    holds.NoExtensionLeftError,
    journeys.JourneyGoneError,
    throttle.TooManyAttemptsError,
    waiting_list.OfferGoneError,
)


class Story:
    """An office of two agents and three visitors; `number` chooses among what a step could be about."""

    def __init__(self, now: Now) -> None:
        self.now = now
        self.office = opened(agents=2)
        self.visitors = [a_visitor() for _ in range(3)]
        self.booked: list[tuple[int, str]] = []
        self.waiting: list[Waiting] = []
        self.closures: list[int] = []
        self.absences: list[int] = []
        self.steps = 0

    def take(self, step: str, number: int) -> None:
        self.steps += 1
        with suppress(*_REFUSALS):
            getattr(self, step)(number)

    def day(self, number: int) -> date:
        return TUESDAY + timedelta(days=number % 3)

    def start(self, number: int) -> datetime:
        return NINE + timedelta(days=number % 3, minutes=30 * (number // 3 % 2))

    def agent(self, number: int) -> int:
        return self.office.agents[number % 2]

    def close(self, number: int) -> None:
        self.closures.append(hours.close(self.office.id, self.day(number), self.day(number), "Travaux"))

    def reopen(self, _: int) -> None:
        if self.closures:
            hours.reopen(self.closures.pop())

    def absent(self, number: int) -> None:
        self.absences.append(hours.set_absent(self.agent(number), self.day(number), self.day(number)))

    def back(self, _: int) -> None:
        if self.absences:
            hours.end_absence(self.absences.pop())

    def hours(self, number: int) -> None:
        agent, channels = self.agent(number), 1 if number < 6 else 3
        hours.set_week(
            agent,
            [
                WeeklySession(agent, day, time(first), time(last), channels)
                for day in range(5)
                for first, last in _HOURS[number % 4]
            ],
        )

    def hold(self, number: int) -> None:
        self.visitors[number % 3].hold(self.office, self.start(number), minutes=30 + 30 * (number % 2))

    def extend(self, number: int) -> None:
        holds.extend_hold(self.visitors[number % 3].key)

    def confirm(self, number: int) -> None:
        who = number % 3
        view = self.visitors[who].confirm(self.office, self.start(number), minutes=30 + 30 * (number % 2))
        self.booked.append((who, view.public_id))
        self.visitors[who] = a_visitor()

    def move(self, number: int) -> None:
        if self.booked:
            who, public_id = self.booked[number % len(self.booked)]
            moving = self.visitors[who].begins(f"move-{self.steps}")
            reschedule(moving.key, moving.journey_id, public_id, Channel.COUNTER, self.start(number + 1))

    def cancel(self, number: int) -> None:
        if self.booked:
            cancel(self.booked[number % len(self.booked)][1], "key")

    def release(self, number: int) -> None:
        holds.release_hold(self.visitors[number % 3].key)

    def leave(self, number: int) -> None:
        visitor = self.visitors[number % 3]
        journeys.leave(visitor.key, "booking")
        self.visitors[number % 3] = visitor.begins("booking")

    def expire(self, _: int) -> None:
        self.now.wait(11 * MINUTE)

    def sweep(self, _: int) -> None:
        holds.sweep()

    def replan(self, _: int) -> None:
        schedule.replan(self.office.id)

    def join(self, number: int) -> None:
        if clock.now().date() < TUESDAY:
            # Nobody may ask for days of which none is open any more.
            with suppress(FieldErrors):
                wish = {"minutes": 30 + 30 * (number % 2), "last": self.day(number), "weekdays": OPEN_DAYS}
                self.waiting.append(a_waiter(self.office, **wish))

    def offer(self, _: int) -> None:
        waiting_list.run()

    def accept(self, number: int) -> None:
        if some := self.offered:
            some[number % len(some)].accept()

    def decline(self, number: int) -> None:
        if some := self.offered:
            some[number % len(some)].decline()

    @property
    def offered(self) -> list[Waiting]:
        return [each for each in self.waiting if each.live]

    @property
    def seats_by_offer(self) -> dict[str, list[Slot]]:
        """Return what live offers keep."""
        live = {each.live.id for each in self.waiting if each.live}
        slots = slots_of(self.office.id)
        return {offer: [slot for slot in slots if slot.held_by == offer] for offer in live}


@pytest.mark.long
@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=_orders)
def test_in_any_order_no_free_seat_lies_outside_the_opening_rules(
    db: str, now: Now, order: list[tuple[str, int]]
) -> None:
    now.at = MONDAY
    throttle.reset()
    story = Story(now)
    for step, number in order:
        before = [records.get(public_id) for _, public_id in story.booked]
        offers = story.seats_by_offer
        story.take(step, number)
        assert outside_the_rules(story.office) == [], step
        made = [slot for offer, kept in story.seats_by_offer.items() if offer not in offers for slot in kept]
        assert outside_the_rules(story.office, made) == [], step
        if step not in ("move", "cancel"):
            assert [records.get(public_id) for _, public_id in story.booked][: len(before)] == before
    _nothing_is_lost(story)


def _nothing_is_lost(story: Story) -> None:
    """When all holds have ended and all is cancelled, the free seats are those of the opening rules, each."""
    for closure in story.closures:
        hours.reopen(closure)
    for absence in story.absences:
        hours.end_absence(absence)
    for _, public_id in story.booked:
        throttle.reset()
        cancel(public_id, "end")
    story.now.wait(timedelta(hours=1, minutes=1))
    schedule.replan(story.office.id)
    assert outside_the_rules(story.office) == []
    today = clock.now().date()
    with database.reading() as session:
        opening = schedule.opening_of(session, story.office.id, today, today + timedelta(days=3))
    given = {start for offset in range(1, 4) for _, start in opening.slots_on(today + timedelta(days=offset))}
    assert {slot.starts_at for slot in free_slots(story.office)} >= given
