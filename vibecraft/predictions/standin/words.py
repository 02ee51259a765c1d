"""The language model: words that fit a JSON schema, made from the prompt's own words."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from typing import Any

COUNT = re.compile(r"(\d{1,3})\s+(?:\w+\s+)?(?:scene|clip|shot|prompt|item|line|part)", re.I)
MANNERS = ("A wide view of", "Slowly toward", "A close look at", "High above", "Low light on")
PLACES = ("at dusk", "in heavy rain", "under neon signs", "in morning mist", "by the sea")
MAX_ITEMS = 200


def answer(values: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    """The output object of the structured model: `json_output` and the same as `text`."""
    prompt = prompt_text(values)
    schema = schema_of(values)
    if schema is None:
        return {"json_output": None, "text": _phrase(_topic(prompt), rng)}
    made = Filler(schema, prompt, rng).fill(schema)
    return {"json_output": made, "text": json.dumps(made, ensure_ascii=False)}


def token_counts(values: Mapping[str, Any], output: Mapping[str, Any]) -> dict[str, float]:
    """Billing metrics: four characters are about one token."""
    asked = json.dumps([prompt_text(values), values.get("json_schema")], ensure_ascii=False)
    return {
        "input_token_count": len(asked) // 4 + 1,
        "output_token_count": len(str(output.get("text", ""))) // 4 + 1,
    }


def prompt_text(values: Mapping[str, Any]) -> str:
    """All that was said to the model, also in the list form."""
    said = [str(values.get("instructions") or ""), str(values.get("prompt") or "")]
    for item in values.get("input_item_list") or ():
        content = item.get("content", "")
        parts = content if isinstance(content, list) else [{"text": content}]
        said += [str(part.get("text", "")) for part in parts]
    return "\n".join(text for text in said if text)


def schema_of(values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The JSON schema asked for, taken out of the wrappers that may be around it."""
    schema = values.get("json_schema") or {}
    for wrapper in ("format", "json_schema", "schema"):
        if isinstance(schema.get(wrapper), dict):
            schema = schema[wrapper]
    if schema:
        return dict(schema)
    names = values.get("simple_schema") or ()
    return (
        {"type": "object", "properties": {name: {"type": "string"} for name in names}}
        if names
        else None
    )


class Filler:
    """Fills a schema: lists as long as the prompt asks for, words from the prompt."""

    def __init__(self, root: Mapping[str, Any], prompt: str, rng: random.Random) -> None:
        self._root = root
        self._topic = _topic(prompt)
        self._rng = rng
        told = COUNT.search(prompt)
        self._count = int(told.group(1)) if told else 3

    def fill(self, schema: Mapping[str, Any], name: str = "") -> Any:
        """A value that fits the schema. Raises ValueError for a type that is no JSON type."""
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._rng.choice(schema["enum"])
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = kind[0]
        fillers = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._integer,
            "number": self._number,
        }
        if kind in ("boolean", "null"):
            return kind == "boolean" or None
        if kind not in fillers:
            raise ValueError(f"Invalid schema: '{kind}' is not valid under any of the given types")
        return fillers[kind](schema, name)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Any = self._root
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return self._resolved(schema[choice][0])
        for part in schema.get("allOf", ()):
            schema = {**schema, **self._resolved(part)}
        return schema

    def _object(self, schema: Mapping[str, Any], _: str) -> dict[str, Any]:
        return {name: self.fill(part, name) for name, part in schema.get("properties", {}).items()}

    def _array(self, schema: Mapping[str, Any], name: str) -> list[Any]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", MAX_ITEMS)
        count = max(least, min(most, self._count))
        return [self.fill(schema.get("items", {"type": "string"}), name) for _ in range(count)]

    def _string(self, schema: Mapping[str, Any], name: str) -> str:
        text = _phrase(self._topic, self._rng)
        if name in ("id", "title", "name", "label"):
            text = " ".join(text.split()[-3:]).capitalize()
        text = text.ljust(schema.get("minLength", 0), ".")
        return text[: schema.get("maxLength")]

    def _integer(self, schema: Mapping[str, Any], _: str) -> int:
        least = int(schema.get("minimum", 0))
        return self._rng.randint(least, int(schema.get("maximum", least + 9)))

    def _number(self, schema: Mapping[str, Any], _: str) -> float:
        least = float(schema.get("minimum", 0))
        return round(self._rng.uniform(least, float(schema.get("maximum", least + 1))), 3)


def _topic(prompt: str) -> str:
    words = re.findall(r"[^\W\d_]{4,}", prompt)
    return " ".join(words[-6:]).lower() or "an empty street"


def _phrase(topic: str, rng: random.Random) -> str:
    words = topic.split()
    some = " ".join(rng.sample(words, min(3, len(words))))
    return f"{rng.choice(MANNERS)} {some} {rng.choice(PLACES)}"
