"""What the service says of a model, against what the catalog says: names, types, choices, limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vibecraft.predictions.catalog.types import FILE_TYPES, Input, Model

Json = Mapping[str, Any]
TYPE_OF = {
    "text": "string",
    "integer": "integer",
    "number": "number",
    "flag": "boolean",
    "images": "array",
    "object": "object",
} | dict.fromkeys(FILE_TYPES, "string")
# The service's words for the bounds of a number, a text and a list, each (minimum, maximum).
BOUNDS = {
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "text": ("minLength", "maxLength"),
    "images": ("minItems", "maxItems"),
}


def differences(model: Model, answer: Json) -> list[str]:
    """Sentences on what differs; `answer` is the service's model or version, with its schema."""
    schemas = _schemas(answer)
    wanted = schemas.get("Input")
    if not isinstance(wanted, Mapping):
        return ["the service shows no schema of its inputs"]
    properties = {
        name: _resolved(one, schemas) for name, one in (wanted.get("properties") or {}).items()
    }
    return [*_required(model, wanted), *_inputs(model, properties), *_fixed(model, properties)]


def _schemas(answer: Json) -> Json:
    """The schemas of a version, or of the newest version of a model."""
    version = answer.get("latest_version") or answer
    components = (version.get("openapi_schema") or {}).get("components") or {}
    found = components.get("schemas") or {}
    return found if isinstance(found, Mapping) else {}


def _resolved(one: Json, schemas: Json) -> dict[str, Any]:
    """A property with what it refers to, as choices are written in a schema of their own."""
    found = dict(one)
    references = [*one.get("allOf", ()), *([one] if "$ref" in one else ())]
    for reference in references:
        name = str(reference.get("$ref", "")).rpartition("/")[2]
        found = dict(schemas.get(name) or {}) | found
    return found


def _required(model: Model, wanted: Json) -> Iterator[str]:
    always = set(model.fixed) | {one.name for one in model.inputs.values() if one.is_required}
    always |= {one.name for ours, one in model.inputs.items() if ours == "seconds"}
    for name in wanted.get("required") or ():
        if name not in always:
            yield f"{name} is required, but not always sent"


def _inputs(model: Model, properties: Mapping[str, Json]) -> Iterator[str]:
    for one in model.inputs.values():
        theirs = properties.get(one.name)
        if theirs is None:
            yield f"{one.name} is no input any more"
        else:
            yield from _type(one, theirs)
            yield from _choices(one, theirs)
            yield from _bounds(one, theirs)
    yield from _names_of_sizes(model, properties)


def _type(one: Input, theirs: Json) -> Iterator[str]:
    kind = theirs.get("type")
    if one.type != "choice" and kind is not None and kind != TYPE_OF[one.type]:
        yield f"{one.name} is of the type {kind}, not {TYPE_OF[one.type]}"


def _choices(one: Input, theirs: Json) -> Iterator[str]:
    allowed, ours = theirs.get("enum"), list(one.choices)
    if one.type == "choice" and allowed is None:
        yield f"{one.name} takes more than its choices"
        return
    gone = [value for value in ours if value not in (allowed or ())]
    new = [value for value in allowed or () if value not in ours]
    if gone:
        yield f"{one.name} does not take {_listed(gone)} any more"
    if new:
        yield f"{one.name} also takes {_listed(new)}"


def _bounds(one: Input, theirs: Json) -> Iterator[str]:
    least, most = BOUNDS.get(one.type, ("", ""))
    lowest, highest = theirs.get(least), theirs.get(most)
    if lowest is not None and (one.minimum is None or one.minimum < lowest):
        yield f"{one.name} is {lowest} or more, not {_bound(one.minimum)}"
    if highest is not None and (one.maximum is None or one.maximum > highest):
        yield f"{one.name} is {highest} or less, not {_bound(one.maximum)}"


def _names_of_sizes(model: Model, properties: Mapping[str, Json]) -> Iterator[str]:
    names = {name for size in model.sizes.values() for name, _ in size.sends}
    for name in sorted(names - set(properties)):
        yield f"{name} is no input any more"


def _fixed(model: Model, properties: Mapping[str, Json]) -> Iterator[str]:
    for name, value in model.fixed.items():
        theirs = properties.get(name)
        if theirs is None:
            yield f"{name} is no input any more"
        elif not _takes(theirs, value):
            yield f"{name} does not take {value} any more"


def _takes(theirs: Json, value: object) -> bool:
    if "enum" in theirs:
        return value in theirs["enum"]
    if isinstance(value, int) and not isinstance(value, bool):
        return bool(theirs.get("minimum", value) <= value <= theirs.get("maximum", value))
    return True


def _bound(value: object) -> str:
    return "without a limit" if value is None else str(value)


def _listed(values: list[Any]) -> str:
    return ", ".join(str(value) for value in values)
