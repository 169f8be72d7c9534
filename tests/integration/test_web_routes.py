"""CAPTCHA media, the calendar file, and what operators ask, behind all the layers."""

import asyncio
import io
import re
import shutil
import threading
import wave
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import icalendar
import pytest
from PIL import Image
from sqlalchemy.exc import OperationalError
from starlette.types import ASGIApp

from app import addresses, clock, frontend
from app.models import OutboxMail
from app.services import captcha, database, health, journeys, throttle, visitors
from app.services.appointments import access
from app.services.appointments.cancellation import cancel
from app.services.appointments.records import AppointmentView
from app.services.notifications import messages, outbox
from app.settings import get_settings
from app.web import offline, routes
from app.web.byte_ranges import ranged
from app.web.drawn_media import DrawnMedia
from app.web.layers import around
from app.web.routes import http_routes
from tests.booking import MONDAY, a_visitor
from tests.factories import at, make_office, make_slots
from tests.integration import website
from tests.integration.website import BROWSER, ask, ask_raw
from tests.mails import FACTS

LATER = timedelta(minutes=16)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
    monkeypatch.setattr(frontend, "PAGES", website.build(tmp_path / "built"))
    routes = http_routes()
    routes.mount("", website.inner(tmp_path / "built"))
    return around(routes)


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    throttle.reset()
    yield
    throttle.reset()


class Browser:
    """Somebody with a visitor cookie of their own."""

    def __init__(self) -> None:
        self.cookie = f"{visitors.cookie_name()}={visitors.new_token()}"
        self.headers = {"Cookie": self.cookie}

    @property
    def key(self) -> str:
        key = visitors.key_of(self.cookie)
        assert key
        return key

    def challenge(self) -> str:
        return captcha.issue(self.key)


class TestCaptchaMedia:
    def test_a_visitor_sees_and_hears_their_own_challenge(self, db: str, site: ASGIApp) -> None:
        browser = Browser()
        challenge = browser.challenge()
        picture = ask(site, "GET", addresses.captcha_image(challenge), headers=browser.headers)
        sound = ask(site, "GET", addresses.captcha_sound(challenge), headers=browser.headers)
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
        assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/wav")
        assert Image.open(io.BytesIO(picture.content)).format == "PNG"
        with wave.open(io.BytesIO(sound.content)) as spoken:
            assert spoken.getnframes() > 0
        for answer in (picture, sound):
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"

    def test_seeing_it_does_not_use_it_up(self, db: str, site: ASGIApp) -> None:
        browser = Browser()
        challenge = browser.challenge()
        for _ in range(3):
            assert ask(site, "GET", addresses.captcha_image(challenge), headers=browser.headers).status_code == 200
        text = captcha.answer_for_media(browser.key, challenge)
        assert text
        assert captcha.check(browser.key, challenge, text)

    def test_the_challenge_of_somebody_else_is_not_found(self, db: str, site: ASGIApp) -> None:
        challenge = Browser().challenge()
        thief = Browser()
        for path in (addresses.captcha_image(challenge), addresses.captcha_sound(challenge)):
            answer = ask(site, "GET", path, headers=thief.headers)
            assert answer.status_code == 404
            assert "Demandez une nouvelle image" in answer.text
            assert ask(site, "GET", path).status_code == 404

    def test_a_stranger_learns_nothing_from_the_difference(self, db: str, site: ASGIApp) -> None:
        thief = Browser()
        stolen = ask(site, "GET", addresses.captcha_image(Browser().challenge()), headers=thief.headers)
        invented = ask(site, "GET", addresses.captcha_image("0" * 32), headers=thief.headers)
        assert (stolen.status_code, stolen.content) == (invented.status_code, invented.content)

    def test_a_used_challenge_is_not_shown_again(self, db: str, site: ASGIApp) -> None:
        browser = Browser()
        challenge = browser.challenge()
        captcha.check(browser.key, challenge, "wrong")
        assert ask(site, "GET", addresses.captcha_image(challenge), headers=browser.headers).status_code == 404

    @pytest.mark.parametrize("name", ["x", "a" * 65, "é" * 32, "%00" * 8, "a' OR 1=1 --", "..%2f..%2fsecret", ""])
    def test_a_name_that_is_none_is_not_found(self, db: str, site: ASGIApp, name: str) -> None:
        assert ask(site, "GET", f"/captcha/{name}.png", headers=Browser().headers).status_code == 404

    def test_drawing_again_and_again_is_limited(self, db: str, site: ASGIApp) -> None:
        browser = Browser()
        challenge = browser.challenge()
        path = addresses.captcha_image(challenge)
        answers = [ask(site, "GET", path, headers=browser.headers) for _ in range(40)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert int(refused[0].headers["retry-after"]) > 0
        assert "Patientez" in refused[0].text

    def test_safari_gets_the_part_of_the_sound_it_asks_for(self, db: str, site: ASGIApp) -> None:
        browser = Browser()
        path = addresses.captcha_sound(browser.challenge())
        first = ask(site, "GET", path, headers={**browser.headers, "Range": "bytes=0-1"})
        assert first.status_code == 206
        assert first.content == b"RI"
        size = int(first.headers["content-range"].rpartition("/")[2])
        rest = ask(site, "GET", path, headers={**browser.headers, "Range": "bytes=2-"})
        assert rest.headers["content-range"] == f"bytes 2-{size - 1}/{size}"
        assert (b"RI" + rest.content)[:4] == b"RIFF"

    @pytest.mark.parametrize("path_of", [addresses.captcha_image, addresses.captcha_sound])
    def test_one_challenge_is_drawn_once(self, db: str, site: ASGIApp, path_of: Callable[[str], str]) -> None:
        browser = Browser()
        path = path_of(browser.challenge())
        drawings = {ask(site, "GET", path, headers=browser.headers).content for _ in range(3)}
        assert len(drawings) == 1

    def test_only_the_last_drawings_are_kept(self) -> None:
        drawn: list[str] = []

        def render(text: str) -> bytes:
            drawn.append(text)
            return text.encode()

        async def draw() -> None:
            media = DrawnMedia(render)
            for number in range(40):
                assert await media.of(f"id-{number}", str(number)) == str(number).encode()
            await media.of("id-39", "39")
            await media.of("id-0", "0")

        asyncio.run(draw())
        assert drawn == [*map(str, range(40)), "0"]


class TestByteRanges:
    @pytest.mark.parametrize(
        ("asked", "status", "body", "range_"),
        [
            ("", 200, b"0123456789", None),
            ("bytes=0-1", 206, b"01", "bytes 0-1/10"),
            ("bytes=8-", 206, b"89", "bytes 8-9/10"),
            ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
            ("bytes=-3", 206, b"789", "bytes 7-9/10"),
            ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
            ("bytes=-0", 416, b"", "bytes */10"),
            ("bytes=10-", 416, b"", "bytes */10"),
            ("bytes=10-20", 416, b"", "bytes */10"),
            ("bytes=5-2", 200, b"0123456789", None),
            ("bytes=-", 200, b"0123456789", None),
            ("bytes=0-1,4-5", 200, b"0123456789", None),
            ("bytes=a-b", 200, b"0123456789", None),
            ("bytes=0-" + "9" * 5000, 200, b"0123456789", None),
        ],
    )
    def test_one_range_is_served_and_anything_else_means_all(
        self, asked: str, status: int, body: bytes, range_: str | None
    ) -> None:
        answer = ranged(b"0123456789", "audio/wav", asked, {"Cache-Control": "no-store"})
        assert (answer.status_code, answer.body, answer.headers.get("content-range")) == (status, body, range_)
        assert answer.headers["cache-control"] == "no-store"


class TestCalendarFile:
    @pytest.fixture
    def appointment(self, db: str) -> Iterator[AppointmentView]:
        with clock.moved(MONDAY):
            office = make_office()
            make_slots(office, at("2026-11-24 09:00"))
            yield a_visitor().confirm(office, at("2026-11-24 09:00"))

    def path(self, appointment: AppointmentView) -> str:
        return addresses.calendar_file(access.manage_token(appointment.public_id))

    def test_the_link_of_the_mail_gives_it(self, site: ASGIApp, appointment: AppointmentView) -> None:
        answer = ask(site, "GET", self.path(appointment))
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/calendar; charset=utf-8")
        assert answer.headers["content-disposition"] == 'attachment; filename="rendez-vous.ics"'
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        (event,) = icalendar.Calendar.from_ical(answer.text).walk("VEVENT")
        assert event["UID"] == f"{appointment.public_id}@guichet"
        assert event["SEQUENCE"] == 0
        assert event.decoded("DTSTART") == at("2026-11-24 09:00")
        assert event.decoded("DTEND") == at("2026-11-24 09:30")

    def test_it_never_holds_the_link(self, site: ASGIApp, appointment: AppointmentView) -> None:
        token = access.manage_token(appointment.public_id)
        assert token not in ask(site, "GET", self.path(appointment)).text.replace("\r\n ", "")

    def test_a_forged_link_gives_nothing(self, site: ASGIApp, appointment: AppointmentView) -> None:
        token = access.manage_token(appointment.public_id)
        forged = [appointment.public_id, f"{appointment.public_id}-{'a' * 26}", token[:-1], token + "a", "x" * 3000]
        for one in forged:
            answer = ask(site, "GET", f"/rendez-vous/suivi/{one}/rendez-vous.ics", headers=BROWSER)
            assert answer.status_code == 404
            assert "text/html" in answer.headers["content-type"]
            assert appointment.reference not in answer.text

    def test_a_cancelled_appointment_has_none(self, site: ASGIApp, appointment: AppointmentView) -> None:
        cancel(appointment.public_id, "once")
        answer = ask(site, "GET", self.path(appointment))
        assert answer.status_code == 410
        assert "Ce rendez-vous a été annulé" in answer.text


class TestOpenedMail:
    MESSAGE = messages.confirmed(FACTS)

    @pytest.fixture
    def reader(self, db: str) -> Browser:
        reader = Browser()
        sent = self.MESSAGE
        _mail(
            visitor_key=reader.key,
            text_body=sent.text,
            html_body=sent.html,
            calendar=sent.calendar,
            calendar_method=sent.calendar_method,
        )
        return reader

    def test_its_html_form_is_shown_and_loads_nothing(self, site: ASGIApp, reader: Browser) -> None:
        answer = ask(site, "GET", addresses.mail_page(1), headers=reader.headers)
        assert answer.status_code == 200
        way_back, main, body = re.split(r"(?=<main>)|</main>", answer.text.partition("<body")[2])
        assert f'href="{addresses.DEMO_MAILBOX}"' in way_back
        assert main.removeprefix("<main>") in self.MESSAGE.html
        assert FACTS.reference in main
        assert body.strip() == "</body>\n</html>"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        allowed = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert allowed.pop("style-src-attr") == "'unsafe-inline'"
        assert allowed.pop("default-src") == "'none'"
        assert set(allowed.values()) == {"'none'"}

    def test_its_calendar_file_is_the_one_of_the_mail(self, site: ASGIApp, reader: Browser) -> None:
        answer = ask(site, "GET", addresses.mail_calendar(1), headers=reader.headers)
        assert answer.status_code == 200
        assert answer.text == self.MESSAGE.calendar
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8; method=PUBLISH"
        assert answer.headers["content-disposition"] == 'attachment; filename="rendez-vous.ics"'
        assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize("address", [addresses.mail_page, addresses.mail_calendar])
    def test_nobody_else_gets_it(self, site: ASGIApp, reader: Browser, address: Callable[[int | str], str]) -> None:
        for headers in (Browser().headers, {}, {"Cookie": f"{visitors.cookie_name()}=x"}):
            answer = ask(site, "GET", address(1), headers={**BROWSER, **headers})
            assert answer.status_code == 404
            assert "Cette page n’existe pas" in answer.text
            assert "unsafe-inline" not in answer.headers["content-security-policy"]
        for number in ("0", "2", "-1", "01", "1.0", "x", "9" * 10, "9" * 400, "１", "%31%00"):
            assert ask(site, "GET", address(number), headers=reader.headers).status_code in (400, 404, 414)

    @pytest.mark.parametrize("address", [addresses.mail_page, addresses.mail_calendar])
    def test_it_goes_with_its_day(self, site: ASGIApp, reader: Browser, address: Callable[[int | str], str]) -> None:
        with clock.moved(clock.now() + timedelta(hours=25)):
            assert ask(site, "GET", address(1), headers=reader.headers).status_code == 404

    def test_a_mail_without_a_calendar_file_has_none(self, site: ASGIApp, reader: Browser) -> None:
        _mail(visitor_key=reader.key, text_body="x", html_body="<p>x</p>")
        assert ask(site, "GET", addresses.mail_page(2), headers=reader.headers).status_code == 200
        assert ask(site, "GET", addresses.mail_calendar(2), headers=reader.headers).status_code == 404

    def test_there_is_none_where_mails_are_sent(
        self, site: ASGIApp, reader: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(outbox, "_mailbox_is_open", lambda _key: False)
        assert ask(site, "GET", addresses.mail_page(1), headers=reader.headers).status_code == 404


class TestHealth:
    def test_a_living_process_says_so_to_anybody(self, site: ASGIApp) -> None:
        answer = ask(site, "GET", "/healthz", base_url="http://10.0.0.5:3000")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["cache-control"] == "no-store"
        assert ask(site, "HEAD", "/healthz").status_code == 200

    def test_it_is_ready_when_the_database_answers_and_mail_flows(self, db: str, site: ASGIApp) -> None:
        answer = ask(site, "GET", "/readyz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok", "mail": "ok"})

    def test_it_is_not_without_its_database(self, db: str, site: ASGIApp, monkeypatch: pytest.MonkeyPatch) -> None:
        def away() -> None:
            raise OperationalError("SELECT 'secret'", {}, Exception("password authentication failed"))

        monkeypatch.setattr(health, "check_database", away)
        answer = ask(site, "GET", "/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"status": "failed", "database": "failed", "mail": "ok"}

    def test_it_is_not_while_nobody_sends_mail(self, db: str, site: ASGIApp) -> None:
        _mail()
        assert ask(site, "GET", "/readyz").status_code == 200
        with clock.moved(clock.now() + LATER):
            answer = ask(site, "GET", "/readyz")
        assert answer.status_code == 503
        assert answer.json()["mail"] == "failed"

    def test_a_database_that_hangs_costs_one_thread(
        self, db: str, site: ASGIApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hanging, calls = threading.Event(), []

        def hang() -> None:
            calls.append(1)
            hanging.wait(10)

        monkeypatch.setattr(health, "check_database", hang)
        monkeypatch.setattr(routes, "_READY_SECONDS", 0.05)

        async def ask_often() -> list[int]:
            transport = httpx.ASGITransport(app=site)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
                answers = await asyncio.gather(*(client.get("/readyz") for _ in range(5)))
                answers.append(await client.get("/readyz"))
            hanging.set()
            return [answer.status_code for answer in answers]

        assert asyncio.run(ask_often()) == [503] * 6
        assert len(calls) == 1

    def test_whoever_asks_while_an_answer_comes_in_spoils_nobody_elses(self) -> None:
        check = routes._Check(_passes)

        async def ask_often() -> list[bool]:
            answers = []
            for _ in range(300):
                answers.append(asyncio.create_task(check.passes()))
                await asyncio.sleep(0)
            return await asyncio.gather(*answers)

        assert all(asyncio.run(ask_often()))

    def test_a_mail_server_that_is_away_does_not_close_the_portal(self, db: str) -> None:
        _mail(next_attempt_at=clock.now() + timedelta(hours=1), attempts=9)
        with clock.moved(clock.now() + LATER):
            assert not health.outbox().is_stuck
            assert health.outbox().waiting == 1

    def test_a_mail_behind_another_of_its_appointment_is_not_overdue(self, db: str) -> None:
        with clock.moved(MONDAY):
            office = make_office()
            make_slots(office, at("2026-11-24 09:00"))
            appointment = a_visitor().confirm(office, at("2026-11-24 09:00"))
            cancel(appointment.public_id, "once")
        with database.writing() as session:
            first = session.get(OutboxMail, 1)
            assert first
            first.next_attempt_at = MONDAY + timedelta(hours=1)
        with clock.moved(MONDAY + LATER):
            assert health.outbox() == health.OutboxHealth(waiting=2, overdue_seconds=0.0)

    def test_a_mail_being_sent_or_settled_is_not_overdue(self, db: str) -> None:
        now = clock.now()
        _mail(leased_until=now + timedelta(hours=1))
        _mail(sent_at=now)
        _mail(gave_up_at=now)
        with clock.moved(now + LATER):
            assert health.outbox() == health.OutboxHealth(waiting=1, overdue_seconds=0.0)


class TestMetrics:
    def test_this_machine_reads_them(self, db: str, site: ASGIApp) -> None:
        _mail()
        ask(site, "GET", "/contact?nom=Dupont")
        ask(site, "GET", "/", base_url="http://evil.example")
        answer = ask(site, "GET", "/metrics")
        assert answer.status_code == 200
        assert 'guichet_http_request_seconds_count{kind="page",method="GET",status="200"}' in answer.text
        assert 'guichet_refusals_total{reason="host_foreign"}' in answer.text
        assert "guichet_mails_waiting 1.0" in answer.text
        assert "Dupont" not in answer.text

    def test_another_machine_does_not(self, db: str, site: ASGIApp) -> None:
        assert ask(site, "GET", "/metrics", client="192.0.2.7").status_code == 404

    def test_nobody_does_through_a_proxy_on_this_machine(
        self, db: str, site: ASGIApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert ask(site, "GET", "/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
        monkeypatch.setenv("PUBLIC_URL", "https://guichet.example")
        get_settings.cache_clear()
        assert ask(site, "GET", "/metrics", base_url="https://guichet.example").status_code == 404

    def test_no_page_of_another_site_does_by_naming_this_machine(self, db: str, site: ASGIApp) -> None:
        assert ask(site, "GET", "/metrics", base_url="http://rebound.example:3000").status_code == 404


class TestOtherRoutes:
    @pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
    def test_the_framework_documents_nothing(self, site: ASGIApp, path: str) -> None:
        assert ask(site, "GET", path).status_code == 404

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/captcha/x.png"])
    def test_nothing_can_be_posted_to_them(self, site: ASGIApp, path: str) -> None:
        answer = ask(site, "POST", path, headers={"Origin": "http://localhost:3000"})
        assert answer.status_code == 405

    def test_pages_are_still_served_under_them(self, site: ASGIApp) -> None:
        assert "Accueil" in ask(site, "GET", "/").text
        assert ask_raw(site, "/nowhere").status == 404


def _mail(**changes: Any) -> None:
    now = clock.now()
    number = visitors.new_token()
    row: dict[str, Any] = {
        "dedup_key": number,
        "kind": "link",
        "visitor_key": "v",
        "message_id": f"<{number}@test>",
        "recipient": "a@test.example",
        "subject": "x",
        "created_at": now,
        "next_attempt_at": now,
        **changes,
    }
    with database.writing() as session:
        session.add(OutboxMail(**row))


class TestOfflinePage:
    def test_it_is_french_holds_nothing_of_anybody_and_runs_its_own_script_only(self, site: ASGIApp) -> None:
        answer = ask(site, "GET", addresses.OFFLINE)
        assert answer.status_code == 200
        assert "Réessayer" in answer.text
        assert "set-cookie" not in answer.headers
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-robots-tag"] == "noindex"

    def test_the_worker_may_fetch_from_the_portal_and_do_nothing_else(self, site: ASGIApp) -> None:
        policy = ask(site, "GET", addresses.SERVICE_WORKER).headers["content-security-policy"]
        assert policy.endswith("connect-src 'self'")
        assert policy.startswith("default-src 'none'")


def _passes() -> bool:
    return True


class TestServiceWorker:
    def test_it_is_another_one_as_soon_as_a_file_it_keeps_is_another_one(
        self, site: ASGIApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pages = frontend.PAGES
        shutil.copy(frontend.PROJECT / "assets/sw.js", pages)
        shutil.copy(frontend.PROJECT / "assets/hors-ligne.js", pages)

        def served() -> str:
            answer = ask(site, "GET", addresses.SERVICE_WORKER)
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].startswith("text/javascript")
            assert answer.headers["Cache-Control"] == "public, no-cache"
            return answer.text

        seen = [served()]
        assert served() == seen[0]
        assert "guichet-1" not in seen[0]
        for name in ("hors-ligne.js", "erreur.css", "favicon.svg", "fonts/public-sans.woff2"):
            (pages / name).write_text(f"another {name}")
            seen.append(served())
        monkeypatch.setattr(offline, "_PAGE", "another page")
        seen.append(served())
        assert len(set(seen)) == len(seen)
        (pages / "index.html").write_text("kept by nobody")
        assert served() == seen[-1]

    def test_without_a_build_there_is_none(self, site: ASGIApp) -> None:
        assert ask(site, "GET", addresses.SERVICE_WORKER).status_code == 404

    def test_the_offline_page_says_how_long_drafts_live(self, site: ASGIApp) -> None:
        hours = int(journeys.LIFETIME.total_seconds() // 3600)
        assert f"{hours} heures après votre dernière action" in ask(site, "GET", addresses.OFFLINE).text

    def test_the_font_it_is_written_in_is_one_it_keeps(self) -> None:
        style = (frontend.PROJECT / "assets/erreur.css").read_text()
        worker = (frontend.PROJECT / "assets/sw.js").read_text()
        assert '"Public Sans", system-ui' in style
        assert all(f'"{path}"' in worker for path in re.findall(r'url\("([^"]+)"\)', style))
        assert "/fonts/public-sans.woff2" in style
