"""A whole shift at one till's window: 300 baskets, and everything that can go wrong in one day goes wrong.

Real keys and taps in a process of its own, a real hub with a printer on a real port, a cable to head office
that is pulled, a hub that is killed, paper that runs out, and the till's power cut in the middle of a basket.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from courier.envelope import opened_text
from installer.cable import Cable
from installer.layout import ChainOptions, Layout
from installer.stack import DEMO, Stack, new_plan
from retail.facts import ShiftClosed
from tests.journeys.cashier import Notebook
from tests.journeys.conftest import run_of_ports
from tests.printer_on_the_network import NO_PAPER, WELL, Mood, NetworkPrinter

STORE = "STORE_001"
BASKETS = 300
VOIDS, REFUNDS = (20, 80, 130, 211, 260), (50, 163, 240)
PARKED = tuple(range(12, BASKETS, 30))
SPLITS = tuple(range(7, BASKETS, 15))
BY_PHONE = tuple(number for number in SPLITS if not 140 <= number < 230)
CABLE_OUT, CABLE_IN = 60, 110
HUB_KILLED = 150
PAPER_OUT, PAPER_BACK = 170, 190
POWER_CUT = 205
FLOAT = {200_000: 2, 50_000: 6, 20_000: 10, 10_000: 5, 5_000: 6, 2_000: 5, 1_000: 10}
PATIENCE_SECONDS = 540.0


def baskets() -> list[list[tuple[str, int]]]:
    """300 real baskets: all of the demo chain, the first ones once more."""
    found: dict[str, list[tuple[str, int]]] = {}
    with (DEMO / "baskets.csv").open(encoding="utf-8") as text:
        for row in csv.DictReader(text):
            found.setdefault(row["basket_id"], []).append((row["barcode"], int(row["quantity"])))
    every = list(found.values())
    return (every * 2)[:BASKETS]


@dataclass
class Shop:
    """The chain around the till, and the till's process."""

    folder: Path
    stack: Stack
    ready: dict[str, Any]
    cable: Cable
    printer: NetworkPrinter
    cashier: subprocess.Popen[bytes] | None = None
    happened: list[str] = field(default_factory=list)

    @property
    def store(self) -> dict[str, Any]:
        """The ready object of the store."""
        store: dict[str, Any] = self.ready["stores"][0]
        return store

    @property
    def notebook(self) -> Notebook:
        """What the cashier has done."""
        return Notebook(self.folder / "progress.jsonl")

    def person(self, role: str) -> dict[str, str]:
        """The first of this role."""
        found: dict[str, str] = next(each for each in self.store["people"] if each["role"] == role)
        return found

    def power_on(self) -> None:
        """Start the till's program with its cashier."""
        arguments = [str(self.folder / "till"), self.store["hub"], str(self.folder / "script.json")]
        with (self.folder / "cashier.log").open("ab") as words:
            self.cashier = subprocess.Popen(
                [sys.executable, "-m", "tests.journeys.cashier", *arguments],
                stdout=words,
                stderr=words,
                env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONFAULTHANDLER": "1"},
            )

    def until(self, there: Callable[[], bool], what: str) -> None:
        """Look after the chain until something is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not there():
            self.stack.look_after()
            words = (self.folder / "cashier.log").read_text()[-2_000:]
            assert self.cashier is not None
            assert self.cashier.poll() in (None, 0, -signal.SIGKILL), f"waiting until {what}: {words}"
            assert time.monotonic() < deadline, f"{what} has not come: {words}"
            time.sleep(0.02)

    def reached(self, step: str, basket: int) -> None:
        """Wait until the cashier has come so far."""
        self.until(
            lambda: any(
                line["step"] == step and line.get("basket", -1) >= basket for line in self.notebook.lines()
            ),
            f"{step} {basket}",
        )

    def ask(self, path: str) -> Any:
        """The hub, as the manager."""
        hub, manager = f"{self.store['hub']}/api/v1", self.person("manager")
        who = {name: manager[name] for name in ("employee_id", "pin")} | {"terminal_id": "POS_01"}
        signed_in = httpx.post(f"{hub}/auth/login", json=who, timeout=30).json()
        headers = {"Authorization": f"Bearer {signed_in['token']}"}
        answer = httpx.get(f"{hub}{path}", headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def head_office(self, path: str, **parameters: str) -> Any:
        """Head office, as its administrator."""
        url = self.ready["hq"]["url"]
        token = httpx.post(f"{url}/v1/auth/token", json=self.ready["hq"]["admin"], timeout=30).json()["token"]
        answer = httpx.get(
            f"{url}/v1{path}", params=parameters, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with ExitStack() as ending:
        printer = ending.enter_context(NetworkPrinter(Mood(status=WELL)))
        cables: list[Cable] = []

        def through_cable(hq_port: int) -> int:
            cables.append(Cable(hq_port))
            ending.callback(cables[0].close)
            return cables[0].port

        first = run_of_ports(2)
        plan = new_plan(
            ChainOptions(), hq_port=first, hub_port=first + 1, store_ids=[STORE], tills=1, demo_catalogue=True
        )
        stack = Stack(
            Layout(tmp_path / "chain"),
            plan,
            catalogue=Path(str(DEMO / "catalogue.csv")),
            cable=through_cable,
            settings={
                "STOREHUB_PRINTER": f"network:127.0.0.1:{printer.port}+drawer",
                "STOREHUB_PING_SECONDS": "1",
                "STOREHUB_SIMULATED_CAPTURE_SECONDS": "0.1",
            },
        )
        ending.callback(stack.stop)
        made = Shop(tmp_path, stack, stack.start(), cables[0], printer)
        yield made
        if made.cashier is not None and made.cashier.poll() is None:
            made.cashier.kill()
            made.cashier.wait()


def write_script(shop: Shop) -> None:
    """What the cashier is to do."""
    deeds = dict.fromkeys(VOIDS, "void") | dict.fromkeys(REFUNDS, "refund")
    deeds |= dict.fromkeys(PARKED, "park") | dict.fromkeys(SPLITS, "split")
    script = {
        "code": shop.store["terminals"][0]["enrolment_code"],
        "employee": shop.person("cashier"),
        "manager": shop.person("manager"),
        "baskets": baskets(),
        "deeds": deeds,
        "by_phone": BY_PHONE,
        "float": FLOAT,
    }
    (shop.folder / "script.json").write_text(json.dumps(script), encoding="utf-8")


def live_through(shop: Shop) -> None:
    """The day: every fault in its turn, while the cashier goes on selling."""
    shop.reached("sold", CABLE_OUT)
    shop.cable.cut()
    shop.reached("sold", CABLE_IN)
    shop.cable.plug()
    shop.reached("sold", HUB_KILLED)
    os.kill(int(shop.stack.layout.pid(f"hub_{STORE}").read_text()), signal.SIGKILL)
    shop.reached("sold", PAPER_OUT)
    shop.printer.mood = Mood(status=NO_PAPER)
    shop.reached("sold", PAPER_BACK)
    shop.printer.mood = Mood(status=WELL)
    shop.reached("begun", POWER_CUT)
    assert shop.cashier is not None
    shop.cashier.kill()
    shop.cashier.wait()
    shop.power_on()
    shop.reached("closed", -1)


def closing_of(shop: Shop) -> ShiftClosed:
    """The till's own closing fact."""
    with closing(sqlite3.connect(shop.folder / "till" / "till.sqlite")) as journal:
        row = journal.execute("SELECT payload FROM outbox WHERE event_type = 'ShiftClosed'").fetchone()
    return ShiftClosed.from_body(opened_text(row[0]).payload)


@pytest.mark.timeout(600)
def test_the_z_agrees_with_hub_and_head_office_and_the_drawer_with_both(shop: Shop) -> None:
    write_script(shop)
    shop.power_on()
    live_through(shop)
    assert shop.cashier is not None
    shop.until(lambda: shop.cashier is not None and shop.cashier.poll() == 0, "the till is shut")

    lines = shop.notebook.lines()
    done = [line["step"] for line in lines]
    assert (done.count("sold"), done.count("voided"), done.count("refunded")) == (BASKETS, 5, 3)
    sold = sum(line["total"] for line in lines if line["step"] == "sold")
    closed = closing_of(shop)
    assert closed.over_short == 0
    assert closed.counted_amount == shop.notebook.cash() == closed.expected_amount
    assert (closed.sales_count, closed.sales_amount) == (BASKETS, sold)

    shop.until(lambda: shop.ask("/status")["outbox"]["length"] == 0, "everything is at head office")
    z = shop.ask(f"/shifts/{closed.shift_id}/z-report")
    assert (z["sales_count"], z["sales_amount"]) == (BASKETS, sold)
    assert (z["voids_count"], z["refunds_count"], z["over_short"]) == (5, 3, 0)
    assert z["expected_amount"] == closed.expected_amount
    row = shop.head_office(
        "/reports/sales", **{"from": "2000-01-01", "to": "2100-01-01", "group_by": "store"}
    )["rows"][0]
    assert (row["transaction_count"], row["total_amount"]) == (BASKETS, sold)
    assert row["refund_amount"] == z["void_amount"] + z["refund_amount"]
    complete = shop.head_office(f"/stores/{STORE}/completeness")
    assert complete["complete"] is True
    assert complete["set_aside"] == 0
