"""The PDF summary: what it says, to whom it is readable, and that nobody writes markup into it."""

import io
import string
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services.accounts import summary_pdf
from app.services.accounts.summary_pdf import Summary, render
from tests import pdf

ROSEMONDE = Summary(
    last_name="ROSEMONDE",
    first_name="Lila",
    subscriber_number="20260560000101",
    phone="01 99 00 12 34",
    email="lila.rosemonde@courriel.example",
    address_lines=("12 rue de Longchamp", "75016 PARIS", "FRANCE"),
    trust_question="Quel est le prénom de votre conjoint(e)\u00a0?",
    trust_answer="Paul",
    created_at=datetime(2026, 2, 25, 13, 29, 59, 123456, tzinfo=UTC),
)
HARD_NAMES = ["O'Connor-Ñuñez", "Đặng Thị Ánh", "Łukasz Żółć", "İbrahim Şağ", "D’Œuvre-ẞ", "Ɓaɗɗo", "Nguyễn Ằ"]
MARKUP = [
    "#strong[x]",
    '#eval("1+1")',
    '#read("/etc/passwd")',
    '#import "@preview/x:1.0.0"',
    "$ sum_(i=1)^n $",
    "*gras* _italique_ `code`",
    "= Titre",
    "- liste",
    "@ref <label>",
    "// commentaire",
    "/* commentaire */",
    r"\u{1F600} \ \#",
    "https://evil.example",
    '"] #panic() #["',
    "-- --- ... ~",
    "<script>alert(1)</script>",
    "&amp;",
    "${x} {{x}} %s",
]
LONG_ADDRESS = f"{'a' * 64}@{'b' * 26}.example"


class TestWhatItSays:
    def test_it_says_what_the_guide_shows_and_in_that_order(self) -> None:
        lines = pdf.text_of(render(ROSEMONDE)).replace("\u00a0", " ").splitlines()
        assert lines == [
            "Guichet Votre espace professionnel",
            "Récapitulatif de vos données personnelles",
            "Vos coordonnées",
            "Nom : ROSEMONDE",
            "Prénom : Lila",
            "N° d’abonné : 20260560000101",
            "Téléphone : 01 99 00 12 34",
            "Adresse électronique de connexion : lila.rosemonde@courriel.example",
            "Adresse : 12 rue de Longchamp",
            "75016 PARIS",
            "FRANCE",
            "Votre numéro d’abonné vous est personnel et doit le rester.",
            "Votre question/réponse de confiance",
            "Indispensable en cas de perte de votre mot de passe.",
            "Question de confiance : Quel est le prénom de votre conjoint(e) ?",
            "Réponse de confiance : Paul",
            "Votre espace professionnel : document créé le 25/02/2026 à 14h29mn59s",
            "Site de démonstration : ce document n’a pas de valeur officielle.",
        ]

    def test_summer_time_is_that_of_paris(self) -> None:
        made = render(replace(ROSEMONDE, created_at=datetime(2026, 7, 1, 22, 5, 7, tzinfo=UTC)))
        assert "document créé le 02/07/2026 à 00h05mn07s" in pdf.text_of(made)

    def test_a_simplified_space_names_its_company_and_leaves_out_an_address_it_has_not(self) -> None:
        made = render(replace(ROSEMONDE, siren="732829320", contact_email="societe@courriel.example", address_lines=()))
        text = pdf.text_of(made).replace("\u00a0", " ")
        assert "SIREN de l’entreprise : 732829320" in text
        assert "Adresse de contact de l’entreprise : societe@courriel.example" in text
        assert "Adresse :" not in text

    @pytest.mark.parametrize("name", HARD_NAMES)
    def test_a_name_comes_back_as_it_was_typed(self, name: str, tmp_path: Path) -> None:
        made = render(replace(ROSEMONDE, last_name=name, trust_answer=name))
        assert unicodedata.normalize("NFC", name).split()[0] in pdf.text_of(made)
        assert pdf.faults(made, tmp_path) == []

    def test_an_address_of_a_hundred_characters_stays_on_the_page_and_can_be_copied(self, tmp_path: Path) -> None:
        assert len(LONG_ADDRESS) == 99
        made = render(replace(ROSEMONDE, email=f"c{LONG_ADDRESS}"))
        assert f"c{LONG_ADDRESS}" in pdf.squeezed(pdf.text_of(made))
        assert pdf.rightmost(made) <= 595 - 60
        assert pdf.faults(made, tmp_path) == []

    def test_the_longest_of_everything_is_all_there(self, tmp_path: Path) -> None:
        made = render(
            replace(
                ROSEMONDE,
                last_name="Nom " * 20,
                first_name="W" * 80,
                address_lines=("9999999999 boulevard " + "X" * 100, "Y" * 100, "99999 " + "Z" * 100, "SUISSE"),
                trust_answer="réponse " * 10,
            )
        )
        text = pdf.squeezed(pdf.text_of(made))
        for expected in ("W" * 80, "X" * 100, "Y" * 100, "Z" * 100, "réponse" * 10, "Nom" * 20):
            assert expected in text
        assert pdf.rightmost(made) <= 595 - 60
        assert pdf.faults(made, tmp_path) == []

    @pytest.mark.parametrize(("answer", "shown"), [("Paul 🙂", "Paul (U+1F642)"), ("张伟", "(U+5F20)(U+4F1F)")])
    def test_what_no_font_draws_is_named_by_its_number(self, answer: str, shown: str, tmp_path: Path) -> None:
        made = render(replace(ROSEMONDE, trust_answer=answer))
        assert shown in pdf.text_of(made)
        assert pdf.faults(made, tmp_path) == []

    def test_what_does_not_show_is_left_out(self) -> None:
        made = render(replace(ROSEMONDE, trust_answer="Pa\u202eul\x00\x07 \u2028Anne\r\nMarie"))
        assert "Pa ul Anne Marie" in pdf.text_of(made)


class TestWhoCanReadIt:
    def test_two_checkers_find_nothing_against_it(self, tmp_path: Path) -> None:
        assert pdf.faults(render(ROSEMONDE), tmp_path) == []

    def test_they_would_find_something(self, tmp_path: Path) -> None:
        with pikepdf.open(io.BytesIO(render(ROSEMONDE))) as opened:
            del opened.Root.Lang
            del opened.Root.StructTreeRoot
            spoilt = io.BytesIO()
            opened.save(spoilt)
        found = pdf.faults(spoilt.getvalue(), tmp_path)
        assert any(fault.startswith("page") for fault in found)
        assert any(fault.startswith("outloud") for fault in found)

    def test_it_is_tagged_in_reading_order(self) -> None:
        tags = pdf.structure(render(ROSEMONDE))
        assert [tag for tag, depth in tags if depth == 1] == ["P", "H1", "H2", "L", "P", "H2", "P", "L", "P", "P"]
        assert [tag for tag, _ in tags].count("LI") == 6 + 2
        assert [tag for tag, _ in tags].count("Lbl") == [tag for tag, _ in tags].count("LBody") == 6 + 2

    def test_it_has_a_title_and_says_it_is_french(self) -> None:
        with pikepdf.open(io.BytesIO(render(ROSEMONDE))) as opened:
            assert str(opened.Root.Lang).startswith("fr")
            assert opened.Root.ViewerPreferences.DisplayDocTitle
            metadata = opened.open_metadata()
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == "Récapitulatif de vos données personnelles"

    def test_its_metadata_say_nothing_personal(self) -> None:
        reader = pypdf.PdfReader(io.BytesIO(render(ROSEMONDE)))
        assert reader.metadata is not None
        assert reader.xmp_metadata is not None
        said = f"{dict(reader.metadata)} {reader.xmp_metadata.rdf_root.toxml()}"
        assert [word for word in ("ROSEMONDE", "Lila", "20260560000101", "lila", "Paul") if word in said] == []


class TestInjection:
    @pytest.mark.parametrize("text", MARKUP)
    @pytest.mark.parametrize("field", ["last_name", "trust_answer", "email"])
    def test_markup_is_shown_as_it_was_typed(self, text: str, field: str) -> None:
        made = render(replace(ROSEMONDE, **{field: text}))  # type: ignore[arg-type]
        assert pdf.squeezed(text) in pdf.squeezed(pdf.text_of(made))
        assert _links(made) == 0

    def test_markup_in_an_address_is_too(self) -> None:
        made = render(replace(ROSEMONDE, address_lines=tuple(MARKUP[:4])))
        for line in MARKUP[:4]:
            assert pdf.squeezed(line) in pdf.squeezed(pdf.text_of(made))

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(alphabet=string.punctuation + "aé 1", min_size=1, max_size=80))
    def test_whatever_punctuation_is_typed_comes_back(self, text: str) -> None:
        made = render(replace(ROSEMONDE, trust_answer=text))
        assert pdf.squeezed(text) in pdf.squeezed(pdf.text_of(made))

    @settings(max_examples=60, deadline=None)
    @given(st.text(max_size=80))
    def test_any_text_at_all_makes_a_document(self, text: str) -> None:
        assert render(replace(ROSEMONDE, first_name=text, address_lines=(text, text))).startswith(b"%PDF")


def test_all_that_is_counted_as_drawn_is_drawn() -> None:
    letters = [chr(code) for code in range(0x20, 0x2100) if summary_pdf._DRAWN.fullmatch(chr(code))]
    assert len(letters) > 1000
    for start in range(0, len(letters), 60):
        text = "a".join(letters[start : start + 60])
        assert "(U+" not in pdf.text_of(render(replace(ROSEMONDE, trust_answer=text)))


def test_documents_made_at_once_do_not_mix() -> None:
    together = threading.Barrier(4)

    def one(number: int) -> bool:
        together.wait()
        return all(
            f"Nom{number}x{turn}." in pdf.text_of(render(replace(ROSEMONDE, last_name=f"Nom{number}x{turn}.")))
            for turn in range(5)
        )

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(one, range(4))) == [True] * 4


def _links(document: bytes) -> int:
    return sum(len(leaf.get("/Annots", [])) for leaf in pypdf.PdfReader(io.BytesIO(document)).pages)
