"""The control origin: what tests and people see of the stand-in, and how they steer it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from vibecraft.predictions.standin import catalog
from vibecraft.predictions.standin.faults import KNOBS, PROFILES, BadPlan, Faults, read_scenario
from vibecraft.predictions.standin.hooks import new_id
from vibecraft.predictions.standin.lifecycle import Lifecycle, summary
from vibecraft.predictions.standin.records import Prediction
from vibecraft.predictions.standin.studio import Told
from vibecraft.predictions.standin.web import Answer, Call, as_json
from vibecraft.predictions.standin.world import World, new_account

PREFIX = "/_control/"
# Clients may not ask for one prediction more often than this (the service's seconds).
MIN_POLL_SECONDS = 1.0
REPLAY_AGE_SECONDS = 600.0

Body = Mapping[str, Any]


class Missing(LookupError):
    """There is no such prediction or account."""


class Control:
    """The application behind the control port."""

    def __init__(self, world: World, lifecycle: Lifecycle) -> None:
        self._world = world
        self._lifecycle = lifecycle
        self._views: dict[str, Callable[[], Any]] = {
            "requests": lambda: [asdict(asked) for asked in world.asked],
            "predictions": lambda: [summary(one) for one in world.predictions.values()],
            "ledger": lambda: [entry.as_json() for entry in world.ledger],
            "webhooks": world.sender.shown,
            "accounts": lambda: [account.as_json() for account in world.accounts.values()],
            "scenarios": lambda: [one.as_json() for one in world.faults.scenarios],
            "knobs": knobs,
            "canary": lambda: list(world.canary),
            "breaches": lambda: breaches(world),
            "state": self.state,
        }
        self._acts: dict[str, Callable[[Body], Any]] = {
            "scenario": self.add_scenario,
            "scenarios/clear": lambda _: world.faults.scenarios.clear(),
            "profile": self.set_profile,
            "settings": self.set_settings,
            "advance": lambda body: world.clock.advance(float(body["seconds"])),
            "balance": self.set_balance,
            "accounts": self.add_account,
            "words": self.set_words,
            "answers": self.add_answer,
            "webhook": self.send_webhook,
            "reset": lambda _: world.reset(),
            "catalogue/reload": self.reload,
        }
        self._deeds: dict[str, Callable[[Prediction, Body], None]] = {
            "finish": lambda one, _: lifecycle.finish_now(one),
            "fail": lambda one, body: lifecycle.fail_now(one, body.get("error", "E1000")),
            "expire": lambda one, _: lifecycle.expire(one),
        }

    def __call__(self, call: Call) -> Answer:
        name = call.path.removeprefix(PREFIX)
        if name.startswith("canary/"):
            self._world.canary.append(f"{call.method} {call.path}")
            return Answer(200, b"canary", {"content-type": "text/plain"})
        if call.method == "GET" and name in self._views:
            with self._world.lock:
                return as_json(200, json.loads(json.dumps(self._views[name](), default=str)))
        if call.method == "POST":
            return self._act(name, call)
        return as_json(404, {"detail": "The control has no such thing.", "status": 404})

    def _act(self, name: str, call: Call) -> Answer:
        try:
            body = call.json() or {}
            if name in self._acts:
                return as_json(200, self._acts[name](body))
            deed, _, prediction_id = name.partition("/")
            if deed in self._deeds:
                self._deeds[deed](self._find(prediction_id), body)
                return as_json(200, summary(self._find(prediction_id)))
        except (BadPlan, KeyError, TypeError, ValueError) as error:
            return as_json(400, {"detail": f"{type(error).__name__}: {error}", "status": 400})
        except Missing as error:
            return as_json(404, {"detail": str(error), "status": 404})
        return as_json(404, {"detail": "The control has no such thing.", "status": 404})

    def _find(self, prediction_id: str) -> Prediction:
        found = self._world.predictions.get(prediction_id)
        if found is None:
            raise Missing(f"no prediction {prediction_id}")
        return found

    # --- acts ------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        world = self._world
        running = [one.id for one in world.predictions.values() if not one.is_over]
        return {
            "origins": asdict(world.origins),
            "time_scale": world.clock.scale,
            "now": round(world.clock.now(), 3),
            "profile": world.faults.profile_name,
            "strict_inputs": world.strict_inputs,
            "require_https": world.require_https,
            "running": running,
            "are_webhooks_sent": world.sender.is_idle,
            "models": sorted(world.catalog.by_slug),
        }

    def add_scenario(self, body: Body) -> Any:
        scenario = read_scenario(body)
        with self._world.lock:
            self._world.faults.scenarios.append(scenario)
        return scenario.as_json()

    def set_profile(self, body: Body) -> None:
        name = body["name"]
        if name not in PROFILES:
            raise ValueError(f"no such profile: {name}")
        with self._world.lock:
            kept = self._world.faults.scenarios
            self._world.faults = Faults(self._world.options.seed, name, scenarios=kept)

    def set_settings(self, body: Body) -> dict[str, Any]:
        world = self._world
        known = {"strict_inputs", "require_https", "time_scale"}
        if extra := set(body) - known:
            raise ValueError(f"no such setting: {', '.join(sorted(extra))}")
        world.strict_inputs = bool(body.get("strict_inputs", world.strict_inputs))
        world.require_https = bool(body.get("require_https", world.require_https))
        if "time_scale" in body:
            world.clock.set_scale(float(body["time_scale"]))
        return self.state()

    def set_balance(self, body: Body) -> dict[str, Any]:
        name = body.get("account", "standin")
        with self._world.lock:
            for account in self._world.accounts.values():
                if account.username == name:
                    account.balance = Decimal(str(body["balance"]))
                    return account.as_json()
        raise Missing(f"no account {name}")

    def add_account(self, body: Body) -> dict[str, Any]:
        balance = Decimal(str(body.get("balance", 100)))
        pays = bool(body.get("has_payment_method", True))
        account = new_account(body["username"], body["token"], balance, has_payment_method=pays)
        account.limits |= {
            name: (limit[0], limit[1]) for name, limit in body.get("limits", {}).items()
        }
        with self._world.lock:
            self._world.accounts[account.token] = account
        return account.as_json()

    def set_words(self, body: Body) -> None:
        words = [dict(word) for word in body["words"]]
        for word in words:
            if not {"word", "start", "end"} <= set(word):
                raise ValueError("every word needs word, start and end")
        self._world.studio.tell(replace(self._world.studio.told, words=words or None))

    def add_answer(self, body: Body) -> None:
        told = self._world.studio.told
        one = {"match": body.get("match", {}), "value": body["value"]}
        self._world.studio.tell(Told(words=told.words, answers=[*told.answers, one]))

    def send_webhook(self, body: Body) -> dict[str, Any]:
        """Send one webhook of a prediction now, with a fault if one is named."""
        prediction = self._find(body["prediction"])
        fault = body.get("fault", "")
        message = self._lifecycle.message(prediction, body.get("event", "completed"), fault)
        if fault == "replay":
            message = replace(message, age=REPLAY_AGE_SECONDS)
        url, key = body.get("url", message.url), body.get("id", new_id())
        return asdict(self._world.sender.send_now(replace(message, url=url, id=key)))

    def reload(self, _: Body) -> list[str]:
        self._world.catalog = catalog.load()
        return sorted(self._world.catalog.by_slug)


def knobs() -> dict[str, Any]:
    """Every knob with the words it may be, or the name of its type."""
    return {
        name: list(kind) if isinstance(kind, tuple) else kind.__name__
        for name, kind in KNOBS.items()
    }


# --- what a caller must never do -----------------------------------------------------------------


def breaches(world: World) -> dict[str, list[str]]:
    """What was done that must not be done, by kind; empty lists if all is well."""
    predictions = list(world.predictions.values())
    return {
        "double_creation": _doubles(predictions),
        "double_charge": _charged_twice(world),
        "token_leak": [
            f"{asked.method} {asked.path}"
            for asked in world.asked
            if asked.origin == "delivery" and "authorization" in asked.headers
        ],
        "unknown_input": [f"{p.model.slug}: {name}" for p in predictions for name in p.warnings],
        "fast_poll": [p.id for p in predictions if is_polled_fast(p.reads)],
        "unseen_end": [p.id for p in predictions if p.is_over and not _was_seen(world, p)],
        "canary": list(world.canary),
    }


def _doubles(predictions: list[Prediction]) -> list[str]:
    made: dict[str, list[str]] = defaultdict(list)
    for one in predictions:
        if one.request.attempt:
            made[one.request.attempt].append(one.id)
    return [f"{attempt}: {', '.join(ids)}" for attempt, ids in made.items() if len(ids) > 1]


def _charged_twice(world: World) -> list[str]:
    charged = [entry.prediction for entry in world.ledger]
    return sorted({one for one in charged if charged.count(one) > 1})


def is_polled_fast(reads: list[float]) -> bool:
    """True if three reads came within one second; two may, when a webhook calls for one."""
    return any(
        third - first < MIN_POLL_SECONDS for first, third in zip(reads, reads[2:], strict=False)
    )


def _was_seen(world: World, prediction: Prediction) -> bool:
    told = (d for d in world.sender.deliveries if d.prediction == prediction.id and d.is_done)
    return prediction.was_seen or any(done.event == "completed" for done in told)
