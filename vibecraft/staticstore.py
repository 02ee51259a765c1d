"""Static files with a hash in their names, those that modules import from each other included."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """A changed module gets a new address, so that browsers may keep all of them for ever."""

    support_js_module_import_aggregation = True
