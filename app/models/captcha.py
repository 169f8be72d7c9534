"""CAPTCHA challenges."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from app.models.base import EncryptedText, UtcDateTime


class CaptchaChallenge(SQLModel, table=True):
    """One challenge, bound to the visitor it was made for, good for one attempt."""

    __tablename__ = "captcha_challenge"

    id: str = Field(primary_key=True, max_length=32)
    visitor_key: str = Field(max_length=64, index=True)
    kind: str = Field(default="text", max_length=8, description="« text » to copy, or « work » for a proof of work.")
    answer: str = Field(sa_column=Column(EncryptedText, nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
