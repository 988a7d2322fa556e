"""From a scan to goods: which product, how many pieces or grams of it, and at which price (FR-1.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from retail.barcode import GoodsExpired, Scan, ScanKind, demand_fresh, past_best_before, read
from retail.basket import Line, checked_line
from retail.gs1 import date_of
from retail.money import currency_of, round_half_up
from retail.quantity import GRAMS_PER_PRICE, Unit, extended
from retail.refusal import Refusal
from terminal.checkout.port import Till
from terminal.till.wares import Ware

LABEL_PRICE = "LABEL-PRICE"
"""The override reason of a line whose price stood in its code and is not what the price book makes of it."""

NO_GOODS = frozenset({ScanKind.RECEIPT, ScanKind.VOUCHER, ScanKind.MEMBER})


class WeightNeeded(Refusal):
    """The product is sold by weight; add it with its grams (`sku_id`, `product_name`)."""

    code = "weight-needed"


class NotGoods(Refusal):
    """The code is a receipt's, a voucher's or a member's, not a product's (`kind`, `number`)."""

    code = "not-goods"


@dataclass(frozen=True, slots=True)
class Goods:
    """What one scan or tap means: `quantity` pieces or grams of the ware.

    `label_price`: what the code says that these very goods cost, in minor units. `key`: the same key
    within the guard's seconds is the same thing scanned twice.
    """

    ware: Ware
    quantity: int
    key: str = ""
    label_price: int | None = None
    best_before: date | None = None
    """Set where the code says that the best is over: nothing is refused, but the cashier may say so."""


def goods_of(till: Till, text: str, at: datetime) -> Goods:
    """The goods of one scan at this moment.

    Raises what `retail.barcode.read` raises, `NotGoods`, `ProductNotFound`, `ProductNotForSale`,
    `NoPrice`, `GoodsExpired`, and `WeightNeeded` for weighed goods whose code says neither weight nor price.
    """
    rules = till.rules()
    scan = read(text, rules.scan_rules, till.knows)
    if scan.kind in NO_GOODS:
        raise NotGoods(kind=scan.kind.value, number=scan.number)
    ware = till.ware_by_barcode(scan, at)
    local = rules.calendar.local(at)
    try:
        demand_fresh(scan, local)
    except GoodsExpired as expired:
        raise GoodsExpired(product_name=ware.product.product_name, **expired.detail) from None
    # Zeros are the item's own number, printed without a measure.
    price = scan.price.minor_units(currency_of(rules.currency)) or None if scan.price else None
    return Goods(
        ware, _quantity(scan, ware, price), _guard_key(scan), price, _best_before(scan, local.date())
    )


def one_of(ware: Ware) -> Goods:
    """What one tap on a product means; raises `WeightNeeded` for weighed goods."""
    if ware.product.unit is Unit.GRAM:
        raise WeightNeeded(sku_id=ware.product.sku_id, product_name=ware.product.product_name)
    return Goods(ware, ware.pack_size)


def at_label_price(line: Line, price: int | None) -> Line:
    """The line at the price its code says, to the đồng; itself where it costs that anyway.

    Where no whole price per piece or kilogram comes to that, the few đồng above it are a discount.
    """
    if price is None or price == line.line_subtotal:
        return line
    pieces = GRAMS_PER_PRICE if line.unit is Unit.GRAM else 1
    unit_price = price * pieces // line.quantity
    while extended(unit_price, line.quantity, line.unit) < price:
        unit_price += 1
    over = extended(unit_price, line.quantity, line.unit) - price
    return checked_line(replace(line, unit_price=unit_price, line_discount=over, override_reason=LABEL_PRICE))


def _quantity(scan: Scan, ware: Ware, price: int | None) -> int:
    if ware.product.unit is not Unit.GRAM:
        return ware.pack_size * (scan.count or 1)
    if scan.weight_grams:
        return scan.weight_grams
    per_kilogram = ware.price.amount
    if not price or not per_kilogram:
        return one_of(ware).quantity
    return max(1, round_half_up(price * GRAMS_PER_PRICE, per_kilogram))


def _best_before(scan: Scan, today: date) -> date | None:
    if scan.best_before is None or not past_best_before(scan, today):
        return None
    return date_of(scan.best_before, today)


def _guard_key(scan: Scan) -> str:
    """The product's key, or the code itself where it tells goods apart: by a serial number, by a label."""
    own = scan.serial or scan.kind is ScanKind.IN_STORE
    return scan.text if own or scan.gtin14 is None else scan.gtin14
