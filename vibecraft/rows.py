"""Rows that many requests change at once."""

from __future__ import annotations

from django.db.models import F, Model


def hold(row: Model) -> bool:
    """Lock a row until this transaction ends, and read it anew; False when it is deleted already.

    The update changes nothing: it is what makes others wait. Of two that delete a row the second one
    ends here, so that what the row has counted is given back once, and as it stands now.
    """
    key = row._meta.pk.attname
    if type(row)._default_manager.filter(pk=row.pk).update(**{key: F(key)}) != 1:
        return False
    row.refresh_from_db()
    return True
