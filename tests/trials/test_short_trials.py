"""Every trial of recovery in its short form: the real processes, each broken once or twice."""

from __future__ import annotations

import pytest

from tests.trials import (
    t1_kills,
    t2_redis_lost,
    t3_database_restarts,
    t4_disk_full,
    t5_store_faults,
    t21_soak,
)
from tests.trials.harness import Trial

pytestmark = pytest.mark.workers
TRIALS = (
    t1_kills.TRIAL,
    t2_redis_lost.TRIAL,
    t3_database_restarts.TRIAL,
    t4_disk_full.TRIAL,
    t5_store_faults.TRIAL,
    t21_soak.TRIAL,
)


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.id)
def test_nothing_is_lost(trial: Trial) -> None:
    verdict = trial.short()
    assert verdict.has_passed, verdict.figures
