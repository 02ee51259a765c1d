"""Static files with a hash in their names, those that modules import from each other included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from whitenoise.storage import CompressedManifestStaticFilesStorage

# What only operators and readers of the API's description load: compressing it takes most of a minute.
SELDOM = ("admin/", "drf_spectacular_sidecar/", "rest_framework/")


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """A changed module gets a new address, so that browsers may keep all of them for ever."""

    support_js_module_import_aggregation = True

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what musicians load."""
        yield from super().compress_files(path for path in paths if not path.startswith(SELDOM))
