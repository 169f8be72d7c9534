"""Texts point to the demonstration's mailbox while mails stay there, and nowhere where a mail server takes them."""

import re
from collections.abc import Callable

import pytest
import reflex as rx

from app import addresses
from app.content import static_pages
from app.content.static_pages import Part
from app.pages import confirmation, information, personal_sign_up, recovery, sign_up, space_changes
from app.pages import mailbox as mailbox_page
from app.settings import get_settings
from app.state.mails import MailsState
from tests import texts

WORDS = re.compile("boîte de démonstration|sans serveur de messagerie|serveur (?:d’envoi|de messagerie)", re.IGNORECASE)
# The page itself, its title, and what depends on where mails go.
_MAY_SAY_IT = {
    "app/app.py",
    "app/pages/mailbox.py",
    "app/pages/information.py",
    "app/components/mailbox.py",
    "app/web/mailbox_files.py",
}


def stays(monkeypatch: pytest.MonkeyPatch, smtp_url: str) -> object:
    monkeypatch.setenv("SMTP_URL", smtp_url)
    get_settings.cache_clear()
    return MailsState(_reflex_internal_init=True).stay_here  # type: ignore[call-arg]


def test_the_server_is_asked_while_the_portal_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stays(monkeypatch, "") is True
    assert stays(monkeypatch, "smtp://127.0.0.1:2525") is False


def test_only_what_asks_where_mails_go_speaks_of_the_mailbox() -> None:
    told = {text.where.split(":")[0] for text in texts.of_python() if WORDS.search(text.words)}
    assert told <= _MAY_SAY_IT
    assert "app/components/mailbox.py" in told
    assert [text for text in texts.of_templates() if WORDS.search(text.words)] == []


def test_pages_of_text_keep_it_apart() -> None:
    sections = [section for page in static_pages.all_pages() for section in page.sections]
    assert [section.anchor for section in sections if said(section.always)] == []
    apart = [section.if_mailbox for section in sections if section.if_mailbox]
    assert sum(bool(said(part)) for part in apart) == 3
    assert all(not link_to_mailbox(section.if_server) for section in sections if section.if_server)


@pytest.mark.parametrize(
    "page",
    [
        confirmation.confirmation,
        confirmation.reschedule_confirmation,
        sign_up.registered,
        space_changes.address,
        personal_sign_up.code,
        lambda: recovery.sent("professionnel", addresses.PROFESSIONAL_SIGN_IN),
        lambda: information.information("aide-prendre-rendez-vous"),
        information.site_map,
        mailbox_page.mailbox,
    ],
)
def test_what_a_page_says_of_the_mailbox_hangs_on_a_condition(page: Callable[[], rx.Component]) -> None:
    rendered = str(page().render())
    assert "stay_here" in rendered


def said(part: Part) -> list[str]:
    words = [*part.paragraphs, *part.items, *(link.label for link in part.links)]
    return [each for each in words if WORDS.search(each)]


def link_to_mailbox(part: Part) -> bool:
    return any(link.path == addresses.DEMO_MAILBOX for link in part.links)
