"""The PDF summary of a professional space, for its owner only.

Who may have it: a session in which the password was typed again within five minutes, or the browser that signed up
and has just activated. Everybody else is sent where the password is asked for. It is never kept by a cache.
"""

import asyncio
from functools import partial

import anyio
from fastapi import APIRouter, Request, Response
from starlette.responses import PlainTextResponse, RedirectResponse

from app import addresses
from app.models import SpaceKind
from app.services import audit, throttle
from app.services.accounts import activation, reauthentication, sessions, summary_pdf
from app.services.accounts.summary_pdf import Summary
from app.services.throttle import TooManyAttemptsError
from app.web import visitor

_PRIVATE = {"Cache-Control": "no-store"}
_AT_ONCE = 2


def account_file_routes() -> APIRouter:
    """Return the route of the PDF summary."""
    # Making a document is all computing: a few at a time, apart from the threads that wait for the database.
    threads = anyio.CapacityLimiter(_AT_ONCE)

    async def answer(request: Request) -> Response:
        try:
            found = await asyncio.to_thread(_summary_or_way, request)
        except TooManyAttemptsError as error:
            return _too_many(error.retry_after)
        if isinstance(found, str):
            return RedirectResponse(found, 303, _PRIVATE)
        document = await anyio.to_thread.run_sync(partial(summary_pdf.render, found), limiter=threads)
        headers = {**_PRIVATE, "Content-Disposition": f'inline; filename="{summary_pdf.FILE_NAME}"'}
        return Response(document, 200, headers, media_type="application/pdf")

    router = APIRouter()
    router.add_api_route(addresses.SUMMARY_PDF, answer, methods=["GET", "HEAD"])
    return router


def _summary_or_way(request: Request) -> Summary | str:
    """Return what the document says, or the address of the page where this browser goes on to have it."""
    cookies = visitor.cookies_of(request.headers)
    visitor_key = visitor.key_of(request.headers) or ""
    signed_in = sessions.find(SpaceKind.PROFESSIONAL, cookies)
    if signed_in is None:
        account_id = activation.may_download_summary(visitor_key) if visitor_key else None
        elsewhere = addresses.PROFESSIONAL_SIGN_IN
    else:
        is_proven = reauthentication.is_proven(signed_in.account.id, signed_in.id)
        account_id = signed_in.account.id if is_proven else _just_activated(visitor_key, signed_in.account.id)
        elsewhere = addresses.SPACE_DETAILS
    if account_id is None:
        return elsewhere
    throttle.hit("summary_pdf", str(account_id))
    summary = summary_pdf.read(account_id)
    if summary is None:
        return elsewhere
    audit.note("summary_pdf", visitor_key, sessions.subject(account_id), "done")
    return summary


def _just_activated(visitor_key: str, account_id: int) -> int | None:
    """Return the account if this browser has just activated it; whose session it is decides, not the last sign-up."""
    made = activation.may_download_summary(visitor_key) if visitor_key else None
    return made if made == account_id else None


def _too_many(retry_after: int) -> Response:
    headers = {**_PRIVATE, "Retry-After": str(retry_after)}
    return PlainTextResponse("Trop de demandes. Patientez un instant, puis recommencez.", 429, headers)
