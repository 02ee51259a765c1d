"""Commands that begin work for many: chosen exactly, priced, followed, and what went wrong counted."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from songs.models import Song
from songs.pipeline import delete_song
from vibecraft.jobs.models import Job
from vibecraft.management import batch
from vibecraft.management.selecting import Journal
from vibecraft.money import usd_text
from vibecraft.predictions.catalog import get_model
from vibecraft.predictions.models import Price
from vibecraft.problems import Problem
from videos import drafts, remaking
from videos.models import Export, SectionTurn, Take, Video
from videos.pipeline import start_generation
from videos.tests import cast

pytestmark = pytest.mark.django_db
Songs = Callable[..., Song]


def called(name: str, *words: str) -> tuple[int, str, str]:
    """(exit code, what was answered, what was told on the way)."""
    out, told = StringIO(), StringIO()
    try:
        call_command(name, *words, stdout=out, stderr=told)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error), told.getvalue()
    return 0, out.getvalue(), told.getvalue()


def end_when_looked_at(monkeypatch: pytest.MonkeyPatch, *, fails: bool = False) -> None:
    """A worker elsewhere: while the command pauses, all its jobs come to an end."""

    def pause(_: Any) -> None:
        for job in Job.objects.active():
            if fails:
                job.fail(Problem("disk_full", "There is no space left."))
            else:
                Job.objects.filter(pk=job.pk).update(status="succeeded")
                Song.objects.filter(pk=job.song_id).update(status="ready")

    monkeypatch.setattr(batch.Run, "pause", pause)


def three_songs(owners: list[User], ready_song: Songs, **fields: Any) -> list[Song]:
    songs = [ready_song(owner, title=f"Song {n}") for n, owner in enumerate(owners)]
    Song.objects.filter(pk__in=[song.pk for song in songs]).update(**fields)
    return songs


def test_songs_are_chosen_by_user_state_date_and_number(
    alice: User, bob: User, ready_song: Songs
) -> None:
    first, second, third = three_songs([alice, alice, bob], ready_song, status="failed")
    Song.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(days=3))
    today = f"{timezone.now() - timedelta(days=1):%Y-%m-%d}"

    def would(*words: str) -> list[str]:
        code, said, _ = called("analyze_songs", "--dry-run", *words)
        assert code == 0
        return [line.split()[0] for line in said.splitlines() if "@example.org" in line]

    ids = [str(song.pk) for song in (first, second, third)]
    assert would() == ids
    assert would("--user", "ALICE@example.org") == ids[:2]
    assert would("--since", today) == ids[1:]
    assert would("--until", today) == ids[:1]
    assert would("--limit", "2") == ids[:2]
    assert would("--id", ids[2], "--id", ids[0]) == [ids[0], ids[2]]
    assert would("--state", "ready") == []
    assert not Job.objects.exists()


def test_a_trial_says_what_it_would_do_and_does_nothing(alice: User, ready_song: Songs) -> None:
    three_songs([alice, alice], ready_song, status="failed")
    code, said, _ = called("analyze_songs", "--dry-run")
    assert (code, said.splitlines()[-1]) == (0, "Would be analyzed: 2. Nothing was done.")
    assert not Job.objects.exists()


def test_work_is_begun_and_left_to_the_workers(alice: User, ready_song: Songs) -> None:
    three_songs([alice, alice], ready_song, status="failed")
    code, said, told = called("analyze_songs")
    assert (code, said) == (0, "2 of 2 begun to be analyzed.\n")
    assert told.splitlines() == [
        "1 of 2: Song 0 (alice@example.org): begun",
        "2 of 2: Song 1 (alice@example.org): begun",
    ]
    assert Job.objects.active().filter(kind="analysis").count() == 2
    assert called("analyze_songs")[:2] == (0, "Nothing to do.\n")


def test_work_is_followed_to_its_end(
    alice: User, ready_song: Songs, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_songs([alice] * 3, ready_song, status="failed")
    end_when_looked_at(monkeypatch)
    code, said, _ = called("analyze_songs", "--wait", "--parallel", "2")
    assert (code, said) == (0, "3 of 3 analyzed.\n")


def test_what_fails_is_counted_and_the_exit_code_says_so(
    alice: User, ready_song: Songs, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_songs([alice] * 2, ready_song, status="failed")
    end_when_looked_at(monkeypatch, fails=True)
    code, said, told = called("analyze_songs", "--wait")
    assert (code, said) == (1, "0 of 2 analyzed; 2 could not.")
    assert told.splitlines()[0].endswith("There is no space left.")


def test_what_runs_already_is_followed_and_not_begun_twice(
    alice: User, ready_song: Songs, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_songs([alice], ready_song)
    call_command("analyze_songs", "--state", "ready", stdout=StringIO(), stderr=StringIO())
    end_when_looked_at(monkeypatch)
    code, said, _ = called("analyze_songs", "--state", "analyzing", "--wait")
    assert (code, said, Job.objects.count()) == (0, "1 of 1 analyzed.\n", 1)


ALL = ("--state", "ready", "--state", "analyzing", "--state", "failed", "--journal")


def test_what_is_begun_is_noted_as_begun_and_followed_by_the_next_call(
    alice: User, ready_song: Songs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    songs = three_songs([alice] * 3, ready_song)
    journal = tmp_path / "journal"
    journal.write_text(f"{songs[0].pk}\n")
    words = (*ALL, str(journal))
    assert called("analyze_songs", *words)[:2] == (0, "2 of 2 begun to be analyzed.\n")
    jobs = dict(Job.objects.values_list("song_id", "pk"))
    begun = [f"{song.pk} {jobs[song.pk]}" for song in songs[1:]]
    assert journal.read_text().splitlines()[1:] == begun
    assert called("analyze_songs", *words)[:2] == (0, "Nothing to do.\n")
    end_when_looked_at(monkeypatch)
    assert called("analyze_songs", *words, "--wait")[:2] == (0, "2 of 2 analyzed.\n")
    done = journal.read_text().splitlines()[3:]
    assert sorted(done) == sorted(str(song.pk) for song in songs[1:])
    assert called("analyze_songs", *words, "--wait")[:2] == (0, "Nothing to do.\n")
    assert Job.objects.count() == 2


def test_what_was_begun_and_ended_while_nobody_looked_is_not_done_again(
    alice: User, ready_song: Songs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = three_songs([alice] * 2, ready_song)
    words = (*ALL, str(tmp_path / "journal"))
    called("analyze_songs", *words)
    Job.objects.filter(song_id=good.pk).update(status="succeeded")
    Job.objects.get(song_id=bad.pk).fail(Problem("disk_full", "There is no space left."))
    trial = called("analyze_songs", *words, "--dry-run")[1]
    assert [line.split()[0] for line in trial.splitlines()[:-1]] == [str(bad.pk)]
    end_when_looked_at(monkeypatch)
    assert called("analyze_songs", *words, "--wait")[:2] == (0, "2 of 2 analyzed.\n")
    counts = [Job.objects.filter(song_id=song.pk).count() for song in (good, bad)]
    assert counts == [1, 2]


def test_songs_are_followed_whatever_their_state_is_by_now(
    alice: User, bob: User, ready_song: Songs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who began failed songs finds none that failed: they are being analyzed."""
    words = ("analyze_songs", "--user", "alice@example.org", "--journal", str(tmp_path / "journal"))
    three_songs([alice, alice, bob], ready_song, status="failed")
    assert called(*words)[:2] == (0, "2 of 2 begun to be analyzed.\n")
    assert called(*words)[:2] == (0, "Nothing to do.\n")
    assert called(*words, "--dry-run", "--wait")[:2] == (0, "Nothing to do.\n")
    end_when_looked_at(monkeypatch)
    assert called(*words, "--wait")[:2] == (0, "2 of 2 analyzed.\n")
    assert called(*words, "--wait")[:2] == (0, "Nothing to do.\n")
    assert Job.objects.count() == 2


def test_films_are_followed_whatever_their_state_is_by_now(
    song: Song, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("render_videos", "--journal", str(tmp_path / "journal"))
    cast.failed(song)
    assert called(*words)[:2] == (0, "1 of 1 begun to be rendered.\n")
    end_when_looked_at(monkeypatch, fails=True)
    code, said, told = called(*words, "--wait")
    assert (code, said) == (1, "0 of 1 rendered; 1 could not.")
    assert told.splitlines()[0].endswith("There is no space left.")


def test_what_is_retried_is_followed(
    song: Song, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("retry_failed", "--error", "crashed", "--journal", str(tmp_path / "journal"))
    failed = cast.failed(song).job_id
    assert called(*words)[:2] == (0, "1 of 1 begun to be retried.\n")
    fresh = Job.objects.active().get()
    assert (tmp_path / "journal").read_text() == f"{failed} {fresh.pk}\n"
    end_when_looked_at(monkeypatch)
    assert called(*words, "--wait")[:2] == (0, "1 of 1 retried.\n")
    assert called(*words, "--wait")[:2] == (0, "Nothing to do.\n")
    assert Job.objects.filter(kind="generation").count() == 2


def test_a_retry_that_failed_is_retried_in_the_place_of_the_first(
    song: Song, tmp_path: Path
) -> None:
    words = ("retry_failed", "--journal", str(tmp_path / "journal"))
    first = cast.failed(song).job_id
    called(*words)
    second = Job.objects.active().get()
    second.fail(Problem("disk_full", "There is no space left."))
    assert called(*words)[:2] == (0, "1 of 1 begun to be retried.\n")
    third = Job.objects.active().get()
    lines = [f"{first} {second.pk}", f"{second.pk} {third.pk}"]
    assert (tmp_path / "journal").read_text().splitlines() == lines


def test_what_is_deleted_since_is_not_waited_for(
    alice: User, ready_song: Songs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = three_songs([alice] * 2, ready_song, status="failed")
    words = ("analyze_songs", "--journal", str(tmp_path / "journal"))
    called(*words)
    delete_song(first)
    end_when_looked_at(monkeypatch)
    assert called(*words, "--wait")[:2] == (0, "1 of 1 analyzed.\n")


def test_drafts_that_have_failed_since_are_begun_again(song: Song, tmp_path: Path) -> None:
    """Not those for which more was begun: a user may have made the film meanwhile."""
    words = ("render_videos", "--state", "draft", "--journal", str(tmp_path / "journal"))
    failed, redone = cast.draft_of(song), cast.draft_of(song)
    called(*words)
    for job in Job.objects.active():
        job.fail(Problem("disk_full", "There is no space left."))
    start_generation(Video.objects.get(pk=redone.pk))
    Job.objects.active().get().cancel()
    assert called(*words)[:2] == (0, "1 of 1 begun to be rendered.\n")
    assert Job.objects.active().get().video_id == failed.pk


JOIN = ("recompose_videos", "--journal")


def joined_in_vain(tmp_path: Path) -> tuple[str, ...]:
    """The call of a journal after which all that it has begun has failed."""
    words = (*JOIN, str(tmp_path / "journal"))
    called(*words)
    for job in Job.objects.active():
        job.fail(Problem("disk_full", "There is no space left."))
    return words


def test_what_the_command_leaves_out_is_not_begun_again(song: Song, tmp_path: Path) -> None:
    """The owner has made one film final since: it will never be joined again."""
    final, other = cast.ready(song), cast.ready(song)
    words = joined_in_vain(tmp_path)
    Video.objects.filter(pk=final.pk).update(is_finalized=True)
    assert called(*words)[:2] == (0, "1 of 1 begun to be joined again.\n")
    assert Job.objects.active().get().video_id == other.pk
    assert called(*words)[:2] == (0, "Nothing to do.\n")


def test_what_is_under_way_is_followed_also_where_it_is_final_since(
    song: Song, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = cast.ready(song)
    words = (*JOIN, str(tmp_path / "journal"))
    called(*words)
    Video.objects.filter(pk=video.pk).update(is_finalized=True)
    end_when_looked_at(monkeypatch)
    assert called(*words, "--wait")[:2] == (0, "1 of 1 joined again.\n")


def test_songs_without_sound_are_not_begun_again(
    alice: User, ready_song: Songs, tmp_path: Path
) -> None:
    songs = three_songs([alice] * 2, ready_song, status="failed")
    words = ("analyze_songs", "--journal", str(tmp_path / "journal"))
    called(*words)
    for job in Job.objects.active():
        job.fail(Problem("disk_full", "There is no space left."))
    Song.objects.filter(pk=songs[0].pk).update(master_key="")
    assert called(*words)[:2] == (0, "1 of 1 begun to be analyzed.\n")
    assert Job.objects.active().get().song_id == songs[1].pk


@pytest.fixture
def films(song: Song, bob: User, ready_song: Songs, sections_of: Callable[..., Any]) -> list[Video]:
    """One of Alice, three days old; two of Bob, of two days and of today, that one with a flavor."""
    bobs = ready_song(bob)
    sections_of(bobs)
    made = [cast.ready(song), cast.ready(bobs), cast.ready(bobs)]
    for video, days in zip(made, (3, 2, 0), strict=True):
        moment = timezone.now() - timedelta(days=days)
        Video.objects.filter(pk=video.pk).update(created_at=moment)
    Video.objects.filter(pk=made[2].pk).update(flavor="stadium")
    return made


def test_a_journal_begins_nothing_that_was_not_asked_for(
    films: list[Video], tmp_path: Path
) -> None:
    words = joined_in_vain(tmp_path)
    yesterday = f"{timezone.now() - timedelta(days=1):%Y-%m-%d}"

    def would(*selection: str) -> list[str]:
        lines = called(*words, "--dry-run", *selection)[1].splitlines()
        return [line.split()[0] for line in lines[:-1]]

    ids = [str(video.pk) for video in films]
    assert would() == ids
    assert would("--user", "alice@example.org") == ids[:1]
    assert would("--user", "bob@example.org") == ids[1:]
    assert would("--id", ids[1]) == ids[1:2]
    assert would("--flavor", "stadium") == ids[2:]
    assert would("--since", yesterday) == ids[2:]
    assert would("--user", "alice@example.org", "--flavor", "stadium") == []


def test_a_journal_follows_nothing_that_was_not_asked_for(
    films: list[Video], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (*JOIN, str(tmp_path / "journal"))
    called(*words)
    end_when_looked_at(monkeypatch)
    told = called(*words, "--wait", "--flavor", "stadium")
    assert told[:2] == (0, "1 of 1 joined again.\n")
    lines = (tmp_path / "journal").read_text().splitlines()
    assert lines[3:] == [str(films[2].pk)]


def test_a_journal_of_retries_follows_those_of_the_user_that_was_named(
    films: list[Video], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined_in_vain(tmp_path)
    words = ("retry_failed", "--journal", str(tmp_path / "retried"))
    assert called(*words)[:2] == (0, "3 of 3 begun to be retried.\n")
    end_when_looked_at(monkeypatch)
    assert called(*words, "--wait", "--flavor", "stadium")[1] == "1 of 1 retried.\n"
    assert called(*words, "--wait", "--user", "alice@example.org")[1] == "1 of 1 retried.\n"
    assert called(*words, "--wait")[1] == "1 of 1 retried.\n"


@pytest.mark.parametrize("content", [b"buy milk\n", b"buy milk", b"2026-01-31", b"\xff\xd8"])
def test_what_is_no_journal_is_refused(
    alice: User, ready_song: Songs, tmp_path: Path, content: bytes
) -> None:
    three_songs([alice], ready_song)
    notes = tmp_path / "notes"
    notes.write_bytes(content)
    code, said, _ = called("analyze_songs", *ALL, str(notes))
    text = content.decode(errors="replace").strip()
    assert (code, said) == (2, f"{notes} is no journal of a batch: “{text}”.")
    assert (notes.read_bytes(), Job.objects.count()) == (content, 0)


def test_a_journal_with_an_empty_line_and_half_a_line_is_gone_on_with(
    alice: User, ready_song: Songs, tmp_path: Path
) -> None:
    """The machine stopped, or the disk was full, while the last line was written."""
    done, cut = three_songs([alice] * 2, ready_song)
    journal = tmp_path / "journal"
    journal.write_text(f"\n{done.pk}\n\n{str(cut.pk)[:20]}")
    words = ("analyze_songs", *ALL, str(journal))
    would = called(*words, "--dry-run")[1]
    assert [line.split()[0] for line in would.splitlines()[:-1]] == [str(cut.pk)]
    assert journal.read_text().endswith(str(cut.pk)[:20])
    assert called(*words)[:2] == (0, "1 of 1 begun to be analyzed.\n")
    assert journal.read_text() == f"\n{done.pk}\n\n{cut.pk} {Job.objects.get().pk}\n"
    assert called(*words)[:2] == (0, "Nothing to do.\n")


@pytest.mark.parametrize(
    ("letters", "is_half"), [(0, True), (1, True), (36, True), (37, True), (72, True), (73, False)]
)
def test_a_last_line_without_an_end_counts_only_if_it_is_whole(
    alice: User, tmp_path: Path, letters: int, is_half: bool
) -> None:
    """An ID alone means “done” with its end only: without it, its job may have been cut off."""
    first, second, third = (Job.objects.create(owner=alice, kind="analysis") for _ in range(3))
    path = tmp_path / "journal"
    path.write_text(f"{first.pk}\n" + f"{second.pk} {third.pk}"[:letters])
    journal = Journal(path)
    assert [journal.has(row) for row in (first, second)] == [True, False]
    assert set(journal.jobs()) == (set() if is_half else {second.pk})
    journal.done(third)
    journal.done(first)
    lines = [str(first.pk), f"{second.pk} {third.pk}", str(third.pk), str(first.pk)]
    assert path.read_text().splitlines() == [
        line for line in lines if not is_half or line != lines[1]
    ]


def test_songs_analyzed_since_are_left_out(alice: User, ready_song: Songs) -> None:
    old, fresh, never = three_songs([alice] * 3, ready_song)
    for song, days in ((old, 9), (fresh, 0)):
        job = Job.objects.create(
            owner=alice,
            kind="analysis",
            song_id=song.pk,
            status="succeeded",
            finished_at=timezone.now() - timedelta(days=days),
        )
        Song.objects.filter(pk=song.pk).update(analysis_job_id=job.pk)
    before = f"{timezone.now() - timedelta(days=1):%Y-%m-%d}"
    words = ("--dry-run", "--state", "ready", "--analyzed-before", before)
    said = called("analyze_songs", *words)[1]
    assert [line.split()[0] for line in said.splitlines()[:-1]] == [str(old.pk), str(never.pk)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--user", "nobody@example.org"), "Nobody has the address nobody@example.org."),
        (("--since", "yesterday"), "is no date such as 2026-01-31"),
        (("--limit", "0"), "is no whole number above zero"),
        (("--state", "odd"), "invalid choice"),
        (("--budget", "much"), "is no amount in dollars"),
        (("--budget", "NaN"), "is no amount in dollars"),
        (("--parallel", "0"), "is no whole number above zero"),
    ],
)
def test_a_wrong_call_does_nothing(
    alice: User, ready_song: Songs, words: tuple[str, str], sentence: str
) -> None:
    three_songs([alice], ready_song, status="failed")
    code, said, _ = called("analyze_songs", *words)
    assert sentence in said
    # From a shell argparse ends with 2 by itself; called from code it raises as Django does.
    assert code in (1, 2)
    assert not Job.objects.exists()


def test_films_are_made_within_limits_only(song: Song, alice: User) -> None:
    failed, canceled, draft = cast.failed(song), cast.canceled(song), cast.draft_of(song)
    User.objects.filter(pk=alice.pk).update(videos_limit=1)
    code, said, _ = called("render_videos")
    assert (code, said) == (1, "1 of 2 begun to be rendered; 1 could not.")
    found = dict(Video.objects.values_list("pk", "status"))
    assert found == {failed.pk: "generating", canceled.pk: "canceled", draft.pk: "draft"}


def test_what_costs_something_is_begun_when_that_is_agreed_to(ai: object, song: Song) -> None:
    video = cast.failed(song)
    video.clips.all().delete()
    Video.objects.filter(pk=video.pk).update(model="p-video-draft")
    code, said, _ = called("render_videos")
    assert (code, "Nothing was begun. Say --yes, or set a --budget." in said) == (1, True)
    assert "the budget is $0.01" in called("render_videos", "--budget", "0.01")[1]
    trial = called("render_videos", "--dry-run")[1]
    assert "for about $" in trial
    video.refresh_from_db()
    assert (video.status, video.clips.count()) == ("failed", 0)
    assert called("render_videos", "--yes")[:2] == (0, "1 of 1 begun to be rendered.\n")


def test_videos_are_chosen_by_flavor(song: Song) -> None:
    cast.failed(song)
    stadium = cast.failed(song)
    Video.objects.filter(pk=stadium.pk).update(flavor="stadium")
    said = called("render_videos", "--dry-run", "--flavor", "stadium")[1]
    assert [line.split()[0] for line in said.splitlines()[:-1]] == [str(stadium.pk)]


def test_starts_a_minute_are_waited_for(
    ai: object, song: Song, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit of a user holds for operators too; who follows the work asks again in time."""
    settings.PAID_STARTS_A_MINUTE = 1
    videos = [cast.failed(song), cast.failed(song)]
    Video.objects.update(model="p-video-draft")
    for video in videos:
        video.clips.all().delete()
    assert called("render_videos", "--yes")[1] == "1 of 2 begun to be rendered; 1 could not."
    end_when_looked_at(monkeypatch)
    moments = iter(range(0, 100_000, 10))
    monkeypatch.setattr(batch.time, "monotonic", lambda: float(next(moments)))
    first = batch.Run.pause

    def pause(run: batch.Run) -> None:
        settings.PAID_STARTS_A_MINUTE = 2
        first(run)

    monkeypatch.setattr(batch.Run, "pause", pause)
    code, said, _ = called("render_videos", "--yes", "--wait", "--state", "failed")
    assert (code, said) == (0, "1 of 1 rendered.\n")


def test_finished_films_are_made_again_when_that_is_asked_and_agreed_to(
    ai: object, song: Song
) -> None:
    video, final = cast.ready(song), cast.ready(song)
    Video.objects.update(model="p-video-draft")
    Video.objects.filter(pk=final.pk).update(is_finalized=True)
    first = video.clips.order_by("clip_index")[0]
    video.clips.filter(pk=first.pk).update(regenerations_left=0)
    words = ("render_videos", "--state", "ready")
    assert called("render_videos")[1] == "Nothing to do.\n"
    trial = called(*words, "--dry-run")[1].splitlines()
    assert [line.split()[0] for line in trial[:-1]] == [str(video.pk)]
    assert trial[-1].startswith("Would be rendered: 1, for about $")
    code, said, _ = called(*words)
    assert (code, "Nothing was begun. Say --yes, or set a --budget." in said) == (1, True)
    assert not Job.objects.active().exists()

    assert called(*words, "--yes")[:2] == (0, "1 of 1 begun to be rendered.\n")
    job = Job.objects.active().get()
    assert (job.kind, job.video_id, job.total) == ("regeneration", video.pk, video.clips.count())
    assert Take.objects.of_job(job.pk).count() == video.clips.count() > 1
    assert called(*words, "--yes")[:2] == (0, "1 of 1 begun to be rendered.\n")
    assert Job.objects.active().get() == job
    job.fail(Problem("disk_full", "There is no space left."))
    turns = video.clips.order_by("clip_index").values_list("regenerations_left", flat=True)
    assert list(turns) == [0, *[1] * (len(turns) - 1)]
    assert not SectionTurn.objects.exists()
    video.refresh_from_db()
    assert (video.status, video.film_key != "") == ("ready", True)
    assert called("retry_failed", "--kind", "regeneration", "--yes")[0] == 0
    assert Job.objects.active().get().total == video.clips.count()


def dearer(key: str) -> None:
    """From now on an operator's price of a model is more than what the catalog says."""
    model = get_model(key)
    for variant, usd in model.price.usd.items():
        Price.objects.create(
            model=key, variant=variant, usd=usd * 3, valid_from=timezone.now() - timedelta(hours=1)
        )


def of_a_model(video: Video) -> Video:
    Video.objects.filter(pk=video.pk).update(model="p-video-draft")
    return video


@pytest.mark.parametrize(
    ("made", "state", "again"),
    [(cast.failed, "failed", "generation"), (cast.ready, "ready", "regeneration")],
)
def test_what_costs_more_by_then_is_not_begun(
    ai: object,
    song: Song,
    monkeypatch: pytest.MonkeyPatch,
    made: Callable[[Song], Video],
    state: str,
    again: str,
) -> None:
    """Of two films the first is begun; before the second one's turn its model has become dearer."""
    first, second = of_a_model(made(song)), of_a_model(made(song))
    words = ("render_videos", "--state", state, "--wait", "--parallel", "1")
    before = called(*words, "--dry-run")[1].splitlines()

    def pause(_: Any) -> None:
        if not Price.objects.exists():
            dearer("p-video-draft")
        Job.objects.active().update(status="succeeded")

    monkeypatch.setattr(batch.Run, "pause", pause)
    code, said, told = called(*words, "--yes")
    assert (code, said) == (1, "1 of 2 rendered; 1 could not.")
    second = Video.objects.get(pk=second.pk)
    price = remaking.price_of_film(second) if state == "ready" else drafts.price_of(second)
    refused = f"Nothing was started: the price is now about {usd_text(price)}."
    assert refused in told.splitlines()[1]
    begun = Job.objects.filter(kind=again, status="succeeded", created_at__gt=second.created_at)
    assert [job.video_id for job in begun] == [first.pk]
    assert (second.status, second.is_running) == (state, False)
    # The next call says the new price, and begins it for that.
    trial = called(*words, "--dry-run", "--id", str(second.pk))[1].splitlines()
    assert trial[0].endswith(f" {usd_text(price)}")
    assert trial[0] != before[1]
    assert called(*words, "--yes", "--id", str(second.pk))[:2] == (0, "1 of 1 rendered.\n")


def test_what_was_not_planned_yet_costs_what_was_told(ai: object, song: Song) -> None:
    video = of_a_model(drafts.create_video(song.owner, song, seed=7))
    words = ("render_videos", "--state", "draft")
    told = drafts.price_of(Video.objects.get(pk=video.pk))
    assert called(*words, "--dry-run")[1].splitlines()[0].endswith(f" {usd_text(told)}")
    assert called(*words, "--yes")[:2] == (0, "1 of 1 begun to be rendered.\n")
    video.refresh_from_db()
    assert (video.status, video.seed, video.estimated_usd) == ("generating", 7, told)
    assert told > 0


RUNNING = ("render_videos", "--state", "generating", "--state", "composing")


def test_films_that_were_left_are_gone_on_with(
    ai: object, song: Song, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their price was agreed to when they were begun, and nothing is begun for them."""
    left, ready, draft = cast.generating(song), cast.ready(song), cast.draft_of(song)
    for video in (left, ready, draft):
        of_a_model(video)
    assert called("render_videos")[1] == "Nothing to do.\n"
    trial = called(*RUNNING, "--dry-run")[1].splitlines()
    assert trial == [
        f"{left.pk} Night Drive (alice@example.org)",
        "Would be rendered: 1. Nothing was done.",
    ]
    jobs, takes = Job.objects.count(), Take.objects.count()
    end_when_looked_at(monkeypatch)
    assert called(*RUNNING, "--wait")[:2] == (0, "1 of 1 rendered.\n")
    assert (Job.objects.count(), Take.objects.count()) == (jobs, takes)


def test_a_film_that_ended_before_its_turn_is_told_as_it_ended(
    song: Song, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers of the site are quicker than a command that looks at one after the other."""
    videos = [cast.generating(song) for _ in range(3)]

    def pause(_: Any) -> None:
        good, bad, canceled = Job.objects.filter(
            pk__in=[video.job_id for video in videos]
        ).order_by("created_at")
        Job.objects.filter(pk=good.pk).update(status="succeeded")
        bad.fail(Problem("disk_full", "There is no space left."))
        canceled.cancel()

    monkeypatch.setattr(batch.Run, "pause", pause)
    code, said, told = called(*RUNNING, "--wait", "--parallel", "1")
    assert (code, said) == (1, "1 of 3 rendered; 2 could not.")
    assert [line.partition("): ")[2] for line in told.splitlines()] == [
        "rendered",
        "There is no space left.",
        "It was canceled.",
    ]
    assert not Job.objects.active().exists()


def test_films_are_joined_again(song: Song) -> None:
    made, final = cast.ready(song), cast.ready(song)
    Video.objects.filter(pk=final.pk).update(is_finalized=True)
    assert called("recompose_videos")[:2] == (0, "1 of 1 begun to be joined again.\n")
    assert Job.objects.active().get(kind="composition").video_id == made.pk


def test_films_are_exported_once_and_written_to_a_folder(song: Song, tmp_path: Path) -> None:
    video = cast.ready(song)
    words = ("--wait", "--output", str(tmp_path / "films"))
    assert called("export_videos", *words)[:2] == (0, "1 of 1 exported.\n")
    (written,) = (tmp_path / "films").iterdir()
    assert written.name == f"{video.title} 1080p {str(video.pk)[:8]}.mp4"
    assert written.read_bytes() == cast.FILM
    assert called("export_videos", *words)[0] == 0
    assert Export.objects.count() == 1
    code, said, _ = called("export_videos", "--output", str(tmp_path))
    assert (code, "--output needs --wait or --here" in said) == (2, True)


def test_exports_in_other_formats_are_begun_once(song: Song) -> None:
    cast.ready(song)
    words = ("--format", "webm", "--height", "480")
    assert called("export_videos", *words)[:2] == (0, "1 of 1 begun to be exported.\n")
    assert called("export_videos", *words)[0] == 0
    assert (Export.objects.count(), Job.objects.filter(kind="export").count()) == (1, 1)


def test_failed_work_is_retried_once(song: Song) -> None:
    video = cast.ready(song)
    failed = Job.objects.create(owner=song.owner, kind="analysis", song_id=song.pk)
    other = Job.objects.create(owner=song.owner, kind="composition", video_id=video.pk)
    gone = Job.objects.create(owner=song.owner, kind="export", video_id=uuid.uuid4())
    for job in (failed, other, gone):
        Job.objects.filter(pk=job.pk).update(status="failed", error_code="disk_full")
    assert called("retry_failed", "--error", "crashed")[1] == "Nothing to do.\n"
    trial = called("retry_failed", "--dry-run", "--kind", "analysis")[1]
    assert [line.split()[0] for line in trial.splitlines()[:-1]] == [str(failed.pk)]
    code, said, told = called("retry_failed", "--id", str(gone.pk))
    assert (code, said) == (1, "0 of 1 begun to be retried; 1 could not.")
    assert "Its video is deleted." in told
    assert called("retry_failed")[:2] == (0, "2 of 2 begun to be retried.\n")
    code, said, _ = called("retry_failed", "--kind", "analysis", "--kind", "composition")
    assert (code, said) == (0, "Nothing to do.\n")


def test_a_limit_counts_what_can_be_begun(song: Song) -> None:
    jobs = [
        Job.objects.create(owner=song.owner, kind="export", video_id=uuid.uuid4()),
        Job.objects.create(owner=song.owner, kind="import", song_id=song.pk),
        Job.objects.create(owner=song.owner, kind="analysis", song_id=song.pk),
    ]
    for job in jobs:
        Job.objects.filter(pk=job.pk).update(status="failed")
    assert called("retry_failed", "--limit", "1")[:2] == (0, "1 of 1 begun to be retried.\n")
    assert Job.objects.active().get().kind == "analysis"


def test_what_was_paid_for_since_is_not_tried_again(ai: object, song: Song) -> None:
    """Each failed remake of a film stays failed for good; a second call must not pay once more."""
    video = cast.ready(song)
    Video.objects.update(model="p-video-draft")
    assert called("render_videos", "--state", "ready", "--yes")[0] == 0
    for _ in range(2):
        Job.objects.active().get().fail(Problem("disk_full", "There is no space left."))
        assert called("retry_failed", "--yes")[:2] == (0, "1 of 1 begun to be retried.\n")
    Job.objects.active().update(status="succeeded")
    Take.objects.filter(status="queued").update(status="succeeded")
    jobs, takes = Job.objects.count(), Take.objects.count()
    assert called("retry_failed", "--yes")[:2] == (0, "Nothing to do.\n")
    oldest = Job.objects.filter(kind="regeneration").earliest("created_at")
    code, _, told = called("retry_failed", "--yes", "--id", str(oldest.pk))
    assert (code, "Newer work of this kind has taken its place." in told) == (1, True)
    assert (Job.objects.count(), Take.objects.count()) == (jobs, takes)
    assert video.clips.count() > 1


def test_a_journal_goes_on_behind_the_limit(song: Song, tmp_path: Path) -> None:
    videos = [cast.ready(song) for _ in range(3)]
    words = ("--journal", str(tmp_path / "journal"), "--limit", "2", "--wait")
    for number in (2, 1):
        assert called("export_videos", *words)[:2] == (0, f"{number} of {number} exported.\n")
    assert Export.objects.count() == len(videos)
    assert called("export_videos", *words)[:2] == (0, "Nothing to do.\n")


def test_a_batch_ends_when_what_it_waits_for_is_deleted(
    monkeypatch: pytest.MonkeyPatch, alice: User, bob: User, ready_song: Songs
) -> None:
    songs = three_songs([alice, bob], ready_song, status="failed")

    def pause(_: Any) -> None:
        for job in Job.objects.active():
            if job.song_id == songs[0].pk:
                delete_song(songs[0])
            else:
                Job.objects.filter(pk=job.pk).update(status="succeeded")

    monkeypatch.setattr(batch.Run, "pause", pause)
    code, said, told = called("analyze_songs", "--wait", "--parallel", "1", "--state", "failed")
    assert (code, said) == (1, "1 of 2 analyzed; 1 could not.")
    assert "Song 0 (alice@example.org): It was deleted meanwhile." in told


def test_a_batch_goes_on_when_what_it_has_not_begun_is_deleted(
    monkeypatch: pytest.MonkeyPatch, song: Song
) -> None:
    first, second, third = (cast.ready(song) for _ in range(3))

    def pause(_: Any) -> None:
        Video.objects.filter(pk=second.pk).delete()
        Job.objects.active().update(status="succeeded")

    monkeypatch.setattr(batch.Run, "pause", pause)
    words = ("--state", "ready", "--wait", "--parallel", "1")
    code, said, told = called("render_videos", *words)
    assert (code, said) == (1, "2 of 3 rendered; 1 could not.")
    assert "It was deleted meanwhile." in told
    begun = Job.objects.filter(kind="regeneration").order_by("created_at")
    assert [job.video_id for job in begun] == [first.pk, third.pk]


def test_a_retry_is_priced_by_what_its_calls_were_to_cost(ai: object, song: Song) -> None:
    video = cast.failed(song)
    Video.objects.filter(pk=video.pk).update(model="p-video-draft")
    jobs = Job.objects.count()
    code, said, _ = called("retry_failed")
    assert (code, "Say --yes, or set a --budget." in said) == (1, True)
    assert Job.objects.count() == jobs
