"""Addresses of songs and sections under /api/."""

from __future__ import annotations

from django.urls import path

from songs import api, tools_api

urlpatterns = [
    path("songs", api.SongsView.as_view(), name="api-songs"),
    path("songs/make", api.SongMakeView.as_view(), name="api-song-make"),
    path("songs/<uuid:pk>", api.SongView.as_view(), name="api-song"),
    path("songs/<uuid:pk>/audio", api.SongAudioView.as_view(), name="api-song-audio"),
    path("songs/<uuid:pk>/peaks", api.SongPeaksView.as_view(), name="api-song-peaks"),
    path("songs/<uuid:pk>/copy", api.SongCopyView.as_view(), name="api-song-copy"),
    path("songs/<uuid:pk>/analyze", api.SongAnalyzeView.as_view(), name="api-song-analyze"),
    path("songs/<uuid:pk>/analysis", api.SongAnalysisView.as_view(), name="api-song-analysis"),
    path("songs/<uuid:pk>/beat-times", api.SongBeatTimesView.as_view(), name="api-beat-times"),
    path("songs/import", tools_api.SongImportView.as_view(), name="api-song-import"),
    path("songs/<uuid:pk>/beat-grid", tools_api.BeatGridView.as_view(), name="api-beat-grid"),
    path("songs/<uuid:pk>/trim", tools_api.SongTrimView.as_view(), name="api-song-trim"),
    path("songs/<uuid:pk>/make", api.SongMakeAgainView.as_view(), name="api-song-make-again"),
    path("songs/<uuid:pk>/lyrics", api.SongLyricsView.as_view(), name="api-song-lyrics"),
    path(
        "songs/<uuid:pk>/lyrics.<str:ending>",
        api.SongLyricsFileView.as_view(),
        name="api-song-lyrics-file",
    ),
    path("songs/<uuid:pk>/lyrics/hear", api.SongHearView.as_view(), name="api-song-hear"),
    path("songs/<uuid:pk>/sections", api.SongSectionsView.as_view(), name="api-sections"),
    path("songs/<uuid:pk>/sections/<uuid:sid>", api.SectionView.as_view(), name="api-section"),
    path(
        "songs/<uuid:pk>/sections/<uuid:sid>/lyrics",
        api.SectionLyricsView.as_view(),
        name="api-section-lyrics",
    ),
]
