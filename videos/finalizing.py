"""Making a video final: what was only needed to make and change it goes, and it stays as it is [J5]."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from vibecraft import storage
from vibecraft.jobs.doorbell import knock_on_commit
from vibecraft.jobs.models import Discard, Job
from vibecraft.problems import not_possible
from videos.models import Still, Take, Video

# What a making may have left beside its takes; none of it is counted.
LEFTOVERS = ("predictions/",)


@dataclass(frozen=True)
class Parting:
    """What goes of one take or still: its keys, its bytes, and what is kept of it."""

    row: Take | Still
    keys: tuple[str, ...]
    freed_bytes: int
    kept_bytes: int


@dataclass(frozen=True)
class Remains:
    """What a video gives up when it becomes final."""

    partings: tuple[Parting, ...]

    @property
    def files(self) -> int:
        return sum(len(parting.keys) for parting in self.partings)

    @property
    def takes(self) -> int:
        taken = [one.row for one in self.partings if isinstance(one.row, Take)]
        return sum(bool(take.key) for take in taken)

    @property
    def stills(self) -> int:
        return sum(isinstance(one.row, Still) for one in self.partings)

    @property
    def size(self) -> int:
        return sum(parting.freed_bytes for parting in self.partings)


def what_goes(video: Video) -> Remains:
    """The files of all takes and stills, but the thumbnails of the takes that are in the film.

    The store is not asked: every page of a film says this.
    """
    shown = _shown(video)
    takes = Take.objects.filter(clip__video=video).exclude(key="", thumbnail_key="")
    stills = Still.objects.filter(clip__video=video).exclude(key="", thumbnail_key="")
    partings = [_parting(take, is_shown=take.pk in shown) for take in takes]
    return Remains((*partings, *(_whole(still) for still in stills)))


def _shown(video: Video) -> set[uuid.UUID]:
    """The takes that are in the film or will be."""
    pairs = video.clips.values_list("chosen_take_id", "film_take_id")
    return {take_id for pair in pairs for take_id in pair if take_id}


def _whole(row: Take | Still) -> Parting:
    keys = tuple(key for key in (row.key, row.thumbnail_key) if key)
    return Parting(row, keys, row.size_bytes, 0)


def _parting(take: Take, *, is_shown: bool) -> Parting:
    if not is_shown:
        return _whole(take)
    kept = min(take.thumbnail_bytes or 0, take.size_bytes)
    return Parting(take, (take.key,) if take.key else (), take.size_bytes - kept, kept)


def finalize(video: Video) -> Video:
    """Make a video final, once and for good. Problem 409: final already, no film, or work under way.

    The row is locked first and looked at again afterwards, so that of two clicks one wins, and
    nothing can begin meanwhile. The files are deleted later: one that cannot be is logged, and
    does not keep the others.
    """
    _measure_thumbnails(video)
    remains = what_goes(video)
    with transaction.atomic():
        _become_final(video)
        freed = sum(_part_with(parting) for parting in remains.partings)
        Discard.objects.later(*_keys(video, remains))
        Video.objects.filter(pk=video.pk).update(stored_bytes=F("stored_bytes") - freed)
        video.owner.give_back_storage(freed)
        knock_on_commit("discard")
    video.refresh_from_db()
    return video


def _measure_thumbnails(video: Video) -> None:
    """Look up what nobody has written down, so that what is given back is exact."""
    for take in Take.objects.filter(pk__in=_shown(video), thumbnail_bytes=None):
        key = take.thumbnail_key
        found = storage.size(key) if key and storage.exists(key) else 0
        Take.objects.filter(pk=take.pk, thumbnail_key=key).update(thumbnail_bytes=found)


def _become_final(video: Video) -> None:
    rows = Video.objects.filter(pk=video.pk, status=Video.Status.READY, is_finalized=False)
    if rows.exclude(film_key="").update(is_finalized=True, finalized_at=Now()) != 1:
        video.refresh_from_db()
        video.check_not_final()
        raise not_possible(
            "film_not_ready", "Only a finished film can be made final.", video_id=str(video.pk)
        )
    # Asked after the lock: a statement does not see what began while it waited for its row.
    # An export only reads the film, so it may go on.
    under_way = Job.objects.filter(video_id=video.pk).active().exclude(kind=Job.Kind.EXPORT)
    if under_way.exists():
        raise not_possible(
            "still_running",
            "Something of this video is being made. Wait until it is done, or cancel it.",
            video_id=str(video.pk),
        )


def _part_with(parting: Parting) -> int:
    """Empty a row of what goes; return the bytes that this call has freed."""
    row = parting.row
    gone = {"key": "", "size_bytes": parting.kept_bytes}
    if row.thumbnail_key in parting.keys:
        gone["thumbnail_key"] = ""
    rows = type(row)._default_manager.filter(pk=row.pk)
    as_seen = rows.filter(key=row.key, size_bytes=row.size_bytes)
    return parting.freed_bytes if as_seen.update(**gone) else 0


def _keys(video: Video, remains: Remains) -> list[str]:
    prefix = storage.video_prefix(video.owner_id, video.pk)
    keys = [key for parting in remains.partings for key in parting.keys]
    return keys + [prefix + name for name in LEFTOVERS]
