"""Reflex's own configuration; the portal's options live in app/settings.py."""

from typing import Any

import reflex as rx
from reflex.constants import StateManagerMode
from reflex.plugins import SitemapPlugin

from app.settings import get_settings

_SAME_ORIGIN = """if (typeof window !== "undefined") {
    return new URL(new URL(url_str).pathname, window.location.origin);
  }
  """
# Reflex bakes host and port in at build time, and tells people in English that the site has changed under their feet.
_CHANGES = {
    "const endpoint = new URL(url_str);": _SAME_ORIGIN + "const endpoint = new URL(url_str);",
    '"A new version of this app is available."': '"Ce site vient de changer de version. Votre saisie est conservée."',
    'button.textContent = "Reload";': 'button.textContent = "Recharger la page";',
}


def _adapted(script: str) -> str:
    """Return Reflex's client script with `_CHANGES`; raise ValueError when its template no longer has their lines."""
    for before, after in _CHANGES.items():
        if after in script:
            continue
        if script.count(before) != 1:
            raise ValueError(f"Reflex's state.js has changed: look for {before}")
        script = script.replace(before, after)
    return script


class ClientScriptPlugin(rx.plugins.Plugin):
    """Make the built pages talk to the address they came from, and in French."""

    def pre_compile(self, **context: Any) -> None:
        """Register the change to Reflex's client script."""
        context["add_modify_task"]("utils/state.js", _adapted)


_settings = get_settings()

config = rx.Config(
    app_name="app",
    plugins=[ClientScriptPlugin()],
    disable_plugins=[SitemapPlugin],  # it would bake the public address in
    cors_allowed_origins=list(_settings.allowed_origins),
    state_manager_mode=StateManagerMode.REDIS if _settings.redis_url else StateManagerMode.MEMORY,
    redis_url=_settings.redis_url or None,
    # Brotli first: a browser that takes both gets the smaller one.
    frontend_compression_formats=["brotli", "gzip"],
    telemetry_enabled=False,
    show_built_with_reflex=False,
)
