"""Scenes of what opens beside the basket: age, price check, discounts, open items, customers, parking."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtWidgets import QLineEdit

from terminal.till.orphan_money import OrphanMoney
from terminal.wording import Language
from tests.screens.scenes import (
    CUSTOMERS,
    Scene,
    checkout_3_lines,
    checkout_empty,
    qr_unknown,
    unknown_product,
)
from tests.screens.stage import BEER, LONG_CODE, Stage, codes, sku_of
from tests.tills import feed, promotion


def age_asked(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.scan(BEER)


def age_refused(stage: Stage, language: Language) -> None:
    age_asked(stage, language)
    stage.tap("age-no")


def age_before_paying(stage: Stage, language: Language) -> None:
    age_asked(stage, language)
    stage.tap("pay")


def price_check(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.tap("price-check")


def price_checked(stage: Stage, language: Language) -> None:
    """Goods in a promotion of their own and in one that needs more of them."""
    checkout_3_lines(stage, language)
    code = codes(1)[0]
    sku = sku_of(code)
    of = "percentage_discount"
    feed(
        stage.till.catalogue,
        promotion("OFF", "Giảm 20% tháng 11", of, percent=20, eligible_skus=[sku]),
        promotion("P21", "Mua 2 tặng 1", "buy_x_get_y", buy_quantity=2, get_quantity=1, eligible_skus=[sku]),
        version=8,
    )
    stage.tap("price-check")
    stage.scan(code)


def price_checked_long(stage: Stage, language: Language) -> None:
    checkout_empty(stage, language)
    stage.tap("price-check")
    stage.hub.away = True
    stage.scan(LONG_CODE)


def hand_percent(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.tap("hand", "pad-1", "pad-0")


def hand_why(stage: Stage, language: Language) -> None:
    hand_percent(stage, language)
    stage.tap("hand-ok")


def hand_approval(stage: Stage, language: Language) -> None:
    hand_why(stage, language)
    stage.tap("why-damaged")


def approval_wrong(stage: Stage, language: Language) -> None:
    hand_approval(stage, language)
    _fill(stage, "approver", "MANAGER_001")
    _fill(stage, "approver-pin", "0000")
    stage.tap("approve")


def approval_waiting(stage: Stage, language: Language) -> None:
    approval_wrong(stage, language)
    for _ in range(2):
        _fill(stage, "approver-pin", "0000")
        stage.tap("approve")


def hand_price(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.tap("hand", "hand-price", "pad-1", "pad-2", "pad-000", "pad-000")


def hand_basket_amount(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.tap("hand", "hand-basket", "hand-amount", "pad-5", "pad-000")


def hand_discounted(stage: Stage, language: Language) -> None:
    """A manager at the till: no approval, the discount is in the lines."""
    stage.sign_in("MANAGER_001", language)
    stage.scan(*codes(3))
    stage.tap("hand", "hand-basket", "pad-1", "pad-0", "hand-ok", "why-customer")


def unknown_barcode(stage: Stage, language: Language) -> None:
    unknown_product(stage, language)


def open_item(stage: Stage, language: Language) -> None:
    unknown_product(stage, language)
    stage.tap("notice-no", "pad-1", "pad-2", "pad-000")


def customer(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.tap("customer")


def customer_known(stage: Stage, language: Language) -> None:
    """A member with points, and a voucher."""
    feed(stage.till.catalogue, *CUSTOMERS, version=30)
    checkout_3_lines(stage, language)
    stage.scan("M-M001", "V-TET-2027-A7K2")
    stage.tap("customer")
    stage.tap_digits("09")


def customer_unknown(stage: Stage, language: Language) -> None:
    customer(stage, language)
    stage.tap_digits("0901234567")
    stage.tap("take-member")


def park_label(stage: Stage, language: Language) -> None:
    checkout_3_lines(stage, language)
    stage.tap("park")


def parked(stage: Stage, language: Language) -> None:
    park_label(stage, language)
    _label(stage, "khách áo xanh")
    stage.tap("park-ok")


def parked_list(stage: Stage, language: Language) -> None:
    """Four baskets, one without a label and one of another till."""
    checkout_empty(stage, language)
    for place, label in enumerate(("khách áo xanh, quên ví", "", "chị Hoa lấy thêm đá", "anh grab")):
        stage.scan(*codes(2 + place))
        stage.tap("park")
        _label(stage, label)
        stage.tap("park-ok")
    last = list(stage.hub.baskets)[-1]
    stage.hub.where[last] = "POS_02"
    stage.till.till.drop_parked(last)
    stage.tap("park")


def parked_list_alone(stage: Stage, language: Language) -> None:
    parked(stage, language)
    stage.hub.away = True
    stage.tap("park")


def parked_list_empty(stage: Stage, language: Language) -> None:
    checkout_empty(stage, language)
    stage.tap("park")


def parked_at_hub(stage: Stage, language: Language) -> None:
    parked_list_alone(stage, language)
    stage.tap("take-1")


def stock_short(stage: Stage, language: Language) -> None:
    code = codes(1)[0]
    checkout_empty(stage, language)
    stage.scan(code)
    sku = stage.till.till.open_draft().basket.lines[0].sku_id  # type: ignore[union-attr]
    stage.hub.stock[sku] = 2
    stage.scan(code, code)


def qr_unknown_parked(stage: Stage, language: Language) -> None:
    qr_unknown(stage, language)
    stage.tap("qr-park")


def parked_waits_for_money(stage: Stage, language: Language) -> None:
    qr_unknown_parked(stage, language)
    stage.tap("park")


def parked_money_again(stage: Stage, language: Language) -> None:
    parked_waits_for_money(stage, language)
    stage.tap("take-1")
    stage.settle()


def orphans(stage: Stage, language: Language) -> None:
    """One whose basket waits here, one of another till that was paid otherwise."""
    qr_unknown_parked(stage, language)
    (waits,) = stage.till.till.parked_drafts()
    assert waits.qr is not None
    at = stage.clock()
    stage.hub.orphans = [
        OrphanMoney(waits.qr.payment_id, waits.sale_id, "POS_01", "QR_VIETQR", 38_000, at),
        OrphanMoney(UUID(int=5), UUID(int=6), "POS_02", "QR_MOMO", 1_250_000, at, "POS_02-001042"),
    ]
    stage.tap("menu", "menu-orphans")


def orphans_none(stage: Stage, language: Language) -> None:
    checkout_empty(stage, language)
    stage.tap("menu", "menu-orphans")


def _label(stage: Stage, text: str) -> None:
    _fill(stage, "park-label", text)


def _fill(stage: Stage, name: str, text: str) -> None:
    field = stage.find(name)
    assert isinstance(field, QLineEdit)
    field.setText(text)


SCENES: dict[str, Scene] = {
    scene.__name__.replace("_", "-"): scene
    for scene in (
        age_asked,
        age_refused,
        age_before_paying,
        price_check,
        price_checked,
        price_checked_long,
        hand_percent,
        hand_why,
        hand_approval,
        approval_wrong,
        approval_waiting,
        hand_price,
        hand_basket_amount,
        hand_discounted,
        unknown_barcode,
        open_item,
        customer,
        customer_known,
        customer_unknown,
        park_label,
        parked,
        parked_list,
        parked_list_alone,
        parked_list_empty,
        parked_at_hub,
        stock_short,
        qr_unknown_parked,
        parked_waits_for_money,
        parked_money_again,
        orphans,
        orphans_none,
    )
}
