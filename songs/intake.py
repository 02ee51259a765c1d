"""How a song comes in: the file is checked by what it is, decoded once, and stored."""

from __future__ import annotations

import hashlib
import re
import shutil
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.turns import take_upload_turn
from songs.models import Song
from vibecraft import storage
from vibecraft.jobs.models import Discard, Job
from vibecraft.media import audio, intake
from vibecraft.media.errors import MediaError
from vibecraft.media.frames import total_frames
from vibecraft.problems import Problem, from_media

NAME_LENGTH = 150
ENDINGS = {"MP3": ".mp3", "WAV": ".wav", "M4A": ".m4a"}


@dataclass(frozen=True)
class Incoming:
    """A checked upload, decoded, still in a scratch folder."""

    source: Path
    ending: str
    master: Path
    duration: Fraction
    tags: dict[str, str]


def display_name(name: str) -> str:
    """A file name that is safe to show: no path parts, no control characters, at most 150 long."""
    base = re.split(r"[/\\]", name)[-1]
    clean = "".join(char for char in base if unicodedata.category(char)[0] != "C").strip()
    return clean[-NAME_LENGTH:] or "song"


def title_of(name: str, tags: dict[str, str], title: str = "") -> str:
    """What the user typed, else what the file says of itself, else its name without the ending."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", display_name(name)).replace("_", " ")
    chosen = title.strip() or tags.get("title", "").strip() or stem.strip() or "Untitled song"
    return display_name(chosen.replace("/", "-").replace("\\", "-"))[:NAME_LENGTH]


def id_of(file: UploadedFile[Any], key: uuid.UUID) -> uuid.UUID:
    """The id of an upload: the same key with the same file is the same one."""
    content = hashlib.sha256()
    for chunk in file.chunks():
        content.update(chunk)
    file.seek(0)
    return uuid.uuid5(key, f"{content.hexdigest()} {file.name}")


def receive(
    owner: User, file: UploadedFile[Any], *, title: str = "", upload_id: uuid.UUID | None = None
) -> tuple[Song, bool]:
    """Check, decode and store an uploaded song; (song, True), or the earlier one and False.

    Raises Problem with a sentence, and then nothing is stored or counted. The slow part comes
    before the transaction; the objects are written before the row, and discarded if it fails.
    """
    upload_id = upload_id or uuid.uuid4()
    earlier = Song.objects.for_user(owner).filter(upload_id=upload_id).first()
    if earlier is not None:
        return earlier, False
    owner.check_room()
    take_upload_turn(owner)
    with storage.scratch("intake") as folder:
        _write(file, folder / "in")
        incoming = check(folder / "in", folder)
        name = display_name(file.name or "")
        return _store(
            owner,
            incoming,
            upload_id=upload_id,
            title=title_of(name, incoming.tags, title),
            original_filename=name,
        )


def check(path: Path, folder: Path, *, min_seconds: float | None = None) -> Incoming:
    """Check a file that wants to be a song and decode it into `folder`. Raises Problem."""
    try:
        facts = intake.check_audio(
            path,
            max_bytes=settings.UPLOAD_MAX_BYTES,
            max_seconds=settings.SONG_MAX_SECONDS,
            min_seconds=settings.SONG_MIN_SECONDS if min_seconds is None else min_seconds,
        )
        master = audio.write_master(path, folder / "master.flac")
    except MediaError as error:
        raise from_media(error) from error
    return Incoming(
        source=path,
        ending=ENDINGS[facts.container],
        master=folder / "master.flac",
        duration=master.duration,
        tags=asdict(facts.tags),
    )


def _write(file: UploadedFile[Any], target: Path) -> None:
    with target.open("wb") as copy:
        shutil.copyfileobj(file, copy, 1024 * 1024)


def _store(
    owner: User, incoming: Incoming, *, upload_id: uuid.UUID, **fields: Any
) -> tuple[Song, bool]:
    try:
        return keep(owner, incoming, upload_id=upload_id, **fields), True
    except (IntegrityError, Problem) as error:
        return _earlier(owner, upload_id, error), False


def keep(
    owner: User,
    incoming: Incoming,
    *,
    song_id: uuid.UUID | None = None,
    job_id: uuid.UUID | None = None,
    then: Callable[[Song], None] | None = None,
    **fields: Any,
) -> Song:
    """Store both files of a song and its row; `then(song)` belongs to the same transaction.

    A job that ends there is held first, as everywhere (see `Job.hold`). Whatever goes wrong is
    raised, and nothing is left behind.
    """
    song_id = song_id or uuid.uuid4()
    source_key = storage.song_key(owner.pk, song_id, f"source{incoming.ending}")
    master_key = storage.song_key(owner.pk, song_id, "master.flac")
    sizes = incoming.source.stat().st_size, incoming.master.stat().st_size
    song = Song(
        id=song_id,
        owner=owner,
        file_size_bytes=sizes[0],
        stored_bytes=sum(sizes),
        duration_sec=float(incoming.duration),
        frames=total_frames(incoming.duration),
        source_key=source_key,
        master_key=master_key,
        tags=incoming.tags,
        **fields,
    )
    with or_discard(song):
        _put_both({source_key: incoming.source, master_key: incoming.master})
        with transaction.atomic():
            Job.objects.hold(job_id)
            owner.take_storage(sum(sizes))
            song.save(force_insert=True)
            if then is not None:
                then(song)
    return song


@contextmanager
def or_discard(song: Song) -> Iterator[None]:
    """Have the files of a new song deleted unless the block ends well."""
    with ExitStack() as undo:
        undo.callback(Discard.objects.later, storage.song_prefix(song.owner_id, song.pk))
        yield
        undo.pop_all()


def _put_both(files: dict[str, Path]) -> None:
    for key, path in files.items():
        storage.put(key, path)


def _earlier(owner: User, upload_id: uuid.UUID, error: Exception) -> Song:
    """The same form came twice at once: the other one was stored. Anything else is raised."""
    if isinstance(error, Problem):
        raise error
    return Song.objects.for_user(owner).get(upload_id=upload_id)
