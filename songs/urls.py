"""The addresses of the song pages and their fragments."""

from __future__ import annotations

from django.urls import path

from songs import lyrics_views, making_views, views

urlpatterns = [
    path("songs", views.songs, name="songs"),
    path("songs/make", making_views.make, name="song-make"),
    path("songs/<uuid:pk>", views.song, name="song"),
    path("songs/<uuid:pk>/progress", views.progress, name="song-progress"),
    path("songs/<uuid:pk>/card", views.card, name="song-card"),
    path("songs/<uuid:pk>/analyze", views.analyze, name="song-analyze"),
    path("songs/<uuid:pk>/rename", views.rename, name="song-rename"),
    path("songs/<uuid:pk>/copy", views.copy, name="song-copy"),
    path("songs/<uuid:pk>/delete", views.delete, name="song-delete"),
    path("songs/<uuid:pk>/lyrics", lyrics_views.lyrics, name="song-lyrics"),
    path("songs/<uuid:pk>/lyrics/hear", lyrics_views.hear, name="song-hear"),
    path("songs/<uuid:pk>/lyrics/stop", lyrics_views.stop, name="song-hear-stop"),
    path("songs/<uuid:pk>/make", making_views.make_again, name="song-make-again"),
    path("songs/<uuid:pk>/make/stop", making_views.stop, name="song-make-stop"),
    path("songs/<uuid:pk>/sections", views.sections, name="song-sections"),
    path("songs/<uuid:pk>/sections/<uuid:section_pk>", views.section, name="section-edit"),
    path("songs/<uuid:pk>/audio", views.audio, name="song-audio"),
    path("songs/<uuid:pk>/peaks.json", views.peaks, name="song-peaks"),
]
