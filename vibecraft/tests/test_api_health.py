"""Alive, and ready: what is away is named."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from redis.exceptions import ConnectionError as RedisAway

from vibecraft import api, storage
from vibecraft.jobs import pulse
from vibecraft.jobs.tasks import sweep

ALL = dict.fromkeys(("database", "broker", "storage", "worker", "ffmpeg"), True)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _everything_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that answers, and a worker that has just done its round."""
    monkeypatch.setattr(api.current_app, "connection_for_write", lambda: _Broker())
    pulse.beat()


class _Broker:
    def __enter__(self) -> _Broker:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def ensure_connection(self, **_: object) -> None:
        return None


def fail_with(error: Exception) -> object:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def ask(path: str = "/ready") -> tuple[int, dict[str, object]]:
    response = Client().get(path)
    assert response["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    return response.status_code, response.json()


def away(name: str) -> tuple[int, dict[str, object]]:
    return 503, {
        "detail": f"Not ready: {name} cannot be reached.",
        "code": "not_ready",
        "away": [name],
        "services": ALL | {name: False},
    }


def test_alive_asks_nobody() -> None:
    assert ask("/health") == (200, {"status": "ok"})


def test_ready_when_everything_answers() -> None:
    assert ask() == (200, {"status": "ok", "services": ALL})


def test_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "cursor", fail_with(OperationalError("no server")))
    assert ask() == away("database")


def test_the_broker_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Broker, "ensure_connection", fail_with(RedisAway("refused")))
    assert ask() == away("broker")


def test_the_storage_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "put", fail_with(OSError(28, "No space left on device")))
    assert ask() == away("storage")


def test_no_worker_was_heard() -> None:
    cache.delete(pulse.KEY)
    assert ask() == away("worker")


def test_a_worker_that_has_fallen_silent_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    now = pulse.time.time()
    monkeypatch.setattr(pulse.time, "time", lambda: now + pulse.HEARD_LATELY_SECONDS + 1)
    assert ask() == away("worker")


def test_a_worker_is_heard_by_its_round() -> None:
    cache.delete(pulse.KEY)
    sweep()
    assert pulse.is_heard_lately()


def test_the_reason_stays_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection, "cursor", fail_with(OperationalError("password of vibecraft")))
    response = Client().get("/ready")
    assert b"password" not in response.content
