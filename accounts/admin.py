"""The operators' view of people and of what they use."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html_join

from accounts.models import User
from vibecraft.jobs.admin import YesFilter, list_link
from vibecraft.jobs.lists import FastList


class NewUserForm(AdminUserCreationForm[User]):
    """A user made by an operator; the address is kept in lower case, as everywhere."""

    class Meta:
        model = User
        fields = ("email",)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


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

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False
