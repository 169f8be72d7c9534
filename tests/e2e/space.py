"""A professional in front of their space, by the words they read."""

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, expect
from sqlmodel import select

from app.models import Account, SpaceMode
from app.services import database
from tests.accounts import PASSWORD, make_account
from tests.e2e import letters
from tests.e2e.visitor import Visitor

SIGN_IN = "/espace-professionnel/connexion"
SPACE = "/espace-professionnel"
SERVICES = f"{SPACE}/gerer-les-services"
DETAILS = f"{SPACE}/coordonnees"
NEW_PASSWORD = f"{SPACE}/mot-de-passe"
ADDRESS = f"{SPACE}/adresse"
SESSIONS = f"{SPACE}/sessions"
RECOVERY = f"{SPACE}/mot-de-passe-oublie"
RESET = f"{SPACE}/nouveau-mot-de-passe"
PRIVATE = (SPACE, SERVICES, DETAILS, NEW_PASSWORD, ADDRESS, SESSIONS)

QUESTION = "Quel est le prénom de votre conjoint(e)\u00a0?"
EXPERT: dict[str, Any] = {
    "last_name": "Rosemonde",
    "first_name": "Lila",
    "phone": "+33199001234",
    "street_number": "12",
    "street_type": "rue",
    "street_name": "de Longchamp",
    "postal_code": "75016",
    "commune": "Paris",
    "trust_question": "prenom-conjoint",
    "trust_answer": "Paul",
}
SIMPLIFIED: dict[str, Any] = {
    "mode": SpaceMode.SIMPLIFIED,
    "last_name": "Rosemonde",
    "first_name": "Lila",
    "phone": "+33199001234",
    "siren": "732829320",
    "contact_email": "contact@example.org",
    "iban": "FR7630006000011234567890189",
    "trust_question": "surnom",
    "trust_answer": "Bob",
}


@dataclass
class Professional:
    """Somebody who has a space; `visitor` is their browser."""

    visitor: Visitor
    email: str
    number: str
    password: str = PASSWORD

    @property
    def account(self) -> Account:
        """The row of the space, found by its subscriber number."""
        return account_of(self.number)

    def sign_in(self) -> None:
        """Sign in from the sign-in page."""
        self.visitor.go(SIGN_IN)
        self.fill_in_sign_in()
        self.visitor.button("Se connecter").click()
        self.visitor.is_at(SPACE, "Votre espace professionnel")

    def enter(self) -> None:
        """Open the space in a browser where they have signed in."""
        self.visitor.has_session(self.account)
        self.visitor.go(SPACE)
        self.visitor.is_at(SPACE, "Votre espace professionnel")

    def fill_in_sign_in(self) -> None:
        self.visitor.has_loaded()
        self.visitor.field("Adresse électronique").fill(self.email)
        self.visitor.field("Mot de passe").fill(self.password)
        self.visitor.copy_captcha()

    def save(self) -> None:
        exactly(self.visitor, "Enregistrer").click()

    def go_on(self) -> None:
        exactly(self.visitor, "Continuer").click()

    def fill_in_recovery(self, *, number: str = "", answer: str = "paul", question: str = QUESTION) -> None:
        """Fill in « Mot de passe oublié », the CAPTCHA too, once the page is alive."""
        self.visitor.has_loaded()
        self.visitor.field("Adresse électronique de connexion").fill(self.email)
        self.visitor.field("Numéro d’abonné").fill(number or self.number)
        self.visitor.field("Question de confiance").select_option(label=question)
        self.visitor.field("Réponse à la question de confiance").fill(answer)
        self.visitor.copy_captcha()


def a_professional(visitor: Visitor, email: str, number: str, **more: Any) -> Professional:
    """Make an active space in expert mode, unless told otherwise, for whoever sits at this browser."""
    make_account(email, subscriber_number=number, **({**EXPERT, **more} if "mode" not in more else more))
    return Professional(visitor, email, number)


def account_of(number: str) -> Account:
    with database.reading() as session:
        return session.exec(select(Account).where(Account.subscriber_number == number)).one()


def exactly(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("button", name=name, exact=True)


def refuses(visitor: Visitor, **errors: str) -> None:
    """Check that the summary has the focus and says exactly this of each field, and so does the field."""
    expect(visitor.summary).to_be_focused()
    expect(visitor.summary.get_by_role("link")).to_have_count(len(errors))
    for name, words in errors.items():
        expect(visitor.summary).to_contain_text(words)
        expect(visitor.page.locator(f"#{name}")).to_have_attribute("aria-invalid", "true")
        expect(visitor.page.locator(f"#{name}-erreur")).to_contain_text(words)
    expect(visitor.page).to_have_title(re.compile("^Erreur : "))


def link_in(letter: letters.Letter) -> str:
    """Return the path of the page that a recovery mail leads to."""
    found = re.search(rf"https?://[^/\s]+({RESET}/[\w-]+)", letter.text)
    assert found, letter.text
    assert found[0] in letter.html
    return found[1]


def code_in(letter: letters.Letter) -> str:
    found = re.search(r"^ +([A-Za-z0-9]{12})\r?$", letter.text, re.MULTILINE)
    assert found, letter.text
    return found[1]
