"""Images of the user's as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from vibecraft.rest import JobStarted, Text
from videos.models import Asset


class AssetSerializer(serializers.ModelSerializer[Asset]):
    """An image of the user, for use as character or first frame."""

    source = serializers.ChoiceField(  # type: ignore[assignment]  # the contract's name
        Asset.Source.choices, read_only=True, help_text="Brought, or made from a description."
    )
    status = serializers.ChoiceField(Asset.Status.choices, read_only=True)
    file_size_bytes = serializers.IntegerField(source="size_bytes", read_only=True)
    cost_usd = serializers.FloatField(read_only=True)
    error = serializers.SerializerMethodField(help_text="A sentence for a person, or null.")
    url = serializers.SerializerMethodField(help_text="Its file; null before there is one.")
    thumbnail_url = serializers.SerializerMethodField(help_text="A small JPEG, or null.")

    class Meta:
        model = Asset
        fields = (
            "id",
            "title",
            "source",
            "status",
            "description",
            "width",
            "height",
            "file_size_bytes",
            "cost_usd",
            "url",
            "thumbnail_url",
            "job_id",
            "error",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.STR)
    def get_error(self, asset: Asset) -> str | None:
        return asset.error_sentence or None

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, asset: Asset) -> str | None:
        return self._url("api-asset-file", asset) if asset.key else None

    @extend_schema_field(OpenApiTypes.URI)
    def get_thumbnail_url(self, asset: Asset) -> str | None:
        return self._url("api-asset-thumbnail", asset) if asset.thumbnail_key else None

    def _url(self, name: str, asset: Asset) -> str:
        return reverse(name, [asset.pk], request=self.context["request"])


class AssetUploadSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(
        allow_empty_file=True,
        help_text="PNG, JPEG or WebP; at most 50 MB, 40 million pixels, 8192 on a side.",
    )
    title = Text(required=False, allow_blank=True, max_length=150, help_text="Else its name.")


class DescriptionSerializer(serializers.Serializer[Any]):
    description = Text(max_length=2000, help_text="What the character looks like.")


class CharacterStarted(JobStarted):
    """A character is being made; watch it at `GET /api/jobs/{job_id}`."""

    asset_id = serializers.UUIDField()
