"""Bad input of every kind: each is answered by a problem with a stable code, and nothing is lost."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from courier.news import NewsPage
from tests import make
from tests.hubs import Hub, Till, running_hub

COLA = "8934680083898"
SOME_ID = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path) as running:
        yield running


@pytest.fixture
def till(hub: Hub) -> Till:
    return hub.till()


@pytest.fixture
def cashier(hub: Hub, till: Till) -> httpx.Client:
    return hub.as_cashier()


@pytest.fixture
def sale(cashier: httpx.Client) -> str:
    """An open sale with one cola."""
    body = {"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER}
    transaction_id = cashier.post("/api/v1/transactions", json=body).json()["transaction_id"]
    added = cashier.post(f"/api/v1/transactions/{transaction_id}/items", json={"barcode": COLA})
    assert added.status_code == 200
    return str(transaction_id)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert (body["status"], body["type"]) == (answer.status_code, f"urn:everopen:problem:{body['code']}")
    assert body["title"]
    assert "Traceback" not in answer.text
    return answer.status_code, body["code"]


@pytest.mark.parametrize(
    ("barcode", "wanted"),
    [
        ("8934680083881", (404, "product-not-found")),
        ("STORE-OWN-1", (404, "product-not-found")),
        ("8934680083899", (422, "wrong-check-digit")),
        ("", (422, "barcode-not-readable")),
        ("8934 680083898", (422, "barcode-not-readable")),
        ("cà phê", (422, "barcode-not-readable")),
        ("9" * 60, (422, "barcode-not-readable")),
        ("'; DROP TABLE transactions; --", (422, "barcode-not-readable")),
    ],
)
def test_barcodes(cashier: httpx.Client, sale: str, barcode: str, wanted: tuple[int, str]) -> None:
    assert code_of(cashier.get("/api/v1/catalog/items", params={"barcode": barcode})) == wanted
    added = cashier.post(f"/api/v1/transactions/{sale}/items", json={"barcode": barcode})
    assert code_of(added) == wanted
    assert len(cashier.get(f"/api/v1/transactions/{sale}").json()["line_items"]) == 1


@pytest.mark.parametrize(
    ("quantity", "wanted"),
    [
        (0, (422, "bad-quantity")),
        (-1, (422, "bad-quantity")),
        (10_000, (422, "bad-quantity")),
        (10**30, (422, "bad-quantity")),
        (1.5, (422, "invalid-request")),
        ("2", (422, "invalid-request")),
        (True, (422, "invalid-request")),
        (None, (422, "invalid-request")),
    ],
)
def test_quantities(cashier: httpx.Client, sale: str, quantity: Any, wanted: tuple[int, str]) -> None:
    items = f"/api/v1/transactions/{sale}/items"
    assert code_of(cashier.post(items, json={"barcode": COLA, "quantity": quantity})) == wanted
    line = cashier.get(f"/api/v1/transactions/{sale}").json()["line_items"][0]
    assert code_of(cashier.patch(f"{items}/{line['line_item_id']}", json={"quantity": quantity})) == wanted
    assert cashier.get(f"/api/v1/transactions/{sale}").json()["line_items"] == [line]


@pytest.mark.parametrize(
    ("payment", "wanted"),
    [
        ({"payment_method": "CASH", "amount": 0}, (422, "bad-amount")),
        ({"payment_method": "CASH", "amount": -5}, (422, "bad-amount")),
        ({"payment_method": "CASH", "amount": 10**16}, (422, "bad-amount")),
        ({"payment_method": "QR_VNPAY", "amount": -5}, (422, "bad-amount")),
        ({"payment_method": "QR_VNPAY", "amount": 10_001}, (422, "overpaid")),
        ({"payment_method": "BEADS", "amount": 10_000}, (422, "unknown-payment-method")),
        ({"payment_method": "CASH"}, (422, "invalid-request")),
    ],
)
def test_payments(cashier: httpx.Client, sale: str, payment: Any, wanted: tuple[int, str]) -> None:
    path = f"/api/v1/transactions/{sale}/payments"
    assert code_of(cashier.post(path, json=payment)) == wanted
    # The refusal left the sale as it was.
    assert cashier.get(f"/api/v1/transactions/{sale}").json()["status"] == "DRAFT"


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe", b'{"terminal_id": '])
def test_malformed_json(cashier: httpx.Client, till: Till, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    started = cashier.post("/api/v1/transactions", content=body, headers=headers)
    assert code_of(started)[0] in (400, 422)
    if body:
        assert code_of(started) == (400, "malformed-json")
    assert code_of(till.http.post("/api/v1/envelopes", content=body)) == (400, "malformed-json")


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"17",
        b"null",
        b'{"events": []}',
        b'{"from_position": 1}',
        b'{"from_position": 0, "events": []}',
        b'{"from_position": "1", "events": []}',
        b'{"from_position": 1, "events": {}}',
        b'{"from_position": 9223372036854775808, "events": []}',
    ],
)
def test_batches_of_the_wrong_shape(till: Till, body: bytes) -> None:
    assert code_of(till.http.post("/api/v1/envelopes", content=body)) == (422, "invalid-request")


def test_a_field_that_is_missing_is_named(cashier: httpx.Client) -> None:
    answer = cashier.post("/api/v1/transactions", json={"terminal_id": "POS_01"})
    assert code_of(answer) == (422, "invalid-request")
    assert [error["field"] for error in answer.json()["errors"]] == ["cashier_id"]


def test_ten_megabytes_are_too_much_at_every_door(hub: Hub, till: Till) -> None:
    large = b'{"from_position":1,"events":["' + b"x" * 10_000_000 + b'"]}'
    assert code_of(hub.with_token(_token(till)).post("/api/v1/envelopes", content=large)) == (
        413,
        "too-large",
    )
    assert code_of(hub.with_token(_token(till)).post("/api/v1/payments", content=large)) == (413, "too-large")

    def in_pieces() -> Iterator[bytes]:
        for start in range(0, len(large), 100_000):
            yield large[start : start + 100_000]

    for path in ("/api/v1/envelopes", "/api/v1/payments"):
        try:
            answer = hub.with_token(_token(till)).post(path, content=in_pieces())
        except httpx.WriteError:
            continue  # the hub has answered and hung up before everything was sent
        assert code_of(answer) == (413, "too-large")
    assert till.send(1, [till.sell()]).json()["accepted"] == 1


def _token(till: Till) -> str:
    return till.http.headers["authorization"].removeprefix("Bearer ")


def test_a_body_just_under_the_limit_is_read(hub: Hub, till: Till) -> None:
    padded = make.batch(1, [till.sell()]) + b" " * 7_900_000
    assert till.http.post("/api/v1/envelopes", content=padded).json()["accepted"] == 1


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("GET", f"/api/v1/transactions/{SOME_ID}", (404, "transaction-not-found")),
        ("POST", f"/api/v1/transactions/{SOME_ID}/finalize", (404, "transaction-not-found")),
        ("POST", f"/api/v1/transactions/{SOME_ID}/void", (404, "transaction-not-found")),
        ("GET", f"/api/v1/payments/{SOME_ID}/status", (404, "payment-not-found")),
        ("POST", f"/api/v1/payments/{SOME_ID}/cancel", (404, "payment-not-found")),
        ("GET", f"/api/v1/receipts/{SOME_ID}", (404, "transaction-not-found")),
        ("GET", "/api/v1/inventory/NOTHING", (404, "product-not-found")),
        ("GET", "/api/v1/transactions/not-an-id", (422, "invalid-request")),
        ("GET", "/api/v1/nowhere", (404, "not-found")),
        ("DELETE", "/api/v1/inventory", (405, "method-not-allowed")),
        ("GET", "/api/v1/catalog/items", (422, "invalid-request")),
        ("GET", "/api/v1/news?after=-1", (422, "invalid-request")),
    ],
)
def test_things_that_do_not_exist(
    cashier: httpx.Client, method: str, path: str, wanted: tuple[int, str]
) -> None:
    assert code_of(cashier.request(method, path)) == wanted


def test_a_sale_that_is_not_paid_has_no_receipt(cashier: httpx.Client, sale: str) -> None:
    assert code_of(cashier.get(f"/api/v1/receipts/{sale}")) == (404, "receipt-not-found")


def test_an_empty_basket_cannot_be_paid(cashier: httpx.Client) -> None:
    body = {"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER}
    sale = cashier.post("/api/v1/transactions", json=body).json()["transaction_id"]
    payment = {"payment_method": "CASH", "amount": 10_000}
    assert code_of(cashier.post(f"/api/v1/transactions/{sale}/payments", json=payment)) == (
        422,
        "basket-empty",
    )


def test_what_is_out_of_the_range_or_has_no_price_is_not_sold(
    hub: Hub, cashier: httpx.Client, sale: str
) -> None:
    gone = make.product("coffee", is_active=False)
    unpriced = make.product("water", sku_id="SKU_UNPRICED")
    pieces = [make.news("product", of.sku_id, of.to_body(), 50) for of in (gone, unpriced)]
    hub.hear(NewsPage(50, pieces))
    items = f"/api/v1/transactions/{sale}/items"
    assert code_of(cashier.post(items, json={"barcode": "8938505974194"})) == (422, "product-not-for-sale")
    assert code_of(cashier.post(items, json={"barcode": "8934588012228"})) == (422, "no-price")


def test_a_packed_body_is_unpacked_and_one_that_cannot_be_says_why(till: Till) -> None:
    packed = gzip.compress(make.batch(1, [till.sell()]))

    def posted(content: bytes, encoding: str) -> httpx.Response:
        return till.http.post("/api/v1/envelopes", content=content, headers={"content-encoding": encoding})

    assert code_of(posted(packed, "br")) == (415, "unsupported-encoding")
    assert code_of(posted(packed[:-9], "gzip")) == (400, "malformed-gzip")
    assert posted(packed, "gzip").json()["accepted"] == 1
