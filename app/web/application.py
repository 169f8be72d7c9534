"""The HTTP side of the portal, in the form in which Reflex puts it around itself."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.types import ASGIApp

from app.web.layers import around
from app.web.routes import http_routes
from app.web.sockets import Sockets


def transformers() -> Sequence[Starlette | Callable[[ASGIApp], ASGIApp]]:
    """Return what `rx.App(api_transformer=…)` needs, innermost first."""
    return [http_routes(), Sockets, around]
