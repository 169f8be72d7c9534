"""The waiting list: somebody leaves an address and the days that suit, and is offered what comes free.

The answer to whoever joins says only what they asked, whatever is known of the address: what became of it is said in
the mail. An address waits for at most three things at a time. A stranger who types somebody else's address can add
days to an entry, but takes none away; only the browser that made it replaces them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, timedelta
from secrets import token_hex
from zoneinfo import ZoneInfo

from sqlalchemy import Select, insert, select, text
from sqlmodel import Session, col

from app import clock, keys
from app.content import topics, wording
from app.models import Channel, LocalPoint, Office, WaitingEntry, WaitingOffer, WaitingStatus
from app.services import audit, database, throttle
from app.services.accounts import email_address
from app.services.accounts.email_address import Address, EmailRefusedError
from app.services.appointments import reasons, records, schedule, waiting_endings, waiting_links, waiting_offers
from app.services.appointments.reasons import Asked, Reasons
from app.services.appointments.waiting_acceptance import OfferGoneError, OfferView, accept, decline, offer
from app.services.appointments.waiting_links import is_made
from app.services.appointments.waiting_offers import AT_ONCE, offer_freed
from app.services.form_errors import FieldErrors
from app.services.notifications import outbox, waiting_messages
from app.services.notifications.messages import Message

__all__ = [
    "ENTRIES_AT_MOST",
    "EVERY_DAY",
    "EntryView",
    "OfferGoneError",
    "OfferView",
    "Week",
    "accept",
    "decline",
    "drop_refused",
    "entry",
    "is_made",
    "join",
    "leave",
    "offer",
    "offer_freed",
    "run",
    "week",
]

ENTRIES_AT_MOST = 3
"""How many things one address waits for at a time."""

EVERY_DAY = 0b1111111
_ENDED_AT_ONCE = 500

_NO_WEEKDAY = "Cochez au moins un jour de la semaine."
_NO_SUCH_DAY = "Aucun des jours cochés ne tombe dans cette période\u00a0: cochez-en d’autres, ou allongez la période."
_NOBODY_IS_RECEIVED = (
    "Ce service ne reçoit aucun des jours cochés de cette période\u00a0: cochez-en d’autres, ou allongez la période."
)
_ENDS_TOO_EARLY = "Choisissez un dernier jour qui vient après le premier, à partir d’aujourd’hui."


@dataclass(frozen=True, slots=True)
class EntryView:
    """What somebody waits for; `weekdays` has bit 0 for Monday, days are local days of the office and included.

    `place_name` is empty at the office itself. `weekday_words` and `period_words` say the days in French. `is_given_up`
    tells of one that is over whether offers without an answer ended it, not the last of its days. `mail` is the unique
    key of the mail that answers whoever joined, or of the last offer; it is nothing to show.
    """

    office_id: int
    office_name: str
    place_id: int | None
    place_name: str
    topic_id: str
    topic_label: str
    channel: Channel
    minutes: int
    weekdays: int
    first_day: date
    last_day: date
    status: WaitingStatus
    is_given_up: bool = False
    mail: str = field(default="", compare=False)

    @property
    def weekday_words(self) -> str:
        """« du lundi au vendredi »."""
        return waiting_messages.weekday_words(self.weekdays)

    @property
    def period_words(self) -> str:
        """« du 24 novembre 2026 au 5 décembre 2026 »."""
        return waiting_messages.period_words(self.first_day, self.last_day)


@dataclass(frozen=True, slots=True)
class Week:
    """The days of the week on which what somebody looks for is given: bit 0 for Monday."""

    served: int
    closed_words: str


def week(office_id: int, channel: Channel, place_id: int | None, weekdays: Sequence[int]) -> Week:
    """Return which days can be asked for, and the sentences that say why those of `weekdays` cannot that are not.

    Raises OfficeNotFoundError.
    """
    asked = Asked(channel, 0, place_id)
    with database.reading() as session:
        rules = schedule.opening_of(session, office_id, _today(), _today())
    return Week(reasons.weekdays_served(rules, asked), reasons.why_not_weekdays(rules, asked, weekdays))


def join(
    visitor_key: str,
    network: str,
    email: str,
    *,
    office_id: int,
    topic_id: str,
    channel: Channel,
    place_id: int | None,
    weekdays: int,
    first_day: date,
    last_day: date,
) -> EntryView:
    """Put an address on the list and queue the mail that says so; return what was asked, never what is kept.

    `network` is `visitors.network_key`; the CAPTCHA was passed before. `weekdays` has bit 0 for Monday; the days are
    local days of the office up to the horizon, a first day in the past means today. No week day may be one on which
    such appointments are never given, and holidays and closures must leave one of the days. Raises FieldErrors
    (under `email`, `weekdays`, `first_day`, `last_day`), NotOfferedError, TooManyAttemptsError.
    """
    throttle.hit("waiting_list", visitor_key)
    throttle.hit("waiting_list_network", network)
    address, errors = _address(email)
    with database.writing() as session:
        office = records.offering_office(session, office_id, topic_id, channel, place_id)
        timezone = ZoneInfo(office.timezone)
        first_day = max(first_day, schedule.local_today(timezone))
        errors |= _wrong_days(weekdays, first_day, last_day, timezone) or _closed_days(
            session, office, Asked(channel, records.minutes_of(topic_id), place_id), weekdays, (first_day, last_day)
        )
        if errors or address is None:
            raise FieldErrors(errors)
        asked = WaitingEntry(
            public_id=token_hex(16),
            office_id=office_id,
            topic_id=topic_id,
            channel=int(channel),
            place_id=place_id,
            minutes=records.minutes_of(topic_id),
            weekdays=weekdays,
            first_day=first_day,
            last_day=last_day,
            email=address.display,
            email_key=keys.keyed_hash("waiting", address.key),
            visitor_key=visitor_key,
            status=WaitingStatus.WAITING,
            created_at=clock.now(),
        )
        mail = _join(session, asked, office)
        return replace(_view(session, asked, office), mail=mail)


def entry(token: str) -> EntryView | None:
    """Return the entry of a link, whatever became of it; None for a link the portal did not make, or an old one."""
    public_id = waiting_links.public_id_of(token)
    if public_id is None:
        return None
    with database.reading() as session:
        found = session.execute(_by_public_id(public_id)).scalar_one_or_none()
        return _view(session, found, session.get_one(Office, found.office_id)) if found else None


def drop_refused(visitor_key: str, mail: str, instead: str) -> None:
    """Take off the list what this visitor asked for, if its mail was refused and the same was asked for instead.

    `mail` and `instead` are of the views that `join` returned for it and for what was asked in its place.
    """
    public_id, new_id = _entry_told(mail), _entry_told(instead)
    if not public_id or public_id == new_id or not outbox.is_refused(mail):
        return
    with database.writing() as session:
        new = session.execute(_by_public_id(new_id)).scalar_one_or_none()
        if new is not None:
            same = (col(WaitingEntry.office_id) == new.office_id, col(WaitingEntry.topic_id) == new.topic_id)
            own = _by_public_id(public_id).where(col(WaitingEntry.visitor_key) == visitor_key, *same)
            _leave(session, own, visitor_key)


def leave(token: str, *, visitor_key: str = "") -> EntryView | None:
    """Take an entry off the list; what it was offered goes to the next one. Asked again, it changes nothing.

    None for a link the portal did not make. Raises TooManyAttemptsError.
    """
    public_id = waiting_links.public_id_of(token)
    if public_id is None:
        return None
    throttle.hit("waiting_link", public_id)
    with database.writing() as session:
        _leave(session, _by_public_id(public_id), visitor_key)
    return entry(token)


def run() -> int:
    """End offers and entries whose time is over, and offer what is free; return how many of all. For the job.

    It may run at any time, often, and in several processes at once.
    """
    done = _expire() + _end_entries()
    with database.reading() as session:
        waiting = select(col(WaitingEntry.office_id)).where(col(WaitingEntry.status) == WaitingStatus.WAITING)
        offices = session.execute(waiting.distinct().order_by(col(WaitingEntry.office_id))).scalars().all()
    return done + sum(map(_offer_free, offices))


def _expire() -> int:
    done = 0
    while True:
        # Reading first: a minute without anything to do must not take SQLite's write lock.
        with database.reading() as session:
            if session.execute(select(col(WaitingOffer.id)).where(*waiting_endings.over()).limit(1)).first() is None:
                return done
        with database.writing() as session:
            ended = waiting_endings.expire(session)
        if not ended:
            return done
        done += ended


def _end_entries() -> int:
    """End the entries whose last day is over where the office is, and tell whoever waited."""
    with database.reading() as session:
        query = (
            select(col(WaitingEntry.id), col(WaitingEntry.last_day), col(Office.timezone))
            .join(Office, col(Office.id) == col(WaitingEntry.office_id))
            .where(
                col(WaitingEntry.status) == WaitingStatus.WAITING,
                col(WaitingEntry.last_day) <= clock.now().astimezone(UTC).date(),
            )
            .order_by(col(WaitingEntry.last_day))
            .limit(_ENDED_AT_ONCE)
        )
        rows = session.execute(query).all()
    over = [row.id for row in rows if row.last_day < schedule.local_today(ZoneInfo(row.timezone))]
    return sum(_run_out(over[first : first + AT_ONCE]) for first in range(0, len(over), AT_ONCE))


def _run_out(ids: Sequence[int]) -> int:
    """End those of the entries that still wait; one that another transaction works on is left to it."""
    with database.writing() as session:
        chosen = (col(WaitingEntry.id).in_(ids), col(WaitingEntry.status) == WaitingStatus.WAITING)
        query = select(WaitingEntry).where(*chosen).order_by(col(WaitingEntry.id)).with_for_update(skip_locked=True)
        found = session.execute(query).scalars().all()
        for each in found:
            waiting_endings.run_out(session, each)
    return len(found)


def _offer_free(office_id: int) -> int:
    """Offer what is free at an office, some of it at a time."""
    schedule.ensure_planned(office_id)
    done = 0
    while True:
        with database.reading() as session:
            chosen = waiting_offers.planned(session, office_id)
        if not chosen:
            return done
        with database.writing() as session:
            made = waiting_offers.offer_free(session, office_id, chosen)
        if not made:
            return done
        done += made


def _address(email: str) -> tuple[Address | None, dict[str, str]]:
    try:
        return email_address.parse(email), {}
    except EmailRefusedError as refused:
        return None, {"email": refused.message}


def _wrong_days(weekdays: int, first_day: date, last_day: date, timezone: ZoneInfo) -> dict[str, str]:
    """Return what is wrong with the days, by field."""
    horizon = schedule.last_bookable_day(timezone)
    if not 0 < weekdays <= EVERY_DAY:
        return {"weekdays": _NO_WEEKDAY}
    if last_day < first_day:
        return {"last_day": _ENDS_TOO_EARLY}
    if last_day > horizon:
        return {"last_day": f"Choisissez un dernier jour jusqu’au {wording.day_with_year(horizon)}."}
    some = (first_day + timedelta(days=number) for number in range(min((last_day - first_day).days + 1, 7)))
    if not any(weekdays >> day.weekday() & 1 for day in some):
        return {"weekdays": _NO_SUCH_DAY}
    return {}


def _closed_days(
    session: Session, office: Office, asked: Asked, weekdays: int, days: tuple[date, date]
) -> dict[str, str]:
    """Return what the opening rules say against days that are right otherwise, by field.

    Absences do not count: agents who come back are one of the things to wait for.
    """
    first_day, last_day = days
    rules = replace(schedule.opening_of(session, office.id or 0, first_day, last_day), absences=())
    never = [day for day in range(7) if weekdays >> day & 1 & ~(reasons.weekdays_served(rules, asked) >> day)]
    if never:
        return {"weekdays": reasons.why_not_weekdays(rules, asked, never)}
    period = (first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1))
    chosen = [day for day in period if weekdays >> day.weekday() & 1]
    if any(reasons.receives(rules, day, asked) for day in chosen):
        return {}
    if first_day < last_day:
        return {"weekdays": _NOBODY_IS_RECEIVED}
    _, why = Reasons(rules, asked, first_day, last_day).why(first_day)
    return {"first_day": f"Choisissez un autre jour que le {wording.day_with_year(first_day)}. {why}."}


def _leave(session: Session, which: Select[WaitingEntry], visitor_key: str) -> None:
    found = session.execute(which.with_for_update()).scalar_one_or_none()
    if found is not None and found.status == WaitingStatus.WAITING:
        waiting_endings.end_entry(session, found, WaitingStatus.LEFT, visitor_key)
        live = waiting_endings.lock_live(session, found)
        if live is not None:
            waiting_endings.decline(session, found, live, visitor_key)


def _join(session: Session, asked: WaitingEntry, office: Office) -> str:
    """Write what is asked, or what of it may be, and the mail about it; return its key."""
    _one_at_a_time(session, asked.email_key)
    of_address = (col(WaitingEntry.email_key) == asked.email_key, col(WaitingEntry.status) == WaitingStatus.WAITING)
    query = select(WaitingEntry).where(*of_address).order_by(col(WaitingEntry.id)).with_for_update()
    known = session.execute(query).scalars().all()
    same = next((each for each in known if (each.office_id, each.topic_id) == (asked.office_id, asked.topic_id)), None)
    if same is not None:
        _change(session, same, asked)
        mail = _tell_joined(session, same, office)
        outcome = "changed"
    elif len(known) >= ENTRIES_AT_MOST:
        mail = _tell_full(session, known, asked)
        outcome = "too many"
    else:
        row = asked.model_dump(exclude={"id"})
        asked.id = session.execute(insert(WaitingEntry).values(row).returning(col(WaitingEntry.id))).scalar_one()
        mail = _tell_joined(session, asked, office)
        outcome = "joined"
    number = same.id if same is not None else asked.id
    audit.record(session, "waiting_entry", asked.visitor_key, waiting_offers.subject(number or 0), outcome)
    return mail


def _one_at_a_time(session: Session, email_key: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        # Two requests for one address would both find room; SQLite writes one at a time anyway.
        key = int(keys.keyed_hash("waiting-cap", email_key)[:15], 16)
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _change(session: Session, kept: WaitingEntry, asked: WaitingEntry) -> None:
    """Replace what an entry waits for if the same browser asks, else only add days."""
    if kept.visitor_key == asked.visitor_key:
        kept.channel, kept.place_id = asked.channel, asked.place_id
        kept.weekdays, kept.first_day, kept.last_day = asked.weekdays, asked.first_day, asked.last_day
    else:
        kept.weekdays |= asked.weekdays
        kept.first_day = min(kept.first_day, asked.first_day)
        kept.last_day = max(kept.last_day, asked.last_day)
    session.flush()


def _tell_joined(session: Session, kept: WaitingEntry, office: Office) -> str:
    """Queue the mail, once a day for the same days."""
    kind = outbox.MailKind.WAITING_JOINED
    what = f"{kept.channel} {kept.place_id} {kept.weekdays} {kept.first_day} {kept.last_day}"
    digest = keys.keyed_hash(kind, f"{what} {_today()}")[:20]
    message = waiting_messages.joined(waiting_offers.wish_of(session, kept, office))
    return _queue(session, kind, f"{kind}:{kept.public_id}:{digest}", kept, message)


def _tell_full(session: Session, known: Sequence[WaitingEntry], asked: WaitingEntry) -> str:
    """Queue the mail, once a day."""
    kind = outbox.MailKind.WAITING_FULL
    wishes = [waiting_offers.wish_of(session, each, session.get_one(Office, each.office_id)) for each in known]
    message = waiting_messages.full(wishes)
    # It shows links to leave, so in the demo it goes to the mailbox of whoever joined first.
    return _queue(session, kind, f"{kind}:{asked.email_key[:20]}:{_today()}", known[0], message)


def _queue(session: Session, kind: str, dedup_key: str, to: WaitingEntry, message: Message) -> str:
    outbox.queue(
        session, kind=kind, dedup_key=dedup_key, recipient=to.email, visitor_key=to.visitor_key, message=message
    )
    return dedup_key


def _entry_told(mail: str) -> str:
    """Return the public id of the entry that a mail's key says was joined, empty if it says none."""
    kind, _, rest = mail.partition(":")
    return rest.partition(":")[0] if kind == outbox.MailKind.WAITING_JOINED else ""


def _today() -> date:
    return clock.now().astimezone(UTC).date()


def _by_public_id(public_id: str) -> Select[WaitingEntry]:
    return select(WaitingEntry).where(col(WaitingEntry.public_id) == public_id)


def _view(session: Session, row: WaitingEntry, office: Office) -> EntryView:
    topic = topics.topic(row.topic_id)
    point = session.get(LocalPoint, row.place_id) if row.place_id else None
    return EntryView(
        office_id=row.office_id,
        office_name=office.name,
        place_id=row.place_id,
        place_name=point.name if point else "",
        topic_id=row.topic_id,
        topic_label=topic.label if topic else "",
        channel=Channel(row.channel),
        minutes=row.minutes,
        weekdays=row.weekdays,
        first_day=row.first_day,
        last_day=row.last_day,
        status=WaitingStatus(row.status),
        is_given_up=row.status == WaitingStatus.OVER and waiting_offers.is_given_up(session, row.id),
        mail=waiting_offers.last_mail(session, row.id),
    )
