"""Joining, leaving, booking, cancelling, answering and not answering, in any order and at any pace."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from sqlalchemy import select
from sqlmodel import SQLModel, col

from app import clock
from app.models import OfferOutcome, Slot, WaitingEntry, WaitingOffer, WaitingStatus
from app.services import database, throttle
from app.services.appointments import holds, steps, waiting_list, waking
from app.services.appointments.cancellation import cancel
from app.services.appointments.holds import LEAD
from app.services.appointments.records import NotBookedError
from app.services.appointments.seats import SlotGoneError
from app.services.appointments.waiting_list import OfferGoneError
from app.services.form_errors import FieldErrors
from app.services.journeys import JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.settings import get_settings
from tests.booking import MONDAY, Visitor, a_visitor
from tests.factories import MadeOffice, at, make_slots
from tests.waiting import Waiting, a_waiter, an_office, check_waiting_list

pytestmark = pytest.mark.long

PARIS = ZoneInfo("Europe/Paris")
STARTS = [at(f"2026-11-{day} {hour}") for day in (24, 25) for hour in ("09:00", "09:30", "10:00")]
DAYS = [(date(2026, 11, 24), date(2026, 11, 25)), (date(2026, 11, 24), date(2026, 11, 24)), (date(2026, 11, 25),) * 2]
_REFUSALS = (SlotGoneError, JourneyGoneError, NotBookedError, OfferGoneError, TooManyAttemptsError)


class WaitingMachine(RuleBasedStateMachine):
    """An office with two agents, people who book there, and people who wait."""

    people = Bundle("people")
    lengths = st.sampled_from([30, 30, 60])

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.known: set[str] = set()
        self.appointments: list[str] = []
        self.folder = TemporaryDirectory()
        self.patch = pytest.MonkeyPatch()
        self.patch.setenv("DATA_DIR", self.folder.name)
        self.patch.setenv("DATABASE_URL", f"sqlite:///{Path(self.folder.name) / 'guichet.db'}")
        self.moved = clock.moved(lambda: self.now)
        self.moved.__enter__()
        get_settings.cache_clear()
        database.reset()
        throttle.reset()

    def teardown(self) -> None:
        self.moved.__exit__(None, None, None)
        database.reset()
        self.patch.undo()
        get_settings.cache_clear()
        self.folder.cleanup()

    @initialize(target=people, minutes=st.lists(lengths, min_size=2, max_size=4))
    def fill_office(self, minutes: list[int]) -> Any:
        """Begin with everything taken and a few people who wait."""
        SQLModel.metadata.create_all(database.engine())
        self.office = an_office(agents=2)
        for agent in self.office.agents:
            make_slots(MadeOffice(self.office.id, (agent,)), *STARTS)
        for start in STARTS * 2:
            self.appointments.append(a_visitor().confirm(self.office, start).public_id)
        return multiple(*(self.join(each, DAYS[0], 31) for each in minutes))

    @rule(target=people, minutes=lengths, days=st.sampled_from(DAYS), weekdays=st.sampled_from([31, 0b10, 0b100]))
    def come(self, minutes: int, days: tuple[date, date], weekdays: int) -> Any:
        return self.join(minutes, days, weekdays)

    def join(self, minutes: int, days: tuple[date, date], weekdays: int) -> Any:
        if not any(weekdays >> day.weekday() & 1 for day in days) or clock.now().astimezone(PARIS).date() > days[1]:
            return multiple()
        try:
            return a_waiter(self.office, minutes=minutes, weekdays=weekdays, first=days[0], last=days[1])
        except FieldErrors:
            # Refused only where nobody is received any more: today is too late, and no other day was ticked.
            today = clock.now().astimezone(PARIS).date()
            assert not any(weekdays >> day.weekday() & 1 for day in days if day > today)
            return multiple()

    @rule(person=people)
    def leave(self, person: Waiting) -> None:
        with suppress(TooManyAttemptsError):
            person.leave()
            assert person.live is None

    @rule(person=people)
    def accept(self, person: Waiting) -> None:
        offer = person.live
        if offer is None:
            return
        try:
            progress = person.accept()
        except OfferGoneError:
            assert offer.expires_at <= self.now
        else:
            assert offer.expires_at > self.now
            assert progress.starts_at == offer.starts_at

    @rule(person=people)
    def confirm(self, person: Waiting) -> None:
        progress = steps.progress(person.key, steps.BOOKING)
        if progress is None or progress.starts_at is None:
            return
        visitor = Visitor(person.key, progress.journey_id, person.key)
        with suppress(*_REFUSALS):
            view = visitor.confirm(self.office, progress.starts_at, minutes=progress.minutes)
            self.appointments.append(view.public_id)

    @rule(person=people)
    def give_the_hold_back(self, person: Waiting) -> None:
        holds.release_hold(person.key)

    @rule(person=people)
    def decline(self, person: Waiting) -> None:
        if person.offers:
            with suppress(TooManyAttemptsError):
                person.decline()
                assert person.live is None or person.live.outcome == OfferOutcome.LIVE

    @rule(start=st.sampled_from(STARTS), minutes=lengths)
    def book(self, start: datetime, minutes: int) -> None:
        with suppress(*_REFUSALS):
            self.appointments.append(a_visitor().confirm(self.office, start, minutes=minutes).public_id)

    @rule(start=st.sampled_from(STARTS))
    def hold(self, start: datetime) -> None:
        with suppress(*_REFUSALS):
            a_visitor().hold(self.office, start)

    @rule(number=st.integers(min_value=0, max_value=30))
    def cancel(self, number: int) -> None:
        with suppress(*_REFUSALS):
            cancel(self.appointments[number % len(self.appointments)], "key")

    @rule(minutes=st.sampled_from([1, 9, 10, 29, 30, 31, 300]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def work(self) -> None:
        """The job leaves no offer too old, and nobody waits for what is free and suits."""
        waiting_list.run()
        with database.reading() as session:
            offers = session.execute(select(WaitingOffer)).scalars().all()
            entries = session.execute(select(WaitingEntry)).scalars().all()
            free = session.execute(_free(self.now)).all()
        live = {offer.entry_id for offer in offers if offer.outcome == OfferOutcome.LIVE}
        assert all(offer.expires_at > self.now for offer in offers if offer.outcome == OfferOutcome.LIVE)
        told = {(offer.email_key, offer.starts_at) for offer in offers}
        earliest = waking.after(self.now, timedelta(minutes=30), PARIS) + LEAD
        for entry in entries:
            if entry.status != WaitingStatus.WAITING or entry.id in live:
                continue
            for agent_id, start in free:
                lasts = {start + timedelta(minutes=minutes) for minutes in range(0, entry.minutes, 30)}
                fits = lasts <= {other for agent, other in free if agent == agent_id}
                missed = fits and start >= earliest and suits(entry, start) and (entry.email_key, start) not in told
                assert not missed

    @invariant()
    def seats_have_one_owner_and_mails_are_single(self) -> None:
        if hasattr(self, "office"):
            check_waiting_list()

    @invariant()
    def nobody_is_passed_over(self) -> None:
        """Who came earlier and waits on was not offered less: the same start went to them before, or suits no day."""
        if not hasattr(self, "office"):
            return
        with database.reading() as session:
            offers = session.execute(select(WaitingOffer)).scalars().all()
            entries = {entry.id: entry for entry in session.execute(select(WaitingEntry)).scalars()}
        told = {(offer.email_key, offer.starts_at) for offer in offers}
        live = {offer.entry_id for offer in offers if offer.outcome == OfferOutcome.LIVE}
        for offer in offers:
            if offer.id in self.known:
                continue
            self.known.add(offer.id)
            served = entries[offer.entry_id]
            assert suits(served, offer.starts_at)
            for entry in entries.values():
                waits = (
                    entry.status == WaitingStatus.WAITING and entry.id not in live and entry.minutes <= served.minutes
                )
                if waits and (entry.id or 0) < offer.entry_id and suits(entry, offer.starts_at):
                    assert (entry.email_key, offer.starts_at) in told


def suits(entry: WaitingEntry, start: datetime) -> bool:
    day = start.astimezone(PARIS).date()
    return entry.first_day <= day <= entry.last_day and bool(entry.weekdays >> day.weekday() & 1)


def _free(now: datetime) -> Any:
    held = col(Slot.held_until).is_(None) | (col(Slot.held_until) <= now)
    return select(col(Slot.agent_id), col(Slot.starts_at)).where(col(Slot.appointment_id).is_(None), held)


TestWaitingInAnyOrder = WaitingMachine.TestCase
TestWaitingInAnyOrder.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
