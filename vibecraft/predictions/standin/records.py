"""A prediction as the service keeps it, and how it is shown."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from vibecraft.predictions.standin.catalog import Model
from vibecraft.predictions.standin.clock import stamp
from vibecraft.predictions.standin.faults import Plan
from vibecraft.predictions.standin.money import Account

TERMINAL = ("succeeded", "failed", "canceled", "aborted")
STEPS = 30
UUID = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE
)
Purpose = Literal["create", "get", "cancel", "list", "webhook"]


@dataclass(frozen=True)
class Request:
    """What a client asked for."""

    given: Mapping[str, Any]
    webhook: str | None = None
    events: tuple[str, ...] = ()
    cancel_after: float | None = None
    attempt: str | None = None


@dataclass
class Prediction:
    """One prediction. Plain times are the service's seconds, `_wall` ones epoch seconds."""

    id: str
    number: int
    account: Account
    model: Model
    request: Request
    plan: Plan
    created: float
    created_wall: float
    queue_seconds: float
    run_seconds: float
    input: Mapping[str, Any] = field(default_factory=dict)
    status: str = "starting"
    started: float | None = None
    started_wall: float | None = None
    completed: float | None = None
    completed_wall: float | None = None
    deadline_wall: float | None = None
    output: Any = None
    output_data_uri: Any = None
    error: Any = None
    metrics: dict[str, Any] = field(default_factory=dict)
    billed: Mapping[str, float] = field(default_factory=dict)
    charged: Decimal = Decimal(0)
    data_removed: bool = False
    warnings: list[str] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    was_seen: bool = False
    went_back: bool = False

    def __post_init__(self) -> None:
        self.input = self.request.given

    @property
    def is_over(self) -> bool:
        return self.status in TERMINAL

    @property
    def values(self) -> dict[str, Any]:
        return self.model.values(self.request.given)

    @property
    def input_hash(self) -> str:
        text = json.dumps([self.model.slug, self.request.given], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def fraction(self, now: float) -> float:
        """How much of the run is over, 0..1."""
        if self.started is None:
            return 0.0
        return min(1.0, max(0.0, ((self.completed or now) - self.started) / self.run_seconds))


def attempt_of(webhook: str | None, headers: Mapping[str, str]) -> str | None:
    """The caller's own name of this attempt: a UUID in the webhook's path, or a header."""
    found = UUID.search(webhook or "")
    return found.group().lower() if found else headers.get("x-attempt-id")


def show(prediction: Prediction, base: str, now: float, purpose: Purpose) -> dict[str, Any]:
    """The JSON of a prediction; `base` is the API's origin."""
    shown = _shown(prediction, base, now)
    if purpose == "cancel":
        shown["logs"] = None
    _bend(shown, prediction, purpose)
    return shown


def _shown(prediction: Prediction, base: str, now: float) -> dict[str, Any]:
    link = f"{base}/v1/predictions/{prediction.id}"
    web = f"https://replicate.com/p/{prediction.id}"
    shown: dict[str, Any] = {
        "id": prediction.id,
        "model": prediction.model.slug,
        "version": "hidden" if prediction.model.is_official else prediction.model.version,
        "input": prediction.input,
        "logs": None if prediction.data_removed else logs(prediction, now),
        "output": prediction.output,
        "data_removed": prediction.data_removed,
        "error": prediction.error,
        "source": "api",
        "status": prediction.status,
        "created_at": stamp(prediction.created_wall + prediction.plan.get("clock_skew", 0.0)),
        "urls": {"cancel": f"{link}/cancel", "get": link, "web": web},
    }
    if prediction.deadline_wall is not None:
        shown["deadline"] = stamp(prediction.deadline_wall)
    if prediction.started_wall is not None:
        shown["started_at"] = stamp(prediction.started_wall)
    if prediction.completed_wall is not None:
        shown["completed_at"] = stamp(prediction.completed_wall)
        shown["metrics"] = prediction.metrics
    return shown


def logs(prediction: Prediction, now: float) -> str:
    """Progress lines as models print them; they grow with the run."""
    if prediction.started is None:
        return ""
    done = round(prediction.fraction(now) * STEPS)
    lines = [f"Using seed: {prediction.number}"]
    for step in range(1, done + 1):
        percent, each = step * 100 // STEPS, prediction.run_seconds / STEPS
        bar = "█" * (percent // 10)
        lines.append(f"{percent:3d}%|{bar:<10}| {step}/{STEPS} [{each:.2f}s/it]")
    return "\n".join(lines) + "\n"


def _bend(shown: dict[str, Any], prediction: Prediction, purpose: Purpose) -> None:
    """Apply the knobs that change how a prediction is shown."""
    plan = prediction.plan
    if "status" in plan and not prediction.is_over:
        shown["status"] = plan["status"]
    if plan.get("goes_back") and prediction.was_seen and purpose == "get":
        _go_back(shown, prediction)
    if plan.get("error_object") and prediction.status == "failed":
        shown["error"] = {"detail": prediction.error, "code": 500}
    if plan.get("stream_null"):
        shown["urls"] = shown["urls"] | {"stream": None}
    if "version" in plan:
        shown["version"] = plan["version"]
    if plan.get("webhook") == "short" and purpose == "webhook":
        for key in ("urls", "model", "data_removed", "source"):
            shown.pop(key, None)
    dropped = plan.get("omit", "").split("+")
    if purpose == "create":
        dropped += plan.get("omit_on_create", "").split("+")
    for key in dropped:
        shown.pop(key, None)


def _go_back(shown: dict[str, Any], prediction: Prediction) -> None:
    """Once, after the end was seen, say that it still runs."""
    if prediction.status == "succeeded" and not prediction.went_back:
        prediction.went_back = True
        shown |= {"status": "processing", "output": None}
        shown.pop("completed_at", None)
        shown.pop("metrics", None)
