"""The portal's command line: `python -m app.cli --help`."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.common import AbstractServer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app import cli_hours, clock, frontend
from app.cli_end import fail
from app.services import backup as copies
from app.services import database, schema
from app.settings import get_settings

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(cli_hours.commands, name="hours")

# Let Reflex serve the built pages and compile nothing (its internal names).
_SERVING = {
    "REFLEX_ENV_MODE": "prod",
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
    "REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE": "65536",
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
}
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
_PARIS = ZoneInfo("Europe/Paris")
_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]


@contextmanager
def _plain_words() -> Iterator[None]:
    """End the command with the message of an expected error, without a trace."""
    try:
        yield
    except (frontend.BuildError, schema.UnknownRevisionError, copies.BackupError) as error:
        fail(str(error))


@cli.callback()
def begin() -> None:
    """Run the portal, keep its data, look at its day."""
    try:
        settings = get_settings()
    except ValidationError as error:
        fail("; ".join(_mistake(each) for each in error.errors()))
    if settings.weak_secret:
        fail(settings.weak_secret)
    clock.shift(settings.clock_offset)


def _mistake(error: ErrorDetails) -> str:
    """Say what is wrong with the settings: which variable, unless the sentence is about several of them."""
    variable = "".join(f"{str(name).upper()}: " for name in error["loc"])
    return variable + error["msg"].removeprefix("Value error, ")


@cli.command()
def build(*, again: Annotated[bool, typer.Option(help="Build even if nothing has changed.")] = False) -> None:
    """Build the pages the browser gets; does nothing when they are up to date."""
    with _plain_words():
        made = frontend.build(again=again)
    typer.echo("Pages built." if made else "Pages are up to date.")


@cli.command()
def migrate() -> None:
    """Create the database's tables, or bring them to the newest revision."""
    with _plain_words():
        schema.upgrade()
    typer.echo(f"Tables are at revision {schema.newest_revision()}.")


@cli.command("demo-data")
def demo_data() -> None:
    """Write the demonstration's offices, taxpayers and space with a certificate; does nothing when they are there."""
    from app.services import demo_data as demonstration
    from app.services import demo_taxpayers

    with database.writing() as session:
        demonstration.load(session)
        demonstration.load_accounts(session)
        demo_taxpayers.load(session)
    typer.echo("Demonstration data are in place.")


@cli.command()
def serve(
    host: Annotated[str, typer.Option(envvar="HOST", help="Address to listen on.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(envvar="WORKERS", min=1, help="Web processes; several need REDIS_URL.")] = 1,
    as_on: Annotated[
        datetime | None,
        typer.Option(envvar="AS_ON", formats=_MOMENTS, help="Let the demonstration begin at another time in Paris."),
    ] = None,
) -> None:
    """Bring the database up to date and serve the portal until it is stopped."""
    if as_on is not None:
        _live_on(as_on)
    settings = get_settings()
    if workers > 1 and not settings.redis_url:
        fail("several web processes share what people are doing through Redis: set REDIS_URL")
    if not frontend.is_built():
        fail("the pages are not built yet: run « python -m app.cli build » first")
    _require_free_port(host, settings.port)
    migrate()
    if settings.is_demo:
        demo_data()
    if host not in _THIS_MACHINE and not settings.public_url:
        typer.echo("Only this machine can use the portal until PUBLIC_URL says what address other people type.")
    if settings.clock_offset:
        typer.echo(f"Its clock says {clock.now().astimezone(_PARIS):%Y-%m-%d %H:%M} in Paris.")
    typer.echo(f"Guichet starts at {settings.site_url} (Ctrl+C stops it).")
    sys.stdout.flush()
    database.reset()
    os.environ.update(_SERVING)
    _web_server(host, settings.port, workers).serve()


@cli.command()
def watch(host: Annotated[str, typer.Option(envvar="HOST", help="Address to listen on.")] = "127.0.0.1") -> None:
    """Serve the portal while you change it: restart after each change, rebuild the pages that it changes."""
    from app import watch as developing

    settings = get_settings()
    _require_free_port(host, settings.port)
    typer.echo(f"Guichet starts at {settings.site_url} and follows your changes (Ctrl+C stops it).")
    developing.run(developing.of_portal(host, settings.port))


def _live_on(moment: datetime) -> None:
    """Move the clock of this process, and of the web processes it starts, to a local time in Paris."""
    ahead = clock.distance(moment.replace(tzinfo=_PARIS))
    os.environ["CLOCK_OFFSET"] = clock.written(ahead)
    get_settings.cache_clear()
    begin()


def _require_free_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            fail(f"cannot listen on {host}:{port} ({error.strerror}): stop what uses it, or choose another with PORT=…")


def _web_server(host: str, port: int, workers: int) -> AbstractServer[Any]:
    """Return the server, not yet started; where processes fork, its own begin with what this one has loaded."""
    # Nothing of what is loaded at the start is garbage; `app.app` lets the collector work again.
    gc.disable()
    server: AbstractServer[Any] = Granian(
        "app.app:app",
        host,
        port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=workers,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
    )
    return server


@cli.command()
def worker() -> None:
    """Send the waiting mails and run the jobs until stopped, without serving pages (where EMBEDDED_WORKER is 0)."""
    asyncio.run(_work())


async def _work() -> None:
    from app import logging
    from app.services import jobs as scheduled
    from app.services.notifications import delivery

    logging.configure()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await asyncio.gather(delivery.run_forever(stop), scheduled.run_forever(stop))


@cli.command()
def tidy() -> None:
    """Erase what has expired: drafts, holds, CAPTCHA challenges; for a job that runs every hour."""
    from app.services import retention

    for what, count in retention.tidy().items():
        typer.echo(f"{what}: {count} erased")


@cli.command()
def jobs() -> None:
    """List the scheduled jobs, how often each runs, and what it does."""
    from app.services import jobs as scheduled

    for job in scheduled.JOBS.values():
        typer.echo(f"{job.name:13} {job.when:12} {job.what}")


@cli.command()
def job(name: Annotated[str, typer.Argument(help="One of « jobs ».")]) -> None:
    """Run one scheduled job now, whatever else runs."""
    from app.services import jobs as scheduled

    try:
        counts = scheduled.run(name)
    except scheduled.UnknownJobError:
        fail(f"there is no job « {name} »: choose one of {', '.join(scheduled.JOBS)}")
    for what, count in counts.items():
        typer.echo(f"{what}: {count}")


@cli.command()
def backup(file: Path) -> None:
    """Copy the whole database to FILE; the portal may go on running."""
    with _plain_words():
        copies.save(file)
    typer.echo(f"Saved to {file}.")


@cli.command()
def restore(
    file: Path,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before everything is replaced.")] = False,
) -> None:
    """Replace the whole database by the copy in FILE; stop the portal first."""
    if not yes:
        typer.confirm("Everything in the database will be replaced. Go on?", abort=True)
    with _plain_words():
        copies.restore(file)
    typer.echo(f"Restored from {file}.")


@cli.command("day-sheet")
def day_sheet(
    office_code: str,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Local day; today if not given.")] = None,
) -> None:
    """Print who comes to an office, or is called from it, on a day."""
    from app.services.appointments import day_sheet as sheets

    try:
        sheet = sheets.of_day(office_code, day.date() if day else None)
    except sheets.UnknownOfficeError:
        fail(f"no office has the code {office_code}")
    typer.echo(sheets.as_text(sheet))


if __name__ == "__main__":
    cli()
