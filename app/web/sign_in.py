"""Signing in and out over HTTP, because only HTTP can set a cookie no script can read (ASVS 3.3.4).

The page itself is Reflex's: a refused sign-in leaves a note that the page shows after the redirect. The layers in
front have checked the origin and bounded the body.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from app import addresses
from app.models import SpaceKind
from app.services import visitors
from app.services.accounts import passwords, sessions, sign_in
from app.services.accounts.passwords import PasswordsBusyError
from app.services.accounts.sign_in import SignInRefusedError
from app.web import error_pages, visitor

_FIELDS = ("adresse", "numero-fiscal", "mot-de-passe", "captcha", "captcha-id", "retour")
_MOST_FIELDS = 16
_FORM = "application/x-www-form-urlencoded"
_PRIVATE = {"Cache-Control": "no-store"}

Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Space:
    """One kind of space, the field of what it signs in with, and its addresses."""

    kind: SpaceKind
    field: str
    sign_in: str
    sign_out: str
    pages: tuple[str, ...]
    """What is inside, where one arrives first."""


_PROFESSIONAL = _Space(
    SpaceKind.PROFESSIONAL,
    "adresse",
    addresses.PROFESSIONAL_SIGN_IN,
    addresses.PROFESSIONAL_SIGN_OUT,
    addresses.PROFESSIONAL_PAGES,
)
_PERSONAL = _Space(
    SpaceKind.PERSONAL,
    "numero-fiscal",
    addresses.PERSONAL_SIGN_IN,
    addresses.PERSONAL_SIGN_OUT,
    addresses.PERSONAL_PAGES,
)


def sign_in_routes() -> APIRouter:
    """Return the routes that sign people in and out; other methods on the same addresses go on to the pages."""
    router = APIRouter()
    for space in (_PROFESSIONAL, _PERSONAL):
        for path, answer in ((space.sign_in, _signing_in(space)), (space.sign_out, _signing_out(space))):
            # A built page is asked for with a final slash, and a form posts to the address of its page.
            router.add_api_route(path, answer, methods=["POST"])
            router.add_api_route(f"{path}/", answer, methods=["POST"])
    return router


def _signing_in(space: _Space) -> Answer:
    async def answer(request: Request) -> Response:
        form = _form(request.headers.get("Content-Type", ""), await request.body())
        if form is None:
            return HTMLResponse(error_pages.html(400), 400, _PRIVATE)
        visitor_key = visitor.key_of(request.headers)
        if visitor_key is None:
            # The page gives the cookie; without it there is no challenge to have answered either.
            return _redirect(space.sign_in)
        left = addresses.one_of(space.pages, form["retour"])
        try:
            token = await passwords.apart(_signed_in, space.kind, visitor_key, request, form)
        except SignInRefusedError as refused:
            return await _back(space, visitor_key, form[space.field], refused.noted, left)
        except PasswordsBusyError:
            return await _back(space, visitor_key, form[space.field], sign_in.BUSY, left)
        redirect = _redirect(left or space.pages[0])
        redirect.headers.append("Set-Cookie", _cookie(space.kind, token))
        return redirect

    return answer


def _signing_out(space: _Space) -> Answer:
    async def answer(request: Request) -> Response:
        visitor_key = visitor.key_of(request.headers) or ""
        await asyncio.to_thread(sign_in.sign_out, space.kind, visitor_key, visitor.cookies_of(request.headers))
        redirect = _redirect(space.sign_in)
        redirect.headers.append("Set-Cookie", _cookie(space.kind, "", "Max-Age=0"))
        return redirect

    return answer


def _signed_in(kind: SpaceKind, visitor_key: str, request: Request, form: dict[str, str]) -> str:
    return sign_in.sign_in(
        kind,
        visitor_key,
        network=visitors.network_key(request.client.host if request.client else ""),
        email=form["adresse"],
        tax_number=form["numero-fiscal"],
        password=form["mot-de-passe"],
        captcha_id=form["captcha-id"],
        captcha_answer=form["captcha"],
        user_agent=request.headers.get("User-Agent", ""),
        cookie_header=visitor.cookies_of(request.headers),
    )


async def _back(space: _Space, visitor_key: str, address: str, message: str, left: str) -> Response:
    await asyncio.to_thread(sign_in.note, visitor_key, space.kind, address, message)
    return _redirect(addresses.sign_in(space.sign_in, left))


def _redirect(address: str) -> Response:
    # 303: whatever was posted, the next address is asked for with GET, and a reload posts nothing again.
    return RedirectResponse(address, 303, _PRIVATE)


def _form(content_type: str, body: bytes) -> dict[str, str] | None:
    """Return the known fields, empty when missing; None for what no form of the portal sends."""
    if content_type.partition(";")[0].strip().lower() != _FORM:
        return None
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        return None
    typed = dict(pairs)
    if len(typed) < len(pairs):
        return None
    return {name: typed.get(name, "") for name in _FIELDS}


def _cookie(kind: SpaceKind, value: str, *more: str) -> str:
    # No Max-Age at sign-in: the cookie goes with the browser, and the server keeps the limits.
    parts = [f"{sessions.cookie_name(kind)}={value}", "Path=/", "HttpOnly", "SameSite=Lax", *more]
    return "; ".join([*parts, "Secure"] if visitors.is_https() else parts)
