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
