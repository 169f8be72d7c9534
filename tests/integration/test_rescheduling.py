"""Replanning and cancelling: all or nothing, also when two people or two tabs meet."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from app import clock
from app.models import Appointment, AppointmentStatus, Channel, Hold
from app.services import database, journeys
from app.services.appointments import records, reminders, steps, waiting_list
from app.services.appointments.cancellation import cancel
from app.services.appointments.person import FieldErrors
from app.services.appointments.records import AppointmentView, NotBookedError, NotOfferedError
from app.services.appointments.rescheduling import reschedule
from app.services.appointments.seats import SlotGoneError
from app.services.journeys import JourneyGoneError
from app.services.notifications import outbox
from tests.booking import MONDAY, Visitor, a_visitor, check_invariants, count, seats_of, together, topic_of
from tests.factories import MadeOffice, at, make_agent, make_office, make_place, make_slots, slots_of, week

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


def _booked(office: MadeOffice, starts_at: datetime, minutes: int = 30) -> tuple[Visitor, AppointmentView]:
    visitor = a_visitor()
    return visitor.begins("reschedule"), visitor.confirm(office, starts_at, minutes=minutes)


def _move(
    visitor: Visitor, view: AppointmentView, to: datetime, channel: Channel = Channel.COUNTER
) -> Callable[[], AppointmentView]:
    return partial(reschedule, visitor.key, visitor.journey_id, view.public_id, channel, to)


def test_a_moved_appointment_frees_its_old_seat_and_tells_both_times(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE)
    visitor.hold(office, TEN)

    moved = _move(visitor, view, TEN)()

    assert (moved.starts_at, moved.revision, moved.reference) == (TEN, 2, view.reference)
    assert [start for _, start in seats_of(moved)] == [TEN]
    assert [(change.kind, change.previous_starts_at) for change in records.history(view.public_id)] == [
        ("booked", None),
        ("rescheduled", NINE),
    ]
    assert [mail.kind for mail in outbox.for_visitor(visitor.key)] == ["rescheduled", "confirmed"]
    assert count(Hold) == 0
    assert a_visitor().confirm(office, NINE).is_booked
    check_invariants()


def test_a_seat_that_has_just_gone_leaves_the_old_appointment_standing(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE)
    a_visitor().confirm(office, TEN)

    with pytest.raises(SlotGoneError):
        _move(visitor, view, TEN)()

    assert records.get(view.public_id) == view
    assert [start for _, start in seats_of(view)] == [NINE]
    assert journeys.find(visitor.key, "reschedule") is not None
    assert [mail.kind for mail in outbox.for_visitor(visitor.key)] == ["confirmed"]
    check_invariants()


def test_a_move_is_about_the_appointment_as_it_stood_when_it_was_begun(office: MadeOffice) -> None:
    _, view = _booked(office, NINE)
    here, there = (steps.begin_reschedule(key, "tab", view.public_id) for key in ("here", "there"))
    reschedule("there", there.journey_id, view.public_id, Channel.COUNTER, TEN)

    now = steps.progress("here", steps.RESCHEDULE)
    assert now is not None
    assert now.is_moved
    with pytest.raises(NotBookedError):
        reschedule("here", here.journey_id, view.public_id, Channel.COUNTER, HALF_PAST_TEN)
    assert [start for _, start in seats_of(view)] == [TEN]

    again = steps.begin_reschedule("here", "tab", view.public_id)
    assert not again.is_moved
    reschedule("here", again.journey_id, view.public_id, Channel.COUNTER, HALF_PAST_TEN)
    assert [start for _, start in seats_of(view)] == [HALF_PAST_TEN]
    check_invariants()


def test_booking_again_begins_at_the_former_office_on_the_former_topic(office: MadeOffice) -> None:
    _, view = _booked(office, NINE)
    begun = steps.begin_like("later", "tab", view)
    assert begun.office is not None
    assert begun.topic is not None
    assert (begun.office.id, begun.topic.id, begun.step) == (view.office_id, view.topic_id, steps.Step.CHANNEL)
    assert (begun.channel, begun.starts_at, dict(begun.typed)) == (None, None, {})


def test_booking_again_where_the_topic_is_not_treated_any_more_asks_for_the_topic(office: MadeOffice) -> None:
    _, view = _booked(office, NINE)
    begun = steps.begin_like("later", "tab", replace(view, topic_id="of-yesterday"))
    assert (begun.topic, begun.step) == (None, steps.Step.TOPIC)


def test_a_failed_move_keeps_the_hold_too(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE)
    visitor.hold(office, TEN)
    a_visitor().confirm(office, HALF_PAST_TEN)

    with pytest.raises(SlotGoneError):
        _move(visitor, view, HALF_PAST_TEN)()

    assert count(Hold) == 1
    check_invariants()


def test_a_move_asked_twice_happens_once(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE)

    results = together([_move(visitor, view, TEN) for _ in range(8)])

    assert {result.revision for result in results} == {2}
    assert len(outbox.for_visitor(visitor.key)) == 2
    check_invariants()


def test_moving_to_where_it_stands_changes_nothing(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE)

    assert _move(visitor, view, NINE)() == view
    assert len(records.history(view.public_id)) == 1
    check_invariants()


def test_an_hour_moved_by_half_an_hour_keeps_the_slot_in_common(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE, minutes=60)

    moved = _move(visitor, view, HALF_PAST_NINE)()

    assert [start for _, start in seats_of(moved)] == [HALF_PAST_NINE, TEN]
    check_invariants()


def test_the_same_time_by_phone_keeps_the_seat(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE)

    moved = reschedule(visitor.key, visitor.journey_id, view.public_id, Channel.PHONE, NINE, phone="06 92 12 34 56")

    assert (moved.channel, moved.phone, moved.starts_at) == (Channel.PHONE, "+262692123456", NINE)
    assert seats_of(moved) == seats_of(view)
    check_invariants()


def test_a_number_that_is_none_is_refused(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE)
    with pytest.raises(FieldErrors) as refused:
        reschedule(visitor.key, visitor.journey_id, view.public_id, Channel.PHONE, TEN, phone="12")
    assert refused.value.errors.keys() == {"phone"}


def test_a_channel_the_topic_does_not_have_is_refused(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE)
    with pytest.raises(NotOfferedError):
        _move(visitor, view, TEN, Channel(0))()


def test_a_cancelled_unknown_or_begun_appointment_is_not_moved(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE)
    with pytest.raises(NotBookedError):
        reschedule(visitor.key, visitor.journey_id, "unknown", Channel.COUNTER, TEN)
    with clock.moved(NINE):
        late = visitor.begins("late")
        with pytest.raises(NotBookedError):
            _move(late, view, TEN)()
    cancel(view.public_id, "key")
    with pytest.raises(NotBookedError):
        _move(visitor, view, TEN)()
    check_invariants()


def test_without_a_live_journey_nothing_moves(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE)
    journeys.leave(visitor.key, "reschedule")
    with pytest.raises(JourneyGoneError):
        _move(visitor, view, TEN)()


def test_the_mail_goes_to_the_mailbox_of_whoever_booked(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE)
    other_browser = a_visitor().begins("reschedule")

    _move(other_browser, view, TEN)()

    assert len(outbox.for_visitor(visitor.key)) == 2
    assert outbox.for_visitor(other_browser.key) == ()


def test_two_people_who_swap_seats_do_not_block_each_other(office: MadeOffice) -> None:
    for _ in range(5):
        one, first = _booked(office, NINE)
        two, second = _booked(office, TEN)

        results = together([_move(one, first, TEN), _move(two, second, NINE)])

        # Both want a seat that is taken: whoever comes first is refused, and so is the other.
        assert [type(result) for result in results] == [SlotGoneError, SlotGoneError]
        check_invariants()
        cancel(first.public_id, "x")
        cancel(second.public_id, "x")


def test_many_who_move_in_a_circle_end_on_seats_of_their_own(office: MadeOffice) -> None:
    starts = [NINE, HALF_PAST_NINE, TEN, HALF_PAST_TEN]
    people = [_booked(office, start) for start in starts[:3]]
    for shift in (1, 2, 3):
        moves = [
            _move(visitor.begins(f"move-{shift}"), view, starts[(number + shift) % 4])
            for number, (visitor, view) in enumerate(people)
        ]
        results = together(moves)
        assert all(isinstance(result, AppointmentView | SlotGoneError) for result in results)
        check_invariants()


def test_of_many_who_move_to_one_seat_exactly_one_gets_it(office: MadeOffice) -> None:
    people = [_booked(office, start) for start in (NINE, HALF_PAST_NINE, TEN)]

    results = together([_move(visitor, view, HALF_PAST_TEN) for visitor, view in people])

    assert sum(isinstance(result, AppointmentView) for result in results) == 1
    assert sum(isinstance(result, SlotGoneError) for result in results) == 2
    check_invariants()


def test_moving_and_cancelling_at_the_same_moment_end_in_one_of_two_states(office: MadeOffice) -> None:
    for number in range(6):
        visitor, view = _booked(office, NINE)
        moved, cancelled = together([_move(visitor, view, TEN), partial(cancel, view.public_id, str(number))])

        assert isinstance(moved, AppointmentView | NotBookedError)
        assert isinstance(cancelled, AppointmentView)
        now = records.get(view.public_id)
        assert now is not None
        assert now.status == AppointmentStatus.CANCELLED
        assert now.revision == (3 if isinstance(moved, AppointmentView) else 2)
        assert all(slot.appointment_id is None for slot in slots_of(office.id))
        check_invariants()


def test_cancelling_frees_the_seats_and_tells(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE, minutes=60)

    cancelled = cancel(view.public_id, "key", visitor_key=visitor.key)

    assert (cancelled.status, cancelled.revision) == (AppointmentStatus.CANCELLED, 2)
    assert [mail.kind for mail in outbox.for_visitor(visitor.key)] == ["cancelled", "confirmed"]
    assert a_visitor().confirm(office, NINE, minutes=60).is_booked
    check_invariants()


def test_cancelling_again_gives_the_same_answer_and_one_mail(office: MadeOffice) -> None:
    visitor, view = _booked(office, NINE)

    results = together([partial(cancel, view.public_id, key) for key in ("a", "a", "b", "c")])

    assert {(result.status, result.revision) for result in results} == {(AppointmentStatus.CANCELLED, 2)}
    assert len(outbox.for_visitor(visitor.key)) == 2
    check_invariants()


def test_what_has_begun_or_never_was_is_not_cancelled(office: MadeOffice) -> None:
    _, view = _booked(office, NINE)
    with pytest.raises(NotBookedError):
        cancel("unknown", "key")
    with clock.moved(NINE + timedelta(minutes=1)), pytest.raises(NotBookedError):
        cancel(view.public_id, "key")
    check_invariants()


def test_a_retry_of_booking_after_cancelling_does_not_book_again(office: MadeOffice) -> None:
    visitor = a_visitor()
    view = visitor.confirm(office, NINE)
    cancel(view.public_id, "key")

    assert visitor.confirm(office, NINE).status == AppointmentStatus.CANCELLED
    check_invariants()


def test_an_appointment_moves_to_video_at_a_local_point_and_back_to_the_phone(office: MadeOffice) -> None:
    point = make_place(office.id, "Point d’accueil de Trèbes")
    make_agent(office.id, week("9:00-12:00", channels=Channel.VIDEO, place=point))
    make_slots(office, at("2026-11-24 11:00"), channels=Channel.VIDEO, place=point)
    visitor = a_visitor()
    view = visitor.confirm(office, NINE, Channel.PHONE, topic=topic_of(30, "counter", "phone", "video"))

    there = visitor.begins("reschedule")
    moved = reschedule(
        there.key, there.journey_id, view.public_id, Channel.VIDEO, at("2026-11-24 11:00"), place_id=point
    )
    assert (moved.channel, moved.place_id, moved.place_name) == (Channel.VIDEO, point, "Point d’accueil de Trèbes")
    back = visitor.begins("reschedule")
    again = reschedule(back.key, back.journey_id, view.public_id, Channel.PHONE, NINE)

    assert (again.channel, again.place_id, again.place_name, again.revision) == (Channel.PHONE, None, "", 3)
    assert [start for _, start in seats_of(again)] == [NINE]
    check_invariants()


def test_video_needs_a_place_that_serves_it(office: MadeOffice) -> None:
    visitor = a_visitor()
    view = visitor.confirm(office, NINE, topic=topic_of(30, "counter", "phone", "video"))
    point = make_place(office.id)
    for place_id in (None, point, 9999):
        moving = visitor.begins("reschedule")
        with pytest.raises(NotOfferedError):
            reschedule(moving.key, moving.journey_id, view.public_id, Channel.VIDEO, TEN, place_id=place_id)


def test_the_reminder_follows_the_appointment_and_ends_with_it(
    office: MadeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdrawn: list[int] = []
    monkeypatch.setattr(reminders, "withdraw", lambda _session, number: withdrawn.append(number))
    later = at("2026-12-01 09:00")
    make_slots(office, later)
    visitor, view = _booked(office, NINE)
    assert _remind_at(view) is None

    moved = _move(visitor, view, later)()
    assert _remind_at(moved) == at("2026-11-29 09:00")
    cancel(view.public_id, "once")

    assert _remind_at(moved) is None
    assert len(withdrawn) == 2


def test_freed_seats_are_offered_to_whoever_waits(office: MadeOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    freed: list[datetime] = []

    def note(_session: object, office_id: int, ids: list[int]) -> None:
        assert office_id == office.id
        free = {slot.id: slot for slot in slots_of(office.id)}
        freed.extend(free[id_].starts_at for id_ in ids)

    monkeypatch.setattr(waiting_list, "offer_freed", note)
    visitor, view = _booked(office, NINE, 60)
    _move(visitor, view, HALF_PAST_NINE)()  # 9 h 30 stays with the person
    assert freed == [NINE]
    cancel(view.public_id, "once")
    assert freed == [NINE, HALF_PAST_NINE, TEN]


def _remind_at(view: AppointmentView) -> datetime | None:
    with database.reading() as session:
        return session.query(Appointment).filter_by(public_id=view.public_id).one().remind_at
