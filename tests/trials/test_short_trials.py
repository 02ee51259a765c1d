"""Trials of recovery in their short form: what the real site stands on is taken away once.

T1, T2, T5 and T21 repeat what many tests do one by one: kills, lost messages, faults of the store and of
the service. They are for a night.
"""

from __future__ import annotations

import pytest

from tests.trials import t3_database_restarts, t4_disk_full
from tests.trials.harness import Trial

pytestmark = pytest.mark.workers
TRIALS = (t3_database_restarts.TRIAL, t4_disk_full.TRIAL)


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.id)
def test_nothing_is_lost(trial: Trial) -> None:
    verdict = trial.short()
    assert verdict.has_passed, verdict.figures
