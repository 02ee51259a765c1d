"""/metrics: what is counted, and who may read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import User
from vibecraft.jobs import pulse
from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import CacheCount, Job, Worker
from vibecraft.predictions.models import Phase, Prediction

TOKEN = "a-long-random-word-for-the-monitor"
Figures = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture
def figures(settings: LazySettings, db: None) -> Callable[[], Figures]:
    """Read all figures: {(name, values of its labels by their names): value}."""
    settings.METRICS_TOKEN = TOKEN

    def read() -> Figures:
        answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain; version=")
        families = text_string_to_metric_families(answer.content.decode())
        samples = [sample for family in families for sample in family.samples]
        return {
            (one.name, tuple(value for _, value in sorted(one.labels.items()))): one.value
            for one in samples
        }

    return read


def test_only_operators_and_the_token_read_them(
    client_of: Callable[[User], Client], alice: User, settings: LazySettings
) -> None:
    olga = User.objects.create_superuser("olga@example.org", "a long password")
    assert client_of(olga).get("/metrics").status_code == 200
    for token in ("", TOKEN):
        settings.METRICS_TOKEN = token
        for sent in ("", "Bearer ", "Bearer wrong", TOKEN):
            answer = client_of(alice).get("/metrics", headers={"Authorization": sent})
            assert answer.status_code == 404
            assert b"vibecraft_work" not in answer.content


def test_work_is_counted_by_kind_and_state(figures: Callable[[], Figures], alice: User) -> None:
    now = timezone.now()
    Job.objects.create(owner=alice, kind=Job.Kind.EXPORT)
    late = Job.objects.create(owner=alice, kind=Job.Kind.EXPORT)
    Job.objects.filter(pk=late.pk).update(
        created_at=now - timedelta(hours=1), next_run_at=now - timedelta(hours=1)
    )
    for seconds in (10, 30):
        Job.objects.create(
            owner=alice,
            kind=Job.Kind.ANALYSIS,
            status=Status.SUCCEEDED,
            started_at=now - timedelta(seconds=seconds),
            finished_at=now,
        )
    Job.objects.create(
        owner=alice,
        kind=Job.Kind.ANALYSIS,
        status=Status.FAILED,
        finished_at=now - timedelta(days=2),
    )
    found = figures()
    assert found["vibecraft_work", ("export", "queued", "job")] == 2
    assert found["vibecraft_work", ("analysis", "succeeded", "job")] == 2
    assert ("vibecraft_work", ("analysis", "failed", "job")) not in found
    oldest = found["vibecraft_work_oldest_seconds", ("export", "queued", "job")]
    assert oldest == pytest.approx(3600, abs=60)
    assert found["vibecraft_work_stuck", ("job",)] == 1
    took = ("analysis", "job")
    assert found["vibecraft_work_seconds_count", took] == 2
    assert found["vibecraft_work_seconds_sum", took] == pytest.approx(40)
    assert found["vibecraft_work_seconds_max", took] == pytest.approx(30)


def test_calls_are_counted_with_their_cost_and_failures(
    figures: Callable[[], Figures], alice: User
) -> None:
    def call(age: timedelta = timedelta(0), **fields: object) -> None:
        made = Prediction.objects.create(
            owner=alice, purpose="clip", subject_id=alice.pk, model="m", slug="a/m", **fields
        )
        Prediction.objects.filter(pk=made.pk).update(created_at=timezone.now() - age)

    ended = {"phase": Phase.ENDED, "finished_at": timezone.now()}
    call(phase=Phase.WAITING)
    call(**ended, status=Status.SUCCEEDED, actual_usd=Decimal("0.25"))
    call(timedelta(days=3), **ended, status=Status.SUCCEEDED, actual_usd=Decimal("0.5"))
    call(**ended, status=Status.FAILED, error_code="refused", actual_usd=Decimal(0))
    found = figures()
    assert found["vibecraft_calls", ("waiting",)] == 1
    assert found["vibecraft_cost_usd", ("clip", "day")] == 0.25
    assert found["vibecraft_cost_usd", ("clip", "month")] == 0.75
    assert found["vibecraft_call_failures", ("refused",)] == 1


def test_machines_and_answers_are_counted(figures: Callable[[], Figures]) -> None:
    CacheCount.objects.create(hits=7, misses=2, errors=1)
    Worker.objects.create(name="media@here")
    pulse.beat()
    before = figures()
    Client().get("/health")
    found = figures()
    assert found["vibecraft_status_cache_total", ("hits",)] == 7
    assert found["vibecraft_workers", ()] == 1
    assert 0 <= found["vibecraft_silent_seconds", ()] < 5
    assert found["vibecraft_scratch_free_bytes", ()] > 0
    asked = ("vibecraft_answer_seconds_count", ("2xx", "page"))
    assert found[asked] - before.get(asked, 0) == 2, "the health page, and the figures before it"
