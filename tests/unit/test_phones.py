"""Telephone numbers of France and of its overseas regions, as people dial them and give them."""

import pytest

from app.services import phones
from app.services.form_errors import WrongFieldError


def refusal(text: str) -> str:
    with pytest.raises(WrongFieldError) as refused:
        phones.parse(text)
    return refused.value.message


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0269 61 23 45", "+262269612345"),
        ("+33 2 69 61 23 45", "+262269612345"),
        ("0639 69 12 34", "+262639691234"),
        ("+33 639 69 12 34", "+262639691234"),
        ("+33 690 62 90 42", "+590690629042"),
        ("+33 (0)690 62 90 42", "+590690629042"),
        ("0033 690 62 90 42", "+590690629042"),
        ("690 62 90 42", "+590690629042"),
        ("+590 690 62 90 42", "+590690629042"),
        ("0590 27 12 34", "+590590271234"),
        ("0596 60 12 34", "+596596601234"),
        ("+33 596 60 12 34", "+596596601234"),
        ("0696 20 12 34", "+596696201234"),
        ("0594 30 12 34", "+594594301234"),
        ("+33 694 20 12 34", "+594694201234"),
        ("0262 20 12 34", "+262262201234"),
        ("+33 692 12 34 56", "+262692123456"),
        ("0508 41 12 34", "+508411234"),
        ("+33 508 41 12 34", "+508411234"),
        ("508 41 12 34", "+508411234"),
        ("+508 41 12 34", "+508411234"),
        ("+687 27 12 34", "+687271234"),
        ("+689 40 41 23 45", "+68940412345"),
        ("+681 72 12 34", "+681721234"),
        ("06 12 34 56 78", "+33612345678"),
        ("0976 12 34 56", "+33976123456"),
        ("06 39 98 12 34", "+33639981234"),
        ("+44 20 7946 0958", "+442079460958"),
    ],
)
def test_a_number_of_overseas_has_the_code_of_its_place_however_it_is_given(typed: str, kept: str) -> None:
    assert phones.parse(typed) == kept


@pytest.mark.parametrize("typed", ["0809 401 401", "0806 00 01 02", "+33 809 401 401", "0800 12 34 56"])
def test_a_number_that_costs_no_more_than_a_call_is_accepted(typed: str) -> None:
    assert phones.parse(typed).startswith("+3380")


@pytest.mark.parametrize("typed", ["0810 12 34 56", "0820 12 34 56", "0899 12 34 56", "+33 825 12 34 56"])
def test_a_surcharged_number_is_refused(typed: str) -> None:
    assert refusal(typed) == "Indiquez un autre numéro\u00a0: celui-ci est surtaxé."


@pytest.mark.parametrize("typed", ["41 12 34", "411234", "27.12.34", "40 41 23 45", "87 12 34 56"])
def test_digits_of_some_islands_alone_ask_which_ones(typed: str) -> None:
    assert "+508 à Saint-Pierre-et-Miquelon" in refusal(typed)
    assert "+687 en Nouvelle-Calédonie" in refusal(typed)


@pytest.mark.parametrize(
    ("typed", "region", "kept"),
    [
        ("41 12 34", "PM", "+508411234"),
        ("27 12 34", "NC", "+687271234"),
        ("72 12 34", "WF", "+681721234"),
        ("40 41 23 45", "PF", "+68940412345"),
        ("0690 62 90 42", "GP", "+590690629042"),
        ("+33 690 62 90 42", "GP", "+590690629042"),
        ("0690 62 90 42", "MF", "+590690629042"),
        ("0690 62 90 42", "BL", "+590690629042"),
        ("0269 61 23 45", "YT", "+262269612345"),
        ("0639 69 12 34", "YT", "+262639691234"),
    ],
)
def test_with_its_place_chosen_a_number_is_read_as_dialled_there(typed: str, region: str, kept: str) -> None:
    assert phones.parse(typed, region) == kept


@pytest.mark.parametrize("typed", ["3939", "12", "0000000000", "+33 508 99 99 99 99", "+999 1"])
def test_what_is_no_number_says_how_one_is_written(typed: str) -> None:
    assert refusal(typed).startswith("Vérifiez ce numéro")
