"""Two clocks for one instant: the office's, and that of somebody who is elsewhere."""

import datetime as dt
from zoneinfo import ZoneInfo

from app.content import wording

_OFFICE = "heure du service"
_PLACES = {
    "Europe/Paris": "heure de Paris",
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


def both(instant: dt.datetime, office_zone: str, browser_zone: str) -> str:
    """Return « 10 h (heure de La Réunion), soit 7 h chez vous » for an instant with its zone.

    When it is another day elsewhere, that day is said: « soit le 4 mars à 1 h chez vous ». Empty when both clocks
    show the same. The zones are IANA names; an unknown one raises ZoneInfoNotFoundError.
    """
    there, here = instant.astimezone(ZoneInfo(office_zone)), instant.astimezone(ZoneInfo(browser_zone))
    if there.replace(tzinfo=None) == here.replace(tzinfo=None):
        return ""
    named = _PLACES.get(office_zone, _OFFICE)
    own = wording.time(here)
    if there.date() != here.date():
        own = f"le {wording.date(here).rpartition(' ')[0]} à {own}"
    return f"{wording.time(there)} ({named}), soit {own} chez vous"
