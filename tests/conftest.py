"""Fixtures every test may use: settings of its own, an empty database on SQLite or PostgreSQL."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

import app.models  # noqa: F401  (registers the tables)
from app.services import database, throttle
from app.settings import get_settings
from tests import services

# A busy machine is no defect; speed is measured in bench/.
hypothesis.settings.register_profile("guichet", deadline=None, print_blob=True)
hypothesis.settings.load_profile("guichet")


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give every test its own data folder, secret and default settings."""
    for name in ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "PUBLIC_URL", "DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SECRET_KEY", "key-of-the-tests")
    get_settings.cache_clear()
    throttle.reset()
    yield
    database.reset()
    get_settings.cache_clear()


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


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, settings: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give an empty database with all tables; a test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        monkeypatch.setenv("DATABASE_URL", url)
        get_settings.cache_clear()
        _empty_postgresql()
    else:
        SQLModel.metadata.create_all(database.engine())
    return str(request.param)


def _empty_postgresql() -> None:
    tables = ", ".join(f'"{table.name}"' for table in SQLModel.metadata.sorted_tables)
    with database.writing() as session:
        session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))


@pytest.fixture(scope="session")
def in_ci() -> bool:
    """Tell whether this run is CI, where a missing service is a failure."""
    return bool(os.environ.get("CI"))
