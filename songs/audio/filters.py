"""The banks of filters that turn a spectrum into pitch: mel bands and pitch classes.

librosa knows them, and takes seconds to be imported. So they are asked for once on each machine and
kept beside the compiled kernels (`NUMBA_CACHE_DIR`); without such a folder, once in each process.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from songs.audio.arrays import SAMPLE_RATE, Array, Floats

log = logging.getLogger(__name__)
SHORT_WINDOW = 1024
LONG_WINDOW = 4096
BANDS = 48
LOWEST_HZ = 30.0
HIGHEST_HZ = 10_500.0
HARMONY_HZ = (55, 2000)
BASS_HZ = (40, 260)
# What `np.load` raises for a file that is not there, or not whole; EOFError for an empty one.
UNREADABLE = (OSError, EOFError, BadZipFile, KeyError, ValueError)


@dataclass(frozen=True)
class Filters:
    """`mel` (48, 513) for the short window, each summing to 1, with `centers` (48,) in Hz; `harmony`
    and `bass` (12, 2049) for the long one, by pitch class (C first)."""

    mel: Floats
    centers: Array
    harmony: Floats
    bass: Floats


@lru_cache(maxsize=1)
def filters() -> Filters:
    """All filters, from this machine's folder where they are in it."""
    folder = os.environ.get("NUMBA_CACHE_DIR")
    if not folder:
        return make_filters()
    path = Path(folder) / f"filters-{_mark()}.npz"
    # Where that cannot be read it is written anew.
    with contextlib.suppress(*UNREADABLE), np.load(path) as kept:
        return Filters(*(kept[name] for name in Filters.__dataclass_fields__))
    made = make_filters()
    try:
        _keep(made, path)
    except OSError as error:
        log.warning("the filters are not kept, so the next process makes them again: %s", error)
    return made


def _mark() -> str:
    """Names what the filters are made with: librosa's version and this very source."""
    source = Path(__file__).read_bytes() + version("librosa").encode()
    return hashlib.sha256(source).hexdigest()[:16]


def _keep(made: Filters, path: Path) -> None:
    """Write them in one step, as other processes may do at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        whole = Path(folder) / path.name
        np.savez(whole, **vars(made))
        whole.replace(path)


def make_filters() -> Filters:
    """The filters as librosa makes them."""
    # For the reason given above.
    from librosa import mel_frequencies  # noqa: PLC0415
    from librosa.filters import chroma, mel  # noqa: PLC0415

    bands = mel(
        sr=SAMPLE_RATE,
        n_fft=SHORT_WINDOW,
        n_mels=BANDS,
        fmin=LOWEST_HZ,
        fmax=HIGHEST_HZ,
        htk=True,
        norm=None,
    )
    edges = mel_frequencies(n_mels=BANDS + 2, fmin=LOWEST_HZ, fmax=HIGHEST_HZ, htk=True)
    classes = chroma(sr=SAMPLE_RATE, n_fft=LONG_WINDOW, norm=None, octwidth=None)
    return Filters(
        mel=(bands / bands.sum(axis=1, keepdims=True)).astype(np.float32),
        centers=edges[1:-1].astype(np.float64),
        harmony=_within(classes, *HARMONY_HZ),
        bass=_within(classes, *BASS_HZ),
    )


def _within(classes: Array, lowest: float, highest: float) -> Floats:
    """The part of the pitch classes' filters (12, 2049) between two frequencies."""
    frequencies = np.arange(LONG_WINDOW // 2 + 1) * SAMPLE_RATE / LONG_WINDOW
    return (classes * ((frequencies >= lowest) & (frequencies <= highest))).astype(np.float32)
