"""A browser, and the way through the portal that several measurements take."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from app import addresses
from app.content import topics
from app.content.topics import Topic
from app.models import OfficeKind
from tests.services import browser_program

PHONE = ViewportSize(width=360, height=740)
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
BLOCK = "particulier/dossier/calcul/revenu"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a running browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_program(), args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def to_office(page: Page, portal: str) -> None:
    """Give an address in Carcassonne and stop at the office found."""
    page.goto(portal + addresses.contact(BLOCK))
    page.get_by_label("Numéro et voie").fill("12 rue de Verdun")
    page.get_by_label("Code postal").fill("11000")
    page.get_by_label("Commune (obligatoire)").select_option(label="Carcassonne (Aude)")
    page.get_by_role("button", name="Rechercher votre service").click()
    expect(page.get_by_role("link", name="Prendre rendez-vous")).to_be_visible()


def to_agenda(page: Page, portal: str) -> None:
    """Begin booking in Carcassonne and stop at the agenda."""
    to_office(page, portal)
    page.goto(portal + addresses.topic(short_topic().path))
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("radio", name="Sur place, au guichet").check()
    page.get_by_role("button", name="Rechercher un créneau disponible").click()
    expect(page.get_by_role("table")).to_be_visible()


def short_topic() -> Topic:
    """Return a short topic that can be treated on site and by telephone, below the block the address leads to."""
    wanted = {"counter", "phone"}
    fits = (topic for topic in topics.all_topics() if topic.kind == OfficeKind.INDIVIDUALS)
    return next(topic for topic in fits if topic.minutes == 30 and wanted <= set(topic.channels))
