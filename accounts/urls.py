"""The addresses of the account pages."""

from __future__ import annotations

from django.urls import path

from accounts import styleguide, views

urlpatterns = [
    path("register", views.register, name="register"),
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("account", views.account, name="account"),
    path("account/password", views.change_password, name="account-password"),
    path("account/delete", views.delete, name="account-delete"),
    path("account/tokens", views.tokens, name="account-tokens"),
    path("account/tokens/<str:jti>/revoke", views.revoke, name="account-token-revoke"),
    path("styleguide", styleguide.styleguide, name="styleguide"),
]
