"""The activation code: who passed the CAPTCHA once is not asked again, and who is asked again sees a picture."""

from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Locator, Page, expect
from sqlmodel import func, select

from app.models import AuditEvent
from app.services import database
from tests.e2e.axe import Sweep
from tests.e2e.conftest import Arrive
from tests.e2e.personal import ACTIVATION, CREATION, DONE, IDENTIFIERS, PEOPLE, Person
from tests.e2e.test_professional_nothing_is_lost import TITLES
from tests.e2e.test_professional_sign_up import (
    CODE,
    CODE_ADDRESS,
    REGISTERED,
    SUMMARY,
    choose_identifiers,
    code_and_link,
    refuses,
    sign_up,
)
from tests.e2e.test_professional_sign_up import IDENTIFIERS as PROFESSIONAL_IDENTIFIERS
from tests.e2e.visitor import PHONE_SMALL, Visitor
from tests.smtp import MailServer

_CODE_FIELD, _ADDRESS_FIELD = "Code d’activation", "Adresse électronique de connexion"
_PROFESSIONAL_CODE_FIELD = "Saisissez le code d’activation"


def test_two_wrong_codes_do_not_bring_the_picture_back(arrive: Arrive, post_office: MailServer) -> None:
    person = Person(arrive(), PEOPLE[2], "deux.codes@example.org")
    person.ask()
    code, link = person.code_and_link(post_office)
    elsewhere = arrive()
    there = Person(elsewhere, PEOPLE[2], person.email)
    elsewhere.page.goto(link)
    there.is_at(ACTIVATION)
    elsewhere.field(_CODE_FIELD).fill("AAAAAAAAAAAA")
    elsewhere.copy_captcha()
    activate(elsewhere)
    refuses(elsewhere, email="Saisissez l’adresse électronique à laquelle ce code a été envoyé")
    expect(picture(elsewhere)).to_have_count(0)
    elsewhere.field(_ADDRESS_FIELD).fill(person.email)
    for number, wrong in enumerate(("BBBBBBBBBBBB", "CCCCCCCCCCCC"), start=1):
        elsewhere.field(_CODE_FIELD).fill(wrong)
        activate(elsewhere)
        refuses(elsewhere, code="Vérifiez le code")
        has_tried(elsewhere, number)
        expect(picture(elsewhere)).to_have_count(0)
    elsewhere.field(_CODE_FIELD).fill(code)
    activate(elsewhere)
    there.is_at(DONE)


def test_who_left_in_another_tab_is_asked_with_a_picture(visitor: Visitor, post_office: MailServer) -> None:
    email = "parti.ailleurs@example.org"
    sign_up(visitor, email)
    code, link = code_and_link(post_office, email)
    visitor.page.goto(link)
    visitor.is_at(CODE, TITLES[CODE])
    visitor.field(_PROFESSIONAL_CODE_FIELD).fill("AAAAAAAAAAAA")
    visitor.copy_captcha()
    visitor.button("Continuer").click()
    refuses(visitor, code="Vérifiez le code")
    expect(picture(visitor)).to_have_count(0)
    first, _ = visitor.page, visitor.new_tab()
    visitor.go(CODE)
    visitor.has_loaded()
    visitor.button("Effacer et quitter").click()
    visitor.is_at("/", "Vos démarches fiscales, à l’heure qui vous convient")
    visitor.page = first
    visitor.field(_PROFESSIONAL_CODE_FIELD).fill(code)
    visitor.button("Continuer").click()
    refuses(visitor, captcha="Recopiez les six caractères")
    expect(picture(visitor)).to_be_visible()
    expect(visitor.field(_PROFESSIONAL_CODE_FIELD)).to_have_value(code)
    visitor.copy_captcha()
    visitor.button("Continuer").click()
    visitor.is_at(CODE_ADDRESS, TITLES[CODE_ADDRESS])


def test_an_address_that_takes_no_mail_is_told_where_the_code_is_waited_for_and_corrected(
    arrive: Arrive, post_office: MailServer, sweep: Callable[[Page], Sweep]
) -> None:
    visitor, wrong, right = arrive(PHONE_SMALL), "pas.de.boite@example.org", "avec.boite@example.org"
    post_office.refused.add(wrong)
    sign_up(visitor, wrong)
    is_told_to_correct(visitor, wrong)
    sweep(visitor.page).look("sign-up, address refused")
    expect(visitor.page.get_by_text("L’envoi est immédiat")).to_have_count(0)

    visitor.button("Corriger l’adresse").click()
    visitor.is_at(PROFESSIONAL_IDENTIFIERS, TITLES[PROFESSIONAL_IDENTIFIERS])
    visitor.says("Corrigez l’adresse électronique")
    expect(visitor.field(_ADDRESS_FIELD)).to_have_value(wrong)
    choose_identifiers(visitor, right)
    expect(visitor.field("Nom")).to_have_value("O'Connor-Ñuñez")
    visitor.button("Continuer").click()
    visitor.is_at(SUMMARY, TITLES[SUMMARY])
    visitor.button("Valider").click()
    visitor.is_at(REGISTERED, TITLES[REGISTERED])
    visitor.says("Un code d’activation a été envoyé")
    code_and_link(post_office, right)
    expect(visitor.page.get_by_text("n’a pas été acceptée")).to_have_count(0)


def test_the_address_of_a_personal_space_is_corrected_too(arrive: Arrive, post_office: MailServer) -> None:
    person = Person(arrive(PHONE_SMALL), PEOPLE[3], "pas.de.boite.non.plus@example.org")
    visitor, wrong = person.visitor, person.email
    post_office.refused.add(wrong)
    visitor.go(CREATION)
    person.say_who()
    visitor.says("Créez vos identifiants")
    person.types(person.addresses)
    for label in ("Mot de passe de connexion", "Confirmez votre mot de passe de connexion"):
        visitor.field(label).fill(person.password)
    person.go_on()
    is_told_to_correct(visitor, wrong)
    expect(visitor.page.get_by_role("heading", name="Corrigez votre adresse")).to_be_visible()
    expect(visitor.page.get_by_role("textbox")).to_have_count(0)

    visitor.button("Corriger l’adresse").click()
    person.is_at(IDENTIFIERS)
    expect(visitor.field(_ADDRESS_FIELD)).to_have_value(wrong)
    corrected = replace(person, email="avec.boite.cette.fois@example.org")
    corrected.choose_identifiers()
    corrected.activate(corrected.code_and_link(post_office)[0])


def is_told_to_correct(visitor: Visitor, address: str) -> None:
    """Read on the narrowest screen, without a reload, that the address takes no mail."""
    visitor.says(f"L’adresse {address} n’a pas été acceptée")
    expect(visitor.button("Corriger l’adresse")).to_be_visible()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE_SMALL["width"]


def picture(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("img", name="Image à recopier")


def activate(visitor: Visitor) -> None:
    visitor.button("Activer mon espace").click()


def has_tried(visitor: Visitor, times: int) -> None:
    """Wait until this browser's refused codes are so many and the screen has the answer to the last one."""
    mine = select(func.count()).where(AuditEvent.event == "activation", AuditEvent.visitor_key == visitor.key())
    counted = 0
    for _ in range(150):
        with database.reading() as session:
            counted = session.exec(mine).one()
        if counted == times:
            break
        visitor.page.wait_for_timeout(100)
    assert counted == times
    expect(visitor.button("Activer mon espace")).to_have_attribute("aria-disabled", "false")
