"""Step 3: the agenda of four weeks, the times of a day, and the hold."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import wording
from app.models import Channel
from app.services.appointments import availability, steps
from app.services.appointments.availability import Agenda
from app.services.appointments.holds import HoldView, TooManyHoldsError
from app.services.appointments.offices import OfficeNotFoundError
from app.services.appointments.places import Way
from app.services.appointments.seats import SlotGoneError
from app.services.appointments.steps import BOOKING, RESCHEDULE, Progress, Step, WrongChoiceError
from app.services.journeys import JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.state.agenda import AgendaMixin
from app.state.base import call, local, network_of, tab_of, text, visitor_of, written
from app.state.channel import FIELD as CHANNEL_FIELD
from app.state.channel import find_way, way_value
from app.state.forms import FormMixin
from app.state.journey import JourneyState, why_gone
from app.state.office import way_label

_CHOOSE_FIRST = "Choisissez un jour, puis une heure."
_TOO_MANY = "Trop de créneaux sont déjà réservés depuis votre réseau : réessayez dans quelques minutes."
_NEXT = "Le premier créneau n’était plus libre : nous avons retenu le suivant. Vous pouvez encore en changer."
_LATE = timedelta(days=7)


Take = Callable[[str, str, str, datetime], HoldView]


@dataclass(frozen=True)
class Elsewhere:
    """Another way or office that has room."""

    value: str
    label: str
    hint: str


class SlotState(AgendaMixin, FormMixin, JourneyState):
    """The agenda of the journey's office or local point, and what has been tapped in it."""

    facts: str = ""
    first_words: str = ""
    first_day: str = ""
    first_time: str = ""
    first_at: str = ""
    zone: str = ""
    as_list: bool = False
    chosen_day: str = ""
    chosen_words: str = ""
    chosen_time: str = ""
    chosen_at: str = ""
    no_room: str = ""
    other_ways: list[Elsewhere] = []
    neighbours: list[Elsewhere] = []
    current: str = ""
    can_wait: bool = False
    is_late: bool = False
    _page: int = 0

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the agenda, on the weeks and the day the person was looking at."""
        progress, elsewhere = await self._enter(Step.SLOT)
        if progress is None:
            return elsewhere
        self.errors = {"agenda": self._lost_words} if self._lost_words else {}
        self._lost_words = ""
        await self._show(progress, None)
        await self._restore(progress)
        return None

    async def _show(self, progress: Progress, page: int | None) -> None:
        agenda = await self._show_weeks(progress, page)
        if agenda is not None:
            self._show_first(progress, agenda)
            await self._explain(progress, agenda)

    async def _show_weeks(self, progress: Progress, page: int | None) -> Agenda | None:
        office, channel, visitor = progress.office, progress.channel, visitor_of(self)
        if office is None or channel is None or visitor is None:
            return None
        agenda = await call(
            availability.agenda,
            office.id,
            channel,
            progress.minutes,
            page,
            place_id=progress.place_id,
            visitor_key=visitor,
        )
        self._show_days(agenda.days, agenda.today)
        self.title, self._page = agenda.title, agenda.page
        self.has_previous, self.has_next = agenda.has_previous, agenda.has_next
        return agenda

    def _show_first(self, progress: Progress, agenda: Agenda) -> None:
        first = agenda.first_free
        self.facts, self.zone = _facts(progress), progress.office.timezone if progress.office else ""
        self.current = _current(progress)
        self.first_words = wording.short_moment(first, agenda.today) if first else ""
        self.first_day = first.date().isoformat() if first else ""
        self.first_time = f"{first:%H:%M}" if first else ""
        self.first_at = written(first)
        # Whoever moves an appointment has one already: what the list offers would be a second one.
        self.can_wait = progress.kind == BOOKING
        self.is_late = first is not None and first.date() - agenda.today > _LATE

    async def _explain(self, progress: Progress, agenda: Agenda) -> None:
        office, channel = progress.office, progress.channel
        self.no_room, self.other_ways, self.neighbours = "", [], []
        if agenda.first_free is not None or office is None or channel is None:
            return
        why = await call(
            availability.explain,
            office.id,
            channel,
            progress.minutes,
            progress.allowed,
            place_id=progress.place_id,
        )
        self.no_room = why.reason
        self.other_ways = [_elsewhere(other.way, other.first_free) for other in why.other_ways]
        if progress.kind == BOOKING:
            self.neighbours = [
                Elsewhere(str(there.id), there.name, _first_words(first)) for there, first in why.neighbours
            ]

    async def _restore(self, progress: Progress) -> None:
        """Open the day of the chosen time, else the one this tab was looking at, else the first one with room."""
        chosen = None
        if progress.starts_at is not None and progress.office is not None:
            chosen = local(progress.starts_at, progress.office.timezone)
        await self._show_day(progress, chosen.date().isoformat() if chosen else self._day_with_room())
        time = f"{chosen:%H:%M}" if chosen else ""
        self._mark(time if time in (*self.morning, *self.afternoon) else "")

    def _day_with_room(self) -> str:
        seen, monday = _date(self.chosen_day), _date(self.monday)
        place = (seen - monday).days if seen and monday else -1
        return self.chosen_day if 0 <= place < len(self.days) and self.days[place] > 0 else self.first_day

    def _mark(self, time: str) -> None:
        chosen = _instant(self.chosen_day, time, self.zone)
        self.chosen_time, self.chosen_at = time, written(chosen)

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
        if progress is None:
            return elsewhere
        agenda = await self._show_weeks(progress, self._page + by)
        if agenda is not None and written(agenda.first_free) != self.first_at:
            # Somebody has just taken it, or given it back.
            self._show_first(progress, agenda)
            await self._explain(progress, agenda)
        return None

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
        self.chosen_day = self.chosen_words = self.chosen_time = self.chosen_at = ""
        self._show_times(())
        wanted, office, channel, visitor = _date(day), progress.office, progress.channel, visitor_of(self)
        if wanted is None or office is None or channel is None or visitor is None:
            return
        found = await call(
            availability.free_times,
            office.id,
            channel,
            progress.minutes,
            wanted,
            wanted,
            place_id=progress.place_id,
            visitor_key=visitor,
        )
        self.chosen_day, self.chosen_words = wanted.isoformat(), wording.day(wanted)
        self._show_times(time for free in found for time in free.times)

    @rx.event
    async def choose_time(self, time: str, day: str = "") -> AsyncIterator[EventSpec | None]:
        """Hold a time of the day it stood under when it was tapped, which the next day may have replaced; go on."""
        day = text(day, 10) or self.chosen_day
        if day == self.chosen_day:
            self._mark(time if text(time, 5) in (*self.morning, *self.afternoon) else "")
            yield None  # The tap shows at once; holding may take longer.
        yield await self._hold(day, text(time, 5))

    @rx.event
    async def take_first(self) -> EventSpec | None:
        """Hold the first free time, or the next one if somebody was faster."""
        return await self._hold(self.first_day, self.first_time, steps.choose_first)

    @rx.event
    async def take_chosen(self) -> EventSpec | None:
        """Go on with the time that was chosen before."""
        return await self._hold(self.chosen_day, self.chosen_time)

    async def _hold(self, day: str, time: str, take: Take = steps.choose_time) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.SLOT)
        visitor = visitor_of(self)
        if progress is None or progress.office is None or visitor is None:
            return elsewhere
        starts_at = _instant(day, time, progress.office.timezone)
        if starts_at is None:
            return self._refuse({"agenda": _CHOOSE_FIRST})
        try:
            hold = await call(take, visitor, progress.kind, network_of(self), starts_at)
        except (SlotGoneError, WrongChoiceError) as error:
            await self._show(progress, self._page)
            await self._show_day(progress, day)
            return self._refuse({"agenda": why_gone(error)})
        except (TooManyHoldsError, TooManyAttemptsError):
            return self._refuse({"agenda": _TOO_MANY})
        except JourneyGoneError:
            return await self._gone(Step.SLOT)
        self.errors = {}
        self._note = "" if hold.starts_at == starts_at else _NEXT
        self._wait()
        return rx.redirect(addresses.RESCHEDULE_CHECK if progress.kind == RESCHEDULE else addresses.DETAILS)

    @rx.event
    async def take_way(self, value: str) -> EventSpec | None:
        """Look at the agenda of another channel or place."""
        progress, elsewhere = await self._enter(Step.SLOT)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        way = find_way(await call(progress.ways), text(value, 16))
        if way is None:
            return None
        try:
            moved = await call(steps.choose_channel, visitor, progress.kind, way.channel, way.place_id)
            await call(steps.remember, visitor, progress.kind, {CHANNEL_FIELD: value})
        except (WrongChoiceError, JourneyGoneError):
            return await self._gone(Step.SLOT) or rx.redirect(addresses.CHANNEL)
        return await self._move_to(moved)

    @rx.event
    async def take_office(self, office_id: str) -> EventSpec | None:
        """Look at the agenda of a neighbouring office."""
        progress, elsewhere = await self._enter(Step.SLOT)
        visitor = visitor_of(self)
        if progress is None or visitor is None or progress.kind == RESCHEDULE:
            return elsewhere
        if text(office_id, 12) not in [there.value for there in self.neighbours]:
            return None
        channel = int(progress.channel or 0)
        try:
            await call(
                steps.choose_office, visitor, tab_of(self), int(office_id), progress.contact_path, progress.topic_start
            )
            moved = await call(steps.choose_channel, visitor, progress.kind, channel)
            await call(steps.remember, visitor, progress.kind, {CHANNEL_FIELD: str(channel)})
        except (OfficeNotFoundError, WrongChoiceError, JourneyGoneError):
            return await self._gone(Step.SLOT) or rx.redirect(addresses.CHANNEL)
        return await self._move_to(moved)

    async def _move_to(self, moved: Progress) -> EventSpec:
        """Show another agenda from its beginning; the button that led there has gone."""
        await self._show(moved, None)
        await self._restore(moved)
        return rx.set_focus("titre")


def _facts(progress: Progress) -> str:
    office, channel, place = progress.office, progress.channel, progress.place
    if office is None or channel is None:
        return ""
    where = f"{place.name}, {', '.join(place.address_lines)}" if place else office.name
    # A video call is joined from there, not from home.
    how = f"{way_label(channel, '')}{' depuis ' if channel == Channel.VIDEO else ', '}{where}"
    return f"{how} · {wording.duration(progress.minutes)}"


def _elsewhere(way: Way, first: datetime) -> Elsewhere:
    name = way.place.name if way.place else ""
    return Elsewhere(way_value(way.channel, way.place_id), way_label(way.channel, name), _first_words(first))


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
