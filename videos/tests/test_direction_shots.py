"""The shots of a video: neighbors differ, framings mix, and the rules of a flavor are kept."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from songs.lyrics import Line
from videos.direction.prompts import clip_prompt, section_prompt, write_prompt
from videos.direction.shots import shots_for
from videos.direction.types import VIDEO_TYPES
from videos.flavors.loader import flavors, get_flavor
from videos.flavors.types import Shot

SEEDS = range(25)
STADIUM = get_flavor("stadium")


def shots(clips: int, *, seed: int = 1, flavor: str = "default", video_type: str = ""):
    return shots_for(range(clips), seed=seed, flavor=get_flavor(flavor), video_type=video_type)


def test_no_clips_have_no_shots():
    assert shots(0) == ()


@pytest.mark.parametrize("flavor", list(flavors()))
def test_neighbors_differ_in_framing_move_and_action(flavor: str):
    for seed in SEEDS:
        for before, after in pairwise(shots(40, seed=seed, flavor=flavor)):
            assert before.framing != after.framing
            assert before.move != after.move
            assert before.action != after.action


@pytest.mark.parametrize("flavor", list(flavors()))
def test_wide_medium_and_close_come_about_equally_often(flavor: str):
    for seed in SEEDS:
        framings = Counter(shot.framing for shot in shots(30, seed=seed, flavor=flavor))
        assert framings == {"wide": 10, "medium": 10, "close": 10}
        assert {shot.framing for shot in shots(3, seed=seed, flavor=flavor)} == set(framings)


def test_a_video_opens_wide():
    assert {shots(12, seed=seed)[0].framing for seed in SEEDS} == {"wide"}


def test_the_same_seed_gives_the_same_shots_and_another_gives_others():
    assert shots(20, seed=5) == shots(20, seed=5)
    assert len({shots(20, seed=seed) for seed in SEEDS}) == len(SEEDS)


def test_an_action_comes_back_only_after_all_others_of_its_framing():
    actions = [shot.action for shot in shots(15, video_type="nature")]
    assert len(set(actions)) == 15


@pytest.mark.parametrize("video_type", list(VIDEO_TYPES))
def test_each_video_type_has_actions_of_its_own(video_type: str):
    own = {shot.action for shot in shots(60, video_type=video_type)}
    general = {shot.action for shot in shots(60, video_type="claymation animals")}
    assert len(own) == len(general) == 15
    assert not own & general


def is_face(shot: Shot) -> bool:
    return shot.framing == "close" and "face of the singer" in shot.action


def stadium_prompts(clips: int, seed: int) -> list[str]:
    """The prompts of a video whose user asks for all that a stadium stage is not."""
    overall = write_prompt(
        genre="rock",
        mood="energetic",
        video_type=("urban", "abstract", "a band in a studio")[seed % 3],
        idea="Make a video with a crowd in a recording studio, inside a small room",
        flavor=STADIUM,
    )
    section = section_prompt(
        overall,
        label="Studio",
        note="indoor, in the rehearsal room with fans",
        lyrics=[Line(0, 1, text) for text in ("inside my room", "we are the crowd", "loud")],
        flavor=STADIUM,
    )
    return [clip_prompt(section, shot) for shot in shots(clips, seed=seed, flavor="stadium")]


@pytest.mark.parametrize("clips", [1, 2, 3, 4, 7, 12, 33, 80])
def test_a_stadium_video_has_a_close_up_of_the_singers_face(clips: int):
    for seed in SEEDS:
        assert any(is_face(shot) for shot in shots(clips, seed=seed, flavor="stadium"))


@pytest.mark.parametrize("clips", [1, 2, 3, 4, 7, 12, 33, 80])
def test_the_crowd_is_in_some_shots_of_a_stadium_video_only(clips: int):
    for seed in SEEDS:
        prompts = stadium_prompts(clips, seed)
        with_crowd = [at for at, prompt in enumerate(prompts) if "crowd" in prompt.lower()]
        assert len(with_crowd) <= max(1, 0.3 * clips)
        assert len(with_crowd) >= (1 if clips >= 4 else 0)
        assert all(after - before > 1 for before, after in pairwise(with_crowd))


@pytest.mark.parametrize("clips", [1, 3, 12, 33])
def test_every_clip_of_a_stadium_video_is_outdoors_on_the_stage(clips: int):
    for seed in SEEDS:
        for prompt in stadium_prompts(clips, seed):
            words = prompt.lower()
            assert "on a huge outdoor stadium stage under the open evening sky" in words
            for never in ("indoor", "studio", "room", "inside", "fans", "audience"):
                assert never not in words


@pytest.mark.parametrize("clips", [3, 4, 12, 33])
def test_a_stadium_video_has_wide_medium_and_close_shots(clips: int):
    for seed in SEEDS:
        framings = {shot.framing for shot in shots(clips, seed=seed, flavor="stadium")}
        assert framings == {"wide", "medium", "close"}


def test_the_negative_prompt_of_the_stadium_names_what_is_not_to_be_seen():
    assert {"indoor", "studio"} <= set(STADIUM.prompts.negative)
