"""What the progress of a song's jobs is made of: their milestones, and what they cost."""

from __future__ import annotations

from songs.importing import FETCHED_PERCENT
from vibecraft.jobs.models import Job
from vibecraft.jobs.progress import Kind, tell
from vibecraft.predictions.telling import cost_of, seconds_left

ANALYSIS = Kind(
    "The analysis",
    (
        (25, "Tempo and beats"),
        (50, "Genre, mood and key"),
        (70, "Lyrics"),
        (85, "Everything is saved"),
        (100, "Ready for your sections"),
    ),
    seconds_left=seconds_left,
    cost=cost_of,
)
MUSIC = Kind(
    "The making of the song",
    ((60, "The music is made"), (90, "Checked and stored"), (100, "Handed to the analysis")),
    seconds_left=seconds_left,
    cost=cost_of,
)
LYRICS = Kind(
    "The listening for words",
    ((55, "Handed to the speech model"), (100, "Words with their times")),
    seconds_left=seconds_left,
    cost=cost_of,
)
IMPORT = Kind(
    "The import",
    (
        (FETCHED_PERCENT, "The file is fetched"),
        (90, "It is a song, within the limits"),
        (100, "Handed to the analysis"),
    ),
)


def tell_all() -> None:
    """Called once all models exist."""
    tell(Job.Kind.ANALYSIS, ANALYSIS)
    tell(Job.Kind.MUSIC, MUSIC)
    tell(Job.Kind.LYRICS, LYRICS)
    tell(Job.Kind.IMPORT, IMPORT)
