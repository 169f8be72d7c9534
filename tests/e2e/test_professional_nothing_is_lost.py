"""A sign-up and its activation, disturbed at every screen, and what of it crosses the wire or reaches the log."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, WebSocket, expect
from sqlmodel import select

from app.models import CaptchaChallenge, RequestOutcome, SpaceKind
from app.services import database, visitors
from app.services.accounts import sessions, sign_up
from tests.e2e.conftest import Arrive
from tests.e2e.line import Line, line_to
from tests.e2e.portal import Portal
from tests.e2e.space import DETAILS, exactly
from tests.e2e.test_nothing_is_lost import BROKEN, NOTICE, change_networks, comes_back, cut_the_connection
from tests.e2e.test_one_seat import holds, is_kept
from tests.e2e.test_professional_sign_up import (
    ACTIVATED,
    CHOICE,
    CODE,
    CODE_ADDRESS,
    CONDITIONS,
    FORM,
    IDENTIFIERS,
    PASSWORD,
    REGISTERED,
    SPACE,
    SUMMARY,
    accept_terms,
    accounts_of,
    choose_identifiers,
    code_and_link,
    requests_of,
    sign_in,
)
from tests.e2e.visitor import PHONE, Visitor
from tests.smtp import MailServer

TITLES = {
    CONDITIONS: "Acceptez les conditions générales",
    IDENTIFIERS: "Créez vos identifiants",
    FORM: "Remplissez votre formulaire d’inscription",
    SUMMARY: "Récapitulatif",
    REGISTERED: "Enregistrement",
    CODE: "Code d’activation",
    CODE_ADDRESS: "Identifiants",
    ACTIVATED: "Votre inscription",
}
# Plain letters: what crosses the wire is searched for them as they are.
LAST_NAME, ANSWER = "Quatrebarbes", "Philibert-Zozime"
QUESTION = "Quel est le titre de votre livre préféré\u00a0?"
TYPED = {
    "Nom": LAST_NAME,
    "Prénom": "Lila",
    "Téléphone": "01 99 00 12 34",
    "Numéro de voie": "12 bis",
    "Libellé de la voie": "de Longchamp",
    "Complément d’adresse": "Bâtiment 3",
    "Code postal": "75016",
    "Commune": "Paris",
    "Réponse à la question de confiance": ANSWER,
}
CHOSEN = {"Nature de la voie": "boulevard", "Question de confiance": QUESTION}
CODE_FIELD, CODE_ADDRESS_FIELD = "Saisissez le code d’activation", "Saisissez votre adresse électronique de connexion"
BCRYPT = "$2b$"

Check = Callable[[], None]


@pytest.fixture
def line(portal: Portal) -> Iterator[Line]:
    """Lay a line to the portal that can be cut."""
    with line_to(portal.port) as laid:
        yield laid


@pytest.mark.long
@pytest.mark.timeout(900)
def test_at_every_step_of_sign_up_and_activation_what_was_typed_stays(
    arrive: Arrive, line: Line, post_office: MailServer
) -> None:
    visitor = arrive(PHONE, address=line.url)
    visitor.tolerate(*BROKEN)
    email = "rien.perdu.espace@example.org"
    visitor.go(CHOICE)
    visitor.has_loaded()
    visitor.link("Créez votre espace en mode expert").click()

    visitor.is_at(CONDITIONS, TITLES[CONDITIONS])
    disturb(visitor, line, CONDITIONS)
    nobody_skips(visitor, CONDITIONS, IDENTIFIERS, FORM, SUMMARY)
    accept_terms(visitor)
    visitor.link("Étape précédente").click()
    visitor.is_at(CONDITIONS, TITLES[CONDITIONS])
    disturb(visitor, line, CONDITIONS, lambda: terms_are_accepted(visitor))
    visitor.button("Continuer").click()

    visitor.is_at(IDENTIFIERS, TITLES[IDENTIFIERS])
    addresses = {
        "Adresse électronique de connexion": email,
        "Confirmez l’adresse électronique de connexion": email.upper(),
    }
    fill(visitor, addresses)
    disturb(visitor, line, IDENTIFIERS, lambda: holds(visitor, addresses), restart=True)
    nobody_skips(visitor, IDENTIFIERS, FORM, SUMMARY, REGISTERED)
    holds(visitor, addresses)
    choose_identifiers(visitor, email)
    visitor.link("Étape précédente").click()
    visitor.is_at(IDENTIFIERS, TITLES[IDENTIFIERS])
    disturb(visitor, line, IDENTIFIERS, lambda: password_is_kept(visitor, email), restart=True)
    visitor.button("Continuer").click()

    visitor.is_at(FORM, TITLES[FORM])
    fill_in_form(visitor)
    disturb(visitor, line, FORM, lambda: form_is_kept(visitor), restart=True)
    nobody_skips(visitor, FORM, SUMMARY, REGISTERED)
    form_is_kept(visitor)
    visitor.button("Continuer").click()

    visitor.is_at(SUMMARY, TITLES[SUMMARY])
    disturb(visitor, line, SUMMARY, lambda: summary_is_kept(visitor, email), restart=True)
    assert requests_of(email) == []
    visitor.button("Valider").click()

    visitor.is_at(REGISTERED, TITLES[REGISTERED])
    disturb(visitor, line, REGISTERED, lambda: visitor.says(email), forth=False)
    assert [request.outcome for request in requests_of(email)] == [RequestOutcome.PENDING]

    code, _ = code_and_link(post_office, email)
    visitor.link("Activez votre espace professionnel").click()
    visitor.is_at(CODE, TITLES[CODE])
    visitor.field(CODE_FIELD).fill(code)
    disturb(visitor, line, CODE, lambda: holds(visitor, {CODE_FIELD: code}), restart=True)
    nobody_skips(visitor, CODE, CODE_ADDRESS, ACTIVATED)
    holds(visitor, {CODE_FIELD: code})
    visitor.copy_captcha()
    visitor.button("Continuer").click()

    visitor.is_at(CODE_ADDRESS, TITLES[CODE_ADDRESS])
    visitor.field(CODE_ADDRESS_FIELD).fill(email.upper())
    disturb(visitor, line, CODE_ADDRESS, lambda: address_is_kept(visitor, code, email), restart=True)
    nobody_skips(visitor, CODE_ADDRESS, ACTIVATED)
    address_is_kept(visitor, code, email)
    assert accounts_of(email) == []
    visitor.button("Continuer").click()

    visitor.is_at(ACTIVATED, TITLES[ACTIVATED])
    [account] = accounts_of(email)
    assert (account.trust_answer, account.last_name, account.street_type) == (ANSWER, LAST_NAME, "boulevard")
    disturb(visitor, line, ACTIVATED, lambda: visitor.says(str(account.subscriber_number)), forth=False)
    assert [request.outcome for request in requests_of("")][-1:] == [RequestOutcome.ACTIVATED]
    visitor.link("Accédez à vos services en ligne").click()
    sign_in(visitor, email, PASSWORD)
    visitor.is_at(SPACE, re.compile("[Ee]space"))
    assert len(accounts_of(email)) == 1


@dataclass
class Wire:
    """What the server sends the page over its websockets, each frame with the path of the page that got it."""

    page: Page
    frames: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("websocket", self._open)

    def paths_with(self, words: str) -> set[str]:
        """Return the paths of the pages that were sent these words."""
        return {path for path, frame in self.frames if words in frame}

    def _open(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._keep)

    def _keep(self, payload: str | bytes) -> None:
        path = urlsplit(self.page.url).path.rstrip("/") or "/"
        self.frames.append((path, payload if isinstance(payload, str) else payload.decode(errors="replace")))


def test_no_secret_of_a_sign_up_crosses_the_wire_or_reaches_the_log(
    visitor: Visitor, portal: Portal, post_office: MailServer
) -> None:
    wire, log_begins = Wire(visitor.page), portal.log.stat().st_size
    email = "fil.et.journal@example.org"
    visitor.go(CHOICE)
    visitor.has_loaded()
    visitor.link("Créez votre espace en mode expert").click()
    accept_terms(visitor)
    choose_identifiers(visitor, email)
    fill_in_form(visitor)
    reload(visitor, FORM)
    form_is_kept(visitor)
    visitor.link("Étape précédente").click()
    visitor.is_at(IDENTIFIERS, TITLES[IDENTIFIERS])
    reload(visitor, IDENTIFIERS)
    visitor.button("Continuer").click()
    visitor.is_at(FORM, TITLES[FORM])
    visitor.button("Continuer").click()
    visitor.is_at(SUMMARY, TITLES[SUMMARY])
    reload(visitor, SUMMARY)
    visitor.button("Valider").click()
    visitor.is_at(REGISTERED, TITLES[REGISTERED])
    reload(visitor, REGISTERED)

    code, link = code_and_link(post_office, email)
    visitor.page.goto(link)
    visitor.is_at(CODE, TITLES[CODE])
    holds(visitor, {CODE_FIELD: code})
    reload(visitor, CODE)
    visitor.copy_captcha()
    visitor.button("Continuer").click()
    visitor.is_at(CODE_ADDRESS, TITLES[CODE_ADDRESS])
    visitor.field(CODE_ADDRESS_FIELD).fill(email)
    reload(visitor, CODE_ADDRESS)
    visitor.button("Continuer").click()
    visitor.is_at(ACTIVATED, TITLES[ACTIVATED])
    reload(visitor, ACTIVATED)

    visitor.link("Accédez à vos services en ligne").click()
    sign_in(visitor, email, PASSWORD)
    visitor.is_at(SPACE, re.compile("[Ee]space"))
    signed_in_from = len(wire.frames)
    visitor.go(DETAILS)
    visitor.has_loaded()
    expect(visitor.field("Nom")).to_have_value(LAST_NAME)
    visitor.field("Votre mot de passe").fill(PASSWORD)
    exactly(visitor, "Continuer").click()
    expect(visitor.field("Question de confiance")).to_be_visible()
    expect(visitor.field("Réponse à la question de confiance")).to_have_value("")
    reload(visitor, DETAILS, "Modifier mes coordonnées")
    expect(visitor.field("Question de confiance")).to_be_visible()
    visitor.page.wait_for_timeout(500)

    [account] = accounts_of(email)
    cookies = {str(cookie["name"]): str(cookie["value"]) for cookie in visitor.context.cookies()}
    answers = captcha_answers(visitor)
    session_cookie = cookies[sessions.cookie_name(SpaceKind.PROFESSIONAL)]
    visitor_cookie = cookies[visitors.cookie_name()]
    assert len(answers) >= 3, "the terms, the code and the sign-in each ask for a CAPTCHA"
    assert BCRYPT in account.password_hash

    assert {REGISTERED, ACTIVATED, DETAILS} <= {path for path, _ in wire.frames}, "the whole way was listened to"
    assert DETAILS in wire.paths_with(LAST_NAME), "what is looked for would be found"
    for never in (PASSWORD, BCRYPT, account.password_hash, session_cookie, visitor_cookie, *answers):
        assert wire.paths_with(never) == set(), never
    assert wire.paths_with(code) == {CODE, CODE_ADDRESS}
    # A page that loads is sent every variable of its tab, those of the form too while it is being filled in.
    assert wire.paths_with(ANSWER) - {IDENTIFIERS} == {FORM, SUMMARY}
    assert not [path for path, frame in wire.frames[signed_in_from:] if ANSWER in frame or code in frame]

    log = portal.log.read_bytes()[log_begins:].decode()
    assert log
    personal = (LAST_NAME, ANSWER, email, email.partition("@")[0], TYPED["Libellé de la voie"])
    for never in (PASSWORD, BCRYPT, session_cookie, visitor_cookie, code, *answers, *personal):
        assert never.casefold() not in log.casefold(), never


def test_what_is_typed_while_the_line_is_cut_arrives_afterwards(
    arrive: Arrive, line: Line, post_office: MailServer
) -> None:
    visitor = arrive(PHONE, address=line.url)
    visitor.tolerate(*BROKEN)
    email = "ligne.coupee.espace@example.org"
    visitor.go(CHOICE)
    visitor.has_loaded()
    visitor.link("Créez votre espace en mode expert").click()
    accept_terms(visitor)
    choose_identifiers(visitor, email)
    with comes_back(visitor), line.cut():
        fill_in_form(visitor)
        expect(visitor.page.get_by_text(NOTICE)).to_be_visible(timeout=60_000)
        form_is_kept(visitor)
    form_is_kept(visitor)
    visitor.button("Continuer").click()
    visitor.is_at(SUMMARY, TITLES[SUMMARY])
    summary_is_kept(visitor, email)
    visitor.button("Valider").click()
    visitor.is_at(REGISTERED, TITLES[REGISTERED])

    code, _ = code_and_link(post_office, email)
    visitor.link("Activez votre espace professionnel").click()
    visitor.is_at(CODE, TITLES[CODE])
    with comes_back(visitor), line.cut():
        visitor.field(CODE_FIELD).fill(code)
        expect(visitor.page.get_by_text(NOTICE)).to_be_visible(timeout=60_000)
    holds(visitor, {CODE_FIELD: code})
    visitor.copy_captcha()
    visitor.button("Continuer").click()
    visitor.is_at(CODE_ADDRESS, TITLES[CODE_ADDRESS])
    with comes_back(visitor), line.cut():
        visitor.field(CODE_ADDRESS_FIELD).fill(email)
        expect(visitor.page.get_by_text(NOTICE)).to_be_visible(timeout=60_000)
    visitor.button("Continuer").click()
    visitor.is_at(ACTIVATED, TITLES[ACTIVATED])
    [account] = accounts_of(email)
    assert (account.last_name, account.trust_answer) == (LAST_NAME, ANSWER)


def test_the_tick_of_the_terms_outlives_a_reload_before_it_is_sent(visitor: Visitor) -> None:
    terms = visitor.page.get_by_role("checkbox", name="Je reconnais avoir pris connaissance")
    visitor.go(CHOICE)
    visitor.has_loaded()
    visitor.link("Créez votre espace en mode expert").click()
    visitor.is_at(CONDITIONS, TITLES[CONDITIONS])
    terms.check()
    is_kept(visitor, sign_up.KIND, terms="oui")
    reload(visitor, CONDITIONS)
    expect(terms).to_be_checked()
    terms.uncheck()
    is_kept(visitor, sign_up.KIND, terms="")
    reload(visitor, CONDITIONS)
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_be_visible()
    expect(terms).not_to_be_checked()


def test_a_second_tab_forgets_what_was_typed_once_the_first_has_sent_it(visitor: Visitor) -> None:
    email = "deux.onglets.espace@example.org"
    visitor.go(CHOICE)
    visitor.has_loaded()
    visitor.link("Créez votre espace en mode expert").click()
    accept_terms(visitor)
    choose_identifiers(visitor, email)
    fill_in_form(visitor)
    visitor.field("Réponse à la question de confiance").blur()
    is_kept(visitor, sign_up.KIND, trust_answer=ANSWER)
    first, second = visitor.page, visitor.new_tab()
    wire = Wire(second)
    visitor.go(FORM)
    visitor.has_loaded()
    visitor.button("Reprendre").click()
    form_is_kept(visitor)

    visitor.page = first
    visitor.button("Continuer").click()
    visitor.is_at(SUMMARY, TITLES[SUMMARY])
    visitor.button("Valider").click()
    visitor.is_at(REGISTERED, TITLES[REGISTERED])

    visitor.page = second
    assert FORM in wire.paths_with(ANSWER)
    visitor.button("Continuer").click()
    visitor.is_at(REGISTERED, TITLES[REGISTERED])
    visitor.says(email)
    wire.frames.clear()
    reload(visitor, REGISTERED)
    visitor.says(email)
    assert REGISTERED in wire.paths_with(email), "the reload was listened to"
    for typed in (LAST_NAME, ANSWER, TYPED["Libellé de la voie"]):
        assert wire.paths_with(typed) == set(), typed
    assert [request.outcome for request in requests_of(email)] == [RequestOutcome.PENDING]


def disturb(
    visitor: Visitor, line: Line, path: str, check: Check = lambda: None, *, forth: bool = True, restart: bool = False
) -> None:
    """Reload, go back (and forth), lose the line, restart the server if told; after each the screen holds the same.

    Without `forth`, what is done cannot be done again: going back leads here at once.
    """
    check()
    reload(visitor, path)
    check()
    visitor.page.go_back()
    if forth:
        expect(visitor.title).not_to_have_text(TITLES[path])
        visitor.has_loaded()
        visitor.page.go_forward()
    visitor.is_at(path, TITLES[path])
    check()
    for lose in (cut_the_connection, change_networks):
        lose(visitor, line)
        visitor.is_at(path, TITLES[path])
        check()
    if restart:
        restart_the_server(visitor)
        visitor.is_at(path, TITLES[path])
        check()
        reload(visitor, path)
        check()


def reload(visitor: Visitor, path: str, title: str = "") -> None:
    visitor.page.reload()
    visitor.is_at(path, title or TITLES[path])


def restart_the_server(visitor: Visitor) -> None:
    # A click on its way when the server stops is lost, and shows as not done.
    visitor.page.wait_for_timeout(300)
    with comes_back(visitor):
        visitor.portal.stop()
        expect(visitor.page.get_by_text(NOTICE)).to_be_visible(timeout=60_000)
        visitor.portal.start()


def nobody_skips(visitor: Visitor, path: str, *later: str) -> None:
    """Check that the addresses of later screens lead to this one."""
    for screen in later:
        visitor.go(screen)
        visitor.is_at(path, TITLES[path])


def fill(visitor: Visitor, values: dict[str, str]) -> None:
    for label, value in values.items():
        visitor.field(label).fill(value)


def fill_in_form(visitor: Visitor) -> None:
    for label, choice in CHOSEN.items():
        visitor.field(label).select_option(label=choice)
    fill(visitor, TYPED)


def form_is_kept(visitor: Visitor) -> None:
    holds(visitor, TYPED)
    for label, choice in CHOSEN.items():
        expect(visitor.field(label).locator("option:checked")).to_have_text(choice)


def terms_are_accepted(visitor: Visitor) -> None:
    expect(visitor.page.get_by_role("checkbox", name="Je reconnais avoir pris connaissance")).to_be_checked()
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_have_count(0)


def password_is_kept(visitor: Visitor, email: str) -> None:
    # Once settled, the confirmation holds the address as it was typed first, in whatever case.
    expect(visitor.field("Adresse électronique de connexion")).to_have_value(email)
    again = re.compile(f"^{re.escape(email)}$", re.IGNORECASE)
    expect(visitor.field("Confirmez l’adresse électronique de connexion")).to_have_value(again)
    visitor.says("Votre mot de passe est déjà choisi.")
    expect(visitor.field("Mot de passe de connexion")).to_have_value("")


def summary_is_kept(visitor: Visitor, email: str) -> None:
    assert visitor.fact("Adresse électronique de connexion") == email
    assert visitor.fact("Mot de passe de connexion") == "Choisi, non affiché"
    for label, value in (TYPED | CHOSEN).items():
        assert visitor.fact(label) == re.sub(r"\s+", " ", value), label


def address_is_kept(visitor: Visitor, code: str, email: str) -> None:
    assert visitor.fact("Code d’activation") == code
    holds(visitor, {CODE_ADDRESS_FIELD: email.upper()})


def captcha_answers(visitor: Visitor) -> list[str]:
    with database.reading() as session:
        rows = session.exec(select(CaptchaChallenge).where(CaptchaChallenge.visitor_key == visitor.key()))
        return [row.answer for row in rows]
