"""The word tables: what words of an idea name, and what moods and sections look like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

# Words that name nothing by themselves.
_FILLERS = """
    a an the and or but with of in on at to for my our your it its that this is are be very really
    quite some aesthetic aesthetics vibe vibes style styled look looking feel feeling color colors
    colour colours mood atmosphere scene scenes shot shots music song track theme themed inspired
    something thing things lots full light lights lighting tones palette please video high low as
    if
"""
FILLERS = frozenset(_FILLERS.split())

_STYLES = """
    punk rock|punk|graffiti|cyberpunk|steampunk|anime|cartoon|comic book|claymation|stop motion|
    watercolor|watercolour|oil painting|pencil drawing|sketch|pixel art|low poly|3d render|cgi|
    photorealistic|realistic|cinematic|film noir|noir|documentary|vintage|retro|vhs|8mm|super 8|
    synthwave|vaporwave|y2k|art deco|baroque|gothic|surreal|surrealist|psychedelic|minimalist|
    minimal|abstract|collage|glitch|grunge|fantasy|science fiction|sci-fi|scifi|western|horror|
    hip hop|heavy metal|metal|indie|folk|rock|pop|jazz|techno|experimental|futuristic|
    impressionist|expressionist|origami|paper cut|silhouette|black metal|street art|fashion film
"""
_PALETTES = """
    black and white|monochrome|monochromatic|sepia|neon|pastel|pastels|earth tones|golden|gold|
    silver|red|crimson|scarlet|orange|yellow|green|emerald|teal|turquoise|cyan|blue|navy|indigo|
    violet|purple|magenta|pink|white|black|grey|gray|brown|rainbow|colorful|colourful|vivid|
    muted|desaturated|saturated|warm colors|cold colors|warm|cold|icy|high contrast|
    iridescent|holographic
"""
_SETTINGS = """
    urban|city|downtown|street|streets|alley|rooftop|rooftops|subway|skyline|tokyo|new york|paris|
    london|berlin|los angeles|club|nightclub|stage|stadium|concert hall|studio|garage|warehouse|
    basement|bedroom|kitchen|house|school|church|cathedral|castle|theater|theatre|museum|diner|
    bar|motel|forest|woods|jungle|desert|beach|seaside|sea|ocean|underwater|river|lake|waterfall|
    mountain|mountains|valley|field|fields|meadow|garden|countryside|farm|island|cave|volcano|
    sky|clouds|space|outer space|galaxy|moon|mars|planet|highway|road|train|car|airport|
    night|at night|sunset|sunrise|dawn|dusk|golden hour|midnight|rain|snow|storm|fog|winter|
    summer|autumn|spring|outdoors|indoors|festival|carnival|market|harbor|harbour|bridge
"""
_MOTIONS = """
    slow motion|time lapse|timelapse|hyperlapse|handheld|drone|aerial|tracking shot|one take|
    steadicam|fast cuts|quick cuts|fast-paced|fast paced|slow|fast|frantic|floating|flowing|
    spinning|pulsing|static|smooth|shaky|zooming|flying|drifting
"""
_MOODS = """
    energetic|aggressive|angry|rebellious|dark|gloomy|sad|melancholic|melancholy|lonely|nostalgic|
    calm|peaceful|serene|relaxed|chill|dreamy|ethereal|mystical|mysterious|romantic|sensual|
    happy|joyful|cheerful|playful|funny|uplifting|hopeful|epic|dramatic|intense|tense|eerie|
    spooky|creepy|moody|intimate|euphoric|triumphant|bittersweet|wild
"""

# Phrases that mean more than one part, or something else than they say.
_SPECIAL: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "high energy": (("motion", "high energy"), ("mood", "energetic")),
        "high-energy": (("motion", "high energy"), ("mood", "energetic")),
        "low energy": (("motion", "slow"), ("mood", "calm")),
        "laid back": (("motion", "slow"), ("mood", "relaxed")),
        "laid-back": (("motion", "slow"), ("mood", "relaxed")),
        "neon lights": (("palette", "neon"),),
        "neon rain": (("palette", "neon"), ("setting", "rain")),
        "under the sea": (("setting", "underwater"),),
    }
)


def _listed(table: str) -> list[str]:
    return [" ".join(phrase.split()) for phrase in table.split("|") if phrase.strip()]


def _pattern(phrase: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in phrase.split())
    return re.compile(rf"(?<![\w-]){words}(?![\w-])", re.IGNORECASE)


def _phrases() -> tuple[tuple[re.Pattern[str], tuple[tuple[str, str], ...]], ...]:
    """Return a pattern for each phrase and what it names, longest phrase first."""
    tables = (
        ("style", _STYLES),
        ("palette", _PALETTES),
        ("setting", _SETTINGS),
        ("motion", _MOTIONS),
        ("mood", _MOODS),
    )
    named: dict[str, tuple[tuple[str, str], ...]] = {
        phrase: ((part, ""),) for part, table in tables for phrase in _listed(table)
    }
    named |= _SPECIAL
    longest_first = sorted(named, key=lambda phrase: (-len(phrase), phrase))
    return tuple((_pattern(phrase), named[phrase]) for phrase in longest_first)


# Each phrase as a pattern, and (part, meaning) for what it names; an empty meaning is the phrase.
PHRASES = _phrases()

# The palette of a mood, where neither the idea nor the flavor names one.
MOOD_PALETTES: Mapping[str, str] = MappingProxyType(
    {
        "energetic": "electric orange, magenta and white",
        "happy": "sunny yellow, coral and sky blue",
        "aggressive": "blood red, black and hard white",
        "dark": "deep blue, black and a cold green",
        "sad": "muted blue and grey",
        "melancholic": "muted blue and grey",
        "calm": "soft teal, sand and pale blue",
        "peaceful": "soft teal, sand and pale blue",
        "dreamy": "lavender, rose and pale gold",
        "epic": "deep gold, crimson and night blue",
        "romantic": "warm rose, amber and wine red",
        "playful": "turquoise, lemon and hot pink",
    }
)
OTHER_PALETTE = "deep blue, violet and warm gold"

# What the name of a section says about its place in the song.
LABEL_MEANINGS: tuple[tuple[str, str], ...] = (
    ("intro", "the song opens, the picture is unhurried and leaves much unseen"),
    ("pre chorus", "tension rises, everything leans forward"),
    ("prechorus", "tension rises, everything leans forward"),
    ("post chorus", "the high point rings on"),
    ("verse", "the scene is told in detail"),
    ("chorus", "the high point, the picture opens up at full strength"),
    ("hook", "the high point, the picture opens up at full strength"),
    ("refrain", "the high point, the picture opens up at full strength"),
    ("build", "tension rises, everything leans forward"),
    ("drop", "all energy is let loose at once"),
    ("breakdown", "the music thins out, the picture becomes sparse"),
    ("break", "the music thins out, the picture becomes sparse"),
    ("bridge", "a change of light and place"),
    ("solo", "one player, one gesture, everything else steps back"),
    ("instrumental", "no words, only movement"),
    ("interlude", "a pause for breath between two scenes"),
    ("outro", "the song ends, the picture comes to rest"),
    ("ending", "the song ends, the picture comes to rest"),
    ("coda", "the song ends, the picture comes to rest"),
)
