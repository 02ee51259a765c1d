"""How fast the visualizer is, look by look, and what the looks look like.

    python -m bench.visualizer                 # every look in every format, timed
    python -m bench.visualizer --sheet DIR     # contact sheets as PNG instead

Two processes draw and encode clips side by side, as workers do; a film may take as long to make
as it plays, so both together must make 24 frames a second or more. `frames/s` is by the clock,
whatever else the machine does; `2 cores` is what the CPU time spent allows on two idle ones, and
is what the verdict goes by.
"""

from __future__ import annotations

import argparse
import multiprocessing
import multiprocessing.pool
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from vibecraft.media.house import SIZES, house_writer
from videos.visualizer.brief import ClipBrief, Shot
from videos.visualizer.casting import Casting
from videos.visualizer.drive import BANDS, Drive
from videos.visualizer.jit import Bytes, Floats
from videos.visualizer.looks import LOOKS
from videos.visualizer.scene import fitted, set_up
from videos.visualizer.warming import warm

SONG_SECONDS = 60
PROCESSES = 2
FILM_RATE = 24
PROMPTS = ("neon lights", "sunset over the ocean", "royal", "graffiti", "gold", "moonlight")


@dataclass(frozen=True)
class MadeSong:
    """Features of a song that grows from soft to loud."""

    energy: Floats
    low: Floats
    mid: Floats
    high: Floats
    onset: Floats
    spectrum: Floats


@dataclass(frozen=True)
class Work:
    """One clip to draw and encode."""

    look: str
    variant: int
    shape: str
    frames: int


@dataclass(frozen=True)
class Cost:
    """CPU milliseconds a frame in the drawing process and in its encoder."""

    draw: float
    encode: float


def made_song(bpm: float = 124.0) -> MadeSong:
    now = np.arange(SONG_SECONDS * FILM_RATE) / FILM_RATE
    beat, half = (now * bpm / 60) % 1.0, (now * bpm / 30) % 1.0
    energy = np.clip(0.25 + 0.7 * now / SONG_SECONDS, 0.0, 1.0)
    low, high = energy * np.exp(-4 * beat), 0.8 * energy * np.exp(-7 * half)
    mid = energy * (0.45 + 0.25 * np.sin(1.7 * now))
    bands = np.arange(BANDS)
    spectrum = np.outer(low, np.exp(-bands / 12.0))
    spectrum += np.outer(mid, np.exp(-(((bands - 20) / 9.0) ** 2)))
    spectrum += np.outer(high, np.exp(-(((bands - 40) / 8.0) ** 2)))
    ripple = np.sin(1.3 * bands[None] + 2.3 * now[:, None]) * np.sin(
        0.41 * bands[None] - now[:, None]
    )
    spectrum = np.clip(spectrum * (0.65 + 0.35 * ripple), 0.0, 1.0)
    onset = energy * np.exp(-9 * half)
    return MadeSong(*[a.astype(np.float32) for a in (energy, low, mid, high, onset, spectrum)])


def brief_of(work: Work, *, framing: str = "wide", prompt: str = PROMPTS[0]) -> ClipBrief:
    start = 20 * FILM_RATE
    return ClipBrief(
        seed=5,
        size=SIZES[work.shape],
        start_frame=start,
        end_frame=start + work.frames,
        section_start_frame=start,
        section_end_frame=start + work.frames,
        overall_prompt=prompt,
        shot=Shot(framing, "push in"),
    )


def drive_of(brief: ClipBrief, bpm: float = 124.0) -> Drive:
    beats = np.arange(0.0, SONG_SECONDS, 60.0 / bpm)
    return Drive(brief, made_song(bpm), beats, beats[::4])


def make(work: Work) -> Cost:
    """Draw and encode one clip, as `render` does, and say what it cost."""
    brief = brief_of(work)
    size = fitted(brief.size, LOOKS[work.look].pixels)
    before, children = time.process_time(), _children()
    look, canvas = set_up(brief, Casting(work.look, work.variant, seed=5))
    drive = drive_of(brief)
    with tempfile.TemporaryDirectory() as folder:
        dst = Path(folder) / "clip.mp4"
        with house_writer(dst, size=brief.size, drawn_size=size, frames=brief.frames) as write:
            for index in range(len(drive)):
                look.draw(drive.moment(index))
                write(canvas.develop(look.grade, index))
    scale = 1000.0 / brief.frames
    return Cost((time.process_time() - before) * scale, (_children() - children) * scale)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(frames: int, names: list[str]) -> None:
    warm()
    print(
        f"{'look':12}{'format':8}{'drawn':>11}{'draw ms':>9}{'encode ms':>11}"
        f"{'frames/s':>10}{'2 cores':>9}  film/play"
    )
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES, initializer=warm) as pool:
        pool.map(make, [Work("silk", 0, "16:9", 4)] * PROCESSES, chunksize=1)
        slowest = max(_line(pool, name, shape, frames) for name in names for shape in SIZES)
    verdict = "in time" if slowest <= 1.0 else "too slow"
    print(f"slowest: a film takes {slowest:.2f} of its playing time: {verdict}")


def _line(pool: multiprocessing.pool.Pool, name: str, shape: str, frames: int) -> float:
    work = [Work(name, k % LOOKS[name].variants, shape, frames) for k in range(PROCESSES)]
    start = time.perf_counter()
    costs = pool.map(make, work, chunksize=1)
    rate = frames * PROCESSES / (time.perf_counter() - start)
    width, height = fitted(SIZES[shape], LOOKS[name].pixels)
    draw = sum(cost.draw for cost in costs) / len(costs)
    encode = sum(cost.encode for cost in costs) / len(costs)
    idle = 2000.0 / (draw + encode)
    print(
        f"{name:12}{shape:8}{f'{width}x{height}':>11}{draw:9.1f}{encode:11.1f}{rate:10.1f}{idle:9.1f}"
        f"{FILM_RATE / idle:11.2f}",
        flush=True,
    )
    return FILM_RATE / idle


def sheets(folder: Path, names: list[str]) -> None:
    """One PNG a look: a row for each variant and framing, frames from soft to loud."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        for shape in SIZES:
            rows = [
                _row(name, variant, framing, shape, PROMPTS[(variant + 2 * k) % len(PROMPTS)])
                for variant in range(LOOKS[name].variants)
                for k, framing in enumerate(("wide", "medium", "close"))
            ]
            path = folder / f"{name}_{shape.replace(':', 'x')}.png"
            _pasted(rows).save(path)
            print(path)


def _row(name: str, variant: int, framing: str, shape: str, prompt: str) -> list[Image.Image]:
    brief = brief_of(Work(name, variant, shape, 97), framing=framing, prompt=prompt)
    look, canvas = set_up(brief, Casting(name, variant, seed=5 + variant))
    drive, pictures = drive_of(brief), []
    for index in range(len(drive)):
        look.draw(drive.moment(index))
        if index % 32 == 0:
            canvas.develop(look.grade, index)
            pictures.append(Image.fromarray(_rgb(*canvas.planes())))
    return pictures


def _rgb(luma: Bytes, blue: Bytes, red: Bytes) -> Bytes:
    y = (luma.astype(np.float32) - 16.0) * (255.0 / 219.0)
    cb, cr = (np.kron(c.astype(np.float32) - 128.0, np.ones((2, 2))) / 0.8784 for c in (blue, red))
    rgb = np.stack([y + 1.5748 * cr, y - 0.1873 * cb - 0.4681 * cr, y + 1.8556 * cb], axis=-1)
    return rgb.clip(0, 255).astype(np.uint8)


def _pasted(rows: list[list[Image.Image]], width: int = 480) -> Image.Image:
    first = rows[0][0]
    height = round(width * first.height / first.width)
    sheet = Image.new("RGB", (width * len(rows[0]), height * len(rows)))
    for j, row in enumerate(rows):
        for i, picture in enumerate(row):
            small = picture.resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(small, (i * width, j * height))
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=120, help="frames of each clip that is timed")
    parser.add_argument("--look", action="append", choices=list(LOOKS), help="only these looks")
    parser.add_argument("--sheet", type=Path, help="write contact sheets into this folder instead")
    options = parser.parse_args()
    names = options.look or list(LOOKS)
    if options.sheet is not None:
        sheets(options.sheet, names)
    else:
        measure(options.frames, names)


if __name__ == "__main__":
    main()
