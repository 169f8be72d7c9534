"""How many future appointments one may have: nobody takes all the room, nobody uses up another's rights."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from app import clock
from app.models import Account, Appointment, Channel, OutboxMail, SpaceKind
from app.services import database
from app.services.accounts import accounts
from app.services.appointments import cancellation, holds, limits
from app.services.appointments.limits import AccountGoneError, DuplicateError, TooManyAppointmentsError
from app.services.appointments.records import AppointmentView
from tests.accounts import make_account, quick_passwords
from tests.booking import MONDAY, a_visitor, check_invariants, count, together, topic_of
from tests.factories import MadeOffice, at, make_office, make_slots

TAX_NUMBER = "3023217600053"
TIMES = [at(f"2026-11-{day} {hour}:00") for day in (24, 25, 26) for hour in ("09", "10", "11", "14")]


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.moved(MONDAY), quick_passwords():
        yield


@pytest.fixture
def office(db: str) -> MadeOffice:
    made = make_office()
    make_slots(made, *TIMES)
    return made


def _account(email: str = "camille@courriel.example", **more: Any) -> int:
    return make_account(email, kind=SpaceKind.PERSONAL, **more)


def _books(office: MadeOffice, account_id: int, time_number: int, **more: Any) -> AppointmentView:
    return a_visitor().confirm(office, TIMES[time_number], account_id=account_id, **({"accept_duplicate": True} | more))


def test_somebody_signed_in_has_three_future_appointments_and_not_four(office: MadeOffice) -> None:
    mine = _account()
    for number in range(3):
        assert limits.has_room(mine)
        assert _books(office, mine, number).is_booked
    assert not limits.has_room(mine), "it is told before the form is filled in"

    with pytest.raises(TooManyAppointmentsError):
        _books(office, mine, 3)

    assert count(Appointment) == 3
    check_invariants()


def test_a_cancelled_or_past_appointment_gives_its_place_back(office: MadeOffice) -> None:
    mine = _account()
    first = _books(office, mine, 0)
    for number in (1, 5):
        _books(office, mine, number)
    cancellation.cancel(first.public_id, "once")

    assert limits.has_room(mine)
    assert _books(office, mine, 6).is_booked
    with clock.moved(at("2026-11-25 08:00")):  # the second has begun the day before
        assert _books(office, mine, 7).is_booked
        with pytest.raises(TooManyAppointmentsError):
            _books(office, mine, 8)
    check_invariants()


def test_whoever_types_my_tax_number_and_my_address_takes_nothing_from_me(office: MadeOffice) -> None:
    mine = _account(tax_number=TAX_NUMBER)
    for number in range(4):
        a_visitor(tax_number=TAX_NUMBER, email="camille@courriel.example").confirm(office, TIMES[number])

    assert _books(office, mine, 5).is_booked
    assert _books(office, mine, 6).is_booked
    assert _books(office, mine, 7).is_booked


def test_each_account_has_its_own_three(office: MadeOffice) -> None:
    for number, account in enumerate([_account(f"a{n}@courriel.example") for n in range(2)] * 3):
        assert _books(office, account, number).is_booked


def test_a_closed_account_books_nothing(office: MadeOffice) -> None:
    mine = _account(closed_at=MONDAY)

    with pytest.raises(AccountGoneError):
        _books(office, mine, 0)
    assert count(Appointment) == 0


def test_a_second_appointment_on_the_same_topic_is_shown_before_it_is_made(office: MadeOffice) -> None:
    mine = _account()
    first = _books(office, mine, 1)

    with pytest.raises(DuplicateError) as told:
        _books(office, mine, 2, accept_duplicate=False)

    assert told.value.existing == first == limits.duplicate_of(mine, office.id, topic_of(30))
    assert (count(Appointment), count(OutboxMail)) == (1, 1)
    assert _books(office, mine, 2).is_booked


def test_another_topic_office_or_account_is_no_duplicate(office: MadeOffice) -> None:
    mine, other = _account(), _account("b@courriel.example")
    elsewhere = make_office()
    make_slots(elsewhere, TIMES[1])
    _books(office, mine, 0)

    assert limits.duplicate_of(mine, elsewhere.id, topic_of(30)) is None
    assert limits.duplicate_of(mine, office.id, topic_of(60)) is None
    assert limits.duplicate_of(other, office.id, topic_of(30)) is None
    assert _books(elsewhere, mine, 1, accept_duplicate=False).is_booked
    assert _books(office, other, 2, accept_duplicate=False).is_booked


def test_a_cancelled_appointment_is_no_duplicate(office: MadeOffice) -> None:
    mine = _account()
    cancellation.cancel(_books(office, mine, 0).public_id, "once")

    assert limits.duplicate_of(mine, office.id, topic_of(30)) is None


def test_a_retry_after_the_third_gives_the_third_and_not_a_refusal(office: MadeOffice) -> None:
    mine, visitor = _account(), a_visitor()
    for number in range(2):
        _books(office, mine, number)
    third = visitor.confirm(office, TIMES[3], account_id=mine, accept_duplicate=True)

    assert visitor.confirm(office, TIMES[3], account_id=mine, accept_duplicate=True) == third


def test_somebody_signed_in_is_never_asked_to_confirm_from_the_mail(office: MadeOffice) -> None:
    mine = _account()
    for number in range(3):
        a_visitor(email="camille@courriel.example").confirm(office, TIMES[number])

    a_visitor(email="camille@courriel.example").confirm(office, TIMES[4], account_id=mine)

    with database.reading() as session:
        assert {row.confirm_until for row in session.query(Appointment).all()} == {None}


def _race(office: MadeOffice, account_ids: list[int], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Book for each at the same moment, everybody slow between being counted and being written down for good."""
    redeem: Callable[..., None] = holds.redeem

    def slowly(*args: Any, **more: Any) -> None:
        time.sleep(0.15)
        redeem(*args, **more)

    visitors = [a_visitor() for _ in account_ids]
    monkeypatch.setattr(holds, "redeem", slowly)
    return together(
        [
            partial(visitor.confirm, office, TIMES[number], account_id=account, accept_duplicate=True)
            for number, (visitor, account) in enumerate(zip(visitors, account_ids, strict=True))
        ]
    )


def test_five_bookings_at_once_make_three(office: MadeOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    results = _race(office, [_account()] * 5, monkeypatch)

    assert sum(isinstance(result, AppointmentView) for result in results) == 3
    assert sum(isinstance(result, TooManyAppointmentsError) for result in results) == 2
    assert count(Appointment) == 3
    check_invariants()


def test_control_without_the_lock_the_race_makes_more_than_three(
    office: MadeOffice, db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_lock_account", lambda *_: None)

    results = _race(office, [_account()] * 5, monkeypatch)

    made = sum(isinstance(result, AppointmentView) for result in results)
    assert made == 5 if db == "postgresql" else made == 3  # SQLite writes one at a time anyway


def test_different_accounts_do_not_wait_for_each_other_to_be_refused(
    office: MadeOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = _race(office, [_account(f"a{n}@courriel.example") for n in range(5)], monkeypatch)

    assert all(isinstance(result, AppointmentView) for result in results)


def test_the_account_is_written_on_the_appointment(office: MadeOffice) -> None:
    mine = _account()
    _books(office, mine, 0, channel=Channel.PHONE)

    assert accounts.get(mine) is not None
    with database.reading() as session:
        [row] = session.query(Appointment).all()
        assert (row.account_id, session.get_one(Account, mine).id) == (mine, mine)
