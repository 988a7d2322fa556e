"""Who gets in: enrolments, tokens, PINs, sessions, and who may do what (FR-6, NFR-5)."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import jwt
import pytest

from courier.news import NewsPage
from retail.staff import PERMISSIONS, Role
from storehub.people.queries import digest
from tests import make
from tests.hubs import Hub, running_hub

LOGIN = {"employee_id": make.CASHIER, "pin": make.PIN, "terminal_id": make.TERMINAL}


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path) as running:
        yield running


def code_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_terminal_is_enrolled_once_with_its_code(hub: Hub) -> None:
    enrolment = hub.enrolled(code="K7QM-2F9T")
    assert (enrolment["store_id"], enrolment["terminal_id"]) == (make.STORE, make.TERMINAL)
    assert len(enrolment["secret"]) >= 32
    again = hub.http.post("/api/v1/enrolments", json={"enrolment_code": "K7QM-2F9T"})
    assert code_of(again) == (403, "enrolment-code-not-valid")
    never = hub.http.post("/api/v1/enrolments", json={"enrolment_code": "AAAA-AAAA"})
    assert code_of(never) == (403, "enrolment-code-not-valid")
    kept = hub.rows("SELECT secret_hash FROM terminals")
    assert kept == [(digest(enrolment["secret"]),)]


def test_an_old_enrolment_code_is_good_no_longer(hub: Hub) -> None:
    body = {
        "terminal_id": "POS_05",
        "store_id": make.STORE,
        "enrolment_code_hash": digest("OLD"),
        "enrolment_code_expires_at": hub.clock().isoformat(),
    }
    hub.hear(NewsPage(2, [make.news("terminal", f"{make.STORE}/POS_05", body, 2)]))
    answer = hub.http.post("/api/v1/enrolments", json={"enrolment_code": "OLD"})
    assert code_of(answer) == (403, "enrolment-code-not-valid")


@pytest.mark.allow_log("terminal refused")
def test_a_new_code_does_not_end_an_enrolment_but_using_it_does(hub: Hub) -> None:
    first = hub.enrolled(code="ONE")
    old = hub.with_token(first["token"])
    body = {
        "terminal_id": make.TERMINAL,
        "store_id": make.STORE,
        "enrolment_code_hash": digest("TWO"),
        "enrolment_code_expires_at": "2099-01-01T00:00:00+00:00",
    }
    hub.hear(NewsPage(50, [make.news("terminal", f"{make.STORE}/{make.TERMINAL}", body, 50)]))
    assert old.get("/api/v1/news").status_code == 200
    second = hub.http.post("/api/v1/enrolments", json={"enrolment_code": "TWO"}).json()
    assert code_of(old.get("/api/v1/news")) == (401, "token-revoked")
    secret = {"terminal_id": make.TERMINAL, "secret": first["secret"]}
    assert code_of(hub.http.post("/api/v1/auth/token", json=secret)) == (401, "terminal-not-known")
    assert hub.with_token(second["token"]).get("/api/v1/news").status_code == 200


def test_a_terminal_gets_a_new_token_for_its_secret(hub: Hub) -> None:
    enrolment = hub.enrolled()
    secret = {"terminal_id": make.TERMINAL, "secret": enrolment["secret"]}
    hub.clock.forward(hours=9)
    expired = hub.with_token(enrolment["token"]).get("/api/v1/news")
    assert code_of(expired) == (401, "token-expired")
    assert expired.headers["www-authenticate"] == "Bearer"
    fresh = hub.http.post("/api/v1/auth/token", json=secret).json()
    assert datetime.fromisoformat(fresh["expires_at"]) == hub.clock().replace(microsecond=0) + timedelta(
        hours=8
    )
    assert hub.with_token(fresh["token"]).get("/api/v1/news").status_code == 200


def test_a_cashier_signs_in_with_id_and_pin(hub: Hub) -> None:
    hub.enrolled()
    answer = hub.http.post("/api/v1/auth/login", json=LOGIN)
    assert answer.status_code == 200
    body = answer.json()
    assert body["role"] == "cashier"
    assert body["permissions"] == sorted(PERMISSIONS[Role.CASHIER])
    assert {"sell", "reprint"} <= set(body["permissions"])
    assert "price override" not in body["permissions"]
    claims = jwt.decode(body["token"], options={"verify_signature": False})
    assert (claims["store_id"], claims["terminal_id"], claims["roles"]) == (
        make.STORE,
        make.TERMINAL,
        ["cashier"],
    )
    assert claims["exp"] - claims["iat"] == 8 * 3600


@pytest.mark.parametrize(
    "change", [{"pin": "000000"}, {"employee_id": "NOBODY"}, {"employee_id": "OF_ANOTHER_STORE"}]
)
def test_wrong_people_do_not_get_in(hub: Hub, change: dict[str, str]) -> None:
    elsewhere = make.person("OF_ANOTHER_STORE", store_ids=["STORE_002"])
    hub.hear(NewsPage(9, [make.news("person", "OF_ANOTHER_STORE", elsewhere, 9)]))
    hub.enrolled()
    answer = hub.http.post("/api/v1/auth/login", json=LOGIN | change)
    assert code_of(answer) == (401, "sign-in-failed")
    assert hub.rows("SELECT actor, outcome FROM audit_log WHERE deed = 'sign in'") == [
        ((LOGIN | change)["employee_id"], "refused")
    ]


def test_an_id_that_no_database_can_hold_is_refused_in_words(hub: Hub) -> None:
    hub.enrolled()

    answer = hub.http.post("/api/v1/auth/login", json=LOGIN | {"employee_id": "CASHIER_001\0"})

    assert code_of(answer) == (422, "invalid-request")


def test_three_wrong_pins_make_a_pause(hub: Hub) -> None:
    hub.enrolled()
    for _ in range(3):
        assert hub.http.post("/api/v1/auth/login", json=LOGIN | {"pin": "1"}).status_code == 401
        hub.clock.forward(seconds=1)
    paused = hub.http.post("/api/v1/auth/login", json=LOGIN)
    assert code_of(paused) == (429, "too-many-tries")
    assert 25 <= int(paused.headers["retry-after"]) <= 30
    hub.clock.forward(seconds=31)
    assert hub.http.post("/api/v1/auth/login", json=LOGIN).status_code == 200


def test_a_terminal_nobody_knows_is_no_place_to_sign_in(hub: Hub) -> None:
    answer = hub.http.post("/api/v1/auth/login", json=LOGIN | {"terminal_id": "POS_77"})
    assert code_of(answer) == (403, "terminal-not-known")


def test_one_session_at_a_time_per_cashier_and_terminal(hub: Hub) -> None:
    hub.enrolled()
    hub.enrolled("POS_02", code="TWO")
    first, elsewhere = hub.as_cashier(), hub.as_person(make.CASHIER, "POS_02")
    assert first.get("/api/v1/inventory").status_code == 200
    second = hub.as_cashier()
    assert code_of(first.get("/api/v1/inventory")) == (401, "token-revoked")
    assert second.get("/api/v1/inventory").status_code == 200
    assert elsewhere.get("/api/v1/inventory").status_code == 200


def test_signing_out_ends_the_token(hub: Hub) -> None:
    hub.enrolled()
    cashier = hub.as_cashier()
    assert cashier.post("/api/v1/auth/logout").status_code == 204
    assert code_of(cashier.get("/api/v1/inventory")) == (401, "token-revoked")


def test_somebody_who_left_is_out_with_the_next_news(hub: Hub) -> None:
    hub.enrolled()
    cashier = hub.as_cashier()
    hub.hear(NewsPage(50, [make.news("person", make.CASHIER, make.person(is_active=False), 50)]))
    assert code_of(cashier.get("/api/v1/inventory")) == (401, "token-revoked")


def test_a_role_that_changed_counts_at_once(hub: Hub) -> None:
    hub.enrolled()
    cashier = hub.as_cashier()
    body = {"sku_id": "SKU_12345", "quantity_delta": 1, "reason": "found"}
    assert code_of(cashier.post("/api/v1/inventory/adjustments", json=body)) == (403, "permission-denied")
    promoted = make.person(role="manager")
    hub.hear(NewsPage(50, [make.news("person", make.CASHIER, promoted, 50)]))
    assert cashier.post("/api/v1/inventory/adjustments", json=body).status_code == 201


def test_every_door_but_three_needs_a_token(hub: Hub) -> None:
    anybody = {"/health/live", "/health/ready", "/metrics"}
    beginning = {"/api/v1/auth/login", "/api/v1/auth/token", "/api/v1/enrolments"}
    paths = hub.http.get("/openapi.json").json()["paths"]
    assert "/api/v1/transactions" in paths
    some_id = "00000000-0000-7000-8000-000000000000"
    for path, methods in paths.items():
        if path in anybody | beginning:
            continue
        for method in methods:
            address = path.replace("{sku_id}", "X").replace("{", "").replace("}", "")
            for name in ("transaction_id", "line_item_id", "payment_id"):
                address = address.replace(name, some_id)
            answer = hub.http.request(method, address, content=b"not even JSON")
            assert code_of(answer) == (401, "token-missing"), (method, address)
    envelopes = hub.http.post("/api/v1/envelopes", content=b"not even JSON")
    assert code_of(envelopes) == (401, "token-missing")


def test_tokens_of_another_store_and_forged_ones_are_refused(hub: Hub) -> None:
    hub.enrolled()
    claims = {
        "store_id": "STORE_002",
        "sub": make.MANAGER,
        "kind": "person",
        "terminal_id": make.TERMINAL,
        "seal": "018f3c6e-7f6b-7c1e-9a55-0d2f8e6b4a10",
        "roles": ["manager"],
        "exp": datetime(2099, 1, 1, tzinfo=UTC),
    }
    of_their_hub = jwt.encode(claims, b"another hub's key, 32 bytes long", algorithm="HS256")
    of_our_key = jwt.encode(claims, (hub.settings.data_dir / "token.key").read_text(), algorithm="HS256")
    unsigned = jwt.encode(claims | {"store_id": make.STORE}, "", algorithm="none")
    for token in (of_their_hub, of_our_key, unsigned, "nonsense"):
        for request in (
            lambda client: client.get("/api/v1/inventory"),
            lambda client: client.post("/api/v1/envelopes", content=b'{"from_position":1,"events":[]}'),
        ):
            assert code_of(request(hub.with_token(token))) == (401, "token-not-valid")


def test_the_key_of_the_hub_is_readable_by_its_owner_only(hub: Hub) -> None:
    file = hub.settings.data_dir / "token.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(bytes.fromhex(file.read_text())) == 32


def test_a_terminal_may_do_what_tills_do_and_nothing_else(hub: Hub) -> None:
    terminal = hub.with_token(hub.enrolled()["token"])
    sale = {"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER}
    assert code_of(terminal.post("/api/v1/transactions", json=sale)) == (403, "wrong-cashier")
    sale["cashier_id"] = make.TERMINAL
    assert code_of(terminal.post("/api/v1/transactions", json=sale)) == (403, "permission-denied")
    body = {"sku_id": "SKU_12345", "quantity_delta": 1, "reason": "found"}
    assert code_of(terminal.post("/api/v1/inventory/adjustments", json=body)) == (403, "permission-denied")
    assert terminal.get("/api/v1/status").status_code == 200


@pytest.mark.allow_log("foreign facts refused")
def test_a_terminal_brings_its_own_facts_only(hub: Hub) -> None:
    till, other = hub.till(), hub.till("POS_02")
    foreign = other.sell()
    answer = till.send(1, [foreign])
    assert code_of(answer) == (403, "wrong-terminal")
    elsewhere = make.Chain(make.TERMINAL, "STORE_002").sell()
    assert code_of(till.send(1, [elsewhere])) == (403, "wrong-terminal")
    assert hub.scalar("SELECT count(*) FROM transactions") == 0
    assert hub.scalar("SELECT count(*) FROM set_aside") == 0
    assert other.send(1, [foreign]).json()["accepted"] == 1


def test_nobody_sells_for_another_cashier_or_at_another_terminal(hub: Hub) -> None:
    hub.enrolled()
    cashier = hub.as_cashier()
    sale = {"terminal_id": make.TERMINAL, "cashier_id": make.MANAGER}
    assert code_of(cashier.post("/api/v1/transactions", json=sale)) == (403, "wrong-cashier")
    sale = {"terminal_id": "POS_02", "cashier_id": make.CASHIER}
    assert code_of(cashier.post("/api/v1/transactions", json=sale)) == (403, "wrong-terminal")
