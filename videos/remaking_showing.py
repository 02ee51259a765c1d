"""What the player's page says of making clips again: takes, prices, turns, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse

from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Job
from vibecraft.problems import Problem
from videos import remaking
from videos.models import Clip, SectionTurn, Take, Video
from videos.showing import NewestJob, all_of_clips, thumbnail_url

KIND_NAMES = {
    Take.Kind.GENERATED: "first",
    Take.Kind.REGENERATED: "made again",
    Take.Kind.LIPSYNC: "lip-synced",
    Take.Kind.REFRAMED: "cropped",
}
JOINING = (Job.Kind.REGENERATION, Job.Kind.REFRAMING, Job.Kind.COMPOSITION)


@dataclass(frozen=True)
class ShownTake:
    """One take of a clip; `failure` is the sentence of one that could not be made."""

    take: Take
    kind: str
    is_chosen: bool
    is_in_film: bool
    thumbnail_url: str
    film_url: str
    failure: str


@dataclass(frozen=True)
class ClipAgain:
    """A clip with its takes and what making it, or its section, again would cost."""

    clip: Clip
    takes: list[ShownTake]
    usd: Decimal
    section_usd: Decimal
    section_clips: int
    section_left: int
    is_broken: bool

    @property
    def number(self) -> int:
        return self.clip.clip_index + 1


@dataclass(frozen=True)
class ShownAgain(NewestJob):
    """How it stands for a video. `reason` is why nothing of it can be made again."""

    reason: str
    clips: list[ClipAgain]
    can_join: bool


def shown(video: Video, clips: Sequence[Clip] | None = None) -> ShownAgain:
    """The state of a video and of all its clips, with one query for each kind of row."""
    job = Job.objects.filter(video_id=video.pk, kind__in=JOINING).first()
    clips = all_of_clips(video) if clips is None else clips
    try:
        remaking.check_video(video)
        prices, reason = remaking.prices_of(video, clips), ""
    except Problem as problem:
        prices, reason = {}, problem.sentence
    turns = set(SectionTurn.objects.filter(video=video).values_list("section_id", flat=True))
    return ShownAgain(job, reason, _clips(video, clips, prices, turns), _can_join(video, clips))


def _clips(
    video: Video, clips: Sequence[Clip], prices: dict[Any, Decimal], used: set[Any]
) -> list[ClipAgain]:
    found = []
    before: Clip | None = None
    for clip in clips:
        same = [one for one in clips if one.section_id == clip.section_id]
        found.append(
            ClipAgain(
                clip=clip,
                takes=_takes(video, clip),
                usd=prices.get(clip.pk, Decimal(0)),
                section_usd=sum((prices.get(one.pk, Decimal(0)) for one in same), Decimal(0)),
                section_clips=len(same),
                section_left=int(clip.section_id not in used),
                is_broken=_is_broken(clip, before),
            )
        )
        before = clip
    return found


def _is_broken(clip: Clip, before: Clip | None) -> bool:
    """Whether it went on from a picture that the clip before does not end with any more."""
    take = clip.chosen_take
    went_on_from = take.continues_id if take is not None else None
    return went_on_from is not None and (before is None or before.chosen_take_id != went_on_from)


def _takes(video: Video, clip: Clip) -> list[ShownTake]:
    """Those that can be seen or chosen, and the newest if it failed."""
    ended = sorted(clip.takes.all(), key=lambda take: take.number)
    newest = ended[-1].number if ended else 0
    in_film = clip.film_take_id or clip.chosen_take_id
    return [
        ShownTake(
            take=take,
            kind=KIND_NAMES.get(Take.Kind(take.kind), take.kind),
            is_chosen=take.pk == clip.chosen_take_id,
            is_in_film=take.pk == in_film,
            thumbnail_url=thumbnail_url(video, take),
            film_url=reverse("take-film", args=[video.pk, take.pk]) if take.key else "",
            failure=take.error_sentence if take.status == Status.FAILED else "",
        )
        for take in ended
        if take.key or (take.number == newest and take.status == Status.FAILED)
    ]


def _can_join(video: Video, clips: Sequence[Clip]) -> bool:
    """Whether other takes are chosen than those that the film shows."""
    if video.is_finalized or not video.has_film:
        return False
    return any(clip.film_take_id not in (None, clip.chosen_take_id) for clip in clips)


def news(video: Video, state: ShownAgain, seen: str) -> dict[str, Any] | None:
    """What the page needs to show the new film, once the job that it has seen has made it."""
    job = state.job
    if job is None or str(job.pk) != seen or job.status != Status.SUCCEEDED:
        return None
    pictures = {
        clip.clip.clip_index: thumbnail_url(video, clip.clip.chosen_take) for clip in state.clips
    }
    return {
        "film": f"{reverse('video-film', args=[video.pk])}?made={job.pk}",
        "pictures": pictures,
    }
