"""People and their tokens as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import User
from vibecraft.rest import Text

LONGEST_PASSWORD = 1000  # hashing takes time with the length; no one types more


class QuotaSerializer(serializers.Serializer[User]):
    """What is used, and how much may be."""

    videos_used = serializers.IntegerField()
    videos_limit = serializers.IntegerField()
    storage_used_bytes = serializers.IntegerField()
    storage_limit_bytes = serializers.IntegerField()


class UserSerializer(serializers.ModelSerializer[User]):
    quota = QuotaSerializer(source="*", read_only=True)

    class Meta:
        model = User
        fields = ("id", "email", "created_at", "quota")
        read_only_fields = fields


class SignedInSerializer(serializers.Serializer[Any]):
    """The tokens of somebody who has just signed in."""

    token = serializers.CharField(help_text="Send it as `Authorization: Bearer <token>`.")
    refresh = serializers.CharField(help_text="For a new token when this one has expired.")
    user = UserSerializer()


class CredentialsSerializer(serializers.Serializer[Any]):
    email = Text(max_length=254, help_text="Upper and lower case are the same.")
    password = Text(trim_whitespace=False, max_length=LONGEST_PASSWORD)


class PasswordSerializer(serializers.Serializer[Any]):
    password = Text(
        trim_whitespace=False, max_length=LONGEST_PASSWORD, help_text="The present password."
    )


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = Text(help_text="The refresh token of a sign-in.")


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Send it as `Authorization: Bearer <token>`.")
