"""Real servers for the tests: PostgreSQL, Redis and an SMTP server, on loopback, stopped with the tests."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


class ServiceMissingError(RuntimeError):
    """A server program the tests need is not installed; `make test` installs it."""


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
    """Run a fresh PostgreSQL cluster in `folder`; give its URL (database `postgres`)."""
    binaries = _postgresql_folder()
    initdb, server = _program("initdb", binaries), _program("postgres", binaries)
    data, port = folder / "postgresql", free_port()
    data.mkdir(parents=True)
    # PostgreSQL refuses to run as root: root becomes the account that Debian's package made.
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(data, "postgres", "postgres")
        for parent in [data.parent, *data.parent.parents]:
            if parent.stat().st_uid == os.geteuid() and str(parent) not in ("/", "/tmp"):
                parent.chmod(parent.stat().st_mode | 0o011)
    subprocess.run(
        [*as_user, initdb, "-D", str(data), "-U", "guichet", "--auth=trust", "-E", "UTF8", "--locale=C"],
        check=True,
        capture_output=True,
        cwd="/",
    )
    options = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=300"]
    with (folder / "postgresql.log").open("w") as log:
        command = [*as_user, server, "-D", str(data), "-p", str(port), *options]
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
    try:
        wait_for_port(port)
        _wait_for_postgresql(port)
        yield f"postgresql://guichet@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(signal.SIGINT)  # a fast shutdown: SIGTERM would wait for open connections
        process.wait(timeout=60)


def _wait_for_postgresql(port: int) -> None:
    import psycopg

    for _ in range(600):
        try:
            psycopg.connect(f"postgresql://guichet@127.0.0.1:{port}/postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise TimeoutError("PostgreSQL does not accept connections")


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
