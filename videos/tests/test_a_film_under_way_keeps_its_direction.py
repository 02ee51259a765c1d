"""A change that was begun while a video was a draft comes too late once its making has begun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from songs.models import Song
from vibecraft.problems import Problem
from videos import drafts, pipeline
from videos.models import Take, Video

pytestmark = [pytest.mark.databases, pytest.mark.django_db]


@pytest.fixture
def video(alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Video:
    song = ready_song(alice)
    sections_of(song)
    made = drafts.create_video(alice, song)
    drafts.plan_video(made, seed=1)
    return made


def as_read_before_the_start(video: Video) -> Video:
    """The draft as another request has read it, a moment before the making began."""
    seen = Video.objects.select_related("owner", "song").get(pk=video.pk)
    pipeline.start_generation(video)
    return seen


def rows_of(video: Video) -> tuple[Any, ...]:
    """The video, its clips and their takes, as they stand in the database."""
    clips = list(video.clips.values())
    return Video.objects.values().get(pk=video.pk), clips, list(Take.objects.values())


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 5},
        {"flavor": "lofi"},
        {"aspect_ratio": "9:16"},
        {"continuity": "continuous"},
        {"overall_prompt": "a red kite", "budget_usd": "3"},
    ],
)
def test_no_change_reaches_a_film_under_way(video: Video, change: dict[str, Any]) -> None:
    seen = as_read_before_the_start(video)
    before = rows_of(video)
    change = {name: value for name, value in change.items() if getattr(seen, name) != value}
    assert change
    with pytest.raises(Problem) as refused:
        drafts.change_video(seen, **change)
    assert (refused.value.code, refused.value.status) == ("not_a_draft", 409)
    assert rows_of(video) == before
    assert Take.objects.count() == video.clips.count() > 0


def test_the_budget_of_a_film_under_way_can_be_changed(video: Video) -> None:
    seen = as_read_before_the_start(video)
    drafts.change_video(seen, budget_usd="7")
    assert Video.objects.get(pk=video.pk).budget_usd == 7


def test_no_prompt_is_written_into_a_clip_under_way(video: Video) -> None:
    seen = as_read_before_the_start(video)
    clip, before = seen.clips.select_related("video").first(), rows_of(video)
    assert clip is not None
    clip.video = seen
    with pytest.raises(Problem, match="not_a_draft"):
        drafts.change_clip(clip, prompt="a red kite")
    assert rows_of(video) == before
