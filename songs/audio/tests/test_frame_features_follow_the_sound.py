from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from songs.audio.features import FrameFeatures
from songs.audio.hearing import hear
from songs.audio.tests import made


@pytest.fixture(scope="module")
def features() -> FrameFeatures:
    return hear(made.song(seconds=20), frames=480).features


def test_one_row_for_every_video_frame_within_zero_and_one(features: FrameFeatures) -> None:
    assert len(features) == 480
    assert features.spectrum.shape == (480, 48)
    for field in fields(features):
        values = getattr(features, field.name)
        assert values.dtype == np.float32
        assert len(values) == 480
        assert 0 <= values.min() < 0.2
        assert 0.9 < values.max() <= 1


def test_a_longer_film_than_the_sound_ends_at_rest() -> None:
    silence = np.zeros(3 * made.RATE, np.float32)
    heard = hear(np.concatenate([made.song(seconds=12), silence]), frames=400)
    longer = heard.features
    assert longer.energy[-12:].max() < 0.05
    assert longer.onset[-12:].max() < 0.05
    curve = [value for _, value in heard.energy_curve]
    assert (curve[0] > 0.1, curve[-1], len(curve)) == (True, 0.0, 31)


def test_onsets_jump_on_the_beat_and_fall_after_it(features: FrameFeatures) -> None:
    # 120 BPM from 0.5 s: a beat every 12 frames, at frames 12, 24, ... and hats between them.
    on_beat, between = features.onset[36:470:12], features.onset[40:470:12]
    assert on_beat.mean() > 2 * between.mean()


def test_low_band_beats_with_the_kick(features: FrameFeatures) -> None:
    kicks, snares = features.low[36:450:24], features.low[47:450:24]
    assert kicks.mean() > snares.mean()


def test_what_is_saved_is_loaded(features: FrameFeatures, tmp_path: Path) -> None:
    path = tmp_path / "features.npz"
    features.save(path)
    loaded = FrameFeatures.load(path)
    for field in fields(features):
        np.testing.assert_array_equal(getattr(loaded, field.name), getattr(features, field.name))
