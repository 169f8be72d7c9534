"""Step 5: what has been booked or moved, in words."""

from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import topics, wording
from app.models import Channel
from app.services import journeys
from app.services.appointments import access, offices, records
from app.services.appointments.records import AppointmentView
from app.state.base import call, local, tab_of, visitor_of
from app.state.journey import JourneyState
from app.state.office import CHANNEL_LABELS


@dataclass(frozen=True)
class AppointmentCard:
    """An appointment as its person sees it."""

    words: str = ""
    duration: str = ""
    channel: str = ""
    topic: str = ""
    office: str = ""
    place: str = ""
    called: str = ""
    office_phone: str = ""
    reference: str = ""
    email: str = ""
    name: str = ""
    calendar_href: str = ""
    manage_href: str = ""


class ConfirmationState(JourneyState):
    """The appointment of the journey just finished in this tab."""

    card: AppointmentCard = AppointmentCard()
    documents: list[str] = []

    @rx.event
    async def load(self) -> EventSpec | None:
        """Show the appointment this journey has led to."""
        visitor = visitor_of(self)
        done = await call(journeys.last_finished, visitor, self._kind()) if visitor else None
        if visitor is None or done is None or tab_of(self) not in done.draft.get("tabs", ()):
            return rx.redirect(addresses.CONTACT)
        view = await call(records.of_journey, visitor, done.id)
        if view is None:
            return rx.redirect(addresses.CONTACT)
        self.card = await call(appointment_card, view)
        self.documents = documents_of(view)
        self.phase = "ready"
        return None


def appointment_card(view: AppointmentView) -> AppointmentCard:
    """Return what a person sees of an appointment of theirs."""
    office, topic, token = offices.get(view.office_id), topics.topic(view.topic_id), access.manage_token(view.public_id)
    by_phone = view.channel == Channel.PHONE
    return AppointmentCard(
        words=wording.moment(local(view.starts_at, view.timezone)),
        duration=wording.duration(view.minutes),
        channel=CHANNEL_LABELS[view.channel],
        topic=topic.label if topic else "",
        office=office.name,
        place="" if by_phone else ", ".join(office.address_lines),
        called=view.phone if by_phone else "",
        office_phone=office.phone,
        reference=view.reference,
        email=view.email,
        name=" ".join(part for part in (view.civility.capitalize(), view.first_name, view.last_name) if part),
        calendar_href=addresses.calendar_file(token),
        manage_href=addresses.follow_up(token),
    )


def documents_of(view: AppointmentView) -> list[str]:
    """Return what to bring or have at hand."""
    topic = topics.topic(view.topic_id)
    return list(topic.documents) if topic else []
