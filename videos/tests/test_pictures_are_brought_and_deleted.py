"""Images of a user: stored exactly once, counted to the byte, seen by nobody else, freed at once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from PIL import Image
from rest_framework.test import APIClient

from accounts.closing import delete_account
from accounts.models import User
from songs.models import Song
from vibecraft import storage
from vibecraft.jobs.models import Job
from vibecraft.jobs.sweeper import discard
from vibecraft.media.tests import images as made
from vibecraft.problems import Problem
from vibecraft.testing import stored_files
from videos import assets, drafts
from videos.models import Asset, Video
from videos.tests import cast

ASSETS = "/api/assets"


@pytest.fixture
def portrait(tmp_path: Path) -> bytes:
    noise = np.random.default_rng(5).integers(0, 256, (120, 80, 3), dtype=np.uint8)
    return made.write(tmp_path / "portrait.png", noise).read_bytes()


def upload(content: bytes, name: str = "Nadia.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/png")


def bring(owner: User, content: bytes, **options: Any) -> Asset:
    return assets.bring(owner, upload(content), **options)


def used(owner: User) -> int:
    owner.refresh_from_db()
    return owner.storage_used_bytes


@pytest.fixture
def video(alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Video:
    song = ready_song(alice)
    sections_of(song)
    return cast.draft_of(song)


# --- bringing --------------------------------------------------------------------------------------


def test_a_picture_is_kept_with_a_thumbnail_and_counted_to_the_byte(
    alice: User, api_of: Callable[[User], APIClient], portrait: bytes
) -> None:
    answer = api_of(alice).post(ASSETS, {"file": upload(portrait)}, format="multipart")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["title"], body["status"], body["source"]) == ("Nadia", "ready", "upload")
    assert (body["width"], body["height"], body["cost_usd"]) == (80, 120, 0.0)
    folder = f"assets/{body['id']}"
    assert stored_files(alice) == [f"{folder}/picture.png", f"{folder}/thumbnail.jpg"]
    asset = Asset.objects.get(pk=body["id"])
    assert used(alice) == asset.size_bytes == body["file_size_bytes"]


def test_its_file_is_what_was_rewritten_and_not_what_was_sent(
    alice: User, api_of: Callable[[User], APIClient], tmp_path: Path
) -> None:
    sent = made.write(tmp_path / "a.jpg", exif=made.exif(6)).read_bytes()
    asset = bring(alice, sent)
    answer = api_of(alice).get(f"{ASSETS}/{asset.pk}/file")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"taken at home" in sent
    assert b"taken at home" not in content


def test_the_same_upload_twice_is_stored_once(
    alice: User, api_of: Callable[[User], APIClient], portrait: bytes
) -> None:
    key = str(uuid.uuid4())
    answers = [
        api_of(alice).post(
            ASSETS, {"file": upload(portrait)}, format="multipart", HTTP_IDEMPOTENCY_KEY=key
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert Asset.objects.count() == 1
    assert used(alice) == Asset.objects.get().size_bytes


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "image_empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "image_svg"),
        (b"GIF89a" + bytes(40), 415, "image_kind"),
        (b"no picture at all", 415, "not_image"),
        (made.png_of_size(8193, 4), 400, "image_too_many_pixels"),
        (made.png_of_size(64, 64)[:60], 400, "image_truncated"),
        (made.png_of_size(64, 64) + b"%PDF-1.7", 415, "image_polyglot"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_stores_nothing(
    alice: User,
    api_of: Callable[[User], APIClient],
    content: bytes,
    status: int,
    code: str,
) -> None:
    answer = api_of(alice).post(ASSETS, {"file": upload(content)}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(answer.json()["detail"]) > 30
    assert (Asset.objects.count(), stored_files(alice), used(alice)) == (0, [], 0)


def test_a_picture_that_does_not_fit_is_refused_and_nothing_of_it_stays(
    alice: User, portrait: bytes
) -> None:
    size = bring(alice, portrait).size_bytes
    User.objects.filter(pk=alice.pk).update(storage_limit_bytes=2 * size - 1)
    with pytest.raises(Problem) as refusal:
        bring(alice, portrait)
    discard()
    assert refusal.value.code == "quota_reached"
    assert (Asset.objects.count(), used(alice), len(stored_files(alice))) == (1, size, 2)


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_one_form_sent_eight_times_at_once_is_one_picture(portrait: bytes) -> None:
    alice = User.objects.create_user("alice@example.org")
    key, start = uuid.uuid4(), threading.Barrier(8)
    found: list[uuid.UUID] = []

    def send() -> None:
        try:
            start.wait()
            found.append(bring(User.objects.get(pk=alice.pk), portrait, upload_id=key).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asset = Asset.objects.get()
    assert found == [asset.pk] * 8
    assert used(alice) == asset.size_bytes
    discard()
    assert len(stored_files(alice)) == 2


# --- seeing ----------------------------------------------------------------------------------------


def test_a_list_has_ones_own_newest_first(
    alice: User, bob: User, api_of: Callable[[User], APIClient], portrait: bytes
) -> None:
    mine = [bring(alice, portrait, title=title).pk for title in ("one", "two")]
    bring(bob, portrait)
    body = api_of(alice).get(ASSETS).json()
    assert (body["count"], [one["id"] for one in body["results"]]) == (
        2,
        [str(pk) for pk in reversed(mine)],
    )


@pytest.mark.parametrize(
    ("method", "ending"), [("get", ""), ("delete", ""), ("get", "/file"), ("get", "/thumbnail")]
)
def test_charlie_finds_nothing_of_alices(
    alice: User,
    charlie: User,
    api_of: Callable[[User], APIClient],
    portrait: bytes,
    method: str,
    ending: str,
) -> None:
    asset = bring(alice, portrait)
    answer = getattr(api_of(charlie), method)(f"{ASSETS}/{asset.pk}{ending}")
    assert answer.status_code == 404
    assert Asset.objects.filter(pk=asset.pk).exists()


# --- the character of a video ------------------------------------------------------------------------


def choose(client: APIClient, video: Video, character: object) -> Any:
    return client.patch(f"/api/videos/{video.pk}", {"character_id": character})


def test_a_picture_becomes_the_character_and_can_be_taken_away(
    alice: User, api_of: Callable[[User], APIClient], portrait: bytes, video: Video
) -> None:
    asset, client = bring(alice, portrait), api_of(alice)
    assert choose(client, video, str(asset.pk)).json()["character_id"] == str(asset.pk)
    assert choose(client, video, None).json()["character_id"] is None
    assert video.clips.count() > 0


def test_a_video_can_begin_with_a_character(
    alice: User, api_of: Callable[[User], APIClient], portrait: bytes, video: Video
) -> None:
    asset = bring(alice, portrait)
    body = {"song_id": str(video.song_id), "character_id": str(asset.pk)}
    answer = api_of(alice).post("/api/videos", body)
    assert (answer.status_code, answer.json()["character_id"]) == (201, str(asset.pk))


def test_only_ones_own_picture_can_be_the_character(
    alice: User, bob: User, api_of: Callable[[User], APIClient], portrait: bytes, video: Video
) -> None:
    for stranger in (str(bring(bob, portrait).pk), str(uuid.uuid4())):
        answer = choose(api_of(alice), video, stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_character")
    video.refresh_from_db()
    assert video.character_id is None


@pytest.mark.parametrize("status", [Asset.Status.MAKING, Asset.Status.FAILED])
def test_a_picture_that_is_not_ready_cannot_be_the_character(
    alice: User, api_of: Callable[[User], APIClient], video: Video, status: str
) -> None:
    asset = Asset.objects.create(owner=alice, title="Not yet", status=status)
    answer = choose(api_of(alice), video, str(asset.pk))
    assert (answer.status_code, answer.json()["code"]) == (400, "character_not_ready")
    video.refresh_from_db()
    assert video.character_id is None


# --- deleting --------------------------------------------------------------------------------------


def test_deleting_frees_its_room_to_the_byte_and_drafts_go_on_without_it(
    alice: User,
    api_of: Callable[[User], APIClient],
    portrait: bytes,
    video: Video,
    django_capture_on_commit_callbacks: Any,
) -> None:
    before = used(alice), stored_files(alice)
    asset = bring(alice, portrait)
    drafts.change_video(video, character_id=asset.pk)
    with django_capture_on_commit_callbacks(execute=True):
        answer = api_of(alice).delete(f"{ASSETS}/{asset.pk}")
    discard()
    video.refresh_from_db()
    assert (answer.status_code, video.character_id) == (204, None)
    assert (used(alice), stored_files(alice)) == before


@pytest.mark.parametrize("kind", [Job.Kind.GENERATION, Job.Kind.STORYBOARD])
def test_a_picture_in_work_stays_until_the_work_has_ended(
    alice: User, api_of: Callable[[User], APIClient], portrait: bytes, video: Video, kind: str
) -> None:
    asset, client = bring(alice, portrait), api_of(alice)
    drafts.change_video(video, character_id=asset.pk)
    job = Job.objects.create(owner=alice, kind=kind, video_id=video.pk)
    answer = client.delete(f"{ASSETS}/{asset.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "asset_in_use")
    assert video.title in answer.json()["detail"]
    assert answer.json()["video_id"] == str(video.pk)
    video.refresh_from_db()
    assert (video.character_id, len(stored_files(alice))) == (asset.pk, 6)
    job.cancel()
    assert client.delete(f"{ASSETS}/{asset.pk}").status_code == 204


def test_with_the_account_everything_goes(alice: User, portrait: bytes) -> None:
    bring(alice, portrait)
    pk = alice.pk
    delete_account(alice)
    discard()
    alice.pk = pk
    assert (Asset.objects.count(), stored_files(alice)) == (0, [])


# --- the page --------------------------------------------------------------------------------------


def test_the_page_shows_the_pictures_and_takes_new_ones(
    alice: User, client_of: Any, portrait: bytes
) -> None:
    client = client_of(alice)
    assert "No pictures yet" in client.get(reverse("assets")).content.decode()
    form = {"upload_id": str(uuid.uuid4()), "file": upload(portrait, "Nadia & Co.png")}
    assert client.post(reverse("assets"), form)["Location"] == reverse("assets")
    page = client.get(reverse("assets")).content.decode()
    assert "Nadia &amp; Co" in page
    assert reverse("asset-thumbnail", args=[Asset.objects.get().pk]) in page


def test_the_page_says_what_is_wrong_with_a_file(alice: User, client_of: Any) -> None:
    form = {"upload_id": str(uuid.uuid4()), "file": upload(b"GIF89a" + bytes(9))}
    answer = client_of(alice).post(reverse("assets"), form)
    assert answer.status_code == 415
    assert "Save it as PNG, JPEG or WebP" in answer.content.decode()
    assert Asset.objects.count() == 0


def test_deleting_asks_first(alice: User, client_of: Any, portrait: bytes, video: Video) -> None:
    asset, client = bring(alice, portrait), client_of(alice)
    drafts.change_video(video, character_id=asset.pk)
    address = reverse("asset-delete", args=[asset.pk])
    assert f"“{video.title}”" in client.get(address).content.decode()
    assert Asset.objects.count() == 1
    assert client.post(address)["Location"] == reverse("assets")
    assert Asset.objects.count() == 0


def test_the_direction_page_offers_the_pictures(
    alice: User, client_of: Any, portrait: bytes, video: Video
) -> None:
    asset, client = bring(alice, portrait), client_of(alice)
    page = client.get(reverse("video", args=[video.pk])).content.decode()
    assert f'id="character-{asset.pk}"' in page
    address = reverse("video-character", args=[video.pk])
    chosen = client.post(address, {"character_id": str(asset.pk)}, HTTP_HX_REQUEST="true")
    assert chosen.status_code == 200
    assert "The visualizer shows no people" in chosen.content.decode()
    video.refresh_from_db()
    assert video.character_id == asset.pk
    client.post(address, {"character_id": ""}, HTTP_HX_REQUEST="true")
    video.refresh_from_db()
    assert video.character_id is None


def test_a_strangers_picture_is_not_chosen_on_the_page(
    alice: User, bob: User, client_of: Any, portrait: bytes, video: Video
) -> None:
    stranger = bring(bob, portrait)
    address = reverse("video-character", args=[video.pk])
    answer = client_of(alice).post(
        address, {"character_id": str(stranger.pk)}, HTTP_HX_REQUEST="true"
    )
    assert answer.status_code == 404
    assert str(stranger.pk) not in answer.content.decode()


def test_what_a_thumbnail_shows(alice: User, tmp_path: Path) -> None:
    large = made.write(tmp_path / "a.png", np.zeros((900, 1600, 3), np.uint8)).read_bytes()
    asset = bring(alice, large)
    with storage.local(asset.thumbnail_key) as path:
        assert Image.open(path).size == (640, 360)
