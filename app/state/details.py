"""Step 4: who the appointment is for; and the check before an appointment is moved."""

from collections.abc import AsyncIterator
from contextlib import suppress

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import wording
from app.models import Channel
from app.services.appointments import booking, person, rescheduling, steps
from app.services.appointments.person import FieldErrors
from app.services.appointments.records import NotBookedError, NotOfferedError
from app.services.appointments.seats import SlotGoneError
from app.services.appointments.steps import Progress, Step
from app.services.journeys import DraftTooLargeError, JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.state import captcha
from app.state.base import call, fields, local, network_of, text, visitor_of
from app.state.captcha import CaptchaMixin
from app.state.forms import FormMixin
from app.state.journey import JourneyState
from app.state.office import CHANNEL_LABELS

FIELDS = ("civility", "last_name", "first_name", "details", "phone", "second_phone", "email", "tax_number")
_LONGEST = 2000
_TOO_MANY = "Trop de demandes depuis votre réseau : attendez quelques minutes, puis confirmez"


class DetailsState(CaptchaMixin, FormMixin, JourneyState):
    """The form of the person's details."""

    call_back: bool = False
    human: bool = False

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the form with what was typed, and the countdown of the hold."""
        progress, elsewhere = await self._enter(Step.DETAILS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        self.errors = {}
        self.draft = {name: progress.typed.get(name, "") for name in FIELDS}
        self.call_back = progress.channel == Channel.PHONE
        await self._show_hold(visitor, progress)
        self.human = progress.is_human
        if not self.human:
            await self._keep_or_renew_captcha()
        return None

    @rx.event
    async def keep(self, name: str, value: str) -> None:
        """Keep what was typed in a field."""
        visitor = visitor_of(self)
        if visitor is None or name not in FIELDS:
            return
        try:
            await call(steps.remember, visitor, self._kind(), {name: text(value, _LONGEST)})
        except (JourneyGoneError, DraftTooLargeError):
            return

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Check everything and book."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit(data)
        finally:
            self.busy = False

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.DETAILS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        typed = fields(data, FIELDS)
        await self._keep_all(visitor, typed)
        try:
            someone = person.validate(typed, call_back=progress.channel == Channel.PHONE)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        if not progress.is_human:
            problem = await self._captcha_error(fields(data, [captcha.FIELD])[captcha.FIELD])
            if problem:
                return self._refuse({captcha.FIELD: problem})
            # When another tab has just confirmed, booking gives back its appointment.
            with suppress(JourneyGoneError):
                await call(steps.note_human, visitor, progress.kind)
            self.human = True
        return await self._book(visitor, progress, someone)

    async def _keep_all(self, visitor: str, typed: dict[str, str]) -> None:
        self.draft = typed
        try:
            await call(steps.remember, visitor, self._kind(), typed)
        except (JourneyGoneError, DraftTooLargeError):
            return

    async def _book(self, visitor: str, progress: Progress, someone: person.Person) -> EventSpec:
        if progress.office is None or progress.topic is None or progress.channel is None or progress.starts_at is None:
            return rx.redirect(addresses.CONTACT)
        self._captcha_id = ""
        try:
            await call(
                booking.confirm,
                visitor,
                progress.journey_id,
                office_id=progress.office.id,
                topic_id=progress.topic.id,
                channel=progress.channel,
                starts_at=progress.starts_at,
                person=someone,
                network=network_of(self),
            )
        except (SlotGoneError, NotOfferedError):
            with suppress(JourneyGoneError):
                await call(steps.drop_time, visitor, progress.kind)
            self.slot_lost = True
            return rx.redirect(addresses.SLOT)
        except TooManyAttemptsError:
            return self._refuse({"last_name": _TOO_MANY})
        except JourneyGoneError:
            return rx.redirect(addresses.CONTACT)
        self.draft, self.errors, self.hold_until = {}, {}, ""
        self._wait()
        return rx.redirect(addresses.CONFIRMATION)


class CheckState(FormMixin, JourneyState):
    """The old and the new time side by side, before the appointment moves."""

    old_words: str = ""
    new_words: str = ""
    old_channel: str = ""
    new_channel: str = ""
    office_name: str = ""
    call_back: bool = False

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show both times, and the countdown of the hold."""
        progress, elsewhere = await self._enter(Step.DETAILS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        old, office = progress.appointment, progress.office
        if old is None or office is None or progress.starts_at is None or progress.channel is None:
            return rx.redirect(addresses.CONTACT)
        self.errors = {}
        self.old_words = wording.moment(local(old.starts_at, old.timezone))
        self.new_words = wording.moment(local(progress.starts_at, office.timezone))
        self.old_channel, self.new_channel = CHANNEL_LABELS[old.channel], CHANNEL_LABELS[progress.channel]
        self.office_name = office.name
        self.call_back = progress.channel == Channel.PHONE
        self.draft = {"phone": progress.typed.get("phone", "")}
        await self._show_hold(visitor, progress)
        return None

    @rx.event
    async def keep(self, name: str, value: str) -> None:
        """Keep the number that was typed."""
        visitor = visitor_of(self)
        if visitor is None or name != "phone":
            return
        try:
            await call(steps.remember, visitor, self._kind(), {name: text(value, _LONGEST)})
        except (JourneyGoneError, DraftTooLargeError):
            return

    @rx.event
    async def submit(self, data: dict[str, str]) -> AsyncIterator[EventSpec | None]:
        """Move the appointment."""
        if self.busy:
            return
        self.busy = True
        yield None
        try:
            yield await self._submit(data)
        finally:
            self.busy = False

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.DETAILS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        phone = fields(data, ["phone"])["phone"] if progress.channel == Channel.PHONE else None
        try:
            return await self._move(visitor, progress, phone)
        except FieldErrors as wrong:
            return self._refuse(wrong.errors)
        except TooManyAttemptsError:
            return self._refuse({"phone": _TOO_MANY})

    async def _move(self, visitor: str, progress: Progress, phone: str | None) -> EventSpec:
        if progress.appointment is None or progress.channel is None or progress.starts_at is None:
            return rx.redirect(addresses.CONTACT)
        if phone is not None:
            person.phone_number(phone)
        try:
            await call(
                rescheduling.reschedule,
                visitor,
                progress.journey_id,
                progress.appointment.public_id,
                progress.channel,
                progress.starts_at,
                phone=phone,
            )
        except (SlotGoneError, NotOfferedError):
            with suppress(JourneyGoneError):
                await call(steps.drop_time, visitor, progress.kind)
            self.slot_lost = True
            return rx.redirect(addresses.RESCHEDULE_SLOT)
        except (JourneyGoneError, NotBookedError):
            return rx.redirect(addresses.CONTACT)
        self.hold_until = ""
        self._wait()
        return rx.redirect(addresses.RESCHEDULE_CONFIRMATION)
