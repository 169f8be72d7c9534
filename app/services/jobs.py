"""The scheduled jobs: what each does, how often, and the loop that runs them beside the portal.

Every job may run in any number of processes at once and at any moment: what one process has done, the others find
done. One that fails is logged and runs again at its next turn; the others go on.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from app import clock
from app.services import retention
from app.services.appointments import confirmations, planning, reminders, waiting_list

MINUTE = 60
HOUR = 3600
NIGHT = time(3)
"""When the nightly jobs run, in the time of Paris; they run once at the start too."""

_PARIS = ZoneInfo("Europe/Paris")

_log = structlog.get_logger(__name__)


class UnknownJobError(KeyError):
    """No job has this name."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job; `every` is in seconds, None for each night. `work` returns how many of what it did."""

    name: str
    what: str
    every: int | None
    work: Callable[[], Mapping[str, int]]

    @property
    def when(self) -> str:
        """How often it runs, in words."""
        return {None: "each night", MINUTE: "each minute", HOUR: "each hour"}[self.every]


def _all() -> tuple[Job, ...]:
    return (
        Job("reminders", "queues the reminders that are due", MINUTE, lambda: {"queued": reminders.queue_due()}),
        Job(
            "unconfirmed",
            "frees the seats of appointments that nobody confirmed from the mail",
            MINUTE,
            lambda: {"released": confirmations.release_unconfirmed()},
        ),
        Job(
            "waiting-list",
            "ends offers of the waiting list and makes new ones",
            MINUTE,
            lambda: {"offers": waiting_list.run()},
        ),
        Job("tidy", "erases drafts, holds, challenges, sessions, links and codes that are over", HOUR, retention.tidy),
        Job(
            "retention",
            "anonymises old appointments; erases old audit rows, mails and waiting list entries",
            None,
            retention.erase_old,
        ),
        Job("plan", "makes the slots of the day that has come within the horizon", None, planning.plan_all),
    )


JOBS: Mapping[str, Job] = {job.name: job for job in _all()}


def run(name: str) -> Mapping[str, int]:
    """Run a job once, now; return how many of what it did. Raises UnknownJobError, and what the job raises."""
    if name not in JOBS:
        raise UnknownJobError(name)
    return JOBS[name].work()


async def run_forever(stop: asyncio.Event, on_run: Callable[[str, bool], None] = lambda _name, _done: None) -> None:
    """Run every job at its times until `stop` is set; `on_run` is told the name of each and whether it worked."""
    await asyncio.gather(*(_repeat(job, stop, on_run) for job in JOBS.values()))


async def _repeat(job: Job, stop: asyncio.Event, on_run: Callable[[str, bool], None]) -> None:
    while not stop.is_set():
        on_run(job.name, await _run_logged(job))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds_to_next(job, clock.now()))


async def _run_logged(job: Job) -> bool:
    try:
        counts = await asyncio.to_thread(job.work)
    except Exception:
        _log.exception("job_failed", job=job.name)
        return False
    if any(counts.values()):
        _log.info("job_done", job=job.name, **counts)
    return True


def seconds_to_next(job: Job, now: datetime) -> float:
    """Return how many seconds after `now` (aware) the job runs again."""
    if job.every is not None:
        return job.every
    local = now.astimezone(_PARIS)
    day = local.date() + timedelta(days=0 if local.time() < NIGHT else 1)
    return (datetime.combine(day, NIGHT, _PARIS).astimezone(UTC) - now.astimezone(UTC)).total_seconds()
