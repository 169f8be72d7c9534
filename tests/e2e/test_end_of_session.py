"""A session that ends: said before, put off by one tap, explained afterwards, and back to the page that was left."""

import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import update
from sqlmodel import col, select

from app import addresses, clock
from app.models import AccountSession
from app.services import database
from app.services.form_drafts import Form
from app.settings import get_settings
from tests.e2e.axe import Sweep
from tests.e2e.my_space import PROFILE, a_person, account_of
from tests.e2e.personal import PEOPLE, Person
from tests.e2e.space import DETAILS, SIGN_IN, a_professional, exactly
from tests.e2e.test_one_seat import is_kept
from tests.e2e.visitor import PHONE_SMALL, Visitor

_numbers = itertools.count()
WARNING = "Votre session va prendre fin"
ENDED = "Votre session a pris fin après 30 minutes sans activité."


@pytest.fixture
def person(visitor: Visitor) -> Person:
    """Somebody at « Mon profil », who has typed something."""
    number = next(_numbers)
    found = a_person(visitor, f"fin.de.session.{number}@example.org", PEOPLE[number])
    visitor.has_session(account_of(found))
    visitor.go(PROFILE)
    visitor.is_at(PROFILE, "Mon profil")
    return found


def of(person: Person, **values: Any) -> None:
    """Change the session of a person in the database."""
    mine = col(AccountSession.account_id) == account_of(person).id
    with database.writing() as session:
        session.execute(update(AccountSession).where(mine).values(**values))


def unused(person: Person, seconds_left: int) -> None:
    """Let the session be unused for so long that it ends in so many seconds."""
    idle = timedelta(minutes=get_settings().session_idle_minutes)
    of(person, last_seen_at=clock.now() - idle + timedelta(seconds=seconds_left))


def last_seen(person: Person) -> Any:
    with database.reading() as session:
        mine = col(AccountSession.account_id) == account_of(person).id
        return session.exec(select(AccountSession.last_seen_at).where(mine)).one()


def look(page: Page) -> None:
    """Let the page measure what is left, as it does by itself two minutes before the end that it knows of."""
    page.evaluate("document.querySelector('[data-session-look]').click()")


def dialog(page: Page) -> Locator:
    return page.get_by_role("alertdialog", name=WARNING)


def test_one_is_warned_and_stays_by_one_tap(visitor: Visitor, person: Person, sweep: Callable[[Page], Sweep]) -> None:
    phone = visitor.field("Téléphone")
    phone.fill("06 39 98 77 66")
    expect(dialog(visitor.page)).to_be_hidden()
    unused(person, 100)
    look(visitor.page)

    shown = dialog(visitor.page)
    expect(shown).to_be_visible()
    expect(exactly(visitor, "Rester connecté")).to_be_focused()
    expect(shown.get_by_role("timer")).to_have_text(re.compile(r"^1\smin\s\d+\ss$"))
    before = shown.get_by_role("timer").inner_text()
    expect(shown.get_by_role("timer")).not_to_have_text(before)
    sweep(visitor.page).look("the warning before a session ends")
    visitor.page.keyboard.press("Enter")

    expect(shown).to_be_hidden()
    assert clock.now() - last_seen(person) < timedelta(minutes=10)
    expect(phone).to_have_value("06 39 98 77 66")
    visitor.is_at(PROFILE, "Mon profil")


def test_the_warning_fits_a_small_telephone(visitor: Visitor, person: Person) -> None:
    visitor.page.set_viewport_size(PHONE_SMALL)  # type: ignore[arg-type]
    unused(person, 100)
    look(visitor.page)
    expect(dialog(visitor.page)).to_be_visible()
    visitor.fits()


def test_afterwards_one_reads_why_and_goes_back_to_the_page_that_was_left(visitor: Visitor, person: Person) -> None:
    phone = visitor.field("Téléphone")
    phone.fill("06 39 98 77 66")
    is_kept(visitor, Form.PROFILE, phone="06 39 98 77 66")
    unused(person, 2)
    look(visitor.page)

    visitor.is_at(addresses.PERSONAL_SIGN_IN, "Connexion à l’espace particulier")
    expect(visitor.page.get_by_text(ENDED)).to_be_visible()
    visitor.field("Numéro fiscal").fill(person.identity.tax_number)
    visitor.field("Mot de passe").fill("Un-autre-mot-de-passe-42")
    visitor.copy_captcha()
    visitor.button("Se connecter").click()
    refused = visitor.page.get_by_role("alert").filter(has_text="Vous n’êtes pas connecté")
    expect(refused).to_contain_text("ne correspond pas")
    visitor.field("Mot de passe").fill(person.password)
    visitor.copy_captcha()
    visitor.button("Se connecter").click()
    visitor.is_at(PROFILE, "Mon profil")
    expect(visitor.field("Téléphone")).to_have_value("06 39 98 77 66")


def test_what_is_done_in_another_tab_keeps_this_one_from_warning(visitor: Visitor, person: Person) -> None:
    box = visitor.page.locator("[data-session]")
    unused(person, 123)
    look(visitor.page)
    expect(box).to_have_attribute("data-left", re.compile(r"^12\d$"))
    of(person, last_seen_at=clock.now())
    expect(box).to_have_attribute("data-left", re.compile(r"^1[78]\d\d$"))
    expect(dialog(visitor.page)).to_be_hidden()


def test_who_stays_in_one_tab_stays_in_the_others(visitor: Visitor, person: Person) -> None:
    first = visitor.page
    visitor.new_tab()
    visitor.go(PROFILE)
    visitor.is_at(PROFILE, "Mon profil")
    unused(person, 100)
    for page in (first, visitor.page):
        look(page)
    for page in (first, visitor.page):
        expect(dialog(page)).to_be_visible()
    dialog(first).get_by_role("button", name="Rester connecté").click()
    for page in (first, visitor.page):
        expect(dialog(page)).to_be_hidden()


def test_the_longest_time_is_not_put_off_and_the_warning_says_so(visitor: Visitor, person: Person) -> None:
    of(person, expires_at=clock.now() + timedelta(seconds=100))
    look(visitor.page)
    shown = dialog(visitor.page)
    expect(shown).to_contain_text("ne peut pas être prolongée")
    expect(shown).to_contain_text("12 heures")
    expect(shown.get_by_role("button", name="Rester connecté")).to_have_count(0)
    exactly(visitor, "J’ai compris").click()
    expect(shown).to_be_hidden()
    of(person, expires_at=clock.now() + timedelta(seconds=1))
    look(visitor.page)
    visitor.is_at(addresses.PERSONAL_SIGN_IN, "Connexion à l’espace particulier")
    expect(visitor.page.get_by_text("elle ne dure jamais plus de 12 heures")).to_be_visible()


def test_a_page_for_everybody_stays_and_says_it(visitor: Visitor, person: Person) -> None:
    visitor.go(addresses.HELP)
    visitor.is_at(addresses.HELP, "Aide")
    unused(person, 1)
    look(visitor.page)
    expect(visitor.page.get_by_text(ENDED)).to_be_visible()
    visitor.is_at(addresses.HELP, "Aide")
    expect(visitor.page.get_by_role("button", name="Se déconnecter")).to_have_count(0)


def test_a_professional_space_ends_in_the_same_way(visitor: Visitor) -> None:
    lila = a_professional(visitor, "lila.fin@example.org", "20260510001099")
    lila.enter()
    visitor.go(DETAILS)
    visitor.is_at(DETAILS, "Modifier mes coordonnées")
    with database.writing() as session:
        mine = col(AccountSession.account_id) == lila.account.id
        old = clock.now() - timedelta(minutes=31)
        session.execute(update(AccountSession).where(mine).values(last_seen_at=old))
    look(visitor.page)
    visitor.is_at(SIGN_IN, "Connexion à votre espace professionnel")
    expect(visitor.page.get_by_text(ENDED)).to_be_visible()
    lila.fill_in_sign_in()
    visitor.button("Se connecter").click()
    visitor.is_at(DETAILS, "Modifier mes coordonnées")
