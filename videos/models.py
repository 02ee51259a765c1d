"""Video: one music video of a song. Clip: a slot on its timeline. Take: an attempt to fill it.

Takes are in `take_model`, stills and pictures in `picture_models`, exports in `export_model`; all are
imported from here.
"""

from __future__ import annotations

import random
import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from songs.models import Section, Song
from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Job
from vibecraft.media.frames import to_seconds
from vibecraft.problems import Problem, not_possible
from videos.export_model import Export as Export
from videos.picture_models import Asset as Asset
from videos.picture_models import Still as Still
from videos.purse import Purse
from videos.take_model import Take as Take

REFINEMENTS = 5  # of a storyboard


def new_seed() -> int:
    return random.SystemRandom().randrange(2**31)


class VideoQuerySet(models.QuerySet["Video"]):
    def for_user(self, user: Any) -> Self:
        return self.filter(owner=user)

    def of_job(self, job: Job) -> Self:
        """The video that a job is about: one or none."""
        return self.filter(pk=job.video_id) if job.video_id else self.none()

    def lightly(self) -> Self:
        """With the song, and without the long texts that no list and no progress shows."""
        return self.select_related("song").defer(*LONG, *LONG_OF_A_SONG)


LONG = ("overall_prompt", "negative_prompt", "idea", "film_facts", "sync_report")
LONG_OF_A_SONG = ("song__lyrics", "song__heard_words", "song__tags", "song__idea")


class Video(Purse):
    """One music video for a song.

    `job_id` names the newest generation, so that status and cancel always find it.
    """

    class Status(models.TextChoices):
        """draft ⇄ storyboard; draft | storyboard | failed | canceled → generating → composing → ready;

        generating | composing → failed | canceled. A ready video stays ready.
        """

        DRAFT = "draft"
        STORYBOARD = "storyboard"
        GENERATING = "generating"
        COMPOSING = "composing"
        READY = "ready"
        FAILED = "failed"
        CANCELED = "canceled"

    class Continuity(models.TextChoices):
        CUTS = "cuts"
        CONTINUOUS = "continuous"

    class AspectRatio(models.TextChoices):
        WIDE = "16:9", "16:9 wide"
        TALL = "9:16", "9:16 tall"
        SQUARE = "1:1", "1:1 square"

    EDITABLE = (Status.DRAFT, Status.STORYBOARD)
    STARTABLE = (Status.DRAFT, Status.STORYBOARD, Status.FAILED, Status.CANCELED)
    RUNNING = (Status.GENERATING, Status.COMPOSING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="videos")
    song = models.ForeignKey(Song, models.CASCADE, related_name="videos")
    title = models.CharField(max_length=150)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    video_type = models.CharField(max_length=100)
    idea = models.TextField(blank=True, max_length=2000)
    overall_prompt = models.TextField(blank=True, max_length=4000)
    negative_prompt = models.TextField(blank=True, max_length=1000)
    model = models.CharField(max_length=60)
    flavor = models.CharField(max_length=60, default="default")
    aspect_ratio = models.CharField(
        max_length=4, choices=AspectRatio.choices, default=AspectRatio.WIDE
    )
    continuity = models.CharField(
        max_length=10, choices=Continuity.choices, default=Continuity.CUTS
    )
    character_id = models.UUIDField(null=True, blank=True)
    seed = models.PositiveBigIntegerField(default=new_seed)
    refinements_left = models.PositiveSmallIntegerField(default=REFINEMENTS)
    is_storyboard_approved = models.BooleanField(default=False)
    scenes_by = models.CharField(
        max_length=60, blank=True, help_text="The language model that wrote the scenes, if one did."
    )
    job_id = models.UUIDField(null=True, blank=True)
    is_reframed = models.BooleanField(
        default=False, help_text="Its clips come from the takes of a video in another format."
    )
    format_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="formats"
    )
    is_counted = models.BooleanField(
        default=False, help_text="True once it counts among the user's videos."
    )
    film_key = models.CharField(max_length=300, blank=True)
    film_size_bytes = models.PositiveBigIntegerField(default=0)
    poster_key = models.CharField(max_length=300, blank=True)
    stored_bytes = models.PositiveBigIntegerField(default=0)
    film_facts = models.JSONField(default=dict, blank=True)
    sync_report = models.JSONField(default=dict, blank=True)
    downloads = models.PositiveIntegerField(default=0)
    is_finalized = models.BooleanField(default=False)
    finalized_at = models.DateTimeField(null=True, blank=True)
    share_nonce = models.CharField(
        max_length=32, blank=True, editable=False, help_text="New each time it is shared."
    )
    share_hash = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    error_code = models.CharField(max_length=40, blank=True)
    error_sentence = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = VideoQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=["owner", "-created_at"], name="video_of_owner"),
            models.Index(fields=["-created_at"], name="video_newest"),
            models.Index(fields=["status", "-created_at"], name="video_by_status"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(reserved_usd__gte=0), name="video_reserved_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(actual_usd__gte=0), name="video_actual_is_not_negative"
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_editable(self) -> bool:
        return self.status in self.EDITABLE

    @property
    def is_running(self) -> bool:
        return self.status in self.RUNNING

    @property
    def is_startable(self) -> bool:
        return self.status in self.STARTABLE

    @property
    def is_paid_in_full(self) -> bool:
        return self.status == self.Status.READY

    @property
    def has_film(self) -> bool:
        return bool(self.film_key)

    @property
    def is_shared(self) -> bool:
        return self.share_hash is not None

    def count_download(self) -> None:
        """Count one download of the film, in whatever format."""
        Video.objects.filter(pk=self.pk).update(downloads=F("downloads") + 1)

    def final(self) -> Problem:
        """The refusal of a change to what is final."""
        sentence = "This video is final: nothing of it can be changed any more."
        return not_possible("video_is_final", sentence, video_id=str(self.pk))

    def check_not_final(self) -> None:
        """Problem 409 once the video is final. A look only: a change needs `hold_open`."""
        if self.is_finalized:
            raise self.final()

    def hold_open(self) -> None:
        """Keep the video from becoming final until this transaction ends; Problem 409 if it is.

        The update changes nothing, but it locks the row: who finalizes or starts something else
        meanwhile waits, and then sees what this transaction has begun.
        """
        if Video.objects.filter(pk=self.pk, is_finalized=False).update(is_finalized=False) != 1:
            raise self.final()

    def hold_startable(self) -> bool:
        """Lock the row until this transaction ends; False when its clips are being made, or are."""
        return self._open(self.STARTABLE).update(is_finalized=False) == 1

    def hold_editable(self) -> bool:
        """Lock the row until this transaction ends; False once its making has begun."""
        return self._open(self.EDITABLE).update(is_finalized=False) == 1

    def _open(self, states: tuple[Status, ...]) -> VideoQuerySet:
        return Video.objects.filter(pk=self.pk, status__in=states, is_finalized=False)

    @property
    def error(self) -> dict[str, str] | None:
        if self.status != self.Status.FAILED:
            return None
        return {"code": self.error_code, "detail": self.error_sentence}

    def move(self, *, to: Status, out_of: tuple[Status, ...], **fields: Any) -> bool:
        """One transition as one conditional update; False when it is not in `out_of`, or final."""
        if self._open(out_of).update(status=to, **fields) != 1:
            return False
        self.refresh_from_db()
        return True

    def begin_storyboard(self, job_id: uuid.UUID) -> bool:
        """Also from storyboard itself: stills that are missing are made by another job."""
        return self.move(to=self.Status.STORYBOARD, out_of=self.EDITABLE, job_id=job_id)

    def leave_storyboard(self) -> bool:
        """storyboard → draft: there are no stills any more."""
        return self.move(
            to=self.Status.DRAFT, out_of=(self.Status.STORYBOARD,), is_storyboard_approved=False
        )

    def approve_storyboard(self) -> bool:
        """From here on the making starts from the stills; False once it is no draft any more."""
        rows = Video.objects.filter(pk=self.pk, status=self.Status.STORYBOARD)
        if rows.update(is_storyboard_approved=True) != 1:
            return False
        self.refresh_from_db()
        return True

    def take_refinement(self) -> None:
        """Count one refinement of the storyboard, or raise 409 when none is left."""
        left = Video.objects.filter(
            pk=self.pk, status=self.Status.STORYBOARD, refinements_left__gt=0
        )
        if left.update(refinements_left=F("refinements_left") - 1) != 1:
            raise not_possible(
                "no_refinements_left",
                f"All {REFINEMENTS} refinements of this storyboard are used. "
                "You can still rewrite prompts, change the order, and approve it.",
                video_id=str(self.pk),
            )

    def give_back_refinement(self) -> None:
        """A refinement that brought no picture does not count."""
        used = Video.objects.filter(pk=self.pk, refinements_left__lt=REFINEMENTS)
        used.update(refinements_left=F("refinements_left") + 1)

    def begin_generating(self, job_id: uuid.UUID) -> bool:
        return self.move(
            to=self.Status.GENERATING,
            out_of=self.STARTABLE,
            job_id=job_id,
            error_code="",
            error_sentence="",
        )

    def begin_composing(self) -> bool:
        """generating → composing, for exactly one caller and only when every clip has its take."""
        if self.clips.filter(chosen_take=None).exists():
            return False
        return self.move(to=self.Status.COMPOSING, out_of=(self.Status.GENERATING,))

    def become_ready(self, **film: Any) -> bool:
        return self.move(
            to=self.Status.READY,
            out_of=(self.Status.COMPOSING, self.Status.READY),
            finished_at=Now(),
            **film,
        )

    def fail(self, problem_code: str, sentence: str) -> bool:
        return self.move(
            to=self.Status.FAILED,
            out_of=self.RUNNING,
            error_code=problem_code,
            error_sentence=sentence,
        )

    def become_canceled(self) -> bool:
        return self.move(to=self.Status.CANCELED, out_of=self.RUNNING)


class Clip(models.Model):
    """A slot on the video's timeline: whole frames at 24/s from the start of the song."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    video = models.ForeignKey(Video, models.CASCADE, related_name="clips")
    section = models.ForeignKey(Section, models.CASCADE, related_name="clips")
    clip_index = models.PositiveSmallIntegerField()
    start_frame = models.PositiveIntegerField()
    end_frame = models.PositiveIntegerField()
    cut = models.CharField(
        max_length=10, help_text="Where its start lies: on a downbeat, a beat, …"
    )
    prompt = models.TextField(max_length=6000)
    shot = models.JSONField(default=dict)
    chosen_still = models.ForeignKey(
        "Still", models.SET_NULL, null=True, blank=True, related_name="chosen_by"
    )
    chosen_take = models.ForeignKey(
        "Take", models.SET_NULL, null=True, blank=True, related_name="chosen_by"
    )
    film_take = models.ForeignKey(
        "Take",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="film_of",
        help_text="What the film shows, whatever is chosen meanwhile.",
    )
    regenerations_left = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ("clip_index",)
        constraints = (
            models.UniqueConstraint(fields=["video", "clip_index"], name="one_clip_an_index"),
            models.CheckConstraint(
                condition=Q(end_frame__gt=F("start_frame")), name="clip_has_a_length"
            ),
        )

    def __str__(self) -> str:
        return f"clip {self.clip_index + 1}"

    @property
    def frames(self) -> int:
        return self.end_frame - self.start_frame

    @property
    def start_time(self) -> float:
        return to_seconds(self.start_frame)

    @property
    def end_time(self) -> float:
        return to_seconds(self.end_frame)

    def take_turn(self) -> bool:
        """Use the one time that a clip is made again; False when it is used already."""
        left = Clip.objects.filter(pk=self.pk, regenerations_left__gt=0)
        return left.update(regenerations_left=F("regenerations_left") - 1) == 1

    @property
    def newest_take(self) -> Take | None:
        """Of the prefetched takes, the one with the highest number."""
        return max(self.takes.all(), key=lambda take: take.number, default=None)

    @property
    def status(self) -> str:
        """planned | generating | completed | failed, as its takes stand."""
        newest = self.newest_take
        if newest is not None and newest.status in (Status.QUEUED, Status.RUNNING):
            return "generating"
        if self.chosen_take_id is not None:
            return "completed"
        return "failed" if newest is not None and newest.status == Status.FAILED else "planned"


class SectionTurn(models.Model):
    """The one time that a section of a video was made again; deleted if that failed."""

    video = models.ForeignKey(Video, models.CASCADE, related_name="section_turns")
    section = models.ForeignKey(Section, models.CASCADE, related_name="turns")
    job = models.ForeignKey(Job, models.CASCADE, related_name="section_turns")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["video", "section"], name="one_turn_a_section"),
        )

    def __str__(self) -> str:
        return str(self.section)
