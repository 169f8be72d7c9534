"""The form of the waiting list: what one looks for in this journey, and the days on which one could come."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import detours, wording
from app.models import SpaceKind
from app.services.accounts import email_address
from app.services.accounts.email_address import EmailRefusedError
from app.services.appointments import availability, schedule, steps, waiting_list
from app.services.appointments.records import NotOfferedError
from app.services.appointments.steps import Progress, Step
from app.services.appointments.waiting_list import EntryView
from app.services.form_errors import FieldErrors
from app.services.journeys import DraftTooLargeError, JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.state import captcha, detour
from app.state.account import session_of
from app.state.base import call, fields, network_of, tab_of, visitor_of
from app.state.captcha import CaptchaMixin
from app.state.channel import way_value
from app.state.forms import KeepMixin
from app.state.journey import JourneyState
from app.state.office import way_label
from app.state.refused_address import REFUSAL_ID, RefusalMixin

WEEKDAYS = tuple(f"jour-{number}" for number in range(6))
"""The boxes to tick, Monday first; no office receives on Sundays."""

TICKED = "oui"
_FIELDS = ("email", *WEEKDAYS, "first_day", "last_day")
_DONE_FOR, _DONE_DAYS, _DONE_MAIL = "waiting_for", "waiting_days", "waiting_mail"
_WORKING_DAYS = 5
_NO_DAY = "Saisissez une date, par exemple le {day}."
_TOO_MANY = "Trop de demandes depuis votre réseau\u00a0: attendez quelques minutes, puis recommencez."


def last_day_worth_waiting(today: date, first_free: date, horizon: date) -> date:
    """Return the eve of the first free time if a working day lies before it, else the last day of all.

    Today is none: its hours may be over, and a period that ends today ends the wait tonight.
    """
    days = [today + timedelta(days=number) for number in range(1, (first_free - today).days)]
    return days[-1] if any(day.weekday() < _WORKING_DAYS for day in days) else horizon


class WaitingListState(RefusalMixin, CaptchaMixin, KeepMixin, JourneyState):
    """The form by which one is told when a time comes free for what this journey looks for."""

    _kept: ClassVar[tuple[str, ...]] = _FIELDS
    _refusal_id: ClassVar[str] = REFUSAL_ID

    topic_label: str = ""
    where: str = ""
    hours: list[str] = []
    closed: list[str] = []
    closed_words: str = ""
    earliest: str = ""
    latest: str = ""
    human: bool = False
    done_days: str = ""
    done_email: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the form with what was typed, or what was asked for just before."""
        progress, elsewhere = await self._enter(Step.SLOT)
        if progress is None or progress.office is None or progress.channel is None:
            return elsewhere
        self.errors = {}
        self.topic_label = progress.topic.label if progress.topic else ""
        self.where = _where(progress)
        self.hours = list(progress.place.hours if progress.place else progress.office.hours)
        await self._show_fields(progress)
        is_done = progress.typed.get(_DONE_FOR) == _wish_of(progress)
        self.done_days = progress.typed.get(_DONE_DAYS, "") if is_done else ""
        self.done_email = self.draft["email"] if is_done else ""
        self.human = progress.is_human or await session_of(self, SpaceKind.PERSONAL) is not None
        if not self.human and not is_done:
            await self._keep_or_renew_captcha()
        self.refused = False
        if not is_done:
            return None
        await self._look_at_mail(progress.typed.get(_DONE_MAIL, ""))
        return WaitingListState.watch

    async def _mail(self) -> str | None:
        """Return the key of the mail that answers what was asked for in this journey, which only the server knows."""
        visitor = visitor_of(self)
        if visitor is None or not self.done_days:
            return None
        progress = await call(steps.progress, visitor, self._kind())
        return progress.typed.get(_DONE_MAIL) if progress else None

    async def _show_fields(self, progress: Progress) -> None:
        zone = ZoneInfo(progress.office.timezone if progress.office else "Europe/Paris")
        open_days = await self._open_days(progress)
        ticked = open_days[:_WORKING_DAYS] if any(open_days[:_WORKING_DAYS]) else open_days
        today, horizon = schedule.local_today(zone), schedule.last_bookable_day(zone)
        self.earliest, self.latest = today.isoformat(), horizon.isoformat()
        offered = {
            "email": await self._own_address(),
            **{name: TICKED if any(ticked[number : number + 1]) else "" for number, name in enumerate(WEEKDAYS)},
            "first_day": today.isoformat(),
            "last_day": (await self._before(progress, today, horizon)).isoformat(),
        }
        self.draft = {name: progress.typed.get(name, usual) for name, usual in offered.items()}
        # What was ticked for another way to be received may be a day without any here.
        self.draft |= dict.fromkeys(self.closed, "")

    async def _open_days(self, progress: Progress) -> list[bool]:
        """Return for each day that can be ticked whether what is looked for is given on it, and show which are not."""
        office, channel = progress.office, progress.channel
        if office is None or channel is None:
            return [True] * len(WEEKDAYS)
        week = await call(waiting_list.week, office.id, channel, progress.place_id, range(len(WEEKDAYS)))
        open_days = [bool(week.served >> number & 1) for number in range(len(WEEKDAYS))]
        self.closed = [name for name, is_open in zip(WEEKDAYS, open_days, strict=True) if not is_open]
        self.closed_words = week.closed_words
        return open_days

    async def _own_address(self) -> str:
        found = await session_of(self, SpaceKind.PERSONAL)
        return found.account.email if found else ""

    async def _before(self, progress: Progress, today: date, horizon: date) -> date:
        office, channel = progress.office, progress.channel
        if office is None or channel is None:
            return horizon
        first = await call(availability.first_free, office.id, channel, progress.minutes, place_id=progress.place_id)
        return last_day_worth_waiting(today, first.date() if first else today, horizon)

    async def _keep(self, typed: dict[str, str]) -> None:
        visitor = visitor_of(self)
        if visitor is None:
            return
        with suppress(JourneyGoneError, DraftTooLargeError):
            await call(steps.remember, visitor, self._kind(), typed, tab_of(self))

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.SLOT)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        typed = fields(data, _FIELDS)
        self.draft = typed
        await self._keep(typed)
        first_day, last_day = _date(typed["first_day"]), _date(typed["last_day"])
        errors = _wrong_address(typed["email"]) | _missing_days(first_day, last_day, self.latest)
        errors |= await self._human_errors(visitor, progress, data)
        if errors or first_day is None or last_day is None:
            return self._refuse(errors)
        return await self._join(visitor, progress, typed["email"], _mask(typed), (first_day, last_day))

    async def _human_errors(self, visitor: str, progress: Progress, data: dict[str, str]) -> dict[str, str]:
        if await self._is_human(progress):
            return {}
        problem = await self._captcha_error(fields(data, [captcha.FIELD])[captcha.FIELD])
        if problem:
            return {captcha.FIELD: problem}
        with suppress(JourneyGoneError):
            await call(steps.note_human, visitor, progress.kind)
        self.human = True
        return {}

    async def _is_human(self, progress: Progress) -> bool:
        return progress.is_human or await session_of(self, SpaceKind.PERSONAL) is not None

    async def _join(
        self, visitor: str, progress: Progress, email: str, weekdays: int, days: tuple[date, date]
    ) -> EventSpec:
        if progress.office is None or progress.topic is None or progress.channel is None:
            return rx.redirect(addresses.CONTACT)
        try:
            asked = await call(
                waiting_list.join,
                visitor,
                network_of(self),
                email,
                office_id=progress.office.id,
                topic_id=progress.topic.id,
                channel=progress.channel,
                place_id=progress.place_id,
                weekdays=weekdays,
                first_day=days[0],
                last_day=days[1],
            )
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except TooManyAttemptsError:
            return self._refuse({"email": _TOO_MANY})
        except NotOfferedError:
            return await detour.send(self, addresses.CHANNEL, detours.NOT_OFFERED)
        # An address that took no mail leaves its place to the one that asks for the same.
        await call(waiting_list.drop_refused, visitor, progress.typed.get(_DONE_MAIL, ""), asked.mail)
        self.errors, self.refused = {}, False
        self.done_days, self.done_email = days_of(asked), email
        await self._keep({_DONE_FOR: _wish_of(progress), _DONE_DAYS: self.done_days, _DONE_MAIL: asked.mail})
        return rx.set_focus("inscrit")

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Join, once however often it is pressed, and look what becomes of the mail."""
        async for event in self._alone(self._submit, data):
            yield event
        yield WaitingListState.watch

    @rx.event
    async def change(self) -> EventSpec | None:
        """Show the form again, as it was sent."""
        progress, elsewhere = await self._enter(Step.SLOT)
        if progress is None:
            return elsewhere
        await self._keep({_DONE_FOR: ""})
        self.done_days = self.done_email = ""
        is_refused, self.refused = self.refused, False
        if not self.human:
            await self._keep_or_renew_captcha()
        return rx.set_focus("email" if is_refused else "titre")


def days_of(view: EntryView) -> str:
    """Return the days somebody waits for, in words."""
    return f"{view.weekday_words}, {view.period_words}"


def _where(progress: Progress) -> str:
    if progress.office is None or progress.channel is None:
        return ""
    label = way_label(progress.channel, progress.place.name if progress.place else "")
    return label if progress.place else f"{label}, {progress.office.name}"


def _wish_of(progress: Progress) -> str:
    """Return what a journey looks for, so that what was asked for something else is not shown."""
    office, topic, channel = progress.office, progress.topic, progress.channel
    if office is None or topic is None or channel is None:
        return ""
    return f"{office.id} {topic.id} {way_value(channel, progress.place_id)}"


def _mask(typed: Mapping[str, str]) -> int:
    return sum(1 << number for number, name in enumerate(WEEKDAYS) if typed[name])


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _wrong_address(email: str) -> dict[str, str]:
    """Return what is wrong before the CAPTCHA is used up; the service checks again."""
    try:
        email_address.parse(email)
    except EmailRefusedError as refused:
        return {"email": refused.message}
    return {}


def _missing_days(first: date | None, last: date | None, latest: str) -> dict[str, str]:
    words = _NO_DAY.format(day=wording.date(date.fromisoformat(latest))) if latest else "Saisissez une date."
    return {name: words for name, value in (("first_day", first), ("last_day", last)) if value is None}
