"""The addresses of the song pages and their fragments."""

from __future__ import annotations

from django.urls import path

from songs import views

urlpatterns = [
    path("songs", views.songs, name="songs"),
    path("songs/<uuid:pk>", views.song, name="song"),
    path("songs/<uuid:pk>/progress", views.progress, name="song-progress"),
    path("songs/<uuid:pk>/card", views.card, name="song-card"),
    path("songs/<uuid:pk>/analyze", views.analyze, name="song-analyze"),
    path("songs/<uuid:pk>/rename", views.rename, name="song-rename"),
    path("songs/<uuid:pk>/copy", views.copy, name="song-copy"),
    path("songs/<uuid:pk>/delete", views.delete, name="song-delete"),
    path("songs/<uuid:pk>/lyrics", views.lyrics, name="song-lyrics"),
    path("songs/<uuid:pk>/sections", views.sections, name="song-sections"),
    path("songs/<uuid:pk>/sections/<uuid:section_pk>", views.section, name="section-edit"),
    path("songs/<uuid:pk>/audio", views.audio, name="song-audio"),
    path("songs/<uuid:pk>/peaks.json", views.peaks, name="song-peaks"),
]
