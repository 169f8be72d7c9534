"""The commands that change when offices receive people: `python -m app.cli hours --help`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer

from app.cli_end import fail

commands = typer.Typer(no_args_is_help=True, help="See and change when an office receives people, at once.")

_Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"])]
_STAY = "Appointments of these days stand, « day-sheet » lists them: tell the people."


@contextmanager
def _plain_words() -> Iterator[None]:
    from app.services.appointments.hours import UnknownHoursError, WrongHoursError
    from app.services.appointments.offices import OfficeNotFoundError

    try:
        yield
    except OfficeNotFoundError as error:
        fail(f"there is no office {error}")
    except (UnknownHoursError, WrongHoursError) as error:
        fail(str(error))


@commands.command()
def show(office_code: str) -> None:
    """List the agents of an office with their weeks, and its closures and absences, with their numbers."""
    from app.services.appointments import timetable

    with _plain_words():
        typer.echo(timetable.as_text(timetable.of_office(office_code)))


@commands.command()
def close(office_code: str, first_day: _Day, last_day: _Day, reason: str) -> None:
    """Close an office on some days, both included; REASON is shown to people, in French."""
    from app.services.appointments import hours, timetable

    with _plain_words():
        office_id = timetable.of_office(office_code).office_id
        number = hours.close(office_id, first_day.date(), last_day.date(), reason)
    typer.echo(f"Closure {number} is in force. {_STAY}")


@commands.command()
def reopen(closure: int) -> None:
    """Take a closure back, by its number."""
    from app.services.appointments import hours

    with _plain_words():
        hours.reopen(closure)
    typer.echo(f"Closure {closure} is taken back.")


@commands.command()
def absent(agent: int, first_day: _Day, last_day: _Day) -> None:
    """Let an agent receive nobody on some days, both included."""
    from app.services.appointments import hours

    with _plain_words():
        number = hours.set_absent(agent, first_day.date(), last_day.date())
    typer.echo(f"Absence {number} is in force. {_STAY}")


@commands.command()
def present(absence: int) -> None:
    """Take an absence back, by its number."""
    from app.services.appointments import hours

    with _plain_words():
        hours.end_absence(absence)
    typer.echo(f"Absence {absence} is taken back.")


@commands.command()
def week(agent: int, sessions: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Give an agent these weekly hours in place of all former ones, as « show » writes them.

    Each is one argument: "tue 09:00-12:00 counter,phone"; "wed 14:00-17:00 counter,video POINT_CODE" at a local point.
    """
    from app.services.appointments import hours, timetable

    with _plain_words():
        hours.set_week(agent, timetable.week_of(agent, sessions or ()))
    typer.echo(f"The week of agent {agent} is in force. {_STAY}")
