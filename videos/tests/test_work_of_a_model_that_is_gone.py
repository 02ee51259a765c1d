"""Work of a model that the catalog knows no more is refused; nobody else's work is kept from going on."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Turns, User
from songs.models import Song
from vibecraft.jobs import again
from vibecraft.jobs.models import Job
from vibecraft.predictions.models import Prediction
from vibecraft.problems import Problem
from vibecraft.testing import PASSWORD
from videos import drafts, pipeline, remaking, storyboard
from videos.models import Still, Take, Video
from videos.tests import cast

pytestmark = pytest.mark.django_db
Ready = Callable[..., Song]
SAID = "The model “of-yesterday” is not offered any more."
CHOOSE, BEGIN = f"{SAID} Choose another one.", f"{SAID} Begin a new video with another one."


@pytest.fixture(autouse=True)
def _ai_is_on(settings: LazySettings) -> None:
    settings.REPLICATE_API_TOKEN = "r8_not_a_real_token"


def assert_nothing_is_begun(owner: User) -> None:
    owner.refresh_from_db()
    assert (Job.objects.active().count(), Prediction.objects.count()) == (0, 0)
    assert (Turns.objects.count(), owner.videos_used) == (0, 0)


def refusal(act: Callable[[], object]) -> tuple[int, str, str]:
    with pytest.raises(Problem) as raised:
        act()
    return raised.value.status, raised.value.code, raised.value.sentence


# --- asked for by its user -----------------------------------------------------------------------


def test_over_the_api_all_of_it_is_refused_with_the_reason(
    song: Song, alice: User, charlie: User, api_of: Callable[[User], APIClient]
) -> None:
    video = cast.abandoned(cast.draft_of(song))
    about = {"video_id": str(video.pk), "song_id": str(song.pk)}
    expected = {"detail": CHOOSE, "code": "model_gone"} | about
    calls = {
        f"/api/videos/{video.pk}/generate": api_of(alice).post,
        f"/api/videos/{video.pk}/storyboard": api_of(alice).post,
        f"/api/videos/{video.pk}/plan": api_of(alice).post,
        f"/api/videos/{video.pk}/estimate": api_of(alice).get,
    }
    for address, call in calls.items():
        answer = call(address)
        assert (answer.status_code, answer.json()) == (409, expected)
    assert api_of(charlie).post(f"/api/videos/{video.pk}/generate").status_code == 404
    assert_nothing_is_begun(alice)


def test_another_format_is_refused_with_the_same_reason(song: Song) -> None:
    video = cast.abandoned(cast.draft_of(song))
    asked = refusal(lambda: drafts.change_video(video, aspect_ratio="1:1"))
    assert asked == (409, "model_gone", CHOOSE)
    video.refresh_from_db()
    assert video.aspect_ratio == "16:9"


@pytest.mark.parametrize("name", ["video-generate", "storyboard"])
def test_its_pages_say_the_reason_where_it_was_asked_for(
    song: Song, alice: User, client_of: Callable[[User], Client], name: str
) -> None:
    video = cast.abandoned(cast.draft_of(song))
    answer = client_of(alice).post(reverse(name, args=[video.pk]))
    assert (answer.status_code, CHOOSE in answer.content.decode()) == (409, True)
    assert_nothing_is_begun(alice)


def test_a_clip_of_a_finished_film_is_not_made_again(song: Song, alice: User) -> None:
    video = cast.abandoned(cast.ready(song))
    clip = video.clips.all()[0]
    assert refusal(lambda: remaking.remake_clip(video, clip)) == (409, "model_gone", BEGIN)
    clip.refresh_from_db()
    assert clip.regenerations_left == 1
    assert_nothing_is_begun(alice)


def test_a_take_that_waits_while_its_model_goes_fails_with_the_reason(
    song: Song, do_work: Callable[[], int]
) -> None:
    video = cast.draft_of(song, model="visualizer")
    job = pipeline.start_generation(video)
    cast.abandoned(video)
    Take.objects.of_job(job.pk).update(model=cast.GONE)
    do_work()
    video.refresh_from_db()
    assert (video.status, video.error) == ("failed", {"code": "model_gone", "detail": BEGIN})
    assert Prediction.objects.count() == 0


def test_another_format_of_a_film_needs_no_model_to_be_made_once_more(song: Song) -> None:
    video = cast.abandoned(cast.failed(song))
    Video.objects.filter(pk=video.pk).update(is_reframed=True, continuity="continuous")
    video.refresh_from_db()
    job = pipeline.start_generation(video)
    assert (job.status, job.total) == ("queued", video.clips.count())


# --- begun once more by an operator --------------------------------------------------------------


def failed_film(song: Song) -> Job:
    return Job.objects.get(pk=cast.abandoned(cast.failed(song)).job_id)


def failed_job(video: Video, kind: str, step: str = "") -> Job:
    job = Job.objects.create(owner=video.owner, kind=kind, video_id=video.pk, step=step)
    Job.objects.filter(pk=job.pk).update(status="failed")
    job.refresh_from_db()
    return job


def failed_stills(song: Song) -> Job:
    return failed_job(cast.abandoned(cast.draft_of(song)), "storyboard", storyboard.ALL)


def failed_refinement(song: Song) -> Job:
    video = cast.abandoned(cast.draft_of(song))
    job = failed_job(video, "storyboard", storyboard.AGAIN)
    clip = video.clips.all()[0]
    made = Still.objects.create(
        clip=clip, job=job, number=1, model="flux-schnell", prompt="p", seed=1, status="failed"
    )
    type(clip).objects.filter(pk=clip.pk).update(chosen_still=made)
    return job


def failed_clip(song: Song) -> Job:
    video = cast.abandoned(cast.ready(song))
    job = failed_job(video, "regeneration")
    Take.objects.filter(clip=video.clips.all()[0]).update(job=job)
    return job


KINDS = [
    (failed_film, BEGIN),
    (failed_stills, CHOOSE),
    (failed_refinement, CHOOSE),
    (failed_clip, BEGIN),
]


def retried(*words: str) -> tuple[str, str]:
    """What `retry_failed` has said, and what it said of each refusal."""
    out, err = StringIO(), StringIO()
    try:
        call_command("retry_failed", *words, stdout=out, stderr=err)
    except CommandError as error:
        return str(error), err.getvalue()
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize(("make", "reason"), KINDS)
def test_the_work_of_others_is_retried_all_the_same(
    song: Song, bob: User, ready_song: Ready, make: Callable[[Song], Job], reason: str
) -> None:
    job = make(song)
    other = Job.objects.create(owner=bob, kind="analysis", song_id=ready_song(bob).pk)
    Job.objects.filter(pk=other.pk).update(status="failed")
    assert not again.can_be_begun(job)
    assert retried("--yes")[0] == "1 of 1 begun to be retried.\n"
    assert Job.objects.active().get().song_id == other.song_id
    assert retried("--yes")[0] == "Nothing to do.\n"


@pytest.mark.parametrize(("make", "reason"), KINDS)
def test_whoever_names_its_job_is_told_why_it_cannot_be_begun(
    song: Song, alice: User, make: Callable[[Song], Job], reason: str
) -> None:
    said, told = retried("--yes", "--id", str(make(song).pk))
    assert said == "0 of 1 begun to be retried; 1 could not."
    assert reason in told
    assert_nothing_is_begun(alice)


@pytest.mark.parametrize(("make", "reason"), KINDS)
def test_the_admin_asks_without_a_price_and_says_why_it_could_not(
    song: Song,
    alice: User,
    client_of: Callable[[User], Client],
    make: Callable[[Song], Job],
    reason: str,
) -> None:
    operator = client_of(User.objects.create_superuser("olga@example.org", PASSWORD))
    sent = {"action": "retry", "_selected_action": [str(make(song).pk)]}
    asked = operator.post("/admin/jobs/job/", sent)
    assert (asked.status_code, asked.context["usd"]) == (200, 0)
    done = operator.post("/admin/jobs/job/", sent | {"confirmed": "retry"}, follow=True)
    assert f"0 of 1 retried; 1 could not: {reason}" in done.content.decode()
    assert_nothing_is_begun(alice)


def test_the_admin_retries_the_other_videos(
    song: Song, client_of: Callable[[User], Client]
) -> None:
    operator = client_of(User.objects.create_superuser("olga@example.org", PASSWORD))
    videos = [cast.abandoned(cast.failed(song)), cast.failed(song)]
    Video.objects.filter(pk=videos[1].pk).update(model="visualizer")
    chosen = [str(video.pk) for video in videos]
    sent = {"action": "retry", "_selected_action": chosen, "confirmed": "retry"}
    done = operator.post("/admin/videos/video/", sent, follow=True).content.decode()
    assert f"1 of 2 retried; 1 could not: {BEGIN}" in done
    assert Job.objects.active().get().video_id == videos[1].pk
