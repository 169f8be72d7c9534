"""« Mes données et fermeture », in both kinds of space: taking everything along, and leaving for good."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, select, update

from app import clock
from app.models import Account, AccountSession, AppointmentStatus, OfficeKind
from app.services import database
from app.services.accounts import reauthentication
from app.services.appointments import offices, records
from tests.e2e import letters
from tests.e2e.axe import Sweep
from tests.e2e.conftest import Arrive
from tests.e2e.my_space import (
    CLOSED,
    DATA,
    PROFESSIONAL_DATA,
    PROFILE,
    a_person,
    account_of,
    arrive_home,
    booked,
    id_of,
    own_office,
    somebody_with,
)
from tests.e2e.personal import CONTACTS, PEOPLE, SIGN_IN, Person, is_phone, spaces_of
from tests.e2e.space import SIGN_IN as PROFESSIONAL_SIGN_IN
from tests.e2e.space import a_professional, refuses
from tests.e2e.visitor import DESKTOP, PHONE_SMALL, Visitor
from tests.smtp import MailServer

TITLE = "Mes données et fermeture"


def download(visitor: Visitor, password: str) -> dict[str, Any]:
    """Type the password and save the file; return what is in it."""
    visitor.field("Votre mot de passe").fill(password)
    visitor.page.get_by_role("button", name="Continuer", exact=True).click()
    expect(visitor.page.locator("#telecharger")).to_be_focused()
    with visitor.page.expect_download() as saved:
        visitor.button("Télécharger mes données").click()
    assert saved.value.suggested_filename == "mes-donnees-guichet.json"
    found: dict[str, Any] = json.loads(saved.value.path().read_text())
    return found


def fill_in_closing(visitor: Visitor, password: str) -> None:
    visitor.field("Je ferme mon espace. Je sais que c’est définitif.").check()
    visitor.field("Mot de passe de cet espace").fill(password)


def close(visitor: Visitor, password: str) -> None:
    fill_in_closing(visitor, password)
    visitor.button("Fermer mon espace").click()
    visitor.is_at(CLOSED, "Votre espace est fermé")


def accounts_at(email: str) -> list[Account]:
    with database.reading() as session:
        return list(session.exec(select(Account).where(Account.email_key == email)))


@pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
def test_a_person_takes_everything_along_then_closes_the_space_and_can_begin_again(
    screen: dict[str, int], arrive: Arrive, post_office: MailServer
) -> None:
    identity = PEOPLE[0] if is_phone(screen) else PEOPLE[1]
    email = f"droits.{screen['width']}@example.org"
    window = arrive(screen, has_touch=is_phone(screen), is_mobile=is_phone(screen), accept_downloads=True)
    who = a_person(window, email, identity)
    visitor, account = who.visitor, account_of(who)
    own = somebody_with("", email=email, phone="+33639981234")
    view = booked(own_office(who).id, own, account_id=account.id)

    arrive_home(who)
    kept_cookie: list[Any] = [cookie for cookie in visitor.context.cookies() if "session" in str(cookie["name"])]
    visitor.link("Mon profil").click()
    visitor.is_at(PROFILE, "Mon profil")
    visitor.link(TITLE).click()
    visitor.is_at(DATA, TITLE)

    visitor.field("Votre mot de passe").fill("ce n’est pas lui")
    visitor.page.get_by_role("button", name="Continuer", exact=True).click()
    refuses(visitor, password="Vérifiez votre mot de passe")
    held = download(visitor, who.password)
    assert held["account"]["email"] == email
    assert held["account"]["tax_number"] == identity.tax_number
    assert [appointment["reference"] for appointment in held["appointments"]] == [view.reference]
    assert account.password_hash not in json.dumps(held)
    assert "hash" not in json.dumps([*held["account"], *held["sessions"], *held["events"]])

    visitor.button("Fermer mon espace").click()
    refuses(visitor, closing_sure="Cochez cette case", closing_password="Saisissez votre mot de passe")
    visitor.says("Un rendez-vous à venir a été pris dans cet espace.")
    visitor.field("Annuler aussi ce rendez-vous").check()
    fill_in_closing(visitor, "ce n’est pas lui")
    visitor.button("Fermer mon espace").click()
    refuses(visitor, closing_password="Vérifiez votre mot de passe")
    assert spaces_of(identity)
    expect(visitor.field("Annuler aussi ce rendez-vous")).to_be_checked()
    close(visitor, who.password)
    assert identity.last_name not in visitor.page.content()
    assert spaces_of(identity) == accounts_at(email) == []
    cancelled = records.get(view.public_id)
    assert cancelled is not None
    assert cancelled.status == AppointmentStatus.CANCELLED
    letters.wait_for(post_office, email, 3)
    assert "Votre espace est fermé" in [mail.subject for mail in letters.to(post_office, email)]

    visitor.context.add_cookies(kept_cookie)
    visitor.go(CONTACTS)
    visitor.is_at(SIGN_IN, "Connexion à l’espace particulier")

    again = Person(visitor, identity, email)
    again.ask()
    found = letters.wait_for(post_office, email, 4)
    again.activate(found.text.split("code=")[1][:12])
    assert [space.email for space in spaces_of(identity)] == [email]


def test_a_professional_keeps_the_appointments_and_closes_the_space(arrive: Arrive, post_office: MailServer) -> None:
    visitor = arrive(accept_downloads=True)
    pro = a_professional(visitor, "lila.part@example.org", "20260510010001")
    own = replace(somebody_with(""), email=pro.email)
    office = offices.for_commune(OfficeKind.INDIVIDUALS, PEOPLE[0].insee)
    view = booked(office.id, own, account_id=pro.account.id)
    pro.enter()
    visitor.link("Gérer les services").click()
    visitor.link(TITLE).click()
    visitor.is_at(PROFESSIONAL_DATA, TITLE)
    held = download(visitor, pro.password)
    assert held["account"]["subscriber_number"] == pro.number
    assert held["account"]["trust_answer"] == "Paul"
    close(visitor, pro.password)
    kept = records.get(view.public_id)
    assert kept is not None
    assert kept.status == AppointmentStatus.BOOKED
    assert accounts_at(pro.email) == []
    letters.wait_for(post_office, pro.email, 2)
    visitor.go("/espace-professionnel")
    visitor.is_at(PROFESSIONAL_SIGN_IN, "Connexion à votre espace professionnel")
    fresh = a_professional(visitor, pro.email, "20260510010002")
    fresh.sign_in()


def test_the_file_is_closed_again_after_five_minutes_and_to_everybody_else(arrive: Arrive) -> None:
    visitor = arrive(accept_downloads=True)
    who = a_person(visitor, "cinq.minutes@example.org", PEOPLE[2])
    arrive_home(who)
    visitor.go(DATA)
    visitor.has_loaded()
    download(visitor, who.password)
    with database.writing() as session:
        session.execute(
            update(AccountSession)
            .where(col(AccountSession.account_id) == id_of(who))
            .values(password_given_at=clock.now() - reauthentication.LASTS - timedelta(seconds=1))
        )
    visitor.button("Télécharger mes données").click()
    refuses(visitor, password="Le délai est passé")
    visitor.go(f"{DATA}.json")
    visitor.is_at(DATA, TITLE)
    visitor.go(f"{PROFESSIONAL_DATA}.json")
    visitor.is_at(PROFESSIONAL_SIGN_IN, "Connexion à votre espace professionnel")
    stranger = arrive()
    stranger.go(f"{DATA}.json")
    stranger.is_at(SIGN_IN, "Connexion à l’espace particulier")


def test_closing_one_kind_of_space_leaves_the_other_one_open(arrive: Arrive) -> None:
    visitor = arrive()
    who = a_person(visitor, "reste@example.org", PEOPLE[3])
    pro = a_professional(visitor, "reste@example.org", "20260510010003")
    arrive_home(who)
    pro.enter()
    visitor.go(DATA)
    visitor.has_loaded()
    close(visitor, who.password)
    assert spaces_of(PEOPLE[3]) == []
    visitor.go("/espace-professionnel")
    visitor.is_at("/espace-professionnel", "Votre espace professionnel")


def test_closing_a_space_empties_what_the_other_tabs_show(arrive: Arrive) -> None:
    visitor = arrive()
    who = a_person(visitor, "onglets.fermes@example.org", PEOPLE[6])
    arrive_home(who)
    private, public = visitor.page, visitor.new_tab()
    visitor.go("/aide")
    visitor.has_loaded()
    who.is_signed_in()
    visitor.new_tab()
    visitor.go(DATA)
    visitor.has_loaded()
    visitor.is_at(DATA, TITLE)
    close(visitor, who.password)
    visitor.page = private
    visitor.is_at(SIGN_IN, "Connexion à l’espace particulier")
    assert who.identity.last_name not in private.content()
    visitor.page = public
    expect(who.navigation().get_by_role("link", name="Connexion à l’espace particulier")).to_be_visible()
    visitor.is_at("/aide", "Aide")
    assert who.identity.last_name not in public.content()


def test_by_keyboard_alone_one_closes_the_space(arrive: Arrive) -> None:
    visitor = arrive()
    who = a_person(visitor, "clavier@example.org", PEOPLE[4])
    arrive_home(who)
    visitor.go(DATA)
    visitor.has_loaded()
    page = visitor.page
    expect(visitor.field("Votre mot de passe")).to_be_visible()
    visitor.field("Je ferme mon espace. Je sais que c’est définitif.").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(visitor.field("Mot de passe de cet espace")).to_be_focused()
    page.keyboard.type(who.password)
    page.keyboard.press("Enter")
    visitor.is_at(CLOSED, "Votre espace est fermé")
    expect(visitor.title).to_be_focused()


def test_every_state_is_accessible(arrive: Arrive, sweep: Callable[[Page], Sweep]) -> None:
    visitor = arrive(accept_downloads=True)
    who = a_person(visitor, "regards@example.org", PEOPLE[5])
    own = somebody_with("", email=who.email)
    for which in (0, 9):
        booked(own_office(who).id, own, account_id=id_of(who), which=which)
    arrive_home(who)
    visitor.go(DATA)
    visitor.has_loaded()
    visitor.says("2 rendez-vous à venir ont été pris dans cet espace.")
    eyes = sweep(visitor.page)
    eyes.look("data")
    visitor.button("Fermer mon espace").click()
    expect(visitor.summary).to_be_focused()
    eyes.look("data, refused")
    download(visitor, who.password)
    eyes.look("data, download")
    pro = a_professional(visitor, "regards@example.org", "20260510010004")
    pro.enter()
    visitor.go(PROFESSIONAL_DATA)
    visitor.has_loaded()
    expect(visitor.field("Votre mot de passe")).to_be_visible()
    eyes.look("data of a professional space")
    close(visitor, pro.password)
    eyes.look("closed")
