"""The till asks its hub about the world beyond it, and remembers the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from terminal.bootstrap import RunningTill, build_till
from terminal.sync_state import SyncState
from terminal.till_status import PrinterStatus
from tests.contract.courier_side import START
from tests.hub_of_the_till import CODE, HubOfTheTill
from tests.patience import eventually


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubOfTheTill]:
    hub = HubOfTheTill(tmp_path / "hub.sqlite")
    yield hub
    hub.close()


@pytest.fixture
def open_till(hub: HubOfTheTill, tmp_path: Path) -> Iterator[Callable[..., RunningTill]]:
    with ExitStack() as running:
        yield lambda: running.enter_context(
            build_till(tmp_path / "till", f"http://127.0.0.1:{hub.port}", CODE)
        )


def printer_of(state: SyncState) -> PrinterStatus:
    assert state.status is not None
    assert state.status.printer is not None
    return state.status.printer


def test_head_office_and_printer_are_known_as_soon_as_the_hub_is(open_till) -> None:
    till = open_till()
    eventually(lambda: till.lifeline.state.status is not None)
    status = till.lifeline.state.status
    assert (status.hq.state, status.hq.last_heard_at) == ("online", START)
    assert (status.printer.state, status.printer.drawer_open) == ("well", False)
    assert till.lifeline.state.block_hours == 24


def test_a_poke_brings_what_changed_and_one_call_prints_what_waits(hub, open_till) -> None:
    till = open_till()
    heard: list[SyncState] = []
    till.lifeline.listen(heard.append)
    eventually(lambda: till.lifeline.state.status is not None and hub.pokes.listeners == 1)
    hub.printer |= {"state": "paper-out", "waiting": 2}
    hub.head_office |= {"state": "offline", "waiting": 31}
    hub.pokes.poke("status")
    eventually(lambda: any(state.status and state.status.hq.away for state in heard))
    assert printer_of(heard[-1]).waiting == 2

    till.lifeline.print_now()
    eventually(lambda: printer_of(heard[-1]).state == "well")


def test_what_was_heard_of_head_office_is_known_after_a_restart_without_the_hub(
    hub, open_till, tmp_path: Path
) -> None:
    till = open_till()
    eventually(lambda: till.lifeline.state.status is not None)
    till.close()
    hub.close()
    with build_till(tmp_path / "till", f"http://127.0.0.1:{hub.port}") as again:
        status = again.lifeline.state.status
        assert status is not None
        assert status.hq.last_heard_at == START
        assert status.heard_at > START + timedelta(0)


def test_an_update_is_told_when_the_hub_is_newer_or_one_lies_ready(hub, open_till, tmp_path: Path) -> None:
    hub.version = "7.0.0"
    till = open_till()
    eventually(lambda: till.lifeline.state.update == "7.0.0")
    (tmp_path / "till" / "update-ready").write_text("7.1.0\n", encoding="utf-8")
    hub.pokes.poke("status")
    eventually(lambda: till.lifeline.state.update == "7.1.0")


def test_a_damaged_memory_is_no_memory(hub, open_till, tmp_path: Path) -> None:
    open_till().close()
    (tmp_path / "till" / "till-status.json").write_bytes(b"\x00{")
    till = open_till()
    eventually(lambda: till.lifeline.state.status is not None)
