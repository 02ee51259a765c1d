"""The storyboard: a still for each clip, to be looked at before motion is paid for [G1, G2]."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.db.models.functions import Now

from accounts.turns import take_paid_turn
from vibecraft.jobs.doorbell import ring, ring_on_commit
from vibecraft.jobs.models import Job, JobQuerySet
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.ordering import stop
from vibecraft.problems import Problem, not_possible
from vibecraft.texts import counted
from videos import drafts, stills
from videos.clip_prompts import check_prompt
from videos.models import Clip, Still, Video, new_seed

DEADLINE_SECONDS = 3 * 3600
# What a job is about; its `step` from beginning to end.
ALL, AGAIN = "stills", "refinement"
# While scenes change places, their numbers are out of the way of those that are taken.
ASIDE = 10_000


# --- starting --------------------------------------------------------------------------------------


def start_storyboard(video: Video, *, agreed_usd: Decimal | None = None) -> Job:
    """Make the stills that are missing; while that runs, the job under way is returned.

    Problem: 409 when the video is no draft, when all stills are there, when something else is being
    made for it, or where they cost more than `agreed_usd`; 402 over its budget; 429 over the quota
    or for too many starts.
    """
    drafts.check_editable(video)
    under_way: Job | None = running(video).filter(step=ALL).first()
    if under_way is not None:
        return under_way
    if not video.clips.exists():
        drafts.plan_video(video, seed=video.seed)
    video.owner.check_room()
    video.check_agreed(price(video), agreed_usd)
    _check_affordable(video, price(video))
    with transaction.atomic():
        job = _open_job(video, ALL)
        # Again, of what is held now: until here the direction could be changed elsewhere.
        video.check_agreed(price(video), agreed_usd)
        wanted = list(video.clips.filter(chosen_still=None))
        if not wanted:
            raise not_possible(
                "storyboard_complete",
                "Every clip has its still. Refine single ones, or approve the storyboard.",
                video_id=str(video.pk),
            )
        _queue(job, video, wanted)
    return job


def price(video: Video) -> Decimal:
    """What the stills that are missing cost together."""
    missing = video.clips.filter(chosen_still=None).count()
    return missing * stills.price_of_still(video)


def running(video: Video) -> JobQuerySet:
    """What is being made of the storyboard now."""
    return Job.objects.filter(video_id=video.pk, kind=Job.Kind.STORYBOARD).active()


def _check_affordable(video: Video, usd: Decimal) -> None:
    """A call that is paid for counts as a start, and must fit in the budget."""
    if not usd:
        return
    video.check_affordable(usd)
    take_paid_turn(video.owner)


def _open_job(video: Video, step: str) -> Job:
    """Lock the video, see that nothing stands in the way, and make the job."""
    job_id = uuid.uuid4()
    if not video.begin_storyboard(job_id):
        drafts.check_editable(video)
    others = Job.objects.filter(video_id=video.pk).active()
    if others.exclude(kind=Job.Kind.STORYBOARD).exists() or others.filter(step=ALL).exists():
        raise _busy(video)
    if step == ALL and others.exists():
        raise _busy(video)
    return Job.objects.create(
        id=job_id,
        owner_id=video.owner_id,
        kind=Job.Kind.STORYBOARD,
        video_id=video.pk,
        song_id=video.song_id,
        step=step,
        next_run_at=None,
        started_at=Now(),
        deadline_at=Now() + timedelta(seconds=DEADLINE_SECONDS),
    )


def _busy(video: Video) -> Problem:
    return not_possible(
        "already_running",
        "Something is being made for this video. Wait for it, or cancel it.",
        video_id=str(video.pk),
    )


def _queue(job: Job, video: Video, clips: Sequence[Clip]) -> None:
    """A queued still for each clip (inside the caller's transaction)."""
    model = stills.model_for(video)
    queued = [_queued(job, video, clip, model) for clip in clips]
    try:
        Still.objects.bulk_create(queued)
    except IntegrityError as error:
        # The same click twice at once: the other one was first.
        raise _busy(video) from error
    message = f"0 of {counted(len(queued), 'still')}"
    Job.objects.filter(pk=job.pk).update(total=len(queued), message=message)
    ring_on_commit(*queued)


def _queued(job: Job, video: Video, clip: Clip, model: str) -> Still:
    """The first still of a clip has the seed that its take will have: the visualizer draws alike."""
    newest = clip.stills.aggregate(newest=Max("number"))["newest"] or 0
    first_seed = (video.seed * 1_000_003 + clip.clip_index) % 2**31
    return Still(
        clip=clip,
        job=job,
        number=newest + 1,
        model=model,
        prompt=clip.prompt,
        seed=new_seed() if newest else first_seed,
    )


# --- ending ----------------------------------------------------------------------------------------


def hand_over(still: Still) -> None:
    """After a still has ended: if it was the last, call for the end of its job."""
    done = Job.objects.filter(pk=still.job_id, status=Job.Status.QUEUED).exclude(next_run_at=None)
    ring(done)


def finish(lease: Lease, job: Job) -> None:
    """All stills have ended: say how it went. One that is made is enough to go on with."""
    lease.check()
    ended = Still.objects.of_job(job.pk)
    made = ended.filter(status=Still.Status.SUCCEEDED).count()
    failed = ended.filter(status=Still.Status.FAILED)
    last = failed.last()
    if not made and last is not None:
        raise Problem(last.error_code, last.error_sentence, detail=last.error_detail)
    are = "is" if job.total == 1 else "are"
    message = f"{made} of {counted(job.total, 'still')} {are} made."
    if not job.succeed(progress=100, completed=made, step="done", message=message):
        raise LeaseLost


def storyboard_ended(job: Job) -> None:
    """A storyboard that failed or was canceled keeps what is made of it; the rest is called off."""
    stop(Prediction.objects.of_job(job.pk))
    for still in Still.objects.of_job(job.pk).active():
        still.cancel()
    video = Video.objects.of_job(job).first()
    if video is None:
        return
    if job.step == AGAIN and not _has_made(job):
        video.give_back_refinement()
    if not video.clips.exclude(chosen_still=None).exists() and not running(video).exists():
        video.leave_storyboard()


def _has_made(job: Job) -> bool:
    return Still.objects.of_job(job.pk).filter(status=Still.Status.SUCCEEDED).exists()


def cancel_storyboard(video: Video) -> bool:
    """Stop what is being made of the storyboard; False when nothing is."""
    canceled = [job.cancel() for job in running(video)]
    return any(canceled)


def remove_storyboard(video: Video) -> None:
    """Let all stills go and be a draft again. Problem 409 once the making has begun."""
    drafts.check_editable(video)
    with transaction.atomic():
        stills.let_go(video)


# --- changing --------------------------------------------------------------------------------------


def refine(clip: Clip, *, prompt: str | None = None, agreed_usd: Decimal | None = None) -> Job:
    """Make a clip's still again, with other words if some are given; five times a video [G2].

    A clip without a picture is not refined but made at last, which does not count. Problem: 409
    `no_refinements_left`, `no_storyboard`, `already_running`, or `price_is_higher` than
    `agreed_usd`; 402, 429 as for a storyboard.
    """
    video = clip.video
    drafts.check_editable(video)
    if not stills.are_there(video):
        raise not_possible(
            "no_storyboard", "This video has no storyboard yet.", video_id=str(video.pk)
        )
    if prompt is not None:
        check_prompt(prompt)
    video.owner.check_room()
    video.check_agreed(stills.price_of_still(video), agreed_usd)
    _check_affordable(video, stills.price_of_still(video))
    with transaction.atomic():
        return _refine(clip, video, prompt, agreed_usd)


def _refine(clip: Clip, video: Video, prompt: str | None, agreed_usd: Decimal | None) -> Job:
    counts = clip.chosen_still_id is not None
    job = _open_job(video, AGAIN if counts else "missing")
    # Again, of what is held now: until here another character could be chosen elsewhere.
    video.check_agreed(stills.price_of_still(video), agreed_usd)
    if clip.stills.active().exists():
        raise _busy(video)
    if counts:
        video.take_refinement()
    if prompt is not None:
        clip.prompt = prompt.strip()
        clip.save(update_fields=["prompt"])
    _queue(job, video, [clip])
    video.refresh_from_db()
    return job


def reorder(video: Video, clip_ids: Sequence[uuid.UUID]) -> None:
    """Give the scenes another order; the slots keep their times.

    A scene (its prompt, shot and still, under its id) moves into the slot of its new place. Sending
    the earlier order again undoes it. Problem: 400 unless every clip is named once, 409 while
    stills are being made or once it is no draft.
    """
    drafts.check_editable(video)
    with transaction.atomic():
        if not Video.objects.filter(pk=video.pk, status=video.status).update(status=F("status")):
            drafts.check_editable(Video.objects.get(pk=video.pk))
        if running(video).exists():
            raise _busy(video)
        _move(list(video.clips.all()), clip_ids)


def _move(clips: list[Clip], clip_ids: Sequence[uuid.UUID]) -> None:
    scenes = {clip.pk: clip for clip in clips}
    if Counter(clip_ids) != Counter(scenes.keys()):
        sentence = "Name every clip of the video exactly once, in the new order."
        raise Problem("invalid", sentence, errors={"clip_ids": [sentence]})
    slots = [
        (clip.clip_index, clip.start_frame, clip.end_frame, clip.cut, clip.section_id)
        for clip in clips
    ]
    moved = []
    for clip_id, slot in zip(clip_ids, slots, strict=True):
        clip = scenes[clip_id]
        clip.clip_index, clip.start_frame, clip.end_frame, clip.cut, clip.section_id = slot
        moved.append(clip)
    Clip.objects.filter(pk__in=scenes).update(clip_index=F("clip_index") + ASIDE)
    Clip.objects.bulk_update(moved, ["clip_index", "start_frame", "end_frame", "cut", "section"])


def approve(video: Video) -> Video:
    """From here on the making starts from the stills. Problem 409 unless every clip has one."""
    drafts.check_editable(video)
    if running(video).exists():
        raise _busy(video)
    if not stills.are_there(video) or video.clips.filter(chosen_still=None).exists():
        raise not_possible(
            "storyboard_incomplete",
            "Not every clip has its still yet. Make the missing ones first.",
            video_id=str(video.pk),
        )
    if not video.approve_storyboard():
        drafts.check_editable(video)
    return video
