"""What axe-core finds in a page (https://github.com/dequelabs/axe-core, vendored, Mozilla Public License 2.0)."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice", "RGAAv4")
WIDTHS = ((320, 568), (768, 1024), (1280, 800))
COLOUR_RULES = ("color-contrast", "link-in-text-block")
"""All that axe-core says of colours; dark changes nothing else (tests/unit/test_stylesheet.py)."""

_SOURCE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
_RUN = """async (only) => {
  const ends = (animation) => animation.effect.getComputedTiming().endTime < Infinity;
  const ending = document.getAnimations().filter(ends);
  await Promise.all(ending.map((animation) => animation.finished.catch(() => null)));
  const found = await axe.run(document, {
    runOnly: only,
    rules: only.type === "tag" ? { "target-size": { enabled: true } } : {},
    resultTypes: ["violations"],
    // No rule that runs here looks at style sheets as files; fetching them again took a third of the time.
    preload: { assets: ["media"] },
  });
  return found.violations.map((violation) => ({
    rule: violation.id,
    help: violation.help,
    nodes: violation.nodes.map((node) => `${node.html} | ${node.failureSummary}`),
  }));
}"""
_OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.body.querySelectorAll("*")]
    .filter((element) => element.getBoundingClientRect().right > width + 0.5)
    .map((element) => element.outerHTML.slice(0, 160));
}"""
_SPACED = """() => {
  const spaced = new CSSStyleSheet();
  const all = "line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important";
  spaced.replaceSync(`* { ${all} } p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets.push(spaced);
}"""
_AS_BEFORE = "() => { document.adoptedStyleSheets.pop(); }"


def violations(page: Page, *, colours_only: bool = False) -> list[dict[str, Any]]:
    """Return what axe finds in the page as it stands, empty if all is well; `colours_only` leaves other rules out."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_SOURCE)
    only = {"type": "rule", "values": COLOUR_RULES} if colours_only else {"type": "tag", "values": TAGS}
    found: list[dict[str, Any]] = page.evaluate(_RUN, only)
    return found


def wider_than_screen(page: Page) -> list[str]:
    """Return the elements that make the page scroll sideways."""
    found: list[str] = page.evaluate(_OVERFLOW)
    return found


def wider_when_spaced(page: Page) -> list[str]:
    """Return what makes the page scroll sideways once somebody spaces its text as they need it (WCAG 1.4.12)."""
    page.evaluate(_SPACED)
    found = wider_than_screen(page)
    page.evaluate(_AS_BEFORE)
    return found


class Sweep:
    """Looks at states of screens at three widths, in light and dark; `found` gathers what is wrong."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.found: dict[str, Any] = {}
        self.seen: list[str] = []

    def look(self, state: str, *, loaded: bool = True) -> None:
        """Examine the page, then give it its former size back; `loaded`: wait for what the server sends first."""
        page, before = self._page, self._page.viewport_size
        if loaded:
            expect(page.locator("main[data-loaded=no]")).to_have_count(0)
        self.seen.append(state)
        for width, height in WIDTHS:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme="light")
            if wrong := violations(page):
                self.found[f"{state}, {width} px, light"] = wrong
            page.emulate_media(color_scheme="dark")
            if wrong := violations(page, colours_only=True):
                self.found[f"{state}, {width} px, dark"] = wrong
            if wide := wider_than_screen(page):
                self.found[f"{state}, {width} px, too wide"] = wide
            if width == WIDTHS[0][0] and (wide := wider_when_spaced(page)):
                self.found[f"{state}, {width} px, too wide when spaced"] = wide
        page.emulate_media(color_scheme="light")
        if before:
            page.set_viewport_size(before)

    def report(self) -> str:
        """Return everything that was found, for a person to read; empty if nothing was."""
        return json.dumps(self.found, indent=1, ensure_ascii=False) if self.found else ""
