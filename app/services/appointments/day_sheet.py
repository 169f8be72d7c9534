"""The day of an office, for the people who work there: who comes or is called when, and what to be ready for."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
from sqlalchemy import select
from sqlmodel import Session, col

from app import clock
from app.content import topics, wording
from app.models import Appointment, AppointmentStatus, Channel, Need, Office
from app.services import database
from app.services.appointments import records
from app.services.appointments.opening import local_midnight
from app.services.appointments.person import need_names
from app.services.appointments.records import Known
from app.services.notifications.messages import line

_CHANNELS = {Channel.COUNTER: "guichet", Channel.PHONE: "téléphone", Channel.VIDEO: "visio"}
_HEADINGS = ("Heure", "Mode", "Lieu", "Nom", "Personne reçue", "Motif", "Téléphone", "Besoins")


class UnknownOfficeError(LookupError):
    """No office has this code."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One appointment in words, each on one line; the time is the office's."""

    time: str
    channel: str
    place: str
    name: str
    received: str
    topic: str
    phone: str
    needs: str
    details: str


@dataclass(frozen=True, slots=True)
class DaySheet:
    """The appointments that stand on a local day of an office, earliest first."""

    office_name: str
    day: date
    entries: tuple[Entry, ...]


def of_day(office_code: str, day: date | None = None) -> DaySheet:
    """Return the sheet of an office for a local day, today where the office is by default.

    Raises UnknownOfficeError.
    """
    with database.reading() as session:
        office = session.execute(select(Office).where(col(Office.code) == office_code)).scalar_one_or_none()
        if office is None:
            raise UnknownOfficeError(office_code)
        day = day or clock.now().astimezone(ZoneInfo(office.timezone)).date()
        return DaySheet(office.name, day, tuple(_entry(known) for known in _known(session, office, day)))


def as_text(sheet: DaySheet) -> str:
    """Return the sheet as a table, columns between bars, details under the line of their appointment.

    Columns that nothing fills are left out.
    """
    title = f"{sheet.office_name}, {wording.day_with_year(sheet.day)}"
    if not sheet.entries:
        return f"{title}\nAucun rendez-vous."
    rows = [_HEADINGS, *(astuple(entry)[: len(_HEADINGS)] for entry in sheet.entries)]
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    head, *lines = [_joined(row, widths) for row in zip(*columns, strict=True)]
    rule = "-+-".join("-" * width for width in widths)
    notes = [f"\n    Précisions{wording.NBSP}: {entry.details}" if entry.details else "" for entry in sheet.entries]
    return "\n".join([title, "", head, rule, *(row + note for row, note in zip(lines, notes, strict=True))])


def _known(session: Session, office: Office, day: date) -> list[Known]:
    timezone = ZoneInfo(office.timezone)
    first, last = local_midnight(day, timezone), local_midnight(day + timedelta(days=1), timezone)
    query = records.KNOWN.where(
        col(Appointment.office_id) == office.id,
        col(Appointment.status) == AppointmentStatus.BOOKED,
        col(Appointment.starts_at) >= first,
        col(Appointment.starts_at) < last,
    )
    rows = session.execute(query.order_by(col(Appointment.starts_at), col(Appointment.id)))
    return [Known(*row) for row in rows]


def _entry(known: Known) -> Entry:
    appointment, office, place = known
    topic = topics.topic(appointment.topic_id)
    waits = " (à confirmer)" if appointment.confirm_until is not None else ""
    is_call = appointment.channel == Channel.PHONE
    entry = Entry(
        time=wording.time(appointment.starts_at.astimezone(ZoneInfo(office.timezone))) + waits,
        channel=_CHANNELS[Channel(appointment.channel)],
        place=place.name if place else "" if is_call else "sur place",
        name=wording.full_name(appointment.last_name, appointment.first_name),
        received=wording.full_name(appointment.other_last_name, appointment.other_first_name),
        topic=topic.label if topic else appointment.topic_id,
        phone=", ".join(_phone(number) for number in (appointment.phone, appointment.second_phone) if number),
        needs=", ".join(wording.needs(need_names(Need(appointment.needs)))),
        details=appointment.details,
    )
    # Typed by anybody and read in a terminal: no control characters, one line each.
    return Entry(**{field.name: line(getattr(entry, field.name)) for field in fields(Entry)})


def _phone(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number, "FR")
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    return " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
