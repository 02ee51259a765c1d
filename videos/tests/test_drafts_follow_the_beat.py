"""A corrected beat: planned drafts are planned anew, what was begun keeps the beat as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from songs import beat_grid
from songs.beat_grid import Wish
from songs.models import Analysis, Section, Song
from vibecraft.media.frames import to_frames
from vibecraft.problems import Problem
from videos import drafts, pipeline, storyboard
from videos.models import Clip, Still, Video

pytestmark = pytest.mark.django_db
HALF_A_BEAT_LATER = Wish(changes=({"offset_ms": 250},))


@pytest.fixture
def song(
    alice: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., list[Section]],
) -> Song:
    song = ready_song(alice, seconds=36.0)
    sections_of(song)
    return song


@pytest.fixture
def video(alice: User, song: Song) -> Video:
    draft = drafts.create_video(alice, song, model="visualizer", seed=7)
    drafts.plan_video(draft, seed=7)
    return draft


def cuts(video: Video) -> list[tuple[int, int, str, str]]:
    return list(video.clips.values_list("start_frame", "end_frame", "cut", "prompt"))


def test_a_planned_draft_is_planned_anew_and_undoing_brings_its_plan_back(
    song: Song, video: Video
) -> None:
    before = cuts(video)
    beat_grid.correct(song, HALF_A_BEAT_LATER)
    after = cuts(video)
    beats = {to_frames(beat) for beat in Analysis.objects.get(song=song).beat_times}
    inside = [start for start, _, cut, _ in after if cut in ("beat", "downbeat")]
    assert inside
    assert set(inside) <= beats
    assert after[0][0] == 0
    assert after[-1][1] == song.frames
    assert after != before
    beat_grid.correct(song, Wish(is_detected=True))
    assert cuts(video) == before


def test_the_tempo_in_an_untouched_prompt_follows_and_own_words_stay(
    song: Song, video: Video, alice: User
) -> None:
    own = drafts.create_video(alice, song, model="visualizer", prompt="Nothing but blue.")
    unplanned = drafts.create_video(alice, song, model="visualizer")
    assert "at 120 BPM" in video.overall_prompt
    clip = video.clips.all()[2]
    drafts.change_clip(clip, prompt="A lighthouse in a storm.")
    beat_grid.correct(song, Wish(changes=({"bpm": 118},)))
    video.refresh_from_db()
    assert "at 118 BPM" in video.overall_prompt
    kept = Clip.objects.filter(video=video, prompt="A lighthouse in a storm.")
    assert [one.start_frame <= clip.start_frame + 24 for one in kept] == [True] * len(kept) != []
    assert all("118 BPM" in one.prompt for one in video.clips.exclude(pk__in=kept))
    own.refresh_from_db()
    unplanned.refresh_from_db()
    assert own.overall_prompt == "Nothing but blue."
    assert "at 118 BPM" in unplanned.overall_prompt
    assert unplanned.clips.count() == 0


@pytest.mark.parametrize("status", ["generating", "composing", "ready", "failed", "canceled"])
def test_once_a_video_was_begun_the_beat_stays(
    song: Song, video: Video, api_of: Any, alice: User, status: str
) -> None:
    Video.objects.filter(pk=video.pk).update(status=status)
    before = cuts(video)
    answer = api_of(alice).patch(f"/api/songs/{song.pk}/beat-grid", {"scale": 2})
    assert (answer.status_code, answer.json()["code"]) == (409, "beat_in_use")
    assert "Copy the song" in answer.json()["detail"]
    assert Analysis.objects.get(song=song).corrections == []
    assert cuts(video) == before


def test_a_start_makes_the_beat_final(song: Song, video: Video, client_of: Any) -> None:
    pipeline.start_generation(video)
    with pytest.raises(Problem) as refusal:
        beat_grid.correct(song, HALF_A_BEAT_LATER)
    assert refusal.value.status == 409
    page = client_of(song.owner).get(f"/songs/{song.pk}").content.decode()
    assert "so the beat stays" in page
    assert 'name="scale"' not in page


def test_the_pictures_of_a_storyboard_are_never_thrown_away(song: Song, video: Video) -> None:
    storyboard.start_storyboard(video)
    with pytest.raises(Problem) as refusal:
        beat_grid.correct(song, HALF_A_BEAT_LATER)
    assert (refusal.value.status, refusal.value.code) == (409, "storyboard_exists")
    assert Analysis.objects.get(song=song).corrections == []
    assert Still.objects.filter(clip__video=video).count() == video.clips.count()


def test_a_plan_that_is_not_possible_any_more_changes_nothing(
    song: Song, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cuts(video)

    def refuse(*_: Any, **__: Any) -> None:
        raise Problem("unplannable", "Not with this model.")

    monkeypatch.setattr(drafts, "_slots", refuse)
    with pytest.raises(Problem):
        beat_grid.correct(song, HALF_A_BEAT_LATER)
    assert Analysis.objects.get(song=song).corrections == []
    assert cuts(video) == before
