"""Step 5: what has been booked or moved, in words."""

from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from app import addresses, clock
from app.content import both_times, detours, topics, wording
from app.models import Channel, SpaceKind
from app.services import journeys, phones
from app.services.appointments import access, limits, mine, offices, records, reminders
from app.services.appointments.person import need_names
from app.services.appointments.records import AppointmentView
from app.services.appointments.steps import IN_SPACE
from app.state import detour
from app.state.account import session_of
from app.state.base import call, local, tab_of, visitor_of
from app.state.journey import JourneyState
from app.state.office import CHANNEL_LABELS
from app.state.refused_address import RefusedAddressMixin


@dataclass(frozen=True)
class AppointmentCard:
    """An appointment as its person sees it.

    `place` is the address one goes to, `point` the name of the local point there, empty at the office itself;
    `received` is who comes when somebody else booked.
    """

    words: str = ""
    starts_at: str = ""
    timezone: str = ""
    duration: str = ""
    channel: str = ""
    topic: str = ""
    office: str = ""
    point: str = ""
    place: str = ""
    access: str = ""
    on_arrival: str = ""
    called: str = ""
    office_phone: str = ""
    office_call: str = ""
    reference: str = ""
    email: str = ""
    name: str = ""
    received: str = ""
    needs: str = ""
    calendar_href: str = ""
    manage_href: str = ""
    reminder: str = ""


class ConfirmationState(RefusedAddressMixin, JourneyState):
    """The appointment of the journey just finished in this tab."""

    card: AppointmentCard = AppointmentCard()
    documents: list[str] = []
    in_space: bool = False
    had_before: int = 0
    confirm_by: str = ""
    _shown: str = ""

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the appointment this journey has led to."""
        self.refused, self._shown = False, ""
        visitor = visitor_of(self)
        done = await call(journeys.last_finished, visitor, self._kind()) if visitor else None
        if visitor is None or done is None or tab_of(self) not in done.draft.get("tabs", ()):
            return await detour.send(self, addresses.CONTACT, detours.NO_CONFIRMATION)
        view = await call(records.of_journey, visitor, done.id)
        if view is None:
            return await detour.send(self, addresses.CONTACT, detours.NO_CONFIRMATION)
        found = await session_of(self, SpaceKind.PERSONAL)
        self.in_space = found is not None
        if IN_SPACE in done.draft:
            # Begun in « Mes contacts »: what somebody else typed of it stays unseen here too.
            view = await call(mine.get, found.account, view.public_id) if found else None
            if view is None:
                return await detour.send(self, addresses.PERSONAL_SIGN_IN, detours.PRIVATE)
        self.card = await call(appointment_card, view)
        self.documents = documents_of(view)
        # Only whoever typed the address here reads of it.
        self._shown = view.public_id if view.email else ""
        if self._shown:
            await self._look_at_mail(self._shown)
        await self._say_if_it_waits(visitor, view)
        self.phase = "ready"
        return ConfirmationState.watch if self._shown else None

    async def _say_if_it_waits(self, visitor: str, view: AppointmentView) -> None:
        may_know = bool(self._shown) and not self.in_space
        asked = await call(limits.asked_to_confirm, view.public_id, visitor) if may_know else None
        self.had_before = asked[0] if asked else 0
        self.confirm_by = wording.time(local(asked[1], view.timezone)) if asked else ""

    async def _mail(self) -> str | None:
        return self._shown or None

    async def _corrected(self, view: AppointmentView) -> None:
        self.card = await call(appointment_card, view)
        self.had_before, self.confirm_by = 0, ""


def appointment_card(view: AppointmentView) -> AppointmentCard:
    """Return what a person sees of an appointment of theirs.

    Without the address of whoever booked (`mine` leaves it out), also without the links that would show it.
    """
    office, topic, token = offices.get(view.office_id), topics.topic(view.topic_id), access.manage_token(view.public_id)
    return AppointmentCard(
        words=wording.moment(local(view.starts_at, view.timezone)),
        starts_at=view.starts_at.isoformat(),
        timezone=view.timezone,
        duration=wording.duration(view.minutes),
        channel=CHANNEL_LABELS[view.channel],
        topic=topic.label if topic else "",
        office=office.name,
        point=view.place_name if view.place_id is not None else "",
        place=", ".join(view.place_lines),
        access=view.place_access,
        on_arrival=arrival(view.channel),
        called=phones.shown(view.phone) if view.channel == Channel.PHONE else "",
        office_phone=office.phone,
        office_call=phones.dialled(office.phone),
        reference=view.reference,
        email=view.email,
        name=wording.full_name(view.civility.capitalize(), view.first_name, view.last_name),
        received=view.received,
        needs=wording.sentence(", ".join(wording.needs(need_names(view.needs)))),
        calendar_href=addresses.calendar_file(token) if view.email else "",
        manage_href=addresses.follow_up(token) if view.email else "",
        reminder=_reminder(view),
    )


def _reminder(view: AppointmentView) -> str:
    """Return when the reminder goes, empty if none does.

    By the rule, not by what is written on the appointment: one that has yet to be confirmed has none there, and a page
    that said so would tell whoever holds it (docs/decisions/0015).
    """
    due = reminders.due_at(view.starts_at, view.timezone, clock.now())
    return both_times.moment(due, view.timezone) if due else ""


def arrival(channel: Channel) -> str:
    """Return what awaits one at the place, when that is not plain; a video appointment is not taken from home."""
    return f"Vous vous rendez sur place : {wording.VIDEO_AT_PLACE}." if channel == Channel.VIDEO else ""


def documents_of(view: AppointmentView) -> list[str]:
    """Return what to bring or have at hand."""
    topic = topics.topic(view.topic_id)
    return list(topic.documents) if topic else []
