"""Pages that play music: where the sound itself lies, as yt-dlp finds it [B2].

yt-dlp makes requests of its own, which nobody checks. So it runs only where the operator has allowed
it, held like every other child, for pages of the sites that it knows by name (its way with any
page at all is switched off), and it downloads nothing: what it names is fetched like any address.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import ShouldStop, run
from vibecraft.media.limits import MIB, Limits

PROGRAM = "yt-dlp"
LIMITS = Limits(2048 * MIB, cpu_seconds=60, file_bytes=16 * MIB, wall_seconds=60)
LIST = "page.txt"
WANTED = "bestaudio[ext=m4a][protocol^=http]/bestaudio[ext=mp3][protocol^=http]"


@dataclass(frozen=True)
class Sound:
    """Where the sound of a page lies, and what the page calls it."""

    address: str
    title: str


def arguments() -> list[str]:
    """Arguments that print one line of JSON about the page named in the file page.txt.

    The page stands in a file, since its address may hold what no log should show.
    """
    words = ["--ignore-config", "--no-cache-dir", "--no-playlist", "--no-warnings", "--quiet"]
    words += ["--ies", "default,-generic", "--socket-timeout", "8", "--retries", "1"]
    words += ["--match-filters", "!is_live", "--playlist-items", "1", "--format", WANTED]
    words += ["--skip-download", "--print", "%(.{url,title})j"]
    return [*words, "--batch-file", LIST]


def find_sound(page: str, folder: Path, *, should_stop: ShouldStop | None = None) -> Sound:
    """Where the sound of a page lies. Raises MediaError `page_unknown` when that cannot be told."""
    (folder / LIST).write_text(f"{page}\n")
    made = run(
        arguments(),
        program=PROGRAM,
        folder=folder,
        limits=LIMITS,
        should_stop=should_stop,
        has_network=True,
        check=False,
    )
    if made.exit_code != 0:
        raise MediaError("page_unknown", made.stderr_tail)
    return read_answer(made.stdout)


def read_answer(stdout: bytes) -> Sound:
    """The answer of yt-dlp, of which nothing is believed. Raises MediaError `page_unknown`."""
    lines = stdout.decode("utf-8", "replace").splitlines()
    try:
        told: Any = json.loads(lines[0])
        address, title = told["url"], told.get("title") or ""
    except (IndexError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MediaError("page_unknown", f"{type(error).__name__}: {lines[:1]}") from error
    if not isinstance(address, str) or not isinstance(title, str):
        raise MediaError("page_unknown", "not text")
    return Sound(address, title)
