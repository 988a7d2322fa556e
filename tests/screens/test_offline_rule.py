"""After 24 hours without head office a manager says yes once a shift, and selling goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from courier.link import LinkState
from terminal.oversight.screen import ApprovalScreen
from terminal.payment.receipt_page import ReceiptScreen
from terminal.payment.screen import PaymentScreen
from terminal.wording import Language
from tests.screens.scenes import checkout_3_lines
from tests.screens.shift_scenes import opened
from tests.screens.stage import PIN, Stage, codes
from tests.screens.world_scenes import away, told

DAY = timedelta(hours=24)


@pytest.fixture
def at_the_basket(stage: Stage) -> Stage:
    opened(stage, Language.VI)
    stage.scan(*codes(2))
    return stage


def approve(stage: Stage) -> None:
    page = stage.window.page
    assert isinstance(page, ApprovalScreen)
    page.employee.setText("MANAGER_001")
    page.pin.setText(PIN)
    page.reason.setText("Mất mạng cả ngày")
    page.go.click()
    stage.settle()


def test_up_to_24_hours_nobody_is_asked(at_the_basket: Stage) -> None:
    away(at_the_basket, told(at_the_basket, "offline", DAY - timedelta(minutes=1)))
    at_the_basket.tap("pay")
    assert isinstance(at_the_basket.window.page, PaymentScreen)


def test_after_24_hours_a_manager_is_asked_once_and_the_payment_goes_on(at_the_basket: Stage) -> None:
    stage = at_the_basket
    away(stage, told(stage, "offline", DAY))
    stage.tap("pay")
    approve(stage)
    assert isinstance(stage.window.page, PaymentScreen)
    stage.tap("back", "pay")
    assert isinstance(stage.window.page, PaymentScreen)


def test_whoever_says_no_is_back_at_the_basket_with_everything_in_it(at_the_basket: Stage) -> None:
    stage = at_the_basket
    away(stage, told(stage, "offline", DAY))
    stage.tap("pay", "approval-cancel")
    desk = stage.window.checkout_desk
    assert desk is not None
    assert len(desk.state.basket.lines) == 2
    stage.tap("pay")
    assert isinstance(stage.window.page, ApprovalScreen)


def test_the_yes_of_a_shift_outlives_a_restart(at_the_basket: Stage) -> None:
    stage = at_the_basket
    away(stage, told(stage, "offline", DAY))
    stage.tap("pay")
    approve(stage)
    stage.tap("back")
    stage.restart()
    stage.sign_in()
    away(stage, told(stage, "offline", DAY))
    stage.tap("pay")
    assert isinstance(stage.window.page, PaymentScreen)


def test_a_manager_at_the_till_needs_nobody(stage: Stage) -> None:
    stage.sign_in("MANAGER_001", Language.VI)
    stage.scan(codes(1)[0])
    away(stage, told(stage, "offline", DAY))
    stage.tap("pay", "quick-1")
    assert isinstance(stage.window.page, ReceiptScreen)


def test_a_chain_that_wants_no_such_rule_has_none(stage: Stage) -> None:
    checkout_3_lines(stage, Language.VI)
    stage.link(LinkState.ONLINE, status=told(stage, "offline", DAY * 9), block_hours=0)
    stage.tap("pay")
    assert isinstance(stage.window.page, PaymentScreen)
