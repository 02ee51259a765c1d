"""Song: what the user brings. Analysis: what we hear in it. Section: what the user draws on it."""

from __future__ import annotations

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum

from songs.lyrics import Line, from_dicts
from vibecraft.jobs.claims import ACTIVE
from vibecraft.jobs.models import Job
from vibecraft.media.frames import to_seconds
from vibecraft.predictions.models import Prediction


class SongQuerySet(models.QuerySet["Song"]):
    def for_user(self, user: Any) -> Self:
        return self.filter(owner=user)

    def with_cost(self) -> Self:
        """With `cost`: what AI models have cost for each song itself, in US dollars, or None."""
        of_song = Prediction.objects.filter(song_id=OuterRef("pk"), video_id=None)
        sums = of_song.order_by().values("song_id").annotate(usd=Sum("actual_usd")).values("usd")
        return self.annotate(cost=Subquery(sums))

    def of_job(self, job: Job) -> Self:
        """The song that a job is about: one or none."""
        return self.filter(pk=job.song_id) if job.song_id else self.none()


class Song(models.Model):
    """A song in our storage: the uploaded file as it came, and the one decode that all else shares.

    `frames` is the length of its picture: whole frames at 24 a second that cover all the sound.
    """

    class Source(models.TextChoices):
        UPLOAD = "upload"
        URL = "url"
        TRIM = "trim"
        MADE = "made"
        COPY = "copy"

    class Status(models.TextChoices):
        """new → analyzing → ready | failed; failed | ready → analyzing (analyzed again);

        new → failed → new (a song whose music could not be made, made again).
        """

        NEW = "new"
        ANALYZING = "analyzing"
        READY = "ready"
        FAILED = "failed"

    class LyricsSource(models.TextChoices):
        NONE = "", "none"
        TYPED = "typed"
        FILE = "file"
        HEARD = "heard"
        ALIGNED = "aligned"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="songs")
    title = models.CharField(max_length=150)
    source = models.CharField(max_length=6, choices=Source.choices, default=Source.UPLOAD)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children"
    )
    original_filename = models.CharField(max_length=150, blank=True)
    file_size_bytes = models.PositiveBigIntegerField(default=0)
    stored_bytes = models.PositiveBigIntegerField(default=0)
    duration_sec = models.FloatField()
    frames = models.PositiveIntegerField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.NEW)
    analysis_job_id = models.UUIDField(null=True, blank=True)
    source_key = models.CharField(max_length=300)
    master_key = models.CharField(max_length=300)
    origin_sec = models.FloatField(
        default=0, help_text="Where a trimmed song begins in the song it was first cut from."
    )
    source_url = models.CharField(
        max_length=300, blank=True, help_text="Where it was imported from, without anything secret."
    )
    tags = models.JSONField(default=dict, blank=True, help_text="What the file says of itself.")
    lyrics = models.JSONField(default=list, blank=True)
    heard_words = models.JSONField(
        default=list, blank=True, help_text="What a speech model heard: {start, end, text} each."
    )
    idea = models.TextField(
        blank=True, max_length=2000, help_text="What a made song was asked for."
    )
    lyrics_source = models.CharField(
        max_length=8, choices=LyricsSource.choices, default=LyricsSource.NONE, blank=True
    )
    upload_id = models.UUIDField(
        default=uuid.uuid4, editable=False, help_text="Chosen by the form: sent twice, stored once."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SongQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["-created_at"], name="song_newest"),)
        constraints = (
            models.UniqueConstraint(fields=["owner", "upload_id"], name="one_song_for_each_upload"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_ready(self) -> bool:
        return self.status == self.Status.READY

    @property
    def lines(self) -> tuple[Line, ...]:
        return from_dicts(self.lyrics)

    @property
    def has_sound(self) -> bool:
        """False for a song that is being made by a model, or could not be made."""
        return bool(self.master_key)

    @property
    def is_being_made(self) -> bool:
        return self.status == self.Status.NEW and not self.has_sound

    def begin_making(self) -> bool:
        """failed → new, for a song without sound; False when it is being made already."""
        failed = Song.objects.filter(pk=self.pk, status=self.Status.FAILED, master_key="")
        return failed.update(status=self.Status.NEW) == 1

    def end_making(self) -> bool:
        """new → failed, for a song without sound."""
        made = Song.objects.filter(pk=self.pk, status=self.Status.NEW, master_key="")
        return made.update(status=self.Status.FAILED) == 1

    def begin_analysis(self, job_id: uuid.UUID) -> bool:
        """new | ready | failed → analyzing; False when an analysis is under way already."""
        idle = Song.objects.filter(pk=self.pk).exclude(status=self.Status.ANALYZING)
        return idle.update(status=self.Status.ANALYZING, analysis_job_id=job_id) == 1

    def end_analysis(self, status: Status) -> bool:
        """analyzing → ready | failed."""
        running = Song.objects.filter(pk=self.pk, status=self.Status.ANALYZING)
        return running.update(status=status) == 1


class Analysis(models.Model):
    """What we hear in a song. Times are seconds from its start; lists are in order.

    The tempo, the beats and the downbeats are those that hold: what was detected, with the
    `corrections` made by hand. While there are corrections, `detected_grid` keeps what was detected.
    """

    song = models.OneToOneField(Song, models.CASCADE, related_name="analysis", primary_key=True)
    bpm = models.FloatField()
    tempo_confidence = models.FloatField()
    beat_times = models.JSONField()
    downbeat_times = models.JSONField()
    beats_per_bar = models.PositiveSmallIntegerField(default=4)
    corrections = models.JSONField(
        default=list, blank=True, help_text="What was set by hand, in order: see beat_grid."
    )
    detected_grid = models.JSONField(default=dict, blank=True)
    earlier_grid = models.JSONField(
        default=dict, blank=True, help_text="The grid of the longer song, or of the last analysis."
    )
    genre = models.CharField(max_length=60)
    sub_genres = models.JSONField(default=list)
    genre_confidence = models.FloatField(default=0)
    genre_reason = models.CharField(max_length=300, blank=True)
    mood_primary = models.CharField(max_length=60)
    mood_tags = models.JSONField(default=list)
    mood_vector = models.JSONField(default=dict)
    mood_reason = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=30, blank=True)
    energy_curve = models.JSONField(default=list)
    features_key = models.CharField(max_length=300)
    peaks_key = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "analyses"

    def __str__(self) -> str:
        return f"{self.bpm:.1f} BPM, {self.genre}, {self.mood_primary}"


class ImportQuerySet(models.QuerySet["Import"]):
    def for_user(self, user: Any) -> Self:
        return self.filter(owner=user)

    def of_job(self, job: Job) -> Self:
        """The import that a job does: one or none."""
        return self.filter(job=job)

    def under_way(self) -> Self:
        return self.filter(job__status__in=ACTIVE)


class Import(models.Model):
    """A song on its way from a web address; the song itself is there once all has gone well.

    `address` may hold passwords and signatures, so it is forgotten as soon as the job has ended;
    `shown_address` is what people and logs see.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports")
    job = models.OneToOneField(Job, models.CASCADE, related_name="song_import")
    song_id = models.UUIDField(default=uuid.uuid4, editable=False)
    address = models.TextField(blank=True, editable=False)
    shown_address = models.CharField(max_length=300)
    upload_id = models.UUIDField(
        default=uuid.uuid4, editable=False, help_text="Chosen by the form: sent twice, done once."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(fields=["owner", "upload_id"], name="one_import_for_each_form"),
        )

    def __str__(self) -> str:
        return self.shown_address


class Section(models.Model):
    """A named stretch of the song, drawn by the user; its times are final once saved."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    song = models.ForeignKey(Song, models.CASCADE, related_name="sections")
    section_index = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=40)
    prompt_note = models.CharField(max_length=100, blank=True)
    start_frame = models.PositiveIntegerField()
    end_frame = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("section_index",)
        constraints = (
            models.UniqueConstraint(fields=["song", "section_index"], name="one_section_an_index"),
            models.CheckConstraint(
                condition=Q(end_frame__gt=F("start_frame")), name="section_has_a_length"
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def start_time(self) -> float:
        return to_seconds(self.start_frame)

    @property
    def end_time(self) -> float:
        return to_seconds(self.end_frame)


class SectionDraft(models.Model):
    """Sections that are still being drawn, as the timeline keeps them: they may break every rule.

    `borders` are the inner borders in seconds; `sections` are one more: `{label, note}` each.
    """

    song = models.OneToOneField(
        Song, models.CASCADE, related_name="section_draft", primary_key=True
    )
    borders = models.JSONField()
    sections = models.JSONField()
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{len(self.sections)} sections, not saved yet"
