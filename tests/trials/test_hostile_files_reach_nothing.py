"""The short form of trial T10: hostile files over the door that every song comes through."""

from __future__ import annotations

import re
import resource
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from songs import intake
from songs.models import Song
from tests.trials import figures
from tests.trials.hostile_set import Hostile, hostile_files
from vibecraft import storage
from vibecraft.media.errors import SENTENCES
from vibecraft.media.tests.making import make_song, samples, tone_power
from vibecraft.media.tests.test_hostile import TONE_HERTZ, Canary
from vibecraft.problems import Problem

# Not within one transaction: the files are made meanwhile, and a database waits for nobody so long.
pytestmark = [pytest.mark.clock, pytest.mark.django_db(transaction=True)]

SHORT = 80
MAX_SECONDS = 10.0
MAX_CHILD_BYTES = 2 * 1024**3
MAX_GROWTH_BYTES = 50 * 1024**2
# What is no answer to somebody who brings a file.
UNCLEAR = {"internal", "failed", "crashed", "too_slow"}


class Memory:
    """What this process takes while it tries a file, against before; listening is not counted."""

    def __init__(self) -> None:
        self._forget_peak()
        self.before = self._peak_bytes()
        self.growth = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        self._forget_peak()
        yield
        self.growth = max(self.growth, self._peak_bytes() - self.before)

    def _forget_peak(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")

    def _peak_bytes(self) -> int:
        status = Path("/proc/self/status").read_text()
        return 1024 * int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])


def _peak_of_children() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def test_each_is_refused_with_a_reason_or_harmless(
    alice: User, tmp_path: Path, settings: LazySettings
) -> None:
    settings.SCRATCH_DIR = tmp_path / "scratch"
    settings.SCRATCH_DIR.mkdir()
    bob = tmp_path / "bob"
    bob.mkdir()
    private = make_song(bob / "private.mp3", source=f"sine=f={TONE_HERTZ}:d=12:r=44100")
    made = tmp_path / "made"
    made.mkdir()
    canary = Canary()
    number = figures.size(SHORT)
    files = hostile_files(made, canary.address, private, number, figures.seed())
    assert len(files) == number
    _try(files[0], alice)
    memory = Memory()
    slowest, codes, kept = 0.0, Counter[str](), list[Song]()
    for file in files:
        begun = time.monotonic()
        with memory.watched():
            code, song = _try(file, alice)
        slowest = max(slowest, time.monotonic() - begun)
        codes[code] += 1
        assert file.is_refused in (None, song is None), (file.name, code)
        kept += [song] if song is not None else []
    # Afterwards, as the sound of a whole song takes more memory than all that was tried.
    foreign = sum(map(_has_foreign_sound, kept))
    canary.close()
    left = [path.name for path in settings.SCRATCH_DIR.rglob("*")]
    figures.note("files", len(files))
    figures.note("codes", dict(codes.most_common()))
    figures.note("canary", canary.hits)
    figures.note("foreign sound", foreign)
    figures.note("slowest seconds", round(slowest, 2))
    figures.note("left in scratch", len(left))
    figures.note("growth MB", round(memory.growth / 1e6, 1))
    figures.note("largest child MB", round(_peak_of_children() / 1e6))
    assert (canary.hits, foreign, left) == (0, 0, [])
    assert set(codes) <= {"fine", *SENTENCES}
    assert not UNCLEAR & set(codes)
    assert slowest <= MAX_SECONDS
    assert _peak_of_children() <= MAX_CHILD_BYTES
    assert memory.growth <= MAX_GROWTH_BYTES


def _try(file: Hostile, alice: User) -> tuple[str, Song | None]:
    """Bring a file as a song: the refusal's code, or `fine` and the song."""
    try:
        song, _ = intake.receive(alice, SimpleUploadedFile("song.mp3", file.content))
    except Problem as refusal:
        return refusal.code if refusal.sentence else "no sentence", None
    return "fine", song


def _has_foreign_sound(song: Song) -> bool:
    """Whether Bob's tone is in what was kept; what was kept is gone afterwards."""
    with storage.local(song.master_key) as master:
        heard = tone_power(samples(master), TONE_HERTZ) > 0.1
    storage.delete_prefix(storage.song_prefix(song.owner_id, song.pk))
    song.owner.give_back_storage(song.stored_bytes)
    return heard
