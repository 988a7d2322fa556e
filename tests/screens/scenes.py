"""Every page in every state worth a picture; tests look at them, the gallery draws them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt

from courier.link import LinkState
from courier.news import News
from retail.barcode import check_digit
from terminal.checkout.screen import CheckoutScreen
from terminal.notice import Notice
from terminal.payment.screen import PaymentScreen
from terminal.shift.screen import SignInScreen
from terminal.wording import Language
from tests.screens import scenes_sales
from tests.screens.stage import BEER, LONG_CODE, LOOSE, Stage, codes, demo_rows, sku_of
from tests.tills import feed, member, price, product, promotion, setting, voucher

Scene = Callable[[Stage, Language], None]
ODD = "8936000000035"
"""Goods whose price no note can pay."""
CUSTOMERS = (
    setting("loyalty", {"earn_per": 1_000}),
    member("M001", "Nguyễn Phạm Quỳnh Hương", "0912 345 678"),
    promotion(
        "TET", "Phiếu Tết", "fixed_amount_discount", amount=5_000, per="transaction", voucher_required=True
    ),
    voucher("TET-2027-A7K2", "TET"),
)


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
    stage.scan(codes(1)[0], BEER)
    stage.tap("age-yes")
    stage.scan(LONG_CODE, LOOSE)
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


def checkout_promotions(stage: Stage, language: Language) -> None:
    """Savings under the names, the sum saved, and the promotion that one more piece would bring about."""
    checkout_empty(stage, language)
    first, second, third, fourth = codes(4)
    feed(stage.till.catalogue, *_promotions(), version=8)
    stage.scan(first, first, first, second, third, fourth)


def checkout_labels(stage: Stage, language: Language) -> None:
    """Labels of the scale with weight and with price, and a line that a person weighed."""
    checkout_empty(stage, language)
    feed(stage.till.catalogue, setting("code_patterns", ["20IIIIIWWWWWC/3", "22IIIIIPPPPPC"]), version=8)
    feed(stage.till.catalogue, product("CAKE", "Bánh kem", "2200033", category="Bánh"), price("CAKE", 45_000))
    stage.scan(codes(1)[0], _label("200000101250"), _label("200000100734"), _label("220003338500"), LOOSE)
    stage.tap_digits("420")
    stage.tap("entry-ok")


def expired(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.scan(f"]d201{codes(1)[0].zfill(14)}17261119" + "10LOT7")


def past_best_before(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.scan(f"]d201{codes(1)[0].zfill(14)}15261101" + "10LOT7")


def half_scan(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.scan("8934588012")


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


def disk_full(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    page = stage.window.page
    assert isinstance(page, CheckoutScreen)
    page.tell(Notice("till-disk-full"))


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


def quick_keys_pictures(stage: Stage, language: Language) -> None:
    """The store's own pictures on the quick keys."""
    checkout_3_lines(stage, language)
    page = stage.window.page
    assert isinstance(page, CheckoutScreen)
    folder = stage.till.data_dir / "pictures"
    folder.mkdir()
    for row in demo_rows("catalogue.csv"):
        if row["category"] == "Đồ uống pha tại quầy":
            page.look.pixmap("basket", "accent", 64).save(str(folder / f"{row['sku_id']}.png"))
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


def cash_rounded(stage: Stage, language: Language) -> None:
    """A total that no note can pay, with promotions in it."""
    feed(stage.till.catalogue, setting("cash_rounding", "down-1000"), version=8)
    checkout_promotions(stage, language)
    stage.scan(ODD)
    stage.tap("pay")


def cash_rounded_in_part(stage: Stage, language: Language) -> None:
    cash_rounded(stage, language)
    stage.tap("pad-1", "pad-0", "pad-000", "take-cash", "pad-9", "pad-000")


def qr_pending(stage: Stage, language: Language) -> None:
    cash(stage, language)
    stage.tap("method-QR_VIETQR")
    stage.clock.forward(37)
    _tick(stage)


def qr_for_the_rest(stage: Stage, language: Language) -> None:
    """A part was paid in cash, the rest is asked for by QR."""
    cash(stage, language)
    stage.tap("pad-1", "pad-0", "pad-000", "take-cash", "method-QR_MOMO")


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


def receipt_promotions(stage: Stage, language: Language) -> None:
    """Each saving by its name, the rounding line, the change as notes."""
    cash_rounded(stage, language)
    stage.tap_digits("500")
    stage.tap("pad-000", "take-cash")


def receipt_member(stage: Stage, language: Language) -> None:
    """The member, the points, the voucher: scanned among the goods."""
    feed(stage.till.catalogue, *CUSTOMERS, version=30)
    checkout_3_lines(stage, language)
    stage.scan("M-M001", "V-TET-2027-A7K2")
    stage.tap("pay", "quick-1")


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


def _promotions() -> list[News]:
    first, second, third, fourth = map(sku_of, codes(4))
    return [
        product("ODD", "Kẹo lạc gói lẻ", ODD),
        price("ODD", 7_350),
        promotion("P1", "Mua 2 tặng 1", "buy_x_get_y", buy_quantity=2, get_quantity=1, eligible_skus=[first]),
        promotion("P2", "Giờ vàng buổi sáng −20%", "percentage_discount", percent=20, eligible_skus=[second]),
        promotion("P3", "Món thứ hai nửa giá", "nth_item", n=2, percent=50, eligible_skus=[fourth]),
        promotion("P4", "Bạn của Everopen −5%", "percentage_discount", percent=5, stackable=True),
        promotion(
            *("P5", "Khai trương: giảm 3.000 mỗi món", "fixed_amount_discount"),
            amount=3_000,
            per="item",
            eligible_skus=[third],
            stackable=True,
        ),
    ]


def _label(figures: str) -> str:
    return figures + str(check_digit(figures))


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
        checkout_promotions,
        checkout_labels,
        notice,
        unknown_product,
        expired,
        past_best_before,
        half_scan,
        doubled,
        ask_to_clear,
        quantity,
        weight,
        disk_full,
        search,
        search_nothing,
        quick_keys,
        quick_keys_pictures,
        cash,
        cash_typed,
        cash_in_part,
        cash_rounded,
        cash_rounded_in_part,
        qr_pending,
        qr_for_the_rest,
        qr_unknown,
        qr_failed,
        qr_hub_away,
        receipt_cash,
        receipt_split,
        receipt_promotions,
        receipt_member,
        receipt_long,
        offline_checkout,
        offline_cash,
        doubtful,
        *scenes_sales.SCENES,
    )
}
