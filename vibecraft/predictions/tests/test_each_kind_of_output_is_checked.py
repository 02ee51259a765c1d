"""A film must move, a picture must be one picture, a song must sound; words come as they are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from vibecraft import storage
from vibecraft.media.errors import MediaError
from vibecraft.media.tests.making import make
from vibecraft.predictions.arriving import _words
from vibecraft.predictions.checking import check
from vibecraft.predictions.fetching import MB, Bad, links_in
from vibecraft.predictions.models import Prediction, Purpose
from vibecraft.predictions.ordering import order, stored
from vibecraft.predictions.tests.calls import order_still
from vibecraft.testing import beat_samples, write_wav

PICTURE = ("-f", "lavfi", "-i", "testsrc=s=320x180:r=24:d=1")
TONE = ("-f", "lavfi", "-i", "sine=d=1")


@pytest.mark.parametrize(
    ("name", "words", "ending"),
    [
        ("a.mp4", (*PICTURE, "-c:v", "libx264"), "mp4"),
        ("a.mov", (*PICTURE, *TONE, "-c:v", "libx264"), "mp4"),
        ("a.webm", (*PICTURE, "-c:v", "libvpx", "-deadline", "realtime"), "webm"),
    ],
)
def test_films_are_taken_in_the_usual_forms(tmp_path, name, words, ending):
    found = check(make(tmp_path / name, *words), "video", max_bytes=MB)
    assert (found.ending, found.seconds) == (ending, Decimal("1.0"))


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("a.mp4", (*TONE, "-c:a", "aac"), "no_picture"),
        ("a.mp4", (*PICTURE, "-c:v", "mpeg4"), "not_media"),
        ("a.mp4", (*PICTURE, "-frames:v", "1", "-c:v", "libx264"), "truncated"),
        ("a.avi", (*PICTURE, "-c:v", "libx264"), "not_media"),
        ("a.png", (*PICTURE, "-frames:v", "1"), "not_media"),
    ],
)
def test_what_is_no_film_is_refused(tmp_path, name, words, code):
    with pytest.raises(MediaError) as refused:
        check(make(tmp_path / name, *words), "video", max_bytes=MB)
    assert refused.value.code == code


def test_half_a_film_is_refused(tmp_path):
    path = make(tmp_path / "a.mp4", *PICTURE, "-c:v", "libx264")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(MediaError):
        check(path, "video", max_bytes=MB)


@pytest.mark.parametrize(("kind", "ending"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "jpg")])
def test_pictures_are_written_anew(tmp_path, kind, ending):
    path = tmp_path / "a.part"
    Image.new("RGB", (320, 180), "teal").save(path, kind)
    found = check(path, "image", max_bytes=MB)
    assert (found.ending, found.path != path) == (ending, True)
    assert Image.open(found.path).size == (320, 180)


@pytest.mark.parametrize("kind", ["image", "video", "music"])
@pytest.mark.parametrize(
    "content",
    [b"", b"<html><body>Not here</body></html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>"],
    ids=["nothing", "html", "svg"],
)
def test_no_kind_takes_what_is_no_media(tmp_path, kind, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(MediaError):
        check(tmp_path / "a", kind, max_bytes=MB)


@pytest.mark.parametrize(
    ("name", "words"),
    [("a.mp3", ()), ("a.wav", ()), ("a.m4a", ("-c:a", "aac")), ("a.flac", ())],
)
def test_sounds_are_taken_in_the_usual_forms(tmp_path, name, words):
    found = check(make(tmp_path / name, *TONE, *words), "music", max_bytes=MB)
    assert found.ending == name.partition(".")[2]
    assert 0.99 < found.seconds < 1.1


def test_a_film_without_sound_is_no_music(tmp_path):
    with pytest.raises(MediaError, match="no_sound"):
        check(make(tmp_path / "a.mp4", *PICTURE, "-c:v", "libx264"), "music", max_bytes=MB)


def test_addresses_are_found_in_any_shape():
    assert links_in("https://a/b") == ["https://a/b"]
    assert links_in({"video": "https://a/1", "more": ["https://a/2", 3, None], "seed": 1}) == [
        "https://a/1",
        "https://a/2",
    ]
    assert links_in(None) == links_in("words") == links_in([]) == []


def test_words_come_as_text_or_as_data():
    assert _words("hello").text == "hello"
    assert _words(["he", "llo"]).text == "hello"
    assert (_words({"text": "hi", "n": 1}).text, _words({"n": 1}).data) == ("hi", {"n": 1})
    for output in (None, "", [], {}, "x" * 5_000_000):
        with pytest.raises(Bad):
            _words(output)


def order_of(owner: Any, purpose: Purpose, model: str, values: Any) -> Prediction:
    return order(
        owner=owner,
        purpose=purpose,
        model=model,
        values=values,
        subject_id=owner.pk,
        keep_at=f"{owner.pk}/made/one",
    )


@pytest.mark.django_db
def test_a_clip_is_made_and_charged_by_its_seconds(ai, alice, do_work):
    values = {"prompt": "waves", "seconds": Decimal(1), "aspect_ratio": "16:9"}
    prediction = order_of(alice, Purpose.CLIP, "p-video-draft", values)
    do_work()
    prediction.refresh_from_db()
    assert prediction.outputs == [f"{alice.pk}/made/one.mp4"], prediction.error_detail
    assert prediction.actual_usd == prediction.estimated_usd == Decimal("0.005")


@pytest.mark.django_db
def test_without_metrics_the_file_tells_the_seconds(ai, alice, do_work):
    ai.fault(metrics="none")
    values = {"prompt": "waves", "seconds": Decimal(1), "aspect_ratio": "16:9"}
    prediction = order_of(alice, Purpose.CLIP, "p-video-draft", values)
    do_work()
    prediction.refresh_from_db()
    assert (prediction.actual_usd, prediction.cost_source) == (Decimal("0.005"), "file")


@pytest.mark.django_db
@pytest.mark.parametrize("media", ["wrong_codec"])
def test_a_clip_that_cannot_be_read_is_refused_and_paid(ai, alice, do_work, media):
    ai.fault(media=media)
    values = {"prompt": "waves", "seconds": Decimal(1), "aspect_ratio": "16:9"}
    prediction = order_of(alice, Purpose.CLIP, "p-video-draft", values)
    do_work()
    prediction.refresh_from_db()
    assert prediction.error_code == "output_bad"
    assert prediction.actual_usd == Decimal("0.005")


@pytest.mark.django_db
def test_a_song_is_heard_and_a_song_is_made(ai, alice, do_work, tmp_path):
    key = f"{alice.pk}/made/voice.wav"
    storage.put(key, write_wav(tmp_path / "voice.wav", beat_samples(2.0, 120)))
    heard = order_of(alice, Purpose.LYRICS, "whisperx", {"audio": stored(key)})
    do_work()
    heard.refresh_from_db()
    assert heard.status == "succeeded", heard.error_detail
    assert heard.data["segments"]
    assert heard.outputs == []
    values = {"prompt": "slow and warm", "seconds": Decimal(2)}
    song = order_of(alice, Purpose.MUSIC, "stable-audio-2.5", values)
    do_work()
    song.refresh_from_db()
    assert song.outputs == [f"{alice.pk}/made/one.mp3"], song.error_detail
    assert (song.actual_usd, song.cost_source) == (Decimal("0.20"), "metrics")


@pytest.mark.django_db
def test_a_file_is_uploaded_once_and_named_by_its_address(ai, alice, do_work, tmp_path):
    Image.new("RGB", (320, 180), "teal").save(tmp_path / "face.png")
    key = f"{alice.pk}/made/face.png"
    storage.put(key, tmp_path / "face.png")
    ai.fault(refuse="429", told="both", retry_after=1)
    prediction = order_still(alice, model="flux-kontext-pro", values={"reference": stored(key)})
    do_work()
    prediction.refresh_from_db()
    assert prediction.status == "succeeded", prediction.error_detail
    posted = [one["path"] for one in ai.requests() if one["method"] == "POST"]
    assert posted.count("/v1/files") == 1
    address = ai.predictions()[0]["input"]["input_image"]
    assert address == prediction.uploads[key]["address"]
    assert address.startswith(f"{ai.api}/v1/files/")
