"""What one scan of goods means: how many pieces or grams, and the price where the code says it (FR-1.1)."""

from __future__ import annotations

from dataclasses import replace

from retail.barcode import Scan, ScanKind
from retail.basket import Line, checked_line
from retail.money import currency_of, round_half_up
from retail.product import Product
from retail.quantity import GRAMS_PER_PRICE, Unit, extended
from retail.refusal import Refusal

LABEL_PRICE = "LABEL-PRICE"
"""The override reason of a line whose price stood in its code and is not what the price book makes of it."""

NO_GOODS = frozenset({ScanKind.RECEIPT, ScanKind.VOUCHER, ScanKind.MEMBER})


class WeightNeeded(Refusal):
    """The product is sold by weight; add it with its grams (`sku_id`, `product_name`)."""

    code = "weight-needed"


class NotGoods(Refusal):
    """The code is a receipt's, a voucher's or a member's, not a product's (`kind`, `number`)."""

    code = "not-goods"


def demand_goods(scan: Scan) -> Scan:
    """The scan itself when it can be a product's; raises `NotGoods`."""
    if scan.kind in NO_GOODS:
        raise NotGoods(kind=scan.kind.value, number=scan.number)
    return scan


def label_price(scan: Scan, currency: str) -> int | None:
    """What the code says that these very goods cost, in minor units.

    None where it says nothing, or only in another country's money; zeros are the item's own number,
    printed without a measure.
    """
    ours = currency_of(currency)
    if scan.price is None or scan.price_currency not in (None, ours.number):
        return None
    return scan.price.minor_units(ours) or None


def scanned_quantity(
    scan: Scan, product: Product, *, pack_size: int, list_price: int, price: int | None
) -> int:
    """Pieces or grams of the product that one scan means; `price` is the label's.

    Raises `WeightNeeded` for weighed goods whose code says neither weight nor price.
    """
    if product.unit is not Unit.GRAM:
        return pack_size * (scan.count or 1)
    if scan.weight_grams:
        return scan.weight_grams
    if not price or not list_price:
        raise WeightNeeded(sku_id=product.sku_id, product_name=product.product_name)
    return max(1, round_half_up(price * GRAMS_PER_PRICE, list_price))


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
