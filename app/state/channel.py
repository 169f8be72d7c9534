"""Step 2: how the appointment takes place, and where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import wording
from app.models import Channel
from app.services.appointments import availability, steps
from app.services.appointments.offices import OfficeView
from app.services.appointments.places import Way
from app.services.appointments.steps import RESCHEDULE, Progress, Step, WrongChoiceError
from app.services.journeys import JourneyGoneError
from app.state.base import call, fields, tab_of, text, visitor_of
from app.state.forms import FormMixin
from app.state.journey import JourneyState
from app.state.office import PlaceCard, place_card, way_label

FIELD = "canal"
_LONGEST = 16
_HINTS = {
    Channel.COUNTER: "Un agent vous reçoit à cette adresse\u00a0: {place}.",
    Channel.PHONE: "Un agent vous appelle à l’heure convenue, au numéro que vous indiquerez.",
    Channel.VIDEO: "Vous devez vous rendre à cette adresse\u00a0: {place}. "
    + wording.sentence(wording.VIDEO_AT_PLACE)
    + ".",
}
_NOTHING_FREE = "Aucun créneau libre pour l’instant"


@dataclass(frozen=True)
class ChannelChoice:
    """One way to meet, ready for a radio button; `first` says when."""

    value: str
    label: str
    hint: str
    first: str
    id: str


class ChannelState(FormMixin, JourneyState):
    """What this office offers for this topic, itself and at its local points."""

    options: list[ChannelChoice] = []
    points: list[PlaceCard] = []
    topic_label: str = ""
    office_name: str = ""
    length: str = ""
    documents: list[str] = []
    chosen: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the ways open to this journey, each with its first free time."""
        progress, elsewhere = await self._enter(Step.CHANNEL)
        if progress is None or progress.office is None or progress.topic is None:
            return elsewhere
        self.errors = {}
        self.topic_label, self.office_name = progress.topic.label, progress.office.name
        self.length, self.documents = wording.duration(progress.minutes), list(progress.topic.documents)
        ways = await call(progress.ways)
        self.options = await call(_choices, progress.office, ways, progress.minutes)
        self.points = [place_card(place) for place in {way.place_id: way.place for way in ways}.values() if place]
        self.chosen = _marked(progress, self.options)
        return None

    @rx.event
    async def keep(self, value: str) -> None:
        """Keep the choice that was marked, for a reload before it is settled."""
        visitor = visitor_of(self)
        if visitor is None:
            return
        try:
            await call(steps.remember, visitor, self._kind(), {FIELD: text(value, _LONGEST)}, tab_of(self))
        except JourneyGoneError:
            return

    @rx.event
    async def choose(self, data: dict[str, str]) -> EventSpec | None:
        """Settle the channel and the place, and go on to the agenda."""
        progress, elsewhere = await self._enter(Step.CHANNEL)
        visitor, value = visitor_of(self), fields(data, [FIELD])[FIELD]
        if progress is None or visitor is None:
            return elsewhere
        way = find_way(await call(progress.ways), value)
        if way is None:
            return self._refuse({FIELD: "Choisissez comment vous souhaitez être reçu."})
        try:
            await call(steps.choose_channel, visitor, progress.kind, way.channel, way.place_id)
        except WrongChoiceError:
            return self._refuse({FIELD: "Cette modalité n’est plus proposée : choisissez-en une autre."})
        except JourneyGoneError:
            return await self._gone(Step.CHANNEL)
        self._wait()
        return rx.redirect(addresses.RESCHEDULE_SLOT if progress.kind == RESCHEDULE else addresses.SLOT)


def way_value(channel: Channel, place_id: int | None) -> str:
    """Return the text that stands for a way in the browser: « 1 », « 4-28 » at local point 28."""
    return str(int(channel)) if place_id is None else f"{int(channel)}-{place_id}"


def find_way(ways: Iterable[Way], value: str) -> Way | None:
    """Return the one of `ways` that a text from the browser stands for, None for anything else."""
    return next((way for way in ways if way_value(way.channel, way.place_id) == value), None)


def _marked(progress: Progress, options: Sequence[ChannelChoice]) -> str:
    """Return the way that is marked: the one chosen before, else the first in the leaflet's order that has room."""
    values = [choice.value for choice in options]
    marked = progress.typed.get(FIELD, "")
    if marked in values:
        return marked
    if progress.channel:
        return way_value(progress.channel, progress.place_id)
    with_room = (choice.value for choice in options if choice.first != _NOTHING_FREE)
    return next(with_room, next(iter(values), ""))


def _choices(office: OfficeView, ways: Iterable[Way], minutes: int) -> list[ChannelChoice]:
    return [_choice(office, way, minutes, index) for index, way in enumerate(ways)]


def _choice(office: OfficeView, way: Way, minutes: int, index: int) -> ChannelChoice:
    where = way.place or office
    first = availability.first_free(office.id, way.channel, minutes, place_id=way.place_id)
    return ChannelChoice(
        value=way_value(way.channel, way.place_id),
        label=way_label(way.channel, way.place.name if way.place else ""),
        hint=_HINTS[way.channel].format(place=", ".join(where.address_lines)),
        first=f"Premier créneau libre\u00a0: {wording.short_moment(first)}" if first else _NOTHING_FREE,
        # The summary of errors links to the field's name, which is the first button.
        id=FIELD if index == 0 else f"{FIELD}-{index}",
    )
