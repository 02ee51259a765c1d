"""What a child may use, which files it may open, and the command that holds it to that.

Everything here is pure: lists of words that `ffmpeg.py` runs.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024
NICENESS = 10


@dataclass(frozen=True)
class Limits:
    """Upper bounds for one child process."""

    memory_bytes: int
    cpu_seconds: int
    file_bytes: int
    wall_seconds: float
    open_files: int = 128


# ffprobe does not even load below 384 MB of address space.
PROBE = Limits(512 * MIB, cpu_seconds=20, file_bytes=64 * MIB, wall_seconds=30)
AUDIO = Limits(768 * MIB, cpu_seconds=120, file_bytes=512 * MIB, wall_seconds=180)
PICTURE = Limits(2048 * MIB, cpu_seconds=900, file_bytes=1024 * MIB, wall_seconds=900)
FILM = Limits(2048 * MIB, cpu_seconds=900, file_bytes=4096 * MIB, wall_seconds=900)
# A song of five minutes as VP9 takes some minutes where nothing else runs, and more where it does.
EXPORT = Limits(3072 * MIB, cpu_seconds=7200, file_bytes=4096 * MIB, wall_seconds=3600)
# A writer waits for the pictures that are drawn, so its clock is the drawing's.
WRITER = Limits(2048 * MIB, cpu_seconds=1800, file_bytes=1024 * MIB, wall_seconds=3600)

# How a child can be held, best first: the words that start the chain, tried once at first use.
NETWORK_OFF: tuple[tuple[str, ...], ...] = (("unshare", "-rn"), ("unshare", "-n"))


def held(limits: Limits) -> list[str]:
    """The words before the program that end it with its parent and bound what it uses."""
    return [
        *("setpriv", "--pdeathsig", "KILL", "--no-new-privs"),
        "prlimit",
        f"--as={limits.memory_bytes}",
        f"--cpu={limits.cpu_seconds}",
        f"--fsize={limits.file_bytes}",
        f"--nofile={limits.open_files}",
        "--core=0",
        *("nice", "-n", str(NICENESS)),
    ]


def environment(folder: str) -> dict[str, str]:
    """All that a child sees of our environment: nothing of ours."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": folder,
        "TMPDIR": folder,
        "AV_LOG_FORCE_NOCOLOR": "1",
        # Arenas are address space, which is what the memory limit counts.
        "MALLOC_ARENA_MAX": "2",
    }


@dataclass(frozen=True)
class Guard:
    """Which protocols, containers and decoders a kind of input file may use."""

    formats: tuple[str, ...]
    codecs: tuple[str, ...]
    protocols: tuple[str, ...] = ("file",)
    max_streams: int = 8
    max_pixels: int | None = None

    def options(self) -> list[str]:
        """Input options, to stand before the `-i` of the file."""
        words = ["-protocol_whitelist", ",".join(self.protocols)]
        words += ["-format_whitelist", ",".join(self.formats)]
        words += ["-codec_whitelist", ",".join(self.codecs)]
        words += ["-max_streams", str(self.max_streams)]
        if self.max_pixels is not None:
            words += ["-max_pixels", str(self.max_pixels)]
        return words


MAX_PIXELS = 35_000_000
_PCM = ("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le")
_SONG = ("mp3", "mp3float", "aac", "alac", *_PCM)
_SOUND = (*_SONG, "flac", "vorbis", "opus", "libopus", "pcm_s16be", "pcm_s24be")
_MOTION = ("h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d")

# To say what a file is, more is named than to decode it: a probe of a film must find its picture
# to tell that it is a film, and a cover must not hide the song behind it.
AUDIO_PROBE = Guard(
    formats=("mp3", "wav", "w64", "mov", "flac", "ogg", "aac", "aiff", "matroska"),
    codecs=(*_SOUND, *_MOTION, "mpeg4", "mjpeg", "png"),
    max_streams=16,
    max_pixels=MAX_PIXELS,
)
AUDIO_UPLOAD = Guard(formats=("mp3", "wav", "mov"), codecs=_SONG, max_streams=16)
VIDEO_TAKE = Guard(formats=("mov", "matroska"), codecs=(*_MOTION, *_SOUND), max_pixels=MAX_PIXELS)
# Single pictures from outside: uploads, and what image models make.
IMAGE = Guard(
    formats=("png_pipe", "jpeg_pipe", "webp_pipe", "image2"),
    codecs=("png", "mjpeg", "webp"),
    max_streams=1,
    max_pixels=MAX_PIXELS,
)
# Files that this program wrote itself.
OWN = Guard(formats=("mov", "flac"), codecs=("h264", "aac", "flac"))
OWN_LIST = Guard(formats=("concat", "mov"), codecs=("h264",))
OWN_EXPORT = Guard(
    formats=("mov", "matroska"), codecs=("h264", "aac", "vp9", "libvpx-vp9", "opus", "libopus")
)
