from __future__ import annotations

import numpy as np
import pytest

from bench.scores import continuity, f_measure, hit_errors, is_tempo_right

TRUTH = np.arange(1, 21) * 0.5


def test_the_truth_scores_one() -> None:
    assert f_measure(TRUTH, TRUTH) == 1
    assert continuity(TRUTH, TRUTH) == (1, 1)


def test_half_the_tempo_is_two_thirds_right() -> None:
    assert f_measure(TRUTH[::2], TRUTH) == pytest.approx(2 / 3)
    assert continuity(TRUTH[::2], TRUTH) == (0, 1)


def test_the_off_beat_is_wrong_at_this_level_only() -> None:
    off = (TRUTH[:-1] + TRUTH[1:]) / 2
    assert f_measure(off, TRUTH) == 0
    assert continuity(off, TRUTH) == (0, 1)


def test_late_beats_are_measured() -> None:
    np.testing.assert_allclose(hit_errors(TRUTH + 0.03, TRUTH), 0.03, atol=1e-12)
    assert len(hit_errors(TRUTH + 0.08, TRUTH)) == 0
    assert f_measure(TRUTH + 0.08, TRUTH) == 0


def test_no_beats_score_nothing() -> None:
    assert f_measure(np.empty(0), TRUTH) == 0
    assert continuity(np.empty(0), TRUTH) == (0, 0)


def test_tempo_is_right_within_four_per_cent() -> None:
    assert is_tempo_right(124.7, 120)
    assert not is_tempo_right(125, 120)
