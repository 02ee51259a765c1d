"""Every address of the site: pages, API, admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from vibecraft import api

handler400 = "vibecraft.api.bad_request"
handler404 = "vibecraft.api.not_found"
handler500 = "vibecraft.api.server_error"

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("songs.urls")),
    path("", include("videos.urls")),
    path("", include(api.urlpatterns)),
    path("api/", include("accounts.api_urls")),
    path("api/", include("songs.api_urls")),
    path("api/", include("videos.api_urls")),
    path("api/", include("vibecraft.jobs.api_urls")),
    path("", include("vibecraft.predictions.urls")),
    path("admin/", admin.site.urls),
]
