"""Work that failed or was canceled, begun once more: by the same process that its user would call."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q

from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Job, JobEvent, JobQuerySet
from vibecraft.problems import Problem, not_possible

Way = Callable[[Job], Job]
Price = Callable[[Job], Decimal]
WAYS: dict[str, tuple[Way, Price]] = {}
# Of these a song or a video has one at a time: a newer one stands in the place of the older.
REPLACING = (
    Job.Kind.ANALYSIS,
    Job.Kind.LYRICS,
    Job.Kind.MUSIC,
    Job.Kind.SCENES,
    Job.Kind.GENERATION,
    Job.Kind.COMPOSITION,
)
# The refusals that no later call will find otherwise, as long as the catalog is the same.
NEVER = frozenset({"no_way", "replaced", "gone", "model_gone"})


def when_tried_again(kind: Job.Kind, way: Way, price: Price) -> None:
    """Begin work of this kind once more by `way(job)`, which checks money and limits and may refuse.

    `price(job)` is what that will cost, in US dollars: an estimate, without what is paid for and
    kept. It may refuse as `way` does.
    """
    WAYS[kind] = (way, price)


def broken() -> JobQuerySet:
    """Jobs that have failed, of kinds that can be begun again, and that none of their kind replaces."""
    newer = Job.objects.filter(
        Q(song_id=OuterRef("song_id"), video_id=None) | Q(video_id=OuterRef("video_id")),
        kind=OuterRef("kind"),
        created_at__gt=OuterRef("created_at"),
    )
    failed = Job.objects.filter(status=Status.FAILED, kind__in=WAYS)
    return failed.exclude(Q(kind__in=REPLACING) & Exists(newer))


def can_be_begun(job: Job) -> bool:
    """False where nothing is left that could be done once more: replaced, deleted, or its user's to do."""
    try:
        price_of(job)
    except Problem as refusal:
        return refusal.code not in NEVER
    return True


def try_again(job: Job) -> Job:
    """The job that does the work of a failed or canceled one anew.

    Problem 409 for any other, for work that newer work has replaced, and for what cannot be begun
    again; and whatever the process itself refuses.
    """
    way, _ = _way(job)
    fresh = way(job)
    fresh.note(JobEvent.Kind.STEP, "Tried again.", instead_of=str(job.pk))
    return fresh


def price_of(job: Job) -> Decimal:
    """What `try_again` will cost, in US dollars: an estimate. Raises Problem where it refuses."""
    _, price = _way(job)
    return price(job)


def _way(job: Job) -> tuple[Way, Price]:
    if job.status not in (Status.FAILED, Status.CANCELED):
        raise not_possible("not_failed", "Only what failed or was canceled can be tried again.")
    way = WAYS.get(job.kind)
    if way is None:
        raise not_possible("no_way", "Work of this kind can only be begun by its user.")
    if _is_replaced(job):
        raise replaced()
    return way


def _is_replaced(job: Job) -> bool:
    if job.kind not in REPLACING:
        return False
    newer = Job.objects.filter(kind=job.kind, created_at__gt=job.created_at)
    if job.video_id is None:
        return newer.filter(song_id=job.song_id, video_id=None).exists()
    return newer.filter(video_id=job.video_id).exists()


def replaced() -> Problem:
    """The refusal where what was wanted has been asked for once more since."""
    return not_possible("replaced", "Newer work of this kind has taken its place.")


def gone(what: str) -> Problem:
    """The refusal where the thing that the work was for exists no more."""
    return not_possible("gone", f"Its {what} is deleted.")
