"""The audit log."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from app.models.base import UtcDateTime


class AuditEvent(SQLModel, table=True):
    """One security-relevant event, without secrets and without what a person typed (ASVS 16.2)."""

    __tablename__ = "audit_event"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    event: str = Field(max_length=60, index=True)
    visitor_key: str = Field(default="", max_length=64)
    subject: str = Field(default="", max_length=80, description="Reference of what it is about.")
    outcome: str = Field(default="", max_length=60)
