"""How often is too often, in memory and in Redis."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from app.services import throttle
from app.services.throttle import RULES, TooManyAttemptsError
from app.settings import get_settings
from tests import services


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    throttle.reset()
    yield
    throttle.reset()


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with services.redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["memory", "redis"])
def storage(request: pytest.FixtureRequest, settings: None, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "redis":
        monkeypatch.setenv("REDIS_URL", request.getfixturevalue("redis_url"))
        get_settings.cache_clear()
    return str(request.param)


def test_attempts_are_counted_per_name_and_key(storage: str) -> None:
    for _ in range(5):
        throttle.hit("link_again", "one")
    with pytest.raises(TooManyAttemptsError) as refused:
        throttle.hit("link_again", "one")
    assert 1 <= refused.value.retry_after <= 61
    throttle.hit("link_again", "two")
    throttle.hit("confirm", "one")


def test_two_processes_share_the_count_in_redis(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, settings: None
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    get_settings.cache_clear()
    for _ in range(5):
        throttle.hit("link_again", "shared")
        throttle.reset()
    with pytest.raises(TooManyAttemptsError):
        throttle.hit("link_again", "shared")


def test_the_wait_grows_with_the_insistence() -> None:
    waits = []
    start = datetime(2026, 11, 23, 8, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(40):
            try:
                throttle.hit("link_again", "key")
            except TooManyAttemptsError as refused:
                waits.append(refused.retry_after)
                clock.shift(timedelta(seconds=refused.retry_after + 1))
    assert waits[0] <= 61
    assert max(waits) > 1000


def test_an_attempt_refused_does_not_prolong_the_wait() -> None:
    with time_machine.travel(datetime(2026, 11, 23, 8, tzinfo=UTC), tick=False) as clock:
        for _ in range(5):
            throttle.hit("link_again", "key")
        for _ in range(50):
            with pytest.raises(TooManyAttemptsError):
                throttle.hit("link_again", "key")
        clock.shift(timedelta(seconds=61))
        throttle.hit("link_again", "key")


def test_without_redis_each_process_counts_for_itself(monkeypatch: pytest.MonkeyPatch, settings: None) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{services.free_port()}/0")
    get_settings.cache_clear()
    for _ in range(5):
        throttle.hit("link_again", "key")
    with pytest.raises(TooManyAttemptsError):
        throttle.hit("link_again", "key")


def test_the_key_is_not_readable_in_redis(redis_url: str, monkeypatch: pytest.MonkeyPatch, settings: None) -> None:
    import redis

    monkeypatch.setenv("REDIS_URL", redis_url)
    get_settings.cache_clear()
    throttle.hit("link_again", "203.0.113.9")
    with redis.Redis.from_url(redis_url) as client:
        assert not any(b"203.0.113.9" in key for key in client.scan_iter())


def test_a_rule_nobody_wrote_is_an_error_of_the_programmer() -> None:
    with pytest.raises(KeyError):
        throttle.hit("no-such-rule", "key")


@pytest.mark.parametrize("name", RULES)
def test_every_rule_can_be_read(name: str) -> None:
    throttle.hit(name, Path(__file__).name)
