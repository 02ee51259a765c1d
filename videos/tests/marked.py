"""Finished videos of marked pictures: rows say which picture it is, a red square where to look."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from songs.models import Song
from vibecraft import storage
from vibecraft.media.ffmpeg import run
from vibecraft.media.house import SIZES, house_writer
from vibecraft.media.tests.making import BITS, SMALL
from videos.models import Take, Video
from videos.tests.finished import finished

MODEL = "seedance-1-lite"
# The square in parts of the picture: its middle, and its side as a part of the height.
SQUARE_SIDE = 24
SMALL_SIZES = {"16:9": (320, 180), "9:16": (180, 320), "1:1": (180, 180)}

Point = tuple[float, float]


def marked(number: int, mark: Point) -> NDArray[np.uint8]:
    """A raw picture whose rows are the bits of its number, with a red square around `mark`."""
    width, height = SMALL
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    for bit, (upper, lower) in enumerate(_rows(height)):
        picture[upper:lower] = 200 if number >> bit & 1 else 60
    red = picture[height * 5 // 4 :].reshape(height // 2, width // 2)
    blue = picture[height : height * 5 // 4].reshape(height // 2, width // 2)
    blue[:], red[:] = 128, 128
    half = SQUARE_SIDE // 4
    x, y = round(mark[0] * width / 2), round(mark[1] * height / 2)
    red[max(0, y - half) : y + half, max(0, x - half) : x + half] = 240
    return picture


def _rows(height: int) -> list[tuple[int, int]]:
    return list(pairwise(height * edge // BITS for edge in range(BITS + 1)))


@cache
def _take(folder: Path, first: int, frames: int, mark: Point) -> Path:
    path = folder / f"marked-{first}.mp4"
    with house_writer(path, size=SIZES["16:9"], drawn_size=SMALL, frames=frames) as write:
        for number in range(first, first + frames):
            write(marked(number, mark))
    return path


def marked_video(song: Song, folder: Path, mark: Point, *, model: str = MODEL) -> Video:
    """A wide finished video, as if a paid model had made its takes."""
    video = finished(song, folder)
    for clip in video.clips.select_related("chosen_take"):
        path = _take(folder, clip.clip_index * 200, clip.frames, mark)
        copy = folder / "copy.mp4"
        copy.write_bytes(path.read_bytes())
        assert clip.chosen_take is not None
        storage.put(clip.chosen_take.key, copy)
    Take.objects.filter(clip__video=video).update(model=model)
    Video.objects.filter(pk=video.pk).update(model=model)
    video.refresh_from_db()
    return video


def pictures(key: str, aspect_ratio: str, folder: Path) -> list[tuple[int, Point | None]]:
    """Of every decoded picture its number, and where the middle of what is red lies, if any is."""
    width, height = SMALL_SIZES[aspect_ratio]
    data = bytearray()
    with storage.local(key) as path:
        words = ["-i", f"file:{path}", "-map", "0:v:0", "-fps_mode", "passthrough"]
        words += ["-vf", f"scale={width}:{height}:flags=area", "-pix_fmt", "yuv420p"]
        run([*words, "-f", "rawvideo", "pipe:1"], folder=folder, on_stdout=data.extend)
    size = width * height
    raw = np.frombuffer(data, np.uint8).reshape(-1, size * 3 // 2)
    lumas = raw[:, :size].reshape(-1, height, width)
    reds = raw[:, size * 5 // 4 :].reshape(-1, height // 2, width // 2)
    return [(_number(luma), _middle(red)) for luma, red in zip(lumas, reds, strict=True)]


def _number(luma: NDArray[np.uint8]) -> int:
    rows = enumerate(_rows(luma.shape[0]))
    return sum(1 << bit for bit, (a, b) in rows if luma[(a + b) // 2, 5] > 130)


def _middle(red: NDArray[np.uint8]) -> Point | None:
    rows, columns = np.nonzero(red > 190)
    if not len(rows):
        return None
    height, width = red.shape
    return round(float(columns.mean() + 0.5) / width, 2), round(
        float(rows.mean() + 0.5) / height, 2
    )
