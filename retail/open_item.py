"""Open items: goods that no catalogue knows, sold all the same because somebody said yes.

The line says what was typed: name, price, tax rate and why. It moves no stock, because nobody knows whose;
head office sees its barcode and can put the product into the catalogue.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from retail.basket import Line, checked_line
from retail.price import BadPrice
from retail.refusal import Refusal

OPEN_SKU = "OPEN"
"""The SKU of every open item; no product may have it."""

NAME_LIMIT = 100


class NameNeeded(Refusal):
    """An open item needs a name, for the receipt and for whoever puts it into the catalogue."""

    code = "name-needed"


def open_line(
    *,
    line_item_id: UUID,
    barcode: str,
    product_name: str,
    unit_price: int,
    tax_rate: Decimal,
    reason: str,
    approved_by: str | None = None,
) -> Line:
    """One piece of goods that no catalogue knows, at this price (minor units, more than 0).

    Raises `NameNeeded`, `BadPrice`.
    """
    name = " ".join(product_name.split())[:NAME_LIMIT]
    if not name:
        raise NameNeeded
    if type(unit_price) is not int or unit_price <= 0:
        raise BadPrice(amount=unit_price)
    return checked_line(
        Line(
            line_item_id=line_item_id,
            sku_id=OPEN_SKU,
            barcode=barcode,
            product_name=name,
            category="",
            quantity=1,
            unit_price=unit_price,
            list_price=unit_price,
            tax_rate=tax_rate,
            override_reason=reason,
            approved_by=approved_by,
        )
    )
