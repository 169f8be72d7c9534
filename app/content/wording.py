"""Dates, times and numbers in French words, the same on every screen, in every mail and in the calendar file.

Spaces that must not break a line are U+00A0: inside a time (« 9 h 30 ») and between a number and its unit.
Instants are given in the local time of the office; nothing here converts.
"""

import datetime as dt
from collections.abc import Iterable

NBSP = "\u00a0"
JOINER = "\u2060"
"""Forbids the end of a line where a browser would break in spite of blanks that do not: after a dash."""
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)

NEEDS = {
    "wheelchair": "fauteuil roulant",
    "sign_language": "langue des signes",
    "no_phone": "pas de téléphone",
    "companion": "personne accompagnante",
}
"""What a person asks an office to be ready for, by the name of its flag, as mails and the office's sheet say it."""

NEED_LABELS = {
    "wheelchair": "Je me déplace en fauteuil roulant",
    "sign_language": "Je communique en langue des signes française",
    "no_phone": "Je n’ai pas de téléphone",
    "companion": "Une personne m’accompagnera",
}
"""The same as boxes to tick."""

VIDEO_AT_PLACE = "un ordinateur et une personne pour vous aider vous y attendent, l’agent est à l’écran"


def full_name(*parts: str) -> str:
    """Return the names of a person in one line; who has only one is called by it, without a blank too many."""
    return " ".join(filter(None, parts))


def weekday(number: int) -> str:
    """Return « lundi » for 0 to « dimanche » for 6."""
    return WEEKDAYS[number]


def day(value: dt.date, today: dt.date | None = None) -> str:
    """Return « mardi 24 novembre », followed by the year when `today` is given and lies in another one."""
    words = f"{WEEKDAYS[value.weekday()]} {_day_and_month(value)}"
    return words if today is None or today.year == value.year else f"{words} {value.year}"


def day_with_year(value: dt.date) -> str:
    """Return « mardi 24 novembre 2026 »."""
    return f"{day(value)} {value.year}"


def date(value: dt.date) -> str:
    """Return « 20 février 2026 »."""
    return f"{_day_and_month(value)} {value.year}"


def time(value: dt.datetime | dt.time) -> str:
    """Return « 9 h 30 », or « 10 h » on the hour."""
    hour = f"{value.hour}{NBSP}h"
    return f"{hour}{NBSP}{value.minute:02}" if value.minute else hour


def moment(local: dt.datetime) -> str:
    """Return « mardi 24 novembre 2026 à 9 h 30 »."""
    return f"{day_with_year(local)} à {time(local)}"


def short_moment(local: dt.datetime, today: dt.date | None = None) -> str:
    """Return « mardi 24 novembre à 9 h 30 », with the year when `today` is given and lies in another one."""
    return f"{day(local, today)} à {time(local)}"


def duration(minutes: int) -> str:
    """Return « 30 minutes », « 1 minute », « 1 heure », « 2 heures », « 1 h 30 »."""
    hours, rest = divmod(minutes, 60)
    if not hours or not minutes:
        return count(minutes, "minute")
    return f"{hours}{NBSP}h{NBSP}{rest:02}" if rest else count(hours, "heure")


def count(number: int, singular: str, plural: str | None = None) -> str:
    """Return the number and its noun, « 1 créneau », « 3 créneaux »; in French zero is singular."""
    noun = singular if abs(number) < 2 else plural or f"{singular}s"
    return f"{number}{NBSP}{noun}"


def slots(number: int) -> str:
    """Return « 1 créneau », « 3 créneaux »."""
    return count(number, "créneau", "créneaux")


def period(first: dt.date, last: dt.date) -> str:
    """Return « 23 novembre – 20 décembre », with both years when they differ."""
    if first.year == last.year:
        return f"{_day_and_month(first)} – {_day_and_month(last)}"
    return f"{_day_and_month(first)} {first.year} – {_day_and_month(last)} {last.year}"


def hours(starts: dt.time, ends: dt.time) -> str:
    """Return « 8 h 45 – 12 h », in one piece."""
    return f"{time(starts)}{NBSP}–{JOINER}{NBSP}{time(ends)}"


def needs(names: Iterable[str]) -> tuple[str, ...]:
    """Return the words of needs from the names of their flags in any case; unknown names are left out."""
    asked = {name.lower() for name in names}
    return tuple(words for name, words in NEEDS.items() if name in asked)


def sentence(words: str) -> str:
    """Return `words` with a capital first letter and the rest untouched."""
    return words[:1].upper() + words[1:]


def _day_and_month(value: dt.date) -> str:
    number = "1er" if value.day == 1 else str(value.day)
    return f"{number} {MONTHS[value.month - 1]}"
