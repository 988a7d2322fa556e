"""What a person decides at the counter (FR-6.2): prices, discounts, goods that no catalogue knows.

Whoever may not do it alone needs an approval, which goes into the line: who said yes, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from retail.approval import Approval, authorise, reason_given
from retail.basket import AppliedPromotion, Basket, Line, RungLine
from retail.hand_discount import discounted, given_away, percent_of, repriced
from retail.open_item import open_line
from retail.refusal import Refusal
from retail.staff import Permission, may
from terminal.checkout.open_basket import OpenBasket

ACT = Permission.PRICE_OVERRIDE


class DiscountOverVoucher(Refusal):
    """A voucher counts in what is to be discounted: its saving would stay, and it would not be used up."""

    code = "discount-over-voucher"


@dataclass(frozen=True, slots=True)
class Discount:
    """So much off: an amount in minor units, or a whole number of percent."""

    amount: int = 0
    percent: int = 0

    def of(self, price: int) -> int:
        """What it takes off this price, in minor units; raises `BadPercent`."""
        return percent_of(price, self.percent) if self.percent else self.amount


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Goods that no catalogue knows, as they were typed; `barcode` is what was scanned, or empty."""

    barcode: str
    product_name: str
    unit_price: int
    tax_rate: Decimal


class PricesByHand(OpenBasket):
    """What a person does to the prices of the open basket; `approval` is somebody's yes who may."""

    def override(
        self,
        line_item_id: UUID,
        unit_price: int,
        line_discount: int,
        reason: str,
        approval: Approval | None = None,
    ) -> None:
        """Sell a line at another price or with a discount by hand (minor units)."""

        def overridden(line: Line) -> Line:
            worth = given_away(line, unit_price, line_discount)
            why, by = self._allowed(worth, reason, approval)
            return repriced(line, unit_price, line_discount, why, by)

        self._change(lambda basket: _with_line_changed(basket, line_item_id, overridden), line_item_id)

    def discount_line(
        self, line_item_id: UUID, discount: Discount, reason: str, approval: Approval | None = None
    ) -> None:
        """Take something off what a line costs now; what promotions or a person took off it stays off.

        Where one of them is the customer's voucher, `DiscountOverVoucher`.
        """

        def cheaper(line: Line) -> Line:
            rung = self._as_billed(line_item_id)
            self._demand_no_voucher(rung.promotions)
            amount = self.discount_on(line_item_id, discount)
            why, by = self._allowed(amount, reason, approval)
            return repriced(line, line.unit_price, rung.line_discount + amount, why, by or line.approved_by)

        self._change(lambda basket: _with_line_changed(basket, line_item_id, cheaper), line_item_id)

    def discount_basket(self, discount: Discount, reason: str, approval: Approval | None = None) -> None:
        """Take something off what the basket costs now, shared over its lines."""

        def cheaper(basket: Basket) -> Basket:
            self._demand_no_voucher(self._state.totals.applied_promotions)
            amount = self.discount_on(None, discount)
            why, by = self._allowed(amount, reason, approval)
            return discounted(basket, self._state.totals, amount, why, by)

        self._change(cheaper, None)

    def restore_price(self, line_item_id: UUID) -> None:
        """Back to the price of the book; promotions count again."""

        def restored(line: Line) -> Line:
            return replace(
                line, unit_price=line.list_price, line_discount=0, override_reason=None, approved_by=None
            )

        self._change(lambda basket: _with_line_changed(basket, line_item_id, restored), line_item_id)

    def sell_open_item(self, item: OpenItem, reason: str, approval: Approval | None = None) -> None:
        """Sell goods that no catalogue knows; head office hears of the barcode with the sale."""
        line_item_id = self._new_id()

        def with_item(basket: Basket) -> Basket:
            why, by = self._allowed(item.unit_price, reason, approval)
            return basket.with_line(
                open_line(
                    line_item_id=line_item_id,
                    barcode=item.barcode,
                    product_name=item.product_name,
                    unit_price=item.unit_price,
                    tax_rate=item.tax_rate,
                    reason=why,
                    approved_by=by,
                )
            )

        self._change(with_item, line_item_id)

    def discount_on(self, line_item_id: UUID | None, discount: Discount) -> int:
        """What a discount comes to on a line, or on the basket (None): what the approver is asked for.

        Minor units; raises `BadPercent`, `LineNotFound`.
        """
        if line_item_id is None:
            return discount.of(sum(rung.line_total for rung in self._state.totals.lines))
        return discount.of(self._as_billed(line_item_id).line_total)

    def tax_rates(self) -> list[Decimal]:
        """The tax rates that goods of this store have, the usual one first."""
        return self._till.tax_rates(self._clock())

    def _as_billed(self, line_item_id: UUID) -> RungLine:
        """The line as it stands on the bill now; raises `LineNotFound`."""
        self._state.basket.line(line_item_id)
        return next(each for each in self._state.totals.lines if each.line.line_item_id == line_item_id)

    def _demand_as_allowed(self, before: Line, after: Line) -> None:
        """Return unless the changed line gives away more than before; raises `ApprovalNeeded` to a cashier.

        A yes to one piece at a lower price is none to a hundred.
        """
        gave, gives = (given_away(each, each.unit_price, each.line_discount) for each in (before, after))
        if gives > gave:
            authorise(self._cashier.role, ACT, gives)

    def _demand_no_voucher(self, applied: Iterable[AppliedPromotion]) -> None:
        """Return unless a voucher of this customer gave something here; raises `DiscountOverVoucher`."""
        if {each.promo_id for each in applied} & self._state.customer.promo_ids:
            raise DiscountOverVoucher

    def _allowed(self, amount: int, reason: str, approval: Approval | None) -> tuple[str, str | None]:
        """Why, and who said yes besides the cashier; raises `ApprovalNeeded`, `ApprovalDoesNotCover`,
        `ReasonNeeded`."""
        role = self._cashier.role
        authorise(role, ACT, amount, approval)
        if may(role, ACT) or approval is None:
            return reason_given(reason, ACT), None
        return reason_given(reason or approval.reason, ACT), approval.approved_by


def _with_line_changed(basket: Basket, line_item_id: UUID, change: Callable[[Line], Line]) -> Basket:
    old = basket.line(line_item_id)
    new = change(old)
    return replace(basket, lines=tuple(new if line is old else line for line in basket.lines))
