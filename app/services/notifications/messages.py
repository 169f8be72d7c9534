"""What each mail says: subject, plain text, HTML and calendar file, from the facts of one appointment.

Facts come from what people typed, so every line is cleaned here: no control or direction characters in any of
them, only letters in names (a name cannot carry an address that a mail program would turn into a link).
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

import phonenumbers
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from app.content import both_times, wording
from app.models import Channel
from app.services import typed_text
from app.services.notifications import calendar
from app.settings import get_settings

_NBSP = "\N{NO-BREAK SPACE}"
_BEFORE_DOMAIN = re.compile(r"\.(?=[\w\u0300-\u036f]{2})")


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """A local point, where one goes instead of the office; `access` says how to get there and in."""

    name: str
    address_lines: tuple[str, ...]
    access: str


@dataclass(frozen=True, slots=True)
class AppointmentFacts:
    """What a mail tells about an appointment; `starts_at` is aware, `timezone` is the office's IANA name.

    `revision` starts at 1. `phone` is the number an agent calls, empty when the appointment is at a counter.
    `manage_url` is the signed address of the page that replans and cancels. `place` is None at the office itself;
    `office_access` says how to get to the office and in. `needs` are French words; `received` is the name of somebody
    else for whom it was booked, else empty. `remind_at` is when a reminder will be sent, None if none will.
    """

    public_id: str
    reference: str
    revision: int
    office_name: str
    office_address_lines: tuple[str, ...]
    office_phone: str
    topic_label: str
    channel: Channel
    starts_at: datetime
    timezone: str
    minutes: int
    first_name: str
    last_name: str
    phone: str
    documents: tuple[str, ...]
    manage_url: str
    place: PlaceFacts | None = None
    needs: tuple[str, ...] = ()
    received: str = ""
    office_access: str = ""
    remind_at: datetime | None = None

    @property
    def where(self) -> PlaceFacts:
        """Where one goes: the local point, else the office."""
        return self.place or PlaceFacts(self.office_name, self.office_address_lines, self.office_access)


@dataclass(frozen=True, slots=True)
class Message:
    """One mail ready to be queued; `calendar` is an iCalendar text or None, `calendar_method` PUBLISH or CANCEL."""

    subject: str
    text: str
    html: str
    calendar: str | None = None
    calendar_method: str = ""


def confirmed(facts: AppointmentFacts) -> Message:
    """Return the mail that says the appointment is booked, with its calendar file."""
    return _message("confirmed", "Rendez-vous confirmé", facts, "PUBLISH")


def rescheduled(facts: AppointmentFacts, previous_starts_at: datetime) -> Message:
    """Return the mail that gives the new time (in `facts`) and the old one, with the calendar file that moves it."""
    previous = both_times.moment(previous_starts_at, facts.timezone)
    return _message("rescheduled", "Rendez-vous replanifié", facts, "PUBLISH", previous=previous)


def to_confirm(
    facts: AppointmentFacts, until: datetime, confirm_url: str, previous_starts_at: datetime | None = None
) -> Message:
    """Return the mail that asks to confirm, before `until` (aware), an appointment booked or moved; no calendar file.

    `confirm_url` is the signed address of the page that confirms; `previous_starts_at` is the old time of a move.
    """
    words = {
        "until": both_times.moment(until, facts.timezone),
        "confirm_url": line(confirm_url),
        "previous": both_times.moment(previous_starts_at, facts.timezone) if previous_starts_at else "",
    }
    return _message("to_confirm", "Rendez-vous à confirmer", facts, "", **words)


def lapsed(facts: AppointmentFacts) -> Message:
    """Return the mail that says the time was released, with the calendar file that removes it."""
    return _message("lapsed", "Rendez-vous non confirmé", facts, "CANCEL")


def cancelled(facts: AppointmentFacts) -> Message:
    """Return the mail that says the appointment is cancelled, with the calendar file that removes it."""
    return _message("cancelled", "Rendez-vous annulé", facts, "CANCEL")


def link_again(facts: AppointmentFacts) -> Message:
    """Return the mail that gives the link of a standing appointment again."""
    return _message("link", "Votre lien de rendez-vous", facts, "")


def reminder(facts: AppointmentFacts) -> Message:
    """Return the mail that reminds of a standing appointment a few days before."""
    return _message("reminder", "Rappel de votre rendez-vous", facts, "")


def _message(kind: str, title: str, facts: AppointmentFacts, method: str, **more: str) -> Message:
    facts = _cleaned(facts)
    words = {"facts": facts, "site_url": get_settings().site_url, "title": title, **_words(facts), **more}
    return Message(
        subject=typographic(f"{title} : {words['moment']}"),
        text=typographic(template(f"{kind}.txt").render(words)),
        html=typographic(template(f"{kind}.html").render(words)),
        calendar=calendar.event(facts, method, facts.revision - 1) if method else None,
        calendar_method=method,
    )


def _words(facts: AppointmentFacts) -> dict[str, Any]:
    return {
        "name": wording.full_name(facts.first_name, facts.last_name),
        "moment": both_times.moment(facts.starts_at, facts.timezone),
        "named_moment": both_times.named_moment(facts.starts_at, facts.timezone),
        "reminder": both_times.moment(facts.remind_at, facts.timezone) if facts.remind_at else "",
        "duration": wording.duration(facts.minutes),
        "phone": _phone(facts.phone),
        "office_phone": _phone(facts.office_phone),
        "by_phone": facts.channel is Channel.PHONE,
        "by_video": facts.channel is Channel.VIDEO,
        "may_call": wording.NEEDS["no_phone"] not in facts.needs,
        "video_words": wording.VIDEO_AT_PLACE,
    }


def _cleaned(facts: AppointmentFacts) -> AppointmentFacts:
    return replace(
        facts,
        reference=line(facts.reference),
        office_name=line(facts.office_name),
        office_address_lines=tuple(line(each) for each in facts.office_address_lines),
        office_phone=line(facts.office_phone),
        topic_label=line(facts.topic_label),
        first_name=_person(facts.first_name),
        last_name=_person(facts.last_name),
        phone=line(facts.phone),
        documents=tuple(line(document) for document in facts.documents),
        manage_url=line(facts.manage_url),
        place=_cleaned_place(facts.place) if facts.place else None,
        needs=tuple(line(need) for need in facts.needs),
        received=_person(facts.received),
        office_access=line(facts.office_access),
    )


def _cleaned_place(place: PlaceFacts) -> PlaceFacts:
    return PlaceFacts(line(place.name), tuple(line(each) for each in place.address_lines), line(place.access))


def line(text: str) -> str:
    """Return what somebody typed as one line without control or direction characters, and whole.

    How long it may be is for whoever took it: cut here, the end would be lost to the only person who needs it.
    """
    shown = (" " if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029" else char for char in text)
    return re.sub(r"[ \t]+", " ", "".join(shown)).strip()


def _person(name: str) -> str:
    """Return a name as it was typed, with the marks that names have; a full stop never makes an address of it."""
    kept = "".join(char if _is_of_names(char) else " " for char in typed_text.visible(name))
    shown = " ".join(_BEFORE_DOMAIN.sub(" ", kept).split())
    return shown if any(map(str.isalpha, shown)) else ""


def _is_of_names(char: str) -> bool:
    return char in typed_text.MARKS_OF_NAMES or unicodedata.category(char)[0] in "LM"


def typographic(text: str) -> str:
    """Return French text in which no line begins with a punctuation mark, nor ends with an opening quote."""
    return re.sub(r" (?=[:;?!»])|(?<=«) ", _NBSP, text)


def _phone(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number, "FR")
    except phonenumbers.NumberParseException:
        return re.sub(r"[^\d +]", "", number)
    style = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    if parsed.country_code == 33:
        style = phonenumbers.PhoneNumberFormat.NATIONAL
    return phonenumbers.format_number(parsed, style).replace(" ", _NBSP)


def template(name: str) -> Any:
    """Return a template of `app/content/mails`, `name` like « confirmed.html »; HTML ones escape their values."""
    return _environment().get_template(f"{name}.jinja")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("app.content", "mails"),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
