"""How long a plan takes: `python -m bench.plan_speed`. A song of five minutes has 50 ms."""

from __future__ import annotations

import sys
from collections import Counter
from decimal import Decimal
from statistics import median
from time import perf_counter

import bench.site_ready  # noqa: F401 - before all that reads settings
from videos.footage import Footage, Length
from videos.plan import ClipSlot, SectionSpan, plan_clips

LIMIT_MS = 50.0
SONG_SECONDS = 300
RUNS = 15

FREE = Footage("visualizer")
TIERS = Footage(
    "tiers",
    lengths=(Length(Decimal(5), 121), Length(Decimal(10), 241)),
    usd_per_second=Decimal("0.07"),
)
STEPS = Footage(
    "steps",
    lengths=tuple(Length(Decimal(n), 24 * n + 1) for n in range(2, 13)),
    usd_per_second=Decimal("0.06"),
)


def song(bpm: float, sections: int = 8) -> tuple[list[SectionSpan], list[float]]:
    """Return sections of about equal length over five minutes, and beats from 0.3 s on."""
    frames = SONG_SECONDS * 24
    borders = [frames * k // sections for k in range(sections + 1)]
    spans = [SectionSpan(k, borders[k], borders[k + 1]) for k in range(sections)]
    step = 60.0 / bpm if bpm else SONG_SECONDS
    beats = [0.3 + k * step for k in range(int((SONG_SECONDS - 0.3) / step))] if bpm else []
    return spans, beats


def measure(bpm: float, footage: Footage) -> tuple[float, tuple[ClipSlot, ...]]:
    """Return the median milliseconds of a plan, and the last plan."""
    spans, beats = song(bpm)
    energy = [(k / 2, 0.5 + 0.4 * ((k // 60) % 2)) for k in range(2 * SONG_SECONDS)]
    times: list[float] = []
    slots: tuple[ClipSlot, ...] = ()
    for seed in range(RUNS):
        started = perf_counter()
        slots = plan_clips(
            spans, beats=beats, downbeats=beats[::4], energy=energy, seed=seed, footage=footage
        )
        times.append((perf_counter() - started) * 1000)
    return median(times), slots


def main() -> int:
    """Print a line for each tempo and model; return 1 if one of them is too slow."""
    is_slow = False
    print(f"{'BPM':>5} {'model':<11} {'ms':>7}  clips  cuts")
    for bpm in (0, 40, 75, 120, 174, 240):
        for footage in (FREE, TIERS, STEPS):
            milliseconds, slots = measure(bpm, footage)
            is_slow |= milliseconds > LIMIT_MS
            cuts = Counter(slot.cut for slot in slots if slot.cut != "border")
            words = ", ".join(f"{count} {kind}" for kind, count in cuts.most_common())
            print(f"{bpm:>5} {footage.model:<11} {milliseconds:>7.1f}  {len(slots):>5}  {words}")
    return int(is_slow)


if __name__ == "__main__":
    sys.exit(main())
