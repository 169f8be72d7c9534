"""What comes free is offered to one person at a time, in order, for half an hour of waking hours."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from app import clock
from app.models import Channel, OfferOutcome, Slot, WaitingOffer, WaitingStatus
from app.services import database, throttle
from app.services.appointments import availability, holds, steps, waiting_links, waiting_list
from app.services.appointments.cancellation import cancel
from app.services.appointments.rescheduling import reschedule
from app.services.appointments.seats import SlotGoneError
from app.services.appointments.steps import Step
from app.services.appointments.waiting_list import OfferGoneError
from tests.booking import MONDAY, PERSON, Visitor, a_visitor, check_invariants, seats_of
from tests.factories import MadeOffice, at, hold_slots, make_slots
from tests.waiting import Waiting, a_waiter, an_office, check_waiting_list, mails, owners

NINE = at("2026-11-24 09:00")
HALF_PAST = at("2026-11-24 09:30")
TEN = at("2026-11-24 10:00")
HALF_AN_HOUR = timedelta(minutes=30)


class Time:
    """The clock of a test."""

    now = MONDAY

    def passes(self, **delay: float) -> None:
        self.now += timedelta(**delay)


@pytest.fixture(autouse=True)
def time() -> Iterator[Time]:
    throttle.reset()
    made = Time()
    with clock.moved(lambda: made.now):
        yield made
        check_waiting_list()


def booked(office: MadeOffice, start: datetime = NINE, minutes: int = 30) -> str:
    """Book everything at a start; return the appointment's public id."""
    return a_visitor().confirm(office, start, minutes=minutes).public_id


def full(*starts: datetime) -> tuple[MadeOffice, list[str]]:
    """Make an office where all is taken; return the appointments too."""
    office = an_office()
    make_slots(office, *starts)
    return office, [booked(office, start) for start in starts]


def test_a_cancelled_seat_is_offered_at_once_to_who_came_first(db: str) -> None:
    office, (appointment,) = full(NINE)
    anh, bao = a_waiter(office), a_waiter(office)

    cancel(appointment, "key")

    assert (anh.offered, bao.offered) == ([NINE], [])
    assert anh.live is not None
    assert anh.live.expires_at == MONDAY + HALF_AN_HOUR
    (mail,) = mails("waiting_offer")
    assert (mail.recipient, mail.visitor_key) == (anh.email, anh.key)
    assert mail.subject == "Un créneau se libère\u00a0: mardi 24 novembre 2026 à 9\u00a0h"
    for body in (mail.text_body or "", mail.html_body or ""):
        assert "lundi 23 novembre 2026 à 8\u00a0h\u00a030" in body
        assert waiting_links.offer_url(anh.offers[0].id) in body
        assert waiting_links.entry_url(anh.row.public_id) in body
    with pytest.raises(SlotGoneError):
        a_visitor().hold(office, NINE)


def test_a_moved_appointment_frees_its_former_seat_for_the_list(db: str) -> None:
    office, (appointment,) = full(NINE)
    make_slots(office, TEN)
    visitor = a_visitor().begins("reschedule")
    anh = a_waiter(office)

    reschedule(visitor.key, visitor.journey_id, appointment, Channel.COUNTER, TEN)

    assert anh.offered == [NINE]
    check_invariants_with_offers()


def test_following_the_link_changes_nothing(db: str) -> None:
    office, (appointment,) = full(NINE)
    anh = a_waiter(office)
    cancel(appointment, "key")

    view = waiting_list.offer(anh.offer_token)

    assert view is not None
    assert view.is_live
    assert (view.starts_at, view.expires_at, view.minutes) == (NINE, MONDAY + HALF_AN_HOUR, 30)
    assert waiting_list.entry(view.leave_token) is not None
    assert waiting_list.offer(anh.offer_token) == view


def test_taking_an_offer_opens_the_details_with_the_seat_held_and_confirming_books_it(db: str, time: Time) -> None:
    office, (appointment,) = full(NINE)
    anh = a_waiter(office)
    cancel(appointment, "key")
    time.passes(minutes=25)

    progress = anh.accept()

    assert (progress.step, progress.starts_at, progress.tabs) == (Step.DETAILS, NINE, ("tab",))
    assert progress.office is not None
    assert progress.office.id == office.id
    assert progress.typed == {"email": anh.email}
    held = holds.current_hold(anh.key)
    assert held is not None
    assert (held.starts_at, held.expires_at) == (NINE, time.now + timedelta(minutes=10))
    assert (anh.row.status, anh.offers[0].outcome) == (WaitingStatus.SERVED, OfferOutcome.TAKEN)
    with pytest.raises(SlotGoneError):
        a_visitor().hold(office, NINE)

    taken = waiting_list.offer(anh.offer_token)
    assert taken is not None
    assert (taken.is_kept, taken.is_booked) == (True, False)

    view = Visitor(anh.key, progress.journey_id, anh.key, replace(PERSON, email=anh.email)).confirm(office, NINE)

    taken = waiting_list.offer(anh.offer_token)
    assert taken is not None
    assert (taken.is_kept, taken.is_booked) == (False, True)
    assert [start for _, start in seats_of(view)] == [NINE]
    check_invariants_with_offers()


def test_an_offer_taken_early_keeps_its_seat_as_long_as_the_mail_says(db: str) -> None:
    office, (appointment,) = full(NINE)
    anh = a_waiter(office)
    cancel(appointment, "key")

    anh.accept()

    held = holds.current_hold(anh.key)
    assert held is not None
    assert held.expires_at == MONDAY + HALF_AN_HOUR
    assert holds.extend_hold(anh.key).expires_at == MONDAY + timedelta(minutes=35)


def test_pressing_twice_or_in_a_second_tab_opens_the_same_booking(db: str) -> None:
    office, (appointment,) = full(NINE)
    anh = a_waiter(office)
    cancel(appointment, "key")

    first = anh.accept()
    again = waiting_list.accept(anh.key, "other tab", anh.offer_token)

    assert again.journey_id == first.journey_id
    assert again.tabs == ("tab", "other tab")


def test_another_browser_with_the_link_comes_too_late_once_it_is_taken(db: str) -> None:
    office, (appointment,) = full(NINE)
    anh = a_waiter(office)
    cancel(appointment, "key")
    anh.accept("phone")

    stranger = a_visitor()
    with pytest.raises(OfferGoneError):
        anh.accept(stranger.key)

    assert holds.current_hold(stranger.key) is None
    left = steps.progress(stranger.key, steps.BOOKING)
    assert left is not None
    assert left.journey_id == stranger.journey_id


def test_taking_an_offer_replaces_the_booking_begun_before_and_frees_its_seat(db: str) -> None:
    office, (appointment,) = full(NINE)
    make_slots(office, TEN)
    anh = a_waiter(office, last=date(2026, 11, 24))
    cancel(appointment, "key")
    visitor = a_visitor()
    visitor.hold(office, TEN)

    progress = anh.accept(visitor.key)

    assert progress.journey_id != visitor.journey_id
    assert progress.starts_at == NINE
    a_visitor().hold(office, TEN)


@pytest.mark.parametrize("token", ["", "x", "0" * 32 + "-" + "a" * 26])
def test_a_forged_link_takes_nothing(db: str, token: str) -> None:
    with pytest.raises(OfferGoneError):
        waiting_list.accept("visitor", "tab", token)


def test_a_declined_seat_goes_to_the_next_at_once_and_then_to_everybody(db: str) -> None:
    office, (appointment,) = full(NINE)
    anh, bao = a_waiter(office), a_waiter(office)
    cancel(appointment, "key")

    anh.decline()
    assert bao.offered == [NINE]
    anh.decline()
    bao.decline()

    assert [len(each.offers) for each in (anh, bao)] == [1, 1]
    assert anh.row.status == WaitingStatus.WAITING
    assert waiting_list.run() == 0
    a_visitor().hold(office, NINE)
    with pytest.raises(OfferGoneError):
        anh.accept()


def test_an_unanswered_seat_goes_to_the_next_after_half_an_hour(db: str, time: Time) -> None:
    office, (appointment,) = full(NINE)
    anh, bao = a_waiter(office), a_waiter(office)
    cancel(appointment, "key")

    time.passes(minutes=29)
    assert waiting_list.run() == 0
    time.passes(minutes=1)
    view = waiting_list.offer(anh.offer_token)
    assert view is not None
    assert view.outcome is OfferOutcome.EXPIRED
    with pytest.raises(OfferGoneError):
        anh.accept()
    assert waiting_list.run() == 1

    assert (anh.offered, bao.offered) == ([NINE], [NINE])
    assert bao.live is not None
    assert bao.live.expires_at == time.now + HALF_AN_HOUR


def test_an_offer_of_the_evening_runs_until_the_morning(db: str, time: Time) -> None:
    wednesday = at("2026-11-25 14:00")
    office, (appointment,) = full(wednesday)
    anh = a_waiter(office)
    time.now = at("2026-11-23 22:00")
    cancel(appointment, "key")
    assert anh.live is not None
    assert anh.live.expires_at == at("2026-11-24 08:30")

    time.now = at("2026-11-24 08:29")
    anh.accept()


@pytest.mark.parametrize(("start", "is_offered"), [("2026-11-24 09:29", False), ("2026-11-24 09:30", True)])
def test_what_begins_too_soon_for_an_answer_is_free_for_everybody(
    db: str, time: Time, start: str, is_offered: bool
) -> None:
    office, (appointment,) = full(at(start))
    anh = a_waiter(office)
    time.now = at("2026-11-24 07:30")  # kept until 8 h 30, an hour before

    cancel(appointment, "key")
    waiting_list.run()

    assert (anh.live is not None) == is_offered


def test_who_leaves_passes_their_offer_on(db: str) -> None:
    office, (appointment,) = full(NINE)
    anh, bao = a_waiter(office), a_waiter(office)
    cancel(appointment, "key")

    anh.leave()

    assert bao.offered == [NINE]
    with pytest.raises(OfferGoneError):
        anh.accept()


def test_somebody_with_an_offer_is_not_asked_about_another_seat_meanwhile(db: str) -> None:
    office, appointments = full(NINE, HALF_PAST)
    anh, bao = a_waiter(office), a_waiter(office)

    for appointment in appointments:
        cancel(appointment, "key")

    assert (anh.offered, bao.offered) == ([NINE], [HALF_PAST])


def test_nobody_is_written_to_twice_about_one_time_even_under_two_entries(db: str, time: Time) -> None:
    office, (appointment,) = full(NINE)
    long = a_waiter(office, minutes=60, email="anh@courriel.example")
    short = a_waiter(office, email="anh@courriel.example")
    cancel(appointment, "key")
    assert (long.offered, short.offered) == ([], [NINE])
    short.decline()
    make_slots(office, HALF_PAST, at("2026-11-24 11:00"))

    waiting_list.run()

    assert long.offered == []
    assert short.offered == [NINE, HALF_PAST]


def test_only_days_that_suit_are_offered(db: str) -> None:
    office = an_office()
    fridays = a_waiter(office, weekdays=0b0010000)
    later = a_waiter(office, first=date(2026, 12, 1))
    friday, december = at("2026-11-27 09:00"), at("2026-12-02 09:00")
    make_slots(office, NINE, friday, december, at("2026-12-07 09:00"))

    waiting_list.run()

    assert (fridays.offered, later.offered) == ([friday], [december])


def test_the_local_day_of_the_office_counts(db: str, time: Time) -> None:
    office = an_office(timezone="Pacific/Noumea")
    tuesday = a_waiter(office, weekdays=0b0000010)
    monday_in_utc = at("2026-11-24 09:00", "Pacific/Noumea")
    assert monday_in_utc.astimezone(at("2026-01-01 00:00", "UTC").tzinfo).weekday() == 0
    make_slots(office, monday_in_utc)

    waiting_list.run()

    assert tuesday.offered == [monday_in_utc]


def test_only_the_channel_asked_for_is_offered(db: str) -> None:
    office = an_office()
    by_phone = a_waiter(office, channel=Channel.PHONE)
    make_slots(office, NINE, channels=Channel.COUNTER)
    make_slots(office, TEN, channels=Channel.PHONE)

    waiting_list.run()

    assert by_phone.offered == [TEN]


def test_a_long_appointment_needs_neighbouring_seats_of_one_agent(db: str) -> None:
    office = an_office(agents=2)
    first, second = (MadeOffice(office.id, (agent,)) for agent in office.agents)
    make_slots(first, NINE)
    make_slots(second, HALF_PAST)
    anh = a_waiter(office, minutes=60)
    waiting_list.run()
    assert anh.offers == []

    make_slots(second, TEN)
    waiting_list.run()

    assert anh.offered == [HALF_PAST]


def test_a_cancelled_seat_beside_a_free_one_makes_room_for_a_long_appointment(db: str) -> None:
    office = an_office()
    make_slots(office, NINE, HALF_PAST)
    appointment = booked(office, HALF_PAST)
    anh = a_waiter(office, minutes=60)
    short = a_waiter(office)

    cancel(appointment, "key")

    assert (anh.offered, short.offered) == ([NINE], [])


def test_a_long_appointment_cancelled_serves_two_short_ones(db: str) -> None:
    office = an_office()
    make_slots(office, NINE, HALF_PAST)
    appointment = booked(office, NINE, minutes=60)
    anh, bao, chi = (a_waiter(office) for _ in range(3))

    cancel(appointment, "key")

    assert (anh.offered, bao.offered, chi.offered) == ([NINE], [HALF_PAST], [])


def test_the_job_offers_what_an_ended_hold_left(db: str, time: Time) -> None:
    office = an_office()
    slots = make_slots(office, NINE)
    hold_slots(slots, MONDAY + timedelta(minutes=10))
    anh = a_waiter(office)
    assert waiting_list.run() == 0

    time.passes(minutes=10)
    assert waiting_list.run() == 1

    assert anh.offered == [NINE]


def test_the_job_offers_a_day_that_was_planned_since(db: str) -> None:
    office = an_office()
    anh = a_waiter(office)
    assert waiting_list.run() == 0
    make_slots(office, NINE)

    assert [waiting_list.run(), waiting_list.run()] == [1, 0]
    assert anh.offered == [NINE]


def test_an_accepted_seat_that_was_not_confirmed_goes_to_the_next(db: str, time: Time) -> None:
    office, (appointment,) = full(NINE)
    anh, bao = a_waiter(office), a_waiter(office)
    cancel(appointment, "key")
    anh.accept()

    time.passes(minutes=30)
    waiting_list.run()

    assert (anh.row.status, anh.offered, bao.offered) == (WaitingStatus.SERVED, [NINE], [NINE])


def test_three_offers_without_an_answer_end_an_entry(db: str, time: Time) -> None:
    starts = [NINE + day * timedelta(days=1) for day in range(4)]
    office = an_office()
    make_slots(office, *starts)
    anh = a_waiter(office)

    for _ in range(8):
        waiting_list.run()
        time.passes(minutes=30)

    assert anh.offered == starts[:3]
    assert anh.row.status == WaitingStatus.OVER
    (mail,) = mails("waiting_over", anh.email)
    for body in (mail.text_body or "", mail.html_body or ""):
        said = " ".join(body.split())
        assert "Trois créneaux vous ont été proposés, et les trois sont restés sans réponse" in said
        assert "Les jours que vous aviez choisis" not in said
        assert waiting_links.entry_url(anh.row.public_id) in body
    view = waiting_list.entry(anh.token)
    assert view is not None
    assert view.is_given_up


def test_the_last_offer_says_that_it_is_the_last_and_a_declined_one_does_not_count(db: str, time: Time) -> None:
    office = an_office()
    make_slots(office, *(NINE + day * timedelta(days=1) for day in range(4)))
    anh = a_waiter(office)
    lasts = []
    for number in range(4):
        waiting_list.run()
        view = waiting_list.offer(anh.offer_token)
        assert view is not None
        lasts.append(view.is_last)
        if number == 1:
            anh.decline()
        else:
            time.passes(minutes=30)

    said = ["C’est la dernière proposition" in (mail.text_body or "") for mail in mails("waiting_offer", anh.email)]
    assert said == lasts == [False, False, False, True]
    assert ["C’est la dernière" in (mail.html_body or "") for mail in mails("waiting_offer", anh.email)] == said
    before = waiting_list.offer(anh.offer_token)
    waiting_list.run()
    after = waiting_list.offer(anh.offer_token)
    for view in (before, after):
        assert view is not None
        assert (view.outcome, view.is_last, view.is_waiting) == (OfferOutcome.EXPIRED, True, False)
    first = waiting_list.offer(waiting_links.offer_token(anh.offers[0].id))
    assert first is not None
    assert (first.is_last, first.is_waiting) == (False, False)


def test_who_starts_again_after_a_wait_finds_the_office_and_the_topic(db: str, time: Time) -> None:
    anh = a_waiter(an_office())
    time.passes(days=20)
    waiting_list.run()
    view = waiting_list.entry(anh.token)
    assert view is not None
    assert (view.status, view.is_given_up) == (WaitingStatus.OVER, False)

    begun = steps.begin_like("later", "tab", view)

    assert begun.office is not None
    assert begun.topic is not None
    assert (begun.office.id, begun.topic.id) == (view.office_id, view.topic_id)


def test_offers_are_made_in_order_whatever_the_number(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.appointments.waiting_offers.AT_ONCE", 2)
    starts = [NINE + number * HALF_AN_HOUR for number in range(5)]
    office = an_office()
    people = [a_waiter(office) for _ in range(6)]
    make_slots(office, *starts)

    assert waiting_list.run() == 5

    assert [each.offered for each in people] == [*([start] for start in starts), []]


def test_an_office_that_closes_offers_nothing_it_does_not_give(db: str) -> None:
    office, (appointment,) = full(NINE)
    anh = a_waiter(office)
    cancel(appointment, "key")
    assert availability.first_free(office.id, Channel.COUNTER, 30) is None
    anh.decline()
    assert availability.first_free(office.id, Channel.COUNTER, 30) == NINE


def test_a_seat_lost_behind_the_offer_cannot_be_taken(db: str) -> None:
    office, (appointment,) = full(NINE)
    anh = a_waiter(office)
    cancel(appointment, "key")
    with database.writing() as session:
        session.execute(update(Slot).values(held_by=None, held_until=None))

    with pytest.raises(OfferGoneError):
        anh.accept()

    _end_all_offers(anh)


def _end_all_offers(anh: Waiting) -> None:
    with database.writing() as session:
        session.execute(update(WaitingOffer).values(outcome=OfferOutcome.EXPIRED))
    assert anh.live is None


def check_invariants_with_offers() -> None:
    """Check the books; what offers keep is checked by `check_waiting_list`."""
    with database.reading() as session:
        live = select(col(WaitingOffer.id)).where(col(WaitingOffer.outcome) == OfferOutcome.LIVE)
        keeps = session.execute(live).scalars().all()
    if not keeps:
        check_invariants()


def test_an_ended_offer_leaves_no_seat_held(db: str, time: Time) -> None:
    office = an_office()
    slots = make_slots(office, NINE)
    anh = a_waiter(office)
    waiting_list.run()
    assert owners(slots) == [anh.offers[0].id]

    time.passes(minutes=30)
    waiting_list.run()

    assert owners(slots) == [None]
