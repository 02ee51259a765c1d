"""What can be made to go wrong, and when: scenarios, prompt tags and start-up profiles.

A plan is a flat set of knobs. It is set for matching requests through the control port, written
into a prompt (`[[sim:fail=E9828,times=1]]`) for trying by hand, or drawn by a profile.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TAG = re.compile(r"\[\[sim:([^\]]*)\]\]")

TRANSPORT = ("hang", "reset", "500", "502", "503", "504", "truncated", "list", "plain", "slow")
OUTPUT = ("null", "empty_list", "list", "dict", "data_uri")
LINKS = ("http", "foreign", "private", "canary", "userinfo")
SERVE = (
    "redirect",
    "redirect_private",
    "403",
    "404",
    "410",
    "wrong_length",
    "truncated",
    "huge",
    "empty",
    "html",
    "slow",
    "reset",
)
MEDIA = (
    "wrong_codec",
    "shorter",
    "longer",
    "wrong_size",
    "wrong_rate",
    "vfr",
    "black",
    "portrait",
    "sound",
    "silent",
)
WEBHOOK = (
    "none",
    "late",
    "early",
    "duplicate",
    "replay",
    "out_of_order",
    "bad_signature",
    "no_signature",
    "two_signatures",
    "wrong_secret",
    "other_account",
    "modified",
    "unknown_attempt",
    "flood",
    "short",
)

# Every knob: its type, or the words it may be. Seconds are of the service's time unless said.
KNOBS: dict[str, type | tuple[str, ...]] = {
    # transport (seconds of the wall clock, as the client's time-outs are)
    "latency": float,  # wait before anything else
    "answer": TRANSPORT,  # what happens instead of the proper answer
    "when": ("before", "after"),  # before or after the request has had its effect
    "hang_seconds": float,
    # refusals
    "refuse": ("401", "402", "403", "404", "413", "422", "429"),
    "told": ("body", "header", "both", "date", "neither"),  # where a 429 says how long
    "retry_after": float,
    "reason": ("plain", "low_credit", "no_payment"),
    # the prediction
    "fail": str,  # a code of FAILURES or any text
    "at": float,  # which part of the run is over when it fails
    "end": ("canceled", "aborted"),  # ended by the service
    "stuck": ("starting", "processing"),
    "status": str,  # a word shown instead of the unfinished status
    "goes_back": bool,  # one read after success says processing
    "error_object": bool,
    "stream_null": bool,
    "version": str,
    "omit": str,  # keys left out of every answer, joined by +
    "omit_on_create": str,
    "metrics": ("none", "predict_time"),
    "queue": float,
    "boot": float,
    "seconds": float,  # how long the run takes
    "clock_skew": float,  # added to created_at, wall seconds
    "retention": float,  # seconds after the end until input and output are erased
    "wait_status": ("processing", "succeeded"),  # what a waited answer says when it is done
    "wait_output": ("url", "data_uri"),
    # the output
    "output": OUTPUT,
    "link": LINKS,
    "serve": SERVE,
    "expires": float,  # seconds until an output or an uploaded file is gone
    "media": MEDIA,
    # the webhook
    "webhook": WEBHOOK,
    "webhook_delay": float,
}

FAILURES = {
    "E1000": "Prediction failed for an unknown reason. It might have run out of memory? (E1000)",
    "E1001": "CUDA out of memory. Tried to allocate 2.50 GiB. (E1001)",
    "OOM": "CUDA out of memory. Tried to allocate 2.50 GiB. (E1001)",
    "E4875": "Webhook URL is empty (E4875)",
    "E6716": "Timeout starting prediction (E6716)",
    "E8367": "Prediction stopped in a non-terminal state (E8367)",
    "E8765": "Model health check failed (E8765)",
    "E9243": "Error starting prediction (E9243)",
    "E9825": "Failed to upload output file (E9825)",
    "E9828": "Director: unexpected error handling prediction (E9828)",
    "PA": "Prediction interrupted; please retry (code: PA)",
    "E005": "The input or output was flagged as sensitive. Please try again with different inputs."
    " (E005) (JzQ2vXcK9b)",
    "nsfw": "NSFW content detected. Try running it again, or try a different prompt.",
}

Plan = dict[str, Any]


class BadPlan(ValueError):
    """A plan names a knob or a word that does not exist."""


def read_plan(raw: Mapping[str, Any]) -> Plan:
    """A plan with its values brought to their types. Raises BadPlan."""
    return {name: _value(name, value) for name, value in raw.items()}


def _value(name: str, value: Any) -> Any:
    kind = KNOBS.get(name)
    if kind is None:
        raise BadPlan(f"no such knob: {name}")
    if isinstance(kind, tuple):
        if str(value) not in kind:
            raise BadPlan(f"{name} must be one of {', '.join(kind)}")
        return str(value)
    if kind is bool:
        return value in (True, "true", "1", "yes", "")
    try:
        return kind(value)
    except ValueError as error:
        raise BadPlan(f"{name}: {value} is no {kind.__name__}") from error


@dataclass
class Event:
    """What a scenario is matched against. `nth` counts matching calls of the endpoint, from 1."""

    endpoint: str
    account: str = ""
    model: str = ""
    prompt: str = ""
    nth: int = 0


@dataclass
class Scenario:
    """A plan for matching events: the first `after` are spared, then it holds `times` (0: ever)."""

    match: Mapping[str, Any]
    plan: Plan
    times: int = 1
    after: int = 0
    chance: float = 1.0
    met: int = 0
    used: int = 0

    def applies(self, event: Event, rng: random.Random) -> bool:
        """True if the plan holds for this event; counts it."""
        if not self._matches(event) or (self.times and self.used >= self.times):
            return False
        self.met += 1
        if self.met <= self.after or (self.chance < 1 and rng.random() >= self.chance):
            return False
        self.used += 1
        return True

    def _matches(self, event: Event) -> bool:
        wanted = {"endpoint": "create"} | dict(self.match)
        prompt = wanted.pop("prompt_contains", "")
        nth = wanted.pop("nth", event.nth)
        endpoint = wanted.pop("endpoint")
        same = all(getattr(event, name) == value for name, value in wanted.items())
        return (
            same
            and endpoint in ("*", event.endpoint)
            and prompt in event.prompt
            and nth == event.nth
        )

    def as_json(self) -> dict[str, Any]:
        return dict(self.__dict__)


def read_scenario(raw: Mapping[str, Any]) -> Scenario:
    """A scenario from its JSON. Raises BadPlan."""
    match = raw.get("match", {})
    allowed = {"model", "prompt_contains", "nth", "account", "endpoint"}
    if extra := set(match) - allowed:
        raise BadPlan(f"no such match: {', '.join(sorted(extra))}")
    if extra := set(raw) - {"match", "plan", "times", "after", "chance"}:
        raise BadPlan(f"no such key: {', '.join(sorted(extra))}")
    return Scenario(
        match=match,
        plan=read_plan(raw.get("plan", {})),
        times=int(raw.get("times", 1)),
        after=int(raw.get("after", 0)),
        chance=float(raw.get("chance", 1.0)),
    )


@dataclass(frozen=True)
class Profile:
    """How the service behaves when nobody asks for a fault. Times in seconds."""

    queue: tuple[float, float]
    jitter: float
    scenarios: tuple[Mapping[str, Any], ...] = ()


def _often(chance: float, endpoint: str = "create", **plan: Any) -> Mapping[str, Any]:
    match = {"endpoint": endpoint}
    return {"match": match, "plan": plan, "times": 0, "chance": chance}


_NEWLINES = {
    "match": {"model": "black-forest-labs/flux-schnell", "prompt_contains": "\n"},
    "plan": {"fail": "E9828"},
    "times": 0,
}

PROFILES = {
    "calm": Profile(queue=(1.0, 1.0), jitter=0.0),
    # About what was measured of the service: 5 of 60 runs died of infrastructure.
    "real": Profile(
        queue=(0.5, 8.0),
        jitter=0.2,
        scenarios=(
            _often(0.065, fail="E9828", at=0.4),
            _often(0.017, fail="PA", at=0.7),
            _often(0.01, endpoint="get", answer="502"),
            _NEWLINES,
        ),
    ),
    "rough": Profile(
        queue=(0.5, 40.0),
        jitter=0.5,
        scenarios=(
            _often(0.08, fail="E9828", at=0.4),
            _often(0.05, fail="PA", at=0.9),
            _often(0.03, fail="E005", at=0.1),
            _often(0.04, answer="502", when="after"),
            _often(0.03, answer="reset", when="after"),
            _often(0.03, answer="hang", when="after", hang_seconds=40),
            _often(0.05, refuse="429", told="body", retry_after=7),
            _often(0.05, serve="truncated"),
            _often(0.03, media="wrong_rate"),
            _often(0.10, webhook="none"),
            _often(0.05, webhook="duplicate"),
            _often(0.05, endpoint="get", answer="503"),
            _often(0.03, endpoint="get", answer="reset"),
            _NEWLINES,
        ),
    ),
}


@dataclass
class Faults:
    """Decides the plan of each event; counts what it has seen, so that it is reproducible."""

    seed: int
    profile_name: str = "calm"
    scenarios: list[Scenario] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    tag_uses: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._from_profile = [read_scenario(raw) for raw in self.profile.scenarios]

    @property
    def profile(self) -> Profile:
        return PROFILES[self.profile_name]

    def plan_for(self, event: Event) -> Plan:
        """All knobs that hold for an event; a scenario of the control port wins over the rest."""
        self.counts[event.endpoint] += 1
        event.nth = self.counts[event.endpoint]
        plan: Plan = {}
        for number, scenario in enumerate([*self._from_profile, *self.scenarios]):
            rng = random.Random(f"{self.seed}:{event.endpoint}:{event.nth}:{number}")
            if scenario.applies(event, rng):
                plan |= scenario.plan
        return self._tagged(event) | plan

    def _tagged(self, event: Event) -> Plan:
        if event.endpoint != "create":
            return {}
        plan: Plan = {}
        for words in TAG.findall(event.prompt):
            pairs = dict(_pair(word) for word in words.split(",") if word.strip())
            times = _times(pairs.pop("times", "0"))
            key = hashlib.sha256(event.prompt.encode()).hexdigest() + words
            self.tag_uses[key] += 1
            if not times or self.tag_uses[key] <= times:
                plan |= read_plan(pairs)
        return plan


def _times(word: str) -> int:
    if not word.isdigit():
        raise BadPlan(f"times: {word} is no number")
    return int(word)


def _pair(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name.strip(), value.strip()


def prompt_of(given: Mapping[str, Any]) -> str:
    """All words of an input, to look for tags and matches in."""
    texts = [
        value
        for value in given.values()
        if isinstance(value, str) and not value.startswith("data:")
    ]
    listed = [value for value in given.values() if isinstance(value, list | dict)]
    return "\n".join(texts + [json.dumps(value, ensure_ascii=False) for value in listed])
