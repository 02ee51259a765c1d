"""A changed label, note or lyric reaches the clips that are planned; words of one's own stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from songs import drawing, listening, wording
from songs.lyrics import Line, Word
from songs.models import Section, Song
from vibecraft.problems import Problem
from videos import direction, drafts, pipeline, rework
from videos.direction import Shot
from videos.models import Still, Video
from videos.tests import cast
from videos.tests.test_page_storyboard import as_if_made

Change = Callable[[Song], object]
OWN = "A lighthouse in a storm."


def label(song: Song) -> None:
    drawing.change_section(first(song), label="Lanterns")


def note(song: Song) -> None:
    drawing.change_section(first(song), prompt_note="Many lanterns")


def typed(song: Song) -> None:
    wording.set_lyrics(song, lines=[{"start": 1.0, "end": 3.0, "text": "Lanterns on water"}])


def heard(song: Song) -> None:
    line = Line(1, 3, "Lanterns high", (Word(1, 2, "Lanterns"), Word(2, 3, "high")))
    listening.keep(song, (line,), line.words)


CHANGES = [label, note, typed, heard]


@pytest.fixture
def video(song: Song) -> Video:
    return cast.draft_of(song)


def first(song: Song) -> Section:
    return song.sections.get(section_index=0)


def fresh(video: Video) -> Video:
    return Video.objects.select_related("song", "owner").get(pk=video.pk)


def prompts(video: Video, section_index: int = 0) -> list[str]:
    clips = video.clips.filter(section__section_index=section_index)
    return list(clips.values_list("prompt", flat=True))


@pytest.mark.parametrize("change", CHANGES)
def test_changed_words_reach_the_clips_of_their_section(
    song: Song, video: Video, change: Change
) -> None:
    before, others = list(video.clips.values_list("pk", "cut")), prompts(video, 1)
    change(song)
    assert ["lanterns" in prompt.lower() for prompt in prompts(video)] == [True] * len(
        prompts(video)
    )
    assert prompts(video, 1) == others
    assert list(video.clips.values_list("pk", "cut")) == before
    assert rework.written_by_hand(fresh(video)) == {}


@pytest.mark.parametrize("change", CHANGES)
def test_a_clip_with_words_of_ones_own_keeps_them(song: Song, video: Video, change: Change) -> None:
    drafts.change_clip(video.clips.get(clip_index=0), prompt=OWN)
    change(song)
    assert video.clips.get(clip_index=0).prompt == OWN
    assert list(rework.written_by_hand(fresh(video)).values()) == [OWN]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("make", [cast.generating, cast.ready])
def test_what_was_begun_keeps_its_prompts(song: Song, change: Change, make: Any) -> None:
    video = make(song)
    before = list(video.clips.values())
    change(song)
    assert list(video.clips.values()) == before


def test_what_failed_follows_and_can_be_directed_anew_with_the_new_words(song: Song) -> None:
    video = cast.failed(song)
    label(song)
    made = rework.direct_anew(fresh(video))
    for one in (video, made):
        assert all("lanterns" in prompt.lower() for prompt in prompts(one))
        assert rework.written_by_hand(fresh(one)) == {}


def test_a_making_that_begins_in_the_same_moment_is_not_changed(
    song: Song, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = Video.hold_startable

    def too_late(draft: Video) -> bool:
        monkeypatch.setattr(Video, "hold_startable", hold)
        pipeline.start_generation(fresh(draft))
        return hold(draft)

    before = list(video.clips.values_list("prompt", flat=True))
    monkeypatch.setattr(Video, "hold_startable", too_late)
    label(song)
    assert first(song).label == "Lanterns"
    assert fresh(video).status == "generating"
    assert list(video.clips.values_list("prompt", flat=True)) == before


def test_every_draft_of_the_song_follows_and_no_other_song(
    song: Song, video: Video, ready_song: Callable[..., Song], sections_of: Any, alice: User
) -> None:
    other = ready_song(alice)
    sections_of(other)
    stranger, second, unplanned = (
        cast.draft_of(other),
        cast.draft_of(song),
        drafts.create_video(alice, song),
    )
    before = prompts(stranger)
    label(song)
    assert all("lanterns" in prompt.lower() for one in (video, second) for prompt in prompts(one))
    assert prompts(stranger) == before
    assert unplanned.clips.count() == 0


def test_the_stills_of_a_storyboard_stay(song: Song, video: Video) -> None:
    as_if_made(video)
    stills = list(Still.objects.values())
    label(song)
    assert all("lanterns" in prompt.lower() for prompt in prompts(video))
    assert list(Still.objects.values()) == stills
    assert fresh(video).status == "storyboard"
    assert not video.clips.filter(chosen_still=None).exists()


def test_a_written_scene_stays_in_its_clip(song: Song, video: Video) -> None:
    clip = video.clips.get(clip_index=0)
    clip.shot |= {"scene": "A red boat turns", "style": "Ink on paper"}
    sections = dict(drafts.section_prompts(video))
    clip.prompt = direction.clip_prompt(sections[clip.section], Shot(**clip.shot))
    clip.save()
    label(song)
    clip.refresh_from_db()
    assert "A red boat turns." in clip.prompt
    assert "lanterns" in clip.prompt.lower()


def test_what_is_refused_changes_no_clip(song: Song, video: Video) -> None:
    before = list(video.clips.values())
    with pytest.raises(Problem):
        drawing.change_section(first(song), label="")
    with pytest.raises(Problem):
        wording.set_lyrics(song, lines=[{"start": 9.0, "end": 3.0, "text": "Lanterns"}])
    assert list(video.clips.values()) == before


def test_words_that_cannot_follow_are_not_saved(
    song: Song, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise Problem("invalid", "Not now.")

    monkeypatch.setattr(rework, "write_anew", refuse)
    with pytest.raises(Problem):
        label(song)
    assert first(song).label == "Intro"


def test_the_page_shows_the_new_words_and_calls_none_of_them_own(
    song: Song, video: Video, alice: User, api_of: Any, client_of: Any
) -> None:
    section = first(song)
    path = f"/api/songs/{song.pk}/sections/{section.pk}"
    assert api_of(alice).patch(path, {"label": "Lanterns"}).status_code == 200
    page = client_of(alice).get(f"/videos/{video.pk}").content.decode()
    assert "Lanterns" in page
    assert "Your words" not in page
