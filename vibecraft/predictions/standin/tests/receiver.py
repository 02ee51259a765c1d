"""A place that takes webhooks and keeps them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from vibecraft.predictions.standin.web import Answer, Call, Server

WORDS = "openai/gpt-5-structured"
ATTEMPT = "11111111-2222-4333-8444-555555555555"


class Receiver:
    """Keeps every call; answers with `statuses` one after the other, then with 200."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.statuses: list[int] = []
        self._server = Server("127.0.0.1", 0)
        self.url = f"{self._server.origin}/hooks/{ATTEMPT}"

    def __enter__(self) -> Receiver:
        self._server.start(self._take)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def _take(self, call: Call) -> Answer:
        self.calls.append(call)
        return Answer(self.statuses.pop(0) if self.statuses else 200)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(call.body) for call in self.calls]

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Call]:
        """The calls, once there are so many of them."""
        until(lambda: len(self.calls) >= count, seconds)
        return self.calls


def until(is_so: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something is so (wall seconds)."""
    limit = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < limit, "it did not come to be"
        time.sleep(0.005)
