"""Signing in, people, stores, enrolment, settings, the audit log, and the stream of pokes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hq.people.tokens import Caller, Tokens
from tests.integration.hq.conftest import ADMIN, RunningHq

CASHIER = {"name": "Nguyễn Thị Mai Anh", "role": "cashier", "pin": "135790", "language": "vi"}


def sign_in(hq: RunningHq, **who: str) -> httpx.Response:
    return hq.client().post("/v1/auth/token", json=who)


def audit(hq: RunningHq) -> list[tuple[str, str, str, str]]:
    return hq.sql("SELECT actor, deed, subject, outcome FROM audit_log ORDER BY at, id")


def test_a_token_is_rs256_and_lasts_eight_hours(hq: RunningHq) -> None:
    body = sign_in(hq, **ADMIN).json()

    header, claims, _ = (base64.urlsafe_b64decode(part + "==") for part in body["token"].split("."))
    assert json.loads(header)["alg"] == "RS256"
    told = json.loads(claims)
    assert (told["employee_id"], told["roles"], told["exp"] - told["iat"]) == (
        "ADMIN_001",
        ["admin"],
        8 * 3600,
    )
    assert body["role"] == "admin"


def test_a_stores_secret_gets_a_token_of_the_store(hq: RunningHq) -> None:
    store = hq.store()

    body = sign_in(hq, store_id="STORE_001", secret=store.secret).json()

    assert body["role"] == "store"
    answer = hq.client(body["token"]).get("/v1/ingestion/cursor")
    assert answer.json()["pipe"] == "STORE_001"
    assert sign_in(hq, store_id="STORE_001", secret="wrong").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"employee_id": "ADMIN_001"},
        {"employee_id": "ADMIN_001", "pin": "1", "store_id": "S", "secret": "s"},
        {"employee_id": "ADMIN_001", "pin": 274911},
    ],
)
def test_half_a_sign_in_is_a_422_that_does_not_repeat_the_pin(hq: RunningHq, body: dict[str, str]) -> None:
    answer = hq.client().post("/v1/auth/token", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert "274911" not in answer.text


def test_after_three_wrong_pins_one_has_to_wait(hq: RunningHq) -> None:
    for _ in range(3):
        wrong = sign_in(hq, employee_id="ADMIN_001", pin="000000")
        assert (wrong.status_code, wrong.json()["code"]) == (401, "sign-in-failed")

    waiting = sign_in(hq, **ADMIN)
    assert (waiting.status_code, waiting.json()["code"]) == (429, "too-many-attempts")
    assert 0 < int(waiting.headers["retry-after"]) <= 30
    hq.clock.ahead = timedelta(seconds=31)
    assert sign_in(hq, **ADMIN).status_code == 200
    assert sign_in(hq, employee_id="ADMIN_001", pin="000000").status_code == 401
    assert sign_in(hq, **ADMIN).status_code == 200


def test_nobody_is_told_whether_an_id_exists(hq: RunningHq) -> None:
    known = sign_in(hq, employee_id="ADMIN_001", pin="000000")
    unknown = sign_in(hq, employee_id="NOBODY", pin="000000")

    assert known.json() == unknown.json()
    assert hq.sql("SELECT count(*) FROM sign_in_failures") == [(1,)]


def test_a_person_is_published_with_the_hash_of_the_pin_and_never_the_pin(hq: RunningHq) -> None:
    first, second = hq.store("STORE_001"), hq.store("STORE_002")

    made = hq.admin.put("/v1/people/CASHIER_001", json={**CASHIER, "store_ids": ["STORE_001"]})

    assert made.status_code == 201
    assert "135790" not in made.text
    assert "pin" not in made.json()
    (person,) = [each for each in first.http.get("/v1/news").json()["news"] if each["kind"] == "person"]
    assert person["body"].pop("pin_hash").startswith("$argon2id$")
    assert person["body"] == {
        "employee_id": "CASHIER_001",
        "name": "Nguyễn Thị Mai Anh",
        "role": "cashier",
        "store_ids": ["STORE_001"],
        "language": "vi",
        "is_active": True,
    }
    assert not [each for each in second.http.get("/v1/news").json()["news"] if each["kind"] == "person"]


def test_the_first_administrator_is_no_news_to_any_store(hq: RunningHq) -> None:
    assert "ADMIN_001" not in hq.store().http.get("/v1/news").text


def test_a_person_who_moves_is_taken_away_from_the_old_store(hq: RunningHq) -> None:
    first, second = hq.store("STORE_001"), hq.store("STORE_002")
    hq.admin.put("/v1/people/CASHIER_001", json={**CASHIER, "store_ids": ["STORE_001"]})

    hq.admin.put("/v1/people/CASHIER_001", json={**CASHIER, "pin": None, "store_ids": ["STORE_002"]})

    (gone,) = [each for each in first.http.get("/v1/news").json()["news"] if each["kind"] == "person"]
    (come,) = [each for each in second.http.get("/v1/news").json()["news"] if each["kind"] == "person"]
    assert (gone["deleted"], gone["body"]) == (True, {})
    assert (come["deleted"], come["body"]["store_ids"]) == (False, ["STORE_002"])
    assert sign_in(hq, employee_id="CASHIER_001", pin="135790").status_code == 200


def test_the_same_person_twice_is_no_news(hq: RunningHq) -> None:
    hq.admin.put("/v1/people/CASHIER_001", json=CASHIER)
    before = hq.admin.get("/v1/catalog/snapshot").json()["current_version"]

    again = hq.admin.put("/v1/people/CASHIER_001", json=CASHIER)

    assert again.status_code == 200
    assert hq.admin.get("/v1/catalog/snapshot").json()["current_version"] == before


def test_a_new_person_needs_a_pin_and_a_store_that_exists(hq: RunningHq) -> None:
    without = {name: value for name, value in CASHIER.items() if name != "pin"}

    no_pin = hq.admin.put("/v1/people/CASHIER_001", json=without)
    short = hq.admin.put("/v1/people/CASHIER_001", json={**CASHIER, "pin": "12"})
    nowhere = hq.admin.put("/v1/people/CASHIER_001", json={**CASHIER, "store_ids": ["STORE_009"]})

    assert (no_pin.status_code, no_pin.json()["code"]) == (422, "pin-needed")
    assert (short.status_code, short.json()["code"]) == (422, "invalid-request")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "store-not-found")


def test_the_last_administrator_stays_one(hq: RunningHq) -> None:
    demoted = hq.admin.put("/v1/people/ADMIN_001", json={"name": "A", "role": "manager"})
    dismissed = hq.admin.put("/v1/people/ADMIN_001", json={"name": "A", "role": "admin", "is_active": False})

    assert [answer.status_code for answer in (demoted, dismissed)] == [409, 409]
    assert demoted.json()["code"] == "last-admin"


def test_who_is_dismissed_may_do_nothing_with_the_token_they_have(hq: RunningHq) -> None:
    hq.admin.put("/v1/people/ADMIN_002", json={"name": "B", "role": "admin", "pin": "864209"})
    second = hq.signed_in("ADMIN_002", "864209")
    assert second.put("/v1/settings/ping_seconds", json={"value": 5}).status_code == 200

    hq.admin.put("/v1/people/ADMIN_002", json={"name": "B", "role": "admin", "is_active": False})

    answer = second.put("/v1/settings/ping_seconds", json={"value": 6})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission-denied")
    assert sign_in(hq, employee_id="ADMIN_002", pin="864209").status_code == 401


def test_cashiers_and_managers_change_nothing_at_head_office(hq: RunningHq) -> None:
    hq.admin.put("/v1/people/MANAGER_001", json={"name": "M", "role": "manager", "pin": "112233"})
    manager, hub = hq.signed_in("MANAGER_001", "112233"), hq.store().http

    for client in (manager, hub):
        for path, body in (
            ("/v1/people/X_1", CASHIER),
            ("/v1/settings/ping_seconds", {"value": 5}),
            ("/v1/prices/SKU", {"amount": 1}),
            ("/v1/catalog/items/SKU", {"product_name": "X", "tax_rate": 0}),
        ):
            answer = client.put(path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "permission-denied"), path
        assert client.post("/v1/stores", json={"store_id": "S", "name": "S"}).status_code == 403
        assert client.post("/v1/catalog/import", content=b"x").status_code == 403


def test_a_store_is_made_once_and_its_card_changed_afterwards(hq: RunningHq) -> None:
    card = {
        "store_id": "STORE_001",
        "name": "Sáng Đèn",
        "address": "12 Nguyễn Huệ",
        "tax_code": "039",
        "phone": "028",
    }

    made = hq.admin.post("/v1/stores", json=card)
    changed = hq.admin.post("/v1/stores", json={**card, "phone": "029"})

    assert [answer.status_code for answer in (made, changed)] == [201, 200]
    assert changed.json()["phone"] == "029"
    bad = hq.admin.post("/v1/stores", json={**card, "store_id": "a/b"})
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid-request")


def test_an_enrolment_code_serves_once(hq: RunningHq) -> None:
    hq.admin.post("/v1/stores", json={"store_id": "STORE_001", "name": "X"})
    issued = hq.admin.post("/v1/stores/STORE_001/enrolment-codes", json={})
    code = issued.json()["enrolment_code"]

    first = hq.client().post("/v1/enrolments", json={"enrolment_code": code.lower()}).json()
    repeated = hq.client().post("/v1/enrolments", json={"enrolment_code": code}).json()
    hq.clock.ahead = timedelta(minutes=11)
    late = hq.client().post("/v1/enrolments", json={"enrolment_code": code})

    assert issued.status_code == 201
    assert sorted(first) == ["expires_at", "secret", "store_id", "token"]
    assert (late.status_code, late.json()["code"]) == (403, "enrolment-code-not-valid")
    # The answer to the first may have been lost; its secret went with it.
    assert sign_in(hq, store_id="STORE_001", secret=first["secret"]).status_code == 401
    assert sign_in(hq, store_id="STORE_001", secret=repeated["secret"]).status_code == 200


def test_codes_end_with_the_day_and_with_the_next_code(hq: RunningHq) -> None:
    hq.admin.post("/v1/stores", json={"store_id": "STORE_001", "name": "X"})
    codes = [
        hq.admin.post("/v1/stores/STORE_001/enrolment-codes", json={}).json()["enrolment_code"]
        for _ in range(2)
    ]

    replaced = hq.client().post("/v1/enrolments", json={"enrolment_code": codes[0]})
    hq.clock.ahead = timedelta(hours=24)
    old = hq.client().post("/v1/enrolments", json={"enrolment_code": codes[1]})

    assert [answer.status_code for answer in (replaced, old)] == [403, 403]


def test_a_terminals_code_reaches_its_hub_as_a_hash(hq: RunningHq) -> None:
    store, other = hq.store("STORE_001"), hq.store("STORE_002")

    answer = hq.admin.post("/v1/stores/STORE_001/enrolment-codes", json={"terminal_id": "POS_01"}).json()

    (terminal,) = [each for each in store.http.get("/v1/news").json()["news"] if each["kind"] == "terminal"]
    assert terminal["body"] == {
        "terminal_id": "POS_01",
        "store_id": "STORE_001",
        "enrolment_code_hash": hashlib.sha256(answer["enrolment_code"].encode()).hexdigest(),
        "enrolment_code_expires_at": answer["expires_at"],
    }
    assert "POS_01" not in other.http.get("/v1/news").text
    used = hq.client().post("/v1/enrolments", json={"enrolment_code": answer["enrolment_code"]})
    assert used.status_code == 403


def test_a_store_that_is_not_there_gets_no_code(hq: RunningHq) -> None:
    answer = hq.admin.post("/v1/stores/STORE_009/enrolment-codes", json={})

    assert (answer.status_code, answer.json()["code"]) == (404, "store-not-found")


def test_the_chain_begins_with_the_settings_of_its_first_start(hq: RunningHq) -> None:
    page = hq.store().http.get("/v1/news").json()["news"]

    settings = {each["key"]: each["body"]["value"] for each in page if each["kind"] == "setting"}
    assert settings == {
        "currency": "VND",
        "day_cut": "00:00",
        "double_scan_seconds": 3,
        "drawer_difference_limit": 0,
        "lock_after_minutes": 10,
        "offline_block_hours": 24,
        "ping_misses": 3,
        "ping_seconds": 10,
        "prices_include_tax": True,
        "print_receipts": "always",
        "refund_cashier_limit": 0,
        "refund_window_days": 7,
        "shift_required": True,
        "timezone": "Asia/Ho_Chi_Minh",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("currency", "XXX"),
        ("timezone", "Mars/Olympus"),
        ("day_cut", "25:00"),
        ("double_scan_seconds", -1),
        ("double_scan_seconds", "3"),
        ("prices_include_tax", 1),
        ("ping_seconds", True),
        ("Ping", 1),
        ("cash_rounding", "up-500"),
        ("cash_rounding", "nearest-0"),
        ("cash_rounding", 500),
        ("denominations", []),
        ("denominations", "500"),
        ("denominations", [500, 1000, 1200]),
        ("denominations", [1, 10**12]),
        ("denominations", [500, True]),
        ("code_patterns", "21IIIIIWWWWWC/3"),
        ("code_patterns", ["21IIIIIWWWWWC/3", "21IIIII"]),
        ("code_patterns", [21]),
        ("print_receipts", "sometimes"),
        ("print_receipts", 1),
        ("receipt_url", "https://receipts.example/r/"),
        ("receipt_url", "javascript:{token}"),
        ("receipt_url", 5),
        ("anything", None),
        ("anything", 1.5),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(hq: RunningHq, name: str, value: object) -> None:
    answer = hq.admin.put(f"/v1/settings/{name}", json={"value": value})

    assert (answer.status_code, answer.json()["code"]) == (422, "bad-setting")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cash_rounding", "none"),
        ("cash_rounding", "nearest-500"),
        ("cash_rounding", "down-1000"),
        ("denominations", [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000]),
        ("code_patterns", ["21IIIIIWWWWWC/3", "22IIIIIPPPPPC", "29MMMMMMMMMMC"]),
        ("code_patterns", []),
        ("print_receipts", "ask"),
        ("receipt_url", "https://receipts.example/r/{token}"),
        ("receipt_url", ""),
    ],
)
def test_how_cash_codes_and_receipts_work_is_a_setting(hq: RunningHq, name: str, value: object) -> None:
    store = hq.store()

    answer = hq.admin.put(f"/v1/settings/{name}", json={"value": value})

    assert (answer.status_code, answer.json()) == (200, {"name": name, "value": value})
    page = store.http.get("/v1/news").json()["news"]
    assert {"name": name, "value": value} in [each["body"] for each in page if each["kind"] == "setting"]


def test_whatever_changes_something_is_in_the_audit_log(hq: RunningHq) -> None:
    hq.admin.put("/v1/settings/ping_seconds", json={"value": 5})
    hq.admin.put("/v1/settings/ping_seconds", json={"value": 0})
    sign_in(hq, employee_id="ADMIN_001", pin="000000")
    hq.store().http.put("/v1/prices/SKU", json={"amount": 1})

    assert audit(hq) == [
        ("system", "put person", "ADMIN_001", "done"),
        ("ADMIN_001", "put setting", "ping_seconds", "done"),
        ("ADMIN_001", "put setting", "ping_seconds", "bad-setting"),
        ("ADMIN_001", "sign in", "ADMIN_001", "sign-in-failed"),
        ("ADMIN_001", "put store", "STORE_001", "done"),
        ("ADMIN_001", "issue enrolment code", "STORE_001", "done"),
        ("store:STORE_001", "enrol hub", "STORE_001", "done"),
        ("store:STORE_001", "put price", "SKU", "permission-denied"),
    ]


def test_a_change_pokes_the_hubs_of_every_instance(hq: RunningHq, start_hq: object) -> None:
    assert callable(start_hq)
    other: RunningHq = start_hq()
    token = hq.store().http.headers["authorization"].removeprefix("Bearer ")

    with other.client(token).stream("GET", "/v1/stream") as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": open"
        hq.admin.put("/v1/settings/ping_seconds", json={"value": 5})
        assert next(each for each in lines if each.startswith("data")) == "data: news"


def test_a_token_that_somebody_else_made_is_not_taken(hq: RunningHq) -> None:
    tokens = hq.app.state.office.tokens
    token, _ = tokens.issue(Caller(employee_id="ADMIN_001"), "admin", hq.clock())
    header, claims, signature = token.split(".")
    public = tokens._public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    symmetric = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    by_hand = f"{symmetric}.{claims}"
    mac = hmac.digest(public, by_hand.encode(), "sha256")
    stranger = Tokens(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    forged = [
        f"{none}.{claims}.",
        f"{by_hand}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}",
        f"{header}.{claims}.{signature[:-4]}AAAA",
        stranger.issue(Caller(employee_id="ADMIN_001"), "admin", hq.clock())[0],
    ]

    for each in forged:
        assert hq.client(each).put("/v1/settings/ping_seconds", json={"value": 5}).status_code == 401


def test_text_that_no_database_can_hold_is_a_422(hq: RunningHq) -> None:
    answer = hq.admin.post("/v1/stores", json={"store_id": "STORE_001", "name": "a\x00b"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_the_doors_of_hubs_are_closed_to_people(hq: RunningHq) -> None:
    for path in ("/v1/news", "/v1/stream", "/v1/ingestion/cursor"):
        assert hq.admin.get(path).status_code == 403
        assert hq.client().get(path).status_code == 401


def test_unknown_paths_and_methods_are_problems(hq: RunningHq) -> None:
    missing, wrong = hq.client().get("/v1/nothing"), hq.client().get("/v1/auth/token")

    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")


def test_every_door_is_described(hq: RunningHq) -> None:
    paths = hq.client().get("/openapi.json").json()["paths"]

    assert {path for path in paths if path.startswith("/v1/")} == {
        "/v1/alerts",
        "/v1/audit",
        "/v1/auth/token",
        "/v1/catalog/import",
        "/v1/catalog/items/{sku_id}",
        "/v1/catalog/snapshot",
        "/v1/conflicts",
        "/v1/enrolments",
        "/v1/ingestion/begin",
        "/v1/ingestion/cursor",
        "/v1/ingestion/events",
        "/v1/members",
        "/v1/members/{member_id}",
        "/v1/members/{member_id}/points",
        "/v1/news",
        "/v1/people/{employee_id}",
        "/v1/prices/{sku_id}",
        "/v1/promotions",
        "/v1/promotions/{promo_id}",
        "/v1/reports/sales",
        "/v1/set-aside",
        "/v1/set-aside/{pipe}/{position}/decision",
        "/v1/settings/{name}",
        "/v1/stores",
        "/v1/stores/{store_id}/completeness",
        "/v1/stores/{store_id}/enrolment-codes",
        "/v1/stores/{store_id}/facts",
        "/v1/stores/{store_id}/inventory",
        "/v1/stores/{store_id}/restoration",
        "/v1/stores/{store_id}/status",
        "/v1/stores/{store_id}/terminals",
        "/v1/stream",
        "/v1/tax-rates/{tax_class}",
        "/v1/vouchers",
        "/v1/vouchers/{code}",
    }
