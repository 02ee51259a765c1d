"""What a clip starts from: its still, the last picture of the clip before, or the character [H2]."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from vibecraft import storage
from vibecraft.media import house, stills
from vibecraft.predictions.catalog import Model, build_input, catalog, get_model
from vibecraft.predictions.prices import quote
from videos import choosing
from videos.models import Asset, Clip, Take, Video


@dataclass(frozen=True)
class Source:
    """A stored image, or a clip whose last picture is meant where `frames` is given."""

    start: Take.Start
    key: str
    frames: int = 0


def takes_first_frame(model: Model) -> bool:
    """Whether it can be told what its first picture is."""
    return "first_frame" in model.inputs


def source_of(take: Take, model: Model) -> Source | None:
    """What this take can start from: the still that was approved goes before everything else."""
    if not takes_first_frame(model):
        return None
    clip, video = take.clip, take.clip.video
    if has_approved_still(video, clip):
        assert clip.chosen_still is not None
        return Source(Take.Start.STILL, clip.chosen_still.key)
    before = take.continues
    if before is not None and before.key:
        return Source(Take.Start.LAST_FRAME, before.key, before.clip.frames)
    character = character_of(video)
    if character is not None and not model.takes_reference:
        return Source(Take.Start.CHARACTER, character.key)
    return None


def has_approved_still(video: Video, clip: Clip) -> bool:
    still = clip.chosen_still if video.is_storyboard_approved else None
    return still is not None and bool(still.key)


def character_of(video: Video) -> Asset | None:
    """The video's reference image, if it has one and it is there."""
    if video.character_id is None:
        return None
    own = Asset.objects.for_user(video.owner)
    return own.filter(pk=video.character_id, status=Asset.Status.READY).exclude(key="").first()


def first_frame_key(take: Take) -> str:
    return calls_folder(take) + "first_frame.jpg"


def calls_folder(take: Take) -> str:
    """Where the take's paid calls keep what they need and bring; gone once the take is there."""
    video = take.clip.video
    return storage.calls_prefix(video.owner_id, video.pk, take.job_id, take.pk)


def prepare(take: Take, source: Source) -> str:
    """Store the picture that the take starts from in the shape of the video; return its key."""
    key, size = first_frame_key(take), house.SIZES[take.clip.video.aspect_ratio]
    with storage.scratch("first") as folder, storage.local(source.key) as origin:
        target = folder / "first_frame.jpg"
        if source.frames:
            stills.last_frame(origin, target, frames=source.frames, size=size)
        else:
            stills.first_frame(origin, target, size=size)
        storage.put(key, target)
    return key


# --- what it means for the plan -------------------------------------------------------------------


def continuing(video: Video, clips: Iterable[Clip]) -> dict[uuid.UUID, Clip]:
    """By clip, the clip before it that it goes on from; none where each starts afresh."""
    is_wished = video.continuity == Video.Continuity.CONTINUOUS
    if not is_wished or not takes_first_frame(choosing.model_of(video)):
        return {}
    found: dict[uuid.UUID, Clip] = {}
    before: Clip | None = None
    for clip in clips:
        is_neighbor = before is not None and before.section_id == clip.section_id
        if before is not None and is_neighbor and not has_approved_still(video, clip):
            found[clip.pk] = before
        before = clip
    return found


def stills_usd(video: Video) -> Decimal:
    """The price of the images that are made first because the model cannot start without one."""
    return sum((still_usd(video, clip) for clip in bare_clips(video)), Decimal(0))


def bare_clips(video: Video) -> list[Clip]:
    """The clips that have nothing to start from although the model needs it."""
    model = choosing.model_of(video)
    has_character = character_of(video) is not None and not model.takes_reference
    if not model.needs_first_frame or has_character:
        return []
    clips = list(video.clips.select_related("chosen_still"))
    going_on = continuing(video, clips)
    return [c for c in clips if c.pk not in going_on and not has_approved_still(video, c)]


def still_usd(video: Video, clip: Clip) -> Decimal:
    model = get_model(settings.IMAGE_MODEL)
    return quote(model, build_input(model, still_values(video, clip.prompt)))


def still_values(video: Video, prompt: str) -> dict[str, object]:
    """What is asked of the image model where a clip needs a picture to start from."""
    return {"prompt": prompt, "aspect_ratio": video.aspect_ratio}


def cuts_note(video: Video) -> str:
    """A sentence where each clip starts afresh although going on was wished; else nothing."""
    model = catalog().get(video.model)
    is_wished = video.continuity == Video.Continuity.CONTINUOUS
    if not is_wished or model is None or takes_first_frame(model):
        return ""
    return f"{model.name} cannot go on from a picture, so each clip starts afresh."
