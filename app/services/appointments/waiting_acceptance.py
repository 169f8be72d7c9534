"""What a person does with an offer of the waiting list: look at it, take it, or let it go to the next one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from app import clock
from app.content import topics
from app.models import (
    Appointment,
    Channel,
    Hold,
    LocalPoint,
    OfferOutcome,
    Office,
    WaitingEntry,
    WaitingOffer,
    WaitingStatus,
)
from app.services import audit, database, journeys, throttle
from app.services.appointments import holds, seats, steps, waiting_endings, waiting_links, waiting_offers
from app.services.appointments.seats import Claimant, SlotGoneError
from app.services.appointments.steps import Progress, Step
from app.services.journeys import JourneyGoneError
from app.settings import get_settings


class OfferGoneError(Exception):
    """The offer was taken, declined or left unanswered too long; `offer` says which."""


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offered time; instants in UTC, to be shown in `timezone`; `place_name` is empty at the office itself.

    `outcome` is what became of it, EXPIRED as soon as `expires_at` is over; `is_kept` tells of a taken one whether it
    still waits to be confirmed, `is_booked` whether it has been, under the address that waited. `is_last` tells of a
    live one that without an answer it ends the wait, of an expired one that it has, or does as soon as the job comes
    by; `is_waiting` whether more may be offered. `leave_token` opens the page of the entry.
    """

    office_id: int
    office_name: str
    place_id: int | None
    place_name: str
    address_lines: tuple[str, ...]
    topic_id: str
    topic_label: str
    channel: Channel
    minutes: int
    starts_at: datetime
    timezone: str
    expires_at: datetime
    outcome: OfferOutcome
    is_kept: bool
    is_booked: bool
    is_last: bool
    is_waiting: bool
    leave_token: str

    @property
    def is_live(self) -> bool:
        """Whether it can still be taken."""
        return self.outcome is OfferOutcome.LIVE


def offer(token: str) -> OfferView | None:
    """Return the offer of a link, whatever became of it; None for a link the portal did not make, or an old one."""
    offer_id = waiting_links.offer_id_of(token)
    if offer_id is None:
        return None
    query = (
        select(WaitingOffer, WaitingEntry, Office)
        .join(WaitingEntry, col(WaitingEntry.id) == col(WaitingOffer.entry_id))
        .join(Office, col(Office.id) == col(WaitingOffer.office_id))
        .where(col(WaitingOffer.id) == offer_id)
    )
    with database.reading() as session:
        row = session.execute(query).one_or_none()
        return _view(session, row[0], row[1], row[2]) if row else None


def accept(visitor_key: str, tab: str, token: str, *, network: str = "") -> Progress:
    """Turn the offered seats into a hold of this visitor and begin booking with it, in this tab, at the details.

    A booking begun before in this browser is replaced, so ask first (`steps.progress`). Whoever has the link may take
    the offer, in any browser, once; asked again in the same browser, it opens what was begun. The entry has been
    served then: if nothing is confirmed, the seats go to the next one when the hold ends. `network` is
    `visitors.network_key`. Raises OfferGoneError (nothing was changed), TooManyAttemptsError.
    """
    offer_id = waiting_links.offer_id_of(token)
    if offer_id is None:
        raise OfferGoneError
    throttle.hit("waiting_link", visitor_key)
    email = ""
    try:
        with database.writing() as session:
            email = _take(session, visitor_key, tab, offer_id, network)
    except (OfferGoneError, SlotGoneError, JourneyGoneError, IntegrityError) as error:
        # A second click, or another tab of this browser, may have been faster.
        with database.reading() as session:
            if not _holds_already(session, visitor_key, offer_id):
                raise OfferGoneError from error
    if email:
        steps.remember(visitor_key, steps.BOOKING, {"email": email})
    return steps.resume(visitor_key, steps.BOOKING, tab)


def decline(token: str, *, visitor_key: str = "") -> OfferView | None:
    """Let an offered time go to the next one; the entry waits on. Asked again, it changes nothing.

    None for a link the portal did not make. Raises TooManyAttemptsError.
    """
    offer_id = waiting_links.offer_id_of(token)
    if offer_id is None:
        return None
    throttle.hit("waiting_link", offer_id)
    with database.writing() as session:
        found = waiting_endings.lock(session, offer_id)
        if found is not None and found[1].outcome == OfferOutcome.LIVE:
            waiting_endings.decline(session, *found, visitor_key)
    return offer(token)


def _take(session: Session, visitor_key: str, tab: str, offer_id: str, network: str) -> str:
    """Hand the seats over; return the address to fill in, nothing when this visitor had taken them before."""
    if _holds_already(session, visitor_key, offer_id):
        return ""
    office_id, starts_at, draft = _draft(session, offer_id, tab)
    journey_id = journeys.replace(session, visitor_key, steps.BOOKING, draft, Step.DETAILS)
    former = holds.locked(session, visitor_key)
    if former is not None:
        holds.drop(session, former.id)
    found = waiting_endings.lock(session, offer_id)
    if found is None or found[1].outcome != OfferOutcome.LIVE or found[1].expires_at <= clock.now():
        raise OfferGoneError
    entry, taken = found
    # The hold takes the offer's id, so the seats have one owner throughout and change nothing but their end.
    until = max(taken.expires_at, clock.now() + timedelta(minutes=get_settings().hold_minutes))
    kept = seats.lock_held(session, [offer_id])
    if len(kept) != _slots_needed(session, entry):
        raise OfferGoneError
    seats.hold(session, kept, Claimant(offer_id), until)
    row = {
        "id": offer_id,
        "visitor_key": visitor_key,
        "journey_id": journey_id,
        "office_id": office_id,
        "network_key": network,
        "starts_at": starts_at,
        "expires_at": until,
        "extensions": 0,
    }
    session.execute(insert(Hold).values(row))
    taken.outcome, taken.ended_at = OfferOutcome.TAKEN, clock.now()
    audit.record(session, "waiting_offer", visitor_key, waiting_offers.subject(entry.id), OfferOutcome.TAKEN)
    waiting_endings.end_entry(session, entry, WaitingStatus.SERVED, visitor_key)
    return entry.email


def _is_held(session: Session, offer_id: str) -> bool:
    live = select(col(Hold.id)).where(col(Hold.id) == offer_id, col(Hold.expires_at) > clock.now())
    return session.execute(live).first() is not None


def _holds_already(session: Session, visitor_key: str, offer_id: str) -> bool:
    mine = select(col(Hold.id)).where(col(Hold.id) == offer_id, col(Hold.visitor_key) == visitor_key)
    return session.execute(mine).one_or_none() is not None


def _draft(session: Session, offer_id: str, tab: str) -> tuple[int, datetime, dict[str, Any]]:
    """Return the office, the start and the draft of the booking an offer leads to; raise OfferGoneError."""
    query = (
        select(WaitingOffer, WaitingEntry)
        .join(WaitingEntry, col(WaitingEntry.id) == col(WaitingOffer.entry_id))
        .where(col(WaitingOffer.id) == offer_id)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise OfferGoneError
    offered, entry = row[0], row[1]
    draft = {
        "office": entry.office_id,
        "contact": "",
        "topic_start": "",
        "topic": entry.topic_id,
        "channel": entry.channel,
        "starts_at": offered.starts_at.isoformat(),
        "tabs": [tab],
    }
    if entry.place_id is not None:
        draft["place"] = entry.place_id
    return entry.office_id, offered.starts_at, draft


def _slots_needed(session: Session, entry: WaitingEntry) -> int:
    return -(-entry.minutes // session.get_one(Office, entry.office_id).slot_minutes)


def _is_last(session: Session, row: WaitingOffer) -> bool:
    """Tell whether an offer ends its entry, or has ended it, by finding no answer."""
    if row.outcome == OfferOutcome.EXPIRED:
        later = select(col(WaitingOffer.id)).where(
            col(WaitingOffer.entry_id) == row.entry_id, col(WaitingOffer.created_at) > row.created_at
        )
        return waiting_offers.is_given_up(session, row.entry_id) and session.execute(later).first() is None
    return row.outcome == OfferOutcome.LIVE and waiting_offers.is_last(session, row.entry_id)


def _is_booked(session: Session, row: WaitingOffer, entry: WaitingEntry) -> bool:
    """Tell whether the time that was taken led to an appointment, whatever became of it since."""
    for_whom = (col(Appointment.email_key) == entry.email.lower(), col(Appointment.topic_id) == entry.topic_id)
    since = (col(Appointment.office_id) == entry.office_id, col(Appointment.created_at) >= row.ended_at)
    return session.execute(select(col(Appointment.id)).where(*for_whom, *since).limit(1)).first() is not None


def _view(session: Session, row: WaitingOffer, entry: WaitingEntry, office: Office) -> OfferView:
    topic = topics.topic(entry.topic_id)
    point = session.get(LocalPoint, entry.place_id) if entry.place_id else None
    where = point or office
    outcome = OfferOutcome(row.outcome)
    is_over = outcome is OfferOutcome.LIVE and row.expires_at <= clock.now()
    is_last = _is_last(session, row)
    return OfferView(
        office_id=entry.office_id,
        office_name=office.name,
        place_id=entry.place_id,
        place_name=point.name if point else "",
        address_lines=(where.street, f"{where.postal_code} {where.city}"),
        topic_id=entry.topic_id,
        topic_label=topic.label if topic else "",
        channel=Channel(entry.channel),
        minutes=entry.minutes,
        starts_at=row.starts_at,
        timezone=office.timezone,
        expires_at=row.expires_at,
        outcome=OfferOutcome.EXPIRED if is_over else outcome,
        is_kept=outcome is OfferOutcome.TAKEN and _is_held(session, row.id),
        is_booked=outcome is OfferOutcome.TAKEN and _is_booked(session, row, entry),
        is_last=is_last,
        is_waiting=entry.status == WaitingStatus.WAITING and not (is_over and is_last),
        leave_token=waiting_links.entry_token(entry.public_id),
    )
