from __future__ import annotations

import numpy as np

from vibecraft.media.peaks import peaks


def test_each_hundredth_of_a_second_gives_its_lowest_and_highest_sample():
    samples = np.zeros(800, np.float32)
    samples[3], samples[5], samples[100] = 1.0, -0.5, 0.25
    found = peaks(samples, 8000)
    assert found.as_dict() == {
        "per_second": 100,
        "min": [-64, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        "max": [127, 32, 0, 0, 0, 0, 0, 0, 0, 0],
    }


def test_peaks_do_not_drift_where_a_step_is_no_whole_number_of_samples():
    samples = np.zeros(22050 * 60, np.float32)
    samples[22050 * 59] = 1.0
    highs = peaks(samples, 22050).highs
    assert len(highs) == 6000
    assert np.flatnonzero(highs).tolist() == [5900]


def test_overshooting_samples_stay_within_eight_bits():
    found = peaks(np.array([2.0, -2.0], np.float32), 100)
    assert (found.highs.tolist(), found.lows.tolist()) == ([127, -127], [127, -127])


def test_no_samples_give_no_peaks():
    assert peaks(np.zeros(0, np.float32), 22050).as_dict() == {
        "per_second": 100,
        "min": [],
        "max": [],
    }
