"""The master: a song decoded once, so that analysis, page and film hear the very same samples."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vibecraft.media import limits
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import Progress, ShouldStop, run
from vibecraft.media.files import neutral, private_folder, url, whole
from vibecraft.media.levels import Meter
from vibecraft.media.probe import Stream, probe

KEPT_RATES = (44100, 48000)
OTHER_RATE = 48000
MAX_MASTER_SECONDS = 900
VOICE_RATE = 16000
_STREAMINFO_BYTES = 42


@dataclass(frozen=True)
class Master:
    """A written master: stereo FLAC of `samples` per channel. `peak_dbfs` is its loudest sample."""

    sample_rate: int
    samples: int
    bits: int
    peak_dbfs: float

    @property
    def duration(self) -> Fraction:
        """The exact length in seconds."""
        return Fraction(self.samples, self.sample_rate)


def write_master(
    src: Path,
    dst: Path,
    *,
    on_progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Master:
    """Decode a checked upload to a stereo FLAC: 44.1 and 48 kHz are kept, other rates become 48.

    16 bits a sample; 24 for lossless sources of more. Raises MediaError.
    """
    about = probe(src, guard=limits.AUDIO_PROBE)
    stream = about.audio
    if stream is None:
        raise MediaError("no_sound", "no sound stream")
    sample_rate = stream.sample_rate if stream.sample_rate in KEPT_RATES else OTHER_RATE
    meter = Meter(channels=2)
    with neutral(src) as link, whole(dst) as partial:
        run(
            master_arguments(link, partial, stream, sample_rate),
            folder=link.parent,
            limits=limits.AUDIO,
            on_progress=on_progress,
            expected_seconds=about.duration or 0.0,
            should_stop=should_stop,
            on_stdout=meter.hear,
        )
        _, written = read_length(partial)
        if written != meter.frames or written == 0:
            # Broken in the middle: what was written is not what was heard.
            raise MediaError("truncated", f"{written} samples written, {meter.frames} decoded")
    return Master(sample_rate, written, master_bits(stream), meter.peak_dbfs)


def master_bits(stream: Stream) -> int:
    """24 for sources that hold more than 16 bits without loss, else 16."""
    is_lossless = stream.codec.startswith("pcm_") or stream.codec == "alac"
    is_deep = stream.bits > 16 or stream.codec.startswith("pcm_f")
    return 24 if is_lossless and is_deep else 16


def master_arguments(src: Path, dst: Path, stream: Stream, sample_rate: int) -> list[str]:
    """One decode with two ends: the FLAC, and raw floats to count and measure."""
    bits = master_bits(stream)
    form = "s32" if bits == 24 else "s16"
    stereo = "pan=stereo|c0=c0|c1=c0" if stream.channels == 1 else "aformat=channel_layouts=stereo"
    graph = (
        f"[0:a:0]{stereo},aresample={sample_rate},aformat=sample_fmts={form},asplit[kept][heard]"
    )
    words = [*limits.AUDIO_UPLOAD.options(), "-i", url(src), "-filter_complex", graph]
    words += [
        "-map",
        "[kept]",
        "-map_metadata",
        "-1",
        "-map_chapters",
        "-1",
        "-fflags",
        "+bitexact",
    ]
    words += ["-t", str(MAX_MASTER_SECONDS), "-c:a", "flac", "-compression_level", "5"]
    words += ["-bits_per_raw_sample", str(bits), "-f", "flac", "-y", url(dst)]
    words += ["-map", "[heard]", "-t", str(MAX_MASTER_SECONDS), "-f", "f32le", "pipe:1"]
    return words


def read_length(master: Path) -> tuple[int, int]:
    """The rate and the count of samples that a master's first block (STREAMINFO) states."""
    with master.open("rb") as file:
        head = file.read(_STREAMINFO_BYTES)
    if head[:4] != b"fLaC":
        raise MediaError("not_media", f"{master.name} is no master")
    # 20 bits of rate, 3 of channels, 5 of depth, 36 of samples.
    fields = int.from_bytes(head[18:26], "big")
    return fields >> 44, fields & ((1 << 36) - 1)


def voice_arguments(master: Path, dst: Path) -> list[str]:
    """Arguments that write a master as what a speech model hears anyway: one channel at 16 kHz."""
    words = [*limits.OWN.options(), "-i", url(master), "-map", "0:a:0", "-map_metadata", "-1"]
    words += ["-ac", "1", "-ar", str(VOICE_RATE), "-sample_fmt", "s16", "-fflags", "+bitexact"]
    return [*words, "-c:a", "flac", "-compression_level", "5", "-f", "flac", "-y", url(dst)]


def write_voice(master: Path, dst: Path) -> None:
    """Write a small copy of a master for a speech model, exact in time. Raises MediaError."""
    with whole(dst) as partial:
        run(voice_arguments(master, partial), folder=partial.parent, limits=limits.AUDIO)


def mono_arguments(path: Path, sample_rate: int) -> list[str]:
    """Arguments that decode a master to raw mono floats."""
    words = [*limits.OWN.options(), "-i", url(path), "-map", "0:a:0", "-ac", "1"]
    return [*words, "-ar", str(sample_rate), "-f", "f32le", "pipe:1"]


def read_mono(
    path: Path, sample_rate: int = 22050, *, should_stop: ShouldStop | None = None
) -> NDArray[np.float32]:
    """A master's samples as one channel of floats (samples,), full scale 1.0. Raises MediaError."""
    data = bytearray()
    with private_folder() as folder:
        run(
            mono_arguments(path, sample_rate),
            folder=folder,
            limits=limits.AUDIO,
            should_stop=should_stop,
            on_stdout=data.extend,
        )
    return np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False)
