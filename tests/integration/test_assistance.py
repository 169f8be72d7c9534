"""The assistance form: a mail through the outbox, once, and nothing typed becomes markup or a header."""

import pytest
from sqlalchemy import select

from app.models import AuditEvent, OutboxMail
from app.services import assistance, database
from app.services.form_errors import FieldErrors
from app.services.notifications import delivery
from app.services.throttle import TooManyAttemptsError
from app.settings import get_settings
from app.state.assistance import AssistanceState
from tests.pages import opened, press
from tests.smtp import mail_server

TYPED = {
    "name": "Lila O'Connor-Ñuñez",
    "email": "lila@courriel.example",
    "phone": "01 99 00 12 34",
    "subject": "connexion",
    "question": "Bonjour,\n\nje ne reçois pas le code.\n\n\n\nMerci",
}


def send(visitor: str = "v", network: str = "n", **changes: str) -> None:
    assistance.send(TYPED | changes, visitor_key=visitor, network=network)


def mails() -> list[OutboxMail]:
    with database.reading() as session:
        return list(session.execute(select(OutboxMail)).scalars())


def test_the_setting_says_where_the_assistance_reads(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANCE_EMAIL", "aide@guichet.example")
    get_settings.cache_clear()
    send()
    assert [mail.recipient for mail in mails()] == ["aide@guichet.example"]


def test_a_question_goes_to_the_assistance(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    send()
    (mail,) = mails()
    assert (mail.recipient, mail.kind) == ("assistance@guichet.example", "assistance")
    text = (mail.text_body or "").replace("\u00a0", " ")
    for line in (
        "Nom : Lila O'Connor-Ñuñez",
        "Adresse électronique : lila@courriel.example",
        "Téléphone : 01 99 00 12 34",
        "Sujet : Se connecter, mot de passe oublié",
        "> je ne reçois pas le code.",
        "> Merci",
    ):
        assert line in text
    assert "courriel" not in mail.subject


def test_a_second_click_sends_no_second_mail(db: str) -> None:
    send()
    send()
    send(question="Autre chose")
    assert len(mails()) == 2


def test_the_phone_may_stay_empty(db: str) -> None:
    send(phone="")
    assert "non indiqué" in (mails()[0].text_body or "")


def test_everything_wrong_is_said_at_once(db: str) -> None:
    with pytest.raises(FieldErrors) as raised:
        assistance.send({"phone": "12", "subject": "x"}, visitor_key="v", network="n")
    assert list(raised.value.errors) == ["name", "email", "phone", "subject", "question"]
    assert mails() == []


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", "x" * 81),
        ("name", " \u200b "),
        ("email", "lila"),
        ("question", "x" * 2001),
        ("question", "x" * 100_000),
        ("question", " \n \t\n"),
    ],
)
def test_what_is_too_long_or_empty_is_refused(db: str, field: str, text: str) -> None:
    with pytest.raises(FieldErrors) as raised:
        send(**{field: text})
    assert list(raised.value.errors) == [field]


def test_nothing_typed_becomes_markup_or_a_header(db: str) -> None:
    send(
        name="Eve\r\nBcc: tous@courriel.example",
        question="<script>alert(1)</script>\r\n.\r\nSubject: x\n{{ site_url }}",
    )
    (mail,) = mails()
    assert "Bcc" not in mail.subject
    assert "<script>" not in (mail.html_body or "")
    assert "&lt;script&gt;" in (mail.html_body or "")
    assert "\nBcc" not in (mail.text_body or "")
    assert "{{ site_url }}" in (mail.text_body or "")


def test_a_question_is_read_as_it_is_written(db: str) -> None:
    send(name="Lila\u200b", question="Bon\u00adjour\u200e")
    (mail,) = mails()
    assert "Bonjour" in (mail.text_body or "")
    for field in ("name", "question"):
        with pytest.raises(FieldErrors) as raised:
            send(**{field: "\u202egnol"})
        assert list(raised.value.errors) == [field]


def test_whoever_insists_waits(db: str) -> None:
    for number in range(3):
        send(question=f"Question {number}")
    with pytest.raises(TooManyAttemptsError):
        send(question="Encore")
    for number in range(7):
        send(visitor=f"v{number}")
    with pytest.raises(TooManyAttemptsError):
        send(visitor="autre")


def test_a_typing_mistake_is_not_counted(db: str) -> None:
    for _ in range(20):
        with pytest.raises(FieldErrors):
            send(email="")
    send()


def test_the_audit_log_holds_nothing_typed(db: str) -> None:
    send()
    with database.reading() as session:
        (row,) = session.execute(select(AuditEvent)).scalars()
    assert (row.event, row.subject, row.outcome) == ("assistance", "connexion", "done")


def test_an_assistance_that_takes_no_mail_is_told_to_whoever_wrote_and_to_the_operator(
    db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as server:
        server.refused.add("assistance@guichet.example")
        monkeypatch.setenv("SMTP_URL", server.url())
        get_settings.cache_clear()
        page = opened(AssistanceState)
        page.human = True
        press(page, "submit", TYPED)
        assert (page.sent, page.refused) == (True, False)
        delivery.deliver_due()
        press(page, "watch")
    assert (page.sent, page.refused) == (True, True)
    assert page.question.startswith("Bonjour,"), "nothing typed is lost"
    assert delivery.given_up() == 1
    press(page, "load")
    assert (page.sent, page.refused, page.question) == (False, False, "")
    assert page.draft["question"] == TYPED["question"], "it stands in the form again: nobody read it"
