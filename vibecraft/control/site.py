"""The admin's site: its first page is the control room, which looks again by itself."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.cache import never_cache

from vibecraft.control import room


class ControlSite(admin.AdminSite):
    site_header = "VibeCraft operations"
    site_title = "VibeCraft operations"
    index_title = "Control room"
    index_template = "admin/control_room.html"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        look = self.admin_view(never_cache(self.look))
        return [path("room", look, name="control-room"), *super().get_urls()]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        seen = {"room": room.look(request.user)} if room.may_look(request.user) else {}
        return super().index(request, {**seen, **(extra_context or {})})

    def look(self, request: HttpRequest) -> HttpResponse:
        """The part of the first page that changes, asked for again every few seconds."""
        if not room.may_look(request.user):
            raise PermissionDenied
        context = {"room": room.look(request.user)}
        return TemplateResponse(request, "admin/_control_room.html", context)
