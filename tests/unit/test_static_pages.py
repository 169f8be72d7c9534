"""The pages of text say what they must, in the order they must."""

import pytest

from app import addresses, durations
from app.content import static_pages
from app.content.static_pages import Page
from app.settings import Settings

IDS = [
    "aide",
    "aide-prendre-rendez-vous",
    "aide-deplacer-ou-annuler",
    "aide-choisir-un-mode",
    "aide-creer-espace",
    "aide-activer-espace",
    "aide-annuler-demande",
    "aide-se-connecter",
    "aide-mot-de-passe-oublie",
    "aide-modifier-coordonnees",
    "aide-adherer-aux-services",
    "aide-espace-particulier",
    "aide-securite",
    "payer-impots-locaux",
    "accessibilite",
    "mentions-legales",
    "donnees-personnelles",
    "conditions-generales",
]


def text_of(page: Page) -> str:
    """Return all the text of a page, with plain spaces."""
    parts = [page.title, page.lead]
    for section in page.sections:
        parts.append(section.heading)
        for part in section.parts:
            parts += [*part.paragraphs, *part.items, *(link.label for link in part.links)]
    return "\n".join(parts).replace("\u00a0", " ").replace("’", "'")


def steps_of(page_id: str) -> list[str]:
    """Return the names before the colon in the numbered list of a page."""
    steps = next(section for section in static_pages.page(page_id).sections if section.ordered)
    return [item.replace("\u00a0", " ").split(" :")[0] for item in steps.always.items]


def said_by(page_id: str) -> str:
    return durations.filled(text_of(static_pages.page(page_id))).replace("\u00a0", " ")


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
    assert all(part.paragraphs or part.items or part.links for section in sections for part in section.parts)


def test_the_help_index_leads_to_the_booking_sheet() -> None:
    paths = [link.path for section in static_pages.page("aide").sections for link in section.always.links]
    assert any(path.startswith("/aide/prendre-rendez-vous") for path in paths)


def test_the_booking_sheet_counts_the_five_steps_in_order() -> None:
    names = ["Motif", "Modalité", "Créneau", "Vos informations", "Confirmation"]
    assert steps_of("aide-prendre-rendez-vous") == names


def test_the_booking_sheet_tells_the_times_that_the_settings_hold() -> None:
    said, settings = said_by("aide-prendre-rendez-vous"), Settings()
    assert f"pendant {settings.hold_minutes} minutes" in said
    assert f"ajoute {settings.hold_extension_minutes} minutes, jusqu'à {settings.hold_extensions} fois" in said


@pytest.mark.parametrize(
    "words", ["Replanifier", "Annuler", "Effacer et quitter", "courriers indésirables", "Ce qu'il faut apporter"]
)
def test_the_booking_sheet_helps_after_the_booking_too(words: str) -> None:
    assert words in said_by("aide-prendre-rendez-vous")


def test_the_help_index_leads_to_every_sheet() -> None:
    sections = static_pages.page("aide").sections
    paths = {link.path.partition("#")[0] for section in sections for link in section.always.links}
    sheets = {page.id for page in static_pages.all_pages() if page.id.startswith("aide-")}
    assert {path.strip("/").replace("/", "-") for path in paths} >= sheets | {"payer-impots-locaux"}


def test_the_sheets_of_the_space_name_the_steps_as_the_screens_do() -> None:
    assert steps_of("aide-creer-espace") == [
        "Conditions générales",
        "Identifiants",
        "Formulaire inscription",
        "Récapitulatif",
        "Enregistrement",
    ]
    assert steps_of("aide-activer-espace") == ["Code d’activation", "Identifiants", "Récapitulatif"]


def test_the_sheets_of_the_space_tell_the_times_that_the_settings_hold() -> None:
    settings = Settings()
    for page_id in ("aide-creer-espace", "aide-activer-espace", "aide-annuler-demande"):
        assert f"{settings.activation_hours} heures" in said_by(page_id)
    said = said_by("aide-se-connecter")
    assert f"{settings.session_idle_minutes} minutes sans activité" in said
    assert f"{settings.session_hours} heures dans tous les cas" in said


@pytest.mark.parametrize(
    ("page_id", "words"),
    [
        ("aide-choisir-un-mode", "100 entreprises par espace"),
        ("aide-choisir-un-mode", "Collectivités et administrations"),
        ("aide-creer-espace", "20 caractères et au plus 128"),
        ("aide-creer-espace", "espace avec certificat"),
        ("aide-activer-espace", "12 caractères"),
        ("aide-activer-espace", "14 chiffres"),
        ("aide-activer-espace", "Sauvegardez ou imprimez le récapitulatif"),
        ("aide-annuler-demande", "Ce n'est pas moi"),
        ("aide-mot-de-passe-oublie", "question de confiance"),
        ("aide-mot-de-passe-oublie", "10 minutes"),
        ("aide-modifier-coordonnees", "« Gérer les services », rubrique « Données personnelles »"),
        ("aide-securite", "numéro de carte bancaire"),
        ("payer-impots-locaux", "référence de l'avis"),
    ],
)
def test_a_sheet_says_what_its_procedure_needs(page_id: str, words: str) -> None:
    assert words in said_by(page_id)


def test_every_help_address_is_named_after_its_sheet() -> None:
    named = {value for name, value in vars(addresses).items() if name.startswith("HELP_")}
    sheets = {page.id for page in static_pages.all_pages() if page.id.startswith("aide-")}
    assert {address.strip("/").replace("/", "-") for address in named} == sheets


def test_the_accessibility_statement_claims_no_conformity_and_says_how_to_complain() -> None:
    said = said_by("accessibilite")
    assert "non conforme" in static_pages.page("accessibilite").title
    assert "axe-core" in said
    assert "Signaler une difficulté" in said
    assert "Défenseur des droits" in said


@pytest.mark.parametrize("words", ["démonstration", "AGPL-3.0-or-later", "Etalab", "Licence Ouverte", "Public Sans"])
def test_the_legal_page_says_what_the_site_is_and_whom_it_owes(words: str) -> None:
    assert words in said_by("mentions-legales")


@pytest.mark.parametrize(
    "words", ["24 heures", "48 heures", "30 jours", "13 mois", "12 mois", "un jour", "Deux cookies", "CNIL"]
)
def test_the_privacy_page_says_what_is_kept_how_long_and_whom_to_ask(words: str) -> None:
    assert words in said_by("donnees-personnelles")


def test_the_conditions_say_that_nothing_booked_here_is_real() -> None:
    assert "démonstration" in said_by("conditions-generales")


def test_the_accessibility_statement_names_the_way_that_asks_for_nothing_to_be_copied() -> None:
    said = said_by("accessibilite")
    assert "« Je ne peux ni lire ni écouter »" in said
    assert "prévu" not in said


def test_the_privacy_page_speaks_of_requests_for_both_kinds_of_space() -> None:
    assert "Votre demande d'espace, professionnel ou particulier" in said_by("donnees-personnelles")


def test_the_conditions_hold_for_both_kinds_of_space() -> None:
    said = said_by("conditions-generales")
    assert "Espace particulier : un seul par numéro fiscal" in said
    assert "Espace professionnel : une adresse électronique n'en ouvre qu'un seul" in said
    assert "Chacun peut y créer un espace particulier" in said
