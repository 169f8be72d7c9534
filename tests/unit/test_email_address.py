"""What is a sign-in address, and which two are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.accounts.email_address import Address, EmailRefusedError, parse


def refused(text: str) -> str:
    with pytest.raises(EmailRefusedError) as error:
        parse(text)
    return error.value.message


@pytest.mark.parametrize(
    ("typed", "display", "key"),
    [
        ("camille@courriel.example", "camille@courriel.example", "camille@courriel.example"),
        ("  Camille.Martin+Pro@Courriel.Example\n", "Camille.Martin+Pro@courriel.example", None),
        ("o'connor@courriel.example", "o'connor@courriel.example", None),
        ("a@café.example", "a@xn--caf-dma.example", None),
        ("\u200bcamille@\u00adcourriel.example\ufeff\u200e", "camille@courriel.example", None),
    ],
)
def test_an_address_is_kept_as_typed_and_compared_without_case(typed: str, display: str, key: str | None) -> None:
    assert parse(typed) == Address(display, key or display.lower())


def test_case_makes_no_other_address() -> None:
    assert parse("JEANNE@COURRIEL.EXAMPLE").key == parse("jeanne@courriel.example").key


def test_a_hundred_characters_are_accepted_and_one_more_refused() -> None:
    hundred = "a" * 60 + "@" + "b" * 31 + ".example"
    assert len(hundred) == 100
    assert parse(hundred).display == hundred
    assert parse(f"  {hundred}  ").display == hundred, "blanks around it do not count"
    assert "100\u00a0caractères" in refused("a" + hundred)


def test_an_accent_that_makes_it_too_long_on_the_wire_is_refused_for_its_length() -> None:
    assert "100\u00a0caractères" in refused("a" * 60 + "@" + "é" * 31 + ".example")


@pytest.mark.parametrize("typed", ["", "   ", "\n"])
def test_an_empty_field_asks_for_an_address(typed: str) -> None:
    assert refused(typed).startswith("Saisissez votre adresse")


@pytest.mark.parametrize(
    "typed",
    [
        "camille",
        "camille@",
        "@courriel.example",
        "a b@courriel.example",
        "é@courriel.example",
        "a@courriel.example\nBcc: x@y.example",
        "a@x.example,b@x.example",
        "Camille <a@courriel.example>",
        "a@courriel.example\x00",
        "a\u202e@courriel.example",
        "\ud800@courriel.example",
        "a@[127.0.0.1]",
        "a@localhost",
        '"a b"@courriel.example',
        "a＠courriel.example",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(typed: str) -> None:
    assert "nom@exemple.fr" in refused(typed)


def test_what_precedes_the_at_sign_has_64_characters_at_most() -> None:
    assert parse(f"{'a' * 64}@courriel.example").display == f"{'a' * 64}@courriel.example"
    assert "précède le signe @" in refused(f"{'a' * 65}@courriel.example")


@given(st.text(max_size=120))
def test_any_text_is_an_address_or_gets_a_sentence(typed: str) -> None:
    try:
        address = parse(typed)
    except EmailRefusedError:
        return
    assert address.display.isascii()
    assert len(address.display) <= 100
    assert parse(address.display) == address


@given(st.from_regex(r"[A-Za-z0-9]{1,20}@[a-z]{1,20}\.example", fullmatch=True))
def test_the_key_does_not_depend_on_how_it_was_written(typed: str) -> None:
    assert parse(typed).key == parse(typed.upper()).key == parse(f" {typed.lower()} ").key
