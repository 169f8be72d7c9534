"""A portal of one's own: a server process on the production build, with its own data folder and mail server."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.frontend import PROJECT
from tests.services import free_port

SECRET = "key-of-the-portal-under-test"
_START_SECONDS = 120


@dataclass
class Portal:
    """A server process that can be stopped and started again on the same data and the same port."""

    folder: Path
    smtp_url: str = ""
    options: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def environment(self) -> dict[str, str]:
        """Return the settings of the server; a test that has them reads and writes the same database."""
        return {
            "DATA_DIR": str(self.folder),
            "PORT": str(self.port),
            "SMTP_URL": self.smtp_url,
            "SECRET_KEY": SECRET,
            "DEMO": "true",
            # Every visitor of the tests comes from the same address.
            "HOLDS_PER_NETWORK_AND_OFFICE": "500",
            **self.options,
        }

    def start(self) -> None:
        """Start the server and wait until it can work; raise RuntimeError with its last words if it cannot."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "app.cli", "serve"]
            clean = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
            self._process = subprocess.Popen(
                command, cwd=PROJECT, env={**clean, **self.environment()}, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the portal does not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server as an operator would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def begin_again(self) -> None:
        """Start with the demonstration's data as on the first day; the log goes on."""
        self.stop()
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path != self.log:
                path.unlink()
        self.start()

    def failures(self) -> list[str]:
        """Return what the server logged that no journey should cause."""
        signs = ("handler failed", "Traceback", '"level": "error"', "[error")
        return [line for line in self.log.read_text().splitlines() if any(sign in line for sign in signs)]

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


_SETTINGS = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "TRUST_PROXY", "HOST", "WORKERS", "EMBEDDED_WORKER")


def build_pages() -> None:
    """Build the pages unless they are up to date; test processes wait for each other."""
    name = hashlib.sha256(str(PROJECT).encode()).hexdigest()[:16]
    with (Path(tempfile.gettempdir()) / f"guichet-build-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # As `make build` does it: the mail server of the tests is none of the pages' business.
        clean = {key: value for key, value in os.environ.items() if key not in ("SMTP_URL", "DEMO", *_SETTINGS)}
        subprocess.run([sys.executable, "-m", "app.cli", "build"], cwd=PROJECT, env=clean, check=True)


@contextmanager
def running(portal: Portal) -> Iterator[Portal]:
    """Run the portal for the duration of the block."""
    try:
        portal.start()
        yield portal
    finally:
        portal.stop()
