"""How much paid footage a plan throws away: `python -m bench.plan_waste`.

Twenty made songs are planned for five models of the catalog, by VibeCraft's planner and by the plain
plan that one would write first: lengths drawn between 3 and 10 s, each rounded up to the next length
that the model makes. Printed are paid seconds over used seconds for both, how much less is thrown
away, and how many of our cuts lie on beats.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import bench.site_ready  # noqa: F401 - before all that reads settings
from vibecraft.predictions.catalog import get_model
from videos.footage import Footage, footage_of
from videos.plan import LONGEST_FRAMES, SHORTEST_FRAMES, SectionSpan, plan_clips

MODELS = (
    "seedance-1-pro-fast",
    "hailuo-2.3-fast",
    "kling-v2.5-turbo-pro",
    "veo-3.1-fast",
    "wan-2.2-i2v-fast",
)
SONGS = 20
LEAST_REDUCTION = 1 / 3
LEAST_ON_BEATS = 0.95


@dataclass(frozen=True)
class Song:
    """Sections from one downbeat to another, beats in seconds, and energy that changes with them."""

    bpm: float
    sections: tuple[SectionSpan, ...]
    beats: tuple[float, ...]
    energy: tuple[tuple[float, float], ...]

    @property
    def downbeats(self) -> tuple[float, ...]:
        return self.beats[::4]


@dataclass(frozen=True)
class Bill:
    """Frames that a plan uses, and frames that are made and paid for it."""

    used: int
    paid: int
    cuts: int = 0
    cuts_on_beats: int = 0

    @property
    def ratio(self) -> float:
        """Paid over used."""
        return self.paid / self.used

    def __add__(self, other: Bill) -> Bill:
        return Bill(
            self.used + other.used,
            self.paid + other.paid,
            self.cuts + other.cuts,
            self.cuts_on_beats + other.cuts_on_beats,
        )


def made_song(number: int) -> Song:
    """A song of two and a half to four and a half minutes, 70 to 175 BPM, with 5 to 11 sections."""
    random = Random(number)
    bpm = round(random.uniform(70, 175), 1)
    beat = 60 / bpm
    start = random.uniform(0.0, 0.6)
    bars = int(random.uniform(150, 270) / beat / 4)
    beats = tuple(start + k * beat for k in range(4 * bars + 1))
    borders = [0, *_borders(random, bars), bars]
    frames = [0, *(round(beats[4 * bar] * 24) for bar in borders[1:-1]), round(beats[-1] * 24) + 12]
    sections = tuple(SectionSpan(i, a, b) for i, (a, b) in enumerate(pairwise(frames)))
    levels = [random.random() for _ in sections]
    energy = tuple(
        (second / 2, next(levels[s.index] for s in sections if second * 12 < s.end_frame))
        for second in range(frames[-1] // 12)
    )
    return Song(bpm, sections, beats, energy)


def _borders(random: Random, bars: int) -> list[int]:
    """Sections last 4, 8, 12 or 16 bars; now and then a user draws one by hand, of odd bars."""
    found: list[int] = []
    at = random.choice((2, 4, 8))
    while at < bars - 3:
        found.append(at)
        at += random.choice((4, 8, 8, 12, 16, 16, 5, 7))
    return found


def our_plan(song: Song, footage: Footage, seed: int) -> Bill:
    slots = plan_clips(
        song.sections,
        beats=song.beats,
        downbeats=song.downbeats,
        energy=song.energy,
        seed=seed,
        footage=footage,
    )
    inner = [slot for slot in slots if slot.cut != "border"]
    return Bill(
        used=sum(slot.frames for slot in slots),
        paid=sum(slot.order.frames for slot in slots),
        cuts=len(inner),
        cuts_on_beats=sum(slot.cut in ("beat", "downbeat") for slot in inner),
    )


def plain_plan(song: Song, footage: Footage, seed: int) -> Bill:
    """Lengths drawn from 3 to 10 s until each section is full, each paid as the next length made."""
    random = Random(seed)
    clips = [frames for one in song.sections for frames in _drawn(random, one.frames, footage)]
    paid = [_next_length(footage, frames) for frames in clips]
    return Bill(used=sum(clips), paid=sum(paid))


def _drawn(random: Random, frames: int, footage: Footage) -> list[int]:
    longest = min(LONGEST_FRAMES, footage.longest or LONGEST_FRAMES)
    lengths: list[int] = []
    while frames - sum(lengths) > longest:
        left = frames - sum(lengths)
        lengths.append(min(random.randint(SHORTEST_FRAMES, longest), left - SHORTEST_FRAMES))
    return [*lengths, frames - sum(lengths)]


def _next_length(footage: Footage, frames: int) -> int:
    return min(length.frames for length in footage.lengths if length.frames >= frames)


def compare(key: str, songs: Sequence[Song]) -> tuple[Bill, Bill]:
    """All songs together, by our plan and by the plain one."""
    footage = footage_of(get_model(key))
    ours, plain = Bill(0, 0), Bill(0, 0)
    for number, song in enumerate(songs):
        ours += our_plan(song, footage, number)
        plain += plain_plan(song, footage, number)
    return ours, plain


def main() -> int:
    """Print a line for each model; return 1 if one saves too little or cuts beside the beat."""
    songs = [made_song(number) for number in range(SONGS)]
    is_bad = False
    print(f"{'model':<22} {'paid/used':>9} {'plain':>7} {'less waste':>11} {'on beats':>9}")
    for key in MODELS:
        ours, plain = compare(key, songs)
        reduction = 1 - (ours.ratio - 1) / (plain.ratio - 1)
        on_beats = ours.cuts_on_beats / ours.cuts
        is_bad |= reduction < LEAST_REDUCTION or on_beats < LEAST_ON_BEATS
        print(
            f"{key:<22} {ours.ratio:>9.3f} {plain.ratio:>7.3f} {reduction:>10.0%} {on_beats:>9.1%}"
        )
    return int(is_bad)


if __name__ == "__main__":
    sys.exit(main())
