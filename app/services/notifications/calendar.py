"""The calendar file of an appointment (RFC 5545, published or cancelled as RFC 5546 says).

Times are written in UTC: every calendar program converts them, and no time zone definition can be out of date.
The file holds no link that changes the appointment, because calendars are shared.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

from icalendar import Calendar, Event, vCalAddress, vText

from app import clock
from app.content import both_times, wording
from app.models import Channel
from app.settings import get_settings

if TYPE_CHECKING:
    from app.services.notifications.messages import AppointmentFacts

_BY_PHONE = "Par téléphone"


def event(facts: AppointmentFacts, method: str, sequence: int) -> str:
    """Return the calendar file of the appointment.

    `method` is PUBLISH or CANCEL; `sequence` must be larger in each later file of the same appointment.
    """
    made = Calendar()
    made.add("prodid", "-//Guichet//Rendez-vous//FR")
    made.add("version", "2.0")
    made.add("method", method)
    made.add_component(_event(facts, method, sequence))
    text: bytes = made.to_ical()
    return text.decode()


def _event(facts: AppointmentFacts, method: str, sequence: int) -> Event:
    starts_at = facts.starts_at.astimezone(UTC)
    made = Event()
    made.add("uid", f"{facts.public_id}@guichet")
    made.add("sequence", sequence)
    made.add("dtstamp", clock.now())
    made.add("dtstart", starts_at)
    made.add("dtend", starts_at + timedelta(minutes=facts.minutes))
    made.add("summary", f"Rendez-vous\u00a0: {facts.topic_label}")
    made.add("location", _place(facts))
    made.add("description", _description(facts))
    made.add("organizer", _organizer(facts))
    made.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    made.add("class", "PRIVATE")
    return made


def _place(facts: AppointmentFacts) -> str:
    """Return where one goes, which for a video appointment is the local point too."""
    if facts.channel is Channel.PHONE:
        return _BY_PHONE
    return ", ".join((facts.where.name, *facts.where.address_lines))


def _description(facts: AppointmentFacts) -> str:
    lines = [
        f"{facts.office_name}, {both_times.named_moment(facts.starts_at, facts.timezone)}.",
        f"Référence\u00a0: {facts.reference}",
    ]
    if facts.received:
        lines.append(f"Pour\u00a0: {facts.received}")
    if facts.channel is Channel.VIDEO:
        lines.append(f"Par visioconférence, sur place\u00a0: {wording.VIDEO_AT_PLACE}.")
    if facts.where.access and facts.channel is not Channel.PHONE:
        lines.append(f"Accès\u00a0: {facts.where.access}")
    if facts.needs:
        lines.append(f"Vous avez signalé\u00a0: {', '.join(facts.needs)}")
    if facts.documents:
        lines += ["Documents à préparer\u00a0:", *(f"- {document}" for document in facts.documents)]
    lines.append("Pour déplacer ou annuler ce rendez-vous, utilisez le lien du courriel de confirmation.")
    return "\n".join(lines)


def _organizer(facts: AppointmentFacts) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{parseaddr(get_settings().mail_from)[1]}")
    organizer.params["cn"] = vText(facts.office_name.replace('"', "'"))
    return organizer
