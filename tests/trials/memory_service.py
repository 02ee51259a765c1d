"""A service of paid calls in memory: what a state machine can drive without waiting for anything.

It takes the place of `vibecraft.predictions.client`'s five calls and does what the stand-in does over
HTTP, with the faults that a network has.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from vibecraft.predictions import client
from vibecraft.predictions.client import AnswerLost, ApiProblem, NotSent

TERMINAL = ("succeeded", "failed", "canceled")
# What may happen to the next call that creates something.
FAULTS = ("none", "answer lost", "never arrived", "not sent", "refused", "busy")
Json = dict[str, Any]


class MemoryService:
    """All predictions ever created, by whom, and the fault that waits for the next creation."""

    def __init__(self) -> None:
        self.made: dict[str, Json] = {}
        self.attempts: Counter[str] = Counter()
        self.fault = "none"

    def put_in_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("create", "get", "cancel", "listing"):
            monkeypatch.setattr(client, name, getattr(self, name))

    # --- what VibeCraft calls ------------------------------------------------------------------------

    def create(
        self, slug: str, version: str, given: Mapping[str, Any], *, attempt: object, **rest: Any
    ) -> Json:
        client._refuse_in_transaction()
        fault, self.fault = self.fault, "none"
        if fault == "not sent":
            raise NotSent("no connection")
        if fault == "never arrived":
            raise AnswerLost("reset before it arrived")
        if fault in ("refused", "busy"):
            raise ApiProblem(422 if fault == "refused" else 429, httpx.Headers(), b"{}")
        made = self._make(slug, given)
        self.attempts[str(attempt)] += 1
        if fault == "answer lost":
            raise AnswerLost("reset after it arrived")
        return dict(made)

    def get(self, prediction_id: str) -> Json:
        client._refuse_in_transaction()
        return dict(self.made[prediction_id])

    def cancel(self, prediction_id: str) -> Json:
        client._refuse_in_transaction()
        if self.made[prediction_id]["status"] not in TERMINAL:
            self._end(self.made[prediction_id], "canceled")
        return dict(self.made[prediction_id])

    def listing(self, created_after: str) -> Iterator[Json]:
        client._refuse_in_transaction()
        yield from (dict(one) for one in reversed(self.made.values()))

    # --- what the trial does ---------------------------------------------------------------------------

    def go_on(self, to: str) -> None:
        """Let everything that runs there start, or end."""
        for one in self.made.values():
            if one["status"] in TERMINAL:
                continue
            if to == "processing":
                one |= {"status": to, "started_at": _now()}
            else:
                self._end(one, to)

    def _make(self, slug: str, given: Mapping[str, Any]) -> Json:
        name = uuid.uuid4().hex[:26]
        self.made[name] = {
            "id": name,
            "model": slug,
            "input": dict(given),
            "status": "starting",
            "created_at": _now(),
        }
        return self.made[name]

    def _end(self, one: Json, status: str) -> None:
        one |= {"status": status, "completed_at": _now()}
        if status == "succeeded":
            one |= {"output": "https://replicate.delivery/made.mp4", "metrics": {}}
        if status == "failed":
            one["error"] = "E1000: it went wrong"


def _now() -> str:
    return datetime.now(UTC).isoformat()
