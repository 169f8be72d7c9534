"""What the clock of this browser shows when the office's shows something else."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

import reflex as rx

from app.content import both_times
from app.state.base import text

_LONGEST_ZONE = 64
_LONGEST_INSTANT = 40
_MOST_INSTANTS = 64


class ZoneState(rx.State):
    """Both times of the instants on the page, in words; none while the browser's zone is the office's."""

    both: dict[str, str] = {}

    @rx.event
    async def compare(self, instants: list[str], office_zone: str, browser_zone: str) -> None:
        """Say these instants (ISO 8601) in both zones; assets/own-time.js asks for it once the page is there."""
        zones = (text(office_zone, _LONGEST_ZONE), text(browser_zone, _LONGEST_ZONE))
        if not _zones().issuperset(zones):
            return
        said = {written: both_times.both(instant, *zones) for written, instant in _instants(instants)}
        # Other parts of the page keep theirs; what pages of before have left behind goes.
        kept = self.both if len(self.both) <= _MOST_INSTANTS else {}
        self.both = {**kept, **said}


def _instants(values: object) -> Iterator[tuple[str, datetime]]:
    """Give what is an instant that any clock can show, with its text."""
    for value in (values if isinstance(values, list) else [])[:_MOST_INSTANTS]:
        written = text(value, _LONGEST_INSTANT)
        try:
            instant = datetime.fromisoformat(written)
        except ValueError:
            continue
        if instant.tzinfo is not None and 2000 <= instant.year < 9000:
            yield written, instant


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
