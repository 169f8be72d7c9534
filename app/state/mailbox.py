"""The demo mailbox: the mails of one's own browser, when no mail server is set."""

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import reflex as rx
from reflex.event import EventSpec

from app import addresses
from app.content import wording
from app.services.notifications import outbox
from app.settings import get_settings
from app.state.base import call, number, visitor_of

_PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Letter:
    """A mail as the mailbox shows it; an opened one has the addresses of its HTML form and of its calendar file."""

    id: int = 0
    subject: str = ""
    sender: str = ""
    recipient: str = ""
    received: str = ""
    page: str = ""
    calendar: str = ""


class MailboxState(rx.State):
    """The list of mails, and the one that is open."""

    letters: list[Letter] = []
    opened: Letter = Letter()
    body: str = ""
    link: str = ""
    loaded: bool = False

    @rx.event
    async def load(self) -> None:
        """List the mails of this browser, newest first."""
        visitor = visitor_of(self)
        found = await call(outbox.for_visitor, visitor) if visitor else ()
        self.letters = [
            Letter(mail.id, mail.subject, "", mail.recipient, wording.moment(mail.created_at.astimezone(_PARIS)))
            for mail in found
        ]
        self.opened, self.body, self.link, self.loaded = Letter(), "", "", True

    @rx.event
    async def open(self, mail_id: int) -> EventSpec | None:
        """Open one mail of this browser."""
        visitor = visitor_of(self)
        if visitor is None:
            return None
        mail = await call(outbox.mail_of_visitor, visitor, number(mail_id))
        if mail is None:
            return None
        received = wording.moment(mail.created_at.astimezone(_PARIS))
        self.opened = Letter(
            mail.id,
            mail.subject,
            mail.sender,
            mail.recipient,
            received,
            page=addresses.mail_page(mail.id) if mail.html else "",
            calendar=addresses.mail_calendar(mail.id) if mail.calendar else "",
        )
        self.body = mail.text
        found = re.search(rf"{re.escape(get_settings().site_url)}(/\S+)", mail.text)
        self.link = found[1] if found else ""
        return rx.set_focus("message")
