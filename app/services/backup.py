"""Copies of the whole database in one file, and the way back."""

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL
from sqlalchemy.engine import make_url

from app.services import database, schema
from app.settings import get_settings


class BackupError(RuntimeError):
    """The copy could not be made or taken back; the message says why."""


def save(target: Path) -> None:
    """Write a consistent copy of the database to `target` while the portal runs; raise BackupError.

    The file holds personal data: only its owner may read it. An existing file is never overwritten.
    """
    if target.exists():
        raise BackupError(f"{target} exists already: choose another name")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    try:
        _save(_url(), draft)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)


def restore(source: Path) -> None:
    """Replace everything in the database by what `source` holds, then bring it to the newest revision.

    Nothing is changed when the file is not a whole copy. Raises BackupError, UnknownRevisionError.
    """
    if not source.is_file():
        raise BackupError(f"there is no file {source}")
    url = _url()
    database.reset()
    if url.get_backend_name() == "sqlite":
        _restore_sqlite(source, Path(str(url.database)))
    else:
        _restore_postgresql(source, url)
    schema.upgrade()


def _url() -> URL:
    return make_url(get_settings().database)


def _save(url: URL, target: Path) -> None:
    if url.get_backend_name() == "sqlite":
        source = Path(str(url.database))
        if not source.exists():
            raise BackupError(f"there is no database at {source}")
        _copy_sqlite(source, target)
        # One file is one copy: without this, whoever opens it makes two more files beside it.
        with closing(sqlite3.connect(target)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")
        _check_sqlite(target)
    else:
        _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], url)


def _restore_sqlite(source: Path, target: Path) -> None:
    _check_sqlite(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    database.keep_private(target)
    _copy_sqlite(source, target)


def _restore_postgresql(source: Path, url: URL) -> None:
    with TemporaryDirectory() as folder:
        script = Path(folder) / "everything.sql"
        _run(["pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source)], url)
        # A table newer than the copy would stand in the way of its own migration: everything goes, in one transaction.
        anew = ["--command=DROP SCHEMA public CASCADE", "--command=CREATE SCHEMA public", f"--file={script}"]
        _run(["psql", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--quiet", *anew], url)


def _copy_sqlite(source: Path, target: Path) -> None:
    # SQLite's own copy sees one moment of a database in use, and waits for whoever writes.
    with closing(sqlite3.connect(source, timeout=30)) as read, closing(sqlite3.connect(target, timeout=30)) as written:
        read.backup(written)


def _check_sqlite(path: Path) -> None:
    """Raise BackupError unless `path` is a whole copy of a portal's database."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            whole = copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path} is not a copy of a portal's database: {error}") from error
    if not whole:
        raise BackupError(f"{path} is damaged")


def _run(command: list[str], url: URL) -> None:
    """Run one of PostgreSQL's programs; the password goes through the environment, which others cannot list."""
    given = {
        "PGDATABASE": url.database,
        "PGHOST": url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
    }
    environment = {**os.environ, **{name: str(value) for name, value in given.items() if value}}
    try:
        finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError as error:
        raise BackupError(f"{command[0]} is not installed (Debian: postgresql-client)") from error
    if finished.returncode != 0:
        raise BackupError(f"{command[0]}: {finished.stderr.strip()}")
