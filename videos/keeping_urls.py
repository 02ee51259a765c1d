"""Addresses of what one does with a finished film, as pages and under /api/."""

from __future__ import annotations

from django.urls import path

from videos import keeping_api, keeping_views, public_views

pages = [
    path("v/<str:token>", public_views.shared, name="shared"),
    path("v/<str:token>/film.mp4", public_views.shared_film, name="shared-film"),
    path("v/<str:token>/poster.jpg", public_views.shared_poster, name="shared-poster"),
    path("videos/<uuid:pk>/share", keeping_views.video_share, name="video-share"),
    path("videos/<uuid:pk>/exports", keeping_views.video_exports, name="video-exports"),
    path("videos/<uuid:pk>/exports/<uuid:eid>/file", keeping_views.export_file, name="export-file"),
    path("videos/<uuid:pk>/lyrics.<str:ending>", keeping_views.video_lyrics, name="video-lyrics"),
    path("videos/<uuid:pk>/finalize", keeping_views.video_finalize, name="video-finalize"),
]
api = [
    path("videos/<uuid:pk>/share", keeping_api.VideoShareView.as_view(), name="api-video-share"),
    path(
        "videos/<uuid:pk>/exports", keeping_api.VideoExportsView.as_view(), name="api-video-exports"
    ),
    path(
        "videos/<uuid:pk>/exports/<uuid:eid>/file",
        keeping_api.ExportFileView.as_view(),
        name="api-export-file",
    ),
    path(
        "videos/<uuid:pk>/lyrics.<str:ending>",
        keeping_api.VideoLyricsView.as_view(),
        name="api-video-lyrics",
    ),
    path(
        "videos/<uuid:pk>/finalize",
        keeping_api.VideoFinalizeView.as_view(),
        name="api-video-finalize",
    ),
    path(
        "videos/<uuid:pk>/finalization-status",
        keeping_api.FinalizationStatusView.as_view(),
        name="api-video-finalization-status",
    ),
]
