import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from app import clock
from app.models import AuditEvent
from app.services import backup, database, schema
from tests.integration.test_migrations import empty  # noqa: F401  (a fixture)


@pytest.fixture
def portal(empty: str) -> str:  # noqa: F811
    """Give a migrated database with one event in it."""
    schema.upgrade()
    _record("before")
    return empty


def _record(event: str) -> None:
    with database.writing() as session:
        session.add(AuditEvent(at=clock.now(), event=event))


def _events() -> list[str]:
    with database.reading() as session:
        return list(session.execute(text("SELECT event FROM audit_event ORDER BY id")).scalars())


def test_what_was_saved_comes_back_and_what_came_later_goes(portal: str, tmp_path: Path) -> None:
    backup.save(tmp_path / "copies" / "monday")
    _record("after")
    backup.restore(tmp_path / "copies" / "monday")
    assert _events() == ["before"]
    _record("next")
    assert _events() == ["before", "next"]


def test_a_restored_database_can_be_saved_and_restored_again(portal: str, tmp_path: Path) -> None:
    backup.save(tmp_path / "one")
    backup.restore(tmp_path / "one")
    backup.save(tmp_path / "two")
    backup.restore(tmp_path / "two")
    assert _events() == ["before"]


def test_a_copy_comes_back_over_tables_that_are_newer_than_it(portal: str, tmp_path: Path) -> None:
    backup.save(tmp_path / "copy")
    with database.writing() as session:
        session.execute(text("CREATE TABLE newer (id INTEGER)"))
    backup.restore(tmp_path / "copy")
    assert _events() == ["before"]


def test_a_copy_made_while_somebody_writes_is_whole(portal: str, tmp_path: Path) -> None:
    with database.writing() as session:
        session.add(AuditEvent(at=clock.now(), event="unfinished"))
        session.flush()
        backup.save(tmp_path / "copy")
    backup.restore(tmp_path / "copy")
    assert _events() == ["before"]


def test_only_its_owner_can_read_a_copy_and_no_draft_stays(portal: str, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    backup.save(folder / "copy")
    assert stat.S_IMODE((folder / "copy").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["copy"]


def test_an_existing_file_is_never_overwritten(portal: str, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("precious")
    with pytest.raises(backup.BackupError, match="exists already"):
        backup.save(tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "precious"


@pytest.mark.parametrize("content", [None, b"", b"not a database", b"SQLite format 3\0" + b"\0" * 100])
def test_a_file_that_is_no_copy_changes_nothing(portal: str, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "copy").write_bytes(content)
    with pytest.raises(backup.BackupError):
        backup.restore(tmp_path / "copy")
    assert _events() == ["before"]


def test_a_database_of_something_else_is_refused(portal: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE shopping (item TEXT)")
    other.close()
    with pytest.raises(backup.BackupError):
        backup.restore(tmp_path / "other.db")
    assert _events() == ["before"]
