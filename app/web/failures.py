"""What the portal answers when its own code fails: a French page with a reference, never a stack trace."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog import get_logger

from app.web import error_pages
from app.web.access_log import reference_of

_log = get_logger(__name__)
_REPLACED = frozenset({405, 500})


class AnswerCutError(Exception):
    """The answer was already on its way when the code failed; the server must cut the connection."""


class Failures:
    """ASGI middleware that catches what nobody caught.

    The frameworks inside answer in English: their bare 405 and 500 are replaced too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; raise AnswerCutError if it fails when the answer has begun."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _HttpAnswer(send)
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            _log.exception("http_request_failed")
            if answer.passed_on:
                raise AnswerCutError(reference_of(scope)) from None
            answer.replaced = 500
        if answer.replaced:
            reference = reference_of(scope) if answer.replaced == 500 else ""
            await error_pages.answer(scope, send, answer.replaced, reference=reference, headers=answer.allow)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        closed = False

        async def watched(message: Message) -> None:
            nonlocal closed
            closed = closed or message["type"] == "websocket.close"
            await send(message)

        async def listened() -> Message:
            nonlocal closed
            message = await receive()
            closed = closed or message["type"] == "websocket.disconnect"
            return message

        try:
            await self._app(scope, listened, watched)
        except Exception:
            _log.exception("websocket_failed")
            if not closed:
                await send({"type": "websocket.close", "code": 1011})


class _HttpAnswer:
    """An answer that holds back the bare error pages of the frameworks."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.passed_on = False
        self.replaced = 0
        self.allow: tuple[tuple[bytes, bytes], ...] = ()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in _REPLACED:
            self.replaced = message["status"]
            headers = message.get("headers", ())
            self.allow = tuple((name, value) for name, value in headers if name.lower() == b"allow")
        if not self.replaced:
            self.passed_on = True
            await self._send(message)
