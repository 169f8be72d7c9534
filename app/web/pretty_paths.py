"""Addresses without a final slash: `/contact` serves the built `/contact/index.html` instead of redirecting to it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.built_pages import BuiltPages


class PrettyPaths:
    """ASGI middleware that asks the file server for the folder of a page, and only of a page that was built."""

    def __init__(self, app: ASGIApp, pages: BuiltPages) -> None:
        self._app = app
        self._paths = frozenset(pages.by_path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with a final slash if its path is that of a built page."""
        if scope["type"] == "http" and scope["path"] != "/" and scope["path"] in self._paths:
            path = scope["path"] + "/"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)
