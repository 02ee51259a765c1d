"""Several children at once: each waits for its own, so that all cores are used."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from vibecraft.media.outcome import Run, record, recording


def side_by_side(*tasks: Callable[[], Any]) -> tuple[Any, ...]:
    """Do all tasks, each in a thread, and return what they return, in order.

    Every child that they run is recorded by the caller's recorder in the caller's own thread, when
    all have ended: a recorder may use what belongs to its thread. The first error is raised then.
    """
    runs: list[Run] = []
    with ThreadPoolExecutor(len(tasks), thread_name_prefix="side") as pool:
        futures = [
            pool.submit(contextvars.copy_context().run, _collecting, task, runs) for task in tasks
        ]
    for run in runs:
        record(run)
    return tuple(future.result() for future in futures)


def _collecting(task: Callable[[], Any], runs: list[Run]) -> Any:
    with recording(runs.append):
        return task()
