"""The day of an office, printed for the people who work there."""

from collections.abc import Iterator
from datetime import date

import pytest
from typer.testing import CliRunner

from app import cli, clock
from app.models import Channel, Need, Office
from app.services import database
from app.services.appointments import cancellation, day_sheet
from tests.booking import MONDAY, a_visitor, topic_of
from tests.factories import MadeOffice, at, make_agent, make_office, make_place, make_slots, week

DAY = date(2026, 11, 24)
NINE, TEN, ELEVEN = (at(f"2026-11-24 {hour}:00") for hour in ("09", "10", "11"))


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with clock.moved(MONDAY):
        yield


@pytest.fixture
def office(db: str) -> MadeOffice:
    made = make_office(name="Service de Carcassonne")
    make_slots(made, NINE, TEN, ELEVEN, at("2026-11-25 09:00"))
    return made


def test_the_sheet_says_who_comes_or_is_called_when_and_what_to_be_ready_for(office: MadeOffice, code: str) -> None:
    point = make_place(office.id, "Point de Trèbes")
    make_agent(office.id, week("9:00-12:00", channels=Channel.VIDEO, place=point))
    make_slots(office, at("2026-11-24 11:30"), channels=Channel.VIDEO, place=point)
    a_visitor(details="").confirm(office, TEN, Channel.PHONE)
    a_visitor(
        phone="", needs=Need.WHEELCHAIR | Need.NO_PHONE, other_last_name="Dupont", other_first_name="Jeanne"
    ).confirm(office, NINE)
    topic = topic_of(30, "counter", "phone", "video")
    a_visitor().confirm(office, at("2026-11-24 11:30"), Channel.VIDEO, topic=topic, place_id=point)

    sheet = day_sheet.of_day(code, DAY)

    assert [(entry.time, entry.channel, entry.place) for entry in sheet.entries] == [
        ("9\u00a0h", "guichet", "sur place"),
        ("10\u00a0h", "téléphone", ""),
        ("11\u00a0h\u00a030", "visio", "Point de Trèbes"),
    ]
    first, second, _ = sheet.entries
    assert (first.name, first.received) == ("O'Connor-Ñuñez Đặng Thị Ánh", "Dupont Jeanne")
    assert (first.needs, first.phone) == ("fauteuil roulant, pas de téléphone", "")
    assert (second.phone, second.needs, second.details) == ("+33 6 39 98 12 34", "", "")
    text = day_sheet.as_text(sheet)
    assert text.splitlines()[0] == "Service de Carcassonne, mardi 24 novembre 2026"
    assert "    Précisions\u00a0: Ascenseur en panne ?" in text
    assert len({line.index("|") for line in text.splitlines() if " | " in line}) == 1


def test_who_has_one_name_only_is_called_by_it(office: MadeOffice, code: str) -> None:
    made = a_visitor(first_name="", last_name="Sukarno", other_last_name="Suharto", other_first_name="").confirm(
        office, NINE
    )
    (entry,) = day_sheet.of_day(code, DAY).entries
    assert (entry.name, entry.received, made.received) == ("Sukarno", "Suharto", "Suharto")


def test_only_what_stands_on_that_local_day_is_on_it(office: MadeOffice, code: str) -> None:
    cancellation.cancel(a_visitor().confirm(office, NINE).public_id, "once")
    a_visitor().confirm(office, at("2026-11-25 09:00"))

    assert day_sheet.of_day(code, DAY).entries == ()
    assert day_sheet.as_text(day_sheet.of_day(code, DAY)).endswith("\nAucun rendez-vous.")
    assert len(day_sheet.of_day(code, date(2026, 11, 25)).entries) == 1


def test_the_day_and_the_times_are_the_offices(db: str) -> None:
    island = make_office(timezone="Indian/Reunion")
    early = at("2026-11-25 00:30", "Indian/Reunion")  # the evening before in Paris
    make_slots(island, early)
    a_visitor().confirm(island, early)

    [entry] = day_sheet.of_day(_code(island), date(2026, 11, 25)).entries
    assert entry.time == "0\u00a0h\u00a030"
    with clock.moved(at("2026-11-24 23:00")):
        assert day_sheet.of_day(_code(island)).day == date(2026, 11, 25)


def test_what_still_waits_for_its_confirmation_is_marked(office: MadeOffice, code: str) -> None:
    for starts_at in (NINE, TEN, ELEVEN, at("2026-11-25 09:00")):
        a_visitor(email="camille@courriel.example").confirm(office, starts_at)

    assert "à confirmer" not in day_sheet.as_text(day_sheet.of_day(code, DAY))
    assert "9\u00a0h (à confirmer)" in day_sheet.as_text(day_sheet.of_day(code, date(2026, 11, 25)))


def test_details_are_whole_and_cannot_command_a_terminal(office: MadeOffice, code: str) -> None:
    a_visitor(details="é" * 990 + "\nfin\x1b[2J").confirm(office, NINE)

    text = day_sheet.as_text(day_sheet.of_day(code, DAY))
    assert "é" * 990 + " fin" in text
    assert "\x1b" not in text


def test_the_command_prints_it_and_tells_an_unknown_office(office: MadeOffice, code: str) -> None:
    a_visitor().confirm(office, NINE)
    run = CliRunner()

    printed = run.invoke(cli.cli, ["day-sheet", code, "--day", "2026-11-24"])
    assert printed.exit_code == 0
    assert "O'Connor-Ñuñez" in printed.output
    assert "Aucun rendez-vous" in run.invoke(cli.cli, ["day-sheet", code]).output
    refused = run.invoke(cli.cli, ["day-sheet", "nowhere"])
    assert refused.exit_code == 1
    assert "no office has the code nowhere" in refused.output
    assert run.invoke(cli.cli, ["day-sheet", code, "--day", "demain"]).exit_code == 2


@pytest.fixture
def code(office: MadeOffice) -> str:
    return _code(office)


def _code(office: MadeOffice) -> str:
    with database.reading() as session:
        return session.get_one(Office, office.id).code
