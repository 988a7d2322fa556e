"""From a scan to goods: which product, how many pieces or grams of it, and at which price (FR-1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from retail.barcode import GoodsExpired, Scan, ScanKind, demand_fresh, past_best_before, read
from retail.gs1 import date_of
from retail.label import WeightNeeded, demand_goods, label_price, scanned_quantity
from retail.quantity import Unit
from terminal.checkout.port import Till
from terminal.till.wares import Ware


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
    scan = demand_goods(read(text, rules.scan_rules, till.knows))
    ware = till.ware_by_barcode(scan, at)
    local = rules.calendar.local(at)
    try:
        demand_fresh(scan, local)
    except GoodsExpired as expired:
        raise GoodsExpired(product_name=ware.product.product_name, **expired.detail) from None
    price = label_price(scan, rules.currency)
    quantity = scanned_quantity(
        scan, ware.product, pack_size=ware.pack_size, list_price=ware.price.amount, price=price
    )
    return Goods(ware, quantity, _guard_key(scan), price, _best_before(scan, local.date()))


def one_of(ware: Ware) -> Goods:
    """What one tap on a product means; raises `WeightNeeded` for weighed goods."""
    if ware.product.unit is Unit.GRAM:
        raise WeightNeeded(sku_id=ware.product.sku_id, product_name=ware.product.product_name)
    return Goods(ware, ware.pack_size)


def _best_before(scan: Scan, today: date) -> date | None:
    if scan.best_before is None or not past_best_before(scan, today):
        return None
    return date_of(scan.best_before, today)


def _guard_key(scan: Scan) -> str:
    """The product's key, or the code itself where it tells goods apart: by a serial number, by a label."""
    own = scan.serial or scan.kind is ScanKind.IN_STORE
    return scan.text if own or scan.gtin14 is None else scan.gtin14
