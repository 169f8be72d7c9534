"""The mails of the demonstration's mailbox as mail programs show them: their HTML form and their calendar file.

Who may have them: the browser whose mails they are, as in the mailbox itself. Whatever else is asked for is not found,
so that nobody learns which mails there are. What an HTML form may load is in app.web.headers.
"""

import asyncio
import re

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from app import addresses
from app.services.notifications import outbox
from app.services.notifications.outbox import OpenedMail
from app.web import error_pages, visitor

_PRIVATE = {"Cache-Control": "no-store"}
_NUMBER = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)
_GET = ["GET", "HEAD"]
_BODY = re.compile(r"(<body[^>]*>)(.*)(</body>)", re.DOTALL)
_WAY_BACK = (
    f'<nav style="padding:12px 20px;font-family:sans-serif"><a href="{addresses.DEMO_MAILBOX}" '
    'style="display:inline-block;padding:8px 0;color:inherit">Revenir à la boîte de démonstration</a></nav>'
)


def mailbox_file_routes() -> APIRouter:
    """Return the routes of both; with a mail server they find nothing."""
    router = APIRouter()
    router.add_api_route(addresses.mail_page("{mail_id}"), _page, methods=_GET)
    router.add_api_route(addresses.mail_calendar("{mail_id}"), _calendar, methods=_GET)
    return router


async def _page(request: Request, mail_id: str) -> Response:
    mail = await _own_mail(request, mail_id)
    return HTMLResponse(_with_way_back(mail.html), 200, _PRIVATE) if mail and mail.html else _not_found()


def _with_way_back(html: str) -> str:
    """Return the mail as the main part of a page that leads back: an application on a phone has no button for it."""
    return _BODY.sub(rf"\1{_WAY_BACK}<main>\2</main>\3", html, count=1)


async def _calendar(request: Request, mail_id: str) -> Response:
    mail = await _own_mail(request, mail_id)
    if mail is None or not mail.calendar:
        return _not_found()
    headers = {**_PRIVATE, "Content-Disposition": 'attachment; filename="rendez-vous.ics"'}
    kind = f"text/calendar; charset=utf-8; method={mail.calendar_method}"
    return Response(mail.calendar, 200, headers, media_type=kind)


async def _own_mail(request: Request, mail_id: str) -> OpenedMail | None:
    visitor_key = visitor.key_of(request.headers)
    if visitor_key is None or not _NUMBER.fullmatch(mail_id):
        return None
    return await asyncio.to_thread(outbox.mail_of_visitor, visitor_key, int(mail_id))


def _not_found() -> Response:
    return HTMLResponse(error_pages.html(404), 404, _PRIVATE)
