"""Every route of the site × every kind of visitor. A route that is not declared here fails.

Alice owns everything in this small world. Charlie has an account, Olga is an operator: neither may
see that Alice's rows exist. What is not theirs looks, byte for byte, like what is not there.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import make_token
from songs.models import Analysis, Section, Song
from vibecraft import storage
from vibecraft.jobs.models import Job
from vibecraft.testing import PASSWORD
from videos.models import Asset, Clip, Export, Still, Take, Video

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ABSENT = uuid.UUID("00000000-0000-4000-8000-00000000abcd")

# What a visitor may meet. OK: the act is theirs, whatever comes of it (200, 302, 400, 409, …).
OK, UNKNOWN, SIGN_IN, NO_TOKEN, WRONG_METHOD = "ok", "unknown", "sign-in", "no token", "method"


@dataclass(frozen=True)
class Rule:
    """Methods that a route has, and what they give to each kind of visitor."""

    methods: tuple[str, ...]
    anonymous: str
    charlie: str
    owner: str
    staff: str


def everybody(*methods: str) -> Rule:
    return Rule(methods, OK, OK, OK, OK)


def api_row(*methods: str) -> Rule:
    """One row of the owner's, over the API."""
    return Rule(methods, NO_TOKEN, UNKNOWN, OK, UNKNOWN)


def api_own(*methods: str) -> Rule:
    """The caller's own things, or things that are the same for all who are signed in."""
    return Rule(methods, NO_TOKEN, OK, OK, OK)


def page_row(*methods: str) -> Rule:
    """One row of the owner's, as a page."""
    return Rule(methods, SIGN_IN, UNKNOWN, OK, UNKNOWN)


def page_own(*methods: str) -> Rule:
    return Rule(methods, SIGN_IN, OK, OK, OK)


def nobody(*methods: str) -> Rule:
    """What is not there for anybody: an address of a shared film that opens nothing."""
    return Rule(methods, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)


def operators() -> Rule:
    """The admin: everybody else is led to its own sign-in."""
    return Rule(("GET",), "admin", "admin", "admin", OK)


RULES: dict[str, Rule] = {
    # pages of accounts
    "home": everybody("GET"),
    "register": everybody("GET", "POST"),
    "sign-in": everybody("GET", "POST"),
    "sign-out": everybody("POST"),
    "account": page_own("GET"),
    "account-password": page_own("POST"),
    "account-delete": page_own("POST"),
    "account-tokens": page_own("GET", "POST"),
    "account-token-revoke": Rule(("POST",), SIGN_IN, UNKNOWN, OK, UNKNOWN),
    "styleguide": Rule(("GET",), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    # pages of songs
    "songs": page_own("GET", "POST"),
    "song": page_row("GET"),
    "song-progress": page_row("GET"),
    "song-card": page_row("GET"),
    "song-analyze": page_row("POST"),
    "song-rename": page_row("GET", "POST"),
    "song-copy": page_row("POST"),
    "song-delete": page_row("GET", "POST"),
    "song-lyrics": page_row("GET", "POST"),
    "song-hear": page_row("POST"),
    "song-hear-stop": page_row("POST"),
    "song-make": page_own("POST"),
    "song-make-again": page_row("POST"),
    "song-make-stop": page_row("POST"),
    "song-sections": page_row("POST"),
    "section-edit": page_row("GET", "POST"),
    "song-audio": page_row("GET"),
    "song-peaks": page_row("GET"),
    # pages of videos
    "library": page_own("GET"),
    "library-running": page_own("GET"),
    "video-new": page_row("GET", "POST"),
    "video": page_row("GET"),
    "video-direction": page_row("POST"),
    "video-understood": page_row("POST"),
    "video-prompt": page_row("POST"),
    "video-budget": page_row("POST"),
    "video-plan": page_row("GET", "POST"),
    "video-clip": page_row("POST"),
    "video-scenes": page_row("GET", "POST"),
    "video-scenes-cancel": page_row("POST"),
    "video-scenes-undo": page_row("POST"),
    "video-lipsync": page_row("GET"),
    "video-lipsync-cancel": page_row("POST"),
    "video-clip-lipsync": page_row("POST"),
    "video-character": page_row("GET", "POST"),
    "storyboard": page_row("GET", "POST"),
    "storyboard-progress": page_row("GET"),
    "storyboard-order": page_row("POST"),
    "storyboard-approve": page_row("POST"),
    "storyboard-cancel": page_row("POST"),
    "storyboard-remove": page_row("POST"),
    "storyboard-refine": page_row("POST"),
    "still-picture": page_row("GET"),
    "still-thumbnail": page_row("GET"),
    "video-generate": page_row("POST"),
    "video-progress": page_row("GET"),
    "video-costs": page_row("GET"),
    "account-costs": page_own("GET"),
    "video-cancel": page_row("POST"),
    "video-delete": page_row("GET", "POST"),
    "video-again": page_row("GET"),
    "video-again-cancel": page_row("POST"),
    "video-join": page_row("POST"),
    "clip-again": page_row("POST"),
    "section-again": page_row("POST"),
    "take-choose": page_row("POST"),
    "take-film": page_row("GET"),
    "video-film": page_row("GET"),
    "video-poster": page_row("GET"),
    "take-thumbnail": page_row("GET"),
    "video-captions": page_row("GET"),
    # pages of pictures
    "assets": page_own("GET", "POST"),
    "asset-make": page_own("POST"),
    "asset-card": page_row("GET"),
    "asset-again": page_row("POST"),
    "asset-delete": page_row("GET", "POST"),
    "asset-picture": page_row("GET"),
    "asset-thumbnail": page_row("GET"),
    # the service that makes AI pictures: its signature is its token
    "replicate-webhook": Rule(("POST",), NO_TOKEN, NO_TOKEN, NO_TOKEN, NO_TOKEN),
    # a finished film
    "shared": nobody("GET"),
    "shared-film": nobody("GET"),
    "shared-poster": nobody("GET"),
    "video-share": page_row("POST"),
    "video-exports": page_row("GET", "POST"),
    "export-file": page_row("GET"),
    "video-lyrics": page_row("GET"),
    "video-finalize": page_row("GET", "POST"),
    "api-video-share": api_row("POST", "DELETE"),
    "api-video-exports": api_row("GET", "POST"),
    "api-export-file": api_row("GET"),
    "api-video-lyrics": api_row("GET"),
    "api-video-finalize": api_row("POST"),
    "api-video-finalization-status": api_row("GET"),
    # the platform
    "health": everybody("GET"),
    "ready": everybody("GET"),
    "api-schema": everybody("GET"),
    "api-docs": everybody("GET"),
    # accounts
    "api-register": everybody("POST"),
    "api-login": everybody("POST"),
    "api-refresh": everybody("POST"),
    "api-logout": api_own("POST"),
    "api-me": api_own("GET", "DELETE"),
    # songs
    "api-songs": api_own("GET", "POST"),
    "api-song": api_row("GET", "PATCH", "DELETE"),
    "api-song-audio": api_row("GET"),
    "api-song-peaks": api_row("GET"),
    "api-song-copy": api_row("POST"),
    "api-song-analyze": api_row("POST"),
    "api-song-analysis": api_row("GET"),
    "api-beat-times": api_row("GET"),
    "api-song-lyrics": api_row("PUT"),
    "api-song-hear": api_row("POST"),
    "api-song-make": api_own("POST"),
    "api-song-make-again": api_row("POST"),
    "api-sections": api_row("GET", "POST"),
    "api-section": api_row("PATCH"),
    "api-section-lyrics": api_row("GET"),
    # videos
    "api-models": api_own("GET"),
    "api-flavors": api_own("GET"),
    "api-video-types": api_own("GET"),
    "api-videos": api_own("GET", "POST"),
    "api-video": api_row("GET", "PATCH", "DELETE"),
    "api-video-prompt": api_row("POST"),
    "api-video-section-prompts": api_row("GET"),
    "api-video-plan": api_row("POST"),
    "api-video-estimate": api_row("GET"),
    "api-video-clips": api_row("GET"),
    "api-clip": api_row("PATCH"),
    "api-clip-lipsync": api_row("POST"),
    "api-video-scenes": api_row("POST"),
    "api-storyboard": api_row("POST", "DELETE"),
    "api-storyboard-approve": api_row("POST"),
    "api-clip-refine": api_row("POST"),
    "api-video-reorder": api_row("POST"),
    "api-still-file": api_row("GET"),
    "api-video-generate": api_row("POST"),
    "api-regenerate-section": api_row("POST"),
    "api-regenerate-clip": api_row("POST"),
    "api-regeneration-status": api_row("GET"),
    "api-video-restitch": api_row("POST"),
    "api-video-status": api_row("GET"),
    "api-video-cancel": api_row("POST"),
    "api-video-file": api_row("GET"),
    "api-video-poster": api_row("GET"),
    "api-video-metadata": api_row("GET"),
    "api-take-file": api_row("GET"),
    "api-take-thumbnail": api_row("GET"),
    # pictures
    "api-assets": api_own("GET", "POST"),
    "api-asset-make": api_own("POST"),
    "api-asset": api_row("GET", "DELETE"),
    "api-asset-file": api_row("GET"),
    "api-asset-thumbnail": api_row("GET"),
    # a song's newest video
    "api-song-suggest-video-type": api_row("GET"),
    "api-song-generate-prompt": api_row("POST"),
    "api-song-section-prompts": api_row("GET"),
    "api-song-clips": api_row("GET"),
    "api-song-plan": api_row("POST"),
    "api-song-generate": api_row("POST"),
    "api-section-clips": api_row("GET"),
    "api-song-generation-status": api_row("GET"),
    "api-song-compose": api_row("POST"),
    "api-song-compose-status": api_row("GET"),
    "api-song-compose-result": api_row("GET"),
    # jobs
    "api-job": api_row("GET"),
    "api-job-cancel": api_row("POST"),
}
# Django's own pages for operators, of which only the lists and rows of ours are asked for here.
ADMIN = "admin:"


def routes() -> dict[str, str]:
    """Every named route outside of the admin with its pattern."""
    found: dict[str, str] = {}
    for name, pattern in _walk(get_resolver().url_patterns, ""):
        assert name not in found, f"two routes are named {name}"
        found[name] = pattern
    return found


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, str]]:
    for one in patterns:
        if isinstance(one, URLResolver) and one.namespace == "admin":
            continue
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, prefix + str(one.pattern))
        else:
            assert isinstance(one, URLPattern)
            assert one.name, f"the route {prefix}{one.pattern} has no name"
            yield one.name, f"/{prefix}{one.pattern}"


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

    def address(self, pattern: str, *, absent: bool = False) -> str:
        """The route with Alice's ids, or with ids that nobody has."""
        is_of_song = "/songs/" in pattern
        row = self.job if "/jobs/" in pattern else self.song if is_of_song else self.video
        row = self.asset if "/assets/" in pattern else row
        ids: dict[str, Any] = {
            "pk": row.pk,
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
            "token": "A" * 32,
        }

        def fill(found: re.Match[str]) -> str:
            kind, name = found.groups()
            if kind == "int":
                return "1"
            return str(ABSENT if absent and name == "pk" else ids[name])

        return re.sub(r"<(\w+):(\w+)>", fill, pattern)


@pytest.fixture
def world(alice: User, tmp_path: Path) -> World:
    """Rows and small files; that they are no real media does not matter to who may see them."""

    def stored(key: str) -> str:
        (tmp_path / "file").write_bytes(b"{}")
        storage.put(key, tmp_path / "file")
        return key

    song_id, video_id = uuid.uuid4(), uuid.uuid4()
    names = ("source.wav", "master.flac", "features.npz", "peaks.json")
    source, master, features, peaks = (
        stored(storage.song_key(alice.pk, song_id, name)) for name in names
    )
    song = Song.objects.create(
        id=song_id,
        owner=alice,
        title="Alice only",
        duration_sec=12.0,
        frames=288,
        status="ready",
        source_key=source,
        master_key=master,
        lyrics=[{"start": 1.0, "end": 2.0, "text": "secret words", "words": []}],
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
    sections = [
        Section.objects.create(
            song=song,
            section_index=index,
            label="Part",
            start_frame=96 * index,
            end_frame=96 * index + 96,
        )
        for index in range(3)
    ]
    film, poster, take_file, still = (
        stored(storage.video_key(alice.pk, video_id, name))
        for name in ("film.mp4", "poster.jpg", "take.mp4", "take.jpg")
    )
    job = Job.objects.create(
        owner=alice, kind="generation", status="succeeded", song_id=song_id, video_id=video_id
    )
    video = Video.objects.create(
        id=video_id,
        owner=alice,
        song=song,
        title="Alice only",
        video_type="abstract",
        model="visualizer",
        status="ready",
        film_key=film,
        poster_key=poster,
        job_id=job.pk,
    )
    clips = [
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
    take = Take.objects.create(
        clip=clips[0],
        job=job,
        number=1,
        seed=1,
        status="succeeded",
        key=take_file,
        thumbnail_key=still,
    )
    picture, thumbnail = (
        stored(storage.asset_key(alice.pk, video_id, name))
        for name in ("picture.png", "thumbnail.jpg")
    )
    asset = Asset.objects.create(
        owner=alice, title="Alice only", key=picture, thumbnail_key=thumbnail
    )
    still_row = Still.objects.create(
        clip=clips[0],
        job=job,
        number=1,
        seed=1,
        status="succeeded",
        key=stored(storage.video_key(alice.pk, video_id, "still.jpg")),
        thumbnail_key=stored(storage.video_key(alice.pk, video_id, "small.jpg")),
    )
    Clip.objects.filter(pk=clips[0].pk).update(chosen_still=still_row)
    export = Export.objects.create(
        video=video, format="mov", height=480, status="ready", key=stored(film + ".mov")
    )
    return World(alice, song, sections[0], video, clips[0], take, job, asset, still_row, export)


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_superuser("olga@example.org", PASSWORD)


Ask = Callable[..., HttpResponseBase]


@pytest.fixture
def ask() -> Ask:
    """Ask as somebody: with a bearer token under /api/, else with a session."""

    def send(user: User | None, method: str, address: str) -> HttpResponseBase:
        if address.startswith("/api/"):
            client = APIClient()
            if user is not None:
                client.force_authenticate(user)
            uploads = ("/api/songs", "/api/assets")
            form = "multipart" if address in uploads and method == "POST" else "json"
            answer: HttpResponseBase = getattr(client, method.lower())(address, format=form)
            return answer
        browser = Client()
        if user is not None:
            browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser.generic(method, address, content_type="application/x-www-form-urlencoded")

    return send


def outcome(response: HttpResponseBase) -> str:
    """What an answer means to who gets it."""
    status = response.status_code
    if status in (302, 303) and response["Location"].startswith("/sign-in?"):
        return SIGN_IN
    if status in (302, 303) and response["Location"].startswith("/admin/login/"):
        return "admin"
    known = {401: NO_TOKEN, 403: "forbidden", 404: UNKNOWN, 405: WRONG_METHOD}
    assert status < 500 or status == 503, f"answered {status}"
    return known.get(status, OK)


def body(response: HttpResponseBase) -> bytes:
    if response.streaming:
        return b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return response.content  # type: ignore[attr-defined, no-any-return]


def state() -> dict[str, list[dict[str, Any]]]:
    """All rows of ours, to see that nothing has changed."""
    ours = ("accounts", "songs", "videos", "jobs")
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for label in ours
        for model in apps.get_app_config(label).get_models()
    }


def strip_token(content: bytes) -> bytes:
    """Pages carry a CSRF token that is new each time."""
    return re.sub(
        rb'(csrfmiddlewaretoken" value="|X-CSRFToken": "|csrftoken=)[^"]+', rb"\1", content
    )


def test_every_route_is_declared_and_every_declaration_is_a_route() -> None:
    assert sorted(routes()) == sorted(RULES)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(RULES))
def test_each_visitor_meets_what_is_declared(
    name: str, world: World, charlie: User, olga: User, ask: Ask
) -> None:
    rule, address = RULES[name], world.address(routes()[name])
    visitors = (("anonymous", None), ("charlie", charlie), ("staff", olga), ("owner", world.alice))
    for who, user in visitors:
        for method in METHODS:
            met = outcome(ask(user, method, address))
            if method in rule.methods:
                assert (who, method, met) == (who, method, getattr(rule, who))
            elif rule.anonymous != OK:
                assert met != OK, f"{who} may {method} {address}"


ROWS = [
    name for name, rule in sorted(RULES.items()) if rule.charlie == UNKNOWN and rule.owner == OK
]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ROWS)
def test_what_is_not_yours_looks_like_what_is_not_there(
    name: str, world: World, charlie: User, olga: User, ask: Ask
) -> None:
    pattern, before = routes()[name], state()
    for user in (charlie, olga):
        for method in RULES[name].methods:
            foreign = ask(user, method, world.address(pattern))
            absent = ask(user, method, world.address(pattern, absent=True))
            contents = [
                strip_token(body(one)).replace(str(pk).encode(), b"")
                for one, pk in ((foreign, world.address(pattern)), (absent, ABSENT))
            ]
            assert foreign.status_code == absent.status_code == 404
            assert contents[0] == contents[1]
            assert b"Alice only" not in contents[0]
    users = {"User": [row | {"last_login": None} for row in before.pop("User")]}
    after = state()
    after["User"] = [row | {"last_login": None} for row in after["User"]]
    assert after == before | users


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.charlie == OK])
def test_what_all_may_ask_for_shows_nothing_of_alice(
    name: str, world: World, charlie: User, olga: User, ask: Ask
) -> None:
    secrets = [b"Alice only", b"secret words", world.alice.email.encode()]
    secrets += [str(row.pk).encode() for row in (world.alice, world.song, world.video, world.job)]
    if "GET" in RULES[name].methods:
        for user in (None, charlie, olga):
            content = body(ask(user, "GET", world.address(routes()[name])))
            assert [secret for secret in secrets if secret in content] == []


def admin_pages(world: World) -> list[str]:
    rows = (world.alice, world.song, world.section, world.video, world.clip, world.take, world.job)
    rows += (world.asset, world.still)
    rows += (world.export,)
    lists = [f"/admin/{row._meta.app_label}/{row._meta.model_name}/" for row in rows]
    pages = [f"{address}{row.pk}/change/" for address, row in zip(lists, rows, strict=True)]
    return ["/admin/", *lists, *pages, "/admin/jobs/discard/"]


@pytest.mark.django_db
def test_the_admin_is_for_operators_alone(
    world: World, charlie: User, olga: User, ask: Ask
) -> None:
    for address in admin_pages(world):
        met = [outcome(ask(user, "GET", address)) for user in (None, charlie, world.alice, olga)]
        assert (address, met) == (address, ["admin", "admin", "admin", OK])
