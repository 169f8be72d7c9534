"""The field in which the activation code of a mail is typed."""

from typing import Any

import reflex as rx

from app.components import fields


def code_field(state: Any, label: str, hint: str, mark: str = "") -> rx.Component:
    """Return the field `code` of a form; `mark` follows the label."""
    return fields.text_field(
        state,
        "code",
        label,
        hint=hint,
        mark=mark,
        short=True,
        autoComplete="one-time-code",
        autoCapitalize="none",
        spellCheck="false",
        maxLength="40",
    )
