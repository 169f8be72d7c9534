"""Offering free seats to whoever waits, one person at a time; how offers end is in waiting_endings.py.

Whoever makes offers may hold locks of slots already (`offer_freed` runs at the end of a cancellation), so it waits
for nothing: entries and further slots that another transaction has locked are passed over. That keeps the order,
because an entry is locked only while it is being offered something, accepts, or leaves. A seat has one `held_by`, so
it is never in two offers; two unique indexes see to it that an entry has one live offer and that an address is
written to once for a start.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlmodel import Session, col

from app import clock
from app.content import topics
from app.models import Channel, LocalPoint, OfferOutcome, Office, Slot, WaitingEntry, WaitingOffer, WaitingStatus
from app.services import audit, upsert
from app.services.appointments import schedule, seats, waiting_links, waking
from app.services.appointments.holds import LEAD
from app.services.appointments.seats import Claimant
from app.services.appointments.waiting_matching import FreeSeat, Group, Pool, Waiter, plan
from app.services.notifications import outbox, waiting_messages
from app.services.notifications.waiting_messages import Wish

KEPT = timedelta(minutes=30)
"""How long an offer lasts, in waking hours."""

UNANSWERED_AT_MOST = 3
"""After so many offers that nobody answered, an entry ends: somebody else's address may have been given.

They may all come in one morning: offers are not spaced. A pause would pass over whoever is first in line for the times
that come free meanwhile, which nobody asked for; and since an address is written to three times at most, spacing would
only make a stranger's nuisance longer. Instead the last offer says that it is the last, and the mail of the end leads
back in one tap.
"""

AT_ONCE = 50
"""How many offers one transaction makes or ends."""

_SEAT = (col(Slot.id), col(Slot.agent_id), col(Slot.starts_at), col(Slot.channels), col(Slot.place_id))


@dataclass(frozen=True, slots=True)
class _Here:
    """The office where offers are made now, and until when those of this moment last."""

    office: Office
    timezone: ZoneInfo
    expires_at: datetime

    @property
    def id(self) -> int:
        return seats.row_id(self.office.id)

    @property
    def not_before(self) -> datetime:
        """The earliest start that can be offered: what nobody takes stays bookable for all until `LEAD` before."""
        return self.expires_at + LEAD


def offer_freed(session: Session, office_id: int, slot_ids: Sequence[int]) -> None:
    """Offer seats that were just freed to the people who wait for them, in the caller's transaction.

    The caller holds the locks of these slots and waits for no other lock afterwards. Nothing happens when nobody
    waits at this office; seats that suit nobody stay free for all.
    """
    if not slot_ids:
        return
    longest = session.execute(select(func.max(col(WaitingEntry.minutes))).where(_waits_at(office_id))).scalar_one()
    if longest is None:
        return
    here = _here(session, office_id)
    _serve(session, here, _pool(here, _around(session, here, slot_ids, longest), slot_ids))


def offer_free(session: Session, office_id: int, slot_ids: Sequence[int]) -> int:
    """Offer the seats of a plan (`planned`) that are still free; return how many offers were made."""
    here = _here(session, office_id)
    query = _free_seats(office_id).where(col(Slot.id).in_(slot_ids)).order_by(col(Slot.id))
    return _serve(session, here, _pool(here, session.execute(query.with_for_update(skip_locked=True))))


def planned(session: Session, office_id: int) -> list[int]:
    """Return the ids of the free slots that people wait for at an office, for some of them; nothing is locked."""
    waiters = _waiters(session, office_id)
    if not waiters:
        return []
    here = _here(session, office_id)
    end = max(waiter.last_day for waiter in waiters) + timedelta(days=1)
    until = datetime.combine(end, datetime.min.time(), here.timezone) + timedelta(days=1)
    found = _free_seats(office_id).where(col(Slot.starts_at) >= here.not_before, col(Slot.starts_at) < until)
    given = plan(_pool(here, session.execute(found)), waiters, AT_ONCE)
    return [id_ for _, group in given for id_ in group.ids]


def live_of(entry_id: Any) -> ColumnElement[bool]:
    """Return the condition of the live offer of an entry; `entry_id` is its id or a column of ids."""
    return and_(col(WaitingOffer.entry_id) == entry_id, col(WaitingOffer.outcome) == OfferOutcome.LIVE)


def unanswered(session: Session, entry_id: int | None) -> int:
    """Return how many offers of an entry have ended without an answer."""
    expired = and_(col(WaitingOffer.entry_id) == entry_id, col(WaitingOffer.outcome) == OfferOutcome.EXPIRED)
    return int(session.execute(select(func.count()).select_from(WaitingOffer).where(expired)).scalar_one())


def is_given_up(session: Session, entry_id: int | None) -> bool:
    """Tell whether as many offers of an entry found no answer as may."""
    return unanswered(session, entry_id) >= UNANSWERED_AT_MOST


def is_last(session: Session, entry_id: int | None) -> bool:
    """Tell whether an offer that is made now, or stands, ends the entry if nobody answers it."""
    return unanswered(session, entry_id) == UNANSWERED_AT_MOST - 1


def last_mail(session: Session, entry_id: int | None) -> str:
    """Return the unique key of the mail of an entry's last offer, empty if it had none."""
    query = select(col(WaitingOffer.id)).where(col(WaitingOffer.entry_id) == entry_id)
    newest = query.order_by(col(WaitingOffer.created_at).desc(), col(WaitingOffer.starts_at).desc()).limit(1)
    offer_id = session.execute(newest).scalar_one_or_none()
    return _mail_key(offer_id) if offer_id else ""


def _mail_key(offer_id: str) -> str:
    return f"{outbox.MailKind.WAITING_OFFER}:{offer_id}"


def subject(entry_id: int | None) -> str:
    """Return how the audit log names an entry."""
    return f"waiting {entry_id}"


def wish_of(session: Session, entry: WaitingEntry, office: Office) -> Wish:
    """Return what mails say of an entry."""
    topic = topics.topic(entry.topic_id)
    point = session.get(LocalPoint, entry.place_id) if entry.place_id else None
    where = point or office
    return Wish(
        office_name=office.name,
        place_name=point.name if point else "",
        address_lines=(where.street, f"{where.postal_code} {where.city}"),
        topic_label=topic.label if topic else "",
        minutes=entry.minutes,
        channel=Channel(entry.channel),
        weekdays=entry.weekdays,
        first_day=entry.first_day,
        last_day=entry.last_day,
        leave_url=waiting_links.entry_url(entry.public_id),
        access=where.access,
    )


def _serve(session: Session, here: _Here, pool: Pool) -> int:
    """Offer the pool, whose slots are locked and free, to those who wait, in their order; return how many got one."""
    made = 0
    for waiter in _waiters(session, here.id):
        if not pool.has_room():
            break
        group = pool.best_for(waiter)
        if group is not None and _offer(session, here, waiter, group):
            pool.take(group)
            made += 1
    return made


def _offer(session: Session, here: _Here, waiter: Waiter, group: Group) -> bool:
    """Keep a group of locked seats for somebody and write the mail; tell whether it could be done."""
    entry = _lock_entry(session, here.id, waiter)
    if entry is None:
        return False
    offer_id = token_hex(16)
    made = upsert.insert(session, WaitingOffer).values(
        id=offer_id,
        entry_id=waiter.entry_id,
        email_key=waiter.email_key,
        office_id=here.id,
        starts_at=group.starts_at,
        expires_at=here.expires_at,
        outcome=OfferOutcome.LIVE,
        created_at=clock.now(),
    )
    if session.execute(made.on_conflict_do_nothing().returning(col(WaitingOffer.id))).one_or_none() is None:
        return False
    seats.hold(session, group.ids, Claimant(offer_id), here.expires_at)
    message = waiting_messages.offer(
        wish_of(session, entry, here.office),
        starts_at=group.starts_at,
        expires_at=here.expires_at,
        timezone=here.office.timezone,
        offer_url=waiting_links.offer_url(offer_id),
        is_last=is_last(session, entry.id),
    )
    outbox.queue(
        session,
        kind=outbox.MailKind.WAITING_OFFER,
        dedup_key=_mail_key(offer_id),
        recipient=entry.email,
        visitor_key=entry.visitor_key,
        message=message,
    )
    audit.record(session, "waiting_offer", subject=subject(entry.id), outcome="made")
    return True


def _lock_entry(session: Session, office_id: int, waiter: Waiter) -> WaitingEntry | None:
    """Lock the entry, with the others of its address at this office; None if one of them is busy, or all changed.

    The others too, so that two transactions never write offers to one address, where one would wait for the other.
    """
    of_address = and_(col(WaitingEntry.email_key) == waiter.email_key, _waits_at(office_id))
    query = select(WaitingEntry).where(of_address).order_by(col(WaitingEntry.id)).with_for_update(skip_locked=True)
    rows = session.execute(query, execution_options={"populate_existing": True}).scalars().all()
    known = session.execute(select(func.count()).select_from(WaitingEntry).where(of_address)).scalar_one()
    entry = next((row for row in rows if row.id == waiter.entry_id), None)
    if entry is None or len(rows) < known:
        return None
    unchanged = (entry.weekdays, entry.first_day, entry.last_day) == (
        waiter.weekdays,
        waiter.first_day,
        waiter.last_day,
    )
    return entry if unchanged else None


def _waiters(session: Session, office_id: int) -> list[Waiter]:
    """Return those who wait at an office and have no live offer, in the order in which they joined."""
    columns = (
        WaitingEntry.id,
        WaitingEntry.email_key,
        WaitingEntry.channel,
        WaitingEntry.place_id,
        WaitingEntry.minutes,
        WaitingEntry.weekdays,
        WaitingEntry.first_day,
        WaitingEntry.last_day,
    )
    has_offer = exists().where(live_of(col(WaitingEntry.id)))
    query = (
        select(*(col(column) for column in columns))
        .where(_waits_at(office_id), ~has_offer)
        .order_by(col(WaitingEntry.id))
    )
    rows = session.execute(query).all()
    told = _told(session, office_id) if rows else {}
    return [_waiter(row, told.get(row.email_key, ())) for row in rows]


def _waiter(row: Any, told: Iterable[datetime]) -> Waiter:
    return Waiter(
        entry_id=row.id,
        email_key=row.email_key,
        channel=Channel(row.channel),
        place_id=row.place_id,
        minutes=row.minutes,
        weekdays=row.weekdays,
        first_day=row.first_day,
        last_day=row.last_day,
        told=frozenset(told),
    )


def _told(session: Session, office_id: int) -> dict[str, set[datetime]]:
    """Return the starts to come that were offered before, by address."""
    waiting = select(col(WaitingEntry.email_key)).where(_waits_at(office_id))
    query = select(col(WaitingOffer.email_key), col(WaitingOffer.starts_at)).where(
        col(WaitingOffer.email_key).in_(waiting),
        col(WaitingOffer.office_id) == office_id,
        col(WaitingOffer.starts_at) > clock.now(),
    )
    told: dict[str, set[datetime]] = defaultdict(set)
    for email_key, starts_at in session.execute(query):
        told[email_key].add(starts_at)
    return told


def _here(session: Session, office_id: int) -> _Here:
    office = session.get_one(Office, office_id)
    timezone = ZoneInfo(office.timezone)
    return _Here(office, timezone, waking.after(clock.now(), KEPT, timezone))


def _pool(here: _Here, rows: Iterable[Any], fresh: Sequence[int] | None = None) -> Pool:
    return Pool(
        (FreeSeat(*row) for row in rows),
        timezone=here.timezone,
        slot_minutes=here.office.slot_minutes,
        not_before=here.not_before,
        fresh=fresh,
    )


def _around(session: Session, here: _Here, slot_ids: Sequence[int], minutes: int) -> Sequence[Any]:
    """Lock and return those of the freed slots that are free, with the free ones an appointment may need beside."""
    freed = session.execute(_free_seats(here.id).where(col(Slot.id).in_(slot_ids))).all()
    if not freed:
        return []
    reach = timedelta(minutes=max(minutes - 1, 0) // here.office.slot_minutes * here.office.slot_minutes)
    beside = _free_seats(here.id).where(
        col(Slot.agent_id).in_({row.agent_id for row in freed}),
        col(Slot.starts_at) >= min(row.starts_at for row in freed) - reach,
        col(Slot.starts_at) <= max(row.starts_at for row in freed) + reach,
    )
    return session.execute(beside.order_by(col(Slot.id)).with_for_update(skip_locked=True)).all()


def _free_seats(office_id: int) -> Any:
    return select(*_SEAT).where(col(Slot.office_id) == office_id, schedule.is_free(clock.now()))


def _waits_at(office_id: int) -> ColumnElement[bool]:
    return and_(col(WaitingEntry.office_id) == office_id, col(WaitingEntry.status) == WaitingStatus.WAITING)
