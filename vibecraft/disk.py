"""Objects as files in one folder: the store of a VibeCraft that runs on one machine."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.storage import FileSystemStorage

if TYPE_CHECKING:  # what buckets need is not loaded where there is none
    from vibecraft.bucket import PostForm

PART = ".part"


class Disk(FileSystemStorage):
    """A key is a path below the folder. A file appears whole or not at all."""

    def put(self, key: str, path: Path) -> int:
        """Move a finished file to `key`, replacing what was there; return its size in bytes."""
        size = path.stat().st_size
        target = self._place(key)
        part = target.with_name(f".{target.name}.{uuid.uuid4().hex}{PART}")
        shutil.move(path, part)
        os.replace(part, target)
        return size

    def local_path(self, key: str) -> Path | None:
        """Where the object lies on this machine."""
        return Path(self.path(key))

    def fetch(self, key: str, target: Path) -> None:
        """Write the object to a file of its own."""
        shutil.copyfile(self.path(key), target)

    def copy(self, source: str, target: str) -> int:
        """Copy one object, replacing what was there; return its size in bytes."""
        place = self._place(target)
        part = place.with_name(f".{place.name}.{uuid.uuid4().hex}{PART}")
        shutil.copyfile(self.path(source), part)
        os.replace(part, place)
        return place.stat().st_size

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys of all objects below a prefix that ends with a slash, in order."""
        root = Path(self.path(prefix))
        found = sorted(path for path in root.rglob("*") if path.is_file())
        whole = (path for path in found if path.suffix != PART)
        return (path.relative_to(self.location).as_posix() for path in whole)

    def delete_below(self, prefix: str) -> None:
        """Delete all objects below a prefix that ends with a slash, and the folders left empty."""
        path = Path(self.path(prefix))
        if path.exists():
            shutil.rmtree(path)
        for parent in path.parents:
            if parent == Path(self.location) or not parent.is_dir() or any(parent.iterdir()):
                break
            parent.rmdir()

    def address(self, key: str, *, content_type: str, disposition: str) -> str | None:
        """None: files are sent by the site itself."""
        return None

    def post_form(self, key: str, *, max_bytes: int) -> PostForm | None:
        """None: files are sent to the site itself."""
        return None

    def _place(self, key: str) -> Path:
        target = Path(self.path(key))
        target.parent.mkdir(parents=True, exist_ok=True)
        return target
