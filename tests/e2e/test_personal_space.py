"""A personal space, from the header's link to the first sign-in, out again, and back after a lost password."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.models import RequestOutcome, SpaceKind
from app.services.accounts.registration import PERSONAL_KIND
from tests.accounts import make_account
from tests.e2e import letters
from tests.e2e.axe import Sweep
from tests.e2e.conftest import Arrive
from tests.e2e.personal import (
    ACTIVATION,
    CODE,
    CONTACTS,
    CREATION,
    DONE,
    IDENTIFIERS,
    IDENTITIES,
    PASSWORD,
    PEOPLE,
    RECOVERY,
    RESET,
    SIGN_IN,
    Person,
    is_phone,
    requests_of,
    spaces_of,
)
from tests.e2e.space import refuses
from tests.e2e.test_one_seat import is_kept
from tests.e2e.visitor import DESKTOP, PHONE_SMALL, Visitor
from tests.smtp import MailServer

NEW_PASSWORD = "Mirabelle-trottoir-9-enclume-violet"


@pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
def test_a_person_creates_a_space_signs_in_and_out_and_replaces_a_lost_password(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    visitor = arrive(screen, has_touch=is_phone(screen), is_mobile=is_phone(screen))
    identity = PEOPLE[0] if is_phone(screen) else PEOPLE[1]
    person = Person(visitor, identity, f"particulier.{screen['width']}@example.org")

    visitor.go("/")
    visitor.has_loaded()
    person.navigation().get_by_role("link", name="Connexion à l’espace particulier").click()
    person.is_at(SIGN_IN)
    visitor.link("Je crée mon espace particulier").click()
    person.say_who()
    check_strength(visitor)
    person.choose_identifiers()
    visitor.says(person.email)
    assert [request.outcome for request in requests_of(person.email)] == [RequestOutcome.PENDING]
    assert spaces_of(identity) == []

    code, link = person.code_and_link(post_office)
    visitor.page.goto(link)
    person.is_at(CODE)
    expect(visitor.field("Code d’activation")).to_have_value(code)
    visitor.button("Activer mon espace").dblclick()
    person.is_at(DONE)
    visitor.says(person.name)
    [account] = spaces_of(identity)
    assert (account.last_name, account.email) == (identity.last_name, person.email)

    visitor.link("Se connecter").click()
    person.password = "Un-autre-mot-de-passe-7-faux"
    person.fill_in_sign_in()
    visitor.button("Se connecter").click()
    person.is_at(SIGN_IN)
    expect(visitor.page.get_by_role("heading", name="Vous n’êtes pas connecté")).to_be_visible()
    expect(visitor.field("Numéro fiscal")).to_have_value(identity.tax_number)
    person.password = PASSWORD
    person.sign_in()
    person.is_signed_in()
    person.sign_out()
    assert not [cookie for cookie in visitor.context.cookies() if "session" in str(cookie["name"])]

    visitor.link("Mot de passe oublié\u00a0?").click()
    person.fill_in_recovery()
    person.go_on()
    visitor.says("Demande prise en compte")
    mail = letters.wait_for(post_office, person.email, 2)
    found = re.search(rf"https?://\S+{RESET}/[\w-]+", mail.text)
    assert found, mail.text
    visitor.page.goto(found[0])
    visitor.is_at(found[0].removeprefix(visitor.address), "Choisissez un nouveau mot de passe")
    visitor.field("Nouveau mot de passe").fill(NEW_PASSWORD)
    visitor.field("Confirmez votre nouveau mot de passe").fill(NEW_PASSWORD)
    visitor.button("Enregistrer").click()
    visitor.says("Votre mot de passe est changé")
    visitor.link("Se connecter").click()
    person.password = NEW_PASSWORD
    person.sign_in()
    person.is_signed_in()
    letters.wait_for(post_office, person.email, 3)
    visitor.go(SIGN_IN)
    expect(visitor.page).to_have_url(re.compile(f"{CONTACTS}/?$"))
    assert len(spaces_of(identity)) == 1


def test_the_code_is_worth_the_same_in_another_browser(arrive: Arrive, post_office: MailServer) -> None:
    asking, elsewhere = arrive(), arrive(PHONE_SMALL, has_touch=True, is_mobile=True)
    person = Person(asking, PEOPLE[2], "autre.navigateur@example.org")
    person.ask()
    code, link = person.code_and_link(post_office)

    there = Person(elsewhere, PEOPLE[2], person.email)
    elsewhere.page.goto(link)
    there.is_at(ACTIVATION)
    expect(elsewhere.field("Code d’activation")).to_have_value(code)
    assert person.email not in elsewhere.page.content()
    elsewhere.field("Adresse électronique de connexion").fill("quelqu.un@example.org")
    elsewhere.copy_captcha()
    elsewhere.button("Activer mon espace").click()
    refuses(elsewhere, email="Saisissez l’adresse électronique à laquelle ce code a été envoyé")
    elsewhere.field("Adresse électronique de connexion").fill(person.email.upper())
    elsewhere.button("Activer mon espace").click()
    there.is_at(DONE)
    elsewhere.says(person.name)

    asking.page.reload()
    person.is_at(CODE)
    asking.go(f"{ACTIVATION}?code={code}")
    person.is_at(CODE)
    expect(asking.field("Code d’activation")).to_have_value(code)
    asking.button("Activer mon espace").click()
    refuses(asking, code="Ce code a déjà servi")
    asking.page.get_by_role("link", name="connectez-vous", exact=True).click()
    person.is_at(SIGN_IN)


def test_numbers_that_do_not_fit_are_refused_and_stay(visitor: Visitor) -> None:
    person = Person(visitor, PEOPLE[3], "numeros.faux@example.org")
    make_account("deja@example.org", kind=SpaceKind.PERSONAL, tax_number=person.identity.tax_number)
    visitor.go(CREATION)
    person.is_at(CREATION)
    person.types({"Numéro fiscal": "123", "Numéro d’accès en ligne": "91111", "Revenu fiscal de référence": "beaucoup"})
    person.go_on()
    refuses(
        visitor,
        tax_number="Saisissez les 13\u00a0chiffres",
        access_number="Saisissez les 7\u00a0chiffres",
        reference_income="Saisissez votre revenu fiscal de référence en euros",
        captcha="Recopiez les six caractères",
    )
    wrong = person.numbers | {"Revenu fiscal de référence": "1"}
    person.types(wrong)
    visitor.copy_captcha()
    person.go_on()
    refuses(visitor, tax_number="elles ne correspondent à aucun contribuable")
    person.finds(wrong)
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_have_count(0)
    person.types(person.numbers)
    person.go_on()
    refuses(visitor, tax_number="Un espace particulier existe déjà pour ce numéro fiscal")
    visitor.page.get_by_role("link", name="Connectez-vous", exact=True).click()
    person.is_at(SIGN_IN)


def test_an_address_in_use_or_a_wrong_code_is_refused_where_it_is_typed(
    visitor: Visitor, post_office: MailServer
) -> None:
    taken = "adresse.prise@example.org"
    make_account(taken, kind=SpaceKind.PERSONAL, tax_number="0000000999999")
    make_account("libre.pour.moi@example.org", kind=SpaceKind.PROFESSIONAL, subscriber_number="20260510007009")
    person = Person(visitor, PEOPLE[4], taken)
    visitor.go(CREATION)
    person.say_who()
    person.types(person.addresses)
    visitor.field("Mot de passe de connexion").fill("court1")
    visitor.field("Confirmez votre mot de passe de connexion").fill("court2")
    person.go_on()
    refuses(
        visitor,
        email="déjà associée à un espace particulier",
        password="20\u00a0caractères",
        password_again="Saisissez deux fois le même mot de passe",
    )
    person.email = "libre.pour.moi@example.org"
    person.choose_identifiers()
    visitor.button("Activer mon espace").click()
    refuses(visitor, code="Saisissez les 12")
    visitor.field("Code d’activation").fill("AAAAAAAAAAAA")
    visitor.button("Activer mon espace").click()
    refuses(visitor, code="Vérifiez le code")
    first, _ = person.code_and_link(post_office)

    visitor.button("Recommencer avec une autre adresse").click()
    person.say_who()
    person.types(person.addresses)
    visitor.field("Mot de passe de connexion").fill(PASSWORD)
    visitor.field("Confirmez votre mot de passe de connexion").fill(PASSWORD)
    person.go_on()
    refuses(visitor, email="Une demande est déjà en cours pour cette adresse")
    person.email = "une.autre.encore@example.org"
    person.choose_identifiers()
    visitor.field("Code d’activation").fill(first)
    visitor.button("Activer mon espace").click()
    refuses(visitor, code="Vérifiez le code")
    person.activate(person.code_and_link(post_office)[0])


def test_who_never_asked_for_a_space_erases_the_request_from_the_mail(arrive: Arrive, post_office: MailServer) -> None:
    asking, owner = arrive(), arrive()
    person = Person(asking, PEOPLE[5], "pas.moi.particulier@example.org")
    person.ask()
    link = re.search(
        r"https?://\S+/espace-particulier/pas-moi/\S+", letters.wait_for(post_office, person.email, 1).text
    )
    assert link
    owner.page.goto(link[0])
    owner.has_loaded()
    owner.says("Quelqu’un a demandé un espace particulier")
    owner.button("Ce n’est pas moi, effacer la demande").click()
    owner.says("La demande est effacée.")
    assert requests_of(person.email) == []
    asking.page.reload()
    person.is_at(CREATION)


def test_a_wrong_address_gets_the_same_answer_and_no_link(visitor: Visitor, post_office: MailServer) -> None:
    person = Person(visitor, PEOPLE[0], "inconnue.ici@example.org")
    visitor.go(RECOVERY)
    person.is_at(RECOVERY)
    visitor.field("Numéro fiscal").fill("12")
    person.go_on()
    refuses(visitor, tax_number="Saisissez les 13", email="adresse", captcha="Recopiez les six caractères")
    person.fill_in_recovery()
    visitor.page.reload()
    visitor.has_loaded()
    expect(visitor.field("Numéro fiscal")).to_have_value(person.identity.tax_number)
    expect(visitor.field("Adresse électronique de connexion")).to_have_value(person.email)
    visitor.copy_captcha()
    person.go_on()
    visitor.says("Demande prise en compte")
    visitor.page.wait_for_timeout(1000)
    assert letters.to(post_office, person.email) == []
    visitor.go(f"{RESET}/{'x' * 43}")
    expect(visitor.title).to_have_text("Ce lien ne sert plus")
    expect(visitor.link("Demander un nouveau lien")).to_have_attribute("href", re.compile(RECOVERY))


def test_an_identity_of_the_demonstration_is_taken_with_one_click(visitor: Visitor) -> None:
    visitor.go(SIGN_IN)
    visitor.has_loaded()
    visitor.link("Voir les identités de démonstration").click()
    visitor.is_at(IDENTITIES, "Identités de démonstration")
    expect(visitor.page.get_by_role("main").get_by_role("heading", level=2)).to_have_count(len(PEOPLE))
    for which in (6, 7):
        person = Person(visitor, PEOPLE[which], "un.clic@example.org")
        visitor.go(IDENTITIES)
        visitor.has_loaded()
        entry = visitor.page.get_by_role("listitem").filter(has=visitor.page.get_by_role("heading", name=person.name))
        entry.get_by_role("link", name="Créer l’espace de cette identité").click()
        person.is_at(CREATION)
        person.finds(person.numbers)
    person.types({"Revenu fiscal de référence": "7"})
    is_kept(visitor, PERSONAL_KIND, reference_income="7")
    visitor.page.reload()
    visitor.has_loaded()
    person.finds(person.numbers | {"Revenu fiscal de référence": "7"})


def test_both_spaces_may_be_open_at_once_and_each_has_its_way_out(visitor: Visitor) -> None:
    person = Person(visitor, PEOPLE[8], "les.deux@example.org")
    names = {"first_name": person.identity.first_name, "last_name": person.identity.last_name}
    make_account(person.email, PASSWORD, SpaceKind.PERSONAL, tax_number=person.identity.tax_number, **names)
    make_account(person.email, PASSWORD, first_name="Odile", last_name="Gérante", subscriber_number="20260510007010")
    visitor.go(SIGN_IN)
    person.sign_in()
    visitor.go("/espace-professionnel/connexion")
    visitor.has_loaded()
    visitor.field("Adresse électronique").fill(person.email)
    visitor.field("Mot de passe").fill(PASSWORD)
    visitor.copy_captcha()
    visitor.button("Se connecter").click()
    visitor.is_at("/espace-professionnel", re.compile("[Ee]space"))
    person.is_signed_in()
    header = person.navigation()
    expect(header.get_by_role("link", name="Odile Gérante")).to_be_visible()
    header.get_by_role("button", name="Se déconnecter de l’espace professionnel").click()
    visitor.is_at("/espace-professionnel/connexion", "Connexion à votre espace professionnel")
    person.is_signed_in()
    person.sign_out()


def test_the_keyboard_alone_creates_a_space_up_to_its_code(visitor: Visitor) -> None:
    person, keys = Person(visitor, PEOPLE[7], "clavier.particulier@example.org"), visitor.page.keyboard
    visitor.go(CREATION)
    person.is_at(CREATION)
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
    tab_to(visitor, "Numéro fiscal")
    keys.press("Enter")
    expect(visitor.summary).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(visitor.field("Numéro fiscal")).to_be_focused()
    for label, value in person.numbers.items():
        tab_to(visitor, label)
        keys.type(value)
    tab_to(visitor, "Recopiez les caractères de l’image")
    keys.type(visitor.captcha_answer())
    keys.press("Enter")
    person.is_at(IDENTIFIERS)
    expect(visitor.title).to_be_focused()
    secrets = {"Mot de passe de connexion": PASSWORD, "Confirmez votre mot de passe de connexion": PASSWORD}
    for label, value in (person.addresses | secrets).items():
        tab_to(visitor, label)
        keys.type(value)
    keys.press("Enter")
    person.is_at(CODE)
    expect(visitor.title).to_be_focused()


def test_every_screen_of_a_personal_space_is_accessible(
    arrive: Arrive, sweep: Callable[[Page], Sweep], post_office: MailServer
) -> None:
    visitor = arrive()
    eyes, person = sweep(visitor.page), Person(visitor, PEOPLE[9], "oeil.particulier@example.org")
    visitor.go(IDENTITIES)
    visitor.is_at(IDENTITIES, "Identités de démonstration")
    eyes.look("identities")
    visitor.go(SIGN_IN)
    visitor.has_loaded()
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
    eyes.look("sign-in")
    visitor.field("Numéro fiscal").fill("12")
    visitor.button("Se connecter").click()
    expect(visitor.page.get_by_role("heading", name="Vous n’êtes pas connecté")).to_be_visible()
    eyes.look("sign-in refused")
    visitor.go(RECOVERY)
    visitor.has_loaded()
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
    person.go_on()
    expect(visitor.summary).to_be_focused()
    eyes.look("lost password refused")
    visitor.go(f"{ACTIVATION}?code=AAAAAAAAAAAA")
    person.is_at(ACTIVATION)
    visitor.button("Activer mon espace").click()
    expect(visitor.summary).to_be_focused()
    eyes.look("activation refused")
    visitor.go(CREATION)
    visitor.has_loaded()
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
    eyes.look("numbers")
    person.go_on()
    expect(visitor.summary).to_be_focused()
    eyes.look("numbers refused")
    person.say_who()
    eyes.look("identifiers")
    person.go_on()
    expect(visitor.summary).to_be_focused()
    eyes.look("identifiers refused")
    person.choose_identifiers()
    eyes.look("code")
    visitor.button("Activer mon espace").click()
    expect(visitor.summary).to_be_focused()
    eyes.look("code refused")
    first = visitor.page
    visitor.new_tab()
    visitor.go(CODE)
    visitor.has_loaded()
    expect(visitor.button("Reprendre")).to_be_visible()
    assert person.email not in visitor.page.content()
    other = sweep(visitor.page)
    other.look("begun in another tab")
    visitor.page.close()
    visitor.page = first
    person.activate(person.code_and_link(post_office)[0])
    eyes.look("done")
    visitor.link("Se connecter").click()
    person.sign_in()
    visitor.go("/aide/espace-particulier")
    visitor.has_loaded()
    person.is_signed_in()
    eyes.look("signed in")


def check_strength(visitor: Visitor) -> None:
    password = visitor.field("Mot de passe de connexion")
    password.fill("courte1")
    visitor.says("Niveau de sécurité\u00a0: Faible")
    password.fill(PASSWORD)
    visitor.says("Niveau de sécurité\u00a0: Fort")
    expect(password).to_have_attribute("type", "password")
    visitor.button("Afficher le mot de passe").first.click()
    expect(password).to_have_attribute("type", "text")


def tab_to(visitor: Visitor, label: str) -> None:
    """Press the Tab key until the field of this label has the focus."""
    field = visitor.field(label)
    for _ in range(60):
        if field.evaluate("each => each === document.activeElement"):
            return
        visitor.page.keyboard.press("Tab")
    raise AssertionError(label)
