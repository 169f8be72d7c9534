"""A professional space without a mouse: from the home page to the PDF, and axe on what the activation shows."""

import io
import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from tests.e2e.axe import Sweep
from tests.e2e.test_by_keyboard_and_by_phone import Keyboard
from tests.e2e.test_professional_sign_up import (
    ACTIVATED,
    CHOICE,
    CODE,
    CODE_ADDRESS,
    CONDITIONS,
    FORM,
    IDENTIFIERS,
    PASSWORD,
    REGISTERED,
    SIGN_IN,
    SUMMARY,
    accept_terms,
    accounts_of,
    choose_identifiers,
    code_and_link,
    fill_in_form,
)
from tests.e2e.visitor import Visitor
from tests.smtp import MailServer

_OPTIONS = 40
_HAS_FOCUS_RING = """element => {
  const style = getComputedStyle(element);
  return element.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""


class Hands(Keyboard):
    """Somebody without a mouse who wants to see an outline around what they reached."""

    def go_to(self, target: Locator) -> None:
        super().go_to(target)
        self.sees(target)

    def sees(self, target: Locator) -> None:
        """Check that this has the focus and shows it with an outline."""
        expect(target).to_be_focused()
        assert target.evaluate(_HAS_FOCUS_RING), f"no outline around {target}"

    def fill(self, target: Locator, text: str) -> None:
        self.go_to(target)
        self.type(text)
        expect(target).to_have_value(text)

    def choose(self, target: Locator, label: str) -> None:
        """Go down a list to the choice with these words."""
        self.go_to(target)
        for _ in range(_OPTIONS):
            if target.evaluate("list => list.selectedOptions[0].label.replace(/\\s/g, ' ')") == label:
                return
            self.press("ArrowDown")
        raise AssertionError(f"the arrow keys do not lead to {label}")


def test_a_professional_goes_from_the_home_page_to_the_pdf_with_the_keyboard_alone(
    visitor: Visitor, post_office: MailServer
) -> None:
    email = "clavier.espace@example.org"
    hands = Hands(visitor)

    visitor.go("/")
    visitor.has_loaded()
    header = visitor.page.get_by_role("navigation", name="Navigation principale")
    hands.open(header.get_by_role("link", name="Connexion à l’espace professionnel"))
    hands.arrives_at(SIGN_IN, "Connexion à votre espace professionnel")
    hands.open(visitor.link("Créer votre espace professionnel"))
    hands.arrives_at(CHOICE, "Créer votre espace professionnel")
    read_about_both_modes(visitor, hands)
    hands.open(visitor.link("Créez votre espace en mode expert"))
    hands.arrives_at(CONDITIONS, "Acceptez les conditions générales")
    give_terms(visitor, hands)
    hands.arrives_at(IDENTIFIERS, "Créez vos identifiants")
    give_identifiers(visitor, hands, email)
    hands.arrives_at(FORM, "Remplissez votre formulaire d’inscription")
    give_identity(visitor, hands)
    hands.arrives_at(SUMMARY, "Récapitulatif")
    check_and_correct(visitor, hands)
    hands.arrives_at(REGISTERED, "Enregistrement")
    hands.open(visitor.link("Activez votre espace professionnel"))
    hands.arrives_at(CODE, "Code d’activation")
    give_code(visitor, hands, code_and_link(post_office, email)[0])
    hands.arrives_at(CODE_ADDRESS, "Identifiants")
    hands.fill(visitor.field("Saisissez votre adresse électronique de connexion"), email)
    hands.open(visitor.button("Continuer"))
    hands.arrives_at(ACTIVATED, "Votre inscription")
    get_the_pdf(visitor, hands, email)


def read_about_both_modes(visitor: Visitor, hands: Hands) -> None:
    """Unfold « En savoir plus » with the space bar and go back to it with Shift and Tab."""
    more = visitor.page.locator("summary").filter(has_text="sur le mode simplifié")
    hands.go_to(more)
    hands.press("Space")
    expect(visitor.page.get_by_text("Vous êtes seul à agir pour l’entreprise")).to_be_visible()
    hands.press("Tab")
    hands.sees(visitor.link("Créez votre espace en mode simplifié"))
    hands.press("Shift+Tab")
    hands.sees(more)


def give_terms(visitor: Visitor, hands: Hands) -> None:
    terms = visitor.page.get_by_role("checkbox", name="Je reconnais avoir pris connaissance")
    hands.open(visitor.button("Continuer"))
    expect(visitor.summary).to_be_focused()
    expect(visitor.page).to_have_title(re.compile("^Erreur : "))
    hands.press("Tab", "Enter")
    hands.sees(terms)
    hands.press("Space")
    expect(terms).to_be_checked()
    hands.fill(visitor.field("Recopiez les caractères de l’image"), visitor.captcha_answer())
    hands.press("Enter")


def give_identifiers(visitor: Visitor, hands: Hands, email: str) -> None:
    hands.fill(visitor.field("Adresse électronique de connexion"), email)
    hands.fill(visitor.field("Confirmez l’adresse électronique de connexion"), email)
    password = visitor.field("Mot de passe de connexion")
    hands.fill(password, PASSWORD)
    visitor.says("Niveau de sécurité : Fort")
    show = visitor.button("Afficher le mot de passe").first
    hands.go_to(show)
    hands.press("Space")
    expect(password).to_have_attribute("type", "text")
    advice = visitor.button("Conseils pour votre mot de passe")
    hands.open(advice)
    expect(visitor.page.get_by_role("dialog")).to_be_visible()
    hands.press("Escape")
    expect(visitor.page.get_by_role("dialog")).to_be_hidden()
    hands.sees(advice)
    hands.fill(visitor.field("Confirmez votre mot de passe de connexion"), PASSWORD)
    hands.open(visitor.button("Continuer"))


def give_identity(visitor: Visitor, hands: Hands) -> None:
    hands.open(visitor.button("Continuer"))
    expect(visitor.summary).to_be_focused()
    hands.press("Tab", "Enter")
    hands.sees(visitor.field("Nom"))
    hands.type("O'Connor-Ñuñez")
    hands.fill(visitor.field("Prénom"), "Lila")
    hands.fill(visitor.field("Téléphone"), "01 99 00 12 34")
    hands.fill(visitor.field("Numéro de voie"), "12")
    hands.choose(visitor.field("Nature de la voie"), "rue")
    hands.fill(visitor.field("Libellé de la voie"), "de Longchamp")
    hands.fill(visitor.field("Code postal"), "75016")
    expect(visitor.field("Commune")).to_have_value("Paris")
    hands.choose(visitor.field("Question de confiance"), "Quel est le prénom de votre conjoint(e) ?")
    hands.fill(visitor.field("Réponse à la question de confiance"), "Paul")
    hands.open(visitor.button("Continuer"))


def check_and_correct(visitor: Visitor, hands: Hands) -> None:
    """Go back for one answer, come back to the summary, and send."""
    assert visitor.fact("Prénom") == "Lila"
    hands.open(visitor.link("Modifier l’usager"))
    expect(visitor.page).to_have_url(re.compile(f"{FORM}#last_name$"))
    expect(visitor.field("Nom")).to_have_value("O'Connor-Ñuñez")
    hands.sees(visitor.field("Nom"))
    hands.open(visitor.button("Continuer"))
    hands.arrives_at(SUMMARY, "Récapitulatif")
    assert visitor.fact("Question de confiance") == "Quel est le prénom de votre conjoint(e) ?"
    hands.open(visitor.button("Valider"))


def give_code(visitor: Visitor, hands: Hands, code: str) -> None:
    hands.open(visitor.button("Continuer"))
    expect(visitor.summary).to_be_focused()
    hands.press("Tab", "Enter")
    hands.sees(visitor.field("Saisissez le code d’activation"))
    hands.type(code)
    hands.fill(visitor.field("Recopiez les caractères de l’image"), visitor.captcha_answer())
    hands.open(visitor.button("Continuer"))


def get_the_pdf(visitor: Visitor, hands: Hands, email: str) -> None:
    [account] = accounts_of(email)
    visitor.says(f"sous le numéro {account.subscriber_number}")
    link = visitor.link("Sauvegardez ou imprimez le récapitulatif")
    hands.go_to(link)
    answer = visitor.page.request.get(f"{visitor.address}{link.get_attribute('href')}", max_redirects=0)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.body())).pages)
    assert str(account.subscriber_number) in words
    assert email in words
    with visitor.page.expect_download() as download:
        hands.press("Enter")
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    hands.sees(link)


def test_every_screen_of_the_activation_is_accessible(
    visitor: Visitor, post_office: MailServer, sweep: Callable[[Page], Sweep]
) -> None:
    email = "oeil.activation@example.org"
    eyes = sweep(visitor.page)
    visitor.go(CHOICE)
    visitor.has_loaded()
    visitor.link("Créez votre espace en mode expert").click()
    accept_terms(visitor)
    choose_identifiers(visitor, email)
    fill_in_form(visitor)
    visitor.is_at(SUMMARY, "Récapitulatif")
    eyes.look("sign-up, summary")
    visitor.button("Valider").click()
    visitor.is_at(REGISTERED, "Enregistrement")

    visitor.link("Activez votre espace professionnel").click()
    visitor.is_at(CODE, "Code d’activation")
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
    eyes.look("activation, code")
    visitor.field("Saisissez le code d’activation").fill("zzzzzzzzzzzz")
    visitor.copy_captcha()
    visitor.button("Continuer").click()
    expect(visitor.summary).to_be_focused()
    expect(visitor.field("Saisissez le code d’activation")).to_have_attribute("aria-invalid", "true")
    eyes.look("activation, code refused")
    visitor.field("Saisissez le code d’activation").fill(code_and_link(post_office, email)[0])
    visitor.button("Continuer").click()
    visitor.is_at(CODE_ADDRESS, "Identifiants")
    eyes.look("activation, address")
    visitor.button("Continuer").click()
    expect(visitor.summary).to_be_focused()
    eyes.look("activation, address refused")
    visitor.field("Saisissez votre adresse électronique de connexion").fill(email)
    visitor.button("Continuer").click()
    visitor.is_at(ACTIVATED, "Votre inscription")
    expect(visitor.link("Sauvegardez ou imprimez le récapitulatif")).to_be_visible()
    eyes.look("activation, summary")
