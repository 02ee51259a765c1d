"""Eighteen kinds of fault and more, ten calls each: nothing is paid twice, and each ends rightly.

The service is the stand-in, over real HTTP; webhooks come to a live server. The service's time runs
a hundred times as fast, and our own waits are shortened.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from vibecraft.predictions import errors, transport
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.tests.calls import order_still, order_words

CALLS = 10


@dataclass(frozen=True)
class Kind:
    """One kind of fault: what is set at the stand-in, and how each of the calls ends."""

    name: str
    plan: dict[str, Any]
    code: str = ""
    match: dict[str, Any] = field(default_factory=dict)
    times: int = CALLS
    created: int = CALLS
    paid: int = CALLS
    makes_picture: bool = False
    has_webhook: bool = False


def refusal(status: str, **more: Any) -> dict[str, Any]:
    return {"refuse": status, **more}


def fetched(fault: str, code: str, **more: Any) -> Kind:
    """A fault of the output, at every try to fetch it: it was made and is paid, once."""
    plan = {"serve": fault}
    return Kind(f"output {fault}", plan, code, times=0, makes_picture=True, **more)


def webhook(fault: str) -> Kind:
    return Kind(f"webhook {fault}", {"webhook": fault}, has_webhook=True)


KINDS = [
    Kind("429 with Retry-After", refusal("429", told="header", retry_after=1), times=2),
    Kind("429 without Retry-After", refusal("429", told="neither"), times=2),
    Kind("401", refusal("401"), "provider_auth", times=0, created=0, paid=0),
    Kind("402 that passes", refusal("402"), times=2),
    Kind("402 that stays", refusal("402"), "no_credit", times=0, created=0, paid=0),
    Kind("422", refusal("422"), "bad_input", created=0, paid=0),
    Kind("500 created", {"answer": "500", "when": "after"}),
    Kind("500 not created", {"answer": "500"}, "lost_answer", created=0, paid=0),
    Kind("502 created", {"answer": "502", "when": "after"}),
    Kind("502 not created", {"answer": "502"}, "lost_answer", created=0, paid=0),
    Kind("time-out after creation", {"answer": "hang", "when": "after", "hang_seconds": 1}),
    Kind("reset before creation", {"answer": "reset"}, "lost_answer", created=0, paid=0),
    Kind("reset after creation", {"answer": "reset", "when": "after"}),
    Kind("truncated answer", {"answer": "truncated", "when": "after"}),
    Kind("plain answer", {"answer": "plain", "when": "after"}),
    Kind("fails there", {"fail": "E9828"}, "provider_failed", paid=0),
    Kind("refused content", {"fail": "E005"}, "refused_content", paid=0),
    Kind("aborted there", {"end": "aborted"}, "provider_failed", paid=0),
    Kind("reads that fail", {"answer": "503"}, match={"endpoint": "get"}, times=2 * CALLS),
    webhook("none"),
    webhook("duplicate"),
    webhook("out_of_order"),
    webhook("bad_signature"),
    webhook("replay"),
    fetched("404", "output_lost"),
    fetched("truncated", "output_bad"),
    fetched("html", "output_bad"),
    fetched("huge", "output_bad"),
    fetched("redirect_private", "output_bad"),
]


@pytest.fixture
def quick(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own waits, shortened."""
    settings.LOST_ANSWER_SECONDS = 1
    settings.CREDIT_PAUSE_SECONDS = 0.2
    settings.CREDIT_PATIENCE_SECONDS = 3
    monkeypatch.setitem(transport.TIMEOUTS, "read", 0.4)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_nothing_is_paid_twice_and_each_call_ends_rightly(
    kind: Kind, ai: Any, alice: Any, do_work: Any, quick: None, request: Any, settings: Any
) -> None:
    if kind.has_webhook:
        settings.PUBLIC_URL = request.getfixturevalue("live_server").url
    ai.fault(kind.match, times=kind.times, **kind.plan)
    make = order_still if kind.makes_picture else order_words
    for number in range(CALLS):
        make(alice, f"number {number}")
    do_work()

    rows = list(Prediction.objects.all())
    ends = Counter((row.status, row.error_code) for row in rows)
    assert ends == {("failed" if kind.code else "succeeded", kind.code): CALLS}
    assert {row.error_sentence for row in rows} == {errors.SENTENCES.get(kind.code, "")}
    assert_paid_once(ai, rows, kind)


def assert_paid_once(ai: Any, rows: list[Prediction], kind: Kind) -> None:
    created = [one["attempt"] for one in ai.predictions()]
    assert (len(created), len(set(created))) == (kind.created, kind.created)
    ledger = ai.ledger()
    assert (len(ledger), ai.paid_twice()) == (kind.paid, [])
    paid = {entry["attempt"]: entry["amount"] for entry in ledger}
    for row in rows:
        assert float(row.actual_usd) == paid.get(str(row.pk), 0.0), row.error_detail
