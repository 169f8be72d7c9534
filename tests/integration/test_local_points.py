"""Local points and video, on both databases: planning, search, and what people are told."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlmodel import col

from app import clock
from app.models import Channel, OpeningSession
from app.services import database
from app.services.appointments import availability, holds, offices, places, schedule
from app.services.appointments.holds import HoldView
from app.services.appointments.places import PlaceNotFoundError
from app.services.appointments.seats import SlotGoneError
from tests.booking import MONDAY, Visitor, a_visitor
from tests.factories import (
    MadeOffice,
    Period,
    at,
    make_agent,
    make_appointment,
    make_office,
    make_place,
    make_sessions,
    slots_of,
    week,
)

COUNTER, PHONE, VIDEO = Channel.COUNTER, Channel.PHONE, Channel.VIDEO
TUESDAY = date(2026, 11, 24)
NINE = at("2026-11-24 09:00")
HALF_PAST_NINE = at("2026-11-24 09:30")
NBSP, JOINER = "\u00a0", "\u2060"


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.moved(MONDAY):
        yield


def on_tuesday(hours: str, channels: Channel, place: int | None = None) -> tuple[Period, ...]:
    return week(hours, days=[1], channels=channels, place=place)


def planned(office: MadeOffice, day: date = TUESDAY) -> list[tuple[str, int, int | None]]:
    """Return the slots of a day as (local time, channels, place)."""
    begin = at(f"{day} 00:00")
    local = ((slot.starts_at.astimezone(begin.tzinfo), slot) for slot in slots_of(office.id))
    return [(f"{start:%H:%M}", slot.channels, slot.place_id) for start, slot in local if start.date() == day]


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


# --- planning


def test_an_agent_who_comes_to_a_local_point_has_slots_there_and_the_others_at_the_office(db: str) -> None:
    office = make_office(sessions=())
    place = make_place(office.id)
    make_sessions(office.agent, on_tuesday("9:00-10:00", COUNTER) + on_tuesday("14:00-15:00", VIDEO, place))
    schedule.ensure_planned(office.id)
    assert planned(office) == [("09:00", 1, None), ("09:30", 1, None), ("14:00", 4, place), ("14:30", 4, place)]


def test_an_agent_due_at_both_is_at_the_local_point_only(db: str) -> None:
    office = make_office(sessions=on_tuesday("9:00-10:30", COUNTER | PHONE))
    place = make_place(office.id)
    make_sessions(office.agent, on_tuesday("9:30-10:00", COUNTER, place))
    schedule.ensure_planned(office.id)
    assert planned(office) == [("09:00", 3, None), ("09:30", 1, place), ("10:00", 3, None)]


def test_when_a_session_moves_to_a_local_point_only_free_slots_follow(db: str) -> None:
    office = make_office(sessions=on_tuesday("9:00-11:00", COUNTER))
    place = make_place(office.id)
    schedule.ensure_planned(office.id)
    booked, held, *_ = (slot.id or 0 for slot in slots_of(office.id))
    make_appointment(office.id, NINE, [booked])
    hold(a_visitor(), office, HALF_PAST_NINE, COUNTER, None)
    with database.writing() as session:
        session.execute(delete(OpeningSession).where(col(OpeningSession.agent_id) == office.agent))
    make_sessions(office.agent, on_tuesday("9:00-11:00", VIDEO, place))
    schedule.replan(office.id)
    assert planned(office) == [("09:00", 1, None), ("09:30", 1, None), ("10:00", 4, place), ("10:30", 4, place)]
    assert [slot.id for slot in slots_of(office.id)][:2] == [booked, held]
    with clock.moved(MONDAY + timedelta(minutes=20)):
        schedule.replan(office.id)
    assert planned(office)[1] == ("09:30", 4, place), "a hold that has ended keeps nothing"


half_hours = st.integers(16, 24)
sessions_of_agents = st.lists(
    st.tuples(st.integers(0, 1), half_hours, st.integers(1, 4), st.integers(1, 7), st.sampled_from([None, 0, 1])),
    max_size=8,
)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=sessions_of_agents)
def test_an_agent_is_at_one_place_at_a_time_and_video_always_at_a_local_point(
    db: str, asked: list[tuple[int, int, int, int, int | None]]
) -> None:
    office = make_office(agents=2, sessions=())
    points = [make_place(office.id), make_place(office.id)]
    for agent, first, length, channels, point in asked:
        place = None if point is None else points[point]
        hours = f"{first // 2}:{first % 2 * 30:02}-{(first + length) // 2}:{(first + length) % 2 * 30:02}"
        make_sessions(office.agents[agent], on_tuesday(hours, Channel(channels), place))
    schedule.ensure_planned(office.id)
    slots = slots_of(office.id)
    for agent in office.agents:
        starts = [slot.starts_at for slot in slots if slot.agent_id == agent]
        assert all(later - earlier >= timedelta(minutes=30) for earlier, later in pairwise(starts))
    for slot in slots:
        local = slot.starts_at.astimezone(at("2026-11-24 09:00").tzinfo)
        half = local.hour * 2 + local.minute // 30
        served = 0
        for agent, first, length, channels, point in asked:
            covers = office.agents[agent] == slot.agent_id and first <= half < first + length
            if covers and slot.place_id == (None if point is None else points[point]):
                served |= channels
        assert slot.channels
        assert slot.channels & ~served == 0
        assert not slot.channels & (VIDEO if slot.place_id is None else PHONE)


# --- search


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


def test_each_place_has_its_own_free_times(both: tuple[MadeOffice, int]) -> None:
    office, place = both
    assert times(office, COUNTER, None) == ["09:00", "09:30"]
    assert times(office, VIDEO, place) == ["14:00", "14:30"]
    assert times(office, COUNTER, place) == times(office, VIDEO, None) == []
    assert availability.first_free(office.id, COUNTER, 30) == NINE
    assert availability.first_free(office.id, VIDEO, 60, place_id=place) == at("2026-11-24 14:00")
    assert availability.first_free(office.id, VIDEO, 30) is None
    assert availability.first_free(office.id, VIDEO, 30, place_id=place + 1) is None


def test_a_long_appointment_never_spans_two_places(db: str) -> None:
    office = make_office(sessions=on_tuesday("9:00-9:30", COUNTER))
    place = make_place(office.id)
    make_sessions(office.agent, on_tuesday("9:30-10:00", COUNTER, place))
    assert (times(office, COUNTER, None), times(office, COUNTER, place)) == (["09:00"], ["09:30"])
    assert times(office, COUNTER, None, 60) == times(office, COUNTER, place, 60) == []
    with pytest.raises(SlotGoneError):
        hold(a_visitor(), office, NINE, COUNTER, None, 60)


def test_the_agenda_of_a_local_point_says_when_nobody_comes(both: tuple[MadeOffice, int]) -> None:
    office, place = both
    agenda = availability.agenda(office.id, VIDEO, 30, place_id=place)
    days = {day.day: day for day in agenda.days}
    assert (days[TUESDAY].state, days[TUESDAY].free_count) == ("open", 2)
    wednesday = days[TUESDAY + timedelta(days=1)]
    assert (wednesday.state, wednesday.reason) == ("closed", "Pas de permanence le mercredi")
    at_counter = availability.agenda(office.id, COUNTER, 30, place_id=place)
    same_day = next(day for day in at_counter.days if day.day == TUESDAY)
    assert same_day.reason == "Pas de rendez-vous avec un agent dans ce point d’accueil ce jour-là"


def test_a_held_slot_at_a_local_point_is_free_for_its_visitor(both: tuple[MadeOffice, int]) -> None:
    office, place = both
    visitor = a_visitor()
    schedule.ensure_planned(office.id)
    hold(visitor, office, at("2026-11-24 14:00"), VIDEO, place)
    assert times(office, VIDEO, place) == ["14:30"]
    own = availability.free_times(office.id, VIDEO, 30, TUESDAY, TUESDAY, place_id=place, visitor_key=visitor.key)
    assert [f"{time:%H:%M}" for time in own[0].times] == ["14:00", "14:30"]


def test_when_nothing_is_free_other_channels_and_places_are_offered(both: tuple[MadeOffice, int]) -> None:
    office, place = both
    second = make_place(office.id)
    make_agent(office.id, on_tuesday("10:00-11:00", COUNTER, second))
    schedule.ensure_planned(office.id)
    make_appointment(office.id, NINE, [slot.id or 0 for slot in slots_of(office.id) if slot.place_id is None])
    found = availability.explain(office.id, COUNTER, 30)
    told = [(other.way.channel, other.way.place_id, other.first_free) for other in found.other_ways]
    assert told == [(VIDEO, place, at("2026-11-24 14:00")), (COUNTER, second, at("2026-11-24 10:00"))]
    assert found.reason.startswith("Tous les rendez-vous au guichet")
    limited = availability.explain(office.id, COUNTER, 30, COUNTER | PHONE)
    assert [other.way.place_id for other in limited.other_ways] == [second]
    assert limited.other_channels == ()


def test_why_a_local_point_has_nothing_free_is_said(both: tuple[MadeOffice, int]) -> None:
    office, place = both
    near = make_office(sessions=week("9:00-10:00"))
    schedule.ensure_planned(office.id)
    make_appointment(office.id, NINE, [slot.id or 0 for slot in slots_of(office.id) if slot.place_id])
    found = availability.explain(office.id, VIDEO, 30, place_id=place)
    assert found.reason.startswith("Tous les rendez-vous par visioconférence dans ce point d’accueil jusqu’au")
    assert found.other_channels == ((COUNTER, NINE), (PHONE, NINE))
    assert found.neighbours == ()
    nobody = availability.explain(office.id, COUNTER, 30, place_id=place)
    assert nobody.reason == "Ce service ne donne pas de rendez-vous avec un agent dans ce point d’accueil."
    assert [there.id for there, _ in nobody.neighbours] == [near.id]


# --- what people are told


def test_an_office_tells_its_own_hours_and_each_local_point_its_own(both: tuple[MadeOffice, int]) -> None:
    office, place = both
    view = offices.get(office.id)
    assert view.channels == (COUNTER, PHONE)
    assert view.hours[1].replace(NBSP, " ").replace(JOINER, "") == "mardi : 9 h – 10 h"
    (point,) = places.of_office(office.id)
    assert point == places.get(place)
    assert (point.id, point.office_id, point.channels) == (place, office.id, (VIDEO,))
    assert point.hours[1].replace(NBSP, " ").replace(JOINER, "") == "mardi : 14 h – 15 h par visioconférence"
    assert point.address_lines == (point.street, "11800 Trèbes")


def test_a_local_point_that_does_not_exist_is_said_so(db: str) -> None:
    with pytest.raises(PlaceNotFoundError):
        places.get(404)
    assert places.of_office(404) == ()


def test_a_local_point_where_nobody_comes_yet_offers_nothing(db: str) -> None:
    office = make_office()
    make_place(office.id)
    (point,) = places.of_office(office.id)
    assert (point.channels, point.hours) == ((), ())


def test_only_what_somebody_serves_at_a_place_is_offered(both: tuple[MadeOffice, int]) -> None:
    office, place = both
    other = make_office(sessions=week(channels=COUNTER | PHONE | VIDEO))
    with database.reading() as session:
        offered = {
            (channel, where)
            for channel in Channel
            for where in (None, place)
            if places.offered(session, office.id, channel, where)
        }
        assert not places.offered(session, other.id, VIDEO, None), "video wants a local point"
        assert not places.offered(session, other.id, VIDEO, place), "the point is another office's"
    assert offered == {(COUNTER, None), (PHONE, None), (VIDEO, place)}
