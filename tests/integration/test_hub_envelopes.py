"""The tills' door: what is accepted is committed, once, in order, and nothing is ever bounced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from uuid_utils.compat import uuid7

from courier.envelope import opened_text
from courier.packing import packed
from tests import make
from tests.hubs import Hub, Till, running_hub


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path) as running:
        yield running


@pytest.fixture
def till(hub: Hub) -> Till:
    return hub.till()


def verdict(accepted: int, next_position: int, duplicates: int = 0) -> dict[str, Any]:
    return {"accepted": accepted, "duplicates": duplicates, "errors": [], "next_position": next_position}


def sums(hub: Hub) -> tuple[int, int]:
    """Sales and their total, and that lines, tenders and outbox agree with them."""
    count, total = hub.rows("SELECT count(*), coalesce(sum(total_amount), 0) FROM transactions")[0]
    assert hub.scalar("SELECT coalesce(sum(amount), 0) FROM payments") == total
    assert hub.scalar("SELECT coalesce(sum(line_total), 0) FROM line_items") == total
    assert hub.scalar("SELECT count(*) FROM outbox WHERE event_type = 'SaleRecorded'") >= count
    return int(count), int(total)


def test_a_sale_is_recorded_with_everything_that_belongs_to_it(hub: Hub, till: Till) -> None:
    bought = [make.line("cola", 2), make.line("six-pack"), make.line("mango", 450), make.line("cola", 1)]
    envelope = till.sell(*bought, external_reference="basket 1")
    assert till.send(1, [envelope]).json() == verdict(1, 2)
    sale = make.sale(bought)
    row = hub.rows(
        "SELECT status, total_amount, tax_amount, payment_method, external_reference, origin,"
        " local_sequence, proof, receipt_number, terminal_id FROM transactions"
    )[0]
    assert row == (
        "PAID",
        sale.totals.total_amount,
        sale.totals.tax_amount,
        "CASH",
        "basket 1",
        "STORE_001/POS_01",
        1,
        envelope.hash[:4],
        "POS_01-000001",
        "POS_01",
    )
    assert hub.rows("SELECT line_number, sku_id, quantity, line_total FROM line_items ORDER BY 1") == [
        (1, "SKU_12345", 2, 20_000),
        (2, "SKU_SIX", 1, 57_000),
        (3, "SKU_MANGO", 450, 27_000),
        (4, "SKU_12345", 1, 10_000),
    ]
    # A pack moves the units it is made of; a SKU moves once however many lines it stands on.
    assert hub.rows("SELECT position, sku_id, quantity_delta FROM stock_movements ORDER BY 2") == [
        (1, "SKU_12345", -9),
        (1, "SKU_MANGO", -450),
    ]


def test_the_envelope_goes_on_to_head_office_word_for_word(hub: Hub, till: Till) -> None:
    envelope = till.sell(make.line("coffee"))
    till.send(1, [envelope])
    assert hub.rows("SELECT id, payload, origin, sequence FROM outbox") == [
        (1, envelope.text, "STORE_001/POS_01", 1)
    ]


def test_a_repeat_changes_nothing(hub: Hub, till: Till) -> None:
    sold = [till.sell(), till.sell(make.line("coffee"))]
    till.send(1, sold)
    before = sums(hub)
    assert till.send(1, sold).json() == verdict(0, 3, duplicates=2)
    assert till.send(2, sold[1:]).json() == verdict(0, 3, duplicates=1)
    assert sums(hub) == before == (2, 35_000)
    assert hub.scalar("SELECT count(*) FROM outbox") == 2


def test_a_batch_that_overlaps_what_is_known_is_taken_from_where_it_is_new(hub: Hub, till: Till) -> None:
    sold = [till.sell() for _ in range(5)]
    till.send(1, sold[:3])
    assert till.send(2, sold[1:]).json() == verdict(2, 6, duplicates=2)
    assert sums(hub) == (5, 50_000)


def test_a_batch_out_of_order_is_not_taken_and_says_where_to_go_on(hub: Hub, till: Till) -> None:
    sold = [till.sell() for _ in range(4)]
    assert till.send(3, sold[2:]).json() == verdict(0, 1)
    assert sums(hub) == (0, 0)
    assert till.send(1, sold).json() == verdict(4, 5)
    assert sums(hub) == (4, 40_000)


def test_an_empty_batch_asks_for_the_cursor(hub: Hub, till: Till) -> None:
    assert till.send(1, []).json() == verdict(0, 1)
    till.send(1, [till.sell()])
    assert till.send(1, []).json() == verdict(0, 2)


def test_a_long_backlog_is_taken_in_order(hub: Hub, till: Till) -> None:
    sold = [till.sell() for _ in range(150)]
    assert till.send(1, sold[:60]).json() == verdict(60, 61)
    assert till.send(61, sold[60:]).json() == verdict(90, 151)
    assert sums(hub) == (150, 1_500_000)
    assert [row[0] for row in hub.rows("SELECT sequence FROM outbox ORDER BY id")] == list(range(1, 151))


def test_several_tills_have_pipes_and_chains_of_their_own(hub: Hub, till: Till) -> None:
    other = hub.till("POS_02")
    for position in (1, 2, 3):
        assert till.send(position, [till.sell()]).json() == verdict(1, position + 1)
        assert other.send(position, [other.sell(make.line("water"))]).json() == verdict(1, position + 1)
    assert hub.rows("SELECT origin, sequence FROM origins ORDER BY 1") == [
        ("STORE_001/POS_01", 3),
        ("STORE_001/POS_02", 3),
    ]
    assert [row[0] for row in hub.rows("SELECT id FROM outbox ORDER BY id")] == [1, 2, 3, 4, 5, 6]


def test_a_hub_restored_from_an_old_backup_gets_everything_again(hub: Hub, till: Till) -> None:
    sold = [till.sell() for _ in range(3)]
    till.send(1, sold)
    with hub.engine.begin() as tx:
        tx.exec_driver_sql("TRUNCATE outbox, stock_movements, line_items, payments, transactions")
        tx.exec_driver_sql("DELETE FROM origins; DELETE FROM sync_cursors WHERE cursor_name LIKE 'pipe:%%'")
        tx.exec_driver_sql("UPDATE heads SET value = 0 WHERE name = 'outbox'")
    assert till.send(4, [till.sell()]).json() == verdict(0, 1)
    assert till.send(1, sold).json() == verdict(3, 4)
    assert sums(hub) == (3, 30_000)


# ------------------------------------------------------------------ what cannot be applied is kept


@pytest.mark.allow_log("fact set aside")
def test_a_fact_that_does_not_add_up_is_set_aside_and_the_stream_goes_on(hub: Hub, till: Till) -> None:
    lying = make.sale().to_body() | {"total_amount": 1}
    sold = [till.chain.seal_payload("SaleRecorded", lying), till.sell(make.line("coffee"))]
    answer = till.send(1, sold).json()
    assert (answer["accepted"], answer["next_position"]) == (2, 3)
    assert [error["code"] for error in answer["errors"]] == ["fact-does-not-add-up"]
    assert sums(hub) == (1, 25_000)
    assert hub.rows("SELECT position, code, payload FROM set_aside") == [
        (1, "fact-does-not-add-up", sold[0].text)
    ]
    # Head office gets both: its copy of the chain has no hole. And it hears what was made of them.
    passed_on = "SELECT sequence FROM outbox WHERE origin = :till ORDER BY id"
    assert hub.rows(passed_on, till=till.chain.origin) == [(1,), (2,)]
    told = "SELECT event_type FROM outbox WHERE origin = :hub"
    assert hub.rows(told, hub=make.STORE) == [("FactSetAside",)]


@pytest.mark.allow_log("fact set aside")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"line_items": [{"quantity": -1}]}, "fact-not-readable"),
        ({"line_items": "none"}, "fact-not-readable"),
        ({"sold_at": "yesterday"}, "fact-not-readable"),
        ({"tenders": []}, "fact-does-not-add-up"),
        ({"terminal_id": "POS_09"}, "wrong-origin"),
        ({"currency": "a currency with a long name"}, "does-not-fit"),
    ],
)
@pytest.mark.allow_log("fact does not fit")
def test_a_broken_sale_is_set_aside(hub: Hub, till: Till, change: dict[str, Any], code: str) -> None:
    broken = till.chain.seal_payload("SaleRecorded", make.sale().to_body() | change)
    answer = till.send(1, [broken, till.sell()]).json()
    assert [(error["position"], error["code"]) for error in answer["errors"]] == [(1, code)]
    assert sums(hub) == (1, 10_000)
    assert hub.scalar("SELECT count(*) FROM outbox WHERE origin = :till", till=till.chain.origin) == 2


@pytest.mark.allow_log("fact set aside")
def test_a_fact_of_a_later_version_waits_for_the_update(hub: Hub, till: Till) -> None:
    later = till.chain.seal_payload("ShiftClosed", {"shift_id": "1"}, version=3)
    answer = till.send(1, [later, till.sell()]).json()
    assert [error["code"] for error in answer["errors"]] == ["fact-not-readable"]
    assert answer["next_position"] == 3
    assert hub.scalar("SELECT count(*) FROM outbox WHERE origin = :till", till=till.chain.origin) == 2


@pytest.mark.allow_log("fact set aside")
def test_what_is_no_envelope_at_all_is_kept_too(hub: Hub, till: Till) -> None:
    body = b'{"from_position": 1, "events": [17, {"event_id": "x"}]}'
    answer = till.http.post("/api/v1/envelopes", content=body).json()
    assert [error["code"] for error in answer["errors"]] == ["envelope-not-readable"] * 2
    assert answer["next_position"] == 3
    assert hub.scalar("SELECT count(*) FROM set_aside") == 2


@pytest.mark.allow_log("fact set aside", "chain broken")
def test_a_tampered_envelope_is_set_aside_and_the_break_is_noted(hub: Hub, till: Till) -> None:
    sold = [till.sell(), till.sell(), till.sell()]
    tampered = make.opened(sold[1])
    tampered["payload"]["cashier_id"] = "SOMEBODY_ELSE"
    events = [make.opened(sold[0]), tampered, make.opened(sold[2])]
    answer = till.http.post(
        "/api/v1/envelopes", content=orjson.dumps({"from_position": 1, "events": events})
    ).json()
    assert [(error["position"], error["code"]) for error in answer["errors"]] == [(2, "chain-altered")]
    assert sums(hub) == (2, 20_000)
    assert {row[0] for row in hub.rows("SELECT kind FROM chain_breaks")} == {"altered", "gap"}


@pytest.mark.allow_log("fact set aside", "chain broken")
def test_a_second_history_of_a_till_is_set_aside(hub: Hub, till: Till) -> None:
    till.send(1, [till.sell(), till.sell()])
    twin = make.Chain(till.terminal_id)
    forked = [twin.sell(), twin.sell(), twin.sell(make.line("coffee"))]
    answer = till.send(3, forked[2:]).json()
    assert [error["code"] for error in answer["errors"]] == ["chain-fork"]
    assert sums(hub) == (2, 20_000)


@pytest.mark.allow_log("fact set aside", "fact does not fit")
def test_a_sale_id_that_is_known_is_set_aside(hub: Hub, till: Till) -> None:
    transaction_id = uuid7()
    first = till.sell(transaction_id=transaction_id)
    second = till.sell(make.line("coffee"), transaction_id=transaction_id)
    answer = till.send(1, [first, second]).json()
    assert [(error["position"], error["code"]) for error in answer["errors"]] == [(2, "does-not-fit")]
    assert sums(hub) == (1, 10_000)


@pytest.mark.allow_log("fact set aside", "event id used twice")
def test_an_event_id_that_was_used_before_is_set_aside(hub: Hub, till: Till) -> None:
    event_id = UUID(int=5)
    sold = [
        till.chain.seal(make.sale(), event_id=event_id),
        till.chain.seal(make.sale([make.line("coffee")]), event_id=event_id),
        till.sell(make.line("water")),
    ]
    answer = till.send(1, sold).json()
    assert [(error["position"], error["code"]) for error in answer["errors"]] == [(2, "event-known")]
    assert sums(hub) == (2, 15_000)


# ------------------------------------------------------------------ what the hub adds


def test_another_list_price_than_the_hubs_is_noted_and_the_sale_stands(hub: Hub, till: Till) -> None:
    old = make.line("cola", 2, unit_price=9_000, list_price=9_000, price_version=0)
    unknown = make.line("coffee", sku_id="SKU_NEW")
    till.send(1, [till.sell(old, unknown, make.line("water"))])
    assert sums(hub) == (1, 48_000)
    noted = "SELECT sku_id, till_price, hub_price, hub_version FROM price_discrepancies ORDER BY 1"
    assert hub.rows(noted) == [("SKU_12345", 9_000, 10_000, 1), ("SKU_NEW", 25_000, None, None)]
    for _ in range(2):  # told once
        hub.program.clockwork.tell_differences()
    told = "SELECT payload FROM outbox WHERE event_type = 'PriceDiscrepancyFound'"
    payloads = [orjson.loads(text)["payload"] for (text,) in hub.rows(told)]
    assert sorted((p["sku_id"], p["till_price"], p["hub_price"]) for p in payloads) == [
        ("SKU_12345", 9_000, 10_000),
        ("SKU_NEW", 25_000, None),
    ]


def test_an_override_is_no_difference_of_lists(hub: Hub, till: Till) -> None:
    cheap = make.line("cola", unit_price=5_000, list_price=10_000, override_reason="damaged can")
    till.send(1, [till.sell(cheap)])
    assert hub.scalar("SELECT count(*) FROM price_discrepancies") == 0


def test_a_void_of_a_till_puts_the_goods_back_and_keeps_every_amount(hub: Hub, till: Till) -> None:
    sale = make.sale([make.line("cola", 3)])
    till.send(1, [till.chain.seal(sale), till.chain.seal(make.void_of(sale))])
    assert hub.rows("SELECT status, total_amount FROM transactions") == [("VOID", 30_000)]
    assert hub.rows("SELECT adjustment_type, quantity_delta FROM stock_movements ORDER BY position") == [
        ("SALE", -3),
        ("VOID", 3),
    ]


@pytest.mark.allow_log("fact set aside")
def test_a_void_of_a_sale_nobody_knows_is_set_aside(hub: Hub, till: Till) -> None:
    answer = till.send(1, [till.chain.seal(make.void_of(make.sale()))]).json()
    assert [error["code"] for error in answer["errors"]] == ["transaction-not-found"]


def test_other_facts_of_a_till_are_applied_and_passed_on(hub: Hub, till: Till) -> None:
    sale = make.sale([make.line("coffee")])
    facts = [till.chain.seal(make.adjustment(delta=24)), till.chain.seal(make.captured(sale))]
    assert till.send(1, facts).json() == verdict(2, 3)
    assert hub.rows("SELECT sku_id, quantity_delta, adjustment_type FROM stock_movements") == [
        ("SKU_12345", 24, "RECEIVING")
    ]
    assert hub.rows("SELECT event_type, aggregate_type FROM outbox ORDER BY id") == [
        ("InventoryAdjusted", "Inventory"),
        ("PaymentCaptured", "Payment"),
    ]


def test_what_is_recorded_cannot_be_changed_by_anybody(hub: Hub, till: Till) -> None:
    till.send(1, [till.sell()])
    for statement in (
        "UPDATE transactions SET total_amount = 1",
        "DELETE FROM transactions",
        "UPDATE line_items SET unit_price = 1",
        "DELETE FROM payments",
        "UPDATE stock_movements SET quantity_delta = 0",
        "DELETE FROM audit_log",
    ):
        with (
            pytest.raises(Exception, match=r"never changed or deleted|is recorded"),
            hub.engine.begin() as tx,
        ):
            tx.exec_driver_sql(statement)
    assert sums(hub) == (1, 10_000)


def test_the_outbox_holds_envelopes_that_head_office_can_check(hub: Hub, till: Till) -> None:
    till.send(1, [till.sell(make.line("coffee", 2)), till.sell()])
    texts = [row[0] for row in hub.rows("SELECT payload FROM outbox ORDER BY id")]
    first, second = (opened_text(text) for text in texts)
    assert second.previous_hash == first.hash


def test_a_packed_batch_is_taken_and_the_answer_tells_the_time(hub: Hub, till: Till) -> None:
    body = packed(make.batch(1, [till.sell(make.line("cola")), till.sell(make.line("coffee"))]))
    answer = till.http.post("/api/v1/envelopes", content=body, headers={"content-encoding": "gzip"})
    assert answer.json() == verdict(2, 3)
    assert answer.headers["everopen-now"] == hub.clock().isoformat()


def test_a_packed_batch_that_grows_beyond_the_limit_is_too_large(hub: Hub, till: Till) -> None:
    bomb = packed(b'{"from_position":1,"events":["' + b" " * 20_000_000 + b'"]}')
    answer = till.http.post("/api/v1/envelopes", content=bomb, headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
