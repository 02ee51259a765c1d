"""Images of the user's: brought, or made from a description; used as character or first frame."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from accounts.turns import take_paid_turn, take_upload_turn
from songs.intake import display_name, title_of
from vibecraft import storage
from vibecraft.jobs.doorbell import knock_on_commit, ring_on_commit
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.models import Discard, Job, JobQuerySet
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.media import images
from vibecraft.media.errors import MediaError
from vibecraft.media.images import Picture
from vibecraft.money import usd_sum
from vibecraft.predictions.catalog import build_input, get_model
from vibecraft.predictions.models import Prediction, Purpose
from vibecraft.predictions.ordering import check_on, order, stop
from vibecraft.predictions.prices import quote
from vibecraft.problems import Problem, from_media, not_possible
from vibecraft.rows import hold
from videos.models import Asset, Video
from videos.picturing import picture_of, try_on

DEADLINE_SECONDS = 3600
TITLE_LETTERS = 60
# A character is asked for so that other models can read it: alone, whole, in even light.
CHARACTER_PROMPT = (
    "{description}. One character alone, head to waist, facing the camera, the whole face clearly "
    "visible, relaxed expression, even soft light, plain neutral background, sharp, high detail, "
    "no text."
)


# --- bringing --------------------------------------------------------------------------------------


def bring(
    owner: User, file: UploadedFile[Any], *, title: str = "", upload_id: uuid.UUID | None = None
) -> Asset:
    """Check, rewrite and store an uploaded image; the same `upload_id` gives the same one.

    Raises Problem with a sentence, and then nothing is stored or counted.
    """
    upload_id = upload_id or uuid.uuid4()
    earlier = _earlier(owner, upload_id)
    if earlier is not None:
        return earlier
    take_upload_turn(owner)
    owner.check_room()
    with storage.scratch("image") as folder:
        picture = _accepted(file, folder)
        asset = Asset(owner=owner, upload_id=upload_id, title=_title(file.name or "", title))
        return _store(asset, picture, folder)


def _earlier(owner: User, upload_id: uuid.UUID) -> Asset | None:
    return Asset.objects.for_user(owner).filter(upload_id=upload_id).first()


def _title(name: str, title: str) -> str:
    return title_of(name, {}, title) if name or title.strip() else "Untitled picture"


def _accepted(file: UploadedFile[Any], folder: Path) -> Picture:
    with (folder / "in").open("wb") as copy:
        shutil.copyfileobj(file, copy, 1024 * 1024)
    try:
        return images.accept(folder / "in", folder, max_bytes=settings.UPLOAD_MAX_BYTES)
    except MediaError as error:
        raise from_media(error) from error


def _store(asset: Asset, picture: Picture, folder: Path) -> Asset:
    """The objects are written before the row, and discarded if the row cannot be."""
    for name, value in _kept(asset, picture, folder).items():
        setattr(asset, name, value)
    try:
        with transaction.atomic():
            asset.owner.take_storage(asset.size_bytes)
            asset.save(force_insert=True)
    except (IntegrityError, Problem) as error:
        Discard.objects.later(storage.asset_prefix(asset.owner_id, asset.pk))
        earlier = _earlier(asset.owner, asset.upload_id)
        if isinstance(error, Problem) or earlier is None:
            raise
        # The same form came twice at once: the other one was stored.
        return earlier
    return asset


def _kept(asset: Asset, picture: Picture, folder: Path) -> dict[str, Any]:
    """Store the picture with its thumbnail; return the fields that say so."""
    images.thumbnail(picture.path, folder / "small.jpg", size=(picture.width, picture.height))
    key = storage.asset_key(asset.owner_id, asset.pk, f"picture.{picture.ending}")
    thumbnail_key = storage.asset_key(asset.owner_id, asset.pk, "thumbnail.jpg")
    size = storage.put(key, picture.path) + storage.put(thumbnail_key, folder / "small.jpg")
    return {
        "key": key,
        "thumbnail_key": thumbnail_key,
        "width": picture.width,
        "height": picture.height,
        "size_bytes": size,
    }


# --- making ----------------------------------------------------------------------------------------


def price_of_character() -> Decimal:
    """What a character from a description costs."""
    model = get_model(settings.IMAGE_MODEL)
    return quote(model, build_input(model, _values("A character", seed=1)))


def _values(description: str, *, seed: int) -> dict[str, Any]:
    prompt = CHARACTER_PROMPT.format(description=description.strip().rstrip("."))
    return {"prompt": prompt, "aspect_ratio": "1:1", "seed": seed}


def make(owner: User, description: str, *, upload_id: uuid.UUID | None = None) -> Asset:
    """Have a character made; the same `upload_id` gives the same one, which is made once.

    Problem: 400 without a description, 409 while AI is off, 429 over the quota or too often.
    """
    upload_id = upload_id or uuid.uuid4()
    earlier = _earlier(owner, upload_id)
    if earlier is not None:
        return earlier
    _check_description(description)
    _check_can_start(owner)
    asset = Asset(
        owner=owner,
        upload_id=upload_id,
        source=Asset.Source.MADE,
        status=Asset.Status.MAKING,
        title=_short(description),
        description=description.strip(),
        job_id=uuid.uuid4(),
    )
    try:
        with transaction.atomic():
            asset.save(force_insert=True)
            _open_job(asset)
    except IntegrityError:
        return Asset.objects.for_user(owner).get(upload_id=upload_id)
    return asset


def _check_description(description: str) -> None:
    limit = Asset._meta.get_field("description").max_length or 0
    if not description.strip():
        sentence = "Describe the character first."
    elif len(description.strip()) > limit:
        sentence = f"A description has at most {limit} characters."
    else:
        return
    raise Problem("invalid", sentence, errors={"description": [sentence]})


def _check_can_start(owner: User) -> None:
    check_on()
    owner.check_room()
    take_paid_turn(owner)


def _short(description: str) -> str:
    words = " ".join(display_name(description.replace("/", " ").replace("\\", " ")).split())
    if len(words) <= TITLE_LETTERS:
        return words
    return words[:TITLE_LETTERS].rpartition(" ")[0].rstrip(" ,.;:") + " …"


def _open_job(asset: Asset) -> Job:
    job: Job = Job.objects.create(
        id=asset.job_id,
        owner_id=asset.owner_id,
        kind=Job.Kind.CHARACTER,
        step="picture",
        message="The picture is being made.",
        deadline_at=Now() + timedelta(seconds=DEADLINE_SECONDS),
    )
    ring_on_commit(job)
    return job


def make_again(asset: Asset) -> Job:
    """Try once more to make a character that failed. Problem 409 for any other image."""
    if asset.status == Asset.Status.FAILED:
        _check_can_start(asset.owner)
    with transaction.atomic():
        if not asset.begin_making(uuid.uuid4()):
            raise not_possible(
                "not_failed", "This picture has not failed, so nothing is made again."
            )
        return _open_job(asset)


def run_character(lease: Lease, job: Job) -> None:
    """Do what can be done for a character now. Running it twice gives the same file once."""
    asset = Asset.objects.of_job(job).select_related("owner").first()
    if asset is None:
        raise LeaseLost
    calls = list(Prediction.objects.about(asset.pk).of_job(job.pk))
    call = picture_of(job, calls, lambda number: _place(asset, job, number))
    if call is None:
        return
    with storage.scratch("image") as folder:
        try:
            picture = _rewritten(call, folder)
        except MediaError as error:
            _judge(error, asset, job, calls)
            return
        lease.check()
        _accept(asset, job, picture, folder)


def _place(asset: Asset, job: Job, number: int) -> Prediction:
    return order(
        owner=asset.owner,
        purpose=Purpose.CHARACTER,
        model=settings.IMAGE_MODEL,
        values=_values(asset.description, seed=(job.pk.int + number) % 2**31),
        subject_id=asset.pk,
        keep_at=storage.asset_key(asset.owner_id, asset.pk, f"predictions/{uuid.uuid4()}"),
        job=job,
    )


def _rewritten(call: Prediction, folder: Path) -> Picture:
    """What came from the service is treated like any upload."""
    with storage.local(call.outputs[0]) as made:
        return images.accept(made, folder, max_bytes=settings.UPLOAD_MAX_BYTES)


def _judge(error: MediaError, asset: Asset, job: Job, calls: Sequence[Prediction]) -> None:
    if not error.is_permanent:
        raise error
    try_on(job, calls, lambda number: _place(asset, job, number), "output_bad", str(error))


def _accept(asset: Asset, job: Job, picture: Picture, folder: Path) -> None:
    fields = _kept(asset, picture, folder)
    failpoint("character-stored")
    with transaction.atomic():
        ended = job.succeed(progress=100, step="done", message="Your character is ready.")
        if not ended or not asset.become_ready(**fields):
            raise LeaseLost
        asset.owner.add_storage(asset.size_bytes)
        folder_of_calls = storage.asset_key(asset.owner_id, asset.pk, "predictions/")
        Discard.objects.later(folder_of_calls)
        knock_on_commit("discard")


def call_ended(call: Prediction) -> None:
    """Note what a call for a character has cost, and wake its job (database work only)."""
    cost = call.actual_usd or Decimal(0)
    Asset.objects.filter(pk=call.subject_id).update(cost_usd=usd_sum(F("cost_usd") + cost))
    job = call.job
    if job is None or job.is_terminal:
        # Nobody waits for it any more.
        Discard.objects.later(*call.outputs)
    elif job.wake():
        ring_on_commit(job)


def character_ended(job: Job) -> None:
    """A character that failed or was canceled says so and can be tried again."""
    stop(Prediction.objects.of_job(job.pk))
    asset = Asset.objects.of_job(job).first()
    if asset is None:
        return
    Discard.objects.later(storage.asset_key(asset.owner_id, asset.pk, "predictions/"))
    asset.fail(job.error_sentence or "This was canceled.")


# --- using and deleting ----------------------------------------------------------------------------


def check_character(owner: User, asset_id: uuid.UUID) -> uuid.UUID:
    """The id of a ready image of the user's. Problem: 404 for any other, 400 before it is ready."""
    asset = Asset.objects.for_user(owner).filter(pk=asset_id).first()
    if asset is None:
        sentence = "There is no picture with this id."
        raise Problem(
            "unknown_character", sentence, status=404, errors={"character_id": [sentence]}
        )
    if not asset.is_ready:
        sentence = "This picture is not ready, so it cannot be a character yet."
        raise Problem("character_not_ready", sentence, errors={"character_id": [sentence]})
    return asset.pk


def videos_with(asset: Asset) -> Any:
    """The videos whose character an image is."""
    return Video.objects.for_user(asset.owner).filter(character_id=asset.pk)


def delete(asset: Asset) -> None:
    """Delete an image; its room is free at once, and drafts go on without it.

    What makes it is canceled in a transaction of its own: workers lock a job before its image.
    Problem 409 while a video is being made with it.
    """
    while not _is_deleted(asset):
        for job in _makings(asset):
            job.cancel()


def _is_deleted(asset: Asset) -> bool:
    """Delete an image, unless somebody has; False (and nothing is deleted) while it is made."""
    owner: User = asset.owner
    with transaction.atomic():
        if not hold(asset):
            return True
        if _makings(asset).exists():
            return False
        _take_out_of_drafts(asset)
        Discard.objects.later(storage.asset_prefix(owner.pk, asset.pk))
        asset.delete()
        owner.give_back_storage(asset.size_bytes)
        knock_on_commit("discard")
    return True


def _makings(asset: Asset) -> JobQuerySet:
    return Job.objects.filter(pk__in=[asset.job_id]).active()


def _take_out_of_drafts(asset: Asset) -> None:
    """Problem 409 where a video needs the image now: a storyboard or the film is being made."""
    videos = videos_with(asset)
    # First the update, then the question: a video that starts meanwhile waits for its row.
    videos.update(character_id=asset.pk)
    running = Job.objects.for_user(asset.owner).active()
    using = videos.filter(pk__in=running.values("video_id")).first()
    if using is not None:
        raise not_possible(
            "asset_in_use",
            f"“{using.title}” is being made with this picture. Wait until it is ready, or "
            "cancel it, then delete the picture.",
            video_id=str(using.pk),
        )
    videos.update(character_id=None)
