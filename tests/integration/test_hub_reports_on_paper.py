"""What a till's shift wants of the store's printer and drawer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import zxingcpp

from courier.envelope import Envelope
from retail.access_facts import AccessDecided, AccessDeed, AccessOutcome
from retail.facts import Fact
from retail.shift_facts import CashMove, CashMoved, ShiftClosed, ShiftOpened
from storehub.printers.job import Edition
from storehub.receipts.layout import Pair
from storehub.receipts.report import report_now, report_rows
from storehub.receipts.wording import wording_of
from tests import make
from tests.escpos_reader import Piece, read_pieces
from tests.hubs import Hub, Till, running_hub
from tests.integration.test_hub_checkout import code_of
from tests.integration.test_hub_refunds import MANAGER
from tests.patience import eventually
from tests.printer_on_the_network import NetworkPrinter

SHIFT = UUID(int=5)
DAY = make.sale().business_date


@pytest.fixture
def printer() -> Iterator[NetworkPrinter]:
    with NetworkPrinter() as running:
        yield running


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path, printer: NetworkPrinter) -> Iterator[Hub]:
    setting = f"network:127.0.0.1:{printer.port}+drawer"
    with running_hub(hub_database_url, tmp_path, printer=setting) as running:
        yield running


@pytest.fixture
def till(hub: Hub) -> Till:
    return hub.till()


def a_shift(*between: Fact) -> list[Fact]:
    opened = ShiftOpened(SHIFT, make.STORE, make.TERMINAL, make.CASHIER, make.AT, DAY, 100_000)
    closed = ShiftClosed(
        shift_id=SHIFT,
        store_id=make.STORE,
        terminal_id=make.TERMINAL,
        cashier_id=make.CASHIER,
        closed_at=make.AT,
        closed_by=make.MANAGER,
        business_date=DAY,
        counted=((50_000, 2),),
        expected_amount=90_000,
        sales_count=0,
        sales_amount=0,
        first_receipt=None,
        last_receipt=None,
        reason="found later",
    )
    return [opened, *between, closed]


def a_drop(**more: Any) -> CashMoved:
    return CashMoved(
        *(UUID(int=6), SHIFT, make.STORE, make.TERMINAL, CashMove.SAFE_DROP, 10_000, "full"),
        moved_at=more.get("at", make.AT),
        moved_by=make.CASHIER,
        business_date=DAY,
    )


def sent(till: Till, facts: list[Fact]) -> list[Envelope]:
    envelopes = [till.chain.seal(fact) for fact in facts]
    first = envelopes[0].sequence
    answer = till.send(first, envelopes).json()
    assert (answer["accepted"], answer["errors"]) == (len(facts), [])
    return envelopes


def papers(printer: NetworkPrinter, count: int) -> list[Piece]:
    printer.wait_for_cuts(count)
    return [piece for piece in read_pieces(printer.stream) if piece.finished]


def jobs(hub: Hub) -> list[str]:
    return [row[0] for row in hub.rows("SELECT document FROM print_jobs ORDER BY created_at, id")]


def kicks(printer: NetworkPrinter) -> int:
    return sum(len(piece.drawer_kicks) for piece in read_pieces(printer.stream))


def test_a_closing_prints_its_z_with_the_line_that_proves_it(
    hub: Hub, till: Till, printer: NetworkPrinter
) -> None:
    *_, sealed = sent(till, a_shift(a_drop()))
    (paper,) = papers(printer, 1)
    codes = {code.text for code in zxingcpp.read_barcodes(paper.picture.convert("L"))}
    assert f"{sealed.sequence}-{sealed.hash[:4].upper()}" in codes
    with hub.engine.connect() as tx:
        report = report_now(tx, SHIFT, hub.clock(), blind=True)
    rows = list(report_rows(report, wording_of("en"), Edition.ORIGINAL))
    said = {row.left: row.right for row in rows if isinstance(row, Pair)}
    assert said["Expected in the drawer"] == "90,000"
    assert (said["Counted"], said["Over (+) / short (−)"]) == ("100,000", "10,000")
    assert said["Safe drop"] == "-10,000"
    assert said["Closed by"] == make.MANAGER
    assert said["Record · proof"] == f"{sealed.sequence} · {sealed.hash[:4].upper()}"


def test_a_closing_that_comes_late_is_printed_but_opens_no_drawer(
    hub: Hub, till: Till, printer: NetworkPrinter
) -> None:
    hub.clock.forward(hours=3)
    sent(till, a_shift(a_drop()))
    papers(printer, 1)
    assert jobs(hub) == ["Z_REPORT"]
    assert kicks(printer) == 0


def test_cash_that_moves_and_a_drawer_without_a_sale_open_it_and_a_refusal_does_not(
    hub: Hub, till: Till, printer: NetworkPrinter
) -> None:
    asked = AccessDecided(
        *(UUID(int=8), make.STORE, make.TERMINAL, make.MANAGER, AccessDeed.OPEN_DRAWER),
        outcome=AccessOutcome.ALLOWED,
        decided_at=make.AT,
        reason="change",
    )
    refused = replace(asked, decision_id=UUID(int=9), outcome=AccessOutcome.REFUSED)
    signed_in = replace(asked, decision_id=UUID(int=10), deed=AccessDeed.SIGN_IN)
    sent(till, [a_shift()[0], a_drop(), asked, refused, signed_in])
    assert jobs(hub) == ["DRAWER", "DRAWER"]
    eventually(lambda: kicks(printer) == 2)


def test_an_x_is_printed_as_whoever_asks_may_see_it(hub: Hub, till: Till, printer: NetworkPrinter) -> None:
    sent(till, a_shift()[:1])
    path = f"/api/v1/shifts/{SHIFT}/print"
    for client, body in (
        (till.http, {"report": "X", "blind": False}),
        (till.http, {"report": "X"}),
        (hub.as_cashier(), {"report": "X", "blind": False}),
        (hub.as_manager(), {"report": "X"}),
    ):
        assert client.post(path, json=body).status_code == 202
        hub.clock.forward(seconds=1)
    assert jobs(hub) == ["X_REPORT", "X_BLIND", "X_BLIND", "X_REPORT"]
    papers(printer, 4)
    assert code_of(till.http.post(path, json={"report": "Z"})) == (409, "shift-not-closed")
    assert code_of(till.http.post(path, json={"report": "Y"})) == (422, "invalid-request")
    unknown = f"/api/v1/shifts/{UUID(int=404)}/print"
    assert code_of(till.http.post(unknown, json={"report": "X"})) == (404, "shift-not-found")


def test_a_z_that_is_asked_for_again_says_that_it_is_a_copy(
    hub: Hub, till: Till, printer: NetworkPrinter
) -> None:
    sent(till, a_shift())
    hub.clock.forward(seconds=1)
    assert till.http.post(f"/api/v1/shifts/{SHIFT}/print", json={"report": "Z"}).status_code == 202
    first, second = papers(printer, 2)
    assert second.picture.height > first.picture.height
    assert hub.rows("SELECT copy FROM print_jobs ORDER BY created_at") == [(False,), (True,)]


def test_the_drawer_opens_by_the_api_for_whoever_may_with_a_reason_that_is_noted(
    hub: Hub, till: Till, printer: NetworkPrinter
) -> None:
    cashier, path = hub.as_cashier(), "/api/v1/drawer/open"
    assert code_of(cashier.post(path, json={"reason": "stuck"})) == (403, "approval-needed")
    assert code_of(hub.as_manager().post(path, json={"reason": " "})) == (422, "reason-needed")
    approved = cashier.post(path, json={"reason": "stuck", "approval": MANAGER})
    assert approved.status_code == 202, approved.text
    eventually(lambda: kicks(printer) == 1)
    wanted = "SELECT actor, outcome, detail FROM audit_log WHERE deed = 'open drawer' ORDER BY at, id"
    noted = hub.rows(wanted)
    assert noted[-1] == (make.CASHIER, "allowed", {"reason": "stuck", "approved_by": make.MANAGER})


def test_without_a_printer_nothing_waits_and_asking_is_refused(hub_database_url: str, tmp_path: Path) -> None:
    with running_hub(hub_database_url, tmp_path) as hub:
        till = hub.till()
        sent(till, a_shift(a_drop(at=make.AT + timedelta(seconds=1))))
        assert jobs(hub) == []
        answer = till.http.post(f"/api/v1/shifts/{SHIFT}/print", json={"report": "Z"})
        assert code_of(answer) == (409, "no-printer")
        opened = hub.as_manager().post("/api/v1/drawer/open", json={"reason": "stuck"})
        assert code_of(opened) == (409, "no-drawer")
