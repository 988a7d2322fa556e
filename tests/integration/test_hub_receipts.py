"""Receipts at the hub: as data, as text, as a picture, and on the paper of a network printer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import zxingcpp
from PIL import Image

from tests import make
from tests.escpos_reader import read_pieces
from tests.hubs import Hub, Till, running_hub
from tests.patience import eventually
from tests.printer_on_the_network import NetworkPrinter


@pytest.fixture
def printer() -> Iterator[NetworkPrinter]:
    with NetworkPrinter() as running:
        yield running


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path, printer: NetworkPrinter) -> Iterator[Hub]:
    setting = f"network:127.0.0.1:{printer.port}"
    with running_hub(hub_database_url, tmp_path, printer=setting) as running:
        yield running


@pytest.fixture
def till(hub: Hub) -> Till:
    return hub.till()


def path_of(hub: Hub) -> str:
    return f"/api/v1/receipts/{hub.scalar('SELECT id FROM transactions')}"


def codes_in(picture: Image.Image) -> set[str]:
    return {found.text for found in zxingcpp.read_barcodes(picture.convert("L"))}


def test_a_receipt_as_data(hub: Hub, till: Till) -> None:
    envelope = till.sell(make.line("coffee", 2), make.line("mango", 450))
    till.send(1, [envelope])
    receipt = till.http.get(path_of(hub)).json()
    assert receipt["store"]["name"] == "Everopen Bến Thành"
    assert receipt["sold_at"] == "2026-11-20T08:30:00+07:00"
    assert (receipt["receipt_number"], receipt["proof"]) == ("POS_01-000001", envelope.hash[:4].upper())
    assert [(line["product_name"], line["line_total"]) for line in receipt["line_items"]] == [
        ("Cà phê sữa đá", 50_000),
        ("Xoài cát Hòa Lộc", 27_000),
    ]
    assert receipt["total_amount"] == 77_000
    assert [(tax["tax_rate"], tax["gross_amount"]) for tax in receipt["taxes"]] == [
        (0.05, 27_000),
        (0.08, 50_000),
    ]
    assert receipt["tenders"][0]["payment_method"] == "CASH"


def test_a_receipt_as_text_and_as_a_picture(hub: Hub, till: Till) -> None:
    till.send(1, [till.sell(make.line("coffee"))])
    text = till.http.get(path_of(hub), headers={"accept": "text/plain"})
    assert text.headers["content-type"].startswith("text/plain")
    assert "Cà phê sữa đá" in text.text
    assert "25,000" in text.text or "25.000" in text.text
    picture = till.http.get(path_of(hub), headers={"accept": "image/png;q=0.9, text/*;q=0.1"})
    assert picture.headers["content-type"] == "image/png"
    drawn = Image.open(io.BytesIO(picture.content))
    assert drawn.width == 576
    assert any("POS_01-000001" in code for code in codes_in(drawn))
    none_of_ours = till.http.get(path_of(hub), headers={"accept": "application/pdf"})
    assert (none_of_ours.status_code, none_of_ours.json()["code"]) == (406, "not-acceptable")


def test_a_sale_at_the_counter_comes_out_of_the_printer_once(
    hub: Hub, till: Till, printer: NetworkPrinter
) -> None:
    till.send(1, [till.sell(make.line("coffee"))])
    eventually(lambda: hub.rows("SELECT status, copy FROM print_jobs") == [("PRINTED", False)])
    (piece,) = [piece for piece in read_pieces(printer.stream) if piece.pictures]
    assert any("POS_01-000001" in code for code in codes_in(piece.picture))


def test_a_sale_that_arrives_late_is_not_printed(hub: Hub, till: Till) -> None:
    hub.clock.forward(minutes=3)
    till.send(1, [till.sell(sold_at=make.AT)])
    till.send(2, [till.sell(sold_at=hub.clock() - timedelta(minutes=1))])
    assert hub.scalar("SELECT count(*) FROM print_jobs") == 1


def test_a_reprint_is_a_job_of_its_own_and_says_so(hub: Hub, till: Till, printer: NetworkPrinter) -> None:
    hub.clock.forward(hours=1)
    till.send(1, [till.sell(sold_at=make.AT)])
    answer = till.http.post(path_of(hub) + "/print", headers={"idempotency-key": "again"})
    assert (answer.status_code, answer.json()["status"]) == (202, "WAITING")
    assert (
        till.http.post(path_of(hub) + "/print", headers={"idempotency-key": "again"}).json() == answer.json()
    )
    eventually(lambda: hub.rows("SELECT status, copy FROM print_jobs") == [("PRINTED", True)])


@pytest.mark.allow_log("receipts wait")
def test_a_dead_printer_loses_nothing(hub: Hub, till: Till, printer: NetworkPrinter) -> None:
    printer.off()
    for position in (1, 2, 3):
        till.send(position, [till.sell()])
    eventually(lambda: hub.scalar("SELECT max(attempts) FROM print_jobs") > 0)
    assert till.http.get("/api/v1/status").json()["printer"]["waiting"] == 3
    printer.on()
    till.http.post(f"/api/v1/receipts/{hub.scalar('SELECT min(id::text)::uuid FROM transactions')}/print")
    eventually(lambda: hub.scalar("SELECT count(*) FROM print_jobs WHERE status = 'PRINTED'") == 4)


def test_a_kiosks_sale_is_printed_too(hub: Hub, till: Till) -> None:
    cashier: httpx.Client = hub.as_cashier()
    body = {"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER}
    sale = cashier.post("/api/v1/transactions", json=body).json()["transaction_id"]
    cashier.post(f"/api/v1/transactions/{sale}/items", json={"barcode": "8938505974194"})
    cashier.post(f"/api/v1/transactions/{sale}/payments", json={"payment_method": "CASH", "amount": 25_000})
    cashier.post(f"/api/v1/transactions/{sale}/finalize")
    eventually(lambda: hub.rows("SELECT status FROM print_jobs") == [("PRINTED",)])


def test_a_hub_without_a_printer_says_so(hub_database_url: str, tmp_path: Path) -> None:
    with running_hub(hub_database_url, tmp_path) as hub:
        till = hub.till()
        till.send(1, [till.sell()])
        assert hub.scalar("SELECT count(*) FROM print_jobs") == 0
        answer = till.http.post(path_of(hub) + "/print")
        assert (answer.status_code, answer.json()["code"]) == (409, "no-printer")
