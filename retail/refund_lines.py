"""What is left of a sale's lines after refunds, and the share of it that comes back next.

Each refund takes its share of what is *left* of the line: the last one gets the rest to the đồng, and
no number of parts can add up to more than was charged, whatever the rounding of each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from retail import quantity as quantities
from retail.basket import AppliedPromotion, RungLine
from retail.money import round_half_up, share_out
from retail.refund_facts import RefundLine
from retail.refusal import Refusal


class RefundTooMuch(Refusal):
    """More is brought back than is left of the line (`line_item_id`, `quantity`, `left_quantity`)."""

    code = "refund-too-much"


@dataclass(frozen=True, slots=True)
class LeftOfLine:
    """What of a line has not come back yet; amounts in minor units."""

    rung: RungLine
    quantity: int
    line_subtotal: int
    line_total: int
    tax_amount: int
    promotions: tuple[AppliedPromotion, ...]

    @classmethod
    def whole(cls, rung: RungLine) -> LeftOfLine:
        """The line as it was sold."""
        return cls(
            rung,
            rung.line.quantity,
            rung.line_subtotal,
            rung.line_total,
            rung.tax_amount,
            promotions_of(rung),
        )

    def without(self, line: RefundLine) -> LeftOfLine:
        """What is left after this refund."""
        gone = {part.promo_id: part.discount_amount for part in line.applied_promotions}
        return replace(
            self,
            quantity=self.quantity - line.quantity,
            line_subtotal=self.line_subtotal - line.line_subtotal,
            line_total=self.line_total - line.line_total,
            tax_amount=self.tax_amount - line.tax_amount,
            promotions=tuple(
                replace(part, discount_amount=part.discount_amount - gone.get(part.promo_id, 0))
                for part in self.promotions
            ),
        )

    def share(self, quantity: int, *, restock: bool) -> RefundLine:
        """So many pieces or grams of what is left; raises `BadQuantity`, `RefundTooMuch`.

        A discount's parts keep to what each promotion and the hand discount have left to give back.
        """
        line = self.rung.line
        quantities.checked(quantity, line.unit)
        if quantity > self.quantity:
            raise RefundTooMuch(
                line_item_id=str(line.line_item_id), quantity=quantity, left_quantity=self.quantity
            )
        line_subtotal, line_total, tax_amount = (
            round_half_up(amount * quantity, self.quantity)
            for amount in (self.line_subtotal, self.line_total, self.tax_amount)
        )
        discount = line_subtotal - line_total
        left = [part.discount_amount for part in self.promotions]
        by_hand = self.line_subtotal - self.line_total - sum(left)
        parts = share_out(discount, [*left, by_hand])
        return RefundLine(
            line_item_id=line.line_item_id,
            sku_id=line.sku_id,
            product_name=line.product_name,
            quantity=quantity,
            unit=line.unit,
            line_subtotal=line_subtotal,
            line_discount=discount,
            tax_rate=line.tax_rate,
            tax_amount=tax_amount,
            applied_promotions=tuple(
                replace(promotion, discount_amount=part)
                for promotion, part in zip(self.promotions, parts, strict=False)
                if part
            ),
            pack_of=line.pack_of,
            pack_size=line.pack_size,
            restock=restock,
        )


def left_after(rung: RungLine, refunded: Iterable[RefundLine]) -> LeftOfLine:
    """What is left of a line after these refunds of it."""
    left = LeftOfLine.whole(rung)
    for line in refunded:
        left = left.without(line)
    return left


def promotions_of(rung: RungLine) -> tuple[AppliedPromotion, ...]:
    """How much of the line's discount each promotion gave, each promotion once."""
    amounts: dict[str, int] = {}
    names = {part.promo_id: part.name for part in rung.promotions}
    for part in rung.promotions:
        amounts[part.promo_id] = amounts.get(part.promo_id, 0) + part.discount_amount
    return tuple(AppliedPromotion(promo_id, names[promo_id], amount) for promo_id, amount in amounts.items())
