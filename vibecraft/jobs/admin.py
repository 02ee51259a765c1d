"""The operators' view of jobs, their events, and of files that wait to be deleted."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from vibecraft.jobs import again, workers
from vibecraft.jobs.acts import Act, WithActs
from vibecraft.jobs.claims import Claimable
from vibecraft.jobs.lists import WhenFilter, recent_values
from vibecraft.jobs.models import Discard, Job, JobEvent, Worker
from vibecraft.jobs.progress import progress_of
from vibecraft.jobs.standing import failed_today, stuck
from vibecraft.logging import mask_secrets
from vibecraft.money import usd_text
from vibecraft.problems import not_possible

Row = TypeVar("Row", bound=Model)
# Of a name like one of these the value is not shown, wherever it stands.
SECRET_NAMES = re.compile("token|secret|password|authorization|signature|api_?key", re.IGNORECASE)


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


class MachineMade(WithActs[Row]):
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


class StuckFilter(YesFilter):
    title = "Is it stuck?"
    parameter_name = "stuck"

    def fitting(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return stuck(rows)


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


def short_id(pk: object) -> str:
    """The beginning of an id, by which people tell rows apart."""
    return str(pk)[:8]


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
    """JSON to be read, without what must stay secret."""
    shown = without_secrets(data)
    text = json.dumps(shown, indent=2, ensure_ascii=False, default=str) if data else ""
    return format_html('<pre class="data">{}</pre>', text)


def without_secrets(data: object) -> object:
    """The same data, with *** for what is a secret by its name or by its looks."""
    if isinstance(data, dict):
        return {
            name: "***" if SECRET_NAMES.search(str(name)) else without_secrets(value)
            for name, value in data.items()
        }
    if isinstance(data, list | tuple):
        return [without_secrets(value) for value in data]
    return mask_secrets(data) if isinstance(data, str) else data


def cancel(job: Job) -> None:
    """Cancel a job. Problem 409 when it had ended before."""
    if not job.cancel():
        raise not_possible("ended", "It had ended before.")


RETRY = Act(
    "retry",
    "Retry",
    "retried",
    "Begins the work of each failed or canceled job once more, as its user would. What costs "
    "something is ordered again within the user's budget and limits; what was paid for already and "
    "is kept is not paid for again.",
    "jobs.change_job",
    again.try_again,
    price=again.price_of,
)
CANCEL = Act(
    "cancel",
    "Cancel",
    "canceled",
    "Stops each job that waits or runs. Calls that the service works on are canceled there; what was "
    "paid for them stays paid.",
    "jobs.change_job",
    cancel,
)


@admin.register(Job)
class JobAdmin(MachineMade[Job]):
    list_display = (
        "short",
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
    list_filter = (
        StuckFilter,
        FailedTodayFilter,
        RetriedFilter,
        "kind",
        "status",
        recent_values("error_code", "What went wrong?"),
        ("created_at", WhenFilter),
    )
    list_select_related = ("owner",)
    search_fields = ("id", "owner__email", "song_id", "video_id", "error_code", "error_detail")
    search_help_text = "Id of the job, the song or the video; e-mail; error."
    inlines = (JobEventInline,)
    acts = (RETRY, CANCEL)
    readonly_fields = (
        "owner_link",
        "song_link",
        "video_link",
        "how_far",
        "parts",
        "time_left",
        "cost",
        "took",
    )
    fieldsets = (
        (None, {"fields": ("kind", "status", "owner_link", "song_link", "video_link")}),
        ("Where it is", {"fields": ("step", "how_far", "parts", "time_left", "cost")}),
        ("Why it failed", {"fields": ("error_code", "error_sentence", "error_detail")}),
        (
            "Who works on it",
            {"fields": ("attempts", "attempts_allowed", "lease_until", "next_run_at", "rung_at")},
        ),
        ("When", {"fields": ("created_at", "started_at", "finished_at", "deadline_at", "took")}),
    )

    @admin.display(description="job", ordering="id")
    def short(self, job: Job) -> str:
        return short_id(job.pk)

    @admin.display(description="owner", ordering="owner__email")
    def owner_link(self, job: Job) -> str:
        return row_link("accounts_user", job.owner_id, job.owner)

    @admin.display(description="song")
    def song_link(self, job: Job) -> str:
        return row_link("songs_song", job.song_id, "song")

    @admin.display(description="video")
    def video_link(self, job: Job) -> str:
        return row_link("videos_video", job.video_id, "video")

    @admin.display(description="how far")
    def how_far(self, job: Job) -> str:
        """As the user sees it: the same component, the same numbers."""
        context = {"shown": progress_of(job), "size": "small"}
        return render_to_string("components/progress.html", context)

    @admin.display(description="parts")
    def parts(self, job: Job) -> str:
        shown = progress_of(job)
        counts = shown.counts
        if not counts.total:
            return "–"
        told = f"{counts.completed} of {counts.total}"
        return f"{told}, {shown.asides}" if shown.asides else told

    @admin.display(description="time left")
    def time_left(self, job: Job) -> str:
        seconds = progress_of(job).seconds_left
        return "–" if seconds is None else f"{seconds} s"

    @admin.display(description="cost so far")
    def cost(self, job: Job) -> str:
        cost = progress_of(job).cost
        return f"{usd_text(cost.spent_usd)}, {usd_text(cost.reserved_usd)} set aside"

    @admin.display(description="took")
    def took(self, job: Job) -> str:
        return took(job)


@admin.register(JobEvent)
class JobEventAdmin(MachineMade[JobEvent]):
    """What happened, newest first, over all jobs."""

    list_display = ("at", "kind", "message", "job_link")
    list_filter = ("kind", ("at", WhenFilter))
    list_select_related = ("job",)
    search_fields = ("job__id", "message")
    search_help_text = "Id of the job, or a word of what was said."
    ordering = ("-at", "-id")
    fields = readonly_fields = ("at", "kind", "message", "job_link", "what")

    @admin.display(description="job")
    def job_link(self, event: JobEvent) -> str:
        return row_link("jobs_job", event.job_id, event.job.kind)

    @admin.display(description="data")
    def what(self, event: JobEvent) -> str:
        return pretty(event.data)


class LivesFilter(YesFilter):
    title = "Was it heard lately?"
    parameter_name = "alive"

    def fitting(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return workers.heard_lately(rows)


@admin.register(Worker)
class WorkerAdmin(MachineMade[Worker]):
    list_display = ("name", "queues", "began_at", "seen_at", "lives")
    list_filter = (LivesFilter,)
    ordering = ("-seen_at",)

    @admin.display(description="lives", boolean=True)
    def lives(self, worker: Worker) -> bool:
        return worker.seen_at > timezone.now() - workers.SILENCE


@admin.register(Discard)
class DiscardAdmin(MachineMade[Discard]):
    list_display = ("prefix", "created_at")
    list_filter = (("created_at", WhenFilter),)
    search_fields = ("prefix",)
