"""What an image file is by its own bytes, read without any decoder: kind, size, end, oddities.

Everything here is plain reading of headers with bounds; nothing of the pixels is touched.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vibecraft.media.errors import MediaError

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC = b"\xff\xd8\xff"
UPRIGHT = 1
# What ends the coded pixels of a JPEG: any marker but a stuffed byte, a restart or a filling.
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})
_EXIF = b"Exif\x00\x00"
_ORIENTATION_TAG = 0x0112
MAX_TAGS = 512
# Files of another kind that begin where the image ends, or hide in what follows it.
_FOREIGN_HEADS = (b"PK\x03\x04", b"%PDF-", b"\x7fELF", b"MZ", b"Rar!", b"7z\xbc\xaf", b"#!", b"<")
_FOREIGN_WORDS = (b"%pdf-", b"<script", b"<?php", b"<html", b"<!doctype", b"<svg")
_ZIP_END = b"PK\x05\x06"
_ZIP_END_WITHIN = 65_557


@dataclass(frozen=True)
class ImageLook:
    """An image as its headers have it. `end` is where its own bytes end, None if they are cut off.

    `orientation` is EXIF's: 1 upright, 2 to 8 mirrored or turned.
    """

    kind: str
    width: int = 0
    height: int = 0
    end: int | None = None
    orientation: int = UPRIGHT
    is_animated: bool = False
    has_alpha: bool = False
    is_lossless: bool = False


def look_at(data: bytes) -> ImageLook:
    """Read what a PNG, JPEG or WebP says of itself. Raises MediaError("not_image") for all else."""
    try:
        if data.startswith(PNG_MAGIC):
            return _png(data)
        if data.startswith(JPEG_MAGIC):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):
        # A header that ends in its middle: what was cut off is not known any more.
        return ImageLook("cut")
    raise MediaError("not_image", data[:16].hex())


def hides_another_file(data: bytes, end: int) -> bool:
    """Whether what follows an image's own bytes is a file of another kind: a polyglot.

    Cameras append pictures and small films of their own; those are harmless and dropped.
    """
    rest = data[end:]
    if rest.lstrip(b"\x00\r\n\t ").startswith(_FOREIGN_HEADS):
        return True
    lowered = rest.lower()
    return _ZIP_END in rest[-_ZIP_END_WITHIN:] or any(word in lowered for word in _FOREIGN_WORDS)


# --- PNG -----------------------------------------------------------------------------------------


def _png(data: bytes) -> ImageLook:
    width, height, _depth, color = struct.unpack_from(">IIBB", data, 16)
    if data[12:16] != b"IHDR":
        raise MediaError("not_image", "a PNG without a header")
    look = ImageLook("png", width, height, has_alpha=color in (4, 6), is_lossless=True)
    for name, start, size in _png_chunks(data):
        if name == b"acTL":
            look = replace(look, is_animated=True)
        elif name == b"tRNS":
            look = replace(look, has_alpha=True)
        elif name == b"eXIf":
            look = replace(look, orientation=orientation(data[start : start + size]))
        elif name == b"IEND":
            return replace(look, end=start + size + 4)
    return look


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and size of each chunk that is there in full."""
    at = len(PNG_MAGIC)
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        if at + 12 + size > len(data):
            return
        yield data[at + 4 : at + 8], at + 8, size
        at += 12 + size


# --- JPEG ----------------------------------------------------------------------------------------


def _jpeg(data: bytes) -> ImageLook:
    look = ImageLook("jpeg")
    for marker, start, size in _jpeg_segments(data):
        if marker == 0xD9:
            return replace(look, end=start)
        if marker in _SIZE_MARKERS and not look.width:
            height, width = struct.unpack_from(">HH", data, start + 1)
            look = replace(look, width=width, height=height)
        elif marker == 0xE1 and data.startswith(_EXIF, start):
            look = replace(look, orientation=orientation(data[start + 6 : start + size]))
    return look


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and size of each segment; the end marker comes with where the file may end."""
    at = 2
    while (found := _MARKER.search(data, at)) is not None:
        marker, start = found.group(1)[0], found.end()
        if marker == 0xD9:
            yield marker, start, 0
            return
        if marker in _BARE_MARKERS:
            at = start
            continue
        (size,) = struct.unpack_from(">H", data, start)
        yield marker, start + 2, size - 2
        at = start + max(2, size)


# --- WebP ----------------------------------------------------------------------------------------


def _webp(data: bytes) -> ImageLook:
    (size,) = struct.unpack_from("<I", data, 4)
    end = 8 + size
    look = ImageLook("webp", end=end if end <= len(data) else None)
    for name, start, length in _webp_chunks(data, end):
        look = _with_chunk(look, data, name, start, length)
    return look


def _with_chunk(look: ImageLook, data: bytes, name: bytes, start: int, length: int) -> ImageLook:
    if name == b"VP8X":
        width, height = (_three_bytes(data, start + at) + 1 for at in (4, 7))
        flags = data[start]
        return replace(
            look,
            width=width,
            height=height,
            is_animated=bool(flags & 0x02),
            has_alpha=bool(flags & 0x10),
        )
    if name in (b"ANIM", b"ANMF"):
        return replace(look, is_animated=True)
    if name == b"EXIF":
        return replace(look, orientation=orientation(data[start : start + length]))
    if name == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, start + 1)
        sides = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        found = replace(look, is_lossless=True, has_alpha=look.has_alpha or bool(bits >> 28 & 1))
        return _sized(found, *sides)
    if name == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, start + 6)
        return _sized(look, width & 0x3FFF, height & 0x3FFF)
    return look


def _sized(look: ImageLook, width: int, height: int) -> ImageLook:
    """The larger of what the canvas and the picture in it say."""
    return replace(look, width=max(width, look.width), height=max(height, look.height))


def _three_bytes(data: bytes, at: int) -> int:
    if at + 3 > len(data):
        raise IndexError
    return int.from_bytes(data[at : at + 3], "little")


def _webp_chunks(data: bytes, end: int) -> Iterator[tuple[bytes, int, int]]:
    at = 12
    while at + 8 <= min(end, len(data)):
        (size,) = struct.unpack_from("<I", data, at + 4)
        yield data[at : at + 4], at + 8, size
        # Chunks stand on even bytes.
        at += 8 + size + size % 2


# --- EXIF ----------------------------------------------------------------------------------------


def orientation(exif: bytes) -> int:
    """The orientation that an EXIF block asks for; upright when it says nothing that is known."""
    block = exif.removeprefix(_EXIF)
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return UPRIGHT
    try:
        return _orientation_in(block, order)
    except struct.error:
        return UPRIGHT


def _orientation_in(block: bytes, order: str) -> int:
    (at,) = struct.unpack_from(f"{order}I", block, 4)
    (count,) = struct.unpack_from(f"{order}H", block, at)
    for number in range(min(count, MAX_TAGS)):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", block, at + 2 + 12 * number)
        if tag == _ORIENTATION_TAG and kind == 3:
            return value if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT
