"""Joining: the film is its clips, copied one after the other, under the song in full."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from vibecraft.media import limits
from vibecraft.media.audio import read_length
from vibecraft.media.boxes import read_index
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import Progress, ShouldStop, run
from vibecraft.media.files import private_folder, url, whole
from vibecraft.media.frames import FRAME_RATE, to_seconds, total_frames
from vibecraft.media.house import TIMESCALE

AUDIO_BITRATE = "256k"

Clip = tuple[Path, int]


def join(
    clips: Sequence[Clip],
    audio: Path,
    dst: Path,
    *,
    frames: int,
    earlier: Path | None = None,
    on_progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> None:
    """Join clips in the house format, each with its count of frames, and the song's master.

    Nothing of the picture is encoded again. `frames` is the film's length and must cover the
    sound, of which nothing is cut. `earlier` is a film of the same song that was joined here before:
    its sound is copied, which takes a tenth of the time of encoding it.

    Raises MediaError: clips_differ when a clip is not what the list says, their parameter sets
    differ or the sound is longer, or as `run` does.
    """
    check_clips(clips, frames=frames)
    sample_rate, samples = read_length(audio)
    if frames < total_frames(Fraction(samples, sample_rate)):
        raise MediaError("clips_differ", f"{frames} frames do not cover {samples} samples")
    with private_folder() as folder, whole(dst) as partial:
        names = [
            _linked(path, folder / f"clip_{number:04d}")
            for number, (path, _) in enumerate(clips, start=1)
        ]
        listing = folder / "film.ffconcat"
        listing.write_text(
            concat_list([(name, count) for name, (_, count) in zip(names, clips, strict=True)])
        )
        run(
            join_arguments(listing, audio, partial, earlier=earlier),
            folder=folder,
            limits=limits.FILM,
            on_progress=on_progress,
            expected_seconds=to_seconds(frames),
            should_stop=should_stop,
        )


def _linked(path: Path, link: Path) -> str:
    """A name without anything that would have to be quoted."""
    link.symlink_to(path.resolve())
    return link.name


def check_clips(clips: Sequence[Clip], *, frames: int) -> None:
    """Refuse clips that copying would not join seamlessly. Raises MediaError("clips_differ")."""
    total = sum(count for _, count in clips)
    if not clips or total != frames:
        raise MediaError("clips_differ", f"{len(clips)} clips of {total} frames for {frames}")
    first = read_index(clips[0][0])
    for path, count in clips:
        index = read_index(path)
        if index.frames != count:
            raise MediaError("clips_differ", f"{path.name}: {index.frames} frames, not {count}")
        if index.parameter_sets != first.parameter_sets:
            raise MediaError("clips_differ", f"{path.name}: other parameter sets than the first")


def concat_list(clips: Sequence[tuple[str, int]]) -> str:
    """The list that ffmpeg's concat demuxer reads.

    A clip's start is the sum of the lengths before it, each rounded to microseconds; so each
    length is the difference of rounded absolute times, and nothing adds up.
    """
    lines, at = ["ffconcat version 1.0"], 0
    for name, count in clips:
        length = _microseconds(at + count) - _microseconds(at)
        lines += [f"file {name}", f"duration {length // 10**6}.{length % 10**6:06d}"]
        at += count
    return "\n".join(lines) + "\n"


def _microseconds(frames: int) -> int:
    return round(Fraction(frames) / FRAME_RATE * 10**6)


def join_arguments(
    listing: Path, audio: Path, dst: Path, *, earlier: Path | None = None
) -> list[str]:
    """Arguments that copy the picture of the list, and encode the song or copy its encoding."""
    sound = ["copy"] if earlier else ["aac", "-b:a", AUDIO_BITRATE]
    words = [*limits.OWN_LIST.options(), "-f", "concat", "-safe", "0", "-i", url(listing)]
    words += [*limits.OWN.options(), "-i", url(earlier or audio), "-map", "0:v:0", "-map", "1:a:0"]
    words += ["-map_metadata", "-1", "-map_chapters", "-1", "-c:v", "copy", "-c:a", *sound]
    words += ["-video_track_timescale", str(TIMESCALE), "-fflags", "+bitexact"]
    return [*words, "-movflags", "+faststart", "-f", "mp4", "-y", url(dst)]
