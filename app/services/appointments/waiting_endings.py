"""How offers and entries of the waiting list end, and passing on the seats that nobody took.

All verbs but making offers (waiting_offers.py) lock in the order entry, offer, slots by id; seats that come free are
offered at the end, when nothing else is waited for.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlmodel import Session, col

from app import clock
from app.models import OfferOutcome, Office, Slot, WaitingEntry, WaitingOffer, WaitingStatus
from app.services import audit
from app.services.appointments import seats, waiting_offers
from app.services.notifications import outbox, waiting_messages


def lock(session: Session, offer_id: str) -> tuple[WaitingEntry, WaitingOffer] | None:
    """Lock and return an offer with its entry, whatever became of it; None for an unknown one."""
    of_it = select(col(WaitingOffer.entry_id)).where(col(WaitingOffer.id) == offer_id).scalar_subquery()
    entry = _locked(session, select(WaitingEntry).where(col(WaitingEntry.id) == of_it))
    offer = _locked(session, select(WaitingOffer).where(col(WaitingOffer.id) == offer_id))
    return (entry, offer) if entry is not None and offer is not None else None


def lock_live(session: Session, entry: WaitingEntry) -> WaitingOffer | None:
    """Lock and return the live offer of a locked entry, if it has one."""
    found: WaitingOffer | None = _locked(session, select(WaitingOffer).where(waiting_offers.live_of(entry.id)))
    return found


def decline(session: Session, entry: WaitingEntry, offer: WaitingOffer, visitor_key: str = "") -> None:
    """End a locked live offer that the person does not want; its seats go to the next one."""
    _end(session, offer, OfferOutcome.DECLINED)
    audit.record(session, "waiting_offer", visitor_key, waiting_offers.subject(entry.id), OfferOutcome.DECLINED)
    _pass_on(session, [offer])


def expire(session: Session) -> int:
    """End some of the offers whose time is over and pass their seats on; return how many ended.

    Those that another transaction works on are left to it.
    """
    query = (
        select(WaitingOffer, WaitingEntry)
        .join(WaitingEntry, col(WaitingEntry.id) == col(WaitingOffer.entry_id))
        .where(*over())
        .order_by(col(WaitingOffer.expires_at), col(WaitingOffer.id))
        .limit(waiting_offers.AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = session.execute(query).all()
    for offer, entry in rows:
        _end(session, offer, OfferOutcome.EXPIRED)
        audit.record(session, "waiting_offer", subject=waiting_offers.subject(entry.id), outcome=OfferOutcome.EXPIRED)
        # Left or served meanwhile, it has ended already, and nobody is told anything more.
        if entry.status == WaitingStatus.WAITING and waiting_offers.is_given_up(session, entry.id):
            run_out(session, entry)
    _pass_on(session, [offer for offer, _ in rows])
    return len(rows)


def over() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a live offer whose time is over."""
    return col(WaitingOffer.outcome) == OfferOutcome.LIVE, col(WaitingOffer.expires_at) <= clock.now()


def end_entry(session: Session, entry: WaitingEntry, status: WaitingStatus, visitor_key: str = "") -> None:
    """End a locked entry."""
    entry.status, entry.ended_at = status, clock.now()
    session.flush()
    audit.record(session, "waiting_entry", visitor_key, waiting_offers.subject(entry.id), status)


def run_out(session: Session, entry: WaitingEntry) -> None:
    """End a locked entry whose days have passed or whose offers found no answer; queue the one mail that says so."""
    end_entry(session, entry, WaitingStatus.OVER)
    kind, office = outbox.MailKind.WAITING_OVER, session.get_one(Office, entry.office_id)
    outbox.queue(
        session,
        kind=kind,
        dedup_key=f"{kind}:{entry.public_id}",
        recipient=entry.email,
        visitor_key=entry.visitor_key,
        message=waiting_messages.over(
            waiting_offers.wish_of(session, entry, office), is_given_up=waiting_offers.is_given_up(session, entry.id)
        ),
    )


def _end(session: Session, offer: WaitingOffer, outcome: OfferOutcome) -> None:
    offer.outcome, offer.ended_at = outcome, clock.now()
    session.flush()


def _pass_on(session: Session, ended: Sequence[WaitingOffer]) -> None:
    """Free the seats that ended offers still keep, and offer them to the next ones."""
    holders = [offer.id for offer in ended]
    ids = seats.lock_held(session, holders)
    seats.free_kept(session, ids, holders)
    by_office: dict[int, list[int]] = defaultdict(list)
    for id_, office_id in session.execute(select(col(Slot.id), col(Slot.office_id)).where(col(Slot.id).in_(ids))):
        by_office[office_id].append(id_)
    for office_id, freed in by_office.items():
        waiting_offers.offer_freed(session, office_id, freed)


def _locked(session: Session, query: Select[Any]) -> Any:
    return session.execute(query.with_for_update(), execution_options={"populate_existing": True}).scalar_one_or_none()
