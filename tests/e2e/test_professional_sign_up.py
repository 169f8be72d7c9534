"""A professional space, from the header's link to the first sign-in and out again."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from sqlmodel import select

from app.content import wording
from app.models import Account, RequestOutcome, SignUpRequest
from app.services import database
from app.services.accounts import requests
from app.services.accounts import sign_up as sign_up_service
from tests.accounts import make_account
from tests.e2e import letters
from tests.e2e.axe import Sweep
from tests.e2e.conftest import Arrive, settings_of
from tests.e2e.portal import Portal, running
from tests.e2e.space import RECOVERY, a_professional, refuses
from tests.e2e.test_one_seat import is_kept
from tests.e2e.visitor import DESKTOP, PHONE_SMALL, Visitor
from tests.smtp import MailServer

SIGN_IN, CHOICE = "/espace-professionnel/connexion", "/espace-professionnel/choix"
CONDITIONS, IDENTIFIERS = "/espace-professionnel/creation/conditions", "/espace-professionnel/creation/identifiants"
FORM, SUMMARY = "/espace-professionnel/creation/formulaire", "/espace-professionnel/creation/recapitulatif"
REGISTERED = "/espace-professionnel/creation/enregistrement"
CODE, CODE_ADDRESS = "/espace-professionnel/activation/code", "/espace-professionnel/activation/identifiants"
ACTIVATED, SPACE = "/espace-professionnel/activation/recapitulatif", "/espace-professionnel"
WITHDRAWAL = "/espace-professionnel/annuler-demande"
PASSWORD = "Correct-cheval-7-batterie-agrafe-zinc"


def accounts_of(email: str) -> list[Account]:
    with database.reading() as session:
        return list(session.exec(select(Account).where(Account.email_key == email)))


def requests_of(email: str) -> list[SignUpRequest]:
    with database.reading() as session:
        return list(session.exec(select(SignUpRequest).where(SignUpRequest.email_key == email)))


@pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
def test_a_person_signs_up_activates_and_signs_in(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    is_phone = screen is not DESKTOP
    visitor = arrive(screen, has_touch=is_phone, is_mobile=is_phone)
    sign_up_activate_and_sign_in(visitor, post_office, is_phone=is_phone)


def sign_up_activate_and_sign_in(visitor: Visitor, post_office: MailServer, *, is_phone: bool) -> None:
    """Walk from the home page into the space and out again, reading the mail and the PDF on the way."""
    email = f"lila.espace.{uuid4().hex[:8]}@example.org"

    visitor.go("/")
    visitor.has_loaded()
    open_sign_in(visitor, is_phone=is_phone)
    visitor.link("Créer votre espace professionnel").click()
    visitor.is_at(CHOICE, "Créer votre espace professionnel")
    visitor.link("Créez votre espace en mode expert").click()
    accept_terms(visitor)
    choose_identifiers(visitor, email)
    fill_in_form(visitor)
    visitor.is_at(SUMMARY, "Récapitulatif")
    assert visitor.fact("Nom") == "O'Connor-Ñuñez"
    assert visitor.fact("Téléphone") == "01 99 00 12 34"
    assert visitor.fact("Question de confiance") == "Quel est le prénom de votre conjoint(e) ?"
    visitor.button("Valider").dblclick()
    visitor.is_at(REGISTERED, "Enregistrement")
    for words in (
        email,
        "vérifiez que cette adresse est correcte",
        "indésirables",
        "n’est pas un mot de passe. Il ne sert qu’une fois",
        "48 heures à compter de l’envoi du code",
        "puis « Activer »",
    ):
        visitor.says(words)
    visitor.page.reload()
    visitor.has_loaded()
    visitor.says(email)
    assert [request.outcome for request in requests_of(email)] == [RequestOutcome.PENDING]
    assert accounts_of(email) == []

    code, link = code_and_link(post_office, email)
    visitor.page.goto(link)
    visitor.is_at(CODE, "Code d’activation")
    expect(visitor.field("Saisissez le code d’activation")).to_have_value(code)
    visitor.copy_captcha()
    visitor.button("Continuer").click()
    visitor.is_at(CODE_ADDRESS, "Identifiants")
    assert visitor.fact("Code d’activation") == code
    visitor.field("Saisissez votre adresse électronique de connexion").fill(email.upper())
    visitor.button("Continuer").dblclick()
    visitor.is_at(ACTIVATED, "Votre inscription")
    [account] = accounts_of(email)
    visitor.says("O'CONNOR-ÑUÑEZ Lila")
    visitor.says(f"sous le numéro {account.subscriber_number}")
    check_summary_file(visitor, account)

    visitor.link("Accédez à vos services en ligne").click()
    sign_in(visitor, email, "Un-autre-mot-de-passe-7-faux")
    visitor.is_at(SIGN_IN, "Connexion à votre espace professionnel")
    expect(visitor.page.get_by_role("heading", name="Vous n’êtes pas connecté")).to_be_visible()
    expect(visitor.field("Adresse électronique")).to_have_value(email)
    sign_in(visitor, "", PASSWORD)
    visitor.is_at(SPACE, re.compile("[Ee]space"))
    check_sign_out_ends_every_tab(visitor, is_phone=is_phone)


def test_a_company_is_signed_up_in_simplified_mode_and_its_account_number_is_never_shown_again(
    visitor: Visitor, post_office: MailServer
) -> None:
    email = "entreprise.simple@example.org"
    visitor.go(CHOICE)
    visitor.has_loaded()
    visitor.link("Créez votre espace en mode simplifié").click()
    accept_terms(visitor)
    choose_identifiers(visitor, email)
    visitor.field("SIREN de l’entreprise").fill("732 829 321")
    visitor.field("Compte bancaire de prélèvement (IBAN)").fill("FR14 2004 1010 0505 0001 3M02 607")
    visitor.button("Continuer").click()
    expect(visitor.summary).to_contain_text("Vérifiez le SIREN")
    expect(visitor.summary).to_contain_text("Vérifiez l’IBAN")
    visitor.field("SIREN de l’entreprise").fill("732 829 320")
    visitor.field("Compte bancaire de prélèvement (IBAN)").fill("FR14 2004 1010 0505 0001 3M02 606")
    visitor.field("Adresse électronique de contact de l’entreprise").fill("contact@example.org")
    fill_in_person(visitor)
    visitor.button("Continuer").click()
    visitor.is_at(SUMMARY, "Récapitulatif")
    assert visitor.fact(r"Compte bancaire de prélèvement \(IBAN\)") == "FR14 •••• 2606"
    visitor.link("Modifier l’entreprise").click()
    expect(visitor.field("SIREN de l’entreprise")).to_have_value("732 829 320")
    expect(visitor.field("Compte bancaire de prélèvement (IBAN)")).to_have_value("")
    visitor.says("FR14 •••• 2606")
    visitor.button("Continuer").click()
    visitor.is_at(SUMMARY, "Récapitulatif")
    visitor.button("Valider").click()
    visitor.is_at(REGISTERED, "Enregistrement")

    code, _ = code_and_link(post_office, email)
    withdraw(visitor, email, code)
    assert [request.outcome for request in requests_of("")][-1:] == [RequestOutcome.WITHDRAWN]
    visitor.go(f"{CODE}?code={code}")
    visitor.has_loaded()
    visitor.copy_captcha()
    visitor.button("Continuer").click()
    expect(visitor.summary).to_contain_text("la demande a été annulée")


def test_who_never_asked_for_a_space_erases_the_request_from_the_mail(arrive: Arrive, post_office: MailServer) -> None:
    asking, owner = arrive(), arrive()
    email = "pas.moi@example.org"
    sign_up(asking, email)
    link = re.search(r"https?://\S+/pas-moi/\S+", letters.wait_for(post_office, email, 1).text)
    assert link

    owner.page.goto(link[0])
    owner.has_loaded()
    expect(owner.title).to_have_text("Ce n’est pas vous ?")
    assert len(requests_of(email)) == 1, "opening the link changes nothing"
    owner.button("Ce n’est pas moi, effacer la demande").click()
    owner.says("La demande est effacée.")
    assert requests_of(email) == []
    owner.page.reload()
    owner.has_loaded()
    owner.says("Il n’y a rien à effacer")


def test_nobody_skips_a_step_and_another_tab_asks_before_it_shows_anything(visitor: Visitor) -> None:
    for address in (IDENTIFIERS, FORM, SUMMARY, REGISTERED):
        visitor.go(address)
        visitor.is_at(CHOICE, "Créer votre espace professionnel")
    visitor.link("Créez votre espace en mode expert").click()
    accept_terms(visitor)
    choose_identifiers(visitor, "sauter@example.org")
    visitor.go(SUMMARY)
    visitor.is_at(FORM, "Remplissez votre formulaire d’inscription")
    visitor.field("Nom").fill("Rosemonde")
    visitor.field("Prénom").fill("Lila")
    is_kept(visitor, sign_up_service.KIND, last_name="Rosemonde", first_name="Lila")

    visitor.new_tab()
    visitor.go(FORM)
    visitor.has_loaded()
    expect(visitor.button("Reprendre")).to_be_visible()
    assert "Rosemonde" not in visitor.page.content()
    visitor.button("Reprendre").click()
    expect(visitor.field("Nom")).to_have_value("Rosemonde")
    visitor.page.get_by_role("button", name="Effacer", exact=True).click()
    expect(visitor.field("Nom")).to_have_value("")
    expect(visitor.title).to_be_focused()

    visitor.button("Effacer et quitter").click()
    visitor.is_at("/", "Vos démarches fiscales, à l’heure qui vous convient")
    visitor.go(FORM)
    visitor.is_at(CHOICE, "Créer votre espace professionnel")


def test_terms_open_beside_the_step_and_every_field_of_the_identifiers_takes_what_is_pasted(visitor: Visitor) -> None:
    visitor.go(CHOICE)
    visitor.has_loaded()
    visitor.link("Créez votre espace en mode expert").click()
    visitor.is_at(CONDITIONS, "Acceptez les conditions générales")
    visitor.page.get_by_role("checkbox", name="Je reconnais avoir pris connaissance").check()
    with visitor.context.expect_page() as opened:
        visitor.link("conditions générales").click()
    expect(opened.value.get_by_role("heading", level=1)).to_contain_text("Conditions générales")
    # A tab that is closed before its connection stands leaves a warning.
    expect(opened.value.get_by_role("main")).to_have_attribute("data-loaded", "yes")
    opened.value.close()
    visitor.is_at(CONDITIONS, "Acceptez les conditions générales")
    expect(visitor.page.get_by_role("checkbox", name="Je reconnais avoir pris connaissance")).to_be_checked()
    accept_terms(visitor)

    copied = "Copie.7@example.org"
    address, again = (
        visitor.field("Adresse électronique de connexion"),
        visitor.field("Confirmez l’adresse électronique de connexion"),
    )
    password, password_again = (
        visitor.field("Mot de passe de connexion"),
        visitor.field("Confirmez votre mot de passe de connexion"),
    )
    address.fill(copied)
    address.press("Control+A")
    address.press("Control+C")
    for field, autocomplete in ((again, "email"), (password, "new-password"), (password_again, "new-password")):
        field.press("Control+V")
        expect(field).to_have_value(copied)
        expect(field).to_have_attribute("autocomplete", autocomplete)
    # A password copied from the address is refused like any other that holds it.
    visitor.button("Continuer").click()
    expect(visitor.summary).to_contain_text("20\u00a0caractères")


def test_an_address_in_use_is_refused_on_the_screen_where_it_is_typed(visitor: Visitor) -> None:
    a_professional(visitor, "deja.prise@example.org", "20260510007001")
    visitor.go(CHOICE)
    visitor.has_loaded()
    visitor.link("Créez votre espace en mode expert").click()
    accept_terms(visitor)
    for email, words in (
        ("deja.prise@example.org", "déjà associée à un espace professionnel"),
        ("certificat@guichet.example", "rattachée à un espace professionnel avec certificat"),
        (f"{'x' * 90}@example.org", "100"),
    ):
        type_identifiers(visitor, email)
        visitor.button("Continuer").click()
        refuses(visitor, email=words)
    visitor.field("Adresse électronique de connexion").fill("libre@example.org")
    visitor.field("Confirmez l’adresse électronique de connexion").fill("libre@example.org")
    visitor.button("Continuer").click()
    visitor.is_at(FORM, "Remplissez votre formulaire d’inscription")


def test_the_sign_in_screen_leads_everywhere_and_a_refusal_brings_a_new_picture(visitor: Visitor) -> None:
    lila = a_professional(visitor, "ecran.connexion@example.org", "20260510007003")
    visitor.go(SIGN_IN)
    visitor.has_loaded()
    notice = visitor.page.get_by_text("renouvelez votre mot de passe régulièrement et ne l’utilisez que sur ce site")
    expect(notice).to_contain_text("20 caractères au moins")
    visitor.button("Fermer ce message").click()
    expect(notice).to_have_count(0)
    visitor.says("Format attendu\u00a0: adresse@domaine.fr")
    for name, path in (
        ("Mot de passe oublié ?", RECOVERY),
        ("Créer votre espace professionnel", CHOICE),
        ("Activer", CODE),
        ("Accéder aux fiches pratiques", "/aide"),
        ("Payer en ligne", "/payer-impots-locaux"),
    ):
        expect(visitor.link(name)).to_have_attribute("href", re.compile(f"^{path}/?$"))
    password = visitor.field("Mot de passe")
    visitor.button("Afficher le mot de passe").click()
    expect(password).to_have_attribute("type", "text")

    picture = visitor.page.get_by_role("img", name="Image à recopier")
    first = picture.get_attribute("src")
    visitor.button("Changer l’image").click()
    expect(picture).not_to_have_attribute("src", str(first))
    sign_in(visitor, lila.email, "Un-autre-mot-de-passe-7-faux")
    refused = visitor.page.get_by_role("alert").filter(has_text="Vous n’êtes pas connecté")
    expect(refused).to_be_focused()
    expect(refused).not_to_contain_text("caractères")
    first = picture.get_attribute("src")
    visitor.button("Changer l’image").click()
    expect(picture).not_to_have_attribute("src", str(first))
    visitor.field("Mot de passe").fill(lila.password)
    visitor.field("Recopiez les caractères de l’image").fill("000000")
    visitor.button("Se connecter").click()
    expect(refused).to_contain_text("caractères")
    expect(visitor.field("Adresse électronique")).to_have_value(lila.email)
    sign_in(visitor, "", lila.password)
    visitor.is_at(SPACE, "Votre espace professionnel")


def test_while_a_request_waits_for_its_code_its_address_is_refused_until_a_date_and_gets_no_second_mail(
    arrive: Arrive, post_office: MailServer
) -> None:
    email = "en.cours@example.org"
    first, second = arrive(), arrive()
    sign_up(first, email)
    letters.wait_for(post_office, email, 1)
    [request] = requests_of(email)
    second.go(CHOICE)
    second.has_loaded()
    second.link("Créez votre espace en mode expert").click()
    accept_terms(second)
    type_identifiers(second, email.upper())
    second.button("Continuer").click()
    refuses(second, email="Une demande est déjà en cours pour cette adresse électronique")
    with database.reading() as session:
        deadline = requests.deadline(session, request.public_id)
    assert deadline is not None
    until = wording.moment((deadline + timedelta(minutes=1)).astimezone(ZoneInfo("Europe/Paris")))
    expect(second.summary).to_contain_text(f"attendez le {until} (heure de Paris)")
    second.go(FORM)
    second.is_at(IDENTIFIERS, "Créez vos identifiants")
    assert len(requests_of(email)) == len(letters.to(post_office, email)) == 1


def test_a_portal_set_to_neutral_answers_shows_the_same_screens_and_writes_to_the_owner_instead(
    pages: None, arrive: Arrive, post_office: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, options = tmp_path_factory.mktemp("neutral"), {"NEUTRAL_ANSWERS": "1"}
    with running(Portal(folder, smtp_url=post_office.url(), options=options)) as neutral, settings_of(neutral):
        taken, free = "prise.neutre@example.org", "libre.neutre@example.org"
        make_account(taken, subscriber_number="20260510007002")
        shown = []
        for email in (taken, free, free):
            visitor = arrive(at=neutral)
            sign_up(visitor, email)
            words = visitor.page.get_by_role("main").inner_text()
            # Until when differs by the minute, and by the day at midnight.
            shown.append(re.sub(r"jusqu’au .* \(heure de Paris\)", "…", words.replace(email, "…")))
        assert shown[0] == shown[1] == shown[2]
        letter = letters.wait_for(post_office, taken, 1)
        assert "déjà associée" in re.sub(r"\s+", " ", letter.text)
        assert CODE not in letter.text
        assert "déjà en cours" in re.sub(r"\s+", " ", letters.wait_for(post_office, free, 2).text)
        assert requests_of(taken) == []
        assert len(requests_of(free)) == 1


def test_everything_wrong_with_a_withdrawal_is_said_at_once_and_each_guess_costs_a_picture(visitor: Visitor) -> None:
    visitor.go(WITHDRAWAL)
    visitor.has_loaded()
    picture = visitor.page.get_by_role("img", name="Image à recopier")
    expect(picture).to_be_visible()
    visitor.field("Code d’activation").fill("trop court")
    visitor.button("Annuler ma demande").click()
    refuses(
        visitor,
        email="Saisissez votre adresse électronique",
        code="Saisissez les 12\u00a0caractères",
        captcha="Recopiez les six caractères",
    )
    visitor.copy_captcha()
    visitor.button("Annuler ma demande").click()
    refuses(visitor, email="Saisissez votre adresse électronique", code="Saisissez les 12\u00a0caractères")
    expect(picture).to_have_count(0)
    visitor.field("Adresse électronique de la demande").fill("personne@example.org")
    visitor.field("Code d’activation").fill("AAAA AAAA AAAA")
    visitor.button("Annuler ma demande").click()
    refuses(visitor, email="Vérifiez l’adresse et le code")
    expect(picture).to_be_visible()
    visitor.button("Annuler ma demande").click()
    refuses(visitor, captcha="Recopiez les six caractères")


def test_every_screen_of_the_sign_up_is_accessible(visitor: Visitor, sweep: Callable[[Page], Sweep]) -> None:
    eyes = sweep(visitor.page)
    visitor.go(SIGN_IN)
    visitor.has_loaded()
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
    eyes.look("sign-in")
    visitor.button("Fermer ce message").click()
    visitor.link("Créer votre espace professionnel").click()
    visitor.is_at(CHOICE, "Créer votre espace professionnel")
    eyes.look("choice of the mode")
    visitor.link("Créez votre espace en mode expert").click()
    visitor.is_at(CONDITIONS, "Acceptez les conditions générales")
    visitor.button("Continuer").click()
    refuses(visitor, terms="conditions générales", captcha="Recopiez les six caractères")
    eyes.look("terms refused")
    accept_terms(visitor)
    visitor.button("Conseils pour votre mot de passe").click()
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    eyes.look("advice on passwords")
    visitor.page.get_by_role("dialog").get_by_role("button", name="Fermer").click()
    expect(visitor.button("Conseils pour votre mot de passe")).to_be_focused()
    visitor.button("Continuer").click()
    expect(visitor.summary).to_be_focused()
    eyes.look("identifiers refused")
    choose_identifiers(visitor, "oeil@example.org")
    visitor.is_at(FORM, "Remplissez votre formulaire d’inscription")
    visitor.button("Continuer").click()
    expect(visitor.summary).to_be_focused()
    eyes.look("form refused")
    fill_in_form(visitor)
    visitor.is_at(SUMMARY, "Récapitulatif")
    eyes.look("summary")
    visitor.button("Valider").click()
    visitor.is_at(REGISTERED, "Enregistrement")
    eyes.look("registered")


def open_sign_in(visitor: Visitor, *, is_phone: bool) -> None:
    name = "Menu principal" if is_phone else "Navigation principale"
    if is_phone:
        visitor.button("Menu").click()
    navigation = visitor.page.get_by_role("navigation", name=name)
    navigation.get_by_role("link", name="Connexion à l’espace professionnel").click()
    visitor.is_at(SIGN_IN, "Connexion à votre espace professionnel")


def accept_terms(visitor: Visitor) -> None:
    visitor.is_at(CONDITIONS, "Acceptez les conditions générales")
    visitor.page.get_by_role("checkbox", name="Je reconnais avoir pris connaissance").check()
    visitor.copy_captcha()
    visitor.button("Continuer").click()
    visitor.is_at(IDENTIFIERS, "Créez vos identifiants")


def type_identifiers(visitor: Visitor, email: str) -> None:
    visitor.field("Adresse électronique de connexion").fill(email)
    visitor.field("Confirmez l’adresse électronique de connexion").fill(email)
    visitor.field("Mot de passe de connexion").fill(PASSWORD)
    visitor.field("Confirmez votre mot de passe de connexion").fill(PASSWORD)


def choose_identifiers(visitor: Visitor, email: str) -> None:
    visitor.field("Adresse électronique de connexion").fill(email)
    visitor.field("Confirmez l’adresse électronique de connexion").fill(email.upper())
    password = visitor.field("Mot de passe de connexion")
    password.fill("courte1")
    visitor.says("Niveau de sécurité : Faible")
    password.fill(PASSWORD)
    visitor.says("Niveau de sécurité : Fort")
    expect(password).to_have_attribute("type", "password")
    visitor.button("Afficher le mot de passe").first.click()
    expect(password).to_have_attribute("type", "text")
    visitor.field("Confirmez votre mot de passe de connexion").fill(PASSWORD)
    visitor.button("Continuer").click()
    visitor.is_at(FORM, "Remplissez votre formulaire d’inscription")


def fill_in_person(visitor: Visitor) -> None:
    visitor.field("Nom").fill("O'Connor-Ñuñez")
    visitor.field("Prénom").fill("Lila")
    visitor.field("Téléphone").fill("01 99 00 12 34")
    visitor.field("Question de confiance").select_option(label="Quel est le prénom de votre conjoint(e)\u00a0?")
    visitor.field("Réponse à la question de confiance").fill("Paul")


def fill_in_form(visitor: Visitor) -> None:
    fill_in_person(visitor)
    visitor.field("Numéro de voie").fill("12")
    visitor.field("Nature de la voie").select_option(label="rue")
    visitor.field("Libellé de la voie").fill("de Longchamp")
    visitor.field("Code postal").fill("75016")
    expect(visitor.field("Commune")).to_have_value("Paris")
    visitor.button("Continuer").click()


def sign_up(visitor: Visitor, email: str) -> None:
    visitor.go(CHOICE)
    visitor.has_loaded()
    visitor.link("Créez votre espace en mode expert").click()
    accept_terms(visitor)
    choose_identifiers(visitor, email)
    fill_in_form(visitor)
    visitor.is_at(SUMMARY, "Récapitulatif")
    visitor.button("Valider").click()
    visitor.is_at(REGISTERED, "Enregistrement")


def code_and_link(post_office: MailServer, email: str) -> tuple[str, str]:
    """Return the code of the activation mail and the address it leads to."""
    mail = letters.wait_for(post_office, email, 1)
    found = re.search(rf"https?://\S+{CODE}\?code=(\w{{12}})", mail.text)
    assert found, mail.text
    assert found[1] in mail.html
    return found[1], found[0]


def check_summary_file(visitor: Visitor, account: Account) -> None:
    with visitor.page.expect_download() as download:
        visitor.link("Sauvegardez ou imprimez le récapitulatif").click()
    pages = PdfReader(io.BytesIO(download.value.path().read_bytes())).pages
    words = " ".join(page.extract_text() for page in pages)
    assert str(account.subscriber_number) in words
    assert account.email in words


def sign_in(visitor: Visitor, email: str, password: str) -> None:
    visitor.is_at(SIGN_IN, "Connexion à votre espace professionnel")
    if email:
        visitor.field("Adresse électronique").fill(email)
    visitor.field("Mot de passe").fill(password)
    visitor.copy_captcha()
    visitor.button("Se connecter").click()


def check_sign_out_ends_every_tab(visitor: Visitor, *, is_phone: bool) -> None:
    first = visitor.page
    second = visitor.new_tab()
    visitor.go("/aide")
    visitor.has_loaded()
    name = "Menu principal" if is_phone else "Navigation principale"
    if is_phone:
        visitor.button("Menu").click()
    navigation = second.get_by_role("navigation", name=name)
    expect(navigation.get_by_role("link", name="Lila O'Connor-Ñuñez")).to_be_visible()
    navigation.get_by_role("button", name="Se déconnecter").click()
    visitor.is_at(SIGN_IN, "Connexion à votre espace professionnel")
    expect(first).to_have_url(re.compile(rf"{SIGN_IN}(\?.*)?$"))
    assert not [cookie for cookie in visitor.context.cookies() if "session" in str(cookie["name"])]


def withdraw(visitor: Visitor, email: str, code: str) -> None:
    visitor.go(CHOICE)
    visitor.has_loaded()
    visitor.link("Annulez votre demande").click()
    visitor.is_at(WITHDRAWAL, "Annulez votre demande")
    visitor.field("Adresse électronique de la demande").fill(email)
    visitor.field("Code d’activation").fill(code)
    visitor.copy_captcha()
    visitor.button("Annuler ma demande").click()
    visitor.says("La demande est effacée.")
