"""The waiting list: who waits for an earlier slot, and the freed slots each was offered."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from app.models.base import EncryptedText, UtcDateTime

_WAITING = text("status = 'waiting'")
_LIVE = text("outcome = 'live'")


class WaitingStatus(StrEnum):
    """Where somebody on the list stands."""

    WAITING = "waiting"
    SERVED = "served"
    LEFT = "left"
    OVER = "over"


class OfferOutcome(StrEnum):
    """What became of an offer; only a live one keeps its seats."""

    LIVE = "live"
    TAKEN = "taken"
    DECLINED = "declined"
    EXPIRED = "expired"


class WaitingEntry(SQLModel, table=True):
    """Somebody who waits at an office for one kind of appointment; served in the order of `id`."""

    __tablename__ = "waiting_entry"
    __table_args__ = (
        Index(
            "ix_waiting_entry_waiting",
            "office_id",
            "id",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        Index(
            "uq_waiting_entry_waiting_once",
            "email_key",
            "office_id",
            "topic_id",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True, max_length=32, description="Random; what signed links hold.")
    office_id: int = Field(foreign_key="office.id")
    topic_id: str = Field(max_length=80)
    channel: int
    place_id: int | None = Field(default=None, foreign_key="local_point.id", description="None is the office itself.")
    minutes: int
    weekdays: int = Field(description="Days that suit: bit 0 for Monday.")
    first_day: date = Field(description="Local day of the office, included.")
    last_day: date = Field(description="Local day of the office, included; the entry ends with it.")
    email: str = Field(sa_column=Column(EncryptedText, nullable=False))
    email_key: str = Field(max_length=64, description="Keyed hash of the address, to know it again.")
    visitor_key: str = Field(max_length=64, description="Whose demo mailbox shows the mails.")
    status: str = Field(default=WaitingStatus.WAITING, max_length=8)
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class WaitingOffer(SQLModel, table=True):
    """Freed seats kept for one person on the list; `Slot.held_by` holds its id while it is live.

    One slot has one `held_by`, so it is never in two live offers; and an address is written to once for a start.
    """

    __tablename__ = "waiting_offer"
    __table_args__ = (
        Index("uq_waiting_offer_once", "email_key", "office_id", "starts_at", unique=True),
        Index("ix_waiting_offer_live", "expires_at", sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("uq_waiting_offer_entry_live", "entry_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    id: str = Field(primary_key=True, max_length=32)
    entry_id: int = Field(foreign_key="waiting_entry.id", index=True)
    email_key: str = Field(max_length=64)
    office_id: int = Field(foreign_key="office.id")
    starts_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    outcome: str = Field(default=OfferOutcome.LIVE, max_length=8)
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
