"""A character from a description: one call, one picture, its cost, and a second try when it fails."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from vibecraft.jobs.models import Job
from vibecraft.jobs.sweeper import discard
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.standin.remote import Remote
from vibecraft.testing import stored_files
from videos import assets
from videos.models import Asset
from videos.tests import boards
from videos.tests.filmed import charged, sent

Work = Callable[[], int]
FOX = "A fox in a tailcoat, amber eyes."


def test_a_description_becomes_a_picture(
    alice: User, ai: Remote, do_work: Work, api_of: Callable[[User], APIClient]
) -> None:
    answer = api_of(alice).post("/api/assets/make", {"description": FOX})
    assert answer.status_code == 202
    asset = Asset.objects.get(pk=answer.json()["asset_id"])
    assert (asset.status, asset.title) == (Asset.Status.MAKING, FOX)
    assert answer.json()["job_id"] == str(asset.job_id)
    do_work()
    discard()
    asset.refresh_from_db()
    assert (asset.status, asset.width, asset.height) == (Asset.Status.READY, 1024, 1024)
    assert asset.cost_usd == charged(ai) == assets.price_of_character() == Decimal("0.003")
    asked = sent(ai)
    assert len(asked) == 1
    assert asked[0]["prompt"].startswith("A fox in a tailcoat, amber eyes. One character alone")
    assert asked[0]["aspect_ratio"] == "1:1"
    folder = f"assets/{asset.pk}"
    assert stored_files(alice) == [f"{folder}/picture.jpg", f"{folder}/thumbnail.jpg"]
    assert boards.used(alice) == asset.size_bytes
    job = Job.objects.get(pk=asset.job_id)
    assert (job.kind, job.status, job.progress) == ("character", "succeeded", 100)


def test_the_same_request_twice_is_paid_once(
    alice: User, ai: Remote, do_work: Work, api_of: Callable[[User], APIClient]
) -> None:
    key = str(uuid.uuid4())
    ids = {
        api_of(alice)
        .post("/api/assets/make", {"description": FOX}, HTTP_IDEMPOTENCY_KEY=key)
        .json()["asset_id"]
        for _ in range(2)
    }
    do_work()
    assert (len(ids), Asset.objects.count(), len(sent(ai))) == (1, 1, 1)


def test_a_refused_one_says_why_and_can_be_tried_again(
    alice: User, ai: Remote, do_work: Work, client_of: Any
) -> None:
    ai.fault({"model": "black-forest-labs/flux-schnell"}, times=1, fail="NSFW content detected")
    asset = assets.make(alice, FOX)
    do_work()
    asset.refresh_from_db()
    assert asset.status == Asset.Status.FAILED
    assert "rules on content" in asset.error_sentence
    assert (Prediction.objects.count(), boards.used(alice), stored_files(alice)) == (1, 0, [])
    client = client_of(alice)
    assert "Try again" in client.get(reverse("assets")).content.decode()
    client.post(reverse("asset-again", args=[asset.pk]))
    do_work()
    asset.refresh_from_db()
    assert (asset.status, asset.error_sentence) == (Asset.Status.READY, "")
    assert Job.objects.count() == 2


def test_only_what_has_failed_is_made_again(
    alice: User, ai: Remote, do_work: Work, client_of: Any
) -> None:
    asset = assets.make(alice, FOX)
    do_work()
    answer = client_of(alice).post(reverse("asset-again", args=[asset.pk]))
    assert (answer.status_code, Job.objects.count(), len(sent(ai))) == (409, 1, 1)


def test_what_can_pass_with_time_is_tried_again_by_itself(
    alice: User, ai: Remote, do_work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("videos.picturing.PAUSES_SECONDS", (0.0, 0.0))
    ai.fault({"model": "black-forest-labs/flux-schnell"}, times=2, fail="E9828: something")
    asset = assets.make(alice, FOX)
    do_work()
    asset.refresh_from_db()
    assert (asset.status, Prediction.objects.count()) == (Asset.Status.READY, 3)
    assert asset.cost_usd == charged(ai)


def test_without_a_token_nothing_is_begun(alice: User, api_of: Callable[[User], APIClient]) -> None:
    answer = api_of(alice).post("/api/assets/make", {"description": FOX})
    assert (answer.status_code, answer.json()["code"]) == (409, "ai_is_off")
    assert (Asset.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.parametrize("description", ["", "   ", "x" * 2001])
def test_a_description_is_needed(
    alice: User, ai: Remote, api_of: Callable[[User], APIClient], description: str
) -> None:
    answer = api_of(alice).post("/api/assets/make", {"description": description})
    assert answer.status_code == 400
    assert "description" in answer.json()["errors"]
    assert Asset.objects.count() == 0


def test_deleted_while_it_is_being_made_it_leaves_nothing(
    alice: User, ai: Remote, do_work: Work
) -> None:
    asset = assets.make(alice, FOX)
    assets.delete(asset)
    do_work()
    discard()
    assert (Asset.objects.count(), stored_files(alice), boards.used(alice)) == (0, [], 0)
    assert not Prediction.objects.active().exists()


def test_a_full_store_begins_nothing(alice: User, ai: Remote) -> None:
    User.objects.filter(pk=alice.pk).update(storage_limit_bytes=0)
    with pytest.raises(Exception, match="quota_reached"):
        assets.make(alice, FOX)
    assert Asset.objects.count() == 0


def test_the_page_shows_its_price_and_what_is_being_made(
    alice: User, ai: Remote, client_of: Any, do_work: Work
) -> None:
    client = client_of(alice)
    assert "Make it for $0.003" in client.get(reverse("assets")).content.decode()
    form = {"upload_id": str(uuid.uuid4()), "description": FOX}
    assert client.post(reverse("asset-make"), form)["Location"] == reverse("assets")
    asset = Asset.objects.get()
    shown = client.get(reverse("assets")).content.decode()
    assert f'hx-get="{reverse("assets-running")}?seen=' in shown
    assert shown.count('hx-trigger="every 3s"') == 1
    do_work()
    seen = {"seen": f"x.{Asset.objects.get().job_id.hex}"}
    done = client.get(reverse("assets-running"), seen).content.decode()
    assert done.count(f'id="asset-{asset.pk}"') == 1
    assert "hx-get" not in done
    assert reverse("asset-thumbnail", args=[asset.pk]) in done


def test_without_a_token_the_page_says_so(alice: User, client_of: Any) -> None:
    page = client_of(alice).get(reverse("assets")).content.decode()
    assert "AI models are switched off here" in page
    assert reverse("asset-make") in page
    assert "Make it for" not in page
