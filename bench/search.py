"""`search_month` and `first_free`: the two searches people wait for, against one raw query for the same answer."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from app import clock
from app.models import Channel
from app.services.appointments import availability
from app.services.appointments.availability import FreeDay
from app.services.appointments.holds import LEAD
from bench import databases, reference_data
from bench.clocks import side_by_side
from bench.results import Result, at_most

_ROUNDS = 200
_MONTH = 30
_FREE = (
    "FROM slot WHERE office_id = {mark} AND starts_at >= {mark} AND starts_at < {mark} AND (channels & {mark}) != 0 "
    "AND place_id IS NULL AND appointment_id IS NULL AND (held_until IS NULL OR held_until <= {mark})"
)
_ALL_STARTS = f"SELECT DISTINCT starts_at {_FREE} ORDER BY starts_at"
_FIRST_START = f"SELECT starts_at {_FREE} ORDER BY starts_at LIMIT 1"


def measure() -> Iterator[Result]:
    """Give both results for both databases; each answer is compared with its floor's before anything is timed."""
    for kind in databases.BOTH:
        with databases.fresh(kind) as url, clock.moved(reference_data.NOW), _raw(kind, url) as raw:
            office = reference_data.load().id
            yield _search_month(kind, office, raw)
            yield _first_free(kind, office, raw)


def _search_month(kind: str, office: int, raw: "_Raw") -> Result:
    first = reference_data.FIRST_DAY
    last = first + timedelta(days=_MONTH - 1)

    def service() -> tuple[FreeDay, ...]:
        return availability.free_times(office, Channel.COUNTER, 30, first, last)

    def floor() -> list[Any]:
        return raw(_ALL_STARTS, office, _midnight(first), _midnight(last + timedelta(days=1)))

    found = [time.astimezone(UTC) for day in service() for time in day.times]
    _check_same(found, floor())
    times = side_by_side(service, floor, _ROUNDS)
    return at_most(f"search_month_{kind}", times.ratio, 3, "x floor", times.words("raw query"))


def _first_free(kind: str, office: int, raw: "_Raw") -> Result:
    begin, end = reference_data.NOW + LEAD, reference_data.NOW + timedelta(days=400)

    def service() -> datetime | None:
        return availability.first_free(office, Channel.COUNTER, 30)

    def floor() -> list[Any]:
        return raw(_FIRST_START, office, begin, end)

    found = service()
    _check_same([found] if found else [], floor())
    times = side_by_side(service, floor, 2 * _ROUNDS)
    return at_most(f"first_free_{kind}", times.ratio, 4, "x floor", times.words("raw query"))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)


def _check_same(found: list[datetime], rows: list[Any]) -> None:
    raw = [_instant(row[0]) for row in rows]
    if not raw or raw != [time.astimezone(UTC) for time in found]:
        raise AssertionError(f"the service found {len(found)} times and the raw query {len(raw)}")


def _instant(value: Any) -> datetime:
    return value.astimezone(UTC) if isinstance(value, datetime) else datetime.fromisoformat(f"{value}+00:00")


_Raw = Callable[[str, int, datetime, datetime], list[Any]]


@contextmanager
def _raw(kind: str, url: str) -> Iterator[_Raw]:
    """Give a function that runs a query on a driver's own open connection, without SQLAlchemy."""
    channel, now = int(Channel.COUNTER), reference_data.NOW
    if kind == databases.SQLITE:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as sqlite:
            yield lambda query, office, begin, end: sqlite.execute(
                query.format(mark="?"), (office, _text(begin), _text(end), channel, _text(now))
            ).fetchall()
        return
    with psycopg.connect(url, autocommit=True) as postgresql:
        yield lambda query, office, begin, end: postgresql.execute(
            query.format(mark="%s"), (office, begin, end, channel, now)
        ).fetchall()


def _text(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
