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
from vibecraft.predictions.catalog import Model
from vibecraft.problems import Problem
from videos import choosing, drafts, pipeline, rework, storyboard
from videos.footage import Footage
from videos.models import Clip, Still, Video
from videos.tests import cast

pytestmark = pytest.mark.django_db
HALF_A_BEAT_LATER = Wish(changes=({"offset_ms": 250},))
ANOTHER = "p-video-draft"
OWN = "A lighthouse in a storm."


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
    drafts.change_clip(clip, prompt=OWN)
    beat_grid.correct(song, Wish(changes=({"bpm": 118},)))
    video.refresh_from_db()
    assert "at 118 BPM" in video.overall_prompt
    kept = Clip.objects.filter(video=video, prompt=OWN)
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


# --- a model that can plan nothing any more ---------------------------------------------------------


def gone(video: Video, patch: pytest.MonkeyPatch) -> None:
    """The model has left the catalog."""
    cast.abandoned(video)


def without_lengths(video: Video, patch: pytest.MonkeyPatch) -> None:
    """The model is in the catalog, but makes nothing that is long enough."""
    footage = choosing.footage

    def shorter(model: Model) -> Footage:
        return Footage(model.key, max_frames=0) if model.key == ANOTHER else footage(model)

    Video.objects.filter(pk=video.pk).update(model=ANOTHER)
    patch.setattr(choosing, "footage", shorter)


Away = Callable[[Video, pytest.MonkeyPatch], None]


@pytest.mark.parametrize("away", [gone, without_lengths])
def test_a_draft_whose_model_plans_nothing_follows_all_the_same(
    song: Song, video: Video, api_of: Any, monkeypatch: pytest.MonkeyPatch, away: Away
) -> None:
    before = cuts(video)
    away(video, monkeypatch)
    answer = api_of(song.owner).patch(f"/api/songs/{song.pk}/beat-grid", {"offset_ms": 250})
    assert (answer.status_code, answer.json().get("code")) == (200, None)
    analysis = Analysis.objects.get(song=song)
    assert analysis.corrections == [{"offset_ms": 250}]
    after = cuts(video)
    inside = {start for start, _, cut, _ in after if cut in ("beat", "downbeat")}
    assert inside
    assert inside <= {to_frames(beat) for beat in analysis.beat_times}
    assert after != before
    beat_grid.correct(song, Wish(is_detected=True))
    assert cuts(video) == before


@pytest.mark.parametrize("away", [gone, without_lengths])
def test_words_of_ones_own_stay_in_it_until_another_model_is_chosen(
    song: Song, video: Video, monkeypatch: pytest.MonkeyPatch, away: Away
) -> None:
    drafts.change_clip(video.clips.all()[2], prompt=OWN)
    Video.objects.filter(pk=video.pk).update(scenes_by="a-writer")
    with monkeypatch.context() as patch:
        away(video, patch)
        beat_grid.correct(song, HALF_A_BEAT_LATER)
    places = list(video.clips.filter(prompt=OWN).values_list("start_frame", "end_frame"))
    assert len(places) == 1
    video = Video.objects.get(pk=video.pk)
    assert video.scenes_by == "a-writer"
    rework.change_direction(video, model="visualizer")
    assert drafts.estimate_video(video).clips == video.clips.count()
    now = video.clips.filter(prompt=OWN).values_list("start_frame", "end_frame")
    assert list(now) == places


def test_its_page_asks_for_another_model_and_other_drafts_are_planned(
    song: Song, video: Video, alice: User, client_of: Any
) -> None:
    other = drafts.create_video(alice, song, model="visualizer")
    drafts.plan_video(other, seed=7)
    cast.abandoned(video)
    beat_grid.correct(song, Wish(changes=({"bpm": 118},)))
    for one in (video, other):
        assert all("118 BPM" in clip.prompt for clip in one.clips.all())
    shown = client_of(alice).get(f"/videos/{video.pk}").content.decode()
    assert shown.count("is not offered any more. Choose another one.") == 1


def test_what_else_goes_wrong_with_a_plan_changes_nothing(
    song: Song, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cuts(video)

    def refuse(*_: Any, **__: Any) -> None:
        raise Problem("video_is_final", "Nothing of it can be changed.")

    monkeypatch.setattr(drafts, "plan_video", refuse)
    with pytest.raises(Problem, match="video_is_final"):
        beat_grid.correct(song, HALF_A_BEAT_LATER)
    assert Analysis.objects.get(song=song).corrections == []
    assert cuts(video) == before
