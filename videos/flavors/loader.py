"""Flavors: folders of YAML files, found once, with every field checked.

A flavor is a folder with `flavor.yaml`, `prompts.yaml`, `shots.yaml` and `parameters.yaml`. What a
flavor lacks, or has wrong, comes from `default`, and the log says so; only `default` itself has to
be whole.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from vibecraft.strict_yaml import Node, YamlError, read_yaml
from videos.flavors.types import (
    ANY_TYPE,
    FRAMINGS,
    PARTS,
    Action,
    Flavor,
    Frame,
    Framing,
    Parameters,
    Prompts,
    Scalar,
    Shots,
    TagRule,
)

FLAVORS_FOLDER = Path(__file__).parent
DEFAULT = "default"
LEAST_SECONDS = 3.0
MOST_SECONDS = 10.0

logger = logging.getLogger(__name__)
Part = TypeVar("Part")
_FOLDER_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@cache
def flavors() -> Mapping[str, Flavor]:
    """Return the flavors that come with the program, by name, the default first."""
    return MappingProxyType(load_flavors(FLAVORS_FOLDER))


def get_flavor(name: str, known: Mapping[str, Flavor] | None = None) -> Flavor:
    """Return a flavor; for an unknown name the default one, with a warning in the log."""
    among = flavors() if known is None else known
    if name not in among:
        logger.warning("There is no flavor %r; the default one is used.", name)
    return among.get(name, among[DEFAULT])


def load_flavors(folder: Path) -> dict[str, Flavor]:
    """Read every folder in `folder` as a flavor, the default first and then by name.

    Raises `YamlError` or `OSError` if `default` itself is not whole.
    """
    default = _read_default(folder / DEFAULT)
    others = sorted(
        path
        for path in folder.iterdir()
        if path.is_dir() and _FOLDER_NAME.fullmatch(path.name) and path.name != DEFAULT
    )
    return {DEFAULT: default, **{path.name: _read_flavor(path, default) for path in others}}


def _read_default(folder: Path) -> Flavor:
    title, description = _read_about(read_yaml(folder / "flavor.yaml"))
    return Flavor(
        name=DEFAULT,
        title=title,
        description=description,
        prompts=_read_prompts(read_yaml(folder / "prompts.yaml")),
        shots=_read_shots(read_yaml(folder / "shots.yaml")),
        parameters=_read_parameters(read_yaml(folder / "parameters.yaml")),
    )


def _read_flavor(folder: Path, default: Flavor) -> Flavor:
    about = (folder.name.replace("_", " ").replace("-", " ").capitalize(), "")
    title, description = _read_or(about, folder / "flavor.yaml", _read_about)
    return Flavor(
        name=folder.name,
        title=title,
        description=description,
        prompts=_read_or(default.prompts, folder / "prompts.yaml", _read_prompts),
        shots=_read_or(default.shots, folder / "shots.yaml", _read_shots),
        parameters=_read_or(default.parameters, folder / "parameters.yaml", _read_parameters),
    )


def _read_or(fallback: Part, path: Path, read: Callable[[Node], Part]) -> Part:
    """Read one file of a flavor, or take the default's if it is missing or wrong."""
    try:
        return read(read_yaml(path))
    except OSError:
        logger.warning("The flavor %s has no %s; the default is used.", path.parent.name, path.name)
    except YamlError as error:
        logger.warning("The flavor %s: %s; the default is used.", path.parent.name, error)
    return fallback


def _read_about(node: Node) -> tuple[str, str]:
    about = (node.text("title"), node.text("description", ""))
    node.end()
    return about


def _read_prompts(node: Node) -> Prompts:
    prompts = Prompts(
        parts=MappingProxyType({part: node.text(part, "") for part in PARTS}),
        fixed=node.texts("fixed"),
        ending=node.text("ending", ""),
        negative=node.texts("negative"),
        never=tuple(word.lower() for word in node.texts("never")),
    )
    node.end()
    for part in prompts.fixed:
        if not prompts.parts.get(part):
            raise node.error("fixed", f"names {part}, which the flavor does not set")
    return prompts


def _read_shots(node: Node) -> Shots:
    frames: dict[Framing, Frame] = {
        framing: _read_frame(node.child(framing)) for framing in FRAMINGS
    }
    rules = tuple(_read_rule(Node(item, f"{node.place}: rules")) for item in node.items("rules"))
    node.end()
    _check_tags(frames, rules, node)
    return Shots(MappingProxyType(frames), rules)


def _check_tags(frames: Mapping[Framing, Frame], rules: tuple[TagRule, ...], node: Node) -> None:
    """Each tag has one rule; each rule finds its actions in every framing that it names."""
    ruled = [rule.tag for rule in rules]
    used = {
        action.tag
        for frame in frames.values()
        for actions in frame.actions.values()
        for action in actions
        if action.tag
    }
    if len(set(ruled)) != len(ruled) or used - set(ruled):
        raise node.error("rules", "should name every tag of an action once")
    for rule in rules:
        for framing in rule.framings:
            if rule.tag not in {action.tag for action in frames[framing].actions[ANY_TYPE]}:
                raise node.error("rules", f"want {rule.tag} in {framing} shots, which have none")


def _read_frame(node: Node) -> Frame:
    moves = node.texts("moves")
    actions = node.child("actions")
    by_type = actions.children(lambda _, one: _read_actions(one))
    node.end()
    if len(set(moves)) < 2:
        raise node.error("moves", "should list two moves or more, so that neighbors differ")
    if ANY_TYPE not in by_type:
        raise node.error("actions", f"should have a list for {ANY_TYPE}")
    return Frame(moves, MappingProxyType(by_type))


def _read_actions(node: Node) -> tuple[Action, ...]:
    """Read `{plain: [text], tagged: {tag: [text]}}`."""
    plain = [Action(text) for text in node.texts("plain")]
    tagged = node.child("tagged")
    names = tagged.names()
    more = [Action(text, name) for name in names for text in tagged.texts(name)]
    node.end()
    if len({action.text for action in plain}) < 2:
        raise node.error("plain", "should list two actions or more, so that neighbors differ")
    return (*plain, *more)


def _read_rule(node: Node) -> TagRule:
    share = float(node.number("at_most_share"))
    wanted = node.texts("framings")
    rule = TagRule(
        tag=node.text("tag"),
        at_least=node.whole("at_least", at_least=0),
        from_clips=node.whole("from_clips", at_least=1),
        at_most_share=share,
        framings=tuple(framing for framing in FRAMINGS if framing in wanted),
    )
    node.end()
    if not 0 < share <= 0.5:
        raise node.error("at_most_share", "should be above 0 and at most 0.5")
    if not wanted or set(wanted) - set(FRAMINGS):
        raise node.error("framings", f"should list some of {', '.join(FRAMINGS)}")
    return rule


def _read_parameters(node: Node) -> Parameters:
    usual = Parameters()
    inputs = node.child("model_inputs")
    parameters = Parameters(
        calm_seconds=_read_seconds(node, "calm_seconds", usual.calm_seconds),
        energetic_seconds=_read_seconds(node, "energetic_seconds", usual.energetic_seconds),
        model_inputs=MappingProxyType({name: _scalar(inputs, name) for name in inputs.names()}),
    )
    node.end()
    return parameters


def _read_seconds(node: Node, name: str, usual: float) -> float:
    seconds = float(node.number(name)) if name in node else usual
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise node.error(name, f"should be from {LEAST_SECONDS:g} to {MOST_SECONDS:g}")
    return seconds


def _scalar(node: Node, name: str) -> Scalar:
    value = node.raw(name)
    if not isinstance(value, str | int | float | bool):
        raise node.error(name, "should be a text, a number, true or false")
    return value
