"""A link to another page of the portal, as content files write it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Link:
    """A link inside the portal; `path` starts with a slash and may end with an anchor."""

    label: str
    path: str


def read_link(entry: Mapping[str, Any]) -> Link:
    """Return the link that a `{"label", "path"}` object of a content file describes."""
    return Link(entry["label"], entry["path"])
