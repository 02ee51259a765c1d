"""What operators do to videos; each act is the process that the owner's own click starts."""

from __future__ import annotations

from decimal import Decimal

from vibecraft.jobs.acts import Act
from vibecraft.problems import not_possible
from videos import drafts, finalizing, pipeline, rework
from videos.models import Video

PERMISSION = "videos.change_video"


def _make(video: Video) -> None:
    if video.is_editable:
        # Whether a draft is made, and paid for, is its owner's to decide.
        raise not_possible("not_begun", "It is still a draft: its owner has not started it.")
    pipeline.start_generation(video)


def _price(video: Video) -> Decimal:
    return drafts.price_of(video) if video.is_startable and not video.is_editable else Decimal(0)


def _cancel(video: Video) -> None:
    if not pipeline.cancel_video(video):
        raise not_possible("nothing_runs", "Nothing runs for it.")


ACTS = (
    Act(
        "retry",
        "Retry",
        "retried",
        "Makes all clips and the film of each failed or canceled video anew, within its budget and "
        "its owner's limits.",
        PERMISSION,
        _make,
        price=_price,
    ),
    Act(
        "cancel",
        "Cancel",
        "canceled",
        "Stops whatever runs for each video. What was made so far is cleaned up, what was paid for "
        "stays paid.",
        PERMISSION,
        _cancel,
    ),
    Act(
        "replan",
        "Plan again",
        "planned again",
        "Divides the song of each draft into other clips. Prompts written by hand stay with clips that "
        "come out the same; a draft with a storyboard is left alone.",
        PERMISSION,
        rework.plan_otherwise,
    ),
    Act(
        "recompose",
        "Join again",
        "sent to be joined again",
        "Joins the chosen takes of each video to a new film, which replaces the old one once it is "
        "verified. Nothing is paid.",
        PERMISSION,
        pipeline.start_composition,
    ),
    Act(
        "finalize",
        "Finalize",
        "finalized",
        "Makes each film final: all takes and stills are deleted, and nothing of the video can be "
        "changed any more.",
        PERMISSION,
        finalizing.finalize,
        is_final=True,
    ),
)
