"""The Files API: upload, look at, delete and download with a signature."""

from __future__ import annotations

import hmac
import time

from vibecraft.predictions.standin import answers, uploads
from vibecraft.predictions.standin.faults import Plan
from vibecraft.predictions.standin.money import Account
from vibecraft.predictions.standin.uploads import BadUpload, Upload, read_form, read_metadata
from vibecraft.predictions.standin.web import Answer, Call, as_json
from vibecraft.predictions.standin.world import World, new_id


class FilesApi:
    """What the API port answers under `/v1/files`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, call: Call, account: Account, plan: Plan) -> Answer:
        if len(call.body) > uploads.MAX_BYTES:
            return answers.file_too_big()
        try:
            parts = read_form(call.headers.get("content-type", ""), call.body)
            metadata = read_metadata(parts)
            content = parts["content"]
        except (BadUpload, KeyError) as error:
            return as_json(400, {"detail": f"Missing content: {error}", "status": 400})
        world, life = self._world, plan.get("expires", uploads.LIFE_SECONDS)
        found = Upload(
            id=new_id(),
            owner=account.username,
            name=content.filename,
            content_type=content.content_type,
            data=content.data,
            metadata=metadata,
            created_wall=time.time(),
            expires=world.clock.now() + life,
            expires_wall=time.time() + life / world.clock.scale,
            omit=tuple(plan.get("omit", "").split("+")),
        )
        with world.lock:
            now = world.clock.now()
            world.uploads = {k: one for k, one in world.uploads.items() if one.expires > now}
            world.uploads[found.id] = found
        return as_json(201, found.as_json(world.origins.api))

    def list(self, account: Account) -> Answer:
        with self._world.lock:
            mine = [one for one in self._world.uploads.values() if one.owner == account.username]
        now, base = self._world.clock.now(), self._world.origins.api
        results = [one.as_json(base) for one in reversed(mine) if one.expires > now]
        return as_json(200, {"next": None, "previous": None, "results": results})

    def get(self, file_id: str, account: Account) -> Answer:
        found = self._mine(file_id, account)
        return as_json(200, found.as_json(self._world.origins.api)) if found else _missing()

    def delete(self, file_id: str, account: Account) -> Answer:
        found = self._mine(file_id, account)
        if found is None:
            return _missing()
        with self._world.lock:
            self._world.uploads.pop(found.id, None)
        return Answer(204)

    def download(self, call: Call) -> Answer:
        """The content, for whoever has an address that its owner has signed."""
        file_id = call.path.split("/")[3]
        found = self._world.upload(file_id)
        owner, expiry = call.query.get("owner", ""), call.query.get("expiry", "")
        account = next((a for a in self._world.accounts.values() if a.username == owner), None)
        if found is None or account is None or found.owner != owner:
            return _missing()
        # A plus sign that was not escaped arrives as a space.
        given = call.query.get("signature", "").replace(" ", "+")
        wanted = uploads.signature(account.files_key, owner, file_id, expiry)
        is_fresh = expiry.isdigit() and int(expiry) > time.time()
        if not is_fresh or not hmac.compare_digest(given.encode(), wanted.encode()):
            return answers.forbidden()
        return Answer(200, found.data, {"content-type": found.content_type})

    def _mine(self, file_id: str, account: Account) -> Upload | None:
        found = self._world.upload(file_id)
        return found if found is not None and found.owner == account.username else None


def _missing() -> Answer:
    return answers.file_not_found()
