"""A sale through the hub's doors: its receipt as JSON, text, picture and paper (FR-1.4)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image

from tests import make
from tests.escpos_reader import read_pieces
from tests.hubs import Hub, running_hub
from tests.printer_on_the_network import WELL, Mood, NetworkPrinter


@pytest.fixture
def printer() -> Iterator[NetworkPrinter]:
    with NetworkPrinter(Mood(status=WELL)) as printer:
        yield printer


@pytest.fixture
def hub(hub_database_url: str, printer: NetworkPrinter, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path, printer=f"network:127.0.0.1:{printer.port}") as hub:
        hub.enrolled()
        yield hub


@pytest.fixture
def cashier(hub: Hub) -> Iterator[httpx.Client]:
    with hub.as_cashier() as cashier:
        yield cashier


def sell(cashier: httpx.Client, quantity: int, tendered: int) -> str:
    """Iced coffees through the Checkout API, paid in cash; the transaction's id."""

    def post(path: str, body: dict[str, Any]) -> Any:
        answer = cashier.post(f"/api/v1/transactions{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    sale: str = post("", {"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER})["transaction_id"]
    post(f"/{sale}/items", {"barcode": make.product("coffee").barcodes[0].barcode, "quantity": quantity})
    post(f"/{sale}/payments", {"payment_method": "CASH", "amount": tendered})
    assert post(f"/{sale}/finalize", {})["status"] == "PAID"
    return sale


def receipt(cashier: httpx.Client, sale: str, accept: str, **parameters: str) -> httpx.Response:
    answer = cashier.get(f"/api/v1/receipts/{sale}", headers={"Accept": accept}, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer


def picture(answer: httpx.Response) -> Image.Image:
    assert answer.headers["content-type"] == "image/png"
    return Image.open(io.BytesIO(answer.content))


def codes(drawn: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(drawn)]


def test_a_receipt_comes_as_data_as_text_and_as_a_picture(cashier: httpx.Client) -> None:
    sale = sell(cashier, 2, tendered=100_000)
    data = receipt(cashier, sale, "application/json").json()
    assert data["total_amount"] == 50_000

    text = receipt(cashier, sale, "text/plain")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Cà phê sữa đá\n" in text.text
    assert f"TỔNG CỘNG{'50.000 ₫':>39}\n" in text.text
    assert f"  Tiền thối lại{'50.000':>33}\n" in text.text
    assert data["proof"] in text.text

    drawn = picture(receipt(cashier, sale, "image/png"))
    assert (drawn.mode, drawn.width) == ("1", 576)
    assert codes(drawn) == [data["receipt_number"]]


def test_the_paper_of_a_finished_sale_is_its_picture(cashier: httpx.Client, printer: NetworkPrinter) -> None:
    sale = sell(cashier, 1, tendered=25_000)
    printer.wait_for_cuts(1)
    (piece,) = read_pieces(printer.stream)
    assert piece.picture.tobytes() == picture(receipt(cashier, sale, "image/png")).tobytes()


def test_the_sale_of_a_till_is_printed_as_soon_as_it_is_recorded(hub: Hub, printer: NetworkPrinter) -> None:
    till = hub.till("POS_02")
    sold = till.sell(make.line("coffee", 2))
    assert till.send(1, [sold]).is_success
    printer.wait_for_cuts(1, seconds=5)
    (piece,) = read_pieces(printer.stream)
    assert codes(piece.picture) == [sold.payload["receipt_number"]]
    till.http.close()


def test_a_reprint_is_a_copy_and_a_terminals_token_is_enough(
    hub: Hub, cashier: httpx.Client, printer: NetworkPrinter
) -> None:
    sale = sell(cashier, 1, tendered=25_000)
    with hub.with_token(hub.enrolled("POS_02", "R4TD-8KXW")["token"]) as terminal:
        answer = terminal.post(f"/api/v1/receipts/{sale}/print")
    assert (answer.status_code, answer.json()["status"]) == (202, "WAITING")
    printer.wait_for_cuts(2)
    original, copy = read_pieces(printer.stream)
    assert copy.picture.tobytes() == picture(receipt(cashier, sale, "image/png", copy="true")).tobytes()
    assert copy.picture.height > original.picture.height, "it carries the word in addition"


@pytest.mark.allow_log("receipts wait")
def test_a_dead_printer_holds_up_no_sale_and_no_receipt_is_lost(
    cashier: httpx.Client, hub: Hub, printer: NetworkPrinter
) -> None:
    printer.off()
    sales = [sell(cashier, quantity, tendered=200_000) for quantity in (1, 2, 3)]
    assert hub.scalar("SELECT count(*) FROM print_jobs WHERE status = 'WAITING'") == 3
    printer.on()
    printer.wait_for_cuts(3)
    numbers = [receipt(cashier, sale, "application/json").json()["receipt_number"] for sale in sales]
    assert [codes(piece.picture) for piece in read_pieces(printer.stream)] == [[number] for number in numbers]
