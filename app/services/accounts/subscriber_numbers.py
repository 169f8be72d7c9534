"""« Numéro d'abonné »: year (4 digits), day of the year (3), sequence of that day (7), which begins at 0000101.

The guide's examples follow this rule: 2026 051 0000101 was given on 20 February 2026.
"""

from datetime import date
from zoneinfo import ZoneInfo

from sqlmodel import Session, col

from app import clock
from app.models import SubscriberSequence
from app.services import upsert

FIRST = 101
LAST = 9_999_999
_PARIS = ZoneInfo("Europe/Paris")


class NumbersUsedUpError(Exception):
    """All numbers of this day were given; tomorrow has new ones."""


def today() -> date:
    """Return the day in Paris, which numbers are counted by."""
    return clock.now().astimezone(_PARIS).date()


def next_number(session: Session, day: date) -> str:
    """Return a number nobody has, 14 digits; those who ask at once wait for one another until they commit.

    Raises NumbersUsedUpError.
    """
    last = col(SubscriberSequence.last)
    statement = (
        upsert.insert(session, SubscriberSequence)
        .values(day=day, last=FIRST)
        .on_conflict_do_update(index_elements=["day"], set_={"last": last + 1})
        .returning(last)
    )
    number = session.execute(statement).scalar_one()
    if number > LAST:
        raise NumbersUsedUpError
    return f"{day:%Y}{day.timetuple().tm_yday:03}{number:07}"
