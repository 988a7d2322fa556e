"""What a till hears from its hub about head office, the printer and the program."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests import make
from tests.hubs import Hub, Till, running_hub
from tests.patience import eventually
from tests.printer_on_the_network import DRAWER_OPEN, NO_PAPER, WELL, Mood, NetworkPrinter


@pytest.fixture
def printer() -> Iterator[NetworkPrinter]:
    with NetworkPrinter(Mood(status=NO_PAPER)) as printer:
        yield printer


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path, printer: NetworkPrinter) -> Iterator[Hub]:
    setting = f"network:127.0.0.1:{printer.port}+drawer"
    with running_hub(hub_database_url, tmp_path, printer=setting) as running:
        yield running


@pytest.fixture
def till(hub: Hub) -> Till:
    return hub.till()


def told(till: Till) -> Any:
    answer = till.http.get("/api/v1/till-status")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.allow_log("receipts wait")
def test_receipts_wait_for_paper_and_one_call_prints_them(
    hub: Hub, till: Till, printer: NetworkPrinter
) -> None:
    till.send(1, [till.sell(make.line("coffee"))])
    eventually(lambda: told(till)["printer"]["state"] == "paper-out")
    waits = told(till)["printer"]
    assert (waits["waiting"], waits["drawer_open"], waits["name"]) == (
        1,
        False,
        f"network:127.0.0.1:{printer.port}",
    )

    printer.mood = Mood(status=WELL)
    answer = till.http.post("/api/v1/printer/try-now")

    assert (answer.status_code, answer.json()["printer"]["waiting"]) == (202, 1)
    eventually(lambda: told(till)["printer"]["waiting"] == 0)
    eventually(lambda: told(till)["printer"]["state"] == "well")
    assert hub.http.post("/api/v1/printer/try-now").status_code == 401


def test_an_open_drawer_is_seen_and_the_tills_are_poked(
    hub: Hub, till: Till, printer: NetworkPrinter
) -> None:
    eventually(lambda: told(till)["printer"]["state"] == "paper-out")
    heard: list[str] = []

    def listen() -> None:
        with till.http.stream("GET", "/api/v1/stream") as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    heard.append(line)
                    return

    listening = threading.Thread(target=listen)
    listening.start()
    eventually(lambda: hub.program.pokes.listeners == 1)
    printer.mood = Mood(status=DRAWER_OPEN)
    till.http.post("/api/v1/printer/try-now")
    eventually(lambda: told(till)["printer"]["drawer_open"] is True)
    listening.join()
    assert heard == ["data: status"]


@pytest.mark.allow_log("receipts wait")
def test_the_program_and_head_office_are_told(hub: Hub, till: Till) -> None:
    till.send(1, [till.sell(make.line("coffee"))])
    body = told(till)
    assert body["version"] == version("everopen")
    assert (body["hq"]["state"], body["hq"]["waiting"]) == ("none", 1)
    assert body["hq"]["oldest_at"] == make.AT.isoformat()


def test_a_store_without_a_printer_tells_of_none(hub_database_url: str, tmp_path: Path) -> None:
    with running_hub(hub_database_url, tmp_path) as hub:
        till = hub.till()
        assert told(till)["printer"] is None
        assert till.http.post("/api/v1/printer/try-now").json() == {"printer": None}
