"""After the sale at the hub: what comes out of the printer, and what a till is told of a recorded sale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import zxingcpp
from sqlalchemy import text
from uuid_utils.compat import uuid7

from courier.envelope import Envelope
from retail.facts import SaleRecorded
from retail.refund import BroughtBack, Counter, RefundRules, refund, refund_without_receipt, void
from retail.refund_facts import RefundRecorded
from retail.staff import Role
from storehub.database import make_engine, migrate
from storehub.printers.job import Edition
from storehub.receipts.recorded import refund_slip_now
from storehub.receipts.slip import slip_rows
from storehub.receipts.wording import VIETNAMESE
from storehub.sales.refunds import void_of
from tests import make
from tests.escpos_reader import read_pieces
from tests.hubs import Hub, running_hub
from tests.patience import eventually
from tests.printer_on_the_network import WELL, Mood, NetworkPrinter


@pytest.fixture
def printer() -> Iterator[NetworkPrinter]:
    with NetworkPrinter(Mood(status=WELL)) as running:
        yield running


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path, printer: NetworkPrinter) -> Iterator[Hub]:
    setting = f"network:127.0.0.1:{printer.port}+drawer"
    with running_hub(hub_database_url, tmp_path, printer=setting) as running:
        yield running


def counter(number: str | None = None) -> Counter:
    return Counter(
        make.STORE,
        make.TERMINAL,
        make.MANAGER,
        Role.MANAGER,
        make.sale().business_date,
        make.AT,
        "stale",
        receipt_number=number,
    )


def sale_in(envelope: Envelope) -> SaleRecorded:
    return SaleRecorded.from_body(envelope.payload)


def refunded(
    envelope: Envelope, quantity: int, number: str, later: Sequence[RefundRecorded] = ()
) -> RefundRecorded:
    """So many of the first line come back, as a till would say it."""
    sale = sale_in(envelope)
    back = [BroughtBack(sale.lines[0].line_item_id, quantity)]
    return refund(sale, later, back, counter(number), RefundRules(), refund_id=uuid7())


def setting(hub: Hub, name: str, value: Any) -> None:
    version = hub.scalar("SELECT coalesce(max(version), 0) + 1 FROM feed")
    hub.hear(make.news_page(version, make.news("setting", name, {"name": name, "value": value}, version)))


def jobs(hub: Hub) -> list[Any]:
    return [row[0] for row in hub.rows("SELECT document FROM print_jobs ORDER BY created_at, document")]


def test_a_cash_sale_opens_the_drawer_and_a_qr_sale_does_not(hub: Hub, printer: NetworkPrinter) -> None:
    till = hub.till()
    cash, by_phone = till.sell(), till.sell(tenders=[make.qr_tender(10_000)])
    till.send(1, [cash])
    printer.wait_for_cuts(1)
    till.send(2, [by_phone])
    printer.wait_for_cuts(2)
    assert [len(piece.drawer_kicks) for piece in read_pieces(printer.stream)] == [1, 0]


@pytest.mark.parametrize("print_receipts", ["ask", "never"])
def test_no_paper_comes_by_itself_where_the_chain_says_so_but_the_drawer_opens(
    hub: Hub, printer: NetworkPrinter, print_receipts: str
) -> None:
    setting(hub, "print_receipts", print_receipts)
    till = hub.till()
    envelope = till.sell()
    till.send(1, [envelope])
    assert jobs(hub) == ["DRAWER"]
    sale = envelope.payload["transaction_id"]
    assert till.http.get(f"/api/v1/receipts/{sale}/papers").json()["papers"] == []
    asked = till.http.post(f"/api/v1/receipts/{sale}/print", json={"employee_id": make.CASHIER})
    assert (asked.status_code, asked.json()["copy"]) == (202, False)
    again = till.http.post(f"/api/v1/receipts/{sale}/print")
    assert again.json()["copy"] is True
    printer.wait_for_cuts(2)
    eventually(
        lambda: (
            [
                (paper["status"], paper["copy"])
                for paper in till.http.get(f"/api/v1/receipts/{sale}/papers").json()["papers"]
            ]
            == [("PRINTED", False), ("PRINTED", True)]
        )
    )
    noted = hub.rows("SELECT detail FROM audit_log WHERE deed = 'reprint receipt' ORDER BY at, id")
    assert noted[0][0] == {"asked_by": make.CASHIER}


@pytest.mark.allow_log("setting not understood")
def test_a_setting_nobody_knows_prints_as_ever(hub: Hub) -> None:
    setting(hub, "print_receipts", "sometimes")
    till = hub.till()
    till.send(1, [till.sell(tenders=[make.qr_tender(10_000)])])
    assert jobs(hub) == ["RECEIPT"]


def test_a_refund_comes_out_as_a_slip_and_opens_the_drawer(hub: Hub, printer: NetworkPrinter) -> None:
    till = hub.till()
    sold = till.sell(make.line("coffee", 3))
    back = till.chain.seal(fact := refunded(sold, 2, "POS_01-000002"))
    till.send(1, [sold, back])
    assert sorted(jobs(hub)) == ["DRAWER", "DRAWER", "RECEIPT", "REFUND"]
    printer.wait_for_cuts(2)
    slip = read_pieces(printer.stream)[1]
    assert [code.text for code in zxingcpp.read_barcodes(slip.picture)] == ["POS_01-000002"]
    with hub.engine.connect() as tx:
        rows = list(slip_rows(refund_slip_now(tx, fact.refund_id), VIETNAMESE, Edition.ORIGINAL))
    said = [" ".join(filter(None, (getattr(row, "left", ""), getattr(row, "right", "")))) for row in rows]
    assert "HOÀN LẠI 50.000 ₫" in said
    assert "Của phiếu: POS_01-000001" in said
    assert "Lý do: stale" in said


def test_a_void_and_a_refund_without_receipt_have_slips_too(hub: Hub, printer: NetworkPrinter) -> None:
    till = hub.till()
    sold = till.sell(make.line("coffee"))
    cancelled = till.chain.seal(void(sale_in(sold), [], counter()))
    no_receipt = refund_without_receipt(
        make.sale().totals,
        counter("POS_01-000003"),
        RefundRules(),
        refund_id=uuid7(),
        currency="VND",
        prices_include_tax=True,
    )
    till.send(1, [sold, cancelled, till.chain.seal(no_receipt)])
    printer.wait_for_cuts(3)
    eventually(lambda: hub.scalar("SELECT count(*) FROM print_jobs WHERE status = 'WAITING'") == 0)
    assert {"VOID", "REFUND", "RECEIPT"} <= set(jobs(hub))


def test_a_slip_that_arrives_late_is_not_printed(hub: Hub) -> None:
    till = hub.till()
    hub.clock.forward(minutes=5)
    sold = till.sell(make.line("coffee", 3))
    till.send(1, [sold, till.chain.seal(refunded(sold, 1, "POS_01-000002"))])
    assert jobs(hub) == []


def test_a_till_is_told_everything_it_needs_to_reckon_what_is_left(hub: Hub) -> None:
    till, other = hub.till(), hub.till("POS_02")
    sold = till.sell(make.line("coffee", 3), make.line("mango", 450))
    first = refunded(sold, 1, "POS_01-000002")
    till.send(1, [sold, till.chain.seal(first)])
    sale = sale_in(sold)
    told = other.http.get(f"/api/v1/transactions/{sale.transaction_id}/facts").json()
    assert SaleRecorded.from_body(told["sale"]) == sale
    assert (told["status"], told["proof"]) == ("PAID", sold.hash)
    assert [RefundRecorded.from_body(later["body"]) for later in told["later"]] == [first]
    assert (
        till.http.get(f"/api/v1/transactions/{UUID(int=7)}/facts").json()["code"] == "transaction-not-found"
    )


def test_a_void_is_among_what_a_till_is_told(hub: Hub) -> None:
    till = hub.till()
    sold = till.sell(make.line("coffee"))
    fact = void(sale_in(sold), [], counter())
    till.send(1, [sold, till.chain.seal(fact)])
    told = till.http.get(f"/api/v1/transactions/{fact.transaction_id}/facts").json()
    assert told["status"] == "VOID"
    assert [(later["event_type"], later["body"]) for later in told["later"]] == [
        ("TransactionVoided", fact.to_body())
    ]


def test_a_sale_is_found_by_its_figures_and_by_the_number_of_a_slip(hub: Hub) -> None:
    tills = [hub.till(), hub.till("POS_02")]
    for till in tills:
        till.send(1, [till.sell(make.line("coffee", 2))])
    found = tills[0].http.get("/api/v1/transactions", params={"sequence": 1}).json()["transactions"]
    assert sorted(sale["receipt_number"] for sale in found) == ["POS_01-000001", "POS_02-000001"]
    sold = tills[0].sell(make.line("coffee", 3))
    back = refunded(sold, 1, "POS_01-000003")
    tills[0].send(2, [sold, tills[0].chain.seal(back)])
    by_slip = tills[1].http.get("/api/v1/transactions", params={"receipt_number": "POS_01-000003"}).json()
    (sale,) = by_slip["transactions"]
    assert (sale["receipt_number"], sale["refunded_amount"]) == ("POS_01-000002", 25_000)


@pytest.mark.allow_log("fact set aside")
def test_goods_given_back_twice_by_tills_apart_are_set_aside_and_head_office_is_told(hub: Hub) -> None:
    one, other = hub.till(), hub.till("POS_02")
    sold = one.sell(make.line("coffee", 2))
    one.send(1, [sold, one.chain.seal(refunded(sold, 2, "POS_01-000002"))])
    second = replace(refunded(sold, 1, "POS_02-000001"), terminal_id="POS_02")
    answer = other.send(1, [other.chain.seal(second)]).json()
    assert [error["code"] for error in answer["errors"]] == ["deed-not-allowed"]
    assert hub.scalar("SELECT count(*) FROM refunds") == 1
    assert hub.scalar("SELECT count(*) FROM outbox WHERE event_type = 'FactSetAside'") == 1


def test_voids_of_an_older_hub_are_kept_as_they_were_sealed(database_url: str) -> None:
    migrate(database_url, "0010")
    chain = make.Chain()
    sold = chain.sell(make.line("coffee"))
    fact = void(sale_in(sold), [], counter())
    sealed = chain.seal(fact)
    engine = make_engine(database_url)
    with engine.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO transactions (id, store_id, terminal_id, status, currency, prices_include_tax,"
                " created_at, updated_at) VALUES (:id, :store, 'POS_01', 'VOID', 'VND', true, :at, :at)"
            ),
            {"id": fact.transaction_id, "store": make.STORE, "at": make.AT},
        )
        tx.execute(
            text(
                "INSERT INTO outbox (id, event_id, event_type, aggregate_type, aggregate_id, origin,"
                " sequence, payload, created_at) VALUES (2, :event, 'TransactionVoided', 'Transaction',"
                " :about, :origin, 2, :payload, :at)"
            ),
            {
                "event": sealed.event_id,
                "about": str(fact.transaction_id),
                "origin": sealed.origin,
                "payload": sealed.text,
                "at": make.AT,
            },
        )
    migrate(database_url)
    with engine.connect() as tx:
        assert void_of(tx, fact.transaction_id) == fact
    engine.dispose()
