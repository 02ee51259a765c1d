"""The models the stand-in plays, read from `models/*.yaml`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "models"
# The same reader in C, where PyYAML was built with it: ten times as quick.
SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KINDS = ("video", "image", "lipsync", "speech", "music", "words")
# Short names of the catalog files for what the service spells out.
TYPES: dict[str, dict[str, Any]] = {
    "file": {"type": "string", "format": "uri"},
    "files": {"type": "array", "items": {"type": "string", "format": "uri"}},
    "strings": {"type": "array", "items": {"type": "string"}},
    "objects": {"type": "array", "items": {"type": "object"}},
}
METRICS = {
    "video": ("video_output_duration_seconds", "video_output_count"),
    "lipsync": ("video_output_duration_seconds", "video_output_count"),
    "image": ("image_output_count",),
    "words": ("input_token_count", "output_token_count"),
}


@dataclass(frozen=True)
class Field:
    """One input: its JSON schema, whether it must be given, and whether it names files."""

    name: str
    schema: Mapping[str, Any]
    is_required: bool

    @property
    def default(self) -> Any:
        return self.schema.get("default")

    @property
    def names_files(self) -> bool:
        return "uri" in (self.schema.get("format"), self.schema.get("items", {}).get("format"))


@dataclass(frozen=True)
class Amount:
    """A price in USD per unit, and the inputs for which it holds."""

    when: Mapping[str, Any]
    amount: Decimal = Decimal(0)
    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)


@dataclass(frozen=True)
class Price:
    """`unit`: second, video, image, run, token or hardware; the first fitting amount counts."""

    unit: str
    amounts: tuple[Amount, ...]

    def amount_for(self, values: Mapping[str, Any]) -> Amount:
        return next(one for one in self.amounts if fits(one.when, values))


@dataclass(frozen=True)
class Rule:
    """A combination of inputs that fails the prediction with `error`."""

    error: str
    when: Mapping[str, Any] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def is_broken_by(self, values: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
        has_all = all(given.get(name) for name in self.given)
        has_none = not any(given.get(name) for name in self.missing)
        return has_all and has_none and fits(self.when, values)


@dataclass(frozen=True)
class Model:
    """One model: what it takes, makes, costs and how long it runs. `making` is its kind's part."""

    slug: str
    kind: str
    description: str
    is_official: bool
    version: str
    inputs: tuple[Field, ...]
    rules: tuple[Rule, ...]
    output: str
    making: Mapping[str, Any]
    metrics: tuple[str, ...]
    price: Price
    seconds: float
    boot_seconds: float

    @property
    def names(self) -> frozenset[str]:
        return frozenset(one.name for one in self.inputs)

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs as the model sees them: defaults filled in."""
        filled = {one.name: one.default for one in self.inputs if one.default is not None}
        return filled | {name: value for name, value in given.items() if value is not None}

    def file_inputs(self, given: Mapping[str, Any]) -> list[tuple[str, str]]:
        """(input name, URI) of every file that was handed over."""
        found = [(one.name, given.get(one.name)) for one in self.inputs if one.names_files]
        return [
            (name, uri)
            for name, value in found
            for uri in (value if isinstance(value, list) else [value])
            if uri
        ]


def fits(when: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """True if every named value is the wanted one, or one of the wanted ones."""
    return all(
        values.get(name) in (wanted if isinstance(wanted, list) else [wanted])
        for name, wanted in when.items()
    )


class Catalog:
    """All models by slug and by version."""

    def __init__(self, models: Sequence[Model]) -> None:
        self.by_slug = {model.slug: model for model in models}
        self.by_version = {model.version: model for model in models}

    def official(self, slug: str) -> Model | None:
        """The model if it is there and may be called by its name alone."""
        model = self.by_slug.get(slug)
        return model if model is not None and model.is_official else None

    def of_version(self, version: str) -> Model | None:
        """The model for `owner/name` (official ones), `owner/name:id` or a bare id."""
        slug, colon, number = version.rpartition(":")
        if not colon and "/" in version:
            return self.official(version)
        model = self.by_version.get(number)
        return model if model is not None and slug in ("", model.slug) else None


def load(folder: Path = FOLDER) -> Catalog:
    """Read every catalog file of a folder. Raises KeyError or ValueError for a broken entry."""
    entries: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.yaml")):
        entries |= yaml.load(path.read_text("utf-8"), Loader=SAFE_LOADER)
    return Catalog([_model(slug, e) for slug, e in entries.items() if not slug.startswith("_")])


def _model(slug: str, entry: Mapping[str, Any]) -> Model:
    kind = entry["kind"]
    if kind not in KINDS:
        raise ValueError(f"{slug}: no such kind: {kind}")
    return Model(
        slug=slug,
        kind=kind,
        description=entry["description"],
        is_official=entry.get("official", True),
        version=entry.get("version") or hashlib.sha256(slug.encode()).hexdigest(),
        inputs=tuple(_field(name, about) for name, about in entry["inputs"].items()),
        rules=tuple(_rule(about) for about in entry.get("rules", ())),
        output=entry.get("output", "string"),
        making=entry[kind],
        metrics=tuple(entry.get("metrics", METRICS.get(kind, ()))),
        price=_price(entry["price"]),
        seconds=float(entry["seconds"]),
        boot_seconds=float(entry.get("boot", 0)),
    )


def _field(name: str, about: Mapping[str, Any]) -> Field:
    schema = {key: value for key, value in about.items() if key != "required"}
    schema |= TYPES.get(schema["type"], {})
    words = {"min_length": "minLength", "max_length": "maxLength", "max_items": "maxItems"}
    schema = {words.get(key, key): value for key, value in schema.items()}
    return Field(name=name, schema=schema, is_required=about.get("required", False))


def _rule(about: Mapping[str, Any]) -> Rule:
    return Rule(
        error=about["error"],
        when=about.get("when", {}),
        given=_names(about.get("with")),
        missing=_names(about.get("without")),
    )


def _names(value: str | list[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _price(about: Mapping[str, Any]) -> Price:
    amounts = tuple(
        Amount(
            when=one.get("when", {}),
            amount=Decimal(str(one.get("amount", 0))),
            input=_decimal(one.get("input", 0)),
            output=_decimal(one.get("output", 0)),
        )
        for one in about["amounts"]
    )
    return Price(unit=about["unit"], amounts=amounts)


def _decimal(value: float) -> Decimal:
    return Decimal(f"{value:.12f}").normalize()
