"""`page_weight`: compressed bytes of a first visit, against a page with one button."""

from collections.abc import Iterator

from playwright.sync_api import Page

from bench import browser, servers
from bench.results import Result, at_most

_LIMIT = 1.25
_KIB = 1024
_QUIET = 1500


def measure() -> Iterator[Result]:
    """Give the weight of the home page and of the agenda, in KiB over the network, cache empty, headers included."""
    with browser.chromium() as chromium:
        with servers.one_button() as address:
            page = chromium.new_context(viewport=browser.PHONE).new_page()
            floor = _weight(page, address)
        with servers.portal() as address:
            page = chromium.new_context(viewport=browser.PHONE).new_page()
            yield _result("page_weight_home", _weight(page, address), floor)
            page = chromium.new_context(viewport=browser.PHONE).new_page()
            browser.to_agenda(page, address)
            yield _result("page_weight_agenda", _weight(page, page.url), floor)


def _weight(page: Page, address: str) -> dict[str, int]:
    """Return the bytes of each file of a first visit, as Chromium counts them on the wire."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    names: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on("Network.requestWillBeSent", lambda seen: names.update({seen["requestId"]: seen["request"]["url"]}))
    session.on(
        "Network.loadingFinished", lambda seen: sizes.update({seen["requestId"]: int(seen["encodedDataLength"])})
    )
    page.goto(address, wait_until="networkidle")
    page.wait_for_timeout(_QUIET)  # what is prefetched once the page is idle is part of the visit
    session.detach()
    return {names.get(request, request): size for request, size in sizes.items() if size}


def _result(name: str, weight: dict[str, int], floor: dict[str, int]) -> Result:
    total, button = sum(weight.values()), sum(floor.values())
    detail = f"{total / _KIB:.0f} KiB in {len(weight)} files, one-button page {button / _KIB:.0f} KiB in {len(floor)}"
    return at_most(name, total / button, _LIMIT, "x floor", detail)
