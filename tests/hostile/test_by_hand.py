"""What the real server answers to whoever asks by hand, with everything that Reflex puts around the portal."""

import http.client
import stat
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import pytest

from app import frontend
from tests.e2e.portal import Portal

_BROWSER = {"Accept": "text/html,application/xhtml+xml"}
_COMPRESSED_OR_RAW = (".html", ".br", ".gz")


def ask(
    portal: Portal, path: str, headers: Mapping[str, str], method: str = "GET"
) -> tuple[int, http.client.HTTPMessage, str]:
    """Return status, headers and text of the answer; the path is sent as it is."""
    connection = http.client.HTTPConnection(urlsplit(portal.url).netloc, timeout=30)
    try:
        connection.request(method, path, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode(errors="replace")
    finally:
        connection.close()


@pytest.mark.parametrize(
    "path", ["/%0a", "/contact%0a", "/a%0ab", "/healthz%0a", "/_event%0A", "/contact%0d%0aSet-Cookie:%20a=1"]
)
def test_a_line_break_in_an_address_passes_through_every_layer(portal: Portal, path: str) -> None:
    status, headers, text = ask(portal, path, _BROWSER)
    assert status == 404
    assert "Cette page n’existe pas" in text
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert ask(portal, path, {**_BROWSER, "Host": "evil.example"})[0] == 400


@pytest.mark.parametrize("path", ["/contact", "/_event/", "/nowhere", "/contact%0a"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_preflight_of_another_site_learns_nothing(portal: Portal, path: str, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    status, headers, _ = ask(portal, path, asked, "OPTIONS")
    assert 400 <= status < 500
    assert not [name for name in headers if name.lower().startswith("access-control-")]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_file_carries_a_cookie_and_no_page_is_for_all(portal: Portal) -> None:
    files = sorted(file for file in frontend.PAGES.rglob("*") if file.is_file())
    served = [
        f"/{quote(str(file.relative_to(frontend.PAGES)))}" for file in files if file.suffix not in _COMPRESSED_OR_RAW
    ]
    assert len(served) > 50
    given, shared = set(), set()
    for path in [*served, "/healthz", "/readyz", "/metrics", "/hors-ligne"]:
        _, headers, _ = ask(portal, path, _BROWSER)
        given |= {path} if "Set-Cookie" in headers else set()
        shared |= {path} if "public" in headers["Cache-Control"] else set()
    assert given == set()
    assert shared > {path for path in served if path.startswith("/assets/") and path.endswith(".js")}
    for path in ("/", "/contact", "/aide", "/mentions-legales"):
        status, headers, _ = ask(portal, path, _BROWSER)
        assert (status, "Set-Cookie" in headers, "public" in headers["Cache-Control"]) == (200, True, False)


def test_only_their_owner_reads_the_files_of_a_running_portal(portal: Portal) -> None:
    rights = {
        file.name: stat.S_IMODE(file.stat().st_mode)
        for file in portal.folder.iterdir()
        if file.name.startswith("guichet.db")
    }
    assert rights == dict.fromkeys(["guichet.db", "guichet.db-shm", "guichet.db-wal"], 0o600)
