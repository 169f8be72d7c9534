"""CLOCK_OFFSET: the demonstration lives on another day, and nothing else may."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from app import cli, clock
from app.settings import Settings, get_settings

PARIS = ZoneInfo("Europe/Paris")


def ahead() -> timedelta:
    """Return how far the portal's clock is ahead, to the nearest minute."""
    return timedelta(minutes=round((clock.now() - datetime.now(UTC)).total_seconds() / 60))


@pytest.mark.parametrize(
    ("offset", "expected"),
    [("P30D", timedelta(days=30)), ("-PT12H", timedelta(hours=-12)), ("PT0S", timedelta(0)), ("", timedelta(0))],
)
def test_every_command_lives_as_far_ahead_as_the_setting_says(
    offset: str, expected: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    if offset:
        monkeypatch.setenv("CLOCK_OFFSET", offset)
    get_settings.cache_clear()
    result = CliRunner().invoke(cli.cli, ["jobs"])
    assert result.exit_code == 0, result.output
    assert ahead() == expected


@pytest.mark.parametrize("demo", [{"DEMO": "0"}, {"DATABASE_URL": "postgresql://guichet@localhost/guichet"}])
def test_outside_the_demonstration_the_clock_cannot_be_moved(
    demo: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**demo, "CLOCK_OFFSET": "PT1S"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match="CLOCK_OFFSET moves the clock of the demonstration only"):
        Settings()
    get_settings.cache_clear()
    result = CliRunner().invoke(cli.cli, ["jobs"])
    assert result.exit_code == 1
    assert result.output.startswith("guichet: CLOCK_OFFSET moves the clock of the demonstration only")
    assert ahead() == timedelta(0)


def test_a_demonstration_on_postgresql_may_have_its_own_day(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"DATABASE_URL": "postgresql://guichet@localhost/guichet", "DEMO": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLOCK_OFFSET", "P1D")
    assert Settings().clock_offset == timedelta(days=1)


@pytest.mark.parametrize(("variable", "value"), [("CLOCK_OFFSET", "tomorrow"), ("PORT", "three thousand")])
def test_a_setting_that_cannot_be_read_is_named_in_one_line(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    get_settings.cache_clear()
    result = CliRunner().invoke(cli.cli, ["jobs"])
    assert result.exit_code == 1
    assert result.output.startswith(f"guichet: {variable}: ")
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize("as_on", ["2028-02-28", "2028-02-28T09:30", "2020-02-29T23:59"])
def test_serve_begins_at_the_time_it_is_given(as_on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cli._live_on(datetime.fromisoformat(as_on))
    wanted = datetime.fromisoformat(as_on).replace(tzinfo=PARIS)
    assert abs(clock.now() - wanted) < timedelta(minutes=1)
    # The server that this process becomes reads its settings anew.
    assert abs(clock.distance(wanted) - Settings().clock_offset) < timedelta(minutes=1)
    monkeypatch.delenv("CLOCK_OFFSET")


@pytest.mark.parametrize(
    "ahead", [timedelta(0), timedelta(days=400, seconds=1), -timedelta(seconds=1), -timedelta(days=3)]
)
def test_a_distance_is_written_as_the_setting_reads_it(ahead: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOCK_OFFSET", clock.written(ahead))
    assert Settings().clock_offset == ahead
