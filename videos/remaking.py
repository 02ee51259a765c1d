"""One clip or one section of a finished film made again [J2], or all of it [M2]: then one join.

The takes are made like any other. They are chosen, and the film with them replaces the old one, in
the moment the new film is verified; until then everything stays as it was, and whatever goes wrong
leaves it so. A clip and a section have one turn each; one that failed does not count.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models.functions import Now

from accounts.turns import take_paid_turn
from songs.models import Section
from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.models import Job
from vibecraft.predictions.catalog import Model
from vibecraft.problems import Problem, not_possible
from vibecraft.texts import counted
from videos import choosing
from videos.changing import (
    check_film,
    check_free,
    new_job,
    next_number,
    same_unless_free,
    undo,
)
from videos.clip_prompts import check_prompt
from videos.first_frames import bare_clips, continuing, still_usd
from videos.footage import Footage
from videos.generation import seed_of
from videos.models import Clip, SectionTurn, Take, Video

DEADLINE_SECONDS = 4 * 3600


# --- what it would cost, and whether it may be ----------------------------------------------------


def check_video(video: Video) -> Model:
    """The model that would make the clips, or the Problem (409) that stands in the way of all."""
    check_film(video)
    model = choosing.model_of(video)
    choosing.check_available(model)
    if video.aspect_ratio not in model.sizes:
        sentence = (
            f"{model.name} makes no pictures in {video.aspect_ratio}, "
            "so no clip of this format can be made again."
        )
        raise not_possible("format_not_made", sentence, video_id=str(video.pk))
    return model


def prices_of(video: Video, clips: Sequence[Clip]) -> dict[uuid.UUID, Decimal]:
    """What making each of these clips again will cost, an image that it starts from included."""
    footage = choosing.footage(choosing.model_of(video))
    bare = {clip.pk for clip in bare_clips(video)}
    return {clip.pk: _price(video, clip, footage, clip.pk in bare) for clip in clips}


def price_of_film(video: Video) -> Decimal:
    """What making all clips again will cost."""
    return _price_together(video, _clips(video))


def _price_together(video: Video, clips: Sequence[Clip]) -> Decimal:
    return sum(prices_of(video, clips).values(), Decimal(0))


def _clips(video: Video) -> list[Clip]:
    return list(video.clips.select_related("chosen_still"))


def _price(video: Video, clip: Clip, footage: Footage, is_bare: bool) -> Decimal:
    order = footage.order_for(clip.frames)
    if order is None:
        raise Problem("unplannable", "The model cannot fill a clip of this length any more.")
    return order.usd + (still_usd(video, clip) if is_bare else Decimal(0))


def turns_left(video: Video) -> dict[str, dict[str, int]]:
    """How often each section and each clip can still be made again, by its id."""
    used = set(SectionTurn.objects.filter(video=video).values_list("section_id", flat=True))
    sections = video.song.sections.values_list("pk", flat=True)
    clips = video.clips.values_list("pk", "regenerations_left")
    return {
        "sections": {str(pk): int(pk not in used) for pk in sections},
        "clips": {str(pk): left for pk, left in clips},
    }


def newest_job(video: Video) -> Job | None:
    return Job.objects.filter(video_id=video.pk, kind=Job.Kind.REGENERATION).first()


# --- starting ------------------------------------------------------------------------------------


def remake_clip(
    video: Video,
    clip: Clip,
    *,
    prompt: str = "",
    key: uuid.UUID | None = None,
    agreed_usd: Decimal | None = None,
) -> Job:
    """Make one clip again; the same `key`, or a second click while it runs, gives the same job.

    Problem: 409 `no_regenerations_left`, `video_is_final`, `already_running`, …, or
    `price_is_higher` than `agreed_usd`; 402 over the budget; 429 over the quota or for too many
    starts.
    """
    return _start(video, [clip], lambda job: _turn_of_clip(clip), prompt, key, agreed_usd)


def remake_section(
    video: Video,
    section: Section,
    *,
    prompt: str = "",
    key: uuid.UUID | None = None,
    agreed_usd: Decimal | None = None,
) -> Job:
    """Make all clips of a section again; refused and repeated like a clip."""
    clips = [clip for clip in _clips(video) if clip.section_id == section.pk]

    def take_turn(job: Job) -> None:
        _turn_of_section(video, section, job)

    return _start(video, clips, take_turn, prompt, key, agreed_usd)


def remake_film(video: Video, *, agreed_usd: Decimal | None = None) -> Job:
    """Make all clips again, as whoever runs the site may: no turn is used. Refused like a clip."""
    return _start(video, _clips(video), lambda job: None, "", None, agreed_usd)


def _start(
    video: Video,
    clips: list[Clip],
    take_turn: Callable[[Job], None],
    prompt: str,
    key: uuid.UUID | None,
    agreed_usd: Decimal | None = None,
) -> Job:
    earlier = _same_job(video, clips, key)
    if earlier is not None:
        return earlier
    model = check_video(video)
    earlier = same_unless_free(video, lambda: _same_job(video, clips, key))
    if earlier is not None:
        return earlier
    check_prompt(prompt, is_needed=False)
    usd = _price_together(video, clips)
    video.check_affordable(usd)
    video.owner.check_room()
    video.check_agreed(usd, agreed_usd)
    if not model.is_builtin:
        take_paid_turn(video.owner)
    with transaction.atomic():
        video.hold_open()
        earlier = _same_job(video, clips, key)
        if earlier is not None:
            return earlier
        check_free(video)
        # Again, of what is held now: until here its character could be deleted elsewhere.
        video.refresh_from_db(fields=["character_id"])
        video.check_agreed(_price_together(video, clips), agreed_usd)
        job = new_job(
            video,
            Job.Kind.REGENERATION,
            key=key,
            step="clips",
            message=f"0 of {counted(len(clips), 'clip')}",
            takes=len(clips),
            seconds=DEADLINE_SECONDS,
        )
        take_turn(job)
        _queue(video, clips, job, prompt.strip())
    return job


def _same_job(video: Video, clips: Sequence[Clip], key: uuid.UUID | None) -> Job | None:
    """The job of this key, or the one that makes exactly these clips now."""
    jobs = Job.objects.filter(video_id=video.pk, kind=Job.Kind.REGENERATION)
    by_key: Job | None = jobs.filter(pk=key).first() if key else None
    running = jobs.active().first()
    if by_key is not None or running is None:
        return by_key
    made = set(Take.objects.of_job(running.pk).values_list("clip_id", flat=True))
    return running if made == {clip.pk for clip in clips} else None


def _turn_of_section(video: Video, section: Section, job: Job) -> None:
    _, is_new = SectionTurn.objects.get_or_create(
        video=video, section=section, defaults={"job": job}
    )
    if not is_new:
        raise _no_turn(video, "section")


def _turn_of_clip(clip: Clip) -> None:
    if not clip.take_turn():
        raise _no_turn(clip.video, "clip")


def _no_turn(video: Video, what: str) -> Problem:
    return not_possible(
        "no_regenerations_left",
        f"This {what} was made again already; each can be made again once.",
        video_id=str(video.pk),
    )


def _queue(video: Video, clips: Sequence[Clip], job: Job, prompt: str) -> None:
    """A new take for each clip. One that goes on from another new one waits for it."""
    everything = list(video.clips.select_related("chosen_still", "chosen_take"))
    before = continuing(video, everything)
    chosen = {clip.pk: clip.chosen_take for clip in everything}
    takes: dict[uuid.UUID, Take] = {}
    for clip in clips:
        earlier = before.get(clip.pk)
        waits_for = takes.get(earlier.pk) if earlier else None
        takes[clip.pk] = Take(
            clip=clip,
            job=job,
            kind=Take.Kind.REGENERATED,
            number=next_number(clip),
            model=video.model,
            prompt=prompt or clip.prompt,
            seed=seed_of(video, clip, clip.takes.count()),
            continues=waits_for or (chosen[earlier.pk] if earlier else None),
            next_run_at=None if waits_for else Now(),
        )
    Take.objects.bulk_create(takes.values())
    ring_on_commit(*(take for take in takes.values() if take.next_run_at is not None))


# --- endings (database work only) ----------------------------------------------------------------


def remaking_ended(job: Job) -> None:
    """It failed or was canceled: the turn comes back, good takes stay, the film is as it was."""
    _give_back_turn(job, undo(job))


def _give_back_turn(job: Job, takes: Sequence[Take]) -> None:
    """A film made again has used none; where it has one clip only, that clip gains its turn."""
    of_section, _ = SectionTurn.objects.filter(job=job).delete()
    if not of_section and len(takes) == 1:
        Clip.objects.filter(pk=takes[0].clip_id, regenerations_left=0).update(regenerations_left=1)
