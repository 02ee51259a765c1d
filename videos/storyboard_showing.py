"""What the pages show of a storyboard: its scenes with their stills, how far it is, what it costs."""

from __future__ import annotations

import uuid
from collections.abc import Container, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from vibecraft.jobs import watching
from vibecraft.jobs.claims import ACTIVE, Status
from vibecraft.jobs.models import Job
from vibecraft.predictions.catalog import get_model
from vibecraft.problems import Problem
from videos import choosing, drafts, safe_areas, stills, storyboard
from videos.first_frames import character_of, takes_first_frame
from videos.models import REFINEMENTS, Clip, Still, Video
from videos.showing import TONES


@dataclass(frozen=True)
class Scene:
    """A clip of the storyboard. `state` is made, making, failed or missing; `error` a sentence."""

    clip: Clip
    number: int
    tone: int
    framing: str
    move: str
    state: str
    error: str
    picture_url: str
    thumbnail_url: str

    @property
    def seconds(self) -> float:
        return self.clip.end_time - self.clip.start_time


def scenes(video: Video, only: Container[uuid.UUID] | None = None) -> list[Scene]:
    """The scenes in order, from two queries; with `only` those of these clips."""
    clips = video.clips.select_related("section", "chosen_still").prefetch_related("stills")
    return [_scene(video, clip) for clip in clips if only is None or clip.pk in only]


def _scene(video: Video, clip: Clip) -> Scene:
    newest = max(clip.stills.all(), key=lambda still: still.number, default=None)
    still = clip.chosen_still
    state = _state(clip, newest)
    return Scene(
        clip=clip,
        number=clip.clip_index + 1,
        tone=clip.section.section_index % TONES,
        framing=str(clip.shot.get("framing", "wide")),
        move=str(clip.shot.get("move", "")),
        state=state,
        error=newest.error_sentence if newest and newest.status == Status.FAILED else "",
        picture_url=_url("still-picture", video, still),
        thumbnail_url=_url("still-thumbnail", video, still),
    )


def _state(clip: Clip, newest: Still | None) -> str:
    if newest is not None and newest.status in ACTIVE:
        return "making"
    if clip.chosen_still_id is not None:
        return "made"
    return "failed" if newest is not None and newest.status == Status.FAILED else "missing"


def _url(name: str, video: Video, still: Still | None) -> str:
    if still is None or not still.key:
        return ""
    return reverse(name, args=[video.pk, still.pk])


@dataclass(frozen=True)
class Cost:
    """What the stills that are missing cost, and who makes them."""

    stills: int
    each_usd: Decimal
    maker: str
    is_drawn_here: bool
    character: str

    @property
    def usd(self) -> Decimal:
        return self.stills * self.each_usd


def cost_of(video: Video) -> Cost:
    model = get_model(stills.model_for(video))
    character = None if model.is_builtin else character_of(video)
    return Cost(
        stills=video.clips.filter(chosen_still=None).count(),
        each_usd=stills.price_of_still(video),
        maker=model.name,
        is_drawn_here=model.is_builtin,
        character=character.title if character else "",
    )


def context(
    video: Video, *, seen: Container[uuid.UUID] | None = None, problem: Problem | None = None
) -> dict[str, Any]:
    """Everything that the page and its fragments show; `seen` limits the scenes to these clips."""
    jobs = storyboard.running(video)
    watch = watching.watch(jobs.values_list("pk", flat=True))
    listed = scenes(video)
    making = [scene.clip.pk for scene in listed if scene.state == "making"]
    stands = {
        state: sum(scene.state == state for scene in listed)
        for state in ("made", "making", "failed", "missing")
    }
    return {
        "nav": "library",
        "video": video,
        "song": video.song,
        "problem": problem,
        "scenes": [scene for scene in listed if seen is None or scene.clip.pk in seen],
        # Their buttons alone say the new price: what is being written beside them stays.
        "repriced": listed if problem and problem.code == "price_is_higher" else [],
        "scenes_count": len(listed),
        "poll_url": _poll_url(video, making),
        "watch": watch,
        "stands": stands,
        "is_running": bool(making) or jobs.exists(),
        "has_stills": bool(stands["made"] or making),
        "not_made": stands["failed"] + stands["missing"],
        "job": jobs.first() or _last_job(video),
        "refinements": REFINEMENTS,
        "safe": safe_areas.overlay(video.aspect_ratio),
        **_film(video),
    }


def _last_job(video: Video) -> Job | None:
    job: Job | None = Job.objects.filter(pk=video.job_id).first() if video.job_id else None
    return job


def _poll_url(video: Video, making: Sequence[uuid.UUID]) -> str:
    """Where the page asks for how it stands, and for the scenes that are being made."""
    scenes_asked = urlencode([("clip", pk) for pk in making])
    return f"{reverse('storyboard-progress', args=[video.pk])}{'?' if making else ''}{scenes_asked}"


def _film(video: Video) -> dict[str, Any]:
    """The prices of stills and film, and whether it can start from the stills; or why nothing can."""
    try:
        model = choosing.model_of(video)
        return {
            "cost": cost_of(video),
            "estimate": drafts.estimate_video(video) if video.clips.exists() else None,
            "film_model": model,
            "starts_from_stills": takes_first_frame(model),
            "key": uuid.uuid4(),
        }
    except Problem as refusal:
        return {"refusal": refusal}
