"""A code whose address the mail server refuses: told where it is waited for, and the sign-up opened to correct it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from sqlmodel import col

from app import addresses, clock
from app.content import detours
from app.models import Journey, SpaceKind, SpaceMode
from app.services import database, journeys, retention, throttle
from app.services.accounts import personal_sign_up, refused_code, registration, sign_up
from app.services.accounts.sign_up import Step, WrongStepError
from app.services.form_errors import FieldErrors
from app.services.journeys import JourneyGoneError
from app.services.notifications import delivery, outbox
from app.settings import get_settings
from app.state.base import tab_of
from app.state.personal_sign_up import PersonalCodeState
from app.state.sign_up_form import RegisteredState
from tests.accounts import PASSWORD, make_account, quick_passwords
from tests.factories import at
from tests.pages import opened, press, sent_ahead, visitor
from tests.personal import Applicant, load_register
from tests.sign_up import FORM, IBAN, SIMPLIFIED, Newcomer, code_in
from tests.smtp import MailServer, portal_mails

WRONG, RIGHT = "lila@courriel.example", "lila.rosemonde@courriel.example"
PROFESSIONAL, PERSONAL = SpaceKind.PROFESSIONAL, SpaceKind.PERSONAL
NOON = at("2026-11-21 12:00")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    throttle.reset()
    with quick_passwords(), clock.moved(NOON):
        yield
    throttle.reset()


@pytest.fixture
def server(db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    load_register()
    with portal_mails(monkeypatch, WRONG) as running:
        yield running


@dataclass(frozen=True)
class Journeying:
    """A kind of sign-up: how one asks for a space, where the code is waited for, and where the address is chosen."""

    kind: SpaceKind
    asks: Callable[[str, str], object]
    page: type
    service: object
    identifiers: str


KINDS = [
    Journeying(
        PROFESSIONAL,
        lambda email, key: Newcomer(email, key=key).reaches_the_summary().registers(),
        RegisteredState,
        sign_up,
        addresses.SIGN_UP_IDENTIFIERS,
    ),
    Journeying(
        PERSONAL,
        lambda email, key: Applicant(email, key=key).asks(),
        PersonalCodeState,
        personal_sign_up,
        addresses.PERSONAL_SIGN_UP_IDENTIFIERS,
    ),
]
each_kind = pytest.mark.parametrize("walk", KINDS, ids=[str(walk.kind) for walk in KINDS])


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return "\n".join(str(body.get_content()).splitlines())


def _drafts() -> list[str]:
    with database.reading() as session:
        return list(session.execute(select(col(Journey.draft))).scalars())


def _is_refused(key: str, kind: SpaceKind) -> bool:
    mail = refused_code.mail_of(key, "tab", kind)
    return mail is not None and outbox.is_refused(mail)


@each_kind
def test_a_refused_address_is_told_and_one_that_takes_mail_is_not(server: MailServer, walk: Journeying) -> None:
    walk.asks(WRONG, "lila")
    mail = refused_code.mail_of("lila", "tab", walk.kind)
    assert mail is not None
    assert (outbox.is_refused(mail), outbox.is_awaited(mail)) == (False, True)
    delivery.deliver_due()
    assert (outbox.is_refused(mail), outbox.is_awaited(mail)) == (True, False)
    with pytest.raises(JourneyGoneError):
        refused_code.reopen("somebody else", "tab", walk.kind)


@each_kind
def test_the_sign_up_opens_again_with_another_address_and_all_else(server: MailServer, walk: Journeying) -> None:
    walk.asks(WRONG, "lila")
    delivery.deliver_due()
    retention.tidy()  # the request is dead by now; what was typed of it is not

    assert refused_code.reopen("lila", "tab", walk.kind)

    service = walk.service
    progress = service.progress("lila")  # type: ignore[attr-defined]
    assert (progress.step, progress.has_password) == (service.Step.IDENTIFIERS, False)  # type: ignore[attr-defined]
    assert progress.typed["email"] == WRONG, "to be corrected, not typed again"
    both = {"password": PASSWORD, "password_again": PASSWORD}
    with pytest.raises(FieldErrors) as again:
        service.set_identifiers("lila", email=WRONG.upper(), email_again=WRONG, **both)  # type: ignore[attr-defined]
    assert "celle-ci n’a pas été acceptée" in again.value.errors["email"]
    service.set_identifiers("lila", email=RIGHT, email_again=RIGHT, **both)  # type: ignore[attr-defined]
    (registration if walk.kind == PROFESSIONAL else personal_sign_up).register("lila")
    assert delivery.deliver_due() == 1
    assert server.recipients == [RIGHT]
    assert not _is_refused("lila", walk.kind)


def test_what_was_typed_of_a_simplified_space_is_kept_with_its_account_number(server: MailServer) -> None:
    Newcomer(WRONG, SpaceMode.SIMPLIFIED, SIMPLIFIED, key="lila").reaches_the_summary().registers()
    delivery.deliver_due()
    assert refused_code.reopen("lila", "tab", PROFESSIONAL)
    progress = sign_up.progress("lila")
    assert progress is not None
    assert (progress.mode, progress.form is not None) == (SpaceMode.SIMPLIFIED, True)
    assert progress.form is not None
    assert progress.form.iban == IBAN.replace(" ", "")


@each_kind
def test_an_address_that_takes_mail_opens_nothing(server: MailServer, walk: Journeying) -> None:
    walk.asks(RIGHT, "lila")
    for _ in range(2):  # before it has left, and after
        with pytest.raises(WrongStepError):
            refused_code.reopen("lila", "tab", walk.kind)
        delivery.deliver_due()
    assert len(server.accepted) == 1


def test_another_sign_up_begun_meanwhile_stays_as_it_is(server: MailServer) -> None:
    walk = KINDS[0]
    walk.asks(WRONG, "lila")
    delivery.deliver_due()
    Newcomer(RIGHT, key="lila", tab="other").accepts().identifies()
    assert not refused_code.reopen("lila", "tab", PROFESSIONAL)
    progress = sign_up.progress("lila")
    assert progress is not None
    assert (progress.email, progress.step) == (RIGHT, Step.FORM)


@each_kind
def test_a_second_tab_goes_on_with_what_the_first_has_opened_again(server: MailServer, walk: Journeying) -> None:
    page = opened(walk.page)
    walk.asks(WRONG, visitor())
    delivery.deliver_due()
    assert refused_code.reopen(visitor(), "tab", walk.kind)
    with pytest.raises((JourneyGoneError, WrongStepError)):
        refused_code.reopen(visitor(), "tab", walk.kind)
    page.refused = True
    assert walk.identifiers in str(press(page, "correct_address"))


@each_kind
def test_another_tab_neither_reads_of_it_nor_opens_it(server: MailServer, walk: Journeying) -> None:
    walk.asks(WRONG, "lila")
    delivery.deliver_due()
    assert refused_code.mail_of("lila", "elsewhere", walk.kind) is None
    with pytest.raises(JourneyGoneError):
        refused_code.reopen("lila", "elsewhere", walk.kind)
    assert _is_refused("lila", walk.kind)


@each_kind
def test_what_was_typed_is_gone_after_a_day(server: MailServer, walk: Journeying) -> None:
    walk.asks(WRONG, "lila")
    delivery.deliver_due()
    with clock.moved(NOON + journeys.LIFETIME):
        assert refused_code.mail_of("lila", "tab", walk.kind) is None
        retention.tidy()
    with database.reading() as session:
        assert session.execute(select(col(Journey.id))).all() == []


def test_what_was_typed_goes_once_the_code_has_served(server: MailServer) -> None:
    newcomer = Newcomer(RIGHT, SpaceMode.SIMPLIFIED, SIMPLIFIED, key="lila").reaches_the_summary()
    newcomer.registers()
    delivery.deliver_due()
    assert IBAN.replace(" ", "") in str(_drafts())
    newcomer.types_the_code(code_in(_text(server.accepted[0]))).activates()
    assert IBAN.replace(" ", "") not in str(_drafts())
    assert registration.registered("lila") is not None


@each_kind
def test_a_neutral_portal_tells_the_same_of_an_address_with_a_space(
    server: MailServer, monkeypatch: pytest.MonkeyPatch, walk: Journeying
) -> None:
    make_account(WRONG, kind=walk.kind)
    monkeypatch.setenv("NEUTRAL_ANSWERS", "true")
    get_settings.cache_clear()
    walk.asks(WRONG, "lila")
    delivery.deliver_due()
    assert _is_refused("lila", walk.kind)
    assert refused_code.reopen("lila", "tab", walk.kind)
    walk.asks(WRONG, "anh")
    assert not _is_refused("anh", walk.kind), "within the hour too it is found out anew, as for an address without one"
    delivery.deliver_due()
    assert _is_refused("anh", walk.kind)
    if walk.kind == PROFESSIONAL:
        progress = sign_up.progress("lila")
        assert progress is not None
        assert progress.typed["last_name"] == FORM["last_name"]


@each_kind
def test_the_page_tells_without_a_reload_and_leads_back(server: MailServer, walk: Journeying) -> None:
    page = opened(walk.page)
    if walk.kind == PROFESSIONAL:
        Newcomer(WRONG, key=visitor(), tab=tab_of(page)).reaches_the_summary().registers()
    else:
        Applicant(WRONG, key=visitor(), tab=tab_of(page)).asks()
    assert press(page, "load") is not None
    assert (page.phase, page.email, page.refused) == ("ready", WRONG, False)
    assert press(page, "correct_address") is None, "nothing to correct yet"

    delivery.deliver_due()
    press(page, "watch")
    assert page.refused

    led = press(page, "correct_address")
    assert walk.identifiers in str(led)
    assert sent_ahead(page) == detours.ADDRESS_REFUSED
    assert (page.email, page.refused) == ("", False)
