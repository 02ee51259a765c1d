"""A draft's direction is changed: its clips are planned anew, and what was written into them stays.

The cuts come from the seed, so a change of words alone gives the same clips again. Those whose
prompt a person has rewritten keep it; all others follow the new direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from songs.models import Section
from videos import direction, drafts
from videos.models import Clip, Video

Slot = tuple[int, int]


def change_direction(video: Video, **choices: Any) -> bool:
    """Change a draft; True when its clips were planned anew.

    Raises Problem: 409 once the video is not a draft, 400 for a choice that does not exist.
    """
    with transaction.atomic():
        before = _before(video)
        drafts.change_video(video, **choices)
        return _plan_as_before(video, before)


def write_prompt_anew(video: Video, *, idea: str | None, video_type: str | None) -> bool:
    """Write the prompt from the idea and the type; True when the clips were planned anew."""
    with transaction.atomic():
        before = _before(video)
        drafts.rewrite_prompt(video, idea=idea, video_type=video_type)
        video.refresh_from_db()
        return _plan_as_before(video, before)


def plan_otherwise(video: Video) -> None:
    """Plan with another seed; where a clip comes out the same, what was written into it stays."""
    with transaction.atomic():
        written = written_by_hand(video)
        drafts.plan_video(video)
        _restore(video, written)


def _before(video: Video) -> dict[Slot, str] | None:
    """What was written into the clips by hand; None where there is no plan."""
    return written_by_hand(video) if video.clips.exists() else None


def _plan_as_before(video: Video, before: dict[Slot, str] | None) -> bool:
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


def _restore(video: Video, written: dict[Slot, str]) -> None:
    clips = [clip for clip in video.clips.all() if (clip.start_frame, clip.end_frame) in written]
    for clip in clips:
        clip.prompt = written[clip.start_frame, clip.end_frame]
    Clip.objects.bulk_update(clips, ["prompt"])
