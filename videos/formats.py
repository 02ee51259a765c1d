"""The same video in another format: same song, clips, prompts and seeds, and nothing paid again [E8].

What a model has made is cropped (`reframing`); what the visualizer has drawn is drawn anew in the new
shape, which is free and fills it better than any crop.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.media.house import SIZES
from vibecraft.predictions.catalog import catalog
from vibecraft.problems import Problem, not_possible
from vibecraft.texts import counted
from videos import generation, reframing
from videos.models import Clip, Take, Video

# What the new video has from the one that it is a format of.
COPIED = (
    "owner",
    "song",
    "video_type",
    "idea",
    "overall_prompt",
    "negative_prompt",
    "model",
    "flavor",
    "continuity",
    "character_id",
    "seed",
    "scenes_by",
    "budget_usd",
)
CLIP_COPIED = ("section_id", "clip_index", "start_frame", "end_frame", "cut", "prompt", "shot")
TITLE_CHARS = 150

Pair = tuple[Clip, Take]


def make_format(video: Video, aspect_ratio: str, *, key: uuid.UUID | None = None) -> Video:
    """Begin a new video with this one's clips in another format; the same `key`: the same video.

    Problem: 400 for a format that does not exist or is the video's own, 409 without a film or where
    a take that is needed is gone, 429 over the quota.
    """
    job_id = key or uuid.uuid4()
    earlier = _of_job(video, job_id)
    if earlier is not None:
        return earlier
    check(video, aspect_ratio)
    pairs = pairs_of(video, video.clips.select_related("film_take__source", "chosen_take__source"))
    video.owner.check_room()
    try:
        return _begin(video, aspect_ratio, pairs, job_id)
    except IntegrityError:
        # The same request twice at once: the other one was first.
        return Video.objects.get(owner=video.owner_id, job_id=job_id)


def _of_job(video: Video, job_id: uuid.UUID) -> Video | None:
    return Video.objects.filter(owner=video.owner_id, job_id=job_id, is_reframed=True).first()


def check(video: Video, aspect_ratio: str) -> None:
    """Raise the Problem that stands in the way, whatever the clips are."""
    if aspect_ratio not in SIZES:
        sentence = f"“{aspect_ratio}” is not one of {', '.join(SIZES)}."
        raise Problem("invalid", sentence, errors={"aspect_ratio": [sentence]})
    if aspect_ratio == video.aspect_ratio:
        sentence = f"This video is in {aspect_ratio} already. Choose another format."
        raise Problem("same_format", sentence, errors={"aspect_ratio": [sentence]})
    if video.status != Video.Status.READY or not video.has_film:
        sentence = "The film of this video is not made yet; another format is made from it."
        raise not_possible("film_not_ready", sentence, video_id=str(video.pk))


def pairs_of(video: Video, clips: Iterable[Clip]) -> list[Pair]:
    """Each clip with the take that the film shows. Raises Problem if one cannot be made anew."""
    pairs = [(clip, take) for clip in clips if (take := clip.film_take or clip.chosen_take)]
    gone = [clip.clip_index + 1 for clip, take in pairs if not _can_be_made(take)]
    if gone:
        raise not_possible("takes_gone", _gone(video, gone), video_id=str(video.pk))
    return pairs


def _can_be_made(take: Take) -> bool:
    return is_drawn(take) or reframing.best_source(take) is not None


def is_drawn(take: Take) -> bool:
    """Whether the visualizer has drawn it: then it is drawn anew."""
    model = catalog().get(take.model)
    return model is not None and model.is_builtin and take.kind != Take.Kind.REFRAMED


def _gone(video: Video, numbers: Sequence[int]) -> str:
    which = counted(len(numbers), "clip")
    if video.is_finalized:
        return (
            f"This video is final, so the takes of {which} are gone and cannot be cropped any more."
            " Make other formats before you make a video final."
        )
    return f"The takes of {which} are gone and cannot be cropped any more."


def _begin(video: Video, aspect_ratio: str, pairs: Sequence[Pair], job_id: uuid.UUID) -> Video:
    with transaction.atomic():
        made = _new_video(video, aspect_ratio, job_id)
        clips = Clip.objects.bulk_create(new_clip(made, clip) for clip, _ in pairs)
        job = generation.new_job(made, clips, job_id=job_id)
        takes = [
            _new_take(clip, take, job_id) for clip, (_, take) in zip(clips, pairs, strict=True)
        ]
        Take.objects.bulk_create(takes)
        generation.count(made)
        job.note("step", f"The clips of “{video.title}” in {aspect_ratio}.", video=str(video.pk))
        ring_on_commit(*takes)
    made.refresh_from_db()
    return made


def _new_video(video: Video, aspect_ratio: str, job_id: uuid.UUID) -> Video:
    same = {name: getattr(video, name) for name in COPIED}
    return Video.objects.create(
        **same,
        title=_title(video, aspect_ratio),
        aspect_ratio=aspect_ratio,
        is_reframed=True,
        format_of=video,
        status=Video.Status.GENERATING,
        job_id=job_id,
    )


def _title(video: Video, aspect_ratio: str) -> str:
    """“Night Drive” in 9:16 is “Night Drive 9:16”, made from whichever of its formats."""
    plain = video.title
    for ratio in SIZES:
        plain = plain.removesuffix(f" {ratio}")
    return f"{plain[: TITLE_CHARS - 5]} {aspect_ratio}"


def new_clip(made: Video, clip: Clip) -> Clip:
    """The same place on the timeline of another video, with the same words; not saved yet."""
    return Clip(video=made, **{name: getattr(clip, name) for name in CLIP_COPIED})


def _new_take(clip: Clip, take: Take, job_id: uuid.UUID) -> Take:
    """The first take of a new clip: a crop of the old one, or the same drawing in the new shape."""
    drawn = is_drawn(take)
    focus_x, focus_y = reframing.focus_of(take)
    return Take(
        clip=clip,
        job_id=job_id,
        number=1,
        kind=Take.Kind.GENERATED if drawn else Take.Kind.REFRAMED,
        model=take.model,
        prompt=take.prompt,
        seed=take.seed,
        source=None if drawn else reframing.best_source(take),
        focus_x=focus_x,
        focus_y=focus_y,
        next_run_at=Now(),
    )
