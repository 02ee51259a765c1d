"""Made images for the tests: four colored corners that tell which way up a picture is."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vibecraft.media.tests.making import make

# Top left, top right, bottom left, bottom right.
CORNERS = ((230, 30, 30), (30, 200, 30), (30, 30, 230), (240, 240, 40))
SIZE = (96, 64)


def corners(size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """(height, width, 3): a red, a green, a blue and a yellow quarter."""
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    for index, color in enumerate(CORNERS):
        row, column = divmod(index, 2)
        picture[
            row * height // 2 : (row + 1) * height // 2,
            column * width // 2 : (column + 1) * width // 2,
        ] = color
    return picture


def write(path: Path, picture: NDArray[np.uint8] | None = None, **options: object) -> Path:
    """Write a picture (the corners if none is given) in the kind that the name says."""
    pixels = corners() if picture is None else picture
    Image.fromarray(pixels).save(path, **options)
    return path


def read(path: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(path).convert("RGB"))


def seen_corners(path: Path) -> tuple[int, ...]:
    """Which of the corner colors is nearest in each corner of a file, in reading order."""
    picture = read(path).astype(int)
    height, width, _ = picture.shape
    spots = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return tuple(
        min(range(4), key=lambda index: sum(abs(picture[spot] - CORNERS[index]))) for spot in spots
    )


def exif(orientation: int) -> bytes:
    """An EXIF block with an orientation and a place."""
    image = Image.Exif()
    image[0x0112] = orientation
    image[0x010E] = "taken at home, 52.5 N 13.4 E"
    return image.tobytes()


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of_size(width: int, height: int) -> bytes:
    """A whole PNG of one bit a pixel, all black: a few kilobytes however large it claims to be."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def animated(path: Path) -> Path:
    """A moving picture of three frames: .png (APNG), .webp or .gif."""
    return make(
        path,
        *("-f", "lavfi", "-i", "testsrc=s=64x48:d=0.3:r=10"),
        *(("-f", "apng") if path.suffix == ".png" else ()),
    )
