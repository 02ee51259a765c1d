"""A video before it is made: its direction, its prompt, its plan and its price."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any, cast

from django.db import IntegrityError, transaction

from accounts.models import User
from songs.lyrics import lines_between
from songs.models import Analysis, Section, Song
from vibecraft.media.house import SIZES
from vibecraft.predictions.catalog import default_key, get_model
from vibecraft.problems import Problem, gone, not_possible
from videos import assets, choosing, direction, stills
from videos.clip_prompts import check_prompt
from videos.first_frames import stills_usd
from videos.flavors import Flavor, get_flavor
from videos.models import Clip, Take, Video, new_seed
from videos.plan import (
    ClipSlot,
    CutKind,
    Estimate,
    Footage,
    Pace,
    SectionSpan,
    Unplannable,
    estimate,
    plan_clips,
)

# What a user may choose, and the column it goes to.
CHOICES = {
    "title": "title",
    "video_type": "video_type",
    "idea": "idea",
    "prompt": "overall_prompt",
    "overall_prompt": "overall_prompt",
    "negative_prompt": "negative_prompt",
    "model": "model",
    "flavor": "flavor",
    "aspect_ratio": "aspect_ratio",
    "continuity": "continuity",
    "character_id": "character_id",
    "seed": "seed",
    "budget_usd": "budget_usd",
}
# A change of these is a change of the plan: the clips are planned anew.
PLANNED_BY = {"model", "seed", "flavor", "overall_prompt", "video_type"}

# A change of these is a change of the price alone: of the stills that the model begins with.
PRICED_BY = {"continuity", "character_id", "aspect_ratio"}
# A change of these makes the stills of a storyboard useless.
STILLS_SHOW = {"aspect_ratio"}

# What can be taken away again.
CLEARABLE = {"character_id", "budget_usd"}

# Why nothing can be planned for the model of a draft.
NOT_PLANNED = {"model_gone", "unplannable"}

# What is written for the user, and the choices that it is written from.
WRITTEN_FROM = {
    "overall_prompt": {"idea", "video_type", "flavor"},
    "negative_prompt": {"flavor"},
}


def suggest_type(song: Song) -> direction.Suggestion:
    """The video type that suits the song, with the reason [E1]; Problem 409 until it is analyzed."""
    return suggestion_of(_analysis(song))


def suggestion_of(analysis: Analysis) -> direction.Suggestion:
    """What suits the song as it was heard, also while it is being heard again."""
    return direction.suggest(
        bpm=analysis.bpm,
        genre=analysis.genre,
        mood_primary=analysis.mood_primary,
        mood_vector=analysis.mood_vector,
    )


def create_video(owner: User, song: Song, *, key: uuid.UUID | None = None, **choices: Any) -> Video:
    """Make a draft with everything chosen or suggested, and its prompt written [E2].

    The same `key` twice gives the same video, also twice at once.
    Raises Problem: 409 without an analysis or sections, 400 for a choice that does not exist, 404
    for a character that is not there, or a song that is deleted meanwhile.
    """
    if not song.sections.exists():
        _analysis(song)
        raise not_possible(
            "no_sections", "Draw the sections of this song first.", song_id=str(song.pk)
        )
    fields = _checked(choices, owner)
    video = Video(id=key or uuid.uuid4(), owner=owner, song=song, **fields)
    video.title = video.title or song.title
    video.model = video.model or default_key("video")
    _check_possible(video, video.model, video.aspect_ratio, {"model"})
    video.video_type = video.video_type or suggest_type(song).video_type
    flavor = get_flavor(video.flavor)
    video.negative_prompt = video.negative_prompt or direction.negative_prompt(flavor)
    video.overall_prompt = video.overall_prompt or written_prompt(video, flavor)
    return _saved_once(video)


def _saved_once(video: Video) -> Video:
    """The new row, or the one that an earlier request has written with the same id."""
    earlier = Video.objects.for_user(video.owner).select_related("song", "owner")
    try:
        with transaction.atomic():
            video.save(force_insert=True)
    except IntegrityError as error:
        same = earlier.filter(pk=video.pk).first()
        if same is None:
            raise gone("song") from error
        return same
    return video


def _analysis(song: Song) -> Analysis:
    analysis = Analysis.objects.filter(song=song).first()
    if analysis is None or not song.is_ready:
        raise not_possible(
            "analysis_not_ready",
            "This song is not analyzed yet. Please wait until it is.",
            song_id=str(song.pk),
        )
    return analysis


def _checked(choices: dict[str, Any], owner: User) -> dict[str, Any]:
    """Known choices only, each a value that exists; anything else is the user's 400 or 404.

    Nothing (None) leaves a choice as it is, but takes the character or the budget away.
    """
    fields = {
        CHOICES[name]: value
        for name, value in choices.items()
        if value is not None or name in CLEARABLE
    }
    if fields.get("character_id"):
        fields["character_id"] = assets.check_character(owner, fields["character_id"])
    if fields.get("model"):
        choosing.find_model(fields["model"])
    if "aspect_ratio" in fields and fields["aspect_ratio"] not in SIZES:
        raise _unknown("aspect_ratio", fields["aspect_ratio"], SIZES)
    if "continuity" in fields and fields["continuity"] not in Video.Continuity.values:
        raise _unknown("continuity", fields["continuity"], Video.Continuity.values)
    return fields


def _unknown(field: str, value: object, allowed: Any) -> Problem:
    sentence = f"“{value}” is not one of {', '.join(allowed)}."
    return Problem("invalid", sentence, errors={field: [sentence]})


def _check_possible(video: Video, key: str, aspect_ratio: str, changed: Collection[str]) -> None:
    """What was chosen must go together, and be there. What was chosen before stays, whatever is."""
    if "model" in changed:
        choosing.check_format(choosing.check_model(key), aspect_ratio)
    elif "aspect_ratio" in changed:
        choosing.check_format(choosing.model_of(video), aspect_ratio)


def change_video(video: Video, **choices: Any) -> Video:
    """Change a draft; what the plan rests on removes the plan. 409 once it is not a draft.

    With the plan go the stills of a storyboard, as they do with another format. A prompt that is
    still as it was written follows the idea, the type and the flavor, and what should not be seen
    follows the flavor; what the user has touched stays theirs.
    """
    fields = _checked(choices, video.owner)
    is_for_drafts = set(fields) != {"budget_usd"} or video.is_finalized
    if is_for_drafts:
        check_editable(video)
    changed = {name for name, value in fields.items() if getattr(video, name) != value}
    merged = {"model": video.model, "aspect_ratio": video.aspect_ratio} | fields
    _check_possible(video, merged["model"], merged["aspect_ratio"], changed)
    following = _following(video, changed)
    for name in changed:
        setattr(video, name, fields[name])
    for name in following:
        setattr(video, name, _written(video, name))
    changed |= following
    with transaction.atomic():
        if is_for_drafts:
            # Whatever is changed: another change of the same transaction may let the stills go.
            stills.hold_jobs(video)
            hold_editable(video)
        if changed & (PLANNED_BY | STILLS_SHOW):
            stills.let_go(video)
        if changed & PLANNED_BY:
            video.clips.all().delete()
        video.save(update_fields=changed)
        if changed & PRICED_BY:
            _estimate_anew(video)
    return video


def _following(video: Video, changed: Collection[str]) -> set[str]:
    """What will be written anew after these changes: what still is as it was written before them."""
    return {
        name
        for name, sources in WRITTEN_FROM.items()
        if sources & set(changed)
        and name not in changed
        and getattr(video, name) == _written(video, name)
    }


def _written(video: Video, name: str) -> str:
    """What one field of `WRITTEN_FROM` is, as long as nobody has touched it."""
    flavor = get_flavor(video.flavor)
    if name == "negative_prompt":
        return direction.negative_prompt(flavor)
    return written_prompt(video, flavor)


def _estimate_anew(video: Video) -> None:
    """Write down what the plan costs now; without a plan it is written with the next one."""
    if video.clips.exists():
        video.estimated_usd = estimate_video(video).usd
        video.save(update_fields=["estimated_usd"])


def is_untouched(video: Video) -> bool:
    """Whether the prompt is word for word what the direction makes of idea, type and flavor."""
    return video.overall_prompt == _written(video, "overall_prompt")


def check_editable(video: Video) -> None:
    """Raise Problem 409 once the making of a video has begun."""
    video.check_not_final()
    if not video.is_editable:
        raise _not_a_draft(video)


def hold_editable(video: Video) -> None:
    """Keep the making from beginning until this transaction ends; Problem 409 if it has begun."""
    if not video.hold_editable():
        video.refresh_from_db(fields=["status", "is_finalized"])
        video.check_not_final()
        raise _not_a_draft(video)


def _not_a_draft(video: Video) -> Problem:
    return not_possible(
        "not_a_draft",
        "This video is being made or is finished; its direction can no longer be changed.",
        video_id=str(video.pk),
    )


def rewrite_prompt(
    video: Video, *, idea: str | None = None, video_type: str | None = None
) -> tuple[str, direction.IdeaParts]:
    """Write the prompt anew from the idea and the type [E2, E3]."""
    change_video(video, idea=idea, video_type=video_type or None)
    change_video(video, overall_prompt=written_prompt(video, get_flavor(video.flavor)))
    return video.overall_prompt, direction.read_idea(video.idea)


def written_prompt(video: Video, flavor: Flavor) -> str:
    """What the direction makes of the song, the idea, the type and the flavor [E2]."""
    analysis = _analysis(video.song)
    return direction.write_prompt(
        genre=analysis.genre,
        mood=analysis.mood_primary,
        video_type=video.video_type,
        idea=video.idea,
        flavor=flavor,
        bpm=analysis.bpm,
    )


def section_prompts(video: Video) -> list[tuple[Section, str]]:
    """Each section with its prompt: the whole prompt, its label, note and own lyrics [E4]."""
    flavor, lines = get_flavor(video.flavor), video.song.lines
    return [
        (
            section,
            direction.section_prompt(
                video.overall_prompt,
                label=section.label,
                note=section.prompt_note,
                lyrics=lines_between(lines, section.start_time, section.end_time),
                flavor=flavor,
            ),
        )
        for section in video.song.sections.all()
    ]


def plan_video(video: Video, *, seed: int | None = None) -> Estimate:
    """Divide the song into clips and write them; repeatable while it is a draft [F1-F4]."""
    if not (video.is_editable or (video.is_startable and not video.clips.exists())):
        check_editable(video)
    video.seed = new_seed() if seed is None else seed
    slots = _slots(video, _footage(video))
    with transaction.atomic():
        _write_clips(video, slots)
        made = _estimate(video, slots)
        video.estimated_usd = made.usd
        video.save(update_fields=["seed", "estimated_usd", "scenes_by"])
    return made


def plan_for_its_song(video: Video) -> None:
    """Plan a draft anew with the seed that it has, whatever has become of its model.

    Where that has left the catalog, or fills no clip, the lengths are the visualizer's: the draft
    stays in time with its song, and has clips for the words that were written into them. Nothing is
    made of it, and its price stays as it was, until another model is chosen. Raises Problem 409 as
    `plan_video` does for all else.
    """
    try:
        plan_video(video, seed=video.seed)
    except Problem as problem:
        if problem.code not in NOT_PLANNED:
            raise
        slots = _slots(video, choosing.footage(get_model(stills.BUILTIN)))
        with transaction.atomic():
            _write_clips(video, slots)
            video.save(update_fields=["scenes_by"])


def _write_clips(video: Video, slots: tuple[ClipSlot, ...]) -> None:
    """Put the clips of a plan in the place of those that are there (in a transaction)."""
    prompts = clip_prompts(video, [slot.section_index for slot in slots])
    sections = list(video.song.sections.all())
    stills.hold_jobs(video)
    # Before anything is changed: what has started meanwhile keeps the clips it is made of.
    if not video.hold_startable():
        video.refresh_from_db(fields=["status", "is_finalized"])
        check_editable(video)
    stills.let_go(video)
    video.clips.all().delete()
    Clip.objects.bulk_create(
        Clip(
            id=uuid.uuid4(),
            video=video,
            section=sections[slot.section_index],
            clip_index=index,
            start_frame=slot.start_frame,
            end_frame=slot.end_frame,
            cut=slot.cut,
            prompt=prompt,
            shot=shot,
        )
        for index, (slot, (prompt, shot)) in enumerate(zip(slots, prompts, strict=True))
    )
    video.scenes_by = ""


def _footage(video: Video) -> Footage:
    return choosing.footage(choosing.model_of(video))


def _slots(video: Video, footage: Footage) -> tuple[ClipSlot, ...]:
    analysis = _analysis(video.song)
    flavor = get_flavor(video.flavor).parameters
    spans = [
        SectionSpan(one.section_index, one.start_frame, one.end_frame)
        for one in video.song.sections.all()
    ]
    try:
        return plan_clips(
            spans,
            beats=analysis.beat_times,
            downbeats=analysis.downbeat_times,
            energy=[(point["time"], point["value"]) for point in analysis.energy_curve],
            seed=video.seed,
            footage=footage,
            pace=Pace(flavor.calm_seconds, flavor.energetic_seconds),
        )
    except Unplannable as error:
        raise Problem("unplannable", str(error), about={"video_id": str(video.pk)}) from error


def clip_prompts(video: Video, section_indexes: Sequence[int]) -> list[tuple[str, dict[str, Any]]]:
    """What is written for each clip of a plan: its prompt, and its shot [E4].

    Nothing but the section of each clip is asked, so it can be said without a model.
    """
    flavor = get_flavor(video.flavor)
    prompts = [prompt for _, prompt in section_prompts(video)]
    shots = direction.shots_for(
        section_indexes, seed=video.seed, flavor=flavor, video_type=video.video_type
    )
    return [
        (direction.clip_prompt(prompts[index], shot), asdict(shot))
        for index, shot in zip(section_indexes, shots, strict=True)
    ]


def _estimate(video: Video, slots: tuple[ClipSlot, ...]) -> Estimate:
    return estimate(
        slots,
        _footage(video),
        budget_usd=video.budget_usd,
        stills_usd=stills_usd(video),
    )


def estimate_video(video: Video) -> Estimate:
    """What the planned clips will cost [F5]; plans first where there is no plan."""
    if not video.clips.exists():
        return plan_video(video, seed=video.seed)
    return _estimate(video, planned_slots(video))


def price_of(video: Video) -> Decimal:
    """What making the video would cost as it stands, planned or not; nothing is written.

    What comes from another format costs nothing. Raises Problem where it cannot be planned.
    """
    if video.is_reframed:
        return Decimal(0)
    slots = planned_slots(video) if video.clips.exists() else _slots(video, _footage(video))
    return _estimate(video, slots).usd


def planned_slots(video: Video) -> tuple[ClipSlot, ...]:
    """The plan as it is stored, with what each clip would be ordered as today."""
    footage = _footage(video)
    return tuple(_stored_slot(clip, footage) for clip in video.clips.select_related("section"))


def _stored_slot(clip: Clip, footage: Footage) -> ClipSlot:
    order = footage.order_for(clip.frames)
    if order is None:
        raise Problem("unplannable", "The model cannot fill a clip of this plan. Plan again.")
    return ClipSlot(
        clip_index=clip.clip_index,
        section_index=clip.section.section_index,
        start_frame=clip.start_frame,
        end_frame=clip.end_frame,
        cut=cast(CutKind, clip.cut),
        order=order,
    )


def check_budget(video: Video) -> None:
    """A budget is a hard limit: Problem 402 when the plan costs more than is left of it."""
    video.check_affordable(estimate_video(video).usd)


def change_clip(
    clip: Clip, *, prompt: str | None = None, chosen_take_id: uuid.UUID | str | None = None
) -> Clip:
    """Rewrite a clip's prompt while the video is a draft, or choose another of its good takes."""
    clip.video.check_not_final()
    if prompt is not None:
        check_editable(clip.video)
        check_prompt(prompt)
        clip.prompt = prompt.strip()
    if chosen_take_id is not None:
        clip.chosen_take = _good_take(clip, chosen_take_id)
    with transaction.atomic():
        if prompt is None:
            clip.video.hold_open()
        else:
            hold_editable(clip.video)
        clip.save(update_fields=["prompt", "chosen_take"])
    return clip


def _good_take(clip: Clip, take_id: uuid.UUID | str) -> Take:
    take: Take | None = (
        clip.takes.filter(pk=take_id, status=Take.Status.SUCCEEDED).exclude(key="").first()
    )
    if take is None:
        raise Problem("unknown_take", "This clip has no finished take with that id.")
    return take
