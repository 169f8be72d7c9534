"""Each setting, given another value, makes the portal do another thing."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from app import clock, keys
from app.components import mailbox
from app.logging import configure
from app.models import SpaceKind
from app.services import database
from app.services.accounts import requests, sessions
from app.services.appointments import holds
from app.services.appointments.holds import TooManyHoldsError
from app.services.appointments.schedule import last_bookable_day
from app.services.notifications import account_messages
from app.settings import Settings, get_settings
from app.state.mails import MailsState
from app.web.forwarded import Forwarded
from tests import booking
from tests.accounts import make_account
from tests.factories import MadeOffice, at, make_office, make_slots

NOW = at("2026-11-23 10:00")
NINE = at("2026-11-24 09:00")
_OTHER = {
    "port": "4321",
    "public_url": "https://guichet.example",
    "data_dir": "elsewhere",
    "database_url": "postgresql://guichet@127.0.0.1/guichet",
    "database_pool_size": "3",
    "smtp_url": "smtp://127.0.0.1:9",
    "mail_from": "Impôts <ne-pas-repondre@impots.example>",
    "secret_key": "another-key-of-the-tests",
    "demo": "0",
    "trust_proxy": "1",
    "log_level": "ERROR",
    "hold_minutes": "3",
    "hold_extension_minutes": "7",
    "hold_extensions": "1",
    "holds_per_network_and_office": "1",
    "horizon_days": "5",
    "session_idle_minutes": "4",
    "session_hours": "1",
    "activation_hours": "2",
}
_ELSEWHERE = {
    "clock_offset": "unit/test_clock.py",
    "embedded_worker": "integration/test_jobs.py",
    "neutral_answers": "integration/test_sign_up.py",
    "redis_url": "integration/test_throttle.py",
    "assistance_email": "integration/test_assistance.py",
}
"""Where a setting is changed whose work takes a server, or a whole sign-up."""


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with clock.moved(NOW):
        yield


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give what lets the portal run with another value of one setting."""

    def changed(name: str) -> None:
        monkeypatch.setenv(name.upper(), _OTHER[name])
        get_settings.cache_clear()

    return changed


def test_each_setting_is_changed_somewhere() -> None:
    assert set(_OTHER) | set(_ELSEWHERE) == set(Settings.model_fields)
    for name, file in _ELSEWHERE.items():
        assert f'setenv("{name.upper()}"' in (Path(__file__).parents[1] / file).read_text()


def link() -> str:
    return account_messages.recovery(reset_url="x", minutes=10).text


def told_client() -> Any:
    """Return what is taken for the address of a client behind a proxy."""
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["client"])

    run(Forwarded(app), {"type": "http", "client": ("10.0.0.1", 1), "headers": [(b"x-forwarded-for", b"192.0.2.7")]})
    return seen[0]


def run(app: ASGIApp, scope: Scope) -> None:
    """Run an application that waits for nothing."""
    steps = app(scope, None, None).__await__()  # type: ignore[arg-type]
    with pytest.raises(StopIteration):
        next(steps)


def log_level() -> int:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    configure()
    level = root.level
    root.handlers[:], root.level = before
    structlog.reset_defaults()
    return level


def pool_size() -> int:
    settings = get_settings()
    return database.make_engine(settings.database, settings.database_pool_size).pool.size()  # type: ignore[attr-defined, no-any-return]


_PROBES: dict[str, Callable[[], object]] = {
    "port": link,
    "public_url": lambda: (link(), sessions.cookie_name(SpaceKind.PERSONAL)),
    "data_dir": lambda: get_settings().database,
    "database_url": lambda: database.make_engine(get_settings().database, 2).dialect.name,
    "database_pool_size": pool_size,
    "smtp_url": lambda: MailsState(_reflex_internal_init=True).stay_here,  # type: ignore[call-arg]
    "mail_from": link,
    "secret_key": lambda: keys.keyed_hash("tests", "x"),
    "demo": lambda: str(mailbox.note().render()),
    "trust_proxy": told_client,
    "log_level": log_level,
    "horizon_days": lambda: last_bookable_day(ZoneInfo("Europe/Paris")),
    "activation_hours": requests.lifetime,
}


@pytest.mark.parametrize("name", _PROBES)
def test_another_value_makes_another_portal(change: Callable[[str], None], name: str) -> None:
    before = _PROBES[name]()
    change(name)
    assert _PROBES[name]() != before
    get_settings.cache_clear()


def opened() -> str:
    account_id = make_account()
    with database.writing() as session:
        return f"pro-session={sessions.open(session, account_id, '')}"


def lives(cookie: str, minutes: float) -> bool:
    with clock.moved(NOW + timedelta(minutes=minutes)):
        return sessions.find(SpaceKind.PROFESSIONAL, cookie, touch=False) is not None


def test_a_session_falls_idle_after_the_minutes_of_the_setting(db: str, change: Callable[[str], None]) -> None:
    cookie = opened()
    assert lives(cookie, 29.9)
    assert not lives(cookie, 30)
    change("session_idle_minutes")
    assert lives(cookie, 3.9)
    assert not lives(cookie, 4)
    assert sessions.erase_dead() == 0
    with clock.moved(NOW + timedelta(minutes=4)):
        assert sessions.list(1) == ()
    with clock.moved(NOW + timedelta(minutes=4) + sessions.REMEMBERED):
        assert sessions.erase_dead() == 1


def test_a_session_ends_after_the_hours_of_the_setting_however_busy(db: str, change: Callable[[str], None]) -> None:
    change("session_hours")
    cookie = opened()
    for minutes in (20, 40, 59):
        with clock.moved(NOW + timedelta(minutes=minutes)):
            assert sessions.find(SpaceKind.PROFESSIONAL, cookie) is not None
    assert lives(cookie, 59.9)
    assert not lives(cookie, 60)


@pytest.fixture
def office(db: str) -> MadeOffice:
    made = make_office(agents=2)
    make_slots(made, NINE)
    return made


def test_a_chosen_time_is_kept_for_the_minutes_of_the_setting(
    office: MadeOffice, change: Callable[[str], None]
) -> None:
    change("hold_minutes")
    assert booking.a_visitor().hold(office, NINE).expires_at == NOW + timedelta(minutes=3)


def test_more_time_is_as_much_as_the_setting_says(office: MadeOffice, change: Callable[[str], None]) -> None:
    change("hold_extension_minutes")
    visitor = booking.a_visitor()
    before = visitor.hold(office, NINE)
    assert holds.extend_hold(visitor.key).expires_at == before.expires_at + timedelta(minutes=7)


def test_more_time_is_given_as_often_as_the_setting_says(office: MadeOffice, change: Callable[[str], None]) -> None:
    change("hold_extensions")
    visitor = booking.a_visitor()
    assert visitor.hold(office, NINE).extensions_left == 1
    assert holds.extend_hold(visitor.key).extensions_left == 0


def test_one_network_keeps_as_many_times_as_the_setting_says(office: MadeOffice, change: Callable[[str], None]) -> None:
    change("holds_per_network_and_office")
    booking.a_visitor(network="one-network").hold(office, NINE)
    with pytest.raises(TooManyHoldsError):
        booking.a_visitor(network="one-network").hold(office, NINE)
