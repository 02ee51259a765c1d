"""What the video shows: types, suggestions, ideas and prompts."""

from __future__ import annotations

import pytest

from songs.lyrics import Line
from videos.direction.idea import IdeaParts, idea_core, read_idea
from videos.direction.prompts import clip_prompt, negative_prompt, section_prompt, write_prompt
from videos.direction.suggestion import genre_family, suggest
from videos.direction.types import VIDEO_TYPES, VideoTypeError, check_video_type
from videos.flavors.loader import get_flavor
from videos.flavors.types import Shot

DEFAULT = get_flavor("default")
STADIUM = get_flavor("stadium")


def sung(*texts: str) -> list[Line]:
    return [Line(k, k + 1, text) for k, text in enumerate(texts)]


def vector(energy: float, valence: float, danceability: float, tension: float) -> dict[str, float]:
    return {
        "energy": energy,
        "valence": valence,
        "danceability": danceability,
        "tension": tension,
    }


def test_there_are_five_video_types_with_names():
    assert {key: one.name for key, one in VIDEO_TYPES.items()} == {
        "abstract": "Abstract visualizer",
        "performance": "Performance",
        "narrative": "Narrative",
        "nature": "Nature and scenery",
        "urban": "Urban",
    }


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("urban", "urban"),
        (" Urban ", "urban"),
        ("nature and scenery", "nature"),
        ("claymation  animals", "claymation animals"),
        ("x" * 100, "x" * 100),
    ],
)
def test_a_video_type_is_one_of_the_five_or_own_words(text: str, stored: str):
    assert check_video_type(text) == stored


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" ", "Choose a video type or describe one in your own words."),
        ("x" * 101, "The video type has 101 characters; 100 are allowed."),
    ],
)
def test_own_words_are_neither_empty_nor_too_long(text: str, sentence: str):
    with pytest.raises(VideoTypeError) as caught:
        check_video_type(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("bpm", "genre", "mood", "numbers", "expected"),
    [
        (128, "electronic", "energetic", (0.8, 0.6, 0.82, 0.4), "abstract"),
        (160, "rock", "aggressive", (0.9, 0.4, 0.5, 0.7), "performance"),
        (75, "folk_acoustic", "sad", (0.25, 0.3, 0.3, 0.4), "narrative"),
        (70, "ambient", "calm", (0.15, 0.5, 0.2, 0.2), "nature"),
        (92, "hip_hop", "dark", (0.6, 0.4, 0.75, 0.6), "urban"),
    ],
)
def test_a_typical_song_of_each_kind_gets_its_type(bpm, genre, mood, numbers, expected):
    assert suggest(bpm, genre, mood, vector(*numbers)).video_type == expected


def test_the_reason_names_what_spoke_most_with_its_numbers():
    suggestion = suggest(128, "electronic", "energetic", vector(0.8, 0.6, 0.82, 0.4))
    assert suggestion.reason == (
        "The electronic genre and the high danceability of 0.82 suit an abstract visualizer video"
        " (the tempo is 128 BPM)."
    )


def test_all_five_choices_come_by_score_and_add_up_to_one():
    choices = suggest(92, "hip_hop", "dark", vector(0.6, 0.4, 0.75, 0.6)).choices
    assert [(choice.key, choice.score) for choice in choices] == [
        ("urban", 0.423),
        ("narrative", 0.189),
        ("nature", 0.138),
        ("abstract", 0.132),
        ("performance", 0.117),
    ]


def test_a_song_of_which_little_is_known_still_gets_a_suggestion():
    suggestion = suggest(120, "", "", {})
    assert suggestion.video_type == "nature"
    assert len(suggestion.choices) == 5


@pytest.mark.parametrize(
    ("genre", "family"),
    [
        ("Hip-Hop", "hip hop"),
        ("hip_hop", "hip hop"),
        ("punk rock", "rock"),
        ("folk_acoustic", "acoustic"),
        ("drum and bass", "electronic"),
        ("Synth-pop", "electronic"),
        ("polka", ""),
    ],
)
def test_genres_belong_to_families(genre: str, family: str):
    assert genre_family(genre) == family


@pytest.mark.parametrize(
    ("idea", "core"),
    [
        (
            "Generate a high energy punk rock video with urban graffiti aesthetics",
            "high energy punk rock with urban graffiti aesthetics",
        ),
        ("Please create a music video about two lovers on a train.", "two lovers on a train"),
        ("I want a video of my dog running on the beach", "my dog running on the beach"),
        ("A lone astronaut  in Tokyo", "A lone astronaut in Tokyo"),
        ("", ""),
    ],
)
def test_the_request_around_an_idea_is_taken_off(idea: str, core: str):
    assert idea_core(idea) == core


@pytest.mark.parametrize(
    ("idea", "parts"),
    [
        (
            "Generate a high energy punk rock video with urban graffiti aesthetics",
            IdeaParts(
                style="punk rock, graffiti",
                setting="urban",
                motion="high energy",
                mood="energetic",
            ),
        ),
        (
            "A lone astronaut walking through neon rain in Tokyo, slow and dreamy",
            IdeaParts(
                subject="lone astronaut walking",
                palette="neon",
                setting="rain, Tokyo",
                motion="slow",
                mood="dreamy",
            ),
        ),
        (
            "Please create a music video about two lovers on a train at night, black and white",
            IdeaParts(subject="two lovers", palette="black and white", setting="train, at night"),
        ),
        (
            "Make a dreamy video with a ballet dancer by the sea",
            IdeaParts(subject="ballet dancer", setting="sea", mood="dreamy"),
        ),
        ("dark moody forest", IdeaParts(setting="forest", mood="dark, moody")),
        (
            "80s synthwave, purple and teal, slow motion",
            IdeaParts(
                subject="80s", style="synthwave", palette="purple, teal", motion="slow motion"
            ),
        ),
        ("", IdeaParts()),
    ],
)
def test_an_idea_is_read_for_its_parts(idea: str, parts: IdeaParts):
    assert read_idea(idea) == parts


def test_a_prompt_without_an_idea_is_filled_from_type_and_mood():
    prompt = write_prompt(
        genre="electronic", mood="dreamy", video_type="abstract", idea="", flavor=DEFAULT, bpm=128
    )
    assert prompt == (
        "A dreamy abstract music video for an electronic song at 128 BPM. It shows flowing shapes"
        " and light in endless dark space. The style is abstract motion graphics, in lavender,"
        " rose and pale gold. Every movement follows the beat. Cinematic light, rich detail,"
        " smooth and natural motion."
    )


def test_a_prompt_keeps_the_idea_and_fills_only_what_it_leaves_open():
    prompt = write_prompt(
        genre="punk",
        mood="energetic",
        video_type="urban",
        idea="Generate a high energy punk rock video with urban graffiti aesthetics",
        flavor=DEFAULT,
    )
    assert prompt == (
        "An energetic urban music video for a punk song. High energy punk rock with urban graffiti"
        " aesthetics. It shows young people in the streets. The colors are electric orange, magenta"
        " and white. Cinematic light, rich detail, smooth and natural motion."
    )


def test_the_mood_of_the_idea_goes_before_the_mood_of_the_song():
    prompt = write_prompt(
        genre="rock", mood="aggressive", video_type="nature", idea="calm lake", flavor=DEFAULT
    )
    assert prompt.startswith("A calm scenic nature music video for a rock song. Calm lake.")
    assert "soft teal, sand and pale blue" in prompt


def test_own_words_for_the_type_are_said_in_the_prompt():
    prompt = write_prompt(
        genre="hip_hop", mood="playful", video_type="claymation animals", idea="", flavor=DEFAULT
    )
    assert prompt == (
        "A playful music video for a hip hop song: claymation animals. The colors are turquoise,"
        " lemon and hot pink. Cinematic light, rich detail, smooth and natural motion."
    )


def test_a_prompt_is_written_even_if_nothing_is_known():
    prompt = write_prompt(genre="", mood="", video_type="performance", idea="", flavor=DEFAULT)
    assert prompt.startswith("A live performance music video for a song. It shows a band")


def test_a_flavor_keeps_its_place_whatever_the_idea_says():
    prompt = write_prompt(
        genre="rock",
        mood="happy",
        video_type="narrative",
        idea="A lone astronaut in a neon studio in Tokyo with a crowd",
        flavor=STADIUM,
    )
    assert prompt.startswith(
        "A happy music video for a rock song. It shows a band and its singer on a huge outdoor"
        " stadium stage under the open evening sky. The style is live concert film"
    )


def test_a_section_adds_its_label_its_note_and_its_own_lyrics():
    prompt = section_prompt(
        "A video.",
        label="Chorus",
        note="rain starts to fall",
        lyrics=sung("We run all night", "until the morning"),
        flavor=DEFAULT,
    )
    assert prompt == (
        "A video. Chorus: the high point, the picture opens up at full strength. Rain starts to"
        " fall. The words sung here: \u201cWe run all night / until the morning\u201d."
    )


def test_a_section_without_note_and_lyrics_adds_its_label_alone():
    prompt = section_prompt("A video.", label="Moon Part", note="", lyrics=[], flavor=DEFAULT)
    assert prompt == "A video. This part is called Moon Part."


def test_long_lyrics_are_cut_after_a_word():
    lyrics = sung(*["we are singing this line again"] * 10)
    prompt = section_prompt("A video.", label="Verse", note="", lyrics=lyrics, flavor=DEFAULT)
    quoted = prompt.split("\u201c")[1].split("\u201d")[0]
    assert len(quoted) <= 162
    assert quoted.endswith("again / we are singing this line …")


def test_what_a_flavor_never_shows_is_left_out_of_note_label_and_lyrics():
    prompt = section_prompt(
        "A video.",
        label="Studio",
        note="everyone jumps in the studio, lights flash",
        lyrics=sung("I burn", "alone in my room", "the crowd is gone"),
        flavor=STADIUM,
    )
    assert prompt == (
        "A video. Everyone jumps, lights flash. The words sung here: \u201cI burn\u201d."
    )


def test_the_shot_comes_first_in_the_prompt_of_a_clip():
    shot = Shot("close", "very slow push in", "a flower opens")
    assert clip_prompt("A video. Verse.", shot) == (
        "Close shot, very slow push in: a flower opens. A video. Verse."
    )


def test_the_negative_prompt_is_the_flavors_and_the_users_own_each_once():
    assert negative_prompt(DEFAULT, "text, rain,  ").endswith("extra limbs, flicker, rain")
    assert negative_prompt(DEFAULT) == (
        "text, subtitles, captions, watermark, logo, blurry, low quality, compression artifacts,"
        " distorted faces, extra limbs, flicker"
    )
