"""What the drafts of all journeys hold alike: the browser tabs they are open in, and what was typed by field name."""

from collections.abc import Container, Mapping
from typing import Any

from app.services.journeys import JourneyView

TYPED = "typed."
"""What precedes the name of a field in a draft."""

LONGEST_TYPED = 200
"""How many characters of a field the journeys that lead to an account keep."""

_TABS_KEPT = 6


def with_tab(found: JourneyView, tab: str) -> list[str]:
    """Return the tabs the journey is open in, this one last; the oldest beyond six are forgotten."""
    others = [known for known in found.draft.get("tabs", []) if known != tab]
    return [*others, tab][-_TABS_KEPT:]


def typed_changes(fields: Mapping[str, str], kept: Container[str]) -> dict[str, Any]:
    """Return the changes that keep those of `fields` named in `kept`; lone surrogates cannot be stored."""
    return {
        f"{TYPED}{name}": value[:LONGEST_TYPED].encode(errors="replace").decode()
        for name, value in fields.items()
        if name in kept
    }


def typed_in(draft: Mapping[str, Any]) -> dict[str, str]:
    """Return what a draft keeps of the fields, by field name."""
    return {key.removeprefix(TYPED): value for key, value in draft.items() if key.startswith(TYPED)}
