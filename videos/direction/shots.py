"""Choosing a shot for every clip: neighbors differ, wide, medium and close mix, rules are kept.

First the framings: rounds of all three in a random order, so that each comes equally often and
none twice in a row. Then the rules of the flavor are given their clips (a close-up of the
singer, the crowd now and then). Then each clip takes a move and an action that its framing has,
in shuffled rounds as well, so that nothing comes back before everything else has had its turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from random import Random
from typing import TypeVar

from videos.flavors.types import ANY_TYPE, FRAMINGS, Action, Flavor, Framing, Shot, TagRule

Item = TypeVar("Item")
NEAR: tuple[Framing, ...] = ("medium", "close")


def shots_for(
    clips: Sequence[object], *, seed: int, flavor: Flavor, video_type: str = ""
) -> tuple[Shot, ...]:
    """Return one shot for each clip. The same arguments give the same shots.

    `video_type` is a key of one of the five types; for any other words the flavor's general
    actions are taken.
    """
    random = Random(seed)
    rules = flavor.shots.rules
    framings = _framings(len(clips), _must_have(rules, len(clips)), random)
    tags = _tags(framings, rules, random)
    return _shots(framings, tags, flavor, video_type, random)


def _must_have(rules: Sequence[TagRule], clips: int) -> tuple[Framing, ...]:
    """The framings without which a rule of a video of this many clips could not be kept."""
    return tuple(rule.framings[0] for rule in rules if rule.at_least and clips >= rule.from_clips)


def _framings(clips: int, wanted: Sequence[Framing], random: Random) -> list[Framing]:
    """Return a framing for each clip: rounds of all three, the wanted ones first in a short video.

    A video opens wide if it has clips enough for what is wanted besides.
    """
    if clips < len(FRAMINGS):
        order = [*dict.fromkeys(wanted), *(one for one in FRAMINGS if one not in wanted)]
        short = order[:clips]
        return sorted(short, key=FRAMINGS.index)
    framings: list[Framing] = ["wide", *_shuffled(NEAR, random)]
    while len(framings) < clips:
        round_ = _shuffled(FRAMINGS, random)
        if round_[0] == framings[-1]:
            round_ = [*round_[1:], round_[0]]
        framings += round_
    return framings[:clips]


def _tags(framings: Sequence[Framing], rules: Sequence[TagRule], random: Random) -> list[str]:
    """Give each rule the clips where its actions come; rules that want most are served first."""
    tags = [""] * len(framings)
    for rule in sorted(rules, key=lambda rule: len(rule.framings)):
        needed = rule.at_least if len(framings) >= rule.from_clips else 0
        allowed = max(needed, floor(rule.at_most_share * len(framings)))
        places = [at for at, framing in enumerate(framings) if framing in rule.framings]
        for place in _shuffled(places, random):
            if tags.count(rule.tag) >= allowed:
                break
            if not tags[place] and rule.tag not in tags[max(0, place - 1) : place + 2]:
                tags[place] = rule.tag
    return tags


def _shots(
    framings: Sequence[Framing],
    tags: Sequence[str],
    flavor: Flavor,
    video_type: str,
    random: Random,
) -> tuple[Shot, ...]:
    rounds = _Rounds(random)
    shots: list[Shot] = []
    for framing, tag in zip(framings, tags, strict=True):
        frame = flavor.shots.frames[framing]
        actions = _tagged(frame.actions_for(video_type), tag) or _tagged(
            frame.actions[ANY_TYPE], tag
        )
        before = shots[-1] if shots else None
        move = rounds.next(frame.moves, before.move if before else "")
        action = rounds.next(tuple(one.text for one in actions), before.action if before else "")
        shots.append(Shot(framing, move, action))
    return tuple(shots)


def _tagged(actions: Sequence[Action], tag: str) -> tuple[Action, ...]:
    return tuple(action for action in actions if action.tag == tag)


class _Rounds:
    """Hands out each of a list once before any comes again, in an order shuffled each round."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._left: dict[tuple[str, ...], list[str]] = {}

    def next(self, choices: tuple[str, ...], before: str) -> str:
        """Return the next of `choices`; never the one before, unless there is no other."""
        left = self._left.setdefault(choices, [])
        if all(text == before for text in left):
            left.extend(_shuffled(choices, self._random))
        place = next((at for at, text in enumerate(left) if text != before), 0)
        return left.pop(place)


def _shuffled(items: Sequence[Item], random: Random) -> list[Item]:
    return random.sample(list(items), len(items))
