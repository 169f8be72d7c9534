"""No free slot, a lost link, pages that do not exist, a browser without script or cookies."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app import addresses
from app.services.appointments import access
from tests.e2e import letters
from tests.e2e.conftest import Arrive, settings_of
from tests.e2e.line import line_to
from tests.e2e.portal import Portal, running
from tests.e2e.test_one_seat import until
from tests.e2e.visitor import CHANNEL, DETAILS, INCOME_TAX, PHONE, SLOT, Identity, Visitor
from tests.smtp import MailServer

PUBLIC_PAGES = (
    "/",
    "/contact",
    "/aide",
    "/aide/prendre-rendez-vous",
    "/plan-du-site",
    "/accessibilite",
    "/mentions-legales",
    "/donnees-personnelles",
    "/conditions-generales",
)
WITH_SCRIPT = (
    "/contact",
    "/contact/service",
    SLOT,
    DETAILS,
    "/espace-particulier/connexion",
    "/espace-particulier/creation",
    "/espace-particulier/mes-contacts",
    "/espace-professionnel/connexion",
    "/espace-professionnel/choix",
    "/espace-professionnel/coordonnees",
    "/espace-professionnel/mot-de-passe-oublie",
    "/aide/assistance",
    "/rendez-vous/liste-d-attente",
)
SENT = "Si cette référence et cette adresse correspondent à un rendez-vous"


def test_an_office_without_free_slot_says_why_and_where_there_is_room(arrive: Arrive) -> None:
    visitor = arrive(PHONE)
    visitor.find_office("1 rue de l’Exemple", "23000", "Guéret (Creuse)")
    visitor.begin_booking()
    visitor.choose_topic()
    visitor.choose_channel()
    expect(visitor.page.get_by_role("heading", name="Aucun créneau n’est libre")).to_be_visible()
    expect(visitor.page.get_by_role("heading", name="Dans un service voisin")).to_be_visible()
    neighbours = visitor.page.get_by_role("button", name=re.compile("^Voir ce service : "))
    expect(neighbours.first).to_be_visible()
    visitor.says("Premier créneau libre :")
    neighbours.first.click()
    expect(visitor.open_days().first).to_be_visible()
    visitor.choose_slot(day=1)
    visitor.page.get_by_role("link", name="Étape précédente").click()
    visitor.is_at(SLOT, "Choisissez un créneau")


def test_an_office_that_calls_nobody_back_offers_the_counter_only(visitor: Visitor) -> None:
    visitor.find_office("1 rue de l’Exemple", "48000", "Mende (Lozère)")
    visitor.begin_booking()
    visitor.choose_topic()
    expect(visitor.page.get_by_role("radio", name="Sur place, au guichet")).to_be_visible()
    expect(visitor.page.get_by_role("radio", name="Par téléphone")).to_have_count(0)


def test_the_agenda_can_be_read_as_a_list(visitor: Visitor) -> None:
    visitor.reach(SLOT)
    expect(visitor.open_days().first).to_be_visible()
    days = visitor.open_days().count()
    visitor.button("Voir en liste").click()
    expect(visitor.page.get_by_role("table")).to_have_count(0)
    expect(visitor.open_days()).to_have_count(days)
    visitor.choose_slot(day=1)
    visitor.page.go_back()
    visitor.is_at(SLOT, "Choisissez un créneau")


def test_the_first_free_slot_is_one_tap_away(arrive: Arrive) -> None:
    visitor = arrive(PHONE)
    visitor.reach(SLOT)
    visitor.button("Choisir ce créneau").click()
    visitor.is_at(DETAILS, "Vos informations")
    visitor.says("Nous gardons le")


def test_a_refused_form_names_each_error_and_keeps_what_was_typed(visitor: Visitor) -> None:
    visitor.reach(DETAILS)
    visitor.fill_in(Identity(email="pas une adresse", phone="12", tax_number="123"), captcha=False)
    visitor.press_confirm()
    expect(visitor.summary).to_be_focused()
    expect(visitor.page).to_have_title(re.compile("^Erreur : "))
    for link in visitor.summary.get_by_role("link").all():
        link.click()
        field = visitor.page.locator(":focus")
        expect(field).to_have_attribute("aria-invalid", "true")
        described = str(field.get_attribute("aria-describedby")).split()[0]
        expect(visitor.page.locator(f"#{described}")).to_contain_text(str(link.text_content()))
    assert visitor.summary.get_by_role("link").count() >= 3
    expect(visitor.field("Adresse électronique")).to_have_value("pas une adresse")


def test_a_lost_link_is_sent_again_and_nobody_learns_whether_it_exists(
    visitor: Visitor, post_office: MailServer
) -> None:
    who = Identity(email="perdu@example.org")
    reference = visitor.book(who)
    first = letters.wait_for(post_office, who.email, 1)
    messages = set()
    answer = visitor.page.get_by_role("status").filter(has_text=SENT)
    for typed_reference, address in (
        ("", ""),
        (reference.lower().replace("-", " "), who.email.upper()),
        (reference, "quelquun@example.org"),
        ("AAA-BBB-CCC", who.email),
    ):
        # From this very address, its anchor included, the browser would not load the page again.
        visitor.page.goto("about:blank")
        visitor.go("/contact#retrouver")
        visitor.has_loaded()
        expect(answer).to_have_count(0)
        visitor.field("Référence du rendez-vous").fill(typed_reference)
        visitor.field("Adresse électronique").fill(address)
        visitor.button("Recevoir le lien").click()
        if not typed_reference:
            expect(visitor.summary).to_be_focused()
            continue
        expect(answer).to_be_visible()
        messages.add(answer.inner_text())
    assert len(messages) == 1
    again = letters.wait_for(post_office, who.email, 2)
    assert again.link == first.link
    assert letters.to(post_office, "quelquun@example.org") == []


def test_an_address_that_the_mail_server_refuses_is_told_at_once_and_corrected(
    visitor: Visitor, post_office: MailServer
) -> None:
    wrong, right = "refusee@example.org", "acceptee@example.org"
    post_office.refused.add(wrong)
    visitor.book(Identity(email=wrong))
    visitor.says(f"L’adresse {wrong} n’a pas été acceptée")
    expect(visitor.page.get_by_text("est envoyé à l’adresse")).to_have_count(0)
    follow_up = visitor.link("dès maintenant").get_attribute("href")

    visitor.button("Corriger l’adresse").click()
    address = visitor.field("Nouvelle adresse électronique")
    expect(address).to_be_focused()
    address.fill(wrong)
    visitor.button("Enregistrer l’adresse").click()
    expect(visitor.summary).to_contain_text("celle-ci n’a pas été acceptée")
    address.fill(right)
    visitor.button("Enregistrer l’adresse").click()
    visitor.says("Adresse corrigée")
    expect(visitor.page.get_by_text("n’a pas été acceptée")).to_have_count(0)
    letters.wait_for(post_office, right, 1)

    assert follow_up
    visitor.go(follow_up)
    visitor.has_loaded()
    expect(visitor.page.get_by_role("listitem").filter(has_text="n’a pas été acceptée")).to_have_count(1)
    expect(visitor.button("Corriger l’adresse")).to_have_count(0)


def test_a_link_that_leads_nowhere_explains_itself(visitor: Visitor) -> None:
    # One that the portal made, whose appointment is erased, was not cut in copying.
    erased = (addresses.follow_up(access.manage_token("x")), addresses.confirm_appointment(access.confirm_token("x")))
    for path in erased:
        visitor.go(path)
        visitor.has_loaded()
        visitor.says("Le rendez-vous date de plus de treize mois")
    visitor.go("/rendez-vous/suivi/abcdef-abcdefghijklmnop")
    visitor.has_loaded()
    visitor.says("Il est incomplet")
    expect(visitor.page.get_by_role("heading", name="Ce lien ne mène plus à un rendez-vous")).to_be_visible()
    visitor.link("Recevoir le lien à nouveau").click()
    expect(visitor.field("Référence du rendez-vous")).to_be_visible()


@pytest.mark.parametrize("asked", ["fetch('/rien')", "new Image().src = '/rien'"])
def test_an_answer_that_refuses_does_not_go_unseen(visitor: Visitor, asked: str) -> None:
    visitor.go("/aide")
    visitor.has_loaded()
    assert visitor.real_troubles() == []
    visitor.page.evaluate(f"() => {{ {asked} }}")
    until(visitor.page, lambda: any("404" in trouble and "/rien" in trouble for trouble in visitor.real_troubles()))
    visitor.tolerate("404")


def test_a_page_that_is_refused_does_not_go_unseen(visitor: Visitor) -> None:
    visitor.go("/nulle-part")
    until(visitor.page, lambda: any("404" in trouble for trouble in visitor.real_troubles()))
    visitor.tolerate("404")


def test_an_address_that_leads_nowhere_has_a_page_in_french(visitor: Visitor) -> None:
    visitor.tolerate("404")
    visitor.go("/nulle-part")
    visitor.has_loaded()
    expect(visitor.title).to_have_text("Cette page n’existe pas")
    visitor.reads_french()
    visitor.link("Revenir à l’accueil").click()
    visitor.is_at("/", re.compile("Vos démarches"))
    for refused in ("/_upload", "/rendez-vous/../etc", "/captcha/abc.png"):
        assert visitor.context.request.get(f"{visitor.address}{refused}").status == 404


def test_without_javascript_pages_read_and_say_how_to_get_an_appointment(browser: Browser, portal: Portal) -> None:
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    for path in PUBLIC_PAGES:
        page.goto(f"{portal.url}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert len(page.get_by_role("main").inner_text()) > 150, path
    for path in ("/", *WITH_SCRIPT, "/rendez-vous/suivi/abcdef-abcdefghijklmnop"):
        page.goto(f"{portal.url}{path}")
        words = re.sub(r"\s", " ", page.locator("body").inner_text())
        assert words.count("besoin de JavaScript") == 1, path
        assert "01 99 00 12 34" in words, path
        assert "Chargement" not in words, path
        expect(page.locator("main form.form:visible")).to_have_count(0)
    context.close()


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/espace-particulier/connexion", ("Numéro fiscal", "Mot de passe", "Recopiez les caractères de l’image")),
        (
            "/espace-professionnel/connexion",
            ("Adresse électronique", "Mot de passe", "Recopiez les caractères de l’image"),
        ),
    ],
    ids=["personal", "professional"],
)
def test_signing_in_with_nothing_marks_every_field(visitor: Visitor, path: str, names: tuple[str, ...]) -> None:
    visitor.go(path)
    visitor.has_loaded()
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
    visitor.button("Se connecter").click()
    refused = visitor.page.get_by_role("alert").filter(has_text="Vous n’êtes pas connecté")
    expect(refused).to_be_focused()
    expect(refused.get_by_role("link")).to_have_count(3)
    for at, name in enumerate(names):
        field = visitor.field(name)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile(r"Erreur\s:\s"))
        refused.get_by_role("link").nth(at).click()
        expect(field).to_be_focused()


def test_a_browser_that_refuses_cookies_is_told_so(arrive: Arrive, portal: Portal) -> None:
    with line_to(portal.port, without_cookies=True) as line:
        visitor = arrive(PHONE, address=line.url)
        visitor.go(CHANNEL)
        visitor.has_loaded()
        expect(visitor.page.get_by_role("heading", name="Votre navigateur refuse les cookies")).to_be_visible()
        visitor.go("/")
        visitor.open_blocks()
        expect(visitor.page.get_by_role("heading", name="Votre navigateur refuse les cookies")).to_be_visible()
        assert visitor.context.cookies() == []


def test_the_demo_mailbox_shows_the_mails_of_ones_own_browser(
    pages: None, arrive: Arrive, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running(Portal(tmp_path_factory.mktemp("mailbox"))) as own, settings_of(own):
        visitor = arrive(PHONE, at=own)
        visitor.go("/demo/courriels")
        visitor.has_loaded()
        visitor.says("Aucun courriel pour l’instant.")
        reference = visitor.book(Identity(email="boite@example.org"))
        visitor.link("ouvrir la boîte de démonstration").click()
        visitor.is_at("/demo/courriels", "Boîte de démonstration")
        letter = visitor.page.get_by_role("button", name=re.compile("^Ouvrir"))
        expect(letter).to_have_count(1)
        letter.click()
        expect(visitor.page.get_by_role("article")).to_contain_text(reference)
        with visitor.page.expect_download() as download:
            visitor.link("rendez-vous.ics").press("Enter")
        assert "BEGIN:VEVENT" in Path(download.value.path()).read_text(encoding="utf-8")
        visitor.link("Voir le message mis en forme").press("Enter")
        expect(visitor.page).to_have_url(re.compile("/demo/courriels/[0-9]+/message$"))
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        expect(visitor.page.locator("body")).to_contain_text(reference)
        visitor.page.get_by_role("link", name="Revenir à la boîte de démonstration").press("Enter")
        visitor.has_loaded()
        letter.click()
        visitor.link("Suivre le lien du message").click()
        expect(visitor.title).to_have_text("Votre rendez-vous")
        visitor.page.get_by_role("button", name="Annuler", exact=True).click()
        visitor.button("Oui, annuler").click()
        visitor.says("Ce rendez-vous est annulé.")
        visitor.go("/demo/courriels")
        visitor.has_loaded()
        expect(letter).to_have_count(2)

        stranger = arrive(at=own)
        stranger.go("/demo/courriels")
        stranger.has_loaded()
        stranger.says("Aucun courriel pour l’instant.")
        assert reference not in stranger.page.content()


def test_contact_blocks_answer_what_needs_no_appointment(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.open_blocks(("Particulier", "Un message ou un appel suspect"))
    visitor.says("Assistance : 01 99 00 12 34")
    visitor.go("/")
    visitor.open_blocks(INCOME_TAX[:2])
    visitor.page.get_by_role("navigation", name="Fil d’Ariane").get_by_role("link", name="Particulier").click()
    visitor.is_at("/contact", "Particulier")
