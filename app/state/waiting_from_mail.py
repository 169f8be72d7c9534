"""The waiting list behind the links of its mails: leaving it, and taking or declining an offered time."""

from dataclasses import dataclass
from urllib.parse import unquote

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import wording
from app.models import Channel, OfferOutcome
from app.services.appointments import steps, waiting_list
from app.services.appointments.steps import Step
from app.services.appointments.waiting_list import EntryView, OfferGoneError, OfferView
from app.services.journeys import JourneyGoneError
from app.services.notifications import outbox
from app.services.throttle import TooManyAttemptsError
from app.state.again import AgainMixin
from app.state.base import call, local, network_of, tab_of, visitor_of, written
from app.state.journey import JourneyState
from app.state.office import way_label
from app.state.waiting_list import days_of

_TOO_MANY_CLICKS = "Trop de demandes\u00a0: attendez une minute, puis réessayez."
_NO_COOKIES = "Votre navigateur refuse les cookies\u00a0: acceptez ceux de ce site, puis rechargez la page."


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
    is_last: bool = False
    is_waiting: bool = False


class WaitingEntryState(AgainMixin, rx.State):
    """What the link of a mail leads to: « loading », « unknown », « erased », or where this person on the list stands.

    That is a WaitingStatus's value, or « given up » for an entry ended by offers without an answer.
    """

    status: str = "loading"
    card: WaitedFor = WaitedFor()
    just_left: bool = False
    refused: bool = False

    @rx.event
    async def load(self) -> None:
        """Show what is waited for; opening the link changes nothing."""
        self.problem, self.just_left = "", False
        view = await call(waiting_list.entry, _token(self))
        self._show(view)
        self.refused = view is not None and self.status == "waiting" and await call(outbox.is_refused, view.mail)

    @rx.event
    async def quit(self) -> EventSpec | None:
        """Leave the list."""
        try:
            view = await call(waiting_list.leave, _token(self), visitor_key=visitor_of(self) or "")
        except TooManyAttemptsError:
            self.problem = _TOO_MANY_CLICKS
            return None
        self.problem, self.just_left, self.refused = "", True, False
        self._show(view)
        return rx.set_focus("titre")

    async def _view(self) -> EntryView | None:
        return await call(waiting_list.entry, _token(self))

    def _show(self, view: EntryView | None) -> None:
        self.status = ("given up" if view.is_given_up else str(view.status)) if view else _missing(_token(self))
        self.card = _entry_card(view) if view else WaitedFor()


class WaitingOfferState(JourneyState):
    """An offered time: « loading », what became of it (`_status`), or why there is nothing (`_missing`).

    Nothing happens without a button.
    """

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
        self.status = _status(view) if view else _missing(_token(self))
        visitor = visitor_of(self)
        is_asked = visitor is not None and view is not None and view.outcome == OfferOutcome.LIVE
        begun = await call(steps.progress, visitor, steps.BOOKING) if visitor and is_asked else None
        self.replaces = begun is not None and begun.step > Step.OFFICE


def _token(state: rx.State) -> str:
    return unquote(state.router.url.path.rstrip("/").rpartition("/")[2])


def _entry_card(view: EntryView) -> WaitedFor:
    return WaitedFor(
        topic=view.topic_label,
        channel=way_label(view.channel, view.place_name),
        office=view.office_name,
        duration=wording.duration(view.minutes),
        days=days_of(view),
    )


def _missing(token: str) -> str:
    """Return why a link shows nothing: « erased » for one that the portal made, else « unknown »."""
    return "erased" if waiting_list.is_made(token) else "unknown"


def _status(view: OfferView) -> str:
    """Return an OfferOutcome's value; for a time taken that waits no more « booked », or « used » if it led nowhere."""
    if view.outcome != OfferOutcome.TAKEN or view.is_kept:
        return str(view.outcome)
    return "booked" if view.is_booked else "used"


def _offer_card(view: OfferView) -> WaitedFor:
    return WaitedFor(
        topic=view.topic_label,
        channel=way_label(view.channel, view.place_name),
        office=view.office_name,
        place="" if view.channel == Channel.PHONE else ", ".join(view.address_lines),
        duration=wording.duration(view.minutes),
        words=wording.moment(local(view.starts_at, view.timezone)),
        starts_at=written(view.starts_at),
        until=wording.moment(local(view.expires_at, view.timezone)),
        expires_at=written(view.expires_at),
        timezone=view.timezone,
        entry_href=addresses.waiting_entry(view.leave_token),
        is_video=view.channel == Channel.VIDEO,
        is_last=view.is_last,
        is_waiting=view.is_waiting,
    )
