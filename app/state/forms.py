"""What states with a form share: errors by field, and whether work is in progress."""

from collections.abc import Mapping

import reflex as rx
from reflex.event import EventSpec

SUMMARY_ID = "resume-erreurs"
"""The element that takes focus when a form comes back with errors."""


class FormMixin(rx.State, mixin=True):
    """Errors by field name, in the order of the fields, and the work in progress."""

    errors: dict[str, str] = {}
    draft: dict[str, str] = {}
    busy: bool = False

    def _refuse(self, errors: Mapping[str, str]) -> EventSpec:
        """Show these errors; return the event that moves focus to their summary."""
        self.errors = dict(errors)
        return rx.set_focus(SUMMARY_ID)
