"""How a child's run went: its figures, who is told of it, and which error it amounts to."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

from vibecraft.media.limits import Limits


@dataclass(frozen=True)
class Run:
    """How one child went. `command` is what it was told, without the words that hold it."""

    command: tuple[str, ...]
    exit_code: int
    stderr_tail: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    stdout: bytes = field(repr=False, default=b"")


recorder: ContextVar[Callable[[Run], None] | None] = ContextVar("recorder", default=None)
"""Whoever sets this is called with every Run of its context, also with those that failed."""


@contextlib.contextmanager
def recording(keep: Callable[[Run], None]) -> Iterator[None]:
    """Call `keep` with every Run made inside the block (in this thread or context)."""
    token = recorder.set(keep)
    try:
        yield
    finally:
        recorder.reset(token)


def record(run: Run) -> Run:
    """Hand a run to whoever collects them here."""
    keep = recorder.get()
    if keep is not None:
        keep(run)
    return run


_NO_MEMORY = ("Cannot allocate memory", "Failed to allocate", "malloc of size", "Out of memory")


def failure(run: Run, ended_by: str | None, limits: Limits) -> str | None:
    """The code of what went wrong, or None if all went well."""
    if ended_by:
        return ended_by
    # Looked at first: ffmpeg has been seen to end with 0 after an allocation that failed.
    if "No space left on device" in run.stderr_tail:
        return "disk_full"
    if any(words in run.stderr_tail for words in _NO_MEMORY):
        return "too_hungry"
    if run.exit_code == 0:
        return None
    return _signaled(run, limits) or "failed"


def _signaled(run: Run, limits: Limits) -> str | None:
    # A shell-like code above 128 is what nice and friends never give here: each replaces itself by
    # the next, so a signal arrives as a negative number.
    number = -run.exit_code
    if number <= 0:
        return None
    if number == signal.SIGXFSZ:
        return "output_too_big"
    if number in (signal.SIGKILL, signal.SIGXCPU):
        return "too_slow" if run.cpu_seconds >= limits.cpu_seconds - 1 else "killed"
    return "crashed"
