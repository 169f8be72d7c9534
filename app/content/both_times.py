"""Two clocks for one instant: the office's, and that of somebody who is elsewhere; and whose clock a text goes by."""

import datetime as dt
from zoneinfo import ZoneInfo

from app.content import wording

_OFFICE = "heure du service"
_PARIS = "Europe/Paris"
_PLACES = {
    _PARIS: "heure de Paris",
    "America/Cayenne": "heure de Guyane",
    "America/Guadeloupe": "heure de Guadeloupe",
    "America/Marigot": "heure de Saint-Martin",
    "America/Martinique": "heure de Martinique",
    "America/Miquelon": "heure de Saint-Pierre-et-Miquelon",
    "America/St_Barthelemy": "heure de Saint-Barthélemy",
    "Indian/Mayotte": "heure de Mayotte",
    "Indian/Reunion": "heure de La Réunion",
    "Pacific/Noumea": "heure de Nouvelle-Calédonie",
    "Pacific/Tahiti": "heure de Tahiti",
    "Pacific/Wallis": "heure de Wallis-et-Futuna",
}


def zone_words(zone: str) -> str:
    """Return « heure de La Réunion » for an IANA name, « heure du service » where the place has no words of its own."""
    return _PLACES.get(zone, _OFFICE)


def moment(instant: dt.datetime, zone: str) -> str:
    """Return « mardi 24 novembre 2026 à 9 h 30 (heure de La Réunion) » for an aware instant.

    The zone is named wherever it is not that of Paris, which people take for granted.
    """
    return _moment(instant, zone) if zone == _PARIS else named_moment(instant, zone)


def named_moment(instant: dt.datetime, zone: str) -> str:
    """Return the same with the zone in any case: « mardi 24 novembre 2026 à 9 h 30 (heure de Paris) »."""
    return f"{_moment(instant, zone)} ({zone_words(zone)})"


def _moment(instant: dt.datetime, zone: str) -> str:
    # Through UTC: an instant that already has this zone would keep an hour that the clocks skipped.
    return wording.moment(instant.astimezone(dt.UTC).astimezone(ZoneInfo(zone)))


def both(instant: dt.datetime, office_zone: str, browser_zone: str) -> str:
    """Return « 10 h (heure de La Réunion), soit 7 h chez vous » for an instant with its zone.

    When it is another day elsewhere, that day is said: « soit le 4 mars à 1 h chez vous ». Empty when both clocks
    show the same. The zones are IANA names; an unknown one raises ZoneInfoNotFoundError.
    """
    there, here = instant.astimezone(ZoneInfo(office_zone)), instant.astimezone(ZoneInfo(browser_zone))
    if there.replace(tzinfo=None) == here.replace(tzinfo=None):
        return ""
    own = wording.time(here)
    if there.date() != here.date():
        own = f"le {wording.date(here).rpartition(' ')[0]} à {own}"
    return f"{wording.time(there)} ({zone_words(office_zone)}), soit {own} chez vous"
