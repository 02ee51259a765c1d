"""What an analysis pays for is said before, to the cent; without consent nothing is ordered."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from io import StringIO

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from songs import listening, pipeline
from songs.making import Wish
from songs.models import Song
from vibecraft.jobs import again
from vibecraft.jobs.models import Job
from vibecraft.predictions.models import Prediction, Price
from vibecraft.predictions.standin.remote import Remote
from vibecraft.testing import PASSWORD

pytestmark = pytest.mark.django_db
Ready = Callable[..., Song]
Work = Callable[[], int]
# 12 seconds of the hardware that the speech model runs on, at $0.000725.
WORDS_USD = Decimal("0.0087")
MUSIC_USD = Decimal("0.20")
HEARD = [{"start": 1.0, "end": 1.4, "text": "First"}]
TIMED = [{"start": 1.0, "end": 2.0, "text": "First light"}]


@pytest.fixture
def operator(client_of: Callable[[User], Client]) -> Client:
    return client_of(User.objects.create_superuser("olga@example.org", PASSWORD))


def called(name: str, *words: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command(name, *words, stdout=out, stderr=StringIO())
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def asked(client: Client, name: str, *rows: Song | Job, is_sure: bool = False) -> str:
    meta = rows[0]._meta
    sent = {"action": name, "_selected_action": [str(row.pk) for row in rows]}
    sure = {"confirmed": name} if is_sure else {}
    address = f"/admin/{meta.app_label}/{meta.model_name}/"
    return client.post(address, sent | sure, follow=True).content.decode()


def failed(song: Song, kind: str) -> Job:
    job = Job.objects.create(owner=song.owner, kind=kind, song_id=song.pk)
    Job.objects.filter(pk=job.pk).update(status="failed")
    return Job.objects.get(pk=job.pk)


def test_words_that_nobody_knows_have_their_price_and_all_else_is_free(
    ai: object, alice: User, ready_song: Ready
) -> None:
    song = ready_song(alice)
    assert listening.price_of_analysis(song) == listening.price_of_hearing(song) == WORDS_USD
    for known in ({"heard_words": HEARD}, {"lyrics": TIMED}):
        wise = ready_song(alice)
        Song.objects.filter(pk=wise.pk).update(**known)
        wise.refresh_from_db()
        assert listening.price_of_analysis(wise) == listening.price_of_hearing(wise) == 0
    song.master_key = ""
    assert listening.price_of_analysis(song) == 0


def test_without_ai_an_analysis_costs_nothing_and_needs_no_consent(
    alice: User, ready_song: Ready
) -> None:
    song = ready_song(alice)
    assert listening.price_of_analysis(song) == 0
    assert called("analyze_songs", "--state", "ready")[0] == 0
    assert Job.objects.count() == 1


def test_analyzed_again_nothing_is_paid_again_and_nothing_is_asked(
    ai: Remote, alice: User, ready_song: Ready, do_work: Work
) -> None:
    song = ready_song(alice)
    assert called("analyze_songs", "--state", "ready", "--yes")[0] == 0
    song.refresh_from_db()
    assert listening.price_of_analysis(song) == 0, "one is under way"
    do_work()
    song.refresh_from_db()
    assert (song.status, listening.price_of_analysis(song)) == ("ready", 0)
    assert called("analyze_songs", "--state", "ready") == (0, "1 of 1 begun to be analyzed.\n")
    do_work()
    assert len(ai.ledger()) == 1


def test_the_command_asks_before_it_spends(
    ai: object, alice: User, bob: User, ready_song: Ready
) -> None:
    songs = [ready_song(alice), ready_song(bob)]
    words = ("--state", "ready")
    refusal = "This costs about $0.0174{}. Nothing was begun. Say --yes, or set a --budget."
    assert called("analyze_songs", *words) == (1, refusal.format(""))
    short = refusal.format("; the budget is $0.01")
    assert called("analyze_songs", *words, "--budget", "0.01") == (1, short)
    trial = called("analyze_songs", *words, "--dry-run")[1].splitlines()
    assert [line.rsplit(" ", 1)[1] for line in trial[:2]] == ["$0.0087", "$0.0087"]
    assert trial[2] == "Would be analyzed: 2, for about $0.0174. Nothing was done."
    assert (Job.objects.count(), Prediction.objects.count()) == (0, 0)
    begun = (0, "2 of 2 begun to be analyzed.\n")
    assert called("analyze_songs", *words, "--budget", "0.0174") == begun
    assert set(Job.objects.values_list("song_id", flat=True)) == {song.pk for song in songs}


def test_the_admin_says_the_price_before_it_analyzes_again(
    operator: Client, ai: object, alice: User, ready_song: Ready
) -> None:
    song, wise = ready_song(alice), ready_song(alice)
    Song.objects.filter(pk=wise.pk).update(heard_words=HEARD)
    assert "<strong>$0.0087</strong>" in asked(operator, "reanalyze", song, wise)
    assert "<strong>$" not in asked(operator, "reanalyze", wise)
    assert (Job.objects.count(), LogEntry.objects.count()) == (0, 0)
    assert "1 of 1 sent to be analyzed again." in asked(operator, "reanalyze", song, is_sure=True)


def test_a_retry_says_its_price_in_the_admin_and_to_the_command(
    operator: Client, ai: object, alice: User, ready_song: Ready
) -> None:
    jobs = [failed(ready_song(alice), kind) for kind in ("analysis", "lyrics", "export")]
    assert "<strong>$0.0174</strong>" in asked(operator, "retry", *jobs)
    assert called("retry_failed")[1].startswith("This costs about $0.0174. Nothing was begun.")
    assert (Job.objects.active().count(), Prediction.objects.count()) == (0, 0)


def test_a_retry_that_is_refused_has_no_price(
    operator: Client, ai: object, alice: User, ready_song: Ready
) -> None:
    song = ready_song(alice)
    replaced = failed(song, "analysis")
    failed(song, "analysis")
    assert "<strong>$" not in asked(operator, "retry", replaced)


def test_a_song_is_made_again_for_its_price_with_its_words_and_kept_music_is_free(
    ai: object, alice: User
) -> None:
    song, job = pipeline.make_song(alice, Wish("the sea", 12))
    job.cancel()
    job.refresh_from_db()
    assert again.price_of(job) == MUSIC_USD + WORDS_USD
    Song.objects.filter(pk=song.pk).update(heard_words=HEARD)
    assert again.price_of(job) == MUSIC_USD


def test_the_page_says_what_making_it_again_costs_today(
    ai: object, alice: User, client_of: Callable[[User], Client]
) -> None:
    song, job = pipeline.make_song(alice, Wish("the sea", 12))
    job.cancel()
    today = {"variant": "any", "usd": "0.35", "valid_from": timezone.now()}
    Price.objects.create(model="stable-audio-2.5", **today)
    client = client_of(alice)
    page = client.get(f"/songs/{song.pk}").content.decode()
    assert 'Try again <span class="numbers">about $0.35</span>' in page
    (agreed,) = re.findall(r'name="agreed_usd" value="([^"]*)"', page)
    assert Decimal(agreed) == Decimal("0.35")
    client.post(f"/songs/{song.pk}/make", {"agreed_usd": agreed})
    ordered = Prediction.objects.order_by("created_at").values_list("estimated_usd", flat=True)
    assert list(ordered) == [MUSIC_USD, Decimal("0.35")]


def test_the_page_offers_no_making_again_while_ai_is_off_and_says_why(
    ai: object, alice: User, client_of: Callable[[User], Client], settings: LazySettings
) -> None:
    song, job = pipeline.make_song(alice, Wish("the sea", 12))
    job.cancel()
    settings.REPLICATE_API_TOKEN = ""
    page = client_of(alice).get(f"/songs/{song.pk}").content.decode()
    assert "It cannot be tried again. AI models are switched off here." in page
    assert f'action="/songs/{song.pk}/make"' not in page


def test_analyzing_again_is_a_start_where_it_pays(
    ai: Remote,
    alice: User,
    ready_song: Ready,
    api_of: Callable[[User], APIClient],
    settings: LazySettings,
) -> None:
    settings.PAID_STARTS_A_MINUTE = 1
    first, second, known = (ready_song(alice) for _ in range(3))
    Song.objects.filter(pk=known.pk).update(lyrics=TIMED)
    client = api_of(alice)
    assert client.post(f"/api/songs/{first.pk}/analyze").status_code == 202
    # Refused for another reason, it is no start.
    assert client.post(f"/api/songs/{first.pk}/analyze").json()["code"] != "throttled"
    refusal = client.post(f"/api/songs/{second.pk}/analyze")
    assert (refusal.status_code, refusal.json()["code"]) == (429, "throttled")
    assert int(refusal["Retry-After"]) > 0
    second.refresh_from_db()
    assert second.status == "ready"
    assert not Job.objects.filter(song_id=second.pk).active().exists()
    assert client.post(f"/api/songs/{known.pk}/analyze").status_code == 202
