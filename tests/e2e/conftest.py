"""One portal and one browser per test process; a window of one's own per test."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.services import database
from app.settings import get_settings
from tests.e2e.axe import Sweep
from tests.e2e.portal import Portal, build_pages, running
from tests.e2e.visitor import DESKTOP, Visitor
from tests.services import ServiceMissingError
from tests.smtp import MailServer, mail_server

_HERE = Path(__file__).parent
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

# Seconds; a walk of many steps takes minutes when two of them share two cores with their servers and browsers.
_LONGEST_WALK = 900

Arrive = Callable[..., Visitor]

# A busy machine is slow, not wrong: speed is measured in bench/.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and let each try a second time (docs/decisions/0021-second-try.md)."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=2))
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(_LONGEST_WALK))


@pytest.fixture(scope="session")
def pages() -> None:
    """Build the pages the browser gets, once."""
    build_pages()


@pytest.fixture(scope="session")
def post_office() -> Iterator[MailServer]:
    """Run the SMTP server that takes the portal's mails."""
    with mail_server() as server:
        yield server


# One per file: its counters of attempts start afresh, since all visitors of the tests share one network.
@pytest.fixture(scope="module")
def portal(pages: None, post_office: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Run a portal with demonstration data that sends real mail; what others received before is out of the way."""
    post_office.forget()
    with running(Portal(tmp_path_factory.mktemp("portal"), smtp_url=post_office.url())) as started:
        yield started


@pytest.fixture(autouse=True)
def settings(
    request: pytest.FixtureRequest, portal: Portal, post_office: MailServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Give tests the portal's own settings, so that services called here read and write its database."""
    if getattr(request.node, "execution_count", 1) > 1:
        post_office.forget()
        portal.begin_again()
    for name in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    with settings_of(portal):
        yield


@contextmanager
def settings_of(portal: Portal) -> Iterator[None]:
    """Let services called in the block use the database of this portal."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in portal.environment().items():
            patch.setenv(name, value)
        _forget_settings()
        yield
    _forget_settings()


def _forget_settings() -> None:
    database.reset()
    get_settings.cache_clear()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run the Chromium of this machine."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise ServiceMissingError("chromium is not installed: run « make test-services »")
    # One per file: Playwright keeps an event loop running in this thread, in which no other test could use asyncio.
    with sync_playwright() as playwright:
        running_browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield running_browser
        running_browser.close()


@pytest.fixture
def arrive(browser: Browser, portal: Portal) -> Iterator[Arrive]:
    """Open windows for people; at the end none of them may have met an error or a refusal of the content policy."""
    arrived: list[Visitor] = []

    def open_window(
        screen: dict[str, int] = DESKTOP, at: Portal = portal, address: str = "", **options: Any
    ) -> Visitor:
        context = browser.new_context(viewport=screen, locale="fr-FR", timezone_id="Europe/Paris", **options)  # type: ignore[arg-type]
        arrived.append(Visitor(at, context, address or at.url))
        return arrived[-1]

    yield open_window
    troubles = [trouble for visitor in arrived for trouble in visitor.real_troubles()]
    for visitor in arrived:
        visitor.context.close()
    assert troubles == []


@pytest.fixture
def visitor(arrive: Arrive) -> Visitor:
    """Give a person at a desktop."""
    return arrive()


@pytest.fixture
def sweep() -> Iterator[Callable[[Page], Sweep]]:
    """Give eyes that look at each state at three widths, in light and dark; fail if anything is wrong."""
    sweeps: list[Sweep] = []

    def begin(page: Page) -> Sweep:
        sweeps.append(Sweep(page))
        return sweeps[-1]

    yield begin
    assert "".join(one.report() for one in sweeps) == ""
