"""Step 3: the agenda of four weeks, the times of a day, and the hold."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import wording
from app.models import Channel
from app.services.appointments import availability, steps
from app.services.appointments.availability import Agenda, AgendaDay
from app.services.appointments.holds import TooManyHoldsError
from app.services.appointments.offices import OfficeNotFoundError
from app.services.appointments.seats import SlotGoneError
from app.services.appointments.steps import RESCHEDULE, Progress, Step, WrongChoiceError
from app.services.journeys import JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.state.base import call, local, network_of, tab_of, text, visitor_of
from app.state.channel import FIELD as CHANNEL_FIELD
from app.state.forms import FormMixin
from app.state.journey import JourneyState
from app.state.office import CHANNEL_LABELS

_CHOOSE_FIRST = "Choisissez un jour, puis une heure"
_GONE = "Ce créneau vient d’être pris par une autre personne : choisissez-en un autre"
_TOO_MANY = "Trop de créneaux sont déjà réservés depuis votre réseau : réessayez dans quelques minutes"
_NOON = 12


@dataclass(frozen=True)
class DayView:
    """A day of the agenda; `label` is its accessible name."""

    date: str
    number: str
    count: int
    state: str
    label: str
    today: bool


@dataclass(frozen=True)
class TimeView:
    """A time of the chosen day."""

    value: str
    label: str


@dataclass(frozen=True)
class Elsewhere:
    """Another channel or office that has room."""

    value: int
    label: str
    hint: str


class SlotState(FormMixin, JourneyState):
    """The agenda of the journey's office, and what has been tapped in it."""

    days: list[DayView] = []
    title: str = ""
    facts: str = ""
    first_words: str = ""
    first_day: str = ""
    first_time: str = ""
    has_previous: bool = False
    has_next: bool = False
    as_list: bool = False
    chosen_day: str = ""
    chosen_words: str = ""
    chosen_time: str = ""
    morning: list[TimeView] = []
    afternoon: list[TimeView] = []
    no_room: str = ""
    other_channels: list[Elsewhere] = []
    neighbours: list[Elsewhere] = []
    current: str = ""
    _page: int = 0

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the agenda, on the weeks and the day the person was looking at."""
        progress, elsewhere = await self._enter(Step.SLOT)
        if progress is None:
            return elsewhere
        self.errors = {"agenda": _GONE} if self.slot_lost else {}
        self.slot_lost = False
        await self._show(progress, None)
        await self._restore(progress)
        return None

    async def _show(self, progress: Progress, page: int | None) -> None:
        office, channel, visitor = progress.office, progress.channel, visitor_of(self)
        if office is None or channel is None or visitor is None:
            return
        agenda = await call(availability.agenda, office.id, channel, progress.minutes, page, visitor_key=visitor)
        self.facts = f"{CHANNEL_LABELS[channel]}, {office.name} · {wording.duration(progress.minutes)}"
        self.current = _current(progress)
        self._show_agenda(agenda)
        await self._explain(progress, agenda)

    def _show_agenda(self, agenda: Agenda) -> None:
        self.days = [_day_view(day, agenda.today) for day in agenda.days]
        self.title, self._page = agenda.title, agenda.page
        self.has_previous, self.has_next = agenda.has_previous, agenda.has_next
        first = agenda.first_free
        self.first_words = wording.short_moment(first, agenda.today) if first else ""
        self.first_day = first.date().isoformat() if first else ""
        self.first_time = f"{first:%H:%M}" if first else ""

    async def _explain(self, progress: Progress, agenda: Agenda) -> None:
        office, channel = progress.office, progress.channel
        if agenda.first_free is not None or office is None or channel is None:
            self.no_room, self.other_channels, self.neighbours = "", [], []
            return
        allowed = Channel(sum(progress.channels()))
        why = await call(availability.explain, office.id, channel, progress.minutes, allowed)
        self.no_room = why.reason
        self.other_channels = [
            Elsewhere(int(other), CHANNEL_LABELS[other], _first_words(first)) for other, first in why.other_channels
        ]
        self.neighbours = (
            []
            if progress.kind == RESCHEDULE
            else [Elsewhere(there.id, there.name, _first_words(first)) for there, first in why.neighbours]
        )

    async def _restore(self, progress: Progress) -> None:
        day, time = progress.typed.get("day", ""), progress.typed.get("time", "")
        if progress.starts_at is not None and progress.office is not None:
            chosen = local(progress.starts_at, progress.office.timezone)
            day, time = chosen.date().isoformat(), f"{chosen:%H:%M}"
        await self._show_day(progress, day)
        shown = {choice.value for choice in (*self.morning, *self.afternoon)}
        self.chosen_time = time if time in shown else ""

    @rx.event
    async def previous(self) -> EventSpec | None:
        """Show the four weeks before."""
        return await self._turn(-1)

    @rx.event
    async def following(self) -> EventSpec | None:
        """Show the next four weeks."""
        return await self._turn(+1)

    async def _turn(self, by: int) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.SLOT)
        if progress is not None:
            await self._show(progress, self._page + by)
        return elsewhere

    @rx.event
    async def toggle_list(self) -> None:
        """Show the days as a list, or as weeks again."""
        self.as_list = not self.as_list

    @rx.event
    async def choose_day(self, day: str) -> EventSpec | None:
        """Show the free times of a day (ISO date)."""
        progress, elsewhere = await self._enter(Step.SLOT)
        if progress is not None:
            await self._show_day(progress, text(day, 10))
        return elsewhere

    async def _show_day(self, progress: Progress, day: str) -> None:
        self.chosen_day = self.chosen_words = self.chosen_time = ""
        self.morning, self.afternoon = [], []
        wanted, office, channel, visitor = _date(day), progress.office, progress.channel, visitor_of(self)
        if wanted is None or office is None or channel is None or visitor is None:
            return
        found = await call(
            availability.free_times, office.id, channel, progress.minutes, wanted, wanted, visitor_key=visitor
        )
        times = [time for free in found for time in free.times]
        self.chosen_day, self.chosen_words = wanted.isoformat(), wording.day(wanted)
        self.morning = [_time_view(time) for time in times if time.hour < _NOON]
        self.afternoon = [_time_view(time) for time in times if time.hour >= _NOON]

    @rx.event
    async def choose_time(self, time: str) -> AsyncIterator[None]:
        """Mark a time of the chosen day; nothing is held yet."""
        shown = {choice.value for choice in (*self.morning, *self.afternoon)}
        if text(time, 5) not in shown:
            return
        self.chosen_time, self.errors = time, {}
        yield  # The tap shows at once; keeping it for a restart may take longer.
        visitor = visitor_of(self)
        if visitor is not None:
            await self._keep_choice(visitor)

    async def _keep_choice(self, visitor: str) -> None:
        try:
            await call(steps.remember, visitor, self._kind(), {"day": self.chosen_day, "time": self.chosen_time})
        except JourneyGoneError:
            return

    @rx.event
    async def take_first(self) -> EventSpec | None:
        """Hold the first free time."""
        return await self._hold(self.first_day, self.first_time)

    @rx.event
    async def take_chosen(self) -> EventSpec | None:
        """Hold the chosen time and go on."""
        return await self._hold(self.chosen_day, self.chosen_time)

    async def _hold(self, day: str, time: str) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.SLOT)
        visitor = visitor_of(self)
        if progress is None or progress.office is None or visitor is None:
            return elsewhere
        starts_at = _instant(day, time, progress.office.timezone)
        if starts_at is None:
            return self._refuse({"agenda": _CHOOSE_FIRST})
        try:
            await call(steps.choose_time, visitor, progress.kind, network_of(self), starts_at)
        except (SlotGoneError, WrongChoiceError):
            await self._show(progress, self._page)
            await self._show_day(progress, day)
            return self._refuse({"agenda": _GONE})
        except (TooManyHoldsError, TooManyAttemptsError):
            return self._refuse({"agenda": _TOO_MANY})
        except JourneyGoneError:
            return rx.redirect(addresses.CONTACT)
        self.errors = {}
        return rx.redirect(addresses.RESCHEDULE_CHECK if progress.kind == RESCHEDULE else addresses.DETAILS)

    @rx.event
    async def take_channel(self, channel: int) -> EventSpec | None:
        """Look at the agenda of another channel."""
        progress, elsewhere = await self._enter(Step.SLOT)
        visitor = visitor_of(self)
        if progress is None or visitor is None or channel not in [int(known) for known in progress.channels()]:
            return elsewhere
        try:
            moved = await call(steps.choose_channel, visitor, progress.kind, Channel(channel))
            await call(steps.remember, visitor, progress.kind, {CHANNEL_FIELD: str(channel)})
        except (WrongChoiceError, JourneyGoneError):
            return rx.redirect(addresses.CHANNEL)
        await self._show(moved, None)
        await self._restore(moved)
        return None

    @rx.event
    async def take_office(self, office_id: int) -> EventSpec | None:
        """Look at the agenda of a neighbouring office."""
        progress, elsewhere = await self._enter(Step.SLOT)
        visitor = visitor_of(self)
        if progress is None or progress.office is None or visitor is None or progress.kind == RESCHEDULE:
            return elsewhere
        if office_id not in [there.value for there in self.neighbours]:
            return None
        try:
            moved = await call(
                steps.choose_office, visitor, tab_of(self), office_id, progress.contact_path, progress.topic_start
            )
            moved = await call(steps.choose_channel, visitor, progress.kind, int(progress.channel or 0))
        except (OfficeNotFoundError, WrongChoiceError, JourneyGoneError):
            return rx.redirect(addresses.CHANNEL)
        await self._show(moved, None)
        await self._restore(moved)
        return None


def _day_view(day: AgendaDay, today: date) -> DayView:
    words = wording.day(day.day)
    label = f"{words}, {wording.slots(day.free_count)}" if day.free_count else f"{words}, {day.reason.lower()}"
    return DayView(
        date=day.day.isoformat(),
        number="1er" if day.day.day == 1 else str(day.day.day),  # as the label says it (WCAG 2.5.3)
        count=day.free_count,
        state=day.state,
        label=f"{label}, aujourd’hui" if day.day == today else label,
        today=day.day == today,
    )


def _time_view(time: datetime) -> TimeView:
    return TimeView(f"{time:%H:%M}", wording.time(time))


def _first_words(first: datetime) -> str:
    return f"Premier créneau libre : {wording.short_moment(first)}"


def _current(progress: Progress) -> str:
    if progress.appointment is None:
        return ""
    return wording.short_moment(local(progress.appointment.starts_at, progress.appointment.timezone))


def _date(day: str) -> date | None:
    try:
        return date.fromisoformat(day)
    except ValueError:
        return None


def _instant(day: str, time: str, timezone: str) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{day}T{time}:00").replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
