from app import clock
from app.models import AuditEvent
from app.services import database


def test_an_instant_written_comes_back_aware_and_equal(db: str) -> None:
    now = clock.now()
    with database.writing() as session:
        session.add(AuditEvent(at=now, event="x"))
    with database.reading() as session:
        assert session.get(AuditEvent, 1).at == now
