import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Set
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from app import watch
from app.frontend import PROJECT
from tests import services

pytestmark = pytest.mark.long

SERVER = """
import os, pathlib, signal, sys
if "raise" in pathlib.Path("app/page.py").read_text():
    sys.exit(1)
pathlib.Path("server.new").write_text(str(os.getpid()))
os.replace("server.new", "server.pid")
signal.pause()
"""
BUILD = """
import pathlib, signal, sys
source = pathlib.Path("app/page.py").read_text() + pathlib.Path("assets/style.css").read_text()
if "unbuildable" in source:
    sys.exit("no pages of this")
if "slow" in source:
    pathlib.Path("build.began").touch()
    signal.pause()
pathlib.Path("pages.txt").write_text("".join(line for line in source.splitlines() if "service" not in line))
"""


@dataclass
class Developer:
    """Turns the loop on a small project, and changes its files."""

    folder: Path
    said: list[str] = field(default_factory=list)
    read: int = 0

    def __post_init__(self) -> None:
        python = [sys.executable, "-c"]
        self.loop = watch.Loop(
            self.folder,
            watch.Actions([*python, SERVER], [*python, BUILD], self.server_answers, self.pages),
            self.said.append,
        )
        self.changes = watch._changes(self.folder, Event())

    def pages(self) -> str:
        path = self.folder / "pages.txt"
        return path.read_text() if path.exists() else ""

    def server(self) -> int:
        path = self.folder / "server.pid"
        return int(path.read_text()) if path.exists() else 0

    def server_answers(self) -> bool:
        return self.server() in _descendants(os.getpid())

    def write(self, name: str, content: str) -> None:
        (self.folder / name).write_text(content)

    def sees(self, *words: str) -> None:
        """Turn the loop until it has said each of `words`, in this order; other lines may stand between."""
        for word in words:
            self.turns_until(lambda word=word: any(word in line for line in self.said[self.read :]))
            self.read += next(i for i, line in enumerate(self.said[self.read :], 1) if word in line)

    def sees_in_any_order(self, *words: str) -> None:
        """Do as `sees` with what two processes say that run at the same time."""
        self.turns_until(lambda: all(any(word in line for line in self.said[self.read :]) for word in words))
        self.read = len(self.said)

    def turns_until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not is_so():
            assert time.monotonic() < deadline, self.said
            self.loop.turn(next(self.changes))


@pytest.fixture
def developer(tmp_path: Path) -> Iterator[Developer]:
    for name in ("app", "assets", "migrations"):
        (tmp_path / name).mkdir()
    for name, content in {"app/page.py": "one = 1\n", "assets/style.css": "p {}\n", "rxconfig.py": "x = 1\n"}.items():
        (tmp_path / name).write_text(content)
    found = Developer(tmp_path)
    try:
        found.sees_in_any_order("pages rebuilt", "server started")
        yield found
    finally:
        found.loop.end()
        found.changes.close()


def _descendants(pid: int, without: Set[int] = frozenset()) -> set[int]:
    """Return the running processes that `pid` has started, and theirs, but not those of `without` and what they start.

    Those that have ended do not count.
    """
    with subprocess.Popen(["ps", "-eo", "pid=,ppid=,stat="], stdout=subprocess.PIPE, text=True) as ps:
        listed = ps.communicate()[0]
    parents = {int(line.split()[0]): int(line.split()[1]) for line in listed.splitlines() if line.split()[2][0] != "Z"}
    del parents[ps.pid]
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in {pid, *found}} - found - without:
        found |= more
    return found


def test_a_change_in_a_service_restarts_the_server_and_leaves_the_pages(developer: Developer) -> None:
    before = developer.server(), developer.pages()
    developer.write("app/page.py", "one = 1\nservice = 2\n")
    developer.sees("changed: app/page.py", "server started in", "pages unchanged")
    assert developer.server() != before[0]
    assert developer.pages() == before[1]


def test_a_change_in_a_page_restarts_the_server_before_the_build_and_after_it(developer: Developer) -> None:
    developer.write("app/page.py", "one = 2\n")
    developer.sees("changed: app/page.py", "server started in", "pages rebuilt in", "server started in")
    assert "one = 2" in developer.pages()


def test_a_change_in_the_stylesheet_rebuilds_the_pages_and_restarts_the_server_once(developer: Developer) -> None:
    developer.write("assets/style.css", "b {}\n")
    developer.sees("changed: assets/style.css", "pages rebuilt in", "server started in")
    assert sum("server started" in line for line in developer.said) == 2


@pytest.mark.parametrize("name", ["rxconfig.py", "migrations/0002_more.py", "app/words.json"])
def test_whatever_the_server_reads_restarts_it(name: str, developer: Developer) -> None:
    developer.write(name, "{}\n")
    developer.sees(f"changed: {name}", "server started in", "pages unchanged")


def test_an_editor_that_replaces_files_is_followed_every_time(developer: Developer) -> None:
    for number in range(2):
        developer.write("draft", f"x = {number}{number}\n")
        (developer.folder / "draft").replace(developer.folder / "rxconfig.py")
        developer.sees("changed: rxconfig.py", "server started in", "pages unchanged")


def test_a_syntax_error_is_said_with_its_line_and_the_old_server_goes_on(developer: Developer) -> None:
    before = developer.server()
    developer.write("app/page.py", "one = 1\ndef (\n")
    developer.sees("app/page.py, line 2")
    assert developer.server() == before
    assert developer.server_answers()
    developer.write("app/page.py", "one = 3\n")
    developer.sees("server started in", "pages rebuilt in", "server started in")


def test_another_file_does_not_hide_a_syntax_error(developer: Developer) -> None:
    developer.write("app/page.py", "def (\n")
    developer.sees("app/page.py, line 1")
    developer.write("assets/style.css", "b {}\n")
    developer.sees("changed: assets/style.css", "app/page.py, line 1")
    assert "b {}" not in developer.pages()


def test_a_failed_build_is_said_with_its_words_and_the_old_pages_are_served(developer: Developer) -> None:
    before = developer.pages()
    developer.write("app/page.py", "unbuildable = 1\n")
    developer.sees("no pages of this", "pages could not be built")
    assert developer.pages() == before
    assert developer.server_answers()
    developer.write("app/page.py", "one = 4\n")
    developer.sees("pages rebuilt in")


def test_a_server_that_does_not_start_is_said_once_and_started_after_the_next_change(developer: Developer) -> None:
    developer.write("app/page.py", "raise_ = 1\n")
    developer.sees("the server has ended")
    developer.write("app/page.py", "one = 5\n")
    developer.sees("server started in", "pages rebuilt in")
    assert sum("the server has ended" in line for line in developer.said) == 1


def test_a_change_during_a_build_begins_it_again(developer: Developer) -> None:
    developer.write("app/page.py", "slow = 1\n")
    developer.turns_until((developer.folder / "build.began").exists)
    developer.write("app/page.py", "one = 6\n")
    developer.sees("pages rebuilt in")
    assert "one = 6" in developer.pages()


@pytest.fixture
def others() -> set[int]:
    """Give the processes of this test process that were there before the loop: servers of other tests."""
    return _descendants(os.getpid())


def test_the_end_leaves_no_process(others: set[int], developer: Developer) -> None:
    developer.write("app/page.py", "slow = 1\n")
    developer.turns_until((developer.folder / "build.began").exists)
    developer.loop.end()
    assert _descendants(os.getpid(), without=others) == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_loop_of_the_portal_serves_it_and_ends_without_trace(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = services.free_port()
    monkeypatch.setenv("PORT", str(port))
    log = tmp_path / "watch.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "app.cli", "watch"]
        process = subprocess.Popen(command, cwd=PROJECT, stdout=output, stderr=output)
    try:
        _wait_until(lambda: process.poll() is not None or _is_ready(port), log)
        assert process.poll() is None, log.read_text()
        started = _descendants(process.pid)
        assert started
        process.send_signal(number)
        assert process.wait(timeout=60) == 0, log.read_text()
        assert not any(Path(f"/proc/{pid}").exists() for pid in started)
        assert "Traceback" not in log.read_text()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def test_the_loop_says_that_the_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setenv("PORT", str(other.getsockname()[1]))
        command = [sys.executable, "-m", "app.cli", "watch"]
        ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert "cannot listen on 127.0.0.1" in ended.stderr


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _wait_until(is_so: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + 240
    while not is_so():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
