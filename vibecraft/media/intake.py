"""The gate for songs: what a file *is* counts, not its name, and each refusal has its own code."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from vibecraft.media import limits
from vibecraft.media.boxes import sample_entries
from vibecraft.media.errors import MediaError, spoken_length
from vibecraft.media.ffmpeg import ShouldStop, run
from vibecraft.media.files import neutral, url
from vibecraft.media.levels import Meter
from vibecraft.media.probe import Probe, Stream, probe
from vibecraft.media.sniff import refuse_at_sight, wave_claim

MIB = 1024 * 1024
MAX_TAG_LETTERS = 150
SILENCE_DBFS = -60.0
WHOLE_SHARE = 0.95
# An encoder pads a song of exactly the allowed length by up to two of its packets.
PADDING_SECONDS = 0.1

_CONTAINERS = {"mp3": "MP3", "wav": "WAV", "mov,mp4,m4a,3gp,3g2,mj2": "M4A"}
_CODECS = {
    "MP3": frozenset({"mp3"}),
    "WAV": frozenset({"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"}),
    "M4A": frozenset({"aac", "alac"}),
}
_NAMES = {
    "flac": "FLAC",
    "ogg": "Ogg",
    "aac": "raw AAC",
    "aiff": "AIFF",
    "w64": "Wave64",
    "matroska,webm": "Matroska",
}
_PROTECTED = frozenset({b"drms", b"drmi", b"enca", b"encv", b"p608"})
_STILL_CODECS = frozenset({"mjpeg", "png", "bmp", "gif", "webp"})


@dataclass(frozen=True)
class Tags:
    """What the file says of the song: cleaned text, empty where it says nothing."""

    title: str
    artist: str
    genre: str


@dataclass(frozen=True)
class AudioFacts:
    """A song that was accepted. `duration` is decoded seconds, `peak_dbfs` its loudest sample."""

    container: str
    codec: str
    sample_rate: int
    channels: int
    duration: float
    peak_dbfs: float
    tags: Tags


def check_audio(
    path: Path,
    *,
    max_bytes: int,
    max_seconds: float,
    min_seconds: float,
    should_stop: ShouldStop | None = None,
) -> AudioFacts:
    """Accept a song of a user or refuse it, decoding it once to see that it is what it claims.

    Raises MediaError, whose `sentence` is for the user: empty_file, too_big, picture, text,
    playlist, archive, video_file, format_not_allowed, codec_not_allowed, protected, no_sound,
    not_media, truncated, too_long, too_short, silent, or as `run` does.
    """
    _check_size(path.stat().st_size, max_bytes)
    refusal = refuse_at_sight(path)
    if refusal is not None:
        raise MediaError(refusal.code, "seen in the first bytes", named=_in_brackets(refusal.named))
    # ffprobe calls an encrypted track by the name of what is inside.
    if not _PROTECTED.isdisjoint(sample_entries(path)):
        raise MediaError("protected", "an encrypted track")
    about = _probe(path)
    stream = _check_kind(about)
    claimed = stream.duration or about.duration or 0.0
    _check_length(claimed, max_seconds=max_seconds)
    _check_wave(path)
    meter = _decode(path, stream, max_seconds, should_stop)
    decoded = meter.frames / stream.sample_rate
    _check_decoded(decoded, claimed, max_seconds=max_seconds, min_seconds=min_seconds)
    if meter.peak_dbfs < SILENCE_DBFS:
        raise MediaError("silent", f"peak {meter.peak_dbfs:.1f} dBFS")
    return AudioFacts(
        container=_CONTAINERS[about.format_name],
        codec=stream.codec,
        sample_rate=stream.sample_rate,
        channels=stream.channels,
        duration=decoded,
        peak_dbfs=meter.peak_dbfs,
        tags=_tags(about),
    )


def _check_size(size: int, max_bytes: int) -> None:
    if size == 0:
        raise MediaError("empty_file")
    if size > max_bytes:
        raise MediaError("too_big", f"{size} bytes", max_mb=f"{max_bytes / MIB:g}")


def _probe(path: Path) -> Probe:
    try:
        return probe(path, guard=limits.AUDIO_PROBE)
    except MediaError as error:
        raise MediaError(_better_code(path, error), error.detail, named="") from error


def _better_code(path: Path, error: MediaError) -> str:
    """A probe says only that it could not read; the words it left tell why."""
    if error.code != "not_media":
        return error.code
    if "not on whitelist" in error.detail:
        return "codec_not_allowed" if "Codec" in error.detail else "not_media"
    with path.open("rb") as file:
        head = file.read(12)
    # A recorder that was stopped too early leaves an M4A without its index.
    cut = head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] == b"WAVE")
    return "truncated" if cut else "not_media"


def _check_kind(about: Probe) -> Stream:
    """The song's stream, if container and codec are among those allowed."""
    if any(_is_film(stream) for stream in about.streams):
        raise MediaError("video_file", "a stream of moving pictures")
    container = _CONTAINERS.get(about.format_name)
    if container is None:
        name = _NAMES.get(about.format_name, "")
        raise MediaError("format_not_allowed", about.format_name, named=_in_brackets(name))
    stream = about.audio
    if stream is None:
        raise MediaError("no_sound", "no sound stream")
    if stream.codec not in _CODECS[container] or not (stream.sample_rate and stream.channels):
        raise MediaError("codec_not_allowed", stream.codec, named=_in_brackets(stream.codec))
    return stream


def _is_film(stream: Stream) -> bool:
    """A moving picture: not a cover, and not the pictures of a podcast's chapters."""
    moving = stream.kind == "video" and not stream.is_attached_picture
    return moving and stream.codec not in _STILL_CODECS


def _in_brackets(name: str) -> str:
    return f" ({name})" if name else ""


def _check_length(seconds: float, *, max_seconds: float) -> None:
    if seconds > max_seconds + PADDING_SECONDS:
        raise MediaError("too_long", f"{seconds:.3f} s", max_length=spoken_length(max_seconds))


def _check_wave(path: Path) -> None:
    """ffprobe believes the size of a WAV file more than its header; a cut one shows only here."""
    claim = wave_claim(path)
    if claim is not None and claim.present < WHOLE_SHARE * claim.claimed:
        raise MediaError("truncated", f"{claim.present} bytes of {claim.claimed} claimed")


def _decode(
    path: Path, stream: Stream, max_seconds: float, should_stop: ShouldStop | None
) -> Meter:
    """Hear the whole song once. A claimed length may lie, so decoding has its own end."""
    meter = Meter(channels=stream.channels)
    with neutral(path) as link:
        run(
            decode_arguments(link, stream, max_seconds=max_seconds + 1.0),
            folder=link.parent,
            limits=limits.AUDIO,
            should_stop=should_stop,
            on_stdout=meter.hear,
            check=False,
        )
    return meter


def decode_arguments(src: Path, stream: Stream, *, max_seconds: float) -> list[str]:
    """Arguments that decode a song to raw floats as it is, to measure length and level."""
    words = [*limits.AUDIO_UPLOAD.options(), "-i", url(src)]
    words += ["-map", "0:a:0", "-vn", "-sn", "-dn", "-t", f"{max_seconds:.3f}"]
    words += ["-ac", str(stream.channels), "-ar", str(stream.sample_rate)]
    words += ["-f", "f32le", "pipe:1"]
    return words


def _check_decoded(
    decoded: float, claimed: float, *, max_seconds: float, min_seconds: float
) -> None:
    if decoded == 0:
        raise MediaError("not_media", "nothing could be decoded")
    _check_length(decoded, max_seconds=max_seconds)
    if decoded < WHOLE_SHARE * claimed:
        raise MediaError("truncated", f"{decoded:.2f} s decoded of {claimed:.2f} s claimed")
    if decoded < min_seconds:
        least = spoken_length(min_seconds)
        raise MediaError("too_short", f"{decoded:.3f} s", min_length=least)


def _tags(about: Probe) -> Tags:
    return Tags(*(clean_tag(about.tags.get(name, "")) for name in ("title", "artist", "genre")))


def clean_tag(text: str) -> str:
    """A tag as plain text: no control characters, single spaces, at most 150 letters."""
    plain = "".join(
        " " if unicodedata.category(letter)[0] in "CZ" else letter
        for letter in unicodedata.normalize("NFC", text)
    )
    return " ".join(plain.split())[:MAX_TAG_LETTERS].rstrip()
