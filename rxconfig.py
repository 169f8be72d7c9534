"""Reflex's own configuration; the portal's options live in app/settings.py."""

from typing import Any

import reflex as rx
from reflex.constants import StateManagerMode
from reflex.plugins import SitemapPlugin

from app.settings import get_settings

_ENDPOINT = "const endpoint = new URL(url_str);"
_SAME_ORIGIN = """if (typeof window !== "undefined") {
    return new URL(new URL(url_str).pathname, window.location.origin);
  }
  """


def _with_same_origin(script: str) -> str:
    """Return Reflex's client script with every back-end address taken from the page's own origin.

    Reflex bakes host and port in at build time; with this, one build serves any address. Raises ValueError when
    Reflex's template no longer has the line this builds on.
    """
    if _SAME_ORIGIN in script:
        return script
    if script.count(_ENDPOINT) != 1:
        raise ValueError("Reflex's state.js has changed: read getBackendURL again")
    return script.replace(_ENDPOINT, _SAME_ORIGIN + _ENDPOINT)


class SameOriginPlugin(rx.plugins.Plugin):
    """Make the built pages talk to the address they came from."""

    def pre_compile(self, **context: Any) -> None:
        """Register the change to Reflex's client script."""
        context["add_modify_task"]("utils/state.js", _with_same_origin)


_settings = get_settings()

config = rx.Config(
    app_name="app",
    plugins=[SameOriginPlugin()],
    disable_plugins=[SitemapPlugin],  # it would bake the public address in
    cors_allowed_origins=list(_settings.allowed_origins),
    state_manager_mode=StateManagerMode.REDIS if _settings.redis_url else StateManagerMode.MEMORY,
    redis_url=_settings.redis_url or None,
    telemetry_enabled=False,
    show_built_with_reflex=False,
)
