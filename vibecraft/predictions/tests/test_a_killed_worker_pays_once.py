"""kill -9 between every two commits of a paid call: it ends, and is created and paid once."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.models.functions import Now
from PIL import Image

from vibecraft import storage
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.ordering import stored
from vibecraft.predictions.tests.calls import order_still, order_words

pytestmark = pytest.mark.django_db(transaction=True)

# The point, what has become of the call in the end, and how often its file was uploaded.
POINTS = [
    ("prediction-intent", "succeeded", 1),
    ("prediction-uploaded", "succeeded", 1),
    # Nobody can know that the request had not left: it is looked for, and given up.
    ("prediction-sending", "lost_answer", 1),
    ("prediction-sent", "succeeded", 1),
    ("prediction-waiting", "succeeded", 1),
    ("prediction-arrived", "succeeded", 1),
    ("prediction-fetched", "succeeded", 1),
    ("prediction-ended", "succeeded", 1),
]


def reference(owner: Any, folder: Path) -> dict[str, str]:
    """A stored picture as an input."""
    Image.new("RGB", (320, 180), "teal").save(folder / "face.png")
    key = f"{owner.pk}/made/face.png"
    storage.put(key, folder / "face.png")
    return stored(key)


def start_worker(do_work: Callable[[], int]) -> int:
    """Work in a process of its own; return its id."""
    connections.close_all()  # a connection must not be in two processes
    child = os.fork()
    if child == 0:
        try:
            do_work()
        finally:
            os._exit(0)
    return child


def end_leases() -> None:
    """The dead one's leases run out."""
    Prediction.objects.filter(lease_until__gt=Now()).update(
        lease_until=Now() - timedelta(seconds=1)
    )


@pytest.mark.parametrize(("point", "end", "uploads"), POINTS, ids=[one[0] for one in POINTS])
def test_it_ends_and_is_paid_once(
    point: str,
    end: str,
    uploads: int,
    ai: Any,
    alice: Any,
    do_work: Callable[[], int],
    settings: Any,
    tmp_path: Path,
) -> None:
    settings.LOST_ANSWER_SECONDS = 0.5
    settings.FAILPOINTS_DIR = str(tmp_path)
    values = {"reference": reference(alice, tmp_path)}
    prediction = order_still(alice, model="flux-kontext-pro", values=values)
    (tmp_path / point).touch()
    assert os.waitpid(start_worker(do_work), 0)[1] == signal.SIGKILL
    assert not (tmp_path / point).exists()

    end_leases()
    do_work()
    prediction.refresh_from_db()
    assert (prediction.error_code or prediction.status) == end, prediction.error_detail
    count = 0 if end == "lost_answer" else 1
    assert (len(ai.predictions()), len(ai.ledger())) == (count, count)
    posted = [one["path"] for one in ai.requests() if one["method"] == "POST"]
    assert posted.count("/v1/files") == uploads
    assert len(posted) == uploads + count
    assert float(prediction.actual_usd) == sum(entry["amount"] for entry in ai.ledger())
    assert len(prediction.outputs) == count


def test_killed_at_twenty_random_moments_each_call_is_paid_once(
    ai: Any, alice: Any, do_work: Callable[[], int], settings: Any
) -> None:
    settings.LOST_ANSWER_SECONDS = 0.5
    moments = random.Random(20)
    for number in range(30):
        order_words(alice, f"number {number}")
    for _ in range(20):
        worker = start_worker(do_work)
        time.sleep(moments.uniform(0.02, 0.25))
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
        end_leases()
    do_work()

    rows = list(Prediction.objects.all())
    created = Counter(one["attempt"] for one in ai.predictions())
    paid = Counter(entry["attempt"] for entry in ai.ledger())
    for row in rows:
        count = {"succeeded": 1, "lost_answer": 0}[row.error_code or row.status]
        assert (created[str(row.pk)], paid[str(row.pk)]) == (count, count), row.pk
    assert sum(row.status == "succeeded" for row in rows) >= 10
