"""The invented local points of the demonstration, and when agents receive there, in person or by video.

About half of the offices for individuals have one to three, in other communes of their area, invented and marked as
the offices are. Which agent goes there, and when, follows from the office's code: agents go on half-days they do not
spend at the office, and never the first of them, who keeps the office open.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from sqlalchemy import insert
from sqlmodel import Session, col, select

from app.content import communes
from app.content.communes import Area, Commune
from app.models import Agent, Channel, LocalPoint, Office, OfficeKind, OpeningSession
from app.services.appointments import schedule
from app.services.demo_hours import DemoAgent, demo_agent, half_days_off, session_row
from app.services.demo_offices import FULL_CODE, KINDS, STREETS, Dice, Row, contracted, fiction_phone

_FIRST_NUMBER = 1000
"""Telephone numbers of local points follow those of offices, of which there are fewer."""
_MOST = 3
_ALWAYS = {"particuliers-111": 2, "particuliers-112": 1, "particuliers-678": 3, "particuliers-9741": 2}
"""Offices people meet first, with how many points they have: Carcassonne, Limoux, Strasbourg, Saint-Denis."""
_SERVED = ((Channel.COUNTER, Channel.VIDEO), (Channel.VIDEO,), (Channel.COUNTER,))
_NAMES = ("France services", "Mairie annexe", "Maison des services publics")

_ENTRANCES = (
    "Entrée de plain-pied, porte automatique de 90 cm de large.",
    "Rampe d’accès à gauche de l’entrée, porte de 85 cm de large, sonnette à 1 m du sol.",
    "Une marche de 4 cm à l’entrée, rampe amovible posée à la demande, porte de 90 cm de large.",
)
_HEARING = (
    "Boucle magnétique à l’accueil.",
    "Boucle magnétique portative à la demande.",
    "Pas de boucle magnétique.",
)
_PARKING = (
    "Deux places de stationnement réservées devant l’entrée.",
    "Une place de stationnement réservée à 30 m, sur la place.",
    "Stationnement gratuit à 80 m, sans place réservée.",
)
_TOILETS = (
    "Toilettes accessibles en fauteuil roulant.",
    "Toilettes au rez-de-chaussée, non adaptées aux fauteuils roulants.",
)
_TRANSPORT = (
    "Arrêt de bus de la Maquette à 100 m.",
    "Navette communale les matins de marché, arrêt à 200 m.",
    "À dix minutes à pied de la gare.",
    "Pas de transport en commun à proximité.",
)
_SCREEN = "La visioconférence se tient dans une pièce fermée où l’on entre en fauteuil, avec un écran et un casque."


@dataclass(frozen=True, slots=True)
class DemoPoint:
    """A local point before it is written: its columns but the office, and what is served there."""

    office: str
    columns: Row
    served: tuple[Channel, ...]

    @property
    def code(self) -> str:
        """The code of the point, which begins with that of its office."""
        return str(self.columns["code"])


def add_missing(session: Session) -> None:
    """Add the points that are missing, with the sessions held there, and plan their offices anew."""
    known = set(session.exec(select(LocalPoint.code)))
    missing = {point.code: point for point in all_points() if point.code not in known}
    codes = {point.office for point in missing.values()}
    offices = _ids_of_offices(session, codes) if missing else {}
    rows = [
        {**point.columns, "office_id": offices[point.office]} for point in missing.values() if point.office in offices
    ]
    if not rows:
        return
    written = session.execute(insert(LocalPoint).returning(col(LocalPoint.id), col(LocalPoint.code)), rows)
    ids = {code: number for number, code in written}
    sessions = [row for office in _agents_by_office(session, offices) for row in _sessions(office, ids)]
    if sessions:
        session.execute(insert(OpeningSession), sessions)
    schedule.replan_from(session, dict.fromkeys(offices.values(), date.min))


def all_points() -> Iterator[DemoPoint]:
    """Give every local point of the demonstration, those of one office together."""
    for position, area in enumerate(communes.areas()):
        yield from _points_of(area, _FIRST_NUMBER + position * _MOST)


def _points_of(area: Area, first_number: int) -> Iterator[DemoPoint]:
    office = _office_code(area)
    dice = Dice(f"{office}/points")
    some = 1 + dice.below(_MOST) if dice.chance(50) else 0
    number = 0 if office == FULL_CODE else _ALWAYS.get(office, some)
    if not number:
        return
    turn = 0 if office in _ALWAYS else dice.below(len(_SERVED))
    for position, commune in enumerate(islice(_around(area), number)):
        served = _SERVED[(position + turn) % len(_SERVED)]
        columns = _columns(f"{office}-point-{position + 1}", commune, served)
        yield DemoPoint(office, columns | {"phone": fiction_phone(commune, first_number + position)}, served)


def _around(area: Area) -> Iterator[Commune]:
    """Give the communes of an area where a point may be, the largest first.

    The one of the office is left out, and islands that nobody lives on or that belong to another territory.
    """
    seat = communes.by_code(area.seat)
    for commune in communes.in_area(area.code):
        if seat and commune != seat and commune.department == seat.department and commune.postal_codes:
            yield commune


def _columns(code: str, commune: Commune, served: tuple[Channel, ...]) -> Row:
    dice = Dice(code)
    return {
        "code": code,
        "name": f"{dice.pick(_NAMES)} {contracted(commune.name)} (démonstration)",
        "street": f"{dice.below(40) + 1} {dice.pick(STREETS)}",
        "postal_code": commune.postal_codes[0],
        "city": commune.city,
        "access": _access(dice, served),
    }


def _access(dice: Dice, served: tuple[Channel, ...]) -> str:
    parts = [dice.pick(some) for some in (_TRANSPORT, _PARKING, _ENTRANCES, _HEARING, _TOILETS)]
    return " ".join([*parts, _SCREEN] if Channel.VIDEO in served else parts)


def _office_code(area: Area) -> str:
    return f"{KINDS[OfficeKind.INDIVIDUALS][0]}-{area.code}"


# Sessions


def _sessions(agents: list[DemoAgent], ids: dict[str, int]) -> Iterator[Row]:
    """Give the sessions at the points of one office that are in `ids`; the others keep theirs."""
    dice = Dice(f"{agents[0].office}/points/hours")
    free = [(agent, day, period) for agent in agents if agent.number for day, period in half_days_off(agent)]
    for point in _points_of_code(agents[0].office):
        for channel in point.served:
            for _ in range(1 + dice.below(2)):
                if not free:
                    return
                agent, day, period = free.pop(dice.below(len(free)))
                if point.code in ids:
                    yield session_row(agent, day, period, channel, ids[point.code])


def _points_of_code(office: str) -> Iterable[DemoPoint]:
    area = communes.area(office.partition("-")[2])
    return _points_of(area, _FIRST_NUMBER) if area else ()


def _ids_of_offices(session: Session, codes: Iterable[str]) -> dict[str, int]:
    rows = session.exec(select(Office.code, Office.id).where(col(Office.code).in_(list(codes))))
    return {code: number or 0 for code, number in rows}


def _agents_by_office(session: Session, offices: dict[str, int]) -> Iterable[list[DemoAgent]]:
    codes = {number: code for code, number in offices.items()}
    query = (
        select(Agent.id, Agent.office_id, Agent.label).where(col(Agent.office_id).in_(codes)).order_by(col(Agent.id))
    )
    found: dict[str, list[DemoAgent]] = {}
    for number, office_id, label in session.exec(query):
        code = codes[office_id]
        found.setdefault(code, []).append(demo_agent(number or 0, code, label))
    return found.values()
