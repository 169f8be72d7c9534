"""Every component in every state, as axe sees it; the dialog and the agenda by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app import addresses
from tests.e2e.axe import Sweep
from tests.e2e.visitor import PHONE_SMALL, Visitor


@pytest.fixture
def gallery(visitor: Visitor) -> Page:
    page = visitor.page
    page.goto(visitor.portal.url + addresses.DEMO_COMPONENTS)
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_alt_text("Image à recopier")).to_be_visible()
    return page


def test_every_component_in_every_state_satisfies_axe(gallery: Page, sweep: Callable[[Page], Sweep]) -> None:
    eyes = sweep(gallery)
    eyes.look("all components")
    gallery.get_by_role("button", name="Voir en liste").click()
    gallery.get_by_role("button", name="Avec ou sans erreur").click()
    expect(gallery.get_by_role("button", name="Voir en calendrier")).to_be_visible()
    expect(gallery.locator("#captcha-erreur")).to_be_visible()
    eyes.look("agenda as a list, CAPTCHA with an error")
    gallery.get_by_role("button", name="Ouvrir le dialogue").click()
    expect(gallery.get_by_role("dialog")).to_be_visible()
    eyes.look("dialog")


def test_the_menu_satisfies_axe(gallery: Page, sweep: Callable[[Page], Sweep]) -> None:
    gallery.set_viewport_size(PHONE_SMALL)  # type: ignore[arg-type]
    gallery.get_by_role("button", name="Menu").click()
    expect(gallery.get_by_role("navigation", name="Menu principal")).to_be_visible()
    sweep(gallery).look("menu")


def test_the_dialog_takes_focus_closes_with_escape_and_gives_focus_back(gallery: Page) -> None:
    opener, dialog = gallery.get_by_role("button", name="Ouvrir le dialogue"), gallery.get_by_role("dialog")
    opener.focus()
    gallery.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    expect(dialog).to_have_accessible_name("Annuler ce rendez-vous ?")
    expect(dialog.get_by_role("button", name="Oui, annuler")).to_be_focused()
    gallery.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_button_of_the_dialog_closes_it(gallery: Page) -> None:
    gallery.get_by_role("button", name="Ouvrir le dialogue").click()
    gallery.get_by_role("button", name="Non, le garder").click()
    expect(gallery.get_by_role("dialog")).to_be_hidden()


def test_the_skip_link_leads_to_the_content_of_this_page(gallery: Page) -> None:
    gallery.keyboard.press("Tab")
    skip = gallery.get_by_role("link", name="Aller au contenu")
    expect(skip).to_be_focused()
    gallery.keyboard.press("Enter")
    expect(gallery.locator("#contenu")).to_be_focused()
    assert gallery.url.partition("#")[0].rstrip("/").endswith(addresses.DEMO_COMPONENTS)


def test_a_button_at_work_does_nothing_when_pressed(gallery: Page) -> None:
    busy = gallery.get_by_role("button", name="Confirmer et terminer")
    expect(busy).to_have_attribute("aria-disabled", "true")
    count = gallery.get_by_role("button", name="Compter")
    count.click()
    expect(count).to_have_text("Compter 1")
