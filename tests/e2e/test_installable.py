"""The portal as an application of the device, and the page it shows without a connection."""

import json
import re
import struct
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from app import addresses
from app.state.on_device import NAME
from tests.e2e.axe import Sweep
from tests.e2e.visitor import CONFIRMATION, Visitor

KEEP, ERASE = "Garder ce rendez-vous sur cet appareil", "Effacer de cet appareil"
OFFLINE_TITLE = "Vous n’êtes pas connecté à internet"
KEPT_FILES = {"/hors-ligne", "/hors-ligne.js", "/erreur.css", "/favicon.svg", "/fonts/public-sans.woff2"}
READY = """() => new Promise((done) => {
  const look = () => navigator.serviceWorker.controller?.state === "activated" ? done() : setTimeout(look, 50);
  look();
})"""
CACHED = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
  return found;
}"""


def wait_for_worker(page: Page) -> None:
    """Wait until the service worker has what it keeps and answers for this page."""
    page.evaluate(READY)


def go_offline(visitor: Visitor) -> None:
    visitor.tolerate("ERR_INTERNET_DISCONNECTED", "WebSocket", "Failed to fetch", "net::ERR_FAILED", "hors-ligne")
    visitor.context.set_offline(True)


def test_the_manifest_describes_it_and_its_icons_are_there(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.has_loaded()
    page = visitor.page
    href = page.locator("link[rel=manifest]").get_attribute("href")
    answer = visitor.context.request.get(visitor.address + str(href))
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert (manifest["short_name"], manifest["display"], manifest["lang"]) == ("Guichet", "standalone", "fr")
    assert visitor.context.request.get(visitor.address + manifest["start_url"]).ok
    shapes = {(icon["sizes"], icon.get("purpose", "any")) for icon in manifest["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= shapes
    apple = page.locator("link[rel=apple-touch-icon]").get_attribute("href")
    for source, size in [*((icon["src"], icon["sizes"]) for icon in manifest["icons"]), (apple, "180x180")]:
        picture = visitor.context.request.get(visitor.address + str(source))
        assert picture.ok
        if size != "any":
            assert picture.headers["content-type"] == "image/png"
            assert "{}x{}".format(*struct.unpack(">II", picture.body()[16:24])) == size


def test_chromium_finds_nothing_that_keeps_it_from_being_installed(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.has_loaded()
    wait_for_worker(visitor.page)
    session = visitor.context.new_cdp_session(visitor.page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Playwright's windows are private ones, which never install anything.
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []


def test_without_a_connection_a_page_in_french_says_what_to_do(
    visitor: Visitor, sweep: Callable[[Page], Sweep]
) -> None:
    page = visitor.page
    visitor.go("/")
    visitor.has_loaded()
    wait_for_worker(page)
    go_offline(visitor)
    visitor.go("/contact")
    expect(page.get_by_role("heading", level=1)).to_have_text(OFFLINE_TITLE)
    expect(page.get_by_role("button", name="Réessayer")).to_be_visible()
    expect(page.get_by_role("heading", name="Votre prochain rendez-vous")).to_be_hidden()
    sweep(page).look("offline")
    page.get_by_role("button", name="Réessayer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(OFFLINE_TITLE)
    # It comes back by itself as well.
    visitor.context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Contact|service"))


@pytest.fixture
def booked(visitor: Visitor) -> Visitor:
    visitor.book()
    visitor.is_at(CONFIRMATION, "Votre rendez-vous est enregistré")
    wait_for_worker(visitor.page)
    return visitor


def test_the_next_appointment_shows_without_a_connection_when_the_person_wishes_it(
    booked: Visitor, sweep: Callable[[Page], Sweep]
) -> None:
    page = booked.page
    reference, when = booked.fact("Référence"), booked.fact("Date et heure")
    assert page.evaluate(f"() => localStorage.getItem('{NAME}')") in (None, ""), "nothing is kept unasked"
    booked.button(KEEP).click()
    expect(booked.button(ERASE)).to_be_visible()
    expect(page.get_by_text("Ce rendez-vous est gardé sur cet appareil.")).to_be_visible()
    kept = json.loads(page.evaluate(f"() => localStorage.getItem('{NAME}')"))
    assert kept["reference"] == reference
    assert "example.org" not in json.dumps(kept)
    page.reload()
    booked.has_loaded()
    expect(booked.button(ERASE)).to_be_visible()

    go_offline(booked)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(OFFLINE_TITLE)
    expect(page.get_by_role("heading", name="Votre prochain rendez-vous")).to_be_visible()
    expect(page.locator("dl")).to_contain_text(reference)
    assert when in re.sub(r"\s+", " ", page.locator("dl").inner_text())
    sweep(page).look("offline, with an appointment")
    page.get_by_role("button", name=ERASE).click()
    expect(page.get_by_text("Le rendez-vous est effacé de cet appareil.")).to_be_visible()
    assert page.evaluate(f"() => localStorage.getItem('{NAME}')") is None


def test_what_was_erased_shows_nowhere(booked: Visitor) -> None:
    page = booked.page
    booked.button(KEEP).click()
    booked.button(ERASE).click()
    expect(booked.button(KEEP)).to_be_visible()
    go_offline(booked)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(OFFLINE_TITLE)
    expect(page.get_by_role("heading", name="Votre prochain rendez-vous")).to_be_hidden()


def test_nothing_of_anybody_is_in_the_caches(booked: Visitor) -> None:
    booked.go(addresses.DEMO_MAILBOX)
    booked.has_loaded()
    booked.page.reload()
    assert set(booked.page.evaluate(CACHED)) == KEPT_FILES


def test_an_appointment_that_has_passed_or_is_no_text_of_ours_is_not_shown(visitor: Visitor) -> None:
    page = visitor.page
    visitor.go("/")
    visitor.has_loaded()
    wait_for_worker(page)
    go_offline(visitor)
    hidden = page.get_by_role("heading", name="Votre prochain rendez-vous")
    for kept in ('{"starts_at": "2020-01-01T09:00:00+00:00", "words": "hier"}', "{", "null", "[]", '"x"', "7"):
        page.evaluate("([name, kept]) => localStorage.setItem(name, kept)", [NAME, kept])
        visitor.go("/contact")
        expect(page.get_by_role("heading", level=1)).to_have_text(OFFLINE_TITLE)
        expect(hidden).to_be_hidden()
    page.evaluate(
        """(name) => localStorage.setItem(name, '{"starts_at": "2999-01-01T09:00:00+00:00", "words": "<b>x</b>"}')""",
        NAME,
    )
    page.reload()
    expect(page.locator("dl")).to_contain_text("<b>x</b>")


@pytest.mark.parametrize("tap", ["a link", "a button that the server answers"])
def test_after_a_new_version_was_installed_what_is_tapped_opens_at_once(visitor: Visitor, tap: str) -> None:
    page = visitor.page
    visitor.tolerate("Error loading route module", "Failed to fetch dynamically imported module", "404")
    visitor.go("/contact")
    visitor.has_loaded()
    visitor.open_blocks()
    visitor.give_address("12 rue de Verdun", "11000", "Carcassonne (Aude)")
    gone: list[str] = []

    def answer(route: Route) -> None:
        gone.append(route.request.url)
        route.fulfill(status=404)

    def reloads(request: Request) -> None:
        if request.is_navigation_request():
            page.unroute("**/assets/**")

    page.route("**/assets/**", answer)
    page.on("request", reloads)
    if tap == "a link":
        visitor.page.get_by_role("contentinfo").get_by_role("link", name="Plan du site").click()
        visitor.is_at(addresses.SITE_MAP, "Plan du site")
    else:
        visitor.button("Rechercher votre service").click()
        visitor.is_at(addresses.OFFICE, "Votre service")
    assert gone
    page.reload()
    visitor.has_loaded()
    assert page.evaluate("sessionStorage['guichet:going']") is None
