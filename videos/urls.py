"""The pages of videos."""

from __future__ import annotations

from django.urls import path

from videos import keeping_urls, media_views, views

urlpatterns = [
    path("videos", views.library, name="library"),
    path("songs/<uuid:pk>/videos/new", views.video_new, name="video-new"),
    path("videos/<uuid:pk>", views.video, name="video"),
    path("videos/<uuid:pk>/direction", views.video_direction, name="video-direction"),
    path("videos/<uuid:pk>/understood", views.video_understood, name="video-understood"),
    path("videos/<uuid:pk>/prompt", views.video_prompt, name="video-prompt"),
    path("videos/<uuid:pk>/plan", views.video_plan, name="video-plan"),
    path("videos/<uuid:pk>/clips/<int:number>", views.video_clip, name="video-clip"),
    path("videos/<uuid:pk>/generate", views.video_generate, name="video-generate"),
    path("videos/<uuid:pk>/progress", views.video_progress, name="video-progress"),
    path("videos/<uuid:pk>/cancel", views.video_cancel, name="video-cancel"),
    path("videos/<uuid:pk>/delete", views.video_delete, name="video-delete"),
    path("videos/<uuid:pk>/card", views.video_card, name="video-card"),
    path("videos/<uuid:pk>/film.mp4", media_views.film, name="video-film"),
    path("videos/<uuid:pk>/poster.jpg", media_views.poster, name="video-poster"),
    path(
        "videos/<uuid:pk>/takes/<uuid:take_pk>.jpg",
        media_views.take_thumbnail,
        name="take-thumbnail",
    ),
    path("videos/<uuid:pk>/captions.vtt", media_views.captions, name="video-captions"),
    *keeping_urls.pages,
]
