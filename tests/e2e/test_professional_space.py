"""The professional space after activation: from the sign-in to a lost password and back in."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from sqlmodel import col, update

from app import clock
from app.content import static_pages
from app.models import AccountSession, RecoveryToken
from app.services import database
from app.services.accounts import passwords
from app.services.form_drafts import Form
from app.settings import get_settings
from tests.e2e import letters
from tests.e2e.axe import Sweep
from tests.e2e.conftest import Arrive
from tests.e2e.space import (
    ADDRESS,
    DETAILS,
    NEW_PASSWORD,
    PRIVATE,
    RECOVERY,
    RESET,
    SERVICES,
    SESSIONS,
    SIGN_IN,
    SIMPLIFIED,
    SPACE,
    Professional,
    a_professional,
    code_in,
    exactly,
    link_in,
    refuses,
)
from tests.e2e.test_one_seat import is_kept
from tests.e2e.visitor import DESKTOP, PHONE_SMALL, Visitor
from tests.smtp import MailServer

SECOND = "Violon-Orange73-Nuage-Pl0mb"
THIRD = "Tambour_Vert58_Falaise_Givre"


@pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
def test_a_professional_changes_everything_then_comes_back_after_a_lost_password(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    width = screen["width"]
    is_phone = screen is not DESKTOP
    visitor = arrive(screen, has_touch=is_phone, is_mobile=is_phone, accept_downloads=True)
    lila = a_professional(visitor, f"lila.space.{width}@example.org", f"2026051000{width:04}")
    old_address, new_address = lila.email, f"rosemonde.{width}@example.org"

    sign_in_from_home(lila, is_phone)
    visitor.says("Votre espace est vide pour l’instant")
    visitor.says("100 entreprises par espace")
    visitor.says(lila.number)
    expect(visitor.page.get_by_text("Votre mot de passe a plus d’un an")).to_have_count(0)

    visitor.link("Gérer les services").click()
    visitor.is_at(SERVICES, "Gérer les services")
    expect(visitor.page.get_by_role("heading", name="Données personnelles")).to_be_visible()
    visitor.link("Modifier mes coordonnées").click()
    visitor.is_at(DETAILS, "Modifier mes coordonnées")
    change_details(lila)
    check_summary(lila)
    change_password(lila, SECOND)
    assert letters.wait_for(post_office, old_address, 1).subject == "Votre mot de passe a été changé"
    change_address(lila, new_address, post_office)
    close_the_other_session(lila, arrive)

    sign_out(visitor, is_phone)
    visitor.go(DETAILS)
    visitor.is_at(SIGN_IN, "Connexion à votre espace professionnel")

    visitor.link("Mot de passe oublié ?").click()
    visitor.is_at(RECOVERY, "Mot de passe oublié")
    lila.fill_in_recovery(answer="PAUL")
    lila.go_on()
    visitor.says("Si ces informations correspondent à un espace professionnel")
    link = link_in(letters.wait_for(post_office, new_address, 2))
    visitor.go(link)
    visitor.is_at(link, "Choisissez un nouveau mot de passe")
    visitor.says(new_address)
    choose_password(visitor, THIRD)
    lila.save()
    visitor.is_at(link, "Votre mot de passe est changé")
    letters.wait_for(post_office, new_address, 3)
    visitor.go(link)
    visitor.is_at(link, "Ce lien ne sert plus")

    lila.password = SECOND
    visitor.go(SIGN_IN)
    lila.fill_in_sign_in()
    visitor.button("Se connecter").click()
    expect(visitor.page.get_by_role("heading", name="Vous n’êtes pas connecté")).to_be_visible()
    lila.password = THIRD
    lila.sign_in()


def sign_in_from_home(who: Professional, is_phone: bool) -> None:
    visitor = who.visitor
    visitor.go("/")
    visitor.has_loaded()
    if is_phone:
        visitor.button("Menu").click()
        navigation = visitor.page.get_by_role("navigation", name="Menu principal")
    else:
        navigation = visitor.page.get_by_role("navigation", name="Navigation principale")
    navigation.get_by_role("link", name="Connexion à l’espace professionnel").click()
    visitor.is_at(SIGN_IN, "Connexion à votre espace professionnel")
    who.fill_in_sign_in()
    visitor.button("Se connecter").click()
    visitor.is_at(SPACE, "Votre espace professionnel")


def sign_out(visitor: Visitor, is_phone: bool) -> None:
    if is_phone:
        visitor.button("Menu").click()
    visitor.button("Se déconnecter").click()
    visitor.is_at(SIGN_IN, "Connexion à votre espace professionnel")


def change_details(who: Professional) -> None:
    visitor = who.visitor
    expect(visitor.field("Nom")).to_have_value("Rosemonde")
    expect(visitor.field("Téléphone")).to_have_value(re.compile("01.99.00.12.34"))
    visitor.field("Nom").fill("Rosemonde-Ñuñez")
    visitor.field("Code postal").fill("11000")
    visitor.field("Commune").fill("Carcassonne")
    who.save()
    visitor.says("Vos coordonnées sont enregistrées.")
    account = who.account
    assert (account.last_name, account.postal_code, account.commune) == ("Rosemonde-Ñuñez", "11000", "Carcassonne")
    assert (account.phone, account.trust_answer) == ("+33199001234", "Paul")


def check_summary(who: Professional) -> None:
    visitor = who.visitor
    expect(visitor.link("Sauvegardez ou imprimez le récapitulatif")).to_have_count(0)
    visitor.field("Votre mot de passe").fill("une autre phrase")
    who.go_on()
    refuses(visitor, password="Vérifiez votre mot de passe")
    visitor.field("Votre mot de passe").fill(who.password)
    who.go_on()
    with visitor.page.expect_download() as download:
        visitor.link("Sauvegardez ou imprimez le récapitulatif").click()
    text = "".join(page.extract_text() for page in PdfReader(download.value.path()).pages)
    for words in (who.number, who.email, "Rosemonde-Ñuñez", "Paul"):
        assert words in text


def choose_password(visitor: Visitor, password: str, again: str = "") -> None:
    visitor.field("Nouveau mot de passe").fill(password)
    visitor.field("Confirmez votre nouveau mot de passe").fill(again or password)


def change_password(who: Professional, password: str) -> None:
    visitor = who.visitor
    visitor.link("Changer mon mot de passe").click()
    visitor.is_at(NEW_PASSWORD, "Changer mon mot de passe")
    visitor.field("Mot de passe actuel").fill("ce n’est pas lui")
    choose_password(visitor, password)
    expect(visitor.page.get_by_text("Niveau de sécurité : Fort")).to_be_visible()
    who.save()
    refuses(visitor, old_password="Vérifiez votre mot de passe")
    visitor.field("Mot de passe actuel").fill(who.password)
    choose_password(visitor, "Court7", "Court8")
    who.save()
    refuses(visitor, password="20\u00a0caractères", password_again="deux fois le même mot de passe")
    choose_password(visitor, "Lampe-Rosemonde-73-Falaise")
    who.save()
    refuses(visitor, password="Retirez du mot de passe votre nom")
    choose_password(visitor, password)
    who.save()
    visitor.says("Votre mot de passe est changé")
    assert passwords.verify(password, who.account.password_hash)
    who.password = password


def change_address(who: Professional, address: str, post_office: MailServer) -> None:
    visitor, old = who.visitor, who.email
    visitor.go(ADDRESS)
    visitor.has_loaded()
    visitor.field("Nouvelle adresse électronique de connexion").fill(address)
    visitor.field("Confirmez la nouvelle adresse").fill(f"x{address}")
    visitor.field("Votre mot de passe").fill(who.password)
    who.go_on()
    refuses(visitor, email_again="deux fois la même adresse")
    visitor.field("Confirmez la nouvelle adresse").fill(address.upper())
    visitor.field("Votre mot de passe").fill(who.password)
    who.go_on()
    visitor.says(f"Un code a été envoyé à {address}")
    visitor.field("Code reçu").fill("AAAAAAAAAAAA")
    exactly(visitor, "Valider").click()
    refuses(visitor, code="Vérifiez le code")
    visitor.page.reload()
    visitor.has_loaded()
    visitor.says(f"Un code a été envoyé à {address}")
    assert who.account.email == old
    visitor.field("Code reçu").fill(code_in(letters.wait_for(post_office, address, 1)))
    exactly(visitor, "Valider").click()
    visitor.says("Votre adresse est changée")
    assert who.account.email == address
    letters.wait_for(post_office, old, 2)
    who.email = address


def close_the_other_session(who: Professional, arrive: Arrive) -> None:
    elsewhere = Professional(arrive(), who.email, who.number, who.password)
    elsewhere.sign_in()
    visitor = who.visitor
    visitor.go(SESSIONS)
    visitor.has_loaded()
    visitor.says("Ce navigateur")
    visitor.page.get_by_role("button", name=re.compile("^Fermer cette session")).click()
    visitor.says("La session est fermée.")
    visitor.says("Aucune autre session n’est ouverte.")
    elsewhere.visitor.link("Gérer les services").click()
    elsewhere.visitor.is_at(SIGN_IN, "Connexion à votre espace professionnel")
    assert who.number not in elsewhere.visitor.page.content()


@pytest.mark.parametrize("path", PRIVATE)
def test_nothing_of_a_space_shows_without_signing_in(path: str, visitor: Visitor) -> None:
    visitor.go(path)
    visitor.is_at(SIGN_IN, "Connexion à votre espace professionnel")


def test_a_session_that_ends_while_a_form_is_open_saves_nothing(visitor: Visitor) -> None:
    lila = a_professional(visitor, "lila.ended@example.org", "20260510001001")
    lila.enter()
    visitor.go(DETAILS)
    visitor.has_loaded()
    visitor.field("Nom").fill("Personne")
    with database.writing() as session:
        session.execute(
            update(AccountSession)
            .where(col(AccountSession.account_id) == lila.account.id)
            .values(last_seen_at=clock.now() - timedelta(minutes=31))
        )
    lila.save()
    visitor.is_at(SIGN_IN, "Connexion à votre espace professionnel")
    assert lila.account.last_name == "Rosemonde"


def test_signing_out_closes_every_tab_of_the_browser(visitor: Visitor) -> None:
    lila = a_professional(visitor, "lila.tabs@example.org", "20260510001002")
    lila.enter()
    first = visitor.page
    visitor.new_tab()
    visitor.go(DETAILS)
    visitor.is_at(DETAILS, "Modifier mes coordonnées")
    second, visitor.page = visitor.page, first
    sign_out(visitor, is_phone=False)
    visitor.page = second
    visitor.is_at(SIGN_IN, "Connexion à votre espace professionnel")


def test_what_was_typed_and_not_saved_outlives_reloads_and_restarts(visitor: Visitor) -> None:
    visitor.tolerate("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_SOCKET", "WebSocket connection to")
    lila = a_professional(visitor, "lila.typed@example.org", "20260510001003")
    lila.enter()
    visitor.go(DETAILS)
    visitor.has_loaded()
    visitor.field("Prénom").fill("Lila-Rose")
    visitor.field("Libellé de la voie").fill("de l’Abbé")
    visitor.field("Libellé de la voie").blur()
    expect(visitor.field("Prénom")).to_have_value("Lila-Rose")
    is_kept(visitor, Form.DETAILS, first_name="Lila-Rose", street_name="de l’Abbé")
    visitor.portal.restart()
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.field("Prénom")).to_have_value("Lila-Rose")
    expect(visitor.field("Libellé de la voie")).to_have_value("de l’Abbé")

    # Somebody else who signs in at the same browser sees their own details.
    sign_out(visitor, is_phone=False)
    other = a_professional(visitor, "other.typed@example.org", "20260510001004", first_name="Anh")
    other.sign_in()
    visitor.go(DETAILS)
    visitor.has_loaded()
    expect(visitor.field("Prénom")).to_have_value("Anh")
    assert lila.account.first_name == "Lila"


def test_an_old_password_brings_a_hint(visitor: Visitor) -> None:
    long_ago = clock.now() - timedelta(days=366)
    lila = a_professional(visitor, "lila.old@example.org", "20260510001005", password_changed_at=long_ago)
    lila.enter()
    visitor.says("Votre mot de passe a plus d’un an.")
    visitor.link("changer mon mot de passe").click()
    visitor.is_at(NEW_PASSWORD, "Changer mon mot de passe")


@pytest.mark.parametrize("width", [1024, 1280])
def test_a_long_name_is_cut_so_that_the_header_stays_on_one_line(width: int, arrive: Arrive) -> None:
    visitor = arrive({"width": width, "height": 800})
    names = {"first_name": "Marie-Antoinette-Joséphine", "last_name": "Wolfeschlegelstein-Hausenberger"}
    lila = a_professional(visitor, f"lila.long.{width}@example.org", f"2026051002{width:04}", **names)
    lila.enter()
    header = visitor.page.get_by_role("navigation", name="Navigation principale")
    name = header.get_by_role("link", name=f"{names['first_name']} {names['last_name']}")
    expect(name).to_be_visible()
    assert name.evaluate("link => link.scrollWidth > link.clientWidth"), "cut by an ellipsis"
    for each in [*header.get_by_role("link").all(), header.get_by_role("button")]:
        box = each.bounding_box()
        assert box is not None
        assert box["height"] < 60, each.inner_text()
        assert box["width"] > 60, each.inner_text()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_simplified_space_has_its_services_open_at_once(visitor: Visitor) -> None:
    lila = a_professional(visitor, "lila.simple@example.org", "20260510001006", **SIMPLIFIED)
    lila.enter()
    visitor.says("732 829 320")
    messaging = visitor.page.get_by_role("listitem").filter(has_text="Messagerie")
    expect(messaging).to_contain_text("Ouvert")
    messaging.get_by_text("Ouvrir").click()
    expect(messaging.get_by_text("Aucun message reçu.")).to_be_visible()
    visitor.go(DETAILS)
    visitor.has_loaded()
    expect(visitor.field("Adresse électronique de contact de l’entreprise")).to_have_value("contact@example.org")
    expect(visitor.field("Numéro de voie")).to_have_count(0)


def test_the_trust_answer_changes_only_after_the_password_and_never_comes_back(visitor: Visitor) -> None:
    lila = a_professional(visitor, "lila.trust@example.org", "20260510001007")
    lila.enter()
    visitor.go(DETAILS)
    visitor.has_loaded()
    expect(visitor.field("Réponse à la question de confiance")).to_have_count(0)
    visitor.field("Votre mot de passe").fill(lila.password)
    lila.go_on()
    visitor.field("Question de confiance").select_option(label="Quel est votre surnom\u00a0?")
    exactly(visitor, "Enregistrer ces réponses").click()
    refuses(visitor, trust_answer="Indiquez la réponse")
    visitor.field("Réponse à la question de confiance").fill("Lilou")
    exactly(visitor, "Enregistrer ces réponses").click()
    visitor.says("C’est enregistré.")
    assert (lila.account.trust_question, lila.account.trust_answer) == ("surnom", "Lilou")
    expect(visitor.field("Réponse à la question de confiance")).to_have_value("")

    with database.writing() as session:
        session.execute(update(AccountSession).values(password_given_at=clock.now() - timedelta(minutes=6)))
    visitor.field("Réponse à la question de confiance").fill("Autre")
    exactly(visitor, "Enregistrer ces réponses").click()
    refuses(visitor, password="saisissez à nouveau votre mot de passe")
    assert lila.account.trust_answer == "Lilou"


def test_an_address_of_another_space_is_refused_and_a_change_can_be_given_up(visitor: Visitor) -> None:
    lila = a_professional(visitor, "lila.taken@example.org", "20260510001008")
    a_professional(visitor, "somebody.taken@example.org", "20260510001009")
    lila.enter()
    visitor.go(ADDRESS)
    visitor.has_loaded()
    for address, words in (
        ("somebody.taken@example.org", "déjà associée à un espace"),
        ("certificat@guichet.example", "certificat"),
        (lila.email, "Saisissez une autre adresse"),
    ):
        visitor.field("Nouvelle adresse électronique de connexion").fill(address)
        visitor.field("Confirmez la nouvelle adresse").fill(address)
        visitor.field("Votre mot de passe").fill(lila.password)
        lila.go_on()
        refuses(visitor, email=words)
    visitor.field("Nouvelle adresse électronique de connexion").fill("free.taken@example.org")
    visitor.field("Confirmez la nouvelle adresse").fill("free.taken@example.org")
    visitor.field("Votre mot de passe").fill(lila.password)
    lila.go_on()
    visitor.says("Un code a été envoyé à free.taken@example.org")
    exactly(visitor, "Garder l’adresse actuelle").click()
    expect(visitor.field("Nouvelle adresse électronique de connexion")).to_be_visible()


def test_a_new_address_that_takes_no_mail_is_told_and_another_is_tried(arrive: Arrive, post_office: MailServer) -> None:
    visitor, wrong, right = arrive(PHONE_SMALL), "pas.de.boite.ici@example.org", "boite.ici@example.org"
    post_office.refused.add(wrong)
    lila = a_professional(visitor, "lila.garde@example.org", "20260510001077")
    lila.enter()
    visitor.go(ADDRESS)
    visitor.has_loaded()
    for name in ("Nouvelle adresse électronique de connexion", "Confirmez la nouvelle adresse"):
        visitor.field(name).fill(wrong)
    visitor.field("Votre mot de passe").fill(lila.password)
    lila.go_on()
    visitor.says(f"L’adresse {wrong} n’a pas été acceptée")
    visitor.says(f"votre adresse reste {lila.email}")
    expect(visitor.page.locator("#refus")).to_be_focused()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE_SMALL["width"]

    for name in ("Nouvelle adresse électronique de connexion", "Confirmez la nouvelle adresse"):
        expect(visitor.field(name)).to_have_value(wrong)
        visitor.field(name).fill(right)
    visitor.field("Votre mot de passe").fill(lila.password)
    lila.go_on()
    visitor.says(f"Un code a été envoyé à {right}")
    visitor.field("Code reçu").fill(code_in(letters.wait_for(post_office, right, 1)))
    exactly(visitor, "Valider").click()
    visitor.says("Votre adresse est changée")


def test_recovery_answers_the_same_whoever_asks_and_writes_to_the_owner_only(
    visitor: Visitor, post_office: MailServer
) -> None:
    lila = a_professional(visitor, "lila.neutral@example.org", "20260510001010")
    visitor.go(RECOVERY)
    lila.fill_in_recovery()
    visitor.field("Numéro d’abonné").fill("2026")
    visitor.field("Réponse à la question de confiance").fill("")
    visitor.field("Recopiez les caractères de l’image").fill("000000")
    lila.go_on()
    refuses(
        visitor,
        subscriber_number="14\u00a0chiffres",
        trust_answer="Saisissez la réponse",
        captcha="Les caractères ne correspondent pas",
    )
    visitor.field("Numéro d’abonné").fill(lila.number)
    visitor.field("Numéro d’abonné").blur()
    is_kept(visitor, Form.RECOVERY, subscriber_number=lila.number)
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.field("Adresse électronique de connexion")).to_have_value(lila.email)
    expect(visitor.field("Numéro d’abonné")).to_have_value(lila.number)
    expect(visitor.field("Réponse à la question de confiance")).to_have_value("")

    lila.fill_in_recovery(number="2026", answer=" ")
    lila.go_on()
    refuses(visitor, subscriber_number="14\u00a0chiffres", trust_answer="Saisissez la réponse")
    visitor.field("Numéro d’abonné").fill("20260510009999")
    visitor.field("Réponse à la question de confiance").fill("Paul")
    lila.go_on()
    answer = visitor.page.get_by_role("main")
    visitor.says("Demande prise en compte")
    wrong = answer.inner_text()

    visitor.go(RECOVERY)
    lila.fill_in_recovery()
    lila.go_on()
    visitor.says("Demande prise en compte")
    assert answer.inner_text() == wrong
    letters.wait_for(post_office, lila.email, 1)


def test_a_link_that_is_wrong_or_too_old_explains_itself(visitor: Visitor, post_office: MailServer) -> None:
    lila = a_professional(visitor, "lila.late@example.org", "20260510001011")
    visitor.go(f"{RESET}/{'x' * 43}")
    visitor.is_at(f"{RESET}/{'x' * 43}", "Ce lien ne sert plus")
    visitor.link("Demander un nouveau lien").click()
    visitor.is_at(RECOVERY, "Mot de passe oublié")
    lila.fill_in_recovery()
    lila.go_on()
    visitor.says("Demande prise en compte")
    link = link_in(letters.wait_for(post_office, lila.email, 1))
    visitor.go(link)
    visitor.has_loaded()
    choose_password(visitor, "Un mot de passe avec des espaces 7")
    lila.save()
    refuses(visitor, password="Retirez les espaces")
    choose_password(visitor, SECOND)
    with database.writing() as session:
        session.execute(update(RecoveryToken).values(expires_at=clock.now() - timedelta(seconds=1)))
    lila.save()
    visitor.is_at(link, "Ce lien ne sert plus")
    assert passwords.verify(lila.password, lila.account.password_hash)


def test_the_assistance_gets_one_mail_and_what_was_typed_outlives_a_reload(
    visitor: Visitor, post_office: MailServer
) -> None:
    visitor.go("/aide")
    visitor.has_loaded()
    visitor.page.get_by_role("contentinfo").get_by_role("link", name="Écrire à l’assistance").click()
    visitor.is_at("/aide/assistance", "Écrire à l’assistance")
    before = len(letters.to(post_office, get_settings().assistance_email))
    picture = visitor.page.get_by_role("img", name="Image à recopier")
    expect(picture).to_be_visible()
    wrong = {
        "name": "Indiquez votre nom",
        "email": "Saisissez votre adresse",
        "subject": "Choisissez le sujet",
        "question": "Écrivez votre question",
    }
    exactly(visitor, "Envoyer").click()
    refuses(visitor, **wrong, captcha="Recopiez les six caractères")
    visitor.copy_captcha()
    exactly(visitor, "Envoyer").click()
    refuses(visitor, **wrong)
    expect(picture).to_have_count(0)
    visitor.field("Nom et prénom").fill("Lila Rosemonde")
    visitor.field("Adresse électronique").fill("lila.help@example.org")
    visitor.field("Sujet").select_option(index=1)
    visitor.field("Votre question").fill("Où est mon code ?\n<b>Merci</b>")
    visitor.field("Votre question").blur()
    is_kept(visitor, Form.ASSISTANCE, question="Où est mon code ?\n<b>Merci</b>")
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.field("Votre question")).to_have_value("Où est mon code ?\n<b>Merci</b>")
    expect(picture).to_have_count(0)
    exactly(visitor, "Envoyer").click()
    visitor.says("Votre message est parti")
    mail = letters.wait_for(post_office, get_settings().assistance_email, before + 1)
    assert "Où est mon code\u00a0?" in mail.text
    assert "<b>Merci</b>" not in mail.html
    visitor.page.reload()
    visitor.has_loaded()
    expect(picture).to_be_visible()


def test_every_sheet_opens_and_help_stands_at_the_same_place(visitor: Visitor) -> None:
    titles = {page.title for page in static_pages.all_pages() if page.id.startswith("aide-")}
    visitor.go("/aide")
    visitor.has_loaded()
    paths = {
        path
        for link in visitor.page.get_by_role("main").get_by_role("link").all()
        if (path := str(link.get_attribute("href")).partition("#")[0].rstrip("/")).startswith("/aide/")
    }
    seen = set()
    for path in sorted(paths):
        visitor.go(path)
        visitor.has_loaded()
        seen.add(visitor.title.inner_text())
        block = visitor.page.get_by_role("region", name="Assistance")
        expect(block).to_contain_text("du lundi au vendredi de 8\u00a0h à 18\u00a0h")
        expect(block.get_by_role("link", name="Écrire à l’assistance")).to_be_visible()
    assert seen >= titles


def test_every_state_can_be_used_by_everybody(visitor: Visitor, sweep: Callable[[Page], Sweep]) -> None:
    lila = a_professional(visitor, "lila.axe@example.org", "20260510001012")
    eyes = sweep(visitor.page)
    visitor.go(RECOVERY)
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
    eyes.look("recovery")
    lila.enter()
    eyes.look("the empty space")
    for path, title in ((SERVICES, "Gérer les services"), (SESSIONS, "Mes sessions ouvertes")):
        visitor.go(path)
        visitor.is_at(path, title)
        expect(visitor.page.get_by_text("Chargement…")).to_have_count(0)
        eyes.look(title)
    visitor.go(DETAILS)
    visitor.has_loaded()
    visitor.field("Nom").fill("")
    lila.save()
    refuses(visitor, last_name="Indiquez votre nom")
    eyes.look("details refused")
    visitor.field("Nom").fill("Rosemonde")
    lila.save()
    visitor.says("Vos coordonnées sont enregistrées.")
    visitor.field("Votre mot de passe").fill(lila.password)
    lila.go_on()
    expect(visitor.link("Sauvegardez ou imprimez le récapitulatif")).to_be_visible()
    eyes.look("details saved and revealed")
    visitor.go(NEW_PASSWORD)
    visitor.has_loaded()
    visitor.field("Nouveau mot de passe").fill(SECOND)
    expect(visitor.page.get_by_text("Niveau de sécurité : Fort")).to_be_visible()
    eyes.look("new password")
    visitor.go(ADDRESS)
    visitor.has_loaded()
    expect(visitor.field("Nouvelle adresse électronique de connexion")).to_be_visible()
    eyes.look("new address")
