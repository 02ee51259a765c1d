"""From the request over the message to the work: each line of the log says what it belongs to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from django.test import Client

from accounts.models import User
from vibecraft import celery
from vibecraft.jobs import doorbell
from vibecraft.jobs.models import Job
from vibecraft.jobs.runner import run

named = structlog.contextvars.get_contextvars


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The headers of every message that goes to the broker."""
    seen: list[dict[str, Any]] = []
    send = lambda name, **about: seen.append(about["headers"])  # noqa: E731
    monkeypatch.setattr(doorbell.current_app, "send_task", send)
    return seen


@pytest.mark.django_db
def test_a_message_carries_the_request_that_it_was_sent_for(sent: list[dict[str, Any]]) -> None:
    first, second = (Client().get("/health")["X-Request-ID"] for _ in range(2))
    assert first != second
    assert named() == {"request_id": second}, "it stays for what is said after the answer"
    doorbell._send("sweep")
    structlog.contextvars.clear_contextvars()
    doorbell._send("sweep")
    assert sent == [{"request_id": second}, {}]


def test_a_task_takes_it_over_and_leaves_nothing_behind() -> None:
    structlog.contextvars.bind_contextvars(request_id="of another task", job_id="its job")
    celery.name_in_logs(task=SimpleNamespace(request=SimpleNamespace(request_id="abc")))
    assert named() == {"request_id": "abc"}
    celery.forget_in_logs()
    assert named() == {}
    celery.name_in_logs(task=SimpleNamespace(request=SimpleNamespace()))
    assert named() == {}


def test_work_names_its_job(alice: User) -> None:
    structlog.contextvars.clear_contextvars()
    job = Job.objects.create(owner=alice, kind=Job.Kind.EXPORT)
    seen: list[dict[str, Any]] = []
    assert run(job, lambda lease: seen.append(dict(named())))
    assert seen == [{"job_id": str(job.pk)}]
