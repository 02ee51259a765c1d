"""The operators' view of paid calls: what was asked, what came, what it cost; prices; the valve."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet

from vibecraft.jobs.acts import Act
from vibecraft.jobs.admin import (
    FailedTodayFilter,
    MachineMade,
    MachineMadeInline,
    StuckFilter,
    YesFilter,
    pretty,
    row_link,
    short_id,
    took,
)
from vibecraft.jobs.lists import FastList, WhenFilter, recent_values
from vibecraft.predictions.models import DaySpend, Delivery, Phase, Prediction, Price, Valve
from vibecraft.problems import not_possible


class LostFilter(YesFilter):
    title = "Is its answer lost?"
    parameter_name = "lost"

    def fitting(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(
            Q(phase=Phase.UNKNOWN) | Q(error_code__in=("lost_answer", "order_unknown"))
        )


class PaidForNothingFilter(YesFilter):
    title = "Was it paid for nothing?"
    parameter_name = "paid_for_nothing"

    def fitting(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(status__in=("failed", "canceled"), actual_usd__gt=0)


class DearerFilter(YesFilter):
    title = "Did it cost a fifth more than estimated?"
    parameter_name = "dearer"

    def fitting(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(actual_usd__gt=F("estimated_usd") * Decimal("1.2"))


class UncertainCostFilter(YesFilter):
    title = "Is its cost to be compared with the bill?"
    parameter_name = "uncertain"

    def fitting(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        sent = rows.exclude(provider_id=None)
        return sent.filter(cost_source__in=("none", "estimate", "request"))


class DeliveryInline(MachineMadeInline):
    model = Delivery
    verbose_name_plural = "deliveries"
    fields = readonly_fields = ("received_at", "webhook_id", "provider_id")
    show_change_link = False


@admin.register(Prediction)
class PredictionAdmin(MachineMade[Prediction]):
    list_display = (
        "short",
        "purpose",
        "model",
        "status",
        "phase",
        "owner_link",
        "job_link",
        "estimated_usd",
        "actual_usd",
        "error_code",
        "created_at",
        "took",
    )
    list_filter = (
        StuckFilter,
        FailedTodayFilter,
        LostFilter,
        PaidForNothingFilter,
        DearerFilter,
        UncertainCostFilter,
        "purpose",
        "status",
        recent_values("model", "Which model?"),
        recent_values("error_code", "What went wrong?"),
        ("created_at", WhenFilter),
    )
    list_select_related = ("owner", "job")
    search_fields = ("id", "provider_id", "owner__email", "subject_id", "video_id", "song_id")
    search_help_text = "Id of ours or of the service, of the video, song, take or still; e-mail."
    inlines = (DeliveryInline,)
    readonly_fields = (
        "owner_link",
        "job_link",
        "song_link",
        "video_link",
        "took",
        "request",
        "answered",
        "words",
    )
    fieldsets = (
        (None, {"fields": ("purpose", "model", "slug", "version", "status", "phase")}),
        ("For whom", {"fields": ("owner_link", "job_link", "song_link", "video_link")}),
        ("What was asked", {"fields": ("request",)}),
        ("What came", {"fields": ("provider_id", "provider_status", "answered", "words")}),
        ("What it cost", {"fields": ("estimated_usd", "actual_usd", "cost_source")}),
        ("Why it failed", {"fields": ("error_code", "error_sentence", "error_detail")}),
        (
            "When",
            {
                "fields": (
                    "created_at",
                    "sent_at",
                    "provider_started_at",
                    "provider_completed_at",
                    "polled_at",
                    "give_up_at",
                    "finished_at",
                    "took",
                )
            },
        ),
        (
            "Who works on it",
            {"fields": ("attempts", "lease_until", "next_run_at", "listings", "cancel_asked")},
        ),
    )

    @admin.display(description="call", ordering="id")
    def short(self, prediction: Prediction) -> str:
        return short_id(prediction.pk)

    @admin.display(description="owner", ordering="owner__email")
    def owner_link(self, prediction: Prediction) -> str:
        return row_link("accounts_user", prediction.owner_id, prediction.owner)

    @admin.display(description="job")
    def job_link(self, prediction: Prediction) -> str:
        return row_link("jobs_job", prediction.job_id, prediction.job)

    @admin.display(description="song")
    def song_link(self, prediction: Prediction) -> str:
        return row_link("songs_song", prediction.song_id, "song")

    @admin.display(description="video")
    def video_link(self, prediction: Prediction) -> str:
        return row_link("videos_video", prediction.video_id, "video")

    @admin.display(description="took")
    def took(self, prediction: Prediction) -> str:
        return took(prediction)

    @admin.display(description="request")
    def request(self, prediction: Prediction) -> str:
        return pretty({"input": prediction.input, "uploads": prediction.uploads})

    @admin.display(description="answer")
    def answered(self, prediction: Prediction) -> str:
        return pretty(prediction.answer)

    @admin.display(description="kept")
    def words(self, prediction: Prediction) -> str:
        kept = {"outputs": prediction.outputs, "text": prediction.text, "data": prediction.data}
        return pretty({name: value for name, value in kept.items() if value})


@admin.register(Price)
class PriceAdmin(FastList[Price]):
    """Prices of operators; one that is valid later than another goes before it."""

    list_display = ("model", "variant", "usd", "valid_from", "source")
    list_filter = ("model",)
    search_fields = ("model", "variant", "source")
    search_help_text = "Key of the model, variant, or where the price was read."


@admin.register(DaySpend)
class DaySpendAdmin(MachineMade[DaySpend]):
    """What was ordered in a day by each user, and where no owner stands, by all."""

    list_display = ("day", "owner_link", "usd")
    list_filter = (("day", WhenFilter),)
    list_select_related = ("owner",)
    search_fields = ("owner__email",)
    readonly_fields = ("owner_link",)
    fields = ("day", "owner_link", "usd")

    @admin.display(description="owner", ordering="owner__email")
    def owner_link(self, spend: DaySpend) -> str:
        return row_link("accounts_user", spend.owner_id, spend.owner) if spend.owner else "all"


def open_again(valve: Valve) -> None:
    """Let calls be created again. Problem 409 when the valve is open."""
    shut = Valve.objects.filter(pk=valve.pk).exclude(closed_until=None, slow_until=None)
    if shut.update(closed_until=None, slow_until=None, reason="") != 1:
        raise not_possible("open", "It was open.")


OPEN_AGAIN = Act(
    "open_again",
    "Open",
    "opened",
    "Lets calls be created again at once, such as after credit was bought. If the service still "
    "refuses, it closes by itself.",
    "predictions.change_valve",
    open_again,
)


@admin.register(Valve)
class ValveAdmin(MachineMade[Valve]):
    list_display = ("name", "tokens", "closed_until", "slow_until", "reason")
    acts = (OPEN_AGAIN,)
