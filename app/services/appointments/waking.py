"""Waking hours: a delay that lets people sleep, counted from 8 h to 21 h where the office is."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS = time(8)
CLOSES = time(21)


def after(instant: datetime, delay: timedelta, timezone: ZoneInfo) -> datetime:
    """Return when `delay` of waking hours has passed since an aware instant, in UTC.

    What is left at 21 h goes on at 8 h the next day, every day of the week. A delay that ends at 21 h ends then.
    """
    instant, left = instant.astimezone(UTC), delay
    day = instant.astimezone(timezone).date()
    while True:
        # In UTC, because differences of local times would count the hour that clocks skip or repeat.
        begin, end = (datetime.combine(day, at, timezone).astimezone(UTC) for at in (OPENS, CLOSES))
        begin = max(begin, instant)
        if begin + left <= end:
            return begin + left
        left -= max(end - begin, timedelta(0))
        day += timedelta(days=1)
