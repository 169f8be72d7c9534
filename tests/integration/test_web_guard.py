"""What must never get through: foreign hosts and origins, oversized requests, weird paths, closed addresses."""

import asyncio
from pathlib import Path

import pytest
import reflex as rx
from hypothesis import given, strategies
from hypothesis import settings as hypothesis_settings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount
from starlette.types import ASGIApp, Message

from app import frontend
from app.settings import get_settings
from app.web import guard, origins
from app.web.application import Portal
from app.web.forwarded import Forwarded
from app.web.layers import around
from tests.integration import website
from tests.integration.website import ask, ask_raw, talk

OWN = "http://localhost:3000"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
    monkeypatch.setattr(frontend, "PAGES", website.build(tmp_path / "built"))
    return website.site(tmp_path / "built")


@pytest.fixture
def public_site(site: ASGIApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
    monkeypatch.setenv("PUBLIC_URL", "https://guichet.example")
    monkeypatch.setenv("TRUST_PROXY", "true")
    get_settings.cache_clear()
    return website.site(tmp_path / "built")


class TestHost:
    @pytest.mark.parametrize("host", ["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST:8080", "localhost"])
    def test_names_of_this_machine_are_the_portal_while_it_has_no_public_one(self, site: ASGIApp, host: str) -> None:
        assert ask_raw(site, "/", headers=[("host", host)]).status == 200

    @pytest.mark.parametrize(
        "host",
        [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "localhost:3000/x",
            "localhost:abc",
            "local host",
            "é.example",
            "[::1",
            "[::zz]",
            "a" * 300,
        ],
    )
    def test_any_other_is_refused(self, site: ASGIApp, host: str) -> None:
        answer = ask_raw(site, "/", headers=[("host", host)])
        assert answer.status == 400
        assert b"n\xe2\x80\x99est pas valable" in answer.body
        assert host.encode() not in answer.body or not host

    def test_none_or_two_are_refused(self, site: ASGIApp) -> None:
        assert ask_raw(site, "/", headers=[]).status == 400
        twice = [("host", "localhost:3000"), ("host", "localhost:3000")]
        assert ask_raw(site, "/", headers=twice).status == 400

    def test_a_public_portal_answers_to_its_public_name_alone(self, public_site: ASGIApp) -> None:
        assert ask_raw(public_site, "/", headers=[("host", "guichet.example")]).status == 200
        assert ask_raw(public_site, "/", headers=[("host", "GUICHET.example:443")]).status == 200
        assert ask_raw(public_site, "/", headers=[("host", "localhost:3000")]).status == 400

    @given(strategies.text(max_size=60))
    def test_no_text_at_all_breaks_the_reading_of_a_host(self, text: str) -> None:
        name = origins.host_name(text)
        assert name is None or "/" not in name


class TestOrigin:
    @pytest.mark.parametrize("origin", [OWN, "http://127.0.0.1:3000", "http://[::1]:3000"])
    def test_a_form_of_the_portal_is_taken(self, site: ASGIApp, origin: str) -> None:
        answer = ask(site, "POST", "/echo", content=b"x", headers={"Origin": origin})
        assert answer.json()["body"] == "x"

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", "null", "", "https://localhost:3000", "http://localhost", "http://localhost:3001"],
    )
    def test_a_form_of_another_site_is_not(self, site: ASGIApp, origin: str) -> None:
        answer = ask(site, "POST", "/echo", content=b"x", headers={"Origin": origin})
        assert answer.status_code == 403
        assert "Cette demande ne vient pas de ce site" in answer.text

    def test_a_form_that_does_not_say_where_it_comes_from_is_not(self, site: ASGIApp) -> None:
        assert ask(site, "POST", "/echo", content=b"x").status_code == 403

    def test_two_origins_are_none(self, site: ASGIApp) -> None:
        headers = [("host", "localhost:3000"), ("origin", OWN), ("origin", "https://evil.example")]
        assert ask_raw(site, "/echo", method="POST", headers=headers).status == 403

    def test_a_page_without_referrer_is_believed_on_the_word_of_its_browser(self, site: ASGIApp) -> None:
        headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        assert ask(site, "POST", "/echo", headers=headers).status_code == 200
        headers["Sec-Fetch-Site"] = "cross-site"
        assert ask(site, "POST", "/echo", headers=headers).status_code == 403

    def test_the_word_of_the_browser_does_not_cover_a_foreign_origin(self, site: ASGIApp) -> None:
        headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}
        assert ask(site, "POST", "/echo", headers=headers).status_code == 403

    def test_reading_needs_no_origin(self, site: ASGIApp) -> None:
        assert ask(site, "GET", "/echo", headers={"Origin": "https://evil.example"}).status_code == 200

    def test_a_mapped_port_works_on_this_machine(self, site: ASGIApp) -> None:
        answer = ask(
            site, "POST", "/echo", headers={"Origin": "http://localhost:8080"}, base_url="http://localhost:8080"
        )
        assert answer.status_code == 200

    def test_a_public_portal_takes_its_own_origin_alone(self, public_site: ASGIApp) -> None:
        def post(origin: str, host: str = "guichet.example") -> int:
            headers = [("host", host), ("origin", origin)]
            return ask_raw(public_site, "/echo", method="POST", headers=headers).status

        assert post("https://guichet.example") == 200
        assert post("http://guichet.example") == 403
        assert post("https://sub.guichet.example") == 403
        assert post("http://localhost:3000") == 403

    def test_polling_is_checked_even_when_it_only_reads(self, site: ASGIApp) -> None:
        assert ask(site, "GET", "/_event?transport=polling").status_code == 403
        foreign = {"Origin": "https://evil.example"}
        assert ask(site, "GET", "/_event/?transport=polling", headers=foreign).status_code == 403


class TestWebsocket:
    def test_the_portal_s_own_pages_open_it(self, site: ASGIApp) -> None:
        sent = talk(site, ["bonjour"])
        assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send"]
        assert sent[1]["text"] == f"7 {OWN}"

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:9", "file://", None])
    def test_nobody_else_does(self, site: ASGIApp, origin: str | None) -> None:
        headers = [("host", "localhost:3000"), *([("origin", origin)] if origin else [])]
        assert talk(site, ["bonjour"], headers=headers) == [{"type": "websocket.close", "code": 1008}]

    def test_a_foreign_host_does_not(self, site: ASGIApp) -> None:
        headers = [("host", "evil.example"), ("origin", "http://evil.example")]
        assert talk(site, ["bonjour"], headers=headers) == [{"type": "websocket.close", "code": 1008}]

    def test_there_is_no_other_one(self, site: ASGIApp) -> None:
        assert talk(site, [], path="/other") == [{"type": "websocket.close", "code": 1008}]

    def test_reflex_sees_an_origin_it_knows_behind_a_mapped_port(self, site: ASGIApp) -> None:
        headers = [("host", "localhost:8080"), ("origin", "http://localhost:8080")]
        assert talk(site, ["x"], headers=headers)[1]["text"] == f"1 {OWN}"

    @pytest.mark.parametrize("message", ["x" * 65537, "é" * 40000, b"x" * 65537])
    def test_an_oversized_message_ends_it(self, site: ASGIApp, message: str | bytes) -> None:
        sent = talk(site, ["first", message, "never read"])
        assert sent[-1] == {"type": "websocket.close", "code": 1009}
        assert len([one for one in sent if one["type"] == "websocket.send"]) == 1

    def test_the_largest_message_allowed_goes_through(self, site: ASGIApp) -> None:
        assert talk(site, ["x" * 65536])[1]["text"].startswith("65536 ")


class TestBodies:
    OWN_HEADERS = (("host", "localhost:3000"), ("origin", OWN))

    def test_the_largest_body_allowed_goes_through(self, site: ASGIApp) -> None:
        answer = ask(site, "POST", "/echo", content=b"x" * 65536, headers={"Origin": OWN})
        assert len(answer.json()["body"]) == 65536

    def test_a_body_that_says_it_is_too_big_is_refused_unread(self, site: ASGIApp) -> None:
        headers = [*self.OWN_HEADERS, ("content-length", "65537")]

        def never() -> bytes:
            raise AssertionError("the body was read")

        answer = ask_raw(site, "/echo", method="POST", headers=headers, chunks=(never() for _ in range(1)))
        assert answer.status == 413
        assert b"trop volumineux" in answer.body

    def test_a_body_that_does_not_say_its_size_is_refused_when_it_gets_too_big(self, site: ASGIApp) -> None:
        endless = (b"x" * 1000 for _ in iter(int, 1))
        answer = ask_raw(site, "/echo", method="POST", headers=self.OWN_HEADERS, chunks=endless)
        assert answer.status == 413

    def test_a_body_that_lies_about_its_size_is_refused_too(self, site: ASGIApp) -> None:
        headers = [*self.OWN_HEADERS, ("content-length", "10")]
        chunks = [b"x" * 60000, b"x" * 60000]
        assert ask_raw(site, "/echo", method="POST", headers=headers, chunks=chunks).status == 413

    def test_reading_with_a_body_is_bounded_as_well(self, site: ASGIApp) -> None:
        headers = [("host", "localhost:3000"), ("transfer-encoding", "chunked")]
        chunks = [b"x" * 60000, b"x" * 60000]
        assert ask_raw(site, "/echo", headers=headers, chunks=chunks).status == 413

    @pytest.mark.parametrize("length", ["-1", "abc", "1e9", "", "1" * 40, "٣"])
    def test_a_size_that_is_no_number_is_refused(self, site: ASGIApp, length: str) -> None:
        headers = [*self.OWN_HEADERS, ("content-length", length)]
        assert ask_raw(site, "/echo", method="POST", headers=headers).status == 400

    def test_a_body_that_never_comes_is_given_up(self, site: ASGIApp, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(guard, "_BODY_SECONDS", 0.05)
        scope = website.scope_of("http", "/echo", self.OWN_HEADERS, method="POST")
        sent: list[Message] = []

        async def receive() -> Message:
            await asyncio.sleep(60)
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(website.run(site, scope, receive, send))
        assert sent[0]["status"] == 408

    def test_a_client_that_leaves_while_sending_harms_nothing(self, site: ASGIApp) -> None:
        scope = website.scope_of("http", "/echo", self.OWN_HEADERS, method="POST")
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(website.run(site, scope, receive, send))
        assert sent == []


class TestAddresses:
    @pytest.mark.parametrize(
        "path",
        [
            "/\x00",
            "/contact\x00.html",
            "/../../etc/passwd",
            "/contact/../../secret",
            "/./contact",
            "/contact/..",
            "//evil.example",
            "/contact//",
            "/..\\..\\windows",
            "/a\nSet-Cookie: x=1",
            "/\n",
            "/contact\n",
            "/a\u0085b",
            "/a\u2028b",
            "relative",
            "",
            "http://evil.example/",
        ],
    )
    def test_a_weird_path_is_not_found(self, site: ASGIApp, path: str) -> None:
        answer = ask_raw(site, path)
        assert answer.status == 404
        assert "Cette page n’existe pas".encode() in answer.body
        assert "location" not in answer.headers

    @pytest.mark.parametrize("encoded", ["/%00", "/%2e%2e/%2e%2e/etc/passwd", "/contact%2f..%2f..", "/%0d%0aX: 1"])
    def test_nor_is_an_encoded_one(self, site: ASGIApp, encoded: str) -> None:
        assert ask(site, "GET", encoded).status_code == 404

    @pytest.mark.parametrize(
        "path",
        [
            "/_upload",
            "/_upload/x.png",
            "/_health",
            "/_all_routes",
            "/_event/x",
            "/_eventual",
            "/ping",
            "/auth-codespace",
            "/__spa-fallback.html",
            "/contact.html",
            "/contact/index.html",
            "/index.html.gz",
        ],
    )
    def test_what_the_portal_does_not_use_is_not_found(self, site: ASGIApp, path: str) -> None:
        assert ask(site, "GET", path).status_code == 404
        posted = ask(site, "POST", path, headers={"Origin": OWN})
        assert posted.status_code == 404

    def test_an_endless_address_is_refused(self, site: ASGIApp) -> None:
        assert ask_raw(site, "/" + "a" * 5000).status == 414
        assert ask_raw(site, "/", query=b"a" * 5000).status == 414

    def test_huge_cookies_are_refused_in_words_that_help(self, site: ASGIApp) -> None:
        headers = [("host", "localhost:3000"), ("cookie", "a=" + "b" * 20000)]
        answer = ask_raw(site, "/", headers=headers)
        assert answer.status == 431
        assert b"cookies" in answer.body

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", ""])
    def test_methods_the_portal_does_not_use_are_refused(self, method: str) -> None:
        async def never(_scope: object, _receive: object, _send: object) -> None:
            raise AssertionError("the request reached the pages")

        headers = [("host", "localhost:3000"), ("origin", OWN)]
        assert ask_raw(around(never), "/echo", method=method, headers=headers).status == 405

    def test_posting_to_a_page_is_refused_in_french(self, site: ASGIApp) -> None:
        answer = ask(site, "POST", "/contact", headers={"Origin": OWN})
        assert answer.status_code == 405
        assert "n’est pas possible ici" in answer.text

    @hypothesis_settings(max_examples=150, deadline=None)
    @given(path=strategies.text(max_size=80), cookie=strategies.text(max_size=80))
    def test_no_path_and_no_cookie_makes_the_portal_fail(self, path: str, cookie: str) -> None:
        async def inner(scope: object, receive: object, send: object) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
            await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]

        app = around(inner)
        headers = [
            ("host", "localhost:3000"),
            ("accept", "text/html"),
            ("cookie", cookie.encode("utf-8", "replace").decode()),
        ]
        path = path.encode("utf-8", "replace").decode()
        assert ask_raw(app, "/" + path, headers=headers).status in (200, 404, 414)


class TestForwarded:
    def test_without_a_trusted_proxy_nobody_chooses_their_address(self, site: ASGIApp) -> None:
        headers = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "Forwarded": "for=1.2.3.4"}
        answer = ask(site, "GET", "/echo", headers=headers, client="192.0.2.7").json()
        assert answer["client"] == "192.0.2.7"
        assert answer["scheme"] == "http"
        assert answer["headers"] == {}

    @pytest.mark.parametrize(
        ("said", "believed"),
        [
            ("203.0.113.9", "203.0.113.9"),
            ("1.2.3.4, 203.0.113.9", "203.0.113.9"),
            ("127.0.0.1, 203.0.113.9", "203.0.113.9"),
            ("203.0.113.9:5555", "203.0.113.9"),
            ("[2001:db8::1]:5555", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("unknown", "192.0.2.7"),
            ("1.2.3.4,", "192.0.2.7"),
            ("<script>", "192.0.2.7"),
        ],
    )
    def test_a_trusted_proxy_is_believed_for_what_it_wrote_itself(
        self, public_site: ASGIApp, said: str, believed: str
    ) -> None:
        headers = {"Host": "guichet.example", "X-Forwarded-For": said, "X-Forwarded-Proto": "https"}
        answer = ask(public_site, "GET", "/echo", headers=headers, client="192.0.2.7").json()
        assert answer["client"] == believed
        assert answer["scheme"] == "https"
        assert answer["headers"] == {}

    def test_of_several_headers_the_last_one_counts(self, public_site: ASGIApp) -> None:
        headers = [
            ("host", "guichet.example"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-for", "203.0.113.9"),
        ]
        assert b"203.0.113.9" in ask_raw(public_site, "/echo", headers=headers).body

    def test_a_websocket_s_scheme_follows(self, public_site: ASGIApp) -> None:
        seen = {}

        async def inner(scope: dict[str, object], _receive: object, _send: object) -> None:
            seen.update(scope)

        scope = website.scope_of("websocket", "/_event", [("x-forwarded-proto", "https")])
        asyncio.run(Forwarded(inner)(scope, None, None))  # type: ignore[arg-type]
        assert seen["scheme"] == "wss"


PREFLIGHT = (("host", "localhost:3000"), ("access-control-request-method", "POST"))


class TestTheWholePortal:
    """What Reflex puts around its application: CORS, and one route that knows no line break in an address."""

    @pytest.fixture
    def portal(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
        inside = website.inner(website.build(tmp_path / "built"))
        cors = Middleware(
            CORSMiddleware, allow_origins=[OWN], allow_methods=["*"], allow_headers=["*"], allow_credentials=True
        )
        monkeypatch.setattr(frontend, "PAGES", tmp_path / "built")
        top = Starlette(routes=[Mount("", inside)], middleware=[cors])
        monkeypatch.setattr(rx.App, "__call__", lambda _self: top)
        return Portal.__new__(Portal)()

    @pytest.mark.parametrize("path", ["/\n", "/contact\n", "/a\nb", "/healthz\n"])
    def test_a_line_break_passes_through_every_layer(self, portal: ASGIApp, path: str) -> None:
        answer = ask_raw(portal, path)
        assert answer.status == 404
        assert "Cette page n’existe pas".encode() in answer.body
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert ask_raw(portal, path, headers=[("host", "evil.example")]).status == 400

    @pytest.mark.parametrize("path", ["/contact", "/_event", "/echo", "/nowhere"])
    @pytest.mark.parametrize("origin", ["https://evil.example", "null"])
    def test_a_preflight_of_another_site_is_refused_as_what_it_asks_for(
        self, portal: ASGIApp, path: str, origin: str
    ) -> None:
        answer = ask_raw(portal, path, method="OPTIONS", headers=[*PREFLIGHT, ("origin", origin)])
        assert answer.status == 403
        assert "access-control-allow-origin" not in answer.headers
        assert "access-control-allow-methods" not in answer.headers
        assert answer.headers["x-frame-options"] == "DENY"

    def test_so_is_one_for_a_foreign_host(self, portal: ASGIApp) -> None:
        headers = [("host", "evil.example"), *PREFLIGHT[1:], ("origin", OWN)]
        assert ask_raw(portal, "/contact", method="OPTIONS", headers=headers).status == 400

    def test_one_of_the_portal_s_own_has_every_header(self, portal: ASGIApp) -> None:
        answer = ask_raw(portal, "/contact", method="OPTIONS", headers=[*PREFLIGHT, ("origin", OWN)])
        assert answer.status == 200
        assert answer.headers["x-content-type-options"] == "nosniff"

    def test_pages_and_the_websocket_go_on(self, portal: ASGIApp) -> None:
        page = ask(portal, "GET", "/contact", headers=website.BROWSER)
        assert (page.status_code, "set-cookie" in page.headers) == (200, True)
        sent = talk(portal, ["bonjour"])
        assert [message["type"] for message in sent][:2] == ["websocket.accept", "websocket.send"]

    def test_a_failure_inside_is_still_a_page_in_french(self, portal: ASGIApp) -> None:
        answer = ask(portal, "GET", "/boom")
        assert answer.status_code == 500
        assert "Une erreur est survenue de notre côté" in answer.text
