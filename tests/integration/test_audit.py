from sqlalchemy import select

from app import clock
from app.models import AuditEvent
from app.services import audit, database
from tests.factories import at

NOON = at("2026-11-23 12:00")


def test_an_event_is_recorded_with_the_change_it_is_about(db: str) -> None:
    with clock.moved(NOON), database.writing() as session:
        audit.record(session, "appointment_booked", "visitor", "ABC-DEF-GHJ", "done")
    event = _only_event()
    assert (event.at, event.event, event.visitor_key, event.subject, event.outcome) == (
        NOON,
        "appointment_booked",
        "visitor",
        "ABC-DEF-GHJ",
        "done",
    )


def test_a_refusal_is_noted_on_its_own(db: str) -> None:
    audit.note("hold", outcome="too many")
    assert _only_event().outcome == "too many"


def test_values_too_long_are_cut_and_do_not_undo_the_change(db: str) -> None:
    audit.note("e" * 100, "v" * 100, "s" * 100, "o" * 100)
    event = _only_event()
    assert [len(value) for value in (event.event, event.visitor_key, event.subject, event.outcome)] == [60, 64, 80, 60]


def _only_event() -> AuditEvent:
    with database.reading() as session:
        event: AuditEvent = session.execute(select(AuditEvent)).scalar_one()
    return event
