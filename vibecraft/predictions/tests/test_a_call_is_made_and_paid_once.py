"""The usual way of a paid call: ordered, sent once, waited for, fetched, settled, told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from vibecraft import storage
from vibecraft.predictions.models import HANDLERS, Phase, Purpose
from vibecraft.predictions.tests.calls import order_still, order_words


@pytest.fixture
def told(monkeypatch):
    """The predictions whose end the handler was told of."""
    ended = []
    for purpose in Purpose:
        monkeypatch.setitem(HANDLERS, purpose, ended.append)
    return ended


def test_an_ordered_picture_is_made_kept_and_told(ai, alice, do_work, told):
    prediction = order_still(alice)
    do_work()
    prediction.refresh_from_db()
    assert prediction.status == "succeeded", prediction.error_detail
    assert (prediction.phase, prediction.provider_status) == (Phase.ENDED, "succeeded")
    assert [one.pk for one in told] == [prediction.pk]
    (key,) = prediction.outputs
    assert key.startswith(prediction.keep_at)
    assert storage.size(key) > 1000
    (entry,) = ai.ledger()
    assert entry["attempt"] == str(prediction.pk)
    assert prediction.actual_usd == prediction.estimated_usd == Decimal(str(entry["amount"]))
    assert prediction.cost_source == "metrics"
    assert len(ai.predictions()) == 1
    assert ai.predictions()[0]["input"]["seed"] == 7


def test_words_come_as_data_and_text(ai, alice, do_work, told):
    prediction = order_words(alice)
    do_work()
    prediction.refresh_from_db()
    assert (prediction.status, prediction.outputs) == ("succeeded", [])
    assert prediction.data["json_output"].keys() == {"title"}
    assert prediction.actual_usd == Decimal(str(ai.ledger()[0]["amount"]))
