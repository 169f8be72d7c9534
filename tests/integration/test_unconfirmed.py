"""From the fourth future appointment on one address, the mail must be answered; the pages do not tell."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from app import clock
from app.models import Appointment, AppointmentChange, AppointmentStatus, AuditEvent, Channel, OutboxMail
from app.services import database, journeys, throttle
from app.services.appointments import (
    access,
    cancellation,
    confirmations,
    holds,
    limits,
    lost_link,
    records,
    reminders,
    waiting_list,
)
from app.services.appointments.confirmations import ConfirmationState, LapsedError, confirm_from_mail
from app.services.appointments.records import AppointmentView, NotBookedError
from app.services.appointments.rescheduling import reschedule
from app.services.notifications import messages
from tests.booking import MONDAY, Visitor, a_visitor, check_invariants, seats_of, together
from tests.factories import MadeOffice, at, make_office, make_slots, slots_of

ADDRESS = "camille@courriel.example"
TIMES = [at(f"2026-11-{day} {hour}:00") for day in (26, 27) for hour in ("09", "10", "11", "14", "15")]
FOURTH = TIMES[3]
LATER = MONDAY + timedelta(minutes=31)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.moved(MONDAY):
        yield


@pytest.fixture
def office(db: str) -> MadeOffice:
    made = make_office(agents=1)
    make_slots(made, *TIMES)
    return made


def _three(office: MadeOffice, email: str = ADDRESS) -> None:
    for starts_at in TIMES[:3]:
        a_visitor(email=email).confirm(office, starts_at)


def _fourth(office: MadeOffice, email: str = ADDRESS) -> tuple[Visitor, AppointmentView]:
    _three(office)
    visitor = a_visitor(email=email)
    return visitor, visitor.confirm(office, FOURTH)


def _row(view: AppointmentView) -> Appointment:
    with database.reading() as session:
        return session.execute(select(Appointment).where(col(Appointment.public_id) == view.public_id)).scalar_one()


def _mails(view: AppointmentView) -> Sequence[OutboxMail]:
    query = select(OutboxMail).join(Appointment, col(Appointment.id) == col(OutboxMail.appointment_id))
    with database.reading() as session:
        found = query.where(col(Appointment.public_id) == view.public_id).order_by(col(OutboxMail.id))
        return session.execute(found).scalars().all()


def _token(view: AppointmentView) -> str:
    """Return the token of the link in the newest mail that asks to confirm."""
    texts = [mail.text_body or "" for mail in _mails(view) if mail.kind in ("to_confirm", "moved_to_confirm")]
    found = re.search(r"/rendez-vous/confirmer/(\S+)", texts[-1])
    assert found
    return found.group(1)


def _waits(view: AppointmentView) -> bool:
    return _row(view).confirm_until is not None


@pytest.mark.parametrize("email", [ADDRESS, "Camille@courriel.example", "CAMILLE@COURRIEL.EXAMPLE"])
def test_the_fourth_on_an_address_however_spelled_waits_half_an_hour(office: MadeOffice, email: str) -> None:
    _, view = _fourth(office, email)

    assert _row(view).confirm_until == MONDAY + timedelta(minutes=30)
    assert (view.is_booked, len(seats_of(view))) == (True, 1)
    [mail] = _mails(view)
    assert (mail.kind, mail.recipient, mail.calendar) == ("to_confirm", email, None)
    assert "avant le lundi 23 novembre 2026 à 8\u00a0h\u00a030" in (mail.text_body or "")
    assert access.confirm_url(view.public_id) in (mail.html_body or "")
    check_invariants()


def test_the_first_three_wait_for_nothing(office: MadeOffice) -> None:
    _three(office)
    with database.reading() as session:
        rows = session.execute(select(Appointment)).scalars().all()
    assert [row.confirm_until for row in rows] == [None] * 3
    assert all(row.remind_at is not None for row in rows)


def test_cancelled_and_past_ones_do_not_count_and_other_addresses_do_not_either(office: MadeOffice) -> None:
    for starts_at in TIMES[:2]:
        a_visitor(email=ADDRESS).confirm(office, starts_at)
    cancelled = a_visitor(email=ADDRESS).confirm(office, TIMES[2])
    cancellation.cancel(cancelled.public_id, "once")
    a_visitor(email="somebody@courriel.example").confirm(office, TIMES[2])

    assert not _waits(a_visitor(email=ADDRESS).confirm(office, FOURTH))
    with clock.moved(at("2026-11-26 12:00")):  # two have taken place
        assert not _waits(a_visitor(email=ADDRESS).confirm(office, TIMES[5]))


def test_it_never_waits_longer_than_until_the_appointment_begins(office: MadeOffice) -> None:
    _three(office)
    with clock.moved(FOURTH - timedelta(minutes=65)):
        visitor = a_visitor(email=ADDRESS)
        a_visitor(email=ADDRESS).confirm(office, TIMES[6])  # the others but one are past, so make up for them
        a_visitor(email=ADDRESS).confirm(office, TIMES[7])
        a_visitor(email=ADDRESS).confirm(office, TIMES[8])
        visitor.hold(office, FOURTH)
    with clock.moved(FOURTH - timedelta(minutes=10)):
        view = visitor.confirm(office, FOURTH)
        assert _row(view).confirm_until == FOURTH


def test_following_the_link_changes_nothing_and_the_button_confirms_once(office: MadeOffice) -> None:
    _, view = _fourth(office)
    token = _token(view)

    asked = confirmations.asked(token)
    assert asked is not None
    assert (asked.state, asked.until) == (ConfirmationState.WAITING, MONDAY + timedelta(minutes=30))
    assert _waits(view)

    with clock.moved(MONDAY + timedelta(minutes=29)):
        first = confirm_from_mail(token)
    with clock.moved(LATER):
        again = confirm_from_mail(token)

    assert first == again == view
    row = _row(view)
    assert (row.confirm_until, row.remind_at) == (None, reminders.due_at(FOURTH, "Europe/Paris", MONDAY))
    assert [mail.kind for mail in _mails(view)] == ["to_confirm", "confirmed"]
    assert _mails(view)[1].calendar is not None
    with database.reading() as session:
        query = select(col(AppointmentChange.kind)).where(col(AppointmentChange.appointment_id) == row.id)
        assert session.execute(query).scalars().all() == ["booked", "confirmed"]
        events = select(col(AuditEvent.event)).where(col(AuditEvent.subject) == view.reference)
        assert session.execute(events).scalars().all() == ["appointment_booked", "appointment_confirmed"]
    after = confirmations.asked(token)
    assert after is not None
    assert (after.state, after.until) == (ConfirmationState.CONFIRMED, None)
    with clock.moved(LATER):
        assert confirmations.release_unconfirmed() == 0
    check_invariants()


def test_eight_clicks_at_once_confirm_once(office: MadeOffice) -> None:
    _, view = _fourth(office)

    results = together([partial(confirm_from_mail, _token(view))] * 8)

    assert all(result == view for result in results)
    assert [mail.kind for mail in _mails(view)] == ["to_confirm", "confirmed"]
    check_invariants()


def test_the_link_that_manages_does_not_confirm_nor_the_other_way_round(office: MadeOffice) -> None:
    _, view = _fourth(office)

    for token in (access.manage_token(view.public_id), "", "x", "é" * 9, f"{view.public_id}-aaaa", "a" * 500):
        assert confirmations.asked(token) is None
        with pytest.raises(NotBookedError):
            confirm_from_mail(token)
    assert access.public_id_of(_token(view)) is None
    assert _waits(view)


def test_the_same_link_cannot_be_tried_without_end(office: MadeOffice) -> None:
    _, view = _fourth(office)
    token = _token(view)

    for _ in range(10):
        confirm_from_mail(token)
    with pytest.raises(throttle.TooManyAttemptsError):
        confirm_from_mail(token)


def test_nobody_confirmed_so_the_time_is_released_and_somebody_else_takes_it(
    office: MadeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[Any] = []
    monkeypatch.setattr(waiting_list, "offer_freed", lambda _session, office_id, ids: offered.append((office_id, ids)))
    _, view = _fourth(office)
    slot = next(slot.id for slot in slots_of(office.id) if slot.starts_at == FOURTH)
    assert confirmations.release_unconfirmed() == 0

    with clock.moved(LATER):
        with pytest.raises(LapsedError):
            confirm_from_mail(_token(view))
        assert confirmations.release_unconfirmed() == 1
        assert confirmations.release_unconfirmed() == 0
        with pytest.raises(LapsedError):
            confirm_from_mail(_token(view))
        asked = confirmations.asked(_token(view))
        assert asked is not None
        assert (asked.state, asked.until) == (ConfirmationState.LAPSED, None)
        assert a_visitor().confirm(office, FOURTH).is_booked

    row = _row(view)
    assert (row.status, row.revision, row.confirm_until) == ("cancelled", 2, None)
    assert [mail.kind for mail in _mails(view)] == ["to_confirm", "lapsed"]
    last = _mails(view)[-1]
    assert "n’a pas été confirmé à temps" in (last.text_body or "")
    assert "/rendez-vous/suivi/" in (last.text_body or "")
    assert last.calendar_method == "CANCEL"
    assert offered == [(office.id, [slot])]
    check_invariants()


def test_one_that_is_cancelled_or_begun_is_not_confirmed(office: MadeOffice) -> None:
    _, view = _fourth(office)
    token = _token(view)
    cancellation.cancel(view.public_id, "once")

    with pytest.raises(NotBookedError):
        confirm_from_mail(token)
    asked = confirmations.asked(token)
    assert asked is not None
    assert asked.state is ConfirmationState.CANCELLED
    with clock.moved(LATER):
        assert confirmations.release_unconfirmed() == 0
    check_invariants()


def test_it_may_be_moved_and_must_still_be_confirmed_in_time(office: MadeOffice) -> None:
    visitor, view = _fourth(office)
    moving = visitor.begins("reschedule")

    moved = reschedule(moving.key, moving.journey_id, view.public_id, Channel.COUNTER, TIMES[4])

    row = _row(moved)
    assert (row.confirm_until, row.remind_at) == (MONDAY + timedelta(minutes=30), None)
    mails = _mails(view)
    assert [mail.kind for mail in mails] == ["to_confirm", "moved_to_confirm"]
    assert "jeudi 26 novembre 2026 à 14\u00a0h" in (mails[1].text_body or "")
    confirm_from_mail(_token(view))
    assert _row(moved).remind_at is not None
    check_invariants()


def test_one_that_nobody_confirmed_in_time_cannot_be_moved_to_keep_it(office: MadeOffice) -> None:
    visitor, view = _fourth(office)
    moving = visitor.begins("reschedule")

    with clock.moved(LATER), pytest.raises(NotBookedError):
        reschedule(moving.key, moving.journey_id, view.public_id, Channel.COUNTER, TIMES[4])


def test_a_lost_link_gives_the_confirmation_again(office: MadeOffice) -> None:
    _, view = _fourth(office)

    lost_link.request_link_again(view.reference, ADDRESS, "network")

    mail = _mails(view)[-1]
    assert mail.kind == "link"
    assert access.confirm_url(view.public_id) in (mail.text_body or "")


Act = Callable[[Visitor, AppointmentView, datetime], object]


def _cancels(_visitor: Visitor, view: AppointmentView, _to: datetime) -> object:
    return cancellation.cancel(view.public_id, "once")


def _moves(visitor: Visitor, view: AppointmentView, to: datetime) -> object:
    moving = visitor.begins("reschedule")
    return reschedule(moving.key, moving.journey_id, view.public_id, Channel.COUNTER, to)


def _asks_for_the_link(visitor: Visitor, view: AppointmentView, _to: datetime) -> object:
    lost_link.request_link_again(view.reference, visitor.person.email, "network")
    return None


def _is_confirmed_from_the_mail(_visitor: Visitor, view: AppointmentView, _to: datetime) -> object:
    if _waits(view):
        confirm_from_mail(_token(view))
    return None


@pytest.mark.parametrize(
    "acts",
    [
        (),
        (_cancels,),
        (_moves,),
        (_moves, _cancels),
        (_asks_for_the_link,),
        (_is_confirmed_from_the_mail,),
        (_moves, _is_confirmed_from_the_mail),
        (_is_confirmed_from_the_mail, _moves, _cancels),
    ],
    ids=lambda acts: "-".join(act.__name__ for act in acts) or "nothing",
)
def test_whoever_books_for_another_address_sees_no_difference(office: MadeOffice, acts: tuple[Act, ...]) -> None:
    elsewhere = make_office()
    make_slots(elsewhere, *TIMES)
    _three(office)
    seen = []
    for where, email in ((office, ADDRESS), (elsewhere, "nobody@courriel.example")):
        visitor = a_visitor(email=email)
        view = visitor.confirm(where, FOURTH)
        answers = [_neutral(view)]
        for act in acts:
            answer = act(visitor, view, TIMES[4])
            answers += [_neutral(answer)] if isinstance(answer, AppointmentView) else []
        now = records.get(view.public_id)
        assert now is not None
        answers.append(_neutral(now))
        made = records.of_journey(visitor.key, visitor.journey_id)
        assert made is not None
        answers.append(_neutral(made))
        seen.append((answers, records.history(view.public_id), records.mails(view.public_id)))

    assert seen[0] == seen[1]


def _neutral(view: AppointmentView) -> AppointmentView:
    return replace(
        view, public_id="", reference="", email="", office_id=0, office_name="", place_name="", place_lines=()
    )


def test_a_release_looks_like_a_cancellation_by_the_owner_of_the_address(office: MadeOffice) -> None:
    _, view = _fourth(office)
    with clock.moved(LATER):
        confirmations.release_unconfirmed()

    now = records.get(view.public_id)
    assert now is not None
    assert now.status is AppointmentStatus.CANCELLED
    assert [change.kind for change in records.history(view.public_id)] == ["booked", "cancelled"]
    assert [mail.kind for mail in records.mails(view.public_id)] == ["Confirmation", "Annulation"]


def _many_unconfirmed(office: MadeOffice) -> list[AppointmentView]:
    _three(office)
    return [a_visitor(email=ADDRESS).confirm(office, starts_at) for starts_at in TIMES[3:]]


def test_two_workers_release_each_once(office: MadeOffice) -> None:
    views = _many_unconfirmed(office)

    with clock.moved(LATER):
        counts = together([confirmations.release_unconfirmed] * 3)

    assert sum(counts) == len(views)
    assert [[mail.kind for mail in _mails(view)] for view in views] == [["to_confirm", "lapsed"]] * len(views)
    check_invariants()


def test_one_that_is_busy_or_broken_does_not_keep_the_others(
    office: MadeOffice, db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = _many_unconfirmed(office)
    lapsed = messages.lapsed

    def breaks(facts: messages.AppointmentFacts) -> messages.Message:
        if facts.public_id == views[0].public_id:
            raise RuntimeError("cannot be told")
        return lapsed(facts)

    with clock.moved(LATER):
        with monkeypatch.context() as patched:
            patched.setattr(messages, "lapsed", breaks)
            if db == "postgresql":
                with database.writing() as session:
                    records.lock(session, views[1].public_id)
                    assert confirmations.release_unconfirmed() == len(views) - 2
        confirmations.release_unconfirmed()
    assert {_row(view).status for view in views} == {"cancelled"}
    check_invariants()


def test_confirming_and_releasing_at_once_is_one_or_the_other(office: MadeOffice) -> None:
    views = _many_unconfirmed(office)
    tokens = [_token(view) for view in views]
    # The hand of the clock stands for the confirmations before the end, and for the job after it.
    ticks = iter([MONDAY + timedelta(minutes=29, seconds=59)] * 20)
    with clock.moved(lambda: next(ticks, LATER)):
        together([partial(confirm_from_mail, token) for token in tokens] + [confirmations.release_unconfirmed] * 2)

    for view in views:
        kinds = [mail.kind for mail in _mails(view)]
        is_booked = _row(view).status == "booked"
        assert (
            kinds in (["to_confirm", "confirmed"], ["to_confirm"]) if is_booked else kinds == ["to_confirm", "lapsed"]
        )
    check_invariants()


def _race_for_the_fourth(office: MadeOffice, monkeypatch: pytest.MonkeyPatch) -> int:
    """Book four times at once on an address that has two; return how many need no confirmation."""
    for starts_at in TIMES[:2]:
        a_visitor(email=ADDRESS).confirm(office, starts_at)
    redeem: Callable[..., None] = holds.redeem

    def slowly(*args: Any, **more: Any) -> None:
        time.sleep(0.15)
        redeem(*args, **more)

    spellings = [ADDRESS, ADDRESS.upper(), ADDRESS.title(), ADDRESS]
    visitors = [a_visitor(email=email) for email in spellings]
    monkeypatch.setattr(holds, "redeem", slowly)
    views = together([partial(each.confirm, office, at_) for each, at_ in zip(visitors, TIMES[2:], strict=False)])
    return sum(not _waits(view) for view in views)


def test_four_bookings_at_once_make_one_third_and_three_to_confirm(
    office: MadeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _race_for_the_fourth(office, monkeypatch) == 1
    check_invariants()


def test_control_without_the_lock_all_four_pass_for_the_third(
    office: MadeOffice, db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_lock_address", lambda *_: None)

    unasked = _race_for_the_fourth(office, monkeypatch)

    assert unasked == 4 if db == "postgresql" else unasked == 1  # SQLite writes one at a time anyway


def _again(visitor: Visitor) -> Visitor:
    return replace(visitor, journey_id=journeys.start(visitor.key, "booking").id)


def test_a_browser_reads_until_when_only_of_what_it_booked_itself(office: MadeOffice) -> None:
    mine = a_visitor(email=ADDRESS)
    for starts_at in TIMES[:2]:
        mine.confirm(office, starts_at)
        mine = _again(mine)
    third = mine.confirm(office, TIMES[2])
    stranger = a_visitor(email=ADDRESS)
    theirs = stranger.confirm(office, FOURTH)
    fifth = _again(mine).confirm(office, TIMES[4])

    assert _waits(theirs)
    assert limits.asked_to_confirm(theirs.public_id, stranger.key) is None
    assert limits.asked_to_confirm(theirs.public_id, mine.key) is None
    assert limits.asked_to_confirm(third.public_id, mine.key) is None
    by = (3, MONDAY + timedelta(minutes=30))
    assert limits.asked_to_confirm(fifth.public_id, mine.key) == by
    confirm_from_mail(_token(fifth))
    assert limits.asked_to_confirm(fifth.public_id, mine.key) == by, "it never tells what the reader of the mail did"
    with clock.moved(LATER):
        assert limits.asked_to_confirm(fifth.public_id, mine.key) is None
    with database.writing() as session:
        session.execute(update(Appointment).where(col(Appointment.id) == _row(fifth).id).values(revision=2))
    assert limits.asked_to_confirm(fifth.public_id, mine.key) is None, "corrected since: its mail says until when"
