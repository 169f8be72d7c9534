"""The HTTP side of the portal, around and inside Reflex's application."""

from collections.abc import Callable, Sequence

import reflex as rx
from starlette.applications import Starlette
from starlette.types import ASGIApp

from app.web.layers import around
from app.web.routes import http_routes
from app.web.sockets import Sockets


class Portal(rx.App):
    """Reflex's application behind every layer of the portal.

    Reflex puts an application of its own around what `api_transformer` makes. It answers CORS preflights itself, and
    addresses with a line break that its routes do not match: layers inside it would never see these.
    """

    def __call__(self) -> ASGIApp:
        """Return what the server runs."""
        return around(super().__call__())


def transformers() -> Sequence[Starlette | Callable[[ASGIApp], ASGIApp]]:
    """Return what `rx.App(api_transformer=…)` needs, innermost first."""
    return [http_routes(), Sockets]
