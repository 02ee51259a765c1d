"""“Small Hours”: the notes and words of the sample song, in beats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from songs.lyric_lines import Line, Word

TITLE = "Small Hours"
BPM = 96
KEY = "A minor"
BEAT_SECONDS = 60 / BPM
BEATS_PER_BAR = 4
BARS = 29
LINE_BEATS = 8
LAST_BEATS = 2.25  # how long the last syllable of a line is held
GAP_BEATS = 0.06

CHORDS = {
    "Am": (45, (57, 60, 64)),
    "C": (48, (55, 60, 64)),
    "Em": (40, (55, 59, 64)),
    "F": (41, (57, 60, 65)),
    "G": (43, (55, 59, 62)),
}


@dataclass(frozen=True)
class Part:
    """A stretch of the song: where it starts, how long it is, its chords in turn, one for each bar."""

    label: str
    start_bar: int
    bars: int
    chords: tuple[str, ...]

    @property
    def end_bar(self) -> int:
        return self.start_bar + self.bars

    def chord(self, bar: int) -> tuple[int, tuple[int, ...]]:
        """The bass note and the chord of a bar of the song, as MIDI pitches."""
        return CHORDS[self.chords[(bar - self.start_bar) % len(self.chords)]]


PARTS = (
    Part("Intro", 0, 4, ("Am", "F", "C", "G")),
    Part("Verse", 4, 8, ("Am", "F", "C", "G")),
    Part("Chorus", 12, 8, ("F", "G", "Am", "Em", "F", "G", "Am", "C")),
    Part("Break", 20, 4, ("F", "Am", "C", "G")),
    Part("Chorus", 24, 4, ("F", "G", "Am", "Em")),
    Part("Outro", 28, 1, ("C",)),
)


@dataclass(frozen=True)
class Sung:
    """A line of the song: hyphens part the syllables; for each, its beat in the line and its pitch."""

    bar: int
    text: str
    beats: tuple[float, ...]
    pitches: tuple[int, ...]

    @property
    def syllables(self) -> list[str]:
        return self.text.replace("-", " ").split()


@dataclass(frozen=True)
class Note:
    """A syllable: start and length in beats of the song, its MIDI pitch and its vowel."""

    start: float
    length: float
    pitch: int
    vowel: str


MELODY = (
    Sung(4, "Street-lights hum a sin-gle note",
         (0.5, 1, 2, 3, 3.5, 4.5, 5), (64, 64, 67, 64, 69, 67, 65)),
    Sung(6, "The last train leaves with-out a sound",
         (0.5, 1, 2, 3, 4, 4.5, 5, 5.5), (64, 67, 67, 64, 62, 62, 60, 62)),
    Sung(8, "I keep your voice in-side my coat",
         (0.5, 1, 2, 2.5, 3.5, 4, 4.5, 5), (64, 64, 64, 67, 69, 72, 67, 69)),
    Sung(10, "And walk the long way in-to town",
         (0.5, 1, 2, 2.5, 3.5, 4, 4.5, 5), (67, 67, 64, 67, 64, 62, 64, 62)),
    Sung(12, "Stay with me till the morn-ing",
         (0, 1.5, 2, 3, 3.5, 4, 5.5), (69, 67, 72, 72, 71, 74, 71)),
    Sung(14, "Let the win-dows fill with blue",
         (0, 1, 1.5, 2.5, 3, 4, 4.5), (72, 71, 69, 67, 69, 67, 64)),
    Sung(16, "Ev-ery road that I was learn-ing",
         (0, 0.5, 1.5, 2.5, 3, 3.5, 4, 5.5), (69, 69, 72, 72, 72, 71, 74, 71)),
    Sung(18, "Was a slow-er way to you",
         (0, 0.5, 1.5, 2.5, 3, 4, 4.5), (72, 71, 72, 71, 69, 67, 72)),
    Sung(24, "Stay with me till the morn-ing",
         (0, 1.5, 2, 3, 3.5, 4, 5.5), (69, 67, 72, 72, 71, 74, 71)),
    Sung(26, "Let the small hours turn to blue",
         (0, 1, 1.5, 2.5, 3, 4, 4.5), (72, 71, 69, 67, 69, 71, 72)),
)  # fmt: skip


def part_of(bar: int) -> Part:
    return next(part for part in PARTS if part.start_bar <= bar < part.end_bar)


def notes(line: Sung) -> list[Note]:
    """The line as notes: each syllable is held until the next, the last one for a while."""
    first = line.bar * BEATS_PER_BAR
    edges = [*line.beats, line.beats[-1] + LAST_BEATS]
    spans = [(start, end - start - GAP_BEATS) for start, end in pairwise(edges)]
    sung = zip(spans, line.pitches, line.syllables, strict=True)
    return [
        Note(first + start, length, pitch, vowel_of(syllable))
        for (start, length), pitch, syllable in sung
    ]


def vowel_of(syllable: str) -> str:
    """The vowel that is sung: the first that is written, as far as spelling tells."""
    letters = syllable.lower().replace("y", "i").replace("ou", "u").replace("ee", "i")
    return next(letter for letter in letters if letter in "aeiou")


def lyric_lines() -> tuple[Line, ...]:
    """The lyric sheet with the times of all lines and words, in seconds."""
    return tuple(_line(sung) for sung in MELODY)


def _line(sung: Sung) -> Line:
    words = tuple(_words(sung))
    text = " ".join(word.text for word in words)
    return Line(start=words[0].start, end=words[-1].end, text=text, words=words)


def _words(sung: Sung) -> Iterator[Word]:
    remaining = iter(notes(sung))
    for written in sung.text.split(" "):
        of_word = [next(remaining) for _ in written.split("-")]
        start, end = of_word[0].start, of_word[-1].start + of_word[-1].length
        yield Word(
            start=round(start * BEAT_SECONDS, 3),
            end=round(end * BEAT_SECONDS, 3),
            text=written.replace("-", ""),
        )
