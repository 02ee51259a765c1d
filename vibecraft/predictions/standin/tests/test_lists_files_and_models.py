"""Pages of predictions, uploaded files, and what the service says of its models."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import jsonschema

from vibecraft.predictions.standin import uploads
from vibecraft.predictions.standin.tests.receiver import until

LITE = "bytedance/seedance-1-lite"


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def test_pages_have_a_hundred_rows_newest_first_and_absolute_addresses(http, create, standin):
    standin.settings(time_scale=1)
    made = [create(str(number))["id"] for number in range(105)]
    first = http.get("/v1/predictions").json()
    assert [one["id"] for one in first["results"]] == made[:4:-1]
    assert first["previous"] is None
    assert first["next"].startswith(f"{standin.api}/v1/predictions?cursor=")
    create("a newer one")
    second = http.get(first["next"]).json()
    assert [one["id"] for one in second["results"]] == made[4::-1]
    assert second["next"] is None
    back = http.get(second["previous"]).json()
    assert [one["id"] for one in back["results"]] == made[:4:-1]


def test_lists_can_be_cut_by_time_as_a_search_for_a_lost_answer_does(http, create, standin):
    standin.settings(time_scale=1)
    first = create("first")
    time.sleep(0.05)
    moment = stamp(time.time())
    time.sleep(0.05)
    second = create("second")
    after = http.get("/v1/predictions", params={"created_after": moment}).json()["results"]
    before = http.get("/v1/predictions", params={"created_before": moment}).json()["results"]
    assert [one["id"] for one in after] == [second["id"]]
    assert [one["id"] for one in before] == [first["id"]]
    assert after[0]["input"] == {"prompt": "second"}
    assert http.get("/v1/predictions", params={"source": "web"}).json()["results"] == []
    assert http.get("/v1/predictions?created_after=yesterday").status_code == 400
    assert http.get("/v1/predictions?cursor=abc").status_code == 400


def upload(http: httpx.Client, data: bytes = b"words", **more: str) -> httpx.Response:
    files = {"content": ("a b.txt", data, "text/plain")}
    return http.post("/v1/files", files=files, data=more)


def test_an_upload_has_the_shape_of_the_real_one(http, standin):
    data = b"\r\n--tricky\r\n\x00\xff\n"
    made = upload(http, data, metadata='{"attempt": "7"}').json()
    assert set(made) == {
        "id", "name", "content_type", "size", "etag", "checksums", "metadata", "created_at",
        "expires_at", "urls",
    }  # fmt: skip
    assert (made["name"], made["content_type"], made["size"]) == (
        "a b.txt",
        "text/plain",
        len(data),
    )
    assert set(made["checksums"]) == {"sha256", "md5"}
    assert made["urls"] == {"get": f"{standin.api}/v1/files/{made['id']}"}
    assert http.get(f"/v1/files/{made['id']}").json() == made
    assert http.get("/v1/files").json()["results"] == [made]
    assert http.delete(f"/v1/files/{made['id']}").status_code == 204
    gone = http.get(f"/v1/files/{made['id']}")
    assert (gone.status_code, gone.json()) == (404, {"detail": "File not found"})


def test_the_content_needs_a_signature(http, standin):
    data = bytes(range(256)) * 10
    made = upload(http, data).json()
    key = standin.account()["files_secret"]
    address = f"{standin.api}/v1/files/{made['id']}/download"
    expiry = str(int(time.time()) + 60)
    signed = uploads.signature(key, "standin", made["id"], expiry)
    query = f"owner=standin&expiry={expiry}&signature="
    assert httpx.get(f"{address}?{query}{quote(signed)}").content == data
    assert httpx.get(f"{address}?{query}{signed[:-4]}AAA%3D").status_code == 403
    past = uploads.signature(key, "standin", made["id"], "1000")
    old = f"{address}?owner=standin&expiry=1000&signature={quote(past)}"
    assert httpx.get(old).status_code == 403


def test_a_file_of_more_than_100_mb_is_413(http):
    answer = upload(http, bytes(uploads.MAX_BYTES + 1))
    assert answer.status_code == 413
    assert answer.json() == {"detail": "Files must be less than 100MB in size"}


def test_a_body_without_content_is_400(http):
    assert http.post("/v1/files", content=b"x").status_code == 400
    assert http.post("/v1/files", files={"other": b"x"}).status_code == 400
    assert upload(http, metadata="[").status_code == 400


def test_files_expire_and_predictions_that_name_them_fail(http, create, standin):
    standin.fault({"endpoint": "file_create"}, expires=100)
    made = upload(http).json()
    standin.advance(101)
    assert http.get(f"/v1/files/{made['id']}").status_code == 404
    assert http.get("/v1/files").json()["results"] == []
    created = create(model=LITE, input={"image": made["urls"]["get"]})
    until(lambda: standin.predictions()[0]["status"] == "failed")
    assert "(E9243)" in standin.predictions()[0]["error"]
    http.get(created["urls"]["get"])


def test_files_belong_to_their_account(http):
    made = upload(http).json()
    headers = {"authorization": "Bearer r8_other"}
    assert http.get(f"/v1/files/{made['id']}", headers=headers).status_code == 404
    assert http.delete(f"/v1/files/{made['id']}", headers=headers).status_code == 404
    assert http.get("/v1/files", headers=headers).json()["results"] == []


def test_a_model_tells_its_schema(http):
    shown = http.get("/v1/models/minimax/hailuo-2.3-fast").json()
    assert (shown["owner"], shown["name"], shown["is_official"]) == (
        "minimax", "hailuo-2.3-fast", True
    )  # fmt: skip
    schemas = shown["latest_version"]["openapi_schema"]["components"]["schemas"]
    assert schemas["Input"]["required"] == ["prompt", "first_frame_image"]
    duration = schemas["Input"]["properties"]["duration"]
    assert duration["allOf"] == [{"$ref": "#/components/schemas/duration"}]
    assert (duration["default"], schemas["duration"]["enum"]) == (6, [6, 10])
    assert schemas["Output"] == {"title": "Output", "type": "string", "format": "uri"}


def test_every_schema_is_a_json_schema(http):
    checker = jsonschema.Draft7Validator(jsonschema.Draft7Validator.META_SCHEMA)
    found = {
        (shown["name"], name): [fault.message for fault in checker.iter_errors(schema)]
        for shown in http.get("/v1/models").json()["results"]
        for name, schema in shown["latest_version"]["openapi_schema"]["components"][
            "schemas"
        ].items()
    }
    assert {place: faults for place, faults in found.items() if faults} == {}
    assert {("hailuo-2.3-fast", "Input"), ("musicgen", "Output")} <= set(found)


def test_version_and_secret_and_hardware_have_their_shapes(http):
    version = http.get("/v1/models/meta/musicgen/versions").json()["results"][0]
    assert http.get(f"/v1/models/meta/musicgen/versions/{version['id']}").json() == version
    assert http.get("/v1/models/meta/musicgen/versions/abc").status_code == 404
    assert http.get("/v1/models/meta/nothing/versions").status_code == 404
    assert http.get("/v1/webhooks/default/secret").json()["key"].startswith("whsec_")
    assert {"sku", "name"} == set(http.get("/v1/hardware").json()[0])
    assert http.get("/v1/account").json()["username"] == "standin"
