"""Journeys: one live one of a kind per visitor, erased after a day."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from app import clock
from app.models import Journey
from app.services import database, journeys
from app.services.journeys import DraftTooLargeError, JourneyGoneError, JourneyView
from tests.booking import MONDAY, a_visitor, count, together
from tests.factories import at, make_office, make_slots, slots_of


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.moved(MONDAY):
        yield


def test_a_started_journey_is_found_again(db: str) -> None:
    assert journeys.find("v", "booking") is None

    started = journeys.start("v", "booking", {"topic": "x"})

    assert journeys.find("v", "booking") == started == journeys.start("v", "booking", {"topic": "other"})
    assert (started.draft, started.furthest_step, started.updated_at) == ({"topic": "x"}, 0, MONDAY)
    assert journeys.find("w", "booking") is None
    assert journeys.find("v", "reschedule") is None


def test_twenty_tabs_start_one_journey(db: str) -> None:
    results = together([partial(journeys.start, "v", "booking") for _ in range(20)])

    assert {result.id for result in results} == {results[0].id}
    assert count(Journey) == 1


def test_changes_are_merged_and_the_furthest_step_only_grows(db: str) -> None:
    journey = journeys.start("v", "booking", {"a": 1, "b": 2})

    journeys.save("v", "booking", journey.id, {"b": None, "c": {"d": ["é"]}}, 3)
    saved = journeys.save("v", "booking", journey.id, {}, 1)

    assert (saved.draft, saved.furthest_step) == ({"a": 1, "c": {"d": ["é"]}}, 3)
    assert journeys.find("v", "booking") == saved


def test_fields_saved_at_the_same_moment_are_all_kept(db: str) -> None:
    journey = journeys.start("v", "booking")

    results = together(
        [partial(journeys.save, "v", "booking", journey.id, {f"field-{number}": number}) for number in range(12)]
    )

    assert all(isinstance(result, JourneyView) for result in results)
    found = journeys.find("v", "booking")
    assert found is not None
    assert found.draft == {f"field-{number}": number for number in range(12)}


def test_the_journey_of_somebody_else_or_of_another_kind_is_not_changed(db: str) -> None:
    journey = journeys.start("v", "booking")
    for visitor, kind, journey_id in (("w", "booking", journey.id), ("v", "other", journey.id), ("v", "booking", "x")):
        with pytest.raises(JourneyGoneError):
            journeys.save(visitor, kind, journey_id, {"a": 1})
    assert journeys.find("v", "booking") == journey


def test_a_draft_is_bounded_and_a_refused_change_changes_nothing(db: str) -> None:
    journey = journeys.start("v", "booking", {"a": "b"})
    with pytest.raises(DraftTooLargeError):
        journeys.save("v", "booking", journey.id, {"details": "é" * 8192})
    with pytest.raises(DraftTooLargeError):
        journeys.start("w", "booking", {"details": "x" * 16_384})
    assert journeys.find("v", "booking") == journey
    assert journeys.find("w", "booking") is None


def test_a_draft_is_encrypted_at_rest(db: str) -> None:
    journeys.start("v", "booking", {"name": "Nguyen"})
    with database.reading() as session:
        stored = session.execute(text("SELECT draft FROM journey")).scalar_one()
    assert "Nguyen" not in stored


def test_a_draft_lives_a_day_after_its_last_change(db: str) -> None:
    journey = journeys.start("v", "booking", {"a": 1})
    with clock.moved(MONDAY + timedelta(hours=23)):
        journeys.save("v", "booking", journey.id, {"b": 2})
    with clock.moved(MONDAY + timedelta(hours=46, minutes=59)):
        assert journeys.find("v", "booking") is not None
    with clock.moved(MONDAY + timedelta(hours=47)):
        assert journeys.find("v", "booking") is None
        with pytest.raises(JourneyGoneError):
            journeys.save("v", "booking", journey.id, {"c": 3})
        fresh = journeys.start("v", "booking")
        assert fresh.id != journey.id
        assert fresh.draft == {}
        assert count(Journey) == 1


def test_the_job_erases_expired_journeys_and_keeps_the_others(db: str) -> None:
    office = make_office()
    make_slots(office, at("2026-11-26 09:00"), at("2026-11-26 10:00"))
    visitor = a_visitor()
    visitor.confirm(office, at("2026-11-26 09:00"))
    journeys.start("left behind", "booking")
    with clock.moved(MONDAY + timedelta(hours=20)):
        journeys.start("recent", "booking")
    with clock.moved(MONDAY + timedelta(hours=24)):
        assert journeys.last_finished(visitor.key, "booking") is None
        assert journeys.erase_expired() == 2
        assert journeys.find("recent", "booking") is not None
        assert count(Journey) == 1


def test_leaving_erases_everything_of_the_journey(db: str) -> None:
    office = make_office()
    nine, ten = at("2026-11-24 09:00"), at("2026-11-24 10:00")
    make_slots(office, nine, ten)
    visitor = a_visitor()
    visitor.confirm(office, nine)
    visitor.begins("booking").hold(office, ten)

    journeys.leave(visitor.key, "booking")

    assert count(Journey) == 0
    assert journeys.last_finished(visitor.key, "booking") is None
    assert [slot.held_by for slot in slots_of(office.id)] == [None, None]
    journeys.leave(visitor.key, "booking")


def test_leaving_everything_erases_every_kind_of_this_visitor_and_nothing_of_others(db: str) -> None:
    office, nine = make_office(), at("2026-11-24 09:00")
    make_slots(office, nine)
    visitor = a_visitor()
    visitor.begins("booking").hold(office, nine)
    for key in (visitor.key, "other"):
        journeys.start(key, "sign_up", {"typed.last_name": "Rosemonde"})
        journeys.start(key, "form_recovery")

    journeys.leave_all(visitor.key)

    assert count(Journey) == 2
    assert journeys.find(visitor.key, "sign_up") is None
    assert journeys.find("other", "sign_up") is not None
    assert [slot.held_by for slot in slots_of(office.id)] == [None]


def test_a_journey_left_for_a_day_is_told_from_one_that_was_erased(db: str) -> None:
    with clock.moved(at("2026-11-23 08:00")):
        journeys.start("left", "booking")
        journeys.start("erased", "booking")
        journeys.leave("erased", "booking")
    with clock.moved(at("2026-11-24 07:59")):
        assert not journeys.has_expired("left", "booking")
    with clock.moved(at("2026-11-24 08:01")):
        assert journeys.has_expired("left", "booking")
        assert not journeys.has_expired("left", "reschedule")
        assert not journeys.has_expired("erased", "booking")
