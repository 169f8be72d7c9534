"""« Mes contacts »: a person's own appointments, without what somebody else may have typed about themselves."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from app import clock
from app.models import Appointment, Need, SpaceKind
from app.services import database
from app.services.accounts import accounts
from app.services.accounts.accounts import AccountView
from app.services.appointments import cancellation, mine, person
from app.services.appointments.records import AppointmentView
from app.services.appointments.rescheduling import reschedule
from tests.accounts import make_account, quick_passwords
from tests.booking import MONDAY, PERSON, a_visitor
from tests.factories import MadeOffice, at, make_office, make_slots

TAX_NUMBER = "3023217600053"
NINE, TEN, ELEVEN = (at(f"2026-11-24 {hour}:00") for hour in ("09", "10", "11"))
NEXT_YEAR = at("2027-06-01 09:00")


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.moved(MONDAY), quick_passwords():
        yield


@pytest.fixture
def office(db: str) -> MadeOffice:
    made = make_office()
    make_slots(made, NINE, TEN, ELEVEN, NEXT_YEAR)
    return made


@pytest.fixture
def camille(db: str) -> AccountView:
    return _account("camille@courriel.example", tax_number=TAX_NUMBER)


def _account(email: str, kind: SpaceKind = SpaceKind.PERSONAL, **more: Any) -> AccountView:
    found = accounts.get(make_account(email, kind=kind, **more))
    assert found is not None
    return found


def test_those_taken_in_the_space_and_those_with_the_same_tax_number_appear(
    office: MadeOffice, camille: AccountView
) -> None:
    by_number = a_visitor(tax_number=TAX_NUMBER).confirm(office, TEN)
    in_space = a_visitor().confirm(office, NINE, account_id=camille.id)
    both = a_visitor(tax_number=TAX_NUMBER).confirm(office, ELEVEN, account_id=camille.id, accept_duplicate=True)
    a_visitor(tax_number="").confirm(office, NEXT_YEAR)

    assert _ids(mine.upcoming(camille)) == _ids([in_space, by_number, both])
    assert mine.past(camille) == ()


def test_what_whoever_booked_typed_about_themselves_is_hidden(office: MadeOffice, camille: AccountView) -> None:
    typed = a_visitor(tax_number=TAX_NUMBER, second_phone="+33199001234").confirm(office, NINE)
    in_space = a_visitor(tax_number=TAX_NUMBER).confirm(office, TEN, account_id=camille.id)

    hidden, own = mine.upcoming(camille)

    assert hidden == replace(typed, email="", phone="", second_phone="", details="")
    assert mine.get(camille, typed.public_id) == hidden
    assert own == in_space
    assert own.phone


def test_one_taken_in_another_space_with_my_number_is_hidden_too(office: MadeOffice, camille: AccountView) -> None:
    other = _account("other@courriel.example", tax_number="1234567890123")
    a_visitor(tax_number=TAX_NUMBER).confirm(office, NINE, account_id=other.id)

    [view] = mine.upcoming(camille)
    assert (view.email, view.phone, view.details) == ("", "", "")
    assert mine.upcoming(other)[0].phone == PERSON.phone


def test_past_and_cancelled_ones_stay_thirteen_months(office: MadeOffice, camille: AccountView) -> None:
    took_place = a_visitor().confirm(office, NINE, account_id=camille.id)
    cancelled = a_visitor(tax_number=TAX_NUMBER).confirm(office, TEN)
    cancellation.cancel(cancelled.public_id, "once")
    still = a_visitor().confirm(office, NEXT_YEAR, account_id=camille.id, accept_duplicate=True)

    with clock.moved(at("2026-11-24 09:30")):
        assert _ids(mine.past(camille)) == _ids([cancelled, took_place])
        assert _ids(mine.upcoming(camille)) == _ids([still])
    with clock.moved(at("2027-12-24 08:59")):
        assert _ids(mine.past(camille)) == _ids([still, cancelled, took_place])
    with clock.moved(at("2027-12-24 09:01")):
        assert _ids(mine.past(camille)) == _ids([still, cancelled])


def test_one_may_change_what_is_in_ones_name_and_nothing_else(office: MadeOffice, camille: AccountView) -> None:
    by_number = a_visitor(tax_number=TAX_NUMBER).confirm(office, NINE)
    in_space = a_visitor().confirm(office, TEN, account_id=camille.id)
    stranger = a_visitor().confirm(office, ELEVEN)
    other = _account("other@courriel.example", tax_number="1234567890123")

    assert mine.may_change(camille, by_number.public_id)
    assert mine.may_change(camille, in_space.public_id)
    assert not mine.may_change(camille, stranger.public_id)
    assert not mine.may_change(camille, "unknown")
    assert not mine.may_change(other, in_space.public_id)
    assert mine.get(other, in_space.public_id) is None
    with clock.moved(NINE):
        assert not mine.may_change(camille, by_number.public_id)
    cancellation.cancel(in_space.public_id, "once")
    assert not mine.may_change(camille, in_space.public_id)


def test_moving_one_with_a_hidden_number_keeps_that_number(office: MadeOffice, camille: AccountView) -> None:
    visitor = a_visitor(tax_number=TAX_NUMBER)
    view = visitor.confirm(office, NINE)
    moving = visitor.begins("reschedule")

    reschedule(moving.key, moving.journey_id, view.public_id, view.channel, TEN)

    with database.reading() as session:
        assert session.query(Appointment).one().phone == PERSON.phone


def test_the_two_kinds_of_space_never_mix(office: MadeOffice) -> None:
    professional = _account("camille@courriel.example", SpaceKind.PROFESSIONAL)
    a_visitor(tax_number="").confirm(office, NINE)
    a_visitor(tax_number=TAX_NUMBER).confirm(office, TEN)

    assert mine.upcoming(professional) == ()
    assert mine.upcoming(replace(professional, tax_number=TAX_NUMBER)) == ()


def test_an_anonymised_one_is_nobodys(office: MadeOffice, camille: AccountView) -> None:
    a_visitor().confirm(office, NINE, account_id=camille.id)
    with database.writing() as session:
        session.execute(update(Appointment).values(anonymised_at=MONDAY))

    assert mine.upcoming(camille) == ()
    assert mine.last_booked(camille) is None


def test_the_form_begins_with_what_is_known(office: MadeOffice, camille: AccountView) -> None:
    known = replace(camille, civility="madame", needs=Need.SIGN_LANGUAGE | Need.COMPANION)
    assert mine.last_booked(known) is None
    assert mine.prefill(known)["phone"] == ""
    a_visitor(phone="+33612345678", second_phone="+33199001234").confirm(office, NINE, account_id=known.id)

    filled = mine.prefill(known, mine.last_booked(known))

    assert filled == {
        "civility": "madame",
        "last_name": "Martin",
        "first_name": "Camille",
        "no_first_name": "",
        "email": "camille@courriel.example",
        "phone": "+33612345678",
        "second_phone": "+33199001234",
        "tax_number": TAX_NUMBER,
        "needs": "sign_language,companion",
    }
    someone = person.validate(filled, call_back=True)
    assert (someone.needs, someone.tax_number, someone.phone) == (known.needs, TAX_NUMBER, "+33612345678")


def test_what_somebody_else_typed_never_fills_my_form(office: MadeOffice, camille: AccountView) -> None:
    a_visitor(tax_number=TAX_NUMBER, phone="+33612345678").confirm(office, NINE)

    assert mine.last_booked(camille) is None


def _ids(views: tuple[AppointmentView, ...] | list[AppointmentView]) -> list[str]:
    return [view.public_id for view in views]
