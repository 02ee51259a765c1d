"""What a file is by its first bytes, so that no decoder need see it."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HEAD_BYTES = 4096
_TAR_MAGIC_AT = 257


@dataclass(frozen=True)
class Refusal:
    """Why a file is refused at sight: an error code, and what it is if that helps."""

    code: str
    named: str = ""


_ARCHIVES: tuple[bytes, ...] = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
)
_ARCHIVES += (
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"\x1f\x9d",
    b"MSCF",
    b"\x04\x22\x4d\x18",
)
_PICTURES: tuple[bytes, ...] = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",
    b"MM\x00*",
)
_PICTURES += (b"8BPS", b"\x00\x00\x01\x00", b"\xff\x0a", b"\x00\x00\x00\x0cJXL ", b"gimp xcf")
_VIDEOS = (b"FLV\x01", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b".RMF")
_SOUNDS: tuple[tuple[bytes, str], ...] = (
    (b"fLaC", "FLAC"),
    (b"OggS", "Ogg"),
    (b"#!AMR", "AMR"),
    (b".snd", "AU"),
    (b"caff", "CAF"),
    (b"MThd", "MIDI"),
    (b"MAC ", "Monkey's Audio"),
    (b"wvpk", "WavPack"),
    (b"DSD ", "DSD"),
    (b"\x0b\x77", "AC-3"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"),
)
_PLAYLISTS = (
    b"#extm3u",
    b"#ext-x-",
    b"[playlist]",
    b"ffconcat",
    b"<asx",
    b"<smil",
    b"v=0\r",
    b"v=0\n",
)
_PLAYLIST_WORDS = (b"<mpd", b"<playlist", b"<smil", b"<asx", b"xspf.org", b"#ext-x-", b"<rss")
_PICTURE_BRANDS = (b"heic", b"heix", b"mif1", b"avif", b"avis", b"msf1", b"crx ")


def refuse_at_sight(path: Path) -> Refusal | None:
    """What a file plainly is when it is no MP3, WAV or M4A; None when ffprobe should look at it."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    looks: tuple[Callable[[bytes], Refusal | None], ...] = (_by_magic, _by_chunk, _by_words)
    return next((found for look in looks if (found := look(head))), None)


def _by_magic(head: bytes) -> Refusal | None:
    if head.startswith(_ARCHIVES) or head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar":
        return Refusal("archive")
    if head.startswith(_PICTURES) or (head[:2] == b"BM" and head[6:10] == bytes(4)):
        return Refusal("picture")
    if head.startswith(_VIDEOS) or _is_transport_stream(head):
        return Refusal("video_file")
    named = next((name for magic, name in _SOUNDS if head.startswith(magic)), None)
    return Refusal("format_not_allowed", named) if named else None


def _is_transport_stream(head: bytes) -> bool:
    """MPEG-TS: a sync byte every 188 bytes."""
    return len(head) > 188 * 4 and all(head[at] == 0x47 for at in range(0, 188 * 5, 188))


def _by_chunk(head: bytes) -> Refusal | None:
    """Files of chunks: RIFF and IFF name their kind at byte 8, MP4 its brand."""
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"AVI "):
        return Refusal("picture" if head[8:12] == b"WEBP" else "video_file")
    if head[:4] == b"FORM":
        return Refusal("format_not_allowed", "AIFF")
    if head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS:
        return Refusal("picture")
    if head[4:12] == b"ftypM4P ":
        return Refusal("protected")
    return None


def _by_words(head: bytes) -> Refusal | None:
    if not _is_text(head):
        return None
    words = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if words.startswith(_PLAYLISTS) or any(word in words for word in _PLAYLIST_WORDS):
        return Refusal("playlist")
    if b"<svg" in words:
        return Refusal("picture")
    return Refusal("text")


def _is_text(head: bytes) -> bool:
    """Whether the head reads as text in UTF-8, UTF-16 or an eight-bit alphabet."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _is_printable(head[: len(head) // 2 * 2].decode("utf-16", "replace"))
    if b"\x00" in head or head.startswith(b"ID3"):
        return False
    try:
        # Not the final piece: the head may end inside a letter.
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    return _is_printable(text.lstrip("\ufeff"))


def _is_printable(text: str) -> bool:
    plain = sum(letter.isprintable() or letter in "\r\n\t\f" for letter in text)
    return plain >= 0.97 * len(text)


@dataclass(frozen=True)
class WaveClaim:
    """Bytes of sound that a WAV header claims, and how many of them are in the file."""

    claimed: int
    present: int


def wave_claim(path: Path) -> WaveClaim | None:
    """What a WAV file's header says; None for other files and sizes never filled in."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            return None
        while len(chunk := file.read(8)) == 8:
            length = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                is_open = length in (0, 0xFFFFFFFF)
                return None if is_open else WaveClaim(length, size - file.tell())
            # Chunks stand on even bytes.
            file.seek(length + length % 2, 1)
    return None
