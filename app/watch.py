"""The developers' loop, `python -m app.cli watch`: a change restarts the server, and rebuilds pages that it changes.

One thread looks ten times a second at what has changed and at its two processes, the server and a build. Each is the
head of a process group out of the terminal's reach, so that it ends when the loop says so, with all it has started.
"""

import ast
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import watchfiles

from app import frontend

# Written by editors through a renamed draft, which a watch on the file itself would lose: looked at instead.
_FILES = ("rxconfig.py",)
_FOLDERS = ("app", "assets", "migrations")
_PAGES_ONLY = "assets"
# Requests in progress get a moment; what they write is a transaction, so that nothing is lost by not waiting longer.
_SERVER_STOPS_IN = 1.0
# A build gives the files back that Reflex changes in the project.
_BUILD_STOPS_IN = 10.0


@dataclass(frozen=True, slots=True)
class Actions:
    """What the loop runs and asks: two commands, whether the server answers, and which pages are in use, if any."""

    serve: list[str]
    build: list[str]
    answers: Callable[[], bool]
    pages: Callable[[], str]


class Task:
    """A process with its descendants; it writes to the terminal, or into a file when `output` is given."""

    def __init__(self, command: list[str], folder: Path, output: IO[bytes] | None = None) -> None:
        self._begun = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
        )

    @property
    def exit_code(self) -> int | None:
        """Return how the process ended, None while it runs."""
        return self._process.poll()

    @property
    def seconds(self) -> float:
        """Return how long ago it was started."""
        return time.monotonic() - self._begun

    def end(self, number: signal.Signals, seconds: float) -> None:
        """Ask the process to stop by this signal; after `seconds` at most end what is left of its group."""
        if self._process.poll() is None:
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@dataclass
class Loop:
    """The state of the loop: what runs, and what is still to be done about the changes so far."""

    folder: Path
    actions: Actions
    say: Callable[[str], None]
    _server: Task | None = None
    _is_starting: bool = False
    _must_serve: bool = False
    _build: Task | None = None
    _must_build: bool = True
    _output: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    _told: str = ""
    _served: str = ""
    _unread: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Look which pages there are before anything is done."""
        self._told = self.actions.pages()

    def turn(self, changed: set[Path]) -> None:
        """Do what can be done now about these files, changed, made or deleted, and about those before."""
        if changed:
            self._take_note(changed)
        self._look_at_server()
        self._look_at_build()
        if self._server is None and self.actions.pages():
            self._serve()
        if self._must_build and not self._is_starting and not self._unread:
            self._start_build()

    def _take_note(self, paths: Iterable[Path]) -> None:
        found = sorted(path.relative_to(self.folder) for path in paths)
        self.say(f"changed: {_listed(found)}")
        self._unread.update(found)
        self._stop_build()
        self._must_build = True
        self._must_serve = self._must_serve or any(path.parts[0] != _PAGES_ONLY for path in found)
        if problem := self._syntax_problem():
            self.say(f"{problem}; waiting for the next change")
            return
        self._unread.clear()
        if self._must_serve and self._server is not None:
            self._serve()

    def end(self) -> None:
        """End both processes, and whatever they have started."""
        self._stop_build()
        self._stop_server()
        self._output.close()

    def _syntax_problem(self) -> str:
        for path in sorted(self._unread):
            if path.suffix == ".py" and (self.folder / path).exists():
                try:
                    ast.parse((self.folder / path).read_bytes())
                except SyntaxError as error:
                    return f"{path}, line {error.lineno}: {error.msg}"
                except ValueError as error:
                    return f"{path}: {error}"
        return ""

    def _serve(self) -> None:
        self._stop_server()
        self._must_serve, self._served = False, self.actions.pages()
        self._server, self._is_starting = Task(self.actions.serve, self.folder), True

    def _stop_server(self) -> None:
        if self._server is not None:
            self._server.end(signal.SIGTERM, _SERVER_STOPS_IN)
        self._is_starting = False

    def _look_at_server(self) -> None:
        if self._server is None:
            return
        if self._is_starting and self.actions.answers():
            self._is_starting = False
            self.say(f"server started in {self._server.seconds:.1f} s")
        elif self._server.exit_code is not None and (self._is_starting or not self._must_serve):
            self._is_starting, self._must_serve = False, True
            self.say("the server has ended, its messages are above; waiting for the next change")

    def _start_build(self) -> None:
        self._must_build = False
        self._output.seek(0)
        self._output.truncate()
        self._build = Task(self.actions.build, self.folder, self._output)

    def _stop_build(self) -> None:
        if self._build is not None:
            self._build.end(signal.SIGINT, _BUILD_STOPS_IN)
            self._build = None

    def _look_at_build(self) -> None:
        if self._build is None or self._build.exit_code is None:
            return
        task, self._build = self._build, None
        if task.exit_code != 0:
            self._output.seek(0)
            self.say(self._output.read().decode(errors="replace").rstrip())
            self.say("pages could not be built; waiting for the next change")
            return
        pages = self.actions.pages()
        # Also by a build that was ended because of another change, just after it had put its pages in place.
        words = "pages unchanged, found out" if pages == self._told else "pages rebuilt"
        self.say(f"{words} in {task.seconds:.1f} s")
        self._told = pages
        # The server reads the pages' inline scripts when it starts, for its security policy.
        if pages != self._served:
            self._serve()


def run(loop: Loop) -> None:
    """Turn the loop until SIGINT, SIGTERM or SIGHUP; nothing it started is left."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        for paths in _changes(loop.folder, stop):
            loop.turn(paths)
    finally:
        loop.end()


def _changes(folder: Path, stop: threading.Event) -> Iterator[set[Path]]:
    """Give what has changed, ten times a second, also when it is nothing."""
    options: dict[str, Any] = {"debounce": 400, "rust_timeout": 100, "yield_on_timeout": True}
    before = _times(folder)
    for found in watchfiles.watch(*(folder / name for name in _FOLDERS), stop_event=stop, **options):
        now = _times(folder)
        yield {Path(path) for _, path in found} | {path for path in now if now[path] != before[path]}
        before = now


def _times(folder: Path) -> dict[Path, int]:
    paths = [folder / name for name in _FILES]
    return {path: path.stat().st_mtime_ns if path.exists() else 0 for path in paths}


def _listed(paths: list[Path]) -> str:
    return ", ".join(map(str, paths[:3])) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")


def of_portal(host: str, port: int) -> Loop:
    """Return the loop of this portal, which says what happens on the terminal."""
    cli = [sys.executable, "-m", "app.cli"]
    return Loop(
        frontend.PROJECT,
        Actions(
            serve=[*cli, "serve", "--host", host],
            build=[*cli, "build"],
            answers=lambda: _answers(host, port),
            pages=frontend.edition,
        ),
        say=lambda words: print(f"watch: {words}", flush=True),
    )


def _answers(host: str, port: int) -> bool:
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    address = f"[{name}]" if ":" in name else name
    try:
        with urllib.request.urlopen(f"http://{address}:{port}/healthz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
