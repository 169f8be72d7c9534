"""The texts of the pages that never change while the portal runs: help, accessibility, legal pages.

They are a JSON file beside this module, described by `schemas/` and read once, at the first call.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.content.link import Link, read_link

_FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page, in this order: paragraphs, then list items (numbered if `ordered`), then links."""

    heading: str
    anchor: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    ordered: bool = False
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of text; `lead` is the sentence under its title."""

    id: str
    title: str
    lead: str
    sections: tuple[Section, ...]


def page(page_id: str) -> Page:
    """Return the page with this identifier; raises KeyError if there is none."""
    return _pages()[page_id]


def all_pages() -> tuple[Page, ...]:
    """Return every page, in the order of the file."""
    return tuple(_pages().values())


@lru_cache(maxsize=1)
def _pages() -> Mapping[str, Page]:
    entries = json.loads(_FILE.read_text(encoding="utf-8"))["pages"]
    return {entry["id"]: _page(entry) for entry in entries}


def _page(entry: Mapping[str, Any]) -> Page:
    sections = tuple(_section(section) for section in entry["sections"])
    return Page(entry["id"], entry["title"], entry["lead"], sections)


def _section(entry: Mapping[str, Any]) -> Section:
    return Section(
        heading=entry["heading"],
        anchor=entry["anchor"],
        paragraphs=tuple(entry.get("paragraphs", ())),
        items=tuple(entry.get("items", ())),
        ordered=entry.get("ordered", False),
        links=tuple(read_link(link) for link in entry.get("links", ())),
    )
