"""What is free, on both databases."""

import random
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import insert

from app import clock
from app.content.wording import NBSP
from app.models import Channel, Slot
from app.services import database
from app.services.appointments import availability, schedule
from app.services.appointments.offices import OfficeNotFoundError
from tests.factories import (
    COUNTER_OR_PHONE,
    MadeOffice,
    at,
    hold_slots,
    make_absence,
    make_agent,
    make_appointment,
    make_closure,
    make_office,
    make_slots,
    mark_planned,
    slots_of,
    week,
)

MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
LAST = date(2027, 1, 22)
NOW = at("2026-11-23 07:00")


def times(
    office: MadeOffice,
    first: date = MONDAY,
    last: date | None = None,
    *,
    channel: Channel = Channel.COUNTER,
    minutes: int = 30,
    visitor_key: str = "",
) -> list[str]:
    found = availability.free_times(office.id, channel, minutes, first, last or first, visitor_key=visitor_key)
    assert all(day.times and {one.date() for one in day.times} == {day.day} for day in found)
    return [f"{one:%d/%m %H:%M}" if last else f"{one:%H:%M}" for day in found for one in day.times]


def ids_at(office: MadeOffice, *starts: str) -> list[int]:
    wanted = {at(start) for start in starts}
    return [slot.id or 0 for slot in slots_of(office.id) if slot.starts_at in wanted]


def book_all(office: MadeOffice, *, keep: frozenset[int] = frozenset()) -> None:
    slots = [slot for slot in slots_of(office.id) if slot.id not in keep]
    make_appointment(office.id, slots[0].starts_at, [slot.id or 0 for slot in slots])


# --- free times


def test_a_time_is_said_once_whoever_the_agent(db: str) -> None:
    office = make_office(agents=3, sessions=week("9:00-10:00"))
    with clock.moved(NOW):
        assert times(office) == ["09:00", "09:30"]
        assert times(office, MONDAY, TUESDAY) == ["23/11 09:00", "23/11 09:30", "24/11 09:00", "24/11 09:30"]


def test_a_time_is_free_until_the_last_agent_is_taken(db: str) -> None:
    office = make_office(agents=2, sessions=week("9:00-10:00"))
    with clock.moved(NOW):
        schedule.ensure_planned(office.id)
        first, second = ids_at(office, "2026-11-23 09:00")
        make_appointment(office.id, NOW, [first])
        assert times(office) == ["09:00", "09:30"]
        make_appointment(office.id, NOW, [second])
        assert times(office) == ["09:30"]


def test_a_hold_takes_a_time_away_until_its_last_instant(db: str) -> None:
    office = make_office(sessions=week("9:00-10:00"))
    with clock.moved(NOW):
        schedule.ensure_planned(office.id)
        hold_slots(ids_at(office, "2026-11-23 09:00"), NOW + timedelta(minutes=10))
        assert times(office) == ["09:30"]
        assert availability.first_free(office.id, Channel.COUNTER, 30) == at("2026-11-23 09:30")
    with clock.moved(NOW + timedelta(minutes=10)):
        assert times(office) == ["09:00", "09:30"]
        assert availability.first_free(office.id, Channel.COUNTER, 30) == at("2026-11-23 09:00")


@pytest.mark.parametrize("minutes", [30, 60])
def test_ones_own_held_time_is_still_offered_to_oneself(db: str, minutes: int) -> None:
    office = make_office(sessions=week("9:00-10:00"))
    with clock.moved(NOW):
        schedule.ensure_planned(office.id)
        held = ids_at(office, "2026-11-23 09:00", "2026-11-23 09:30")[: minutes // 30]
        hold_slots(held, NOW + timedelta(minutes=10), visitor_key="me")
        assert "09:00" in times(office, minutes=minutes, visitor_key="me")
        assert "09:00" not in times(office, minutes=minutes, visitor_key="you")
        assert availability.first_free(office.id, Channel.COUNTER, minutes, visitor_key="me") == at("2026-11-23 09:00")
        mine = availability.agenda(office.id, Channel.COUNTER, minutes, visitor_key="me")
        assert mine.first_free == at("2026-11-23 09:00")


def test_nothing_begins_within_the_next_hour(db: str) -> None:
    office = make_office(sessions=week("9:00-11:00"))
    with clock.moved(at("2026-11-23 08:30")):
        assert times(office) == ["09:30", "10:00", "10:30"]
    with clock.moved(at("2026-11-23 08:31")):
        assert times(office) == ["10:00", "10:30"]
        assert availability.first_free(office.id, Channel.COUNTER, 30) == at("2026-11-23 10:00")


def test_past_days_and_days_beyond_the_horizon_have_nothing(db: str) -> None:
    office = make_office(sessions=week("9:00-9:30"))
    with clock.moved(NOW):
        assert times(office, MONDAY - timedelta(days=30), MONDAY) == ["23/11 09:00"]
        far = times(office, LAST, LAST + timedelta(days=30))
        make_slots(office, at("2027-01-25 09:00"))
        assert times(office, LAST, LAST + timedelta(days=30)) == far == ["22/01 09:00"]
        assert times(office, TUESDAY, MONDAY) == []


def test_a_slot_beyond_the_horizon_is_not_the_first_free_one(db: str) -> None:
    office = make_office(sessions=())
    make_slots(office, at("2027-01-25 09:00"))
    with clock.moved(NOW):
        assert availability.first_free(office.id, Channel.COUNTER, 30) is None
        assert availability.first_free(office.id, Channel.COUNTER, 30) is None, "planned by now: the quick way"


def test_only_slots_of_the_channel_count(db: str) -> None:
    office = make_office(
        sessions=week("9:00-10:00", channels=Channel.COUNTER) + week("14:00-15:00", channels=Channel.PHONE)
    )
    with clock.moved(NOW):
        assert times(office, channel=Channel.COUNTER) == ["09:00", "09:30"]
        assert times(office, channel=Channel.PHONE) == ["14:00", "14:30"]
        assert times(office, channel=Channel.VIDEO) == []


def test_another_offices_slots_never_show(db: str) -> None:
    make_office(sessions=week("9:00-10:00"))
    office = make_office(sessions=week("14:00-15:00"))
    with clock.moved(NOW):
        assert times(office) == ["14:00", "14:30"]


def test_an_unknown_office_raises_everywhere(db: str) -> None:
    with pytest.raises(OfficeNotFoundError):
        availability.free_times(404, Channel.COUNTER, 30, MONDAY, MONDAY)
    with pytest.raises(OfficeNotFoundError):
        availability.first_free(404, Channel.COUNTER, 30)
    with pytest.raises(OfficeNotFoundError):
        availability.agenda(404, Channel.COUNTER, 30)
    with pytest.raises(OfficeNotFoundError):
        availability.explain(404, Channel.COUNTER, 30)


# --- appointments of several slots


def test_an_hour_needs_two_slots_in_a_row_of_the_same_agent(db: str) -> None:
    office = make_office(agents=2, sessions=week("9:00-11:00"))
    with clock.moved(NOW):
        schedule.ensure_planned(office.id)
        nine, half_past = ids_at(office, "2026-11-23 09:00"), ids_at(office, "2026-11-23 09:30")
        make_appointment(office.id, NOW, [nine[0], half_past[1]])
        assert times(office) == ["09:00", "09:30", "10:00", "10:30"]
        assert times(office, minutes=60) == ["09:30", "10:00"]
        assert availability.first_free(office.id, Channel.COUNTER, 60) == at("2026-11-23 09:30")
        assert times(office, minutes=45) == times(office, minutes=60), "a begun slot is taken whole"


def test_an_hour_never_spans_lunch_nor_two_channels(db: str) -> None:
    lunch = make_office(sessions=week("9:00-10:00") + week("10:30-11:30"))
    mixed = make_office(
        sessions=week("9:00-10:00", channels=Channel.COUNTER) + week("10:00-11:00", channels=Channel.PHONE)
    )
    with clock.moved(NOW):
        assert times(lunch, minutes=60) == ["09:00", "10:30"]
        assert times(lunch, minutes=90) == []
        assert times(mixed, minutes=60) == ["09:00"]


def test_the_last_hour_of_a_day_may_end_on_the_next_one(db: str) -> None:
    office = make_office(sessions=())
    mark_planned(office.id, LAST)
    make_slots(office, at("2026-11-23 23:30"), at("2026-11-24 00:00"), at("2026-11-24 00:30"))
    with clock.moved(NOW):
        assert times(office, minutes=60) == ["23:30"]
        assert times(office, TUESDAY, minutes=60) == ["00:00"]


def test_a_held_second_half_takes_the_hour_away(db: str) -> None:
    office = make_office(sessions=week("9:00-10:00"))
    with clock.moved(NOW):
        schedule.ensure_planned(office.id)
        hold_slots(ids_at(office, "2026-11-23 09:30"), NOW + timedelta(minutes=1))
        assert times(office, minutes=60) == []
        assert times(office, minutes=30) == ["09:00"]
        assert availability.first_free(office.id, Channel.COUNTER, 60) == at("2026-11-24 09:00")


def test_the_first_hour_is_found_far_away(db: str) -> None:
    office = make_office(sessions=week("9:00-10:00"))
    with clock.moved(NOW):
        schedule.ensure_planned(office.id)
        book_all(office, keep=frozenset(ids_at(office, "2027-01-20 09:00", "2027-01-20 09:30", "2026-12-01 09:00")))
        assert availability.first_free(office.id, Channel.COUNTER, 60) == at("2027-01-20 09:00")
        assert availability.first_free(office.id, Channel.COUNTER, 30) == at("2026-12-01 09:00")


# --- local time


@pytest.mark.parametrize(
    ("timezone", "now", "day"),
    [
        ("Europe/Paris", "2026-03-23 07:00", date(2026, 3, 30)),
        ("Europe/Paris", "2026-10-19 07:00", date(2026, 10, 26)),
        ("Indian/Reunion", "2026-10-19 07:00", date(2026, 10, 26)),
        ("America/Guadeloupe", "2026-03-23 07:00", date(2026, 3, 30)),
        ("America/Miquelon", "2026-10-26 07:00", date(2026, 11, 2)),
    ],
)
def test_times_are_told_in_the_offices_time_across_clock_changes(db: str, timezone: str, now: str, day: date) -> None:
    office = make_office(timezone=timezone, sessions=week("9:00-10:00"))
    with clock.moved(at(now, timezone)):
        friday = day - timedelta(days=3)
        found = availability.free_times(office.id, Channel.COUNTER, 60, friday, day)
        assert [one.isoformat() for free in found for one in free.times] == [
            at(f"{friday} 09:00", timezone).isoformat(),
            at(f"{day} 09:00", timezone).isoformat(),
        ]
        agenda = availability.agenda(office.id, Channel.COUNTER, 30)
        assert {f"{one:%H:%M}" for shown in agenda.days for one in shown.times} == {"09:00", "09:30"}


def test_a_late_evening_in_paris_is_already_tomorrow_in_reunion(db: str) -> None:
    office = make_office(timezone="Indian/Reunion", sessions=week("9:00-10:00"))
    with clock.moved(at("2026-11-23 23:30")):
        agenda = availability.agenda(office.id, Channel.COUNTER, 30)
        assert agenda.today == TUESDAY
        assert agenda.first_free == at("2026-11-24 09:00", "Indian/Reunion")


# --- the agenda


def states(agenda: availability.Agenda) -> str:
    letters = {"open": "o", "closed": ".", "past": "-", "beyond": ">", "full": "x"}
    line = "".join(letters[day.state] for day in agenda.days)
    return " ".join(line[number : number + 7] for number in range(0, 28, 7))


def test_an_agenda_begins_with_the_first_week_that_has_room(db: str) -> None:
    office = make_office(sessions=week("9:00-10:00"))
    make_closure(office.id, MONDAY, date(2026, 12, 8))
    with clock.moved(NOW):
        agenda = availability.agenda(office.id, Channel.COUNTER, 30)
    assert agenda.days[0].day == date(2026, 12, 7)
    assert agenda.first_free == at("2026-12-09 09:00")
    assert agenda.title == "7 décembre 2026 – 3 janvier 2027"
    assert states(agenda) == "..ooo.. ooooo.. oooo... oooo..."
    assert (agenda.page, agenda.has_previous, agenda.has_next, agenda.today) == (0, False, True, MONDAY)
    assert agenda.days[18].reason == f"Jour férié{NBSP}: Noël"
    assert agenda.days[0].reason == "Travaux"
    assert agenda.days[5].reason == "Fermé le samedi"


def test_following_pages_go_to_the_horizon_and_no_further(db: str) -> None:
    office = make_office(sessions=week("9:00-10:00"))
    with clock.moved(NOW):
        pages = [availability.agenda(office.id, Channel.COUNTER, 30, page) for page in (None, 1, 2, 3, -4)]
    assert [page.page for page in pages] == [0, 1, 2, 2, 0]
    assert [(page.has_previous, page.has_next) for page in pages[:3]] == [(False, True), (True, True), (True, False)]
    assert pages[0].title == "23 novembre – 20 décembre"
    assert states(pages[2]) == "ooooo>> >>>>>>> >>>>>>> >>>>>>>"
    assert pages[2].days[5].reason == f"Les rendez-vous s’ouvrent 60{NBSP}jours à l’avance"
    assert pages[1].days[0].day == pages[0].days[-1].day + timedelta(days=1)


def test_days_behind_us_and_full_days_say_so(db: str) -> None:
    office = make_office(sessions=week("9:00-10:00"))
    with clock.moved(at("2026-11-25 08:45")):
        schedule.ensure_planned(office.id)
        make_appointment(office.id, NOW, ids_at(office, "2026-11-26 09:00", "2026-11-26 09:30"))
        agenda = availability.agenda(office.id, Channel.COUNTER, 30)
    assert states(agenda).startswith("---xo.. ")
    assert [day.reason for day in agenda.days[1:5]] == [
        "Jour passé",
        f"Un rendez-vous se prend au moins 1{NBSP}heure à l’avance",
        "Tous les créneaux sont pris",
        "",
    ]
    assert (agenda.days[4].free_count, len(agenda.days[4].times)) == (2, 2)


def test_a_day_of_another_channel_only_is_closed_for_this_one(db: str) -> None:
    office = make_office(
        sessions=week("9:00-10:00", days=[0], channels=COUNTER_OR_PHONE)
        + week("9:00-10:00", days=[1], channels=Channel.COUNTER)
    )
    with clock.moved(NOW):
        agenda = availability.agenda(office.id, Channel.PHONE, 30)
    assert states(agenda).startswith("o...... ")
    assert agenda.days[1].reason == "Pas de rendez-vous par téléphone ce jour-là"


def test_a_day_without_a_long_enough_time_says_which_length_is_missing(db: str) -> None:
    office = make_office(sessions=week("9:00-10:00"))
    with clock.moved(NOW):
        schedule.ensure_planned(office.id)
        make_appointment(office.id, NOW, ids_at(office, "2026-11-23 09:00"))
        agenda = availability.agenda(office.id, Channel.COUNTER, 60)
    assert (agenda.days[0].state, agenda.days[0].reason) == ("full", f"Aucun créneau de 1{NBSP}heure")


def test_an_agenda_without_any_room_shows_the_weeks_from_now_on(db: str) -> None:
    office = make_office(sessions=week("9:00-10:00"))
    with clock.moved(NOW):
        schedule.ensure_planned(office.id)
        book_all(office)
        agenda = availability.agenda(office.id, Channel.COUNTER, 30)
    assert agenda.first_free is None
    assert agenda.days[0].day == MONDAY
    assert states(agenda) == "xxxxx.. xxxxx.. xxxxx.. xxxxx.."


def test_a_sunday_evening_agenda_begins_with_the_week_of_its_first_time(db: str) -> None:
    office = make_office(sessions=week("9:00-10:00"))
    with clock.moved(at("2026-11-22 22:00")):
        agenda = availability.agenda(office.id, Channel.COUNTER, 30)
    assert agenda.days[0].day == MONDAY


# --- why there is nothing


def reason(office: MadeOffice, channel: Channel = Channel.COUNTER, minutes: int = 30) -> str:
    return availability.explain(office.id, channel, minutes).reason.replace(NBSP, " ")


def test_there_is_no_reason_while_there_is_room(db: str) -> None:
    office = make_office()
    with clock.moved(NOW):
        assert reason(office) == ""


def test_a_channel_the_office_does_not_offer_is_said(db: str) -> None:
    office = make_office(sessions=week("9:00-10:00", channels=Channel.COUNTER))
    with clock.moved(NOW):
        found = availability.explain(office.id, Channel.PHONE, 30)
    assert found.reason == "Ce service ne donne pas de rendez-vous par téléphone."
    assert found.other_channels == ((Channel.COUNTER, at("2026-11-23 09:00")),)


def test_a_long_closure_is_said_with_its_reason(db: str) -> None:
    office = make_office()
    make_closure(office.id, MONDAY, date(2027, 3, 1), reason="Travaux de mise en sécurité")
    with clock.moved(NOW):
        assert reason(office) == (
            "Le service ne reçoit pas jusqu’au vendredi 22 janvier 2027. Motif : Travaux de mise en sécurité."
        )


def test_absent_agents_are_said(db: str) -> None:
    office = make_office()
    make_absence(office.agent, MONDAY, date(2027, 3, 1))
    with clock.moved(NOW):
        assert reason(office) == "Aucun agent ne reçoit au guichet jusqu’au vendredi 22 janvier 2027."


def test_all_taken_is_said_with_the_horizon(db: str) -> None:
    office = make_office()
    with clock.moved(NOW):
        schedule.ensure_planned(office.id)
        book_all(office)
        assert reason(office) == (
            "Tous les rendez-vous au guichet jusqu’au vendredi 22 janvier 2027 sont pris. "
            "Une nouvelle journée s’ouvre chaque jour : revenez demain."
        )


def test_a_last_slot_somebody_is_about_to_take_is_said(db: str) -> None:
    office = make_office()
    with clock.moved(NOW):
        schedule.ensure_planned(office.id)
        held = ids_at(office, "2026-12-01 09:00")
        book_all(office, keep=frozenset(held))
        hold_slots(held, NOW + timedelta(minutes=3))
        assert reason(office).startswith("Les derniers créneaux sont en cours de réservation")


def test_only_shorter_times_left_is_said(db: str) -> None:
    office = make_office()
    with clock.moved(NOW):
        schedule.ensure_planned(office.id)
        book_all(office, keep=frozenset(ids_at(office, "2026-12-01 09:00")))
        assert reason(office, minutes=60) == (
            "Jusqu’au vendredi 22 janvier 2027, il ne reste plus de créneau de 1 heure au guichet."
        )


def test_other_channels_and_neighbours_with_room_are_offered(db: str) -> None:
    office = make_office(sessions=week("9:00-10:00", channels=Channel.COUNTER), department="11")
    make_agent(office.id, week("14:00-15:00", channels=Channel.PHONE))
    near = make_office(sessions=week("10:00-11:00"), department="11")
    full = make_office(sessions=(), department="11")
    with clock.moved(NOW):
        schedule.ensure_planned(office.id)
        counter = [slot.id or 0 for slot in slots_of(office.id) if slot.channels == Channel.COUNTER]
        make_appointment(office.id, NOW, counter)
        found = availability.explain(office.id, Channel.COUNTER, 30)
        assert found.other_channels == ((Channel.PHONE, at("2026-11-23 14:00")),)
        assert [(view.id, first) for view, first in found.neighbours] == [(near.id, at("2026-11-23 10:00"))]
        assert full.id not in [view.id for view, _ in found.neighbours]
        limited = availability.explain(office.id, Channel.COUNTER, 30, allowed=Channel.COUNTER | Channel.VIDEO)
        assert limited.other_channels == ()


# --- against a plain reading of the rule


@pytest.mark.parametrize("minutes", [30, 60, 90])
def test_the_search_agrees_with_a_plain_reading_of_the_rule(db: str, minutes: int) -> None:
    paris = ZoneInfo("Europe/Paris")
    chance = random.Random(minutes)
    office = make_office(agents=3, sessions=())
    mark_planned(office.id, date(2027, 6, 1))
    appointment = make_appointment(office.id, NOW, [])
    rows: list[dict[str, Any]] = [
        {
            "office_id": office.id,
            "agent_id": agent,
            "starts_at": NOW + timedelta(minutes=30 * number),
            "channels": chance.choice([1, 2, 3, 3]),
            "appointment_id": chance.choice([None, None, appointment]),
            "held_until": chance.choice([None, None, NOW - timedelta(minutes=1), NOW, NOW + timedelta(minutes=1)]),
        }
        for agent in office.agents
        for number in range(-10, 400)
        if chance.random() < 0.8
    ]
    with database.writing() as session:
        session.connection().execute(insert(Slot), rows)
    free = {
        (row["agent_id"], row["starts_at"])
        for row in rows
        if row["appointment_id"] is None
        and (row["held_until"] is None or row["held_until"] <= NOW)
        and row["channels"] & Channel.PHONE
    }
    count = minutes // 30
    expected = sorted(
        {
            start.astimezone(paris)
            for agent, start in free
            if start >= NOW + timedelta(hours=1)
            and all((agent, start + timedelta(minutes=30 * step)) in free for step in range(count))
        }
    )
    with clock.moved(NOW):
        found = availability.free_times(office.id, Channel.PHONE, minutes, MONDAY - timedelta(days=3), LAST)
        assert [one for day in found for one in day.times] == expected
        assert availability.first_free(office.id, Channel.PHONE, minutes) == expected[0]
        agenda = availability.agenda(office.id, Channel.PHONE, minutes)
        assert agenda.first_free == expected[0]
        assert sum(day.free_count for day in agenda.days) == len(expected)


slot_patterns = st.lists(st.sampled_from(["free", "booked", "held", "ended", "none"]), min_size=1, max_size=24)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(patterns=st.lists(slot_patterns, min_size=1, max_size=3), minutes=st.sampled_from([30, 60, 90]))
def test_any_pattern_of_taken_slots_reads_right(db: str, patterns: list[list[str]], minutes: int) -> None:
    office = make_office(agents=len(patterns), sessions=())
    mark_planned(office.id, LAST)
    appointment = make_appointment(office.id, NOW, [])
    begin = at("2026-11-23 09:00")
    values = {"held": NOW + timedelta(minutes=9), "ended": NOW}
    rows: list[dict[str, Any]] = [
        {
            "office_id": office.id,
            "agent_id": agent,
            "starts_at": begin + timedelta(minutes=30 * number),
            "channels": 1,
            "appointment_id": appointment if kind == "booked" else None,
            "held_until": values.get(kind),
        }
        for agent, pattern in zip(office.agents, patterns, strict=True)
        for number, kind in enumerate(pattern)
        if kind != "none"
    ]
    if rows:
        with database.writing() as session:
            session.connection().execute(insert(Slot), rows)
    count = minutes // 30
    expected = {
        begin + timedelta(minutes=30 * number)
        for pattern in patterns
        for number in range(len(pattern) - count + 1)
        if all(kind in ("free", "ended") for kind in pattern[number : number + count])
    }
    with clock.moved(NOW):
        found = availability.free_times(office.id, Channel.COUNTER, minutes, MONDAY, MONDAY + timedelta(days=1))
    told: list[datetime] = [one for day in found for one in day.times]
    assert told == sorted(expected)
