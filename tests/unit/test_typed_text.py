"""What people paste: what does not show is left out, what shows stays, what misleads is named."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services import typed_text
from app.services.typed_text import is_turned, visible


@pytest.mark.parametrize(
    "shown",
    [
        "Zoë d’Arc",
        "می\u200cخواهم",
        "क्\u200dष",
        "👩‍🦽 fauteuil",
        "❤️‍🔥",
        "👩🏽‍🔬",
        "葛\U000e0100城",
        "ligne\nligne",
        "مرحبا",
    ],
)
def test_what_is_seen_stays(shown: str) -> None:
    assert visible(shown) == shown


@given(st.text(), st.lists(st.sampled_from("\u00ad\u200b\u200e\u200f\u2060\ufeff\u2066\u2069\u202a\u202b\u202c\u061c")))
def test_what_is_not_seen_goes_wherever_it_stands(text: str, unseen: list[str]) -> None:
    spread = "".join(a + b for a, b in zip(text, unseen, strict=False)) + text[len(unseen) :]
    assert visible(spread) == visible(text)
    assert visible(visible(text)) == visible(text)


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd", "Zs", "P"], max_codepoint=0x17F)))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert visible(text) == text.replace("\xad", "")


def test_an_override_counts_only_where_it_turns_something_round() -> None:
    assert visible("\u202d06 39 98 12 34\u202c") == "06 39 98 12 34", "as lists of contacts copy a number"
    assert not is_turned("\u202d06 39\u202c")
    assert is_turned("\u202e43 21")
    assert is_turned(visible("\u202e43 21"))
    assert is_turned(visible("\u202dשלום"))


@given(st.text())
def test_nothing_that_does_not_show_is_left_in_a_text_without_joiners(text: str) -> None:
    kept = [char for char in visible(text) if unicodedata.category(char) == "Cf"]
    assert not {"\u00ad", "\u200b", "\u2060", "\ufeff"} & set(kept)


def test_letters_are_compared_by_eye() -> None:
    assert typed_text.letters("Cœur Œdipe ÆØĐŁÞ ﬁ") == "coeur oedipe aeodlth fi"
