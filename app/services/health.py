"""Whether this process can do its work: asked by /readyz, counted at /metrics."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, text
from sqlalchemy.orm import aliased
from sqlmodel import col

from app import clock
from app.models import OutboxMail
from app.services import database

OVERDUE_AFTER = timedelta(minutes=15)
"""A mail that was due for so long and that nobody tried to send: no worker is running."""


@dataclass(frozen=True, slots=True)
class OutboxHealth:
    """How many mails are not sent yet, and for how many seconds the oldest one has waited for any worker.

    A mail server that is away makes mails wait, not overdue: each attempt moves the next one into the future.
    """

    waiting: int
    overdue_seconds: float

    @property
    def is_stuck(self) -> bool:
        """Whether nobody is sending mail."""
        return self.overdue_seconds > OVERDUE_AFTER.total_seconds()


def check_database() -> None:
    """Ask the database for an answer; whatever it raises means that it gives none."""
    with database.reading() as session:
        session.execute(text("SELECT 1"))


def outbox() -> OutboxHealth:
    """Return how the outbox stands."""
    now = clock.now()
    earlier = aliased(OutboxMail)
    # Mails of one appointment leave in order: a later one is due from the start, yet waits for the first.
    behind = exists().where(
        col(earlier.appointment_id) == OutboxMail.appointment_id,
        col(earlier.id) < col(OutboxMail.id),
        _unsent(earlier),
    )
    unleased = or_(col(OutboxMail.leased_until).is_(None), col(OutboxMail.leased_until) <= now)
    counted = select(func.count()).select_from(OutboxMail).where(_unsent(OutboxMail))
    next_due = select(func.min(OutboxMail.next_attempt_at)).where(_unsent(OutboxMail), unleased, ~behind)
    with database.reading() as session:
        waiting = session.execute(counted).scalar_one()
        due_at = session.execute(next_due).scalar_one()
    return OutboxHealth(waiting, max(0.0, (now - due_at).total_seconds()) if due_at else 0.0)


def _unsent(mail: type[OutboxMail]) -> ColumnElement[bool]:
    return and_(col(mail.sent_at).is_(None), col(mail.gave_up_at).is_(None))
