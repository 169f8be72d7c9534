"""Real servers for the tests: PostgreSQL, Redis and an SMTP server, on loopback, stopped with the tests."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


class ServiceMissingError(RuntimeError):
    """A server program the tests need is not installed; `make test` installs it."""


# The first has no window of its own to draw, which takes every second turn of the machine in the others.
_BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser_program() -> str:
    """Return the path of the Chromium of this machine; raise ServiceMissingError without one."""
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        raise ServiceMissingError(f"{_BROWSERS[0]} is not installed: run « make test-services »")
    return program


def free_port() -> int:
    """Return a TCP port nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, seconds: float = 60) -> None:
    """Return when something listens on `port`; raise TimeoutError after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


def _program(name: str, *folders: str) -> str:
    path = os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin"])
    found = shutil.which(name, path=path)
    if found is None:
        raise ServiceMissingError(f"{name} is not installed: run « make test-services »")
    return found


def _postgresql_folder() -> str:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return str(folders[-1]) if folders else ""


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Run a fresh PostgreSQL cluster that logs into `folder`; give its URL (database `postgres`)."""
    binaries = _postgresql_folder()
    initdb, server = _program("initdb", binaries), _program("postgres", binaries)
    # PostgreSQL refuses to run as root: root becomes the account that Debian's package made. Its data stay out of
    # pytest's folders, which every new pytest closes to other accounts.
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="guichet-postgresql-") as home:
        data = Path(home) / "data"
        data.mkdir()
        if as_user:
            Path(home).chmod(0o711)
            shutil.chown(data, "postgres", "postgres")
        subprocess.run(
            [*as_user, initdb, "-D", str(data), "-U", "guichet", "--auth=trust", "-E", "UTF8", "--locale=C"],
            check=True,
            capture_output=True,
            cwd="/",
        )
        process, url = _started_postgresql([*as_user, server, "-D", str(data)], folder / "postgresql.log", data)
        try:
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: SIGTERM would wait for open connections
            process.wait(timeout=60)


def _started_postgresql(command: list[str], log_file: Path, data: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start the server on a free port; another process may take that port first, so try again on the next one."""
    # The tests ask what it answers, never what is left after the power fails.
    unsafe = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    options = [
        *unsafe,
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=",
        "-c",
        "max_connections=300",
    ]
    for _ in range(5):
        port = free_port()
        with log_file.open("w") as log:
            process = subprocess.Popen([*command, "-p", str(port), *options], stdout=log, stderr=log, cwd="/")
        url = f"postgresql://guichet@127.0.0.1:{port}/postgres"
        if _answers_from(url, data, process):
            return process, url
        process.kill()
        process.wait(timeout=10)
    raise TimeoutError(f"PostgreSQL does not start: {log_file.read_text()[-500:]}")


def _answers_from(url: str, data: Path, process: subprocess.Popen[bytes]) -> bool:
    """Tell whether the server behind `url` comes up and is the one that keeps `data`."""
    import psycopg

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with psycopg.connect(url) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
            return row is not None and row[0] == str(data)
        except psycopg.OperationalError:
            time.sleep(0.05)
    return False


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Run a Redis server that keeps nothing; give its URL."""
    port = free_port()
    process = subprocess.Popen(
        [_program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=10)
