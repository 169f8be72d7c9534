from datetime import time
from typing import Any

import pytest

from app.models import Agent, Channel, Office, OfficeKind, OpeningSession
from app.services import database
from app.services.appointments import offices
from app.services.appointments.offices import OfficeNotFoundError

INDIVIDUALS, COMPANIES, NON_RESIDENTS = OfficeKind.INDIVIDUALS, OfficeKind.COMPANIES, OfficeKind.NON_RESIDENTS


def add_office(kind: OfficeKind, area: str, department: str, region: str, postal_code: str, **more: Any) -> int:
    fields = {
        "code": f"{kind}-{area}",
        "name": f"Service {area}",
        "street": "1 rue de la Maquette",
        "city": more.pop("city", f"Ville {area}"),
        "phone": "01 99 00 00 01",
        "email": "service@guichet.example",
        "access": "Plain-pied.",
        "timezone": "Europe/Paris",
    }
    with database.writing() as session:
        office = Office(
            kind=kind, area=area, department=department, region=region, postal_code=postal_code, **(fields | more)
        )
        session.add(office)
        session.flush()
        assert office.id is not None
        return office.id


def add_agent(office_id: int, *openings: tuple[int, time, time, Channel]) -> None:
    with database.writing() as session:
        agent = Agent(office_id=office_id, label="Guichet 1")
        session.add(agent)
        session.flush()
        assert agent.id is not None
        for weekday, starts, ends, channels in openings:
            session.add(OpeningSession(agent_id=agent.id, weekday=weekday, starts=starts, ends=ends, channels=channels))


def test_a_commune_is_served_by_the_office_of_its_area_and_kind(db: str) -> None:
    narbonne = add_office(INDIVIDUALS, "113", "11", "76", "11100")
    carcassonne = add_office(INDIVIDUALS, "111", "11", "76", "11000")
    companies = add_office(COMPANIES, "111", "11", "76", "11000")
    assert offices.for_commune(INDIVIDUALS, "11069").id == carcassonne
    assert offices.for_commune(COMPANIES, "11069").id == companies
    assert offices.for_commune(INDIVIDUALS, "11262").id == narbonne


def test_paris_16e_has_an_office_of_its_own(db: str) -> None:
    add_office(INDIVIDUALS, "75115", "75", "11", "75015")
    own = add_office(INDIVIDUALS, "75116", "75", "11", "75016")
    assert offices.for_commune(INDIVIDUALS, "75116").id == own


def test_the_two_saint_denis_have_different_offices(db: str) -> None:
    near_paris = add_office(INDIVIDUALS, "933", "93", "11", "93200")
    reunion = add_office(INDIVIDUALS, "9741", "974", "04", "97400", timezone="Indian/Reunion")
    assert offices.for_commune(INDIVIDUALS, "93066").id == near_paris
    assert offices.for_commune(INDIVIDUALS, "97411").id == reunion
    assert offices.get(reunion).timezone == "Indian/Reunion"


def test_a_commune_without_arrondissement_is_served_by_its_department(db: str) -> None:
    mayotte = add_office(INDIVIDUALS, "D976", "976", "06", "97600")
    assert offices.for_commune(INDIVIDUALS, "97611").id == mayotte


@pytest.mark.parametrize("insee", [None, "11069", "nonsense"])
def test_non_residents_have_one_national_office_whatever_the_commune(db: str, insee: str | None) -> None:
    national = add_office(NON_RESIDENTS, "FR", "93", "11", "93999")
    assert offices.for_commune(NON_RESIDENTS, insee).id == national
    assert [found.id for found in offices.search(NON_RESIDENTS, "2A")] == [national]


@pytest.mark.parametrize("insee", [None, "", "75056", "99999", "11069"])
def test_a_commune_nobody_serves_is_said_so(db: str, insee: str | None) -> None:
    add_office(INDIVIDUALS, "933", "93", "11", "93200")
    with pytest.raises(OfficeNotFoundError):
        offices.for_commune(INDIVIDUALS, insee)


def test_an_unknown_office_is_said_so(db: str) -> None:
    with pytest.raises(OfficeNotFoundError):
        offices.get(404)
    with pytest.raises(OfficeNotFoundError):
        offices.neighbours(404)


def test_hours_and_channels_are_those_of_all_agents_together(db: str) -> None:
    office_id = add_office(INDIVIDUALS, "111", "11", "76", "11000")
    add_agent(office_id, (0, time(8, 45), time(11, 15), Channel.COUNTER))
    add_agent(office_id, (0, time(9, 15), time(12, 15), Channel.COUNTER), (1, time(13, 15), time(16), Channel.PHONE))
    add_agent(add_office(INDIVIDUALS, "112", "11", "76", "11100"), (5, time(9), time(12), Channel.VIDEO))
    view = offices.get(office_id)
    assert view.channels == (Channel.COUNTER, Channel.PHONE)
    assert [line.replace("\u00a0", " ").replace("\u2060", "") for line in view.hours[:3]] == [
        "lundi : 8 h 45 – 12 h 15",
        "mardi : 13 h 15 – 16 h par téléphone",
        "mercredi : fermé",
    ]
    assert len(view.hours) == 5
    assert view.address_lines == ("1 rue de la Maquette", "11000 Ville 111")


def test_an_office_without_agents_offers_nothing(db: str) -> None:
    view = offices.get(add_office(INDIVIDUALS, "111", "11", "76", "11000"))
    assert view.hours == ()
    assert view.channels == ()


def test_neighbours_are_of_the_same_kind_the_department_first_then_the_region(db: str) -> None:
    here = add_office(INDIVIDUALS, "111", "11", "76", "11000")
    rodez = add_office(INDIVIDUALS, "122", "12", "76", "12000")
    foix = add_office(INDIVIDUALS, "091", "09", "76", "09000")
    narbonne = add_office(INDIVIDUALS, "113", "11", "76", "11100")
    limoux = add_office(INDIVIDUALS, "112", "11", "76", "11300")
    add_office(INDIVIDUALS, "133", "13", "93", "13400")
    add_office(COMPANIES, "112", "11", "76", "11100")
    assert [office.id for office in offices.neighbours(here)] == [narbonne, limoux, rodez]
    assert [office.id for office in offices.neighbours(here, limit=9)] == [narbonne, limoux, rodez, foix]
    assert offices.neighbours(here, limit=0) == ()


def test_an_island_on_its_own_has_no_neighbours(db: str) -> None:
    assert offices.neighbours(add_office(INDIVIDUALS, "D976", "976", "06", "97600")) == ()


def test_another_office_is_searched_by_department_and_listed_by_town(db: str) -> None:
    etampes = add_office(INDIVIDUALS, "911", "91", "11", "91150", city="Étampes")
    evry = add_office(INDIVIDUALS, "912", "91", "11", "91000", city="Évry-Courcouronnes")
    palaiseau = add_office(INDIVIDUALS, "913", "91", "11", "91120", city="Palaiseau")
    add_office(COMPANIES, "911", "91", "11", "91150")
    add_office(INDIVIDUALS, "111", "11", "76", "11000")
    assert [office.id for office in offices.search(INDIVIDUALS, "91")] == [etampes, evry, palaiseau]
    assert offices.search(INDIVIDUALS, "nowhere") == ()
