"""A file system of a few megabytes, mounted on a folder.

Root mounts it; everybody else does so in a mount namespace of the trial's own, which the processes
started afterwards share.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vibecraft.testservers import ServerMissing

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[None]:
    """A tmpfs of this size at `folder` while the block lasts. ServerMissing where that is forbidden."""
    if os.getuid() != 0:
        _own_namespace()
    options = f"size={size_bytes},mode=0777".encode()
    _must(_libc.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, options), "mount a small disk")
    try:
        yield
    finally:
        _must(_libc.umount2(bytes(folder), 2), "unmount the small disk")


def _own_namespace() -> None:
    """From here on this process may mount, where nobody else sees it; it stays the same user."""
    user, group = os.getuid(), os.getgid()
    why = "mount without being root (user namespaces are switched off; run it as root)"
    _must(_libc.unshare(CLONE_NEWUSER | CLONE_NEWNS), why)
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text(f"{user} {user} 1")
    (own / "gid_map").write_text(f"{group} {group} 1")


def _must(result: int, what: str) -> None:
    if result != 0:
        raise ServerMissing(f"Cannot {what}: {os.strerror(ctypes.get_errno())}.")
