"""Songs over HTTP: bring, list, hear, write the words, draw the sections."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import caller
from accounts.uploading import with_stored
from songs import drawing, lyrics, pipeline
from songs import serializers as shapes
from songs.lyric_files import WRITERS, send_lyrics
from songs.making import Wish
from songs.models import Analysis, Section, Song
from vibecraft.media.errors import MediaError
from vibecraft.problems import Problem, from_media, not_possible
from vibecraft.ranged import ranged
from vibecraft.rest import (
    IDEMPOTENCY_KEY,
    RANGE,
    ApiList,
    ApiView,
    JobStarted,
    Json,
    find,
    media,
    refusals,
    valid,
)
from vibecraft.sent_keys import idempotency_key

CONTENT_TYPES = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
    ".flac": "audio/flac",
}
TIMES = ("start_time", "end_time", "start_frame", "end_frame")


class SongApi(ApiView):
    """A view of one of the caller's songs; its errors name the song."""

    def find_song(self, request: Request, pk: uuid.UUID) -> Song:
        song = find(Song.objects.for_user(request.user), pk)
        self.about["song_id"] = str(song.pk)
        return song

    def find_analysis(self, request: Request, pk: uuid.UUID) -> Analysis:
        song = self.find_song(request, pk)
        analysis: Analysis | None = getattr(song, "analysis", None)
        if analysis is None or not song.is_ready:
            raise not_possible("analysis_not_ready", _why_not_ready(song))
        return analysis

    def find_section(self, request: Request, pk: uuid.UUID, sid: uuid.UUID) -> Section:
        song = self.find_song(request, pk)
        return find(song.sections.select_related("song"), sid)


def _why_not_ready(song: Song) -> str:
    if song.status == Song.Status.FAILED and not song.has_sound:
        return "This song could not be made. Try to make it again."
    if song.status == Song.Status.FAILED:
        return "The analysis of this song failed. Start it again, or bring another recording."
    return "This song is not analyzed yet. Please wait until it is."


@extend_schema_view(get=extend_schema(operation_id="song_list", summary="List songs, newest first"))
class SongsView(ApiList[Song]):
    parser_classes = (MultiPartParser,)
    serializer_class = shapes.SongSerializer

    def get_queryset(self) -> QuerySet[Song]:
        return Song.objects.for_user(caller(self.request)).with_cost()

    @extend_schema(
        operation_id="song_upload",
        summary="Bring a song",
        description="What the file is counts, not its name. Its analysis starts by itself.",
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": shapes.SongUploadSerializer},
        responses={201: shapes.SongSerializer, **refusals(400, 413, 415, 429, 503)},
    )
    def post(self, request: Request) -> Response:
        upload_id = idempotency_key(request)
        file, title = _upload(request)
        song = pipeline.bring_song(caller(request), file, title=title, upload_id=upload_id)
        return Response(shapes.SongSerializer(song).data, status=201)


def _upload(request: Request) -> tuple[UploadedFile[Any], str]:
    sent = request.data  # reads the body; the upload handler stops at a file that is too big
    if "file" not in sent and request.META.get("UPLOAD_TOO_BIG"):
        raise from_media(MediaError("too_big", max_mb=settings.UPLOAD_MAX_BYTES // 1024**2))
    data = with_stored(caller(request), sent)
    body = valid(shapes.SongUploadSerializer, request, data)
    return body["file"], body.get("title", "")


class SongMakeView(ApiView):
    @extend_schema(
        operation_id="song_make",
        summary="Make a song from an idea",
        description=(
            "A music model makes it, at its price; then its analysis starts by itself. With lyrics"
            " a model that sings is taken, unless one is named."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.SongWishSerializer,
        responses={202: shapes.SongStartedSerializer, **refusals(400, 409, 429)},
    )
    def post(self, request: Request) -> Response:
        body = valid(shapes.SongWishSerializer, request)
        seconds = round(body.pop("duration_sec"))
        wish, key = Wish(seconds=seconds, **body), idempotency_key(request)
        song, job = pipeline.make_song(caller(request), wish, upload_id=key)
        return Response({"job_id": job.pk, "song_id": song.pk}, status=202)


class SongMakeAgainView(SongApi):
    @extend_schema(
        operation_id="song_make_again",
        summary="Try again to make a song that could not be made",
        description="Music that was paid for and lies there is only brought in, free of charge.",
        request=None,
        responses={202: JobStarted, **refusals(400, 404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        return Response({"job_id": pipeline.make_again(song).pk}, status=202)


class SongView(SongApi):
    @extend_schema(
        operation_id="song_get",
        summary="One song",
        responses={200: shapes.SongSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        return Response(shapes.SongSerializer(song).data)

    @extend_schema(
        operation_id="song_rename",
        summary="Rename a song",
        request=shapes.SongTitleSerializer,
        responses={200: shapes.SongSerializer, **refusals(400, 404)},
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        song.title = valid(shapes.SongTitleSerializer, request)["title"]
        song.save(update_fields=["title"])
        return Response(shapes.SongSerializer(song).data)

    @extend_schema(
        operation_id="song_delete",
        summary="Delete a song with its files and drafts",
        responses={204: None, **refusals(404, 409)},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        pipeline.delete_song(song)
        return Response(status=204)


class SongAudioView(SongApi):
    @extend_schema(
        operation_id="song_audio",
        summary="The audio file as it was brought",
        parameters=[RANGE],
        responses={**media("audio/mpeg"), **refusals(404, 409, 416)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        song = self.find_song(request, pk)
        if not song.has_sound:
            raise not_possible("song_not_made", "This song has no sound yet: it is still made.")
        ending = PurePosixPath(song.source_key).suffix
        return ranged(
            request._request,
            song.source_key,
            content_type=CONTENT_TYPES.get(ending, "application/octet-stream"),
            filename=song.original_filename,
        )


class SongPeaksView(SongApi):
    @extend_schema(
        operation_id="song_peaks",
        summary="The peaks of the waveform, for drawing it",
        responses={**media("application/json"), **refusals(404, 409)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        analysis = self.find_analysis(request, pk)
        return ranged(request._request, analysis.peaks_key, content_type="application/json")


class SongCopyView(SongApi):
    @extend_schema(
        operation_id="song_copy",
        summary="Copy a song: the same audio and analysis, free sections",
        request=None,
        responses={201: shapes.SongSerializer, **refusals(404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        copy = pipeline.copy_song(song)
        return Response(shapes.SongSerializer(copy).data, status=201)


class SongAnalyzeView(SongApi):
    @extend_schema(
        operation_id="song_analyze",
        summary="Analyze a song again",
        request=None,
        responses={202: JobStarted, **refusals(404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        job = pipeline.analyze_again(song)
        return Response({"job_id": job.pk}, status=202)


class SongAnalysisView(SongApi):
    @extend_schema(
        operation_id="song_analysis",
        summary="What is heard in a song",
        responses={200: shapes.AnalysisSerializer, **refusals(404, 409)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        analysis = self.find_analysis(request, pk)
        return Response(shapes.AnalysisSerializer(analysis, context={"request": request}).data)


class SongBeatTimesView(SongApi):
    @extend_schema(
        operation_id="song_beat_times",
        summary="The beats and downbeats of a song",
        responses={200: shapes.BeatTimesSerializer, **refusals(404, 409)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        analysis = self.find_analysis(request, pk)
        return Response(shapes.BeatTimesSerializer(analysis).data)


class SongLyricsView(SongApi):
    parser_classes = (Json, MultiPartParser)

    @extend_schema(
        operation_id="song_lyrics_put",
        summary="Write the lyrics of a song",
        description=(
            "Exactly one of `text`, `lines` or `file`; empty text removes them. With `align`, text"
            " without times gets them from what is heard in the song; where nobody has listened"
            " yet, that is started at its price, and `job_id` is set."
        ),
        request=shapes.LyricsInputSerializer,
        responses={200: shapes.LyricsWrittenSerializer, **refusals(400, 404, 415, 429)},
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        sent = valid(shapes.LyricsInputSerializer, request)
        written = pipeline.write_lyrics(song, **sent)
        lines = lyrics.as_dicts(written.lines)
        body: dict[str, Any] = {"lyrics_available": bool(lines), "lyrics": lines}
        if sent["align"]:
            job_id = written.job.pk if written.job else None
            body |= {"job_id": job_id, "notice": written.notice}
        return Response(body)


class SongLyricsFileView(SongApi):
    @extend_schema(
        operation_id="song_lyrics_file",
        summary="The lyrics of a song as a file",
        parameters=[OpenApiParameter("ending", str, OpenApiParameter.PATH, enum=list(WRITERS))],
        responses={(200, "text/plain"): OpenApiTypes.STR, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID, ending: str) -> HttpResponseBase:
        song = self.find_song(request, pk)
        return send_lyrics(song, title=song.title, ending=ending)


class SongHearView(SongApi):
    @extend_schema(
        operation_id="song_lyrics_hear",
        summary="Listen for the words of a song",
        description=(
            "A speech model writes down what is sung and when; plain lyrics that are there are"
            " aligned to it. What was heard before is used again, free of charge."
        ),
        request=None,
        responses={202: JobStarted, **refusals(404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        return Response({"job_id": pipeline.hear_lyrics(song).pk}, status=202)


class SongSectionsView(SongApi):
    @extend_schema(
        operation_id="section_list",
        summary="The sections of a song in order",
        responses={200: shapes.SectionListSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        return Response({"sections": _shown(song.sections.all())})

    @extend_schema(
        operation_id="section_save",
        summary="Save the sections of a song, once",
        description=(
            "3 to 10 sections, each 1 to 120 seconds, together the whole song without gap or"
            " overlap. Their times are final. `errors` of a refusal holds `sections`, a list of"
            " sentences for each section in order, and `overall`, sentences about all of them."
        ),
        request=shapes.SectionsInputSerializer,
        responses={201: shapes.SectionsSavedSerializer, **refusals(400, 404, 409)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        drafts = valid(shapes.SectionsInputSerializer, request)["sections"]
        saved = drawing.save_sections(song, drafts)
        return Response({"sections": _shown(saved), "warning": drawing.FINAL}, status=201)


def _shown(sections: QuerySet[Section] | list[Section]) -> Any:
    return shapes.SectionSerializer(sections, many=True).data


class SectionView(SongApi):
    @extend_schema(
        operation_id="section_change",
        summary="Change the label or the note of a section",
        description="Times are final: sending any is refused with `section_times_are_final`.",
        request=shapes.SectionChangeSerializer,
        responses={200: shapes.SectionSerializer, **refusals(400, 404)},
    )
    def patch(self, request: Request, pk: uuid.UUID, sid: uuid.UUID) -> Response:
        section = self.find_section(request, pk, sid)
        _refuse_times(request.data)
        changes = valid(shapes.SectionChangeSerializer, request)
        return Response(shapes.SectionSerializer(drawing.change_section(section, **changes)).data)


def _refuse_times(sent: Any) -> None:
    times = [name for name in TIMES if isinstance(sent, Mapping) and name in sent]
    if times:
        sentence = "The times of a section are final. To cut the song differently, copy the song."
        errors = {name: [sentence] for name in times}
        raise Problem("section_times_are_final", sentence, errors=errors)


class SectionLyricsView(SongApi):
    @extend_schema(
        operation_id="section_lyrics",
        summary="The lyrics that are sung in a section",
        description="A word across a border belongs to both sections.",
        responses={200: shapes.SectionLyricsSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID, sid: uuid.UUID) -> Response:
        section = self.find_section(request, pk, sid)
        lines = lyrics.lines_between(section.song.lines, section.start_time, section.end_time)
        return Response({"lyrics": lyrics.as_dicts(lines)})
