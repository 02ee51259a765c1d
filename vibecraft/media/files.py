"""Files that appear whole or not at all, and the private folder a child works in."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(dst: Path) -> Iterator[Path]:
    """A name beside `dst` to write to; it becomes `dst` when the block ends well, else it goes."""
    partial = dst.with_name(f".{uuid.uuid4().hex}.part")
    try:
        yield partial
        partial.replace(dst)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder for one child, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="vibecraft-media-") as name:
        yield Path(name)


@contextmanager
def neutral(src: Path) -> Iterator[Path]:
    """`src` under the name `in` in a private folder: a file's name must not decide how it is read.

    Its neighbours are out of reach of relative names inside the file.
    """
    with private_folder() as folder:
        link = folder / "in"
        link.symlink_to(src.resolve())
        yield link


def url(path: Path) -> str:
    """The path as ffmpeg takes it without reading a protocol or an option into it."""
    return f"file:{path.resolve() if not path.is_symlink() else path}"
