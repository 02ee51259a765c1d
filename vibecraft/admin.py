"""The audit: what operators have done, to which rows, and what came of it. Written, never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.html import format_html

from accounts.models import User
from vibecraft.jobs.acts import REFUSED
from vibecraft.jobs.admin import MachineMade, YesFilter
from vibecraft.jobs.lists import WhenFilter


class RefusedFilter(YesFilter):
    title = "Was it refused?"
    parameter_name = "refused"

    def fitting(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(change_message__contains=f": {REFUSED}.")


class WhoFilter(admin.SimpleListFilter):
    """Only operators have done something here: there are few of them."""

    title = "Who has done it?"
    parameter_name = "user"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        staff = User.objects.filter(is_staff=True).order_by("email")
        return [(str(user.pk), user.email) for user in staff[:50]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(user=self.value()) if self.value() else queryset


@admin.register(LogEntry)
class AuditAdmin(MachineMade[LogEntry]):
    list_display = ("action_time", "user", "kind", "row", "what")
    list_display_links = ("action_time",)
    list_filter = (RefusedFilter, WhoFilter, ("action_time", WhenFilter))
    list_select_related = ("user", "content_type")
    search_fields = ("object_id", "user__email", "object_repr", "change_message")
    search_help_text = "Id or name of a row, who has done it, or what."
    # As they were written: their moments have no index.
    ordering = ("-id",)
    fields = readonly_fields = ("action_time", "user", "kind", "row", "what")

    @admin.display(description="to", ordering="content_type")
    def kind(self, entry: LogEntry) -> str:
        return str(entry.content_type.name) if entry.content_type else "–"

    @admin.display(description="row")
    def row(self, entry: LogEntry) -> str:
        try:
            address = entry.get_admin_url()
        except NoReverseMatch:
            address = None
        if address is None or entry.is_deletion():
            return entry.object_repr
        return format_html('<a href="{}">{}</a>', address, entry.object_repr)

    @admin.display(description="what, and what came of it")
    def what(self, entry: LogEntry) -> str:
        said = str(entry.get_change_message())
        return said or {1: "Added.", 3: "Deleted."}.get(entry.action_flag, "Changed.")
