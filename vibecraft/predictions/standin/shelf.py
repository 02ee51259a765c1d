"""Outputs waiting to be fetched from the delivery host."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vibecraft.predictions.standin.faults import Plan
from vibecraft.predictions.standin.studio import CONTENT_TYPES

PLACE = "xezq"


@dataclass
class Item:
    """One delivered file. `expires` is in the service's seconds, None for never."""

    key: str
    path: Path
    prediction: str
    plan: Plan
    expires: float | None = None

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES.get(self.path.suffix, "application/octet-stream")


class Shelf:
    """Items by their path on the delivery host."""

    def __init__(self, origin: str, control: str) -> None:
        self._origin = origin
        self._control = control
        self._lock = threading.Lock()
        self._items: dict[str, Item] = {}

    def put(self, path: Path, prediction: str, plan: Plan, expires: float | None) -> Item:
        name = f"tmp{secrets.token_hex(4)}{path.suffix}"
        key = f"/{PLACE}/{secrets.token_urlsafe(24)}/{name}"
        item = Item(key, path, prediction, plan, expires)
        with self._lock:
            self._items[key] = item
        return item

    def get(self, key: str, now: float) -> Item | None:
        """The item, unless it is gone."""
        with self._lock:
            item = self._items.get(key)
        if item is None or (item.expires is not None and now >= item.expires):
            return None
        return item

    def bytes_of(self, uri: str, now: float) -> bytes | None:
        """The content behind an address of this host, or None if it is another's."""
        parts = urlsplit(uri)
        item = self.get(parts.path, now) if uri.startswith(self._origin) else None
        return item.path.read_bytes() if item else None

    def remove(self, prediction: str) -> None:
        with self._lock:
            kept = {k: i for k, i in self._items.items() if i.prediction != prediction}
            self._items = kept

    def clear(self) -> None:
        with self._lock:
            self._items.clear()

    def link(self, item: Item) -> str:
        """The address that the output names: the true one, or the one its fault asks for."""
        links: Mapping[str, str] = {
            "http": f"http://replicate.delivery{item.key}",
            "foreign": f"https://outputs.example.com{item.key}",
            "private": "http://169.254.169.254/latest/meta-data/",
            "canary": f"{self._control}/_control/canary{item.key}",
            "userinfo": f"{self._origin}@outputs.example.com{item.key}",
        }
        return links.get(item.plan.get("link", ""), f"{self._origin}{item.key}")


def data_uri(item: Item) -> str:
    content = base64.b64encode(item.path.read_bytes()).decode()
    return f"data:{item.content_type};base64,{content}"


def shaped(shape: str, links: list[str], plan: Plan) -> Any:
    """The output value: a string or list of addresses, or the shape its fault asks for."""
    wanted = plan.get("output", "list" if shape == "list" else "string")
    shapes: Mapping[str, Any] = {
        "null": None,
        "empty_list": [],
        "list": links,
        "dict": {"video": links[0], "seed": 1},
    }
    return shapes[wanted] if wanted in shapes else links[0]
