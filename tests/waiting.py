"""What the tests of the waiting list share: people who wait, their offers, and what must always hold."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

from sqlalchemy import func, select
from sqlmodel import col

from app import clock
from app.models import Channel, Hold, OfferOutcome, OutboxMail, Slot, WaitingEntry, WaitingOffer, WaitingStatus
from app.services import database
from app.services.appointments import waiting_links, waiting_list
from app.services.appointments.holds import LEAD
from app.services.appointments.steps import Progress
from app.services.appointments.waiting_list import EntryView
from tests.booking import topic_of
from tests.factories import MadeOffice, make_office, mark_planned

WORKING_DAYS = 0b0011111
FIRST, LAST = date(2026, 11, 24), date(2026, 12, 4)


def an_office(*, agents: int = 1, timezone: str = "Europe/Paris") -> MadeOffice:
    """Make an office whose slots are only those that tests make."""
    office = make_office(agents=agents, timezone=timezone)
    mark_planned(office.id, date(2028, 1, 1))
    return office


@dataclass(frozen=True)
class Waiting:
    """Somebody who joined, in a browser of their own."""

    key: str
    email: str
    entry_id: int

    @property
    def token(self) -> str:
        return waiting_links.entry_token(self.row.public_id)

    @property
    def row(self) -> WaitingEntry:
        with database.reading() as session:
            return session.get_one(WaitingEntry, self.entry_id)

    @property
    def offers(self) -> list[WaitingOffer]:
        """Everything they were offered, oldest first."""
        query = select(WaitingOffer).where(col(WaitingOffer.entry_id) == self.entry_id)
        with database.reading() as session:
            return list(session.execute(query.order_by(col(WaitingOffer.created_at))).scalars())

    @property
    def live(self) -> WaitingOffer | None:
        return next((each for each in self.offers if each.outcome == OfferOutcome.LIVE), None)

    @property
    def offered(self) -> list[datetime]:
        return [each.starts_at for each in self.offers]

    @property
    def offer_token(self) -> str:
        """The token of the last offer."""
        return waiting_links.offer_token(self.offers[-1].id)

    def accept(self, visitor_key: str = "") -> Progress:
        return waiting_list.accept(visitor_key or self.key, "tab", self.offer_token)

    def decline(self) -> None:
        waiting_list.decline(self.offer_token)

    def leave(self) -> None:
        waiting_list.leave(self.token)


def join(
    office: MadeOffice,
    *,
    key: str = "",
    email: str = "",
    topic: str = "",
    channel: Channel = Channel.COUNTER,
    place: int | None = None,
    weekdays: int = WORKING_DAYS,
    first: date = FIRST,
    last: date = LAST,
) -> EntryView:
    """Join as the page does."""
    visitor = key or uuid4().hex
    return waiting_list.join(
        visitor,
        visitor,
        email or f"{visitor}@courriel.example",
        office_id=office.id,
        topic_id=topic or topic_of(30),
        channel=channel,
        place_id=place,
        weekdays=weekdays,
        first_day=first,
        last_day=last,
    )


def a_waiter(office: MadeOffice, *, minutes: int = 30, **wish: object) -> Waiting:
    """Put somebody on the list."""
    key = uuid4().hex
    email = str(wish.pop("email", f"{key}@courriel.example"))
    join(office, key=key, email=email, topic=topic_of(minutes), **wish)  # type: ignore[arg-type]
    with database.reading() as session:
        mine = select(func.max(col(WaitingEntry.id))).where(col(WaitingEntry.visitor_key) == key)
        return Waiting(key, email, session.execute(mine).scalar_one() or 0)


def mails(kind: str, recipient: str = "") -> list[OutboxMail]:
    """Return the queued mails of a kind, to one recipient or to all, oldest first."""
    query = select(OutboxMail).where(col(OutboxMail.kind) == kind).order_by(col(OutboxMail.id))
    with database.reading() as session:
        found = session.execute(query).scalars().all()
    return [mail for mail in found if not recipient or mail.recipient == recipient]


def owners(slot_ids: Sequence[int]) -> list[str | None]:
    """Return by whom slots are held."""
    query = select(col(Slot.held_by)).where(col(Slot.id).in_(slot_ids)).order_by(col(Slot.id))
    with database.reading() as session:
        return list(session.execute(query).scalars())


def check_waiting_list(*, slot_minutes: int = 30) -> None:
    """Fail unless every seat has one owner, live offers keep exactly theirs, ended ones none, and mails are single."""
    now = clock.now()
    with database.reading() as session:
        entries = {each.id: each for each in session.execute(select(WaitingEntry)).scalars()}
        offers = session.execute(select(WaitingOffer)).scalars().all()
        slots = session.execute(select(Slot)).scalars().all()
        hold_ids = set(session.execute(select(col(Hold.id))).scalars())
        sent = session.execute(select(OutboxMail).where(col(OutboxMail.kind) == "waiting_offer")).scalars().all()
    live = [each for each in offers if each.outcome == OfferOutcome.LIVE]
    step = timedelta(minutes=slot_minutes)
    for each in live:
        entry = entries[each.entry_id]
        assert entry.status == WaitingStatus.WAITING
        assert each.expires_at <= each.starts_at - LEAD
        kept = sorted((slot for slot in slots if slot.held_by == each.id), key=lambda slot: slot.starts_at)
        if each.expires_at > now:
            needed = -(-entry.minutes // slot_minutes)
            assert [slot.starts_at for slot in kept] == [each.starts_at + step * n for n in range(needed)]
            assert len({slot.agent_id for slot in kept}) == 1
            assert all(slot.held_until == each.expires_at and slot.appointment_id is None for slot in kept)
            assert all(slot.channels & entry.channel and slot.place_id == entry.place_id for slot in kept)
    assert max(Counter(each.entry_id for each in live).values(), default=0) <= 1
    told = Counter((each.email_key, each.office_id, each.starts_at) for each in offers)
    assert max(told.values(), default=0) <= 1
    assert sorted(mail.dedup_key for mail in sent) == sorted(f"waiting_offer:{each.id}" for each in offers)
    assert {slot.held_by for slot in slots} - {None} <= hold_ids | {each.id for each in live}
