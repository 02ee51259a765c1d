"""Figures for a monitor, in Prometheus' form: work, ages, durations, cost, refusals, time of answers.

What the database knows is counted there, so that it is right whichever process is asked. Only how
long answers took is counted by the web processes, in files that they share (see `manage.py run`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, ExpressionWrapper, F, Max, Min, Q, QuerySet, Sum
from django.db.models import DurationField as Duration
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry, Histogram, generate_latest, multiprocess
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.registry import Collector

from vibecraft.jobs import pulse, standing, statuscache, workers
from vibecraft.jobs.claims import ACTIVE, Claimable, Status
from vibecraft.jobs.models import Figure, Worker
from vibecraft.jobs.nothing_new import is_poll
from vibecraft.jobs.sweeper import claimable_models
from vibecraft.predictions import valve
from vibecraft.predictions.models import Prediction

DAY, MONTH = timedelta(days=1), timedelta(days=30)
ANSWER_SECONDS = Histogram(
    "vibecraft_answer_seconds",
    "How long answers took, by what was asked: a poll, the API, a page.",
    ["what", "status"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
# The ends of the names of routes that open pages ask again and again.
POLLED = ("progress", "status", "running", "card", "-job")


def observe(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Count one answer."""
    status = f"{response.status_code // 100}xx"
    ANSWER_SECONDS.labels(what_was_asked(request), status).observe(seconds)


def what_was_asked(request: HttpRequest) -> str:
    """poll, api or page: few values, so that the figures stay few."""
    # What is answered before it has a route says by itself that it is a poll.
    name = getattr(request.resolver_match, "url_name", None) or ""
    if is_poll(request) or (name.endswith(POLLED) and request.method == "GET"):
        return "poll"
    return "api" if request.path.startswith("/api/") else "page"


def text() -> bytes:
    """All figures, as Prometheus reads them."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(ANSWER_SECONDS)
    registry.register(FromDatabase())
    return generate_latest(registry)


class FromDatabase(Collector):
    """The figures that are counted when somebody asks."""

    def describe(self) -> Iterator[Any]:
        """Nothing beforehand: registering must not ask the database."""
        return iter(())

    def collect(self) -> Iterator[Any]:
        yield from work()
        yield from durations()
        yield from steps()
        yield from paid_calls()
        yield from provider()
        yield from cache()
        yield from machine()


Group = tuple[str, str, str]


def _groups(rows: QuerySet[Any], /, **figures: Any) -> Iterator[tuple[Group, dict[str, Any]]]:
    """Figures of rows by (table, kind, status); tables without kinds count as one kind."""
    fields = {field.name for field in rows.model._meta.get_fields()}
    kind = next((name for name in ("kind", "purpose") if name in fields), "")
    names = (kind, "status") if kind else ("status",)
    for row in rows.order_by().values(*names).annotate(**figures):
        group = (rows.model._meta.model_name, str(row.get(kind, "")), str(row["status"]))
        yield group, {name: row[name] for name in figures}


def _everywhere(**figures: Any) -> Iterator[tuple[type[Claimable], Group, dict[str, Any]]]:
    """Figures of all work that is active or ended within a day."""
    lately = Q(status__in=ACTIVE) | Q(finished_at__gte=timezone.now() - DAY)
    for model in claimable_models():
        for group, found in _groups(model.work().filter(lately), **figures):
            yield model, group, found


def work() -> Iterator[GaugeMetricFamily]:
    labels = ("work", "kind", "status")
    count = GaugeMetricFamily(
        "vibecraft_work", "Work that is active or ended within a day.", labels=labels
    )
    oldest = GaugeMetricFamily(
        "vibecraft_work_oldest_seconds", "Age of the oldest active work.", labels=labels
    )
    now = timezone.now()
    for _, group, found in _everywhere(rows=Count("pk"), since=Min("created_at")):
        count.add_metric(group, found["rows"])
        if group[2] in ACTIVE:
            oldest.add_metric(group, (now - found["since"]).total_seconds())
    stuck = GaugeMetricFamily(
        "vibecraft_work_stuck", "Work that nobody does although it is due.", labels=("work",)
    )
    for model in claimable_models():
        name = str(model._meta.model_name)
        stuck.add_metric((name,), standing.stuck(model.work()).count())
    yield from (count, oldest, stuck)


def durations() -> Iterator[GaugeMetricFamily]:
    """Of what succeeded within a day: how long all took together, and the longest."""
    labels = ("work", "kind")
    families = {
        name: GaugeMetricFamily(f"vibecraft_work_seconds_{name}", about, labels=labels)
        for name, about in (
            ("count", "Work that succeeded within a day."),
            ("sum", "Seconds from its start to its end, together."),
            ("max", "Seconds that the longest of it took."),
        )
    }
    took = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=Duration())
    figures = {"count": Count("pk"), "sum": Sum(took), "max": Max(took)}
    for model in claimable_models():
        ended = model.work().filter(
            status=Status.SUCCEEDED, finished_at__gte=timezone.now() - DAY, started_at__isnull=False
        )
        for group, found in _groups(ended, **figures):
            for name, family in families.items():
                family.add_metric(group[:2], _plain(found[name]))
    yield from families.values()


def _plain(value: Any) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else float(value or 0)


def steps() -> Iterator[SummaryMetricFamily]:
    """Of jobs, since the first one: how often each step ended, and how long it took."""
    about = "How long steps of jobs took."
    took = SummaryMetricFamily("vibecraft_step_seconds", about, labels=("kind", "step"))
    for row in Figure.objects.filter(name=Figure.Name.STEP).order_by("kind", "label"):
        took.add_metric((row.kind, row.label), row.times, row.seconds)
    yield took


def paid_calls() -> Iterator[GaugeMetricFamily]:
    phases = GaugeMetricFamily(
        "vibecraft_calls", "Paid calls under way, by phase.", labels=("phase",)
    )
    rows = Prediction.work().active().order_by().values("phase").annotate(rows=Count("pk"))
    for row in rows:
        phases.add_metric((row["phase"],), row["rows"])
    refused = GaugeMetricFamily(
        "vibecraft_call_failures", "Paid calls that failed within a day.", labels=("code",)
    )
    failed = Prediction.objects.filter(status=Status.FAILED, finished_at__gte=timezone.now() - DAY)
    for row in failed.order_by().values("error_code").annotate(rows=Count("pk")):
        refused.add_metric((row["error_code"] or "unknown",), row["rows"])
    cost = GaugeMetricFamily(
        "vibecraft_cost_usd", "What AI models cost.", labels=("purpose", "within")
    )
    for within, span in (("day", DAY), ("month", MONTH)):
        for purpose, usd in _spent(span):
            cost.add_metric((purpose, within), float(usd))
    yield from (phases, refused, cost)


def _spent(span: timedelta) -> list[tuple[str, Decimal]]:
    since = timezone.now() - span
    paid = Prediction.objects.filter(created_at__gte=since, actual_usd__isnull=False)
    found = paid.order_by().values("purpose").annotate(usd=Sum("actual_usd"))
    return [(row["purpose"], row["usd"]) for row in found]


def provider() -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
    """How the service bears us: what was asked once more, and whether the valve is closed or slow."""
    again = CounterMetricFamily(
        "vibecraft_calls_again", "What was asked once more.", labels=("purpose", "reason")
    )
    for row in Figure.objects.filter(name=Figure.Name.CALL_AGAIN).order_by("kind", "label"):
        again.add_metric((row.kind, row.label), row.times)
    shut = GaugeMetricFamily(
        "vibecraft_valve_seconds", "For how long the valve is so.", labels=("state", "reason")
    )
    for state, reason, seconds in valve.standing():
        shut.add_metric((state, reason), seconds)
    yield from (again, shut)


def cache() -> Iterator[CounterMetricFamily]:
    asked = CounterMetricFamily(
        "vibecraft_status_cache", "Status reads, by what the cache had.", labels=("outcome",)
    )
    for outcome, count in statuscache.counts().items():
        asked.add_metric((outcome,), count)
    yield asked


def machine() -> Iterator[GaugeMetricFamily]:
    alive = list(workers.heard_lately(Worker.objects.all()))
    yield GaugeMetricFamily("vibecraft_workers", "Worker processes that were heard.", len(alive))
    silent = pulse.silent_seconds()
    if silent is not None:
        about = "Seconds since a worker last did its round for the clock."
        yield GaugeMetricFamily("vibecraft_silent_seconds", about, silent)
    about = "Room for work in progress, where a process is."
    free = GaugeMetricFamily("vibecraft_scratch_free_bytes", about, labels=("process",))
    free.add_metric(("web",), shutil.disk_usage(settings.SCRATCH_DIR).free)
    for worker in alive:
        if worker.free_bytes is not None:
            free.add_metric((worker.name,), worker.free_bytes)
    yield free
