"""A prompt that nobody has touched follows the idea; one that was rewritten stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import User
from songs.models import Section, Song
from videos import drafts
from videos.models import Video


@pytest.fixture
def video(
    alice: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[[Song], list[Section]],
) -> Video:
    song = ready_song(alice)
    sections_of(song)
    return drafts.create_video(alice, song)


def test_a_new_idea_is_in_the_prompt(video: Video) -> None:
    drafts.change_video(video, idea="A calm drive along the sea")
    video.refresh_from_db()
    assert "A calm drive along the sea" in video.overall_prompt


def test_a_prompt_in_own_words_stays(video: Video) -> None:
    drafts.change_video(video, prompt="Only my words.")
    drafts.change_video(video, idea="A calm drive along the sea", video_type="urban")
    video.refresh_from_db()
    assert video.overall_prompt == "Only my words."


def test_a_prompt_sent_with_the_idea_wins(video: Video) -> None:
    drafts.change_video(video, idea="A calm drive", prompt="Only my words.")
    video.refresh_from_db()
    assert (video.idea, video.overall_prompt) == ("A calm drive", "Only my words.")


def test_clips_that_were_planned_for_the_old_words_are_planned_anew(video: Video) -> None:
    drafts.plan_video(video)
    drafts.change_video(video, idea="A calm drive along the sea")
    assert video.clips.count() == 0
