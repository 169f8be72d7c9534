"""While a page is on its way, it says nothing of an earlier visit, and the focus waits for it."""

import json
import re

from playwright.sync_api import expect

from tests.e2e.test_professional_sign_up import ACTIVATED, CODE, CODE_ADDRESS, code_and_link, sign_up
from tests.e2e.visitor import ANSWERED, CHANNEL, DETAILS, OFFICE, TOPIC, UNDERSTAND_NOTICE, Visitor
from tests.smtp import MailServer

# What is true of nobody in these walks; a page that shows before its data came once said it for a moment.
FALSE = (
    "Votre créneau n’est plus réservé",
    "Ce service ne prend pas de rendez-vous pour ce motif",
    "réalisée le sous",
    "électronique suivante : .",
)
LISTEN = """
const never = WORDS;
window.said = [];
new MutationObserver(() => {
  const words = (document.body?.innerText ?? "").replace(/\\s+/g, " ");
  for (const each of never) if (words.includes(each)) window.said.push(each);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


def listen(visitor: Visitor) -> None:
    """From the next page on, note each false sentence at the moment it shows."""
    visitor.context.add_init_script(LISTEN.replace("WORDS", json.dumps(FALSE)))


def said(visitor: Visitor) -> list[str]:
    found: list[str] = visitor.page.evaluate("window.said")
    return found


def test_on_the_way_to_an_appointment(visitor: Visitor) -> None:
    listen(visitor)
    visitor.walk_to(DETAILS)
    assert said(visitor) == []


def test_on_the_way_to_a_space(visitor: Visitor, post_office: MailServer) -> None:
    listen(visitor)
    email = "rien.de.faux@example.org"
    sign_up(visitor, email)
    assert said(visitor) == []
    _, link = code_and_link(post_office, email)
    visitor.page.goto(link)
    visitor.is_at(CODE, "Code d’activation")
    visitor.copy_captcha()
    visitor.button("Continuer").click()
    visitor.is_at(CODE_ADDRESS, "Identifiants")
    visitor.field("Saisissez votre adresse électronique de connexion").fill(email)
    visitor.button("Continuer").click()
    visitor.is_at(ACTIVATED, "Votre inscription")
    assert said(visitor) == []


def test_the_title_takes_the_focus_once_the_page_has_come(visitor: Visitor) -> None:
    visitor.walk_to(OFFICE)
    expect(visitor.title).to_be_focused()
    visitor.begin_booking()
    expect(visitor.title).to_be_focused()
    visitor.link(ANSWERED).click()
    expect(visitor.button("Continuer")).to_be_visible()
    expect(visitor.title).to_be_focused()
    visitor.page.go_back()
    visitor.choose_topic()
    expect(visitor.title).to_be_focused()


def test_the_step_before_a_topic_is_the_list_it_was_chosen_from(visitor: Visitor) -> None:
    visitor.reach(OFFICE)
    visitor.begin_booking()
    visitor.link(ANSWERED).click()
    expect(visitor.button("Continuer")).to_be_visible()
    visitor.link("Étape précédente").click()
    expect(visitor.link(ANSWERED)).to_be_visible()
    visitor.choose_topic()
    visitor.link("Étape précédente").click()
    expect(visitor.link(UNDERSTAND_NOTICE)).to_be_visible()
    visitor.is_at(TOPIC, "Précisez votre motif")
    visitor.link("Étape précédente").click()
    visitor.is_at(OFFICE, "Votre service")


def test_the_topic_chosen_at_one_kind_of_office_does_not_show_at_another(visitor: Visitor) -> None:
    visitor.walk_to(CHANNEL)
    visitor.page.get_by_role("link", name="Contact et rendez-vous").click()
    visitor.is_at("/contact", re.compile("."))
    visitor.open_blocks(("Professionnel", "Les impôts de votre entreprise", "La TVA"))
    visitor.give_address("1 quai de l’Exemple", "11000", "Berriac (Aude)")
    visitor.button("Rechercher votre service").click()
    visitor.is_at(OFFICE, "Votre service")
    visitor.page.evaluate(f"() => {{ {LISTEN.replace('WORDS', json.dumps(['Durée prévue']))} }}")
    visitor.begin_booking()
    assert said(visitor) == []
