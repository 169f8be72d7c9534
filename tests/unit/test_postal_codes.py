"""Postal codes and addresses as people type and paste them."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content import communes, postal_codes
from app.content.postal_codes import TypedAddress
from app.state import contact, place


@pytest.mark.parametrize(
    "typed",
    [
        "75001",
        " 75 001 ",
        "75\u202f001",
        "75\u00a0001",
        "7500\u200b1",
        "75.001",
        "F-75001",
        "f 75001",
        "FR-75001",
        "75001 cedex",
        "75001 CEDEX 16",
        "75001 Paris",
        "75001 Paris Cedex 01",
        "７５００１",
    ],
)
def test_a_code_is_read_however_it_is_written(typed: str) -> None:
    assert postal_codes.read(typed) == "75001"
    assert [commune.code for commune in postal_codes.communes_of(typed)] == ["75101"]


@pytest.mark.parametrize("typed", ["", "7500", "750011", "2A004", "٧٥٠٠١", "B-75001", "75001 75002"])
def test_what_is_no_code_asks_for_five_digits_or_a_name(typed: str) -> None:
    assert postal_codes.read(typed) == ""
    assert "cinq chiffres" in postal_codes.refusal(typed)
    assert "par son nom" in postal_codes.refusal(typed)


@pytest.mark.parametrize(
    ("typed", "is_said"),
    [
        ("92060", ["CEDEX", "par son nom"]),
        ("86007", ["CEDEX", "par son nom"]),
        ("97491", ["CEDEX", "par son nom"]),
        ("20999", ["CEDEX", "par son nom"]),
        ("98849 Nouméa cedex", ["CEDEX", "par son nom"]),
        ("98000", ["98000 est un code de Monaco", "Non-résident"]),
        ("98025", ["98025 est un code de Monaco", "Non-résident"]),
        ("99999", ["par son nom", "à l’étranger", "Non-résident"]),
        ("96123", ["par son nom", "à l’étranger", "Non-résident"]),
        ("00000", ["aucune commune française", "par son nom"]),
        ("00100", ["armées", "par son nom"]),
    ],
)
def test_a_code_of_no_commune_is_told_what_it_is(typed: str, is_said: list[str]) -> None:
    assert postal_codes.communes_of(typed) == ()
    assert all(words in postal_codes.refusal(typed) for words in is_said)
    assert "cinq chiffres" not in postal_codes.refusal(typed)


@pytest.mark.parametrize(
    ("code", "city", "count"), [("75000", "Paris", 20), ("69000", "Lyon", 9), ("13000", "Marseille", 16)]
)
def test_the_code_of_a_whole_city_proposes_its_arrondissements(code: str, city: str, count: int) -> None:
    found = postal_codes.communes_of(code)
    assert [commune.city for commune in found] == [city] * count
    assert [commune.code for commune in found] == sorted(commune.code for commune in found)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("98810", "Le Mont-Dore"),
        ("98809", "Le Mont-Dore"),
        ("98830", "Dumbéa"),
        ("98835", "Dumbéa"),
        ("98860", "Koné"),
        ("98890", "Païta"),
        ("98713", "Papeete"),
        ("97610", "Dzaoudzi"),
    ],
)
def test_an_overseas_commune_has_all_the_codes_of_its_post_offices(code: str, name: str) -> None:
    assert [commune.name for commune in postal_codes.communes_of(code)] == [name]


@pytest.mark.parametrize(
    ("pasted", "street", "code", "insee"),
    [
        ("12 rue de Verdun, 11000 Carcassonne", "12 rue de Verdun", "11000", "11069"),
        ("12 rue de Verdun 11000 CARCASSONNE", "12 rue de Verdun", "11000", "11069"),
        ("12 rue de Verdun\n11 000 Berriac", "12 rue de Verdun", "11000", "11037"),
        ("12 rue de Longchamp 75016 Paris, France", "12 rue de Longchamp", "75016", "75116"),
        ("12 rue de Longchamp - F-75116 PARIS CEDEX 16", "12 rue de Longchamp", "75116", "75116"),
        ("1 place de l’Église, 51300 Vitry-le-François", "1 place de l’Église", "51300", "51649"),
        ("1 rue du 19 mars 1962 38000 Grenoble", "1 rue du 19 mars 1962", "38000", "38185"),
        ("1 rue A, 93200 St Denis", "1 rue A", "93200", "93066"),
        ("12 rue de Verdun 11000", "12 rue de Verdun", "11000", ""),
        ("1 rue de la Paix 75000 Paris", "1 rue de la Paix", "75000", ""),
        ("4 place de l’Iris 92060 Paris La Défense Cedex", "4 place de l’Iris", "92060", ""),
    ],
)
def test_a_whole_address_in_one_line_is_taken_apart(pasted: str, street: str, code: str, insee: str) -> None:
    assert postal_codes.split(pasted) == TypedAddress(street, code, insee)


@pytest.mark.parametrize(
    "typed", ["12 rue de Verdun", "11000 Carcassonne", "3 avenue du 8 mai 1945", "lot 12345 rue du Lac", "", "BP 99999"]
)
def test_a_street_alone_stays_as_it_is(typed: str) -> None:
    assert postal_codes.split(typed) is None


@given(st.text(max_size=200))
def test_whatever_is_typed_is_a_code_or_told_what_to_do(text: str) -> None:
    assert postal_codes.read(text) == "" or communes.is_postal_code(postal_codes.read(text))
    assert postal_codes.refusal(text)
    address = postal_codes.split(text)
    assert address is None or address.street


def understood(**typed: str) -> dict[str, str]:
    return contact._understood({"voie": "", "code-postal": "", "commune": ""} | typed)


def test_an_address_pasted_as_the_street_fills_in_the_other_fields() -> None:
    assert understood(voie="12 rue de Verdun, 11000 Carcassonne") == {
        "voie": "12 rue de Verdun",
        "code-postal": "11000",
        "commune": "11069",
    }


def test_what_was_given_beside_a_pasted_address_stays() -> None:
    typed = {"voie": "12 rue de Verdun, 11000 Carcassonne", "code-postal": "75016", "commune": ""}
    assert contact._understood(typed) == typed
    typed = {"voie": "12 rue de Verdun, 11000 Carcassonne", "code-postal": "11 000", "commune": "11037"}
    assert contact._understood(typed)["commune"] == "11037"


def test_the_contact_page_says_what_a_code_is_and_asks_for_the_arrondissement() -> None:
    typed = {"voie": "1 rue A", "code-postal": "92060", "commune": ""}
    assert "CEDEX" in contact._checked(typed, [])[1]["code-postal"]
    typed["code-postal"] = "75000"
    _none, errors = contact._checked(typed, contact._places("75000"))
    assert errors == {"commune": "Choisissez votre arrondissement dans la liste."}


def test_forms_with_a_postal_address_propose_communes_for_a_code_however_it_is_written() -> None:
    assert place.communes_of("F-11 000 cedex") == ["Berriac", "Carcassonne"]
    assert place.communes_of("75000") == ["Paris"]


def test_after_a_refusal_the_fields_show_the_address_taken_apart() -> None:
    state = contact.ContactState(_reflex_internal_init=True)  # type: ignore[call-arg]
    sent = {"voie": "1 rue de la Paix, 75000 Paris", "code-postal": "", "commune": ""}
    asyncio.run(contact.ContactState.search.fn(state, sent))
    assert state.draft == {"voie": "1 rue de la Paix", "code-postal": "75000", "commune": ""}
    assert state.errors == {"commune": "Choisissez votre arrondissement dans la liste."}
    assert (len(state.places), state.forced, state.street_forced) == (20, 1, 1)


def test_a_wrong_code_does_not_leave_the_communes_of_the_former_one() -> None:
    state = contact.ContactState(_reflex_internal_init=True)  # type: ignore[call-arg]
    state.places = contact._places("11000")
    sent = {"voie": "1 rue A", "code-postal": "92060", "commune": "11069"}
    asyncio.run(contact.ContactState.search.fn(state, sent))
    assert "CEDEX" in state.errors["code-postal"]
    assert state.places == []
