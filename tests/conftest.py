"""Fixtures every test may use: settings of its own, an empty database on SQLite or PostgreSQL."""

import functools
import gc
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import hypothesis
import psycopg
import pytest
from sqlalchemy import make_url
from sqlmodel import SQLModel

import app.models  # noqa: F401  (registers the tables)
from app import clock
from app.services import database, throttle
from app.settings import get_settings
from tests import days, services

pytest_plugins = ["tests.summary", "tests.sharing"]
_DATABASES = ("sqlite", "postgresql")

# A busy machine is no defect; speed is measured in bench/. The same inputs on every run: what is green today is green
# tomorrow; `--hypothesis-profile explore` draws others.
hypothesis.settings.register_profile("guichet", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, print_blob=True, derandomize=False, max_examples=300)
hypothesis.settings.load_profile("guichet")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--as-on", metavar="YYYY-MM-DD", default="", help="let tests and servers live on another day")
    parser.addoption("--database", choices=_DATABASES, default="", help="leave out what needs another database")


def pytest_configure(config: pytest.Config) -> None:
    # Looking for garbage among all that libraries keep took a tenth of the time.
    gc.set_threshold(50_000, 20, 50)
    if as_on := config.getoption("--as-on"):
        config.add_cleanup(days.live_on(as_on))


def pytest_report_header() -> str:
    return f"the clock is {days.ahead().days} days ahead" if days.ahead() else "the clock is the machine's"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if chosen := config.getoption("--database"):
        left_out = [item for item in items if (needed := _database_of(item)) and needed != chosen]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def _database_of(item: pytest.Item) -> str:
    """Return the database that a test is for, empty if it needs none or brings its own."""
    call = getattr(item, "callspec", None)
    fallback = "postgresql" if "postgresql_url" in getattr(item, "fixturenames", ()) else ""
    return str(call.params.get("db", fallback)) if call else fallback


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give every test its own data folder, secret and default settings."""
    for name in ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "PUBLIC_URL", "DEMO", "CLOCK_OFFSET", "AS_ON"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SECRET_KEY", "key-of-the-tests")
    get_settings.cache_clear()
    throttle.reset()
    yield
    database.reset()
    get_settings.cache_clear()
    clock.shift(timedelta(0))


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """Give the URL of an empty PostgreSQL database with the portal's tables, one per test process."""
    with services.postgresql(tmp_path_factory.mktemp(f"pg-{worker_id}")) as server:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE tests")
        url = server.replace("/postgres", "/tests")
        made = database.make_engine(url, 2)
        SQLModel.metadata.create_all(made)
        made.dispose()
        yield url


@pytest.fixture(scope="session")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the URL of a SQLite file, beside a file with the portal's empty tables, one pair per test process."""
    folder = tmp_path_factory.mktemp("sqlite")
    made = database.make_engine(f"sqlite:///{folder / 'empty.db'}", 1)
    SQLModel.metadata.create_all(made)
    made.dispose()
    return f"sqlite:///{folder / 'guichet.db'}"


@pytest.fixture(scope="session")
def engines() -> Iterator[None]:
    """Keep one engine for each database address over all tests: an engine forgets the SQL it has compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "make_engine", functools.cache(database.make_engine))
        yield


@pytest.fixture(params=_DATABASES)
def db(request: pytest.FixtureRequest, settings: None, engines: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give an empty database with all tables; a test that asks for it runs on SQLite and on PostgreSQL."""
    monkeypatch.setenv("DATABASE_URL", request.getfixturevalue(f"{request.param}_url"))
    get_settings.cache_clear()
    empty = {"postgresql": _empty_postgresql, "sqlite": _empty_sqlite}[request.param]
    empty()
    return str(request.param)


def _empty_sqlite() -> None:
    """Put a copy of the empty file there; connections that a thread has not let go of keep the former one."""
    path = Path(str(make_url(get_settings().database).database))
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        file.unlink(missing_ok=True)
    shutil.copyfile(path.with_name("empty.db"), path)


def _empty_postgresql() -> None:
    """Empty all tables and start their numbers at 1 again: for few rows, many times faster than TRUNCATE."""
    tables = [table.name for table in reversed(SQLModel.metadata.sorted_tables)]
    emptied = "".join(f'DELETE FROM "{name}";' for name in tables)
    restarted = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"
    with database.writing() as session:
        session.connection().exec_driver_sql(emptied + restarted)


@pytest.fixture(scope="session")
def in_ci() -> bool:
    """Tell whether this run is CI, where a missing service is a failure."""
    return bool(os.environ.get("CI"))
