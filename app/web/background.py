"""What runs beside the requests of a web process: threads for services, and the mail worker."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

import structlog

from app.services import retention
from app.services.notifications import delivery, smtp
from app.settings import get_settings

_log = structlog.get_logger()
TIDY_SECONDS = 3600
SERVICE_THREADS = 32
"""Python's own pool has six threads on two cores: services that wait for the database would queue behind each other."""


async def _tidy_until(stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await asyncio.to_thread(retention.tidy)
        except Exception:
            _log.exception("tidying_failed")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), TIDY_SECONDS)


@asynccontextmanager
async def background() -> AsyncIterator[None]:
    """Give services their threads and, unless a worker runs elsewhere, send mail until the process stops."""
    settings, loop = get_settings(), asyncio.get_running_loop()
    if not settings.demo_mailbox:
        smtp.server(settings.smtp_url)  # a wrong SMTP_URL must stop the start, not the first mail
    executor = ThreadPoolExecutor(SERVICE_THREADS, thread_name_prefix="service")
    loop.set_default_executor(executor)
    stop = asyncio.Event()
    tidying = asyncio.create_task(_tidy_until(stop))
    worker = asyncio.create_task(delivery.run_forever(stop)) if settings.embedded_worker else None
    try:
        yield
    finally:
        stop.set()
        await tidying
        if worker is not None:
            await worker
