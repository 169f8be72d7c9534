"""From an address to the right office, with the traps of French postal codes."""

import re
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, expect
from sqlmodel import select

from app.models import Appointment
from app.services import database
from tests.e2e import letters
from tests.e2e.conftest import Arrive
from tests.e2e.test_one_seat import holds
from tests.e2e.visitor import DESKTOP, OFFICE, PHONE, PHONE_SMALL, Identity, Visitor
from tests.smtp import MailServer

OFFICE_NAME = "Service des impôts des particuliers"


def office_name(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("heading", level=2).filter(has_text=OFFICE_NAME)


@pytest.mark.parametrize(
    ("postal_code", "commune", "place"),
    [
        ("75016", "Paris 16e Arrondissement (Paris)", "75016"),
        ("93200", "Saint-Denis (Seine-Saint-Denis)", "Saint-Denis"),
        ("97400", "Saint-Denis (La Réunion)", "97"),
    ],
    ids=["Paris 16e", "Saint-Denis near Paris", "Saint-Denis in La Réunion"],
)
def test_a_postal_code_with_one_commune_leads_to_its_office(
    postal_code: str, commune: str, place: str, arrive: Arrive
) -> None:
    visitor = arrive(PHONE)
    visitor.go("/")
    visitor.open_blocks()
    visitor.give_address("1 rue de l’Exemple", postal_code)
    visitor.says(f"Commune : {commune}")
    visitor.button("Rechercher votre service").click()
    visitor.is_at(OFFICE, "Votre service")
    assert place in visitor.fact("Adresse")
    expect(office_name(visitor)).to_be_visible()


@pytest.mark.parametrize(
    ("department", "postal_code"), [("Seine-Saint-Denis", "93"), ("La Réunion", "97400"), ("Aude", "11")]
)
def test_communes_of_one_name_are_told_apart_by_department(department: str, postal_code: str, visitor: Visitor) -> None:
    visitor.go("/")
    visitor.open_blocks()
    visitor.field("Numéro et voie").fill("5 place du Marché")
    visitor.page.get_by_text("Vous ne connaissez pas le code postal ?").click()
    visitor.field("Nom de la commune").fill("st denis")
    visitor.button("Chercher la commune").click()
    visitor.page.get_by_role("button", name=re.compile(rf"^Saint-Denis \({department}\)")).click()
    expect(visitor.field("Code postal")).to_have_value(re.compile(f"^{postal_code}"))
    expect(visitor.field("Numéro et voie")).to_have_value("5 place du Marché")
    choices = visitor.page.get_by_role("combobox", name="Commune")
    expect(choices.or_(visitor.page.get_by_text("Commune : ")).first).to_be_visible()
    if choices.count():
        expect(choices.locator("option:checked")).to_have_text(f"Saint-Denis ({department})")
    else:
        visitor.says(f"Commune : Saint-Denis ({department})")
    visitor.button("Rechercher votre service").click()
    visitor.is_at(OFFICE, "Votre service")
    expect(office_name(visitor)).to_be_visible()


def test_an_office_overseas_shows_its_own_local_time(arrive: Arrive, post_office: MailServer) -> None:
    # A browser in Paris must not shift anything.
    visitor = arrive()
    visitor.find_office("2 rue de la Compagnie", "97400")
    visitor.begin_booking()
    visitor.choose_topic()
    visitor.choose_channel()
    moment = visitor.choose_slot(day=1, time=0)
    who = Identity(email="reunion@example.org", phone="0692 12 34 56")
    visitor.fill_in(who)
    visitor.confirm()
    with database.reading() as session:
        [booked] = session.exec(select(Appointment).where(Appointment.email == who.email)).all()
    local = booked.starts_at.astimezone(ZoneInfo("Indian/Reunion"))
    hour = f"à {local.hour} h" + (f" {local.minute:02}" if local.minute else "")
    assert moment.endswith(hour)
    assert visitor.fact("Date et heure").endswith(hour)
    mail = letters.wait_for(post_office, who.email, 1)
    assert hour in re.sub(r"\s", " ", mail.text)
    assert mail.starts_at == booked.starts_at


def test_an_unknown_name_and_an_unknown_postal_code_say_what_to_do(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.open_blocks()
    visitor.give_address("1 rue de l’Exemple", "00000")
    visitor.button("Rechercher votre service").click()
    expect(visitor.summary).to_be_focused()
    expect(visitor.summary).to_contain_text("Ce code n’est celui d’aucune commune française")
    visitor.page.get_by_text("Vous ne connaissez pas le code postal ?").click()
    visitor.field("Nom de la commune").fill("Trifouillis-les-Oies")
    visitor.button("Chercher la commune").click()
    visitor.says("Aucune commune ne porte ce nom")
    holds(visitor, {"Numéro et voie": "1 rue de l’Exemple", "Code postal": "00000"})


def test_a_company_and_somebody_abroad_are_sent_to_their_own_offices(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.open_blocks(("Professionnel", "Les impôts de votre entreprise", "La TVA"))
    visitor.give_address("1 quai de l’Exemple", "11000", "Berriac (Aude)")
    visitor.button("Rechercher votre service").click()
    visitor.is_at(OFFICE, "Votre service")
    expect(visitor.page.get_by_role("heading", name="Service des impôts des entreprises")).to_be_visible()

    visitor.go("/")
    visitor.open_blocks(("Non-résident", "Vous êtes un particulier", "Vos revenus de source française"))
    visitor.button("Voir ce service").click()
    visitor.is_at(OFFICE, "Votre service")
    expect(visitor.page.get_by_role("heading", name=re.compile("non-résidents", re.I))).to_be_visible()


def test_a_person_chooses_another_office(visitor: Visitor) -> None:
    visitor.find_office()
    visitor.link("Rechercher un autre service").click()
    visitor.is_at("/contact/autre-service", "Rechercher un autre service")
    visitor.page.get_by_label("Département").select_option(label="66 – Pyrénées-Orientales")
    visitor.page.get_by_role("button", name=re.compile("Choisir ce service : .*Perpignan")).click()
    visitor.is_at(OFFICE, "Votre service")
    expect(office_name(visitor)).to_contain_text("Perpignan")
    visitor.begin_booking()


def test_with_the_arrow_keys_one_reaches_every_commune_of_a_postal_code(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.open_blocks()
    visitor.give_address("5 place du Marché", "11000")
    communes = visitor.page.get_by_role("combobox", name="Commune")
    expect(communes).to_be_visible()
    communes.focus()
    for place in (1, 2):
        visitor.page.keyboard.press("ArrowDown")
        # What is kept on the server comes back meanwhile; the list must still have the focus.
        visitor.page.wait_for_timeout(400)
        expect(communes).to_be_focused()
        expect(communes).to_have_js_property("selectedIndex", place)


@pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
def test_the_button_stays_where_it_is_when_the_commune_is_found(screen: dict[str, int], arrive: Arrive) -> None:
    visitor = arrive(screen)
    visitor.go("/")
    visitor.open_blocks()
    button = visitor.button("Rechercher votre service")
    place = "button => button.getBoundingClientRect().top + scrollY"
    before = button.evaluate(place)
    visitor.give_address("1 rue de l’Exemple", "97400")
    visitor.says("Commune : Saint-Denis (La Réunion)")
    assert button.evaluate(place) == before
