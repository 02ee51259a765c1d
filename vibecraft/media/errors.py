"""What can go wrong with a media file: stable codes, whose fault it is, the user's sentences."""

from __future__ import annotations

from vibecraft.texts import counted

# One sentence for each code: what is wrong, then what to do. Names in braces are filled from the
# values of the error.
SENTENCES: dict[str, str] = {
    "empty_file": "This file is empty. Choose the song's file again.",
    "not_media": (
        "This file is not audio that can be played, whatever its name says. "
        "Bring the song as MP3, WAV or M4A."
    ),
    "playlist": (
        "This file is a playlist: it only points to other files. Bring the song's own MP3, WAV or "
        "M4A file."
    ),
    "picture": "This file is a picture. Bring the song as MP3, WAV or M4A.",
    "archive": (
        "This file is an archive with other files inside. Unpack it first, then bring the song as "
        "MP3, WAV or M4A."
    ),
    "text": "This file is a text document. Bring the song as MP3, WAV or M4A.",
    "video_file": (
        "This file is a video. Export its sound as MP3, WAV or M4A and bring that file."
    ),
    "format_not_allowed": (
        "This kind of audio file{named} cannot be used here. Convert the song to MP3, WAV or M4A."
    ),
    "codec_not_allowed": (
        "The sound inside this file is stored in a way{named} that cannot be used here. Convert "
        "the song to MP3, to WAV (PCM) or to M4A (AAC or Apple Lossless)."
    ),
    "no_sound": "There is no sound in this file. Bring the song as MP3, WAV or M4A.",
    "protected": (
        "This file is copy-protected (DRM) and cannot be opened. Bring a version of the song "
        "without protection."
    ),
    "truncated": (
        "This file is damaged or was cut off: the end of the song is missing. "
        "Copy or export the song again and bring the new file."
    ),
    "too_big": "This file is larger than {max_mb} MB. Bring the song as MP3 or M4A, or trim it.",
    "too_long": "This song is longer than {max_length}. Bring a shorter one, or trim it first.",
    "too_short": "This song is shorter than {min_length}. Bring a longer one.",
    "silent": "Nothing can be heard in this file: it is silent. Check the export of the song.",
    "no_picture": "There is no moving picture in this file.",
    "too_many_pixels": "The picture is too large to be opened: at most 8192 pixels on a side.",
    "too_slow": "Reading this file took too long, so it was stopped. Try again in a while.",
    "too_hungry": "Reading this file needs more memory than is allowed. Export it again, simpler.",
    "output_too_big": "The result became larger than is allowed. Try with a shorter song.",
    "crashed": (
        "This file makes the decoder fail, so it was stopped. Export it again with another program."
    ),
    "canceled": "This was canceled.",
    "killed": "The work was interrupted from outside. Try again.",
    "disk_full": "There is no space left on the server at the moment. Try again in a few minutes.",
    "no_ffmpeg": "The program that reads media files is missing on the server.",
    "failed": "This file could not be processed. Export it again and try once more.",
    "image_empty": "This file is empty. Choose the picture's file again.",
    "not_image": (
        "This file is not a picture that can be opened, whatever its name says. "
        "Bring a PNG, JPEG or WebP."
    ),
    "image_kind": (
        "This kind of picture cannot be used here. Save it as PNG, JPEG or WebP and bring that file."
    ),
    "image_svg": (
        "This is a drawing made of instructions (SVG), not of pixels. Export it as PNG and bring "
        "that file."
    ),
    "image_animated": (
        "This picture moves: it has several frames. Save one of them as PNG or JPEG and bring that."
    ),
    "image_too_big": "This picture's file is larger than {max_mb} MB. Save it smaller, as JPEG.",
    "image_too_many_pixels": (
        "This picture has too many pixels: at most 40 million, and 8192 on a side. "
        "Bring a smaller version."
    ),
    "image_truncated": (
        "This picture is damaged or was cut off: a part of it is missing. "
        "Copy or export it again and bring the new file."
    ),
    "image_polyglot": (
        "Behind this picture another file is hidden. Open the picture, save it anew and bring "
        "the new file."
    ),
    "page_unknown": (
        "No song could be found on this page. Give the address of the sound file itself, or upload "
        "the file."
    ),
    "clips_differ": "The clips of this film do not fit together. Make the video again.",
    "verify_failed": "The finished film did not pass its check. Join it again.",
}

# What may pass by itself: these are worth another try, all others are not.
TRANSIENT = frozenset({"too_slow", "killed", "disk_full", "no_ffmpeg", "verify_failed"})


class MediaError(Exception):
    """A media file or its processing failed.

    `code` is stable and selects the user's sentence, `detail` is technical and for logs only,
    `values` fill the sentence's limits.
    """

    def __init__(self, code: str, detail: str = "", **values: object) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.values = values

    @property
    def is_permanent(self) -> bool:
        """True when another try with the same input can only end the same way."""
        return self.code not in TRANSIENT

    @property
    def sentence(self) -> str:
        """What the user reads: what is wrong and what to do."""
        return SENTENCES[self.code].format_map(_Values(self.values))


class _Values(dict[str, object]):
    """Values of a sentence; one that was not given leaves no braces behind."""

    def __missing__(self, key: str) -> str:
        return {"max_mb": "50", "max_length": "5 minutes", "min_length": "10 seconds"}.get(key, "")


def spoken_length(seconds: float) -> str:
    """A limit as one says it: "10 seconds", "5 minutes", "1 minute 30 seconds"."""
    minutes, rest = divmod(round(seconds), 60)
    parts = [counted(minutes, "minute")] if minutes else []
    if rest or not minutes:
        parts.append(counted(rest, "second"))
    return " ".join(parts)
