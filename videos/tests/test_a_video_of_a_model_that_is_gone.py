"""A model that the catalog knows no more: its videos are shown, and drafts choose another one."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Job
from videos import drafts, pipeline, storyboard
from videos.models import Still, Video
from videos.tests import boards, cast

pytestmark = pytest.mark.django_db
ANOTHER = "p-video-draft"
SAID = "The model “of-yesterday” is not offered any more."
CHOOSE, BEGIN = f"{SAID} Choose another one.", f"{SAID} Begin a new video with another one."
PAGES = ("video", "storyboard", "video-progress", "video-costs", "video-character")
CALLS = ("api-video", "api-video-status", "api-video-clips")


@pytest.fixture(autouse=True)
def _ai_is_on(settings: LazySettings) -> None:
    settings.REPLICATE_API_TOKEN = "r8_not_a_real_token"


@pytest.fixture
def client(alice: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


def page(client: Client, video: Video, name: str = "video") -> str:
    answer = client.get(reverse(name, args=[video.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def buttons(shown: str, word: str) -> list[str]:
    """The buttons with a word, each as its tag."""
    pairs = re.findall(r"(<button[^>]*>)(.*?)</button>", shown, re.DOTALL)
    return [tag for tag, inside in pairs if word in inside]


def with_stills(video: Video, *, missing: int = 0) -> Video:
    """With the rows of a storyboard, without their files; the last `missing` clips have none."""
    job = Job.objects.create(owner=video.owner, kind="storyboard", status="succeeded")
    clips = list(video.clips.all())
    for clip in clips[: len(clips) - missing]:
        clip.chosen_still = Still.objects.create(
            clip=clip,
            job=job,
            number=1,
            model="flux-schnell",
            prompt="p",
            seed=1,
            status="succeeded",
        )
        clip.save()
    video.begin_storyboard(job.pk)
    return video


# --- what is shown -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(Video.Status))
def test_its_pages_are_shown_in_every_state(client: Client, song: Song, status: str) -> None:
    video = cast.abandoned(with_stills(cast.ready(song)))
    Video.objects.filter(pk=video.pk).update(status=status)
    paths = [reverse(name, args=[video.pk]) for name in (*PAGES, *CALLS)]
    paths += [reverse("library"), reverse("song", args=[song.pk]), reverse("api-videos")]
    answers = {path: client.get(path).status_code for path in paths}
    assert answers == dict.fromkeys(paths, 200)


def test_a_draft_says_that_another_one_is_to_be_chosen(client: Client, song: Song) -> None:
    video = cast.abandoned(cast.draft_of(song))
    shown = page(client, video)
    assert shown.count(CHOOSE) == 1
    assert "Generate, free" not in re.sub(r"<[^>]+>", "", shown)
    assert 'name="model" value="of-yesterday"' not in shown
    video.clips.all().delete()
    assert page(client, video).count(CHOOSE) == 1


def test_a_plan_that_cannot_be_made_anew_says_so_once(client: Client, song: Song) -> None:
    video = cast.abandoned(cast.draft_of(song))
    planned = list(video.clips.values())
    answer = client.post(reverse("video-plan", args=[video.pk]), HTTP_HX_REQUEST="true")
    assert (answer.status_code, answer.content.decode().count(CHOOSE)) == (409, 1)
    assert list(video.clips.values()) == planned


def test_the_choice_of_a_character_says_so_too(client: Client, song: Song) -> None:
    video = cast.abandoned(cast.draft_of(song))
    asset = boards.character(song.owner)
    type(asset).objects.filter(pk=asset.pk).update(status="ready", key="a.png")
    Video.objects.filter(pk=video.pk).update(character_id=asset.pk)
    said = "The model of this video is not offered any more. Choose another one, and here it says"
    assert said in page(client, video, "video-character")


def test_a_storyboard_offers_no_stills_that_nobody_could_make(client: Client, song: Song) -> None:
    video = cast.draft_of(song, model=ANOTHER)
    assert len(buttons(page(client, video, "storyboard"), "Make the stills")) == 1
    shown = page(client, cast.abandoned(video), "storyboard")
    assert shown.count(CHOOSE) == 1
    assert buttons(shown, "Make the stills") == []


def test_the_stills_that_are_there_stay_and_nothing_goes_on_from_them(
    client: Client, song: Song
) -> None:
    video = cast.abandoned(with_stills(cast.draft_of(song), missing=1))
    shown = page(client, video, "storyboard")
    assert shown.count(CHOOSE) == 1
    assert buttons(shown, "Make the missing") == []
    tags = buttons(shown, "Make it")
    assert len(tags) == video.clips.count()
    assert all(" disabled" in tag for tag in tags)
    Video.objects.filter(pk=video.pk).update(is_storyboard_approved=True)
    shown = page(client, video, "storyboard")
    (tag,) = buttons(shown, "Generate")
    assert " disabled" in tag
    assert "Generate, free" not in shown


def test_a_finished_film_bears_the_key_as_its_name(client: Client, song: Song) -> None:
    shown = page(client, cast.abandoned(with_stills(cast.ready(song))))
    assert "<dd>of-yesterday<small>" in shown
    assert BEGIN in shown


# --- what its user can do ------------------------------------------------------------------------


@pytest.mark.parametrize("has_plan", [True, False])
def test_another_model_is_chosen_and_everything_works(
    client: Client, song: Song, has_plan: bool
) -> None:
    video = cast.abandoned(cast.draft_of(song))
    if not has_plan:
        video.clips.all().delete()
    assert CHOOSE in page(client, video)
    sent = {"title": "Night Drive", "overall_prompt": video.overall_prompt, "model": ANOTHER}
    assert client.post(reverse("video-direction", args=[video.pk]), sent).status_code == 302
    video.refresh_from_db()
    assert video.model == ANOTHER
    assert SAID not in page(client, video)
    assert drafts.estimate_video(video).usd > 0
    assert storyboard.price(video) == Decimal("0.003") * video.clips.count()
    assert pipeline.start_generation(video).total == video.clips.count()


@pytest.mark.parametrize("make", [cast.failed, cast.canceled])
def test_a_stopped_film_is_directed_anew_with_the_model_of_the_site(
    client: Client, song: Song, make: Callable[[Song], Video], settings: LazySettings
) -> None:
    video = make(song)
    assert len(buttons(page(client, video), "Generate again")) == 1
    shown = page(client, cast.abandoned(video))
    assert shown.count(BEGIN) == 1
    assert buttons(shown, "Generate again") == []
    address = reverse("video-new", args=[song.pk])
    assert client.post(address, {"like": str(video.pk)}).status_code == 302
    assert Video.objects.get(status="draft").model == settings.VIDEO_MODEL
