"""Do the due work of some users in processes of our own: for commands without broker and workers."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

from django.db import connections

from vibecraft.jobs import hands
from vibecraft.jobs.claims import Claimable
from vibecraft.jobs.sweeper import claimable_models

LOOK_SECONDS = 0.3


def drain(owners: Collection[Any], *, until: Callable[[], bool], processes: int) -> None:
    """Run the owners' due rows until `until()` is true. Claims make it safe beside real workers."""
    connections.close_all()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=hands.prepare) as pool:
        running: dict[object, Future[None]] = {}
        try:
            while not until():
                running = {pk: future for pk, future in running.items() if not _is_over(future)}
                for row in _due(owners):
                    if row.pk not in running and len(running) < processes:
                        running[row.pk] = pool.submit(hands.work, row.task_name, str(row.pk))
                time.sleep(LOOK_SECONDS)
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
