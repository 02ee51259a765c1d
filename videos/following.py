"""Drafts follow the song: its corrected beat with a new plan [C4], its words with new prompts [E4]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from songs.beat_grid import Follow
from songs.models import Song
from videos import drafts, rework
from videos.flavors import get_flavor
from videos.models import Clip, Video


def follow_the_grid(song: Song) -> Follow:
    """Remember what of the song's drafts is their own; what is returned writes and plans them anew."""
    unstarted = song.videos.filter(status__in=Video.EDITABLE)
    follows = [_follow(video) for video in unstarted.select_related("song")]

    def follow() -> None:
        for one in follows:
            one()

    return follow


def _follow(video: Video) -> Follow:
    is_untouched = drafts.is_untouched(video)
    is_planned = video.clips.exists()
    own = _own_words(video) if is_planned else {}

    def follow() -> None:
        if is_untouched:
            video.overall_prompt = drafts.written_prompt(video, get_flavor(video.flavor))
            video.save(update_fields=["overall_prompt"])
        if is_planned:
            _plan_anew(video, own)

    return follow


def _own_words(video: Video) -> dict[rework.Slot, str]:
    """A person's words and a language model's: what differs from what the direction writes.

    No model is asked, which may be gone.
    """
    clips = list(video.clips.select_related("section"))
    written = drafts.clip_prompts(video, [clip.section.section_index for clip in clips])
    return {
        (clip.start_frame, clip.end_frame): clip.prompt
        for clip, (prompt, _) in zip(clips, written, strict=True)
        if clip.prompt != prompt
    }


def _plan_anew(video: Video, own: Mapping[rework.Slot, str]) -> None:
    """With the same seed, so that taking a correction back brings the same plan back."""
    scenes_by = video.scenes_by
    drafts.plan_for_its_song(video)
    if not own:
        return
    for clip in video.clips.all():
        if words := rework.words_of_its_place(clip, own):
            Clip.objects.filter(pk=clip.pk).update(prompt=words)
    Video.objects.filter(pk=video.pk).update(scenes_by=scenes_by)
    video.scenes_by = scenes_by


def follow_the_words(song: Song) -> Follow:
    """Remember which clips have words of their own; the others of what is not begun are written anew.

    The cuts do not rest on words, so the plan stays, and with it the stills of a storyboard.
    """
    own = {video.pk: set(rework.written_by_hand(video)) for video in _held_plans(song)}

    def follow() -> None:
        # Read once more: these see the song as it is now.
        for video in Video.objects.filter(pk__in=own).select_related("song"):
            rework.write_anew(video, own[video.pk])

    return follow


def _held_plans(song: Song) -> Iterable[Video]:
    """The song's plans that can still be begun, kept from it until the transaction ends.

    What has begun in this moment is left alone. They are held first and read then: until it is held,
    a direction may still be changed. A plan that is being made in this very moment may still get the
    old words; the rest of a moment is tolerated.
    """
    planned = song.videos.filter(status__in=Video.STARTABLE, clips__isnull=False).distinct()
    held = [video.pk for video in planned.order_by("pk") if video.hold_startable()]
    return Video.objects.filter(pk__in=held).select_related("song")
