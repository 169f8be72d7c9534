"""Every text of the portal, wherever it is kept, is typeset as French is: apostrophes, blanks, accents on capitals."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.frontend import PROJECT

APP = PROJECT / "app"
FRENCH = re.compile(r"[àâçéèêëîïôûùœÀÂÇÉÈÊËÎÏÔÛÙŒ’]|\b(?:le|la|les|un|une|des|vous|votre|vos|nous|est|pour)\b")

STRAIGHT = re.compile(r"[A-Za-zÀ-ÿ]'[A-Za-zÀ-ÿ]")
BARE_BLANK = re.compile(r"(?<=\w|[»’)]) [;:?!»]|« ")
BARE_CAPITAL = re.compile(
    r"\b(?:Etape|Ecout|Ecri|Etat|Etes|Etranger|Etudiant|Etablissement|Evite|Evenement|Egalement|Electronique|Echéance"
    r"|Election|Emission|Energie|Epargne|A bientôt|A propos|A partir|A quoi|A noter|Ca ne)"
)


def faults(text: str) -> list[str]:
    """Return what is not typeset as French is."""
    return [found for rule in (STRAIGHT, BARE_BLANK, BARE_CAPITAL) for found in rule.findall(text)]


def of_json(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from of_json(each)
    elif isinstance(value, str):
        yield value


def of_python(source: str) -> Iterator[str]:
    """Give the French string constants, docstrings and what is raised for developers left out."""
    tree = ast.parse(source)
    told = {id(statement.value) for statement in ast.walk(tree) if isinstance(statement, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def texts(path: Path) -> Iterator[str]:
    source = path.read_text()
    if path.suffix == ".json":
        yield from of_json(json.loads(source))
    elif path.suffix == ".py":
        yield from of_python(source)
    else:
        # What Jinja computes and what HTML names is no text.
        yield re.sub(r"\{[{%].*?[%}]\}|<[^>]*>", "", source, flags=re.DOTALL)


FILES = sorted(
    path
    for suffix in ("json", "py", "jinja")
    for path in APP.rglob(f"*.{suffix}")
    if path.parent.name != "schemas" and FRENCH.search(path.read_text())
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(APP)))
def test_every_text_is_typeset_as_french_is(path: Path) -> None:
    found = {text: faults(text) for text in texts(path) if FRENCH.search(text)}
    if path.suffix == ".jinja":
        # Mails get their blanks when they are rendered: tests/unit/test_mail_words.py.
        found = {text: [wrong for wrong in all_ if not BARE_BLANK.search(f"x{wrong}")] for text, all_ in found.items()}
    assert {text: wrong for text, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    "text",
    ["Changer l'image", "Etape précédente", "Vous n’avez pas reçu le code ?", "« Mes contacts »", "Attention : lisez"],
)
def test_a_fault_is_found(text: str) -> None:
    assert faults(text)


def test_the_texts_are_read() -> None:
    read = [text for path in FILES for text in texts(path) if FRENCH.search(text)]
    assert len(read) > 2000
    assert {".json", ".py", ".jinja"} == {path.suffix for path in FILES}
