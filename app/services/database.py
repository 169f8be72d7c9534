"""The engine and the two kinds of transaction: `reading()` and `writing()`."""

import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlmodel import Session, create_engine

from app.settings import get_settings

_BUSY_MILLISECONDS = 15_000
_OWNER_ONLY = 0o600
_sqlite_writer = threading.Lock()


@lru_cache
def engine() -> Engine:
    """Return the process's engine; `reset()` forgets it."""
    settings = get_settings()
    return make_engine(settings.database, settings.database_pool_size)


def reset() -> None:
    """Close the engine's connections and forget it, so that the next use reads the settings again."""
    if engine.cache_info().currsize:
        engine().dispose()
    engine.cache_clear()


def make_engine(url: str, pool_size: int) -> Engine:
    """Return an engine for SQLite or PostgreSQL (psycopg 3) set up as the portal needs it."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(url, parsed.database or "", pool_size)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, pool_size=pool_size, max_overflow=4, pool_pre_ping=True, hide_parameters=True)


def _sqlite_engine(url: str, path: str, pool_size: int) -> Engine:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    made = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=4,
        connect_args={"check_same_thread": False},
        hide_parameters=True,  # a traceback must not print what people typed
    )
    event.listen(made, "do_connect", lambda *_: keep_private(Path(path)))
    event.listen(made, "connect", _prepare_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    return made


def keep_private(path: Path) -> None:
    """Let nobody but its owner read a SQLite file that is about to be opened, made now if it is not there.

    SQLite gives the files it puts beside it the same rights; those of before get them here.
    """
    path.touch(mode=_OWNER_ONLY)
    for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))):
        # Between the two lines another process may have taken such a file away; one of somebody else stays theirs.
        with suppress(FileNotFoundError, PermissionError):
            if stat.S_IMODE(file.stat().st_mode) & ~_OWNER_ONLY:
                file.chmod(_OWNER_ONLY)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writing transaction takes the lock at once: upgrading from a read later fails instead of waiting.
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def reading() -> Iterator[Session]:
    """Open a transaction that only reads."""
    with Session(engine(), expire_on_commit=False) as session:
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    """Open a transaction that writes; commit at the end, roll back on any exception."""
    made = engine()
    # SQLite has one writer and lets the others poll, unfairly: threads of one process queue up here instead.
    turn = _sqlite_writer if made.dialect.name == "sqlite" else nullcontext()
    with turn, Session(made.execution_options(writing=True), expire_on_commit=False) as session, session.begin():
        yield session
