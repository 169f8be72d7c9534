"""What the mails about a space say, and what nobody can make them say."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models import OutboxMail, SpaceKind
from app.services.notifications import account_messages, smtp
from app.services.notifications.messages import Message
from app.settings import get_settings

AT = datetime(2026, 2, 25, 13, 9, tzinfo=UTC)
CODE = "m6eiX7RRyWUU"
LINK = "https://guichet.example/espace-professionnel/activation/code?code=m6eiX7RRyWUU"
WITHDRAW = "https://guichet.example/espace-professionnel/annuler-demande?code=m6eiX7RRyWUU"
NOT_ME = "https://guichet.example/espace-professionnel/pas-moi/abc-def"


@pytest.fixture(autouse=True)
def site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://guichet.example")
    get_settings.cache_clear()


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def _activation() -> Message:
    return account_messages.activation(
        code=CODE, deadline=AT, activate_url=LINK, withdraw_url=WITHDRAW, not_me_url=NOT_ME
    )


def _every_message() -> list[Message]:
    return [
        _activation(),
        account_messages.address_in_use(is_pending=True),
        account_messages.address_in_use(is_pending=False),
        account_messages.password_changed(AT),
        account_messages.password_changed(AT, everywhere=True),
        account_messages.address_change(code=CODE, expires_at=AT),
        account_messages.address_changed(AT),
        account_messages.recovery(reset_url="https://guichet.example/reset/abc", minutes=10),
        account_messages.account_closed(AT, appointments_kept=0, appointments_cancelled=0),
        account_messages.account_closed(AT, appointments_kept=1, appointments_cancelled=1),
        account_messages.account_closed(AT, appointments_kept=3, appointments_cancelled=2, kind=SpaceKind.PERSONAL),
        account_messages.assistance([("Nom", "Rosemonde")], "Bonjour,\nun souci."),
        *_personal_messages(),
    ]


def _personal_messages() -> list[Message]:
    kind, link = SpaceKind.PERSONAL, "https://guichet.example/espace-particulier/x"
    return [
        account_messages.activation(
            code=CODE, deadline=AT, activate_url=link, withdraw_url=link, not_me_url=link, kind=kind
        ),
        account_messages.address_in_use(is_pending=True, kind=kind),
        account_messages.address_in_use(is_pending=False, kind=kind),
        account_messages.password_changed(AT, kind=kind),
        account_messages.password_changed(AT, everywhere=True, kind=kind),
        account_messages.address_change(code=CODE, expires_at=AT, kind=kind),
        account_messages.address_changed(AT, kind),
        account_messages.recovery(reset_url=link, minutes=10, kind=kind),
    ]


def test_a_mail_about_a_personal_space_names_it_and_no_professional_page() -> None:
    for message in _personal_messages():
        for text in (message.text, message.html):
            assert "espace particulier" in text
            assert "professionnel" not in text


def test_the_activation_mail_says_all_that_is_needed() -> None:
    message = _activation()
    assert "création de votre espace" in message.subject
    for text in (message.text, _Page(message.html).words):
        flat = " ".join(text.split())
        for expected in (
            CODE,
            "n’est pas un mot de passe",
            "ne sert qu’une fois",
            "48 heures",
            "mercredi 25 février 2026 à 14 h 09 (heure de Paris)",
            "Connexion à l’espace professionnel",
            "Activer",
            "votre adresse électronique de connexion",
            "ne pas y répondre",
            "numéro de carte bancaire",
            "copie de vos papiers d’identité",
            "@guichet.example",
            "messagerie sécurisée",
            "démonstration, pas un site officiel",
            "du lundi au vendredi",
        ):
            assert " ".join(expected.split()) in flat, expected
    assert {LINK, WITHDRAW, NOT_ME} <= {str(value) for name, value in _Page(message.html).attributes if name == "href"}
    assert LINK in message.text
    assert WITHDRAW in message.text
    assert NOT_ME in message.text


def test_every_link_is_the_portals() -> None:
    for message in _every_message():
        links = [str(value) for name, value in _Page(message.html).attributes if name == "href"]
        assert links
        assert all(link == "https://guichet.example" or link.startswith("https://guichet.example/") for link in links)


def test_the_html_stands_alone_and_is_legible_in_light_and_dark() -> None:
    for message in _every_message():
        page = _Page(message.html)
        assert not {"style", "script", "img", "link", "form", "iframe"} & set(page.tags)
        assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("class", "src")]
        for style in [value for name, value in page.attributes if name == "style" and value]:
            assert ("background-color:" in style) == bool(re.search(r"(^|;)color:(?!inherit)", style))


def test_punctuation_keeps_to_its_word_and_lines_are_short() -> None:
    for message in _every_message():
        assert not re.search(r" [:;?!]", message.text + _Page(message.html).words + message.subject)
        assert all(len(line) <= 90 for line in message.text.splitlines() if "http" not in line)


@given(st.text(max_size=400), st.text(max_size=400))
def test_nothing_typed_to_the_assistance_becomes_a_header_or_a_tag(typed: str, question: str) -> None:
    message = account_messages.assistance([("Nom", typed)], f"{question}\r\nBcc: x@y.example\n<img src=x>")
    assert message.subject == "Demande d’assistance"
    page = _Page(message.html)
    assert "img" not in page.tags
    row = OutboxMail(
        dedup_key="k",
        kind="assistance",
        visitor_key="v",
        message_id="<id@guichet.example>",
        recipient="a@guichet.example",
        subject=message.subject,
        text_body=message.text,
        html_body=message.html,
        created_at=AT,
        next_attempt_at=AT,
    )
    parsed = message_from_bytes(smtp.composed(row, "g@guichet.example").as_bytes(), policy=policy.SMTP)
    assert "bcc" not in parsed
    assert len(list(parsed.walk())) == 3
    assert parsed["to"].addresses[0].addr_spec == "a@guichet.example"


def test_a_question_to_the_assistance_is_passed_on_whole() -> None:
    question = "Ma demande tient en un seul paragraphe. " * 40 + "Que dois-je faire ?"
    message = account_messages.assistance([("Nom", "Lila")], question)
    for text in (message.text, message.html):
        assert question in " ".join(text.replace("\u00a0", " ").split())
