"""Export: a film in another container, size or with its lyrics in the picture; made once, then kept."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import F

from vibecraft.jobs.models import Job


class ExportQuerySet(models.QuerySet["Export"]):
    def for_user(self, user: Any) -> Self:
        return self.filter(video__owner=user)

    def making(self) -> Self:
        return self.filter(status=Export.Status.MAKING)


class Export(models.Model):
    """One film as one file. `height` is the shorter side of its picture, in pixels.

    So 1080 is 1920 × 1080, 1080 × 1920 or 1080 × 1080, as the film's format says. `made_of` names
    what the file shows: another film, or other lyrics in it, are another fingerprint.
    """

    class Format(models.TextChoices):
        MP4 = "mp4", "MP4"
        MOV = "mov", "MOV"
        WEBM = "webm", "WebM"

    class Height(models.IntegerChoices):
        SMALL = 480
        MIDDLE = 720
        FULL = 1080

    class Lyrics(models.TextChoices):
        NONE = "", "None"
        LINE = "line", "Line"
        KARAOKE = "karaoke", "Karaoke"
        LARGE = "large", "Large"

    class Status(models.TextChoices):
        """making → ready | failed; what failed or is out of date is removed before a new try."""

        MAKING = "making"
        READY = "ready"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    video = models.ForeignKey("videos.Video", models.CASCADE, related_name="exports")
    format = models.CharField(max_length=4, choices=Format.choices)
    height = models.PositiveSmallIntegerField(choices=Height.choices)
    lyrics = models.CharField(max_length=7, choices=Lyrics.choices, blank=True)
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.MAKING)
    made_of = models.CharField(max_length=64)
    key = models.CharField(max_length=300, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    downloads = models.PositiveIntegerField(default=0)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="exports")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["-created_at"], name="export_newest"),)
        constraints = (
            models.UniqueConstraint(
                fields=["video", "format", "height", "lyrics"], name="one_export_of_a_kind"
            ),
        )

    def __str__(self) -> str:
        words = f", lyrics: {self.get_lyrics_display()}" if self.lyrics else ""
        return f"{self.get_format_display()} {self.height}p{words}"

    @property
    def is_ready(self) -> bool:
        return self.status == self.Status.READY

    @property
    def is_film(self) -> bool:
        """Whether this is the film itself, of which no second copy is kept."""
        return is_film(self.format, self.height, self.lyrics)

    @property
    def counted_bytes(self) -> int:
        """What it takes of the quota beside the film."""
        return 0 if self.is_film else self.size_bytes

    def become_ready(self, key: str, size: int) -> bool:
        """making → ready; False when it was removed meanwhile."""
        rows = Export.objects.making().filter(pk=self.pk)
        return rows.update(status=self.Status.READY, key=key, size_bytes=size) == 1

    def count_download(self) -> None:
        """Count one download, of the export and of its video."""
        Export.objects.filter(pk=self.pk).update(downloads=F("downloads") + 1)
        self.video.count_download()


def is_film(format: str, height: int, lyrics: str) -> bool:
    """Whether these choices describe the film as it is."""
    full = (Export.Format.MP4, Export.Height.FULL, Export.Lyrics.NONE)
    return (format, height, lyrics) == full
