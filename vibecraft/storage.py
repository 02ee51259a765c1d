"""Every object key, built here and only here, and the few acts on stored objects.

Layout: `{user}/songs/{song}/…`, `{user}/videos/{video}/…`, `{user}/assets/{asset}/…`: everything of
a song, a video or an image is in one place. Files are made in a scratch folder and moved here whole:
an object is never half written. Where they lie is the store's business: a folder, or a bucket.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from django.conf import settings
from django.core.files.storage import storages

if TYPE_CHECKING:  # what buckets need is not loaded where there is none
    from vibecraft.bucket import Bucket, PostForm
    from vibecraft.disk import Disk

Id = uuid.UUID | str


def user_prefix(user_id: Id) -> str:
    return f"{user_id}/"


def song_prefix(user_id: Id, song_id: Id) -> str:
    return f"{user_id}/songs/{song_id}/"


def song_key(user_id: Id, song_id: Id, name: str) -> str:
    """`name` is one of ours: source.mp3, master.flac, features.npz, peaks.json."""
    return song_prefix(user_id, song_id) + name


def video_prefix(user_id: Id, video_id: Id) -> str:
    return f"{user_id}/videos/{video_id}/"


def take_key(
    user_id: Id, video_id: Id, clip_index: int, take_number: int, ending: str = "mp4"
) -> str:
    """Clips are counted from 1 in names that people read: clip_07_take_2.mp4."""
    return (
        video_prefix(user_id, video_id) + f"clip_{clip_index + 1:02d}_take_{take_number}.{ending}"
    )


def calls_prefix(user_id: Id, video_id: Id, job_id: Id, take_id: Id | None = None) -> str:
    """Where the paid calls of a job, or of one of its takes, keep what they need and bring."""
    prefix = video_prefix(user_id, video_id) + f"predictions/{job_id}/"
    return prefix if take_id is None else prefix + f"{take_id}/"


def video_key(user_id: Id, video_id: Id, name: str) -> str:
    """`name` is one of ours: film.{job}.mp4, poster.{job}.jpg."""
    return video_prefix(user_id, video_id) + name


def still_key(user_id: Id, video_id: Id, clip_index: int, still_id: Id, ending: str = "jpg") -> str:
    """A storyboard image, named by its clip's place when it was made: clip_07_still_….jpg.

    The still's own id keeps it apart from all others, also when scenes change their places.
    """
    return video_prefix(user_id, video_id) + f"clip_{clip_index + 1:02d}_still_{still_id}.{ending}"


def asset_prefix(user_id: Id, asset_id: Id) -> str:
    return f"{user_id}/assets/{asset_id}/"


def asset_key(user_id: Id, asset_id: Id, name: str) -> str:
    """`name` is one of ours: picture.png, thumbnail.jpg."""
    return asset_prefix(user_id, asset_id) + name


def incoming_key(user_id: Id, upload_id: Id) -> str:
    """Where a browser puts a file by itself; it is gone soon, whatever became of it."""
    return f"{user_prefix(user_id)}incoming/{upload_id}"


@contextmanager
def scratch(purpose: str) -> Iterator[Path]:
    """A private folder that is gone afterwards."""
    settings.SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=f"{purpose}-", dir=settings.SCRATCH_DIR) as folder,
        _held(Path(folder)),
    ):
        yield Path(folder)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Lock a folder for as long as this process needs it: the lock dies with the process."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def clear_scratch(older_seconds: float) -> int:
    """Delete the private folders whose process was killed; return how many.

    A folder is spared while it is too young: it might be about to be locked.
    """
    before = time.time() - older_seconds
    folders = [path for path in settings.SCRATCH_DIR.glob("*-*") if path.is_dir()]
    return sum(_cleared(folder, before) for folder in folders)


def _cleared(folder: Path, before: float) -> bool:
    try:
        if folder.stat().st_mtime > before:
            return False
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        shutil.rmtree(folder, ignore_errors=True)
        return True
    finally:
        os.close(handle)


def store() -> Disk | Bucket:
    """Where the objects lie."""
    return cast("Disk | Bucket", storages["default"])


def put(key: str, path: Path) -> int:
    """Move a finished local file to `key`, replacing what was there; return its size in bytes."""
    return store().put(key, path)


@contextmanager
def local(key: str) -> Iterator[Path]:
    """The object as a local file, for programs that need a path. Read only."""
    path = store().local_path(key)
    if path is not None:
        yield path
        return
    with scratch("fetch") as folder:
        copied = folder / Path(key).name
        store().fetch(key, copied)
        yield copied


def fetch(key: str, target: Path) -> None:
    """Write the object to a file of the caller's own; FileNotFoundError if there is none."""
    store().fetch(key, target)


def open_read(key: str) -> BinaryIO:
    """The object as a seekable binary file."""
    return cast(BinaryIO, store().open(key))


def exists(key: str) -> bool:
    return bool(key) and store().exists(key)


def size(key: str) -> int:
    return store().size(key)


def modified_at(key: str) -> float:
    """Seconds since 1970."""
    return float(store().get_modified_time(key).timestamp())


def keys(prefix: str) -> list[str]:
    """The keys of all objects below a prefix that ends with a slash, in order."""
    return list(store().keys(prefix))


def copy(source: str, target: str) -> int:
    """Copy one object; return its size."""
    return store().copy(source, target)


def delete_prefix(prefix: str) -> None:
    """Delete one object, or with a trailing slash everything below it. Repeating it is harmless."""
    if prefix.endswith("/"):
        store().delete_below(prefix)
    else:
        store().delete(prefix)


# --- browsers at the store itself ---------------------------------------------------------------------


def address(key: str, *, content_type: str, disposition: str) -> str | None:
    """A signed address at which a browser gets the object; None where the site itself sends it."""
    return store().address(key, content_type=content_type, disposition=disposition)


def post_form(key: str, *, max_bytes: int) -> PostForm | None:
    """A form by which a browser puts a file at `key`; None where the site itself takes it."""
    return store().post_form(key, max_bytes=max_bytes)
