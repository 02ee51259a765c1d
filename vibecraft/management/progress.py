"""How far a command is: a bar on a terminal, plain lines everywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO, cast

from django.core.management.base import OutputWrapper
from tqdm import tqdm


class Progress(Protocol):
    """What a batch tells while it runs."""

    def look(self, ended: int, words: str) -> None:
        """So many rows have ended; `words` say how the others stand."""

    def line(self, text: str, *, is_bad: bool = False) -> None:
        """One row has ended."""


class Bar:
    """A bar that stays in its line; only what went wrong is written above it."""

    def __init__(self, bar: tqdm, out: TextIO) -> None:
        self._bar = bar
        self._out = out

    def look(self, ended: int, words: str) -> None:
        self._bar.update(ended - self._bar.n)
        self._bar.set_postfix_str(words)

    def line(self, text: str, *, is_bad: bool = False) -> None:
        if is_bad:
            self._bar.write(text, file=self._out)


class Lines:
    """One line for each row, for logs."""

    def __init__(self, out: OutputWrapper, total: int) -> None:
        self._out = out
        self._total = total
        self._ended = 0

    def look(self, ended: int, words: str) -> None:
        """A log is told what has ended, and nothing in between."""

    def line(self, text: str, *, is_bad: bool = False) -> None:
        self._ended += 1
        self._out.write(f"{self._ended} of {self._total}: {text}", style_func=str)


@contextmanager
def progress_on(out: OutputWrapper, total: int) -> Iterator[Progress]:
    """Show progress on `out`, which is a command's error output, so that its answer can be piped."""
    if not out.isatty():
        yield Lines(out, total)
        return
    terminal = cast(TextIO, out._out)
    with tqdm(total=total, file=terminal, unit="row") as bar:
        yield Bar(bar, terminal)
