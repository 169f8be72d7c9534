"""« Formulaire inscription »: taken as people write it, refused with a sentence that says what to do."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.content import countries, trust_questions
from app.models import SpaceMode
from app.services.accounts import identity_form
from app.services.accounts import trust_questions as answers
from app.services.accounts.identity_form import FIELDS, LABELS, IdentityForm, validate
from app.services.form_errors import FieldErrors
from tests.sign_up import FORM, SIMPLIFIED


def _errors(**fields: str) -> dict[str, str]:
    with pytest.raises(FieldErrors) as refused:
        validate({**FORM, **fields})
    return refused.value.errors


def _errors_of_simplified(**fields: str) -> dict[str, str]:
    with pytest.raises(FieldErrors) as refused:
        validate({**SIMPLIFIED, **fields}, mode=SpaceMode.SIMPLIFIED)
    return refused.value.errors


def test_who_has_one_name_only_ticks_it_and_needs_no_other() -> None:
    form = validate({**FORM, "no_first_name": "oui"})
    assert (form.first_name, form.no_first_name) == ("", "oui")
    assert list(_errors(first_name="", no_first_name="peut-être")) == ["first_name"]


@pytest.mark.parametrize(
    "name",
    ["O'Connor-Ñuñez", "Đặng Thị Ánh", "O’Neill", "d'Aubigné", "Łukasz", "Þóra", "ʻOkina", "Œdipe", "X", "St. John"],
)
def test_names_in_latin_script_are_accepted_as_people_write_them(name: str) -> None:
    form = validate({**FORM, "last_name": name, "first_name": unicodedata.normalize("NFD", name)})
    assert form.last_name == form.first_name == name


def test_what_is_typed_for_an_apostrophe_or_a_hyphen_is_one() -> None:
    form = validate(
        {**FORM, "last_name": "d´Arc", "first_name": "Jean–Pierre", "street_name": "de l`Église", "commune": "L´Haÿ"}
    )
    assert (form.last_name, form.first_name) == ("d’Arc", "Jean-Pierre")
    assert (form.street_name, form.commune) == ("de l’Église", "L’Haÿ")


@pytest.mark.parametrize("name", ["张伟", "Ольга", "محمد", "Zhang 伟", "Αθηνά", "किरण", "Ａｎｎａ"])
def test_another_script_is_asked_for_its_transliteration(name: str) -> None:
    asked = "en caractères latins, comme sur votre pièce d’identité"
    errors = _errors(last_name=name, first_name=name)
    assert all(asked in message for message in errors.values())
    assert errors.keys() == {"last_name", "first_name"}
    assert "en caractères latins" in _errors(trust_answer=name)["trust_answer"]
    assert "en caractères latins" in _errors(commune=name)["commune"]


@pytest.mark.parametrize(
    "name",
    ["<b>Anne</b>", "evil.example", "a@b", "Mar\u202etin", "Martin\x00", "\ud800", "123", "'-'", "{{ x }}", "#set"],
)
def test_what_no_name_holds_is_refused(name: str) -> None:
    assert _errors(last_name=name).keys() == {"last_name"}


def test_everything_missing_is_said_at_once_in_the_order_of_the_screen() -> None:
    for mode in SpaceMode:
        with pytest.raises(FieldErrors) as refused:
            validate({}, mode=mode)
        required = [name for name in FIELDS[mode] if name in identity_form.REQUIRED]
        assert list(refused.value.errors) == required
        assert set(FIELDS[mode]) <= set(LABELS)


@pytest.mark.parametrize(
    ("country", "typed", "stored"),
    [
        ("FR", "01 99 00 12 34", "+33199001234"),
        ("FR", "06 92 12 34 56", "+262692123456"),
        ("BE", "02 205 00 00", "+3222050000"),
        ("DE", "030 22730", "+493022730"),
        ("VN", "024 3825 2828", "+842438252828"),
        ("US", "(415) 555-2671", "+14155552671"),
        ("FR", "+41 44 668 18 00", "+41446681800"),
        ("GP", "0590 20 12 34", "+590590201234"),
    ],
)
def test_phones_are_read_in_the_country_chosen_beside_them(country: str, typed: str, stored: str) -> None:
    assert validate({**FORM, "phone_country": country, "phone": typed}).phone == stored


def test_a_phone_that_does_not_exist_in_its_country_names_the_country() -> None:
    assert "Belgique" in _errors(phone_country="BE", phone="01 99 00 12 34")["phone"]
    assert "10\u00a0chiffres" in _errors(phone="12")["phone"]
    assert "surtaxé" in _errors(phone="0899 12 34 56")["phone"]
    assert _errors(phone_country="AQ").keys() == {"phone_country", "phone"}


def test_a_french_postal_code_has_five_digits_and_foreign_ones_are_free() -> None:
    assert validate({**FORM, "postal_code": " 75 016 "}).postal_code == "75016"
    assert validate({**FORM, "postal_code": ""}).postal_code == ""
    assert validate({**FORM, "country": "GB", "postal_code": "sw1a 1aa"}).postal_code == "SW1A 1AA"
    assert _errors(postal_code="7501").keys() == {"postal_code"}
    assert _errors(postal_code="٧٥٠١٦").keys() == {"postal_code"}
    assert _errors(country="GB", postal_code="É1").keys() == {"postal_code"}


def test_lists_take_what_they_offer_only() -> None:
    wrong = {"street_type": "autoroute cachée", "country": "XX", "phone_country": "", "trust_question": "autre"}
    # Without its country, a number is read in none.
    assert _errors(**wrong).keys() == {*wrong, "phone"}


def test_only_the_fields_asked_for_are_checked() -> None:
    form = validate({"commune": "Nice", "country": "FR"}, asked=identity_form.ADDRESS_FIELDS)
    assert form == IdentityForm(commune="Nice", country="FR")


def test_the_address_is_written_as_on_an_envelope() -> None:
    assert validate(FORM).address_lines() == ("12 rue de Longchamp", "75016 Paris", "FRANCE")
    abroad = {**FORM, "street_number": "", "street_type": "", "street_name": "", "country": "CI", "commune": "Abidjan"}
    assert validate({**abroad, "postal_code": ""}).address_lines() == ("Abidjan", "CÔTE D’IVOIRE")
    assert IdentityForm().address_lines() == ()


def test_a_form_is_read_back_from_what_is_kept() -> None:
    form = validate(SIMPLIFIED, mode=SpaceMode.SIMPLIFIED)
    kept = {name: getattr(form, name) for name in LABELS}
    assert identity_form.read({**kept, "unknown": "x"}) == form


@pytest.mark.parametrize(
    "typed", ["", "732 829 321", "000 000 000", "73282932", "7328293200", "73282932X", "٧٣٢٨٢٩٣٢٠"]
)
def test_a_wrong_siren_is_refused(typed: str) -> None:
    assert _errors_of_simplified(siren=typed).keys() == {"siren"}


@pytest.mark.parametrize("typed", ["", "FR14 2004 1010 0505 0001 3M02 607", "FR14", "x" * 500, "FR14 2004 é"])
def test_a_wrong_iban_is_refused(typed: str) -> None:
    assert _errors_of_simplified(iban=typed).keys() == {"iban"}


@pytest.mark.parametrize(
    "typed",
    [
        "FR14 2004 1010 0505 0001 3M02 606",
        "fr14-2004-1010-0505-0001-3m02-606",
        "IBAN FR14 2004 1010 0505 0001 3M02 606.",
        "« FR14.2004.1010.0505.0001.3M02.606 »",
        "\u200bFR14\u202f2004\u00a01010050500013M02606\n",
    ],
)
def test_an_iban_is_kept_in_one_form_however_it_is_written(typed: str) -> None:
    form = validate({**SIMPLIFIED, "iban": typed}, mode=SpaceMode.SIMPLIFIED)
    assert form.iban == "FR1420041010050500013M02606"


@pytest.mark.parametrize("iban", ["DE89370400440532013000", "CH9300762011623852957", "MC1112739000700011111000H79"])
def test_an_account_of_the_single_euro_area_may_be_debited(iban: str) -> None:
    assert validate({**SIMPLIFIED, "iban": iban}, mode=SpaceMode.SIMPLIFIED).iban == iban


@pytest.mark.parametrize("iban", ["TN5910006035183598478831", "SA0380000000608010167519", "TR330006100519786457841326"])
def test_an_account_from_elsewhere_is_refused_with_the_reason(iban: str) -> None:
    assert "SEPA" in _errors_of_simplified(iban=iban)["iban"]


@pytest.mark.parametrize("typed", ["732.829.320", "« 732 829 320 ».", "'732829320'", "\u200b732-829-320"])
def test_a_siren_is_kept_as_nine_digits(typed: str) -> None:
    assert validate({**SIMPLIFIED, "siren": typed}, mode=SpaceMode.SIMPLIFIED).siren == "732829320"


def test_an_iban_is_masked_once_typed() -> None:
    assert validate(SIMPLIFIED, mode=SpaceMode.SIMPLIFIED).iban == "FR1420041010050500013M02606"
    assert identity_form.masked_iban("FR1420041010050500013M02606") == "FR14\u00a0••••\u00a02606"
    assert identity_form.masked_iban("FR14-2004-1010-0505-0001-3M02-606") == "FR14\u00a0••••\u00a02606"
    assert identity_form.masked_iban("") == ""


def test_a_contact_address_of_more_than_100_characters_is_refused() -> None:
    assert "100" in _errors_of_simplified(contact_email=f"{'x' * 60}@{'y' * 45}.example")["contact_email"]


@given(st.dictionaries(st.sampled_from(list(LABELS)), st.text(max_size=300)), st.sampled_from(SpaceMode))
@example(dict.fromkeys(LABELS, "\ud800"), SpaceMode.SIMPLIFIED)
@example(dict.fromkeys(LABELS, "\x00"), SpaceMode.EXPERT)
def test_whatever_is_typed_becomes_a_form_or_sentences(typed: dict[str, str], mode: SpaceMode) -> None:
    with pytest.raises(FieldErrors) as refused:
        validate(typed, mode=mode)
    assert refused.value.errors.keys() <= set(FIELDS[mode])
    assert all(message.endswith(".") and "\n" not in message for message in refused.value.errors.values())


@given(st.dictionaries(st.sampled_from(identity_form.ADDRESS_FIELDS[:5]), st.text(max_size=110)))
def test_what_is_kept_holds_no_line_break_and_is_kept_by_a_second_validation(typed: dict[str, str]) -> None:
    try:
        form = validate({**FORM, **typed})
    except FieldErrors:
        return
    kept = {name: getattr(form, name) for name in LABELS}
    assert validate(kept) == form
    assert all(value.isprintable() for value in kept.values())


# Lists


def test_the_list_of_countries_is_complete_with_france_first_and_in_order() -> None:
    listed = countries.all_countries()
    codes = [country.code for country in listed]
    assert (len(codes), codes[0]) == (250, "FR")
    assert {"RE", "GP", "VN", "CI", "XK", "AX", "ZW"} <= set(codes)
    assert not {"EU", "UN", "ZZ", "XA", "AC", "IC"} & set(codes)
    labels = [country.label for country in listed]
    assert (
        labels.index("Égypte")
        < labels.index("Émirats arabes unis")
        < labels.index("Équateur")
        < labels.index("Espagne")
    )
    assert countries.label("CI") == "Côte d’Ivoire"
    assert countries.label("??") == ""
    assert {country.dialling for country in countries.with_telephone()} >= {"+33", "+1", "+84"}
    assert "" not in {country.dialling for country in countries.with_telephone()}


def test_the_trust_questions_are_a_closed_list_that_begins_as_in_the_guide() -> None:
    first, *_ = trust_questions.QUESTIONS
    assert (first.label, first.id) == ("Quel est votre surnom\u00a0?", trust_questions.FIRST)
    assert trust_questions.label("prenom-conjoint") == "Quel est le prénom de votre conjoint(e)\u00a0?"
    assert len({question.id for question in trust_questions.QUESTIONS}) == len(trust_questions.QUESTIONS)
    assert all(len(question.id) <= 40 for question in trust_questions.QUESTIONS)


@pytest.mark.parametrize("typed", ["Paul-Émile", "paul émile", " PAUL EMILE ", "Paul-E\u0301mile", "paulemile!"])
def test_an_answer_is_the_same_however_it_is_typed(typed: str) -> None:
    assert answers.matches("Paul-Émile", typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sacré-Cœur", "sacre coeur"),
        ("Œdipe", "OEDIPE"),
        ("Lætitia", "laetitia"),
        ("Straße", "strasse"),
        ("Łódź", "Lodz"),
        ("Đặng", "dang"),
        ("Søren", "soren"),
        ("Þóra", "Thora"),
        ("Ǿ", "o"),
        ("ﬁdèle", "fidele"),
        ("Işık", "isik"),
        ("İzmir", "izmir"),
        ("Zoé\u200b", "zoe"),
        ("Mai\u00adson", "maison"),
    ],
)
def test_an_answer_is_the_same_however_its_letters_are_spelled(one: str, other: str) -> None:
    assert answers.matches(one, other)
    assert answers.matches(other, one)


@pytest.mark.parametrize("typed", ["", "Paul", "Paul-Émilie", "\ud800", "-'!", "x" * 5000])
def test_another_answer_is_not(typed: str) -> None:
    assert not answers.matches("Paul-Émile", typed)
    assert not answers.matches("", typed)


@pytest.mark.parametrize("typed", ["F-75016", "75016 cedex", "75016 Paris Cedex 16", "75\u202f016"])
def test_a_postal_code_is_read_as_on_an_envelope(typed: str) -> None:
    assert validate({**FORM, "postal_code": typed}).postal_code == "75016"
