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
class Part:
    """What a section says, in this order: paragraphs, then list items, then links."""

    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what is below it; the items of `always` are numbered if `ordered`.

    `if_mailbox` is added while mails stay in the demonstration's mailbox, `if_server` where they are really sent.
    """

    heading: str
    anchor: str
    always: Part
    ordered: bool = False
    if_mailbox: Part | None = None
    if_server: Part | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """All that may be said, whatever happens to mails."""
        return tuple(part for part in (self.always, self.if_mailbox, self.if_server) if part)


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
        always=_part(entry),
        ordered=entry.get("ordered", False),
        if_mailbox=_part(entry["if_mailbox"]) if "if_mailbox" in entry else None,
        if_server=_part(entry["if_server"]) if "if_server" in entry else None,
    )


def _part(entry: Mapping[str, Any]) -> Part:
    return Part(
        paragraphs=tuple(entry.get("paragraphs", ())),
        items=tuple(entry.get("items", ())),
        links=tuple(read_link(link) for link in entry.get("links", ())),
    )
