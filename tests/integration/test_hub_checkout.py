"""The Checkout and Catalog APIs of spec 7.1: its shapes, its figures, and what goes wrong."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import text
from uuid_utils.compat import uuid7

from courier.envelope import opened_text
from courier.news import NewsPage
from retail.facts import SaleRecorded, read_fact
from retail.product import PackBarcode
from tests import make
from tests.hubs import Hub, running_hub

COLA = "8934680083898"
COFFEE = "8938505974194"


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    """Prices without tax, as in the figures of spec 7.1; payments are captured after two seconds."""
    with running_hub(hub_database_url, tmp_path, page=make.shop_news(prices_include_tax=False)) as running:
        running.enrolled()
        yield running


@pytest.fixture
def cashier(hub: Hub) -> httpx.Client:
    return hub.as_cashier()


def opened_sale(cashier: httpx.Client) -> str:
    body = {"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER}
    return str(cashier.post("/api/v1/transactions", json=body).json()["transaction_id"])


def sale_of(cashier: httpx.Client, *items: tuple[str, int]) -> str:
    sale = opened_sale(cashier)
    for barcode, quantity in items:
        added = cashier.post(
            f"/api/v1/transactions/{sale}/items", json={"barcode": barcode, "quantity": quantity}
        )
        assert added.status_code == 200, added.text
    return sale


def paid(cashier: httpx.Client, sale: str, amount: int, method: str = "CASH") -> dict[str, Any]:
    body = {"payment_method": method, "amount": amount}
    answer = cashier.post(f"/api/v1/transactions/{sale}/payments", json=body)
    assert answer.status_code == 200, answer.text
    payment: dict[str, Any] = answer.json()
    return payment


def code_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    return answer.status_code, body["code"]


def test_the_figures_of_the_specification_call_by_call(hub: Hub, cashier: httpx.Client) -> None:
    created = cashier.post(
        "/api/v1/transactions", json={"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER}
    )
    assert created.status_code == 201
    assert created.json() | {"transaction_id": ""} == {
        "transaction_id": "",
        "status": "DRAFT",
        "created_at": "2026-11-20T01:30:00+00:00",
    }
    sale = created.json()["transaction_id"]

    added = cashier.post(f"/api/v1/transactions/{sale}/items", json={"barcode": COLA, "quantity": 1})
    assert added.status_code == 200
    line = added.json()
    assert {
        name: line[name] for name in ("sku_id", "product_name", "unit_price", "quantity", "line_total")
    } == {
        "sku_id": "SKU_12345",
        "product_name": "Coca Cola 330ml",
        "unit_price": 10_000,
        "quantity": 1,
        "line_total": 10_000,
    }
    changed = cashier.patch(f"/api/v1/transactions/{sale}/items/{line['line_item_id']}", json={"quantity": 5})
    assert (changed.json()["quantity"], changed.json()["line_total"]) == (5, 50_000)

    calculated = cashier.post(f"/api/v1/transactions/{sale}/calculate")
    assert calculated.status_code == 200
    assert calculated.json() == {
        "subtotal": 50_000,
        "tax_amount": 5_000,
        "discount_amount": 0,
        "total_amount": 55_000,
        "applied_promotions": [],
    }

    asked = paid(cashier, sale, 55_000, "QR_VNPAY")
    assert (asked["status"], asked["amount"]) == ("PENDING", 55_000)
    assert asked["expires_at"] > "2026-11-20T01:30:00+00:00"
    picture = Image.open(_bytes(base64.b64decode(asked["qr_code_data"])))
    read = zxingcpp.read_barcodes(picture)
    assert [found.text for found in read] == [asked["qr_text"]]

    status = f"/api/v1/payments/{asked['payment_id']}/status"
    assert cashier.get(status).json()["status"] == "PENDING"
    assert code_of(cashier.post(f"/api/v1/transactions/{sale}/finalize")) == (409, "payment-pending")
    hub.clock.forward(seconds=3)
    captured = cashier.get(status).json()
    assert captured["status"] == "CAPTURED"
    assert captured["provider_txn_id"].startswith("VNPAY_")
    assert captured["captured_at"] == "2026-11-20T01:30:02+00:00"

    finalized = cashier.post(f"/api/v1/transactions/{sale}/finalize")
    assert finalized.status_code == 200
    assert finalized.json() == {
        "transaction_id": sale,
        "status": "PAID",
        "receipt_url": f"/api/v1/receipts/{sale}",
    }
    receipt = cashier.get(finalized.json()["receipt_url"]).json()
    assert (receipt["subtotal"], receipt["tax_amount"], receipt["total_amount"]) == (50_000, 5_000, 55_000)


def _bytes(content: bytes) -> Any:
    import io

    return io.BytesIO(content)


def test_a_finalized_sale_is_a_fact_of_the_hub_like_any_tills(hub: Hub, cashier: httpx.Client) -> None:
    sale = sale_of(cashier, (COLA, 2), (COFFEE, 1))
    assert paid(cashier, sale, 100_000)["change"] == 51_000
    cashier.post(f"/api/v1/transactions/{sale}/finalize")
    (text,) = hub.rows("SELECT payload FROM outbox WHERE event_type = 'SaleRecorded'")[0]
    envelope = opened_text(text)
    assert (envelope.origin, envelope.sequence, envelope.terminal_id) == ("STORE_001", 1, None)
    fact = read_fact(envelope.event_type, envelope.version, envelope.payload)
    assert isinstance(fact, SaleRecorded)
    assert (fact.totals.total_amount, fact.receipt_number) == (49_000, "STORE_001-000001")
    assert fact.tenders[0].change == 51_000
    assert hub.rows("SELECT sku_id, quantity_delta FROM stock_movements ORDER BY 1") == [
        ("SKU_12345", -2),
        ("SKU_COFFEE", -1),
    ]
    assert hub.rows("SELECT status, total_amount, receipt_number FROM transactions") == [
        ("PAID", 49_000, "STORE_001-000001")
    ]


def test_finalizing_twice_says_the_same_and_sells_once(hub: Hub, cashier: httpx.Client) -> None:
    sale = sale_of(cashier, (COLA, 1))
    paid(cashier, sale, 11_000)
    first = cashier.post(f"/api/v1/transactions/{sale}/finalize")
    assert cashier.post(f"/api/v1/transactions/{sale}/finalize").json() == first.json()
    assert hub.scalar("SELECT count(*) FROM outbox") == 1


def test_a_sale_may_be_paid_in_parts(hub: Hub, cashier: httpx.Client) -> None:
    sale = sale_of(cashier, (COLA, 5))
    assert paid(cashier, sale, 20_000)["amount"] == 20_000
    assert code_of(cashier.post(f"/api/v1/transactions/{sale}/finalize")) == (422, "underpaid")
    too_much = {"payment_method": "QR_MOMO", "amount": 40_000}
    assert code_of(cashier.post(f"/api/v1/transactions/{sale}/payments", json=too_much)) == (422, "overpaid")
    paid(cashier, sale, 35_000, "QR_MOMO")
    hub.clock.forward(seconds=3)
    assert cashier.post(f"/api/v1/transactions/{sale}/finalize").json()["status"] == "PAID"
    assert hub.rows("SELECT payment_method, amount, status FROM payments ORDER BY 1") == [
        ("CASH", 20_000, "CAPTURED"),
        ("QR_MOMO", 35_000, "CAPTURED"),
    ]


def test_money_that_came_is_a_fact_of_its_own_once(hub: Hub, cashier: httpx.Client) -> None:
    sale = sale_of(cashier, (COLA, 5))
    status = f"/api/v1/payments/{paid(cashier, sale, 55_000, 'QR_VNPAY')['payment_id']}/status"
    hub.clock.forward(seconds=3)
    for _ in range(3):
        assert cashier.get(status).json()["status"] == "CAPTURED"
    assert hub.rows("SELECT event_type, sequence FROM outbox") == [("PaymentCaptured", 1)]


def test_a_payment_that_fails_leaves_the_sale_to_be_paid_otherwise(hub: Hub, cashier: httpx.Client) -> None:
    sale = sale_of(cashier, (COLA, 1))
    asked = paid(cashier, sale, 5_013, "QR_VNPAY")
    hub.clock.forward(seconds=3)
    failed = cashier.get(f"/api/v1/payments/{asked['payment_id']}/status").json()
    assert (failed["status"], failed["failed_reason"]) == ("FAILED", "declined")
    paid(cashier, sale, 20_000)
    assert cashier.post(f"/api/v1/transactions/{sale}/finalize").json()["status"] == "PAID"


def test_a_cancelled_payment_makes_the_sale_a_draft_again(hub: Hub, cashier: httpx.Client) -> None:
    sale = sale_of(cashier, (COLA, 1))
    asked = paid(cashier, sale, 11_000, "QR_VNPAY")
    item = {"barcode": COLA}
    assert code_of(cashier.post(f"/api/v1/transactions/{sale}/items", json=item)) == (409, "deed-not-allowed")
    again = {"payment_method": "QR_VNPAY", "amount": 11_000}
    assert code_of(cashier.post(f"/api/v1/transactions/{sale}/payments", json=again)) == (
        409,
        "payment-pending",
    )
    cancelled = cashier.post(f"/api/v1/payments/{asked['payment_id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "CANCELLED")
    assert cashier.get(f"/api/v1/transactions/{sale}").json()["status"] == "DRAFT"
    assert cashier.post(f"/api/v1/transactions/{sale}/items", json=item).status_code == 200


def test_a_customer_can_be_quicker_than_a_cancel(hub: Hub, cashier: httpx.Client) -> None:
    sale = sale_of(cashier, (COLA, 1))
    asked = paid(cashier, sale, 11_000, "QR_VNPAY")
    hub.clock.forward(seconds=3)
    assert cashier.post(f"/api/v1/payments/{asked['payment_id']}/cancel").json()["status"] == "CAPTURED"
    assert code_of(cashier.post(f"/api/v1/payments/{asked['payment_id']}/cancel")) == (
        409,
        "payment-captured",
    )
    assert cashier.post(f"/api/v1/transactions/{sale}/finalize").json()["status"] == "PAID"


def test_cash_can_be_handed_back_before_the_end(hub: Hub, cashier: httpx.Client) -> None:
    sale = sale_of(cashier, (COLA, 1))
    asked = paid(cashier, sale, 20_000)
    cancelled = cashier.post(f"/api/v1/payments/{asked['payment_id']}/cancel").json()
    assert cancelled["status"] == "CANCELLED"
    assert cashier.get(f"/api/v1/transactions/{sale}").json()["status"] == "DRAFT"


def test_lines_can_be_removed_and_the_sale_shows_what_it_holds(hub: Hub, cashier: httpx.Client) -> None:
    sale = sale_of(cashier, (COLA, 1), (COFFEE, 2))
    lines = cashier.get(f"/api/v1/transactions/{sale}").json()["line_items"]
    removed = cashier.delete(f"/api/v1/transactions/{sale}/items/{lines[0]['line_item_id']}")
    assert (removed.status_code, removed.content) == (204, b"")
    shown = cashier.get(f"/api/v1/transactions/{sale}").json()
    assert [line["product_name"] for line in shown["line_items"]] == ["Cà phê sữa đá"]
    assert shown["total_amount"] == 54_000
    gone = cashier.delete(f"/api/v1/transactions/{sale}/items/{lines[0]['line_item_id']}")
    assert code_of(gone) == (404, "line-not-found")


def test_an_open_sale_is_voided_by_a_cashier_and_a_paid_one_by_a_manager(
    hub: Hub, cashier: httpx.Client
) -> None:
    basket = sale_of(cashier, (COLA, 3))
    assert cashier.post(f"/api/v1/transactions/{basket}/void").json()["status"] == "VOID"
    assert hub.scalar("SELECT count(*) FROM outbox") == 0

    sale = sale_of(cashier, (COLA, 3))
    paid(cashier, sale, 50_000)
    cashier.post(f"/api/v1/transactions/{sale}/finalize")
    refused = cashier.post(f"/api/v1/transactions/{sale}/void", json={"reason": "wrong item"})
    assert code_of(refused) == (403, "approval-needed")
    voided = hub.as_manager().post(f"/api/v1/transactions/{sale}/void", json={"reason": "wrong item"})
    assert (voided.json()["status"], voided.json()["total_amount"]) == ("VOID", 33_000)
    assert [row[0] for row in hub.rows("SELECT event_type FROM outbox ORDER BY id")] == [
        "SaleRecorded",
        "TransactionVoided",
    ]
    assert hub.scalar("SELECT sum(quantity_delta) FROM stock_movements") == 0
    assert code_of(hub.as_manager().post(f"/api/v1/transactions/{sale}/void")) == (409, "deed-not-allowed")
    assert hub.rows("SELECT actor, outcome FROM audit_log WHERE deed = 'void sale' ORDER BY id") == [
        (make.CASHIER, "allowed"),
        (make.CASHIER, "refused"),
        (make.MANAGER, "allowed"),
    ]


def test_money_that_is_there_is_not_voided_away(hub: Hub, cashier: httpx.Client) -> None:
    sale = sale_of(cashier, (COLA, 1))
    paid(cashier, sale, 5_000)
    assert code_of(cashier.post(f"/api/v1/transactions/{sale}/void")) == (409, "payment-captured")


def test_a_pack_barcode_counts_its_pieces(hub: Hub, cashier: httpx.Client) -> None:
    crate = make.product("cola", barcodes=(*make.product().barcodes, PackBarcode("8934588012228", 24)))
    water = make.product("water", barcodes=())
    hub.hear(
        NewsPage(
            90,
            [
                make.news("product", water.sku_id, water.to_body(), 90),
                make.news("product", crate.sku_id, crate.to_body(), 90),
            ],
        )
    )
    found = cashier.get("/api/v1/catalog/items", params={"barcode": "8934588012228"}).json()
    assert (found["sku_id"], found["pack_size"]) == ("SKU_12345", 24)
    sale = opened_sale(cashier)
    line = cashier.post(f"/api/v1/transactions/{sale}/items", json={"barcode": "8934588012228"}).json()
    assert (line["quantity"], line["line_total"]) == (24, 240_000)


def test_a_price_change_during_a_sale_does_not_touch_lines_already_scanned(
    hub: Hub, cashier: httpx.Client
) -> None:
    sale = sale_of(cashier, (COLA, 1))
    dearer = make.price("cola", 12_000, price_id="new", effective_from=hub.clock())
    hub.hear(NewsPage(90, [make.news("price", "new", dearer.to_body(), 90)]))
    line = cashier.post(f"/api/v1/transactions/{sale}/items", json={"barcode": COLA}).json()
    assert line["unit_price"] == 12_000
    assert cashier.post(f"/api/v1/transactions/{sale}/calculate").json()["subtotal"] == 22_000


# ------------------------------------------------------------------ catalogue and stock


def test_looking_an_item_up_by_barcode(hub: Hub, cashier: httpx.Client) -> None:
    manager = hub.as_manager()
    received = {
        "sku_id": "SKU_12345",
        "quantity_delta": 120,
        "adjustment_type": "RECEIVING",
        "reason": "delivery",
    }
    assert manager.post("/api/v1/inventory/adjustments", json=received).status_code == 201
    found = cashier.get("/api/v1/catalog/items", params={"barcode": COLA})
    assert found.status_code == 200
    wanted = {
        "sku_id": "SKU_12345",
        "barcode": COLA,
        "product_name": "Coca Cola 330ml",
        "category": "Đồ uống",
        "base_price": 10_000,
        "tax_rate": 0.10,
        "in_stock": True,
        "available_quantity": 120,
    }
    assert {name: found.json()[name] for name in wanted} == wanted
    assert '"tax_rate":0.1,' in found.text


def test_what_stands_in_open_baskets_is_reserved(hub: Hub, cashier: httpx.Client) -> None:
    hub.as_manager().post(
        "/api/v1/inventory/adjustments",
        json={"sku_id": "SKU_12345", "quantity_delta": 20, "reason": "delivery"},
    )
    sale = sale_of(cashier, (COLA, 3), ("8934588063053", 1))
    level = cashier.get("/api/v1/inventory/SKU_12345").json()
    assert (level["current_stock"], level["reserved_stock"], level["available_stock"]) == (20, 9, 11)
    found = cashier.get("/api/v1/catalog/items", params={"barcode": COLA}).json()
    assert (found["available_quantity"], found["in_stock"]) == (11, True)
    cashier.post(f"/api/v1/transactions/{sale}/void")
    assert cashier.get("/api/v1/inventory/SKU_12345").json()["reserved_stock"] == 0


def test_beyond_the_stock_is_a_word_or_a_refusal_as_the_setting_says(hub: Hub, cashier: httpx.Client) -> None:
    sale = opened_sale(cashier)
    item = {"barcode": COLA, "quantity": 2}
    warned = cashier.post(f"/api/v1/transactions/{sale}/items", json=item)
    assert (warned.status_code, warned.json()["available_quantity"]) == (200, -2)
    setting = make.news("setting", "availability", {"name": "availability", "value": "block"}, 90)
    hub.hear(NewsPage(90, [setting]))
    refused = cashier.post(f"/api/v1/transactions/{sale}/items", json=item)
    assert code_of(refused) == (409, "not-enough-stock")
    assert len(cashier.get(f"/api/v1/transactions/{sale}").json()["line_items"]) == 1


def test_levels_are_exact_before_and_after_the_roll_up(hub: Hub, cashier: httpx.Client) -> None:
    till = hub.till("POS_02")
    till.send(1, [till.sell(make.line("cola", 4)), till.sell(make.line("coffee", 2))])
    before = cashier.get("/api/v1/inventory").json()["items"]
    clockwork = hub.program.clockwork
    clockwork.roll_up_stock()
    clockwork.roll_up_stock()
    assert hub.rows("SELECT sku_id, current_stock FROM local_inventory ORDER BY 1") == [
        ("SKU_12345", -4),
        ("SKU_COFFEE", -2),
    ]
    after = cashier.get("/api/v1/inventory").json()["items"]
    assert [(item["sku_id"], item["current_stock"]) for item in before] == [
        (item["sku_id"], item["current_stock"]) for item in after
    ]
    till.send(3, [till.sell(make.line("cola", 1))])
    assert cashier.get("/api/v1/inventory/SKU_12345").json()["current_stock"] == -5
    page = cashier.get("/api/v1/inventory", params={"limit": 2}).json()
    assert [item["sku_id"] for item in page["items"]] == ["SKU_12345", "SKU_COFFEE"]
    rest = cashier.get("/api/v1/inventory", params={"after": page["next_after"]}).json()
    assert [item["sku_id"] for item in rest["items"]] == ["SKU_MANGO", "SKU_SIX", "SKU_WATER"]


def test_an_adjustment_is_a_fact_with_a_reason_and_a_managers_deed(hub: Hub, cashier: httpx.Client) -> None:
    body = {"sku_id": "SKU_COFFEE", "quantity_delta": -3, "adjustment_type": "SHRINKAGE", "reason": "broken"}
    assert code_of(cashier.post("/api/v1/inventory/adjustments", json=body)) == (403, "permission-denied")
    manager = hub.as_manager()
    adjusted = manager.post("/api/v1/inventory/adjustments", json=body)
    assert adjusted.status_code == 201
    assert (adjusted.json()["current_stock"], adjusted.json()["adjusted_by"]) == (-3, make.MANAGER)
    payload = opened_text(hub.scalar("SELECT payload FROM outbox")).payload
    assert (payload["adjustment_type"], payload["quantity_delta"], payload["reason"]) == (
        "SHRINKAGE",
        -3,
        "broken",
    )
    for change, code in (
        ({"sku_id": "SKU_NONE"}, (404, "product-not-found")),
        ({"quantity_delta": 0}, (422, "bad-quantity")),
        ({"adjustment_type": "SALE"}, (422, "unknown-adjustment")),
    ):
        assert code_of(manager.post("/api/v1/inventory/adjustments", json=body | change)) == code


# ------------------------------------------------------------------ the same key, the same answer


def test_the_same_key_gives_the_same_answer(hub: Hub, cashier: httpx.Client) -> None:
    key = {"idempotency-key": "k-1"}
    body = {"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER}
    first = cashier.post("/api/v1/transactions", json=body, headers=key)
    second = cashier.post("/api/v1/transactions", json=body, headers=key)
    assert (second.status_code, second.content) == (201, first.content)
    assert hub.scalar("SELECT count(*) FROM transactions") == 1
    sale = first.json()["transaction_id"]
    for _ in range(2):
        item = {"barcode": COLA, "quantity": 2}
        cashier.post(f"/api/v1/transactions/{sale}/items", json=item, headers={"idempotency-key": "k-2"})
    assert cashier.post(f"/api/v1/transactions/{sale}/calculate").json()["subtotal"] == 20_000
    reused = cashier.post("/api/v1/transactions", json=body | {"cashier_id": "X"}, headers=key)
    assert code_of(reused) == (403, "wrong-cashier")
    other = cashier.post(f"/api/v1/transactions/{sale}/items", json={"barcode": COFFEE}, headers=key)
    assert code_of(other) == (422, "idempotency-key-reused")


@pytest.mark.parametrize("method", ["CASH", "QR_VNPAY"])
def test_a_payment_repeated_under_its_key_is_one_payment(
    hub: Hub, cashier: httpx.Client, method: str
) -> None:
    sale = sale_of(cashier, (COLA, 1))
    body = {"payment_method": method, "amount": 11_000}
    path = f"/api/v1/transactions/{sale}/payments"
    answers = [cashier.post(path, json=body, headers={"idempotency-key": "pay"}) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert hub.scalar("SELECT count(*) FROM payment_requests") == 1
    other = cashier.post(path, json=body | {"amount": 9_000}, headers={"idempotency-key": "pay"})
    assert code_of(other) == (409, "payment-known-otherwise")


def test_a_refused_write_does_not_use_up_its_key(hub: Hub, cashier: httpx.Client) -> None:
    sale = opened_sale(cashier)
    key = {"idempotency-key": "k"}
    path = f"/api/v1/transactions/{sale}/finalize"
    assert code_of(cashier.post(path, headers=key)) == (422, "basket-empty")
    cashier.post(f"/api/v1/transactions/{sale}/items", json={"barcode": COLA})
    paid(cashier, sale, 11_000)
    assert cashier.post(path, headers=key).status_code == 200


# ------------------------------------------------------------------ a till asks for a sale of its own


def test_a_till_asks_for_money_for_a_sale_the_hub_does_not_know(hub: Hub) -> None:
    till = hub.till("POS_02")
    sale = make.sale([make.line("coffee", 2)], terminal_id="POS_02")
    body = {
        "payment_id": str(uuid7()),
        "transaction_id": str(sale.transaction_id),
        "payment_method": "QR_VNPAY",
        "amount": 50_000,
    }
    first = till.http.post("/api/v1/payments", json=body)
    assert first.status_code == 200
    assert till.http.post("/api/v1/payments", json=body).json() == first.json()
    assert code_of(till.http.post("/api/v1/payments", json=body | {"amount": 1})) == (
        409,
        "payment-known-otherwise",
    )
    status = f"/api/v1/payments/{body['payment_id']}/status"
    assert till.http.get(status).json()["status"] == "PENDING"
    hub.clock.forward(seconds=3)
    assert till.http.get(status).json()["status"] == "CAPTURED"
    assert hub.rows("SELECT event_type, origin FROM outbox") == [("PaymentCaptured", "STORE_001")]


def test_money_nobody_asks_for_any_more_is_found_all_the_same(hub: Hub) -> None:
    till = hub.till("POS_02")
    body = {
        "payment_id": str(uuid7()),
        "transaction_id": str(uuid7()),
        "payment_method": "QR_MOMO",
        "amount": 50_000,
    }
    till.http.post("/api/v1/payments", json=body)
    hub.clock.forward(minutes=2)
    hub.program.clockwork.follow_payments()
    assert hub.rows("SELECT status FROM payment_requests") == [("CAPTURED",)]
    assert hub.rows("SELECT event_type FROM outbox") == [("PaymentCaptured",)]


@pytest.mark.allow_log("payment not followed")
def test_payments_that_never_end_keep_nobody_from_the_newer_ones(hub: Hub) -> None:
    till = hub.till("POS_02")
    body = {"payment_id": str(uuid7()), "transaction_id": str(uuid7()), "amount": 50_000}
    till.http.post("/api/v1/payments", json=body | {"payment_method": "QR_MOMO"})
    with hub.engine.begin() as tx:
        # Of a provider that the store has no more.
        tx.execute(
            text("""
                INSERT INTO payment_requests (id, transaction_id, terminal_id, payment_method, amount,
                    currency, status, created_at)
                SELECT gen_random_uuid(), transaction_id, terminal_id, 'QR_GONE', amount,
                    currency, status, created_at - n * interval '1 hour'
                FROM payment_requests, generate_series(1, 150) AS n
            """)
        )
    hub.clock.forward(minutes=2)
    for _ in range(2):
        hub.program.clockwork.follow_payments()
    captured = "SELECT payment_method FROM payment_requests WHERE status = 'CAPTURED'"
    assert hub.rows(captured) == [("QR_MOMO",)]
