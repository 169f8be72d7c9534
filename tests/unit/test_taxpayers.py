"""What is taken as a tax number, an access number, an income; and the invented register."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.fr import nif

from app.content import communes
from app.content.street_types import STREET_TYPES
from app.services.accounts import taxpayers
from app.services.appointments.person import CIVILITIES
from app.services.demo_taxpayers import identities
from app.services.form_errors import FieldErrors, WrongFieldError

BLANKS = st.text(" \t\u00a0\u202f\u2009\u200b\n", max_size=2)


def spread(digits: str, blanks: list[str]) -> str:
    return "".join(digit + (blanks[place] if place < len(blanks) else "") for place, digit in enumerate(digits))


@given(st.integers(1, 3_999_999_999), st.lists(BLANKS, max_size=13))
def test_a_tax_number_is_taken_however_it_is_spaced(head: int, blanks: list[str]) -> None:
    number = f"{head:010}{head % 511:03}"
    assert taxpayers.tax_number(spread(number, blanks)) == number


@given(st.integers(1, 3_999_999_999), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(head: int, place: int, more: int) -> None:
    number = f"{head:010}{head % 511:03}"
    wrong = f"{number[:place]}{(int(number[place]) + more) % 10}{number[place + 1 :]}"
    assert not nif.is_valid(wrong)
    with pytest.raises(WrongFieldError):
        taxpayers.tax_number(wrong)


@pytest.mark.parametrize("typed", ["3023217600053.", "« 30 23 217 600 053 »", '"3023217600053"', "30.23.217.600.053"])
def test_a_tax_number_is_taken_with_what_was_pasted_around_it(typed: str) -> None:
    assert taxpayers.tax_number(typed) == "3023217600053"
    assert taxpayers.access_number("«\u00a09111111\u00a0».") == "9111111"


def test_thirteen_zeros_are_nobodys_number() -> None:
    with pytest.raises(WrongFieldError, match="Vérifiez"):
        taxpayers.tax_number("0000000000000")


@given(st.text(max_size=80))
def test_whatever_is_typed_gives_13_right_digits_or_a_message(text: str) -> None:
    for check, form in (
        (taxpayers.tax_number, r"[0-9]{13}"),
        (taxpayers.access_number, r"[0-9]{7}"),
        (taxpayers.reference_income, r"0|[1-9][0-9]{0,11}"),
    ):
        try:
            taken = check(text)
        except WrongFieldError:
            continue
        assert re.fullmatch(form, taken)
        assert check(taken) == taken


@given(st.integers(0, 999_999_999), st.sampled_from(["", "€", " €", "\u00a0€", "\u202f€", " euros", "EUR"]), BLANKS)
def test_an_income_is_taken_with_its_spaces_and_its_euros(income: int, euros: str, blank: str) -> None:
    expected = str(income)
    for separator in ("", " ", "\u00a0", "\u202f"):
        typed = f"{blank}{income:,}{euros}{blank}".replace(",", separator)
        assert taxpayers.reference_income(typed) == expected
    assert taxpayers.reference_income(f"000{income}") == expected


@pytest.mark.parametrize("typed", ["", " ", "€", "24350,50", "24.350", "-5", "1e4", "²4350", "٢٤٣٥٠", "1" * 13, "0x10"])
def test_what_is_no_whole_income_is_refused(typed: str) -> None:
    with pytest.raises(WrongFieldError, match="sans centimes"):
        taxpayers.reference_income(typed)


def test_what_comes_after_many_blanks_is_not_cut_off() -> None:
    for check, right in ((taxpayers.access_number, "9111111"), (taxpayers.reference_income, "24350")):
        with pytest.raises(WrongFieldError):
            check(f"{right}{' ' * 1000}1")


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(FieldErrors) as wrong:
        taxpayers.parse({"tax_number": "12", "access_number": "", "reference_income": "much"})
    assert list(wrong.value.errors) == list(taxpayers.FIELDS)


def test_the_invented_taxpayers_are_plainly_invented_and_right_in_form() -> None:
    known = identities()
    assert len(known) == len({each.tax_number for each in known}) == len({each.access_number for each in known}) >= 12
    for each in known:
        assert each.tax_number.startswith("00000")
        assert taxpayers.parse(
            {
                "tax_number": each.tax_number,
                "access_number": each.access_number,
                "reference_income": each.reference_income,
            }
        ) == taxpayers.Claim(each.tax_number, each.access_number, each.reference_income)
        assert each.civility in CIVILITIES
        assert each.street_type in STREET_TYPES


def test_they_live_in_real_communes_all_over_the_country() -> None:
    found = [(each, communes.by_code(each.insee)) for each in identities()]
    for each, commune in found:
        assert commune is not None
        assert (each.commune, each.postal_code in commune.postal_codes) == (commune.city, True)
    places = {commune.department for _, commune in found if commune}
    assert {"11", "75", "93", "974", "67", "971", "23"} <= places
    assert sum(commune is not None and commune.city == "Saint-Denis" for _, commune in found) == 2
