"""Checks a film by decoding it: what a viewer's player will see and hear, in figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
from numpy.typing import NDArray

from vibecraft.media import limits
from vibecraft.media.cuts import find_cuts, print_of
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import ShouldStop, run
from vibecraft.media.files import private_folder, url
from vibecraft.media.frames import FRAME_RATE, to_seconds
from vibecraft.media.house import TIMESCALE, Size
from vibecraft.media.lag import Lags, measure_lags
from vibecraft.media.limits import Guard
from vibecraft.media.parallel import side_by_side
from vibecraft.media.probe import Stream, probe

SOUND_RATE = 22050
SMALL: Size = (64, 36)
MAX_OFFSET_SECONDS = 0.005
# Mean luma (limited range) of a small picture below which nothing is seen.
BLACK_LUMA = 18.0


@dataclass(frozen=True)
class FilmFacts:
    """A film as decoded. Offsets are seconds, positive where the sound comes late.

    `frames` are counted from the packets, `undecoded` are those whose picture did not come out;
    `keyframes` are frame numbers; `black_frames` and `longest_freeze` (frames in a row that are
    the same at 64x36) are hints, not faults. An offset is None where the song is silent. `cuts` are
    the frames at which the first pictures of the clips are seen, None for one that is not.
    """

    width: int
    height: int
    frame_rate: Fraction
    frames: int
    duration: float
    codec: str
    pixel_format: str
    sample_aspect: Fraction
    color_space: str
    color_range: str
    has_even_times: bool
    undecoded: int
    decode_errors: int
    keyframes: tuple[int, ...]
    black_frames: int
    longest_freeze: int
    sound_codec: str
    sound_seconds: float
    song_seconds: float
    offset_start: float | None
    offset_middle: float | None
    offset_end: float | None
    cuts: tuple[int | None, ...]

    @property
    def drift(self) -> float | None:
        """Seconds by which the sound wanders from start to end; None in a silent song."""
        if self.offset_start is None or self.offset_end is None:
            return None
        return self.offset_end - self.offset_start

    @property
    def worst_offset(self) -> float:
        """The largest of the three distances in seconds; 0 in a silent song."""
        offsets = (self.offset_start, self.offset_middle, self.offset_end)
        return max((abs(offset) for offset in offsets if offset is not None), default=0.0)


def inspect_film(
    path: Path,
    *,
    audio: Path,
    begins: Mapping[int, bytes] | None = None,
    every_picture: bool = True,
) -> FilmFacts:
    """Decode every picture and all the sound of a film; compare the sound with the song's master.

    Time stamps and keyframes are read from the packets, picture contents at 64x36. With
    `every_picture=False` only keyframes are decoded, some twenty times faster. `begins` are the
    prints of the clips' first pictures by the frame at which they should be: where each is seen
    among the keyframes is told. Raises MediaError as `run` does; a fault of the film itself is a
    figure, not an error.
    """
    seen = _Watcher()
    with private_folder() as folder:
        (picture, sound), (times, keyframes), watched, heard, song = side_by_side(
            lambda: _streams(path),
            lambda: _packets(path, folder),
            lambda: run(
                watch_arguments(path, every_picture=every_picture),
                folder=folder,
                limits=limits.FILM,
                on_stdout=seen.watch,
                check=False,
            ),
            lambda: sound_of(path, folder),
            lambda: sound_of(audio, folder),
        )
    lags = measure_lags(song, heard, SOUND_RATE)
    errors = len(watched.stderr_tail.splitlines()) + (watched.exit_code != 0)
    decoded = range(len(times)) if every_picture else keyframes
    missing = len(decoded) - seen.frames
    shown = dict(zip(decoded, seen.prints, strict=False))
    cuts = find_cuts(begins or {}, {key: shown[key] for key in keyframes if key in shown})
    return _facts(
        picture, sound, times, keyframes, seen, missing, errors, len(heard), len(song), lags, cuts
    )


def _facts(
    picture: Stream,
    sound: Stream,
    times: NDArray[np.int64],
    keyframes: tuple[int, ...],
    seen: _Watcher,
    undecoded: int,
    errors: int,
    heard_samples: int,
    song_samples: int,
    lags: Lags,
    cuts: tuple[int | None, ...],
) -> FilmFacts:
    step = TIMESCALE // int(FRAME_RATE)
    return FilmFacts(
        width=picture.width,
        height=picture.height,
        frame_rate=picture.frame_rate,
        frames=len(times),
        duration=to_seconds(len(times)),
        codec=picture.codec,
        pixel_format=picture.pixel_format,
        sample_aspect=picture.sample_aspect,
        color_space=picture.color_space,
        color_range=picture.color_range,
        has_even_times=np.array_equal(times, np.arange(len(times)) * step),
        undecoded=undecoded,
        decode_errors=errors,
        keyframes=keyframes,
        black_frames=seen.black_frames,
        longest_freeze=seen.longest_freeze,
        sound_codec=sound.codec,
        sound_seconds=heard_samples / SOUND_RATE,
        song_seconds=song_samples / SOUND_RATE,
        offset_start=lags.start,
        offset_middle=lags.middle,
        offset_end=lags.end,
        cuts=cuts,
    )


def _streams(path: Path) -> tuple[Stream, Stream]:
    about = probe(path)
    if about.video is None or about.audio is None:
        raise MediaError("verify_failed", "a film has a picture and a sound")
    return about.video, about.audio


def _packets(path: Path, folder: Path) -> tuple[NDArray[np.int64], tuple[int, ...]]:
    """Presentation times in ticks of 1/24000 s in order, and the numbers of the keyframes."""
    words = [*limits.OWN.options(), "-select_streams", "v:0", "-show_entries", "packet=pts,flags"]
    answer = run(
        [*words, "-of", "csv=p=0", "-i", url(path)],
        program="ffprobe",
        folder=folder,
        limits=limits.PROBE,
    )
    rows = sorted(
        (int(pts), "K" in flags)
        for pts, flags in (line.split(",")[:2] for line in answer.stdout.decode().splitlines())
        if pts.lstrip("-").isdigit()
    )
    times = np.array([time for time, _ in rows], dtype=np.int64)
    return times, tuple(number for number, (_, is_key) in enumerate(rows) if is_key)


def watch_arguments(path: Path, *, every_picture: bool) -> list[str]:
    """Arguments that decode each picture once, none dropped or doubled, to small gray ones."""
    words = [*limits.OWN.options(), "-threads", "2"]
    # Left out before the decoder: of packets that it skips itself, each waits for a thread.
    words += [] if every_picture else ["-discard:v", "nokey"]
    return [*words, "-i", url(path), *_small_and_gray()]


def _small_and_gray() -> list[str]:
    width, height = SMALL
    words = ["-map", "0:v:0", "-fps_mode", "passthrough"]
    words += ["-vf", f"scale={width}:{height}:flags=area,format=gray"]
    return [*words, "-f", "rawvideo", "pipe:1"]


def first_pictures(clips: Sequence[Path]) -> tuple[bytes, ...]:
    """The print of the first picture of each clip, as decoded; all in one run.

    Raises MediaError: verify_failed when a clip begins with nothing that can be decoded.
    """
    if not clips:
        return ()
    seen = _Watcher()
    with private_folder() as folder:
        listing = folder / "begins.ffconcat"
        for number, path in enumerate(clips):
            (folder / f"clip_{number:04d}").symlink_to(path.resolve())
        files = (f"file clip_{number:04d}\noutpoint 0.04" for number in range(len(clips)))
        listing.write_text("\n".join(["ffconcat version 1.0", *files]) + "\n")
        words = [*limits.OWN_LIST.options(), "-skip_frame", "nokey", "-f", "concat", "-safe", "0"]
        run(
            [*words, "-i", url(listing), *_small_and_gray()],
            folder=folder,
            limits=limits.FILM,
            on_stdout=seen.watch,
        )
    if seen.frames != len(clips):
        raise MediaError("verify_failed", f"{seen.frames} of {len(clips)} clips begin")
    return tuple(seen.prints)


class _Watcher:
    """Counts small gray pictures as they come, and how many are black or repeat the one before.

    Of each it keeps its print.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._last = b""
        self._still = 0
        self.frames = 0
        self.prints: list[bytes] = []
        self.black_frames = 0
        self.longest_freeze = 0

    def watch(self, data: bytes) -> None:
        size = SMALL[0] * SMALL[1]
        data = self._rest + data
        whole = len(data) // size * size
        self._rest = data[whole:]
        for at in range(0, whole, size):
            self._see(data[at : at + size])

    def _see(self, picture: bytes) -> None:
        self.frames += 1
        self.prints.append(print_of(picture))
        self.black_frames += bool(np.frombuffer(picture, np.uint8).mean() < BLACK_LUMA)
        self._still = self._still + 1 if picture == self._last else 0
        self.longest_freeze = max(self.longest_freeze, self._still)
        self._last = picture


def listen_arguments(path: Path, samples: Path, *, guard: Guard = limits.OWN) -> list[str]:
    """Arguments that decode the sound as a player times it: silence before a late first stamp."""
    words = [*guard.options(), "-copyts", "-i", url(path), "-map", "0:a:0", "-ac", "1"]
    words += ["-af", f"aresample={SOUND_RATE}:async=1:first_pts=0"]
    return [*words, "-f", "f32le", "-y", url(samples)]


def sound_of(
    path: Path, folder: Path, should_stop: ShouldStop | None = None, *, guard: Guard = limits.OWN
) -> NDArray[np.float32]:
    """Mono samples where sample 0 is the time 0 of the file, whatever its stream's first stamp."""
    # Through a file: both sides of a pipe would wait for each other, a fifth of the time.
    with NamedTemporaryFile(dir=folder, suffix=".f32") as samples:
        run(
            listen_arguments(path, Path(samples.name), guard=guard),
            folder=folder,
            limits=limits.AUDIO,
            should_stop=should_stop,
        )
        return np.fromfile(samples.name, dtype="<f4")


def check_film(facts: FilmFacts, *, size: Size, frames: int, cuts: Sequence[int] = ()) -> None:
    """Raise MediaError("verify_failed") naming every way in which a film is not as it must be.

    `cuts` are the frame numbers at which clips must begin: with a keyframe, and where their first
    pictures were looked for, with those.
    """
    faults = tuple(_faults(facts, size, frames, cuts))
    if faults:
        raise MediaError("verify_failed", "; ".join(faults))


def _faults(facts: FilmFacts, size: Size, frames: int, cuts: Sequence[int]) -> list[str]:
    expected = {
        "size": ((facts.width, facts.height), size),
        "frames": (facts.frames, frames),
        "frame rate": (facts.frame_rate, FRAME_RATE),
        "codecs": ((facts.codec, facts.sound_codec), ("h264", "aac")),
        "pixels": ((facts.pixel_format, facts.sample_aspect), ("yuv420p", 1)),
        "colour": ((facts.color_space, facts.color_range), ("bt709", "tv")),
        "undecoded pictures": (facts.undecoded, 0),
        "even times": (facts.has_even_times, True),
        "decode errors": (facts.decode_errors, 0),
        "cuts without a keyframe": (sorted(set(cuts) - set(facts.keyframes)), []),
        "cuts": (facts.cuts, tuple(cuts) if facts.cuts else ()),
    }
    faults = [
        f"{name}: {found}, not {wanted}"
        for name, (found, wanted) in expected.items()
        if found != wanted
    ]
    return [*faults, *_sound_faults(facts)]


def _sound_faults(facts: FilmFacts) -> list[str]:
    faults = []
    if facts.sound_seconds < facts.song_seconds - MAX_OFFSET_SECONDS:
        faults.append(f"sound: {facts.sound_seconds:.3f} s of {facts.song_seconds:.3f} s")
    if facts.worst_offset > MAX_OFFSET_SECONDS:
        faults.append(f"sound offset: {facts.worst_offset * 1000:.1f} ms")
    if facts.drift is not None and abs(facts.drift) > MAX_OFFSET_SECONDS:
        faults.append(f"sound drift: {facts.drift * 1000:.1f} ms")
    return faults
