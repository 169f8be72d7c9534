"""The pages of text say what they must, in the order they must."""

import pytest

from app.content import static_pages
from app.content.static_pages import Page
from app.settings import Settings

IDS = [
    "aide",
    "aide-prendre-rendez-vous",
    "accessibilite",
    "mentions-legales",
    "donnees-personnelles",
    "conditions-generales",
]


def text_of(page: Page) -> str:
    """Return all the text of a page, with plain spaces."""
    parts = [page.title, page.lead]
    for section in page.sections:
        parts += [section.heading, *section.paragraphs, *section.items, *(link.label for link in section.links)]
    return "\n".join(parts).replace("\u00a0", " ").replace("’", "'")


def said_by(page_id: str) -> str:
    return text_of(static_pages.page(page_id))


def test_the_pages_of_the_footer_and_the_help_sheets_exist() -> None:
    assert [page.id for page in static_pages.all_pages()] == IDS


def test_an_unknown_page_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        static_pages.page("inconnue")


@pytest.mark.parametrize("page_id", IDS)
def test_the_sections_of_a_page_have_their_own_anchor_and_heading(page_id: str) -> None:
    sections = static_pages.page(page_id).sections
    assert len({section.anchor for section in sections}) == len(sections)
    assert len({section.heading for section in sections}) == len(sections)
    assert all(section.paragraphs or section.items or section.links for section in sections)


def test_the_help_index_leads_to_the_booking_sheet() -> None:
    paths = [link.path for section in static_pages.page("aide").sections for link in section.links]
    assert any(path.startswith("/aide/prendre-rendez-vous") for path in paths)


def test_the_booking_sheet_counts_the_five_steps_in_order() -> None:
    steps = next(section for section in static_pages.page("aide-prendre-rendez-vous").sections if section.ordered)
    names = [item.replace("\u00a0", " ").split(" :")[0] for item in steps.items]
    assert names == ["Motif", "Modalité", "Créneau", "Vos informations", "Confirmation"]


def test_the_booking_sheet_tells_the_times_that_the_settings_hold() -> None:
    said, settings = said_by("aide-prendre-rendez-vous"), Settings()
    assert f"pendant {settings.hold_minutes} minutes" in said
    assert f"ajoute {settings.hold_extension_minutes} minutes, jusqu'à {settings.hold_extensions} fois" in said


@pytest.mark.parametrize(
    "words", ["Replanifier", "Annuler", "Effacer et quitter", "courriers indésirables", "Ce qu'il faut apporter"]
)
def test_the_booking_sheet_helps_after_the_booking_too(words: str) -> None:
    assert words in said_by("aide-prendre-rendez-vous")


def test_the_accessibility_statement_claims_no_conformity_and_says_how_to_complain() -> None:
    said = said_by("accessibilite")
    assert "non conforme" in static_pages.page("accessibilite").title
    assert "axe-core" in said
    assert "Signaler une difficulté" in said
    assert "Défenseur des droits" in said


@pytest.mark.parametrize("words", ["démonstration", "AGPL-3.0-or-later", "Etalab", "Licence Ouverte", "Public Sans"])
def test_the_legal_page_says_what_the_site_is_and_whom_it_owes(words: str) -> None:
    assert words in said_by("mentions-legales")


@pytest.mark.parametrize("words", ["24 heures", "13 mois", "12 mois", "un jour", "Un seul cookie", "CNIL"])
def test_the_privacy_page_says_what_is_kept_how_long_and_whom_to_ask(words: str) -> None:
    assert words in said_by("donnees-personnelles")


def test_the_conditions_say_that_nothing_booked_here_is_real() -> None:
    assert "démonstration" in said_by("conditions-generales")
