"""The addresses of the song pages and their fragments."""

from __future__ import annotations

from django.urls import path

from songs import draft_views, lyrics_views, making_views, sample_views, tools_views, views

urlpatterns = [
    path("songs", views.songs, name="songs"),
    path("songs/sample", sample_views.sample_song, name="song-sample"),
    path("songs/running", views.running, name="songs-running"),
    path("songs/make", making_views.make, name="song-make"),
    path("songs/<uuid:pk>", views.song, name="song"),
    path("songs/<uuid:pk>/progress", views.progress, name="song-progress"),
    path("songs/<uuid:pk>/analyze", views.analyze, name="song-analyze"),
    path("songs/<uuid:pk>/rename", views.rename, name="song-rename"),
    path("songs/<uuid:pk>/copy", views.copy, name="song-copy"),
    path("songs/<uuid:pk>/delete", views.delete, name="song-delete"),
    path("songs/<uuid:pk>/lyrics", lyrics_views.lyrics, name="song-lyrics"),
    path("songs/<uuid:pk>/lyrics.<str:ending>", lyrics_views.lyrics_file, name="song-lyrics-file"),
    path("songs/<uuid:pk>/lyrics/hear", lyrics_views.hear, name="song-hear"),
    path("songs/<uuid:pk>/lyrics/stop", lyrics_views.stop, name="song-hear-stop"),
    path("songs/<uuid:pk>/make", making_views.make_again, name="song-make-again"),
    path("songs/<uuid:pk>/make/stop", making_views.stop, name="song-make-stop"),
    path("songs/<uuid:pk>/draft", draft_views.draft, name="song-draft"),
    path("songs/import", tools_views.start_import, name="song-import"),
    path("songs/imports/<uuid:pk>", tools_views.watch_import, name="import"),
    path("songs/imports/<uuid:pk>/cancel", tools_views.cancel_import, name="import-cancel"),
    path("songs/<uuid:pk>/beat", tools_views.beat, name="song-beat"),
    path("songs/<uuid:pk>/trim", tools_views.trim, name="song-trim"),
    path("songs/<uuid:pk>/sections", views.sections, name="song-sections"),
    path("songs/<uuid:pk>/sections/<uuid:section_pk>", views.section, name="section-edit"),
    path("songs/<uuid:pk>/audio", views.audio, name="song-audio"),
    path("songs/<uuid:pk>/peaks.json", views.peaks, name="song-peaks"),
]
