"""The hands of the demo find their way from the first start of a till to a sale."""

from __future__ import annotations

from pathlib import Path

from courier.envelope import opened_text
from installer.demo_clerk import Clerk
from terminal.background import Threads
from terminal.checkout.screen import CheckoutScreen
from tests.screens.stage import EMPLOYEE, PIN
from tests.tills import feed, setting


def test_the_clerk_opens_a_shift_where_there_is_none_and_sells(set_up, tmp_path: Path) -> None:
    stage = set_up(background=Threads())
    feed(stage.till.catalogue, setting("shift_required", True), version=8)
    clerk = Clerk(stage.window, stage.till.till, tmp_path, lambda: None)
    clerk.sign_in(EMPLOYEE, PIN)
    assert isinstance(stage.window.page, CheckoutScreen)
    kinds = [opened_text(text).event_type for text in stage.till.envelopes()]
    assert kinds == ["AccessDecided", "ShiftOpened"]
    shift = stage.till.till.drawer.open_shift()
    assert shift is not None
    assert shift.float_amount == 1_000_000
