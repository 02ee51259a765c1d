"""Every object key, built here and only here, and the few acts on stored objects.

Layout: `{user}/songs/{song}/…`, `{user}/videos/{video}/…`, `{user}/assets/{asset}/…`: everything of
a song, a video or an image is in one place. Files are made in a scratch folder and moved here whole:
an object is never half written.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage

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
    """`name` is one of ours: film.mp4, poster.jpg."""
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


@contextmanager
def scratch(purpose: str) -> Iterator[Path]:
    """A private folder that is gone afterwards."""
    settings.SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{purpose}-", dir=settings.SCRATCH_DIR) as folder:
        yield Path(folder)


def _local_path(key: str) -> Path | None:
    if isinstance(default_storage._wrapped, FileSystemStorage):  # type: ignore[attr-defined]
        return Path(default_storage.path(key))
    return None


def put(key: str, path: Path) -> int:
    """Move a finished local file to `key`, replacing what was there; return its size in bytes."""
    size = path.stat().st_size
    default_storage.exists(key)  # resolves the lazy object before it is looked at
    target = _local_path(key)
    if target is None:
        if default_storage.exists(key):
            default_storage.delete(key)
        with path.open("rb") as file:
            default_storage.save(key, File(file))
        return size
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    shutil.move(path, part)
    os.replace(part, target)
    return size


@contextmanager
def local(key: str) -> Iterator[Path]:
    """The object as a local file, for programs that need a path. Read only."""
    default_storage.exists(key)
    path = _local_path(key)
    if path is not None:
        yield path
        return
    with scratch("fetch") as folder:
        copy = folder / Path(key).name
        with default_storage.open(key) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
        yield copy


def open_read(key: str) -> BinaryIO:
    """The object as a seekable binary file."""
    return default_storage.open(key)  # type: ignore[return-value]


def exists(key: str) -> bool:
    return bool(key) and default_storage.exists(key)


def size(key: str) -> int:
    return default_storage.size(key)


def modified_at(key: str) -> float:
    """Seconds since 1970."""
    return default_storage.get_modified_time(key).timestamp()


def copy(source: str, target: str) -> int:
    """Copy one object; return its size."""
    with scratch("copy") as folder, local(source) as path:
        duplicate = folder / path.name
        shutil.copyfile(path, duplicate)
        return put(target, duplicate)


def move(source: str, target: str) -> None:
    """Give an object another key, replacing what was there."""
    default_storage.exists(source)
    path, new_path = _local_path(source), _local_path(target)
    if path is not None and new_path is not None:
        os.replace(path, new_path)
        return
    copy(source, target)
    default_storage.delete(source)


def delete_prefix(prefix: str) -> None:
    """Delete one object, or with a trailing slash everything below it. Repeating it is harmless."""
    default_storage.exists(prefix)
    path = _local_path(prefix)
    if not prefix.endswith("/"):
        default_storage.delete(prefix)
    elif path is not None:
        _remove_folder(path)
    else:
        _delete_below(prefix)


def _remove_folder(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)
    for parent in path.parents:
        if parent == Path(default_storage.location) or not parent.is_dir() or any(parent.iterdir()):  # type: ignore[attr-defined]
            break
        parent.rmdir()


def _delete_below(prefix: str) -> None:
    folders, files = default_storage.listdir(prefix)
    for name in files:
        default_storage.delete(prefix + name)
    for name in folders:
        _delete_below(f"{prefix}{name}/")
