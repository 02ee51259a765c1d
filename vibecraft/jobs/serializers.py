"""Jobs as the API shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from vibecraft.jobs.models import Job


class JobErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="What went wrong and what to do, for a person.")


class JobSerializer(serializers.ModelSerializer[Job]):
    """One run that a person can watch."""

    kind = serializers.ChoiceField(Job.Kind.choices, read_only=True, help_text="What is done.")
    status = serializers.ChoiceField(
        Job.Status.choices, read_only=True, help_text="How it stands; the last three are final."
    )
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
