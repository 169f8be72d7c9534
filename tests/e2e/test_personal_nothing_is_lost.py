"""The creation of a personal space, disturbed at every screen, and what of it crosses the wire or reaches the log."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from app.models import SpaceKind
from app.services import visitors
from app.services.accounts import sessions
from app.services.accounts.registration import PERSONAL_KIND
from tests.e2e.conftest import Arrive
from tests.e2e.line import Line, line_to
from tests.e2e.personal import (
    ACTIVATION,
    CODE,
    CREATION,
    DONE,
    IDENTIFIERS,
    PASSWORD,
    PEOPLE,
    TITLES,
    Person,
    requests_of,
    spaces_of,
)
from tests.e2e.portal import Portal
from tests.e2e.test_nothing_is_lost import BROKEN, change_networks, cut_the_connection
from tests.e2e.test_one_seat import is_kept
from tests.e2e.test_professional_nothing_is_lost import BCRYPT, Wire, captcha_answers, restart_the_server
from tests.e2e.visitor import PHONE, Visitor
from tests.smtp import MailServer

CODE_FIELD = "Code d’activation"


@pytest.fixture
def line(portal: Portal) -> Iterator[Line]:
    """Lay a line to the portal that can be cut."""
    with line_to(portal.port) as laid:
        yield laid


def test_until_the_code_is_asked_for_what_was_typed_stays(arrive: Arrive, line: Line) -> None:
    visitor = arrive(PHONE, address=line.url)
    visitor.tolerate(*BROKEN)
    person = Person(visitor, PEOPLE[0], "rien.perdu.particulier@example.org")
    visitor.go("/aide")
    visitor.has_loaded()
    visitor.go(CREATION)
    person.is_at(CREATION)
    person.types(person.numbers)
    disturb(person, line, CREATION, lambda: person.finds(person.numbers), restart=True)
    nobody_skips(person, CREATION, IDENTIFIERS, CODE, DONE)
    visitor.copy_captcha()
    person.go_on()

    person.is_at(IDENTIFIERS)
    visitor.link("Étape précédente").click()
    person.is_at(CREATION)
    person.finds(person.numbers)
    expect(visitor.page.get_by_role("img", name="Image à recopier")).to_have_count(0)
    person.go_on()
    person.is_at(IDENTIFIERS)
    person.types(person.addresses)
    disturb(person, line, IDENTIFIERS, lambda: person.finds(person.addresses), restart=True)
    nobody_skips(person, IDENTIFIERS, CODE, DONE)
    assert requests_of(person.email) == []
    person.choose_identifiers()


def test_until_the_space_is_active_what_was_typed_of_the_code_stays(
    arrive: Arrive, line: Line, post_office: MailServer
) -> None:
    visitor = arrive(PHONE, address=line.url)
    visitor.tolerate(*BROKEN)
    person = Person(visitor, PEOPLE[3], "code.garde@example.org")
    person.ask()
    code, _ = person.code_and_link(post_office)
    visitor.field(CODE_FIELD).fill(code[:6])
    visitor.field(CODE_FIELD).blur()
    disturb(person, line, CODE, lambda: person.finds({CODE_FIELD: code[:6]}), restart=True, forth=False)
    nobody_skips(person, CODE, CREATION, IDENTIFIERS, DONE)
    visitor.says(person.email)
    assert len(requests_of(person.email)) == 1
    assert spaces_of(person.identity) == []
    person.activate(code)
    disturb(person, line, DONE, lambda: visitor.says(person.name), forth=False)
    assert len(spaces_of(person.identity)) == 1


def test_no_secret_of_a_personal_space_crosses_the_wire_or_reaches_the_log(
    visitor: Visitor, portal: Portal, post_office: MailServer
) -> None:
    wire, log_begins = Wire(visitor.page), portal.log.stat().st_size
    person = Person(visitor, PEOPLE[1], "fil.particulier@example.org")
    person.ask()
    code, link = person.code_and_link(post_office)
    visitor.page.goto(link)
    person.is_at(CODE)
    person.activate(code)
    visitor.page.reload()
    person.is_at(DONE)
    visitor.link("Se connecter").click()
    person.sign_in()
    visitor.go("/aide")
    visitor.has_loaded()
    person.is_signed_in()
    visitor.page.wait_for_timeout(500)

    cookies = {str(cookie["name"]): str(cookie["value"]) for cookie in visitor.context.cookies()}
    session_cookie, visitor_cookie = cookies[sessions.cookie_name(SpaceKind.PERSONAL)], cookies[visitors.cookie_name()]
    [account] = spaces_of(person.identity)
    answers = captcha_answers(visitor)
    assert len(answers) >= 2, "the numbers and the sign-in each ask for a CAPTCHA"
    assert CODE in wire.paths_with(person.email), "what is looked for would be found"
    never_sent = (PASSWORD, BCRYPT, account.password_hash, session_cookie, visitor_cookie, *answers)
    for never in never_sent:
        assert wire.paths_with(never) == set(), never
    numbers = (person.identity.access_number, person.identity.reference_income)
    for number in numbers:
        assert wire.paths_with(number) <= {CREATION}, "shown again on the screen where they are typed, and nowhere else"
    assert wire.paths_with(code) <= {ACTIVATION, CODE}, "the page of its link, and the screen where it is typed"

    log = portal.log.read_bytes()[log_begins:].decode()
    assert log
    personal = (person.email, person.identity.tax_number, person.identity.access_number, person.identity.last_name)
    for never in (PASSWORD, BCRYPT, session_cookie, visitor_cookie, code, *answers, *personal):
        assert never.casefold() not in log.casefold(), never


def test_a_second_tab_forgets_what_was_typed_once_the_first_has_sent_it(
    visitor: Visitor, post_office: MailServer
) -> None:
    person = Person(visitor, PEOPLE[2], "deux.onglets.particulier@example.org")
    visitor.go(CREATION)
    person.say_who()
    person.types(person.addresses)
    is_kept(visitor, PERSONAL_KIND, email_again=person.email.upper())
    first, second = visitor.page, visitor.new_tab()
    visitor.go(IDENTIFIERS)
    visitor.has_loaded()
    expect(visitor.button("Reprendre")).to_be_visible()
    assert person.email not in second.content()
    visitor.button("Reprendre").click()
    person.is_at(IDENTIFIERS)
    person.finds(person.addresses)
    visitor.page = first
    person.choose_identifiers()
    visitor.page = second
    person.go_on()
    person.is_at(CODE)
    visitor.page = first
    person.activate(person.code_and_link(post_office)[0])
    visitor.page = second
    visitor.page.reload()
    person.is_at(DONE)
    visitor.says(person.name)
    visitor.button("Effacer et quitter").click()
    visitor.is_at("/", "Vos démarches fiscales, à l’heure qui vous convient")
    visitor.go(DONE)
    person.is_at(CREATION)


def disturb(
    person: Person, line: Line, path: str, check: Callable[[], None], *, forth: bool = True, restart: bool = False
) -> None:
    """Reload, go back (and forth), lose the line, restart the server if told; after each the screen holds the same.

    Without `forth`, what is done cannot be done again: going back leads here at once.
    """
    visitor = person.visitor
    check()
    visitor.page.reload()
    person.is_at(path)
    check()
    visitor.page.go_back()
    if forth:
        expect(visitor.title).not_to_have_text(TITLES[path])
        visitor.has_loaded()
        visitor.page.go_forward()
    person.is_at(path)
    check()
    for lose in (cut_the_connection, change_networks):
        lose(visitor, line)
        person.is_at(path)
        check()
    if restart:
        restart_the_server(visitor)
        person.is_at(path)
        check()
        visitor.page.reload()
        person.is_at(path)
        check()


def nobody_skips(person: Person, path: str, *others: str) -> None:
    """Check that the addresses of other screens lead to this one."""
    for screen in others:
        person.visitor.go(screen)
        person.is_at(path)
