"""Step 4: who the appointment is for; and the check before an appointment is moved."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import detours, wording
from app.models import Channel, SpaceKind
from app.services.accounts.accounts import AccountView
from app.services.appointments import booking, mine, person, rescheduling, steps
from app.services.appointments.limits import AccountGoneError, DuplicateError, TooManyAppointmentsError
from app.services.appointments.person import FieldErrors
from app.services.appointments.places import PlaceView
from app.services.appointments.records import AppointmentView, NotBookedError, NotOfferedError
from app.services.appointments.seats import SlotGoneError
from app.services.appointments.steps import Progress, Step
from app.services.journeys import DraftTooLargeError, JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.state import captcha
from app.state.account import session_of
from app.state.base import call, fields, local, network_of, tab_of, visitor_of, written
from app.state.captcha import CaptchaMixin
from app.state.confirmation import arrival
from app.state.forms import KeepMixin
from app.state.journey import JourneyState
from app.state.office import CHANNEL_LABELS

NEED_FIELDS = {f"need_{name}": name for name in wording.NEEDS}
"""The boxes of the particular needs, with the names that `person.validate` knows them by."""

OTHERS = ("other_last_name", "other_first_name", "no_other_first_name")
FIELDS = (
    "civility",
    "last_name",
    "first_name",
    "no_first_name",
    "for_other",
    *OTHERS,
    "details",
    "phone",
    "second_phone",
    "email",
    "tax_number",
    *NEED_FIELDS,
)
STOP_ID = "arret"
"""What takes the focus when the account has too many appointments, or this one already."""

_TICKED = "oui"
_TOO_MANY = "Trop de demandes depuis votre réseau : attendez quelques minutes, puis confirmez."
_SESSION_ENDED = "Votre session est terminée : recopiez les caractères de l’image pour continuer sans elle."


@dataclass(frozen=True)
class Existing:
    """The appointment that the account already has on this topic at this office."""

    words: str = ""
    channel: str = ""
    place: str = ""
    reference: str = ""


class DetailsState(CaptchaMixin, KeepMixin, JourneyState):
    """The form of the person's details; `stop` is « too_many » or « duplicate » when the account's limits speak."""

    topic_label: str = ""
    how: str = ""
    where: str = ""
    starts_at: str = ""
    timezone: str = ""
    call_back: bool = False
    human: bool = False
    in_space: bool = False
    own_tax_number: str = ""
    stop: str = ""
    existing: Existing = Existing()
    _kept: ClassVar[tuple[str, ...]] = FIELDS

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the form with what was typed, what the space knows of the rest, and the countdown of the hold."""
        progress, elsewhere = await self._enter(Step.DETAILS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        self.errors, self.stop = {}, ""
        account = await self._account()
        self.draft = _filled(progress, await _known(account))
        self._show_choices(progress)
        await self._show_hold(visitor, progress)
        self.human = progress.is_human or account is not None
        if not self.human:
            await self._keep_or_renew_captcha()
        return None

    def _show_choices(self, progress: Progress) -> None:
        office, topic, channel = progress.office, progress.topic, progress.channel
        self.call_back = channel == Channel.PHONE
        self.topic_label = topic.label if topic else ""
        self.how = CHANNEL_LABELS[channel] if channel else ""
        whole = (office.name, *office.address_lines) if office else ()
        self.starts_at = written(progress.starts_at)
        self.timezone = office.timezone if office else ""
        # Whoever is called goes nowhere, but wants to know by whom.
        self.where = whole[0] if self.call_back and whole else _address(progress.place, *whole)

    async def _keep(self, typed: dict[str, str]) -> None:
        visitor = visitor_of(self)
        if visitor is not None:
            await _remember(self, visitor, self._kind(), typed)

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        """Check everything and book."""
        return await self._check(fields(data, FIELDS), fields(data, [captcha.FIELD])[captcha.FIELD])

    @rx.event
    async def take_both(self) -> AsyncIterator[EventSpec | None]:
        """Book although there is one already: the person was shown it."""
        async for event in self._alone(self._take_both, {}):
            yield event

    async def _take_both(self, _: dict[str, str]) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.DETAILS)
        if progress is None:
            return elsewhere
        return await self._check(_filled(progress, await _known(await self._account())), "", accept=True)

    async def _account(self) -> AccountView | None:
        """Return the personal space that is open in this browser."""
        found = await session_of(self, SpaceKind.PERSONAL)
        self.in_space = found is not None
        self.own_tax_number = found.account.tax_number if found else ""
        return found.account if found else None

    async def _check(self, typed: dict[str, str], answer: str, *, accept: bool = False) -> EventSpec | None:
        was_in_space = self.in_space
        progress, elsewhere = await self._enter(Step.DETAILS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        account = await self._account()
        if account is not None:
            typed = {**typed, "tax_number": account.tax_number}
        self.draft, self.stop = typed, ""
        await _remember(self, visitor, progress.kind, _own(typed, progress, await _known(account)))
        asks = account is None and not progress.is_human
        problem = await self._is_human(visitor, progress, answer, was_in_space=was_in_space) if asks else ""
        errors = {captcha.FIELD: problem} if problem else {}
        try:
            someone = person.validate(_for_person(typed), call_back=progress.channel == Channel.PHONE)
        except FieldErrors as wrong:
            return self._refuse(_in_order(wrong.errors) | errors)
        if errors:
            return self._refuse(errors)
        return await self._book(visitor, progress, someone, account, accept=accept)

    async def _is_human(self, visitor: str, progress: Progress, answer: str, *, was_in_space: bool) -> str:
        """Check the CAPTCHA; return what to tell the person, empty when all is well."""
        if was_in_space:
            self.human = False
            await self._keep_or_renew_captcha()
            return _SESSION_ENDED
        problem = await self._captcha_error(answer)
        if problem:
            return problem
        # When another tab has just confirmed, booking gives back its appointment.
        with suppress(JourneyGoneError):
            await call(steps.note_human, visitor, progress.kind)
        self.human = True
        return ""

    async def _book(
        self, visitor: str, progress: Progress, someone: person.Person, account: AccountView | None, *, accept: bool
    ) -> EventSpec | None:
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
                place_id=progress.place_id,
                account_id=account.id if account else None,
                accept_duplicate=accept,
            )
        except (TooManyAppointmentsError, DuplicateError, AccountGoneError) as limit:
            return await self._halt(limit)
        except (SlotGoneError, NotOfferedError) as error:
            return await self._lose_slot(visitor, error)
        except TooManyAttemptsError:
            return self._refuse({"last_name": _TOO_MANY})
        except JourneyGoneError:
            return await self._gone(Step.DETAILS)
        self.draft, self.errors, self.hold_until = {}, {}, ""
        self._wait()
        return rx.redirect(addresses.CONFIRMATION)

    async def _halt(self, limit: TooManyAppointmentsError | DuplicateError | AccountGoneError) -> EventSpec:
        """Say why the account cannot simply book; return the event that moves focus there."""
        if isinstance(limit, AccountGoneError):
            self.in_space, self.own_tax_number, self.human = False, "", False
            await self._keep_or_renew_captcha()
            return self._refuse({captcha.FIELD: _SESSION_ENDED})
        self.stop, self.errors = "too_many", {}
        if isinstance(limit, DuplicateError):
            self.stop, self.existing = "duplicate", _existing(limit.existing)
        return rx.set_focus(STOP_ID)


class CheckState(KeepMixin, JourneyState):
    """The old and the new time and place side by side, before the appointment moves."""

    old_words: str = ""
    new_words: str = ""
    old_starts_at: str = ""
    new_starts_at: str = ""
    timezone: str = ""
    old_channel: str = ""
    new_channel: str = ""
    old_place: str = ""
    new_place: str = ""
    on_arrival: str = ""
    office_name: str = ""
    call_back: bool = False
    _kept: ClassVar[tuple[str, ...]] = ("phone",)

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show both times and places, and the countdown of the hold."""
        progress, elsewhere = await self._enter(Step.DETAILS)
        visitor = visitor_of(self)
        if progress is None or visitor is None:
            return elsewhere
        old, office = progress.appointment, progress.office
        if old is None or office is None or progress.starts_at is None or progress.channel is None:
            return rx.redirect(addresses.CONTACT)
        self.errors = {}
        self.timezone = office.timezone
        self.old_starts_at, self.new_starts_at = old.starts_at.isoformat(), progress.starts_at.isoformat()
        self.old_words = wording.moment(local(old.starts_at, old.timezone))
        self.new_words = wording.moment(local(progress.starts_at, office.timezone))
        self.old_channel, self.new_channel = CHANNEL_LABELS[old.channel], CHANNEL_LABELS[progress.channel]
        self.old_place = _where(old)
        # What is the same is not said twice; whoever is called goes nowhere.
        self.new_place = "" if progress.channel == Channel.PHONE else _address(progress.place, *office.address_lines)
        self.on_arrival = arrival(progress.channel)
        self.office_name = office.name
        self.call_back = progress.channel == Channel.PHONE
        self.draft = {"phone": progress.typed.get("phone", "")}
        await self._show_hold(visitor, progress)
        return None

    async def _keep(self, typed: dict[str, str]) -> None:
        visitor = visitor_of(self)
        if visitor is not None:
            await _remember(self, visitor, self._kind(), typed)

    async def _submit(self, data: dict[str, str]) -> EventSpec | None:
        """Move the appointment."""
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
            # Who is not called has no field here: the summary leads to the title.
            return self._refuse({"phone" if self.call_back else "titre": _TOO_MANY})

    async def _move(self, visitor: str, progress: Progress, phone: str | None) -> EventSpec | None:
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
                place_id=progress.place_id,
                phone=phone,
            )
        except (SlotGoneError, NotOfferedError) as error:
            return await self._lose_slot(visitor, error)
        except JourneyGoneError:
            return await self._gone(Step.DETAILS)
        except NotBookedError:
            return await self._gone(Step.DETAILS) or await self._to_appointment(detours.FIXED)
        self.hold_until = ""
        self._wait()
        return rx.redirect(addresses.RESCHEDULE_CONFIRMATION)


async def _remember(state: rx.State, visitor: str, kind: str, typed: Mapping[str, str]) -> None:
    with suppress(JourneyGoneError, DraftTooLargeError):
        await call(steps.remember, visitor, kind, typed, tab_of(state))


async def _known(account: AccountView | None) -> Mapping[str, str]:
    """Return what the space knows, by field of the form."""
    if account is None:
        return {}
    known = mine.prefill(account, await call(mine.last_booked, account))
    needs = known["needs"].split(",")
    return {**known, **{field: _TICKED for field, name in NEED_FIELDS.items() if name in needs}}


def _filled(progress: Progress, known: Mapping[str, str]) -> dict[str, str]:
    """Return what the form holds: what was typed in this journey, emptied fields too, else what is known."""
    return {name: progress.typed.get(name, known.get(name, "")) for name in FIELDS}


def _own(typed: Mapping[str, str], progress: Progress, known: Mapping[str, str]) -> dict[str, str]:
    """Return what differs from what the space knows: the rest is not copied out of it."""
    return {name: text for name, text in typed.items() if name in progress.typed or text != known.get(name, "")}


def _for_person(typed: Mapping[str, str]) -> dict[str, str]:
    """Return the form as `person.validate` takes it; names kept behind a box that is not ticked stay out."""
    needs = ",".join(name for field, name in NEED_FIELDS.items() if typed.get(field) == _TICKED)
    left_out = () if typed.get("for_other") == _TICKED else ("for_other", *OTHERS)
    return {**{name: text for name, text in typed.items() if name not in left_out}, "needs": needs}


def _in_order(errors: Mapping[str, str]) -> dict[str, str]:
    """Return the errors in the order of the fields."""
    return {name: errors[name] for name in (*FIELDS, *errors) if name in errors}


def _existing(view: AppointmentView) -> Existing:
    words = wording.moment(local(view.starts_at, view.timezone))
    return Existing(words, CHANNEL_LABELS[view.channel], _where(view), view.reference)


def _where(view: AppointmentView) -> str:
    """Return where one goes for an appointment, empty for a call."""
    name = (view.place_name,) if view.place_id is not None else ()
    return ", ".join((*name, *view.place_lines))


def _address(place: PlaceView | None, *office_lines: str) -> str:
    """Return where one goes: the local point, else the office."""
    return ", ".join((place.name, *place.address_lines) if place else office_lines)
