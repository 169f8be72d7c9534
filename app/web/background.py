"""What runs beside the requests of a web process: threads for services, the mail worker and the scheduled jobs."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from app.services import jobs
from app.services.notifications import delivery, smtp
from app.settings import get_settings
from app.web import metrics

SERVICE_THREADS = 32
"""Python's own pool has six threads on two cores: services that wait for the database would queue behind each other."""


def _count(job: str, worked: bool) -> None:
    metrics.JOB_RUNS.labels(job, "done" if worked else "failed").inc()


@asynccontextmanager
async def background() -> AsyncIterator[None]:
    """Give services their threads and, unless a worker runs elsewhere, send mail and run jobs until the end."""
    settings, loop = get_settings(), asyncio.get_running_loop()
    if settings.weak_secret:
        raise ValueError(settings.weak_secret)  # the commands say so too, but a server may be started without them
    if not settings.demo_mailbox:
        smtp.server(settings.smtp_url)  # a wrong SMTP_URL must stop the start, not the first mail
    executor = ThreadPoolExecutor(SERVICE_THREADS, thread_name_prefix="service")
    loop.set_default_executor(executor)
    stop = asyncio.Event()
    work = (delivery.run_forever(stop), jobs.run_forever(stop, _count)) if settings.embedded_worker else ()
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)
