"""How far a job is, in the same numbers wherever it is shown: on pages, over the API, in the admin [L1, L2].

What the numbers of a kind are made of is told by the app whose work it is (`tell`): its milestones, the
parts it counts, how long it still takes, what it costs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone

from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Job

# The pace of the beginning says little: only from here on is it taken for the rest.
PACE_PERCENT, PACE_SECONDS = 10, 3.0


@dataclass(frozen=True)
class Milestone:
    """One step on the way; `state` is done, now or later."""

    sentence: str
    state: str


@dataclass(frozen=True)
class Counts:
    """The parts of a job: clips, stills. `waiting` are those at the service that makes them.

    `work_done` of `work_wanted` is finer than parts, in whatever the app counts: frames of clips.
    """

    total: int = 0
    completed: int = 0
    failed: int = 0
    retrying: int = 0
    in_progress: int = 0
    waiting: int = 0
    work_done: int = 0
    work_wanted: int = 0


@dataclass(frozen=True)
class Cost:
    """US dollars: what is spent, and what is set aside for calls under way."""

    spent_usd: Decimal = Decimal(0)
    reserved_usd: Decimal = Decimal(0)


@dataclass(frozen=True)
class TimeLeft:
    """How long it still takes, in words."""

    amount: str
    text: str


@dataclass(frozen=True)
class Progress:
    """A job as a person sees it. `percent` never goes back and never above 100."""

    job_id: uuid.UUID
    name: str
    unit: str
    status: str
    step: str
    message: str
    percent: int
    milestones: tuple[Milestone, ...]
    counts: Counts
    seconds_left: int | None
    cost: Cost

    @property
    def time_left(self) -> TimeLeft:
        """Rounded up: it should rather be there early than late."""
        if self.seconds_left is None:
            return TimeLeft("…", "not known yet")
        if self.seconds_left < 60:
            return TimeLeft("< 1 min", "nearly there")
        return TimeLeft(f"{-(-self.seconds_left // 60)} min", "about, at the present pace")

    @property
    def asides(self) -> str:
        """What of the parts is under way: `3 at the service, 1 retrying`."""
        counts = self.counts
        away = f"{counts.waiting} at the service" if counts.waiting else ""
        here = f"{counts.in_progress} being made" if counts.in_progress and not away else ""
        again = f"{counts.retrying} retrying" if counts.retrying else ""
        failed = f"{counts.failed} not made" if counts.failed else ""
        return ", ".join(one for one in (away, here, again, failed) if one)

    def as_dict(self) -> dict[str, Any]:
        """The numbers as programs read them."""
        return {
            "total": self.counts.total,
            "completed": self.counts.completed,
            "failed": self.counts.failed,
            "retrying": self.counts.retrying,
            "in_progress": self.counts.in_progress,
            "waiting": self.counts.waiting,
            "seconds_left": self.seconds_left,
            "cost_usd": float(self.cost.spent_usd),
            "reserved_usd": float(self.cost.reserved_usd),
            "milestones": [
                {"sentence": one.sentence, "state": one.state} for one in self.milestones
            ],
        }


def row_counts(job: Job) -> Counts:
    """The parts as the job's own row counts them."""
    return Counts(total=job.total, completed=min(job.completed, job.total))


def at_this_pace(job: Job, counts: Counts) -> int | None:
    """What is left if it goes on as it went so far; None before there is anything to judge by."""
    elapsed = (timezone.now() - job.started_at).total_seconds() if job.started_at else 0.0
    if job.progress < PACE_PERCENT or elapsed < PACE_SECONDS:
        return None
    return round(elapsed * (100 - job.progress) / job.progress)


@dataclass(frozen=True)
class Kind:
    """What the numbers of one kind of job are made of.

    `milestones` are pairs of the percent at which one is done and its words; `unit` names the parts.
    `subject` is read once, and handed to the functions that count, foresee and add up.
    """

    name: str
    milestones: tuple[tuple[int, str], ...] = ()
    unit: str = ""
    counts: Callable[[Any], Counts] = row_counts
    seconds_left: Callable[[Any, Counts], int | None] = at_this_pace
    cost: Callable[[Any], Cost] = field(default=lambda subject: Cost())
    subject: Callable[[Job], Any] = field(default=lambda job: job)


KINDS: dict[str, Kind] = {}


def tell(kind: Job.Kind, told: Kind) -> None:
    """Say what the numbers of a kind of job are made of."""
    KINDS[kind] = told


def progress_of(job: Job, subject: object | None = None) -> Progress:
    """How far a job is, with everything that is known of it: a few queries.

    `subject` is what its kind would read of it, for those who have read it already.
    """
    kind = _kind(job)
    subject = subject or kind.subject(job)
    counts = kind.counts(subject)
    seconds = None if job.is_terminal else kind.seconds_left(subject, counts)
    return _progress(job, kind, counts, seconds, kind.cost(subject))


def brief(job: Job) -> Progress:
    """The same from the job's row alone, for lists of many jobs."""
    return _progress(job, _kind(job), row_counts(job), None, Cost())


def _kind(job: Job) -> Kind:
    return KINDS.get(job.kind) or Kind(job.get_kind_display())


def _progress(
    job: Job, kind: Kind, counts: Counts, seconds_left: int | None, cost: Cost
) -> Progress:
    percent = 100 if job.status == Status.SUCCEEDED else min(job.progress, 99)
    return Progress(
        job_id=job.pk,
        name=kind.name,
        unit=kind.unit,
        status=job.status,
        step=job.step,
        message=_message(job, counts),
        percent=percent,
        milestones=_milestones(kind, percent),
        counts=counts,
        seconds_left=seconds_left,
        cost=cost,
    )


def _message(job: Job, counts: Counts) -> str:
    """What the job says of itself, and what of it is retried or waits."""
    message = job.message or "Waiting for a free worker."
    if job.is_terminal:
        return message
    retrying = f", {counts.retrying} retrying" if counts.retrying else ""
    waiting = f", {counts.waiting} waiting for the service" if counts.waiting else ""
    return message + retrying + waiting


def _milestones(kind: Kind, percent: int) -> tuple[Milestone, ...]:
    """Which steps are done; the first that is not is the one under way."""
    done = sum(percent >= at for at, _ in kind.milestones)
    states = ["done"] * done + ["now"] + ["later"] * len(kind.milestones)
    return tuple(
        Milestone(words, state) for (_, words), state in zip(kind.milestones, states, strict=False)
    )
