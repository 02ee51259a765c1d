"""Whom a trial kills: a child of the media worker, its parent, the whole tree, or the other worker."""

from __future__ import annotations

import random

from tests.trials.harness import World, children_of, kill

KINDS = ("media child", "media parent", "media tree", "network worker")


def strike(world: World, kind: str, rng: random.Random) -> None:
    """kill -9."""
    kill(*_victims(world, kind, rng))


def _victims(world: World, kind: str, rng: random.Random) -> list[int]:
    if kind == "network worker":
        return world.processes("--queues io")
    parents = world.processes("--queues media")
    children = [child for parent in parents for child in children_of(parent)]
    if kind == "media tree":
        return parents + children
    return parents if kind == "media parent" else rng.sample(children, min(1, len(children)))
