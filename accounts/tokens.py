"""The programs that act for a user: their refresh tokens, seen, made and revoked on a page [A2]."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.models import User
from vibecraft.texts import can_be_kept


def living_tokens(user: User) -> QuerySet[OutstandingToken]:
    """Refresh tokens that still open the API, newest first."""
    tokens = OutstandingToken.objects.filter(user=user, expires_at__gt=timezone.now())
    return tokens.filter(blacklistedtoken=None).order_by("-created_at")


def make_token(user: User) -> RefreshToken:
    """A new refresh token; it is shown once and then only known to whoever kept it."""
    return RefreshToken.for_user(user)


def revoke_token(user: User, jti: str) -> bool:
    """Make a token of this user useless at once; False when it is not theirs or ended already."""
    token = living_tokens(user).filter(jti=jti).first() if can_be_kept(jti) else None
    if token is None:
        return False
    BlacklistedToken.objects.get_or_create(token=token)
    return True
