"""Stretches of a song as sound files: what is played under a clip, to the sample."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from vibecraft.media import limits
from vibecraft.media.audio import read_length
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import ShouldStop, run
from vibecraft.media.files import private_folder, url, whole
from vibecraft.media.frames import FRAME_RATE

Span = tuple[int, int]


def cut_sound(
    master: Path, dst: Path, *, frames: Span, should_stop: ShouldStop | None = None
) -> Span:
    """Write the sound of a master under the frames from the first up to the second as WAV.

    The file lasts as long as its frames to the nearest sample; where the song ends before them,
    silence follows. Returns the samples it was cut at. Raises MediaError as `run` does.
    """
    sample_rate, _ = read_length(master)
    span = (_sample_at(frames[0], sample_rate), _sample_at(frames[1], sample_rate))
    with private_folder() as folder, whole(dst) as partial:
        run(
            cut_arguments(master, partial, samples=span),
            folder=folder,
            limits=limits.AUDIO,
            should_stop=should_stop,
        )
    return span


def cut_master(master: Path, dst: Path, *, samples: Span) -> None:
    """Write a master's samples from the first up to the second as a master. Raises MediaError."""
    with private_folder() as folder, whole(dst) as partial:
        run(
            cut_master_arguments(master, partial, samples=samples),
            folder=folder,
            limits=limits.AUDIO,
        )
        if read_length(partial)[1] != samples[1] - samples[0]:
            raise MediaError("failed", f"{samples} could not be cut out of {master.name}")


def cut_master_arguments(master: Path, dst: Path, *, samples: Span) -> list[str]:
    """Arguments that write a stretch of a master as FLAC of the same rate and depth."""
    words = [*limits.OWN.options(), "-i", url(master), "-map", "0:a:0"]
    words += [
        "-af",
        f"atrim=start_sample={samples[0]}:end_sample={samples[1]},asetpts=PTS-STARTPTS",
    ]
    words += ["-map_metadata", "-1", "-fflags", "+bitexact", "-c:a", "flac"]
    return [*words, "-compression_level", "5", "-f", "flac", "-y", url(dst)]


def _sample_at(frame: int, sample_rate: int) -> int:
    return round(Fraction(frame * sample_rate) / FRAME_RATE)


def cut_arguments(master: Path, dst: Path, *, samples: Span) -> list[str]:
    """Arguments that write the samples from the first up to the second as 16-bit stereo WAV."""
    start, end = samples
    chain = f"atrim=start_sample={start}:end_sample={end},asetpts=PTS-STARTPTS"
    words = [*limits.OWN.options(), "-i", url(master), "-map", "0:a:0"]
    words += ["-af", f"{chain},apad=whole_len={end - start}"]
    words += ["-map_metadata", "-1", "-fflags", "+bitexact", "-c:a", "pcm_s16le"]
    return [*words, "-f", "wav", "-y", url(dst)]
