"""Forms the browser itself posts: only an HTTP answer can set or clear a cookie that no script reads."""

from typing import Any

import reflex as rx


class _NativeForm(rx.el.Form):  # type: ignore[misc]
    """A form without the submit handler that Reflex gives to every other."""


def native_form(*content: Any, action: str, **attributes: Any) -> rx.Component:
    """Return a form posted to `action`; assets/guichet.js lets its button be pressed once."""
    # Form.create would prevent the browser's own submit (seen with Reflex 0.10.1).
    create = rx.Component.create.__func__
    form: rx.Component = create(_NativeForm, *content, action=action, method="post", no_validate=True, **attributes)
    return form
