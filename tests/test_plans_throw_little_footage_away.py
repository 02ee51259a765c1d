"""What the planner promises of the models in the catalog: little waste, and cuts on the beat [F3, F4]."""

from __future__ import annotations

import pytest

from bench.plan_waste import LEAST_ON_BEATS, LEAST_REDUCTION, MODELS, compare, made_song
from vibecraft.predictions.catalog import get_model, models_of
from videos.footage import footage_of
from videos.plan import plan_clips

SONGS = [made_song(number) for number in range(5)]


@pytest.mark.parametrize("key", MODELS)
def test_a_third_less_is_thrown_away_than_by_a_plain_plan(key: str):
    ours, plain = compare(key, SONGS)
    assert 1 - (ours.ratio - 1) / (plain.ratio - 1) >= LEAST_REDUCTION
    assert ours.cuts_on_beats / ours.cuts >= LEAST_ON_BEATS


@pytest.mark.parametrize("key", models_of("video"))
def test_no_clip_is_longer_than_what_its_model_makes(key: str):
    footage, song = footage_of(get_model(key)), SONGS[0]
    slots = plan_clips(
        song.sections,
        beats=song.beats,
        downbeats=song.downbeats,
        energy=song.energy,
        seed=1,
        footage=footage,
    )
    assert all(slot.order.frames >= slot.frames for slot in slots)
    assert sum(slot.frames for slot in slots) == song.sections[-1].end_frame
