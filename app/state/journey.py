"""The journey a tab is in: may this page be shown, « Reprendre » or « Recommencer », the held slot."""

from contextlib import suppress
from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from app import addresses, clock
from app.content import detours, wording
from app.models import AppointmentStatus
from app.services import journeys
from app.services.appointments import access, holds, steps
from app.services.appointments.holds import HoldEndedError, HoldView, NoExtensionLeftError, TooManyHoldsError
from app.services.appointments.records import NotOfferedError
from app.services.appointments.seats import BegunError, NotPlannedError, SlotGoneError, TooNearError
from app.services.appointments.steps import BOOKING, RESCHEDULE, Progress, Step, WrongChoiceError
from app.services.journeys import JourneyGoneError
from app.services.throttle import TooManyAttemptsError
from app.settings import get_settings
from app.state import detour
from app.state.base import call, local, network_of, tab_of, visitor_of
from app.state.leaving import empty, empty_all, forget_all

_PAGES = {
    BOOKING: (addresses.CONTACT, addresses.TOPIC, addresses.CHANNEL, addresses.SLOT, addresses.DETAILS),
    RESCHEDULE: (
        addresses.CONTACT,
        addresses.CONTACT,
        addresses.RESCHEDULE_CHANNEL,
        addresses.RESCHEDULE_SLOT,
        addresses.RESCHEDULE_CHECK,
    ),
}


_TAKEN = "Ce créneau vient d’être pris par une autre personne : choisissez-en un autre."
HOLD_NOTE_ID = "prolongation"
"""What takes the focus when « Prolonger » has gone."""

_NOT_AGAIN = "Ce créneau ne peut plus être prolongé. Confirmez avant la fin du délai."
_BEGUN = "L’heure de ce créneau est passée : choisissez-en un autre."
_TOO_NEAR = "Ce créneau commence dans moins d’une heure : choisissez-en un autre."
_NOT_PLANNED = "Le service ne propose plus ce créneau : choisissez-en un autre."


@dataclass(frozen=True)
class Choice:
    """A block that narrows a request."""

    label: str
    hint: str
    href: str


@dataclass(frozen=True)
class TrailItem:
    """A choice already made, and where to change it."""

    label: str
    href: str


class JourneyState(rx.State):
    """How the journey stands in this tab: « loading », « resume » (ask first), « no_cookies » or « ready »."""

    phase: str = "loading"
    hold_until: str = ""
    hold_now: str = ""
    hold_words: str = ""
    hold_note: str = ""
    extend_within: int = 0
    _lost_words: str = ""
    _note: str = ""
    _was_here: bool = False
    _seen_at: str = ""
    _appointment_page: str = ""

    def _kind(self) -> str:
        is_rescheduling = self.router.url.path.startswith(addresses.RESCHEDULE_PREFIX)
        return RESCHEDULE if is_rescheduling else BOOKING

    async def _enter(self, needed: Step) -> tuple[Progress | None, EventSpec | None]:
        """Return the journey if this page may be shown here, else None and where to go instead."""
        visitor = visitor_of(self)
        if visitor is None:
            self.phase = "no_cookies"
            return None, None
        progress = await call(steps.progress, visitor, self._kind())
        # To a tab that the journey is not open in, what is missing of it means nothing yet: it is asked first.
        is_here = progress is not None and tab_of(self) in progress.tabs
        if progress is None or (progress.step < needed and (is_here or not steps.is_begun(progress))):
            return None, await self._sent_on(visitor, progress)
        if not is_here:
            self.phase = "resume"
            return None, None
        if progress.kind == RESCHEDULE:
            self._appointment_page = _page_of(progress)
            if why := _why_not_movable(progress):
                await call(journeys.leave, visitor, RESCHEDULE)
                return None, await self._to_appointment(why)
        self.phase, self._was_here, self._seen_at = "ready", True, clock.now().isoformat()
        return progress, None

    async def _gone(self, needed: Step) -> EventSpec | None:
        """Return where a press leads that no longer found its journey, or None where the page asks « Reprendre »."""
        _, elsewhere = await self._enter(needed)
        return elsewhere

    async def _to_appointment(self, why: str) -> EventSpec:
        """Lead to the appointment that a move was about, with its present state."""
        page, self._appointment_page, self._was_here = self._appointment_page, "", False
        return await detour.send(self, page or addresses.CONTACT, why)

    def _wait(self) -> None:
        """Hide what the next page may still hold from an earlier visit until that page has loaded."""
        self.phase = "loading"

    async def _arrive_at_office(self) -> None:
        """Forget the topic that was shown for another office; links lead from the office to that page."""
        from app.state.topic import TopicState  # imports this module

        await empty(self, TopicState)
        self._wait()

    async def _sent_on(self, visitor: str, progress: Progress | None) -> EventSpec:
        """Lead to the furthest page open, to the confirmation of what was just finished, or where one can begin."""
        if progress is not None:
            return await detour.send(self, furthest(progress), detours.MISSING)
        done, is_move = await call(journeys.last_finished, visitor, self._kind()), self._kind() == RESCHEDULE
        if done is not None and tab_of(self) in done.draft.get("tabs", ()):
            page = addresses.RESCHEDULE_CONFIRMATION if is_move else addresses.CONFIRMATION
            return await detour.send(self, page, detours.DONE)
        if is_move and self._appointment_page:
            return await self._to_appointment(detours.MOVE_ENDED)
        why = detours.NOT_BEGUN
        if self._was_here:
            left = await call(journeys.has_expired, visitor, self._kind())
            why = detour.why_ended(self._seen_at, is_finished=done is not None, has_expired=left)
        self._was_here = False
        return await detour.send(self, addresses.CONTACT, why)

    async def _show_hold(self, visitor: str, progress: Progress) -> None:
        hold = await call(holds.current_hold, visitor)
        self.hold_note, self._note = self._note, ""
        if hold is None or progress.office is None or hold.journey_id != progress.journey_id:
            self.hold_until = ""
            return
        self._count_down(hold)
        self.hold_words = wording.short_moment(local(hold.starts_at, progress.office.timezone))

    def _count_down(self, hold: HoldView) -> None:
        self.hold_until, self.hold_now = hold.expires_at.isoformat(), clock.now().isoformat()
        # A slot of the waiting list may be kept until the morning: only what lasts as a hold does is prolonged.
        self.extend_within = int(holds.longest().total_seconds()) if hold.extensions_left > 0 else 0

    @rx.event
    async def extend(self) -> EventSpec | None:
        """Keep the held slot five minutes longer; after its end, keep it anew while nobody has taken it."""
        visitor = visitor_of(self)
        if visitor is None:
            return None
        try:
            hold = await call(holds.extend_hold, visitor)
        except NoExtensionLeftError:
            self.hold_note, self.extend_within = _NOT_AGAIN, 0
            return rx.set_focus(HOLD_NOTE_ID)
        except HoldEndedError:
            return await self._hold_again(visitor)
        else:
            self._count_down(hold)
            minutes = get_settings().hold_extension_minutes
            self.hold_note = f"Le délai est prolongé de {wording.duration(minutes)}."
            if hold.extensions_left <= 0:
                # Its button goes, and must not take the focus with it.
                self.hold_note += " C’était la dernière fois."
                return rx.set_focus(HOLD_NOTE_ID)
        return None

    async def _hold_again(self, visitor: str) -> EventSpec | None:
        progress, elsewhere = await self._enter(Step.DETAILS)
        if progress is None or progress.starts_at is None:
            return elsewhere
        try:
            await call(steps.choose_time, visitor, progress.kind, network_of(self), progress.starts_at)
        except (SlotGoneError, WrongChoiceError) as error:
            return await self._lose_slot(visitor, error)
        except (TooManyHoldsError, TooManyAttemptsError):
            self.hold_note = "Le créneau n’est plus gardé : confirmez maintenant, il est à vous s’il est encore libre."
        except JourneyGoneError:
            return await self._gone(Step.DETAILS)
        else:
            await self._show_hold(visitor, progress)
            self.hold_note = "Le créneau était encore libre : nous le gardons de nouveau pour vous."
        return None

    async def _lose_slot(self, visitor: str, error: Exception) -> EventSpec:
        """Lead to the agenda, where one reads why the chosen time cannot be had; what was typed stays."""
        with suppress(JourneyGoneError):
            await call(steps.drop_time, visitor, self._kind())
        self._lost_words = why_gone(error)
        return rx.redirect(addresses.RESCHEDULE_SLOT if self._kind() == RESCHEDULE else addresses.SLOT)

    @rx.event
    async def resume(self) -> EventSpec | None:
        """Go on with the journey begun in another tab or earlier."""
        visitor = visitor_of(self)
        if visitor is None:
            return rx.redirect(addresses.CONTACT)
        try:
            progress = await call(steps.resume, visitor, self._kind(), tab_of(self))
        except JourneyGoneError:
            self._was_here = True
            return await self._gone(Step.OFFICE)
        self.phase = "loading"
        return rx.redirect(furthest(progress))

    @rx.event
    async def restart(self) -> EventSpec:
        """Erase what was begun and begin again."""
        await self._erase()
        return rx.redirect(addresses.CONTACT)

    @rx.event
    async def leave(self) -> EventSpec:
        """Erase what was typed here and leave: for shared computers."""
        await forget_all(self)
        return rx.redirect(addresses.HOME)

    async def _erase(self) -> None:
        visitor = visitor_of(self)
        if visitor is not None:
            await call(journeys.leave, visitor, BOOKING)
            await call(journeys.leave, visitor, RESCHEDULE)
        await empty_all(self)


def why_gone(error: Exception) -> str:
    """Return what to tell whoever cannot have the time they chose, by what the service raised."""
    match error:
        case BegunError():
            return _BEGUN
        case TooNearError():
            return _TOO_NEAR
        case NotPlannedError() | NotOfferedError() | WrongChoiceError():
            return _NOT_PLANNED
        case _:
            return _TAKEN


def _page_of(progress: Progress) -> str:
    """Return the page of the appointment that is being moved, where its person has come from."""
    if progress.in_space:
        return addresses.PERSONAL_SPACE
    return addresses.follow_up(access.manage_token(progress.appointment.public_id)) if progress.appointment else ""


def _why_not_movable(progress: Progress) -> str:
    """Return why the appointment of a move cannot be moved any more, empty if it can."""
    appointment = progress.appointment
    if appointment is None:
        return detours.UNKNOWN
    if appointment.status == AppointmentStatus.CANCELLED:
        return detours.CANCELLED
    if appointment.is_past:
        return detours.BEGUN
    return detours.MOVED if progress.is_moved else ""


def furthest(progress: Progress) -> str:
    """Return the furthest page open to a journey; before the office that is where its address is typed."""
    if progress.kind == BOOKING and progress.step == Step.OFFICE:
        return addresses.contact(progress.contact_path)
    return _PAGES[progress.kind][progress.step]
