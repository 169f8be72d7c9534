"""The mail server, as the setting `SMTP_URL` names it, and the handing over of one mail to it."""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from app.models import OutboxMail

# For each answer of the server. With at most nine answers in a dialogue, it ends within the lease of a mail.
TIMEOUT_SECONDS = 15.0

# RFC 5321: no such mailbox, not a local one, a name that cannot be one.
_MAILBOX_CODES = (550, 551, 553)
_ENHANCED = re.compile(r"\s*(\d\.\d{1,3}\.\d{1,3})\b")
# RFC 3463 and 7505: bad or moved mailbox, bad host or syntax, mailbox disabled, no route, host without mail. Not 5.1.7
# and 5.1.8, which are the sender's, nor a full mailbox (5.2.2), which may be emptied.
_ABOUT_ADDRESS = {f"5.1.{n}" for n in (0, 1, 2, 3, 4, 6, 10)} | {"5.2.1", "5.4.1", "5.4.4"}
# « Relay », « blocked », « spam »: what servers without enhanced codes say of the sender.
_ABOUT_US = re.compile(
    r"relay|spam|block|black.?list|policy|reputation|sender|spf|dkim|dmarc|authenti|content|virus|rate|limit|"
    r"not allowed|not permitted|prohibited|client host",
    re.IGNORECASE,
)


class SmtpUrlError(ValueError):
    """SMTP_URL cannot be used; the message says why, without the password."""


class _MailPolicy(EmailPolicy):
    """How mails are written: as `email.policy.SMTP` does, except for the subject.

    Python 3.11 loses a space where it folds a line between two accented words; `Header` does not.
    """

    def fold(self, name: str, value: Any) -> str:
        if name.lower() == "subject":
            encoded = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
            return f"{name}: {encoded}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() == "subject":
            return self.fold(name, value).encode("ascii")
        folded: bytes = super().fold_binary(name, value)
        return folded


_POLICY = _MailPolicy(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails are handed over; `user` is empty when the server asks for none."""

    host: str
    port: int
    implicit_tls: bool
    starttls: bool
    user: str
    password: str


def server(url: str) -> Server:
    """Read `smtp://user:password@host:port?starttls=1` or `smtps://…`; raise SmtpUrlError if it is neither.

    Ports are 25 and 465 unless given. A password is refused without encryption, except on this machine.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SmtpUrlError("SMTP_URL is not a URL") from error
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SmtpUrlError("SMTP_URL must look like smtp://host or smtps://host")
    implicit = parts.scheme == "smtps"
    read = Server(
        host=parts.hostname,
        port=port or (465 if implicit else 25),
        implicit_tls=implicit,
        starttls=not implicit and parse_qs(parts.query).get("starttls", ["0"])[-1] in ("1", "true", "yes"),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
    if read.password and not (read.implicit_tls or read.starttls or _is_this_machine(read.host)):
        raise SmtpUrlError("SMTP_URL would send the password unencrypted: use smtps:// or add ?starttls=1")
    return read


def send(to: Server, mail: EmailMessage) -> None:
    """Hand one mail over; return once the server accepted it.

    Raise smtplib.SMTPException when it refused, OSError (TimeoutError among them) when it could not be reached.
    """
    client = _connected(to)
    try:
        client.send_message(mail)
    except BaseException:
        client.close()
        raise
    _say_goodbye(client)


def reason(error: OSError) -> str:
    """Return what the server or the network said, without mail addresses, for the operator."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        said = f"{code} {_text(answer)}"
    elif isinstance(error, smtplib.SMTPResponseException):
        said = f"{error.smtp_code} {_text(error.smtp_error)}"
    else:
        said = f"{type(error).__name__} {error}"
    return re.sub(r"\S+@\S+", "…", " ".join(said.split()))[:300]


def refuses_address(error: OSError) -> bool:
    """Tell whether the server said for good that the recipient's address takes no mail.

    Everything else that is refused may be about this portal (its sender, its rights, what it writes) and is no reason
    to doubt what somebody typed: an enhanced code (RFC 3463) other than of a mailbox, or words about us.
    """
    answer: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPDataError):
        code, answer = error.smtp_code, error.smtp_error
    else:
        return False
    said = _text(answer)
    if enhanced := _ENHANCED.match(said):
        return code // 100 == 5 and enhanced[1] in _ABOUT_ADDRESS
    return code in _MAILBOX_CODES and not _ABOUT_US.search(said)


def is_silence(error: OSError) -> bool:
    """Tell whether the server could not be reached or stopped answering, rather than refused this mail."""
    return not isinstance(error, smtplib.SMTPException) or isinstance(error, smtplib.SMTPServerDisconnected)


def composed(row: OutboxMail, sender: str) -> EmailMessage:
    """Return the mail of an outbox row, with the row's Message-ID and date whatever the attempt."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = _address(row.recipient)
    mail["Subject"] = row.subject
    mail["Date"] = format_datetime(row.created_at)
    mail["Message-ID"] = row.message_id
    mail["Content-Language"] = "fr"
    # RFC 3834, and its Microsoft counterpart: no holiday answers to a mail that nobody reads.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(row.text_body or "", cte="quoted-printable")
    if row.html_body:
        mail.add_alternative(row.html_body, subtype="html", cte="quoted-printable")
    if row.calendar:
        _attach_calendar(mail, row.calendar, row.calendar_method)
    return mail


def _attach_calendar(mail: EmailMessage, calendar: str, method: str) -> None:
    mail.add_attachment(
        calendar.encode(),
        maintype="text",
        subtype="calendar",
        filename="rendez-vous.ics",
        params={"method": method, "charset": "utf-8"},
    )


def _connected(to: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if to.implicit_tls:
        client: smtplib.SMTP = smtplib.SMTP_SSL(to.host, to.port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        client = smtplib.SMTP(to.host, to.port, timeout=TIMEOUT_SECONDS)
    try:
        if to.starttls:
            client.starttls(context=context)
        if to.user:
            client.login(to.user, to.password)
    except BaseException:
        client.close()
        raise
    return client


def _say_goodbye(client: smtplib.SMTP) -> None:
    # The mail is accepted: what happens to the connection now must not make it look refused.
    try:
        client.quit()
    except OSError:
        client.close()


def _address(recipient: str) -> Address:
    local, _, domain = recipient.rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode()
    return Address(username=local, domain=domain)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
