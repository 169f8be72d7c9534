"""On a slow line a page comes bit by bit; what stands there already stays where it is (Cumulative Layout Shift)."""

import pytest
from playwright.sync_api import Page

from app import addresses
from tests.e2e.conftest import Arrive
from tests.e2e.test_every_screen_is_accessible import PUBLIC_PAGES
from tests.e2e.visitor import DESKTOP, PHONE_SMALL

# Fractions of the screen that moved times how far, as browsers add them up; 0.1 is called good elsewhere.
_MOST = 0.05
_WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) shifts.push({
    value: shift.value,
    moved: shift.sources.map(({ node }) => (node?.outerHTML ?? node?.textContent ?? "").slice(0, 80)),
  });
}).observe({ type: "layout-shift", buffered: true });
"""
_SETTLED = """async () => {
  await document.fonts.ready;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 300))));
  return shifts;
}"""
_FORMS = (
    "/contact?chemin=particulier",
    "/espace-particulier/connexion",
    "/espace-particulier/creation",
    "/espace-professionnel/connexion",
    "/espace-professionnel/choix",
    "/espace-professionnel/creation/conditions?mode=expert",
    "/espace-professionnel/activation/code",
    "/espace-professionnel/mot-de-passe-oublie",
    "/aide/assistance",
    "/demo/courriels",
    "/demo/identites",
)


def on_a_slow_line(page: Page) -> None:
    """Make the line of this page as slow as a phone's far from its mast."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    line = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
    session.send("Network.emulateNetworkConditions", line)


@pytest.mark.parametrize("screen", [PHONE_SMALL, DESKTOP], ids=["320", "1280"])
@pytest.mark.parametrize("path", [*(path for path in PUBLIC_PAGES if path != addresses.DEMO_COMPONENTS), *_FORMS])
def test_nothing_jumps_while_a_page_comes(path: str, screen: dict[str, int], arrive: Arrive) -> None:
    # The gallery of components is a page for developers, drawn from samples of everything at once.
    visitor = arrive(screen)
    on_a_slow_line(visitor.page)
    visitor.page.add_init_script(_WATCH)
    visitor.go(path)
    visitor.has_loaded()
    shifts = visitor.page.evaluate(_SETTLED)
    assert sum(shift["value"] for shift in shifts) <= _MOST, shifts
