"""The PDF summary over HTTP: its owner only, after the password or right after the activation, kept by no cache."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from app import addresses, clock, frontend
from app.models import Account, SpaceKind
from app.services import database, journeys, throttle, visitors
from app.services.accounts import activation, reauthentication, sessions, sign_in
from app.web.layers import around
from app.web.routes import http_routes
from tests import pdf
from tests.accounts import PASSWORD, quick_passwords
from tests.integration import website
from tests.integration.test_account_changes import Owner, audit_log
from tests.integration.website import ask

PRO = SpaceKind.PROFESSIONAL


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
    monkeypatch.setattr(frontend, "PAGES", website.build(tmp_path / "built"))
    routes = http_routes()
    routes.mount("", website.inner(tmp_path / "built"))
    return around(routes)


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    throttle.reset()
    with quick_passwords():
        yield


class Browser:
    """A browser with a visitor cookie, and the session of an owner if it has one."""

    def __init__(self, owner: Owner | None = None) -> None:
        token = visitors.new_token()
        cookies = [f"{visitors.cookie_name()}={token}"]
        if owner:
            cookies.append(f"{sessions.cookie_name(PRO)}={owner.token}")
        self.headers = {"Cookie": "; ".join(cookies)}
        key = visitors.key_of(cookies[0])
        assert key is not None
        self.key = key

    def get(self, site: ASGIApp, method: str = "GET") -> httpx.Response:
        return ask(site, method, addresses.SUMMARY_PDF, headers=self.headers)

    def has_activated(self, owner: Owner, *, signed_up_here: bool = True) -> None:
        """Leave what the end of an activation leaves in this browser."""
        journey = journeys.start(self.key, activation.JOURNEYS[activation.SPACE])
        with database.writing() as session:
            journeys.finish(session, journey.id, kept={"account": owner.id, "signed_up_here": signed_up_here})


def test_the_owner_gets_it_after_the_password(db: str, site: ASGIApp, tmp_path: Path) -> None:
    owner = Owner()
    reauthentication.prove(owner.id, owner.session, PASSWORD)
    answer = Browser(owner).get(site)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    text = pdf.text_of(answer.content).replace("\u00a0", " ")
    for line in (
        "Nom : Martin",
        "Prénom : Camille",
        "N° d’abonné : 20260560000101",
        "Téléphone : 01 99 00 12 34",
        "Adresse : 12 rue de Longchamp",
        "75016 PARIS",
        "FRANCE",
        "Question de confiance : Quel est le prénom de votre conjoint(e) ?",
        "Réponse de confiance : Paul",
    ):
        assert line in text
    assert pdf.faults(answer.content, tmp_path) == []


def test_it_is_kept_by_no_cache_and_named(db: str, site: ASGIApp) -> None:
    owner = Owner()
    reauthentication.prove(owner.id, owner.session, PASSWORD)
    answer = Browser(owner).get(site)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == 'inline; filename="recapitulatif-espace-professionnel.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert ("summary_pdf", f"account {owner.id}") in [(row.event, row.subject) for row in audit_log()]


def test_a_head_request_says_the_same_without_the_document(db: str, site: ASGIApp) -> None:
    owner = Owner()
    reauthentication.prove(owner.id, owner.session, PASSWORD)
    answer = Browser(owner).get(site, "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_stranger_is_sent_to_the_sign_in(db: str, site: ASGIApp) -> None:
    Owner()
    for answer in (Browser().get(site), ask(site, "GET", addresses.SUMMARY_PDF)):
        assert (answer.status_code, answer.headers["location"]) == (303, addresses.PROFESSIONAL_SIGN_IN)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.content == b""


def test_somebody_signed_in_is_asked_for_the_password_first(db: str, site: ASGIApp) -> None:
    owner = Owner()
    answer = Browser(owner).get(site)
    assert (answer.status_code, answer.headers["location"]) == (303, addresses.SPACE_DETAILS)


def test_the_password_counts_for_five_minutes(db: str, site: ASGIApp) -> None:
    now = clock.now()
    with clock.moved(now):
        owner = Owner()
        reauthentication.prove(owner.id, owner.session, PASSWORD)
    browser = Browser(owner)
    with clock.moved(now + timedelta(minutes=4, seconds=59)):
        assert browser.get(site).status_code == 200
    with clock.moved(now + timedelta(minutes=5)):
        assert browser.get(site).status_code == 303


def test_after_signing_out_it_is_gone(db: str, site: ASGIApp) -> None:
    owner = Owner()
    reauthentication.prove(owner.id, owner.session, PASSWORD)
    browser = Browser(owner)
    sign_in.sign_out(PRO, browser.key, browser.headers["Cookie"])
    assert browser.get(site).headers["location"] == addresses.PROFESSIONAL_SIGN_IN


def test_the_password_of_one_session_opens_nothing_in_another(db: str, site: ASGIApp) -> None:
    owner = Owner()
    reauthentication.prove(owner.id, owner.session, PASSWORD)
    _, owner.token = owner.another_session()
    assert Browser(owner).get(site).status_code == 303


def test_the_browser_that_signed_up_and_activated_needs_no_password_for_an_hour(db: str, site: ASGIApp) -> None:
    now = clock.now()
    browser = Browser()
    with clock.moved(now):
        owner = Owner()
        browser.has_activated(owner)
        assert browser.get(site).status_code == 200
        assert Browser().get(site).status_code == 303
    with clock.moved(now + timedelta(minutes=59)):
        assert "Martin" in pdf.text_of(browser.get(site).content)
    with clock.moved(now + timedelta(minutes=60)):
        assert browser.get(site).status_code == 303


def test_a_browser_that_activated_but_did_not_sign_up_does(db: str, site: ASGIApp) -> None:
    browser, owner = Browser(), Owner()
    browser.has_activated(owner, signed_up_here=False)
    assert browser.get(site).headers["location"] == addresses.PROFESSIONAL_SIGN_IN


def test_whose_session_it_is_decides_not_what_was_activated_in_the_browser(db: str, site: ASGIApp) -> None:
    one, other = Owner(), Owner(email="autre@courriel.example", subscriber_number="20260560000102", last_name="Autre")
    browser = Browser(one)
    browser.has_activated(other)
    assert browser.get(site).headers["location"] == addresses.SPACE_DETAILS
    reauthentication.prove(one.id, one.session, PASSWORD)
    text = pdf.text_of(browser.get(site).content)
    assert "Martin" in text
    assert "Autre" not in text


def test_a_closed_account_has_none(db: str, site: ASGIApp) -> None:
    owner = Owner()
    browser = Browser()
    browser.has_activated(owner)
    with database.writing() as session:
        row = session.get(Account, owner.id)
        assert row is not None
        row.closed_at = clock.now()
    assert browser.get(site).status_code == 303


def test_whoever_insists_waits(db: str, site: ASGIApp) -> None:
    owner = Owner()
    browser = Browser()
    browser.has_activated(owner)
    answers = [browser.get(site) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert answers[-1].headers["cache-control"] == "no-store"


def test_twenty_at_once_are_all_answered(db: str, site: ASGIApp) -> None:
    owners = [
        Owner(email=f"o{number}@courriel.example", subscriber_number=f"202605600{number:05}", last_name=f"Nom{number}.")
        for number in range(20)
    ]
    for owner in owners:
        reauthentication.prove(owner.id, owner.session, PASSWORD)

    async def together() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=site)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000") as client:
            asked = (client.get(addresses.SUMMARY_PDF, headers=Browser(owner).headers) for owner in owners)
            return await asyncio.gather(*asked)

    for number, answer in enumerate(asyncio.run(together())):
        assert f"Nom{number}." in pdf.text_of(answer.content)


def test_nothing_personal_is_in_the_audit_log(db: str, site: ASGIApp) -> None:
    owner = Owner()
    browser = Browser()
    browser.has_activated(owner)
    browser.get(site)
    said = " ".join(f"{row.event} {row.subject} {row.outcome}" for row in audit_log())
    assert [word for word in ("Paul", "Martin", "20260560000101", "courriel") if word in said] == []
