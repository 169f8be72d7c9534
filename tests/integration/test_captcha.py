"""A CAPTCHA challenge serves one visitor, once, for ten minutes, whether it is to copy or to compute."""

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import altcha
import pytest
from sqlalchemy import text
from sqlmodel import select

from app import clock
from app.models import CaptchaChallenge
from app.services import captcha, captcha_work, database, throttle
from app.settings import get_settings

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
    assert captcha.check("camille", challenge_id, f"\u200b {answer[:3].lower()}\u00a0 {answer[3:]}\n\ufeff") is True


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


def worked(challenge: str, **changes: object) -> str:
    """Do the work of a challenge as a browser would; `changes` spoil the solution."""
    posed = altcha.Challenge.from_dict(json.loads(challenge))
    solution = altcha.solve_challenge(posed)
    assert solution is not None
    done = altcha.Payload(posed, solution).to_dict()
    done["solution"].update(changes)
    return packed(done)


def packed(payload: object) -> str:
    return base64.b64encode(json.dumps(payload).encode()).decode()


def posed(visitor: str = "camille") -> tuple[str, str]:
    challenge_id = captcha.issue(visitor, captcha.WORK)
    challenge = captcha.work(visitor, challenge_id)
    assert challenge is not None
    return challenge_id, challenge


class TestWork:
    @pytest.fixture(autouse=True)
    def light_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(captcha_work, "COST", 10)

    def test_the_work_done_passes_once(self, db: str) -> None:
        challenge_id, challenge = posed()
        answer = worked(challenge)
        assert captcha.check("camille", challenge_id, answer) is True
        assert captcha.check("camille", challenge_id, answer) is False, "a replay"

    def test_work_has_nothing_to_see_or_hear_and_a_picture_no_work(self, db: str) -> None:
        work_id, _ = posed()
        text_id, answer = issued()
        assert captcha.answer_for_media("camille", work_id) is None
        assert captcha.work("camille", text_id) is None
        assert captcha.seconds_left("camille", work_id) > 0
        assert captcha.seconds_left("camille", text_id) > 0
        assert captcha.check("camille", work_id, answer) is False

    def test_work_does_not_answer_a_picture(self, db: str) -> None:
        text_id, _ = issued()
        _, challenge = posed()
        assert captcha.check("camille", text_id, worked(challenge)) is False

    def test_work_is_its_visitors_alone(self, db: str) -> None:
        challenge_id, challenge = posed()
        assert captcha.work("dominique", challenge_id) is None
        assert captcha.check("dominique", challenge_id, worked(challenge)) is False
        assert captcha.check("camille", challenge_id, worked(challenge)) is True

    def test_work_for_another_challenge_is_refused(self, db: str) -> None:
        challenge_id, _ = posed()
        _, other = posed()
        assert captcha.check("camille", challenge_id, worked(other)) is False

    def test_work_lives_ten_minutes(self, db: str) -> None:
        with clock.moved(START):
            first, one = posed()
            second, two = posed()
        with clock.moved(START + timedelta(minutes=9, seconds=59)):
            assert captcha.check("camille", first, worked(one)) is True
        with clock.moved(START + timedelta(minutes=10)):
            assert captcha.seconds_left("camille", second) == 0
            assert captcha.work("camille", second) is None
            assert captcha.check("camille", second, worked(two)) is False

    @pytest.mark.parametrize(
        "changes",
        [{"counter": 10**6}, {"counter": -1}, {"counter": "0"}, {"counter": True}, {"derivedKey": "00" * 32}],
    )
    def test_a_solution_that_is_none_uses_the_challenge_up(self, db: str, changes: dict[str, object]) -> None:
        challenge_id, challenge = posed()
        assert captcha.check("camille", challenge_id, worked(challenge, **changes)) is False
        assert captcha.check("camille", challenge_id, worked(challenge)) is False

    @pytest.mark.parametrize("change", [{"cost": 1}, {}, {"keyLength": 1}, {"algorithm": "SHA-256"}, {"data": {}}])
    def test_a_challenge_made_easier_is_refused(self, db: str, change: dict[str, object]) -> None:
        challenge_id, challenge = posed()
        easier = json.loads(challenge)
        easier["parameters"].update({"keyPrefix": "", **change})
        solution = altcha.solve_challenge(altcha.Challenge.from_dict(easier))
        assert solution is not None
        answer = packed({"challenge": easier, "solution": solution.to_dict()})
        assert captcha.check("camille", challenge_id, answer) is False

    def test_a_challenge_of_ones_own_is_refused(self, db: str) -> None:
        challenge_id, _ = posed()
        own = altcha.create_challenge(captcha_work.ALGORITHM, 1, data={"id": challenge_id}, hmac_secret="mine")
        assert captcha.check("camille", challenge_id, worked(json.dumps(own.to_dict()))) is False

    @pytest.mark.parametrize(
        "answer",
        ["", "é", "====", "A" * 100_000, packed([]), packed(7), packed({}), packed({"challenge": None}), "W" * 1999],
    )
    def test_what_is_no_payload_is_refused(self, db: str, answer: str) -> None:
        challenge_id, _ = posed()
        assert captcha.check("camille", challenge_id, answer) is False

    def test_a_payload_that_is_not_whole_is_refused(self, db: str) -> None:
        for solution in (None, [], {}, {"counter": 1}, {"counter": [], "derivedKey": 3}):
            challenge_id, challenge = posed()
            answer = packed({"challenge": json.loads(challenge), "solution": solution})
            assert captcha.check("camille", challenge_id, answer) is False

    def test_work_begun_before_the_key_changed_still_counts(self, db: str, monkeypatch: pytest.MonkeyPatch) -> None:
        challenge_id, challenge = posed()
        monkeypatch.setenv("SECRET_KEY", "newer-key,key-of-the-tests")
        get_settings.cache_clear()
        assert captcha.check("camille", challenge_id, worked(challenge)) is True

    def test_of_many_checks_at_once_one_passes(self, db: str) -> None:
        challenge_id, challenge = posed()
        answer = worked(challenge)
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda _: captcha.check("camille", challenge_id, answer), range(8)))
        assert results.count(True) == 1

    def test_work_counts_in_the_same_limits(self, db: str) -> None:
        insist(lambda: captcha.issue("camille", captcha.WORK))
        with pytest.raises(throttle.TooManyAttemptsError):
            captcha.issue("camille")


def test_real_work_is_bounded_and_fits_what_a_form_may_hold() -> None:
    challenge = captcha_work.challenge("A" * 22)
    answer = worked(challenge)
    done = json.loads(base64.b64decode(answer))
    assert 0 <= done["solution"]["counter"] < captcha_work.MOST
    assert len(answer) < captcha_work.LONGEST_ANSWER / 1.5
    assert captcha_work.solves(answer, challenge)
