"""Invented offices for the whole country, so that the portal can be tried without any real data.

One office for individuals and one for companies for each area of `app.content.communes`, and one national office
for non-residents, all plainly marked as a demonstration: invented streets, telephone numbers from the ranges that
the numbering plan (Arcep, decision 2018-0881) keeps for fiction, mail addresses under `.example`.

Everything follows from the code of the office, and absences from the date as well: two installations that start on
the same day show the same agendas.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from hashlib import shake_128
from typing import Any, TypeVar

from sqlalchemy import func, insert
from sqlmodel import Session, SQLModel, col, select

from app import clock
from app.content import communes
from app.content.communes import Area, Commune
from app.models import (
    Absence,
    Account,
    Agent,
    Channel,
    Closure,
    Office,
    OfficeKind,
    OpeningSession,
    SpaceKind,
    SpaceMode,
)
from app.services import upsert
from app.settings import get_settings

Row = dict[str, Any]
T = TypeVar("T")

NATIONAL_CODE = "non-residents"
FULL_CODE = "particuliers-232"
"""An office without any free slot (Guéret)."""
CLOSED_CODE = "particuliers-522"
"""An office closed for two weeks from the day of the first load (Langres)."""
COUNTER_ONLY_CODE = "particuliers-482"
"""An office that calls nobody back (Mende)."""

CERTIFICATE_ADDRESS = "certificat@guichet.example"
"""The sign-in address of a space with a certificate, which sign-up refuses with a message of its own."""

SLOT_MINUTES = 30
_LOCK = 0x67756963
"""Number of the PostgreSQL advisory lock held while loading; any constant does."""
_MARGIN_DAYS = 24
_DRAWS = 512
"""Days after which the absences of an agent repeat."""
_ALL = Channel.COUNTER | Channel.PHONE

_KINDS = {
    OfficeKind.INDIVIDUALS: ("particuliers", "Service des impôts des particuliers"),
    OfficeKind.COMPANIES: ("entreprises", "Service des impôts des entreprises"),
}
_STREETS = (
    "rue de la Maquette",
    "place de la Démonstration",
    "avenue de l'Exemple",
    "boulevard du Brouillon",
    "rue des Essais",
    "allée du Prototype",
    "cours de l'Ébauche",
    "chemin du Modèle",
)
_ACCESS = (
    "Arrêt de bus « Maquette » à 150 m. Entrée de plain-pied, place de stationnement réservée devant l'accueil.",
    "À dix minutes à pied de la gare. Rampe d'accès à droite de l'entrée, boucle magnétique au guichet.",
    "Arrêt « Démonstration », accueil au rez-de-chaussée. Stationnement gratuit une heure sur la place.",
    "Entrée par la cour, sonnette à 1 m du sol. Ascenseur jusqu'au premier étage, où se trouve l'accueil.",
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


@dataclass(frozen=True, slots=True)
class _Timetable:
    """Morning and afternoon of an office; each a whole number of slots, all on one grid of half-hours."""

    morning: tuple[time, time]
    afternoon: tuple[time, time]


_TIMETABLES = (
    _Timetable((time(8, 30), time(12)), (time(13, 30), time(16))),
    _Timetable((time(8, 45), time(12, 15)), (time(13, 15), time(16, 15))),
    _Timetable((time(9), time(12)), (time(13, 30), time(16, 30))),
    _Timetable((time(8, 45), time(11, 45)), (time(13, 45), time(16, 15))),
)


class _Dice:
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


def load(session: Session) -> None:
    """Add the offices that are missing, with agents, opening hours and closures, and keep absences ahead of today.

    `session` is a writing transaction of the caller. Safe at every start and in several processes at once: they wait
    for one another, and whoever comes later finds nothing left to do. Never changes or removes anything.
    """
    _one_at_a_time(session)
    today = clock.now().date()
    covered: date | None = session.scalar(select(func.max(col(Absence.first_day))))
    until = today + timedelta(days=get_settings().horizon_days + _MARGIN_DAYS)
    known = set(session.exec(select(Office.code)))
    missing = [office for office in _offices() if office["code"] not in known]
    if known and covered is not None and covered < until - timedelta(days=_MARGIN_DAYS):
        _add_absences(session, _agents_of_demo(session), max(covered + timedelta(days=1), today), until, today)
    if missing:
        _add_offices(session, missing, today, until if covered is None else max(covered, until))


def load_accounts(session: Session) -> None:
    """Add the space with a certificate if it is missing; no password opens it. Safe at every start, like `load`."""
    now = clock.now()
    account = {
        "kind": SpaceKind.PROFESSIONAL,
        "mode": SpaceMode.EXPERT,
        "email": CERTIFICATE_ADDRESS,
        "email_key": CERTIFICATE_ADDRESS,
        "password_hash": "",
        "has_certificate": True,
        "last_name": "Démonstration",
        "first_name": "Certificat",
        "trust_answer": "",
        "iban": "",
        "created_at": now,
        "password_changed_at": now,
    }
    statement = upsert.insert(session, Account).values(account)
    session.execute(statement.on_conflict_do_nothing(index_elements=["kind", "email_key"]))


def _one_at_a_time(session: Session) -> None:
    """Wait until no other process loads; SQLite needs nothing, a writing transaction is alone there."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _add_offices(session: Session, offices: list[Row], today: date, until: date) -> None:
    query = insert(Office).returning(col(Office.id), col(Office.code))
    ids = {code: number for number, code in session.execute(query, offices)}
    agents = _add_agents(session, ids)
    _insert(session, OpeningSession, (row for agent in agents for row in _sessions(agent)))
    _insert(session, Closure, (row for code in ids for row in _closures(code, ids[code], today)))
    _add_absences(session, agents, today, until, today)
    away = today + timedelta(days=3650)
    _insert(session, Absence, (_absence(agent, today, away) for agent in agents if agent.office == FULL_CODE))


def _insert(session: Session, table: type[SQLModel], rows: Iterable[Row]) -> None:
    # Without rows, SQLAlchemy would insert one made of defaults.
    if listed := list(rows):
        session.execute(insert(table), listed)


@dataclass(frozen=True, slots=True)
class _DemoAgent:
    """An agent and what their timetable and absences follow from: their office's code and their number in it."""

    id: int
    office: str
    number: int

    def dice(self, about: object) -> "_Dice":
        """Return this agent's choices on a subject."""
        return _Dice(f"{self.office}/{self.number}/{about}")


def _add_agents(session: Session, office_ids: dict[str, int]) -> list[_DemoAgent]:
    codes = {number: code for code, number in office_ids.items()}
    rows = [
        {"office_id": office_id, "label": f"Guichet {number + 1}"}
        for code, office_id in office_ids.items()
        for number in range(_staff(code))
    ]
    query = insert(Agent).returning(col(Agent.id), col(Agent.office_id), col(Agent.label))
    return [_demo_agent(number, codes[office], label) for number, office, label in session.execute(query, rows)]


def _agents_of_demo(session: Session) -> list[_DemoAgent]:
    query = select(Agent.id, Office.code, Agent.label).join(Office, col(Agent.office_id) == Office.id)
    return [_demo_agent(number or 0, code, label) for number, code, label in session.exec(query)]


def _demo_agent(agent_id: int, office: str, label: str) -> _DemoAgent:
    return _DemoAgent(agent_id, office, int(label.rpartition(" ")[2]) - 1)


# Offices


def _offices() -> Iterator[Row]:
    serial = 0
    for area in communes.areas():
        for kind in _KINDS:
            serial += 1
            yield _local_office(kind, area, serial)
    yield _national_office()


def _local_office(kind: OfficeKind, area: Area, serial: int) -> Row:
    seat = communes.by_code(area.seat)
    if seat is None:
        raise LookupError(f"area {area.code}: no commune {area.seat}")
    word, service = _KINDS[kind]
    code = f"{word}-{area.code}"
    place = _place(area, seat)
    mailbox = f"{word}.{communes.fold(place).replace(' ', '-')}.{area.department.lower()}"
    dice = _Dice(code)
    return {
        "code": code,
        "kind": kind,
        "area": area.code,
        "department": area.department,
        "region": area.region,
        "name": f"{service} {_of(place)} (démonstration)",
        "street": f"{dice.below(90) + 1} {dice.pick(_STREETS)}",
        "postal_code": seat.postal_codes[0],
        "city": seat.city,
        "phone": _phone(seat, serial),
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
        "city": "Noisy-l'Exemple",
        "phone": f"{_FICTION_BY_REGION['11']} 00 00",
        "email": "non-residents@guichet.example",
        "access": _ACCESS[0],
        "timezone": "Europe/Paris",
        "holiday_region": "",
        "slot_minutes": SLOT_MINUTES,
    }


def _place(area: Area, seat: Commune) -> str:
    """Return the place an office is named after: « Carcassonne », « Paris 16e »."""
    name = seat.name.removesuffix(" Arrondissement")
    return name if seat.department == area.department else f"{name} – {area.name}"


def _of(place: str) -> str:
    """Return « de Carcassonne », « d'Albi », « du Mans », « des Andelys », « de La Rochelle »."""
    for article, contraction in (("Le ", "du "), ("Les ", "des ")):
        if place.startswith(article):
            return contraction + place.removeprefix(article)
    initial = communes.fold(place)[:2]
    elided = initial[0] in "aeiou" or (initial[0] == "y" and initial[1] not in "aeiou")
    return f"d'{place}" if elided else f"de {place}"


def _phone(seat: Commune, serial: int) -> str:
    """Return a number nobody will ever have, one for each serial below 10,000."""
    if seat.department in _TIMEZONES:
        prefix = _FICTION_OVERSEAS
    elif seat.department in _EASTERN_OCCITANIE:
        prefix = "04 65 71"
    else:
        prefix = _FICTION_BY_REGION[seat.region]
    return f"{prefix} {serial // 100:02} {serial % 100:02}"


# Hours


def _staff(code: str) -> int:
    """Return how many agents an office has: 3 to 8, more where many people live."""
    area = communes.area(code.partition("-")[2])
    people = area.population if area else 1_000_000
    return min(8, 3 + people // 60_000 + _Dice(f"{code}/staff").below(3))


def _half_days(code: str) -> list[tuple[int, time, time, Channel]]:
    """Return when an office receives: (weekday, start, end, channels)."""
    dice = _Dice(f"{code}/hours")
    timetable = dice.pick(_TIMETABLES)
    channels = Channel.COUNTER if code == COUNTER_ONLY_CODE else _ALL
    half_days = [(day, *timetable.morning, channels) for day in range(5)]
    for day in range(5):
        afternoon = dice.pick((channels, channels, channels, channels & Channel.PHONE, Channel(0)))
        if afternoon:
            half_days.append((day, *timetable.afternoon, afternoon))
    if dice.chance(12):
        half_days.append((5, *timetable.morning, channels))
    return half_days


def _sessions(agent: _DemoAgent) -> Iterator[Row]:
    """Give the week of an agent; the first of each office works whenever it is open, others part of the time."""
    dice = agent.dice("hours")
    allowed = dice.pick((_ALL, _ALL, _ALL, _ALL, Channel.COUNTER, Channel.PHONE))
    days_off = {dice.below(6) for _ in range(dice.below(4))}
    for day, starts, ends, channels in _half_days(agent.office):
        if agent.number == 0:
            yield _session(agent, day, (starts, ends), channels)
        elif channels & allowed and day not in days_off and day < 5 and dice.chance(50):
            yield _session(agent, day, _shortened(starts, ends, dice), channels & allowed)


def _session(agent: _DemoAgent, weekday: int, period: tuple[time, time], channels: Channel) -> Row:
    starts, ends = period
    return {"agent_id": agent.id, "weekday": weekday, "starts": starts, "ends": ends, "channels": int(channels)}


def _shortened(starts: time, ends: time, dice: _Dice) -> tuple[time, time]:
    """Return the period less up to three slots at each end; at least two slots remain, enough for a long topic."""
    first, last = (value.hour * 60 + value.minute for value in (starts, ends))
    spare = (last - first) // SLOT_MINUTES - 2
    before = min(dice.below(4), spare)
    after = min(dice.below(4), spare - before)
    first, last = first + before * SLOT_MINUTES, last - after * SLOT_MINUTES
    return time(first // 60, first % 60), time(last // 60, last % 60)


# Days without anybody


def _closures(code: str, office_id: int, today: date) -> Iterator[Row]:
    dice = _Dice(f"{code}/closures")
    if code == CLOSED_CODE:
        yield _closure(office_id, today, today + timedelta(days=13), "Travaux dans les locaux")
    if dice.chance(20):
        yield _closure(office_id, date(today.year, 12, 24), date(today.year, 12, 31), "Fermeture de fin d'année")
    if dice.chance(25):
        day = today + timedelta(days=4 + dice.below(50))
        yield _closure(office_id, day, day, "Formation de l'équipe")


def _closure(office_id: int, first: date, last: date, reason: str) -> Row:
    return {"office_id": office_id, "first_day": first, "last_day": last, "reason": reason}


def _add_absences(session: Session, agents: Iterable[_DemoAgent], first: date, last: date, today: date) -> None:
    working = [agent for agent in agents if agent.office != FULL_CODE]
    _insert(session, Absence, (row for agent in working for row in _absences(agent, first, last, today)))


def _absences(agent: _DemoAgent, first: date, last: date, today: date) -> Iterator[Row]:
    """Give the absences between two days, both included; a weekend goes with the Friday before.

    They are frequent in the days to come and rarer later: that is what an agenda people book in looks like.
    """
    draws = shake_128(f"{agent.office}/{agent.number}/absences".encode()).digest(_DRAWS)
    since: date | None = None
    for ahead in range((first - today).days, (last - today).days + 2):
        day = today + timedelta(days=ahead)
        if day.weekday() >= 5 and day <= last:
            continue
        away = day <= last and draws[day.toordinal() % _DRAWS] < 256 * _share_away(agent, ahead)
        if away and since is None:
            since = day
        elif not away and since is not None:
            yield _absence(agent, since, day - timedelta(days=1))
            since = None


def _share_away(agent: _DemoAgent, days_ahead: int) -> float:
    """Return the share of days, so far from now, on which an agent receives nobody.

    The first of an office alone covers all its hours: were they often there, every day would look the same.
    """
    near = 0.65 if days_ahead <= 3 else 0.4 if days_ahead <= 14 else 0.2
    return near if agent.number else near / 2 + 0.5


def _absence(agent: _DemoAgent, first: date, last: date) -> Row:
    return {"agent_id": agent.id, "first_day": first, "last_day": last}
