import gc
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from granian import Granian
from typer.testing import CliRunner, Result

from app import cli, frontend
from app.settings import get_settings
from tests import services


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.cli, list(arguments))


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Make the settings name a port nobody uses."""
    found = services.free_port()
    monkeypatch.setenv("PORT", str(found))
    get_settings.cache_clear()
    return found


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Granian]]:
    """Gather the servers instead of letting them serve; the pages count as built."""
    servers: list[Granian] = []

    def serve(server: Granian) -> None:
        servers.append(server)

    monkeypatch.setattr(Granian, "serve", serve)
    monkeypatch.setattr(frontend, "is_built", lambda: True)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    yield servers
    gc.enable()


def test_serve_prepares_the_demonstration_and_starts_the_server(port: int, started: list[Granian]) -> None:
    result = _run("serve")
    assert result.exit_code == 0, result.output
    assert f"http://localhost:{port}" in result.output
    [server] = started
    assert (server.bind_addr, server.bind_port, server.workers) == ("127.0.0.1", port, 1)
    assert os.environ["__REFLEX_SKIP_COMPILE"] == "true"


def test_serve_without_demonstration_writes_no_data(
    port: int, started: list[Granian], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO", "0")
    get_settings.cache_clear()
    assert "Demonstration" not in _run("serve").output
    assert started


def test_serve_says_in_plain_words_that_the_port_is_taken(port: int, started: list[Granian]) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        result = _run("serve")
    assert result.exit_code == 1
    assert f"127.0.0.1:{port}" in result.output
    assert "Traceback" not in result.output
    assert started == []


def test_serve_refuses_several_processes_without_redis(port: int, started: list[Granian]) -> None:
    result = _run("serve", "--workers", "2")
    assert result.exit_code == 1
    assert "REDIS_URL" in result.output
    assert started == []


def test_serve_asks_for_the_pages_first(port: int, started: list[Granian], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontend, "is_built", lambda: False)
    result = _run("serve")
    assert result.exit_code == 1
    assert "not built" in result.output


def test_serve_says_that_others_need_a_public_address(port: int, started: list[Granian]) -> None:
    assert "PUBLIC_URL" in _run("serve", "--host", "0.0.0.0").output
    assert "PUBLIC_URL" not in _run("serve").output


def test_backup_and_restore_are_one_command_each(tmp_path: Path) -> None:
    _run("migrate")
    copy = str(tmp_path / "copy")
    assert _run("backup", copy).exit_code == 0
    assert _run("restore", copy, "--yes").exit_code == 0


def test_restore_asks_first(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.cli, ["restore", str(tmp_path / "copy")], input="n\n")
    assert result.exit_code == 1
    assert "replaced" in result.output


def test_an_expected_failure_is_one_line(tmp_path: Path) -> None:
    result = _run("restore", str(tmp_path / "nothing"), "--yes")
    assert result.exit_code == 1
    assert result.output.count("\n") == 1


@pytest.mark.parametrize(
    "secret",
    [
        "short",
        ",",
        "0" * 64,
        "changeme" * 4,
        "0123456789abcdef",
        "password12345678",
        "azertyuiopqsdfghjklm",
        "guichet-secret-key",
        "a-secret-that-is-long-enough,short",
        "fifteen-letters",
    ],
    ids=lambda text: text[:20],
)
@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_secret_that_can_be_guessed_is_refused_in_plain_words(
    command: str, secret: str, port: int, started: list[Granian], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", secret)
    get_settings.cache_clear()
    result = _run(command)
    assert (result.exit_code, started) == (1, [])
    assert result.output.startswith("guichet: SECRET_KEY: too short or too easy to guess")


def test_a_kept_secret_that_was_cut_is_refused_too(
    port: int, started: list[Granian], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_KEY", "")
    get_settings.cache_clear()
    (tmp_path / "secret_key").write_text("")
    result = _run("serve")
    assert (result.exit_code, started) == (1, [])
    assert "secret_key: too short" in result.output


def test_without_a_secret_one_is_made_that_is_strong_enough(
    port: int, started: list[Granian], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "")
    get_settings.cache_clear()
    assert _run("serve").exit_code == 0
    assert [len(key) for key in get_settings().secret_keys] == [64]
    assert _run("serve").exit_code == 0
