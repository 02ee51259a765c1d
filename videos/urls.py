"""The pages of videos."""

from __future__ import annotations

from django.urls import path

from videos import (
    asset_views,
    cost_views,
    keeping_urls,
    lipsync_views,
    media_views,
    remaking_views,
    scenes_views,
    storyboard_views,
    views,
)

urlpatterns = [
    path("videos", views.library, name="library"),
    path("videos/running", views.library_running, name="library-running"),
    path("assets", asset_views.pictures, name="assets"),
    path("assets/make", asset_views.make, name="asset-make"),
    path("assets/<uuid:pk>/card", asset_views.card, name="asset-card"),
    path("assets/<uuid:pk>/again", asset_views.make_again, name="asset-again"),
    path("assets/<uuid:pk>/delete", asset_views.asset_delete, name="asset-delete"),
    path("assets/<uuid:pk>/picture", asset_views.picture, name="asset-picture"),
    path("assets/<uuid:pk>/thumbnail.jpg", asset_views.thumbnail, name="asset-thumbnail"),
    path("songs/<uuid:pk>/videos/new", views.video_new, name="video-new"),
    path("videos/<uuid:pk>", views.video, name="video"),
    path("videos/<uuid:pk>/direction", views.video_direction, name="video-direction"),
    path("videos/<uuid:pk>/understood", views.video_understood, name="video-understood"),
    path("videos/<uuid:pk>/prompt", views.video_prompt, name="video-prompt"),
    path("videos/<uuid:pk>/budget", views.video_budget, name="video-budget"),
    path("videos/<uuid:pk>/plan", views.video_plan, name="video-plan"),
    path("videos/<uuid:pk>/clips/<int:number>", views.video_clip, name="video-clip"),
    path("videos/<uuid:pk>/scenes", scenes_views.video_scenes, name="video-scenes"),
    path(
        "videos/<uuid:pk>/scenes/cancel",
        scenes_views.video_scenes_cancel,
        name="video-scenes-cancel",
    ),
    path("videos/<uuid:pk>/scenes/undo", scenes_views.video_scenes_undo, name="video-scenes-undo"),
    path("videos/<uuid:pk>/again", remaking_views.video_again, name="video-again"),
    path(
        "videos/<uuid:pk>/again/cancel",
        remaking_views.video_again_cancel,
        name="video-again-cancel",
    ),
    path("videos/<uuid:pk>/join", remaking_views.video_join, name="video-join"),
    path("videos/<uuid:pk>/clips/<int:number>/again", remaking_views.clip_again, name="clip-again"),
    path(
        "videos/<uuid:pk>/clips/<int:number>/section/again",
        remaking_views.section_again,
        name="section-again",
    ),
    path(
        "videos/<uuid:pk>/takes/<uuid:take_pk>/choose",
        remaking_views.take_choose,
        name="take-choose",
    ),
    path("videos/<uuid:pk>/takes/<uuid:take_pk>.mp4", media_views.take_film, name="take-film"),
    path("videos/<uuid:pk>/lipsync", lipsync_views.video_lipsync, name="video-lipsync"),
    path(
        "videos/<uuid:pk>/lipsync/cancel",
        lipsync_views.video_lipsync_cancel,
        name="video-lipsync-cancel",
    ),
    path(
        "videos/<uuid:pk>/clips/<int:number>/lipsync",
        lipsync_views.clip_lipsync,
        name="video-clip-lipsync",
    ),
    path("videos/<uuid:pk>/character", asset_views.character, name="video-character"),
    path("videos/<uuid:pk>/storyboard", storyboard_views.page, name="storyboard"),
    path(
        "videos/<uuid:pk>/storyboard/progress",
        storyboard_views.progress,
        name="storyboard-progress",
    ),
    path("videos/<uuid:pk>/storyboard/order", storyboard_views.order, name="storyboard-order"),
    path(
        "videos/<uuid:pk>/storyboard/approve", storyboard_views.approve, name="storyboard-approve"
    ),
    path("videos/<uuid:pk>/storyboard/cancel", storyboard_views.cancel, name="storyboard-cancel"),
    path("videos/<uuid:pk>/storyboard/remove", storyboard_views.remove, name="storyboard-remove"),
    path(
        "videos/<uuid:pk>/storyboard/clips/<uuid:cid>",
        storyboard_views.refine,
        name="storyboard-refine",
    ),
    path(
        "videos/<uuid:pk>/stills/<uuid:still_pk>.jpg",
        storyboard_views.picture,
        name="still-picture",
    ),
    path(
        "videos/<uuid:pk>/stills/<uuid:still_pk>/small.jpg",
        storyboard_views.thumbnail,
        name="still-thumbnail",
    ),
    path("videos/<uuid:pk>/generate", views.video_generate, name="video-generate"),
    path("videos/<uuid:pk>/progress", views.video_progress, name="video-progress"),
    path("videos/<uuid:pk>/costs", cost_views.video_cost_page, name="video-costs"),
    path("account/costs", cost_views.account_costs, name="account-costs"),
    path("videos/<uuid:pk>/cancel", views.video_cancel, name="video-cancel"),
    path("videos/<uuid:pk>/delete", views.video_delete, name="video-delete"),
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
