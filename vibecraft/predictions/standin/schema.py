"""Checks requests as the service does, with its wordings, and writes a model's own schema.

The wordings are those of the Go library gojsonschema; unknown keys inside `input` pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from vibecraft.predictions.standin.catalog import Field, Model

MODEL_BODY = {"input", "webhook", "webhook_events_filter", "stream"}
VERSION_BODY = MODEL_BODY | {"version"}
EVENTS = ("start", "output", "logs", "completed")


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a request: gojsonschema's type, the field's path and its sentence."""

    type: str
    field: str
    description: str

    @property
    def line(self) -> str:
        return f"- {self.field}: {self.description}" if self.field else f"- {self.description}"


def problem(faults: list[Fault]) -> dict[str, Any]:
    """The body of the 422 answer."""
    return {
        "detail": "".join(f"{fault.line}\n" for fault in faults),
        "status": 422,
        "title": "Input validation failed",
        "invalid_fields": [
            {"type": fault.type, "field": fault.field, "description": fault.description}
            for fault in faults
        ],
    }


def check_body(body: Any, *, needs_version: bool, require_https: bool) -> list[Fault]:
    """What is wrong with the request's own keys."""
    if not isinstance(body, dict):
        return [_wrong_type("", "object", body)]
    required = ("version", "input") if needs_version else ("input",)
    faults = [_required("", name) for name in required if name not in body]
    allowed = VERSION_BODY if needs_version else MODEL_BODY
    faults += [_unknown("", name) for name in body if name not in allowed]
    if "input" in body and not isinstance(body["input"], dict):
        faults.append(_wrong_type("input", "object", body["input"]))
    return [*faults, *_check_hook(body, require_https=require_https)]


def _check_hook(body: Mapping[str, Any], *, require_https: bool) -> Iterator[Fault]:
    url = body.get("webhook")
    if url is not None:
        scheme = urlsplit(url).scheme if isinstance(url, str) else ""
        if scheme not in (("https",) if require_https else ("https", "http")):
            yield Fault("format", "webhook", "Does not match format 'uri'")
    for number, event in enumerate(body.get("webhook_events_filter") or ()):
        if event not in EVENTS:
            yield _not_among(f"webhook_events_filter.{number}", EVENTS)


def check_input(model: Model, given: Mapping[str, Any], *, strict: bool) -> list[Fault]:
    """What is wrong with the model's inputs; unknown names only if `strict`."""
    faults = [
        _required("input", one.name)
        for one in model.inputs
        if one.is_required and one.name not in given
    ]
    if strict:
        faults += [_unknown("input", name) for name in unknown(model, given)]
    for one in model.inputs:
        if one.name in given:
            faults += _check(f"input.{one.name}", one.schema, given[one.name])
    return faults


def unknown(model: Model, given: Mapping[str, Any]) -> list[str]:
    """The input names that the model does not have."""
    return [name for name in given if name not in model.names]


def _check(path: str, schema: Mapping[str, Any], value: Any) -> list[Fault]:
    expected = schema["type"]
    if not _is(expected, value):
        return [_wrong_type(path, expected, value)]
    if "enum" in schema and value not in schema["enum"]:
        return [_not_among(path, schema["enum"])]
    return [*_check_bounds(path, schema, value), *_check_items(path, schema, value)]


def _check_bounds(path: str, schema: Mapping[str, Any], value: Any) -> Iterator[Fault]:
    if "minimum" in schema and value < schema["minimum"]:
        words = f"Must be greater than or equal to {schema['minimum']}"
        yield Fault("number_gte", path, words)
    if "maximum" in schema and value > schema["maximum"]:
        yield Fault("number_lte", path, f"Must be less than or equal to {schema['maximum']}")
    if "minLength" in schema and len(value) < schema["minLength"]:
        words = f"String length must be greater than or equal to {schema['minLength']}"
        yield Fault("string_gte", path, words)
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        words = f"String length must be less than or equal to {schema['maxLength']}"
        yield Fault("string_lte", path, words)
    if schema.get("format") == "uri" and not _is_uri(value):
        yield Fault("format", path, "Does not match format 'uri'")


def _check_items(path: str, schema: Mapping[str, Any], value: Any) -> Iterator[Fault]:
    if schema["type"] != "array":
        return
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        words = f"Array must have at most {schema['maxItems']} items"
        yield Fault("array_max_items", path, words)
    for number, item in enumerate(value):
        yield from _check(f"{path}.{number}", schema["items"], item)


def _is(expected: str, value: Any) -> bool:
    if expected in ("integer", "number"):
        return _type_of(value) in ("integer", expected)
    return _type_of(value) == expected


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    names = {float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _is_uri(value: str) -> bool:
    parts = urlsplit(value)
    return bool(parts.scheme) and bool(parts.netloc or parts.path)


def _required(path: str, name: str) -> Fault:
    return Fault("required", path, f"{name} is required")


def _unknown(path: str, name: str) -> Fault:
    words = f"Additional property {name} is not allowed"
    return Fault("additional_property_not_allowed", path, words)


def _wrong_type(path: str, expected: str, value: Any) -> Fault:
    words = f"Invalid type. Expected: {expected}, given: {_type_of(value)}"
    return Fault("invalid_type", path, words)


def _not_among(path: str, allowed: Any) -> Fault:
    name = path.rpartition(".")[2]
    listed = ", ".join(json.dumps(value) for value in allowed)
    return Fault("enum", path, f"{name} must be one of the following: {listed}")


# --- the model's own schema ----------------------------------------------------------------------


def openapi(model: Model) -> dict[str, Any]:
    """The part of a version's `openapi_schema` that says what goes in and what comes out."""
    schemas: dict[str, Any] = {
        "Input": {
            "type": "object",
            "title": "Input",
            "required": [one.name for one in model.inputs if one.is_required],
            "properties": {
                one.name: _property(one, order) for order, one in enumerate(model.inputs)
            },
        },
        "Output": {"title": "Output"} | _output(model),
    }
    for one in model.inputs:
        if "enum" in one.schema:
            words = {"title": one.name, "description": "An enumeration."}
            schemas[one.name] = words | {key: one.schema[key] for key in ("type", "enum")}
    info = {"title": "Cog", "version": "0.1.0"}
    return {"openapi": "3.0.2", "info": info, "components": {"schemas": schemas}}


def _property(one: Field, order: int) -> dict[str, Any]:
    written: dict[str, Any] = {"x-order": order}
    if "enum" in one.schema:
        written["allOf"] = [{"$ref": f"#/components/schemas/{one.name}"}]
    else:
        written |= {"title": one.name.replace("_", " ").title()}
        written |= {key: value for key, value in one.schema.items() if key != "enum"}
    if one.default is not None:
        written["default"] = one.default
    elif not one.is_required:
        written["nullable"] = True
    return written


def _output(model: Model) -> dict[str, Any]:
    link: dict[str, Any] = {"type": "string", "format": "uri"}
    shapes: dict[str, dict[str, Any]] = {"string": link, "list": {"type": "array", "items": link}}
    return shapes.get(model.output, {"type": "object"})
