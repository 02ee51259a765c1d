"""While a song is analyzed again, the pages of its drafts show it as it was heard before."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from songs.models import Song
from videos import drafts
from videos.models import Video
from videos.tests import cast

HTMX = {"HTTP_HX_REQUEST": "true"}
PAGES = ["video", "video-plan", "storyboard", "storyboard-progress", "video-costs", "video-delete"]


@pytest.fixture
def client(alice: User, client_of: Any) -> Client:
    return client_of(alice)


def begin_again(song: Song) -> None:
    Song.objects.filter(pk=song.pk).update(status=Song.Status.ANALYZING)


def unplanned(song: Song) -> Video:
    return drafts.create_video(song.owner, song)


@pytest.mark.parametrize("make", [cast.draft_of, unplanned])
@pytest.mark.parametrize("name", PAGES)
def test_the_pages_of_a_draft_are_shown(song: Song, client: Client, make: Any, name: str) -> None:
    video = make(song)
    begin_again(song)
    assert client.get(reverse(name, args=[video.pk]), **HTMX).status_code == 200


def test_the_type_is_suggested_as_it_was_before(song: Song, client: Client) -> None:
    video = cast.draft_of(song)
    before = drafts.suggest_type(song)
    begin_again(song)
    page = client.get(reverse("video", args=[video.pk]))
    assert page.context["suggestion"] == before


def test_an_idea_is_understood(song: Song, client: Client) -> None:
    video = cast.draft_of(song)
    begin_again(song)
    address = reverse("video-understood", args=[video.pk])
    answer = client.post(address, {"idea": "punk rock"}, **HTMX)
    assert answer.status_code == 200
    assert "punk rock" in answer.content.decode()


def test_what_rests_on_the_analysis_is_refused_on_the_page_itself(
    song: Song, client: Client
) -> None:
    video = cast.draft_of(song)
    before = list(video.clips.values())
    begin_again(song)
    answer = client.post(reverse("video-plan", args=[video.pk]))
    assert answer.status_code == 409
    assert "This song is not analyzed yet." in answer.content.decode()
    assert "videos/direction.html" in [one.name for one in answer.templates]
    assert list(video.clips.values()) == before
