"""What the pages of a video show, by its state, as the contexts of their templates."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import prefetch_related_objects

from songs.models import Analysis
from vibecraft.jobs import watching
from vibecraft.jobs.models import Job
from vibecraft.jobs.progress import progress_of
from vibecraft.media.house import SIZES
from vibecraft.predictions.catalog import catalog
from vibecraft.problems import Problem
from videos import (
    choosing,
    direction,
    drafts,
    exporting,
    finalizing,
    format_showing,
    lipsync_showing,
    model_cards,
    remaking_showing,
    rework,
    safe_areas,
    scenes,
)
from videos.first_frames import cuts_note
from videos.flavors import flavors
from videos.forms import OWN, BudgetForm, DirectionForm
from videos.models import Take, Video
from videos.sharing import share_url
from videos.showing import (
    ShownSection,
    all_of_clips,
    clips_in_making,
    plot,
    shown_clips,
    shown_sections,
    spread,
    thumbnail_url,
)
from videos.stages import making_of_clips
from videos.waiting import is_made_elsewhere
from videos.watched import news_watch

PART_NAMES = {
    "subject": "Subject",
    "style": "Style",
    "palette": "Palette",
    "setting": "Setting",
    "motion": "Motion",
    "mood": "Mood",
}
# Frames of the format choice, drawn to scale, in pixels of the longer side.
FRAME_PIXELS = 36


@dataclass(frozen=True)
class Part:
    """One thing that was understood of an idea; an empty text where it says nothing of it."""

    name: str
    text: str


@dataclass(frozen=True)
class TypeChoice:
    """A video type as a card."""

    key: str
    name: str
    description: str
    is_chosen: bool
    is_suggested: bool


@dataclass(frozen=True)
class FormatChoice:
    """An aspect ratio as a little frame; sizes in pixels."""

    value: str
    name: str
    film: str
    width: int
    height: int

    @property
    def left(self) -> float:
        return -self.width / 2

    @property
    def top(self) -> float:
        return -self.height / 2


@dataclass(frozen=True)
class Card:
    """A video in the library; `job` is there while it is being made."""

    video: Video
    job: Job | None
    thumbnail_url: str
    sections: list[ShownSection]


def draft_context(video: Video, form: DirectionForm | None = None) -> dict[str, Any]:
    """The direction and the plan of a draft."""
    form = form or DirectionForm.of(video)
    # While a song is analyzed again its earlier analysis is still there, and is what is shown.
    suggestion = drafts.suggestion_of(Analysis.objects.get(song=video.song))
    chosen = form["type_choice"].value()
    return {
        "form": form,
        "suggestion": suggestion,
        "types": [_type(key, str(chosen), suggestion.video_type) for key in direction.VIDEO_TYPES],
        "own": OWN,
        "parts": understood(str(form["idea"].value() or "")),
        "formats": _formats(),
        "chooser": model_cards.chooser(video, str(form["model"].value())),
        "flavors": list(flavors().values()),
        **plan_context(video),
    }


def understood(idea: str) -> list[Part]:
    """What an idea says of each part of the picture."""
    parts = direction.read_idea(idea).as_dict()
    return [Part(name, parts[key]) for key, name in PART_NAMES.items()]


def _type(key: str, chosen: str, suggested: str) -> TypeChoice:
    one = direction.VIDEO_TYPES[key]
    return TypeChoice(key, one.name, one.description, key == chosen, key == suggested)


def _formats() -> list[FormatChoice]:
    return [_format(Video.AspectRatio(value)) for value in Video.AspectRatio.values]


def _format(ratio: Video.AspectRatio) -> FormatChoice:
    width, height = SIZES[ratio.value]
    scale = FRAME_PIXELS / max(width, height)
    name = ratio.label.removeprefix(ratio.value).strip()
    film = f"{width} × {height}"
    return FormatChoice(ratio.value, name, film, round(width * scale), round(height * scale))


def plan_context(video: Video) -> dict[str, Any]:
    """The clips on the timeline, what they cost, and the prompts of the sections."""
    prompts = drafts.section_prompts(video)
    clips = shown_clips(video, own=rework.written_by_hand(video, prompts))
    return {
        "clips": clips,
        "sections": [
            replace(shown, prompt=prompt)
            for shown, (_, prompt) in zip(
                shown_sections([section for section, _ in prompts], video.song.frames),
                prompts,
                strict=True,
            )
        ],
        **_price(video, has_plan=bool(clips)),
        "spread": spread(clips),
        "scenes": scenes.shown(video),
        "key": uuid.uuid4(),
    }


def _price(video: Video, *, has_plan: bool) -> dict[str, Any]:
    """What the clips cost, and how the budget stands: over, tight or fine."""
    try:
        choosing.model_of(video)
        if not has_plan:
            return {}
        estimate = drafts.estimate_video(video)
    except Problem as problem:
        # The model has left the catalog since, or makes other lengths than the clips have.
        return {"estimate_problem": problem}
    budget = estimate.budget_usd
    left = None if budget is None else budget - video.committed_usd
    if left is None or estimate.usd_with_50_percent_again <= left:
        state = "fine"
    else:
        state = "over" if estimate.usd > left else "tight"
    return {"estimate": estimate, "estimate_state": state}


def progress_context(video: Video) -> dict[str, Any]:
    """How far the making is."""
    watch = watching.watch([video.job_id])
    job = Job.objects.filter(pk=video.job_id).first() if video.job_id else None
    clips = list(clips_in_making(video))
    making = making_of_clips(job, video, clips) if job else None
    is_elsewhere = is_made_elsewhere(video)
    retried = making.service.retried if making and is_elsewhere else ()
    return {
        "watch": watch,
        "progress": progress_of(job, making) if job else None,
        "clips": shown_clips(video, retried=retried, clips=clips),
        "is_made_elsewhere": is_elsewhere,
        "note": cuts_note(video),
    }


def stopped_context(video: Video) -> dict[str, Any]:
    """A video that failed or was canceled: what making it again costs, or why that cannot be."""
    try:
        price: dict[str, Any] = {"usd": drafts.price_of(video)}
    except Problem as problem:
        price = {"refusal": problem}
    return {
        **price,
        "clips_count": video.clips.count(),
        "key": uuid.uuid4(),
        "form": BudgetForm(initial={"budget_usd": video.budget_usd}),
    }


def player_context(video: Video) -> dict[str, Any]:
    """The film with its clips, sections, lyrics and report."""
    analysis = Analysis.objects.get(song=video.song)
    clips = all_of_clips(video)
    sections = shown_sections(video.song.sections.all(), video.song.frames)
    return {
        "clips": shown_clips(video, clips=clips),
        "sections": sections,
        "lines": video.song.lines,
        "news_watch": news_watch(video),
        "lipsync": lipsync_showing.shown(video),
        "again": remaking_showing.shown(video, clips),
        "facts": video.film_facts,
        "report": video.sync_report,
        "offset_ms": _distance(video.sync_report.get("sound_offset_ms")),
        "drift_ms": _distance(video.sync_report.get("sound_drift_ms")),
        "share_url": share_url(video),
        "safe": safe_areas.overlay(video.aspect_ratio),
        **format_showing.formats_context(video, clips),
        "remains": finalizing.what_goes(video),
        **exporting.export_choices(video),
        **exporting.exports_context(video),
        "model_name": _name_of_model(video.model),
        "type_name": _name_of_type(video.video_type),
        "plot": plot(video.sync_report.get("each", []), video.song.duration_sec),
        "player": {
            "duration": video.song.duration_sec,
            "beats": analysis.beat_times,
            "sections": [
                {"start": one.section.start_time, "label": one.section.label} for one in sections
            ],
        },
    }


def _distance(milliseconds: float | None) -> float | None:
    """A silent song has no offset that could be heard."""
    return None if milliseconds is None else abs(milliseconds)


def _name_of_model(key: str) -> str:
    """A model may have left the catalog since the film was made."""
    model = catalog().get(key)
    return model.name if model else key


def _name_of_type(video_type: str) -> str:
    known = direction.VIDEO_TYPES.get(video_type)
    return known.name if known else video_type


def cards(videos: Sequence[Video]) -> list[Card]:
    """The cards of several videos, with one query for each kind of row and not for each video."""
    running = [video for video in videos if video.is_running and video.job_id]
    jobs = Job.objects.in_bulk([video.job_id for video in running if video.job_id])
    thumbnails = _newest_thumbnails(running)
    prefetch_related_objects(videos, "song__sections")
    return [
        Card(
            video,
            jobs.get(video.job_id) if video.job_id else None,
            thumbnails.get(video.pk, ""),
            shown_sections(video.song.sections.all(), video.song.frames),
        )
        for video in videos
    ]


def _newest_thumbnails(videos: Sequence[Video]) -> dict[uuid.UUID, str]:
    """The furthest clip that is made stands for a video that has no film yet."""
    jobs = {video.job_id: video for video in videos}
    made = Take.objects.filter(job__in=jobs).exclude(thumbnail_key="").order_by("clip__clip_index")
    return {jobs[take.job_id].pk: thumbnail_url(jobs[take.job_id], take) for take in made}


TEMPLATES = {
    Video.Status.DRAFT: "videos/direction.html",
    Video.Status.STORYBOARD: "videos/direction.html",
    Video.Status.GENERATING: "videos/progress.html",
    Video.Status.COMPOSING: "videos/progress.html",
    Video.Status.READY: "videos/player.html",
    Video.Status.FAILED: "videos/stopped.html",
    Video.Status.CANCELED: "videos/stopped.html",
}


def page_of(
    video: Video, *, form: DirectionForm | None = None, problem: Problem | None = None
) -> tuple[str, dict[str, Any]]:
    """The template and the context of a video's page in its present state."""
    template = TEMPLATES[Video.Status(video.status)]
    context = {"nav": "library", "video": video, "song": video.song, "problem": problem}
    if video.is_editable:
        return template, context | draft_context(video, form)
    if video.is_running:
        return template, context | progress_context(video)
    if video.status == Video.Status.READY:
        return template, context | player_context(video)
    return template, context | stopped_context(video)
