"""The invented offices, loaded on both databases."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Barrier, Thread
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest
from sqlalchemy import delete
from sqlmodel import Session, SQLModel, col, func, select

from app import clock
from app.content import communes
from app.models import (
    Absence,
    Account,
    Agent,
    Channel,
    Closure,
    LocalPoint,
    Office,
    OfficeKind,
    OpeningSession,
    Slot,
    SpaceKind,
)
from app.services import database, demo_data, demo_offices
from app.services.accounts import accounts, passwords
from app.services.appointments import availability, offices, places, schedule

pytestmark = pytest.mark.long

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY = NOW.date()
TABLES: tuple[type[SQLModel], ...] = (Office, LocalPoint, Agent, OpeningSession, Closure, Absence)
FICTION = re.compile(r"(01 99 00|02 61 91|03 53 01|04 65 71|05 36 49|06 39 98)( \d\d){2}")


@pytest.fixture(autouse=True)
def at_a_fixed_time() -> Iterator[None]:
    with clock.moved(NOW):
        yield


@pytest.fixture
def small_country(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a tenth of the areas, those the tests name among them: loading everything takes two seconds."""
    named = {"67482", "57463", "97411", "97105", "97611", "97502", "98735", "98411", "11069", "11206", "75116", "93066"}
    special = {"23096", "52269", "48095"}
    kept = {commune.area for code in named | special if (commune := communes.by_code(code))}
    few = tuple(area for number, area in enumerate(communes.areas()) if area.code in kept or number % 12 == 0)
    monkeypatch.setattr(communes, "areas", lambda: few)


def load() -> None:
    with database.writing() as session:
        demo_data.load(session)


def counts() -> dict[str, int]:
    with database.reading() as session:
        return {table.__name__: session.exec(select(func.count()).select_from(table)).one() for table in TABLES}


def everything() -> list[Any]:
    """Return what every table holds but identifiers, in an order that does not depend on them."""
    with database.reading() as session:
        agents = select(Office.code, Agent.label).select_from(Office).join(Agent)
        rows = [
            session.exec(select(Office)).all(),
            session.exec(select(Office.code, LocalPoint).select_from(Office).join(LocalPoint)).all(),
            session.execute(agents.add_columns(OpeningSession).join(OpeningSession)).all(),
            session.exec(select(Office.code, Closure).select_from(Office).join(Closure)).all(),
            session.execute(agents.add_columns(Absence).join(Absence)).all(),
        ]
        return [sorted(repr(_without_ids(row)) for row in table) for table in rows]


def _without_ids(row: Any) -> list[Any]:
    cells = [row] if isinstance(row, SQLModel) else list(row)
    return [
        sorted((name, str(value)) for name, value in cell.model_dump().items() if not name.endswith("id"))
        if isinstance(cell, SQLModel)
        else cell
        for cell in cells
    ]


def all_offices(session: Session) -> list[Office]:
    return list(session.exec(select(Office)))


def test_every_area_has_both_offices_and_the_country_one_for_non_residents(db: str) -> None:
    load()
    with database.reading() as session:
        served = Counter((office.kind, office.area) for office in all_offices(session))
    areas = [area.code for area in communes.areas()]
    expected = [(kind, area) for kind in (OfficeKind.INDIVIDUALS, OfficeKind.COMPANIES) for area in areas]
    assert served == Counter([*expected, (OfficeKind.NON_RESIDENTS, "FR")])


def test_every_office_is_plainly_invented_and_ready_to_plan(db: str) -> None:
    load()
    with database.reading() as session:
        found = all_offices(session)
    for office in found:
        assert office.name.endswith(" (démonstration)")
        assert office.email.endswith("@guichet.example")
        assert FICTION.fullmatch(office.phone)
        assert communes.is_postal_code(office.postal_code)
        assert ZoneInfo(office.timezone).key.startswith("Europe/") == (office.department < "97")
        assert office.holiday_region in ("", *holidays.list_supported_countries()["FR"])
        assert office.planned_until is None
    assert len({office.phone for office in found}) == len(found)
    assert len({office.email for office in found}) == len(found)
    assert communes.by_postal_code("93999") == ()


def test_overseas_and_alsace_offices_have_their_own_time_and_holidays(db: str, small_country: None) -> None:
    load()
    places = {
        "67482": ("Europe/Paris", "6AE"),
        "57463": ("Europe/Paris", "57"),
        "97411": ("Indian/Reunion", "974"),
        "97105": ("America/Guadeloupe", "971"),
        "97611": ("Indian/Mayotte", "976"),
        "97502": ("America/Miquelon", "PM"),
        "98735": ("Pacific/Tahiti", "PF"),
        "98411": ("Indian/Reunion", "974"),
        "11069": ("Europe/Paris", ""),
    }
    with database.reading() as session:
        for insee, expected in places.items():
            view = offices.for_commune(OfficeKind.INDIVIDUALS, insee)
            office = session.get_one(Office, view.id)
            assert (office.timezone, office.holiday_region) == expected


def test_every_agent_works_whole_slots_on_the_grid_of_the_office_without_overlap(db: str, small_country: None) -> None:
    load()
    with database.reading() as session:
        rows = session.exec(select(Agent, OpeningSession, Office).join(OpeningSession).join(Office)).all()
        staff = Counter(session.exec(select(Agent.office_id)))
    offsets: dict[int, set[int]] = defaultdict(set)
    taken: dict[tuple[int | None, int], set[int]] = defaultdict(set)
    for agent, period, office in rows:
        first, last = (value.hour * 60 + value.minute for value in (period.starts, period.ends))
        assert last - first >= 2 * office.slot_minutes
        assert (last - first) % office.slot_minutes == 0
        possible = Channel.COUNTER | (Channel.PHONE if period.place_id is None else Channel.VIDEO)
        assert Channel(period.channels) in possible
        offsets[agent.office_id].add(first % office.slot_minutes)
        minutes = set(range(first, last))
        assert not minutes & taken[agent.id, period.weekday]
        taken[agent.id, period.weekday] |= minutes
    assert all(len(found) == 1 for found in offsets.values())
    assert len(offsets) == len(staff)
    assert set(staff.values()) == {3, 4, 5, 6, 7, 8}


def test_weeks_are_varied(db: str, small_country: None) -> None:
    load()
    with database.reading() as session:
        at_office = col(OpeningSession.place_id).is_(None)
        rows = session.exec(select(OpeningSession.weekday, OpeningSession.channels).where(at_office)).all()
    kinds = {channels for _, channels in rows}
    assert kinds == {Channel.COUNTER, Channel.PHONE, Channel.COUNTER | Channel.PHONE}
    assert {weekday for weekday, _ in rows} == {0, 1, 2, 3, 4, 5}


def test_offices_people_meet_first_offer_the_counter_and_the_phone(db: str, small_country: None) -> None:
    load()
    for insee in ("11069", "75116", "93066", "97411", "67482", "97105"):
        for kind in OfficeKind:
            view = offices.for_commune(kind, insee)
            assert view.channels == (Channel.COUNTER, Channel.PHONE)
            assert "fermé" not in view.hours[0]


def test_three_offices_are_special_on_purpose(db: str, small_country: None) -> None:
    load()
    with database.reading() as session:
        by_code = {office.code: office.id or 0 for office in all_offices(session)}
        full, closed, counter_only = (
            by_code[code] for code in (demo_offices.FULL_CODE, demo_offices.CLOSED_CODE, demo_offices.COUNTER_ONLY_CODE)
        )
        agents = session.exec(select(Agent.id).where(Agent.office_id == full)).all()
        away = session.exec(
            select(Absence.agent_id).where(
                col(Absence.agent_id).in_(agents),
                Absence.first_day <= TODAY,
                Absence.last_day >= TODAY + timedelta(days=365),
            )
        ).all()
        works = session.exec(select(Closure).where(Closure.office_id == closed, Closure.first_day == TODAY)).one()
    assert set(away) == set(agents)
    assert works.last_day == TODAY + timedelta(days=13)
    assert offices.get(full).city == "Guéret"
    assert offices.get(closed).city == "Langres"
    assert offices.get(counter_only).channels == (Channel.COUNTER,)


def points(session: Session) -> list[tuple[Office, LocalPoint]]:
    return list(session.exec(select(Office, LocalPoint).join(LocalPoint)))


def test_about_half_of_the_offices_for_individuals_have_one_to_three_local_points(db: str) -> None:
    load()
    with database.reading() as session:
        found = points(session)
        individuals = [office for office in all_offices(session) if office.kind == OfficeKind.INDIVIDUALS]
    assert {office.kind for office, _ in found} == {OfficeKind.INDIVIDUALS}
    number = Counter(office.id for office, _ in found)
    assert set(number.values()) == {1, 2, 3}
    assert 0.4 < len(number) / len(individuals) < 0.6
    for office, point in found:
        communes_there = communes.by_postal_code(point.postal_code)
        assert any(commune.city == point.city and commune.area == office.area for commune in communes_there)
        assert (point.name.endswith(" (démonstration)"), point.city != office.city) == (True, True)
        assert FICTION.fullmatch(point.phone)
        assert all(word in point.access for word in ("orte", "magnétique", "tationnement", "Toilettes"))
    phones = [point.phone for _, point in found]
    assert len({*phones, *(office.phone for office in individuals)}) == len(phones) + len(individuals)


def test_each_local_point_serves_something_and_the_first_agent_stays_at_the_office(
    db: str, small_country: None
) -> None:
    load()
    with database.reading() as session:
        rows = session.exec(
            select(LocalPoint, Agent, OpeningSession)
            .join(OpeningSession, col(OpeningSession.place_id) == LocalPoint.id)
            .join(Agent, col(Agent.id) == OpeningSession.agent_id)
        ).all()
        ids = set(session.exec(select(LocalPoint.id)))
    assert {point.id for point, _, _ in rows} == ids
    assert all(point.office_id == agent.office_id for point, agent, _ in rows)
    assert "Guichet 1" not in {agent.label for _, agent, _ in rows}
    assert {period.channels for _, _, period in rows} == {Channel.COUNTER, Channel.VIDEO}


@pytest.mark.parametrize(
    ("insee", "served"),
    [
        ("11069", [(Channel.COUNTER, Channel.VIDEO), (Channel.VIDEO,)]),
        ("11206", [(Channel.COUNTER, Channel.VIDEO)]),
        ("67482", [(Channel.COUNTER, Channel.VIDEO), (Channel.VIDEO,), (Channel.COUNTER,)]),
        ("97411", [(Channel.COUNTER, Channel.VIDEO), (Channel.VIDEO,)]),
        ("75116", []),
    ],
)
def test_the_local_points_people_meet_first_have_room(
    db: str, small_country: None, insee: str, served: list[tuple[Channel, ...]]
) -> None:
    load()
    office = offices.for_commune(OfficeKind.INDIVIDUALS, insee)
    found = places.of_office(office.id)
    assert [place.channels for place in found] == served
    for place in found:
        assert any(": fermé" not in line.replace("\u00a0", " ") for line in place.hours)
        for channel in place.channels:
            assert availability.first_free(office.id, channel, 60, place_id=place.id)


def test_a_demonstration_loaded_before_there_were_local_points_gets_them(db: str, small_country: None) -> None:
    load()
    before, office_id = everything(), offices.for_commune(OfficeKind.INDIVIDUALS, "11069").id
    with database.writing() as session:
        session.execute(delete(OpeningSession).where(col(OpeningSession.place_id).is_not(None)))
        session.execute(delete(LocalPoint))
    schedule.ensure_planned(office_id)
    other = offices.for_commune(OfficeKind.COMPANIES, "11069").id
    schedule.ensure_planned(other)
    load()
    with database.reading() as session:
        # Who stands at the agenda meanwhile cannot book what is no longer done: the seats have changed already.
        changed = session.exec(select(Slot.office_id).where(col(Slot.place_id).is_not(None)).distinct()).all()
        assert changed == [office_id]
    with database.writing() as session:
        session.execute(delete(Slot))
        for office in all_offices(session):
            office.planned_until = None
    assert everything() == before


def test_absences_fill_the_horizon_and_never_overlap(db: str, small_country: None) -> None:
    load()
    with database.reading() as session:
        rows = session.exec(select(Absence).order_by(col(Absence.agent_id), col(Absence.first_day))).all()
    assert all(row.first_day <= row.last_day for row in rows)
    assert all(
        first.agent_id != second.agent_id or first.last_day < second.first_day for first, second in pairwise(rows)
    )
    days = Counter((row.first_day - TODAY).days // 7 for row in rows)
    assert all(days[week] > 50 for week in range(12))


def test_loading_again_changes_nothing(db: str) -> None:
    load()
    before = counts()
    load()
    assert counts() == before
    assert before["Office"] == 773


def test_two_installations_of_the_same_day_are_alike(db: str, small_country: None) -> None:
    load()
    first = everything()
    with database.writing() as session:
        for table in reversed(TABLES):
            session.execute(delete(table))
    load()
    assert everything() == first


def test_two_processes_that_load_at_once_make_each_office_once(db: str) -> None:
    barrier, errors = Barrier(2), []

    def start() -> None:
        try:
            barrier.wait()
            load()
        except BaseException as error:
            errors.append(error)

    threads = [Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    together = counts()
    load()
    assert counts() == together
    assert together["Office"] == 773


def test_an_office_that_is_missing_is_added_and_the_others_stay(db: str, small_country: None) -> None:
    load()
    before = everything()
    with database.writing() as session:
        office = session.exec(select(Office).where(Office.code == "particuliers-111")).one()
        agents = session.exec(select(Agent.id).where(Agent.office_id == office.id)).all()
        session.execute(delete(OpeningSession).where(col(OpeningSession.agent_id).in_(agents)))
        session.execute(delete(Absence).where(col(Absence.agent_id).in_(agents)))
        session.execute(delete(Agent).where(col(Agent.office_id) == office.id))
        session.execute(delete(Closure).where(col(Closure.office_id) == office.id))
        session.execute(delete(LocalPoint).where(col(LocalPoint.office_id) == office.id))
        session.delete(office)
    load()
    assert everything() == before


@pytest.mark.parametrize("days_later", [30, 200])
def test_absences_and_closures_keep_ahead_when_the_portal_starts_again(
    db: str, small_country: None, days_later: int
) -> None:
    load()
    before = counts()
    later = NOW + timedelta(days=days_later)
    with clock.moved(later):
        load()
        once = counts()
        load()
        assert counts() == once
    ahead = {"Absence", "Closure"}
    assert {name for name in once if once[name] > before[name]} == ahead
    assert {name for name in once if once[name] == before[name]} == set(once) - ahead
    with database.reading() as session:
        last = session.exec(select(func.max(col(Absence.first_day)))).one()
    assert last >= later.date() + timedelta(days=80)


def test_the_space_with_a_certificate_is_loaded_once_and_no_password_opens_it(db: str) -> None:
    for _ in range(2):
        with database.writing() as session:
            demo_data.load_accounts(session)
    status = accounts.status_of_address(SpaceKind.PROFESSIONAL, demo_data.CERTIFICATE_ADDRESS)
    assert status.state == "certificate"
    with database.reading() as session:
        account = session.exec(select(Account)).one()
    assert not passwords.verify("", account.password_hash)
