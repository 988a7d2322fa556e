"""Prices and discounts by hand (FR-6.2): a line, or the whole basket."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from retail.basket import Basket, Line, checked_line
from retail.staff import Permission, demand
from terminal.checkout.open_basket import OpenBasket


class PricesByHand(OpenBasket):
    """What a person with the permission does to the prices of the open basket."""

    def override(self, line_item_id: UUID, unit_price: int, line_discount: int, reason: str) -> None:
        """Sell a line at another price or with a discount by hand (minor units); needs the permission."""

        def overridden_in(basket: Basket) -> Basket:
            demand(self._cashier.role, Permission.PRICE_OVERRIDE)
            old = basket.line(line_item_id)
            new = overridden(old, unit_price, line_discount, reason)
            return replace(basket, lines=tuple(new if line is old else line for line in basket.lines))

        self._change(overridden_in, line_item_id)


def overridden(line: Line, unit_price: int, line_discount: int, reason: str) -> Line:
    """The line at this price and discount (minor units); raises `BadPrice`, `DiscountTooLarge`."""
    return checked_line(
        replace(line, unit_price=unit_price, line_discount=line_discount, override_reason=reason)
    )
