"""The files of trial T10: made to read what they must not, to reach out, to blow up, or just broken."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vibecraft.media.ffmpeg import run
from vibecraft.media.tests.making import make_song, make_take
from vibecraft.media.tests.test_hostile import HOSTILE, ID3

MUTATED = {"a.mp3": ("-q:a", "5"), "a.wav": ("-ar", "16000"), "a.m4a": ("-c:a", "aac"),
           "b.m4a": ("-c:a", "alac", "-ar", "16000")}  # fmt: skip
SONG_SECONDS = 11.0
TITLES = {
    "markup": "<img src=x onerror=alert(1)>",
    "a shell": "$(touch /tmp/owned); `id`",
    "a path": "../../../etc/passwd",
    "a filter": "'; drawtext=textfile=/etc/passwd:",
    "a long text": "x" * 5000,
}


@dataclass(frozen=True)
class Hostile:
    """One file; `is_refused` where it must be, None where both is right."""

    name: str
    content: bytes
    is_refused: bool | None = True


def hostile_files(
    folder: Path, canary: str, private: Path, number: int, seed: int
) -> list[Hostile]:
    """So many files: all that have a name, then mutants of good songs, drawn by the seed."""
    named = [*_texts(folder, canary, private), *_media(folder), *_bombs(folder), *_titles(folder)]
    mutants = _mutants(folder, max(0, number - len(named)), seed)
    return [*named, *mutants]


def _texts(folder: Path, canary: str, private: Path) -> Iterator[Hostile]:
    """Lists and documents that point elsewhere; behind a tag, a glance does not see what they are."""
    neighbor = os.path.relpath(private, folder)
    for kind, text in sorted(HOSTILE.items()):
        told = text.format(web=canary, private=private, neighbor=neighbor).encode()
        yield Hostile(kind, told)
        yield Hostile(f"{kind}, behind a tag", ID3 + told)
    for name in ("http", "https", "tcp"):
        yield Hostile(f"an address of {name}", f"{canary.replace('http', name)}/a.mp3\n".encode())


def _media(folder: Path) -> Iterator[Hostile]:
    for form in ("matroska", "mov", "avi"):
        take = make_take(folder / f"magic-{form}", "-c:v", "magicyuv", "-f", form, count=3)
        yield Hostile(f"a decoder outside the list in {form}", take.read_bytes())
    for codec, ending in (
        ("flac", "flac"),
        ("libopus", "ogg"),
        ("wmav2", "asf"),
        ("adpcm_ms", "wav"),
    ):
        song = make_song(folder / f"codec.{ending}", "-c:a", codec)
        yield Hostile(f"{codec} in {ending}", song.read_bytes())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("song.mp3", bytes(20_000_000))
    yield Hostile("an archive that grows", packed.getvalue())
    for name, head in (("a program", b"\x7fELF"), ("a page", b"<!doctype html><script>"),
                       ("a script", b"#!/bin/sh\n"), ("PostScript", b"%!PS-Adobe-3.0 EPSF"),
                       ("a picture", b"\x89PNG\r\n\x1a\n")):  # fmt: skip
        yield Hostile(name, head + bytes(range(256)) * 20)
    yield Hostile("nothing", b"")


def _bombs(folder: Path) -> Iterator[Hostile]:
    hours = make_song(folder / "h.m4a", "-c:a", "alac", source="anullsrc=r=8000:cl=mono:d=9000")
    yield Hostile("hours of silence", hours.read_bytes())
    silent = make_song(folder / "s.wav", source="anullsrc=r=8000:cl=mono:d=12")
    yield Hostile("silence", silent.read_bytes())
    short = make_song(folder / "short.mp3", seconds=0.5)
    yield Hostile("half a second", short.read_bytes())
    words = ["-f", "lavfi", "-i", "color=s=9000x16:d=0.1", "-c:v", "libx264", "-f", "mp4", "-y"]
    run([*words, str(folder / "wide.mp4")], folder=folder)
    yield Hostile("a film of many pixels", (folder / "wide.mp4").read_bytes())
    song = make_song(folder / "cut.m4a", "-c:a", "aac", seconds=SONG_SECONDS).read_bytes()
    yield Hostile("a song without its index", song[: len(song) // 2])
    wave = bytearray(
        make_song(folder / "lie.wav", "-ar", "8000", seconds=SONG_SECONDS).read_bytes()
    )
    at = wave.index(b"data") + 4
    wave[at : at + 4] = (2**31 - 1).to_bytes(4, "little")
    yield Hostile("a song that claims to be long", bytes(wave), is_refused=None)


def _titles(folder: Path) -> Iterator[Hostile]:
    """Good songs that say of themselves what must only ever be shown."""
    for name, title in TITLES.items():
        words = ("-q:a", "9", "-ar", "22050", "-metadata", f"title={title}")
        song = make_song(folder / "titled.mp3", *words, seconds=SONG_SECONDS)
        yield Hostile(f"a title that is {name}", song.read_bytes(), is_refused=False)


def _mutants(folder: Path, number: int, seed: int) -> Iterator[Hostile]:
    chance = np.random.default_rng(seed)
    songs = {
        name: np.frombuffer(
            make_song(folder / name, *words, seconds=SONG_SECONDS).read_bytes(), np.uint8
        )
        for name, words in MUTATED.items()
    }
    for index in range(number):
        name = sorted(songs)[index % len(songs)]
        yield Hostile(f"mutant {index} of {name}", _mutant(songs[name], chance), is_refused=None)


def _mutant(song: np.ndarray, chance: np.random.Generator) -> bytes:
    """Some bytes changed, most of them near the beginning; a third cut short, a third doubled."""
    changed = song.copy()
    for span in (min(400, len(song)), len(song)):
        places = chance.integers(0, span, int(chance.integers(1, 30)))
        changed[places] = chance.integers(0, 256, len(places))
    cut, way = int(chance.integers(1, len(song))), int(chance.integers(0, 3))
    parts = ((changed,), (changed[:cut],), (changed[:cut], changed))[way]
    return np.concatenate(parts).tobytes()
