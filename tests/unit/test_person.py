"""What is typed about a person: taken as people write it, refused with a sentence that says what to do."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum.fr import nif

from app.models import Need
from app.services.appointments.person import (
    FieldErrors,
    Person,
    need_names,
    needs_field,
    needs_of,
    phone_number,
    validate,
)

GOOD = {
    "civility": "",
    "last_name": "Martin",
    "first_name": "Camille",
    "details": "",
    "phone": "06 39 98 12 34",
    "second_phone": "",
    "email": "camille@courriel.example",
    "tax_number": "",
    "needs": "",
    "other_last_name": "",
    "other_first_name": "",
}


def _validated(call_back: bool = False, **fields: str) -> Person:
    return validate(GOOD | fields, call_back=call_back)


def _errors(call_back: bool = False, **fields: str) -> dict[str, str]:
    with pytest.raises(FieldErrors) as refused:
        _validated(call_back, **fields)
    return refused.value.errors


def test_who_has_one_name_only_ticks_it_and_needs_no_other() -> None:
    assert _validated(first_name="", no_first_name="oui").first_name == ""
    assert _validated(first_name="Camille", no_first_name="oui").first_name == ""
    assert _errors(first_name="", no_first_name="non") == {"first_name": "Indiquez votre prénom."}
    received = _validated(for_other="oui", other_last_name="Sukarno", no_other_first_name="oui")
    assert (received.other_last_name, received.other_first_name) == ("Sukarno", "")
    assert list(_errors(for_other="oui", no_other_first_name="oui")) == ["other_last_name"]


@pytest.mark.parametrize(
    "name",
    [
        "O'Connor-Ñuñez",
        "O’Neill",
        "Đặng Thị Ánh",
        "张伟",
        "de La Tour d'Auvergne",
        "St. John",
        "Martin Jr.",
        "D‘Angelo",
        "محمد",
        "किरण कुमार",
        "ʻOkina".replace("ʻ", "ʼ"),
        "Gal·la",
        "X",
        "Nguyễn‑Lê",
        "می\u200cخواهم",
    ],
)
def test_names_are_accepted_as_people_write_them(name: str) -> None:
    person = _validated(last_name=name, first_name=name)
    assert person.last_name == person.first_name == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("d´Arc", "d’Arc"),
        ("O`Neill", "O’Neill"),
        ("O′Neill", "O’Neill"),
        ("N＇Diaye", "N’Diaye"),
        ("Jean–Pierre", "Jean-Pierre"),
        ("Anne—Marie", "Anne-Marie"),
        ("J.-P.", "J.-P."),
    ],
)
def test_what_is_typed_for_an_apostrophe_or_a_hyphen_is_one(typed: str, kept: str) -> None:
    person = _validated(last_name=typed, first_name=typed, other_last_name=typed, other_first_name=typed)
    assert {person.last_name, person.first_name, person.other_last_name, person.other_first_name} == {kept}


@pytest.mark.parametrize(
    "name",
    [
        "visitez evil.example",
        "http://evil",
        "Martin<script>",
        "a@b",
        "Martin\x00",
        "\ud800",
        "123",
        "'-'",
        "1er",
    ],
)
def test_what_no_name_holds_is_refused(name: str) -> None:
    assert _errors(last_name=name) == {
        "last_name": "Écrivez votre nom avec des lettres, des espaces, des apostrophes ou des traits d’union."
    }


UNSEEN = (
    "\u200b",
    "\u00ad",
    "\u2060",
    "\ufeff",
    "\u200e",
    "\u200f",
    "\u061c",
    "\u202a",
    "\u202c",
    "\u2066",
    "\u2069",
    "\u3164",
)


@pytest.mark.parametrize("unseen", [*UNSEEN, "\u200c", "\u200d", "\ufe0f", "\u034f", "\u202d"])
def test_what_a_paste_brought_along_unseen_is_left_out_of_every_field(unseen: str) -> None:
    typed = {
        name: f"{unseen}{value[:3]}{unseen}{value[3:]}{unseen}"
        for name, value in (GOOD | {"needs": "wheelchair", "details": "Au fond", "tax_number": "3023217600053"}).items()
    }
    assert validate(typed, call_back=False) == _validated(
        needs="wheelchair", details="Au fond", tax_number="3023217600053"
    )
    assert phone_number(typed["phone"]) == "+33639981234"


@pytest.mark.parametrize("field", [name for name in GOOD if name not in ("needs", "civility")])
def test_an_override_that_turns_a_text_round_is_refused_with_the_reason(field: str) -> None:
    assert "sens de lecture" in _errors(**{field: "Mar\u202etin"})[field]
    assert "sens de lecture" in _errors(**{field: "\u202dמרטין"})[field]


def test_a_field_of_unseen_characters_is_an_empty_one() -> None:
    assert _errors(last_name="".join(UNSEEN)) == {"last_name": "Indiquez votre nom."}
    assert _validated(other_last_name="\u200b", other_first_name="\ufeff").other_last_name == ""


def test_blanks_around_and_inside_names_become_one_space() -> None:
    assert _validated(last_name="  de \t La\u00a0 Tour\n").last_name == "de La Tour"


def test_a_decomposed_accent_is_composed() -> None:
    assert _validated(first_name="Zoe\u0308").first_name == "Zoë"


def test_a_name_has_eighty_characters_at_most() -> None:
    assert _validated(last_name="x" * 80).last_name == "x" * 80
    assert _errors(last_name="x" * 81) == {"last_name": "Raccourcissez votre nom\u00a0: 80\u00a0caractères au plus."}


def test_everything_wrong_is_said_at_once() -> None:
    errors = validate_errors({"civility": "docteur", "tax_number": "1"})
    assert errors.keys() == {"civility", "last_name", "first_name", "phone", "email", "tax_number"}
    assert errors["last_name"] == "Indiquez votre nom."
    assert errors["first_name"] == "Indiquez votre prénom."
    assert errors["email"] == "Indiquez votre adresse électronique."
    assert errors["phone"] == "Indiquez au moins un numéro de téléphone."


def validate_errors(fields: dict[str, str]) -> dict[str, str]:
    with pytest.raises(FieldErrors) as refused:
        validate(fields, call_back=False)
    return refused.value.errors


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("06 39 98 12 34", "+33639981234"),
        ("01.99.00.12.34", "+33199001234"),
        ("0033 1 99 00 12 34", "+33199001234"),
        ("+33 (0)1 99 00 12 34", "+33199001234"),
        ("+33199001234", "+33199001234"),
        ("06 92 12 34 56", "+262692123456"),
        ("0590 20 12 34", "+590590201234"),
        ("0696 20 12 34", "+596696201234"),
        ("0594 30 12 34", "+594594301234"),
        ("0639 69 12 34", "+262639691234"),
        ("+687 25 12 34", "+687251234"),
        ("+1 415-555-2671", "+14155552671"),
        ("０１ ９９ ００ １２ ３４", "+33199001234"),
    ],
)
def test_phones_are_kept_in_one_form(typed: str, stored: str) -> None:
    assert _validated(phone=typed).phone == stored == phone_number(typed)


@pytest.mark.parametrize("typed", ["12", "06 39 98 12", "0800 FLEURS", "+", "appelez-moi", "3646", "1" * 41, "\ud800"])
def test_what_is_no_phone_is_refused(typed: str) -> None:
    assert _errors(phone=typed)["phone"].startswith("Vérifiez ce numéro")
    assert "second_phone" in _errors(second_phone=typed)


def test_a_number_that_costs_the_caller_is_refused() -> None:
    assert _errors(phone="0891 12 34 56")["phone"].startswith("Indiquez un autre numéro")


def test_one_phone_of_two_is_enough_and_comes_first() -> None:
    person = _validated(phone="", second_phone="01 99 00 12 34")
    assert (person.phone, person.second_phone) == ("+33199001234", "")


def test_the_same_phone_twice_is_kept_once() -> None:
    person = _validated(phone="01 99 00 12 34", second_phone="+33 1 99 00 12 34")
    assert (person.phone, person.second_phone) == ("+33199001234", "")


def test_a_call_back_asks_for_the_number_to_call() -> None:
    assert _errors(call_back=True, phone="") == {
        "phone": "Indiquez le numéro de téléphone auquel un agent vous appellera."
    }
    with pytest.raises(FieldErrors):
        phone_number(" ")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" camille@courriel.example ", "camille@courriel.example"),
        ("Camille.Martin+rdv@Courriel.Example", "Camille.Martin+rdv@courriel.example"),
        ("a@café.example", "a@xn--caf-dma.example"),
    ],
)
def test_addresses_are_kept_as_mail_servers_take_them(typed: str, stored: str) -> None:
    assert _validated(email=typed).email == stored


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
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.example",
        "a@courriel.example\x00",
        "\ud800@courriel.example",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert _errors(email=typed).keys() == {"email"}


def test_what_precedes_the_at_sign_has_64_characters_at_most() -> None:
    assert _validated(email=f"{'a' * 64}@courriel.example").email == f"{'a' * 64}@courriel.example"
    message = _errors(email=f"{'a' * 65}@courriel.example")["email"]
    assert "précède le signe @" in message
    assert "64\u00a0caractères" in message


def test_the_tax_number_is_optional_and_checked() -> None:
    assert _validated(tax_number=" 30 23 217 600 053 ").tax_number == "3023217600053"
    assert _validated(tax_number="« 30.23.217.600.053 ».").tax_number == "3023217600053"
    for wrong in ("3023217600054", "0000000000000"):
        assert _errors(tax_number=wrong)["tax_number"].startswith("Vérifiez le numéro fiscal")
    for wrong in ("302321760005", "30232176000530", "302321760005X", "٣٠٢٣٢١٧٦٠٠٠٥٣", "\x003023217600053"):
        assert _errors(tax_number=wrong)["tax_number"].startswith("Saisissez les 13")


def test_details_keep_their_lines_and_end_at_a_thousand_characters() -> None:
    assert _validated(details=" Bonjour,\r\nC’est\tà l’étage ? \n").details == "Bonjour,\nC’est à l’étage ?"
    assert len(_validated(details="é" * 1000).details) == 1000
    assert _errors(details="é" * 1001).keys() == {"details"}
    assert _errors(details="a\x1bb").keys() == {"details"}
    assert _errors(details="a\u202eb").keys() == {"details"}


def test_emoji_made_of_several_characters_are_details_like_others() -> None:
    assert _validated(details="👩‍🦽 fauteuil").details == "👩‍🦽 fauteuil"


def test_needs_are_ticked_by_name_in_any_order_and_given_back_as_a_field() -> None:
    person = _validated(needs=" companion, wheelchair,companion ")
    assert person.needs == Need.WHEELCHAIR | Need.COMPANION
    assert need_names(person.needs) == ("wheelchair", "companion")
    assert needs_field(person.needs) == "wheelchair,companion"
    assert _validated().needs == Need(0)


@given(st.sets(st.sampled_from(list(Need))))
def test_a_field_of_needs_comes_back_as_it_was(chosen: set[Need]) -> None:
    needs = Need(sum(chosen))
    assert needs_of(needs_field(needs)) == needs == _validated(needs=needs_field(needs)).needs


@pytest.mark.parametrize(
    "typed", ["ascenseur", "WHEELCHAIR", "1", "wheelchair;companion", "wheelchair," * 60, "\ud800"]
)
def test_a_need_that_is_not_on_the_list_is_refused(typed: str) -> None:
    assert _errors(needs=typed) == {"needs": "Cochez les besoins de la liste, ou aucun."}


def test_who_has_no_phone_needs_no_number() -> None:
    person = _validated(phone="", needs="no_phone")
    assert (person.phone, person.second_phone) == ("", "")
    assert _validated(needs="no_phone").phone == "+33639981234"


def test_who_has_no_phone_cannot_be_called() -> None:
    message = _errors(call_back=True, phone="", needs="no_phone")["phone"]
    assert "choisissez un rendez-vous sur place" in message
    assert _validated(call_back=True, needs="no_phone").phone == "+33639981234"


def test_booking_for_somebody_else_takes_both_of_their_names() -> None:
    person = _validated(other_last_name=" de  La Tour", other_first_name="Zoe\u0308")
    assert (person.other_last_name, person.other_first_name) == ("de La Tour", "Zoë")
    assert _errors(other_last_name="Martin") == {"other_first_name": "Indiquez le prénom de la personne reçue."}
    assert _errors(other_first_name="Zoé", other_last_name=" ") == {
        "other_last_name": "Indiquez le nom de la personne reçue."
    }
    assert _errors(other_first_name="Zoé", other_last_name="evil.example").keys() == {"other_last_name"}
    assert _validated(other_first_name="  ", other_last_name="\t").other_last_name == ""


@given(st.fixed_dictionaries({name: st.text(max_size=1100) for name in GOOD}), st.booleans())
@example(dict.fromkeys(GOOD, "\ud800"), True)
def test_whatever_is_typed_becomes_a_person_or_sentences(fields: dict[str, str], call_back: bool) -> None:
    try:
        outcome: Person | FieldErrors = validate(fields, call_back=call_back)
    except FieldErrors as refused:
        outcome = refused
    if isinstance(outcome, Person):
        assert outcome.phone.startswith("+") or (Need.NO_PHONE in outcome.needs and not call_back)
        assert bool(outcome.other_last_name) == bool(outcome.other_first_name)
    else:
        assert outcome.errors.keys() <= GOOD.keys()
        assert all(message.endswith(".") and "\n" not in message for message in outcome.errors.values())


@given(
    last_name=st.text(alphabet=st.characters(categories=["L", "M"]) | st.sampled_from(" '-"), max_size=90),
    details=st.text(max_size=1050),
    number=st.integers(min_value=0, max_value=39_999_999_999).map(lambda n: f"{n:011d}"),
)
def test_what_is_kept_is_kept_by_a_second_validation(last_name: str, details: str, number: str) -> None:
    tax_number = f"{number[:10]}"
    tax_number += nif.calc_check_digits(tax_number)
    try:
        person = _validated(last_name=last_name, details=details, tax_number=tax_number)
    except FieldErrors:
        return
    kept = {name: getattr(person, name) for name in GOOD} | {"needs": needs_field(person.needs)}
    assert validate(kept, call_back=False) == person
    assert len(person.last_name) <= 80
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in person.details.replace("\n", ""))
