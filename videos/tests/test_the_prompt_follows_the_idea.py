"""A prompt that nobody has touched follows the idea and the flavor; one that was rewritten stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Section, Song
from videos import direction, drafts
from videos.flavors import get_flavor
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


def unseen(flavor: str) -> str:
    return direction.negative_prompt(get_flavor(flavor))


def test_what_should_not_be_seen_follows_the_flavor(video: Video) -> None:
    assert video.negative_prompt == unseen("default")
    drafts.change_video(video, flavor="stadium")
    video.refresh_from_db()
    assert video.negative_prompt == unseen("stadium") != unseen("default")
    drafts.change_video(video, flavor="default")
    video.refresh_from_db()
    assert video.negative_prompt == unseen("default")


@pytest.mark.parametrize("own", ["No cars.", ""])
def test_own_words_for_what_should_not_be_seen_stay(video: Video, own: str) -> None:
    drafts.change_video(video, negative_prompt=own)
    drafts.change_video(video, flavor="stadium")
    video.refresh_from_db()
    assert (video.flavor, video.negative_prompt) == ("stadium", own)


def test_own_words_that_are_sent_with_the_flavor_win(video: Video) -> None:
    drafts.change_video(video, flavor="stadium", negative_prompt="No cars.")
    video.refresh_from_db()
    assert (video.flavor, video.negative_prompt) == ("stadium", "No cars.")


def test_a_flavor_by_the_api_brings_what_should_not_be_seen(
    video: Video, alice: User, api_of: Callable[[User], APIClient]
) -> None:
    sent = {"flavor": "stadium", "negative_prompt": video.negative_prompt}
    response = api_of(alice).patch(f"/api/videos/{video.pk}", sent)
    assert response.status_code == 200
    assert response.json()["negative_prompt"] == unseen("stadium")
