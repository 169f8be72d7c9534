"""HTTP beside the pages: CAPTCHA media, calendar files, signing in, opened mails, the offline page, what operators ask.

`/healthz` says that the process answers, `/readyz` that it can work (the database answers; somebody sends the
mails), `/metrics` is for a Prometheus on this machine: it answers only to a loopback client that names a loopback
host and came through no proxy, and is a 404 for everybody else.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from structlog import get_logger

from app.services import captcha, captcha_media, health, throttle
from app.services.appointments import access, records
from app.services.appointments.calendar_file import calendar_file
from app.services.notifications import delivery
from app.services.throttle import TooManyAttemptsError
from app.web import error_pages, metrics, origins, visitor
from app.web.account_files import account_file_routes
from app.web.byte_ranges import ranged
from app.web.drawn_media import DrawnMedia
from app.web.forwarded import PROXIED
from app.web.mailbox_files import mailbox_file_routes
from app.web.offline import offline_routes
from app.web.sign_in import sign_in_routes

_PRIVATE = {"Cache-Control": "no-store"}
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_READY_SECONDS = 3.0
_GET = ["GET", "HEAD"]
_log = get_logger(__name__)


def http_routes() -> FastAPI:
    """Return the portal's own HTTP routes; the Reflex application is mounted under them."""
    api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    api.include_router(_captcha_routes())
    api.add_api_route("/rendez-vous/suivi/{token}/rendez-vous.ics", _calendar, methods=_GET)
    api.include_router(_operators_routes())
    api.include_router(sign_in_routes())
    api.include_router(account_file_routes())
    api.include_router(mailbox_file_routes())
    api.include_router(offline_routes())
    return api


def _captcha_routes() -> APIRouter:
    pictures, sounds = DrawnMedia(captcha_media.image), DrawnMedia(captcha_media.speech)
    router = APIRouter()
    router.add_api_route("/captcha/{challenge_id}.png", _media(pictures, "image/png"), methods=_GET)
    router.add_api_route("/captcha/{challenge_id}.wav", _media(sounds, "audio/wav"), methods=_GET)
    return router


def _operators_routes() -> APIRouter:
    mail = _Check(_mail_flows)
    router = APIRouter()
    router.add_api_route("/healthz", _alive, methods=_GET)
    router.add_api_route("/readyz", _readiness({"database": _Check(_database_answers), "mail": mail}), methods=_GET)
    router.add_api_route("/metrics", _measures(mail), methods=_GET)
    return router


def _media(media: DrawnMedia, media_type: str) -> Callable[[Request, str], Awaitable[Response]]:
    async def answer(request: Request, challenge_id: str) -> Response:
        visitor_key = visitor.key_of(request.headers)
        if visitor_key is None or not _CHALLENGE.fullmatch(challenge_id):
            return _no_challenge()
        try:
            text = await asyncio.to_thread(_challenge_text, visitor_key, challenge_id)
        except TooManyAttemptsError as error:
            return _too_many(error.retry_after)
        if text is None:
            return _no_challenge()
        body = await media.of(challenge_id, text)
        return ranged(body, media_type, request.headers.get("Range", ""), _PRIVATE)

    return answer


def _challenge_text(visitor_key: str, challenge_id: str) -> str | None:
    throttle.hit("captcha_media", visitor_key)
    return captcha.answer_for_media(visitor_key, challenge_id)


async def _calendar(token: str) -> Response:
    public_id = access.public_id_of(token)
    appointment = await asyncio.to_thread(records.get, public_id) if public_id else None
    if appointment is None:
        return HTMLResponse(error_pages.html(404), 404, _PRIVATE)
    text = await asyncio.to_thread(calendar_file, appointment.public_id)
    if text is None:
        return HTMLResponse(error_pages.html(410), 410, _PRIVATE)
    headers = {**_PRIVATE, "Content-Disposition": 'attachment; filename="rendez-vous.ics"'}
    return Response(text, 200, headers, media_type="text/calendar; charset=utf-8; method=PUBLISH")


async def _alive() -> Response:
    return JSONResponse({"status": "ok"}, headers=_PRIVATE)


class _Check:
    """One question about health, asked once at a time: whoever asks meanwhile shares the answer.

    So a database that hangs costs one thread, however often it is asked for.
    """

    def __init__(self, question: Callable[[], bool]) -> None:
        self._question = question
        self._asked: asyncio.Task[bool] | None = None

    async def passes(self) -> bool:
        asked = self._asked
        if asked is None or asked.done():
            asked = self._asked = asyncio.create_task(asyncio.to_thread(self._question))
        # Not `self._asked` from here on: somebody who asks after its end puts another question there meanwhile.
        answered, _ = await asyncio.wait({asked}, timeout=_READY_SECONDS)
        error = asked.exception() if answered else TimeoutError()
        if error is not None:
            _log.warning("health_check_failed", check=self._question.__name__, error=type(error).__qualname__)
            return False
        return asked.result()


def _readiness(checks: dict[str, _Check]) -> Callable[[], Awaitable[Response]]:
    async def ready() -> Response:
        passed = {name: await check.passes() for name, check in checks.items()}
        is_ready = all(passed.values())
        shown = {name: _word(passes) for name, passes in passed.items()}
        return JSONResponse({"status": _word(is_ready), **shown}, 200 if is_ready else 503, _PRIVATE)

    return ready


def _word(passes: bool) -> str:
    return "ok" if passes else "failed"


def _measures(mail: _Check) -> Callable[[Request], Awaitable[Response]]:
    async def read(request: Request) -> Response:
        if not _is_local(request):
            return HTMLResponse(error_pages.html(404), 404, _PRIVATE)
        await mail.passes()
        return Response(metrics.text(), 200, _PRIVATE, media_type="text/plain; version=0.0.4; charset=utf-8")

    return read


def _database_answers() -> bool:
    health.check_database()
    return True


def _mail_flows() -> bool:
    outbox = health.outbox()
    metrics.MAILS_WAITING.set(outbox.waiting)
    metrics.MAILS_GIVEN_UP.set(delivery.given_up())
    metrics.MAILS_OVERDUE_SECONDS.set(outbox.overdue_seconds)
    return not outbox.is_stuck


def _is_local(request: Request) -> bool:
    host = origins.host_name(request.headers.get("Host", ""))
    client = request.client.host if request.client else ""
    return bool(host) and origins.is_loopback(host or "") and origins.is_loopback(client) and not _proxied(request)


def _proxied(request: Request) -> bool:
    return bool(request.scope.get(PROXIED))


def _no_challenge() -> Response:
    return PlainTextResponse("Ce contrôle n’existe plus. Demandez une nouvelle image.", 404, _PRIVATE)


def _too_many(retry_after: int) -> Response:
    headers = {**_PRIVATE, "Retry-After": str(retry_after)}
    return PlainTextResponse("Trop de demandes. Patientez un instant, puis recommencez.", 429, headers)
