"""The visitor cookie, the headers of every answer, and addresses without a final slash."""

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from app import frontend
from app.services import visitors
from app.settings import get_settings
from app.web import built_pages
from app.web.layers import around
from tests.integration import website
from tests.integration.website import BROWSER, ask, ask_raw


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(frontend, "PAGES", website.build(tmp_path / "built"))
    return tmp_path / "built"


@pytest.fixture
def site(folder: Path) -> ASGIApp:
    return website.site(folder)


@pytest.fixture
def https_site(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
    monkeypatch.setenv("PUBLIC_URL", "https://guichet.example")
    get_settings.cache_clear()
    return website.site(folder)


def policy(answer_headers: dict[str, str] | object) -> dict[str, list[str]]:
    text = answer_headers["content-security-policy"]  # type: ignore[index]
    return {words[0]: words[1:] for words in (directive.split() for directive in text.split(";"))}


def sha256(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class TestVisitorCookie:
    def test_the_first_page_gives_a_cookie_that_scripts_cannot_read(self, site: ASGIApp) -> None:
        given = ask(site, "GET", "/", headers=BROWSER).headers["set-cookie"]
        cookie = SimpleCookie(given)["visitor"]
        assert len(cookie.value) == 43
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["secure"]
        assert visitors.key_of(f"visitor={cookie.value}")

    def test_on_https_it_is_bound_to_the_host(self, https_site: ASGIApp) -> None:
        given = ask(https_site, "GET", "/", headers=BROWSER, base_url="https://guichet.example").headers["set-cookie"]
        assert given.startswith("__Host-visitor=")
        assert "; Secure" in given
        assert "domain" not in given.lower()

    def test_every_visitor_gets_another_one(self, site: ASGIApp) -> None:
        given = {ask(site, "GET", "/", headers=BROWSER).headers["set-cookie"] for _ in range(5)}
        assert len(given) == 5

    def test_a_valid_cookie_is_left_alone(self, site: ASGIApp) -> None:
        headers = {**BROWSER, "Cookie": f"autre=1; visitor={visitors.new_token()}"}
        assert "set-cookie" not in ask(site, "GET", "/", headers=headers).headers

    @pytest.mark.parametrize("value", ["", "short", "x" * 44, "x" * 9000])
    def test_an_invalid_cookie_is_replaced(self, site: ASGIApp, value: str) -> None:
        headers = {**BROWSER, "Cookie": f"visitor={value}"}
        assert "set-cookie" in ask(site, "GET", "/", headers=headers).headers

    def test_cookies_split_over_several_headers_are_read_together(self, site: ASGIApp) -> None:
        headers = (
            ("host", "localhost:3000"),
            ("accept", "text/html"),
            ("cookie", "a=1"),
            ("cookie", f"visitor={visitors.new_token()}"),
        )
        assert "set-cookie" not in ask_raw(site, "/", headers=headers).headers

    def test_an_unchanged_page_gives_it_too(self, site: ASGIApp) -> None:
        etag = ask(site, "GET", "/", headers=BROWSER).headers["etag"]
        again = ask(site, "GET", "/", headers={**BROWSER, "If-None-Match": etag})
        assert again.status_code == 304
        assert "set-cookie" in again.headers
        assert again.headers["cache-control"] == "private, no-cache"

    @pytest.mark.parametrize(("method", "accept"), [("HEAD", "text/html"), ("GET", "*/*"), ("GET", "image/png")])
    def test_nothing_but_asking_for_a_page_gives_it(self, site: ASGIApp, method: str, accept: str) -> None:
        assert "set-cookie" not in ask(site, method, "/", headers={"Accept": accept}).headers

    @pytest.mark.parametrize(
        "path",
        ["/assets/contact-AbC_12-x.js", "/assets/plain.js", "/fonts/public-sans.woff2", "/erreur.css", "/favicon.svg"],
    )
    def test_a_file_opened_as_a_page_gives_none_and_stays_public(self, site: ASGIApp, path: str) -> None:
        first = ask(site, "GET", path, headers=BROWSER)
        again = ask(site, "GET", path, headers={**BROWSER, "If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code) == (200, 304)
        for answer in (first, again):
            assert answer.headers["cache-control"].startswith("public")
            assert "set-cookie" not in answer.headers

    @pytest.mark.parametrize("path", ["/sw.js", "/hors-ligne", "/healthz", "/readyz", "/metrics"])
    def test_neither_does_what_workers_and_programs_ask(self, site: ASGIApp, folder: Path, path: str) -> None:
        (folder / "sw.js").write_text("self")
        assert "set-cookie" not in ask(site, "GET", path, headers=BROWSER).headers

    def test_whatever_sets_a_cookie_is_never_public(self, folder: Path) -> None:
        async def gives(_scope: Scope, _receive: Receive, send: Send) -> None:
            head = [(b"content-type", b"text/css"), (b"set-cookie", b"a=1")]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": b""})

        answer = ask(around(gives), "GET", "/erreur.css")
        assert answer.headers["set-cookie"] == "a=1"
        assert answer.headers["cache-control"] == "no-store"


class TestContentPolicy:
    def test_a_page_may_run_its_own_inline_scripts_and_no_others(self, site: ASGIApp) -> None:
        home = policy(ask(site, "GET", "/").headers)
        contact = policy(ask(site, "GET", "/contact").headers)
        assert home["script-src"] == ["'self'", sha256(website.INLINE_SCRIPT)]
        assert contact["script-src"] == ["'self'", sha256(website.INLINE_SCRIPT), sha256(website.CONTACT_SCRIPT)]
        assert contact["style-src"] == ["'self'", sha256(website.INLINE_STYLE)]
        assert home["style-src"] == ["'self'"]

    def test_an_unknown_address_gets_the_policy_of_the_fallback_page(self, site: ASGIApp) -> None:
        answer = ask(site, "GET", "/rendez-vous/suivi/abc", headers=BROWSER)
        assert answer.status_code == 404
        assert sha256("fallback()") in policy(answer.headers)["script-src"]

    def test_everything_else_is_closed(self, site: ASGIApp) -> None:
        found = policy(ask(site, "GET", "/").headers)
        assert found["default-src"] == ["'none'"]
        assert found["frame-ancestors"] == ["'none'"]
        assert found["base-uri"] == ["'none'"]
        assert found["form-action"] == ["'self'"]
        text = ask(site, "GET", "/").headers["content-security-policy"]
        assert "unsafe" not in text
        assert "*" not in text

    def test_old_browsers_may_open_the_websocket(self, site: ASGIApp, https_site: ASGIApp) -> None:
        answer = ask(https_site, "GET", "/", base_url="https://guichet.example")
        assert policy(answer.headers)["connect-src"] == ["'self'", "wss://guichet.example"]

    def test_an_unchanged_page_keeps_the_policy_of_a_page(self, site: ASGIApp) -> None:
        etag = ask(site, "GET", "/contact").headers["etag"]
        again = ask(site, "GET", "/contact", headers={"If-None-Match": etag})
        assert again.status_code == 304
        assert sha256(website.CONTACT_SCRIPT) in policy(again.headers)["script-src"]

    def test_a_file_may_do_nothing(self, site: ASGIApp) -> None:
        found = policy(ask(site, "GET", "/assets/plain.js").headers)
        assert found["default-src"] == ["'none'"]
        assert "script-src" not in found

    def test_without_a_build_there_is_still_a_policy(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(frontend, "PAGES", tmp_path / "nothing")
        (tmp_path / "nothing").mkdir()
        answer = ask(website.site(tmp_path / "nothing"), "GET", "/")
        assert policy(answer.headers)["default-src"] == ["'none'"]

    def test_the_hashes_of_the_real_build_are_those_an_html_parser_finds(self) -> None:
        for path, inline in built_pages.read(frontend.PAGES).by_path.items():
            parser = InlineScripts()
            parser.feed((frontend.PAGES / path[1:] / "index.html").read_text())
            parser.close()
            assert set(inline.scripts) == {sha256(text) for text in parser.found}, path


class InlineScripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "script" and "src" not in dict(attrs)
        if self.inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1] += data


class TestOtherHeaders:
    @pytest.mark.parametrize("path", ["/", "/contact", "/assets/plain.js", "/nowhere", "/boom", "/_upload", "//"])
    def test_every_answer_has_them(self, site: ASGIApp, path: str) -> None:
        headers = ask_raw(site, path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["referrer-policy"] == "same-origin"
        assert "strict-transport-security" not in headers
        assert "content-security-policy" in headers
        assert "cache-control" in headers

    @pytest.mark.parametrize("path", ["/", "/contact", "/nowhere", "/boom", "/_upload"])
    def test_every_page_is_alone_in_its_window_and_uses_no_device(self, site: ASGIApp, path: str) -> None:
        headers = ask(site, "GET", path).headers
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]

    def test_https_is_announced_for_two_years(self, https_site: ASGIApp) -> None:
        headers = ask(https_site, "GET", "/", base_url="https://guichet.example").headers
        assert headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
        assert "upgrade-insecure-requests" in headers["content-security-policy"]

    @pytest.mark.parametrize(
        "path",
        [
            "/rendez-vous/suivi/secret",
            "/espace-professionnel/nouveau-mot-de-passe/secret",
            "/espace-professionnel/pas-moi/secret",
            "/espace-professionnel/activation/code?code=secret",
        ],
    )
    def test_an_address_that_opens_something_is_never_a_referrer_and_never_kept(self, site: ASGIApp, path: str) -> None:
        headers = ask(site, "GET", path, headers=BROWSER).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-robots-tag"] == "noindex"


class TestCaching:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("/assets/contact-AbC_12-x.js", "public, max-age=31536000, immutable"),
            ("/assets/plain.js", "public, no-cache"),
            ("/favicon.svg", "public, max-age=3600"),
            ("/fonts/public-sans.woff2", "public, max-age=2592000"),
            ("/assets/missing-AbC_12-x.js", "no-store"),
            ("/", "private, no-cache"),
            ("/contact", "private, no-cache"),
            ("/rendez-vous/motif", "no-store"),
            ("/nowhere", "no-store"),
        ],
    )
    def test_each_kind_of_answer_is_kept_as_long_as_it_is_right(self, site: ASGIApp, path: str, expected: str) -> None:
        assert ask(site, "GET", path).headers["cache-control"] == expected

    def test_an_unchanged_asset_stays_immutable(self, site: ASGIApp) -> None:
        etag = ask(site, "GET", "/assets/contact-AbC_12-x.js").headers["etag"]
        again = ask(site, "GET", "/assets/contact-AbC_12-x.js", headers={"If-None-Match": etag})
        assert again.status_code == 304
        assert "immutable" in again.headers["cache-control"]


class TestPrettyPaths:
    @pytest.mark.parametrize("path", ["/contact", "/contact/", "/rendez-vous/motif"])
    def test_a_page_is_served_without_a_redirection(self, site: ASGIApp, path: str) -> None:
        answer = ask(site, "GET", path)
        assert answer.status_code == 200
        assert re.search("<title>(Contact|Motif)</title>", answer.text)

    def test_a_query_changes_nothing(self, site: ASGIApp) -> None:
        assert ask(site, "GET", "/contact?chemin=a/b").status_code == 200

    @pytest.mark.parametrize("path", ["/nowhere", "/rendez-vous", "/contact/nowhere", "/Contact"])
    def test_what_was_not_built_is_not_found(self, site: ASGIApp, path: str) -> None:
        answer = ask(site, "GET", path)
        assert answer.status_code == 404
        assert "Introuvable" in answer.text
