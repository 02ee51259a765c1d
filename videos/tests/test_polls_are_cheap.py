"""A poll of an unchanged progress costs two queries; a change is seen by the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Job
from videos.models import Take, Video
from videos.tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Video:
    cache.clear()
    song = ready_song(alice)
    sections_of(song)
    return cast.generating(song)


@pytest.fixture
def client(alice: User, client_of: Any) -> Client:
    return client_of(alice)


def poll(client: Client, video: Video) -> Any:
    return client.get(reverse("video-progress", args=[video.pk]), headers={"HX-Request": "true"})


def test_the_second_poll_costs_two_queries(
    client: Client, video: Video, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = poll(client, video).content
    with django_assert_num_queries(2):
        assert poll(client, video).content == first


@pytest.mark.parametrize(
    "change",
    [
        lambda video: Job.objects.filter(pk=video.job_id).update(progress=55),
        lambda video: Take.objects.filter(job=video.job_id).update(status="running"),
        lambda video: Video.objects.filter(pk=video.pk).update(actual_usd=3),
    ],
)
def test_a_change_is_seen_by_the_next_poll(
    client: Client, video: Video, change: Callable[[Video], object]
) -> None:
    Take.objects.filter(job=video.job_id).update(status="queued")
    before = poll(client, video).content
    change(video)
    assert poll(client, video).content != before


def test_the_end_reloads_the_page_and_nobody_else_sees_a_remembered_fragment(
    client: Client, video: Video, client_of: Any, charlie: User
) -> None:
    poll(client, video)
    assert poll(client_of(charlie), video).status_code == 404
    Video.objects.filter(pk=video.pk).update(status="failed")
    answer = poll(client, video)
    assert answer.headers["HX-Refresh"] == "true"
    assert b"hx-get" not in answer.content
