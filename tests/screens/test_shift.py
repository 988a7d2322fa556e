"""A cashier's shift through the window: float, cash in and out, X, count and Z, and the lock."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from courier.envelope import opened_text
from retail.access_facts import AccessDecided
from retail.facts import Fact, read_fact
from retail.shift_facts import CashMoved, ShiftClosed, ShiftOpened
from terminal.checkout.screen import CheckoutScreen
from terminal.drawer.cash_moves import CashMoveScreen
from terminal.drawer.closing import ClosingScreen
from terminal.drawer.opening import OpeningScreen
from terminal.drawer.report_page import ReportScreen
from terminal.oversight.menu import MenuScreen
from terminal.oversight.screen import ApprovalScreen
from terminal.payment.screen import PaymentScreen
from terminal.shift.lock_screen import LockScreen
from terminal.shift.screen import SignInScreen
from terminal.widgets.screen import Screen
from terminal.wording import Language
from tests.screens import shift_scenes
from tests.screens.scenes import checkout_3_lines
from tests.screens.shift_scenes import approve, count, opened, opening, sold
from tests.screens.stage import EMPLOYEE, PIN, Stage, codes
from tests.tills import feed, setting


def on_show(stage: Stage) -> Screen | None:
    return stage.window.page


def facts(stage: Stage, kind: type[Fact]) -> list[Fact]:
    envelopes = map(opened_text, stage.till.envelopes())
    read = (read_fact(each.event_type, each.version, each.payload) for each in envelopes)
    return [fact for fact in read if isinstance(fact, kind)]


def total_of(stage: Stage) -> str:
    """The sum on the page of a count."""
    page = stage.window.page
    assert isinstance(page, OpeningScreen | ClosingScreen)
    assert page.page is not None
    return page.page.total.text()


def test_nobody_comes_to_the_basket_without_a_shift(stage: Stage) -> None:
    opening(stage, Language.VI)
    assert isinstance(on_show(stage), OpeningScreen)
    stage.scan(codes(1)[0])
    assert isinstance(on_show(stage), OpeningScreen)
    stage.press(Qt.Key.Key_Escape)
    assert isinstance(on_show(stage), SignInScreen)
    assert facts(stage, ShiftOpened) == []


def test_a_shift_is_opened_by_keyboard_alone(stage: Stage) -> None:
    opening(stage, Language.VI)
    stage.press(Qt.Key.Key_Down, Qt.Key.Key_Down)
    stage.type("3")
    stage.press(Qt.Key.Key_Return)
    stage.type("12")
    stage.press(Qt.Key.Key_Backspace, Qt.Key.Key_Plus)
    assert total_of(stage) == "400.000 ₫"
    stage.press(Qt.Key.Key_F12)
    assert isinstance(on_show(stage), CheckoutScreen)
    (shift,) = facts(stage, ShiftOpened)
    assert isinstance(shift, ShiftOpened)
    assert (shift.cashier_id, shift.counted) == (EMPLOYEE, ((100_000, 3), (50_000, 2)))


def test_a_count_is_not_lost_to_another_language_or_theme(stage: Stage) -> None:
    opening(stage, Language.VI)
    stage.tap("count-50000", "pad-7", "language", "theme")
    assert total_of(stage) == "350,000 ₫"
    stage.press(Qt.Key.Key_F12)
    (shift,) = facts(stage, ShiftOpened)
    assert isinstance(shift, ShiftOpened)
    assert shift.counted == ((50_000, 7),)


def test_money_on_its_way_out_of_the_drawer_stays_that_in_another_language(stage: Stage) -> None:
    opened(stage, Language.VI)
    stage.tap("menu", "menu-cash", "move-PAY_OUT", "pad-5", "pad-000")
    page = stage.window.page
    assert isinstance(page, CashMoveScreen)
    page.reasons.field.setText("bread")
    stage.tap("language", "move-go")
    approve(stage)
    (moved,) = facts(stage, CashMoved)
    assert isinstance(moved, CashMoved)
    assert (moved.kind.value, moved.amount, moved.reason) == ("PAY_OUT", 5_000, "bread")


def test_a_finger_counts_with_plus_minus_and_the_pad(stage: Stage) -> None:
    opening(stage, Language.VI)
    stage.tap("more-500000", "more-500000", "fewer-500000", "fewer-200000", "count-1000")
    stage.tap_digits("25")
    assert total_of(stage) == "525.000 ₫"
    stage.tap("count-1000", "pad-9")
    assert total_of(stage) == "509.000 ₫"


def test_the_shift_is_still_open_after_a_power_cut(stage: Stage) -> None:
    opened(stage, Language.VI)
    stage.restart()
    stage.sign_in()
    assert isinstance(on_show(stage), CheckoutScreen)


def test_a_colleague_waits_at_the_drawer_until_a_manager_lets_the_shift_be_closed(stage: Stage) -> None:
    shift_scenes.taken_approval(stage, Language.VI)
    assert isinstance(on_show(stage), ApprovalScreen)
    stage.press(Qt.Key.Key_Escape)
    assert isinstance(on_show(stage), OpeningScreen)
    stage.press(Qt.Key.Key_F12)
    stage.tap("reason-went-home")
    approve(stage)
    assert isinstance(on_show(stage), ClosingScreen)
    count(stage, shift_scenes.FLOAT)
    stage.tap("close-shift", "report-done")
    (closed,) = facts(stage, ShiftClosed)
    assert isinstance(closed, ShiftClosed)
    assert (closed.cashier_id, closed.closed_by, closed.over_short) == (EMPLOYEE, "MANAGER_001", 0)
    page = stage.window.page
    assert isinstance(page, OpeningScreen)
    assert page.page is not None
    stage.tap("more-100000", "open-shift")
    assert isinstance(on_show(stage), CheckoutScreen)
    assert len(facts(stage, ShiftOpened)) == 2


def test_a_manager_relieves_without_counting(stage: Stage) -> None:
    opened(stage, Language.VI)
    stage.tap("sign-out")
    stage.sign_in("MANAGER_001")
    assert isinstance(on_show(stage), CheckoutScreen)


def test_a_safe_drop_is_recorded_once_and_enter_leaves(stage: Stage) -> None:
    opened(stage, Language.VI)
    stage.tap("menu")
    assert isinstance(on_show(stage), MenuScreen)
    stage.tap("menu-cash", "reason-drawer-full")
    stage.type("200000")
    stage.press(Qt.Key.Key_F12, Qt.Key.Key_F12)
    page = stage.window.page
    assert isinstance(page, CashMoveScreen)
    assert "200.000" in page.notice.words()[0]
    stage.press(Qt.Key.Key_Return)
    assert isinstance(on_show(stage), MenuScreen)
    (moved,) = facts(stage, CashMoved)
    assert isinstance(moved, CashMoved)
    assert (moved.amount, moved.kind, moved.reason) == (200_000, "SAFE_DROP", "Ngăn tiền đầy")


def test_paying_out_asks_for_a_reason_and_then_for_a_manager(stage: Stage) -> None:
    opened(stage, Language.VI)
    stage.tap("menu", "menu-cash", "move-PAY_OUT")
    stage.tap_digits("35")
    stage.tap("pad-000", "move-go")
    page = stage.window.page
    assert isinstance(page, CashMoveScreen)
    assert page.notice.mood == "bad"
    assert page.reasons.field.hasFocus()
    stage.tap("reason-supplies", "move-go")
    assert isinstance(on_show(stage), ApprovalScreen)
    approve(stage)
    assert isinstance(on_show(stage), CashMoveScreen)
    (moved,) = facts(stage, CashMoved)
    assert isinstance(moved, CashMoved)
    assert moved.approval is not None
    assert (moved.approval.approved_by, moved.approval.amount) == ("MANAGER_001", 35_000)


def test_a_cashier_s_x_is_blind_and_a_manager_s_is_not(stage: Stage) -> None:
    shift_scenes.x_blind(stage, Language.VI)
    page = stage.window.page
    assert isinstance(page, ReportScreen)
    assert not any("755.000" in text for text in page.view.paper.texts())
    stage.press(Qt.Key.Key_Return, Qt.Key.Key_Escape)
    stage.tap("sign-out")
    stage.sign_in("MANAGER_001")
    stage.tap("menu", "menu-report")
    page = stage.window.page
    assert isinstance(page, ReportScreen)
    assert any("+755.000" in text for text in page.view.paper.texts())


def test_the_count_is_blind_and_a_difference_takes_a_second_count_a_reason_and_a_yes(stage: Stage) -> None:
    shift_scenes.closing_differs(stage, Language.VI)
    page = stage.window.page
    assert isinstance(page, ClosingScreen)
    expected = "581.000"
    assert not any(expected in text for text in (*page.notice.words(), page.page.total.text()))
    assert page.notice.mood == "bad"
    stage.tap("close-shift")
    assert facts(stage, ShiftClosed) == []
    stage.tap("reason-torn-note", "close-shift")
    assert isinstance(on_show(stage), ApprovalScreen)
    approve(stage)
    assert stage.window.page is page
    assert any(expected in text for text in page.view.paper.texts())
    (closed,) = facts(stage, ShiftClosed)
    assert isinstance(closed, ShiftClosed)
    assert (closed.over_short, closed.reason) == (174_000, "Tiền rách, tiền giả")
    stage.press(Qt.Key.Key_Return)
    assert isinstance(on_show(stage), OpeningScreen)


def test_late_money_is_told_before_the_shift_is_closed_over_it(stage: Stage) -> None:
    shift_scenes.closing_late_money(stage, Language.VI)
    page = stage.window.page
    assert isinstance(page, ClosingScreen)
    assert "2" in page.notice.words()[0]
    stage.tap("close-shift")
    assert page.notice.mood == "bad"
    assert facts(stage, ShiftClosed) == []
    stage.tap("reason-told-manager", "close-shift")
    assert page.notice.words()[0] == "Tiền đếm được không khớp"


def test_the_z_shows_its_completeness_and_is_shown_again_later(stage: Stage) -> None:
    shift_scenes.z_even(stage, Language.VI)
    page = stage.window.page
    assert isinstance(page, ClosingScreen)
    assert page.view.figure.text() == "0 ₫"
    proof = stage.till.till.drawer.last_closed()
    assert proof is not None
    assert any(f"{proof.line.sequence} · {proof.line.head}" in text for text in page.view.paper.texts())
    stage.press(Qt.Key.Key_F9)
    assert stage.hub.printed == [(proof.closed.shift_id, "Z", False)]


def test_paper_that_the_hub_cannot_give_is_told_and_the_report_stays(stage: Stage) -> None:
    shift_scenes.x_hub_away(stage, Language.VI)
    page = stage.window.page
    assert isinstance(page, ReportScreen)
    assert "Chưa in được" in page.view.told.text()
    stage.hub.away = False
    stage.tap("report-print")
    assert [(kind, blind) for _, kind, blind in stage.hub.printed] == [("X", False)]


def test_a_language_in_the_middle_of_a_count_keeps_the_desk(stage: Stage) -> None:
    sold(stage, Language.VI)
    stage.tap("menu", "menu-shift", "language")
    page = stage.window.page
    assert isinstance(page, ClosingScreen)
    assert "count everything" in page.notice.words()[0]


def test_without_the_setting_a_shift_is_opened_from_the_menu(stage: Stage) -> None:
    stage.sign_in()
    stage.tap("menu", "menu-shift")
    assert isinstance(on_show(stage), OpeningScreen)
    stage.press(Qt.Key.Key_Escape)
    assert isinstance(on_show(stage), MenuScreen)
    stage.tap("menu-shift", "more-50000", "open-shift")
    assert isinstance(on_show(stage), MenuScreen)
    assert len(facts(stage, ShiftOpened)) == 1


def test_a_lock_hides_the_basket_and_keeps_it(stage: Stage) -> None:
    shift_scenes.locked(stage, Language.VI)
    page = stage.window.page
    assert isinstance(page, LockScreen)
    stage.press(Qt.Key.Key_Escape)
    stage.scan(codes(1)[0])
    assert stage.window.page is page
    page.employee.setText(EMPLOYEE)
    page.pin.setText("0000")
    stage.tap("unlock")
    assert page.notice.mood == "bad"
    stage.type(PIN)
    stage.press(Qt.Key.Key_Return)
    assert isinstance(on_show(stage), CheckoutScreen)
    desk = stage.window.checkout_desk
    assert desk is not None
    assert len(desk.state.basket.lines) == 3


def test_somebody_else_takes_a_locked_till_over_and_finds_the_basket(stage: Stage) -> None:
    shift_scenes.locked(stage, Language.VI)
    stage.tap("lock-sign-out")
    assert isinstance(on_show(stage), SignInScreen)
    stage.sign_in("MANAGER_001")
    desk = stage.window.checkout_desk
    assert desk is not None
    assert len(desk.state.basket.lines) == 3


def test_a_till_that_nobody_touches_locks_itself_but_not_while_somebody_pays(stage: Stage) -> None:
    feed(stage.till.catalogue, setting("lock_after_minutes", 5), version=8)
    checkout_3_lines(stage, Language.VI)
    idle = stage.window.attendance.idle
    idle.touch()
    stage.clock.forward(299)
    idle.look()
    assert isinstance(on_show(stage), CheckoutScreen)
    stage.tap("pay")
    stage.clock.forward(1)
    idle.look()
    stage.settle()
    assert isinstance(on_show(stage), PaymentScreen)
    stage.press(Qt.Key.Key_Escape)
    idle.touch()
    stage.clock.forward(300)
    idle.look()
    stage.settle()
    assert isinstance(on_show(stage), LockScreen)
    noted = [fact for fact in facts(stage, AccessDecided) if isinstance(fact, AccessDecided)]
    assert [fact.deed for fact in noted][-1] == "lock"


def test_a_closed_window_asks_nobody_whether_it_is_idle(stage: Stage) -> None:
    idle = stage.window.attendance.idle
    stage.window.close()
    stage.till.catalogue.close()
    idle.look()
    stage.till.reopen()


@pytest.mark.parametrize("away", [True, False])
def test_closing_needs_no_hub(stage: Stage, away: bool) -> None:
    stage.hub.away = away
    shift_scenes.z_short(stage, Language.VI)
    assert len(facts(stage, ShiftClosed)) == 1
