"""The operators' view of videos, their clips, takes, films and costs."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html_join

from songs.clock import clock
from vibecraft.jobs.admin import (
    FailedTodayFilter,
    MachineMade,
    MachineMadeInline,
    RetriedFilter,
    StuckFilter,
    YesFilter,
    list_link,
    pretty,
    row_link,
    took,
)
from vibecraft.jobs.lists import WhenFilter, number_of, recent_values
from vibecraft.jobs.models import Job
from vibecraft.jobs.standing import failed_today, stuck
from videos import picture_admin
from videos.models import Clip, Export, Take, Video
from videos.video_acts import ACTS

# The pictures have a file of their own; Django looks for this one only.
__all__ = ["picture_admin"]


class VideoStuckFilter(YesFilter):
    """Running, but its job has ended or waits too long, or one of its takes does."""

    title = "Is it stuck?"
    parameter_name = "stuck"

    def fitting(self, rows: QuerySet[Video]) -> QuerySet[Video]:
        running = rows.filter(status__in=Video.RUNNING)
        alive = Job.objects.active().values("pk")
        waiting = stuck(Job.objects.all()).values("pk")
        held_up = stuck(Take.objects.all()).values("job_id")
        return running.filter(~Q(job_id__in=alive) | Q(job_id__in=waiting) | Q(job_id__in=held_up))


class VideoFailedTodayFilter(YesFilter):
    title = "Did it fail today?"
    parameter_name = "failed_today"

    def fitting(self, rows: QuerySet[Video]) -> QuerySet[Video]:
        failed = failed_today(Job.objects.all()).values("pk")
        return rows.filter(status=Video.Status.FAILED, job_id__in=failed)


class CostlyFilter(YesFilter):
    title = "Does it cost more than estimated?"
    parameter_name = "costly"

    def fitting(self, rows: QuerySet[Video]) -> QuerySet[Video]:
        return rows.filter(actual_usd__gt=F("estimated_usd"))


class ClipInline(MachineMadeInline):
    model = Clip
    fields = readonly_fields = ("clip_index", "section", "span", "stands", "takes_made", "prompt")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Clip]:
        rows = super().get_queryset(request)
        return rows.select_related("section", "chosen_take").prefetch_related("takes")

    @admin.display(description="from, to")
    def span(self, clip: Clip) -> str:
        return span_of(clip)

    @admin.display(description="status")
    def stands(self, clip: Clip) -> str:
        return clip.status

    @admin.display(description="takes")
    def takes_made(self, clip: Clip) -> str:
        links = (
            (row_link("videos_take", take.pk, f"{take} {take.status}"),)
            for take in clip.takes.all()
        )
        return format_html_join(" · ", "{}", links) or "–"


def span_of(clip: Clip) -> str:
    return f"{clock(clip.start_time)} – {clock(clip.end_time)}"


@admin.register(Video)
class VideoAdmin(MachineMade[Video]):
    list_display = (
        "title",
        "owner_link",
        "song_link",
        "status",
        "clips_planned",
        "model",
        "estimated_usd",
        "actual_usd",
        "size",
        "error_code",
        "created_at",
    )
    list_filter = (
        VideoStuckFilter,
        VideoFailedTodayFilter,
        CostlyFilter,
        "status",
        recent_values("model", "Which model?"),
        recent_values("flavor", "Which flavor?"),
        recent_values("error_code", "What went wrong?"),
        "aspect_ratio",
        "is_finalized",
        ("created_at", WhenFilter),
    )
    list_select_related = ("owner", "song")
    acts = ACTS
    search_fields = ("id", "title", "song__title", "owner__email", "error_code", "idea")
    inlines = (ClipInline,)
    readonly_fields = ("owner_link", "song_link", "work", "size", "film", "sync")
    fieldsets = (
        (None, {"fields": ("title", "owner_link", "song_link", "status", "work")}),
        ("Why it failed", {"fields": ("error_code", "error_sentence")}),
        (
            "Direction",
            {
                "fields": (
                    "video_type",
                    "idea",
                    "overall_prompt",
                    "negative_prompt",
                    "flavor",
                    "seed",
                )
            },
        ),
        ("Making", {"fields": ("model", "aspect_ratio", "continuity", "character_id")}),
        ("Cost", {"fields": ("estimated_usd", "actual_usd", "budget_usd", "is_counted")}),
        ("Film", {"fields": ("film_key", "poster_key", "size", "downloads", "film", "sync")}),
        ("When", {"fields": ("created_at", "finished_at", "is_finalized", "finalized_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Video]:
        clips = number_of(Clip.objects.all(), "video")
        return super().get_queryset(request).annotate(clip_count=clips)

    @admin.display(description="owner", ordering="owner__email")
    def owner_link(self, video: Video) -> str:
        return row_link("accounts_user", video.owner_id, video.owner)

    @admin.display(description="song", ordering="song__title")
    def song_link(self, video: Video) -> str:
        return row_link("songs_song", video.song_id, video.song)

    @admin.display(description="clips", ordering="clip_count")
    def clips_planned(self, video: Video) -> int:
        return int(getattr(video, "clip_count", 0))

    @admin.display(description="stored", ordering="stored_bytes")
    def size(self, video: Video) -> str:
        return filesizeformat(video.stored_bytes)

    @admin.display(description="work")
    def work(self, video: Video) -> str:
        links = (
            (row_link("jobs_job", video.job_id, "newest generation"),),
            (list_link("jobs_job", "all jobs", video_id=video.pk),),
            (list_link("videos_take", "all takes", clip__video__id__exact=video.pk),),
        )
        return format_html_join(" · ", "{}", links)

    @admin.display(description="facts as decoded")
    def film(self, video: Video) -> str:
        return pretty(video.film_facts)

    @admin.display(description="sync report")
    def sync(self, video: Video) -> str:
        return pretty(video.sync_report)


class TakeInline(MachineMadeInline):
    model = Take
    fk_name = "clip"
    fields = readonly_fields = (
        "number",
        "kind",
        "status",
        "model",
        "seed",
        "cost_usd",
        "error_code",
    )


@admin.register(Clip)
class ClipAdmin(MachineMade[Clip]):
    list_display = ("number", "video_link", "owner_link", "section", "span", "takes_made", "chosen")
    list_select_related = ("video__owner", "section", "chosen_take")
    ordering = ("-video__created_at", "clip_index")
    search_fields = ("id", "video__id", "video__title", "video__owner__email", "prompt")
    inlines = (TakeInline,)
    readonly_fields = ("video_link", "owner_link", "span", "chosen", "directed")
    fieldsets = (
        (None, {"fields": ("video_link", "owner_link", "section", "clip_index", "chosen")}),
        ("Where it lies", {"fields": ("span", "start_frame", "end_frame")}),
        ("What it shows", {"fields": ("prompt", "directed", "regenerations_left")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Clip]:
        takes = number_of(Take.objects.all(), "clip")
        return super().get_queryset(request).annotate(take_count=takes)

    @admin.display(description="clip", ordering="clip_index")
    def number(self, clip: Clip) -> str:
        return str(clip)

    @admin.display(description="video", ordering="video__title")
    def video_link(self, clip: Clip) -> str:
        return row_link("videos_video", clip.video_id, clip.video)

    @admin.display(description="owner", ordering="video__owner__email")
    def owner_link(self, clip: Clip) -> str:
        return row_link("accounts_user", clip.video.owner_id, clip.video.owner)

    @admin.display(description="from, to", ordering="start_frame")
    def span(self, clip: Clip) -> str:
        return span_of(clip)

    @admin.display(description="takes", ordering="take_count")
    def takes_made(self, clip: Clip) -> int:
        return int(getattr(clip, "take_count", 0))

    @admin.display(description="chosen take")
    def chosen(self, clip: Clip) -> str:
        return row_link("videos_take", clip.chosen_take_id, clip.chosen_take)

    @admin.display(description="shot")
    def directed(self, clip: Clip) -> str:
        return pretty(clip.shot)


@admin.register(Take)
class TakeAdmin(MachineMade[Take]):
    list_display = (
        "name",
        "video_link",
        "kind",
        "status",
        "model",
        "attempts",
        "cost_usd",
        "size",
        "error_code",
        "took",
        "job_link",
        "created_at",
    )
    list_filter = (
        StuckFilter,
        FailedTodayFilter,
        RetriedFilter,
        "status",
        "kind",
        recent_values("model", "Which model?"),
        ("created_at", WhenFilter),
    )
    list_select_related = ("clip__video__owner", "job")
    ordering = ("-created_at",)
    search_fields = ("id", "clip__video__id", "clip__video__title", "error_code", "error_detail")
    readonly_fields = ("clip_link", "video_link", "owner_link", "job_link", "size", "took")
    fieldsets = (
        (None, {"fields": ("clip_link", "video_link", "owner_link", "job_link", "number", "kind")}),
        ("How it stands", {"fields": ("status", "frames_done", "attempts", "attempts_allowed")}),
        ("Why it failed", {"fields": ("error_code", "error_sentence", "error_detail")}),
        ("What was asked", {"fields": ("model", "seed", "prompt", "cost_usd")}),
        ("What is kept", {"fields": ("key", "thumbnail_key", "size")}),
        (
            "When",
            {
                "fields": (
                    "created_at",
                    "started_at",
                    "finished_at",
                    "took",
                    "next_run_at",
                    "rung_at",
                )
            },
        ),
    )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Also all takes of a video, to which its page leads."""
        asked = lookup == "clip__video__id__exact"
        return asked or super().lookup_allowed(lookup, value, request)

    @admin.display(description="take", ordering="clip__clip_index")
    def name(self, take: Take) -> str:
        return f"{take.clip}, {take}"

    @admin.display(description="clip")
    def clip_link(self, take: Take) -> str:
        return row_link("videos_clip", take.clip_id, take.clip)

    @admin.display(description="video", ordering="clip__video__title")
    def video_link(self, take: Take) -> str:
        return row_link("videos_video", take.clip.video_id, take.clip.video)

    @admin.display(description="owner")
    def owner_link(self, take: Take) -> str:
        return row_link("accounts_user", take.clip.video.owner_id, take.clip.video.owner)

    @admin.display(description="job")
    def job_link(self, take: Take) -> str:
        return row_link("jobs_job", take.job_id, take.job.kind)

    @admin.display(description="size", ordering="size_bytes")
    def size(self, take: Take) -> str:
        return filesizeformat(take.size_bytes)

    @admin.display(description="took")
    def took(self, take: Take) -> str:
        return took(take)


@admin.register(Export)
class ExportAdmin(MachineMade[Export]):
    list_display = (
        "id",
        "video_link",
        "owner_link",
        "format",
        "height",
        "lyrics",
        "status",
        "size",
        "downloads",
        "job_link",
        "created_at",
    )
    list_filter = ("status", "format", "height", "lyrics", ("created_at", WhenFilter))
    list_select_related = ("video__owner", "job")
    search_fields = ("id", "video__id", "video__title", "video__owner__email")
    fields = readonly_fields = (*list_display[1:], "key")

    @admin.display(description="video", ordering="video__title")
    def video_link(self, export: Export) -> str:
        return row_link("videos_video", export.video_id, export.video)

    @admin.display(description="owner", ordering="video__owner__email")
    def owner_link(self, export: Export) -> str:
        return row_link("accounts_user", export.video.owner_id, export.video.owner)

    @admin.display(description="job")
    def job_link(self, export: Export) -> str:
        return row_link("jobs_job", export.job_id, "job")

    @admin.display(description="size", ordering="size_bytes")
    def size(self, export: Export) -> str:
        return filesizeformat(export.size_bytes)
