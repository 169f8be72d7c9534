"""INSERT … ON CONFLICT, which SQLAlchemy spells once for each database."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def insert(session: Session, model: type[SQLModel]) -> "postgresql.Insert | sqlite.Insert":
    """Return an INSERT into `model`'s table that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    table: Table = _table(model)
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table
