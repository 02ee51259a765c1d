"""The kinds of songs: what drummers, bassists and guitarists play in each style.

A pattern is one bar; each sign is one step: X accent, x hit, o ghost note, a dot rests.
Alternatives are chosen by the song's seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Lanes = dict[str, str]


@dataclass(frozen=True)
class Kind:
    """One style. `swing` is where the off-beat falls in its pair of steps (0.5 straight).

    `humanize_ms` spread of each hit; `laid_back_ms` how late snares come; `tempo` how it moves;
    `arpeggio` plays a chord's notes one by one; `form` what happens on the way; `is_steady`
    whether it counts for the steady mark.
    """

    bpm: tuple[float, float]
    drums: tuple[Lanes, ...] = ()
    bass: tuple[str, ...] = ()
    chords: tuple[str, ...] = ()
    bass_voices: tuple[str, ...] = ("sub", "synth")
    chord_voices: tuple[str, ...] = ("electric piano", "piano", "organ", "synth", "pad")
    lead_voices: tuple[str, ...] = ("synth", "voice", "pluck", "")
    beats_per_bar: int = 4
    steps_per_beat: int = 4
    swing: tuple[float, float] = (0.5, 0.5)
    swing_step: int = 1
    humanize_ms: tuple[float, float] = (0.0, 6.0)
    laid_back_ms: float = 0.0
    strum_ms: float = 0.0
    arpeggio: bool = False
    pumping: bool = False
    anticipation: float = 0.0
    tempo: str = "constant"
    form: str = ""
    is_steady: bool = True
    levels: Lanes = field(default_factory=dict)


FOUR = "X...x...X...x..."
BACKBEAT = "....X.......X..."
OFFBEATS = "..x...x...x...x."
EIGHTHS = "x.o.x.o.x.o.x.o."
SIXTEENTHS = "xoxoxoxoxoxoxoxo"
WHOLE = "X..............."
HALVES = "X.......x......."

KINDS: dict[str, Kind] = {
    "house": Kind(
        (116, 129),
        ({"kick": FOUR, "clap": BACKBEAT, "open": OFFBEATS},
         {"kick": FOUR, "clap": BACKBEAT, "hat": SIXTEENTHS, "open": OFFBEATS},
         {"kick": FOUR, "snare": BACKBEAT, "hat": OFFBEATS, "shaker": SIXTEENTHS}),
        ("..x...x...x...x.", "x..x..x...x..x..", "..xx..x...xx..x."),
        ("X..x..x.........", "..x..x....x..x..", WHOLE, "X.....x...x....."),
        pumping=True, swing=(0.5, 0.56),
    ),
    "techno": Kind(
        (126, 145),
        ({"kick": FOUR, "hat": OFFBEATS}, {"kick": FOUR, "hat": SIXTEENTHS, "clap": BACKBEAT},
         {"kick": FOUR, "open": OFFBEATS, "rim": "...x..x....x..x.", "tom": "......x..x......"}),
        ("..xx..xx..xx..xx", ".xxx.xxx.xxx.xxx", "..x...x...x...x."),
        (WHOLE, "...x......x.....", "x..x..x..x..x..."), chord_voices=("synth", "pad"),
        lead_voices=("synth", ""), pumping=True,
    ),
    "drum and bass": Kind(
        (165, 178),
        ({"kick": "X.........x.....", "snare": BACKBEAT, "hat": EIGHTHS},
         {"kick": "X.x.......x.....", "snare": "....X..o.o..X..o", "hat": SIXTEENTHS},
         {"kick": "X.....x...x.....", "snare": BACKBEAT, "ride": "x...x...x...x..."}),
        (WHOLE, "X.....x...x.....", "x.x...x.x...x..."), (WHOLE, HALVES),
    ),
    "rock": Kind(
        (95, 145),
        ({"kick": "X.......X.x.....", "snare": BACKBEAT, "hat": EIGHTHS},
         {"kick": "X.....x.X.......", "snare": BACKBEAT, "ride": "x.x.x.x.x.x.x.x."},
         {"kick": "X..x....X.x....x", "snare": BACKBEAT, "open": "x...x...x...x..."}),
        ("x.x.x.x.x.x.x.x.", "x...x...x...x.x."), ("X.x.x.x.X.x.x.x.", "X.....x.x...x.x.", HALVES),
        ("pluck", "synth"), ("distorted", "organ", "pluck"), ("voice", "distorted", ""),
        humanize_ms=(3, 9),
    ),
    "punk": Kind(
        (150, 185),
        ({"kick": "X...x...X...x...", "snare": "..X...X...X...X.", "hat": "x.x.x.x.x.x.x.x."},
         {"kick": "X.......X.x.....", "snare": BACKBEAT, "open": "x...x...x...x..."},
         {"kick": "X.....x.X.......", "snare": BACKBEAT, "ride": EIGHTHS}),
        ("x.x.x.x.x.x.x.x.",), ("X.x.x.x.X.x.x.x.", "X.x.X.x.X.x.X.x."), ("pluck", "synth"),
        ("distorted",), ("voice", ""), humanize_ms=(3, 9),
    ),
    "hip hop": Kind(
        (80, 100),
        ({"kick": "X..x..x...x.....", "snare": BACKBEAT, "hat": EIGHTHS},
         {"kick": "X.x....x..x.....", "snare": BACKBEAT, "hat": "x.x.x.xxx.x.x.x."},
         {"kick": "X.....x...xx....", "clap": BACKBEAT, "hat": SIXTEENTHS}),
        ("X..x..x...x.....", WHOLE, "X.x....x..x....."), (WHOLE, "X.....x.....x...", HALVES),
        swing=(0.5, 0.6), humanize_ms=(1, 8), laid_back_ms=6,
    ),
    "trap": Kind(
        (130, 150),
        ({"kick": "X.....x....x....", "clap": "........X.......", "hat": "x.x.x.x.x.x.x.x."},
         {"kick": "X..x......x...x.", "snare": "........X.......", "hat": "x.x.xxx.x.x.x.xx"},
         {"kick": "X.........x.....", "clap": "........X.......", "hat": SIXTEENTHS}),
        ("X.....x....x....", WHOLE, "X.........x....."), (WHOLE,),
    ),
    "reggae": Kind(
        (62, 92),
        ({"kick": "........X.......", "rim": "........x.......", "hat": EIGHTHS},
         {"kick": "X.......X.......", "snare": "........x.......", "hat": "x.x.x.xxx.x.x.x."},
         {"kick": "X...X...X...X...", "rim": "........x..x....", "hat": OFFBEATS}),
        ("X..x..x...x.x...", "..x.x.x...x.x...", "X...x.x.X...x.x."), (OFFBEATS, "..xo..xo..xo..xo"),
        ("sub", "pluck"), ("organ", "pluck", "electric piano"), ("voice", ""),
        swing=(0.5, 0.62), humanize_ms=(2, 8),
    ),
    "waltz": Kind(
        (84, 180),
        ({"kick": "X.....", "snare": "..x.x.", "hat": "x.x.x."},
         {"kick": "X.....", "hat": "..x.x.", "ride": "x....."},
         {"kick": "X.....", "rim": "..x.x.", "shaker": "xoxoxo"}, {}),
        ("X.....", "X.x.x."), ("..x.x.", "X.x.x.", "X....."), beats_per_bar=3, steps_per_beat=2,
        lead_voices=("voice", "piano", ""), humanize_ms=(2, 8),
    ),
    "swing": Kind(
        (110, 180),
        ({"ride": "x.xxx.xx", "hat": "..X...X.", "kick": "o.o.o.o."},
         {"ride": "x.xxx.xx", "hat": "..x...x.", "snare": ".....o.x"}),
        ("x.x.x.x.",), ("X..x....", "...x...x", "X..x..x."), ("pluck",),
        ("piano", "electric piano", "pluck"), ("voice", "piano", ""), steps_per_beat=2,
        swing=(0.6, 0.68), humanize_ms=(3, 9),
    ),
    "bossa": Kind(
        (110, 150),
        ({"kick": "X..xX..x", "rim": "x..x..x...x..x..", "hat": "xxxxxxxx"},
         {"kick": "X..xX..x", "rim": "x..x...x", "shaker": "xoxoxoxo"}),
        ("X..xX..x",), ("x..x..x.", "X..x.x.x", "x.x..x.x"), ("pluck",),
        ("pluck", "electric piano"), ("voice", "pluck", ""), steps_per_beat=2, humanize_ms=(2, 8),
    ),
    "funk": Kind(
        (88, 120),
        ({"kick": "X.x...x...x..x..", "snare": "....X..o.o..X..o", "hat": "x.x.x.x.x.x.x.x."},
         {"kick": "X..x..x...x..x..", "snare": "....X..o.o..X...", "hat": SIXTEENTHS},
         {"kick": "X.x......xx.....", "snare": "....X..o.o.oX..o", "hat": EIGHTHS}),
        ("X..x..x.x..x..x.", "X.x...xx..x.x...", "X......x..x..xx."),
        ("..x..x.x..x..x.x", "...x..x....x..x.", "x..x..x....x.x.."), ("pluck", "synth"),
        ("pluck", "electric piano"), swing=(0.5, 0.56), humanize_ms=(2, 8),
    ),
    "syncopation": Kind(
        (90, 130),
        ({"kick": "X..x..x...x.x...", "snare": BACKBEAT, "hat": EIGHTHS},
         {"kick": "X.....x..x....x.", "snare": "....X..x....X...", "hat": OFFBEATS},
         {"kick": "X..x..x.x..x..x.", "clap": BACKBEAT, "shaker": SIXTEENTHS}),
        ("x..x..x.x..x..x.", "X.....x...x...x."), ("x..x..x.x..x..x.", "X..x..x...x..x.."),
        anticipation=0.4, humanize_ms=(1, 7),
    ),
    "ballad": Kind(
        (60, 84),
        ({"kick": "X.......X.......", "snare": BACKBEAT, "hat": "x.x.x.x.x.x.x.x."},
         {"kick": "X.........x.....", "rim": BACKBEAT, "hat": EIGHTHS}, {}),
        (WHOLE, HALVES), ("X...x...x...x...", "X.o.x.o.x.o.x.o.", HALVES), ("sub", "pluck"),
        ("piano", "electric piano"), ("voice", "piano"), humanize_ms=(2, 9),
    ),
    "6/8": Kind(
        (50, 80),
        ({"kick": "X.......x...", "snare": "......X.....", "hat": "x.x.x.x.x.x."},
         {"kick": "X...........", "snare": "......x.....", "ride": "X.x.x.x.x.x."},
         {"kick": "X.........x.", "rim": "......X.....", "shaker": "x.o.o.x.o.o."}),
        ("X.....x.....", "X.....x...x."), ("X.x.x.x.x.x.", "X.....x.....", "X.o.o.x.o.o."),
        ("sub", "pluck"), ("piano", "pluck", "electric piano"), beats_per_bar=2, steps_per_beat=6,
        humanize_ms=(2, 8),
    ),
    "5/4": Kind(
        (100, 170),
        ({"kick": "X..x..x...", "snare": "....x...X.", "ride": "x.xxx.x.x."},
         {"kick": "X.....X...", "snare": "..x.x...x.", "hat": "xoxoxoxoxo"}),
        ("X..x..x.x.", "X.....X..."), ("X..x......", "X..x..x.x.", "X.....X..."), ("pluck", "sub"),
        ("piano", "electric piano", "synth"), beats_per_bar=5, steps_per_beat=2,
        humanize_ms=(1, 7),
    ),
    "lo-fi": Kind(
        (68, 92),
        ({"kick": "X......x..x.....", "snare": BACKBEAT, "hat": EIGHTHS},
         {"kick": "X.....x...x.....", "rim": BACKBEAT, "shaker": EIGHTHS}),
        (WHOLE, "X......x..x....."), (WHOLE, HALVES, "X.....x........."), ("sub",),
        ("electric piano", "piano", "pad"), ("pluck", ""), swing=(0.54, 0.64),
        humanize_ms=(3, 10), laid_back_ms=12, form="lo-fi",
    ),
    "metal": Kind(
        (100, 180),
        ({"kick": SIXTEENTHS, "snare": BACKBEAT, "ride": "x...x...x...x..."},
         {"kick": "X..xx..xX..xx..x", "snare": "........X.......", "open": "x...x...x...x..."},
         {"kick": "X.xxX.xxX.xxX.xx", "snare": BACKBEAT, "crash": WHOLE}),
        ("x.xxx.xxx.xxx.xx", "X..xx..xX..xx..x"), ("x.xxx.xxx.xxx.xx", "X..xx..xX..xx..x"),
        ("pluck", "synth"), ("distorted",), ("distorted", ""), humanize_ms=(1, 6),
    ),
    "shuffle": Kind(
        (84, 140),
        ({"kick": "X.....X.....", "snare": "...X.....X..", "hat": "x.xx.xx.xx.x"},
         {"kick": "X....xX.....", "snare": "...X.....X..", "ride": "x..x.xx..x.x"},
         {"kick": "X..x..X..x..", "clap": "...X.....X..", "shaker": "xoxxoxxoxxox"}),
        ("x.xx.xx.xx.x", "x..x..x..x.."), ("X.....X.....", "..x..x..x..x", "...x.....x.."),
        ("pluck", "synth"), steps_per_beat=3, humanize_ms=(2, 8),
    ),
    "slow blues": Kind(
        (48, 78),
        ({"kick": "X.....X....x", "snare": "...X.....X..", "hat": "xxxxxxxxxxxx"},
         {"kick": "X.......x...", "snare": "......X.....", "ride": "xooxooxooxoo"},
         {"kick": "X....xX.....", "rim": "...X.....X..", "shaker": "xooxooxooxoo"}),
        ("X..x..x..x.x", "X.....X....x", "x..x..x..x.."), ("X..x..x..x..", WHOLE, "xooxooxooxoo"),
        ("pluck", "sub"), ("organ", "piano", "pluck"), steps_per_beat=3, humanize_ms=(2, 8),
    ),
    "reggaeton": Kind(
        (82, 106),
        ({"kick": FOUR, "snare": "...x..x....x..x.", "hat": EIGHTHS},
         {"kick": FOUR, "rim": "...x..x....x..x."},
         {"kick": FOUR, "snare": "...X..x....X..x.", "shaker": SIXTEENTHS}),
        ("X..x..x.X..x..x.", WHOLE, "X..x..x........."), (HALVES, WHOLE, "..x...x...x...x."),
    ),
    "samba": Kind(
        (86, 122),
        ({"kick": "x..xX..xx..xX..x", "tom": "x.xx.xx.xx.xx.x.", "shaker": "xoxxxoxxxoxxxoxx"},
         {"kick": "o..oX..oo..oX..o", "rim": "x.x.xx.x.x.xx.x.", "hat": SIXTEENTHS},
         {"kick": "x..xX..xx..xX..x", "snare": "xooxooxoxooxooxo"}),
        ("x..xX..xx..xX..x", "X.....x.X.....x."), ("x.x.x..x.x.x.x..", "x..x..x.x..x..x."),
        ("pluck", "sub"), ("pluck", "electric piano", "piano"), humanize_ms=(2, 8),
    ),
    "train beat": Kind(
        (88, 138),
        ({"kick": FOUR, "snare": "ooXoooXoooXoooXo"}, {"kick": HALVES, "snare": "xoXoxoXoxoXoxoXo"},
         {"kick": FOUR, "rim": OFFBEATS, "shaker": SIXTEENTHS}, {}),
        ("X...x...X...x...", HALVES), (OFFBEATS, "X.x.x.x.X.x.x.x.", "..xx..xx..xx..xx"),
        ("pluck", "sub"), ("pluck", "piano"), ("voice", "pluck", ""), humanize_ms=(2, 8),
    ),
    "loop": Kind(
        (76, 164),
        ({"kick": FOUR}, {"kick": FOUR, "hat": SIXTEENTHS}, {"kick": FOUR, "hat": OFFBEATS},
         {"kick": WHOLE, "tom": "....x...x...x..."}, {"kick": HALVES, "snare": BACKBEAT},
         {"kick": WHOLE, "rim": "....x...x...x..."}, {"kick": WHOLE, "snare": "....x...x...x..."}),
        ("", "", OFFBEATS, FOUR, WHOLE), ("", WHOLE, WHOLE), lead_voices=("", "", "synth"),
        humanize_ms=(0, 0),
    ),
    "one drum": Kind(
        (60, 180), tuple({lane: beats} for lane in ("kick", "snare", "rim", "hat", "clap", "tom")
        for beats in ("x...x...x...x...", FOUR)), lead_voices=("",), humanize_ms=(0, 5),
        form="bare",
    ),
    "one instrument": Kind(
        (60, 180), (), ("", FOUR), (FOUR, "x...x...x...x..."), ("pluck", "synth"),
        ("piano", "pluck", "electric piano", "organ", "synth"), ("",), humanize_ms=(0, 5),
        form="bare",
    ),
    "lullaby": Kind(
        (44, 74), ({}, {"shaker": "o.....o....."}), ("X.....x.....", WHOLE),
        ("X.o.o.x.o.o.", "x.x.x.x.x.x.", "X.x.x.X.x.x."), ("sub", "pluck"),
        ("piano", "pluck", "electric piano"), ("voice", "piano", ""), beats_per_bar=2,
        steps_per_beat=6, humanize_ms=(1, 8), is_steady=False,
    ),
    "guitar and voice": Kind(
        (70, 130), ({}, {"shaker": EIGHTHS}), (), ("X.x.x.x.x.x.x.x.", "X...x.x...x.x.x.",
        "X...x.x.x...x.x.", "X...x...x...x..."), (), ("pluck",), ("voice",), strum_ms=22,
        humanize_ms=(4, 11), is_steady=False,
    ),
    "fingerpicking": Kind(
        (66, 130), ({}, {}, {"shaker": EIGHTHS}), ("", WHOLE, HALVES, "X...x...X...x..."),
        (EIGHTHS, "x.x.x.x.x.x.x.x.", "X.x.x.x.X.x.x.x.", SIXTEENTHS), ("sub", "pluck"),
        ("pluck", "pluck", "piano", "electric piano"), ("voice", "voice", ""), arpeggio=True,
        humanize_ms=(2, 9), is_steady=False,
    ),
    "pads": Kind(
        (64, 116), ({}, {"shaker": "o...o...o...o..."}), ("", WHOLE),
        (HALVES, "X...x...x...x...", WHOLE), ("sub",), ("pad",),
        ("piano", "electric piano", "pad"), humanize_ms=(0, 5), is_steady=False,
    ),
}  # fmt: skip

ROCK, HOUSE, POP = KINDS["rock"], KINDS["house"], KINDS["syncopation"]


def _variant(base: Kind, **changes: object) -> Kind:
    return Kind(**{**base.__dict__, **changes})


KINDS.update(
    {
        "breakdown": _variant(HOUSE, form="breakdown"),
        "build-up": _variant(HOUSE, form="build-up"),
        "silent intro": _variant(ROCK, form="silent intro"),
        "tempo ramp": _variant(ROCK, bpm=(90, 140), tempo="ramp", is_steady=False),
        "drift": _variant(ROCK, bpm=(80, 150), tempo="drift", is_steady=False),
        "rubato": _variant(
            KINDS["ballad"], drums=({},), bpm=(66, 110), tempo="rubato", is_steady=False
        ),
    }
)
