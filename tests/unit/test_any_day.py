"""What works today works on any day: what the browser tests look for, and where the portal takes the time from.

A browser reads regular expressions by its own rules: its `\\w` knows no accented letter, so a test that looked for
« \\w+ » found days in November and none in « décembre ».
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BROWSER_TESTS = sorted(path for folder in ("tests/e2e", "bench") for path in (ROOT / folder).glob("*.py"))
PORTAL = sorted((ROOT / "app").rglob("*.py"))
SCRIPTS = sorted((ROOT / "assets").glob("*.js"))
TEMPLATES = sorted((ROOT / "app").rglob("*.typ"))

# Regular expressions

ESCAPES = frozenset("wWbBAZ")
"""Escapes that mean something else to a browser, or nothing."""
# Named groups, comments, conditions, atomic groups and flags inside; repetitions that never give back.
ONLY_PYTHON = re.compile(r"\(\?(?:P|#|\(|>|[aiLmsux-]+[:)])|[*+?}]\+")
FLAGS = {"I", "IGNORECASE", "M", "MULTILINE", "S", "DOTALL"}


def wrong_in(pattern: str) -> list[str]:
    """Return what a browser would read in another way than Python."""
    escaped = re.findall(r"\\(.)", pattern, re.DOTALL)
    plain = re.sub(r"\\.", "_", pattern, flags=re.DOTALL)
    return [f"\\{letter}" for letter in escaped if letter in ESCAPES] + ONLY_PYTHON.findall(plain)


def compiled_in(source: str) -> Iterator[tuple[int, str, set[str]]]:
    """Give the line, the pattern and the flags of each `re.compile`; what is put into an f-string is left out.

    A test that matches text in Python says `re.search` and the like, and hands nothing compiled to a browser.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile":
            written = [each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)]
            given = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
            flags = {each.attr for flag in given for each in ast.walk(flag) if isinstance(each, ast.Attribute)}
            yield node.lineno, "".join(map(str, written)), flags


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\w+ \d+(er)? \w+",
        r"\bdécembre",
        r"soit\b.*\Bx",
        r"\A12\Z",
        r"(?P<day>\d+)",
        r"(?i)août",
        r"(?i:août)",
        r"\d++",
        r"(?>a)b",
        r"(?#why)a",
    ],
)
def test_a_pattern_that_a_browser_reads_otherwise_is_noticed(pattern: str) -> None:
    assert wrong_in(pattern)


@pytest.mark.parametrize(
    "pattern", [r"^[^\s,]+ \d+(er)? [^\s,]+, \d+\screneaux?", r"^12\.$", r"(?:a|b)+?", r"\\w", "a+b*"]
)
def test_a_pattern_that_both_read_alike_is_let_through(pattern: str) -> None:
    assert wrong_in(pattern) == []


def test_patterns_are_found_wherever_they_are_written() -> None:
    source = 'page.get_by_role("button", name=re.compile(rf"^\\d{x}", re.I | re.X))\nDAY = re.compile("a" "b")'
    assert sorted(compiled_in(source)) == [(1, r"^\d", {"I", "X"}), (2, "ab", set())]


def test_no_test_gives_the_browser_a_pattern_that_it_reads_otherwise() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {' '.join([*wrong_in(pattern), *sorted(flags - FLAGS)])}"
        for path in BROWSER_TESTS
        for line, pattern, flags in compiled_in(path.read_text(encoding="utf-8"))
        if wrong_in(pattern) or flags - FLAGS
    ]
    assert len(BROWSER_TESTS) > 30
    assert wrong == []


# The time

CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "time.ctime",
    "time.strftime",
    "time.asctime",
    "email.utils.formatdate",
    "email.utils.localtime",
    "email.utils.make_msgid",
    "func.now",
    "func.current_timestamp",
    "func.current_date",
    "func.current_time",
    "func.localtimestamp",
    "uuid.uuid1",
}
"""Where Python code could take the time from. `time.monotonic` and `time.perf_counter` only tell how long it took."""
IN_TEXT = re.compile(
    r"\bcurrent_(?:timestamp|date|time)\b|\bnow\(\)|'now'|server_default|datetime\.today", re.IGNORECASE
)
IN_SCRIPT = re.compile(
    r"\bDate\.now\b|\bnew Date\b(?!\()|\bnew Date\(\s*\)|(?<!new )(?<![.\w])Date\(\s*\)|Temporal\.Now"
)

ALLOWED = {
    "app/clock.py": "it is the clock",
    "app/services/throttle.py": "the library of the limits counts in the machine's time, and so must the wait",
    "assets/captcha.js": "only measures how long a picture has been shown",
    "assets/countdown.js": "only measures how far the device is from the time the server says",
    "assets/draft-field.js": "only measures how long ago the page before was left",
    "assets/session.js": "only measures how far the device is from the time the server says",
    "assets/hors-ligne.js": "without a connection no server can say the time",
}


def clocks_in(source: str) -> Iterator[str]:
    """Give the names and words by which Python code takes the time from the system or the database."""
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    prose = set(_docstrings(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, _, rest = ast.unparse(node).partition(".")
            full = ".".join(filter(None, (imported.get(first, first), rest)))
            yield from (clock for clock in CLOCKS if f".{full}".endswith(f".{clock}"))
        elif isinstance(node, ast.keyword) and node.arg in ("server_default", "onupdate", "server_onupdate"):
            yield node.arg
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield from (found[0] for found in (*IN_TEXT.finditer(node.value), *IN_SCRIPT.finditer(node.value)))


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


@pytest.mark.parametrize(
    "source",
    [
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from datetime import datetime\nnow = datetime.now",
        "from datetime import date as day\nday.today()",
        "import time\ntime.time()",
        "from time import time\ntime()",
        "from email.utils import formatdate\nformatdate()",
        "import email.utils\nemail.utils.make_msgid()",
        "select(func.now())",
        "Field(server_default=text('0'))",
        "text('UPDATE slot SET held_until = CURRENT_TIMESTAMP')",
        "text(\"SELECT datetime('now')\")",
        "rx.Var('new Date().getDay()')",
        "rx.call_script('Date.now()')",
    ],
)
def test_code_that_asks_another_clock_is_noticed(source: str) -> None:
    assert list(clocks_in(source))


@pytest.mark.parametrize(
    "source",
    [
        "from app import clock\nclock.now()",
        "import time\ntime.monotonic()",
        "'''It says what is now, as datetime.now() does.'''",
        "rx.Var('new Date(Date.parse(day) + 864e5)')",
        "from datetime import time\ntime(8, 30)",
        "datetime.fromisoformat(day)",
    ],
)
def test_code_that_asks_the_portals_clock_or_none_is_let_through(source: str) -> None:
    assert list(clocks_in(source)) == []


@pytest.mark.parametrize("source", ["Date.now()", "new Date()", "new Date;", "x = Date()"])
def test_a_script_that_asks_the_devices_clock_is_noticed(source: str) -> None:
    assert IN_SCRIPT.search(source)


def test_the_portal_takes_the_time_from_its_own_clock() -> None:
    found = {str(path.relative_to(ROOT)): list(clocks_in(path.read_text(encoding="utf-8"))) for path in PORTAL}
    for path in (*SCRIPTS, *TEMPLATES):
        pattern = IN_SCRIPT if path.suffix == ".js" else IN_TEXT
        found[str(path.relative_to(ROOT))] = pattern.findall(path.read_text(encoding="utf-8"))
    assert {path for path, clocks in found.items() if clocks} == set(ALLOWED), found
