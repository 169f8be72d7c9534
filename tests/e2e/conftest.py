"""One portal and one browser per test process, the data of the first day per file, a window of one's own per test."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from app import clock
from app.services import database
from app.settings import get_settings
from tests import days
from tests.e2e.axe import Sweep
from tests.e2e.portal import Portal, build_pages_once, make_first_day, running
from tests.e2e.visitor import DESKTOP, Visitor
from tests.services import browser_program
from tests.smtp import MailServer, mail_server

_HERE = Path(__file__).parent
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

# Seconds; a walk of many steps takes minutes when two of them share two cores with their servers and browsers.
_LONGEST_WALK = 900
# Whole walks, and walks on a line that breaks, have the service worker; elsewhere it would be installed again for each
# visitor, a tenth of the time.
_WITH_WORKER = {
    "test_any_day",
    "test_booking_from_home_to_cancellation",
    "test_by_keyboard_and_by_phone",
    "test_closed_tabs_and_moving",
    "test_installable",
    "test_nothing_is_lost",
    "test_personal_appointments",
    "test_personal_nothing_is_lost",
    "test_professional_nothing_is_lost",
    "test_professional_sign_up",
}

Arrive = Callable[..., Visitor]

# A busy machine is slow, not wrong: speed is measured in bench/.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and put the files with long ones first, so that no process ends much later."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.e2e)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(_LONGEST_WALK))
    long = {item.path for item in items if item.path.is_relative_to(_HERE) and item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)


def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return the folder of all processes of this run."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> None:
    """Build the pages the browser gets, once for all test processes."""
    build_pages_once(shared_folder(tmp_path_factory, worker_id))


@pytest.fixture(scope="session")
def post_office() -> Iterator[MailServer]:
    """Run the SMTP server that takes the portal's mails."""
    with mail_server() as server:
        yield server


@pytest.fixture(scope="session")
def first_day(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Give the demonstration's data as on the first day, made once for all test processes."""
    return make_first_day(shared_folder(tmp_path_factory, worker_id) / "first-day.db")


@pytest.fixture(scope="session")
def standing_portal(
    pages: None, post_office: MailServer, first_day: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    """Run a portal with demonstration data that sends real mail."""
    folder = tmp_path_factory.mktemp("portal")
    with running(Portal(folder, smtp_url=post_office.url(), first_day=first_day)) as started:
        yield started


@pytest.fixture(scope="module")
def portal(standing_portal: Portal, post_office: MailServer) -> Portal:
    """Give the portal as on its first day; what others did, and the mails they received, are out of the way."""
    _keep_going(standing_portal)
    standing_portal.begin_again()
    post_office.forget()
    return standing_portal


@pytest.fixture(autouse=True)
def settings(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give tests the portal's own settings, so that services called here read and write its database."""
    _keep_going(portal)
    for name in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    with settings_of(portal):
        yield


def _keep_going(portal: Portal) -> None:
    """Start the portal again if the test before failed while it was stopped."""
    if not portal.is_running:
        portal.start()


@contextmanager
def settings_of(portal: Portal) -> Iterator[None]:
    """Let services called in the block use the database and the clock of this portal."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in portal.environment().items():
            patch.setenv(name, value)
        _forget_settings()
        clock.shift(portal.ahead - days.ahead())
        yield
    _forget_settings()
    clock.shift(timedelta(0))


def _forget_settings() -> None:
    database.reset()
    get_settings.cache_clear()


def _as_long_as_nobody_uses_asyncio(fixture_name: str, config: pytest.Config) -> str:
    """One browser for all files, unless other suites run too: Playwright keeps an event loop running in the thread."""
    named = [Path(arg.partition("::")[0]).resolve() for arg in config.args]
    return "session" if all(path.is_relative_to(_HERE) for path in named) else "module"


@pytest.fixture(scope=_as_long_as_nobody_uses_asyncio)
def browser() -> Iterator[Browser]:
    """Run the Chromium of this machine."""
    program = browser_program()
    with sync_playwright() as playwright:
        running_browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield running_browser
        running_browser.close()


_networks = itertools.count(int(IPv6Address("fd00:97::")), 1 << 64)


def new_window(browser: Browser, portal: Portal, **options: Any) -> BrowserContext:
    """Open a window of somebody in a network of their own whose clock goes with the portal's; in Paris unless told."""
    network = str(IPv6Address(next(_networks)))
    said = {"locale": "fr-FR", "timezone_id": "Europe/Paris", "extra_http_headers": {"X-Forwarded-For": network}}
    context = browser.new_context(**(said | options))
    if portal.ahead:
        context.add_init_script(_CLOCK.replace("AHEAD", str(round(portal.ahead.total_seconds() * 1000))))
    return context


_CLOCK = """
const Machine = Date;
Date = class extends Machine {
  constructor(...given) { super(...(given.length ? given : [Machine.now() + AHEAD])); }
  static now() { return Machine.now() + AHEAD; }
};
"""


@pytest.fixture
def arrive(browser: Browser, portal: Portal, request: pytest.FixtureRequest) -> Iterator[Arrive]:
    """Open windows for people; at the end none of them may have met an error or a refusal of the content policy."""
    arrived: list[Visitor] = []
    workers = "allow" if request.path.stem in _WITH_WORKER else "block"

    def open_window(
        screen: dict[str, int] = DESKTOP, at: Portal = portal, address: str = "", **options: Any
    ) -> Visitor:
        context = new_window(browser, at, viewport=screen, **{"service_workers": workers, **options})
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
