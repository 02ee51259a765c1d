"""Jobs over HTTP: watch one, cancel one."""

from __future__ import annotations

import uuid

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from vibecraft.jobs import statuscache
from vibecraft.jobs.models import Job
from vibecraft.jobs.serializers import CacheStatsSerializer, JobSerializer
from vibecraft.problems import not_possible
from vibecraft.rest import ApiView, find, refusals


class JobApi(ApiView):
    """A view of one of the caller's jobs; errors name the song and the video it works on."""

    def find_job(self, request: Request, pk: uuid.UUID) -> Job:
        job: Job = find(Job.objects.for_user(request.user), pk)
        named = {"song_id": job.song_id, "video_id": job.video_id}
        self.about = {name: str(value) for name, value in named.items() if value}
        return job


class JobView(JobApi):
    @extend_schema(
        operation_id="job_get",
        summary="Watch a job",
        responses={200: JobSerializer, **refusals(404)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        job = self.find_job(request, pk)
        return Response(JobSerializer(job).data)


class JobCancelView(JobApi):
    @extend_schema(
        operation_id="job_cancel",
        summary="Cancel a job",
        description="What is queued or running stops. Canceling it again changes nothing.",
        request=None,
        responses={200: JobSerializer, **refusals(404, 409)},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        job = self.find_job(request, pk)
        if not job.cancel():
            _refuse_unless_canceled(job)
        return Response(JobSerializer(job).data)


def _refuse_unless_canceled(job: Job) -> None:
    job.refresh_from_db()
    if job.status != Job.Status.CANCELED:
        raise not_possible("already_ended", "This has ended already, so it cannot be canceled.")


class CacheStatsView(ApiView):
    """For operators: whoever else asks finds nothing here."""

    @extend_schema(
        operation_id="cache_stats",
        summary="How often the status cache had the answer",
        responses={200: CacheStatsSerializer, **refusals(404)},
    )
    def get(self, request: Request) -> Response:
        if not request.user.is_staff:
            raise Http404
        return Response(statuscache.counts())
