"""The scheduled jobs: each by hand, all in the loop, none stopping the others, any number of processes at once."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, select
from sqlmodel import col
from structlog.testing import capture_logs
from typer.testing import CliRunner

from app import cli, clock
from app.models import Absence, Office, Slot
from app.services import database, demo_data, jobs
from app.services.appointments import planning, schedule
from app.services.jobs import Job
from app.settings import get_settings
from app.web import background
from tests import days, factories
from tests.factories import at


def do_nothing() -> Mapping[str, int]:
    return {"nothing": 0}


def set_jobs(monkeypatch: pytest.MonkeyPatch, *made: Job) -> None:
    monkeypatch.setattr(jobs, "JOBS", {job.name: job for job in made})


def slots() -> int:
    with database.reading() as session:
        return int(session.execute(select(func.count()).select_from(Slot)).scalar_one())


def counted() -> float:
    return REGISTRY.get_sample_value("guichet_job_runs_total", {"job": "web", "outcome": "done"}) or 0


@pytest.mark.parametrize("name", list(jobs.JOBS))
def test_each_job_runs_by_hand_and_finds_nothing_to_do_in_an_empty_portal(db: str, name: str) -> None:
    assert set(jobs.run(name).values()) == {0}
    assert set(jobs.run(name).values()) == {0}


def test_an_unknown_job_is_said_in_plain_words(db: str) -> None:
    with pytest.raises(jobs.UnknownJobError):
        jobs.run("nothing")
    result = CliRunner().invoke(cli.cli, ["job", "nothing"])
    assert result.exit_code == 1
    assert "reminders" in result.output
    assert "Traceback" not in result.output


def test_one_command_lists_them_and_one_runs_each() -> None:
    listed = CliRunner().invoke(cli.cli, ["jobs"]).output.splitlines()
    assert [line.split()[0] for line in listed] == list(jobs.JOBS)
    CliRunner().invoke(cli.cli, ["migrate"])
    for name in jobs.JOBS:
        result = CliRunner().invoke(cli.cli, ["job", name])
        assert result.exit_code == 0, result.output
        assert ": 0" in result.output


def test_the_operations_page_names_each_with_its_times() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()
    for job in jobs.JOBS.values():
        assert f"| {job.name} | {job.when} |" in page


@pytest.mark.parametrize(
    ("now", "next_run"),
    [
        ("2026-11-22 02:59", "2026-11-22 03:00"),
        ("2026-11-22 03:00", "2026-11-23 03:00"),
        ("2026-11-22 14:00", "2026-11-23 03:00"),
        ("2026-10-24 12:00", "2026-10-25 03:00"),
        ("2027-03-27 12:00", "2027-03-28 03:00"),
        ("2026-12-31 23:30", "2027-01-01 03:00"),
    ],
)
def test_nightly_jobs_run_at_three_in_paris(now: str, next_run: str) -> None:
    nightly = Job("nightly", "", None, do_nothing)
    wait = jobs.seconds_to_next(nightly, at(now))
    assert datetime.fromtimestamp(at(now).timestamp() + wait, at(now).tzinfo) == at(next_run)
    assert jobs.seconds_to_next(Job("often", "", jobs.MINUTE, do_nothing), at(now)) == 60


def test_one_that_fails_is_logged_and_neither_stops_itself_nor_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    failures, runs, told = iter(range(100)), iter(range(100)), []
    enough = Event()

    def fails() -> Mapping[str, int]:
        if next(failures) >= 2:
            enough.set()
        raise ZeroDivisionError

    def works() -> Mapping[str, int]:
        return {"done": next(runs)}

    set_jobs(monkeypatch, Job("bad", "", 60, fails), Job("good", "", 60, works))
    monkeypatch.setattr(jobs, "seconds_to_next", lambda _job, _now: 0.01)

    async def live() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(jobs.run_forever(stop, lambda name, worked: told.append((name, worked))))
        assert await asyncio.to_thread(enough.wait, 20)
        stop.set()
        await asyncio.wait_for(task, 10)

    with capture_logs() as logged:
        asyncio.run(live())
    assert [line["job"] for line in logged if line["event"] == "job_failed"].count("bad") >= 3
    assert next(runs) >= 1
    assert {("bad", False), ("good", True)} == set(told)


def test_they_run_beside_the_web_process_and_are_counted(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = Event()

    def works() -> Mapping[str, int]:
        ran.set()
        return {}

    set_jobs(monkeypatch, Job("web", "", 60, works))

    async def live() -> bool:
        async with background.background():
            return await asyncio.to_thread(ran.wait, 20)

    before = counted()
    assert asyncio.run(live())
    assert counted() == before + 1


def test_a_server_started_by_hand_refuses_a_secret_that_can_be_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "short")
    get_settings.cache_clear()

    async def live() -> None:
        async with background.background():
            pass

    with pytest.raises(ValueError, match="SECRET_KEY: too short"):
        asyncio.run(live())


def test_a_web_process_without_its_worker_leaves_them_to_the_worker(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def works() -> Mapping[str, int]:
        ran.append("ran")
        return {}

    set_jobs(monkeypatch, Job("worker", "", 60, works))
    monkeypatch.setenv("EMBEDDED_WORKER", "0")
    get_settings.cache_clear()

    async def live() -> None:
        async with background.background():
            await asyncio.sleep(0.3)

    asyncio.run(live())
    assert ran == []


def test_several_processes_run_all_of_them_at_once(db: str) -> None:
    office = factories.make_office()
    schedule.ensure_planned(office.id)
    program = days.same_day() + "from app.services import jobs\nfor name in jobs.JOBS: jobs.run(name)"
    folder = Path(__file__).parents[2]
    environment = {**os.environ, "DEMO": "0"}
    running = [subprocess.Popen([sys.executable, "-c", program], env=environment, cwd=folder) for _ in range(3)]
    assert [one.wait(timeout=120) for one in running] == [0, 0, 0]


# Planning


def test_each_night_the_day_that_has_come_within_the_horizon_gets_its_slots(
    db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO", "0")
    get_settings.cache_clear()
    seen, never_seen = factories.make_office(), factories.make_office()
    with clock.moved(at("2026-11-23 12:00")):
        schedule.ensure_planned(seen.id)
        before = slots()
        assert planning.plan_all() == {"offices": 1, "failed": 0}
        assert slots() == before
    with clock.moved(at("2026-11-26 03:00")):
        assert planning.plan_all() == {"offices": 1, "failed": 0}
    assert slots() > before
    assert factories.slots_of(never_seen.id) == []
    with database.reading() as session:
        until = session.execute(select(col(Office.planned_until)).where(col(Office.id) == seen.id)).scalar_one()
    assert until == date(2026, 11, 26) + timedelta(days=get_settings().horizon_days)


def test_an_office_that_cannot_be_planned_does_not_keep_the_others_from_it(
    db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO", "0")
    get_settings.cache_clear()
    bad, good = factories.make_office(), factories.make_office()
    for office in (bad, good):
        factories.mark_planned(office.id, date(2026, 11, 1))
    really = schedule.ensure_planned

    def fails(office_id: int) -> None:
        if office_id == bad.id:
            raise ZeroDivisionError
        really(office_id)

    monkeypatch.setattr(schedule, "ensure_planned", fails)
    with clock.moved(at("2026-11-24 03:00")):
        assert planning.plan_all() == {"offices": 2, "failed": 1}
    assert factories.slots_of(good.id)


def test_in_the_demonstration_the_new_days_have_their_absences_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO", "1")
    get_settings.cache_clear()
    CliRunner().invoke(cli.cli, ["migrate"])

    def last_absence() -> date:
        with database.reading() as session:
            found: date = session.execute(select(func.max(col(Absence.first_day)))).scalar_one()
        return found

    with clock.moved(at("2026-11-23 12:00")):
        with database.writing() as session:
            demo_data.load(session)
        before = last_absence()
        with database.reading() as session:
            office = session.execute(select(func.min(col(Office.id)))).scalar_one()
        schedule.ensure_planned(office)
    with clock.moved(at("2027-01-20 03:00")):
        assert planning.plan_all()["offices"] == 1
    assert last_absence() > before
