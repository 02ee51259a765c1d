"""Fixtures of the stand-in's own tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import replicate

from vibecraft.predictions.standin.fixture import standin, standin_process
from vibecraft.predictions.standin.remote import Remote
from vibecraft.predictions.standin.tests.receiver import WORDS, Receiver

__all__ = ["standin", "standin_process"]

# Who calls by hand need not wait for the end.
LEFT = "unseen_end"


@pytest.fixture
def client(standin: Remote, monkeypatch: pytest.MonkeyPatch) -> replicate.Client:
    """The real client, unchanged; it polls every 20 ms, which is 4 s of the service's time."""
    standin.allowed.add(LEFT)
    monkeypatch.setenv("REPLICATE_POLL_INTERVAL", "0.02")
    return replicate.Client(api_token=standin.token, base_url=standin.api)


@pytest.fixture(scope="session")
def connections(standin_process: Remote) -> Iterator[httpx.Client]:
    """One client for all tests: making one costs more than most calls do."""
    headers = {"authorization": f"Bearer {standin_process.token}"}
    with httpx.Client(base_url=standin_process.api, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
def http(standin: Remote, connections: httpx.Client) -> httpx.Client:
    """Plain HTTP with the token."""
    standin.allowed.add(LEFT)
    return connections


@pytest.fixture
def create(http: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Create a prediction of the words model (which needs no drawing) or of another one."""

    def create(prompt: str = "hello", model: str = WORDS, **body: Any) -> dict[str, Any]:
        headers = body.pop("headers", {})
        given = {"prompt": prompt} | body.pop("input", {})
        answer = http.post(
            f"/v1/models/{model}/predictions", json={"input": given, **body}, headers=headers
        )
        assert answer.status_code in (201, 202), answer.text
        created: dict[str, Any] = answer.json()
        return created

    return create


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A place that takes webhooks."""
    with Receiver() as receiver:
        yield receiver
