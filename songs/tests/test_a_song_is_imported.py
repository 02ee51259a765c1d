"""A song from a web address: fetched as a job, checked like an upload, or nothing stays [B2]."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command

from accounts.models import User
from songs import analysis, importing
from songs.models import Import, Song
from songs.tests.outside_world import (
    Server,
    count_as_public,
    endless,
    file_of,
    redirect_to,
    serving,
)
from vibecraft import checks
from vibecraft.jobs.models import Job, JobEvent
from vibecraft.media import pages
from vibecraft.testing import stored_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(
    monkeypatch: pytest.MonkeyPatch, made_song_file: Callable[..., Path]
) -> Iterator[Server]:
    with serving("127.0.0.1") as server:
        count_as_public(monkeypatch, server.server_port)
        song = file_of(made_song_file().read_bytes(), "audio/x-wav")
        server.answers = {
            "/My%20Song.wav": song,
            "/moved": redirect_to("/My%20Song.wav"),
            "/text.mp3": file_of(b"just some words " * 2000),
            "/short.wav": file_of(made_song_file(seconds=3.0).read_bytes()),
            "/page": file_of(b"<html><title>A song</title></html>", "text/html; charset=utf-8"),
            "/big.mp3": lambda handler: handler.head(200, Content_Length="60000000"),
        }
        yield server


@pytest.fixture
def bring(server: Server, alice: User, api_of: Any) -> Callable[..., Any]:
    client = api_of(alice)

    def post(path: str, **headers: str) -> Any:
        url = f"http://127.0.0.1:{server.server_port}{path}"
        return client.post("/api/songs/import", {"url": url}, headers=headers)

    return post


@pytest.fixture(autouse=True)
def _no_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    """That a song is heard is tested elsewhere; here its job is only started."""
    monkeypatch.setattr(analysis, "analyze", lambda lease, job: job.succeed(progress=100))


def job_of(answer: Any) -> Job:
    return Job.objects.get(pk=answer.json()["job_id"])


def nothing_stays(alice: User) -> bool:
    alice.refresh_from_db()
    is_empty = Song.objects.count() == 0 and alice.storage_used_bytes == 0
    return (
        is_empty and stored_files(alice) == [] and not Import.objects.exclude(address="").exists()
    )


def test_a_song_comes_from_an_address_and_is_like_any_other(
    bring: Any, server: Server, alice: User, do_work: Callable[[], int]
) -> None:
    answer = bring("/My%20Song.wav?token=secret")
    assert answer.status_code == 202
    assert job_of(answer).kind == "import"
    do_work()
    job, song = job_of(answer), Song.objects.get(pk=answer.json()["song_id"])
    assert (job.status, job.progress, job.message) == ("succeeded", 100, "Your song is here.")
    assert (song.title, song.source, song.original_filename) == ("My Song", "url", "My Song.wav")
    assert song.source_url == "http://127.0.0.1/My Song.wav"
    assert (song.duration_sec, song.owner) == (12.0, alice)
    assert song.analysis_job_id is not None
    assert stored_files(alice) == [f"songs/{song.pk}/master.flac", f"songs/{song.pk}/source.wav"]
    alice.refresh_from_db()
    assert alice.storage_used_bytes == song.stored_bytes
    assert server.paths == ["/My%20Song.wav?token=secret"]


def test_no_secret_of_an_address_stays(
    bring: Any, do_work: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    answer = bring("/My%20Song.wav?token=secret")
    assert Import.objects.get().address.endswith("token=secret")
    do_work()
    bring("/missing.wav?token=secret")
    do_work()
    assert [one.address for one in Import.objects.all()] == ["", ""]
    told = [
        *JobEvent.objects.values_list("message", "data"),
        *Job.objects.values_list("error_detail"),
    ]
    assert "secret" not in str(told) + caplog.text + str(Song.objects.values())
    assert job_of(answer).status == "succeeded"


def test_progress_is_told_while_it_comes(
    bring: Any, server: Server, do_work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, str]] = []
    report = Job.report

    def listen(self: Job, progress: int, step: str, message: str, **fields: Any) -> None:
        told.append((progress, message))
        report(self, progress, step, message, **fields)

    monkeypatch.setattr(Job, "report", listen)
    monkeypatch.setattr(importing, "LOOK_SECONDS", 0)
    bring("/My%20Song.wav")
    do_work()
    percents = [percent for percent, _ in told]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (2, 90)
    assert (75, "Fetching the file: 0.5 of 0.5 MB.") in told
    assert len([one for one in told if "Fetching" in one[1]]) >= 2


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/missing.mp3", "address_refused", "did not hand out a file"),
        ("/text.mp3", "text", "MP3, WAV or M4A"),
        ("/short.wav", "too_short", "shorter than 10 seconds"),
        ("/big.mp3", "address_too_large", "too large"),
        ("/page", "address_is_a_page", "there is a page, not a sound file"),
    ],
)
def test_what_is_no_song_fails_with_its_sentence_and_leaves_nothing(
    bring: Any, alice: User, do_work: Callable[[], int], path: str, code: str, words: str
) -> None:
    answer = bring(path)
    assert do_work() == 1
    job = job_of(answer)
    assert (job.status, job.error_code) == ("failed", code)
    assert words in job.error_sentence
    assert nothing_stays(alice)


@pytest.mark.parametrize(
    "address", ["", "song.mp3", "ftp://example.org/a.mp3", "http://u:p@e.org/"]
)
def test_what_is_no_web_address_is_refused_at_once(
    alice: User, api_of: Any, client_of: Any, address: str
) -> None:
    answer = api_of(alice).post("/api/songs/import", {"url": address})
    assert answer.status_code == 400
    assert "url" in answer.json()["errors"]
    page = client_of(alice).post("/songs/import", {"address": address, "upload_id": uuid.uuid4()})
    assert page.status_code == 400
    assert b'<details class="fold" id="import" open>' in page.content
    assert Job.objects.count() == Import.objects.count() == 0


def test_a_full_storage_refuses_before_anything_is_asked(
    bring: Any, server: Server, alice: User, do_work: Callable[[], int]
) -> None:
    User.objects.update(storage_limit_bytes=0)
    assert bring("/My%20Song.wav").json()["code"] == "quota_reached"
    assert (Job.objects.count(), server.paths) == (0, [])
    User.objects.update(storage_limit_bytes=1000)
    answer = bring("/My%20Song.wav")
    do_work()
    assert job_of(answer).error_code == "quota_reached"
    call_command("sweep")
    assert nothing_stays(alice)


def test_a_canceled_import_stops_soon_and_leaves_nothing(
    bring: Any,
    server: Server,
    alice: User,
    api_of: Any,
    do_work: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.answers["/endless"] = endless
    answer = bring("/endless")
    seen: list[int] = []

    def look(self: Any, size: int, of_all: int | None) -> None:
        seen.append(size)
        if len(seen) == 3:
            job_id = answer.json()["job_id"]
            assert api_of(alice).post(f"/api/jobs/{job_id}/cancel").status_code == 200

    monkeypatch.setattr(importing._Watch, "on_bytes", look)
    monkeypatch.setattr(importing, "LOOK_SECONDS", 0)
    do_work()
    assert job_of(answer).status == "canceled"
    assert len(seen) == 3
    assert nothing_stays(alice)


def test_the_same_form_twice_is_one_import(
    bring: Any, server: Server, alice: User, client_of: Any, do_work: Callable[[], int]
) -> None:
    key = str(uuid.uuid4())
    first = bring("/My%20Song.wav", **{"Idempotency-Key": key})
    assert bring("/My%20Song.wav", **{"Idempotency-Key": key}).json() == first.json()
    do_work()
    assert bring("/My%20Song.wav", **{"Idempotency-Key": key}).json() == first.json()
    assert do_work() == 0
    assert (Song.objects.count(), len(server.paths)) == (1, 1)


def test_the_form_of_one_address_with_another_one_is_another_import(
    server: Server, alice: User, client_of: Any
) -> None:
    client, site, upload_id = (
        client_of(alice),
        f"http://127.0.0.1:{server.server_port}",
        uuid.uuid4(),
    )

    def send(path: str) -> str:
        form = {"address": f"{site}{path}", "upload_id": upload_id}
        return str(client.post("/songs/import", form)["Location"])

    first, second = send("/My%20Song.wav"), send("/moved")
    assert first != second
    assert (send("/My%20Song.wav"), send("/moved")) == (first, second)
    shown = Import.objects.values_list("shown_address", flat=True)
    assert {address.rpartition("/")[2] for address in shown} == {"My Song.wav", "moved"}


def test_the_page_watches_an_import_and_goes_to_the_song(
    server: Server, alice: User, bob: User, client_of: Any, do_work: Callable[[], int]
) -> None:
    client = client_of(alice)
    url = f"http://127.0.0.1:{server.server_port}/moved"
    watch = client.post("/songs/import", {"address": url, "upload_id": uuid.uuid4()})["Location"]
    page = client.get(watch).content.decode()
    assert "Waiting for a free worker." in page
    assert 'hx-trigger="every 3s"' in page
    assert f'href="{watch}"' in client.get("/songs").content.decode()
    assert client_of(bob).get(watch).status_code == 404
    assert client_of(bob).post(f"{watch}/cancel").status_code == 404
    do_work()
    song = Song.objects.get()
    assert client.get(watch, headers={"HX-Request": "true"})["HX-Redirect"] == f"/songs/{song.pk}"
    assert client.get(watch)["Location"] == f"/songs/{song.pk}"
    assert server.paths == ["/moved", "/My%20Song.wav"]


def test_the_page_says_why_it_failed_or_that_it_was_canceled(
    bring: Any, alice: User, client_of: Any, do_work: Callable[[], int]
) -> None:
    client = client_of(alice)
    job_of(bring("/missing.mp3"))
    do_work()
    page = client.get(f"/songs/imports/{Import.objects.get().pk}").content.decode()
    assert "The server did not hand out a file at this address." in page
    assert "hx-trigger" not in page.partition('id="import-progress"')[2].partition("</section>")[0]
    Import.objects.all().delete()
    bring("/My%20Song.wav")
    watch = f"/songs/imports/{Import.objects.get().pk}"
    assert "Nothing was stored." in client.post(f"{watch}/cancel", follow=True).content.decode()
    assert do_work() == 0
    assert nothing_stays(alice)


# --- pages that play music -------------------------------------------------------------------------


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A yt-dlp that is ours: it writes down how it was called."""
    path = folder / "yt-dlp"
    path.write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {folder}/called; cp page.txt {folder}\n{script}\n"
    )
    path.chmod(0o755)
    real = pages.run

    def run(args: Any, **how: Any) -> Any:
        return real(args, **how | {"program": str(path)})

    monkeypatch.setattr(pages, "run", run)


def test_a_page_is_resolved_where_the_operator_allows_it_and_its_sound_is_fetched_by_us(
    bring: Any, server: Server, settings: LazySettings, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, do_work: Callable[[], int],
) -> None:  # fmt: skip
    settings.IMPORT_WITH_YT_DLP = True
    sound = f"http://127.0.0.1:{server.server_port}/My%20Song.wav"
    program(tmp_path, monkeypatch, f"""echo '{{"url": "{sound}", "title": "From a Page"}}'""")
    answer = bring("/page?secret")
    do_work()
    assert job_of(answer).status == "succeeded"
    assert Song.objects.get().title == "From a Page"
    assert server.paths == ["/page?secret", "/My%20Song.wav"]
    called = (tmp_path / "called").read_text()
    assert "default,-generic" in called
    assert "secret" not in called
    assert (tmp_path / "page.txt").read_text().endswith("/page?secret\n")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ('echo \'{"url": "http://169.254.169.254/meta"}\'', "address_not_public"),
        ('echo \'{"url": "file:///etc/passwd"}\'', "address_invalid"),
        ("echo ERROR: unsupported >&2; exit 1", "page_unknown"),
        ("echo nonsense", "page_unknown"),
        ("echo '{\"url\": 5}'", "page_unknown"),
        ("true", "page_unknown"),
    ],
)
def test_what_a_page_leads_to_is_checked_like_any_address(
    bring: Any, alice: User, settings: LazySettings, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, do_work: Callable[[], int], script: str, code: str,
) -> None:  # fmt: skip
    settings.IMPORT_WITH_YT_DLP = True
    program(tmp_path, monkeypatch, script)
    answer = bring("/page")
    do_work()
    assert job_of(answer).error_code == code
    assert nothing_stays(alice)


def test_a_missing_program_is_said_by_a_check(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checks.check_yt_dlp(None) == []
    settings.IMPORT_WITH_YT_DLP = True
    monkeypatch.setattr(checks.shutil, "which", lambda name: None)
    (said,) = checks.check_yt_dlp(None)
    assert "yt-dlp" in said.msg
