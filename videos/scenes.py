"""The scenes of a draft, written by a language model; where that fails, the built-in ones stay [E7].

A scene lies in the shot of its clip, so a clip's prompt is made by the same rule with it as without
it, and what a person has rewritten is known by the same rule too and never touched.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.turns import take_paid_turn
from songs.lyrics import lines_between
from songs.models import Analysis
from vibecraft import storage
from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.models import Job, JobEvent
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.jobs.watching import Watch, watch
from vibecraft.predictions import errors
from vibecraft.predictions.catalog import build_input, catalog, default_key, get_model
from vibecraft.predictions.models import Prediction, Purpose
from vibecraft.predictions.ordering import is_on, order, stop
from vibecraft.predictions.prices import quote
from vibecraft.problems import Problem, not_possible
from videos import direction, drafts, rework
from videos.attempts import Attempt, Way, next_after
from videos.direction import scenes as writing
from videos.flavors import get_flavor
from videos.models import Asset, Clip, Video

DEADLINE_SECONDS = 3600
# A bad answer is asked again once: each is paid.
ANSWERS_ALLOWED = 2
# A call that lives wakes its job when it ends; this is for a job that was rung for before.
LOOK_AGAIN_SECONDS = 15.0
STAY = "The built-in scenes stay as they are."


# --- starting ------------------------------------------------------------------------------------


def start_scenes(video: Video, *, agreed_usd: Decimal | None = None) -> Job:
    """Have the scenes of a draft written; while that runs, the job under way is returned.

    Without AI the built-in writer does it. Problem: 409 when the video is no draft, when something
    else is being made for it, or where they cost more than `agreed_usd`; 402 over its budget; 429
    for too many starts.
    """
    drafts.check_editable(video)
    under_way = _under_way(video)
    if under_way is not None:
        return under_way
    if not video.clips.exists():
        drafts.plan_video(video, seed=video.seed)
    if is_on():
        usd = price_of_scenes(video)
        video.check_affordable(usd)
        video.check_agreed(usd, agreed_usd)
        take_paid_turn(video.owner)
    return _open_job(video, agreed_usd)


def price_of_scenes(video: Video) -> Decimal:
    """What having the scenes written will cost, about: how long the answer is, nobody knows."""
    model = get_model(default_key("words"))
    return quote(model, build_input(model, _values(brief_of(video))))


def _open_job(video: Video, agreed_usd: Decimal | None) -> Job:
    with transaction.atomic():
        video.hold_open()
        earlier = _under_way(video)
        if earlier is not None:
            return earlier
        if is_on():
            # Again, of what is held now: until here the direction could be changed elsewhere.
            video.refresh_from_db()
            video.check_agreed(price_of_scenes(video), agreed_usd)
        job: Job = Job.objects.create(
            owner_id=video.owner_id,
            kind=Job.Kind.SCENES,
            video_id=video.pk,
            song_id=video.song_id,
            message="Waiting for the writer.",
            deadline_at=Now() + timedelta(seconds=DEADLINE_SECONDS),
        )
        ring_on_commit(job)
    return job


def _under_way(video: Video) -> Job | None:
    """The scenes' job that runs; Problem 409 where anything else does."""
    running = list(Job.objects.filter(video_id=video.pk).active())
    scenes: list[Job] = [job for job in running if job.kind == Job.Kind.SCENES]
    if running and not scenes:
        raise not_possible(
            "already_running",
            "Something else is being made for this video. Wait for it, or cancel it.",
            video_id=str(video.pk),
        )
    return scenes[0] if scenes else None


def cancel_scenes(video: Video) -> bool:
    """Stop the writing; False when nothing is being written."""
    running = Job.objects.filter(video_id=video.pk, kind=Job.Kind.SCENES).active()
    canceled = [job.cancel() for job in running]
    return any(canceled)


# --- what is asked -------------------------------------------------------------------------------


def brief_of(video: Video) -> writing.Brief:
    """All that the scenes of a planned draft are written from."""
    analysis = Analysis.objects.get(song=video.song)
    known = direction.VIDEO_TYPES.get(video.video_type)
    return writing.Brief(
        genre=analysis.genre,
        mood=analysis.mood_primary,
        bpm=analysis.bpm,
        video_type=f"{known.name}: {known.description}" if known else video.video_type,
        idea=video.idea,
        prompt=video.overall_prompt,
        flavor=get_flavor(video.flavor),
        character=_character(video),
        sections=[_section(section) for section in video.song.sections.all()],
        slots=_slots(video),
    )


def _character(video: Video) -> str:
    """What the character looks like, in words: as it was described, else as its image is named."""
    if video.character_id is None:
        return ""
    image = Asset.objects.for_user(video.owner).filter(pk=video.character_id).first()
    return (image.description or image.title) if image else ""


def _section(section: Any) -> dict[str, Any]:
    return {
        "label": section.label,
        "note": section.prompt_note,
        "starts_at": round(section.start_time, 2),
        "ends_at": round(section.end_time, 2),
    }


def _slots(video: Video) -> list[writing.Slot]:
    lines = video.song.lines
    return [
        writing.Slot(
            number=clip.clip_index + 1,
            start_frame=clip.start_frame,
            end_frame=clip.end_frame,
            section=clip.section.label,
            lyrics=lines_between(lines, clip.start_time, clip.end_time),
            shot=plain_shot(clip),
        )
        for clip in video.clips.select_related("section")
    ]


def plain_shot(clip: Clip) -> direction.Shot:
    """A clip's shot without what was written for it."""
    return replace(direction.Shot(**clip.shot), scene="", style="")


def _values(brief: writing.Brief, faults: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "system_prompt": writing.RULES,
        "prompt": writing.request(brief, faults),
        "schema": writing.schema(brief.slots),
    }


# --- the work ------------------------------------------------------------------------------------


def write_scenes(lease: Lease, job: Job) -> None:
    """One step of the job: ask, wait, judge the answer; called again whenever a call has ended."""
    video = Video.objects.of_job(job).select_related("song", "owner").get()
    calls = list(Prediction.objects.about(job.pk))
    if not calls and not is_on():
        _write_builtin(job, video)
    elif not calls:
        _ask(job, video)
    elif not calls[-1].is_terminal:
        job.come_back(LOOK_AGAIN_SECONDS)
    elif calls[-1].status == Prediction.Status.SUCCEEDED:
        _judge(lease, job, video, calls)
    else:
        _after_failure(job, video, calls)


def _ask(job: Job, video: Video, faults: tuple[str, ...] = ()) -> None:
    """Order one call and wait for it: both, or neither."""
    with transaction.atomic():
        order(
            owner=video.owner,
            purpose=Purpose.SCENES,
            model=default_key("words"),
            values=_values(brief_of(video), faults),
            subject_id=job.pk,
            keep_at=storage.calls_prefix(video.owner_id, video.pk, job.pk) + str(uuid.uuid4()),
            job=job,
            video_id=video.pk,
            song_id=video.song_id,
            reserve=video.reserve,
        )
        message = "Asking for better scenes." if faults else "The scenes are being written."
        job.report(50 if faults else 20, "writing", message)
        job.note(JobEvent.Kind.STEP, message, faults=list(faults))
        _wait(job)


def _wait(job: Job) -> None:
    if not job.wait_for_others():
        raise LeaseLost


def _judge(lease: Lease, job: Job, video: Video, calls: list[Prediction]) -> None:
    """Use a good answer; ask once more after a bad one; then give up."""
    try:
        scenes = writing.read_scenes(answer_of(calls[-1]), brief_of(video))
    except writing.BadScenes as error:
        answers = [call for call in calls if call.status == Prediction.Status.SUCCEEDED]
        if len(answers) >= ANSWERS_ALLOWED:
            raise Problem(
                "bad_scenes", f"The language model wrote nothing usable. {STAY}", detail=str(error)
            ) from error
        _ask(job, video, error.faults)
        return
    lease.check()
    _use(job, video, scenes, calls[-1].model)


def answer_of(call: Prediction) -> object:
    """The JSON that a call brought, in whichever of its forms; None where it brought none."""
    data = call.data
    if isinstance(data, dict) and "json_output" in data:
        data = data["json_output"]
    if isinstance(data, dict):
        return data
    try:
        return json.loads(data if isinstance(data, str) else call.text)
    except ValueError:
        return None


def _after_failure(job: Job, video: Video, calls: list[Prediction]) -> None:
    """Ask again what can pass with time, after a pause; everything else ends the job."""
    last = calls[-1]
    codes = [call.error_code for call in calls if call.status != Prediction.Status.SUCCEEDED]
    following = next_after([Attempt(Way(last.model), code) for code in codes], target=last.model)
    if following is None:
        sentence = last.error_sentence or errors.SENTENCES["canceled"]
        raise Problem(last.error_code or "canceled", f"{sentence} {STAY}", detail=last.error_detail)
    ended = last.finished_at or timezone.now()
    left = following.after_seconds - (timezone.now() - ended).total_seconds()
    if left > 0:
        job.come_back(left)
    else:
        _ask(job, video)


def _use(job: Job, video: Video, scenes: writing.Scenes, model: str) -> None:
    """Write the scenes into the clips that nobody has rewritten, and end the job."""
    with transaction.atomic():
        locked = _locked_draft(video)
        slots = _slots(locked)
        shots = {
            slot.key: replace(slot.shot, scene=scenes.by_key[slot.key], style=scenes.style)
            for slot in slots
            if slot.key in scenes.by_key
        }
        written = _write_shots(locked, shots)
        Video.objects.filter(pk=locked.pk).update(scenes_by=model)
        _end(job, _how_many(written, len(slots) - written))


def _how_many(written: int, own: int) -> str:
    which = "scene is" if written == 1 else "scenes are"
    keep = "clip keeps" if own == 1 else "clips keep"
    return f"{written} {which} written." + (f" {own} {keep} yours." if own else "")


def _locked_draft(video: Video) -> Video:
    """The video, held until the transaction ends, if it can still be changed."""
    video.hold_open()
    locked = Video.objects.select_related("song", "owner").get(pk=video.pk)
    if not locked.is_editable:
        raise not_possible(
            "not_a_draft",
            "The making has begun, so the scenes came too late. It goes on without them.",
            video_id=str(video.pk),
        )
    return locked


def _write_shots(video: Video, shots: dict[str, direction.Shot]) -> int:
    """Give clips their shots and the prompts that follow; return how many prompts are new.

    A prompt rewritten by hand stays, and gets no scene beside it.
    """
    prompts = drafts.section_prompts(video)
    by_hand = rework.written_by_hand(video, prompts)
    of_section = {section.pk: prompt for section, prompt in prompts}
    changed, written = [], 0
    for slot, clip in zip(_slots(video), video.clips.all(), strict=True):
        is_own = (clip.start_frame, clip.end_frame) in by_hand
        shot = shots.get(slot.key)
        if shot is None or (is_own and shot.scene):
            continue
        clip.shot = asdict(shot)
        if not is_own:
            clip.prompt = direction.clip_prompt(of_section[clip.section_id], shot)
            written += 1
        changed.append(clip)
    Clip.objects.bulk_update(changed, ["shot", "prompt"])
    return written


def _write_builtin(job: Job, video: Video) -> None:
    with transaction.atomic():
        _take_back(_locked_draft(video))
        _end(job, "The scenes are those of the built-in writer: no language model is set up here.")


def _end(job: Job, message: str) -> None:
    if not job.succeed(progress=100, step="done", message=message):
        raise LeaseLost
    job.note(JobEvent.Kind.STATUS, "succeeded")


def back_to_builtin(video: Video) -> None:
    """Take the written scenes out again; prompts rewritten by hand stay. 409 for no draft."""
    with transaction.atomic():
        drafts.check_editable(video)
        _take_back(_locked_draft(video))


def _take_back(video: Video) -> None:
    _write_shots(video, {slot.key: slot.shot for slot in _slots(video)})
    Video.objects.filter(pk=video.pk).update(scenes_by="")


# --- endings (database work only) ----------------------------------------------------------------


def call_ended(prediction: Prediction) -> None:
    """A call for scenes has ended: settle its price, wake its job."""
    known = prediction.video_id
    video = Video.objects.filter(pk=known).first() if known else None
    if video is not None:
        video.settle(prediction.estimated_usd, prediction.actual_usd or Decimal(0))
    job = Job.objects.filter(pk=prediction.subject_id).first()
    if job is not None and job.wake():
        ring_on_commit(job)


def scenes_ended(job: Job) -> None:
    """The job failed or was canceled: nothing more is asked, nothing was changed."""
    stop(Prediction.objects.of_job(job.pk))


# --- what the page shows -------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownScenes:
    """How the scenes of a draft stand; `problem` is why they cannot be ordered just now."""

    is_on: bool
    job: Job | None
    failure: str
    usd: Decimal | None
    problem: str
    writer: str
    written: int
    total: int
    is_old: bool
    watch: Watch | None

    @property
    def is_running(self) -> bool:
        return self.job is not None and not self.job.is_terminal


def shown(video: Video) -> ShownScenes:
    """What the plan's page says of the scenes."""
    jobs = Job.objects.filter(video_id=video.pk, kind=Job.Kind.SCENES)
    watched = watch(jobs.active().values_list("pk", flat=True))
    job = jobs.first()
    clips = list(video.clips.all())
    written = sum(1 for clip in clips if clip.shot.get("scene"))
    usd, problem = _offer(video, has_plan=bool(clips))
    return ShownScenes(
        is_on=is_on(),
        job=job,
        failure=job.error_sentence if job is not None and job.status == "failed" else "",
        usd=usd,
        problem=problem,
        writer=_name_of(video.scenes_by) if written else "",
        written=written,
        total=len(clips),
        is_old=bool(written) and _is_old(video),
        watch=watched,
    )


def _offer(video: Video, *, has_plan: bool) -> tuple[Decimal | None, str]:
    """The price, and why it cannot be paid. Without a plan nothing can be said yet."""
    if not is_on() or not has_plan:
        return None, ""
    usd = price_of_scenes(video)
    try:
        video.check_affordable(usd)
    except Problem as problem:
        return usd, problem.sentence
    return usd, ""


def _name_of(key: str) -> str:
    """A model may have left the catalog since it wrote."""
    model = catalog().get(key)
    return model.name if model else key


def _is_old(video: Video) -> bool:
    """Whether the direction is another one now than the scenes were written from."""
    calls = Prediction.objects.filter(video_id=video.pk, purpose=Purpose.SCENES)
    call = calls.filter(status=Prediction.Status.SUCCEEDED).first()
    if call is None:
        return False
    asked = writing.request(brief_of(video))
    return not any(str(sent).startswith(asked) for sent in call.input.values())
