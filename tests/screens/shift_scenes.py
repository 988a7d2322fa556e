"""Pages of the shift and the lock in every state worth a picture."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from terminal.payment.receipt_page import ReceiptScreen
from terminal.till.cashier import Cashier
from terminal.till.orphan_money import OrphanMoney
from terminal.wording import Language
from tests.screens.scenes import Scene, checkout_3_lines
from tests.screens.stage import PIN, Stage, codes
from tests.tills import feed, person, setting

FLOAT = {"100000": "3", "50000": "4", "20000": "12", "500": "30"}


def opening(stage: Stage, language: Language) -> None:
    """Nobody sells without a shift here."""
    feed(stage.till.catalogue, setting("shift_required", True), version=8)
    stage.sign_in(language=language)


def opening_typed(stage: Stage, language: Language) -> None:
    opening(stage, language)
    count(stage, FLOAT)


def opened(stage: Stage, language: Language) -> None:
    opening_typed(stage, language)
    stage.tap("open-shift")


def taken(stage: Stage, language: Language) -> None:
    """The drawer is in somebody else's shift."""
    opened(stage, language)
    stage.tap("sign-out")
    feed(stage.till.catalogue, person("CASHIER_002", PIN, name="Phạm Quốc Huy"), version=9)
    if stage.window.language is not language:
        stage.tap("language")
    stage.sign_in("CASHIER_002", language)


def taken_approval(stage: Stage, language: Language) -> None:
    taken(stage, language)
    stage.tap("close-for-other")


def menu(stage: Stage, language: Language) -> None:
    opened(stage, language)
    stage.tap("menu")


def cash_move(stage: Stage, language: Language) -> None:
    menu(stage, language)
    stage.tap("menu-cash", "move-PAY_OUT", "reason-supplies")
    stage.tap_digits("35")
    stage.tap("pad-000")


def cash_move_no_reason(stage: Stage, language: Language) -> None:
    menu(stage, language)
    stage.tap("menu-cash")
    stage.tap_digits("500")
    stage.tap("pad-000", "move-go")


def cash_move_done(stage: Stage, language: Language) -> None:
    menu(stage, language)
    stage.tap("menu-cash", "reason-drawer-full")
    stage.tap_digits("500")
    stage.tap("pad-000", "move-go")


def no_sale(stage: Stage, language: Language) -> None:
    stage.sign_in("MANAGER_001", language)
    stage.tap("menu", "menu-cash", "move-NO_SALE", "reason-change-notes", "move-go")


def x_blind(stage: Stage, language: Language) -> None:
    sold(stage, language)
    stage.tap("menu", "menu-report")


def x_open(stage: Stage, language: Language) -> None:
    """What somebody sees who may see reports."""
    sold(stage, language)
    stage.tap("sign-out")
    if stage.window.language is not language:
        stage.tap("language")
    stage.sign_in("MANAGER_001", language)
    stage.tap("menu", "menu-report")


def x_hub_away(stage: Stage, language: Language) -> None:
    x_open(stage, language)
    stage.hub.away = True
    stage.tap("report-print")


def closing(stage: Stage, language: Language) -> None:
    sold(stage, language)
    stage.tap("menu", "menu-shift")


def closing_typed(stage: Stage, language: Language) -> None:
    closing(stage, language)
    count(stage, FLOAT)


def closing_differs(stage: Stage, language: Language) -> None:
    closing_typed(stage, language)
    stage.tap("close-shift")


def closing_approval(stage: Stage, language: Language) -> None:
    closing_differs(stage, language)
    stage.tap("reason-torn-note", "close-shift")


def closing_late_money(stage: Stage, language: Language) -> None:
    """The hub lists money that belongs to no sale."""
    stage.hub.orphans = [
        OrphanMoney(UUID(int=1), UUID(int=2), "POS_01", "QR_MOMO", 45_000, stage.clock()),
        OrphanMoney(UUID(int=3), UUID(int=4), "POS_02", "QR_VIETQR", 128_000, stage.clock()),
    ]
    closing_typed(stage, language)


def z_over(stage: Stage, language: Language) -> None:
    closing_approval(stage, language)
    approve(stage)


def z_short(stage: Stage, language: Language) -> None:
    closing(stage, language)
    count(stage, {"100000": "5", "20000": "3"})
    stage.tap("close-shift", "reason-change-given", "close-shift")
    approve(stage)


def z_even(stage: Stage, language: Language) -> None:
    closing(stage, language)
    desk = stage.till.desks.shift(_cashier(stage))
    desk.look()
    report = desk.state.report
    assert report is not None
    rest, counted = report.figures.expected_amount, {}
    for note in desk.notes:
        counted[str(note)], rest = str(rest // note), rest % note
    count(stage, counted)
    stage.tap("close-shift")


def z_through_the_night(stage: Stage, language: Language) -> None:
    """Two business days in one shift."""
    sold(stage, language)
    stage.clock.forward(20 * 3_600)
    _sell(stage)
    stage.tap("menu", "menu-shift")
    count(stage, FLOAT)
    stage.tap("close-shift", "reason-not-found", "close-shift")
    approve(stage)


def locked(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.tap("lock")


def locked_wrong(stage: Stage, language: Language) -> None:
    locked(stage, language)
    _type(stage, "unlock-pin", "0000")
    stage.tap("unlock")


def locked_waiting(stage: Stage, language: Language) -> None:
    locked_wrong(stage, language)
    for _ in range(2):
        _type(stage, "unlock-pin", "0000")
        stage.tap("unlock")


def sold(stage: Stage, language: Language) -> None:
    """A shift with a sale, a safe drop, and nothing on the counter."""
    opened(stage, language)
    _sell(stage)
    stage.tap("menu", "menu-cash", "reason-drawer-full")
    stage.tap_digits("200")
    stage.tap("pad-000", "move-go", "move-leave", "menu-back")


def count(stage: Stage, counted: dict[str, str]) -> None:
    """Type a count with the pad."""
    for note, number in counted.items():
        stage.tap(f"count-{note}")
        stage.tap_digits(number)


def approve(stage: Stage, employee_id: str = "MANAGER_001") -> None:
    """A manager says yes on the approval page."""
    _type(stage, "approver", employee_id)
    _type(stage, "approver-pin", PIN)
    stage.tap("approve")


def _sell(stage: Stage) -> None:
    stage.scan(*codes(3))
    stage.tap("pay", "quick-1")
    page = stage.window.page
    assert isinstance(page, ReceiptScreen)
    while not page.ready:
        QTest.qWait(5)
    stage.tap("next-customer")


def _type(stage: Stage, name: str, text: str) -> None:
    field = stage.find(name)
    assert isinstance(field, QLineEdit)
    field.setText(text)


def _cashier(stage: Stage) -> Cashier:
    desk = stage.window.checkout_desk
    assert desk is not None
    return desk.cashier


SCENES: dict[str, Scene] = {
    f"shift-{scene.__name__.replace('_', '-')}": scene
    for scene in (
        opening,
        opening_typed,
        taken,
        taken_approval,
        menu,
        cash_move,
        cash_move_no_reason,
        cash_move_done,
        no_sale,
        x_blind,
        x_open,
        x_hub_away,
        closing,
        closing_typed,
        closing_differs,
        closing_late_money,
        closing_approval,
        z_over,
        z_short,
        z_even,
        z_through_the_night,
        locked,
        locked_wrong,
        locked_waiting,
    )
}
