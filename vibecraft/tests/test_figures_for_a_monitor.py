"""/metrics: what is counted, and who may read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import User
from vibecraft import api, metrics
from vibecraft.jobs import pulse, watching, workers
from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import CacheCount, Figure, Job, Worker
from vibecraft.predictions import valve
from vibecraft.predictions.models import Phase, Prediction

TOKEN = "a-long-random-word-for-the-monitor"
VALVE, FREE = "vibecraft_valve_seconds", "vibecraft_scratch_free_bytes"
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


@pytest.mark.parametrize("host", ["web:8000", "10.1.2.3:8000"])
def test_a_monitor_asks_by_a_name_that_is_no_host_of_the_site(
    host: str, settings: LazySettings, db: None
) -> None:
    settings.METRICS_TOKEN = TOKEN
    token = {"Authorization": f"Bearer {TOKEN}"}
    inside = Client(headers={"Host": host})
    assert inside.get("/health").json() == {"status": "ok"}
    assert inside.get("/ready").json()["services"]["database"] is True
    assert b"vibecraft_work_stuck" in inside.get("/metrics", headers=token).content
    assert inside.get("/metrics").status_code == 404
    for path in ("/", "/api/songs", "/health/", "/healthy", "/static/none.css"):
        assert inside.get(path).status_code == 400, path


def test_what_is_asked_from_inside_is_not_sent_to_https(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    monkeypatch.setattr(api, "SERVICES", {})
    inside = Client(headers={"Host": "web:8000"})
    answers = {path: inside.get(path).status_code for path in settings.ASKED_FROM_INSIDE}
    assert answers == {"/health": 200, "/ready": 200, "/metrics": 404}


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


def test_steps_are_timed_from_one_to_the_next(
    figures: Callable[[], Figures], alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    job = Job.objects.create(owner=alice, kind=Job.Kind.ANALYSIS)
    assert job.claim()
    late = Job.objects.get(pk=job.pk)

    def after(seconds: int) -> None:
        Job.objects.filter(pk=job.pk).update(step_at=timezone.now() - timedelta(seconds=seconds))

    with django_capture_on_commit_callbacks(execute=True):
        after(2)
        job.report(5, "decode", "Listening.")
        after(30)
        job.report(7, "decode", "Still listening.")
        late.report(6, "decode", "Somebody else says so, too.")
        job.report(40, "beats", "Beats.")
        after(10)
        assert job.succeed(step="done")
        assert not job.succeed(step="done")
    found = figures()
    taken = {
        key[1]: value for key, value in found.items() if key[0] == "vibecraft_step_seconds_sum"
    }
    assert taken == {
        ("analysis", "waiting"): pytest.approx(2, abs=1),
        ("analysis", "decode"): pytest.approx(30, abs=1),
        ("analysis", "beats"): pytest.approx(10, abs=1),
    }
    assert [found["vibecraft_step_seconds_count", labels] for labels in taken] == [1, 1, 1]


def test_steps_that_are_not_left_are_not_counted(
    alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    """Neither of work that was canceled, nor of a step that another process has left before."""
    job = Job.objects.create(owner=alice, kind=Job.Kind.ANALYSIS)
    assert job.claim()
    Job.objects.filter(pk=job.pk).update(step="beats")
    with django_capture_on_commit_callbacks(execute=True):
        job.report(5, "decode", "Listening.")
        assert job.cancel()
        job.report(40, "mood", "Mood.")
        assert not job.succeed(step="done")
    assert Figure.objects.count() == 0


def test_what_is_asked_again_is_counted_by_its_reason(
    figures: Callable[[], Figures], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for reason in ("provider_busy", "provider_busy", "answer_lost"):
            Figure.add(Figure.Name.CALL_AGAIN, "clip", reason)
    found = figures()
    again = {
        key[1]: value for key, value in found.items() if key[0] == "vibecraft_calls_again_total"
    }
    assert again == {("clip", "provider_busy"): 2, ("clip", "answer_lost"): 1}


def test_the_valve_shows_for_how_long_it_is_closed_and_why(figures: Callable[[], Figures]) -> None:
    def standing() -> Figures:
        return {key: value for key, value in figures().items() if key[0] == VALVE}

    assert standing() == {(VALVE, ("", "closed")): 0, (VALVE, ("", "slow")): 0}
    valve.close(300, valve.CREDIT)
    assert standing() == {
        (VALVE, ("no_credit", "closed")): pytest.approx(300, abs=20),
        (VALVE, ("", "slow")): 0,
    }
    valve.open_again()
    valve.slow_down(5)
    assert standing() == {
        (VALVE, ("provider_busy", "closed")): pytest.approx(valve.SLOW_SECONDS, abs=11),
        (VALVE, ("", "slow")): pytest.approx(600, abs=20),
    }


def test_machines_and_answers_are_counted(figures: Callable[[], Figures]) -> None:
    CacheCount.objects.create(hits=7, misses=2, errors=1)
    workers.say("media@here", "media")
    Worker.objects.create(name="io@there", free_bytes=4_000_000_000)
    Worker.objects.create(name="of an older version")
    pulse.beat()
    before = figures()
    Client().get("/health")
    found = figures()
    assert found["vibecraft_status_cache_total", ("hits",)] == 7
    assert found["vibecraft_workers", ()] == 3
    assert 0 <= found["vibecraft_silent_seconds", ()] < 5
    free = {key[1][0]: value for key, value in found.items() if key[0] == FREE}
    assert free.keys() == {"web", "media@here", "io@there"}
    assert free["io@there"] == 4_000_000_000
    assert free["web"] == pytest.approx(free["media@here"], rel=0.5)
    asked = ("vibecraft_answer_seconds_count", ("2xx", "page"))
    assert found[asked] - before.get(asked, 0) == 2, "the health page, and the figures before it"


def test_every_poll_counts_as_a_poll(
    figures: Callable[[], Figures], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that is answered before it has a route, and one of the API."""
    monkeypatch.setattr(watching.time, "time", lambda: 1_800_000_000.0)
    job = Job.objects.create(owner=alice, kind=Job.Kind.EXPORT)
    browser = Client()
    browser.force_login(alice)
    seen = watching.watch([job])
    before = figures()
    answer = browser.get("/songs", {"seen": str(seen)}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert browser.get("/songs", {"seen": str(seen)}).status_code == 200
    assert browser.get(f"/api/jobs/{job.pk}").status_code == 200
    after, counted = figures(), "vibecraft_answer_seconds_count"
    more = {
        what: after[counted, ("2xx", what)] - before.get((counted, ("2xx", what)), 0)
        for what in ("poll", "page")
    }
    assert more == {"poll": 2, "page": 2}, "the figures before it are a page"


def test_a_look_takes_the_same_queries_however_much_there_is(alice: User) -> None:
    def look() -> int:
        with CaptureQueriesContext(connection) as asked:
            metrics.text()
        return len(asked)

    look()
    few = look()
    for number in range(10):
        Job.objects.create(owner=alice, kind=Job.Kind.choices[number][0])
        Worker.objects.create(name=f"media@{number}", free_bytes=1)
        Figure.objects.create(name=Figure.Name.STEP, kind="analysis", label=str(number))
    assert look() == few == 24
