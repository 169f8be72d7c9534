"""The invented offices of the demonstration.

One for individuals and one for companies in each area, and the national one for non-residents. All are plainly
marked: invented streets, telephone numbers from the ranges that the numbering plan (Arcep, decision 2018-0881) keeps
for fiction, mail addresses under `.example`.
"""

from collections.abc import Iterator, Sequence
from hashlib import shake_128
from typing import Any, TypeVar

from app.content import communes
from app.content.communes import Area, Commune
from app.models import OfficeKind

Row = dict[str, Any]
T = TypeVar("T")

NATIONAL_CODE = "non-residents"
FULL_CODE = "particuliers-232"
"""An office without any free slot (Guéret)."""
CLOSED_CODE = "particuliers-522"
"""An office closed for two weeks, today and on any later day: the works there never end (Langres)."""
COUNTER_ONLY_CODE = "particuliers-482"
"""An office that calls nobody back (Mende)."""

SLOT_MINUTES = 30

KINDS = {
    OfficeKind.INDIVIDUALS: ("particuliers", "Service des impôts des particuliers"),
    OfficeKind.COMPANIES: ("entreprises", "Service des impôts des entreprises"),
}
STREETS = (
    "rue de la Maquette",
    "place de la Démonstration",
    "avenue de l’Exemple",
    "boulevard du Brouillon",
    "rue des Essais",
    "allée du Prototype",
    "cours de l’Ébauche",
    "chemin du Modèle",
)
_ACCESS = (
    "Arrêt de bus « Maquette » à 150 m. Entrée de plain-pied, place de stationnement réservée devant l’accueil.",
    "À dix minutes à pied de la gare. Rampe d’accès à droite de l’entrée, boucle magnétique au guichet.",
    "Arrêt «\u00a0Démonstration\u00a0», accueil au rez-de-chaussée. Stationnement gratuit une heure sur la place.",
    "Entrée par la cour, sonnette à 1 m du sol. Ascenseur jusqu’au premier étage, où se trouve l’accueil.",
)
_TIMEZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}
_HOLIDAY_REGIONS = {
    "57": "57",
    "67": "6AE",
    "68": "6AE",
    "971": "971",
    "972": "972",
    "973": "973",
    "974": "974",
    "975": "PM",
    "976": "976",
    "977": "BL",
    "978": "MF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}
# Telephone zones of metropolitan France by region; two regions are cut by a zone border.
_FICTION_OVERSEAS = "06 39 98"
_FICTION_BY_REGION = {
    "11": "01 99 00",
    "24": "02 61 91",
    "28": "02 61 91",
    "52": "02 61 91",
    "53": "02 61 91",
    "27": "03 53 01",
    "32": "03 53 01",
    "44": "03 53 01",
    "76": "05 36 49",
    "75": "05 36 49",
    "84": "04 65 71",
    "93": "04 65 71",
    "94": "04 65 71",
}
_EASTERN_OCCITANIE = ("11", "30", "34", "48", "66")


class Dice:
    """Choices that look random and are always the same for the same seed."""

    def __init__(self, seed: str) -> None:
        self._bytes = iter(shake_128(seed.encode()).digest(256))

    def below(self, limit: int) -> int:
        """Return a number from 0 to `limit` - 1, at most 255."""
        return next(self._bytes) * limit // 256

    def chance(self, percent: int) -> bool:
        """Return True in about `percent` cases of 100."""
        return self.below(100) < percent

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self.below(len(options))]


def all_offices() -> Iterator[Row]:
    """Give the row of every office of the demonstration."""
    serial = 0
    for area in communes.areas():
        for kind in KINDS:
            serial += 1
            yield _local_office(kind, area, serial)
    yield _national_office()


def _local_office(kind: OfficeKind, area: Area, serial: int) -> Row:
    seat = communes.by_code(area.seat)
    if seat is None:
        raise LookupError(f"area {area.code}: no commune {area.seat}")
    word, service = KINDS[kind]
    code = f"{word}-{area.code}"
    town = _town(area, seat)
    mailbox = f"{word}.{communes.fold(town).replace(' ', '-')}.{area.department.lower()}"
    dice = Dice(code)
    return {
        "code": code,
        "kind": kind,
        "area": area.code,
        "department": area.department,
        "region": area.region,
        "name": f"{service} {contracted(town)} (démonstration)",
        "street": f"{dice.below(90) + 1} {dice.pick(STREETS)}",
        "postal_code": seat.postal_codes[0],
        "city": seat.city,
        "phone": fiction_phone(seat, serial),
        "email": f"{mailbox}@guichet.example",
        "access": dice.pick(_ACCESS),
        "timezone": _TIMEZONES.get(seat.department, "Europe/Paris"),
        "holiday_region": _HOLIDAY_REGIONS.get(seat.department, ""),
        "slot_minutes": SLOT_MINUTES,
    }


def _national_office() -> Row:
    return {
        "code": NATIONAL_CODE,
        "kind": OfficeKind.NON_RESIDENTS,
        "area": "FR",
        "department": "93",
        "region": "11",
        "name": "Service des impôts des particuliers non-résidents (démonstration)",
        "street": "10 rue de la Maquette",
        "postal_code": "93999",
        "city": "Noisy-l’Exemple",
        "phone": f"{_FICTION_BY_REGION['11']} 00 00",
        "email": "non-residents@guichet.example",
        "access": _ACCESS[0],
        "timezone": "Europe/Paris",
        "holiday_region": "",
        "slot_minutes": SLOT_MINUTES,
    }


def _town(area: Area, seat: Commune) -> str:
    """Return the place an office is named after: « Carcassonne », « Paris 16e »."""
    name = seat.name.removesuffix(" Arrondissement")
    return name if seat.department == area.department else f"{name} – {area.name}"


def contracted(place: str) -> str:
    """Return « de Carcassonne », « d’Albi », « du Mans », « des Andelys », « de La Rochelle »."""
    for article, contraction in (("Le ", "du "), ("Les ", "des ")):
        if place.startswith(article):
            return contraction + place.removeprefix(article)
    initial = communes.fold(place)[:2]
    elided = initial[0] in "aeiou" or (initial[0] == "y" and initial[1] not in "aeiou")
    return f"d’{place}" if elided else f"de {place}"


def fiction_phone(seat: Commune, serial: int) -> str:
    """Return a number nobody will ever have, one for each serial below 10,000."""
    if seat.department in _TIMEZONES:
        prefix = _FICTION_OVERSEAS
    elif seat.department in _EASTERN_OCCITANIE:
        prefix = "04 65 71"
    else:
        prefix = _FICTION_BY_REGION[seat.region]
    return f"{prefix} {serial // 100:02} {serial % 100:02}"
