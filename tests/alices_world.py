"""One of everything, all of it Alice's: what others must not see, and the addresses that lead there.

Rows and small files; that they are no real media does not matter to who may see them.
"""

from __future__ import annotations

import re
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Model

from accounts.models import User
from accounts.tokens import make_token
from songs.models import Analysis, Import, Section, Song
from vibecraft import storage
from vibecraft.jobs.models import Job
from videos.models import Asset, Clip, Export, Still, Take, Video

ABSENT = uuid.UUID("00000000-0000-4000-8000-00000000abcd")
SECTION_FRAMES = 96


@dataclass(frozen=True)
class World:
    """Everything that is Alice's."""

    alice: User
    song: Song
    section: Section
    video: Video
    clip: Clip
    take: Take
    job: Job
    asset: Asset
    still: Still
    export: Export
    song_import: Import

    @property
    def rows(self) -> tuple[Model, ...]:
        """What an operator can look at."""
        things = (self.song, self.section, self.video, self.clip, self.take, self.job)
        return (self.alice, *things, self.asset, self.still, self.export)

    def address(self, pattern: str, *, absent: bool = False) -> str:
        """The route with Alice's ids, or with ids that nobody has."""
        ids = self._ids(pattern, absent=absent)

        def fill(found: re.Match[str]) -> str:
            kind, name = found.groups()
            if kind == "int":
                return "1"
            return str(ABSENT if absent and name == "pk" else ids[name])

        return re.sub(r"<(\w+):(\w+)>", fill, pattern)

    def _ids(self, pattern: str, *, absent: bool) -> dict[str, Any]:
        return {
            "pk": self._row_of(pattern).pk,
            "sid": self.section.pk,
            "section_pk": self.section.pk,
            "cid": self.clip.pk,
            "tid": self.take.pk,
            "take_pk": self.take.pk,
            "still_id": self.still.pk,
            "still_pk": self.still.pk,
            "job_id": self.job.pk,
            "attempt": ABSENT,
            "jti": ABSENT.hex if absent else make_token(self.alice)["jti"],
            "eid": self.export.pk,
            "ending": "srt",
            "slug": "first-film",
            "token": "A" * 32,
        }

    def _row_of(self, pattern: str) -> Model:
        """Whose id `pk` is in this route."""
        nouns = {
            "/imports/": self.song_import,
            "/assets/": self.asset,
            "/jobs/": self.job,
            "/songs/": self.song,
        }
        return next((row for noun, row in nouns.items() if noun in pattern), self.video)


def build_world(alice: User) -> World:
    """Fill the database and the storage with one of everything."""
    song_id, video_id = uuid.uuid4(), uuid.uuid4()
    song = _song(alice, song_id)
    _analysis(song)
    sections = _sections(song)
    job = Job.objects.create(
        owner=alice, kind="generation", status="succeeded", song_id=song_id, video_id=video_id
    )
    video = _video(song, video_id, job)
    clips = _clips(video, sections)
    take, still = _take(clips[0], job), _still(clips[0], job)
    Clip.objects.filter(pk=clips[0].pk).update(chosen_still=still)
    export = Export.objects.create(
        video=video, format="mov", height=480, status="ready", key=_video_file(video, "film.mov")
    )
    asset = _asset(alice)
    song_import = Import.objects.create(
        owner=alice, job=job, shown_address="https://example.org/alice-only.mp3"
    )
    return World(
        alice, song, sections[0], video, clips[0], take, job, asset, still, export, song_import
    )


def _stored(key: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(b"{}")
        storage.put(key, path)
    return key


def _video_file(video: Video, name: str) -> str:
    return _stored(storage.video_key(video.owner_id, video.pk, name))


def _song(alice: User, song_id: uuid.UUID) -> Song:
    source, master = (
        _stored(storage.song_key(alice.pk, song_id, name)) for name in ("source.wav", "master.flac")
    )
    return Song.objects.create(
        id=song_id,
        owner=alice,
        title="Alice only",
        duration_sec=12.0,
        frames=3 * SECTION_FRAMES,
        status="ready",
        source_key=source,
        master_key=master,
        lyrics=[{"start": 1.0, "end": 2.0, "text": "secret words", "words": []}],
    )


def _analysis(song: Song) -> None:
    features, peaks = (
        _stored(storage.song_key(song.owner_id, song.pk, name))
        for name in ("features.npz", "peaks.json")
    )
    Analysis.objects.create(
        song=song,
        bpm=120,
        tempo_confidence=1,
        beat_times=[number / 2 for number in range(24)],
        downbeat_times=[number * 2.0 for number in range(6)],
        genre="electronic",
        mood_primary="calm",
        mood_vector={"energy": 0.5, "valence": 0.5, "danceability": 0.5, "tension": 0.5},
        energy_curve=[],
        features_key=features,
        peaks_key=peaks,
    )


def _sections(song: Song) -> list[Section]:
    return [
        Section.objects.create(
            song=song,
            section_index=index,
            label="Part",
            start_frame=SECTION_FRAMES * index,
            end_frame=SECTION_FRAMES * (index + 1),
        )
        for index in range(3)
    ]


def _video(song: Song, video_id: uuid.UUID, job: Job) -> Video:
    film, poster = (
        _stored(storage.video_key(song.owner_id, video_id, name))
        for name in ("film.mp4", "poster.jpg")
    )
    return Video.objects.create(
        id=video_id,
        owner=song.owner,
        song=song,
        title="Alice only",
        video_type="abstract",
        model="visualizer",
        status="ready",
        film_key=film,
        poster_key=poster,
        job_id=job.pk,
    )


def _clips(video: Video, sections: list[Section]) -> list[Clip]:
    return [
        Clip.objects.create(
            video=video,
            section=section,
            clip_index=index,
            start_frame=section.start_frame,
            end_frame=section.end_frame,
            prompt="p",
            shot={"framing": "wide", "move": "slow pan", "action": "waves"},
        )
        for index, section in enumerate(sections)
    ]


def _take(clip: Clip, job: Job) -> Take:
    return Take.objects.create(
        clip=clip,
        job=job,
        number=1,
        seed=1,
        status="succeeded",
        key=_video_file(clip.video, "take.mp4"),
        thumbnail_key=_video_file(clip.video, "take.jpg"),
    )


def _still(clip: Clip, job: Job) -> Still:
    return Still.objects.create(
        clip=clip,
        job=job,
        number=1,
        seed=1,
        status="succeeded",
        key=_video_file(clip.video, "still.jpg"),
        thumbnail_key=_video_file(clip.video, "small.jpg"),
    )


def _asset(alice: User) -> Asset:
    asset_id = uuid.uuid4()
    picture, thumbnail = (
        _stored(storage.asset_key(alice.pk, asset_id, name))
        for name in ("picture.png", "thumbnail.jpg")
    )
    return Asset.objects.create(
        id=asset_id, owner=alice, title="Alice only", key=picture, thumbnail_key=thumbnail
    )
