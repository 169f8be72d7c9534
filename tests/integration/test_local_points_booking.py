"""Booking at a local point, on both databases: holds, the steps, and moving an appointment there."""

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial

import pytest
from sqlalchemy import delete
from sqlmodel import col

from app import clock
from app.content import topics
from app.models import Channel, OpeningSession
from app.services import database
from app.services.appointments import availability, holds, rescheduling, schedule, steps
from app.services.appointments.holds import HoldView
from app.services.appointments.records import AppointmentView
from app.services.appointments.seats import SlotGoneError
from app.services.appointments.steps import BOOKING, RESCHEDULE, Progress, Step, WrongChoiceError
from tests.booking import MONDAY, Visitor, a_visitor, check_invariants, seats_of, together, topic_of
from tests.factories import (
    MadeOffice,
    Period,
    at,
    make_agent,
    make_office,
    make_place,
    make_sessions,
    make_slots,
    slots_of,
    week,
)

COUNTER, PHONE, VIDEO = Channel.COUNTER, Channel.PHONE, Channel.VIDEO
TUESDAY = date(2026, 11, 24)
NINE = at("2026-11-24 09:00")
HALF_PAST_NINE = at("2026-11-24 09:30")
NBSP = "\u00a0"


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.moved(MONDAY):
        yield


def on_tuesday(hours: str, channels: Channel, place: int | None = None) -> tuple[Period, ...]:
    return week(hours, days=[1], channels=channels, place=place)


def hold(
    visitor: Visitor, office: MadeOffice, starts_at: datetime, channel: Channel, place: int | None, minutes: int = 30
) -> HoldView:
    return holds.hold(
        visitor.key,
        visitor.journey_id,
        visitor.network,
        office_id=office.id,
        channel=channel,
        minutes=minutes,
        starts_at=starts_at,
        place_id=place,
    )


@pytest.fixture
def both(db: str) -> tuple[MadeOffice, int]:
    """An office with a counter in the morning, and a local point with a video in the afternoon, of one agent."""
    office = make_office(sessions=on_tuesday("9:00-10:00", COUNTER | PHONE))
    place = make_place(office.id)
    make_sessions(office.agent, on_tuesday("14:00-15:00", VIDEO, place))
    return office, place


def times(office: MadeOffice, channel: Channel, place: int | None, minutes: int = 30) -> list[str]:
    found = availability.free_times(office.id, channel, minutes, TUESDAY, TUESDAY, place_id=place)
    return [f"{time:%H:%M}" for day in found for time in day.times]


# --- holds


def test_only_one_of_many_holds_the_seat_at_a_local_point(db: str) -> None:
    office = make_office()
    place = make_place(office.id)
    make_slots(office, NINE, channels=VIDEO, place=place)
    make_slots(MadeOffice(office.id, (make_agent(office.id),)), NINE, channels=COUNTER)

    results = together([partial(hold, a_visitor(), office, NINE, VIDEO, place) for _ in range(20)])

    assert sum(isinstance(result, HoldView) for result in results) == 1
    assert sum(isinstance(result, SlotGoneError) for result in results) == 19
    assert [slot.place_id for slot in slots_of(office.id) if slot.held_by] == [place]
    hold(a_visitor(), office, NINE, COUNTER, None)
    check_invariants()


def test_as_many_as_there_are_seats_hold_one_at_a_local_point(db: str) -> None:
    """The positive control of the race: with three seats, three win."""
    office = make_office(agents=3)
    place = make_place(office.id)
    for agent in office.agents:
        make_slots(MadeOffice(office.id, (agent,)), NINE, channels=VIDEO, place=place)

    results = together([partial(hold, a_visitor(), office, NINE, VIDEO, place) for _ in range(12)])

    assert sum(isinstance(result, HoldView) for result in results) == 3


def test_the_counter_seat_is_not_held_for_the_local_point_nor_the_other_way_round(db: str) -> None:
    office = make_office()
    place = make_place(office.id)
    make_slots(office, NINE, channels=COUNTER)
    make_slots(office, HALF_PAST_NINE, channels=COUNTER, place=place)
    for starts_at, where in ((NINE, place), (HALF_PAST_NINE, None), (HALF_PAST_NINE, place + 1)):
        with pytest.raises(SlotGoneError):
            hold(a_visitor(), office, starts_at, COUNTER, where)
    hold(a_visitor(), office, NINE, COUNTER, None)
    hold(a_visitor(), office, HALF_PAST_NINE, COUNTER, place)


def test_choosing_the_same_time_at_another_place_moves_the_hold(db: str) -> None:
    office = make_office(agents=2)
    place = make_place(office.id)
    make_slots(office, NINE, channels=COUNTER)
    make_slots(MadeOffice(office.id, office.agents[1:]), NINE, channels=COUNTER, place=place)
    visitor = a_visitor()
    hold(visitor, office, NINE, COUNTER, None)
    hold(visitor, office, NINE, COUNTER, place)
    assert [slot.place_id for slot in slots_of(office.id) if slot.held_by] == [place]


# --- the steps


def video_topic(minutes: int = 30) -> str:
    return topic_of(minutes, "counter", "phone", "video")


def begun(visitor: str, office: MadeOffice, topic_id: str) -> Progress:
    steps.choose_office(visitor, "tab", office.id, "", "")
    return steps.choose_topic(visitor, BOOKING, topic_id)


def test_the_ways_of_an_office_are_its_channels_and_those_of_its_points(both: tuple[MadeOffice, int]) -> None:
    office, place = both
    progress = begun("v", office, video_topic())
    ways = [(way.channel, way.place_id) for way in progress.ways()]
    assert sorted(ways) == [(COUNTER, None), (PHONE, None), (VIDEO, place)]
    assert set(progress.channels()) == {COUNTER, PHONE}
    assert progress.allowed == COUNTER | PHONE | VIDEO


def test_a_topic_without_video_does_not_offer_it(both: tuple[MadeOffice, int]) -> None:
    office, place = both
    steps.choose_office("v", "tab", office.id, "", "")
    plain = next(t for t in topics.all_topics() if t.kind == "individuals" and t.channels == ("counter", "phone"))
    progress = steps.choose_topic("v", BOOKING, plain.id)
    assert [(way.channel, way.place_id) for way in progress.ways()] == [(COUNTER, None), (PHONE, None)]
    with pytest.raises(WrongChoiceError):
        steps.choose_channel("v", BOOKING, VIDEO, place)


def test_an_office_without_local_points_offers_its_own_channels_only(db: str) -> None:
    office = make_office()
    progress = begun("v", office, video_topic())
    assert {(way.channel, way.place) for way in progress.ways()} == {(COUNTER, None), (PHONE, None)}
    chosen = steps.choose_channel("v", BOOKING, COUNTER)
    assert (chosen.channel, chosen.place, chosen.step) == (COUNTER, None, Step.SLOT)


def test_a_chosen_local_point_is_kept_and_its_seat_held(both: tuple[MadeOffice, int]) -> None:
    office, place = both
    begun("v", office, video_topic())
    chosen = steps.choose_channel("v", BOOKING, VIDEO, place)
    assert chosen.place is not None
    assert (chosen.channel, chosen.place.id, chosen.step) == (VIDEO, place, Step.SLOT)
    schedule.ensure_planned(office.id)
    steps.choose_time("v", BOOKING, "network", at("2026-11-24 14:00"))
    found = steps.progress("v", BOOKING)
    assert found is not None
    assert (found.place_id, found.step) == (place, Step.DETAILS)
    assert [slot.place_id for slot in slots_of(office.id) if slot.held_by] == [place]


@pytest.mark.parametrize(("channel", "elsewhere"), [(VIDEO, False), (COUNTER, True), (PHONE, True), (VIDEO, True)])
def test_what_is_not_offered_at_a_place_cannot_be_chosen(
    both: tuple[MadeOffice, int], channel: Channel, elsewhere: bool
) -> None:
    office, place = both
    begun("v", office, video_topic())
    far = make_place(make_office().id)
    with pytest.raises(WrongChoiceError):
        steps.choose_channel("v", BOOKING, channel, (far if channel is VIDEO else place) if elsewhere else None)


def test_another_place_for_the_same_channel_drops_the_time(db: str) -> None:
    office = make_office(sessions=on_tuesday("9:00-10:00", COUNTER))
    place = make_place(office.id)
    make_agent(office.id, on_tuesday("9:00-10:00", COUNTER, place))
    schedule.ensure_planned(office.id)
    begun("v", office, video_topic())
    steps.choose_channel("v", BOOKING, COUNTER)
    steps.choose_time("v", BOOKING, "network", NINE)
    assert steps.choose_channel("v", BOOKING, COUNTER).starts_at == NINE
    moved = steps.choose_channel("v", BOOKING, COUNTER, place)
    assert (moved.place_id, moved.starts_at, holds.current_hold("v")) == (place, None, None)


def test_another_office_or_topic_forgets_the_local_point(both: tuple[MadeOffice, int]) -> None:
    office, place = both
    begun("v", office, video_topic())
    steps.choose_channel("v", BOOKING, VIDEO, place)
    plain = next(t for t in topics.all_topics() if t.kind == "individuals" and t.channels == ("counter", "phone"))
    moved = steps.choose_topic("v", BOOKING, plain.id)
    assert (moved.channel, moved.place, moved.step) == (None, None, Step.CHANNEL)
    steps.choose_topic("v", BOOKING, video_topic())
    steps.choose_channel("v", BOOKING, VIDEO, place)
    elsewhere = steps.choose_office("v", "tab", make_office().id, "", "")
    assert (elsewhere.channel, elsewhere.place, elsewhere.step) == (None, None, Step.CHANNEL)


def test_a_local_point_nobody_serves_any_more_is_forgotten(both: tuple[MadeOffice, int]) -> None:
    office, place = both
    begun("v", office, video_topic())
    steps.choose_channel("v", BOOKING, VIDEO, place)
    with database.writing() as session:
        session.execute(delete(OpeningSession).where(col(OpeningSession.place_id) == place))
    found = steps.progress("v", BOOKING)
    assert found is not None
    assert (found.channel, found.place, found.step) == (None, None, Step.CHANNEL)


# --- booking and moving


def test_an_appointment_moves_from_the_counter_to_a_video_at_a_local_point_and_back(
    both: tuple[MadeOffice, int],
) -> None:
    office, place = both
    schedule.ensure_planned(office.id)
    visitor = a_visitor()
    visitor.hold(office, NINE)
    booked = visitor.confirm(office, NINE, topic=video_topic())
    assert booked.place_id is None

    there = _moved(visitor, booked.public_id, VIDEO, place, at("2026-11-24 14:00"))

    assert (there.channel, there.place_id) == (VIDEO, place)
    assert seats_of(there) == [(office.agent, at("2026-11-24 14:00"))]
    assert times(office, COUNTER, None) == ["09:00", "09:30"]
    again = steps.begin_reschedule(visitor.key, "tab", booked.public_id)
    assert (again.channel, again.place_id, again.step) == (VIDEO, place, Step.SLOT)

    back = _moved(visitor, booked.public_id, COUNTER, None, HALF_PAST_NINE)

    assert (back.channel, back.place_id, seats_of(back)) == (COUNTER, None, [(office.agent, HALF_PAST_NINE)])
    check_invariants()


def _moved(
    visitor: Visitor, public_id: str, channel: Channel, place: int | None, starts_at: datetime
) -> AppointmentView:
    steps.begin_reschedule(visitor.key, "tab", public_id)
    steps.choose_channel(visitor.key, RESCHEDULE, channel, place)
    steps.choose_time(visitor.key, RESCHEDULE, visitor.network, starts_at)
    found = steps.progress(visitor.key, RESCHEDULE)
    assert found is not None
    assert found.channel is not None
    assert found.starts_at is not None
    return rescheduling.reschedule(
        visitor.key, found.journey_id, public_id, found.channel, found.starts_at, place_id=found.place_id
    )


def test_only_one_of_many_books_the_seat_at_a_local_point(db: str) -> None:
    office = make_office(sessions=())
    place = make_place(office.id)
    make_sessions(office.agent, on_tuesday("9:00-9:30", VIDEO, place))
    schedule.ensure_planned(office.id)
    visitors = [a_visitor() for _ in range(12)]
    book = [partial(v.confirm, office, NINE, VIDEO, topic=video_topic(), place_id=place) for v in visitors]

    results = together(book)

    assert sum(isinstance(result, SlotGoneError) for result in results) == 11
    assert [slot.place_id for slot in slots_of(office.id) if slot.appointment_id] == [place]
    check_invariants()
