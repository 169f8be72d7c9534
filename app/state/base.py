"""What every state needs: who is asking, and how to call a service without blocking everybody else."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import reflex as rx

from app import keys
from app.services import visitors

P = ParamSpec("P")
T = TypeVar("T")
LONGEST_TEXT = 4000


async def call(service: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a service in a worker thread: it may wait for the database while the event loop serves others."""
    return await asyncio.to_thread(service, *args, **kwargs)


def visitor_of(state: rx.State) -> str | None:
    """Return the visitor's key, None when the browser refuses cookies."""
    return visitors.key_of(state.router.headers.cookie or "")


def network_of(state: rx.State) -> str:
    """Return the keyed hash of the visitor's network."""
    return visitors.network_key(state.router.session.client_ip or "")


def tab_of(state: rx.State) -> str:
    """Return a name for this browser tab, stable over reloads; a convenience, never an identity."""
    # What follows the browser's own 36 characters ties them to the visitor, or not yet (app/web/sockets.py).
    return keys.keyed_hash("tab", (state.router.session.client_token or "")[:36])[:16]


def query(state: rx.State, name: str) -> str:
    """Return one query parameter of the page shown, empty if absent."""
    return text(state.router.url.query_parameters.get(name, ""))


def text(value: object, limit: int = LONGEST_TEXT) -> str:
    """Return `value` if it is a string of at most `limit` characters, else an empty string."""
    return value if isinstance(value, str) and len(value) <= limit else ""


def number(value: object) -> int:
    """Return `value` if it is a whole number a row may have, else 0."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 < value < 2**31 else 0  # type: ignore[operator, return-value]


def fields(data: object, names: Iterable[str]) -> dict[str, str]:
    """Return the named fields of a submitted form, stripped; whatever is missing or no text is empty."""
    found = data if isinstance(data, dict) else {}
    return {name: text(found.get(name, "")).strip() for name in names}


def local(instant: datetime, timezone: str) -> datetime:
    """Return an instant in the local time of an IANA zone."""
    return instant.astimezone(ZoneInfo(timezone))


def written(instant: datetime | None) -> str:
    """Return an instant as the browser gets it, ISO 8601 to the minute in UTC; nothing for none."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%MZ}" if instant else ""
