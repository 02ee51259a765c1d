"""What pip-audit could not ask about is asked once more; only what is told of its release counts."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.trials.t24_supply import asked_again, counted

SKIPPED = {"name": "drum", "skip_reason": "not found"}
HOLES = [{"id": "PYSEC-1", "withdrawn": None}, {"id": "PYSEC-2", "withdrawn": "2026-01-01"}]


def ask(one: dict[str, Any], *, newest: str = "2.0", status: int = 200) -> dict[str, Any]:
    page = {"info": {"version": newest}, "vulnerabilities": HOLES}

    def answer(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://pypi.org/pypi/drum/json"
        return httpx.Response(status, json=page)

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        return asked_again(client, one, {"drum": "2.0"})


def test_the_newest_release_has_the_holes_that_are_not_withdrawn() -> None:
    assert counted([ask(SKIPPED)]) == {
        "packages": 1,
        "audited": 1,
        "not_audited": [],
        "holes": ["drum PYSEC-1"],
    }


@pytest.mark.parametrize("answer", [{"newest": "2.1"}, {"status": 404}])
def test_what_is_not_told_of_this_release_is_not_audited(answer: dict[str, Any]) -> None:
    assert counted([ask(SKIPPED, **answer)]) == {
        "packages": 1,
        "audited": 0,
        "not_audited": ["drum"],
        "holes": [],
    }


def test_what_pip_audit_has_answered_is_not_asked_again() -> None:
    answered = {"name": "bass", "version": "1.0", "vulns": []}
    assert ask(answered) is answered
