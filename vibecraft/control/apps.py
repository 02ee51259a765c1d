"""Django's admin with the control room as its first page."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class ControlConfig(AdminConfig):
    default_site = "vibecraft.control.site.ControlSite"
