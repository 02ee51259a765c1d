"""Clips and sections as the pages show them: places on the timeline, pictures, badges, states."""

from __future__ import annotations

import uuid
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from songs.models import Section
from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Job
from vibecraft.templatetags.vibecraft import exact_moment
from videos.models import Clip, Take, Video

# The style sheet has a color for each of so many sections.
TONES = 10
OF_A_CLIP = (
    "video", "clip_index", "start_frame", "end_frame", "shot",
    "section__section_index", "chosen_take__thumbnail_key",
)  # fmt: skip
OF_A_TAKE = ("clip", "job", "number", "status", "attempts", "model", "frames_done")


@dataclass(frozen=True)
class NewestJob:
    """How the newest change of one kind stands."""

    job: Job | None

    @property
    def is_running(self) -> bool:
        return self.job is not None and not self.job.is_terminal

    @property
    def failure(self) -> str:
        """What went wrong with it, as a sentence; empty where nothing did."""
        is_failed = self.job is not None and self.job.status == Status.FAILED
        return self.job.error_sentence if is_failed and self.job else ""


@dataclass(frozen=True)
class Place:
    """Where something lies on a timeline that is as wide as the song: SVG lengths in per cent."""

    left: str
    width: str


@dataclass(frozen=True)
class ShownSection:
    """One section on the timeline."""

    section: Section
    tone: int
    place: Place
    prompt: str = ""


@dataclass(frozen=True)
class ShownClip:
    """One clip on the timeline, in the list, in the progress grid and in the player's strip."""

    clip: Clip
    number: int
    tone: int
    place: Place
    framing: str
    move: str
    state: str
    thumbnail_url: str
    is_own: bool

    @property
    def seconds(self) -> float:
        """The length of the clip."""
        return self.clip.end_time - self.clip.start_time


def place(start_frame: int, end_frame: int, frames: int) -> Place:
    """Where the frames from start to end lie among all `frames`."""
    whole = max(1, frames)
    return Place(
        f"{100 * start_frame / whole:.4f}%", f"{100 * (end_frame - start_frame) / whole:.4f}%"
    )


def shown_sections(sections: Iterable[Section], frames: int) -> list[ShownSection]:
    """The sections in order, each with its color and place."""
    return [
        ShownSection(
            section,
            section.section_index % TONES,
            place(section.start_frame, section.end_frame, frames),
        )
        for section in sections
    ]


def shown_clips(
    video: Video,
    *,
    own: Container[tuple[int, int]] = (),
    retried: Container[uuid.UUID] = (),
    clips: Iterable[Clip] | None = None,
) -> list[ShownClip]:
    """All clips of a video, from two queries or as they were loaded.

    `own` are the frames of those written by hand, `retried` the takes that are tried again.
    """
    if clips is None:
        clips = video.clips.select_related("section", "chosen_take").prefetch_related("takes")
    return [
        _shown_clip(video, clip, (clip.start_frame, clip.end_frame) in own, retried)
        for clip in clips
    ]


def clips_in_making(video: Video) -> QuerySet[Clip]:
    """The clips with what is shown while they are made: where they lie, and how their takes stand."""
    takes = Prefetch("takes", Take.objects.order_by().only(*OF_A_TAKE))
    return (
        video.clips.select_related("section", "chosen_take")
        .only(*OF_A_CLIP)
        .prefetch_related(takes)
    )


def all_of_clips(video: Video) -> list[Clip]:
    """The clips with everything that any part of the player shows of them, from two queries."""
    rows = video.clips.select_related(
        "section", "chosen_still", "chosen_take__source", "film_take__source"
    )
    return list(rows.prefetch_related("takes"))


def _shown_clip(video: Video, clip: Clip, is_own: bool, retried: Container[uuid.UUID]) -> ShownClip:
    return ShownClip(
        clip=clip,
        number=clip.clip_index + 1,
        tone=clip.section.section_index % TONES,
        place=place(clip.start_frame, clip.end_frame, video.song.frames),
        framing=str(clip.shot.get("framing", "wide")),
        move=str(clip.shot.get("move", "")),
        state=_state(clip, retried),
        thumbnail_url=thumbnail_url(video, clip.chosen_take),
        is_own=is_own,
    )


def _state(clip: Clip, retried: Container[uuid.UUID]) -> str:
    """planned | waiting | retrying | making | made | failed, as its newest take stands."""
    if clip.chosen_take_id is not None:
        return "made"
    take = clip.newest_take
    if take is None or take.status in (Status.CANCELED, Status.SUCCEEDED):
        return "planned"
    if take.pk in retried:
        return "retrying"
    if take.status == Status.QUEUED:
        return "retrying" if take.attempts else "waiting"
    return "making" if take.status == Status.RUNNING else "failed"


def thumbnail_url(video: Video, take: Take | None) -> str:
    """Where a take's picture is; an empty text where it has none."""
    if take is None or not take.thumbnail_key:
        return ""
    return reverse("take-thumbnail", args=[video.pk, take.pk])


def spread(slots: Sequence[ShownClip]) -> dict[str, int]:
    """How many clips there are of each framing, for the plan's summary."""
    counts = {"wide": 0, "medium": 0, "close": 0}
    for slot in slots:
        counts[slot.framing] = counts.get(slot.framing, 0) + 1
    return {framing: count for framing, count in counts.items() if count}


@dataclass(frozen=True)
class Dot:
    """One cut in the plot of the sync report: SVG places, and what it says when pointed at."""

    x: str
    y: float
    kind: str
    text: str


PLOT_HEIGHT = 96
# What the plot shows above and below the beat, in milliseconds; further away is drawn at its edge.
PLOT_REACH_MS = 60
HALF_A_FRAME_MS = 1000 / 48


@dataclass(frozen=True)
class Plot:
    """How far each cut is from its beat, over the time of the song; heights in pixels."""

    dots: list[Dot]
    height: int
    middle: float
    band_top: float
    band_height: float


def plot(cuts: Sequence[dict[str, Any]], duration: float) -> Plot:
    """Lay out the cuts of a sync report."""
    band = PLOT_HEIGHT * HALF_A_FRAME_MS / (2 * PLOT_REACH_MS)
    middle = PLOT_HEIGHT / 2
    dots = [_dot(cut, duration) for cut in cuts]
    return Plot(dots, PLOT_HEIGHT, middle, round(middle - band, 1), round(2 * band, 1))


def _dot(cut: dict[str, Any], duration: float) -> Dot:
    distance = 1000 * float(cut["distance"])
    held = max(-PLOT_REACH_MS, min(PLOT_REACH_MS, distance))
    y = PLOT_HEIGHT / 2 - (PLOT_HEIGHT / 2 - 5) * held / PLOT_REACH_MS
    side = "late" if distance > 0 else "early"
    text = f"{exact_moment(cut['time'])}: {abs(distance):.0f} ms {side}"
    return Dot(f"{100 * cut['time'] / max(duration, 0.001):.3f}%", round(y, 1), _kind(cut), text)


def _kind(cut: dict[str, Any]) -> str:
    if cut["is_border"]:
        return "border"
    if cut["is_on_downbeat"]:
        return "downbeat"
    return "beat" if cut["is_on_beat"] else "off"
