"""Texts that name a duration which a setting decides."""

from typing import Any

from app.durations import PLACE, words
from app.state.durations import DurationsState

ACTIVATION, LONGEST = DurationsState.activation, DurationsState.longest
_SHOWN = {name: getattr(DurationsState, name) for name in words()}


def told(text: str) -> list[Any]:
    """Return the pieces of a text of the content files, with what the running server says in the places it leaves."""
    # What `split` puts at odd places is the name of a duration.
    return [_SHOWN[piece] if at % 2 else piece for at, piece in enumerate(PLACE.split(text)) if piece]
