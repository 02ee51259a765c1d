"""Time that can run faster than the wall's, be moved on, and wake things when they are due."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

logger = logging.getLogger(__name__)

Action = Callable[[], None]


def stamp(moment: float) -> str:
    """A moment of the wall clock (epoch seconds) as the service writes it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


class Clock:
    """The service's seconds since the start: real ones times `scale`, plus what was skipped.

    Actions run one after the other, in the order of their time.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self._base = time.monotonic()
        self._offset = 0.0
        self._due: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._is_running = False
        self._doer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="standin-clock")

    def now(self) -> float:
        """Seconds of the service's time."""
        return (time.monotonic() - self._base) * self.scale + self._offset

    def set_scale(self, scale: float) -> None:
        """Run at another speed from now on; the time that has passed stays passed."""
        with self._changed:
            self._offset = self.now()
            self._base = time.monotonic()
            self.scale = scale
            self._changed.notify_all()

    def at(self, moment: float, action: Action) -> None:
        """Run an action when the service's time reaches `moment`."""
        with self._changed:
            heapq.heappush(self._due, (moment, next(self._numbers), action))
            self._changed.notify_all()

    def after(self, seconds: float, action: Action) -> None:
        """Run an action `seconds` of the service's time from now."""
        self.at(self.now() + seconds, action)

    def advance(self, seconds: float) -> None:
        """Let time jump, and wait until what has become due is done (5 s at most)."""
        with self._changed:
            self._offset += seconds
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._is_running or not self._is_due(), 5)
        if self._is_running:
            self._doer.submit(lambda: None).result(5)

    def start(self) -> None:
        self._is_running = True
        threading.Thread(target=self._run, name="standin-alarm", daemon=True).start()

    def clear(self) -> None:
        """Forget everything that is still to come."""
        with self._changed:
            self._due.clear()

    def stop(self) -> None:
        with self._changed:
            self._is_running = False
            self._due.clear()
            self._changed.notify_all()
        self._doer.shutdown(cancel_futures=True)

    def _is_due(self) -> bool:
        return bool(self._due) and self._due[0][0] <= self.now()

    def _run(self) -> None:
        with self._changed:
            while self._is_running:
                while self._is_due():
                    self._doer.submit(heapq.heappop(self._due)[2]).add_done_callback(report)
                self._changed.notify_all()
                first = (self._due[0][0] - self.now()) / self.scale if self._due else None
                self._changed.wait(first)


def report(done: Future[None]) -> None:
    """Say what a finished action failed of; nobody else asks for its result."""
    if not done.cancelled() and (error := done.exception()) is not None:
        logger.error("an action failed", exc_info=error)
