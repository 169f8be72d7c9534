from datetime import timedelta

from sqlmodel import col, func, select

from app import clock
from app.models import CaptchaChallenge
from app.services import database, journeys, retention


def _add_challenge(name: str, ends_in: timedelta) -> None:
    with database.writing() as session:
        row = {"visitor_key": "v", "answer": "abc", "created_at": clock.now()}
        session.add(CaptchaChallenge(id=name, expires_at=clock.now() + ends_in, **row))


def _challenges() -> list[str]:
    with database.reading() as session:
        return list(session.exec(select(CaptchaChallenge.id).order_by(col(CaptchaChallenge.id))))


def test_challenges_that_are_over_are_erased_and_others_stay(db: str) -> None:
    _add_challenge("over", timedelta(seconds=-1))
    _add_challenge("running", timedelta(minutes=1))
    assert retention.tidy()["challenges"] == 1
    assert _challenges() == ["running"]


def test_a_draft_nobody_touched_for_a_day_is_erased(db: str) -> None:
    journeys.start("visitor", "booking", {"name": "Dupont"})
    assert retention.tidy()["drafts"] == 0
    with clock.moved(clock.now() + timedelta(hours=24, seconds=1)):
        assert retention.tidy()["drafts"] == 1
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(journeys.Journey)).one() == 0


def test_with_nothing_to_erase_it_says_so(db: str) -> None:
    assert set(retention.tidy().values()) == {0}
