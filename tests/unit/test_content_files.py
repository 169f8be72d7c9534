"""The content files keep to their schemas, to French typography and to what a demonstration may say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource

import app.content
from app import addresses

CONTENT = Path(app.content.__file__).parent
NAMES = ("contact_tree", "topic_tree", "static_pages")
LINKED_PAGES = {
    addresses.ACCESSIBILITY,
    addresses.ACTIVATION_CODE,
    addresses.ASSISTANCE,
    addresses.CONTACT,
    addresses.DEMO_MAILBOX,
    addresses.HELP,
    addresses.HELP_ACTIVATION,
    addresses.HELP_BOOKING,
    addresses.HELP_DETAILS,
    addresses.HELP_MODE,
    addresses.HELP_MOVING,
    addresses.HELP_PERSONAL,
    addresses.HELP_RECOVERY,
    addresses.HELP_SAFETY,
    addresses.HELP_SERVICES,
    addresses.HELP_SIGN_IN,
    addresses.HELP_SIGN_UP,
    addresses.HELP_WITHDRAWAL,
    addresses.LEGAL,
    addresses.LOCAL_TAXES,
    addresses.PERSONAL_ACTIVATION,
    addresses.PERSONAL_RECOVERY,
    addresses.PERSONAL_SIGN_IN,
    addresses.PERSONAL_SIGN_UP,
    addresses.PERSONAL_WITHDRAWAL,
    addresses.PRIVACY,
    addresses.PROFESSIONAL_SIGN_IN,
    addresses.RECOVERY,
    addresses.TERMS,
    addresses.WITHDRAWAL,
}
REAL_NAMES = re.compile(
    r"impots\.gouv|gouv\.fr|DGFiP|Finances publiques|France Services|Marianne|https?://|www\.", re.I
)
LOOSE_SPACES = re.compile(
    r" [:;?!»%€]|« |\d (?:h|minutes|heures|jours|mois|ans|euros)\b|\bh \d|\d \d{2,3}\b|1er [a-zéû]"
)


def content(name: str) -> Any:
    return json.loads((CONTENT / f"{name}.json").read_text(encoding="utf-8"))


def schema(name: str) -> Any:
    return json.loads((CONTENT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))


def validator(name: str) -> Draft202012Validator:
    shared = Resource.from_contents(schema("common"))
    registry = Registry().with_resource("https://guichet.example/schemas/common.schema.json", shared)
    return Draft202012Validator(schema(name), registry=registry)


def texts(value: Any, key: str = "") -> Iterator[str]:
    """Yield every string that a person reads."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, key)
    elif isinstance(value, str) and key not in {"$schema", "id", "anchor", "path", "topic_path", "office_kind"}:
        yield value


def links(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if set(value) == {"label", "path"}:
            yield value["path"]
        for inner in value.values():
            yield from links(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from links(inner)


@pytest.mark.parametrize("name", [*NAMES, "common"])
def test_each_schema_is_itself_a_valid_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("name", NAMES)
def test_each_content_file_keeps_to_its_schema_and_names_it(name: str) -> None:
    found = [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(content(name))]
    assert found == []
    assert content(name)["$schema"] == f"schemas/{name}.schema.json"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["label"], "x" * 71),
        (["id"], "Majuscule"),
        (["children"], []),
        (["children", 0, "channels"], ["fax"]),
        (["children", 0, "channels"], []),
        (["children", 0, "minutes"], 45),
        (["children", 0, "documents"], []),
        (["children", 0, "self_service"], {"title": "Titre", "paragraphs": []}),
    ],
)
def test_the_topic_schema_refuses_a_file_with_a_mistake(path: list[Any], value: Any) -> None:
    tree = content("topic_tree")
    target = tree["kinds"]["companies"]["children"][0]
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    assert not validator("topic_tree").is_valid(tree)


@pytest.mark.parametrize("path", ["//ailleurs", "https://ailleurs.example", "aide", "/aide/", "/aide?x=1", "/"])
def test_the_schema_refuses_a_link_that_leaves_the_portal(path: str) -> None:
    tree = content("topic_tree")
    answer = {"title": "Titre", "paragraphs": ["Un paragraphe."], "link": {"label": "Ailleurs", "path": path}}
    tree["kinds"]["companies"]["children"][0]["children"][0]["self_service"] = answer
    assert not validator("topic_tree").is_valid(tree)
    answer["link"] = {"label": "Ici", "path": "/aide#telephone"}
    assert validator("topic_tree").is_valid(tree)


def test_the_topic_schema_refuses_more_than_eight_choices() -> None:
    tree = content("topic_tree")
    choices = tree["kinds"]["companies"]["children"]
    choices.append(choices[0])
    assert not validator("topic_tree").is_valid(tree)


@pytest.mark.parametrize(
    "leaf",
    [
        {"id": "a", "label": "Sans suite", "hint": "Ni service, ni réponse"},
        {"id": "a", "label": "Mauvais service", "hint": "Inconnu", "office_kind": "customs", "topic_path": ""},
        {"id": "a", "label": "Vide", "hint": "Aucun choix", "children": []},
    ],
)
def test_the_contact_schema_refuses_a_dead_end(leaf: dict[str, Any]) -> None:
    tree = content("contact_tree")
    tree["blocks"][0]["children"][0] = leaf
    assert not validator("contact_tree").is_valid(tree)


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_pages_of_the_portal_and_to_existing_sections(name: str) -> None:
    anchors = {
        page["id"]: {section["anchor"] for section in page["sections"]} for page in content("static_pages")["pages"]
    }
    for link in links(content(name)):
        path, _, anchor = link.partition("#")
        assert path in LINKED_PAGES, link
        if anchor:
            assert anchor in anchors[path.strip("/").replace("/", "-")], link


@pytest.mark.parametrize("text", ["Vous ?", "« Oui", "10 minutes", "9 h", "h 30", "1 000", "20 %", "1er janvier"])
def test_a_space_at_which_a_line_could_wrongly_break_is_found(text: str) -> None:
    assert LOOSE_SPACES.search(text)


@pytest.mark.parametrize("name", NAMES)
def test_texts_follow_french_typography(name: str) -> None:
    for text in texts(content(name)):
        assert not LOOSE_SPACES.search(text), text
        assert "'" not in text, text
        assert "..." not in text, text
        assert text == text.strip(), text
        assert "  " not in text, text


@pytest.mark.parametrize("name", NAMES)
def test_paragraphs_are_sentences_with_a_full_stop(name: str) -> None:
    for text in texts(content(name)):
        if len(text) > 95:
            assert text[0].isupper() or text[0] == "«", text
            assert text[-1] in ".:", text


@pytest.mark.parametrize("name", NAMES)
def test_no_text_names_a_real_tax_administration_or_site(name: str) -> None:
    for text in texts(content(name)):
        assert not REAL_NAMES.search(text), text


@pytest.mark.parametrize("name", NAMES)
def test_the_only_telephone_number_is_the_fictional_assistance_and_mail_addresses_are_examples(name: str) -> None:
    number = content("contact_tree")["assistance"]["phone"]
    assert number == "01\u00a099\u00a000\u00a012\u00a034"
    for text in texts(content(name)):
        for found in re.findall(r"\b0\d(?:\s?\d\d){4}\b", text):
            assert found == number, text
        for address in re.findall(r"\S+@[\w.-]+", text):
            assert address.rstrip(".").endswith("@guichet.example"), text
