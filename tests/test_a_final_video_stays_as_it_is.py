"""A final video: whatever is sent to whichever route, by page, API or admin, changes nothing of it [J5]."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from tests.alices_world import World, build_world
from tests.route_rules import RULES
from tests.test_authorisation_matrix import routes
from vibecraft.jobs.models import Discard, Job
from videos import finalizing
from videos.models import Clip, SectionTurn, Still, Take, Video

pytestmark = pytest.mark.django_db

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
# What may be done with a film that is final: it is handed out, or deleted with everything.
ALLOWED = {"video-share", "api-video-share", "video-exports", "api-video-exports", "video-delete"}
# Nothing is changed by these, whatever the video's state; a further video is another one.
ASKING = {"video-understood", "video-new"}
OF_THE_NEWEST_VIDEO = ("generate-prompt", "/clips/", "/compose")
# The acts on a finished video: over the API the refusal says why.
FINISHED = {
    "api-clip": {"chosen_take_id"},
    "api-regenerate-clip": set(),
    "api-regenerate-section": set(),
    "api-clip-lipsync": set(),
    "api-video-restitch": set(),
    "api-song-compose": set(),
    "api-video-finalize": {"confirm"},
}
MODELS = (Video, Clip, Take, Still, SectionTurn, Job, Discard)


@pytest.fixture
def world(alice: User, settings: Any) -> World:
    settings.REPLICATE_API_TOKEN = "r8_only_for_this_test"
    made = build_world(alice)
    for clip in Clip.objects.filter(video=made.video):
        Clip.objects.filter(pk=clip.pk).update(chosen_take=made.take)
    Take.objects.create(
        clip=made.clip, job=made.job, number=2, seed=2, status="succeeded", key="other.mp4"
    )
    finalizing.finalize(made.video)
    return made


def everything() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values()) for model in MODELS]


def body(world: World) -> dict[str, Any]:
    """A right value for every field that some route reads."""
    clips = [str(pk) for pk in Clip.objects.values_list("pk", flat=True)]
    other = Take.objects.get(number=2)
    return {
        "title": "x", "idea": "x", "prompt": "x", "custom_prompt": "x", "video_type": "urban",
        "aspect_ratio": "1:1", "aspect_ratios": ["1:1"], "formats": ["1:1"], "budget_usd": "9",
        "chosen_take_id": str(other.pk), "clip_ids": clips, "order": ",".join(clips), "seed": 9,
        "confirm": True, "x": 0.1, "y": 0.1, "key": clips[0], "description": "a fox",
    }  # fmt: skip


def is_of_the_video(name: str, pattern: str) -> bool:
    is_its = "/videos/<uuid:pk>" in pattern or any(one in pattern for one in OF_THE_NEWEST_VIDEO)
    return is_its and name not in ALLOWED | ASKING


def test_no_page_and_no_call_changes_it(world: World) -> None:
    before, sent = everything(), 0
    page, api = Client(), APIClient()
    page.force_login(world.alice, backend="django.contrib.auth.backends.ModelBackend")
    api.force_authenticate(world.alice)
    for name, pattern in routes().items():
        for method in set(RULES[name].methods) & set(CHANGING):
            if not is_of_the_video(name, pattern) or (name, method) == ("api-video", "DELETE"):
                continue
            address = world.address(pattern)
            ask = getattr(api if address.startswith("/api/") else page, method.lower())
            more = {"format": "json"} if address.startswith("/api/") else {}
            answer = ask(address, body(world), **more)
            assert everything() == before, (name, method)
            assert answer.status_code < 500
            sent += 1
    assert sent > 35


@pytest.mark.parametrize("name", FINISHED)
def test_the_api_says_that_it_is_final(world: World, name: str) -> None:
    api, pattern = APIClient(), routes()[name]
    api.force_authenticate(world.alice)
    ask = api.patch if RULES[name].methods == ("PATCH",) else api.post
    wish = {field: value for field, value in body(world).items() if field in FINISHED[name]}
    answer = ask(world.address(pattern), wish, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "video_is_final")


def test_no_act_and_no_form_of_the_admin_changes_it(world: World, client: Client) -> None:
    olga = User.objects.create_superuser("olga@example.org", "x")
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")
    before, acted = everything(), 0
    for row in (world.video, world.clip, world.take, world.still):
        base = f"/admin/{row._meta.app_label}/{row._meta.model_name}/"
        forged = {"title": "x", "prompt": "x", "is_finalized": "", "chosen_take": "", "key": "x"}
        assert client.post(f"{base}{row.pk}/change/", forged).status_code == 403
        assert client.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    acts = getattr(admin.site._registry[Video], "acts", ())
    for act in acts:
        if act.name in ("delete", "delete_selected"):
            continue
        chosen = {"action": act.name, "confirmed": act.name, ACTION_CHECKBOX_NAME: world.video.pk}
        client.post("/admin/videos/video/", chosen)
        assert everything() == before, act.name
        acted += 1
    assert acted >= 3
