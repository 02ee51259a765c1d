"""The last check of an export: container, streams, every frame's time, and the sound's place."""

from __future__ import annotations

from pathlib import Path

from vibecraft.media import limits
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import ShouldStop, run
from vibecraft.media.files import private_folder, url
from vibecraft.media.frames import FRAME_RATE
from vibecraft.media.lag import Lags, measure_lags
from vibecraft.media.limits import OWN_EXPORT
from vibecraft.media.probe import Probe, probe
from vibecraft.media.transcode import Shape
from vibecraft.media.verify import MAX_OFFSET_SECONDS, SOUND_RATE, sound_of

# WebM counts time in milliseconds, so that a frame's time is off by half of one at most.
TIME_TOLERANCE_SECONDS = 0.001
# A quarter of a frame: what versions of ffmpeg differ by in how they time Opus.
MAX_DELIVERED_OFFSET_SECONDS = 0.010
CONTAINERS = {"mp4": "mov,mp4", "mov": "mov,mp4", "webm": "matroska,webm"}
# The one tag that tells a QuickTime file from an MP4.
BRANDS = {"mp4": "isom", "mov": "qt", "webm": ""}


def check_export(
    path: Path,
    *,
    shape: Shape,
    frames: int,
    master: Path,
    should_stop: ShouldStop | None = None,
) -> None:
    """Raise MediaError("verify_failed") naming every way in which a file is not as it must be.

    All packets are read, the picture is decoded at its keyframes, the sound is decoded whole and
    compared with the song's master. Raises MediaError as `run` does, too.
    """
    _refuse(_faults_of_streams(probe(path, guard=OWN_EXPORT), shape))
    with private_folder() as folder:
        faults = _faults_of_times(_frame_times(path, folder), frames)
        faults += _faults_of_picture(path, folder, should_stop)
        faults += _faults_of_sound(path, folder, master, should_stop)
    _refuse(faults)


def _refuse(faults: list[str]) -> None:
    if faults:
        raise MediaError("verify_failed", "; ".join(faults))


def _faults_of_streams(about: Probe, shape: Shape) -> list[str]:
    picture, sound = about.video, about.audio
    if len(about.streams) != 2 or picture is None or sound is None:
        return [f"streams: {[stream.kind for stream in about.streams]}"]
    expected = {
        "container": (about.format_name.startswith(CONTAINERS[shape.container]), True),
        "brand": (about.tags.get("major_brand", "").strip(), BRANDS[shape.container]),
        "codecs": ((picture.codec, sound.codec), shape.codecs),
        "size": ((picture.width, picture.height), shape.size),
        "pixels": ((picture.pixel_format, picture.sample_aspect), ("yuv420p", 1)),
        "frame rate": (picture.frame_rate, FRAME_RATE),
        "colour": ((picture.color_space, picture.color_range), ("bt709", "tv")),
        "channels": (sound.channels, 2),
    }
    return [
        f"{name}: {found}, not {wanted}"
        for name, (found, wanted) in expected.items()
        if found != wanted
    ]


def _frame_times(path: Path, folder: Path) -> list[float]:
    """When each frame is shown, in order, in seconds."""
    words = [*OWN_EXPORT.options(), "-select_streams", "v:0", "-show_entries", "packet=pts_time"]
    answer = run(
        [*words, "-of", "csv=p=0", "-i", url(path)],
        program="ffprobe",
        folder=folder,
        limits=limits.PROBE,
    )
    lines = (line.strip(",") for line in answer.stdout.decode().split())
    return sorted(float(line) for line in lines if line and line != "N/A")


def _faults_of_times(times: list[float], frames: int) -> list[str]:
    if len(times) != frames:
        return [f"frames: {len(times)}, not {frames}"]
    wrong = [
        number
        for number, time in enumerate(times)
        if abs(time - number / FRAME_RATE) > TIME_TOLERANCE_SECONDS
    ]
    return [f"{len(wrong)} frames are late or early, first {wrong[0]}"] if wrong else []


def _faults_of_picture(path: Path, folder: Path, should_stop: ShouldStop | None) -> list[str]:
    words = [*OWN_EXPORT.options(), "-skip_frame", "nokey", "-i", url(path), "-map", "0:v:0"]
    seen = run(
        [*words, "-f", "null", "-"],
        folder=folder,
        limits=limits.FILM,
        should_stop=should_stop,
        check=False,
    )
    is_well = seen.exit_code == 0 and not seen.stderr_tail
    return [] if is_well else [f"decoding: {seen.exit_code} {seen.stderr_tail[-200:]}"]


def _faults_of_sound(
    path: Path, folder: Path, master: Path, should_stop: ShouldStop | None
) -> list[str]:
    heard = sound_of(path, folder, should_stop, guard=OWN_EXPORT)
    song = sound_of(master, folder, should_stop)
    faults = []
    if len(heard) < len(song) - MAX_OFFSET_SECONDS * SOUND_RATE:
        faults.append(f"sound: {len(heard) / SOUND_RATE:.3f} s of {len(song) / SOUND_RATE:.3f} s")
    worst = _worst(measure_lags(song, heard, SOUND_RATE))
    if worst > MAX_DELIVERED_OFFSET_SECONDS:
        faults.append(f"sound offset: {worst * 1000:.1f} ms")
    return faults


def _worst(lags: Lags) -> float:
    """The largest distance in seconds; 0 in a silent song."""
    found = (lags.start, lags.middle, lags.end)
    return max((abs(lag) for lag in found if lag is not None), default=0.0)
