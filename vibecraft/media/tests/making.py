"""Made media for the tests: songs, takes, and pictures that carry their own number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vibecraft.media.ffmpeg import open_writer, run
from vibecraft.media.house import house_writer

SMALL = (320, 180)
BITS = 12
LIMITS = {"max_bytes": 50 * 1024 * 1024, "max_seconds": 300.0, "min_seconds": 1.0}


def make(dst: Path, *args: str) -> Path:
    """Write a file with ffmpeg; the arguments come before the output's name."""
    run([*args, "-y", str(dst)], folder=dst.parent)
    return dst


def make_song(dst: Path, *args: str, seconds: float = 2.0, source: str = "") -> Path:
    """Write a song of pink noise, in which every moment differs from every other."""
    noise = source or f"anoisesrc=d={seconds}:c=pink:r=44100:seed=7:a=0.5"
    return make(dst, "-f", "lavfi", "-i", noise, *args)


def numbered(number: int, size: tuple[int, int] = SMALL) -> NDArray[np.uint8]:
    """A raw yuv420p picture (height * 3 / 2, width) of stripes: the bits of its number."""
    width, height = size
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    for bit, (left, right) in enumerate(_stripes(width)):
        picture[:height, left:right] = 235 if number >> bit & 1 else 40
    return picture


def _stripes(width: int) -> list[tuple[int, int]]:
    edges = [width * edge // BITS for edge in range(BITS + 1)]
    return list(pairwise(edges))


def make_take(dst: Path, *args: str, count: int = 48, rate: str = "24", size=SMALL) -> Path:
    """Encode pictures numbered from 0 with the given options."""
    words = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{size[0]}x{size[1]}"]
    words += ["-framerate", rate, "-i", "pipe:0", *args, "-y", str(dst)]
    with open_writer(words, folder=dst.parent) as write:
        for number in range(count):
            write(numbered(number, size).data)
    return dst


def make_clip(dst: Path, numbers: Iterable[int], size=SMALL) -> int:
    """Write a clip of numbered pictures in the house format; return its count of frames."""
    numbers = list(numbers)
    with house_writer(dst, size=size, drawn_size=size, frames=len(numbers)) as write:
        for number in numbers:
            write(numbered(number, size))
    return len(numbers)


def gray(path: Path, size: tuple[int, int] = SMALL) -> NDArray[np.uint8]:
    """Every picture that a decoder sees, in order: (frames, height, width) of luma."""
    data = bytearray()
    words = ["-i", str(path), "-map", "0:v:0", "-fps_mode", "passthrough"]
    words += ["-vf", "extractplanes=y", "-pix_fmt", "gray", "-f", "rawvideo", "pipe:1"]
    run(words, folder=path.parent, on_stdout=data.extend)
    return np.frombuffer(data, np.uint8).reshape(-1, size[1], size[0])


def read_numbers(path: Path, size: tuple[int, int] = SMALL) -> list[int]:
    """The numbers that the decoded pictures carry."""
    return [_number(picture) for picture in gray(path, size)]


def _number(picture: NDArray[np.uint8]) -> int:
    middle = picture[picture.shape[0] // 2]
    stripes = _stripes(picture.shape[1])
    return sum(1 << bit for bit, (a, b) in enumerate(stripes) if middle[(a + b) // 2] > 137)


def samples(path: Path, *args: str, rate: int = 22050) -> NDArray[np.float32]:
    """The sound of any file as mono floats, decoded by plain ffmpeg."""
    data = bytearray()
    words = ["-i", str(path), *args, "-map", "0:a:0", "-ac", "1", "-ar", str(rate)]
    run([*words, "-f", "f32le", "pipe:1"], folder=path.parent, on_stdout=data.extend)
    return np.frombuffer(data, "<f4")


def tone_power(sound: NDArray[np.float32], hertz: float, rate: int = 22050) -> float:
    """The share of a sound's power that lies at one frequency, 0 to 1."""
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    at = round(hertz * len(sound) / rate)
    return float(spectrum[max(at - 2, 0) : at + 3].sum() / max(spectrum.sum(), 1e-12))


def words_after(args: Sequence[str], name: str) -> str:
    """The value that follows an option."""
    return args[list(args).index(name) + 1]
