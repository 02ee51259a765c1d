"""Addresses of jobs under /api/."""

from __future__ import annotations

from django.urls import path

from vibecraft.jobs import api

urlpatterns = [
    path("cache/stats", api.CacheStatsView.as_view(), name="api-cache-stats"),
    path("jobs/<uuid:pk>", api.JobView.as_view(), name="api-job"),
    path("jobs/<uuid:pk>/cancel", api.JobCancelView.as_view(), name="api-job-cancel"),
]
