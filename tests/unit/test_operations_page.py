import re
from pathlib import Path

from app import cli, cli_hours
from app.settings import Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()


def test_every_setting_is_explained_and_nothing_else() -> None:
    explained = set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE))
    of_the_server = {"HOST", "WORKERS", "AS_ON", "PROMETHEUS_MULTIPROC_DIR"}
    assert explained == {name.upper() for name in Settings.model_fields} | of_the_server


def test_every_command_that_changes_hours_is_explained() -> None:
    explained = re.findall(r"^\| … `([a-z-]+)[^`]*` \|", PAGE, re.MULTILINE)
    commands = [command.callback.__name__ for command in cli_hours.commands.registered_commands if command.callback]
    assert explained == commands


def test_every_command_is_explained() -> None:
    explained = set(re.findall(r"^\| `([a-z-]+)[^`]*` \|", PAGE, re.MULTILINE))
    commands = {
        command.name or command.callback.__name__ for command in cli.cli.registered_commands if command.callback
    }
    assert explained == commands
