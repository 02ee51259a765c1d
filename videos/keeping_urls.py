"""Addresses of what one does with a finished film, as pages and under /api/."""

from __future__ import annotations

from django.urls import path

from videos import keeping_api, keeping_views, public_views

pages = [
    path("v/<str:token>", public_views.shared, name="shared"),
    path("v/<str:token>/film.mp4", public_views.shared_film, name="shared-film"),
    path("v/<str:token>/poster.jpg", public_views.shared_poster, name="shared-poster"),
    path("videos/<uuid:pk>/share", keeping_views.video_share, name="video-share"),
]
api = [
    path("videos/<uuid:pk>/share", keeping_api.VideoShareView.as_view(), name="api-video-share"),
]
