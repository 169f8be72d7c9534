"""Empty databases for measurements: SQLite in a folder, PostgreSQL as a server of its own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlmodel import SQLModel

import app.models  # noqa: F401  (registers the tables)
from app.services import database
from app.settings import get_settings
from tests import services

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (SQLITE, POSTGRESQL)


@contextmanager
def fresh(kind: str, pool_size: int = 32) -> Iterator[str]:
    """Make the portal use an empty database of this kind, all tables made, and give its URL; the rest is restored."""
    with tempfile.TemporaryDirectory(prefix="guichet-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as somebody else
        with _server(kind, Path(folder)) as url:
            options = {
                "DATA_DIR": folder,
                "DATABASE_URL": url,
                "DATABASE_POOL_SIZE": str(pool_size),
                "SECRET_KEY": "key-of-the-measurements",
                "REDIS_URL": "",
                "SMTP_URL": "",
                "LOG_LEVEL": "ERROR",
            }
            with environment(options):
                SQLModel.metadata.create_all(database.engine())
                yield url


@contextmanager
def environment(options: dict[str, str]) -> Iterator[None]:
    """Set environment variables, make the settings be read again, and put everything back."""
    before = {name: os.environ.get(name) for name in options}
    os.environ.update(options)
    _forget()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        _forget()


def _forget() -> None:
    database.reset()
    get_settings.cache_clear()


@contextmanager
def _server(kind: str, folder: Path) -> Iterator[str]:
    if kind == SQLITE:
        yield f"sqlite:///{folder / 'guichet.db'}"
        return
    with services.postgresql(folder) as server:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        yield server.replace("/postgres", "/bench")
