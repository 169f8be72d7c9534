"""The commands that show and change when an office receives people."""

from collections.abc import Iterator
from datetime import date

import pytest
from click.testing import Result
from sqlmodel import col, select
from typer.testing import CliRunner

from app import cli, clock
from app.models import Channel, LocalPoint, Office
from app.services import database
from app.services.appointments import availability, schedule
from tests.booking import MONDAY
from tests.factories import MadeOffice, at, make_office, make_place, slots_of, week

NINE, WEDNESDAY_NINE = at("2026-11-24 09:00"), at("2026-11-25 09:00")


@pytest.fixture
def office(db: str) -> Iterator[MadeOffice]:
    made = make_office(sessions=week("9:00-10:00", days=(1, 2)))
    with clock.moved(MONDAY):
        schedule.ensure_planned(made.id)
        yield made


@pytest.fixture
def code(office: MadeOffice) -> str:
    with database.reading() as session:
        return session.get_one(Office, office.id).code


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.cli, ["hours", *map(str, arguments)])


def done(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def first_free(office: MadeOffice, place: int | None = None) -> object:
    return availability.first_free(office.id, Channel.COUNTER, 30, place_id=place)


def test_a_closure_is_in_force_at_once_until_it_is_taken_back(office: MadeOffice, code: str) -> None:
    assert "Closure 1 is in force" in done("close", code, "2026-11-24", "2026-11-24", "Travaux")
    assert first_free(office) == WEDNESDAY_NINE
    assert schedule.closed_reason(office.id, date(2026, 11, 24)) == "Travaux"
    assert "1  2026-11-24 to 2026-11-24  Travaux" in done("show", code)
    done("reopen", 1)
    assert first_free(office) == NINE
    assert "closures:\n         none" in done("show", code)


def test_so_is_an_absence(office: MadeOffice, code: str) -> None:
    assert "Absence 1 is in force" in done("absent", office.agent, "2026-11-24", "2026-11-24")
    assert first_free(office) == WEDNESDAY_NINE
    assert "1  2026-11-24 to 2026-11-24  " in done("show", code)
    done("present", 1)
    assert first_free(office) == NINE


def test_a_week_is_given_as_it_is_shown(office: MadeOffice, code: str) -> None:
    place = make_place(office.id)
    with database.reading() as session:
        point = session.get_one(LocalPoint, place).code
    done("week", office.agent, "tue 09:00-10:00 counter,phone", f"wed 14:00-15:00 counter,video {point}")
    assert (first_free(office), first_free(office, place)) == (NINE, at("2026-11-25 14:00"))
    assert f": tue 09:00-10:00 counter,phone; wed 14:00-15:00 counter,video {point}\n" in done("show", code)
    done("week", office.agent)
    assert first_free(office) is None
    assert f"{office.agent}  " in done("show", code)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "nowhere"), "there is no office nowhere"),
        (("close", "nowhere", "2026-11-24", "2026-11-24", "Travaux"), "there is no office nowhere"),
        (("close", "CODE", "2026-11-25", "2026-11-24", "Travaux"), "comes before the first"),
        (("close", "CODE", "2026-11-24", "2026-11-24", " "), "people are told why"),
        (("reopen", 404), "no closure 404"),
        (("absent", 404, "2026-11-24", "2026-11-24"), "no agent 404"),
        (("present", 404), "no absence 404"),
        (("week", 404), "no agent 404"),
        (("week", "AGENT", "mardi 9-12 guichet"), "is not written like"),
        (("week", "AGENT", "xyz 09:00-10:00 counter"), "is not written like"),
        (("week", "AGENT", "tue 09:00-25:00 counter"), "does not exist"),
        (("week", "AGENT", "tue 09:00-10:00 counter,window"), "does not exist"),
        (("week", "AGENT", "tue 10:00-09:00 counter"), "no such period"),
        (("week", "AGENT", "tue 09:00-10:00 video"), "nothing is served"),
        (("week", "AGENT", "tue 09:00-10:00 counter nowhere"), "no local point nowhere"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_changes_nothing(
    office: MadeOffice, code: str, arguments: tuple[object, ...], message: str
) -> None:
    before = slots_of(office.id)
    result = run(*(code if each == "CODE" else office.agent if each == "AGENT" else each for each in arguments))
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert message in result.output
    assert slots_of(office.id) == before


def test_of_another_office_nothing_changes(office: MadeOffice, code: str) -> None:
    other = make_office(sessions=week("9:00-10:00", days=(1, 2)))
    schedule.ensure_planned(other.id)
    done("close", code, "2026-11-24", "2026-11-24", "Travaux")
    assert first_free(other) == NINE
    with database.reading() as session:
        theirs = session.execute(select(col(Office.code)).where(col(Office.id) == other.id)).scalar_one()
    assert "Travaux" not in done("show", theirs)
