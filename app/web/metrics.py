"""What Prometheus reads at /metrics; no label holds anything that was typed or any full address.

Each process counts for itself. Several processes on one port share their counts through the folder named by
`PROMETHEUS_MULTIPROC_DIR`, which must be empty when the first one starts.
"""

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = Histogram(
    "guichet_http_request_seconds",
    "Time to answer an HTTP request.",
    ("kind", "method", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
WEBSOCKETS = Gauge("guichet_websockets_open", "Websockets open now.", multiprocess_mode="livesum")
REFUSALS = Counter("guichet_refusals_total", "Requests refused before any page or service saw them.", ("reason",))
MAILS_WAITING = Gauge("guichet_mails_waiting", "Mails not sent yet.", multiprocess_mode="mostrecent")
MAILS_OVERDUE_SECONDS = Gauge(
    "guichet_mails_overdue_seconds",
    "How long the oldest mail that nobody tries to send has been due.",
    multiprocess_mode="mostrecent",
)

MAILS_GIVEN_UP = Gauge("guichet_mails_given_up", "Mails no server took within a day.", multiprocess_mode="mostrecent")

JOB_RUNS = Counter("guichet_job_runs_total", "Scheduled jobs run by this process.", ("job", "outcome"))


def text() -> bytes:
    """Return the metrics in the text format of Prometheus."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
