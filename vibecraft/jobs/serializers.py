"""Jobs as the API shows them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from vibecraft.jobs.models import Job
from vibecraft.jobs.progress import progress_of


class JobErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="What went wrong and what to do, for a person.")


class CacheStatsSerializer(serializers.Serializer[Any]):
    """Reads of statuses since the counting began, over all processes."""

    hits = serializers.IntegerField(help_text="Answered from the cache, or nothing was new.")
    misses = serializers.IntegerField(help_text="Made anew.")
    errors = serializers.IntegerField(  # type: ignore[assignment]  # the contract's name
        help_text="The cache did not answer."
    )


class MilestoneSerializer(serializers.Serializer[Any]):
    sentence = serializers.CharField(help_text="What is done at this step.")
    state = serializers.ChoiceField(["done", "now", "later"], help_text="How it stands.")


class NumbersSerializer(serializers.Serializer[Any]):
    """The numbers of a job, as the pages and the admin show them."""

    total = serializers.IntegerField(help_text="Parts (clips, stills) to be made; 0 without parts.")
    completed = serializers.IntegerField(help_text="Parts that are made.")
    failed = serializers.IntegerField(help_text="Parts that could not be made.")
    retrying = serializers.IntegerField(help_text="Parts that are tried again.")
    in_progress = serializers.IntegerField(help_text="Parts that are being made.")
    waiting = serializers.IntegerField(help_text="Calls at the service that makes them.")
    seconds_left = serializers.IntegerField(allow_null=True, help_text="Null while unknown.")
    cost_usd = serializers.FloatField(help_text="Spent so far.")
    reserved_usd = serializers.FloatField(help_text="Set aside for calls under way.")
    milestones = MilestoneSerializer(many=True, help_text="The steps of this kind of job.")


class JobSerializer(serializers.ModelSerializer[Job]):
    """One run that a person can watch."""

    kind = serializers.ChoiceField(Job.Kind.choices, read_only=True, help_text="What is done.")
    status = serializers.ChoiceField(
        Job.Status.choices, read_only=True, help_text="How it stands; the last three are final."
    )
    numbers = serializers.SerializerMethodField(help_text="Parts, time left, cost, steps.")
    error = JobErrorSerializer(
        read_only=True, allow_null=True, help_text="Why it failed; null unless it did."
    )

    class Meta:
        model = Job
        fields = (
            "id",
            "kind",
            "status",
            "step",
            "message",
            "progress",
            "numbers",
            "error",
            "song_id",
            "video_id",
            "created_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields
        extra_kwargs = {
            "step": {"help_text": "Where it is, for programs."},
            "message": {"help_text": "Where it is, for a person."},
            "progress": {"help_text": "Percent; never goes back."},
            "song_id": {"help_text": "The song that it works on."},
            "video_id": {"help_text": "The video that it works on."},
        }

    @extend_schema_field(NumbersSerializer)
    def get_numbers(self, job: Job) -> dict[str, Any]:
        return progress_of(job).as_dict()

    def to_representation(self, instance: Job) -> dict[str, Any]:
        """Message and percent as the pages have them, what is retried among it."""
        shown = progress_of(instance)
        told: dict[str, Any] = super().to_representation(instance)
        return {**told, "message": shown.message, "progress": shown.percent}
