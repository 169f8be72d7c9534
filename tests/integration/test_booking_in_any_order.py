"""Anything, by anybody, in any order and at any pace: the books stay right."""

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from sqlmodel import SQLModel

from app import clock
from app.models import Channel
from app.services import database, journeys, throttle
from app.services.appointments import holds, records
from app.services.appointments.cancellation import cancel
from app.services.appointments.holds import HoldEndedError, NoExtensionLeftError, TooManyHoldsError
from app.services.appointments.records import AppointmentView, NotBookedError
from app.services.appointments.rescheduling import reschedule
from app.services.appointments.seats import SlotGoneError
from app.services.journeys import JourneyGoneError
from app.settings import get_settings
from tests.booking import MONDAY, Visitor, a_visitor, check_invariants, together
from tests.factories import MadeOffice, at, make_office, make_slots

pytestmark = pytest.mark.long

STARTS = [at("2026-11-24 09:00") + timedelta(minutes=30 * number) for number in range(4)]
_REFUSALS = (
    SlotGoneError,
    JourneyGoneError,
    NotBookedError,
    HoldEndedError,
    NoExtensionLeftError,
    TooManyHoldsError,
    throttle.TooManyAttemptsError,
)


class BookingMachine(RuleBasedStateMachine):
    """Visitors of one office with two agents, whose holds end as time passes."""

    visitors = Bundle("visitors")
    appointments = Bundle("appointments")
    starts = st.sampled_from(STARTS)
    lengths = st.sampled_from([30, 60])

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.folder = TemporaryDirectory()
        self.patch = pytest.MonkeyPatch()
        self.patch.setenv("DATA_DIR", self.folder.name)
        self.patch.setenv("DATABASE_URL", f"sqlite:///{Path(self.folder.name) / 'guichet.db'}")
        self.moved = clock.moved(lambda: self.now)
        self.moved.__enter__()
        get_settings.cache_clear()
        database.reset()
        throttle.reset()
        self.kinds = 0

    def teardown(self) -> None:
        self.moved.__exit__(None, None, None)
        database.reset()
        self.patch.undo()
        get_settings.cache_clear()
        self.folder.cleanup()

    @initialize()
    def open_office(self) -> None:
        SQLModel.metadata.create_all(database.engine())
        self.office = make_office(agents=2)
        for agent in self.office.agents:
            make_slots(MadeOffice(self.office.id, (agent,)), *STARTS)

    @rule(target=visitors)
    def come(self) -> Visitor:
        return a_visitor()

    @rule(minutes=st.integers(min_value=1, max_value=12))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(visitor=visitors, start=starts, minutes=lengths)
    def hold(self, visitor: Visitor, start: datetime, minutes: int) -> None:
        with suppress(*_REFUSALS):
            view = visitor.hold(self.office, start, minutes=minutes)
            assert view.starts_at == start
            assert self.now < view.expires_at <= self.now + timedelta(minutes=60)

    @rule(visitor=visitors)
    def extend(self, visitor: Visitor) -> None:
        with suppress(*_REFUSALS):
            holds.extend_hold(visitor.key)

    @rule(visitor=visitors)
    def leave(self, visitor: Visitor) -> None:
        journeys.leave(visitor.key, "booking")
        assert holds.current_hold(visitor.key) is None

    @rule(target=appointments, visitor=visitors, start=starts, minutes=lengths)
    def confirm(self, visitor: Visitor, start: datetime, minutes: int) -> object:
        try:
            return visitor.confirm(self.office, start, minutes=minutes).public_id
        except _REFUSALS:
            return multiple()

    @rule(visitor=visitors, public_id=appointments, start=starts)
    def move(self, visitor: Visitor, public_id: str, start: datetime) -> None:
        self.kinds += 1
        before = records.get(public_id)
        moving = visitor.begins(f"move-{self.kinds}")
        try:
            moved = reschedule(moving.key, moving.journey_id, public_id, Channel.COUNTER, start)
        except _REFUSALS:
            assert records.get(public_id) == before
        else:
            assert moved.starts_at == start

    @rule(public_id=appointments)
    def cancel(self, public_id: str) -> None:
        before = records.get(public_id)
        try:
            assert not cancel(public_id, "key").is_booked
        except throttle.TooManyAttemptsError:
            assert records.get(public_id) == before

    @invariant()
    def books_are_right(self) -> None:
        if hasattr(self, "office"):
            check_invariants()


TestBookingInAnyOrder = BookingMachine.TestCase
TestBookingInAnyOrder.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def monday() -> Iterator[None]:
    throttle.reset()
    with clock.moved(MONDAY):
        yield


def test_eight_people_doing_everything_at_once_never_block_each_other(db: str, monday: None) -> None:
    office = make_office(agents=2)
    for agent in office.agents:
        make_slots(MadeOffice(office.id, (agent,)), *STARTS)

    outcomes = together([partial(_act, office, random.Random(seed)) for seed in range(8)])

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    check_invariants()


def _act(office: MadeOffice, dice: random.Random) -> None:
    """Book, move and cancel at random; refusals are part of it, anything else is a failure."""
    mine: list[AppointmentView] = []
    for _ in range(12):
        visitor = a_visitor()
        start, minutes = dice.choice(STARTS), dice.choice([30, 60])
        with suppress(*_REFUSALS):
            visitor.hold(office, start, minutes=minutes)
        with suppress(*_REFUSALS):
            mine.append(visitor.confirm(office, dice.choice([start, *STARTS]), minutes=minutes))
        for view in mine:
            moving = visitor.begins(f"move-{view.public_id[:8]}")
            with suppress(*_REFUSALS):
                moving.hold(office, dice.choice(STARTS), minutes=view.minutes)
            with suppress(*_REFUSALS):
                reschedule(moving.key, moving.journey_id, view.public_id, Channel.COUNTER, dice.choice(STARTS))
        if mine and dice.random() < 0.6:
            cancel(mine.pop(dice.randrange(len(mine))).public_id, "key")
