"""A manager says yes on the spot: for one act, with a reason, and nobody is signed in by it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from retail.approval import Approval
from retail.staff import Permission, Role
from terminal.approval import ApprovalAsk
from terminal.checkout.screen import CheckoutScreen
from terminal.oversight.screen import ApprovalScreen
from terminal.widgets.look import Theme
from terminal.wording import Language
from tests.screens.eyes import cut_texts, overlaps, small_targets
from tests.screens.stage import EMPLOYEE, PIN, SIZES, Stage, codes

ASK = ApprovalAsk(Permission.PRICE_OVERRIDE, 25_000, "Coca-Cola lon 320 ml")


@pytest.fixture
def given() -> list[Approval | None]:
    return []


@pytest.fixture
def asked(stage: Stage, given: list[Approval | None]) -> ApprovalScreen:
    stage.sign_in()
    stage.scan(codes(1)[0])
    return ask(stage, given)


def ask(stage: Stage, given: list[Approval | None], wanted: ApprovalAsk = ASK) -> ApprovalScreen:
    page = stage.window.page
    assert isinstance(page, CheckoutScreen)
    page.ask_approval(Role.CASHIER, wanted, given.append)
    stage.settle()
    assert isinstance(stage.window.page, ApprovalScreen)
    return stage.window.page


def test_a_manager_says_yes_by_keyboard_alone(stage: Stage, asked: ApprovalScreen, given) -> None:
    stage.tap("reason-damaged")
    stage.type("MANAGER_001")
    stage.press(Qt.Key.Key_Return)
    stage.type(PIN)
    stage.press(Qt.Key.Key_Return)
    (approval,) = given
    assert approval is not None
    assert (approval.approved_by, approval.act, approval.amount) == (
        "MANAGER_001",
        Permission.PRICE_OVERRIDE,
        25_000,
    )
    assert approval.reason == "Hàng lỗi"
    assert isinstance(stage.window.page, CheckoutScreen)
    desk = stage.window.checkout_desk
    assert desk is not None
    assert desk.cashier.employee_id == EMPLOYEE


def test_a_cashier_cannot_approve(stage: Stage, asked: ApprovalScreen, given) -> None:
    stage.tap("reason-mistake")
    stage.type(EMPLOYEE)
    stage.press(Qt.Key.Key_Return)
    stage.type(PIN)
    stage.press(Qt.Key.Key_Return)
    assert given == []
    assert asked.notice.mood == "bad"
    assert isinstance(stage.window.page, ApprovalScreen)


def test_without_a_reason_there_is_no_yes(stage: Stage, asked: ApprovalScreen, given) -> None:
    asked.employee.setText("MANAGER_001")
    asked.pin.setText(PIN)
    stage.tap("approve")
    assert given == []
    assert asked.reason.hasFocus()


def test_who_gives_up_is_back_at_the_basket_and_nothing_has_happened(
    stage: Stage, asked: ApprovalScreen, given
) -> None:
    stage.press(Qt.Key.Key_Escape)
    assert given == []
    assert isinstance(stage.window.page, CheckoutScreen)


def test_three_wrong_pins_are_three_whatever_they_were_typed_for(
    stage: Stage, asked: ApprovalScreen, given
) -> None:
    for _ in range(3):
        asked.reason.setText("vỡ")
        asked.employee.setText("MANAGER_001")
        asked.pin.setText("000000")
        stage.tap("approve")
    assert "30" in asked.notice.words()[1]
    asked.pin.setText(PIN)
    stage.tap("approve")
    assert given == []
    stage.clock.forward(31)
    asked.pin.setText(PIN)
    stage.tap("approve")
    assert len(given) == 1


def test_who_may_do_it_alone_is_not_asked(stage: Stage, given) -> None:
    stage.sign_in("MANAGER_001")
    page = stage.window.page
    assert page is not None
    page.ask_approval(Role.MANAGER, ASK, given.append)
    assert given == [None]


def test_another_language_in_the_middle_keeps_what_is_asked(
    stage: Stage, asked: ApprovalScreen, given
) -> None:
    asked.reason.setText("broken")
    asked.employee.setText("MANAGER_001")
    asked.pin.setText(PIN)
    stage.tap("language")
    page = stage.window.page
    assert isinstance(page, ApprovalScreen)
    assert "manager" in page.notice.words()[0]
    assert (page.reason.text(), page.employee.text(), page.pin.text()) == ("broken", "MANAGER_001", "")
    page.pin.setText(PIN)
    stage.tap("approve")
    assert len(given) == 1


@pytest.mark.parametrize("reason", ["", "Khách đổi ý sau khi thanh toán và muốn trả lại"])
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_or_covered(set_up, size, language, reason: str) -> None:
    stage = set_up(size, language, Theme.NIGHT)
    stage.sign_in()
    stage.tap("language") if stage.window.language is not language else None
    stage.scan(codes(1)[0])
    ask(stage, [], ApprovalAsk(Permission.ACCEPT_DIFFERENCE, 1_250_000, "Võ Thanh Hằng, POS_01", reason))
    window = stage.window
    assert (cut_texts(window), overlaps(window), small_targets(window, scale=1)) == ([], [], [])
