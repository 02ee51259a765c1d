"""The acts on a song's newest video, by the names that begin with the song.

They are the views of videos, told by the song which video is meant: its newest, or a new draft with
defaults where it has none.
"""

from __future__ import annotations

import uuid

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from songs.api import SongApi
from songs.models import Song
from vibecraft.jobs.models import Job, JobQuerySet
from vibecraft.jobs.serializers import JobSerializer
from vibecraft.problems import not_possible
from vibecraft.rest import JobStarted, find, refusals, valid
from videos import api, drafts, pipeline
from videos import serializers as shapes
from videos.models import Video


class NewestVideoApi(SongApi, api.VideoApi):
    """A view of a song's newest video."""

    def find_video(self, request: Request, pk: uuid.UUID) -> Video:
        """`pk` is the song's."""
        video = self.newest(self.find_song(request, pk))
        self.about["video_id"] = str(video.pk)
        return video

    def newest(self, song: Song) -> Video:
        videos = Video.objects.for_user(song.owner).select_related("song", "owner")
        return videos.filter(song=song).first() or drafts.create_video(song.owner, song)


class SuggestTypeView(SongApi):
    @extend_schema(
        operation_id="song_suggest_video_type",
        summary="Which video type suits the song, and why",
        responses={200: shapes.SuggestionSerializer, **refusals(404, 409)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        return Response(shapes.SuggestionSerializer(drafts.suggest_type(song)).data)


class SongPromptView(NewestVideoApi):
    @extend_schema(
        operation_id="song_generate_prompt",
        summary="Write the prompt of the song's newest video anew",
        request=shapes.CustomPromptSerializer,
        responses={200: shapes.WrittenPromptSerializer, **refusals(400, 404, 409)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        sent = valid(shapes.CustomPromptSerializer, request)
        ideas = {"idea": sent["custom_prompt"]} if "custom_prompt" in sent else {}
        return api.written_anew(video, **ideas)


@extend_schema_view(get=extend_schema(operation_id="song_section_prompts"))
class SongSectionPromptsView(NewestVideoApi, api.VideoSectionPromptsView):
    """As of the video."""


@extend_schema_view(post=extend_schema(operation_id="song_clips_plan"))
class SongPlanView(NewestVideoApi, api.VideoPlanView):
    """As of the video."""


@extend_schema_view(get=extend_schema(operation_id="song_clips"))
class SongClipsView(NewestVideoApi, api.VideoClipsView):
    """As of the video."""


class SectionClipsView(NewestVideoApi):
    @extend_schema(
        operation_id="song_section_clips",
        summary="The clips of one section in the song's newest video",
        responses={200: shapes.ClipListSerializer, **refusals(404, 409)},
    )
    def get(self, request: Request, pk: uuid.UUID, sid: uuid.UUID) -> Response:
        section = self.find_section(request, pk, sid)
        video = self.find_video(request, pk)
        return Response({"clips": api.shown_clips(video.clips.filter(section=section), request)})


@extend_schema_view(post=extend_schema(operation_id="song_clips_generate"))
class SongGenerateView(NewestVideoApi, api.VideoGenerateView):
    """As of the video."""


@extend_schema_view(get=extend_schema(operation_id="song_generation_status"))
class SongGenerationStatusView(NewestVideoApi, api.VideoStatusView):
    """As of the video."""


class SongComposeView(NewestVideoApi):
    @extend_schema(
        operation_id="song_compose",
        summary="Join the clips of the song's newest video to a film",
        description=(
            "A generation ends with the film by itself: while one runs, its job is the answer."
            " Afterwards the chosen takes are joined again."
        ),
        request=None,
        responses={202: JobStarted, **refusals(404, 409)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        video = self.find_video(request, pk)
        running = _compositions(video.song).filter(video_id=video.pk).active().first()
        job = running or pipeline.start_composition(video)
        return Response({"job_id": job.pk}, status=202)


def _compositions(song: Song) -> JobQuerySet:
    """The jobs of a song that end with a film."""
    ending_with_a_film = (Job.Kind.GENERATION, Job.Kind.COMPOSITION)
    return Job.objects.for_user(song.owner).filter(song_id=song.pk, kind__in=ending_with_a_film)


class SongComposeStatusView(SongApi):
    @extend_schema(
        operation_id="song_compose_status",
        summary="How the joining stands",
        responses={200: JobSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID, job_id: uuid.UUID) -> Response:
        job = find(_compositions(self.find_song(request, pk)), job_id)
        return Response(JobSerializer(job).data)


class SongComposeResultView(SongApi):
    @extend_schema(
        operation_id="song_compose_result",
        summary="The video whose film was joined",
        responses={200: shapes.VideoSerializer, **refusals(404, 409)},
    )
    def get(self, request: Request, pk: uuid.UUID, job_id: uuid.UUID) -> Response:
        job = find(_compositions(self.find_song(request, pk)), job_id)
        video = find(api.videos_of(request), job.video_id or uuid.UUID(int=0))
        if job.status != Job.Status.SUCCEEDED:
            raise not_possible("film_not_ready", _why_no_film(job))
        return Response(api.shown(video, request))


def _why_no_film(job: Job) -> str:
    if job.status == Job.Status.FAILED:
        return job.error_sentence
    if job.status == Job.Status.CANCELED:
        return "This was canceled, so there is no film of it."
    return "The film is not made yet. Please wait a little."
