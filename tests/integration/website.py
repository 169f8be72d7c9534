"""A tiny website behind the portal's HTTP layers, and ways to talk to it that no browser would use."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Scope
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.web.layers import around

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
INLINE_SCRIPT = "console.log('bonjour');"
CONTACT_SCRIPT = 'import "/assets/contact-AbC_12-x.js";\nwindow.$RC = "</";'
INLINE_STYLE = ".a{color:red}"
SECRET = "jeanne.dupont@example.org"


def build(folder: Path) -> Path:
    """Write what a Reflex build leaves: pages, the fallback, hashed assets, the error stylesheet."""
    pages = {
        "index.html": f"<!DOCTYPE html><title>Accueil</title><script>{INLINE_SCRIPT}</script>",
        "contact.html": "<!DOCTYPE html><title>Contact</title>",
        "contact/index.html": (
            f"<!DOCTYPE html><title>Contact</title><style data-x='1'>{INLINE_STYLE}</style>"
            f'<script>{INLINE_SCRIPT}</script><script type="module" async="">{CONTACT_SCRIPT}</script>'
            '<script src="/assets/contact-AbC_12-x.js"></script>'
        ),
        "rendez-vous/motif/index.html": "<!DOCTYPE html><title>Motif</title>",
        "404.html": "<!DOCTYPE html><title>Introuvable</title><script>fallback()</script>",
        "assets/contact-AbC_12-x.js": "export {}",
        "assets/plain.js": "export {}",
        "fonts/public-sans.woff2": "font",
        "erreur.css": "body{}",
        "favicon.svg": "<svg/>",
    }
    for name, text in pages.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def inner(folder: Path) -> Starlette:
    """Return an application like Reflex's: a socket, the built files, routes that fail in every way."""
    return Starlette(
        routes=[
            Route("/echo", _echo, methods=["GET", "POST"]),
            Route("/boom", _boom),
            Route("/cut", _cut),
            Route("/bare", _bare),
            Route("/ping", _bare),
            Route("/_upload", _echo, methods=["GET", "POST"]),
            WebSocketRoute("/_event", _socket),
            WebSocketRoute("/other", _socket),
            Mount("/", StaticFiles(directory=folder, html=True)),
        ]
    )


def site(folder: Path) -> ASGIApp:
    """Return that application behind every layer, its build read from `folder`."""
    return around(inner(folder))


async def _echo(request: Request) -> Response:
    client = request.client.host if request.client else ""
    body = (await request.body()).decode()
    headers = {name: value for name, value in request.headers.items() if name.startswith(("x-", "forw"))}
    return JSONResponse({"client": client, "scheme": request.url.scheme, "body": body, "headers": headers})


async def _boom(_request: Request) -> Response:
    raise ValueError(f"cannot read {SECRET}")


async def _cut(_request: Request) -> Response:
    async def body() -> AsyncIterator[bytes]:
        yield b"first part"
        raise ValueError(f"cannot read {SECRET}")

    return StreamingResponse(body())


async def _bare(_request: Request) -> Response:
    return PlainTextResponse("Internal Server Error", 500)


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            text = await socket.receive_text()
            if text == "boom":
                raise ValueError(f"cannot read {SECRET}")
            await socket.send_text(f"{len(text)} {socket.headers.get('origin', '')}")
    except WebSocketDisconnect:
        pass


def ask(app: ASGIApp, method: str, path: str, *, client: str = "127.0.0.1", **options: Any) -> httpx.Response:
    """Send one request to `http://localhost:3000` as httpx would."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(client, 5000))
        base = options.pop("base_url", "http://localhost:3000")
        async with httpx.AsyncClient(transport=transport, base_url=base) as browser:
            return await browser.request(method, path, **options)

    return asyncio.run(send())


@dataclass
class Raw:
    """What came back from a hand-made request."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    sent: list[Message] = field(default_factory=list)


def ask_raw(
    app: ASGIApp,
    path: str,
    *,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = (("host", "localhost:3000"),),
    chunks: Iterable[bytes] = (b"",),
    query: bytes = b"",
) -> Raw:
    """Send a request exactly as given: any path, any headers, a body in chunks of undeclared length."""
    scope = scope_of("http", path, headers, query, method=method)
    messages = _body(chunks)
    answer = Raw()

    async def receive() -> Message:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        answer.sent.append(message)
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    asyncio.run(run(app, scope, receive, send))
    return answer


def talk(
    app: ASGIApp, messages: Iterable[str | bytes], *, path: str = "/_event", headers: Iterable[tuple[str, str]] = ()
) -> list[Message]:
    """Open a websocket, say `messages`, hang up; return everything the server sent."""
    headers = headers or (("host", "localhost:3000"), ("origin", "http://localhost:3000"))
    scope = scope_of("websocket", path, headers, b"EIO=4&token=0d4f", subprotocols=[])
    said: Iterator[Message] = iter(
        [
            {"type": "websocket.connect"},
            *({"type": "websocket.receive", "text" if isinstance(m, str) else "bytes": m} for m in messages),
        ]
    )
    sent: list[Message] = []

    async def receive() -> Message:
        return next(said, {"type": "websocket.disconnect", "code": 1001})

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(run(app, scope, receive, send))
    return sent


async def run(app: ASGIApp, scope: Scope, receive: Any, send: Any) -> None:
    """Give a request to an application (`asyncio.run` wants a coroutine, an application returns any awaitable)."""
    await app(scope, receive, send)


def scope_of(kind: str, path: str, headers: Iterable[tuple[str, str]], query: bytes = b"", **more: Any) -> Scope:
    """Return what a server would tell an application about a request."""
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws" if kind == "websocket" else "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": [(name.lower().encode(), value.encode("utf-8")) for name, value in headers],
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 3000),
        **more,
    }


def _body(chunks: Iterable[bytes]) -> Iterator[Message]:
    for chunk in chunks:
        yield {"type": "http.request", "body": chunk, "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}
