"""A film whose clips are ordered from a model over HTTP: what is sent, what is paid, what is kept."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from celery import current_app

from accounts.models import User
from songs.models import Section, Song
from vibecraft import storage
from vibecraft.jobs.models import Job
from vibecraft.jobs.sweeper import sweep
from vibecraft.media import house
from vibecraft.media.boxes import read_index
from vibecraft.media.ffmpeg import run
from vibecraft.predictions.catalog import get_model
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.standin.remote import Remote
from vibecraft.testing import stored_files
from videos import drafts, pipeline
from videos.flavors import get_flavor
from videos.footage import footage_of
from videos.models import Asset, Clip, Take, Video
from videos.tests.filmed import (
    Work,
    charged,
    gray,
    likeness,
    make_clips,
    planned,
    sent,
    takes_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pictures, where what is seen on them does not matter."""
    for name, size in (("16:9", (320, 180)), ("9:16", (180, 320))):
        monkeypatch.setitem(house.SIZES, name, size)


@pytest.mark.usefixtures("small")
def test_a_film_costs_what_was_said_and_nothing_is_left_over(
    ai: Remote, song: Song, alice: User, do_work: Work
) -> None:
    video = planned(song, model="seedance-1-pro-fast")
    estimate = drafts.estimate_video(video)
    alice.refresh_from_db()
    used = alice.storage_used_bytes
    pipeline.start_generation(video)
    do_work()
    video.refresh_from_db()
    assert (video.status, video.error) == ("ready", None)
    assert len(ai.predictions()) == len(takes_of(video)) == estimate.clips
    assert charged(ai) == estimate.usd == video.actual_usd == video.estimated_usd > 0
    assert video.reserved_usd == 0
    assert not video.is_far_from_estimate
    assert sum(take.cost_usd for take in takes_of(video)) == video.actual_usd
    sweep()
    kept = [name.split("/")[-1] for name in stored_files(alice) if name.startswith("videos/")]
    takes = [
        f"clip_{n:02d}_take_1.{e}" for n in range(1, estimate.clips + 1) for e in ("jpg", "mp4")
    ]
    film = [f"film.{video.job_id}.mp4", f"poster.{video.job_id}.jpg"]
    assert sorted(kept) == sorted([*takes, *film])
    files = (f"{alice.pk}/{name}" for name in stored_files(alice) if name.startswith("videos/"))
    alice.refresh_from_db()
    assert alice.storage_used_bytes - used == sum(storage.size(key) for key in files)


@pytest.mark.usefixtures("small")
def test_the_words_of_the_flavor_reach_the_model(ai: Remote, song: Song) -> None:
    video = planned(song, model="wan-2.2-t2v-fast", flavor="stadium", idea="a singer in red")
    pipeline.start_generation(video)
    make_clips()
    clips = list(video.clips.all())
    assert sorted(one["prompt"] for one in sent(ai)) == sorted(clip.prompt for clip in clips)
    assert all("stadium" in one["prompt"] for one in sent(ai))
    assert all(one["aspect_ratio"] == "16:9" for one in sent(ai))
    assert len({one["seed"] for one in sent(ai)}) == len(clips)


@pytest.mark.usefixtures("small")
def test_negative_words_and_seconds_reach_the_inputs_that_a_model_has(
    ai: Remote, song: Song
) -> None:
    video = planned(song, model="kling-v2.5-turbo-pro", flavor="stadium", aspect_ratio="9:16")
    pipeline.start_generation(video)
    make_clips()
    footage = footage_of(get_model("kling-v2.5-turbo-pro"))
    wanted = [footage.order_for(clip.frames) for clip in video.clips.all()]
    assert sorted(one["duration"] for one in sent(ai)) == sorted(
        int(order.seconds) for order in wanted if order
    )
    assert video.negative_prompt
    assert get_flavor("stadium").name == "stadium"
    for one in sent(ai):
        assert (one["negative_prompt"], one["aspect_ratio"]) == (video.negative_prompt, "9:16")
        assert not {"seed", "image", "num_frames"} & set(one)


@pytest.mark.usefixtures("small")
def test_a_model_that_cannot_begin_without_a_picture_gets_one_made(ai: Remote, song: Song) -> None:
    video = planned(song, model="hailuo-2.3-fast")
    estimate = drafts.estimate_video(video)
    clips = list(video.clips.all())
    footage = footage_of(get_model("hailuo-2.3-fast"))
    of_clips = sum(order.usd for clip in clips if (order := footage.order_for(clip.frames)))
    assert estimate.usd == of_clips + len(clips) * get_model("flux-schnell").price.tiers[0].usd
    pipeline.start_generation(video)
    make_clips()
    video.refresh_from_db()
    assert charged(ai) == estimate.usd == video.actual_usd
    models = sorted(call.model for call in Prediction.objects.all())
    assert models == ["flux-schnell"] * len(clips) + ["hailuo-2.3-fast"] * len(clips)
    assert {take.starts_from for take in takes_of(video)} == {"still"}
    pictures = [one for one in sent(ai) if "first_frame_image" not in one]
    assert {one["aspect_ratio"] for one in pictures} == {"16:9"}
    assert sorted(one["prompt"] for one in pictures) == sorted(
        " ".join(clip.prompt.split()) for clip in clips
    )


def test_clips_go_on_from_the_last_picture_of_the_one_before(
    ai: Remote, alice: User, ready_song: Callable[..., Song], tmp_path: Path
) -> None:
    song = ready_song(alice, seconds=14.0)
    sections = [
        Section.objects.create(
            song=song, section_index=index, label="Part", start_frame=start, end_frame=end
        )
        for index, (start, end) in enumerate([(0, 144), (144, 240), (240, 336)])
    ]
    video = planned(song, model="seedance-1-lite", continuity="continuous")
    video.clips.all().delete()
    borders = (0, 72, 144, 240, 336)
    for index, (start, end) in enumerate(pairwise(borders)):
        Clip.objects.create(
            video=video,
            section=sections[max(0, index - 1)],
            clip_index=index,
            start_frame=start,
            end_frame=end,
            prompt=f"A river under a bridge at night, view {index}",
            shot={"framing": "wide", "move": "slow pan"},
        )
    pipeline.start_generation(video)
    following = [take for take in takes_of(video) if take.continues_id]
    assert [take.clip.clip_index for take in following] == [1]
    assert all(take.next_run_at is None for take in following)
    make_clips()
    assert {take.status for take in takes_of(video)} == {"succeeded"}
    for take in (take for take in takes_of(video) if take.continues):
        assert take.continues is not None
        assert take.starts_from == "last_frame"
        before = gray(take.continues, take.continues.clip.frames - 1, tmp_path)
        assert likeness(before, gray(take, 0, tmp_path)) >= 0.95
        # The measure tells pictures apart: a later one is not that like.
        assert likeness(before, gray(take, take.clip.frames - 1, tmp_path)) < 0.95
    assert sum("image" in one for one in sent(ai)) == len(following)


def test_a_model_that_takes_no_first_picture_makes_cuts(ai: Remote, song: Song) -> None:
    video = planned(song, model="wan-2.2-t2v-fast", continuity="continuous")
    job = pipeline.start_generation(video)
    assert not any(take.continues_id for take in takes_of(video))
    assert [event.message for event in job.events.all()] == [
        "Wan 2.2 Text to Video Fast cannot go on from a picture, so each clip starts afresh."
    ]


@pytest.mark.usefixtures("small")
def test_the_character_is_shown_to_the_model(
    ai: Remote, song: Song, alice: User, tmp_path: Path
) -> None:
    video = planned(song, model="seedance-1-lite", character_id=character(alice, tmp_path).pk)
    estimate = drafts.estimate_video(video)
    pipeline.start_generation(video)
    make_clips()
    assert charged(ai) == estimate.usd
    assert len(sent(ai)) == video.clips.count()
    assert all(len(one["reference_images"]) == 1 and "image" not in one for one in sent(ai))


@pytest.mark.usefixtures("small")
def test_the_character_is_the_first_picture_where_a_model_takes_no_reference(
    ai: Remote, song: Song, alice: User, tmp_path: Path
) -> None:
    video = planned(song, model="hailuo-2.3-fast", character_id=character(alice, tmp_path).pk)
    estimate = drafts.estimate_video(video)
    pipeline.start_generation(video)
    make_clips()
    assert charged(ai) == estimate.usd
    assert {take.starts_from for take in takes_of(video)} == {"character"}
    assert len(sent(ai)) == video.clips.count()
    assert all(one["first_frame_image"].startswith("http") for one in sent(ai))


def character(owner: User, folder: Path) -> Asset:
    run(
        ["-f", "lavfi", "-i", "testsrc=s=600x800", "-frames:v", "1", "-y", f"file:{folder}/c.png"],
        folder=folder,
    )
    key = f"{owner.pk}/assets/c.png"
    storage.put(key, folder / "c.png")
    return Asset.objects.create(owner=owner, title="Singer", key=key, width=600, height=800)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "media", ["wrong_size", "wrong_rate", "portrait", "shorter", "longer", "vfr", "sound"]
)
def test_whatever_shape_comes_the_take_is_exact(ai: Remote, song: Song, media: str) -> None:
    ai.fault(times=0, media=media)
    video = planned(song, model="p-video-draft")
    pipeline.start_generation(video)
    take = first_clip_only(video)
    make_clips()
    take.refresh_from_db()
    assert (take.status, take.error_code) == ("succeeded", "")
    with storage.local(take.key) as path:
        index = read_index(path)
    assert index.frames == take.clip.frames


def first_clip_only(video: Video) -> Take:
    """Let the other takes wait, so that the test is quick."""
    first, *others = takes_of(video)
    Take.objects.filter(pk__in=[take.pk for take in others]).update(next_run_at=None)
    return first


def test_while_the_service_works_no_worker_is_held(ai: Remote, song: Song) -> None:
    video = planned(song, model="seedance-1-pro-fast")
    pipeline.start_generation(video)
    for take in takes_of(video):
        current_app.tasks["make_take"](str(take.pk))
    for take in takes_of(video):
        assert (take.lease_token, take.next_run_at, take.attempts) == (None, None, 0)
    assert Job.objects.get(pk=video.job_id).status == "queued"
