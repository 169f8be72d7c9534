"""What every request goes through, whichever route or page it asks for."""

from starlette.types import ASGIApp

from app import frontend
from app.web import built_pages
from app.web.access_log import AccessLog
from app.web.failures import Failures
from app.web.forwarded import Forwarded
from app.web.guard import Guard
from app.web.headers import SecurityHeaders
from app.web.pretty_paths import PrettyPaths
from app.web.visitor import VisitorCookie


def around(app: ASGIApp) -> ASGIApp:
    """Return `app` behind every layer; the last one here sees a request first.

    The built pages are read now, once: call this when the server starts, not when a module is imported.
    """
    pages = built_pages.read(frontend.PAGES)
    app = PrettyPaths(app, pages)
    app = VisitorCookie(app)
    app = Guard(app)
    app = Failures(app)
    app = SecurityHeaders(app, pages)
    app = AccessLog(app)
    return Forwarded(app)
