"""Slots: one row per agent and start time, and the claims that make a seat unique."""

from datetime import datetime

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from app.models.base import UtcDateTime

_NOT_BOOKED = text("appointment_id IS NULL")


class Slot(SQLModel, table=True):
    """A seat: free when it has no appointment and no live hold.

    The partial index covers the search; it cannot contain the current time, so expired holds are filtered.
    """

    __table_args__ = (
        Index("uq_slot_agent_id_starts_at", "agent_id", "starts_at", unique=True),
        Index(
            "ix_slot_not_booked",
            "office_id",
            "starts_at",
            "channels",
            "place_id",
            "held_until",
            "agent_id",
            "appointment_id",
            sqlite_where=_NOT_BOOKED,
            postgresql_where=_NOT_BOOKED,
        ),
        Index(
            "ix_slot_appointment_id",
            "appointment_id",
            sqlite_where=text("appointment_id IS NOT NULL"),
            postgresql_where=text("appointment_id IS NOT NULL"),
        ),
        Index(
            "ix_slot_held_by",
            "held_by",
            sqlite_where=text("held_by IS NOT NULL"),
            postgresql_where=text("held_by IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    office_id: int = Field(foreign_key="office.id")
    agent_id: int = Field(foreign_key="agent.id")
    starts_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    channels: int
    place_id: int | None = Field(default=None, foreign_key="local_point.id", description="None is the office itself.")
    appointment_id: int | None = Field(default=None, foreign_key="appointment.id")
    held_by: str | None = Field(default=None, max_length=32, description="Hold.id or WaitingOffer.id")
    held_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class SlotClaim(SQLModel, table=True):
    """The guard behind the booking code: a slot belongs to at most one live appointment, by primary key."""

    __tablename__ = "slot_claim"

    slot_id: int = Field(foreign_key="slot.id", primary_key=True)
    appointment_id: int = Field(foreign_key="appointment.id", index=True)


class Hold(SQLModel, table=True):
    """Seats kept for one visitor for a few minutes; one per visitor."""

    __table_args__ = (Index("ix_hold_network_key_office_id", "network_key", "office_id", "expires_at"),)

    id: str = Field(primary_key=True, max_length=32)
    visitor_key: str = Field(unique=True, max_length=64)
    journey_id: str = Field(max_length=32, index=True)
    office_id: int = Field(foreign_key="office.id")
    network_key: str = Field(max_length=64, description="Keyed hash of the visitor's network.")
    starts_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    extensions: int = 0
