"""The journey a tab is in: may this page be shown, « Reprendre » or « Recommencer », the held slot."""

from dataclasses import dataclass
from datetime import datetime

import reflex as rx
from reflex.event import EventSpec

from app import addresses, clock
from app.content import wording
from app.services import journeys
from app.services.appointments import holds, steps
from app.services.appointments.holds import HoldEndedError, NoExtensionLeftError
from app.services.appointments.steps import BOOKING, RESCHEDULE, Progress, Step
from app.services.journeys import JourneyGoneError
from app.settings import get_settings
from app.state.base import call, local, tab_of, visitor_of
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
    slot_lost: bool = False

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
        if progress is None or progress.step < needed:
            return None, rx.redirect(await self._instead(visitor, progress))
        if tab_of(self) not in progress.tabs:
            self.phase = "resume"
            return None, None
        self.phase = "ready"
        return progress, None

    def _wait(self) -> None:
        """Hide what the next page may still hold from an earlier visit until that page has loaded."""
        self.phase = "loading"

    async def _arrive_at_office(self) -> None:
        """Forget the topic that was shown for another office; links lead from the office to that page."""
        from app.state.topic import TopicState  # imports this module

        await empty(self, TopicState)
        self._wait()

    async def _instead(self, visitor: str, progress: Progress | None) -> str:
        """Return the page to show instead: the furthest one open, or the confirmation of what was just finished."""
        if progress is not None:
            return _furthest(progress)
        done = await call(journeys.last_finished, visitor, self._kind())
        if done is None or tab_of(self) not in done.draft.get("tabs", ()):
            return addresses.CONTACT
        return addresses.RESCHEDULE_CONFIRMATION if self._kind() == RESCHEDULE else addresses.CONFIRMATION

    async def _show_hold(self, visitor: str, progress: Progress) -> None:
        hold = await call(holds.current_hold, visitor)
        self.hold_note = ""
        if hold is None or progress.office is None or hold.journey_id != progress.journey_id:
            self.hold_until = ""
            return
        self._count_down(hold.expires_at)
        self.hold_words = wording.short_moment(local(hold.starts_at, progress.office.timezone))

    def _count_down(self, deadline: datetime) -> None:
        self.hold_until, self.hold_now = deadline.isoformat(), clock.now().isoformat()

    @rx.event
    async def extend(self) -> None:
        """Keep the held slot five minutes longer."""
        visitor = visitor_of(self)
        if visitor is None:
            return
        try:
            hold = await call(holds.extend_hold, visitor)
        except NoExtensionLeftError:
            self.hold_note = "Ce créneau ne peut plus être prolongé. Confirmez avant la fin du délai."
        except HoldEndedError:
            self.hold_note = "Le délai est passé. Vous pouvez encore confirmer si le créneau est libre."
        else:
            self._count_down(hold.expires_at)
            minutes = get_settings().hold_extension_minutes
            self.hold_note = f"Le délai est prolongé de {wording.duration(minutes)}."

    @rx.event
    async def resume(self) -> EventSpec:
        """Go on with the journey begun in another tab or earlier."""
        visitor = visitor_of(self)
        if visitor is None:
            return rx.redirect(addresses.CONTACT)
        try:
            progress = await call(steps.resume, visitor, self._kind(), tab_of(self))
        except JourneyGoneError:
            return rx.redirect(addresses.CONTACT)
        self.phase = "loading"
        return rx.redirect(_furthest(progress))

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


def _furthest(progress: Progress) -> str:
    """Return the furthest page open to a journey; before the office that is where its address is typed."""
    if progress.kind == BOOKING and progress.step == Step.OFFICE:
        return addresses.contact(progress.contact_path)
    return _PAGES[progress.kind][progress.step]
