"""The operators' view of people and of what they use."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html_join

from accounts import sign_in_admin
from accounts.models import Closing, User
from vibecraft.jobs.admin import (
    FailedTodayFilter,
    MachineMade,
    StuckFilter,
    YesFilter,
    list_link,
    short_id,
    took,
)
from vibecraft.jobs.claims import Status
from vibecraft.jobs.lists import FastList, WhenFilter
from vibecraft.money import usd_text
from vibecraft.predictions.models import Prediction

# Sign-ins have a file of their own; Django looks for this one only.
__all__ = ["sign_in_admin"]


class NewUserForm(AdminUserCreationForm[User]):
    """A user made by an operator; the address is kept in lower case, as everywhere."""

    class Meta:
        model = User
        fields = ("email",)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


# The stubs know for whom the form is; Django's class cannot be told.
class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """A password set or taken away by an operator; nothing else of the row is written.

    Django's form writes the whole row as it was read, with the counters of that moment.
    """

    user: User

    def save(self, commit: bool = True) -> User:
        super().save(commit=False)
        if commit:
            self.user.save(update_fields=["password"])
        return self.user


class FullFilter(YesFilter):
    title = "Is a limit reached?"
    parameter_name = "full"

    def fitting(self, rows: QuerySet[User]) -> QuerySet[User]:
        videos = rows.filter(videos_used__gte=F("videos_limit"))
        return videos | rows.filter(storage_used_bytes__gte=F("storage_limit_bytes"))


@admin.register(User)
class UserAdmin(FastList[User], BaseUserAdmin[User]):
    """Limits may be changed here; what is used is counted by the machine.

    Nobody is deleted here: files belong to people, and closing an account on its page removes both.
    """

    add_form = NewUserForm
    change_password_form = PasswordForm
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "usable_password", "password1", "password2"),
            },
        ),
    )
    list_display = (
        "email",
        "videos",
        "storage",
        "is_active",
        "is_staff",
        "created_at",
        "last_login",
    )
    list_filter = (FullFilter, "is_active", "is_staff", "is_superuser")
    search_fields = ("email", "id")
    ordering = ("-created_at",)
    readonly_fields = ("videos", "storage", "created_at", "last_login", "belongings")
    fieldsets = (
        (None, {"fields": ("email", "password", "belongings")}),
        ("Usage", {"fields": ("videos", "storage")}),
        ("Limits", {"fields": ("videos_limit", "storage_limit_bytes")}),
        (
            "May do",
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        ("When", {"fields": ("created_at", "last_login")}),
    )

    @admin.display(description="videos", ordering="videos_used")
    def videos(self, user: User) -> str:
        return f"{user.videos_used} of {user.videos_limit}"

    @admin.display(description="storage", ordering="storage_used_bytes")
    def storage(self, user: User) -> str:
        used, limit = user.storage_used_bytes, user.storage_limit_bytes
        return f"{filesizeformat(used)} of {filesizeformat(limit)}"

    @admin.display(description="belongings")
    def belongings(self, user: User) -> str:
        lists = (("songs_song", "songs"), ("videos_video", "videos"), ("jobs_job", "jobs"))
        return format_html_join(
            " · ",
            "{}",
            ((list_link(name, text, owner__id__exact=user.pk),) for name, text in lists),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Another operator takes away an operator's right: so somebody knows whose acts they were."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, "is_staff") if obj == request.user else fields

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: Any) -> None:
        """Of a user who is there, only what was edited: work counts on, and people leave, meanwhile."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        # Groups and permissions are rows of their own, and saved after this one.
        columns = {field.name for field in User._meta.concrete_fields}
        obj.save(update_fields=[name for name in form.changed_data if name in columns])

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """No account that was closed is opened again by a page that an operator had open before."""
        is_closed = obj is not None and Closing.objects.filter(user_id=obj.pk).exists()
        return super().has_change_permission(request, obj) and not is_closed

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


class LateFilter(YesFilter):
    title = "Should it have ended long ago?"
    parameter_name = "late"

    def fitting(self, rows: QuerySet[Closing]) -> QuerySet[Closing]:
        return rows.filter(pk__in=Closing.late().values("pk"))


@admin.register(Closing)
class ClosingAdmin(MachineMade[Closing]):
    """Accounts that are being closed, and the trace of those that were. A worker ends them."""

    list_display = (
        "short",
        "status",
        "waits_for",
        "left",
        "attempts",
        "error_code",
        "created_at",
        "took",
    )
    list_filter = (
        StuckFilter,
        LateFilter,
        FailedTodayFilter,
        "status",
        ("created_at", WhenFilter),
    )
    search_fields = ("id", "user_id", "error_code", "error_detail")
    search_help_text = "Id of the closing or of the user; error."
    ordering = ("-created_at",)
    readonly_fields = ("waits_for", "left", "paid", "stored", "took")
    fieldsets = (
        (None, {"fields": ("user_id", "status", "waits_for", "left")}),
        ("What there was", {"fields": ("songs", "videos", "stored", "paid")}),
        ("Why it failed", {"fields": ("error_code", "error_sentence", "error_detail")}),
        ("Who works on it", {"fields": ("attempts", "lease_until", "next_run_at", "rung_at")}),
        ("When", {"fields": ("created_at", "started_at", "finished_at", "took")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Closing]:
        of_user = Prediction.objects.filter(owner_id=OuterRef("user_id")).active().order_by()
        calls = of_user.values("owner_id").annotate(number=Count("pk")).values("number")
        under_way = Coalesce(Subquery(calls, output_field=IntegerField()), 0)
        return super().get_queryset(request).annotate(calls_under_way=under_way)

    @admin.display(description="account", ordering="user_id")
    def short(self, closing: Closing) -> str:
        return short_id(closing.user_id)

    @admin.display(description="waits for")
    def waits_for(self, closing: Closing) -> str:
        """What holds it up, in the order in which it goes on."""
        if closing.is_terminal:
            return "–"
        calls = int(getattr(closing, "calls_under_way", 0))
        if calls:
            return f"paid calls to end: {calls}"
        return closing.error_code or "workers to notice, then files to be deleted"

    @admin.display(description="still there")
    def left(self, closing: Closing) -> str:
        if closing.status == Status.SUCCEEDED:
            return "nothing"
        lists = (("predictions_prediction", "paid calls"), ("jobs_job", "jobs"))
        links = ((list_link(name, text, owner__id__exact=closing.user_id),) for name, text in lists)
        return format_html_join(" · ", "{}", links)

    @admin.display(description="paid calls cost")
    def paid(self, closing: Closing) -> str:
        return usd_text(closing.paid_usd)

    @admin.display(description="stored")
    def stored(self, closing: Closing) -> str:
        return filesizeformat(closing.stored_bytes)

    @admin.display(description="took")
    def took(self, closing: Closing) -> str:
        return took(closing)
