"""From what we want, under our own names, to what one model is sent, under its names.

The service accepts unknown names in silence and is paid for what then comes, so everything is
checked here before a call: names, types, choices, bounds, and what does not go together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from vibecraft.predictions.catalog.lengths import longest_seconds
from vibecraft.predictions.catalog.types import AnyLength, Input, MadeLength, Model, Size
from vibecraft.problems import Problem

# A wish for one of these is dropped where the model has no such input; any other one is refused.
WISHES = frozenset(
    {
        "negative_prompt",
        "seed",
        "aspect_ratio",
        "last_frame",
        "reference",
        "references",
        "language",
        "tempo",
    }
)


def build_input(model: Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is sent to the model for `values` by our names; empty values count as not given.

    Files are `{"$file": storage key}` or addresses. For lip-sync `seconds` says how long the given
    video plays; it is kept beside the file's key, since the price depends on it.
    Raises Problem 400 `bad_model_input`, whose `errors` are by our names.
    """
    given = _fitting(model, {name: v for name, v in values.items() if v not in (None, "", [])})
    sent: dict[str, Any] = dict(model.fixed)
    for name, value in given.items():
        sent |= _sent(model, name, value, given)
    for name, one in model.inputs.items():
        if one.is_required and one.name not in sent:
            raise _refused(name, f"{model.name} needs {_spoken(name)}.")
    check_input(model, sent)
    return sent


def check_input(model: Model, sent: Mapping[str, Any]) -> None:
    """Check what is sent, by the model's own names. Raises Problem 400 `bad_model_input`."""
    known = {one.name: (ours, one) for ours, one in model.inputs.items()}
    by_size = {name: value for size in model.sizes.values() for name, value in size.sends}
    for name, value in sent.items():
        if name in known:
            _check(*known[name], value)
        elif name not in by_size and model.fixed.get(name) != value:
            raise _refused(name, f"{model.name} has no input “{name}” for {value!r}.")
    missing = [one.name for one in model.inputs.values() if one.is_required]
    missing = [name for name in [*missing, *model.fixed] if name not in sent]
    if missing:
        raise _refused(missing[0], f"{model.name} needs {', '.join(missing)}.")


def _fitting(model: Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """The wishes that the model has an input for, and everything that is no mere wish."""
    given = dict(values)
    if "references" in given and "references" not in model.inputs and "reference" in model.inputs:
        given.setdefault("reference", given["references"][0])
    if "reference" in given and "reference" not in model.inputs and "references" in model.inputs:
        given.setdefault("references", [given["reference"]])
    return {name: value for name, value in given.items() if _is_kept(model, name, given)}


def _is_kept(model: Model, name: str, given: Mapping[str, Any]) -> bool:
    one = model.inputs.get(name)
    if one is not None:
        return (not one.needs or one.needs in given) and one.not_with not in given
    return name not in WISHES or name == "aspect_ratio"


def _sent(model: Model, name: str, value: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """What one value becomes; nothing where the model does what is wished without being told."""
    if name == "seconds":
        return _sent_seconds(model, value, given)
    if name == "aspect_ratio":
        return _sent_size(model, value)
    one = model.inputs.get(name)
    if one is None:
        raise _refused(name, f"{model.name} takes no {_spoken(name)}.")
    if name == "prompt":
        value = fit_prompt(model, str(value))
    return {one.name: _CONVERT.get(one.type, _as_is)(value)}


def fit_prompt(model: Model, prompt: str) -> str:
    """Return the prompt as the model bears it: on one line, cut at a word where it is too long."""
    text = " ".join(prompt.split()) if model.has_one_line_prompts else prompt.strip()
    limit = model.prompt_characters
    if limit is None or len(text) <= limit:
        return text
    kept = text[:limit]
    return kept.rpartition(" ")[0] or kept


def _sent_seconds(model: Model, value: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    if model.kind == "lipsync":
        return _sent_played(model, value, given)
    one = model.inputs.get("seconds")
    if model.kind != "video":
        if one is None:
            raise _refused("seconds", f"{model.name} decides itself how long its output is.")
        return {one.name: _CONVERT[one.type](value)}
    length = made_length(model, Decimal(str(value)))
    return {one.name: length.sent} if one is not None else {}


def _sent_played(model: Model, value: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    video = given.get("video")
    if not isinstance(video, Mapping):
        return {}
    return {model.inputs["video"].name: {**video, "seconds": float(value)}}


def made_length(model: Model, seconds: Decimal) -> MadeLength:
    """Return the length of a video model that is asked for as so many seconds.

    Raises Problem 400 `bad_model_input` if it makes none such.
    """
    if isinstance(model.lengths, AnyLength):
        frames = int(seconds * Decimal(int(model.frame_rate)))
        return MadeLength(seconds, frames, frames)
    for length in model.lengths:
        if length.asked_seconds == seconds:
            return length
    shortest, longest = model.lengths[0].asked_seconds, float(longest_seconds(model))
    raise _refused(
        "seconds",
        f"{model.name} makes no clip of {seconds} s (from {shortest} s to {longest:.4g} s).",
    )


def _sent_size(model: Model, aspect_ratio: str) -> dict[str, Any]:
    if not model.sizes:
        return {}
    size = size_of(model, aspect_ratio)
    one = model.inputs.get("aspect_ratio")
    told: dict[str, Any] = {} if one is None else {one.name: size.value}
    return told | dict(size.sends)


def size_of(model: Model, aspect_ratio: str) -> Size:
    """Return the output's size. Raises Problem 400 `bad_model_input` for one not made."""
    try:
        return model.sizes[aspect_ratio]
    except KeyError as error:
        made = ", ".join(model.sizes)
        sentence = f"{model.name} makes no pictures in {aspect_ratio}, only in {made}."
        raise _refused("aspect_ratio", sentence) from error


def _as_is(value: Any) -> Any:
    return value


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _integer(value: Any) -> Any:
    """A whole number as an integer; what is none stays, and is refused by the check."""
    if isinstance(value, Decimal | float) and value == int(value):
        return int(value)
    return value


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


_CONVERT: Mapping[str, Callable[[Any], Any]] = {
    "integer": _integer,
    "number": _number,
    "images": _list,
}


# --- the check ------------------------------------------------------------------------------------


def _check(ours: str, one: Input, value: Any) -> None:
    if not _HAS_TYPE[one.type](value):
        raise _refused(ours, f"{_spoken(ours)} should be {_TYPE_WORDS[one.type]}.")
    if one.choices and value not in one.choices:
        allowed = ", ".join(str(choice) for choice in one.choices)
        raise _refused(ours, f"{_spoken(ours)} should be one of {allowed}, not {value}.")
    _check_bounds(ours, one, value)


def _check_bounds(ours: str, one: Input, value: Any) -> None:
    size, unit = (len(value), _COUNTED[one.type]) if one.type in _COUNTED else (value, "")
    if one.minimum is not None and size < one.minimum:
        raise _refused(ours, f"{_spoken(ours)} should be {one.minimum}{unit} or more, not {size}.")
    if one.maximum is not None and size > one.maximum:
        raise _refused(ours, f"{_spoken(ours)} should be {one.maximum}{unit} or less, not {size}.")


def is_file(value: Any) -> bool:
    """Whether it is a stored file, or an address."""
    if isinstance(value, Mapping):
        return isinstance(value.get("$file"), str) and not set(value) - {"$file", "seconds"}
    return isinstance(value, str) and value.startswith(("https://", "http://", "data:"))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_HAS_TYPE: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "integer": _is_whole,
    "number": lambda value: _is_whole(value) or isinstance(value, float),
    "flag": lambda value: isinstance(value, bool),
    "choice": lambda value: isinstance(value, str | int | float),
    "image": is_file,
    "audio": is_file,
    "video": is_file,
    "images": lambda value: isinstance(value, list) and all(is_file(one) for one in value),
    "object": lambda value: isinstance(value, Mapping),
}
_TYPE_WORDS = {
    "text": "a text",
    "integer": "a whole number",
    "number": "a number",
    "flag": "true or false",
    "choice": "one of its choices",
    "image": "an image",
    "audio": "a sound file",
    "video": "a video",
    "images": "a list of images",
    "object": "a mapping",
}
_COUNTED = {"text": " characters", "images": " images"}


def _spoken(name: str) -> str:
    """Our name of an input as a reader meets it."""
    return name.replace("_", " ")


def _refused(name: str, sentence: str) -> Problem:
    whole = sentence[:1].upper() + sentence[1:]
    return Problem("bad_model_input", whole, errors={name: [whole]})
