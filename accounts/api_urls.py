"""Addresses of accounts under /api/."""

from __future__ import annotations

from django.urls import path

from accounts import api, uploads_api

urlpatterns = [
    path("auth/register", api.RegisterView.as_view(), name="api-register"),
    path("auth/login", api.LoginView.as_view(), name="api-login"),
    path("auth/refresh", api.RefreshView.as_view(), name="api-refresh"),
    path("auth/logout", api.LogoutView.as_view(), name="api-logout"),
    path("auth/me", api.MeView.as_view(), name="api-me"),
    path("uploads", uploads_api.UploadsView.as_view(), name="api-uploads"),
]
