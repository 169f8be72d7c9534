"""What the booking tests share: a person, a visitor who books, threads that start together, the invariants."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.content import topics
from app.models import (
    Appointment,
    AppointmentChange,
    AppointmentStatus,
    AuditEvent,
    Channel,
    Hold,
    Office,
    OutboxMail,
    Slot,
    SlotClaim,
)
from app.services import database, journeys
from app.services.appointments import booking, holds
from app.services.appointments.holds import HoldView
from app.services.appointments.person import Person
from app.services.appointments.records import AppointmentView
from tests.factories import MadeOffice, at

MONDAY = at("2026-11-23 08:00")
PERSON = Person(
    civility="madame",
    last_name="O'Connor-Ñuñez",
    first_name="Đặng Thị Ánh",
    details="Ascenseur en panne ?",
    phone="+33639981234",
    second_phone="",
    email="anh@courriel.example",
    tax_number="",
)


def topic_of(minutes: int, *channels: str) -> str:
    """Return the id of a real topic of this length that allows these channels."""
    wanted = set(channels or ("counter", "phone"))
    return next(t.id for t in topics.all_topics() if t.minutes == minutes and wanted <= set(t.channels))


@dataclass(frozen=True)
class Visitor:
    """A browser with a journey of its own."""

    key: str
    journey_id: str
    network: str
    person: Person = PERSON

    def hold(
        self, office: MadeOffice, starts_at: datetime, channel: Channel = Channel.COUNTER, minutes: int = 30
    ) -> HoldView:
        return holds.hold(
            self.key,
            self.journey_id,
            self.network,
            office_id=office.id,
            channel=channel,
            minutes=minutes,
            starts_at=starts_at,
        )

    def confirm(
        self,
        office: MadeOffice,
        starts_at: datetime,
        channel: Channel = Channel.COUNTER,
        minutes: int = 30,
        topic: str = "",
        **more: Any,
    ) -> AppointmentView:
        return booking.confirm(
            self.key,
            self.journey_id,
            office_id=office.id,
            topic_id=topic or topic_of(minutes),
            channel=channel,
            starts_at=starts_at,
            person=self.person,
            **more,
        )

    def begins(self, kind: str) -> "Visitor":
        """Return the same browser in a new journey of another kind."""
        return replace(self, journey_id=journeys.start(self.key, kind).id)


def a_visitor(network: str = "", **person: Any) -> Visitor:
    """Return a new browser that has begun booking, alone on its network and with its address unless told otherwise."""
    key = uuid4().hex
    journey = journeys.start(key, "booking")
    return Visitor(
        key, journey.id, network or key, replace(PERSON, **({"email": f"anh-{key[:12]}@courriel.example"} | person))
    )


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all calls in threads that start at the same moment; give results or exceptions, in order."""
    barrier = Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int) -> None:
        barrier.wait()
        try:
            results[index] = calls[index]()
        except Exception as error:
            results[index] = error

    threads = [Thread(target=run, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def count(model: Any) -> int:
    """Return how many rows a table has."""
    with database.reading() as session:
        return int(session.execute(select(func.count()).select_from(model)).scalar_one())


def seats_of(view: AppointmentView) -> list[tuple[int, datetime]]:
    """Return the agent and start of each seat of an appointment, in order of time."""
    query = (
        select(col(Slot.agent_id), col(Slot.starts_at))
        .join(Appointment, col(Appointment.id) == col(Slot.appointment_id))
        .where(col(Appointment.public_id) == view.public_id)
        .order_by(col(Slot.starts_at))
    )
    with database.reading() as session:
        return [(agent, starts) for agent, starts in session.execute(query)]


def check_invariants() -> None:
    """Fail unless every booked appointment owns exactly its seats, once, and left its history, audit and mail."""
    with database.reading() as session:
        appointments = session.execute(select(Appointment)).scalars().all()
        offices = {office.id: office for office in session.execute(select(Office)).scalars()}
        slots = session.execute(select(Slot).where(col(Slot.appointment_id).is_not(None))).scalars().all()
        claims = session.execute(select(col(SlotClaim.slot_id), col(SlotClaim.appointment_id))).all()
        for appointment in appointments:
            _check_appointment(appointment, offices[appointment.office_id], slots)
            _check_traces(session, appointment)
        assert max(Counter(slot for slot, _ in claims).values(), default=0) <= 1
        assert sorted((slot.id, slot.appointment_id) for slot in slots) == sorted((row[0], row[1]) for row in claims)
        _check_holds(session)


def _check_appointment(appointment: Appointment, office: Office, slots: Sequence[Slot]) -> None:
    mine = sorted((s for s in slots if s.appointment_id == appointment.id), key=lambda s: s.starts_at)
    if appointment.status == AppointmentStatus.CANCELLED:
        assert mine == []
        return
    step = timedelta(minutes=office.slot_minutes)
    needed = -(-appointment.minutes // office.slot_minutes)
    assert [s.starts_at for s in mine] == [appointment.starts_at + step * n for n in range(needed)]
    assert len({s.agent_id for s in mine}) == 1
    assert all(s.office_id == appointment.office_id and s.channels & appointment.channel for s in mine)
    assert {s.place_id for s in mine} == {appointment.place_id}


def _check_traces(session: Session, appointment: Appointment) -> None:
    of_it = col(AppointmentChange.appointment_id) == appointment.id
    changes = session.execute(select(AppointmentChange).where(of_it).order_by(col(AppointmentChange.id))).scalars()
    told = [(change.kind, change.revision) for change in changes]
    # Confirming from the mail changes nothing of the appointment, so it keeps its revision.
    changed = [revision for kind, revision in told if kind != "confirmed"]
    assert changed == list(range(1, appointment.revision + 1))
    mails = session.execute(select(OutboxMail).where(col(OutboxMail.appointment_id) == appointment.id)).scalars().all()
    keys = {f"{_TELLS.get(kind, kind)}:{appointment.public_id}:{revision}" for kind, revision in told}
    of_changes = [mail.dedup_key for mail in mails if mail.kind not in ("link", "reminder")]
    assert {_as_told(key) for key in of_changes} == keys
    assert len(of_changes) == len(told)
    audited = session.execute(select(AuditEvent).where(col(AuditEvent.subject) == appointment.reference)).scalars()
    assert sum(event.event.startswith("appointment_") for event in audited) == len(told)


_TELLS = {"booked": "confirmed", "corrected": "confirmed", "to_confirm": "confirmed", "moved_to_confirm": "rescheduled"}


def _as_told(key: str) -> str:
    """Return the key of a mail as if nothing had to be confirmed."""
    kind, rest = key.split(":", 1)
    return f"{_TELLS.get(kind, kind)}:{rest}"


def _check_holds(session: Session) -> None:
    ids = set(session.execute(select(col(Hold.id))).scalars())
    kept = session.execute(select(Slot).where(col(Slot.held_by).is_not(None))).scalars().all()
    assert {slot.held_by for slot in kept} <= ids
    assert all(slot.appointment_id is None for slot in kept)
