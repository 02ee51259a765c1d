"""The operators' view of jobs, their events, and of files that wait to be deleted."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from vibecraft.jobs.claims import ACTIVE, Claimable, ClaimableQuerySet, Status
from vibecraft.jobs.models import Discard, Job, JobEvent

Row = TypeVar("Row", bound=Model)
STUCK_SECONDS = 300

admin.site.site_header = "VibeCraft operations"
admin.site.site_title = "VibeCraft operations"
admin.site.index_title = "What is there, and how it stands"


def row_link(url_name: str, pk: object, text: object) -> str:
    """A link to a row's page in the admin, by the name of the page; a dash for no row.

    Names are text, so that a room may link upward without importing what stands above it.
    """
    if pk is None:
        return "–"
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{url_name}_change", args=[pk]), text)


def list_link(url_name: str, text: str, **filters: object) -> str:
    """A link to a list in the admin, filtered."""
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    address = f"{reverse(f'admin:{url_name}_changelist')}?{query}"
    return format_html('<a href="{}">{}</a>', address, text)


class MachineMade(admin.ModelAdmin[Row]):
    """Rows that a machine writes: to be read, never added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False


class MachineMadeInline(admin.TabularInline[Any, Any]):
    """The same inside of another row's page."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class YesFilter(admin.SimpleListFilter):
    """A filter that asks one question; what fits is shown when the answer is yes."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.fitting(queryset) if self.value() == "yes" else queryset

    def fitting(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        raise NotImplementedError


def stuck(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Active work that nobody holds although it has been due for minutes, or past its deadline."""
    unheld = Q(lease_until=None) | Q(lease_until__lt=Now())
    waiting = unheld & Q(next_run_at__lt=Now() - timedelta(seconds=STUCK_SECONDS))
    return rows.filter(waiting | Q(deadline_at__lt=Now()), status__in=ACTIVE)


class StuckFilter(YesFilter):
    title = "Is it stuck?"
    parameter_name = "stuck"

    def fitting(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return stuck(rows)


def failed_today(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Work that failed since midnight (UTC)."""
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return rows.filter(status=Status.FAILED, finished_at__gte=midnight)


class FailedTodayFilter(YesFilter):
    title = "Did it fail today?"
    parameter_name = "failed_today"

    def fitting(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return failed_today(rows)


class RetriedFilter(YesFilter):
    title = "Did it need more than one attempt?"
    parameter_name = "retried"

    def fitting(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(attempts__gt=1)


def took(row: Claimable) -> str:
    """How long a piece of work has taken so far, or took."""
    if row.started_at is None:
        return "–"
    return f"{((row.finished_at or timezone.now()) - row.started_at).total_seconds():.1f} s"


class JobEventInline(MachineMadeInline):
    model = JobEvent
    fields = readonly_fields = ("at", "kind", "message", "what")
    ordering = ("at", "id")

    @admin.display(description="data")
    def what(self, event: JobEvent) -> str:
        return pretty(event.data)


def pretty(data: object) -> str:
    """JSON to be read."""
    text = json.dumps(data, indent=2, ensure_ascii=False, default=str) if data else ""
    return format_html("<pre>{}</pre>", text)


@admin.register(Job)
class JobAdmin(MachineMade[Job]):
    list_display = (
        "id",
        "kind",
        "status",
        "step",
        "progress",
        "attempts",
        "owner_link",
        "song_link",
        "video_link",
        "error_code",
        "created_at",
        "took",
    )
    list_filter = (StuckFilter, FailedTodayFilter, RetriedFilter, "kind", "status", "error_code")
    list_select_related = ("owner",)
    list_per_page = 50
    date_hierarchy = "created_at"
    search_fields = ("id", "owner__email", "song_id", "video_id", "error_code", "error_detail")
    search_help_text = "Id of the job, the song or the video; e-mail; error."
    inlines = (JobEventInline,)
    actions = ("cancel",)
    readonly_fields = ("owner_link", "song_link", "video_link", "took")
    fieldsets = (
        (None, {"fields": ("kind", "status", "owner_link", "song_link", "video_link")}),
        ("Where it is", {"fields": ("step", "message", "progress", "completed", "total")}),
        ("Why it failed", {"fields": ("error_code", "error_sentence", "error_detail")}),
        (
            "Who works on it",
            {"fields": ("attempts", "attempts_allowed", "lease_until", "next_run_at", "rung_at")},
        ),
        ("When", {"fields": ("created_at", "started_at", "finished_at", "deadline_at", "took")}),
    )

    @admin.display(description="owner", ordering="owner__email")
    def owner_link(self, job: Job) -> str:
        return row_link("accounts_user", job.owner_id, job.owner)

    @admin.display(description="song")
    def song_link(self, job: Job) -> str:
        return row_link("songs_song", job.song_id, "song")

    @admin.display(description="video")
    def video_link(self, job: Job) -> str:
        return row_link("videos_video", job.video_id, "video")

    @admin.display(description="took")
    def took(self, job: Job) -> str:
        return took(job)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Rows are not changed by hand, but whoever may change jobs may cancel them."""
        return request.user.has_perm("jobs.change_job")

    @admin.action(description="Cancel the selected jobs", permissions=["cancel"])
    def cancel(self, request: HttpRequest, jobs: ClaimableQuerySet) -> None:
        canceled = sum(job.cancel() for job in jobs)
        over = len(jobs) - canceled
        said = f"Canceled: {canceled}. Ended before: {over}."
        self.message_user(request, said, messages.SUCCESS if canceled else messages.WARNING)


@admin.register(Discard)
class DiscardAdmin(MachineMade[Discard]):
    list_display = ("prefix", "created_at")
    search_fields = ("prefix",)
    date_hierarchy = "created_at"
