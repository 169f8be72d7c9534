"""Every French text of the portal, gathered from the files themselves, so that a new one is looked at too."""

import ast
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

APP = Path(__file__).parents[1] / "app"
ASSETS = APP.parent / "assets"
GAP = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a text for what is put in while the portal runs."""

_FRENCH = re.compile(
    r"[À-ÖØ-öø-ÿŒœ’«»]"
    r"|\b(?:au|aux|ce|ces|dans|de|des|du|elle|est|et|il|la|le|les|mes|mon|ne|nos|notre|nous|ou|par|pas|plus|pour|que"
    r"|qui|sa|sans|ses|son|sont|sur|un|une|vos|votre|vous|code|exemple|format)\b"
    r"|\b(?:[cdjlmnst]|qu)'(?!\w)|\b(?:[cdjlmnst]|qu)'(?=[aeiouyhAEIOUYH])",
    re.IGNORECASE,
)
_ENGLISH = re.compile(r"\b(?:the|is|are|of|not|never|be|its|for|this|with|must)\b")
_WORD = re.compile(r"[A-ZÀ-Ý][a-zà-ÿ]+")
_ADDRESS = re.compile(r"/|https?:|[a-z.]+/[a-z]|[a-z0-9_.-]+$")
_PATTERN = re.compile(r"\(\?|\\|\[\^|\]\+|=\"")
_TAG = re.compile(r"<[^>]*>")


class Text(NamedTuple):
    """Words, and where they stand."""

    where: str
    words: str


def is_french(words: str) -> bool:
    """Tell whether a constant is something that people read, rather than a name or a message for developers."""
    if _ADDRESS.match(words) or _PATTERN.search(words) or _ENGLISH.search(words):
        return False
    return bool(_FRENCH.search(words) or _WORD.fullmatch(words) or re.fullmatch(r"\s[:;?!]\s?", words))


def of_python(folder: Path = APP) -> Iterator[Text]:
    """Give the string constants of the modules below `folder`, without docstrings; what is put in becomes GAP."""
    for path in sorted(folder.rglob("*.py")):
        for line, words in python_strings(path.read_text(encoding="utf-8")):
            # Pages may be whole HTML documents.
            for part in _TAG.split(words) if "</" in words else [words]:
                if is_french(part):
                    yield Text(f"{path.relative_to(folder.parent)}:{line}", part)


def python_strings(source: str) -> Iterator[tuple[int, str]]:
    """Give the line and the words of each constant and f-string."""
    tree = ast.parse(source)
    inside: set[ast.AST] = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside.update(node.values)
            yield node.lineno, "".join(_part(part) for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inside:
            yield node.lineno, node.value


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    is_blank = isinstance(part, ast.FormattedValue) and ast.unparse(part.value).endswith("NBSP")
    return "\u00a0" if is_blank else GAP


def of_json() -> Iterator[Text]:
    """Give the texts of the content files and of the web manifest."""
    for path in [*sorted((APP / "content").glob("*.json")), ASSETS / "site.webmanifest"]:
        for where, words in _leaves(json.loads(path.read_text(encoding="utf-8")), path.name):
            if is_french(words):
                yield Text(where, words)


def of_scripts() -> Iterator[Text]:
    """Give the texts in the scripts of the browser, without comments."""
    for path in sorted(ASSETS.glob("*.js")):
        code = re.sub(r"(?m)(?:^|\s)//.*$", "", path.read_text(encoding="utf-8"))
        for words in re.findall(r'"((?:[^"\\\n]|\\.)*)"', code):
            shown = words.replace("\\u00a0", "\u00a0")
            if is_french(shown):
                yield Text(path.name, shown)


def of_templates() -> Iterator[Text]:
    """Give the words of the mails and of the PDF as they stand in the templates, whatever their conditions."""
    for path in sorted((APP / "content" / "mails").glob("*.jinja")):
        yield from template_texts(path.name, path.read_text(encoding="utf-8"))
    for path in sorted((APP / "content" / "pdf").glob("*.typ")):
        for number, line in enumerate(path.read_text(encoding="utf-8").replace("~", "\u00a0").split("\n"), 1):
            for words in [*re.findall(r"\[([^\[\]]*)\]", line), *re.findall(r"^(?:=+ )?([A-ZÀ-Ý][^#{}]*)", line)]:
                if is_french(words):
                    yield Text(f"{path.name}:{number}", words)


def template_texts(name: str, source: str) -> Iterator[Text]:
    """Give the paragraphs of a Jinja template, and the constants in its expressions."""
    source = re.sub(r"(?s)\{#.*?#\}", "", source)
    for code in re.findall(r"(?s)\{[{%].*?[}%]\}", source):
        for words in re.findall(r'"([^"]*)"', code):
            if is_french(words):
                yield Text(name, words)
    plain = re.sub(r"(?s)\{\{.*?\}\}", GAP, re.sub(r"(?s)\{%.*?%\}", "", source))
    for paragraph in re.split(r"\n\s*\n|<(?:br|/?(?:p|li|h\d|td|th|tr|div|ul|ol|title|table))\b[^>]*>", plain):
        words = unescape(_TAG.sub("", paragraph)).strip()
        if re.search(rf"[^\W\d]|{GAP}", words):
            yield Text(name, words)


def _leaves(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, f"{where}/{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _leaves(each, f"{where}/{number}")
