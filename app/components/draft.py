"""Text fields whose content is kept on the server while it is typed (assets/draft-field.js)."""

import reflex as rx
from reflex.event import passthrough_event_spec


class _DraftField(rx.Component):
    library = "$/public/draft-field.js"

    name: rx.Var[str]
    draft: rx.Var[str]
    force: rx.Var[int]
    on_save: rx.EventHandler[passthrough_event_spec(str, str)]  # type: ignore[type-arg, valid-type]


class DraftInput(_DraftField):
    """A one-line field; `on_save` gets (name, text) after a pause and when the field is left."""

    tag = "DraftInput"


class DraftTextarea(_DraftField):
    """A field of several lines; `on_save` gets (name, text) after a pause and when the field is left."""

    tag = "DraftTextarea"


class DraftMail(_DraftField):
    """A field for a mail address, and under it the question about it: its children.

    `on_left` gets (name, text) when the field is left, and after a pause if it `is_last` of its form. The question
    shows while the field holds `typed`. A button of the question with `data-answer="take"` puts `meant` into the field,
    one with « keep » gives (name, text) to `on_kept`.
    """

    tag = "DraftMail"

    typed: rx.Var[str]
    meant: rx.Var[str]
    is_last: rx.Var[bool]
    on_left: rx.EventHandler[passthrough_event_spec(str, str)]  # type: ignore[type-arg, valid-type]
    on_kept: rx.EventHandler[passthrough_event_spec(str, str)]  # type: ignore[type-arg, valid-type]
