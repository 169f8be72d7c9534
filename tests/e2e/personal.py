"""Somebody who creates a personal space and uses it, by the words they read."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, expect
from sqlmodel import select

from app.models import Account, SignUpRequest, SpaceKind
from app.services import database, demo_taxpayers
from app.services.demo_taxpayers import DemoIdentity
from tests.e2e import letters
from tests.e2e.space import code_in
from tests.e2e.visitor import DESKTOP, Visitor
from tests.smtp import MailServer

SIGN_IN = "/espace-particulier/connexion"
CONTACTS = "/espace-particulier/mes-contacts"
CREATION = "/espace-particulier/creation"
IDENTIFIERS, CODE, DONE = f"{CREATION}/identifiants", f"{CREATION}/code", f"{CREATION}/termine"
ACTIVATION = "/espace-particulier/activation"
RECOVERY, RESET = "/espace-particulier/mot-de-passe-oublie", "/espace-particulier/nouveau-mot-de-passe"
IDENTITIES = "/demo/identites"
TITLES = {
    SIGN_IN: "Connexion à l’espace particulier",
    CREATION: "Je crée mon espace particulier",
    IDENTIFIERS: "Créez vos identifiants",
    CODE: "Saisissez le code reçu",
    DONE: "Votre espace est actif",
    ACTIVATION: "Activez votre espace particulier",
    RECOVERY: "Mot de passe oublié",
}
PASSWORD = "Correct-cheval-7-batterie-agrafe-zinc"
PEOPLE = demo_taxpayers.identities()


@dataclass
class Person:
    """An invented taxpayer with an address and a password of their own; `visitor` is their browser."""

    visitor: Visitor
    identity: DemoIdentity
    email: str
    password: str = PASSWORD

    @property
    def name(self) -> str:
        return f"{self.identity.first_name} {self.identity.last_name}"

    @property
    def numbers(self) -> dict[str, str]:
        """What the first screen asks, by label."""
        return {
            "Numéro fiscal": self.identity.tax_number,
            "Numéro d’accès en ligne": self.identity.access_number,
            "Revenu fiscal de référence": self.identity.reference_income,
        }

    @property
    def addresses(self) -> dict[str, str]:
        return {
            "Adresse électronique de connexion": self.email,
            "Confirmez l’adresse électronique de connexion": self.email.upper(),
        }

    def is_at(self, path: str) -> None:
        self.visitor.is_at(path, TITLES[path])

    def types(self, values: dict[str, str]) -> None:
        for label, value in values.items():
            self.visitor.field(label).fill(value)

    def finds(self, values: dict[str, str]) -> None:
        for label, value in values.items():
            expect(self.visitor.field(label)).to_have_value(value)

    def go_on(self) -> None:
        self.visitor.button("Continuer").click()

    def say_who(self) -> None:
        """Fill in the first screen and go on."""
        self.is_at(CREATION)
        expect(self.visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
        self.types(self.numbers)
        self.visitor.copy_captcha()
        self.go_on()
        self.is_at(IDENTIFIERS)

    def choose_identifiers(self) -> None:
        self.types(self.addresses)
        self.visitor.field("Mot de passe de connexion").fill(self.password)
        self.visitor.field("Confirmez votre mot de passe de connexion").fill(self.password)
        self.go_on()
        self.is_at(CODE)

    def ask(self) -> None:
        """Go through the creation up to the screen that waits for the code."""
        self.visitor.go(CREATION)
        self.say_who()
        self.choose_identifiers()

    def code_and_link(self, post_office: MailServer, count: int = 1) -> tuple[str, str]:
        """Return the code of the mail and the address that its link leads to."""
        mail = letters.wait_for(post_office, self.email, count)
        found = re.search(rf"https?://\S+{ACTIVATION}\?code=(\w{{12}})", mail.text)
        assert found, mail.text
        assert code_in(mail) == found[1]
        assert found[0] in mail.html
        return found[1], found[0]

    def activate(self, code: str) -> None:
        self.visitor.field("Code d’activation").fill(code)
        self.visitor.button("Activer mon espace").click()
        self.is_at(DONE)

    def create(self, post_office: MailServer) -> None:
        """Create the space, from its first screen to its last."""
        self.ask()
        self.activate(self.code_and_link(post_office)[0])

    def fill_in_sign_in(self) -> None:
        self.is_at(SIGN_IN)
        expect(self.visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
        self.visitor.field("Numéro fiscal").fill(self.identity.tax_number)
        self.visitor.field("Mot de passe").fill(self.password)
        self.visitor.copy_captcha()

    def sign_in(self) -> None:
        self.fill_in_sign_in()
        self.visitor.button("Se connecter").click()
        self.visitor.is_at(CONTACTS, "Mes contacts")

    def navigation(self) -> Locator:
        """The links of the header, the menu open where there is one."""
        page = self.visitor.page
        size = page.viewport_size
        if size and size["width"] >= 1024:
            return page.get_by_role("navigation", name="Navigation principale")
        menu = page.get_by_role("navigation", name="Menu principal")
        if not menu.is_visible():
            self.visitor.button("Menu").click()
        return menu

    def is_signed_in(self) -> None:
        """Check that the header says whose space is open, and leads to it."""
        contacts = self.navigation().get_by_role("link", name="Mes contacts")
        expect(contacts).to_contain_text(self.name)
        expect(contacts).to_have_attribute("href", re.compile(f"{CONTACTS}$"))

    def sign_out(self) -> None:
        self.navigation().get_by_role("button", name="Se déconnecter").click()
        self.is_at(SIGN_IN)
        expect(self.navigation().get_by_role("link", name="Mes contacts")).to_have_count(0)

    def fill_in_recovery(self, email: str = "") -> None:
        self.is_at(RECOVERY)
        expect(self.visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
        self.visitor.field("Numéro fiscal").fill(self.identity.tax_number)
        self.visitor.field("Adresse électronique de connexion").fill(email or self.email)
        self.visitor.copy_captcha()


def spaces_of(identity: DemoIdentity) -> list[Account]:
    with database.reading() as session:
        return list(session.exec(select(Account).where(Account.tax_number == identity.tax_number)))


def requests_of(email: str) -> list[SignUpRequest]:
    with database.reading() as session:
        mine = (SignUpRequest.email_key == email, SignUpRequest.kind == SpaceKind.PERSONAL)
        return list(session.exec(select(SignUpRequest).where(*mine)))


def is_phone(screen: dict[str, int]) -> bool:
    return screen is not DESKTOP
