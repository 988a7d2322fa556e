"""Every page in every state worth a picture; tests look at them, the gallery draws them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt

from courier.link import LinkState
from terminal.checkout.screen import CheckoutScreen
from terminal.payment.screen import PaymentScreen
from terminal.shift.screen import SignInScreen
from terminal.wording import Language
from tests.screens.stage import BEER, LONG_CODE, LOOSE, Stage, codes

Scene = Callable[[Stage, Language], None]


def sign_in(stage: Stage, language: Language) -> None:
    """Nobody is signed in."""


def sign_in_letters(stage: Stage, language: Language) -> None:
    stage.tap("letters")


def sign_in_wrong(stage: Stage, language: Language) -> None:
    page = stage.window.page
    assert isinstance(page, SignInScreen)
    page.employee.setText("CASHIER_001")
    page.pin.setText("0000")
    stage.tap("sign-in")


def sign_in_waiting(stage: Stage, language: Language) -> None:
    for _ in range(3):
        sign_in_wrong(stage, language)


def sign_in_recent(stage: Stage, language: Language) -> None:
    for employee in ("MANAGER_001", "CASHIER_001"):
        stage.sign_in(employee, language)
        stage.tap("sign-out")
        if stage.window.language is not language:
            stage.tap("language")


def checkout_empty(stage: Stage, language: Language) -> None:
    stage.sign_in(language=language)


def checkout_3_lines(stage: Stage, language: Language) -> None:
    checkout_empty(stage, language)
    first, second, third = codes(3)
    stage.scan(first, second, third)
    stage.press(Qt.Key.Key_Plus)


def checkout_30_lines(stage: Stage, language: Language) -> None:
    checkout_empty(stage, language)
    stage.scan(*codes(30))


def checkout_all_kinds(stage: Stage, language: Language) -> None:
    """Weighed goods, an age limit, a discount by hand, a long name, a large amount."""
    stage.sign_in("MANAGER_001", language)
    stage.scan(codes(1)[0], BEER, LONG_CODE, LOOSE)
    for digit in "1250":
        stage.tap(f"pad-{digit}")
    stage.tap("entry-ok")
    page = stage.window.page
    assert isinstance(page, CheckoutScreen)
    desk = stage.window.checkout_desk
    assert desk is not None
    lines = desk.state.basket.lines
    desk.override(lines[0].line_item_id, lines[0].unit_price - 1_000, 0, "DAMAGED")
    desk.override(lines[2].line_item_id, lines[2].unit_price, 345_000, "LOYAL")


def notice(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.scan("8934588999999")


def unknown_product(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.scan("8930000000019")


def doubled(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.scan(codes(4)[3])
    stage.window.take_scan(codes(4)[3])


def ask_to_clear(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.tap("clear")


def quantity(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.tap("quantity", "pad-1", "pad-2")


def weight(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.scan(LOOSE)
    stage.tap_digits("850")


def search(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    page = stage.window.page
    assert isinstance(page, CheckoutScreen)
    page.products.begin_search("ca phe")


def search_nothing(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    page = stage.window.page
    assert isinstance(page, CheckoutScreen)
    page.products.begin_search("xyzzy")


def quick_keys(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    page = stage.window.page
    assert isinstance(page, CheckoutScreen)
    page.products.shelf.group_opened.emit("Đồ uống pha tại quầy")


def cash(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.tap("pay")


def cash_typed(stage: Stage, language: Language) -> None:
    cash(stage, language)
    stage.tap("pad-5", "pad-0", "pad-0", "pad-000")


def cash_in_part(stage: Stage, language: Language) -> None:
    cash(stage, language)
    stage.tap("pad-1", "pad-0", "pad-000", "take-cash", "pad-5", "pad-000")


def qr_pending(stage: Stage, language: Language) -> None:
    cash(stage, language)
    stage.tap("method-QR_VIETQR")
    stage.clock.forward(37)
    _tick(stage)


def qr_unknown(stage: Stage, language: Language) -> None:
    qr_pending(stage, language)
    stage.clock.forward(600)
    stage.tap("qr-check")


def qr_failed(stage: Stage, language: Language) -> None:
    qr_pending(stage, language)
    stage.hub.decline()
    stage.tap("qr-check")


def qr_hub_away(stage: Stage, language: Language) -> None:
    qr_pending(stage, language)
    stage.hub.away = True
    stage.tap("qr-check")


def receipt_cash(stage: Stage, language: Language) -> None:
    cash(stage, language)
    stage.tap_digits("500")
    stage.tap("pad-000", "take-cash")


def receipt_split(stage: Stage, language: Language) -> None:
    cash_in_part(stage, language)
    stage.tap("take-cash", "method-QR_MOMO")
    stage.hub.pay()
    stage.tap("qr-check")


def receipt_long(stage: Stage, language: Language) -> None:
    checkout_all_kinds(stage, language)
    stage.tap("pay", "quick-1")


def offline_checkout(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.link(LinkState.OFFLINE, unsent=12, minutes=47)


def offline_cash(stage: Stage, language: Language) -> None:
    offline_checkout(stage, language)
    stage.tap("pay")


def doubtful(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.link(LinkState.DOUBTFUL, unsent=1, minutes=1)


def _tick(stage: Stage) -> None:
    page = stage.window.page
    assert isinstance(page, PaymentScreen)
    page.qr.tick()


SCENES: dict[str, Scene] = {
    scene.__name__.replace("_", "-"): scene
    for scene in (
        sign_in,
        sign_in_letters,
        sign_in_wrong,
        sign_in_waiting,
        sign_in_recent,
        checkout_empty,
        checkout_3_lines,
        checkout_30_lines,
        checkout_all_kinds,
        notice,
        unknown_product,
        doubled,
        ask_to_clear,
        quantity,
        weight,
        search,
        search_nothing,
        quick_keys,
        cash,
        cash_typed,
        cash_in_part,
        qr_pending,
        qr_unknown,
        qr_failed,
        qr_hub_away,
        receipt_cash,
        receipt_split,
        receipt_long,
        offline_checkout,
        offline_cash,
        doubtful,
    )
}
