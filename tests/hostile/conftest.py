"""A portal in production mode that hostile clients talk to, and somebody whose data they are after."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services import database
from app.settings import get_settings
from tests.e2e.portal import Portal, build_pages, running
from tests.hostile import inventory
from tests.hostile.account_walk import Owner, make_space
from tests.hostile.inventory import Handler, PublicVar
from tests.hostile.walk import Victim, book


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Run a portal with demonstration data."""
    build_pages()
    with running(Portal(tmp_path_factory.mktemp("hostile"), options={"TRUST_PROXY": "false"})) as started:
        yield started


@pytest.fixture(autouse=True)
def settings(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give tests the portal's own settings, so that services called here read its database."""
    for name, value in portal.environment().items():
        monkeypatch.setenv(name, value)
    for name in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    _forget()
    yield
    _forget()


@pytest.fixture(autouse=True)
def nothing_breaks(portal: Portal) -> Iterator[None]:
    """Fail a test during which a handler failed or a stack trace was written."""
    before = len(portal.failures())
    yield
    assert portal.failures()[before:] == []


def _forget() -> None:
    database.reset()
    get_settings.cache_clear()


@pytest.fixture(scope="session")
def listed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Handler], list[PublicVar]]:
    """List the handlers and the public variables of the application."""
    folder: Path = tmp_path_factory.mktemp("inventory")
    return inventory.read(folder)


@pytest.fixture
def handlers(listed: tuple[list[Handler], list[PublicVar]]) -> list[Handler]:
    """Give every event handler."""
    return listed[0]


@pytest.fixture
def public_vars(listed: tuple[list[Handler], list[PublicVar]]) -> list[PublicVar]:
    """Give every public variable of the portal's own states."""
    return listed[1]


_booked: dict[str, Victim] = {}
_owners: dict[str, Owner] = {}


@pytest.fixture
def owner(portal: Portal) -> Owner:
    """Give somebody who has a professional space in this portal, once for all tests."""
    if portal.url not in _owners:
        _owners[portal.url] = asyncio.run(make_space(portal.url))
    return _owners[portal.url]


@pytest.fixture
def victim(portal: Portal, owner: Owner) -> Victim:
    """Give somebody who has booked in this portal, once for all tests; the owner's secrets are to be kept too."""
    if portal.url not in _booked:
        _booked[portal.url] = asyncio.run(book(portal.url))
        _booked[portal.url].more_secrets.extend(owner.secrets())
    return _booked[portal.url]
