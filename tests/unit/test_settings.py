"""Every setting is read by something, and every text that tells a duration tells that of the settings."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from app import durations
from app.content import static_pages, topics
from app.content.static_pages import Page
from app.services.accounts.activation_codes import CodeRefusedError, Refusal
from app.settings import Settings, get_settings
from app.state.durations import DurationsState
from tests import texts
from tests.unit.test_account_mails import _activation

PROJECT = Path(__file__).resolve().parents[2]
APP = PROJECT / "app"
OPERATIONS = (PROJECT / "docs" / "operations.md").read_text()
_NOT_OURS = {"PATH"}


def trees() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted(APP.rglob("*.py")):
        yield path.relative_to(APP).as_posix(), ast.parse(path.read_text())


def attributes(tree: ast.AST) -> set[str]:
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def read_in_settings(names: set[str]) -> set[str]:
    """Return what the properties of the settings read that are themselves read elsewhere."""
    tree = ast.parse((APP / "settings.py").read_text())
    methods = {node.name: attributes(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    found, waiting = set[str](), set(names)
    while waiting:
        reads = methods.pop(waiting.pop(), set())
        waiting |= reads - found
        found |= reads
    return found


def test_every_setting_is_read_by_something() -> None:
    used = set().union(*(attributes(tree) for name, tree in trees() if name != "settings.py"))
    assert set(Settings.model_fields) - used - read_in_settings(used) == set()


def test_what_is_read_from_the_environment_is_explained() -> None:
    explained = set(re.findall(r"`([A-Z_]{2,})`", OPERATIONS))
    read = set()
    for path in sorted(APP.rglob("*.py")):
        source = path.read_text()
        found = re.findall(r"environ(?:\.get\(|\[)\"([A-Z_]+)\"|\"([A-Z_]+)\" not in os\.environ", source)
        read |= {name for pair in found for name in pair if name} | set(re.findall(r"envvar=\"([A-Z_]+)\"", source))
    assert "HOST" in read
    assert read - _NOT_OURS <= explained


def test_what_the_documentation_names_as_a_setting_is_one() -> None:
    defaults = dict(re.findall(r"^\| `([A-Z_]+)` \| `?([^|`]*)`? \|", OPERATIONS, re.MULTILINE))
    for name in ("SESSION_IDLE_MINUTES", "SESSION_HOURS", "ACTIVATION_HOURS", "HOLD_MINUTES", "HORIZON_DAYS"):
        assert Settings.model_fields[name.lower()].default == int(defaults[name])


@pytest.mark.parametrize("name", ["SESSION_IDLE_MINUTES", "SESSION_HOURS", "ACTIVATION_HOURS"])
def test_no_time_at_all_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "0")
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("SESSION_IDLE_MINUTES", "17"),
        ("SESSION_HOURS", "7"),
        ("ACTIVATION_HOURS", "1"),
        ("HOLD_MINUTES", "19"),
        ("HOLD_EXTENSION_MINUTES", "3"),
        ("HOLD_EXTENSIONS", "4"),
    ):
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()


@pytest.mark.usefixtures("other")
def test_pages_and_mails_tell_other_durations_with_other_settings() -> None:
    shown = DurationsState(_reflex_internal_init=True)  # type: ignore[call-arg]
    told = (shown.idle, shown.longest, shown.activation, shown.hold, shown.extension, shown.extensions)
    assert [each.replace("\u00a0", " ") for each in told] == [
        "17 minutes", "7 heures", "1 heure", "19 minutes", "3 minutes", "4 fois",
    ]  # fmt: skip
    assert "17 minutes sans activité, et au bout de 7 heures" in said("aide-se-connecter")
    assert "réservée pendant 19 minutes" in said("aide-prendre-rendez-vous")
    assert "ajoute 3 minutes, jusqu’à 4 fois" in said("aide-prendre-rendez-vous")
    message = _activation()
    for body in (message.text, message.html):
        assert "dans les 1 heure" not in body
        assert "pendant 1 heure" in " ".join(body.split())
    assert "1\u00a0heure" in CodeRefusedError(Refusal.EXPIRED).message


def test_no_text_keeps_the_duration_of_a_setting_of_its_own() -> None:
    about = re.compile(r"\b(?:sessions?|codes?|demande|réservée|activation|activé[e]?)\b")
    figures = re.compile(r"\b(?:48|12)[\s\u00a0]heures|\b30[\s\u00a0]minutes sans|réservée pendant \d")
    everything = [*texts.of_python(), *texts.of_templates(), *texts.of_json()]
    found = [each for each in everything if about.search(each.words) and figures.search(each.words)]
    assert found == []


def test_every_place_in_a_text_is_filled() -> None:
    everything = " ".join(each.words for each in texts.of_json())
    named = set(re.findall(r"\{(\w+)\}", everything))
    assert named == set(durations.words())
    answers = [topic.self_service for topic in topics.all_topics() if topic.self_service]
    assert any("{activation}" in each for answer in answers for each in answer.paragraphs)


def said(page_id: str) -> str:
    page: Page = static_pages.page(page_id)
    parts = [part for section in page.sections for part in section.parts]
    lines = [page.lead, *(line for part in parts for line in (*part.paragraphs, *part.items))]
    return durations.filled("\n".join(lines)).replace("\u00a0", " ")
