"""Do the due work of some users in processes of our own: for commands without broker and workers."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connections

from vibecraft.jobs import doorbell, hands
from vibecraft.jobs.claims import Claimable
from vibecraft.jobs.sweeper import claimable_models, too_often

LOOK_SECONDS = 0.3


@dataclass(frozen=True)
class Crew:
    """Up to `size` processes of our own; each begins when there is work that no other is free for."""

    pool: ProcessPoolExecutor
    size: int

    def drain(self, owners: Collection[Any], *, until: Callable[[], bool]) -> None:
        """Run the owners' due rows until `until()` is true. Claims make it safe beside workers.

        What died on every attempt is ended, as nobody may claim it any more.
        """
        running: dict[object, Future[None]] = {}
        while not until():
            running = {pk: future for pk, future in running.items() if not _is_over(future)}
            for row in _due(owners):
                if row.pk in running:
                    continue
                if row.attempts >= row.attempts_allowed:
                    row.fail(too_often())
                elif len(running) < self.size:
                    running[row.pk] = self.pool.submit(hands.work, row.task_name, str(row.pk))
            time.sleep(LOOK_SECONDS)


@contextmanager
def crew(size: int, *, may_pay: bool = True) -> Iterator[Crew]:
    """Processes for as long as the block lasts: what one has read once serves all its work.

    Unless they `may_pay`, they go on as on a site without AI models, and order nothing.
    """
    connections.close_all()
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        size, mp_context=spawn, initializer=hands.prepare, initargs=(may_pay,)
    )
    with doorbell.turned_off(), pool:
        try:
            yield Crew(pool, size)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _due(owners: Collection[Any]) -> list[Claimable]:
    return [row for model in claimable_models() for row in model.due_of(owners)]


def _is_over(future: Future[None]) -> bool:
    """Whether a piece of work has ended; what it raised is raised here, never lost."""
    if not future.done():
        return False
    future.result()
    return True
