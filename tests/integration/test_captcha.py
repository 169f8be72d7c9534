"""A CAPTCHA challenge serves one visitor, once, for ten minutes."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from app import clock
from app.models import CaptchaChallenge
from app.services import captcha, database, throttle

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh_counts() -> Iterator[None]:
    throttle.reset()
    yield
    throttle.reset()


def issued(visitor: str = "camille") -> tuple[str, str]:
    challenge_id = captcha.issue(visitor)
    answer = captcha.answer_for_media(visitor, challenge_id)
    assert answer is not None
    return challenge_id, answer


def test_the_right_answer_passes_once(db: str) -> None:
    challenge_id, answer = issued()
    assert captcha.check("camille", challenge_id, answer) is True
    assert captcha.check("camille", challenge_id, answer) is False


@pytest.mark.parametrize("wrong", ["", "AAAAAAA", "\x00", "é", "\ud800", "A" * 100_000])
def test_a_wrong_answer_uses_the_challenge_up(db: str, wrong: str) -> None:
    challenge_id, answer = issued()
    assert captcha.check("camille", challenge_id, wrong) is False
    assert captcha.check("camille", challenge_id, answer) is False
    assert captcha.answer_for_media("camille", challenge_id) is None


def test_case_and_blanks_do_not_matter(db: str) -> None:
    challenge_id, answer = issued()
    assert captcha.check("camille", challenge_id, f" {answer[:3].lower()}\u00a0 {answer[3:]}\n") is True


def test_a_challenge_is_its_visitors_alone(db: str) -> None:
    challenge_id, answer = issued()
    assert captcha.answer_for_media("dominique", challenge_id) is None
    assert captcha.check("dominique", challenge_id, answer) is False
    assert captcha.check("camille", challenge_id, answer) is True, "somebody else's attempt used nothing up"


def test_a_challenge_lives_ten_minutes(db: str) -> None:
    with clock.moved(START):
        first, answer = issued()
        second, other = issued()
    with clock.moved(START + timedelta(minutes=9, seconds=59)):
        assert captcha.check("camille", first, answer) is True
    with clock.moved(START + timedelta(minutes=10)):
        assert captcha.answer_for_media("camille", second) is None
        assert captcha.check("camille", second, other) is False


def test_expired_challenges_are_erased(db: str) -> None:
    with clock.moved(START):
        issued()
        issued("dominique")
    with clock.moved(START + timedelta(minutes=11)):
        kept, _ = issued()
    with database.reading() as session:
        assert [row.id for row in session.exec(select(CaptchaChallenge))] == [kept]


def test_of_many_checks_at_once_one_passes(db: str) -> None:
    challenge_id, answer = issued()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: captcha.check("camille", challenge_id, answer), range(8)))
    assert results.count(True) == 1


def test_a_visitor_may_have_several_tabs(db: str) -> None:
    first, one = issued()
    second, two = issued()
    assert captcha.check("camille", first, one) is True
    assert captcha.check("camille", second, two) is True


@pytest.mark.parametrize("challenge_id", ["", "x", "\x00" * 22, "'; DROP TABLE", "\ud800" * 22, "A" * 10_000, "A" * 22])
def test_an_id_that_was_never_issued_is_worth_nothing(db: str, challenge_id: str) -> None:
    assert captcha.check("camille", challenge_id, "AAAAAA") is False
    assert captcha.answer_for_media("camille", challenge_id) is None


def test_answers_are_unreadable_in_the_database_and_never_the_same(db: str) -> None:
    answers = {issued()[1] for _ in range(10)}
    assert len(answers) == 10
    assert all(len(answer) == captcha.LENGTH and set(answer) <= set(captcha.ALPHABET) for answer in answers)
    with database.reading() as session:
        stored = str(session.execute(text("SELECT * FROM captcha_challenge")).all())
    assert not any(answer in stored for answer in answers)


def test_challenges_and_answers_are_throttled_for_each_visitor(db: str) -> None:
    challenge_id, answer = issued()
    insist(lambda: captcha.check("camille", "A" * 22, "AAAAAA"))
    with pytest.raises(throttle.TooManyAttemptsError):
        captcha.check("camille", challenge_id, answer)
    assert captcha.answer_for_media("camille", challenge_id) == answer, "a refused attempt uses nothing up"
    insist(lambda: captcha.issue("camille"))
    captcha.issue("dominique")


def insist(attempt: Callable[[], object]) -> None:
    """Attempt until it is refused; fail if it never is."""
    for _ in range(50):
        try:
            attempt()
        except throttle.TooManyAttemptsError:
            return
    pytest.fail("nothing was refused")
