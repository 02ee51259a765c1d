"""Addresses of videos, of their choices, and of a song's newest video, under /api/."""

from __future__ import annotations

from django.urls import path

from videos import (
    api,
    asset_api,
    format_api,
    keeping_urls,
    lipsync_api,
    remaking_api,
    scenes_api,
    song_api,
    storyboard_api,
)

urlpatterns = [
    path(
        "videos/<uuid:pk>/formats", format_api.VideoFormatsView.as_view(), name="api-video-formats"
    ),
    path("videos/<uuid:pk>/focus", format_api.VideoFocusView.as_view(), name="api-video-focus"),
    path("models", api.ModelsView.as_view(), name="api-models"),
    path("flavors", api.FlavorsView.as_view(), name="api-flavors"),
    path("video-types", api.VideoTypesView.as_view(), name="api-video-types"),
    path("assets", asset_api.AssetsView.as_view(), name="api-assets"),
    path("assets/make", asset_api.AssetMakeView.as_view(), name="api-asset-make"),
    path("assets/<uuid:pk>", asset_api.AssetView.as_view(), name="api-asset"),
    path("assets/<uuid:pk>/file", asset_api.AssetFileView.as_view(), name="api-asset-file"),
    path(
        "assets/<uuid:pk>/thumbnail",
        asset_api.AssetThumbnailView.as_view(),
        name="api-asset-thumbnail",
    ),
    path("videos", api.VideosView.as_view(), name="api-videos"),
    path("videos/<uuid:pk>", api.VideoView.as_view(), name="api-video"),
    path("videos/<uuid:pk>/prompt", api.VideoPromptView.as_view(), name="api-video-prompt"),
    path(
        "videos/<uuid:pk>/section-prompts",
        api.VideoSectionPromptsView.as_view(),
        name="api-video-section-prompts",
    ),
    path("videos/<uuid:pk>/plan", api.VideoPlanView.as_view(), name="api-video-plan"),
    path("videos/<uuid:pk>/scenes", scenes_api.VideoScenesView.as_view(), name="api-video-scenes"),
    path("videos/<uuid:pk>/estimate", api.VideoEstimateView.as_view(), name="api-video-estimate"),
    path("videos/<uuid:pk>/clips", api.VideoClipsView.as_view(), name="api-video-clips"),
    path("videos/<uuid:pk>/clips/<uuid:cid>", api.ClipView.as_view(), name="api-clip"),
    path(
        "videos/<uuid:pk>/clips/<uuid:cid>/lipsync",
        lipsync_api.ClipLipsyncView.as_view(),
        name="api-clip-lipsync",
    ),
    path(
        "videos/<uuid:pk>/clips/<uuid:cid>/refine",
        storyboard_api.ClipRefineView.as_view(),
        name="api-clip-refine",
    ),
    path(
        "videos/<uuid:pk>/storyboard",
        storyboard_api.StoryboardView.as_view(),
        name="api-storyboard",
    ),
    path(
        "videos/<uuid:pk>/storyboard/approve",
        storyboard_api.StoryboardApproveView.as_view(),
        name="api-storyboard-approve",
    ),
    path(
        "videos/<uuid:pk>/reorder",
        storyboard_api.VideoReorderView.as_view(),
        name="api-video-reorder",
    ),
    path(
        "videos/<uuid:pk>/stills/<uuid:still_id>/file",
        storyboard_api.StillFileView.as_view(),
        name="api-still-file",
    ),
    path(
        "videos/<uuid:pk>/regenerate/section/<uuid:sid>",
        remaking_api.RegenerateSectionView.as_view(),
        name="api-regenerate-section",
    ),
    path(
        "videos/<uuid:pk>/regenerate/clip/<uuid:cid>",
        remaking_api.RegenerateClipView.as_view(),
        name="api-regenerate-clip",
    ),
    path(
        "videos/<uuid:pk>/regeneration/status",
        remaking_api.RegenerationStatusView.as_view(),
        name="api-regeneration-status",
    ),
    path(
        "videos/<uuid:pk>/restitch", remaking_api.RestitchView.as_view(), name="api-video-restitch"
    ),
    path("videos/<uuid:pk>/generate", api.VideoGenerateView.as_view(), name="api-video-generate"),
    path("videos/<uuid:pk>/status", api.VideoStatusView.as_view(), name="api-video-status"),
    path("videos/<uuid:pk>/cancel", api.VideoCancelView.as_view(), name="api-video-cancel"),
    path("videos/<uuid:pk>/file", api.VideoFileView.as_view(), name="api-video-file"),
    path("videos/<uuid:pk>/poster", api.VideoPosterView.as_view(), name="api-video-poster"),
    path("videos/<uuid:pk>/metadata", api.VideoMetadataView.as_view(), name="api-video-metadata"),
    path(
        "videos/<uuid:pk>/takes/<uuid:tid>/file", api.TakeFileView.as_view(), name="api-take-file"
    ),
    path(
        "videos/<uuid:pk>/takes/<uuid:tid>/thumbnail",
        api.TakeThumbnailView.as_view(),
        name="api-take-thumbnail",
    ),
    path(
        "songs/<uuid:pk>/suggest-video-type",
        song_api.SuggestTypeView.as_view(),
        name="api-song-suggest-video-type",
    ),
    path(
        "songs/<uuid:pk>/generate-prompt",
        song_api.SongPromptView.as_view(),
        name="api-song-generate-prompt",
    ),
    path(
        "songs/<uuid:pk>/section-prompts",
        song_api.SongSectionPromptsView.as_view(),
        name="api-song-section-prompts",
    ),
    path("songs/<uuid:pk>/clips", song_api.SongClipsView.as_view(), name="api-song-clips"),
    path("songs/<uuid:pk>/clips/plan", song_api.SongPlanView.as_view(), name="api-song-plan"),
    path(
        "songs/<uuid:pk>/clips/generate",
        song_api.SongGenerateView.as_view(),
        name="api-song-generate",
    ),
    path(
        "songs/<uuid:pk>/sections/<uuid:sid>/clips",
        song_api.SectionClipsView.as_view(),
        name="api-section-clips",
    ),
    path(
        "songs/<uuid:pk>/generation/status",
        song_api.SongGenerationStatusView.as_view(),
        name="api-song-generation-status",
    ),
    path("songs/<uuid:pk>/compose", song_api.SongComposeView.as_view(), name="api-song-compose"),
    path(
        "songs/<uuid:pk>/compose/<uuid:job_id>/status",
        song_api.SongComposeStatusView.as_view(),
        name="api-song-compose-status",
    ),
    path(
        "songs/<uuid:pk>/compose/<uuid:job_id>/result",
        song_api.SongComposeResultView.as_view(),
        name="api-song-compose-result",
    ),
    *keeping_urls.api,
]
