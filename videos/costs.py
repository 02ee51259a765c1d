"""What a video and a month cost, call by call, and why it is not what was estimated [H8]."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce, TruncMonth

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.claims import ACTIVE, Status
from vibecraft.jobs.models import Job
from vibecraft.predictions.catalog import catalog
from vibecraft.predictions.models import Phase, Prediction, Purpose
from videos.models import Clip, Video

NOTHING = Decimal(0)
PURPOSE_NAMES = {
    Purpose.CLIP: "Clip",
    Purpose.STILL: "Storyboard image",
    Purpose.CHARACTER: "Character",
    Purpose.SCENES: "Scenes",
    Purpose.LYRICS: "Lyrics",
    Purpose.MUSIC: "Song",
    Purpose.LIPSYNC: "Lip-sync",
}
OUTCOMES = {
    Status.SUCCEEDED: ("good", "made"),
    Status.FAILED: ("bad", "failed"),
    Status.CANCELED: ("wait", "stopped"),
}


@dataclass(frozen=True)
class Call:
    """One paid call as its owner reads it. `actual` is None while it is under way."""

    name: str
    model: str
    attempt: int
    tone: str
    outcome: str
    estimated: Decimal
    actual: Decimal | None
    why: str


@dataclass(frozen=True)
class Group:
    """The calls for one clip, or for the video as a whole."""

    name: str
    start_time: float | None
    calls: list[Call]

    @property
    def estimated(self) -> Decimal:
        return sum((call.estimated for call in self.calls), NOTHING)

    @property
    def actual(self) -> Decimal:
        return sum((call.actual or NOTHING for call in self.calls), NOTHING)


@dataclass(frozen=True)
class Reason:
    """Why the video costs so much more (or less) than its plan; all reasons add up."""

    text: str
    usd: Decimal


@dataclass(frozen=True)
class VideoCosts:
    """Everything that was ordered for a video."""

    groups: list[Group]
    estimated: Decimal
    actual: Decimal
    reasons: list[Reason]

    @property
    def difference(self) -> Decimal:
        return self.actual - self.estimated


def video_costs(video: Video) -> VideoCosts:
    """All calls of a video, clip by clip, from two queries."""
    ordered = Prediction.objects.filter(video_id=video.pk).order_by("created_at")
    rows = list(ordered.select_related("job"))
    clips = {clip.pk: clip for clip in video.clips.all()}
    return VideoCosts(
        groups=_groups(rows, clips),
        estimated=video.estimated_usd,
        actual=sum((row.actual_usd or NOTHING for row in rows), NOTHING),
        reasons=reasons(video, rows),
    )


# --- call by call --------------------------------------------------------------------------------


def _groups(rows: Sequence[Prediction], clips: dict[uuid.UUID, Clip]) -> list[Group]:
    """One for each clip in the order of the song, and one for what is for the whole video."""
    by_clip: dict[uuid.UUID | None, list[Prediction]] = {}
    for row in rows:
        known = row.clip_id if row.clip_id in clips else None
        by_clip.setdefault(known, []).append(row)
    found = [
        Group(f"Clip {clip.clip_index + 1}", clip.start_time, _calls(by_clip[pk]))
        for pk, clip in clips.items()
        if pk in by_clip
    ]
    if None in by_clip:
        found.append(Group("The whole video", None, _calls(by_clip[None])))
    return found


def _calls(rows: Iterable[Prediction]) -> list[Call]:
    counted: dict[tuple[uuid.UUID, str], int] = {}
    made = []
    for row in rows:
        subject = (row.subject_id, row.model)
        counted[subject] = counted.get(subject, 0) + 1
        made.append(call_of(row, attempt=counted[subject]))
    return made


def call_of(row: Prediction, *, attempt: int) -> Call:
    """One call in words."""
    model = catalog().get(row.model)
    tone, outcome = OUTCOMES.get(Status(row.status), ("info", "under way"))
    is_first_picture = row.purpose == Purpose.CLIP and model is not None and model.kind == "image"
    return Call(
        name="First picture" if is_first_picture else PURPOSE_NAMES[Purpose(row.purpose)],
        model=model.name if model else row.model,
        attempt=attempt,
        tone=tone,
        outcome=outcome,
        estimated=row.estimated_usd,
        actual=None if row.status in ACTIVE else row.actual_usd or NOTHING,
        why=why(row),
    )


def why(row: Prediction) -> str:
    """Why a call costs what it costs, in a sentence."""
    actual = row.actual_usd or NOTHING
    if row.status in ACTIVE:
        return "Not sent yet." if row.phase == Phase.INTENT else "Its price is set aside."
    if row.status == Status.CANCELED:
        return _why_stopped(actual)
    if row.status == Status.FAILED:
        return _why_failed(row, actual)
    if actual == row.estimated_usd:
        return "As estimated."
    return _why_counted(row, actual)


def _why_stopped(actual: Decimal) -> str:
    if actual:
        return "Stopped while the service worked on it: what it had begun is paid."
    return "Stopped before the service worked on it: nothing was paid."


def _why_failed(row: Prediction, actual: Decimal) -> str:
    paid = "The service had made it, so it is paid." if actual else "Nothing was paid for it."
    return f"{row.error_sentence} {paid}".strip()


def _why_counted(row: Prediction, actual: Decimal) -> str:
    side = "more" if actual > row.estimated_usd else "less"
    counted = {
        "metrics": f"The service made, and counted, {side} than was asked for.",
        "file": f"What came is {side} than was asked for; its own length is counted.",
    }
    return counted.get(row.cost_source, f"The service took {side} than was estimated.")


# --- why the sum differs -------------------------------------------------------------------------


@dataclass
class Sums:
    """Dollars by reason, and how many calls each stands for."""

    usd: dict[str, Decimal] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    def add(self, reason: str, usd: Decimal, *, calls: int = 1) -> None:
        if usd:
            self.usd[reason] = self.usd.get(reason, NOTHING) + usd
            self.calls[reason] = self.calls.get(reason, 0) + calls


TEXTS = {
    "repeated": "{n} call{s} made once more after something went wrong",
    "unpaid": "{n} call{s} of the plan failed or stopped, and not paid",
    "counted": "{n} call{s} counted otherwise by the service",
    "under_way": "{n} call{s} under way, not paid yet",
    "again": "{n} call{s} for clips that were made again",
    "earlier": "{n} call{s} of an earlier try to make this video",
    "beyond": "{n} call{s} beyond the plan, for storyboard, scenes or lip-sync",
    "not_ordered": "Clips of the plan that were not ordered",
    "repriced": "Prices that are higher than they were in the plan",
}


def reasons(video: Video, rows: Sequence[Prediction]) -> list[Reason]:
    """The difference between what was spent and what was estimated, divided without a rest."""
    sums, ordered = Sums(), NOTHING
    seen: set[tuple[uuid.UUID, str]] = set()
    for row in rows:
        actual, key = row.actual_usd or NOTHING, (row.subject_id, row.model)
        if row.purpose != Purpose.CLIP:
            sums.add("beyond", actual)
        elif row.job is not None and row.job.kind == Job.Kind.REGENERATION:
            sums.add("again", actual)
        elif row.job_id != video.job_id:
            sums.add("earlier", actual)
        elif key in seen or _replaces(row, seen):
            sums.add("repeated", actual)
        else:
            seen.add(key)
            ordered += row.estimated_usd
            sums.add(_reason(row), actual - row.estimated_usd)
    rest = ordered - video.estimated_usd
    sums.add("not_ordered" if rest < 0 else "repriced", rest)
    return [Reason(_text(name, sums.calls[name]), usd) for name, usd in sums.usd.items()]


def _replaces(row: Prediction, seen: set[tuple[uuid.UUID, str]]) -> bool:
    """Whether another video model has tried this clip before."""
    models = catalog()
    kind = models[row.model].kind if row.model in models else "video"
    earlier = [model for subject, model in seen if subject == row.subject_id]
    return any(model in models and models[model].kind == kind for model in earlier)


def _reason(row: Prediction) -> str:
    if row.status in ACTIVE:
        return "under_way"
    return "counted" if row.status == Status.SUCCEEDED else "unpaid"


def _text(name: str, calls: int) -> str:
    return TEXTS[name].format(n=calls, s="" if calls == 1 else "s")


# --- month by month ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """What one video, song or character cost in a month."""

    name: str
    video_id: uuid.UUID | None
    song_id: uuid.UUID | None
    calls: int
    usd: Decimal


@dataclass(frozen=True)
class Month:
    """All that a user paid for in one month."""

    first_day: date
    lines: list[Line]

    @property
    def usd(self) -> Decimal:
        return sum((line.usd for line in self.lines), NOTHING)

    @property
    def calls(self) -> int:
        return sum(line.calls for line in self.lines)


def months_of(user: User) -> list[Month]:
    """What the user's calls cost, newest month first, from three queries."""
    calls = Prediction.objects.for_user(user).filter(actual_usd__gt=0)
    rows: list[dict[str, Any]] = list(
        calls.annotate(month=TruncMonth(Coalesce("finished_at", "created_at")))
        .order_by()
        .values("month", "video_id", "song_id", "purpose")
        .annotate(calls=Count("pk"), usd=Sum("actual_usd"))
    )
    titles = _titles(user, rows)
    months: dict[date, dict[tuple[str, uuid.UUID | None], list[dict[str, Any]]]] = {}
    for row in rows:
        month = months.setdefault(row["month"].date(), {})
        month.setdefault(_subject(row, titles), []).append(row)
    return [
        Month(day, sorted((_line(key, of) for key, of in found.items()), key=lambda one: -one.usd))
        for day, found in sorted(months.items(), reverse=True)
    ]


def _titles(user: User, rows: Iterable[dict[str, Any]]) -> dict[uuid.UUID, str]:
    """The titles of the videos and songs that still exist."""
    ids = {row[name] for row in rows for name in ("video_id", "song_id")} - {None}
    found: dict[uuid.UUID, str] = {}
    for model in (Song, Video):
        owned = model.objects.for_user(user).filter(pk__in=ids)
        found |= dict(owned.values_list("pk", "title"))
    return found


def _subject(row: dict[str, Any], titles: dict[uuid.UUID, str]) -> tuple[str, uuid.UUID | None]:
    """What a row is about: its video if it has one, else its song, else what it is for."""
    if row["video_id"]:
        pk = row["video_id"]
        return titles.get(pk, "A video that is deleted"), pk if pk in titles else None
    name = PURPOSE_NAMES[Purpose(row["purpose"])]
    pk = row["song_id"]
    if pk in titles:
        return f"{titles[pk]} ({name.lower()})", pk
    return name, None


def _line(key: tuple[str, uuid.UUID | None], rows: Sequence[dict[str, Any]]) -> Line:
    name, pk = key
    is_video = bool(rows[0]["video_id"])
    return Line(
        name=name,
        video_id=pk if is_video else None,
        song_id=None if is_video else pk,
        calls=sum(row["calls"] for row in rows),
        usd=sum((row["usd"] for row in rows), NOTHING),
    )
