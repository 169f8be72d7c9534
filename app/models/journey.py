"""Journeys: what a visitor has begun, kept on the server so that nothing typed is lost."""

from datetime import datetime

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from app.models.base import EncryptedText, UtcDateTime

_LIVE = text("finished_at IS NULL")


class Journey(SQLModel, table=True):
    """One started journey; a visitor has at most one live journey of a kind."""

    __table_args__ = (
        Index(
            "uq_journey_visitor_kind_live",
            "visitor_key",
            "kind",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
    )

    id: str = Field(primary_key=True, max_length=32)
    visitor_key: str = Field(max_length=64, index=True, description="Keyed hash of the visitor cookie.")
    kind: str = Field(max_length=20)
    draft: str = Field(default="{}", sa_column=Column(EncryptedText, nullable=False), description="JSON object.")
    furthest_step: int = 0
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    updated_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    finished_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    appointment_id: int | None = Field(default=None, foreign_key="appointment.id")
