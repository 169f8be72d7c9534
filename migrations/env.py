"""Alembic's entry point: runs the migrations on the portal's database, one process at a time."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import AutoString, SQLModel

import app.models  # noqa: F401  (registers the tables)
from app.services import database
from app.settings import get_settings

_LOCK = 4841_2026  # any number, the same in every process


def run() -> None:
    """Migrate in one transaction; a second process waits, then finds nothing left to do."""
    engine = database.make_engine(get_settings().database, 1)
    try:
        with engine.execution_options(writing=True).connect() as connection:
            _prepare(connection)
            with connection.begin():
                _migrate(connection)
    finally:
        engine.dispose()


def _prepare(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and driver is not None:
        # Rebuilding a table drops the old one; inside a transaction this pragma does nothing.
        driver.execute("PRAGMA foreign_keys=OFF")


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,  # SQLite cannot alter most things in place
        render_item=_render_item,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write the portal's own column types as plain ones: migrations must not change with the code."""
    if kind != "type":
        return False
    if isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


run()
