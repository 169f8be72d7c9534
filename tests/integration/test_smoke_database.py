import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from app import clock
from app.models import AuditEvent
from app.services import backup, database, schema
from app.settings import get_settings


def test_an_instant_written_comes_back_aware_and_equal(db: str) -> None:
    now = clock.now()
    with database.writing() as session:
        session.add(AuditEvent(at=now, event="x"))
    with database.reading() as session:
        assert session.get(AuditEvent, 1).at == now


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the address of a SQLite file that is not there yet, where everybody may read what is made."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'deep' / 'guichet.db'}")
    get_settings.cache_clear()
    before = os.umask(0o022)
    yield tmp_path / "deep" / "guichet.db"
    os.umask(before)


def rights(file: Path) -> dict[str, int]:
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in file.parent.iterdir()}


def written() -> None:
    SQLModel.metadata.create_all(database.engine())
    with database.writing() as session:
        session.add(AuditEvent(at=clock.now(), event="x"))


def test_only_its_owner_reads_a_sqlite_file_and_what_sqlite_puts_beside_it(file: Path) -> None:
    written()
    assert rights(file) == dict.fromkeys(["guichet.db", "guichet.db-wal", "guichet.db-shm"], 0o600)


def test_one_that_everybody_could_read_before_is_closed_to_them(file: Path) -> None:
    written()
    # Somebody else has the file open meanwhile, so that the files beside it stay.
    with closing(sqlite3.connect(file)) as other:
        other.execute("SELECT * FROM audit_event").fetchall()
        database.reset()
        for each in file.parent.iterdir():
            each.chmod(0o644)
        written()
        assert rights(file) == dict.fromkeys(["guichet.db", "guichet.db-wal", "guichet.db-shm"], 0o600)


def test_a_restored_one_is_its_owners_too(file: Path, tmp_path: Path) -> None:
    schema.upgrade()
    backup.save(tmp_path / "copy")
    database.reset()
    for each in file.parent.iterdir():
        each.unlink()
    backup.restore(tmp_path / "copy")
    assert set(rights(file).values()) == {0o600}
