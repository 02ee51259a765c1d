"""Many at once, for tests: threads that begin in the same moment, each with a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

from vibecraft.problems import Problem

Came = TypeVar("Came")
# So many connections at once a database of ours takes.
AT_ONCE = 50


def at_once(act: Callable[[int], Came], times: int) -> list[Came]:
    """What came of `act(number)` done so many times: the first 50 begin together, then they follow."""
    together = min(times, AT_ONCE)
    start = Barrier(together)

    def one(number: int) -> Came:
        try:
            if number < together:
                start.wait()
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(together) as pool:
        return list(pool.map(one, range(times)))


def outcomes(act: Callable[[int], object], times: int) -> list[str]:
    """For each: `done`, or the code of the Problem that refused it, sorted."""

    def one(number: int) -> str:
        try:
            act(number)
        except Problem as problem:
            return problem.code
        return "done"

    return sorted(at_once(one, times))
