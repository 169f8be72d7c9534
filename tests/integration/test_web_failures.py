"""When the portal's own code fails: a French page with a reference, a log line without what people typed."""

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from starlette.types import ASGIApp

import app.logging as portal_logging
from app import frontend
from app.settings import get_settings
from app.web.access_log import _kind, shown_path
from app.web.failures import AnswerCutError
from tests.integration import website
from tests.integration.website import BROWSER, SECRET, ask, ask_raw, talk


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
    monkeypatch.setattr(frontend, "PAGES", website.build(tmp_path / "built"))
    return website.site(tmp_path / "built")


class Log:
    """What the portal wrote to its log in production form."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]


@pytest.fixture(params=["production"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    monkeypatch.setenv("DEMO", "0" if request.param == "production" else "1")
    get_settings.cache_clear()
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    portal_logging.configure()
    yield Log(stream)
    root.handlers[:], root.level = before
    structlog.reset_defaults()


class TestErrorPages:
    @pytest.mark.parametrize("path", ["/boom", "/bare"])
    def test_a_failure_is_a_french_page_that_shows_nothing_of_it(self, site: ASGIApp, path: str) -> None:
        answer = ask(site, "GET", path, headers=BROWSER)
        assert answer.status_code == 500
        assert "Une erreur est survenue de notre côté" in answer.text
        assert '<html lang="fr">' in answer.text
        assert '<link rel="stylesheet" href="/erreur.css">' in answer.text
        assert "Internal" not in answer.text
        assert "Traceback" not in answer.text
        assert SECRET not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert "style-src 'self'" in answer.headers["content-security-policy"]

    def test_its_reference_is_in_the_log(self, site: ASGIApp, log: Log) -> None:
        answer = ask(site, "GET", "/boom")
        shown = re.search(r"<code>([0-9a-f]{8})</code>", answer.text)
        assert shown
        (failure,) = log.named("http_request_failed")
        assert failure["reference"] == shown[1]
        assert failure["exception"][0]["type"] == "builtins.ValueError"
        assert any("website.py" in place for place in failure["exception"][0]["places"])
        assert SECRET not in log.text

    def test_the_page_has_no_body_for_whoever_asks_for_the_head(self, site: ASGIApp) -> None:
        answer = ask(site, "HEAD", "/boom")
        assert answer.status_code == 500
        assert answer.content == b""

    def test_an_answer_that_fails_on_the_way_is_cut_not_ended(self, site: ASGIApp, log: Log) -> None:
        with pytest.raises(AnswerCutError) as cut:
            ask_raw(site, "/cut")
        assert SECRET not in str(cut.value)
        assert cut.value.__suppress_context__
        assert SECRET not in log.text

    def test_a_websocket_that_fails_is_closed(self, site: ASGIApp, log: Log) -> None:
        sent = talk(site, ["boom"])
        assert sent[-1] == {"type": "websocket.close", "code": 1011}
        assert log.named("websocket_failed")
        assert SECRET not in log.text

    def test_the_stylesheet_exists(self) -> None:
        stylesheet = Path("assets/erreur.css").read_text()
        assert "prefers-color-scheme: dark" in stylesheet


class TestAccessLog:
    def test_a_request_leaves_one_line_without_its_query(self, site: ASGIApp, log: Log) -> None:
        ask(site, "GET", "/contact?chemin=particulier&nom=Dupont", client="203.0.113.9")
        (line,) = log.named("http_request")
        assert line["path"] == "/contact"
        assert line["status"] == 200
        assert line["method"] == "GET"
        assert "Dupont" not in log.text
        assert "203.0.113.9" not in log.text
        assert re.fullmatch("[0-9a-f]{12}", line["network"])

    def test_the_link_of_an_appointment_is_not_written(self, site: ASGIApp, log: Log) -> None:
        ask(site, "GET", "/rendez-vous/suivi/abcd-efgh")
        ask(site, "GET", "/rendez-vous/suivi/abcd-efgh/rendez-vous.ics")
        assert "abcd" not in log.text
        assert {line["path"] for line in log.named("http_request")} == {"/rendez-vous/suivi/…"}

    @pytest.mark.parametrize("folder", ["nouveau-mot-de-passe", "pas-moi"])
    def test_a_link_of_a_mail_about_a_space_is_not_written(self, site: ASGIApp, log: Log, folder: str) -> None:
        ask(site, "GET", f"/espace-professionnel/{folder}/abcd-efgh")
        structlog.get_logger("x").warning("failed", text=f"GET /espace-professionnel/{folder}/abcd-efgh gave 500")
        assert "abcd" not in log.text

    def test_a_websocket_s_token_is_not_written(self, site: ASGIApp, log: Log) -> None:
        talk(site, ["bonjour"])
        assert "0d4f" not in log.text
        assert log.named("websocket_closed")[0]["accepted"]

    def test_assets_and_probes_are_quiet_while_they_work(self, site: ASGIApp, log: Log) -> None:
        ask(site, "GET", "/assets/plain.js")
        assert not log.named("http_request")
        ask(site, "GET", "/assets/missing.js")
        assert log.named("http_request")

    def test_a_download_is_no_asset(self) -> None:
        assert _kind("/rendez-vous/suivi/x/rendez-vous.ics") == "page"
        assert _kind("/erreur.css") == _kind("/assets/a.js") == _kind("/fonts/a.woff2") == "asset"
        assert _kind("/x" * 5000 + ".css") == "page"

    def test_a_refusal_says_why(self, site: ASGIApp, log: Log) -> None:
        ask(site, "POST", "/echo", headers={"Origin": "https://evil.example"})
        (refused,) = log.named("request_refused")
        (line,) = log.named("http_request")
        assert refused["reason"] == "origin_foreign"
        assert refused["reference"] == line["reference"]

    @pytest.mark.parametrize("path", ["/a\nb", "/\x1b[31m", "/" + "x" * 5000, "/\u202e"])
    def test_no_path_can_forge_a_line(self, path: str) -> None:
        shown = shown_path(path)
        assert len(shown) <= 200
        assert shown.isprintable()


class TestLogging:
    def test_secrets_are_dropped_and_masked(self, log: Log) -> None:
        structlog.get_logger("x").info(
            "tried",
            password="hunter2",
            email=SECRET,
            last_name="Dupont",
            visitor_key="v" * 64,
            reason=f"no mail to {SECRET} at /_event?token=0d4f&x=1",
            nested={"cookie": "abc", "count": 2, "inner": [SECRET]},
            office=12,
        )
        (line,) = log.lines
        assert line["office"] == 12
        assert line["nested"] == {"count": 2, "inner": ["…"]}
        assert line["reason"] == "no mail to … at /_event?token=…&x=1"
        for secret in ("hunter2", SECRET, "Dupont", "vvvv", "0d4f", "abc"):
            assert secret not in log.text

    def test_libraries_write_the_same_way(self, log: Log) -> None:
        logging.getLogger("library").warning("mail to %s failed", SECRET)
        (line,) = log.lines
        assert line["event"] == "mail to … failed"
        assert line["level"] == "warning"
        assert line["logger"] == "library"

    def test_an_exception_keeps_its_places_and_causes_not_its_words(self, log: Log) -> None:
        try:
            try:
                raise KeyError(SECRET)
            except KeyError as cause:
                raise RuntimeError(f"about {SECRET}") from cause
        except RuntimeError:
            logging.getLogger("library").exception("failed")
        (line,) = log.lines
        assert [error["type"] for error in line["exception"]] == ["builtins.RuntimeError", "builtins.KeyError"]
        assert SECRET not in log.text

    def test_the_portal_s_own_exceptions_keep_their_words(self, log: Log) -> None:
        structlog.get_logger("x").error("failed", exc_info=AnswerCutError("abcd"))
        assert log.lines[0]["exception"][0]["message"] == "abcd"

    def test_a_forged_line_stays_one_line(self, log: Log) -> None:
        structlog.get_logger("x").info("a\n{}", reason="b\nc")
        assert len(log.lines) == 1

    @pytest.mark.parametrize("log", ["demo"], indirect=True)
    def test_the_demonstration_writes_plain_lines(self, log: Log) -> None:
        structlog.get_logger("x").info("tried", email=SECRET, office=12)
        assert "tried" in log.text
        assert "office=12" in log.text
        assert SECRET not in log.text
        assert not log.text.startswith("{")
