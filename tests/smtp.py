"""A real SMTP server on loopback for the tests: it keeps what it accepts and misbehaves when told to."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as MAIL_POLICY
from enum import Enum, auto
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from app.settings import get_settings
from tests.services import free_port


class Mode(Enum):
    """What the server does with the next mails; it may be changed while it runs."""

    ACCEPT = auto()
    REFUSE_FOR_NOW = auto()
    REFUSE_FOR_GOOD = auto()
    REFUSE_RECIPIENT = auto()
    """Answer 550 to each address, as to those of `refused`."""
    DELAY_RECIPIENT = auto()
    """Answer 450 to each address, as to those of `delayed`."""
    HANG = auto()
    CUT_AFTER_DATA = auto()
    """Take the whole mail, then close the connection without an answer."""
    CUT_AFTER_ACCEPTANCE = auto()
    """Answer that the mail is accepted, then close the connection."""


@dataclass
class MailServer:
    """The running server: `accepted` are the mails it promised to deliver, `cut` those it left unanswered."""

    port: int
    scheme: str = "smtp"
    mode: Mode = Mode.ACCEPT
    delay: float = 0.0
    accepted: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    cut: list[EmailMessage] = field(default_factory=list)
    attempts: int = 0
    users: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    delayed: set[str] = field(default_factory=set)
    refusal: str = "550 5.1.1 <{address}> unknown"

    def url(self, credentials: str = "", query: str = "") -> str:
        """Return the SMTP_URL of this server; `credentials` is « user:password »."""
        return f"{self.scheme}://{credentials + '@' if credentials else ''}localhost:{self.port}{query}"

    def forget(self) -> None:
        """Empty what was received so far."""
        self.accepted.clear()
        self.recipients.clear()
        self.cut.clear()

    async def handle_MAIL(  # noqa: N802  (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.attempts += 1
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.mode is Mode.REFUSE_RECIPIENT or address in self.refused:
            return self.refusal.format(address=address)
        if self.mode is Mode.DELAY_RECIPIENT or address in self.delayed:
            return f"450 4.2.1 <{address}> try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.sleep(self.delay)
        mail = message_from_bytes(envelope.original_content, policy=MAIL_POLICY)
        match self.mode:
            case Mode.REFUSE_FOR_NOW:
                return "451 4.3.0 try again later"
            case Mode.REFUSE_FOR_GOOD:
                return "554 5.7.1 refused"
            case Mode.HANG:
                await asyncio.sleep(3600)
            case Mode.CUT_AFTER_DATA:
                self.cut.append(mail)
                server.transport.abort()
            case Mode.CUT_AFTER_ACCEPTANCE:
                self._keep(mail, envelope)
                asyncio.get_running_loop().call_later(0.05, server.transport.abort)
            case _:
                self._keep(mail, envelope)
        return "250 accepted"

    def _keep(self, mail: EmailMessage, envelope: Any) -> None:
        self.accepted.append(mail)
        self.recipients.extend(envelope.rcpt_tos)

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        """Accept the password « geheim: 1/2 » of anybody."""
        if isinstance(given, LoginPassword) and given.password == b"geheim: 1/2":
            self.users.append(given.login.decode())
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False)


@contextmanager
def mail_server(
    *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, login: bool = False
) -> Iterator[MailServer]:
    """Run a mail server for the duration of the block: plain, with `tls` from the start, or after STARTTLS."""
    running = MailServer(port=free_port(), scheme="smtps" if tls else "smtp")
    options: dict[str, Any] = {"tls_context": starttls, "require_starttls": starttls is not None}
    if login:
        options |= {"authenticator": running.authenticate, "auth_required": True, "auth_require_tls": True}
    controller = Controller(running, hostname="localhost", port=running.port, ssl_context=tls, **options)
    controller.start()
    try:
        yield running
    finally:
        controller.stop()


@contextmanager
def portal_mails(monkeypatch: pytest.MonkeyPatch, *refused: str) -> Iterator[MailServer]:
    """Have the portal of this test send its mail to a server that refuses these addresses for good."""
    with mail_server() as running:
        monkeypatch.setenv("SMTP_URL", running.url())
        get_settings.cache_clear()
        running.refused.update(refused)
        yield running
