"""The steps of booking and rescheduling: what has been chosen, and how far a person may go.

How far one may go follows from what the draft holds, never from the address somebody types.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol

from app.content import topics
from app.content.topics import Topic
from app.models import Appointment, AppointmentStatus, Channel
from app.services import journeys
from app.services.appointments import availability, holds, offices, places, records
from app.services.appointments.holds import HoldView
from app.services.appointments.offices import OfficeNotFoundError, OfficeView
from app.services.appointments.places import PlaceView, Way
from app.services.appointments.records import AppointmentView, NotBookedError
from app.services.appointments.seats import SlotGoneError
from app.services.journey_drafts import TYPED, typed_in, with_tab
from app.services.journeys import JourneyGoneError, JourneyView

BOOKING = "booking"
RESCHEDULE = "reschedule"
FROM = "from"
"""What a draft holds of the appointment as it stood when a move was begun (`standing`)."""
IN_SPACE = "in_space"
"""What a draft holds when a move was begun in the personal space; `rescheduling` keeps it for the confirmation."""


_TRIES = 5
"""How often the first free time is looked for again when others are faster each time."""


class Step(IntEnum):
    """The pages of a journey in their order; a journey stands at the furthest one open to it."""

    OFFICE = 0
    TOPIC = 1
    CHANNEL = 2
    SLOT = 3
    DETAILS = 4


class WrongChoiceError(ValueError):
    """The choice is not one this step offers."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a journey has settled so far; `typed` is what fields hold, by field name.

    `place` is the local point chosen with the channel, None for the office itself and as long as `channel` is None.
    `in_space` and `is_moved` are for a move: whether it was begun in the personal space, and whether the appointment
    was moved elsewhere since.
    """

    journey_id: str
    kind: str
    step: Step
    contact_path: str
    topic_start: str
    office: OfficeView | None
    topic: Topic | None
    channel: Channel | None
    place: PlaceView | None
    starts_at: datetime | None
    typed: Mapping[str, str]
    appointment: AppointmentView | None
    tabs: tuple[str, ...]
    is_human: bool
    in_space: bool
    is_moved: bool

    @property
    def minutes(self) -> int:
        """Length of the appointment, in minutes."""
        return self.topic.minutes if self.topic else 0

    @property
    def place_id(self) -> int | None:
        """The id of the chosen local point, None at the office itself."""
        return self.place.id if self.place else None

    @property
    def allowed(self) -> Channel:
        """The channels the topic admits, whatever the office offers."""
        return Channel(sum(records.channels_of(self.topic))) if self.topic else Channel(0)

    def ways(self) -> tuple[Way, ...]:
        """Return the channels by which, and the places where, this office treats this topic."""
        return offered(self.office, self.topic) if self.office and self.topic else ()

    def channels(self) -> tuple[Channel, ...]:
        """Return the channels by which the office itself treats this topic, its local points left out."""
        return tuple(way.channel for way in self.ways() if way.place is None)


def offered(office: OfficeView, topic: Topic) -> tuple[Way, ...]:
    """Return the channels by which, and the places where, `office` treats `topic`.

    In the order of the topic's channels; for each, the office itself before its local points.
    """
    points = places.of_office(office.id)
    return tuple(way for channel in records.channels_of(topic) for way in _ways_of(channel, office, points))


def _ways_of(channel: Channel, office: OfficeView, points: tuple[PlaceView, ...]) -> Iterator[Way]:
    if channel in office.channels:
        yield Way(channel)
    yield from (Way(channel, point) for point in points if channel in point.channels)


def standing(appointment: AppointmentView | Appointment) -> str:
    """Return when, how and where an appointment stands: a move is about that and no other."""
    return f"{appointment.starts_at.isoformat()} {int(appointment.channel)} {appointment.place_id}"


def progress(visitor_key: str, kind: str) -> Progress | None:
    """Return the visitor's live journey of this kind as it stands, None if there is none."""
    found = journeys.find(visitor_key, kind)
    return _progress(found) if found else None


def begin(visitor_key: str, tab: str, contact_path: str = "") -> Progress | None:
    """Begin booking in this tab, at this leaf of the contact tree, where the address is typed.

    None if a journey begun in another tab waits for « Reprendre » or « Recommencer ».
    """
    now = progress(visitor_key, BOOKING)
    is_here = now is not None and tab in now.tabs
    if now and is_here and (now.step > Step.OFFICE or now.contact_path == contact_path):
        return now
    if now and not is_here and is_begun(now):
        return None
    started = journeys.start(visitor_key, BOOKING)
    return _change(visitor_key, started, {"contact": contact_path, "tabs": with_tab(started, tab)})


def is_begun(now: Progress) -> bool:
    """Tell whether a journey holds anything a person chose or typed, if only a part of an address."""
    return now.step > Step.OFFICE or any(now.typed.values())


def choose_office(visitor_key: str, tab: str, office_id: int, contact_path: str, topic_start: str) -> Progress:
    """Begin booking at an office, or move the journey open in this tab to it.

    A journey begun in another tab is replaced, so that its details never show here. Raises OfficeNotFoundError.
    """
    office = offices.get(office_id)
    found = journeys.find(visitor_key, BOOKING)
    if found and tab not in found.draft.get("tabs", []):
        journeys.leave(visitor_key, BOOKING)
    started = journeys.start(visitor_key, BOOKING)
    changes: dict[str, Any] = {
        "office": office.id,
        "contact": contact_path,
        "topic_start": topic_start,
        "channel": None,
        "place": None,
    }
    before = _progress(started)
    if before.topic is None or before.topic.kind != office.kind:
        changes["topic"] = None
    return _change(visitor_key, started, {**changes, "starts_at": None, "tabs": with_tab(started, tab)})


def choose_topic(visitor_key: str, kind: str, topic_id: str) -> Progress:
    """Settle the topic; a channel it does not allow, with its place, and a chosen time are dropped.

    Raises JourneyGoneError, WrongChoiceError.
    """
    found = _found(visitor_key, kind)
    now = _progress(found)
    topic = topics.topic(topic_id)
    if now.office is None or topic is None or topic.kind != now.office.kind or kind != BOOKING:
        raise WrongChoiceError
    if now.topic == topic:
        return now
    kept = _way(offered(now.office, topic), now.channel, now.place_id)
    return _change(visitor_key, found, {"topic": topic.id, **_drafted(kept), "starts_at": None})


class Former(Protocol):
    """An appointment or a wait that has ended, like which one begins again."""

    @property
    def office_id(self) -> int:
        """Where it was."""

    @property
    def topic_id(self) -> str:
        """What it was about."""


def begin_like(visitor_key: str, tab: str, former: Former) -> Progress:
    """Begin booking in this tab at the office of something former, and on its topic if it is still treated there.

    The right to see it is the caller's to check. Raises OfficeNotFoundError, JourneyGoneError.
    """
    begun = choose_office(visitor_key, tab, former.office_id, "", "")
    with suppress(WrongChoiceError):
        begun = choose_topic(visitor_key, BOOKING, former.topic_id)
    return begun


def choose_channel(visitor_key: str, kind: str, channel: int, place_id: int | None = None) -> Progress:
    """Settle the channel and the place, a local point or the office itself (None).

    A time chosen for another channel or place is dropped. Raises JourneyGoneError, WrongChoiceError.
    """
    found = _found(visitor_key, kind)
    now = _progress(found)
    way = _way(now.ways(), channel, place_id)
    if now.step < Step.CHANNEL or way is None:
        raise WrongChoiceError
    if (now.channel, now.place_id) == (channel, place_id):
        return now
    return _change(visitor_key, found, {**_drafted(way), "starts_at": None})


def choose_time(visitor_key: str, kind: str, network: str, starts_at: datetime) -> HoldView:
    """Hold a seat at this time and settle it.

    Raises JourneyGoneError, WrongChoiceError, SlotGoneError, TooManyHoldsError.
    """
    found = _found(visitor_key, kind)
    now = _progress(found)
    if now.step < Step.SLOT or now.office is None or now.channel is None:
        raise WrongChoiceError
    view = holds.hold(
        visitor_key,
        found.id,
        network,
        office_id=now.office.id,
        channel=now.channel,
        minutes=now.minutes,
        starts_at=starts_at,
        place_id=now.place_id,
    )
    journeys.save(visitor_key, kind, found.id, {"starts_at": starts_at.isoformat()}, Step.DETAILS)
    return view


def choose_first(visitor_key: str, kind: str, network: str, starts_at: datetime) -> HoldView:
    """Hold a seat at this time, and settle it; if it cannot be had any more, at what is the first free time by then.

    Raises JourneyGoneError, WrongChoiceError, SlotGoneError (nothing is free), TooManyHoldsError.
    """
    for _ in range(_TRIES):
        try:
            return choose_time(visitor_key, kind, network, starts_at)
        except SlotGoneError as error:
            gone = error
        now = _progress(_found(visitor_key, kind))
        if now.office is None or now.channel is None:
            raise WrongChoiceError
        office_id, place_id = now.office.id, now.place_id
        first = availability.first_free(office_id, now.channel, now.minutes, place_id=place_id, visitor_key=visitor_key)
        if first is None:
            break
        starts_at = first
    raise gone


def drop_time(visitor_key: str, kind: str) -> Progress:
    """Forget the chosen time, all else kept: somebody else has taken it. Raises JourneyGoneError."""
    return _change(visitor_key, _found(visitor_key, kind), {"starts_at": None})


def remember(visitor_key: str, kind: str, fields: Mapping[str, str], tab: str | None = None) -> None:
    """Keep what was typed, by field name; what a tab sends late is not of a journey begun in another one meanwhile.

    Raises JourneyGoneError (also where the journey is not open in `tab`), DraftTooLargeError.
    """
    found = _found(visitor_key, kind)
    if tab is not None and tab not in found.draft.get("tabs", ()):
        raise JourneyGoneError
    journeys.save(visitor_key, kind, found.id, {f"{TYPED}{name}": value for name, value in fields.items()})


def note_human(visitor_key: str, kind: str) -> None:
    """Keep that the CAPTCHA was passed: who loses the slot afterwards is not asked again. Raises JourneyGoneError."""
    found = _found(visitor_key, kind)
    journeys.save(visitor_key, kind, found.id, {"human": True})


def begin_reschedule(visitor_key: str, tab: str, public_id: str, phone: str | None = None) -> Progress:
    """Begin moving an appointment; the right to do so is the caller's to check. Raises NotBookedError.

    `phone` is given in a personal space: the number its owner may see, empty where somebody else typed it. What the
    move leads to is then shown as the space shows it.
    """
    view = records.get(public_id)
    if view is None or view.status != AppointmentStatus.BOOKED or view.is_past:
        raise NotBookedError
    found = journeys.find(visitor_key, RESCHEDULE)
    if found and found.draft.get("appointment") != public_id:
        journeys.leave(visitor_key, RESCHEDULE)
    started = journeys.start(visitor_key, RESCHEDULE)
    in_space = None if phone is None else True
    changes: dict[str, Any] = {
        "appointment": public_id,
        "tabs": with_tab(started, tab),
        IN_SPACE: in_space,
        FROM: standing(view),
    }
    if "channel" not in started.draft:
        known = view.phone if phone is None else phone
        changes |= {"channel": int(view.channel), "place": view.place_id, f"{TYPED}phone": known}
    elif phone is not None and IN_SPACE not in started.draft:
        # Begun from the link of a mail before: what that one showed is not for the space.
        changes[f"{TYPED}phone"] = phone
    return _change(visitor_key, started, changes)


def resume(visitor_key: str, kind: str, tab: str) -> Progress:
    """Open the journey in this tab too. Raises JourneyGoneError."""
    found = _found(visitor_key, kind)
    return _change(visitor_key, found, {"tabs": with_tab(found, tab)})


def _found(visitor_key: str, kind: str) -> JourneyView:
    found = journeys.find(visitor_key, kind)
    if found is None:
        raise JourneyGoneError
    return found


def _change(visitor_key: str, found: JourneyView, changes: Mapping[str, Any]) -> Progress:
    if "starts_at" in changes:
        holds.release_hold(visitor_key)
    return _progress(journeys.save(visitor_key, found.kind, found.id, changes))


def _progress(found: JourneyView) -> Progress:
    draft = found.draft
    appointment = records.get(draft["appointment"]) if "appointment" in draft else None
    office = _office(appointment.office_id if appointment else draft.get("office"))
    topic = topics.topic(appointment.topic_id if appointment else draft.get("topic", ""))
    ways = offered(office, topic) if office and topic else ()
    way = _way(ways, draft.get("channel"), draft.get("place"))
    starts_at = datetime.fromisoformat(draft["starts_at"]) if way and "starts_at" in draft else None
    return Progress(
        journey_id=found.id,
        kind=found.kind,
        step=_step(office, topic, way, starts_at),
        contact_path=draft.get("contact", ""),
        topic_start=draft.get("topic_start", ""),
        office=office,
        topic=topic,
        channel=way.channel if way else None,
        place=way.place if way else None,
        starts_at=starts_at,
        typed=typed_in(draft),
        appointment=appointment,
        tabs=tuple(draft.get("tabs", ())),
        is_human=draft.get("human", False),
        in_space=IN_SPACE in draft,
        is_moved=appointment is not None and draft.get(FROM, standing(appointment)) != standing(appointment),
    )


def _office(office_id: int | None) -> OfficeView | None:
    if office_id is None:
        return None
    try:
        return offices.get(office_id)
    except OfficeNotFoundError:
        return None


def _way(ways: Iterable[Way], channel: int | None, place_id: int | None) -> Way | None:
    """Return the one of `ways` with this channel and place, None when it is not among them."""
    return next((way for way in ways if (way.channel, way.place_id) == (channel, place_id)), None)


def _drafted(way: Way | None) -> dict[str, int | None]:
    """Return what a draft holds of a way; None erases."""
    return {"channel": int(way.channel) if way else None, "place": way.place_id if way else None}


def _step(office: OfficeView | None, topic: Topic | None, way: Way | None, starts_at: datetime | None) -> Step:
    settled = (office, topic, way, starts_at)
    return Step(next((index for index, choice in enumerate(settled) if choice is None), len(settled)))
