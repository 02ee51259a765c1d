"""Reads the index of an MP4: what a join must know of a clip, in a millisecond, and what is locked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vibecraft.media.errors import MediaError

_SAMPLE_ENTRY_BYTES = 78


@dataclass(frozen=True)
class ClipIndex:
    """A clip's picture track: its frames and its parameter sets (the bytes of `avcC`)."""

    frames: int
    width: int
    height: int
    parameter_sets: bytes


def read_index(path: Path) -> ClipIndex:
    """The picture track of an MP4 with one track. Raises MediaError("clips_differ") without one."""
    with path.open("rb") as file:
        moov = _first(file, b"moov")
    try:
        table = _at(moov, b"trak", b"mdia", b"minf", b"stbl")
        # A version and flags, a count, then the entry itself.
        entry = _inside(_at(table, b"stsd")[8:], b"avc1")
        sizes = _at(table, b"stsz")
        return ClipIndex(
            frames=int.from_bytes(sizes[8:12], "big"),
            width=int.from_bytes(entry[24:26], "big"),
            height=int.from_bytes(entry[26:28], "big"),
            parameter_sets=_inside(entry[_SAMPLE_ENTRY_BYTES:], b"avcC"),
        )
    except KeyError as error:
        raise MediaError("clips_differ", f"{path.name} has no {error}") from error


def sample_entries(path: Path) -> tuple[bytes, ...]:
    """The kinds of all tracks' samples ("mp4a", "enca", ...); empty for files that are no MP4."""
    with path.open("rb") as file:
        if file.read(8)[4:] != b"ftyp":
            return ()
        file.seek(0)
        moov = _first(file, b"moov")
    tracks = [track for kind, track in _boxes(moov) if kind == b"trak"]
    return tuple(kind for track in tracks for kind in _kinds(track))


def _kinds(track: bytes) -> list[bytes]:
    try:
        return [kind for kind, _ in _boxes(_at(track, b"mdia", b"minf", b"stbl", b"stsd")[8:])]
    except KeyError:
        return []


def _first(file: BinaryIO, kind: bytes) -> bytes:
    """The first top-level box of a kind, empty if there is none. A box may claim any length."""
    size = os.fstat(file.fileno()).st_size
    while len(head := file.read(8)) == 8:
        length, start = int.from_bytes(head[:4], "big"), 8
        if length == 1:
            length, start = int.from_bytes(file.read(8), "big"), 16
        if head[4:] == kind:
            return file.read(min(length - start, size))
        if not start <= length <= size:
            break
        file.seek(length - start, 1)
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length < 8:
            return
        yield data[at + 4 : at + 8], data[at + 8 : at + length]
        at += length


def _inside(data: bytes, kind: bytes) -> bytes:
    return dict(reversed(list(_boxes(data))))[kind]


def _at(data: bytes, *path: bytes) -> bytes:
    for kind in path:
        data = _inside(data, kind)
    return data
