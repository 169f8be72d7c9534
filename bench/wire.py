"""`wire`: bytes over the websocket for each page and each tap of booking and of moving an appointment.

Both directions count, without the frames' own few bytes. What is typed is sent while it is typed: the bytes of a
field are those of filling it in and leaving it.
"""

import re
from collections.abc import Callable, Iterator

from playwright.sync_api import Page, WebSocket, expect

from app import addresses
from bench import browser, servers
from bench.results import Result, at_most

_QUIET = 900
_TAP, _PAGE = 1000, 6000


class Meter:
    """Counts what the page's websockets carry."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._bytes = 0
        self.taps: dict[str, int] = {}
        self.pages: dict[str, int] = {}
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        for event in ("framesent", "framereceived"):
            socket.on(event, self._count)

    def _count(self, payload: str | bytes) -> None:
        self._bytes += len(payload.encode() if isinstance(payload, str) else payload)

    def tap(self, name: str, act: Callable[[], object]) -> None:
        """Do something that stays on the page, and keep what it cost."""
        self.taps[name] = self._cost(act)

    def page(self, name: str, act: Callable[[], object]) -> None:
        """Do something that leads to another page, and keep what that page cost."""
        self.pages[name] = self._cost(act)

    def _cost(self, act: Callable[[], object]) -> int:
        before = self._bytes
        act()
        self._page.wait_for_timeout(_QUIET)
        return self._bytes - before


def measure() -> Iterator[Result]:
    """Give the dearest tap and the dearest page, and name them."""
    with browser.chromium() as chromium, servers.portal() as portal:
        page = chromium.new_context(viewport=browser.PHONE).new_page()
        meter = Meter(page)
        _book(page, portal, meter)
    yield _dearest("wire_tap", meter.taps, _TAP)
    yield _dearest("wire_page", meter.pages, _PAGE)


def _dearest(name: str, costs: dict[str, int], limit: int) -> Result:
    by_cost = sorted(costs.items(), key=lambda item: -item[1])
    return at_most(name, by_cost[0][1], limit, "B", ", ".join(f"{what} {cost}" for what, cost in by_cost[:4]))


def _book(page: Page, portal: str, meter: Meter) -> None:
    press = _named(page)
    chosen = browser.short_topic()
    meter.page("contact", lambda: page.goto(portal + addresses.contact(browser.BLOCK)))
    meter.tap("street", lambda: _fill(page, "Numéro et voie", "12 rue de Verdun"))
    meter.tap("postal code", lambda: _fill(page, "Code postal", "11000"))
    meter.tap("commune", lambda: page.get_by_label("Commune (obligatoire)").select_option(label="Carcassonne (Aude)"))
    meter.page("office", press("button", "Rechercher votre service"))
    meter.page("topics", press("link", "Prendre rendez-vous"))
    meter.page("topic", page.get_by_role("link", name=chosen.label).click)
    meter.page("channel", page.get_by_role("button", name="Continuer").click)
    page.get_by_role("radio", name="Sur place, au guichet").check()
    meter.page("agenda", press("button", "Rechercher un créneau disponible"))
    expect(page.get_by_role("table")).to_be_visible()
    days = page.get_by_role("table").get_by_role("button", name=re.compile(r"\d\scréneau"))
    meter.tap("day", days.nth(1).click)
    meter.tap("another day", days.nth(2).click)
    meter.tap("list", press("button", "Voir en liste"))
    meter.tap("calendar", press("button", "Voir en calendrier"))
    meter.tap("next weeks", press("button", "Semaines suivantes"))
    meter.tap("previous weeks", press("button", "Semaines précédentes"))
    meter.tap("day again", days.nth(1).click)
    times = page.get_by_role("button", name=re.compile(r"^\d+\sh"))
    meter.tap("time", times.first.click)
    meter.page("details", press("button", "Continuer"))
    meter.tap("extend", press("button", "Prolonger"))
    meter.tap("name", lambda: _fill(page, "Nom (obligatoire)", "Martin"))
    meter.tap("other picture", press("button", "Changer l’image"))
    meter.tap("form with errors", press("button", "Confirmer et terminer"))


def _named(page: Page) -> Callable[[str, str], Callable[[], None]]:
    def presser(role: str, name: str) -> Callable[[], None]:
        return lambda: page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]

    return presser


def _fill(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact="(" in label)
    field.fill(value)
    field.blur()
