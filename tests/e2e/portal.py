"""A portal of one's own: a server process on the production build, with its own data folder and mail server."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from app import clock
from app.frontend import PROJECT
from tests import days
from tests.services import free_port

SECRET = "key-of-the-portal-under-test"
_START_SECONDS = 120


@dataclass
class Portal:
    """A server process that can be stopped and started again on the same data and the same port.

    `ahead` is how far its clock is ahead of the machine's; `first_day` a database to begin with, else it makes its own.
    """

    folder: Path
    smtp_url: str = ""
    ahead: timedelta = field(default_factory=days.ahead)
    first_day: Path | None = None
    options: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def database(self) -> Path:
        return self.folder / "guichet.db"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def environment(self) -> dict[str, str]:
        """Return the settings of the server; a test that has them reads and writes the same database."""
        return {
            "DATA_DIR": str(self.folder),
            "PORT": str(self.port),
            "SMTP_URL": self.smtp_url,
            "SECRET_KEY": SECRET,
            "DEMO": "true",
            "CLOCK_OFFSET": clock.written(self.ahead),
            # Each browser of the tests says which network it comes from, as a proxy in front would.
            "TRUST_PROXY": "true",
            **self.options,
        }

    def start(self) -> None:
        """Start the server and wait until it can work; raise RuntimeError with its last words if it cannot."""
        if self.first_day is not None and not self.database.exists():
            shutil.copyfile(self.first_day, self.database)
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
        """Put the data of the first day back under the running server, in one transaction.

        Numbers of accounts go on: the server has counted what was tried with them.
        """
        assert self.first_day is not None
        with closing(sqlite3.connect(self.database, timeout=60, isolation_level=None)) as connection:
            connection.execute("ATTACH ? AS first_day", (str(self.first_day),))
            connection.execute("BEGIN IMMEDIATE")
            [(last_account,)] = connection.execute("SELECT coalesce(max(id), 0) FROM account").fetchall()
            for table in _tables(connection):
                connection.execute(f'DELETE FROM main."{table}"')
                connection.execute(f'INSERT INTO main."{table}" SELECT * FROM first_day."{table}"')
            connection.execute("UPDATE account SET id = id + ?", (last_account,))
            connection.execute("COMMIT")

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


def _tables(connection: sqlite3.Connection) -> list[str]:
    names = "SELECT name FROM first_day.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in connection.execute(names)]


def make_first_day(path: Path) -> Path:
    """Write the demonstration's data as on the first day into a file, unless it is there; processes take turns."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            making = Portal(path.with_suffix(".making"))
            making.folder.mkdir()
            for command in ("migrate", "demo-data"):
                run_command(command, making.environment())
            making.database.rename(path)
    return path


_SETTINGS = (
    "DATABASE_URL",
    "REDIS_URL",
    "PUBLIC_URL",
    "CLOCK_OFFSET",
    "AS_ON",
    "TRUST_PROXY",
    "HOST",
    "WORKERS",
    "EMBEDDED_WORKER",
)


def build_pages() -> None:
    """Build the pages unless they are up to date, as `make build` does it; builds wait for each other."""
    # The mail server of the tests is none of the pages' business.
    run_command("build", {})


def build_pages_once(folder: Path) -> None:
    """Build the pages unless another process that was given this folder has done so; processes take turns."""
    with (folder / "pages.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if not lock.read():
            build_pages()
            lock.write("built")


def run_command(name: str, settings: dict[str, str], *arguments: str) -> None:
    """Run a command of the portal's command line with these settings and no others."""
    clean = {key: value for key, value in os.environ.items() if key not in ("SMTP_URL", "DEMO", *_SETTINGS)}
    command = [sys.executable, "-m", "app.cli", name, *arguments]
    subprocess.run(command, cwd=PROJECT, env={**clean, **settings}, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def running(portal: Portal) -> Iterator[Portal]:
    """Run the portal for the duration of the block."""
    try:
        portal.start()
        yield portal
    finally:
        portal.stop()
