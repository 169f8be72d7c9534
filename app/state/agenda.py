"""Four weeks of days and the times of one of them, as components/agenda.py shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import reflex as rx

from app.content import wording
from app.services.appointments.availability import AgendaDay


@dataclass(frozen=True)
class TimeView:
    """A time of the chosen day."""

    value: str
    label: str


class AgendaMixin(rx.State, mixin=True):
    """Four weeks, as short as the wire likes it: the words of a day are put together in the browser.

    Each of `days` is an ISO date, a blank and the number of free times; without any, a number under zero that stands
    for the reason: -1 for the first of `closed` and `closed_words`, -2 for the next one.
    """

    days: list[str] = []
    closed: list[str] = []
    closed_words: list[str] = []
    today: str = ""
    title: str = ""
    has_previous: bool = False
    has_next: bool = False

    def _show_days(self, days: Sequence[AgendaDay], today: date) -> None:
        reasons = list(dict.fromkeys((day.state, day.reason) for day in days if not day.free_count))
        numbers = (day.free_count or -1 - reasons.index((day.state, day.reason)) for day in days)
        self.days = [f"{day.day.isoformat()} {number}" for day, number in zip(days, numbers, strict=True)]
        self.closed = [state for state, _ in reasons]
        self.closed_words = [f"{words[:1].lower()}{words[1:]}" for _, words in reasons]
        self.today = today.isoformat()


def time_view(time: datetime) -> TimeView:
    """Return a time of the office's clock, to be tapped."""
    return TimeView(f"{time:%H:%M}", wording.time(time))
