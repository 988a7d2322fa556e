"""The books: what the projection makes of the ledger, once, whatever happens to it on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest

from hq.bootstrap import main
from hq.database import make_engine
from hq.reports.projector import Projector
from hq.reports.tables import PARTITIONED
from retail.quantity import Unit
from tests import make_hq
from tests.integration.hq.conftest import Clock, RunningHq
from tests.make_hq import NOON, Chain, line, refund, sale, void
from tests.patience import eventually

BOOKS = (*(table.name for table in PARTITIONED), "stock_movements", "origin_sums")


def books(hq: RunningHq) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that is projected, in an order of its own."""
    return {name: sorted(hq.sql(f"SELECT * FROM {name}"), key=repr) for name in BOOKS}


def test_a_sale_is_booked_with_its_lines_tenders_and_movements(hq: RunningHq) -> None:
    fact = sale(
        line("SKU_COLA", 2, 10_000, discount=1_000),
        line("SKU_SIXPACK", 1, 57_000, pack_of="SKU_COLA", pack_size=6),
        tenders=[("CASH", 50_000), ("QR_VNPAY", 26_000)],
        reference="basket 7",
    )
    hq.store().send([Chain().seal(fact)])
    hq.report()

    [sold] = hq.sql(
        "SELECT id, business_date, store_id, terminal_id, cashier_id, status, sold_at, subtotal,"
        " discount_amount, tax_amount, total_amount, item_quantity, external_reference, pipe, position"
        " FROM transactions"
    )
    assert sold == (
        fact.transaction_id,
        date(2026, 11, 20),
        "STORE_001",
        "POS_01",
        "CASHIER_001",
        "PAID",
        NOON,
        77_000,
        1_000,
        fact.totals.tax_amount,
        76_000,
        3,
        "basket 7",
        "STORE_001",
        1,
    )
    lines = "SELECT line_number, sku_id, line_subtotal, line_discount, line_amount FROM line_items ORDER BY 1"
    assert hq.sql(lines) == [(1, "SKU_COLA", 20_000, 1_000, 19_000), (2, "SKU_SIXPACK", 57_000, 0, 57_000)]
    tenders = hq.sql("SELECT payment_method, amount FROM payments ORDER BY payment_number")
    assert tenders == [("CASH", 50_000), ("QR_VNPAY", 26_000)]
    assert hq.sql("SELECT sku_id, quantity_delta, adjustment_type FROM stock_movements") == [
        ("SKU_COLA", -8, "SALE")
    ]
    assert hq.sql("SELECT * FROM origin_sums") == [("STORE_001/POS_01", 1, 76_000)]


def test_sales_of_any_year_find_a_partition(hq: RunningHq) -> None:
    till = Chain()
    days = [date(2000, 11, 1), date(2017, 1, 2), date(2017, 2, 28), date(2026, 12, 31)]

    hq.store().send(
        [
            till.seal(sale(day=day, sold_at=datetime(day.year, day.month, day.day, 5, tzinfo=UTC)))
            for day in days
        ]
    )

    assert [row["day"] for row in hq.report()] == [day.isoformat() for day in days]
    partitions = hq.sql(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'transactions'::regclass"
    )
    assert sorted(partitions) == [
        ("transactions_2000_11",),
        ("transactions_2017_01",),
        ("transactions_2017_02",),
        ("transactions_2026_12",),
    ]


def test_a_refund_counts_on_its_own_day_and_brings_goods_back(hq: RunningHq) -> None:
    till, next_day = Chain(), NOON + timedelta(days=1)
    sold = sale(line(quantity=3), line("SKU_RICE", 500, 20_000, unit=Unit.GRAM, category="Food"))
    first = refund(sold, lines=1, at=next_day)
    rest = refund(sold, first, at=next_day)
    store = hq.store()
    store.send([till.seal(sold), till.seal(first)])
    rows = hq.report("day")
    assert [(row["day"], row["total_amount"], row["refund_amount"]) for row in rows] == [
        ("2026-11-20", 40_000, 0),
        ("2026-11-21", 0, 10_000),
    ]
    assert hq.sql("SELECT status FROM transactions") == [("PAID",)]
    store.send([till.seal(rest)])
    rows = hq.report("category")
    assert [(row["category"], row["refund_amount"]) for row in rows] == [
        ("Beverages", 30_000),
        ("Food", 10_000),
    ]
    assert hq.sql("SELECT status FROM transactions") == [("REFUNDED",)]
    assert hq.sql("SELECT sku_id, sum(quantity_delta) FROM stock_movements GROUP BY 1 ORDER BY 1") == [
        ("SKU_COLA", 0),
        ("SKU_RICE", 0),
    ]


@pytest.mark.allow_log("fact set aside")
def test_more_than_was_paid_never_comes_back_in_the_books(hq: RunningHq) -> None:
    """Two tills that did not hear of each other gave the same money back: a person has to look."""
    till, sold = Chain(), sale(line(quantity=2))
    hq.store().send([till.seal(fact) for fact in (sold, refund(sold), refund(sold), refund(sale()))])
    eventually(lambda: len(hq.sql("SELECT code FROM set_aside")) == 2)
    assert hq.sql("SELECT total_amount FROM refunds") == [(20_000,)]
    assert hq.sql("SELECT code FROM set_aside ORDER BY position") == [
        ("refund-too-much",),
        ("sale-not-known",),
    ]


def test_a_void_is_a_fact_of_its_own_day_and_puts_the_goods_back(hq: RunningHq) -> None:
    till, fact = Chain(), sale(line("SKU_COLA", 3, 10_000))
    next_day = datetime(2026, 11, 21, 5, tzinfo=UTC)

    hq.store().send([till.seal(fact), till.seal(void(fact, at=next_day, day=next_day.date()))])

    first, second = hq.report()
    assert (first["day"], first["transaction_count"], first["total_amount"], first["refund_amount"]) == (
        "2026-11-20",
        1,
        30_000,
        0,
    )
    assert (second["day"], second["transaction_count"], second["total_amount"], second["refund_amount"]) == (
        "2026-11-21",
        0,
        0,
        30_000,
    )
    assert hq.sql("SELECT status FROM transactions") == [("VOID",)]
    assert hq.sql("SELECT sum(quantity_delta)::int FROM stock_movements") == [(0,)]


def test_adjustments_and_captures_are_booked(hq: RunningHq) -> None:
    hub = Chain("STORE_001")
    captured = make_hq.capture(55_000)

    hq.store().send([hub.seal(make_hq.adjustment(delta=-2)), hub.seal(captured)])
    assert hq.report() == []

    moved = "SELECT sku_id, quantity_delta, adjustment_type FROM stock_movements"
    assert hq.sql(moved) == [("SKU_COLA", -2, "SHRINKAGE")]
    captures = hq.sql("SELECT payment_id, store_id, amount, provider_txn_id FROM payment_captures")
    assert captures == [(captured.payment_id, "STORE_001", 55_000, captured.provider_txn_id)]


@pytest.mark.allow_log("fact set aside")
def test_facts_that_cannot_be_applied_are_set_aside_and_the_rest_goes_on(hq: RunningHq) -> None:
    till, good = Chain(), sale()
    wrong_sum = {**sale().to_body(), "total_amount": 1}
    other_store = {**sale(store_id="STORE_002").to_body()}
    negative = sale().to_body()
    negative["line_items"][0]["quantity"] = -1
    far = sale(day=date(9999, 1, 1))
    too_long = sale().to_body()
    too_long["line_items"][0]["product_name"] = "x" * 300
    texts = [
        till.seal(sale()),
        till.seal_body("SaleRecorded", wrong_sum),
        till.seal_body("SaleRecorded", other_store),
        till.seal_body("SaleRecorded", negative),
        till.seal(far),
        till.seal_body("SaleRecorded", too_long),
        till.seal_body("SaleRecorded", good.to_body(), version=99),
        till.seal_body("SomethingNew", {}),
        till.seal(void(sale())),
        till.seal(good),
        till.seal(good),
        till.seal(sale()),
    ]
    store = hq.store()

    assert store.send(texts)["errors"] == []  # accepted before understood

    assert hq.report()[0]["transaction_count"] == 3
    aside = hq.sql("SELECT position, code FROM set_aside ORDER BY position")
    assert aside == [
        (2, "fact-does-not-add-up"),
        (3, "wrong-store"),
        (4, "fact-does-not-add-up"),
        (5, "implausible-date"),
        (6, "does-not-fit"),
        (7, "fact-not-readable"),
        (8, "fact-not-readable"),
        (9, "sale-not-known"),
        (11, "already-recorded"),
    ]
    completeness = hq.admin.get("/v1/stores/STORE_001/completeness").json()
    assert (completeness["set_aside"], completeness["complete"]) == (9, False)
    assert completeness["origins"][0]["sales_count"] == 3


def test_reading_the_ledger_again_gives_the_same_books(
    hq: RunningHq, capsys: pytest.CaptureFixture[str]
) -> None:
    store, tills = hq.store(), [Chain("STORE_001/POS_01"), Chain("STORE_001/POS_02")]
    for n in range(4):
        for till in tills:
            voided = sale(line(quantity=n + 1), terminal_id=till.terminal_id or "")
            store.send([*till.sales(3), till.seal(voided), till.seal(void(voided))])
    store.send([Chain("STORE_001").seal(make_hq.adjustment())])
    hq.report()
    before = books(hq)

    code = run_cli(hq, "doctor", "rebuild")

    assert code == 0, capsys.readouterr().out
    assert books(hq) == before
    assert len(before["transactions"]) == 32
    assert run_cli(hq, "verify") == 0


def run_cli(hq: RunningHq, *arguments: str) -> int:
    """`hq …` over the database of the running instance."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HQ_DATABASE_URL", hq.database_url)
        return main(arguments)


def test_several_projectors_book_every_fact_once(
    hq_database_url: str, start_hq: Callable[[], RunningHq], clock: Clock
) -> None:
    hq = start_hq()
    stores = {name: hq.store(name) for name in ("STORE_001", "STORE_002", "STORE_003")}
    engines = [make_engine(hq_database_url) for _ in range(3)]
    projectors = [Projector(engine, clock) for engine in engines]
    threads = [threading.Thread(target=projector.run) for projector in projectors]
    for thread in threads:
        thread.start()

    chains = {name: Chain(f"{name}/POS_01") for name in stores}
    for _ in range(6):
        for name, store in stores.items():
            store.send(chains[name].sales(40))
            for projector in projectors:
                projector.wake()
    rows = hq.report("store")

    for projector in projectors:
        projector.stop()
    for thread in threads:
        thread.join()
    for engine in engines:
        engine.dispose()
    assert [(row["store_id"], row["transaction_count"]) for row in rows] == [(name, 240) for name in stores]
    assert hq.sql("SELECT count(*), count(DISTINCT id) FROM transactions") == [(720, 720)]
    assert hq.sql("SELECT sum(sales_count)::int FROM origin_sums") == [(720,)]


@pytest.mark.allow_log("waits for the database", "projector failed")
def test_a_projector_that_is_cut_off_in_the_middle_goes_on_where_it_stopped(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    pause = threading.Event()
    for _ in range(10):
        store.send(till.sales(60))
        with psycopg.connect(hq.database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'hq' AND state <> 'idle' AND pid <> pg_backend_pid()"
            )
        pause.wait(0.01)

    eventually(lambda: hq.sql("SELECT coalesce(max(position), 0) FROM projection_cursors") == [(600,)])

    assert hq.sql("SELECT count(*), sum(total_amount)::int FROM transactions") == [(600, 6_000_000)]
    assert hq.sql("SELECT count(*) FROM set_aside") == [(0,)]


def test_the_ledger_and_the_audit_log_are_only_added_to(hq: RunningHq) -> None:
    hq.store().send(Chain().sales(1))

    for statement in (
        "UPDATE ledger SET envelope = ''",
        "DELETE FROM ledger",
        "TRUNCATE ledger",
        "DELETE FROM audit_log",
    ):
        with pytest.raises(psycopg.IntegrityError, match="append-only"):
            hq.sql(statement)


def test_the_plain_sale_of_the_spec_is_booked(hq: RunningHq) -> None:
    event = make_hq.plain_sale(str(uuid4()))
    adjusted = {
        **event,
        "event_id": str(uuid4()),
        "event_type": "InventoryAdjusted",
        "payload": {
            "sku_id": "SKU_12345",
            "adjustment_type": "SALE",
            "quantity_delta": -2,
            "reason": "Transaction completed",
            "reference_id": event["payload"]["transaction_id"],
        },
    }
    captured = {
        **event,
        "event_id": str(uuid4()),
        "event_type": "PaymentCaptured",
        "payload": {
            "transaction_id": event["payload"]["transaction_id"],
            "payment_method": "QR_VNPAY",
            "amount": 55000,
            "provider": "VNPAY",
            "provider_txn_id": "VNPAY_TXN_99887",
            "captured_at": "2026-02-16T11:30:49Z",
        },
    }

    answer = hq.store().http.post("/v1/ingestion/events", json={"events": [event, adjusted, captured]})

    assert answer.json()["accepted"] == 3
    assert hq.report("day,cashier,tender") == [
        {
            "day": "2026-02-16",
            "cashier_id": "CASHIER_007",
            "payment_method": "QR_VNPAY",
            "transaction_count": 1,
            "item_quantity": 2,
            "subtotal": 50000,
            "discount_amount": 0,
            "tax_amount": 5000,
            "total_amount": 55000,
            "refund_amount": 0,
        }
    ]
    assert hq.sql("SELECT sku_id, quantity_delta FROM stock_movements") == [("SKU_12345", -2)]
    assert hq.sql("SELECT amount FROM payment_captures") == [(55000,)]


@pytest.mark.allow_log("fact set aside")
def test_a_plain_sale_that_does_not_add_up_is_set_aside(hq: RunningHq) -> None:
    event = make_hq.plain_sale(str(uuid4()))
    event["payload"]["total_amount"] = 50_001

    hq.store().http.post("/v1/ingestion/events", json={"events": [event]})

    assert hq.report() == []
    assert hq.sql("SELECT pipe, code FROM set_aside") == [("STORE_001/api", "fact-does-not-add-up")]


@pytest.mark.allow_log("fact set aside")
def test_a_text_that_hides_a_zero_byte_does_not_stop_the_stream(hq: RunningHq) -> None:
    till = Chain()
    body = sale().to_body()
    body["line_items"][0]["product_name"] = "Cà phê \x00"
    assert b"\\u0000" in orjson.dumps(body)

    hq.store().send([till.seal_body("SaleRecorded", body), *till.sales(1)])

    assert hq.report()[0]["transaction_count"] == 1
