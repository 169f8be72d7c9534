"""Signing in and out by HTTP POST, behind all the layers: cookies, redirects, and forms no browser sends."""

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest
import structlog
from starlette.types import ASGIApp

from app import addresses, frontend
from app.models import SpaceKind
from app.services import captcha, throttle, visitors
from app.services.accounts import passwords, sessions, sign_in
from app.settings import get_settings
from app.web.layers import around
from app.web.routes import http_routes
from tests.accounts import ADDRESS, PASSWORD, TAX_NUMBER, make_account, quick_passwords, solved_captcha
from tests.integration import website
from tests.integration.website import BROWSER, ask, ask_raw

PRO, PERSONAL = SpaceKind.PROFESSIONAL, SpaceKind.PERSONAL
PAGE = addresses.PROFESSIONAL_SIGN_IN
OUT = addresses.PROFESSIONAL_SIGN_OUT
SPACE = addresses.PROFESSIONAL_SPACE
ORIGIN = {"Origin": "http://localhost:3000"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    throttle.reset()
    with quick_passwords():
        yield
    throttle.reset()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
    return built(tmp_path / "built", monkeypatch)


def built(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
    website.build(folder)
    page = folder / PAGE.lstrip("/") / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!DOCTYPE html><title>Connexion</title>")
    monkeypatch.setattr(frontend, "PAGES", folder)
    routes = http_routes()
    routes.mount("", website.inner(folder))
    return around(routes)


class Browser:
    """Somebody with cookies, who fills in the form of the page."""

    def __init__(self, site: ASGIApp, origin: str = "http://localhost:3000") -> None:
        self.site, self.origin = site, origin
        self.cookies = {visitors.cookie_name(): visitors.new_token()}

    @property
    def header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    @property
    def key(self) -> str:
        key = visitors.key_of(self.header)
        assert key
        return key

    def post(self, path: str, body: str | bytes = "", **headers: str) -> httpx.Response:
        sent = {"Cookie": self.header, "Origin": self.origin, **FORM, **headers}
        answer = ask(self.site, "POST", path, content=body, headers=sent, base_url=self.origin)
        for line in answer.headers.get_list("set-cookie"):
            for name, cookie in SimpleCookie(line).items():
                self.cookies[name] = cookie.value
        return answer

    def sign_in(self, email: str = ADDRESS, password: str = PASSWORD, **more: str) -> httpx.Response:
        challenge, answer = solved_captcha(self.key)
        typed = {"adresse": email, "mot-de-passe": password, "captcha": answer, "captcha-id": challenge}
        return self.post(PAGE, urlencode({**typed, **more}))

    def note(self) -> tuple[str, str] | None:
        return sign_in.take_note(self.key, PRO)

    @property
    def is_in(self) -> bool:
        return sessions.find(PRO, self.header) is not None


class TestSigningIn:
    def test_the_right_password_leads_into_the_space_with_a_cookie_no_script_reads(
        self, db: str, site: ASGIApp
    ) -> None:
        make_account()
        browser = Browser(site)
        answer = browser.sign_in()
        assert (answer.status_code, answer.headers["location"]) == (303, SPACE)
        assert answer.headers["cache-control"] == "no-store"
        cookie = answer.headers["set-cookie"]
        assert re.fullmatch(r"pro-session=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax", cookie)
        assert browser.is_in
        assert browser.note() is None

    def test_on_https_the_cookie_is_secure_and_bound_to_the_host(
        self, db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PUBLIC_URL", "https://guichet.example")
        get_settings.cache_clear()
        make_account()
        browser = Browser(built(tmp_path / "built", monkeypatch), "https://guichet.example")
        cookie = browser.sign_in().headers["set-cookie"]
        assert re.fullmatch(r"__Host-pro-session=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax; Secure", cookie)
        assert browser.is_in
        gone = browser.post(OUT).headers["set-cookie"]
        assert gone == "__Host-pro-session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure"

    def test_the_address_with_a_final_slash_works_too(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        challenge, answer = solved_captcha(browser.key)
        typed = {"adresse": ADDRESS, "mot-de-passe": PASSWORD, "captcha": answer, "captcha-id": challenge}
        assert browser.post(f"{PAGE}/", urlencode(typed)).headers["location"] == SPACE

    @pytest.mark.parametrize("password", ["Été😀'\"«»&=+%;42-Ardoise-Nigaud", "a+b%20c&d=e;f-42-Nigaud-Ardoise"])
    def test_a_password_of_any_characters_arrives_whole(self, db: str, site: ASGIApp, password: str) -> None:
        make_account(password=password)
        assert Browser(site).sign_in(password=password).headers["location"] == SPACE

    def test_each_sign_in_gives_another_cookie_and_ends_the_one_before(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        browser.sign_in()
        before = browser.header
        browser.sign_in()
        assert sessions.find(PRO, before) is None
        assert browser.is_in

    def test_a_cookie_planted_before_is_not_adopted(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        planted = "A" * 43
        browser.cookies["pro-session"] = planted
        browser.sign_in()
        assert browser.cookies["pro-session"] != planted
        assert sessions.find(PRO, f"pro-session={planted}") is None

    def test_the_page_itself_stays_that_of_the_build(self, db: str, site: ASGIApp) -> None:
        for path in (PAGE, f"{PAGE}/"):
            answer = ask(site, "GET", path, headers=BROWSER)
            assert answer.status_code == 200
            assert "<title>Connexion</title>" in answer.text
            assert ask(site, "HEAD", path, headers=BROWSER).status_code == 200

    def test_signing_out_by_a_link_does_nothing(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        browser.sign_in()
        assert ask(site, "GET", OUT, headers={"Cookie": browser.header}).status_code == 404
        assert browser.is_in


class TestRefusals:
    def test_a_wrong_password_leads_back_with_a_note(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        answer = browser.sign_in(password="wrong")
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
        assert "set-cookie" not in answer.headers
        assert browser.note() == (ADDRESS, sign_in.REFUSED)
        assert browser.note() is None

    def test_an_unknown_address_gets_the_same_answer(self, db: str, site: ASGIApp) -> None:
        make_account()
        wrong, unknown = Browser(site), Browser(site)
        one, other = wrong.sign_in(password="wrong"), unknown.sign_in(email="nobody@courriel.example")
        assert (one.status_code, one.content, list(one.headers)) == (
            other.status_code,
            other.content,
            list(other.headers),
        )
        assert (wrong.note() or ())[1:] == (unknown.note() or ())[1:]

    @pytest.mark.parametrize(
        ("field", "value", "name", "message"),
        [
            ("captcha", "AAAAAAA", "captcha", sign_in.WRONG_CAPTCHA),
            ("captcha", "", "captcha", sign_in.NO_CAPTCHA),
            ("captcha-id", "../../etc", "captcha", sign_in.WRONG_CAPTCHA),
            ("mot-de-passe", "", "password", sign_in.NO_PASSWORD),
            ("adresse", "", "identifier", "Saisissez votre adresse électronique, par exemple nom@exemple.fr."),
        ],
    )
    def test_each_missing_or_wrong_field_says_what_to_do(
        self, db: str, site: ASGIApp, field: str, value: str, name: str, message: str
    ) -> None:
        make_account()
        browser = Browser(site)
        assert browser.sign_in(**{field: value}).headers["location"] == PAGE
        assert sign_in.errors_in((browser.note() or ("", ""))[1]) == {name: message}
        assert not browser.is_in

    @pytest.mark.parametrize("body", ["", "adresse=&mot-de-passe=&captcha=&captcha-id=", "captcha=%E2%80%8B+"])
    def test_a_form_without_any_field_is_told_of_each_at_once(self, db: str, site: ASGIApp, body: str) -> None:
        browser = Browser(site)
        assert browser.post(PAGE, body).headers["location"] == PAGE
        errors = sign_in.errors_in((browser.note() or ("", ""))[1])
        assert list(errors) == ["identifier", "password", "captcha"]
        assert errors["identifier"].startswith("Saisissez votre adresse")

    def test_a_refusal_keeps_the_session_of_before(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        browser.sign_in()
        browser.sign_in(password="wrong")
        assert browser.is_in

    def test_without_the_visitor_cookie_one_is_led_to_the_page_that_gives_it(self, db: str, site: ASGIApp) -> None:
        make_account()
        body = urlencode({"adresse": ADDRESS, "mot-de-passe": PASSWORD, "captcha": "A", "captcha-id": "B"})
        answer = ask(site, "POST", PAGE, content=body, headers={**ORIGIN, **FORM})
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
        assert "set-cookie" not in answer.headers

    def test_insistence_is_told_to_wait(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        for _ in range(6):
            browser.sign_in(password="wrong")
        browser.note()
        assert browser.sign_in().headers["location"] == PAGE
        assert "patientez une" in (browser.note() or ("", ""))[1]

    def test_a_portal_full_of_sign_ins_says_so(self, db: str, site: ASGIApp, monkeypatch: pytest.MonkeyPatch) -> None:
        async def full(*_: object, **__: object) -> str:
            raise passwords.PasswordsBusyError

        monkeypatch.setattr(passwords, "apart", full)
        browser = Browser(site)
        assert browser.sign_in().headers["location"] == PAGE
        assert (browser.note() or ("", ""))[1] == sign_in.BUSY


class TestPersonalSpace:
    PAGE = addresses.PERSONAL_SIGN_IN

    def sign_in(self, browser: Browser, **more: str) -> httpx.Response:
        challenge, answer = solved_captcha(browser.key)
        typed = {"numero-fiscal": TAX_NUMBER, "mot-de-passe": PASSWORD, "captcha": answer, "captcha-id": challenge}
        return browser.post(self.PAGE, urlencode(typed | more))

    def test_the_tax_number_leads_to_my_contacts_and_out_again(self, db: str, site: ASGIApp) -> None:
        make_account(kind=PERSONAL, tax_number=TAX_NUMBER)
        browser = Browser(site)
        answer = self.sign_in(browser)
        assert (answer.status_code, answer.headers["location"]) == (303, addresses.PERSONAL_SPACE)
        assert re.fullmatch(r"perso-session=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax", answer.headers["set-cookie"])
        assert sessions.find(PERSONAL, browser.header) is not None
        assert not browser.is_in
        other = Browser(site)
        assert self.sign_in(other, retour=addresses.PERSONAL_DATA).headers["location"] == addresses.PERSONAL_DATA
        assert self.sign_in(other, retour=addresses.SPACE_DATA).headers["location"] == addresses.PERSONAL_SPACE
        out = browser.post(addresses.PERSONAL_SIGN_OUT)
        assert (out.status_code, out.headers["location"]) == (303, self.PAGE)
        assert sessions.find(PERSONAL, browser.header) is None

    def test_what_was_typed_comes_back_with_the_reason(self, db: str, site: ASGIApp) -> None:
        browser = Browser(site)
        assert self.sign_in(browser).headers["location"] == self.PAGE
        assert browser.note() is None, "the page of the other kind has nothing to say"
        assert sign_in.take_note(browser.key, PERSONAL) == (TAX_NUMBER, sign_in.REFUSED_NUMBER)
        self.sign_in(browser, **{"numero-fiscal": " 12", "adresse": ADDRESS})
        noted = sign_in.take_note(browser.key, PERSONAL)
        assert noted is not None
        assert noted[0] == " 12"

    def test_the_address_of_a_space_does_not_sign_in_here_nor_the_number_there(self, db: str, site: ASGIApp) -> None:
        make_account()
        make_account(kind=PERSONAL, tax_number=TAX_NUMBER)
        browser = Browser(site)
        self.sign_in(browser, **{"numero-fiscal": "", "adresse": ADDRESS})
        browser.sign_in("", **{"numero-fiscal": TAX_NUMBER})
        assert sessions.find(PERSONAL, browser.header) is None
        assert not browser.is_in

    def test_each_session_is_left_by_its_own_button(self, db: str, site: ASGIApp) -> None:
        make_account()
        make_account(kind=PERSONAL, tax_number=TAX_NUMBER)
        browser = Browser(site)
        self.sign_in(browser)
        browser.sign_in()
        browser.post(OUT)
        assert not browser.is_in
        assert sessions.find(PERSONAL, browser.header) is not None


class TestHostileForms:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:3000.evil.example"},
            {},
        ],
    )
    @pytest.mark.parametrize("path", [PAGE, OUT])
    def test_another_site_can_neither_sign_in_nor_out(
        self, db: str, site: ASGIApp, headers: dict[str, str], path: str
    ) -> None:
        make_account()
        browser = Browser(site)
        browser.sign_in()
        sent = {"Cookie": browser.header, **FORM, **headers}
        assert ask(site, "POST", path, content="adresse=a", headers=sent).status_code == 403
        assert browser.is_in

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("application/json", b'{"adresse": "a"}'),
            ("text/plain", b"adresse=a"),
            ("", b"adresse=a"),
            (
                "multipart/form-data; boundary=x",
                b"--x\r\nContent-Disposition: form-data; name=adresse\r\n\r\na\r\n--x--",
            ),
            ("multipart/form-data", b"--"),
            ("application/x-www-form-urlencoded", b"adresse=a&adresse=b"),
            ("application/x-www-form-urlencoded", b"&".join(b"f%d=x" % number for number in range(17))),
            ("application/x-www-form-urlencoded", b"&" * 60_000),
            ("application/x-www-form-urlencoded", b"adresse=%ff%fe"),
            ("application/x-www-form-urlencoded", "adresse=é".encode()),
            ("application/x-www-form-urlencoded", b"\x00\xff\x80"),
            ("application/x-www-form-urlencoded; charset=utf-16", "adresse=a".encode("utf-16")),
        ],
    )
    def test_what_no_form_of_ours_sends_gets_a_plain_page(self, db: str, site: ASGIApp, kind: str, body: bytes) -> None:
        browser = Browser(site)
        answer = browser.post(PAGE, body, **{"Content-Type": kind})
        assert answer.status_code == 400
        assert "Cette demande n’est pas valable" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert browser.note() is None

    @pytest.mark.parametrize(
        "typed",
        [
            "\x00",
            "' OR 1=1 --",
            "<script>alert(1)</script>@x.example",
            "a@x.example\r\nSet-Cookie: a=b",
            "{{7*7}}",
            "x" * 50_000,
            "\u202eevil@courriel.example",
        ],
    )
    def test_whatever_is_typed_leads_back_quietly(self, db: str, site: ASGIApp, typed: str) -> None:
        browser = Browser(site)
        answer = browser.sign_in(email=typed)
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
        note = browser.note()
        assert note is not None
        assert note[0] in (typed, "")
        assert len(note[0]) < 255

    def test_an_endless_password_is_only_a_wrong_one(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        assert browser.sign_in(password="x" * 60_000).status_code == 303
        assert (browser.note() or ("", ""))[1] == sign_in.REFUSED

    def test_a_body_too_big_is_never_read(self, db: str, site: ASGIApp) -> None:
        answer = Browser(site).post(PAGE, "adresse=" + "x" * 70_000)
        assert answer.status_code == 413

    def test_a_body_in_crumbs_is_put_together(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        challenge, answer = solved_captcha(browser.key)
        body = (
            f"adresse={quote(ADDRESS)}&mot-de-passe={quote(PASSWORD)}&captcha={answer}&captcha-id={challenge}"
        ).encode()
        raw = ask_raw(
            site,
            PAGE,
            method="POST",
            headers=[
                ("host", "localhost:3000"),
                ("origin", "http://localhost:3000"),
                ("content-type", FORM["Content-Type"]),
                ("cookie", browser.header),
            ],
            chunks=[body[start : start + 1] for start in range(len(body))],
        )
        assert (raw.status, raw.headers["location"]) == (303, SPACE)

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
    def test_no_other_method_acts(self, db: str, site: ASGIApp, method: str) -> None:
        assert ask(site, method, PAGE, headers=ORIGIN).status_code == 405

    def test_the_redirect_goes_nowhere_else(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        challenge, answer = solved_captcha(browser.key)
        typed = {"adresse": ADDRESS, "mot-de-passe": PASSWORD, "captcha": answer, "captcha-id": challenge}
        path = f"{PAGE}?next=https://evil.example&retour=//evil.example"
        assert browser.post(path, urlencode({**typed, "next": "//evil.example"})).headers["location"] == SPACE

    @pytest.mark.parametrize("page", addresses.PROFESSIONAL_PAGES)
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_one_goes_back_to_the_page_that_was_left(self, db: str, site: ASGIApp, page: str, slash: str) -> None:
        make_account()
        assert Browser(site).sign_in(retour=f"{page}{slash}").headers["location"] == page

    def test_a_refusal_keeps_the_way_back(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        refused = browser.sign_in(password="wrong", retour=addresses.SPACE_DETAILS)
        assert refused.headers["location"] == f"{PAGE}?retour={addresses.SPACE_DETAILS}"
        assert browser.sign_in(password="wrong", retour="//evil.example").headers["location"] == PAGE

    @pytest.mark.parametrize(
        "left",
        [
            "https://evil.example/espace-professionnel",
            "//evil.example/espace-professionnel/coordonnees",
            "/\\evil.example",
            "\\/evil.example",
            "/espace-professionnel/../../evil.example",
            "/espace-professionnel//evil.example",
            "/espace-professionnel@evil.example",
            "/espace-professionnel/coordonnees?x=//evil.example",
            "/espace-professionnel/coordonnees#//evil.example",
            "/espace-professionnel/coordonnees\r\nLocation: https://evil.example",
            "/espace-professionnel/coordonnees\x00",
            "/espace-professionnel/coordonnees//",
            "\t/espace-professionnel/coordonnees",
            "javascript:alert(1)",
            "/espace-professionnel/deconnexion",
            "/espace-professionnel/recapitulatif.pdf",
            "/espace-professionnel/mes-donnees.json",
            addresses.PERSONAL_PROFILE,
            addresses.HOME,
            "%2F%2Fevil.example",
            "x" * 3000,
        ],
    )
    def test_one_goes_back_to_pages_of_the_space_only(self, db: str, site: ASGIApp, left: str) -> None:
        make_account()
        answer = Browser(site).sign_in(retour=left)
        assert (answer.status_code, answer.headers["location"]) == (303, SPACE)
        assert addresses.one_of(addresses.PROFESSIONAL_PAGES, left) == ""

    def test_nothing_typed_is_logged(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        with structlog.testing.capture_logs() as logs:
            browser.sign_in(password="Typed-Secret-99")
            browser.sign_in()
            browser.post(PAGE, b"adresse=Typed-Secret-99&adresse=b")
        assert "Typed-Secret" not in str(logs)
        assert PASSWORD not in str(logs)
        assert browser.cookies["pro-session"] not in str(logs)


class TestSigningOut:
    def test_the_session_ends_and_the_cookie_goes(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        browser.sign_in()
        before = browser.header
        answer = browser.post(OUT)
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
        assert answer.headers["set-cookie"] == "pro-session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        assert sessions.find(PRO, before) is None, "the value is worth nothing to whoever kept it"

    def test_other_browsers_stay_signed_in(self, db: str, site: ASGIApp) -> None:
        make_account()
        mine, other = Browser(site), Browser(site)
        mine.sign_in()
        other.sign_in()
        mine.post(OUT)
        assert other.is_in

    @pytest.mark.parametrize("cookie", ["", "pro-session=x", f"pro-session={'A' * 43}"])
    def test_without_a_session_one_is_led_to_the_page(self, db: str, site: ASGIApp, cookie: str) -> None:
        answer = ask(site, "POST", OUT, headers={**ORIGIN, "Cookie": cookie})
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)

    def test_whatever_its_body_holds(self, db: str, site: ASGIApp) -> None:
        make_account()
        browser = Browser(site)
        browser.sign_in()
        assert browser.post(OUT, b"\xff\x00", **{"Content-Type": "application/json"}).status_code == 303
        assert not browser.is_in


def test_a_challenge_survives_a_form_that_lacks_the_rest(db: str, site: ASGIApp) -> None:
    browser = Browser(site)
    challenge, answer = solved_captcha(browser.key)
    browser.post(PAGE, urlencode({"captcha": answer, "captcha-id": challenge}))
    assert captcha.check(browser.key, challenge, answer)
