"""Objects in a private bucket of S3, or of a store that speaks its language.

Browsers read and write there themselves, by addresses that are signed for one object and a few
minutes. They may know the store by another name than the servers do: a signature holds for one.
"""

from __future__ import annotations

import functools
import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from vibecraft.away import StorageAway

P = ParamSpec("P")
R = TypeVar("R")
UNKNOWN_TYPE = "application/octet-stream"
MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
CORS_SECONDS = 3600
KEYS_A_DELETE = 1000
CONFIG = Config(
    signature_version="s3v4",
    s3={"addressing_style": "path", "payload_signing_enabled": True},
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 4},
    # Bodies are signed with their SHA-256, which every store checks; newer checksums only some know.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


@dataclass(frozen=True)
class PostForm:
    """Where a browser sends a file, and the fields that stand before it in the form."""

    url: str
    fields: dict[str, str]


def plain_errors(act: Callable[P, R]) -> Callable[P, R]:
    """Raise what files raise: FileNotFoundError for a missing object, else StorageAway."""

    @functools.wraps(act)
    def acting(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return act(*args, **kwargs)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in MISSING:
                raise FileNotFoundError(str(error)) from error
            raise StorageAway(str(error)) from error
        except (BotoCoreError, Boto3Error) as error:
            raise StorageAway(str(error)) from error

    return acting


class Bucket(S3Storage):  # type: ignore[misc]  # django-storages says nothing of its types
    """One bucket. An object appears whole or not at all."""

    def __init__(self, *, public_endpoint: str = "", seconds: int = 300, **options: Any) -> None:
        super().__init__(client_config=CONFIG, default_acl=None, **options)
        self.public_endpoint = public_endpoint or self.endpoint_url
        self.seconds = seconds

    @functools.cached_property
    def client(self) -> Any:
        """Safe to be used by many threads at once."""
        return self._client(self.endpoint_url)

    @functools.cached_property
    def signer(self) -> Any:
        """Signs addresses under the store's public name; it never connects to it."""
        return self._client(self.public_endpoint)

    def _client(self, endpoint: str | None) -> Any:
        return self._create_session().client(
            "s3", region_name=self.region_name, endpoint_url=endpoint or None, config=CONFIG
        )

    # --- the acts that every store has ---------------------------------------------------------------

    @plain_errors
    def put(self, key: str, path: Path) -> int:
        """Store a finished file at `key`, replacing what was there; return its size in bytes."""
        about = {"ContentType": mimetypes.guess_type(key)[0] or UNKNOWN_TYPE}
        self.client.upload_file(str(path), self.bucket_name, key, ExtraArgs=about)
        size, stored = path.stat().st_size, self._head(key)["ContentLength"]
        if stored != size:
            raise StorageAway(f"{key}: {stored} of {size} bytes were stored")
        path.unlink()
        return size

    def local_path(self, key: str) -> Path | None:
        """None: the object is fetched when it is needed as a file."""
        return None

    @plain_errors
    def fetch(self, key: str, target: Path) -> None:
        """Write the object to a file."""
        with target.open("wb") as file:
            self.client.download_fileobj(self.bucket_name, key, file)

    @plain_errors
    def copy(self, source: str, target: str) -> int:
        """Copy one object inside the store, replacing what was there; return its size in bytes."""
        self.client.copy({"Bucket": self.bucket_name, "Key": source}, self.bucket_name, target)
        return int(self._head(target)["ContentLength"])

    @plain_errors
    def keys(self, prefix: str) -> Iterator[str]:
        """The keys of all objects below a prefix, in order."""
        pages = self.client.get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.bucket_name, Prefix=prefix)
        return iter([item["Key"] for page in found for item in page.get("Contents", ())])

    @plain_errors
    def delete_below(self, prefix: str) -> None:
        """Delete all objects below a prefix."""
        keys = [{"Key": key} for key in self.keys(prefix)]
        for first in range(0, len(keys), KEYS_A_DELETE):
            some = {"Objects": keys[first : first + KEYS_A_DELETE], "Quiet": True}
            left = self.client.delete_objects(Bucket=self.bucket_name, Delete=some).get("Errors")
            if left:
                raise StorageAway(f"{len(left)} objects cannot be deleted, such as {left[0]}")

    @plain_errors
    def _head(self, key: str) -> Any:
        return self.client.head_object(Bucket=self.bucket_name, Key=key)

    # --- what django-storages does, with the errors of files -----------------------------------------

    def exists(self, key: str) -> bool:
        try:
            self._head(key)
        except FileNotFoundError:
            return False
        return True

    def size(self, key: str) -> int:
        return int(self._head(key)["ContentLength"])

    def get_modified_time(self, key: str) -> Any:
        return self._head(key)["LastModified"]

    @plain_errors
    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.bucket_name, Key=key)

    # --- browsers ----------------------------------------------------------------------------------

    def address(self, key: str, *, content_type: str, disposition: str) -> str:
        """An address that gives this object to whoever has it, for a few minutes.

        The browser may keep what it gets, and asks each time whether that is still the object.
        """
        about = {
            "Bucket": self.bucket_name,
            "Key": key,
            "ResponseContentType": content_type,
            "ResponseContentDisposition": disposition,
            "ResponseCacheControl": "private, no-cache",
        }
        return str(self.signer.generate_presigned_url("get_object", about, self.seconds))

    def post_form(self, key: str, *, max_bytes: int) -> PostForm:
        """A form that stores one file at exactly this key, if it is not larger."""
        kind = {"Content-Type": UNKNOWN_TYPE}
        made = self.signer.generate_presigned_post(
            self.bucket_name,
            key,
            Fields=kind,
            Conditions=[kind, ["content-length-range", 0, max_bytes]],
            ExpiresIn=2 * self.seconds,
        )
        return PostForm(made["url"], made["fields"])

    # --- setting it up -------------------------------------------------------------------------------

    @plain_errors
    def create(self) -> bool:
        """Create the bucket, closed to the public; False if it is there already."""
        try:
            self.client.head_bucket(Bucket=self.bucket_name)
        except ClientError as error:
            if str(error.response["Error"]["Code"]) not in MISSING | {"NoSuchBucket"}:
                raise
            self.client.create_bucket(Bucket=self.bucket_name, **self._place())
            return True
        return False

    def _place(self) -> dict[str, Any]:
        """Amazon wants to be told the region again, but never the first one."""
        if self.endpoint_url or self.region_name in (None, "", "us-east-1"):
            return {}
        return {"CreateBucketConfiguration": {"LocationConstraint": self.region_name}}

    @plain_errors
    def allow_origin(self, origin: str) -> None:
        """Let pages of this origin send files to the bucket and read from it."""
        rule = {
            "AllowedOrigins": [origin],
            "AllowedMethods": ["GET", "HEAD", "POST"],
            "AllowedHeaders": ["*"],
            "ExposeHeaders": ["ETag", "Content-Length", "Content-Range", "Accept-Ranges"],
            "MaxAgeSeconds": CORS_SECONDS,
        }
        self.client.put_bucket_cors(
            Bucket=self.bucket_name, CORSConfiguration={"CORSRules": [rule]}
        )
