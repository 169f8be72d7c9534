from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel

from app.services import database, schema
from app.settings import get_settings


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Make the settings point to a database without any table."""
    if request.param == "sqlite":
        yield "sqlite"
        return
    server = request.getfixturevalue("postgresql_url")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS empty WITH (FORCE)")
        connection.execute("CREATE DATABASE empty")
    monkeypatch.setenv("DATABASE_URL", server.rpartition("/")[0] + "/empty")
    get_settings.cache_clear()
    yield "postgresql"
    database.reset()


def _tables(engine: Engine) -> dict[str, Any]:
    """Describe all tables as the database itself sees them."""
    seen = inspect(engine)
    return {
        name: {
            "columns": {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(name)},
            "key": seen.get_pk_constraint(name),
            "foreign keys": sorted(map(str, seen.get_foreign_keys(name))),
            "unique": sorted(map(str, seen.get_unique_constraints(name))),
            "checks": sorted(map(str, seen.get_check_constraints(name))),
        }
        for name in seen.get_table_names()
        if name != "alembic_version"
    }


def _indexes(engine: Engine) -> set[str]:
    """Return the definition of every index, the condition of partial ones included."""
    query = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }[engine.dialect.name]
    with engine.connect() as connection:
        found = set(connection.execute(text(query)).scalars())
    return {" ".join(sql.replace('"', "").split()) for sql in found if "alembic_version" not in sql}


def test_the_migrations_make_the_tables_of_the_models(empty: str) -> None:
    schema.upgrade()
    with database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_migrations_make_the_same_columns_and_indexes_as_the_models(empty: str) -> None:
    schema.upgrade()
    migrated = _tables(database.engine()), _indexes(database.engine())
    schema.downgrade("base")
    SQLModel.metadata.create_all(database.engine())
    assert migrated == (_tables(database.engine()), _indexes(database.engine()))
    assert any("WHERE" in index for index in migrated[1])


def test_taking_everything_back_leaves_no_table_and_can_be_done_again(empty: str) -> None:
    schema.upgrade()
    schema.downgrade("base")
    assert _tables(database.engine()) == {}
    schema.upgrade()
    assert set(_tables(database.engine())) == set(SQLModel.metadata.tables)


def test_migrating_twice_changes_nothing(empty: str) -> None:
    schema.upgrade()
    before = _tables(database.engine())
    schema.upgrade()
    assert _tables(database.engine()) == before


def test_two_processes_that_migrate_at_once_both_succeed(empty: str) -> None:
    import os
    import subprocess
    import sys

    command = [sys.executable, "-m", "app.cli", "migrate"]
    both = [subprocess.Popen(command, env=os.environ, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(one.wait(timeout=60), one.communicate()[1]) for one in both] == [(0, ""), (0, "")]
    assert set(_tables(database.engine())) == set(SQLModel.metadata.tables)


def test_a_database_used_by_newer_code_is_refused_in_plain_words(empty: str) -> None:
    schema.upgrade()
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(schema.UnknownRevisionError, match="9999"):
        schema.upgrade()


def test_foreign_keys_hold_after_a_migration(empty: str) -> None:
    schema.upgrade()
    with pytest.raises(Exception, match=r"(?i)foreign key"), database.writing() as session:
        session.execute(text("INSERT INTO agent (office_id, label) VALUES (4242, 'Guichet 1')"))
