"""Speaks to the control port of a running stand-in, from a test or a benchmark."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from vibecraft.predictions.standin.world import TOKEN, Origins

END_SECONDS = 30.0


class Remote:
    """A stand-in in another process: its addresses, and everything its control port offers."""

    def __init__(self, origins: Origins) -> None:
        self.api = origins.api
        self.delivery = origins.delivery
        self.control = origins.control
        self.token = TOKEN
        self.allowed: set[str] = set()
        self._http = httpx.Client(base_url=f"{origins.control}/_control/", timeout=60)

    @property
    def environment(self) -> dict[str, str]:
        """What VibeCraft needs to speak to it."""
        return {"REPLICATE_BASE_URL": self.api, "REPLICATE_API_TOKEN": self.token}

    def close(self) -> None:
        self._http.close()

    # --- looking ---------------------------------------------------------------------------------

    def look(self, name: str) -> Any:
        """One of: requests, predictions, ledger, webhooks, accounts, scenarios, knobs, …"""
        answer = self._http.get(name)
        answer.raise_for_status()
        return answer.json()

    def requests(self, origin: str = "api") -> list[dict[str, Any]]:
        return [asked for asked in self.look("requests") if asked["origin"] == origin]

    def predictions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.look("predictions")
        return found

    def ledger(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.look("ledger")
        return found

    def webhooks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.look("webhooks")
        return found

    def account(self, username: str = "standin") -> dict[str, Any]:
        found: list[dict[str, Any]] = self.look("accounts")
        return next(one for one in found if one["username"] == username)

    def paid_twice(self) -> list[str]:
        """Inputs that more than one charged prediction had (equal model and equal input)."""
        hashes = [entry["input_hash"] for entry in self.ledger()]
        return sorted({one for one in hashes if hashes.count(one) > 1})

    def breaches(self) -> dict[str, list[str]]:
        """What was done that must not be done, without what this test allows."""
        found: dict[str, list[str]] = self.look("breaches")
        return {name: them for name, them in found.items() if them and name not in self.allowed}

    # --- steering --------------------------------------------------------------------------------

    def act(self, name: str, body: Mapping[str, Any] | None = None) -> Any:
        """POST to the control; raises httpx.HTTPStatusError for what it does not take."""
        answer = self._http.post(name, json=body or {})
        answer.raise_for_status()
        return answer.json()

    def fault(
        self,
        match: Mapping[str, Any] | None = None,
        *,
        times: int = 1,
        after: int = 0,
        **plan: Any,
    ) -> None:
        """Set knobs for the next matching request (`times=0`: for all)."""
        body = {"match": match or {}, "plan": plan, "times": times, "after": after}
        self.act("scenario", body)

    def advance(self, seconds: float) -> None:
        self.act("advance", {"seconds": seconds})

    def finish(self, prediction_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.act(f"finish/{prediction_id}")
        return found

    def fail(self, prediction_id: str, error: str = "E1000") -> None:
        self.act(f"fail/{prediction_id}", {"error": error})

    def expire(self, prediction_id: str) -> None:
        self.act(f"expire/{prediction_id}")

    def set_balance(self, balance: float, account: str = "standin") -> None:
        self.act("balance", {"account": account, "balance": balance})

    def settings(self, **settings: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.act("settings", settings)
        return found

    def send_webhook(self, prediction_id: str, **how: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.act("webhook", {"prediction": prediction_id} | how)
        return found

    def reset(self) -> None:
        self.act("reset")
        self.allowed.clear()

    def wait_until_quiet(self, seconds: float = 20.0) -> None:
        """Wait (wall seconds) until every prediction is over and every webhook delivered."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            state = self.look("state")
            if not state["running"] and state["are_webhooks_sent"]:
                return
            time.sleep(0.02)
        raise TimeoutError(f"still running after {seconds} s: {self.look('state')}")


@contextmanager
def running(*options: str) -> Iterator[Remote]:
    """A stand-in as a process of its own on free ports, ended when the block ends."""
    ports = ["--api-port", "0", "--delivery-port", "0", "--control-port", "0"]
    module = ["-m", "vibecraft.predictions.standin", "--with-parent"]
    process = subprocess.Popen(
        [sys.executable, *module, *ports, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline() or "{}")
        if not told.pop("ready", False):
            raise RuntimeError("the stand-in did not start")
        remote = Remote(Origins(**told))
        try:
            yield remote
        finally:
            remote.close()
    finally:
        process.terminate()
        process.communicate(timeout=END_SECONDS)
