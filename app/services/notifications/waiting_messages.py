"""What the mails of the waiting list say: when somebody joins, has an offer, finds no room, has waited in vain.

Nothing that anybody typed is in them: whoever joins with the address of somebody else must not be able to write to
that person through the portal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.content import both_times, wording
from app.models import Channel
from app.services.notifications.messages import Message, template, typographic
from app.settings import get_settings

_EVERY_DAY = 0b1111111
_WORKING_DAYS = 0b0011111
_CHANNELS = {
    Channel.COUNTER: "Au guichet",
    Channel.PHONE: "Par téléphone",
    Channel.VIDEO: "Par visioconférence, sur place",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody waits for; `place_name` is empty at the office, `weekdays` has bit 0 for Monday.

    Days are local and included. `access` says how to get there and in. `leave_url` is the signed address of the page
    where one leaves the list.
    """

    office_name: str
    place_name: str
    address_lines: tuple[str, ...]
    topic_label: str
    minutes: int
    channel: Channel
    weekdays: int
    first_day: date
    last_day: date
    leave_url: str
    access: str = ""

    @property
    def days(self) -> str:
        """The days in French: « lundi et mardi, du 24 novembre 2026 au 5 décembre 2026 »."""
        return f"{weekday_words(self.weekdays)}, {period_words(self.first_day, self.last_day)}"

    @property
    def channel_words(self) -> str:
        """« Au guichet »."""
        return _CHANNELS[self.channel]


def joined(wish: Wish) -> Message:
    """Return the mail that says one is on the list, with the link to leave it."""
    return _message("waiting_joined", "Vous êtes sur la liste d’attente", "", wish=wish)


def full(wishes: Sequence[Wish]) -> Message:
    """Return the mail that says an address waits for as much as it may, with the links to leave each list."""
    return _message("waiting_full", "Votre adresse est déjà sur plusieurs listes d’attente", "", wishes=tuple(wishes))


def offer(
    wish: Wish, *, starts_at: datetime, expires_at: datetime, timezone: str, offer_url: str, is_last: bool = False
) -> Message:
    """Return the mail that offers a time until `expires_at` (both aware); `timezone` is the office's IANA name.

    `is_last` says that the wait ends if nobody answers.
    """
    words = {
        "is_last": is_last,
        "named_moment": both_times.named_moment(starts_at, timezone),
        "until": both_times.moment(expires_at, timezone),
        "offer_url": offer_url,
    }
    subject = f" : {both_times.moment(starts_at, timezone)}"
    return _message("waiting_offer", "Un créneau se libère", subject, wish=wish, **words)


def over(wish: Wish, *, is_given_up: bool = False) -> Message:
    """Return the mail that says why a wait is over, with the link to the page where one starts again.

    `is_given_up`: three offers found no answer; else the days have passed. The page keeps the office and the topic.
    """
    title = "Votre inscription sur la liste d’attente est terminée"
    return _message("waiting_over", title, "", wish=wish, is_given_up=is_given_up)


def weekday_words(weekdays: int) -> str:
    """Return the days of a mask in French: « tous les jours », « du lundi au vendredi », « lundi, mardi et jeudi »."""
    if weekdays == _EVERY_DAY:
        return "tous les jours"
    if weekdays == _WORKING_DAYS:
        return "du lundi au vendredi"
    names = [wording.weekday(day) for day in range(7) if weekdays >> day & 1]
    return " et ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def period_words(first: date, last: date) -> str:
    """Return « du 24 novembre 2026 au 5 décembre 2026 », or « le 24 novembre 2026 »."""
    if first == last:
        return f"le {wording.date(first)}"
    return f"du {wording.date(first)} au {wording.date(last)}"


def _message(kind: str, title: str, more: str, **words: Any) -> Message:
    shared = {"title": title, "site_url": get_settings().site_url}
    return Message(
        subject=typographic(f"{title}{more}"),
        text=typographic(template(f"{kind}.txt").render(shared | words)),
        html=typographic(template(f"{kind}.html").render(shared | words)),
    )
