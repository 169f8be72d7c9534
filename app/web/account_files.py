"""The files of a space, for its owner only: the PDF summary of a professional one, the data of either kind.

Who may have them: a session in which the password was typed again within five minutes; the summary, also the browser
that signed up and has just activated. Everybody else is sent where the password is asked for. No cache keeps them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import anyio
from fastapi import APIRouter, Request, Response
from starlette.responses import PlainTextResponse, RedirectResponse

from app import addresses
from app.models import SpaceKind
from app.services import audit, throttle
from app.services.accounts import activation, data_export, reauthentication, sessions, summary_pdf
from app.services.accounts.summary_pdf import Summary
from app.services.throttle import TooManyAttemptsError
from app.web import visitor

_PRIVATE = {"Cache-Control": "no-store"}
_AT_ONCE = 2
_GET = ["GET", "HEAD"]


def account_file_routes() -> APIRouter:
    """Return the routes of the PDF summary and of the data of both kinds of space."""
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
    router.add_api_route(addresses.SUMMARY_PDF, answer, methods=_GET)
    for pages in (_PROFESSIONAL, _PERSONAL):
        router.add_api_route(pages.file, _data_answer(pages), methods=_GET)
    return router


@dataclass(frozen=True, slots=True)
class _Pages:
    """Where the data of a kind of space are, and where whoever may not have them goes instead."""

    kind: SpaceKind
    file: str
    sign_in: str
    password: str


_PROFESSIONAL = _Pages(
    SpaceKind.PROFESSIONAL,
    addresses.PROFESSIONAL_DATA_FILE,
    addresses.PROFESSIONAL_SIGN_IN,
    addresses.SPACE_DATA,
)
_PERSONAL = _Pages(
    SpaceKind.PERSONAL, addresses.PERSONAL_DATA_FILE, addresses.PERSONAL_SIGN_IN, addresses.PERSONAL_DATA
)


def _data_answer(pages: _Pages) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            found = await asyncio.to_thread(_data_or_way, request, pages)
        except TooManyAttemptsError as error:
            return _too_many(error.retry_after)
        if isinstance(found, str):
            return RedirectResponse(found, 303, _PRIVATE)
        headers = {**_PRIVATE, "Content-Disposition": f'attachment; filename="{data_export.FILE_NAME}"'}
        return Response(found, 200, headers, media_type="application/json")

    return answer


def _data_or_way(request: Request, pages: _Pages) -> bytes | str:
    """Return the file, or the address of the page where this browser goes on to have it."""
    signed_in = sessions.find(pages.kind, visitor.cookies_of(request.headers))
    if signed_in is None:
        return pages.sign_in
    account_id = signed_in.account.id
    if not reauthentication.is_proven(account_id, signed_in.id):
        return pages.password
    throttle.hit("data_export", str(account_id))
    document = data_export.export(account_id)
    if document is None:
        return pages.sign_in
    audit.note("data_export", visitor.key_of(request.headers) or "", sessions.subject(account_id), "done")
    return document


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
