"""Caches that all processes share: in Redis, which may be away, or in a folder of this machine."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class PatientClient(RedisCacheClient):
    """What cannot be asked is not there; what cannot be written is lost, as a cache may lose it."""

    def get(self, key: Any, default: Any) -> Any:
        return _tried(lambda: super(PatientClient, self).get(key, default), default)

    def get_many(self, keys: Any) -> Any:
        return _tried(lambda: super(PatientClient, self).get_many(keys), {})

    def has_key(self, key: Any) -> bool:
        return bool(_tried(lambda: super(PatientClient, self).has_key(key), False))

    def add(self, key: Any, value: Any, timeout: Any) -> bool:
        return bool(_tried(lambda: super(PatientClient, self).add(key, value, timeout), True))

    def set(self, key: Any, value: Any, timeout: Any) -> None:
        _tried(lambda: super(PatientClient, self).set(key, value, timeout), None)

    def set_many(self, data: Any, timeout: Any) -> None:
        _tried(lambda: super(PatientClient, self).set_many(data, timeout), None)

    def touch(self, key: Any, timeout: Any) -> bool:
        return bool(_tried(lambda: super(PatientClient, self).touch(key, timeout), False))

    def delete(self, key: Any) -> bool:
        return bool(_tried(lambda: super(PatientClient, self).delete(key), False))

    def delete_many(self, keys: Any) -> None:
        _tried(lambda: super(PatientClient, self).delete_many(keys), None)


def _tried(act: Callable[[], Any], otherwise: Any) -> Any:
    try:
        return act()
    except RedisError as error:
        log.warning("the cache is away: %s", error)
        return otherwise


class PatientRedisCache(RedisCache):
    """Sessions lie in the database as well, and everything else can be worked out again."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = PatientClient


class FolderCache(FileBasedCache):
    """Files, counted once in so many writes: counting thousands of them takes longer than a write."""

    WRITES_A_COUNT = 100

    def _cull(self) -> None:
        if random.randrange(self.WRITES_A_COUNT) == 0:
            super()._cull()  # type: ignore[misc]
