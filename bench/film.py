"""Joining a film of 30 clips: our join against copying bytes, encoding again, and MoviePy.

    python -m bench.film            three minutes of 1080p, as a real film
    python -m bench.film --short    fifteen seconds, for a quick look
    python -m bench.film --skip moviepy

Every way runs in a process of its own over the same clips and the same song; wall time, CPU time and
the peak of the resident memory of the whole process tree are taken in the same run. MoviePy needs
an older Pillow than this project, so it runs in an environment of its own that uv makes.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vibecraft.media import limits
from vibecraft.media.audio import write_master
from vibecraft.media.concat import join
from vibecraft.media.ffmpeg import run
from vibecraft.media.frames import FRAME_RATE
from vibecraft.media.house import SIZES, encoder_arguments, house_writer
from vibecraft.media.verify import check_film, inspect_film

CLIPS = 30
DIFFERENT_CLIPS = 5
FULL_FRAMES, SHORT_FRAMES = 144, 12
MOVIEPY = "moviepy==2.2.1"
SAMPLE_SECONDS = 0.1
SIZE = SIZES["16:9"]
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Figures:
    """What one way of joining took."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


# --- the ways ------------------------------------------------------------------------------------


def _clips(folder: Path) -> list[Path]:
    return sorted(folder.glob("clip_*.mp4"))


def join_ours(folder: Path, frames: int) -> None:
    """What the site does."""
    clips = [(clip, frames) for clip in _clips(folder)]
    join(clips, folder / "song.flac", folder / "film.mp4", frames=frames * len(clips))


def copy_bytes(folder: Path, frames: int) -> None:
    """No film, only the same bytes moved once: as fast as a disk allows."""
    del frames
    with (folder / "film.bytes").open("wb") as target:
        for path in [*_clips(folder), folder / "song.flac"]:
            with path.open("rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)


def encode_again(folder: Path, frames: int) -> None:
    """ffmpeg's concat filter: every clip decoded and the film encoded as the clips were."""
    clips = _clips(folder)
    inputs = [word for clip in clips for word in ("-i", str(clip))]
    graph = "".join(f"[{number}:v]" for number in range(len(clips)))
    graph += f"concat=n={len(clips)}:v=1:a=0[film]"
    encoding = encoder_arguments(frames=frames * len(clips))
    encoding.remove("-an")
    words = [*inputs, "-i", str(folder / "song.flac"), "-filter_complex", graph, "-map", "[film]"]
    words += ["-map", f"{len(clips)}:a", "-c:a", "aac", "-b:a", "256k", *encoding]
    roomy = limits.Limits(
        64 * 2**30, cpu_seconds=7200, file_bytes=2**32, wall_seconds=7200, open_files=1024
    )
    run([*words, str(folder / "encoded.mp4")], folder=folder, limits=roomy)


def join_moviepy(folder: Path, frames: int) -> None:
    """MoviePy as its guide shows it, with its own ffmpeg."""
    # It is installed only in the environment made for this one way.
    moviepy = importlib.import_module("moviepy")
    del frames
    clips = [moviepy.VideoFileClip(str(clip)) for clip in _clips(folder)]
    film = moviepy.concatenate_videoclips(clips)
    song = moviepy.AudioFileClip(str(folder / "song.flac"))
    film = film.with_audio(song.subclipped(0, film.duration))
    film.write_videofile(
        str(folder / "moviepy.mp4"), fps=24, threads=2, preset="ultrafast", logger=None
    )


WAYS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "ours": ("our join (copies, verified separately)", join_ours),
    "bytes": ("(a) copying the same bytes", copy_bytes),
    "concat": ("(b) concat filter, encoding", encode_again),
    "moviepy": ("(c) MoviePy", join_moviepy),
}


# --- the material --------------------------------------------------------------------------------


def make_material(folder: Path, frames: int) -> None:
    """Thirty clips in the house format, five of them different, and a song of their length."""
    for number in range(CLIPS):
        clip = folder / f"clip_{number:02d}.mp4"
        if number < DIFFERENT_CLIPS:
            _draw_clip(clip, number, frames)
        else:
            shutil.copyfile(folder / f"clip_{number % DIFFERENT_CLIPS:02d}.mp4", clip)
    seconds = float(CLIPS * frames / FRAME_RATE)
    song = f"anoisesrc=d={seconds}:c=pink:r=44100:a=0.2,lowpass=6000[a];sine=f=220:d={seconds}"
    words = ["-f", "lavfi", "-i", f"{song}[b];[a][b]amix,aformat=channel_layouts=stereo"]
    run([*words, "-t", str(seconds), "-y", str(folder / "song.wav")], folder=folder)
    write_master(folder / "song.wav", folder / "song.flac")


def _draw_clip(clip: Path, seed: int, frames: int) -> None:
    """Soft light over a grain that drifts: about as hard to encode as a drawn clip."""
    width, height = SIZE
    chance = np.random.default_rng(seed)
    across, down = np.meshgrid(np.linspace(0, 6, width), np.linspace(0, 4, height))
    light = 110 + 60 * np.sin(across + seed) * np.cos(down)
    grain = np.repeat(np.repeat(chance.normal(0, 6, (height // 4, width // 4)), 4, 0), 4, 1)
    base = np.clip(light + grain, 16, 235).astype(np.uint8)
    frame = np.full((height * 3 // 2, width), 128, np.uint8)
    with house_writer(clip, size=SIZE, drawn_size=SIZE, frames=frames) as write:
        for number in range(frames):
            frame[:height] = np.roll(base, (2 * number, 5 * number), (0, 1))
            write(frame)


# --- measuring -----------------------------------------------------------------------------------


def measure(way: str, folder: Path, frames: int) -> Figures:
    """Run one way in a process of its own and watch all that it starts."""
    words = ["-m", "bench.film", "--way", way, "--frames", str(frames), "--folder", str(folder)]
    before, begun = os.times(), time.monotonic()
    child = subprocess.Popen(
        [*_interpreter(way), *words], cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL
    )
    peak = 0
    while child.poll() is None:
        peak = max(peak, _tree_bytes(child.pid))
        time.sleep(SAMPLE_SECONDS)
    if child.returncode != 0:
        raise SystemExit(f"{way} ended with {child.returncode}")
    after = os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return Figures(time.monotonic() - begun, cpu, peak)


def _interpreter(way: str) -> list[str]:
    if way != "moviepy":
        return [sys.executable]
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    words = ["run", "--quiet", "--no-project", "--isolated", "--python", sys.executable]
    return [uv, *words, "--with", MOVIEPY, "python"]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "UV_PYTHON_DOWNLOADS": "never"}


def _tree_bytes(root: int) -> int:
    """Resident bytes of a process and all below it."""
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        waiting += _children(pid)
        total += _resident_bytes(pid)
    return total


def _children(pid: int) -> list[int]:
    # Each thread names those that it started.
    found: list[int] = []
    for entry in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, entry.read_text().split())
    return found


def _resident_bytes(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


# --- the table -----------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the material, run every way over it and print what each took."""
    options = _options(arguments)
    if options.way:
        WAYS[options.way][1](options.folder, options.frames)
        return
    frames = SHORT_FRAMES if options.short else FULL_FRAMES
    with tempfile.TemporaryDirectory(prefix="bench-film-") as name:
        folder = Path(name)
        make_material(folder, frames)
        seconds = float(CLIPS * frames / FRAME_RATE)
        print(f"{CLIPS} clips, {seconds:.0f} s of {SIZE[0]}x{SIZE[1]} at 24/s, load", end=" ")
        print(f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
        _print_table({way: measure(way, folder, frames) for way in WAYS if way not in options.skip})
        _print_check(folder, frames)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument(
        "--short", action="store_true", help="fifteen seconds of film, not three minutes"
    )
    parser.add_argument("--skip", nargs="*", default=[], choices=WAYS, help="ways to leave out")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--frames", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


_Plain = argparse.RawDescriptionHelpFormatter


def _print_table(table: dict[str, Figures]) -> None:
    ours = table.get("ours")
    print(f"{'':40}{'wall':>9}{'CPU':>9}{'memory':>10}{'wall, ours = 1':>16}")
    for way, figures in table.items():
        share = f"{figures.wall_seconds / ours.wall_seconds:.1f}" if ours else ""
        print(
            f"{WAYS[way][0]:40}{figures.wall_seconds:>7.1f} s{figures.cpu_seconds:>7.1f} s"
            f"{figures.peak_bytes / 2**20:>7.0f} MB{share:>16}"
        )


def _print_check(folder: Path, frames: int) -> None:
    film = folder / "film.mp4"
    if not film.exists():
        return
    begun = time.monotonic()
    facts = inspect_film(film, audio=folder / "song.flac")
    took = time.monotonic() - begun
    check_film(facts, size=SIZE, frames=CLIPS * frames, cuts=range(0, CLIPS * frames, frames))
    offset = facts.worst_offset * 1000
    print(
        f"\nour film, decoded in full in {took:.1f} s: {facts.frames} frames, a keyframe at every"
    )
    print(f"cut, no decode error, sound at most {offset:.3f} ms off")


if __name__ == "__main__":
    main()
