"""The durations that settings decide, in words: texts hold a name like `{idle}` in their place."""

import re
from collections.abc import Mapping

from app.content import wording
from app.settings import get_settings

PLACE = re.compile(r"\{(idle|longest|activation|hold|extension|extensions)\}")
"""Where a text names one of them; its only group is the name."""


def words() -> Mapping[str, str]:
    """Return each duration as people read it, « 30 minutes », by its name in texts."""
    settings = get_settings()
    return {
        "idle": wording.duration(settings.session_idle_minutes),
        "longest": wording.duration(settings.session_hours * 60),
        "activation": wording.duration(settings.activation_hours * 60),
        "hold": wording.duration(settings.hold_minutes),
        "extension": wording.duration(settings.hold_extension_minutes),
        "extensions": wording.count(settings.hold_extensions, "fois", "fois"),
    }


def filled(text: str) -> str:
    """Return a text of the content files with each duration in its place."""
    found = words()
    return PLACE.sub(lambda place: found[place[1]], text)
