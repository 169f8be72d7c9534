"""The waiting list: joining it, leaving it by the link of a mail, and what one does with an offered time."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import wording
from app.models import Channel, OfferOutcome, SpaceKind
from app.services.accounts import email_address
from app.services.accounts.email_address import EmailRefusedError
from app.services.appointments import availability, schedule, steps, waiting_list
from app.services.appointments.records import NotOfferedError
from app.services.appointments.steps import Progress, Step
from app.services.appointments.waiting_list import EntryView, OfferGoneError, OfferView
from app.services.form_errors import FieldErrors
from app.services.journeys import DraftTooLargeError, JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.state import captcha
from app.state.account import session_of
from app.state.base import call, fields, local, network_of, tab_of, visitor_of
from app.state.captcha import CaptchaMixin
from app.state.channel import way_value
from app.state.forms import KeepMixin
from app.state.journey import JourneyState
from app.state.office import way_label

WEEKDAYS = tuple(f"jour-{number}" for number in range(6))
"""The boxes to tick, Monday first; no office receives on Sundays."""

TICKED = "oui"
_FIELDS = ("email", *WEEKDAYS, "first_day", "last_day")
_DONE_FOR, _DONE_DAYS = "waiting_for", "waiting_days"
_WORKING_DAYS = 5
_NO_DAY = "Saisissez une date, par exemple le {day}"
_TOO_MANY = "Trop de demandes depuis votre réseau : attendez quelques minutes, puis recommencez"
_TOO_MANY_CLICKS = "Trop de demandes : attendez une minute, puis réessayez."
_NO_COOKIES = "Votre navigateur refuse les cookies : acceptez ceux de ce site, puis rechargez la page."


class WaitingListState(CaptchaMixin, KeepMixin, JourneyState):
    """The form by which one is told when a time comes free for what this journey looks for."""

    _kept: ClassVar[tuple[str, ...]] = _FIELDS

    topic_label: str = ""
    where: str = ""
    hours: list[str] = []
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
        return None

    async def _show_fields(self, progress: Progress) -> None:
        zone = ZoneInfo(progress.office.timezone if progress.office else "Europe/Paris")
        today, horizon = schedule.local_today(zone), schedule.last_bookable_day(zone)
        self.earliest, self.latest = today.isoformat(), horizon.isoformat()
        offered = {
            "email": await self._own_address(),
            **{name: TICKED if number < _WORKING_DAYS else "" for number, name in enumerate(WEEKDAYS)},
            "first_day": today.isoformat(),
            "last_day": (await self._before(progress, today, horizon)).isoformat(),
        }
        self.draft = {name: progress.typed.get(name, usual) for name, usual in offered.items()}

    async def _own_address(self) -> str:
        found = await session_of(self, SpaceKind.PERSONAL)
        return found.account.email if found else ""

    async def _before(self, progress: Progress, today: date, horizon: date) -> date:
        """Return the last day worth waiting for: the eve of the first free time, if that leaves a working day."""
        office, channel = progress.office, progress.channel
        if office is None or channel is None:
            return horizon
        first = await call(availability.first_free, office.id, channel, progress.minutes, place_id=progress.place_id)
        ahead = (first.date() - today).days if first else 0
        days = [today + timedelta(days=number) for number in range(ahead)]
        return days[-1] if any(day.weekday() < _WORKING_DAYS for day in days) else horizon

    async def _keep(self, typed: dict[str, str]) -> None:
        visitor = visitor_of(self)
        if visitor is None:
            return
        with suppress(JourneyGoneError, DraftTooLargeError):
            await call(steps.remember, visitor, self._kind(), typed)

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
        if errors or first_day is None or last_day is None:
            return self._refuse(errors)
        if not await self._is_human(visitor, progress):
            problem = await self._captcha_error(fields(data, [captcha.FIELD])[captcha.FIELD])
            if problem:
                return self._refuse({captcha.FIELD: problem})
            with suppress(JourneyGoneError):
                await call(steps.note_human, visitor, progress.kind)
            self.human = True
        return await self._join(visitor, progress, typed["email"], _mask(typed), (first_day, last_day))

    async def _is_human(self, visitor: str, progress: Progress) -> bool:
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
            return rx.redirect(addresses.CHANNEL)
        self.errors = {}
        self.done_days, self.done_email = _days_of(asked), email
        await self._keep({_DONE_FOR: _wish_of(progress), _DONE_DAYS: self.done_days})
        return rx.set_focus("inscrit")

    @rx.event
    async def change(self) -> EventSpec | None:
        """Show the form again, as it was sent."""
        progress, elsewhere = await self._enter(Step.SLOT)
        if progress is None:
            return elsewhere
        await self._keep({_DONE_FOR: ""})
        self.done_days = self.done_email = ""
        if not self.human:
            await self._keep_or_renew_captcha()
        return rx.set_focus("titre")


@dataclass(frozen=True)
class WaitedFor:
    """What somebody waits for or was offered, in words; `words` and what follows are an offer's."""

    topic: str = ""
    channel: str = ""
    office: str = ""
    place: str = ""
    duration: str = ""
    days: str = ""
    words: str = ""
    starts_at: str = ""
    until: str = ""
    expires_at: str = ""
    timezone: str = ""
    entry_href: str = ""
    is_video: bool = False


class WaitingEntryState(JourneyState):
    """What the link of a mail leads to: « loading », « unknown », or where this person on the list stands."""

    status: str = "loading"
    card: WaitedFor = WaitedFor()
    problem: str = ""
    just_left: bool = False

    @rx.event
    async def load(self) -> None:
        """Show what is waited for; opening the link changes nothing."""
        self.problem, self.just_left = "", False
        self._show(await call(waiting_list.entry, _token(self)))

    @rx.event
    async def quit(self) -> EventSpec | None:
        """Leave the list."""
        try:
            view = await call(waiting_list.leave, _token(self), visitor_key=visitor_of(self) or "")
        except TooManyAttemptsError:
            self.problem = _TOO_MANY_CLICKS
            return None
        self.problem, self.just_left = "", True
        self._show(view)
        return rx.set_focus("titre")

    def _show(self, view: EntryView | None) -> None:
        self.status = str(view.status) if view else "unknown"
        self.card = _entry_card(view) if view else WaitedFor()


class WaitingOfferState(JourneyState):
    """An offered time: « loading », « unknown », or what became of it; nothing happens without a button."""

    status: str = "loading"
    card: WaitedFor = WaitedFor()
    problem: str = ""
    replaces: bool = False
    busy: bool = False

    @rx.event
    async def load(self) -> None:
        """Show the offer; opening the link changes nothing."""
        self.problem, self.busy = "", False
        await self._show(await call(waiting_list.offer, _token(self)))

    @rx.event
    async def take(self) -> EventSpec | None:
        """Take the time and go on to the details; what was begun before in this browser is replaced."""
        visitor = visitor_of(self)
        if visitor is None:
            self.problem = _NO_COOKIES
            return None
        try:
            await call(waiting_list.accept, visitor, tab_of(self), _token(self), network=network_of(self))
        except TooManyAttemptsError:
            self.problem = _TOO_MANY_CLICKS
            return None
        except (OfferGoneError, JourneyGoneError):
            await self._show(await call(waiting_list.offer, _token(self)))
            self.problem = "Ce créneau ne peut plus être pris depuis ce navigateur."
            return rx.set_focus("titre")
        self.problem = ""
        self._wait()
        return rx.redirect(addresses.DETAILS)

    @rx.event
    async def decline(self) -> EventSpec | None:
        """Let the time go to the next one."""
        try:
            view = await call(waiting_list.decline, _token(self), visitor_key=visitor_of(self) or "")
        except TooManyAttemptsError:
            self.problem = _TOO_MANY_CLICKS
            return None
        self.problem = ""
        await self._show(view)
        return rx.set_focus("titre")

    async def _show(self, view: OfferView | None) -> None:
        self.card = _offer_card(view) if view else WaitedFor()
        self.status = str(view.outcome) if view else "unknown"
        visitor = visitor_of(self)
        is_asked = visitor is not None and view is not None and view.outcome == OfferOutcome.LIVE
        begun = await call(steps.progress, visitor, steps.BOOKING) if visitor and is_asked else None
        self.replaces = begun is not None and begun.step > Step.OFFICE


def _token(state: rx.State) -> str:
    return unquote(state.router.url.path.rstrip("/").rpartition("/")[2])


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
    words = _NO_DAY.format(day=wording.date(date.fromisoformat(latest))) if latest else "Saisissez une date"
    return {name: words for name, value in (("first_day", first), ("last_day", last)) if value is None}


def _days_of(view: EntryView) -> str:
    return f"{view.weekday_words}, {view.period_words}"


def _entry_card(view: EntryView) -> WaitedFor:
    return WaitedFor(
        topic=view.topic_label,
        channel=way_label(view.channel, view.place_name),
        office=view.office_name,
        duration=wording.duration(view.minutes),
        days=_days_of(view),
    )


def _offer_card(view: OfferView) -> WaitedFor:
    return WaitedFor(
        topic=view.topic_label,
        channel=way_label(view.channel, view.place_name),
        office=view.office_name,
        place="" if view.channel == Channel.PHONE else ", ".join(view.address_lines),
        duration=wording.duration(view.minutes),
        words=wording.moment(local(view.starts_at, view.timezone)),
        starts_at=_written(view.starts_at),
        until=wording.moment(local(view.expires_at, view.timezone)),
        expires_at=_written(view.expires_at),
        timezone=view.timezone,
        entry_href=addresses.waiting_entry(view.leave_token),
        is_video=view.channel == Channel.VIDEO,
    )


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
