"""Colors: words of the prompt, else the mood, chosen from tables and mixed in OKLab.

A palette has six roles that every look uses alike: ``shadow`` (nearly black), ``deep`` (dark and
saturated), ``main`` (what one remembers), ``accent`` and ``counter`` (what stands against it) and
``light`` (what shines). All colors are linear RGB, so that light adds up as light does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from videos.visualizer.jit import Floats

Color = NDArray[np.float64]

#            shadow   deep     main     accent   light    counter
THEMES: dict[str, str] = {
    "neon": "0a0322 3d0fb0 ff2bd6 19d8ff ffd9f4 7a2bff",
    "cyber": "04101c 0b3a66 00d5ff ff2e88 e6fbff f7e04b",
    "sunset": "1b0a26 6b1d5c ff5e5b ffb14e fff0c9 8a3ffc",
    "dawn": "141a33 4b4a86 f59bb0 ffd29d fff6e6 7fb7e8",
    "ocean": "020e1f 05406f 0c9bc9 48e5c2 f2fbdf 2f5fe0",
    "tropical": "06231f 0a6b5f 12c9a0 ff6f59 fff4cf ffc23d",
    "forest": "07130d 174a2f 4fae4d d9e36b fdf8cf 2f8f83",
    "aurora": "040b1a 0c3b4c 2be38f 8f5bff e4fff2 20b7d8",
    "graffiti": "0c0b10 3a1264 ff2d78 ffe600 fff9e0 00e0c7",
    "fire": "120406 6a0f17 ff4a1c ffb321 fff0c0 c2185b",
    "desert": "1d0f0a 7a3b1e e08a3c ffcf7a fff3d6 3e7c8c",
    "autumn": "160b08 6b2a14 d9642a f2b441 fff0cf 7b8a3a",
    "ice": "050d18 1f4b73 7cc8f2 c9b8ff f4fbff 3f7cf0",
    "storm": "090d14 26384d 6f8fa8 d7c07a eef3f5 4a6fd0",
    "gold": "120c05 5a3a0c d69a2d ffdf8a fff6dc a8483a",
    "noir": "07080c 232833 8b93a3 e9e4d8 fbfaf6 a33a3a",
    "candy": "1d1030 6a3c9c ff8fc7 8fe8ff fff3fb ffe08f",
    "lavender": "120d24 44307a a58bff ff9fd6 f7f0ff 66d0e8",
    "vintage": "17100d 5b3327 c9724a e9c37f fbf0d9 4f8a85",
    "rose": "1a0712 6d1538 f0507f ffb3a7 fff0ea a45bd6",
    "royal": "0a0820 2b1c86 6a48ff ffc94a fff4d4 d63aa8",
    "moonlight": "050a18 1b2f5c 6d93d8 f0d9a0 f6f7ff 8f6fe0",
    "toxic": "070d06 20500f 7dff2a d02bff f4ffe0 ffe93b",
}

# Words that name a theme. The first that is found in the prompt decides.
WORDS: dict[str, str] = {
    "neon": "neon synthwave outrun retrowave 80s eighties electro club disco laser rave",
    "cyber": "cyberpunk cyber futuristic future sci-fi robot digital glitch tech techno android",
    "sunset": "sunset dusk twilight evening golden-hour horizon california summer",
    "dawn": "dawn sunrise morning hope hopeful awakening newborn",
    "ocean": "ocean sea water waves wave underwater beach lake river coast blue-hour aquatic",
    "tropical": "tropical island palm caribbean reggae reggaeton salsa paradise bossa",
    "forest": "forest woods trees jungle green meadow leaves moss nature garden spring",
    "aurora": "aurora northern arctic-night polar borealis",
    "graffiti": "graffiti street-art spray punk skate skateboard hip-hop mural rebel",
    "fire": "fire flame flames lava volcano inferno burning hell rage explosive molten ember",
    "desert": "desert dune dunes sand canyon western cowboy dust mars",
    "autumn": "autumn fall harvest october campfire country folk cabin",
    "ice": "ice snow winter frozen frost glacier cold arctic crystal",
    "storm": "storm thunder rain rainy clouds grey-sky fog foggy mist misty",
    "gold": "golden luxury glamour champagne baroque temple royalty jazz brass",
    "noir": "noir black-and-white monochrome film-noir minimal grayscale concrete ash",
    "candy": "candy pastel bubblegum cute kawaii playful cartoon pop dreamy",
    "lavender": "lavender lilac dream ethereal fairy soft floating haze",
    "vintage": "vintage retro sepia 70s seventies nostalgic nostalgia analog film old polaroid",
    "rose": "rose roses love romance romantic kiss heart wedding valentine tender",
    "royal": "royal magic wizard cosmic galaxy space nebula universe stars starry mystic",
    "moonlight": "moonlight moon night midnight nocturnal lonely lullaby",
    "toxic": "toxic acid alien slime radioactive venom psychedelic",
}

COLORS: dict[str, str] = {
    "red": "f0263c", "crimson": "c8102e", "scarlet": "ff2f1f", "maroon": "8a1538",
    "orange": "ff7a1a", "amber": "ffb000", "gold": "f5b83d", "yellow": "ffdf2b",
    "lime": "a6f02a", "green": "2fbf4f", "emerald": "10b981", "olive": "8f9a3a",
    "teal": "12b5a5", "turquoise": "30d5c8", "cyan": "1fd5f0", "aqua": "36e0e0",
    "blue": "2f6bff", "navy": "1d3a9e", "azure": "3aa0ff", "indigo": "4b3cf0",
    "violet": "8a4bff", "purple": "9b30e8", "magenta": "f02bd0", "pink": "ff6fb5",
    "brown": "9a5b33", "beige": "e2cfae", "white": "e8ecf2", "silver": "b8c2d0",
    "grey": "8d95a3", "gray": "8d95a3", "black": "3b4252", "copper": "c9713d",
    "coral": "ff6b5e", "peach": "ffb08a", "mint": "7ff0c0", "lilac": "c3a0ff",
}  # fmt: skip

# Mood words, as the analysis writes them and as people do.
MOODS: dict[str, str] = {
    "graffiti": "aggressive angry rebellious fierce wild",
    "neon": "energetic euphoric party danceable uplifting driving exciting hype",
    "sunset": "happy joyful cheerful warm sunny feel-good carefree triumphant",
    "fire": "intense powerful epic heroic passionate",
    "storm": "dark tense ominous anxious brooding gritty heavy",
    "moonlight": "sad melancholic melancholy lonely wistful blue somber",
    "lavender": "dreamy calm peaceful relaxed chill serene mellow ambient",
    "aurora": "mysterious atmospheric hypnotic spacey",
    "rose": "romantic sensual tender intimate sentimental",
    "dawn": "hopeful optimistic inspiring bittersweet",
    "vintage": "nostalgic groovy funky laid-back",
    "candy": "playful quirky fun bright",
}


@dataclass(frozen=True)
class Palette:
    """Six colors by role, linear RGB, each of shape (3,)."""

    shadow: Color
    deep: Color
    main: Color
    accent: Color
    light: Color
    counter: Color

    def ramp(self, *, steps: int = 1024) -> Floats:
        """(steps, 3) from shadow to light."""
        return blend([self.shadow, self.deep, self.main, self.accent, self.light], steps=steps)

    def loop(self, *, steps: int = 1024) -> Floats:
        """(steps, 3) through the colors and back, with darkness between them to rest the eye."""
        pale = 0.6 * self.light + 0.4 * self.accent
        order = [self.shadow, self.deep, self.main, pale, self.accent, self.deep]
        order += [self.shadow, self.counter, self.main, self.deep]
        return blend([*order, self.shadow], steps=steps)

    def turned(self, index: int) -> Palette:
        """The same family for another section: roles change places, hues lean a little."""
        lean = (0.0, 14.0, -12.0, 8.0)[index % 4]
        swaps = (
            (self.main, self.accent, self.counter),
            (self.accent, self.main, self.counter),
            (self.main, self.counter, self.accent),
            (self.counter, self.accent, self.main),
        )
        main, accent, counter = swaps[index % 4]
        deep = from_oklab(_at(to_oklab(main), lightness=0.36, chroma=0.9))
        return Palette(
            shadow=self.shadow,
            deep=_lean(0.5 * (deep + self.deep), lean),
            main=_lean(main, lean),
            accent=_lean(accent, lean),
            light=self.light,
            counter=_lean(counter, lean),
        )


def choose_palette(
    overall_prompt: str, prompt: str, mood_primary: str, mood_vector: Mapping[str, float]
) -> Palette:
    """The palette of a clip: the video's own words, else its mood; the clip's words add accents."""
    base = palette_of_words(overall_prompt) or palette_of_words(prompt)
    if base is None:
        base = palette_of_mood(mood_primary, mood_vector)
    extra = palette_of_words(_new_words(prompt, overall_prompt))
    return base if extra is None else replace(base, counter=extra.main)


def palette_of_words(text: str) -> Palette | None:
    """The palette that a prompt names, or None if it names none."""
    words = re.findall(r"[a-z0-9][a-z0-9-]*", text.lower())
    colors = list(dict.fromkeys(word for word in words if word in COLORS))
    theme = _first_theme(words, WORDS)
    if not colors:
        return None if theme is None else named(theme)
    painted = of_colors([COLORS[word] for word in colors[:3]])
    if theme is None or len(colors) > 1:
        return painted
    return replace(named(theme), main=painted.main, deep=painted.deep)


def palette_of_mood(primary: str, vector: Mapping[str, float]) -> Palette:
    """By the mood's name, else by how energetic and how bright the song feels."""
    theme = _first_theme(re.findall(r"[a-z-]+", primary.lower()), MOODS)
    if theme is not None:
        return named(theme)
    energetic = vector.get("energy", 0.5) >= 0.5
    bright = vector.get("valence", 0.5) >= 0.5
    if energetic:
        return named("neon" if bright else "fire")
    return named("dawn" if bright else "moonlight")


def named(theme: str) -> Palette:
    """The palette of the table."""
    return Palette(*(linear(code) for code in THEMES[theme].split()))


def of_colors(codes: Sequence[str]) -> Palette:
    """A palette around one to three colors, what is missing found beside and across from them."""
    main = to_oklab(linear(codes[0]))
    is_yellow = main[1] + main[2] > 0.0 and main[2] > 2.0 * abs(main[1])
    lean = -40.0 if is_yellow else 45.0
    accent = to_oklab(linear(codes[1])) if len(codes) > 1 else _turn(main, lean)
    counter = to_oklab(linear(codes[2])) if len(codes) > 2 else 0.5 * (main + accent)
    if len(codes) == 1:
        counter = _turn(main, -0.8 * lean)
    return Palette(
        shadow=from_oklab(_at(main, lightness=0.13, chroma=0.25)),
        deep=from_oklab(_at(main, lightness=0.34, chroma=0.8)),
        main=from_oklab(_at(main, lightness=float(np.clip(main[0], 0.55, 0.8)), chroma=1.0)),
        accent=from_oklab(accent),
        light=from_oklab(_at(accent, lightness=0.95, chroma=0.22)),
        counter=from_oklab(counter),
    )


def blend(stops: Sequence[Color], *, steps: int) -> Floats:
    """(steps, 3) linear RGB through the stops, evenly spaced, smooth in OKLab."""
    points = np.array([to_oklab(stop) for stop in stops])
    place = np.linspace(0.0, len(stops) - 1.0, steps)
    index = np.minimum(place.astype(int), len(stops) - 2)
    share = (place - index)[:, None]
    share = share * share * (3.0 - 2.0 * share)
    lab = points[index] * (1.0 - share) + points[index + 1] * share
    return np.ascontiguousarray(from_oklab(lab).clip(0.0, 1.5), dtype=np.float32)


def linear(code: str) -> Color:
    """Linear RGB of a hex color such as "ff7a1a"."""
    srgb = np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)]) / 255.0
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def to_oklab(color: Color) -> Color:
    """OKLab (lightness, a, b) of linear RGB; the last axis holds the channels."""
    return np.asarray(np.cbrt(color @ _TO_LMS.T) @ _TO_LAB.T)


def from_oklab(lab: Color) -> Color:
    """Linear RGB of OKLab, not below zero."""
    lms = (lab @ np.linalg.inv(_TO_LAB).T) ** 3
    return np.asarray(np.maximum(lms @ np.linalg.inv(_TO_LMS).T, 0.0))


def _first_theme(words: Sequence[str], table: Mapping[str, str]) -> str | None:
    themes = {word: theme for theme, line in table.items() for word in line.split()}
    return next((themes[word] for word in words if word in themes), None)


def _new_words(prompt: str, overall_prompt: str) -> str:
    known = set(overall_prompt.lower().split())
    return " ".join(word for word in prompt.lower().split() if word not in known)


def _at(lab: Color, *, lightness: float, chroma: float) -> Color:
    return np.array([lightness, lab[1] * chroma, lab[2] * chroma])


def _turn(lab: Color, degrees: float) -> Color:
    angle = np.radians(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([lab[0], lab[1] * cosine - lab[2] * sine, lab[1] * sine + lab[2] * cosine])


def _lean(color: Color, degrees: float) -> Color:
    return from_oklab(_turn(to_oklab(color), degrees))
