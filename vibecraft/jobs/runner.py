"""How a claimed row is worked on: lease, heartbeat, record, outcome."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from vibecraft.away import SENTENCE, away_code
from vibecraft.jobs.claims import Claimable
from vibecraft.jobs.models import Job, JobEvent
from vibecraft.media import ffmpeg
from vibecraft.media.errors import SENTENCES, MediaError
from vibecraft.problems import Problem, from_media

log = logging.getLogger(__name__)
RETRY_SECONDS = (5, 30, 120)
# No space, no store, no database: nobody's fault, so it is looked at again and again.
AWAY_CODES = frozenset({"disk_full", "service_away"})
AWAY_SECONDS = 15


class LeaseLost(Exception):
    """The lease ran out or the work was canceled: what was being made is of no use any more."""


class Lease:
    """The right to work on a row, kept alive by a thread for as long as the block lasts."""

    def __init__(self, row: Claimable) -> None:
        self.row = row
        self._lost = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._done.wait(settings.HEARTBEAT_SECONDS):
            if not self._is_kept():
                self._lost.set()
                break
        connection.close()

    def _is_kept(self) -> bool:
        """False once the lease is lost; while the database is away, that is not known."""
        try:
            return self.row.keep_lease()
        except (OperationalError, InterfaceError) as error:
            log.warning("the lease of %s cannot be prolonged now: %s", self.row, error)
            connection.close()
            return True

    def is_lost(self) -> bool:
        """True once the work must stop; handed to every long-running child."""
        return self._lost.is_set()

    def check(self) -> None:
        """Raise LeaseLost if the work must stop, asking the database now."""
        if self._lost.is_set() or not self.row.keep_lease():
            raise LeaseLost


def run(row: Claimable | None, work: Callable[[Lease], None], *, job: Job | None = None) -> bool:
    """Claim `row` and do `work` on it; True when this call was the one that did it.

    `job` is the row that keeps the history; by default `row` itself. Whatever goes wrong is written
    to the row: tried again when it can pass with time, else the row fails with its sentence.
    """
    if row is None or not row.claim():
        return False
    history = job or (row if isinstance(row, Job) else None)
    with (
        structlog.contextvars.bound_contextvars(**_names(row, history)),
        Lease(row) as lease,
        ffmpeg.recording(lambda made: _record(history, made)),
    ):
        _attempt(row, work, lease, history)
    return True


def _names(row: Claimable, history: Job | None) -> dict[str, str]:
    """What every line of this work says of itself in the log: job_id, take_id, prediction_id, …"""
    job_id = history.pk if history else getattr(row, "job_id", None)
    names = {f"{row._meta.model_name}_id": str(row.pk)}
    return names | ({"job_id": str(job_id)} if job_id else {})


def _attempt(
    row: Claimable, work: Callable[[Lease], None], lease: Lease, history: Job | None
) -> None:
    try:
        work(lease)
    except LeaseLost:
        log.info("the lease of %s is lost, its work is dropped", row)
    except Problem as problem:
        _patiently(row, problem, history)
    except MediaError as error:
        if not lease.is_lost():
            _patiently(row, from_media(error), history)
    except Exception as error:
        # The one broad except: whatever happens, the row says so and the user reads a sentence.
        log.exception("%s failed", row)
        _patiently(row, _unexpected(error), history)


def _patiently(row: Claimable, problem: Problem, history: Job | None) -> None:
    """Write the outcome; where the database is away, for as long as the lease lasts."""
    deadline = time.monotonic() + settings.LEASE_SECONDS
    while True:
        try:
            _settle(row, problem, history)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
            connection.close()
            time.sleep(1)
        else:
            return


def _unexpected(error: Exception) -> Problem:
    code = away_code(error)
    if code is not None:
        detail = f"{type(error).__name__}: {error}"
        return Problem(
            code, SENTENCES.get(code, SENTENCE), status=503, detail=detail, is_permanent=False
        )
    sentence = "Something went wrong on our side. Please try again; if it stays, tell the operator."
    detail = f"{type(error).__name__}: {error}"
    return Problem("internal", sentence, status=500, detail=detail, is_permanent=False)


def _settle(row: Claimable, problem: Problem, history: Job | None) -> None:
    """Write the outcome of a failed attempt: again later, or failed for good."""
    if history is not None:
        history.note(JobEvent.Kind.ERROR, str(problem), attempt=row.attempts, detail=problem.detail)
    if problem.code in AWAY_CODES and not problem.is_permanent:
        row.try_again(problem, after_seconds=AWAY_SECONDS, is_counted=False)
    elif problem.is_permanent or row.attempts >= row.attempts_allowed:
        row.fail(problem)
    else:
        pause = RETRY_SECONDS[min(row.attempts, len(RETRY_SECONDS)) - 1]
        row.try_again(problem, after_seconds=pause)


def _record(history: Job | None, made: ffmpeg.Run) -> None:
    if history is None:
        return
    history.note(
        JobEvent.Kind.COMMAND,
        f"{made.command[0]}: exit {made.exit_code} after {made.seconds:.1f} s",
        command=" ".join(made.command)[-2000:],
        exit_code=made.exit_code,
        stderr=made.stderr_tail[-1000:],
        seconds=round(made.seconds, 3),
    )
