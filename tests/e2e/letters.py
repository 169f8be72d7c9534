"""Mails as the tests' SMTP server received them."""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parseaddr

from icalendar import Calendar, Event

from tests.smtp import MailServer

_WAIT_SECONDS = 45
_REMINDER = "Rappel"


@dataclass(frozen=True)
class Letter:
    """One received mail, taken apart."""

    subject: str
    recipient: str
    text: str
    html: str
    calendar: str
    calendar_method: str

    @property
    def link(self) -> str:
        """The address of the page that the mail leads to."""
        found = re.search(r"https?://\S+/rendez-vous/suivi/[\w-]+", self.text)
        assert found, self.text
        assert found[0] in self.html
        return found[0]

    @property
    def event(self) -> Event:
        """The event in the calendar file."""
        found = Calendar.from_ical(self.calendar).walk("VEVENT")[0]
        assert isinstance(found, Event)
        return found

    @property
    def starts_at(self) -> datetime:
        """When the event of the calendar file begins, in UTC."""
        start = self.event.start
        assert isinstance(start, datetime)
        return start.astimezone(UTC)


def to(server: MailServer, recipient: str) -> list[Letter]:
    """Return the mails this address has received so far, oldest first, but for reminders.

    A test that runs while it becomes nine o'clock may get those of an appointment in two days.
    """
    mine = [_opened(mail) for mail in list(server.accepted) if parseaddr(str(mail["To"]))[1] == recipient]
    return [letter for letter in mine if not letter.subject.startswith(_REMINDER)]


def wait_for(server: MailServer, recipient: str, count: int) -> Letter:
    """Wait until the address has received `count` mails in all and return the last; more is an error."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while len(found := to(server, recipient)) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(found) == count, [letter.subject for letter in found]
    return found[-1]


def _opened(mail: EmailMessage) -> Letter:
    parts: dict[str, str] = {}
    method = ""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind.startswith("text/") and kind not in parts:
            parts[kind] = str(part.get_content())
            method = str(part.get_param("method") or method)
    return Letter(
        subject=str(mail["Subject"]),
        recipient=str(mail["To"]),
        text=parts.get("text/plain", ""),
        html=parts.get("text/html", ""),
        calendar=parts.get("text/calendar", ""),
        calendar_method=method,
    )
