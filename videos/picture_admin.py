"""The operators' view of pictures: the images of users, and the stills of storyboards."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html_join

from vibecraft.jobs.admin import (
    FailedTodayFilter,
    MachineMade,
    RetriedFilter,
    StuckFilter,
    YesFilter,
    list_link,
    row_link,
    took,
)
from vibecraft.jobs.claims import ACTIVE
from vibecraft.jobs.lists import WhenFilter, recent_values
from vibecraft.jobs.models import Job
from vibecraft.jobs.standing import stuck
from videos.models import Asset, Still, Video


class AssetStuckFilter(YesFilter):
    """Being made, but its job has ended or waits too long."""

    title = "Is it stuck?"
    parameter_name = "stuck"

    def fitting(self, rows: QuerySet[Asset]) -> QuerySet[Asset]:
        making = rows.filter(status=Asset.Status.MAKING)
        alive = Job.objects.filter(status__in=ACTIVE).exclude(
            pk__in=stuck(Job.objects.all()).values("pk")
        )
        return making.exclude(job_id__in=alive.values("pk"))


@admin.register(Asset)
class AssetAdmin(MachineMade[Asset]):
    list_display = (
        "title",
        "owner_link",
        "source",
        "status",
        "pixels",
        "size",
        "cost_usd",
        "created_at",
    )
    list_filter = (AssetStuckFilter, "status", "source", ("created_at", WhenFilter))
    list_select_related = ("owner",)
    search_fields = ("id", "title", "description", "owner__email")
    readonly_fields = ("owner_link", "pixels", "size", "work", "used")
    fieldsets = (
        (None, {"fields": ("title", "owner_link", "source", "status", "work", "used")}),
        ("Why it failed", {"fields": ("error_sentence",)}),
        ("What was asked", {"fields": ("description", "cost_usd")}),
        ("What is kept", {"fields": ("key", "thumbnail_key", "pixels", "size")}),
        ("When", {"fields": ("created_at",)}),
    )

    @admin.display(description="owner", ordering="owner__email")
    def owner_link(self, asset: Asset) -> str:
        return row_link("accounts_user", asset.owner_id, asset.owner)

    @admin.display(description="pixels", ordering="width")
    def pixels(self, asset: Asset) -> str:
        return f"{asset.width} × {asset.height}" if asset.width else "–"

    @admin.display(description="stored", ordering="size_bytes")
    def size(self, asset: Asset) -> str:
        return filesizeformat(asset.size_bytes)

    @admin.display(description="work")
    def work(self, asset: Asset) -> str:
        if asset.job_id is None:
            return "–"
        links = (
            (row_link("jobs_job", asset.job_id, "newest job"),),
            (list_link("predictions_prediction", "all calls", subject_id=asset.pk),),
        )
        return format_html_join(" · ", "{}", links)

    @admin.display(description="character of")
    def used(self, asset: Asset) -> str:
        videos = Video.objects.for_user(asset.owner).filter(character_id=asset.pk)
        links = ((row_link("videos_video", video.pk, video),) for video in videos)
        return format_html_join(" · ", "{}", links) or "–"


@admin.register(Still)
class StillAdmin(MachineMade[Still]):
    list_display = (
        "name",
        "video_link",
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
        recent_values("model", "Which model?"),
        ("created_at", WhenFilter),
    )
    list_select_related = ("clip__video__owner", "job")
    ordering = ("-created_at",)
    search_fields = ("id", "clip__video__id", "clip__video__title", "error_code", "error_detail")
    readonly_fields = ("clip_link", "video_link", "owner_link", "job_link", "size", "took", "calls")
    fieldsets = (
        (None, {"fields": ("clip_link", "video_link", "owner_link", "job_link", "number")}),
        ("How it stands", {"fields": ("status", "attempts", "attempts_allowed")}),
        ("Why it failed", {"fields": ("error_code", "error_sentence", "error_detail")}),
        ("What was asked", {"fields": ("model", "seed", "prompt", "cost_usd", "calls")}),
        ("What is kept", {"fields": ("key", "thumbnail_key", "size")}),
        ("When", {"fields": ("created_at", "started_at", "finished_at", "took", "next_run_at")}),
    )

    @admin.display(description="still", ordering="clip__clip_index")
    def name(self, still: Still) -> str:
        return f"{still.clip}, {still}"

    @admin.display(description="clip")
    def clip_link(self, still: Still) -> str:
        return row_link("videos_clip", still.clip_id, still.clip)

    @admin.display(description="video", ordering="clip__video__title")
    def video_link(self, still: Still) -> str:
        return row_link("videos_video", still.clip.video_id, still.clip.video)

    @admin.display(description="owner")
    def owner_link(self, still: Still) -> str:
        return row_link("accounts_user", still.clip.video.owner_id, still.clip.video.owner)

    @admin.display(description="job")
    def job_link(self, still: Still) -> str:
        return row_link("jobs_job", still.job_id, still.job.kind)

    @admin.display(description="calls")
    def calls(self, still: Still) -> str:
        return list_link("predictions_prediction", "all calls", subject_id=still.pk)

    @admin.display(description="size", ordering="size_bytes")
    def size(self, still: Still) -> str:
        return filesizeformat(still.size_bytes)

    @admin.display(description="took")
    def took(self, still: Still) -> str:
        return took(still)
