"""Pasted lyrics and what was heard of them, laid side by side: each word gets the time it is sung.

The two are aligned as a whole (Needleman and Wunsch), so a chorus that comes again finds its own
place by what stands before and after it. What was not heard gets a place between its neighbours.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from songs.lyric_lines import Line, LyricsError, Word, check_lines
from songs.lyric_readers import read_plain

MAX_WORDS = 4000
# A word counts as heard from this likeness on; below, it only stood at the same place.
ALIKE = 0.55
DOUBTFUL_SHARE = 0.5
LEFT_OUT = 0.45
# Little words are everywhere: finding one says less than finding a long one.
LETTERS_OF_FULL_WEIGHT = 5
LEAST_WEIGHT = 0.4
SHORTEST_WORD_SECONDS = 0.08
USUAL_SECONDS_A_LETTER = 0.07
SLOWEST_PACE = 2.0

_SOUNDS_ALIKE = (
    (re.compile("ph"), "f"),
    (re.compile("ck|[qgkx]"), "c"),
    (re.compile("[sz]"), "s"),
    (re.compile("[dt]h?"), "t"),
    (re.compile("[bp]"), "p"),
    (re.compile("[vw]"), "f"),
    (re.compile("[aeiouy]+h?"), "a"),
    (re.compile("h"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)


@dataclass(frozen=True)
class _Token:
    """One word of the pasted text: where it belongs, and the times that were found for it."""

    text: str
    line: int
    word: str
    start: float | None = None
    end: float | None = None
    is_heard: bool = False

    @property
    def is_timed(self) -> bool:
        return self.start is not None


def align(text: str, heard: Sequence[Word], *, duration: float) -> tuple[Line, ...]:
    """Lines of plain text with the times of what was heard, for a song of `duration` seconds.

    Texts and their order stay as they are; headings such as "[Chorus]" are left out. A line of
    which less than half was heard is doubtful; with nothing found at all the lines are spread over
    the song, as estimates. Raises LyricsError for more words than anybody sings.
    """
    lines = [line.text for line in read_plain(text, duration)]
    tokens = [
        _Token(word, number, normal(word))
        for number, line in enumerate(lines)
        for word in line.split()
    ]
    if len(tokens) > MAX_WORDS:
        raise LyricsError(
            f"The lyrics have {len(tokens)} words; {MAX_WORDS} can be aligned to a song."
        )
    words = [word for word in heard if normal(word.text) and word.start < duration][:MAX_WORDS]
    timed = _matched(tokens, words)
    if not any(token.is_heard for token in timed):
        estimates = check_lines(read_plain(text, duration), duration)
        return tuple(replace(line, is_doubtful=True) for line in estimates)
    placed = _Placing(timed, duration).all()
    return tuple(
        _line(lines[number], list(group), duration)
        for number, group in groupby(placed, lambda one: one.line)
    )


def _line(text: str, tokens: Sequence[_Token], duration: float) -> Line:
    words = tuple(_word(token, duration) for token in tokens)
    spoken = [token for token in tokens if token.word] or list(tokens)
    share = sum(token.is_heard for token in spoken) / len(spoken)
    return Line(words[0].start, words[-1].end, text, words, is_doubtful=share < DOUBTFUL_SHARE)


def _word(token: _Token, duration: float) -> Word:
    """Times to the millisecond; what is sung starts before the song ends."""
    latest = max(0.0, math.floor(1000 * duration - 1) / 1000)
    start = min(round(token.start or 0.0, 3), latest)
    return Word(start, max(start, min(round(token.end or 0.0, 3), duration)), token.text)


# --- how words are compared ----------------------------------------------------------------------


def normal(word: str) -> str:
    """A word without case, accents and punctuation; empty for what is not spoken."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in plain if char.isalnum())


def sound(word: str) -> str:
    """Roughly how a normalized word sounds: what a listener mixes up is written alike."""
    for pattern, written in _SOUNDS_ALIKE:
        word = pattern.sub(written, word)
    return word


def likeness(words: Sequence[str], others: Sequence[str]) -> NDArray[np.float32]:
    """How alike normalized words are, 0..1, as (words, others): by letters or by sound."""
    letters = _shared_pairs(words, others)
    sounds = 0.9 * _shared_pairs([sound(word) for word in words], [sound(word) for word in others])
    same = np.array([[word == other for other in others] for word in words], np.float32)
    return np.asarray(np.maximum(same, np.maximum(0.95 * letters, sounds)), np.float32)


def _shared_pairs(words: Sequence[str], others: Sequence[str]) -> NDArray[np.float32]:
    """The share of common pairs of letters (Dice), borders of the word counted as letters."""
    places: dict[str, int] = {}
    for word in (*words, *others):
        for pair in _pairs(word):
            places.setdefault(pair, len(places))
    left, right = _marks(words, places), _marks(others, places)
    sums = left.sum(axis=1)[:, None] + right.sum(axis=1)[None, :]
    return np.asarray(2 * (left @ right.T) / np.maximum(sums, 1), np.float32)


def _pairs(word: str) -> set[str]:
    framed = f"^{word}$"
    return {framed[at : at + 2] for at in range(len(framed) - 1)} if word else set()


def _marks(words: Sequence[str], places: dict[str, int]) -> NDArray[np.float32]:
    marks = np.zeros((len(words), max(1, len(places))), np.float32)
    for row, word in enumerate(words):
        marks[row, [places[pair] for pair in _pairs(word)]] = 1
    return marks


# --- the alignment -------------------------------------------------------------------------------


def _matched(tokens: Sequence[_Token], heard: Sequence[Word]) -> list[_Token]:
    """Tokens with the times of the heard words that they were laid beside."""
    spoken = [at for at, token in enumerate(tokens) if token.word]
    matched = list(tokens)
    if not spoken or not heard:
        return matched
    alike = _table([tokens[at].word for at in spoken], [normal(word.text) for word in heard])
    for row, column in _path(_worth(alike, [tokens[at].word for at in spoken])):
        at, word = spoken[row], heard[column]
        is_heard = bool(alike[row, column] >= ALIKE)
        matched[at] = replace(tokens[at], start=word.start, end=word.end, is_heard=is_heard)
    return _without_strays(matched)


def _table(words: Sequence[str], others: Sequence[str]) -> NDArray[np.float32]:
    """The likeness of each pair, worked out once for each two different words."""
    kinds, other_kinds = sorted(set(words)), sorted(set(others))
    small = likeness(kinds, other_kinds)
    row = {word: at for at, word in enumerate(kinds)}
    column = {word: at for at, word in enumerate(other_kinds)}
    chosen = np.ix_([row[word] for word in words], [column[word] for word in others])
    return np.asarray(small[chosen], np.float32)


def _worth(alike: NDArray[np.float32], words: Sequence[str]) -> NDArray[np.float32]:
    """What laying two words side by side is worth: 1 for the same, below 0 for strangers."""
    lengths = np.array([len(word) for word in words], np.float32)
    weight = np.clip(lengths / LETTERS_OF_FULL_WEIGHT, LEAST_WEIGHT, 1.0)[:, None]
    worth = np.where(alike >= ALIKE, alike * weight, alike - 0.9)
    return np.asarray(worth, np.float32)


def _path(worth: NDArray[np.float32]) -> list[tuple[int, int]]:
    """The pairs of the best alignment, in order; leaving a word out costs the same on both sides."""
    rows, columns = worth.shape
    best = np.zeros((rows + 1, columns + 1), np.float32)
    steps = LEFT_OUT * np.arange(columns + 1, dtype=np.float32)
    best[0] = -steps
    for row in range(rows):
        pairing = np.full(columns + 1, -np.inf, np.float32)
        pairing[1:] = best[row, :-1] + worth[row]
        reached = np.maximum(pairing, best[row] - LEFT_OUT)
        # Leaving out any number of heard words at once: the best of all that came before.
        best[row + 1] = np.maximum.accumulate(reached + steps) - steps
    return _walk_back(best, worth)


def _walk_back(best: NDArray[np.float32], worth: NDArray[np.float32]) -> list[tuple[int, int]]:
    row, column = worth.shape
    pairs = []
    while row and column:
        here = best[row, column]
        if np.isclose(here, best[row - 1, column - 1] + worth[row - 1, column - 1], atol=1e-3):
            row, column = row - 1, column - 1
            pairs.append((row, column))
        elif np.isclose(here, best[row - 1, column] - LEFT_OUT, atol=1e-3):
            row -= 1
        else:
            column -= 1
    return pairs[::-1]


def _without_strays(tokens: list[_Token]) -> list[_Token]:
    """A place beside a stranger counts only between two neighbours that were really heard."""
    kept = []
    for at, token in enumerate(tokens):
        near = tokens[max(0, at - 2) : at] + tokens[at + 1 : at + 3]
        is_stray = token.is_timed and not token.is_heard and not any(one.is_heard for one in near)
        kept.append(replace(token, start=None, end=None) if is_stray else token)
    return kept


# --- words that were not heard -------------------------------------------------------------------


class _Placing:
    """Gives words without times a place between those that have one."""

    def __init__(self, tokens: Sequence[_Token], duration: float) -> None:
        self._tokens = list(tokens)
        self._duration = duration
        self._pace = _pace(tokens)

    def all(self) -> list[_Token]:
        """All tokens with times: in order, inside the song, none overlapping the next."""
        missing = [at for at, token in enumerate(self._tokens) if not token.is_timed]
        for _, run in groupby(enumerate(missing), lambda pair: pair[1] - pair[0]):
            group = [at for _, at in run]
            self._place(group[0], group[-1] + 1)
        return self._tokens

    def _place(self, first: int, after: int) -> None:
        """Words that go on a line heard before stay close to it, and so do those before one."""
        start, end = self._room(first, after)
        left, right = self._parts(first, after)
        middle = range(left, right)
        wanted = [self._wanted(part) for part in (range(first, left), range(right, after))]
        is_inside_a_line = left == after < len(self._tokens) and self._goes_on(after)
        if is_inside_a_line or sum(wanted) + self._wanted(middle) > end - start:
            self._spread(range(first, after), start, end)
            return
        self._spread(range(first, left), start, start + wanted[0])
        self._spread(range(right, after), end - wanted[1], end)
        self._spread_lines(middle, start + wanted[0], end - wanted[1])

    def _room(self, first: int, after: int) -> tuple[float, float]:
        """The time between the neighbours; of the one before a part is taken where there is none."""
        start = self._tokens[first - 1].end if first else 0.0
        end = self._tokens[after].start if after < len(self._tokens) else self._duration
        start, end = start or 0.0, end if end is not None else self._duration
        needed = SHORTEST_WORD_SECONDS * (after - first)
        if first and end - start < needed:
            before = self._tokens[first - 1]
            start = max((before.start or 0.0) + SHORTEST_WORD_SECONDS, end - needed)
            start = min(start, before.end or 0.0)
            self._tokens[first - 1] = replace(before, end=start)
        return start, max(start, end)

    def _parts(self, first: int, after: int) -> tuple[int, int]:
        """Where the line of the word before ends in this run, and where that of the next begins."""
        left, right = first, after
        if first:
            while left < after and self._tokens[left].line == self._tokens[first - 1].line:
                left += 1
        if after < len(self._tokens):
            while right > left and self._tokens[right - 1].line == self._tokens[after].line:
                right -= 1
        return left, right

    def _goes_on(self, at: int) -> bool:
        return self._tokens[at].line == self._tokens[at - 1].line

    def _wanted(self, places: range) -> float:
        """Seconds that words take at the pace of the song."""
        return sum(self._pace * (len(self._tokens[at].text) + 1) for at in places)

    def _spread_lines(self, places: range, start: float, end: float) -> None:
        """Whole lines that were not heard stand apart, none much slower than the song."""
        total = self._wanted(places)
        for _, run in groupby(places, lambda at: self._tokens[at].line):
            group = list(run)
            line = range(group[0], group[-1] + 1)
            share = (end - start) * self._wanted(line) / total
            slow = min(share, SLOWEST_PACE * self._wanted(line))
            self._spread(line, start, start + slow)
            start, total = start + share, total - self._wanted(line)

    def _spread(self, places: range, start: float, end: float) -> None:
        total = sum(len(self._tokens[at].text) + 1 for at in places)
        before = 0
        for at in places:
            after = before + len(self._tokens[at].text) + 1
            times = [start + (end - start) * part / total for part in (before, after)]
            self._tokens[at] = replace(self._tokens[at], start=times[0], end=times[1])
            before = after


def _pace(tokens: Sequence[_Token]) -> float:
    """Seconds that a letter takes here, by the words that were heard."""
    paces = [
        ((token.end or 0.0) - (token.start or 0.0)) / (len(token.text) + 1)
        for token in tokens
        if token.is_heard
    ]
    known = float(np.median(paces)) if paces else USUAL_SECONDS_A_LETTER
    return min(max(known, USUAL_SECONDS_A_LETTER / 3), USUAL_SECONDS_A_LETTER * 4)
