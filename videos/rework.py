"""A draft's direction is changed: its clips are planned anew, and what was written into them stays.

The cuts come from the seed, so a change of words alone gives the same clips again. Those whose
prompt a person has rewritten keep it; all others follow the new direction. Where the cuts are others,
as with another model, such a prompt goes to the clips that stand where its own stood. A scene that a
language model has written stays with its clip as long as the clip's shot is the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import transaction

from songs.models import Section
from vibecraft.problems import Problem, not_possible
from videos import choosing, direction, drafts, stills
from videos.models import Clip, Video

Slot = tuple[int, int]
# Everything that is chosen of a video.
TAKEN_OVER = frozenset(drafts.CHOICES.values())
STANDS = (
    "This would plan the clips anew or change their format, and the stills of your storyboard would "
    "be gone. Remove the storyboard first if you want that."
)


@dataclass(frozen=True)
class Kept:
    """What was written into the clips: prompts by hand, and shots with the scenes of a model."""

    prompts: dict[Slot, str]
    shots: dict[Slot, direction.Shot]
    scenes_by: str


@contextmanager
def _sparing_stills(video: Video) -> Iterator[None]:
    """All or nothing; nothing where it would cost the storyboard its stills, which were paid for."""
    try:
        with transaction.atomic():
            has_stills = stills.are_there(video)
            yield
            if has_stills and not stills.are_there(video):
                raise not_possible("storyboard_stands", STANDS, video_id=str(video.pk))
    except Problem:
        video.refresh_from_db()
        raise


def change_direction(video: Video, **choices: Any) -> bool:
    """Change a draft; True when its clips were planned anew, or their price is another one.

    Raises Problem: 409 once the video is not a draft or where a storyboard would lose its stills,
    400 for a choice that does not exist.
    """
    with _sparing_stills(video):
        before, price = _before(video), _price(video)
        drafts.change_video(video, **choices)
        return _plan_as_before(video, before) or _price(video) != price


def _price(video: Video) -> tuple[object, ...]:
    """What the plan shows of its price and its format, beside its clips."""
    return video.estimated_usd, video.budget_usd, video.aspect_ratio, video.continuity


def direct_anew(old: Video, *, key: uuid.UUID | None = None) -> Video:
    """A new draft like one that cannot be directed any more: its choices, its cuts, the words of its clips.

    A model that is not to be had now gives way to the site's own. The same `key` twice gives the same
    draft. Raises Problem as `drafts.create_video` does.
    """
    chosen = {name: getattr(old, name) for name in TAKEN_OVER}
    if _is_model_away(old):
        del chosen["model"]
    video = drafts.create_video(old.owner, old.song, key=key, **chosen)
    if not video.clips.exists():
        drafts.plan_video(video, seed=video.seed)
        _restore(video, _kept(old))
    return video


def _is_model_away(video: Video) -> bool:
    try:
        choosing.check_model(video.model)
    except Problem:
        return True
    return False


def write_prompt_anew(video: Video, *, idea: str | None, video_type: str | None) -> bool:
    """Write the prompt from the idea and the type; True when the clips were planned anew."""
    with _sparing_stills(video):
        before = _before(video)
        drafts.rewrite_prompt(video, idea=idea, video_type=video_type)
        video.refresh_from_db()
        return _plan_as_before(video, before)


def plan_otherwise(video: Video) -> None:
    """Plan with another seed; what was written into a clip goes to those that stand in its place."""
    with _sparing_stills(video):
        kept = _kept(video)
        drafts.plan_video(video)
        _restore(video, kept)


def _before(video: Video) -> Kept | None:
    """What was written into the clips; None where there is no plan."""
    return _kept(video) if video.clips.exists() else None


def _kept(video: Video) -> Kept:
    shots = {
        (clip.start_frame, clip.end_frame): direction.Shot(**clip.shot)
        for clip in video.clips.all()
        if clip.shot.get("scene")
    }
    return Kept(written_by_hand(video), shots, video.scenes_by)


def _plan_as_before(video: Video, before: Kept | None) -> bool:
    if before is None or video.clips.exists():
        return False
    drafts.plan_video(video, seed=video.seed)
    _restore(video, before)
    return True


def written_by_hand(
    video: Video, section_prompts: Sequence[tuple[Section, str]] | None = None
) -> dict[Slot, str]:
    """The prompts that differ from what the direction makes of their section and shot."""
    known = drafts.section_prompts(video) if section_prompts is None else section_prompts
    prompts = {section.pk: prompt for section, prompt in known}
    return {
        (clip.start_frame, clip.end_frame): clip.prompt
        for clip in video.clips.all()
        if clip.prompt
        != direction.clip_prompt(prompts[clip.section_id], direction.Shot(**clip.shot))
    }


def write_anew(video: Video, own: Collection[Slot]) -> None:
    """Write the prompts of all clips from their sections and shots, but for those of one's own."""
    prompts = {section.pk: prompt for section, prompt in drafts.section_prompts(video)}
    changed = []
    for clip in video.clips.all():
        written = direction.clip_prompt(prompts[clip.section_id], direction.Shot(**clip.shot))
        if (clip.start_frame, clip.end_frame) not in own and clip.prompt != written:
            clip.prompt = written
            changed.append(clip)
    Clip.objects.bulk_update(changed, ["prompt"])


def _restore(video: Video, kept: Kept) -> None:
    """Give the new clips what was written into those of the same place."""
    prompts = {section.pk: prompt for section, prompt in drafts.section_prompts(video)}
    clips = list(video.clips.all())
    has_scenes = [_restore_scene(clip, kept, prompts[clip.section_id]) for clip in clips]
    for clip in clips:
        clip.prompt = words_of_its_place(clip, kept.prompts) or clip.prompt
    Clip.objects.bulk_update(clips, ["prompt", "shot"])
    if any(has_scenes):
        video.scenes_by = kept.scenes_by
        video.save(update_fields=["scenes_by"])


def words_of_its_place(clip: Clip, own: Mapping[Slot, str]) -> str | None:
    """The words of the clip that stood where this one stands: for over half of the shorter of the two."""
    place = max(own, key=lambda slot: _shared_frames(slot, clip), default=None)
    if place is None or 2 * _shared_frames(place, clip) <= min(clip.frames, place[1] - place[0]):
        return None
    return own[place]


def _shared_frames(slot: Slot, clip: Clip) -> int:
    return max(0, min(slot[1], clip.end_frame) - max(slot[0], clip.start_frame))


def _restore_scene(clip: Clip, kept: Kept, section_prompt: str) -> bool:
    """Take the scene of the same place over, unless the shot there is another one now."""
    shot = kept.shots.get((clip.start_frame, clip.end_frame))
    if shot is None or clip.shot != asdict(replace(shot, scene="", style="")):
        return False
    clip.shot = asdict(shot)
    clip.prompt = direction.clip_prompt(section_prompt, shot)
    return True
