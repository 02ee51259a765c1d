"""How far a command is: a bar on a terminal, plain lines everywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TextIO, cast

from django.core.management.base import OutputWrapper
from tqdm import tqdm


class Progress(Protocol):
    """What a command tells while it works."""

    def look(self, ended: int, words: str) -> None:
        """So many rows have ended, or so many percent; `words` say how the rest stands."""

    def line(self, text: str, *, is_bad: bool = False) -> None:
        """One row has ended."""


class Bar:
    """A bar that stays in its line; only what went wrong is written above it."""

    def __init__(self, bar: tqdm, out: TextIO) -> None:
        self._bar = bar
        self._out = out

    def look(self, ended: int, words: str) -> None:
        self._bar.n = ended
        self._bar.set_postfix_str(words)

    def line(self, text: str, *, is_bad: bool = False) -> None:
        if is_bad:
            self._bar.write(text, file=self._out)


class Steps:
    """One line for each new thing that is said of one piece of work, for logs."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._said = ""

    def look(self, ended: int, words: str) -> None:
        if words and words != self._said:
            self.line(words)
        self._said = words

    def line(self, text: str, *, is_bad: bool = False) -> None:
        self._out.write(text, style_func=str)


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
    """Show how many rows of `total` have ended.

    `out` is a command's error output, so that its answer can be piped.
    """
    if not out.isatty():
        yield Lines(out, total)
        return
    with _bar(out, total=total, unit="row") as bar:
        yield bar


@contextmanager
def percent_on(out: OutputWrapper) -> Iterator[Progress]:
    """Show how far one piece of work is, in percent, and what is done for it."""
    if not out.isatty():
        yield Steps(out)
        return
    with _bar(out, total=100, bar_format="{l_bar}{bar}| {elapsed} {postfix}") as bar:
        yield bar


@contextmanager
def _bar(out: OutputWrapper, **form: Any) -> Iterator[Bar]:
    terminal = cast(TextIO, out._out)
    with tqdm(file=terminal, **form) as bar:
        yield Bar(bar, terminal)
