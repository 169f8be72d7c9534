"""Four weeks of days and the times of one of them, as components/agenda.py shows them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import reflex as rx

from app.services.appointments.availability import AgendaDay

_NOON = "12:00"


class AgendaMixin(rx.State, mixin=True):
    """Four weeks and the times of a day, as short as the wire likes it: the browser puts the words together.

    `days` says from `monday` on (ISO date) how many times are free; a number under zero stands for the reason why none
    is: -1 for the first of `closed` and `closed_words`, -2 for the next one. Times are « 09:30 ».
    """

    monday: str = ""
    days: list[int] = []
    closed: list[str] = []
    closed_words: list[str] = []
    today: str = ""
    title: str = ""
    has_previous: bool = False
    has_next: bool = False
    morning: list[str] = []
    afternoon: list[str] = []

    def _show_days(self, days: Sequence[AgendaDay], today: date) -> None:
        reasons = list(dict.fromkeys((day.state, day.reason) for day in days if not day.free_count))
        self.monday = days[0].day.isoformat()
        self.days = [day.free_count or -1 - reasons.index((day.state, day.reason)) for day in days]
        states = [str(state) for state, _ in reasons]
        words = [f"{why[:1].lower()}{why[1:]}" for _, why in reasons]
        # What has not changed is not sent again.
        if (states, words) != (self.closed, self.closed_words):
            self.closed, self.closed_words = states, words
        if self.today != today.isoformat():
            self.today = today.isoformat()

    def _show_times(self, times: Iterable[datetime]) -> None:
        written = [f"{time:%H:%M}" for time in times]
        self.morning = [time for time in written if time < _NOON]
        self.afternoon = [time for time in written if time >= _NOON]
