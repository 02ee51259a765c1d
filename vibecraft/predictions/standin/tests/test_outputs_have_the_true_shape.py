"""Outputs are real media: each model's own frames, size and rate, as a decoder sees them."""

from __future__ import annotations

import base64
import json
from fractions import Fraction

import jsonschema
import numpy as np
import pytest

from vibecraft.media.ffmpeg import run
from vibecraft.predictions.standin import catalog, pictures, shapes, sounds, words
from vibecraft.predictions.standin.inputs import Inputs
from vibecraft.predictions.standin.labels import draw_card
from vibecraft.predictions.standin.studio import Order, Studio, Told
from vibecraft.predictions.standin.tests.decoding import decode, fetch, raw_frame
from vibecraft.predictions.standin.tests.receiver import until

MODELS = catalog.load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="module")
def studio(folder):
    studio = Studio(folder, Inputs(folder, lambda _: None))
    yield studio
    studio.stop()


@pytest.fixture(scope="module")
def photo(folder):
    """A still of 640x360 as data URI, of soft colors that differ everywhere."""
    path = folder / "photo.png"
    # Colors that are not named would be others each time, whatever the seed.
    colors = "c0=0x203060:c1=0xf0a020:c2=0x108050:c3=0xe0e0f0"
    source = f"gradients=s=640x360:nb_colors=4:{colors}:x0=0:y0=0:x1=640:y1=360"
    run(["-f", "lavfi", "-i", source, "-frames:v", "1", "-y", str(path)], folder=folder)
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def make(studio, slug, media=None, **given):
    model = MODELS.by_slug[slug]
    files = tuple(model.file_inputs(given))
    return studio.make(Order(model, model.values(given), files, 1, 0, media)).result(60)


LENGTHS = [
    ("minimax/hailuo-2.3-fast", {}, 141, 24),
    ("minimax/hailuo-2.3", {"duration": 10}, 237, 24),
    ("bytedance/seedance-1-lite", {"duration": 5}, 121, 24),
    ("bytedance/seedance-1-pro-fast", {"duration": 12}, 289, 24),
    ("wan-video/wan-2.2-i2v-fast", {}, 81, 16),
    ("wan-video/wan-2.2-i2v-fast", {"num_frames": 121}, 121, 16),
    ("wan-video/wan-2.2-t2v-fast", {}, 152, 30),
    ("kwaivgi/kling-v2.5-turbo-pro", {"duration": 10}, 241, 24),
    ("google/veo-3.1-fast", {}, 192, 24),
    ("prunaai/p-video", {"fps": 48}, 240, 48),
    ("lightricks/ltx-2.3-fast", {}, 151, 25),
    ("anotherjesse/zeroscope-v2-xl", {}, 24, 8),
    ("lucataco/animate-diff", {}, 16, 8),
]


@pytest.mark.parametrize(("slug", "given", "frames", "rate"), LENGTHS)
def test_lengths_are_whole_frames_at_the_models_rate(slug, given, frames, rate):
    model = MODELS.by_slug[slug]
    assert shapes.video_length(model, model.values(given)) == (frames, Fraction(rate))


@pytest.mark.parametrize(
    ("slug", "given", "image", "size"),
    [
        ("minimax/hailuo-2.3-fast", {}, (1920, 1080), (1366, 768)),
        ("minimax/hailuo-2.3-fast", {}, (1080, 1920), (768, 1366)),
        ("minimax/hailuo-2.3-fast", {"resolution": "1080p"}, (1080, 1080), (1080, 1080)),
        ("bytedance/seedance-1-lite", {}, None, (1248, 704)),
        ("bytedance/seedance-1-lite", {"aspect_ratio": "16:9"}, (1080, 1920), (704, 1248)),
        ("bytedance/seedance-1-pro-fast", {"aspect_ratio": "9:16"}, None, (1088, 1920)),
        ("wan-video/wan-2.2-i2v-fast", {}, (1920, 1080), (832, 480)),
        ("kwaivgi/kling-v2.1", {"mode": "pro"}, (1920, 1080), (1920, 1080)),
        ("google/veo-3.1-fast", {"aspect_ratio": "9:16"}, (1920, 1080), (1080, 1920)),
        ("lightricks/ltx-2.3-fast", {"resolution": "4k"}, None, (3840, 2160)),
        ("anotherjesse/zeroscope-v2-xl", {"width": 1024, "height": 576}, None, (1024, 576)),
        ("lucataco/animate-diff", {}, None, (512, 512)),
    ],
)
def test_sizes_follow_the_model_or_the_image(slug, given, image, size):
    model = MODELS.by_slug[slug]
    assert shapes.video_shape(model, model.values(given), image).size == size


def test_image_to_video_begins_with_the_given_image(studio, photo, folder):
    given = {"image": photo, "duration": 1, "save_audio": False}
    made = make(studio, "prunaai/p-video", prompt="sea", **given).files[0]
    seen = decode(made)
    assert (seen.frames, seen.rate, seen.size, seen.codec) == (24, 24, (1280, 720), "h264")
    assert seen.sound_seconds is None
    still = _pixels(folder / "photo.png", 0, folder)
    assert np.abs(_pixels(made, 0, folder) - still).mean() < 4
    assert np.abs(_pixels(made, 23, folder) - still).mean() > 5


def test_wan_counts_frames_at_sixteen_a_second(studio, photo):
    made = make(studio, "wan-video/wan-2.2-i2v-fast", prompt="sea", image=photo)
    seen = decode(made.files[0])
    assert (seen.frames, seen.rate, seen.size, seen.gaps) == (81, 16, (832, 480), (0.0625,))
    assert made.metrics["video_output_duration_seconds"] == 5.062


def test_a_last_frame_is_reached(studio, photo, folder):
    end = draw_card(folder / "end.png", (640, 360), "the end", "Shot 2")
    last = "data:image/png;base64," + base64.b64encode(end.read_bytes()).decode()
    made = make(
        studio, "bytedance/seedance-1-lite", prompt="x", image=photo, last_frame_image=last,
        duration=2, resolution="480p",
    )  # fmt: skip
    seen = decode(made.files[0])
    assert (seen.frames, seen.size) == (49, (864, 480))
    there = _pixels(made.files[0], 48, folder)
    assert np.abs(there - _pixels(end, 0, folder)).mean() < 6


def test_text_to_video_shows_its_prompt_and_bears_the_mark(studio, folder):
    made = make(studio, "lucataco/animate-diff", prompt="a lighthouse in a storm, shot 12")
    other = make(studio, "lucataco/animate-diff", prompt="a red kite")
    seen = decode(made.files[0])
    assert (seen.frames, seen.rate, seen.size) == (16, 8, (512, 512))
    assert seen.gaps == (0.125,)
    assert np.abs(_pixels(made.files[0], 0, folder) - _pixels(other.files[0], 0, folder)).mean() > 3
    corner = _pixels(made.files[0], 0, folder, (512, 512))[480:504, 8:104]
    assert corner.min() < 30
    assert corner.max() > 220


def test_sound_is_as_long_as_the_picture_and_can_be_left_out(studio):
    loud = make(studio, "google/veo-3.1-fast", prompt="x", resolution="720p", duration=4)
    seen = decode(loud.files[0])
    assert (seen.frames, seen.size) == (96, (1280, 720))
    assert seen.sound_seconds == pytest.approx(4.0, abs=0.03)


@pytest.mark.parametrize(
    ("media", "frames", "rate", "size", "codec"),
    [
        ("shorter", 8, 8, (512, 512), "h264"),
        ("longer", 24, 8, (512, 512), "h264"),
        ("wrong_size", 16, 8, (256, 256), "h264"),
        ("wrong_rate", 60, 30, (512, 512), "h264"),
        ("wrong_codec", 16, 8, (512, 512), "mpeg4"),
        ("black", 16, 8, (512, 512), "h264"),
        ("sound", 16, 8, (512, 512), "h264"),
    ],
)
def test_media_can_be_wrong_on_request(studio, folder, media, frames, rate, size, codec):
    made = make(studio, "lucataco/animate-diff", media, prompt="waves")
    seen = decode(made.files[0])
    assert (seen.frames, seen.rate, seen.size, seen.codec) == (frames, rate, size, codec)
    assert (seen.sound_seconds is not None) is (media == "sound")
    if media == "black":
        assert _pixels(made.files[0], 5, folder).max() <= 16


def test_frames_can_come_at_uneven_times_and_upright(studio):
    uneven = make(studio, "anotherjesse/zeroscope-v2-xl", "vfr", prompt="waves")
    assert len(decode(uneven.files[0]).gaps) > 1
    upright = make(studio, "anotherjesse/zeroscope-v2-xl", "portrait", prompt="waves")
    assert decode(upright.files[0]).size == (320, 576)


@pytest.mark.parametrize(
    ("slug", "given", "size", "suffix", "count"),
    [
        ("black-forest-labs/flux-schnell", {"num_outputs": 2}, (1024, 1024), ".webp", 2),
        (
            "black-forest-labs/flux-schnell",
            {"megapixels": "0.25", "aspect_ratio": "16:9", "output_format": "png"},
            (672, 384),
            ".png",
            1,
        ),
        ("black-forest-labs/flux-kontext-pro", {"aspect_ratio": "9:16"}, (768, 1344), ".png", 1),
        ("bytedance/seedream-4", {"size": "1K"}, (1024, 1024), ".jpg", 1),
        ("google/nano-banana", {"aspect_ratio": "1:1"}, (1024, 1024), ".jpg", 1),
    ],
)
def test_images_have_their_size_and_format(studio, slug, given, size, suffix, count):
    made = make(studio, slug, prompt="a kite", **given)
    assert [path.suffix for path in made.files] == [suffix] * count
    assert pictures.still_size(made.files[0]) == size
    assert made.metrics["image_output_count"] == count


def test_a_reference_is_pasted_in(studio, photo, folder):
    plain = make(studio, "google/nano-banana", prompt="a kite", aspect_ratio="16:9")
    made = make(studio, "google/nano-banana", prompt="a kite", image_input=[photo])
    assert pictures.still_size(made.files[0]) == (1344, 768)
    changed = np.abs(_pixels(made.files[0], 0, folder) - _pixels(plain.files[0], 0, folder))
    assert changed[22:, :60].mean() > 5
    assert changed[:10].mean() < 2


def test_equal_input_is_made_once(studio):
    first = make(studio, "lucataco/animate-diff", prompt="twice")
    stamp = first.files[0].stat().st_mtime_ns
    assert make(studio, "lucataco/animate-diff", prompt="twice").files == first.files
    assert first.files[0].stat().st_mtime_ns == stamp


def test_music_has_the_asked_length_and_format(studio):
    made = make(studio, "meta/musicgen", prompt="90 bpm drums", duration=3, output_format="wav")
    assert made.files[0].suffix == ".wav"
    assert sounds.sound_seconds(made.files[0]) == pytest.approx(3.0, abs=0.01)
    sung = make(studio, "minimax/music-1.5", prompt="a calm song", lyrics="la la la la la la")
    assert sung.files[0].suffix == ".mp3"
    assert sounds.sound_seconds(sung.files[0]) == pytest.approx(9.7, abs=0.1)


def test_lip_sync_is_the_video_under_the_voice(studio, folder):
    take = make(studio, "lucataco/animate-diff", prompt="a face").files[0]
    voice = make(studio, "meta/musicgen", prompt="voice", duration=3).files[0]
    given = {"video": _uri(take, "video/mp4"), "audio": _uri(voice, "audio/wav")}
    seen = decode(make(studio, "sync/lipsync-2", **given).files[0])
    assert (seen.frames, seen.rate, seen.size) == (24, 8, (512, 512))
    assert seen.sound_seconds == pytest.approx(3.0, abs=0.03)
    cut = decode(make(studio, "sync/lipsync-2", sync_mode="cut_off", **given).files[0])
    assert (cut.frames, cut.rate) == (16, 8)


def test_speech_is_heard_with_times_of_words(studio):
    voice = make(studio, "meta/musicgen", prompt="voice", duration=3).files[0]
    audio = _uri(voice, "audio/wav")
    heard = make(studio, "victor-upmeet/whisperx", audio_file=audio, align_output=True).value
    assert heard["detected_language"] == "en"
    first = heard["segments"][0]["words"][0]
    assert first == {"word": "morning", "start": 0.0, "end": 0.4, "score": 0.9}
    plain = make(studio, "victor-upmeet/whisperx", audio_file=audio).value
    assert "words" not in plain["segments"][0]
    chunks = make(studio, "vaibhavs10/incredibly-fast-whisper", audio=audio, timestamp="word").value
    assert chunks["chunks"][1] == {"text": " light", "timestamp": [0.5, 0.9]}
    assert chunks["text"].startswith(" morning light is")


def test_told_words_are_heard(studio):
    voice = make(studio, "meta/musicgen", prompt="voice", duration=3).files[0]
    studio.tell(Told(words=[{"word": "hello", "start": 1.25, "end": 1.5}]))
    audio = _uri(voice, "audio/wav")
    heard = make(studio, "victor-upmeet/whisperx", audio_file=audio, align_output=True).value
    studio.tell(Told())
    assert heard["segments"] == [
        {"start": 1.25, "end": 1.5, "text": " hello",
         "words": [{"word": "hello", "start": 1.25, "end": 1.5, "score": 0.9}]}
    ]  # fmt: skip


SCENES = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 30},
        "scenes": {
            "type": "array",
            "items": {"$ref": "#/$defs/scene"},
        },
        "mood": {"enum": ["calm", "wild"]},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "is_loud": {"type": "boolean"},
        "note": {"anyOf": [{"type": "null"}, {"type": "string"}]},
    },
    "required": ["title", "scenes", "mood", "score", "is_loud", "note"],
    "additionalProperties": False,
    "$defs": {
        "scene": {
            "type": "object",
            "properties": {
                "prompt": {"type": "string", "minLength": 20},
                "clip": {"type": "integer", "minimum": 1, "maximum": 9},
            },
            "required": ["prompt", "clip"],
            "additionalProperties": False,
        }
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "wrap", [lambda s: s, lambda s: {"format": {"type": "json_schema", "schema": s}}]
)
def test_words_follow_the_schema(studio, wrap):
    prompt = "Write 7 scenes for a song about a red bicycle in Lisbon"
    made = make(studio, "openai/gpt-5-structured", prompt=prompt, json_schema=wrap(SCENES))
    output = made.value
    jsonschema.validate(output["json_output"], SCENES)
    assert json.loads(output["text"]) == output["json_output"]
    assert len(output["json_output"]["scenes"]) == 7
    assert made.metrics["input_token_count"] > 50
    item = [{"role": "user", "content": [{"type": "input_text", "text": prompt}]}]
    listed = make(studio, "openai/gpt-5-structured", input_item_list=item, json_schema=SCENES)
    assert len(listed.value["json_output"]["scenes"]) == 7


def test_a_broken_schema_fails_the_prediction(create, http, standin):
    created = create(input={"json_schema": {"type": "banana"}})
    until(lambda: standin.predictions()[0]["status"] == "failed")
    shown = http.get(f"/v1/predictions/{created['id']}").json()
    assert shown["error"].startswith("Invalid json_schema")


def test_answers_can_be_told(create, http, standin):
    standin.act("answers", {"match": {"prompt_contains": "scenes"}, "value": {"text": "told"}})
    told, made = create("12 scenes"), create("else")
    outputs = [standin.finish(one["id"])["output"] for one in (told, made)]
    assert outputs[0] == {"text": "told"}
    assert outputs[1] != {"text": "told"}
    http.get("/v1/predictions")


def test_simple_schemas_name_strings():
    values = {"prompt": "x", "simple_schema": ["title", "mood"]}
    assert words.schema_of(values) == {
        "type": "object",
        "properties": {"title": {"type": "string"}, "mood": {"type": "string"}},
    }


def test_the_whole_way_over_http_gives_the_same_file(create, http, standin, tmp_path):
    given = {"resolution": "480p", "duration": 2}
    created = create("a boat, shot 3", model="bytedance/seedance-1-lite", input=given)
    output = standin.finish(created["id"])["output"]
    seen = decode(fetch(output, tmp_path))
    assert (seen.frames, seen.rate, seen.size) == (49, 24, (864, 480))
    shown = http.get(f"/v1/predictions/{created['id']}").json()
    assert shown["output"] == output
    assert shown["metrics"]["video_output_duration_seconds"] == 2.042
    assert shown["metrics"]["resolution_target"] == "480p"


def _uri(path, kind):
    return f"data:{kind};base64," + base64.b64encode(path.read_bytes()).decode()


def _pixels(path, number, folder, size=(80, 45)):
    raw = raw_frame(path, number, size, folder)
    return np.frombuffer(raw, np.uint8).reshape(size[1], size[0], 3).astype(float)
