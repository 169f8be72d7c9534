"""The audit log: rows are added and never changed; the scheduled job erases them after twelve months."""

from sqlalchemy import insert
from sqlmodel import Session

from app import clock
from app.models import AuditEvent
from app.services import database


def record(session: Session, event: str, visitor_key: str = "", subject: str = "", outcome: str = "") -> None:
    """Add one event to the transaction of the change it is about.

    `subject` is a reference the portal made (never something a person typed), `outcome` a word such as
    « done » or « refused ». Longer values are cut to the column.
    """
    session.execute(
        insert(AuditEvent).values(
            at=clock.now(), event=event[:60], visitor_key=visitor_key[:64], subject=subject[:80], outcome=outcome[:60]
        )
    )


def note(event: str, visitor_key: str = "", subject: str = "", outcome: str = "") -> None:
    """Record one event in a transaction of its own, for refusals: what was refused was rolled back."""
    with database.writing() as session:
        record(session, event, visitor_key, subject, outcome)
