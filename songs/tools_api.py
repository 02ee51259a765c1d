"""The song tools over HTTP: correct the beat, trim, import from an address."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import caller
from songs import beat_grid, pipeline, tool_shapes
from songs import serializers as shapes
from songs.api import SongApi
from vibecraft.rest import IDEMPOTENCY_KEY, ApiView, refusals, valid
from vibecraft.sent_keys import idempotency_key


class BeatGridView(SongApi):
    @extend_schema(
        operation_id="song_beat_grid",
        summary="Correct the beat of a song",
        description=(
            "What was detected is kept, so that every correction can be taken back: send an earlier"
            " answer's `corrections`, or `detected`. Drafts that are planned are planned anew."
            " Refused once a video of the song was begun, and while a storyboard is drawn to it."
        ),
        request=tool_shapes.BeatGridSerializer,
        responses={200: shapes.BeatTimesSerializer, **refusals(400, 404, 409)},
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        wish = beat_grid.Wish.of(valid(tool_shapes.BeatGridSerializer, request))
        return Response(shapes.BeatTimesSerializer(beat_grid.correct(song, wish)).data)


class SongTrimView(SongApi):
    @extend_schema(
        operation_id="song_trim",
        summary="Make a part of a song a song of its own",
        description="Cut to the sample; the old song stays. Its analysis starts by itself.",
        parameters=[IDEMPOTENCY_KEY],
        request=tool_shapes.SongTrimSerializer,
        responses={201: shapes.SongSerializer, **refusals(400, 404, 409, 429)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        song = self.find_song(request, pk)
        part = valid(tool_shapes.SongTrimSerializer, request)
        trimmed = pipeline.trim_song(song, upload_id=idempotency_key(request), **part)
        return Response(shapes.SongSerializer(trimmed).data, status=201)


class SongImportView(ApiView):
    @extend_schema(
        operation_id="song_import",
        summary="Bring a song from a web address",
        description=(
            "Fetched as a job from public addresses only, with the limits of an upload. The song is"
            " there when the job has succeeded; of an import that fails or is canceled nothing stays."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=tool_shapes.SongImportSerializer,
        responses={202: shapes.SongStartedSerializer, **refusals(400, 429)},
    )
    def post(self, request: Request) -> Response:
        address = valid(tool_shapes.SongImportSerializer, request)["url"]
        key = idempotency_key(request)
        wanted = pipeline.import_song(caller(request), address, upload_id=key)
        return Response({"job_id": wanted.job_id, "song_id": wanted.song_id}, status=202)
