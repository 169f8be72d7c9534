"""A request for a personal space that does not become one: its owner withdraws it, or comes back too late."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, update

from app import clock
from app.models import Journey, SignUpRequest
from app.services import database, journeys
from app.services.accounts import requests
from tests.e2e import letters
from tests.e2e.axe import Sweep
from tests.e2e.conftest import Arrive
from tests.e2e.personal import ACTIVATION, CODE, CREATION, PEOPLE, Person, is_phone, requests_of, spaces_of
from tests.e2e.space import refuses
from tests.e2e.visitor import DESKTOP, PHONE, PHONE_SMALL, Visitor
from tests.smtp import MailServer

WITHDRAWAL, TITLE = "/espace-particulier/annuler-demande", "Annulez votre demande"
CODE_FIELD, ADDRESS_FIELD = "Code d’activation", "Adresse électronique de connexion"
ADDRESS_OF_REQUEST = "Adresse électronique de la demande"
TOO_LATE = "Ce code n’est plus valable, le délai de 48 heures est passé et la demande est effacée."
ANEW = "Refaites une demande de création, la même adresse peut servir."
NO_MATCH = "aucune demande en cours ne leur correspond"


@pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
def test_a_request_is_withdrawn_where_its_code_is_asked_for_and_made_anew_with_the_same_address(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    visitor = arrive(screen, has_touch=is_phone(screen), is_mobile=is_phone(screen))
    identity = PEOPLE[0] if is_phone(screen) else PEOPLE[1]
    person = Person(visitor, identity, f"renonce.{screen['width']}@example.org")
    person.ask()
    code, link = person.code_and_link(post_office)
    visitor.field(CODE_FIELD).fill(code[:6])
    visitor.field(CODE_FIELD).blur()

    visitor.link(TITLE).click()
    visitor.is_at(WITHDRAWAL, TITLE)
    visitor.fits()
    visitor.button("Annuler ma demande").click()
    refuses(visitor, email="adresse", code="12 caractères", captcha="Recopiez les six caractères")
    withdraw(visitor, person.email, f"{code[:-1]}A" if code[-1] != "A" else f"{code[:-1]}C")
    refuses(visitor, email=NO_MATCH)
    assert len(requests_of(person.email)) == 1
    person.finds({ADDRESS_OF_REQUEST: person.email})
    withdraw(visitor, person.email.upper(), f"{code[:6]} {code[6:]}")
    is_withdrawn(visitor, person)

    visitor.go(CODE)
    person.is_at(CREATION)
    visitor.page.goto(link)
    activate_from_the_link(person, code)
    refuses(visitor, code="la demande a été annulée")

    visitor.link("Je crée mon espace particulier").click()
    create_anew(person, post_office)


def test_the_mail_leads_any_browser_to_the_form_with_the_code_filled_in(
    arrive: Arrive, post_office: MailServer
) -> None:
    asking, elsewhere = arrive(), arrive(PHONE)
    person = Person(asking, PEOPLE[2], "courriel.renonce@example.org")
    person.ask()
    code, _ = person.code_and_link(post_office)
    mail = letters.wait_for(post_office, person.email, 1)
    link = re.search(rf"https?://\S+{WITHDRAWAL}\?code={code}", mail.text)
    assert link, mail.text
    assert link[0] in mail.html

    elsewhere.page.goto(link[0])
    elsewhere.is_at(WITHDRAWAL, TITLE)
    expect(elsewhere.field(CODE_FIELD)).to_have_value(code)
    assert len(requests_of(person.email)) == 1, "opening the link changes nothing"
    withdraw(elsewhere, person.email)
    is_withdrawn(elsewhere, person)
    asking.button("Activer mon espace").click()
    asking.page.reload()
    person.is_at(CREATION)


def test_who_keeps_the_request_goes_back_to_the_screen_of_its_code(visitor: Visitor, post_office: MailServer) -> None:
    person = Person(visitor, PEOPLE[3], "garde.demande@example.org")
    person.ask()
    code, _ = person.code_and_link(post_office)
    visitor.link(TITLE).click()
    visitor.is_at(WITHDRAWAL, TITLE)
    visitor.link("Étape précédente").click()
    person.is_at(CODE)
    person.activate(code)


def test_who_opens_the_mail_too_late_is_told_to_ask_again_and_types_nothing_twice(
    visitor: Visitor, post_office: MailServer
) -> None:
    person = Person(visitor, PEOPLE[4], "trop.tard@example.org")
    person.ask()
    code, link = person.code_and_link(post_office)
    two_days_pass(person)

    visitor.go(CODE)
    person.is_at(CREATION)
    visitor.page.goto(link)
    activate_from_the_link(person, code)
    refuses(visitor, code=TOO_LATE)
    expect(visitor.summary).to_contain_text(ANEW)
    typed = {CODE_FIELD: code, ADDRESS_FIELD: person.email}
    person.finds(typed)
    visitor.page.reload()
    person.is_at(ACTIVATION)
    person.finds(typed)
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_have_count(0)
    assert requests_of(person.email) == []
    assert spaces_of(person.identity) == []

    visitor.link("Je crée mon espace particulier").click()
    create_anew(person, post_office)


def test_who_types_the_code_too_late_where_it_was_asked_for_begins_again_from_there(
    visitor: Visitor, post_office: MailServer
) -> None:
    person = Person(visitor, PEOPLE[5], "encore.tard@example.org")
    person.ask()
    code, _ = person.code_and_link(post_office)
    two_days_pass(person, forgets=False)

    visitor.page.reload()
    person.is_at(CODE)
    visitor.field(CODE_FIELD).fill(code)
    visitor.button("Activer mon espace").click()
    refuses(visitor, code=TOO_LATE)
    expect(visitor.summary).to_contain_text(ANEW)
    person.finds({CODE_FIELD: code})
    visitor.page.reload()
    person.is_at(CODE)
    person.finds({CODE_FIELD: code})
    withdraw_in_vain(person, code)

    visitor.go(CODE)
    person.is_at(CODE)
    visitor.button("Recommencer avec une autre adresse").click()
    create_anew(person, post_office)


def test_every_state_is_accessible(visitor: Visitor, post_office: MailServer, sweep: Callable[[Page], Sweep]) -> None:
    person = Person(visitor, PEOPLE[6], "regards.demande@example.org")
    person.ask()
    code, link = person.code_and_link(post_office)
    eyes = sweep(visitor.page)
    eyes.look("code")
    visitor.page.goto(link.replace(ACTIVATION, WITHDRAWAL))
    visitor.is_at(WITHDRAWAL, TITLE)
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
    eyes.look("withdrawal")
    visitor.button("Annuler ma demande").click()
    expect(visitor.summary).to_be_focused()
    eyes.look("withdrawal refused")
    withdraw(visitor, person.email, code)
    is_withdrawn(visitor, person)
    eyes.look("withdrawn")
    visitor.page.goto(link)
    activate_from_the_link(person, code)
    expect(visitor.summary).to_be_focused()
    eyes.look("activation of a withdrawn request")


def withdraw(visitor: Visitor, email: str, code: str = "") -> None:
    """Fill in the form, the code unless the link brought it, and send it."""
    visitor.field(ADDRESS_OF_REQUEST).fill(email)
    if code:
        visitor.field(CODE_FIELD).fill(code)
    visitor.copy_captcha()
    visitor.button("Annuler ma demande").click()


def is_withdrawn(visitor: Visitor, person: Person) -> None:
    visitor.says("La demande est effacée.")
    expect(visitor.title).to_be_focused()
    assert requests_of(person.email) == []


def withdraw_in_vain(person: Person, code: str) -> None:
    """Try to withdraw what has ended already."""
    visitor = person.visitor
    visitor.link(TITLE).click()
    visitor.is_at(WITHDRAWAL, TITLE)
    withdraw(visitor, person.email, code)
    refuses(visitor, email=NO_MATCH)


def activate_from_the_link(person: Person, code: str) -> None:
    """On the page of the mail's link, in a browser that waits for no code, type the rest and press the button."""
    visitor = person.visitor
    person.is_at(ACTIVATION)
    person.finds({CODE_FIELD: code})
    visitor.field(ADDRESS_FIELD).fill(person.email)
    visitor.copy_captcha()
    visitor.button("Activer mon espace").click()


def create_anew(person: Person, post_office: MailServer) -> None:
    """Ask again with the same address, from the first screen on; the former code shows nowhere."""
    person.say_who()
    person.choose_identifiers()
    person.finds({CODE_FIELD: ""})
    person.activate(person.code_and_link(post_office, 2)[0])
    assert [space.email for space in spaces_of(person.identity)] == [person.email]


def two_days_pass(person: Person, *, forgets: bool = True) -> None:
    """Let the code's 48 hours pass, and with them the day for which the browser knew of the request, unless told."""
    [request] = requests_of(person.email)
    sent = clock.now() - requests.lifetime()
    with database.writing() as session:
        session.execute(
            update(SignUpRequest).where(col(SignUpRequest.id) == request.id).values(created_at=sent, sent_at=sent)
        )
        if forgets:
            mine = update(Journey).where(col(Journey.visitor_key) == person.visitor.key())
            session.execute(mine.values(updated_at=clock.now() - journeys.LIFETIME - timedelta(seconds=1)))
