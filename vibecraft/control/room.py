"""What an operator sees first: what runs, what is stuck, what it costs, who works, what is left.

A look takes the same few queries however many rows there are; each goes by an index.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.db.models import Count, Min, Q, Sum
from django.urls import reverse
from django.utils import timezone

from accounts.models import Closing, User
from vibecraft import storage
from vibecraft.jobs import pulse, workers
from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Discard, Job, Worker
from vibecraft.jobs.standing import failed_today, midnight, stuck
from vibecraft.jobs.sweeper import claimable_models
from vibecraft.money import usd_text
from vibecraft.predictions import days, valve
from vibecraft.predictions.models import Phase, Prediction, Valve
from vibecraft.predictions.ordering import is_on

OLD_SECONDS = 300
DONE_SHOWN = 6
LOW_DISK_SHARE = 0.1
MEASURED_FOR_SECONDS = 600
MEASURING_SECONDS = 0.5
LATE = "closed by their users hours ago"


@dataclass(frozen=True)
class Tile:
    """One figure with the list behind it. `tone` is good, wait or bad, or empty for neither."""

    name: str
    figure: str
    href: str = ""
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Queue:
    """Work that is due in one queue, and for how many seconds the oldest has been."""

    name: str
    due: int
    oldest_seconds: float

    @property
    def tone(self) -> str:
        return "bad" if self.oldest_seconds > OLD_SECONDS else "wait" if self.due else "good"


@dataclass(frozen=True)
class Seen:
    """A worker, and for how many seconds it has said nothing."""

    name: str
    queues: str
    silent_seconds: float

    @property
    def tone(self) -> str:
        return "good" if self.silent_seconds < workers.SILENCE.total_seconds() else "bad"


@dataclass(frozen=True)
class Disk:
    """Bytes: what users have stored by our count, and what the file system says where there is one."""

    counted: int
    waiting: int
    used: int | None = None
    is_whole: bool = True
    free: int | None = None
    total: int | None = None

    @property
    def tone(self) -> str:
        if self.free is None or not self.total:
            return "good"
        return "bad" if self.free / self.total < LOW_DISK_SHARE else "good"

    @property
    def filled(self) -> int:
        """Per cent of the file system that are taken."""
        return (
            0 if self.free is None or not self.total else round(100 - 100 * self.free / self.total)
        )


@dataclass(frozen=True)
class Provider:
    """How the paid service stands: what it is called, and the sentence an operator acts upon."""

    state: str
    sentence: str
    tone: str
    under_way: int = 0
    lost: int = 0


@dataclass(frozen=True)
class Room:
    """Everything on the first page. What an operator may not see is empty."""

    at: datetime
    tiles: tuple[Tile, ...]
    money: tuple[Tile, ...]
    queues: tuple[Queue, ...]
    workers: tuple[Seen, ...]
    swept_seconds: float | None
    disk: Disk
    provider: Provider | None
    done: tuple[LogEntry, ...]


def may_look(user: Any) -> bool:
    """Whoever may read jobs may see how they stand."""
    return bool(user.has_perm("jobs.view_job"))


def look(user: Any) -> Room:
    """How everything stands now, as far as this operator may know it."""
    sees_money = user.has_perm("predictions.view_prediction")
    return Room(
        at=timezone.now(),
        tiles=tuple(_tiles()),
        money=tuple(_money()) if sees_money else (),
        queues=tuple(_queues()),
        workers=tuple(_workers()),
        swept_seconds=pulse.silent_seconds(),
        disk=_disk(),
        provider=_provider() if sees_money else None,
        done=_done() if user.has_perm("admin.view_logentry") else (),
    )


# --- work ----------------------------------------------------------------------------------------


def _list(name: str, query: str = "") -> str:
    return reverse(f"admin:{name}_changelist") + (f"?{query}" if query else "")


def _tiles() -> Iterator[Tile]:
    running = Count("pk", filter=Q(status=Status.RUNNING))
    waiting = Count("pk", filter=Q(status=Status.QUEUED))
    jobs = Job.objects.active().aggregate(running=running, waiting=waiting)
    yield Tile("Running", str(jobs["running"]), _list("jobs_job", "status__exact=running"))
    yield Tile("Waiting", str(jobs["waiting"]), _list("jobs_job", "status__exact=queued"))
    yield _stuck()
    failed = failed_today(Job.objects.all()).count()
    tone = "bad" if failed else "good"
    yield Tile("Failed today", str(failed), _list("jobs_job", "failed_today=yes"), tone=tone)
    if late := Closing.late().count():
        yield Tile(
            "Accounts still open", str(late), _list("accounts_closing", "late=yes"), LATE, "bad"
        )


def _stuck() -> Tile:
    """Stuck work of every kind; the link leads to the kind that has most of it."""
    counts = {model: stuck(model.work()).count() for model in claimable_models()}
    total, worst = sum(counts.values()), max(counts, key=lambda model: counts[model])
    worst = worst if total else Job
    parts = [
        f"{number} {model._meta.verbose_name_plural}" for model, number in counts.items() if number
    ]
    href = _list(f"{worst._meta.app_label}_{worst._meta.model_name}", "stuck=yes")
    return Tile("Stuck", str(total), href, ", ".join(parts), "bad" if total else "good")


def _queues() -> Iterator[Queue]:
    """Each queue that work is sent to, with what is due in it and nobody does."""
    routes = settings.CELERY_TASK_ROUTES
    due: dict[str, list[tuple[int, datetime]]] = {}
    for task, number, oldest in _due():
        name = routes.get(task, {}).get("queue", settings.CELERY_TASK_DEFAULT_QUEUE)
        due.setdefault(name, []).append((number, oldest))
    names = {route["queue"] for route in routes.values()} | {settings.CELERY_TASK_DEFAULT_QUEUE}
    now = timezone.now()
    for name in sorted(names):
        rows = due.get(name, [])
        age = max(((now - oldest).total_seconds() for _, oldest in rows), default=0.0)
        yield Queue(name, sum(number for number, _ in rows), max(0.0, age))


def _due() -> Iterator[tuple[str, int, datetime]]:
    """(task, rows due, since when the oldest is due)."""
    figures = {"number": Count("pk"), "oldest": Min("next_run_at")}
    for model in claimable_models():
        rows = model.work().due().order_by()
        if model is Job:
            for row in rows.values("kind").annotate(**figures):
                yield Job(kind=row["kind"]).task_name, row["number"], row["oldest"]
        else:
            found = rows.aggregate(**figures)
            if found["number"]:
                yield model.task_name, found["number"], found["oldest"]


def _workers() -> Iterator[Seen]:
    now = timezone.now()
    for worker in Worker.objects.order_by("-seen_at")[:20]:
        silent = max(0.0, (now - worker.seen_at).total_seconds())
        yield Seen(worker.name, worker.queues, silent)


def _done() -> tuple[LogEntry, ...]:
    """What operators did last."""
    return tuple(LogEntry.objects.select_related("user").order_by("-id")[:DONE_SHOWN])


# --- money ---------------------------------------------------------------------------------------


def _money() -> Iterator[Tile]:
    today = midnight()
    month = today.replace(day=1)
    spent = Prediction.objects.filter(finished_at__gte=month).aggregate(
        month=Sum("actual_usd"), today=Sum("actual_usd", filter=Q(finished_at__gte=today))
    )
    promised = Prediction.objects.active().aggregate(usd=Sum("estimated_usd"))["usd"]
    calls = "predictions_prediction"
    yield Tile("Cost today", _usd(spent["today"]), _list(calls, _since(today)), _of_today())
    yield Tile("Cost this month", _usd(spent["month"]), _list(calls, _since(month)))
    yield Tile(
        "Promised", _usd(promised), _list(calls, "status__exact=running"), "to calls under way"
    )


def _of_today() -> str:
    """What of the site's limit for a day is taken by what was ordered today."""
    if settings.SITE_DAILY_USD is None:
        return ""
    return f"{usd_text(days.spent_today(None))} of {usd_text(settings.SITE_DAILY_USD)} is ordered"


def _since(moment: datetime) -> str:
    return urlencode({"finished_at__gte": moment.isoformat()})


def _usd(amount: Decimal | None) -> str:
    return usd_text(amount or Decimal(0))


def _provider() -> Provider:
    if not is_on():
        return Provider("off", "There is no token: the visualizer makes all clips.", "")
    calls = Prediction.objects.active().aggregate(
        under_way=Count("pk"), lost=Count("pk", filter=Q(phase=Phase.UNKNOWN))
    )
    row = Valve.objects.filter(name=valve.NAME).first()
    state, sentence, tone = _valve(row, timezone.now())
    return Provider(state, sentence, tone, calls["under_way"], calls["lost"])


CLOSED = {
    valve.CREDIT: "The account has no credit: buy some, then open the valve.",
    valve.AUTH: "The token is refused: set another one, then open the valve.",
    valve.BUSY: "The service asks for patience; it opens by itself.",
}


def _valve(row: Valve | None, now: datetime) -> tuple[str, str, str]:
    if row is not None and row.closed_until is not None and row.closed_until > now:
        sentence = CLOSED.get(row.reason, "Nothing is created for a while.")
        return f"closed until {row.closed_until:%H:%M} UTC", sentence, "bad"
    if row is not None and row.slow_until is not None and row.slow_until > now:
        return "slow", "With little credit only 6 calls a minute are created.", "wait"
    return "open", "Calls are created as they come.", "good"


# --- room on the disk ----------------------------------------------------------------------------


def _disk() -> Disk:
    counted = User.objects.aggregate(bytes=Sum("storage_used_bytes"))["bytes"] or 0
    waiting = Discard.objects.count()
    if storage.store().local_path("any") is None:
        return Disk(counted, waiting)
    usage = shutil.disk_usage(settings.DATA_DIR)
    used, is_whole = measured(Path(settings.DATA_DIR))
    return Disk(counted, waiting, used, is_whole, usage.free, usage.total)


def measured(folder: Path, clock: Callable[[], float] = time.monotonic) -> tuple[int, bool]:
    """What the files of a folder take, looked up every ten minutes; False where it is only a part.

    A part it is where looking took too long, or where a folder cannot be read.
    """
    key = f"control:measured:{folder}"
    known: tuple[int, bool] | None = cache.get(key)
    if known is None:
        known = _measure(folder, clock() + MEASURING_SECONDS, clock)
        cache.set(key, known, MEASURED_FOR_SECONDS)
    return known


def _measure(folder: Path, until: float, clock: Callable[[], float]) -> tuple[int, bool]:
    size, is_whole, waiting = 0, True, [str(folder)]
    while waiting:
        if clock() > until:
            return size, False
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        size += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            # Gone while we looked: work goes on beside.
            continue
        except OSError:
            # Somebody else's, as the lost+found of a disk: no reason to show an operator nothing.
            is_whole = False
    return size, is_whole
