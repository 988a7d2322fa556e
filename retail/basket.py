"""The basket and `ring_up`, the one function that makes a total (till, hub and HQ all call it)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from retail import quantity as quantities
from retail.money import AMOUNT_LIMIT
from retail.price import BadPrice, Price
from retail.product import Product, ProductNotForSale
from retail.promotion import Promotion
from retail.promotion_book import Occasion, PromotionBook
from retail.promotion_choice import best_outcome
from retail.promotion_goods import goods_of
from retail.promotion_sharing import line_savings
from retail.quantity import Unit
from retail.reading import name_or_none, named, whole
from retail.refusal import Refusal
from retail.tax import TaxTotal, share_tax

LINES_LIMIT = 500


class LineNotFound(Refusal):
    """The basket has no such line (`line_item_id`)."""

    code = "line-not-found"


class BasketFull(Refusal):
    """The basket holds as many lines as a receipt can take (`limit`)."""

    code = "basket-full"


class BasketEmpty(Refusal):
    """There is nothing in the basket to pay for."""

    code = "basket-empty"


class DiscountTooLarge(Refusal):
    """The discount is negative or more than the line costs (`discount`, `line_subtotal`)."""

    code = "discount-too-large"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a basket; it keeps the price and tax rate it was scanned at.

    `quantity` in pieces or grams; `unit_price` in minor units per piece or kilogram; `list_price` is
    what the price book said (`price_version`), and differs from `unit_price` only under an override,
    whose `override_reason` is then set. `line_discount` is a discount given by hand on the whole line, and
    `approved_by` who said yes to price or discount where the cashier alone may not.
    """

    line_item_id: UUID
    sku_id: str
    barcode: str
    product_name: str
    category: str
    quantity: int
    unit_price: int
    list_price: int
    tax_rate: Decimal
    unit: Unit = Unit.PIECE
    price_version: int = 0
    line_discount: int = 0
    override_reason: str | None = None
    pack_of: str | None = None
    pack_size: int = 1
    age_restricted: bool = False
    approved_by: str | None = None

    @property
    def line_subtotal(self) -> int:
        """Before discount, minor units."""
        return quantities.extended(self.unit_price, self.quantity, self.unit)

    @property
    def is_priced_by_hand(self) -> bool:
        """Whether a person made the price; no promotion then goes on top of it."""
        return bool(self.line_discount or self.override_reason or self.unit_price != self.list_price)

    @property
    def units(self) -> int:
        """How many pieces promotions count; goods by weight are one, however much they weigh."""
        return 1 if self.unit is Unit.GRAM else self.quantity

    @property
    def line_total(self) -> int:
        """After discount, minor units (tax contained or not as the basket has it)."""
        return self.line_subtotal - self.line_discount


@dataclass(frozen=True, slots=True)
class Basket:
    """What a customer is about to buy, in the order it was scanned."""

    prices_include_tax: bool
    currency: str = "VND"
    lines: tuple[Line, ...] = ()

    def line(self, line_item_id: UUID) -> Line:
        """The line with this id; raises `LineNotFound`."""
        for line in self.lines:
            if line.line_item_id == line_item_id:
                return line
        raise LineNotFound(line_item_id=str(line_item_id))

    def with_line(self, line: Line) -> Basket:
        """The basket with one more line; raises `BasketFull`."""
        if len(self.lines) >= LINES_LIMIT:
            raise BasketFull(limit=LINES_LIMIT)
        return replace(self, lines=(*self.lines, checked_line(line)))

    def with_quantity(self, line_item_id: UUID, quantity: int) -> Basket:
        """The basket with a line's quantity set; raises `LineNotFound`, `BadQuantity`, `DiscountTooLarge`."""
        old = self.line(line_item_id)
        new = checked_line(replace(old, quantity=quantity))
        return replace(self, lines=tuple(new if line is old else line for line in self.lines))

    def without_line(self, line_item_id: UUID) -> Basket:
        """The basket without this line; raises `LineNotFound`."""
        gone = self.line(line_item_id)
        return replace(self, lines=tuple(line for line in self.lines if line is not gone))


@dataclass(frozen=True, slots=True)
class AppliedPromotion:
    """What one promotion takes off a line, in minor units; `name` is for the receipt."""

    promo_id: str
    name: str
    discount_amount: int

    def to_body(self) -> dict[str, Any]:
        """As a line of a fact has it (JSON types only)."""
        return {"promo_id": self.promo_id, "name": self.name, "discount_amount": self.discount_amount}

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> AppliedPromotion:
        """Read one back; raises KeyError or TypeError."""
        return cls(
            named(body["promo_id"]), name_or_none(body.get("name")) or "", whole(body["discount_amount"])
        )


@dataclass(frozen=True, slots=True)
class RungLine:
    """A line as it stands on the receipt: the line, its amounts and its share of the tax.

    `line_discount` is everything taken off: what a person gave (`line.line_discount`) and what each of
    the `promotions` gave.
    """

    line: Line
    line_subtotal: int
    line_discount: int
    line_total: int
    tax_amount: int
    promotions: tuple[AppliedPromotion, ...] = ()

    @property
    def promotion_discount(self) -> int:
        """What promotions took off, in minor units."""
        return self.line_discount - self.line.line_discount


@dataclass(frozen=True, slots=True)
class Totals:
    """What a basket comes to, in minor units; every total is the sum of its lines.

    `total_amount` is what the customer pays: line totals, plus tax where prices do not include it.
    """

    lines: tuple[RungLine, ...]
    subtotal: int
    discount_amount: int
    tax_amount: int
    total_amount: int
    taxes: tuple[TaxTotal, ...]

    @property
    def promotion_discount(self) -> int:
        """What promotions took off all lines, in minor units."""
        return sum(rung.promotion_discount for rung in self.lines)

    @property
    def applied_promotions(self) -> tuple[AppliedPromotion, ...]:
        """Each promotion once, with what it took off the whole basket; in the order of the lines."""
        amounts: dict[tuple[str, str], int] = {}
        for rung in self.lines:
            for applied in rung.promotions:
                key = (applied.promo_id, applied.name)
                amounts[key] = amounts.get(key, 0) + applied.discount_amount
        return tuple(AppliedPromotion(*key, amount) for key, amount in amounts.items())


def checked_line(line: Line) -> Line:
    """The line itself when its figures are possible; raises `BadQuantity`, `BadPrice`, `DiscountTooLarge`."""
    quantities.checked(line.quantity, line.unit)
    for price in (line.unit_price, line.list_price):
        if type(price) is not int or not 0 <= price <= AMOUNT_LIMIT:
            raise BadPrice(amount=price)
    subtotal = line.line_subtotal
    if subtotal > AMOUNT_LIMIT:
        raise BadPrice(amount=subtotal)
    if type(line.line_discount) is not int or not 0 <= line.line_discount <= subtotal:
        raise DiscountTooLarge(discount=line.line_discount, line_subtotal=subtotal)
    return line


def line_for(
    product: Product, price: Price, tax_rate: Decimal, *, line_item_id: UUID, barcode: str, quantity: int
) -> Line:
    """A new line of this product at this price; raises `ProductNotForSale`, `BadQuantity`."""
    if not product.is_active:
        raise ProductNotForSale(sku_id=product.sku_id, product_name=product.product_name)
    return checked_line(
        Line(
            line_item_id=line_item_id,
            sku_id=product.sku_id,
            barcode=barcode,
            product_name=product.product_name,
            category=product.category,
            quantity=quantity,
            unit=product.unit,
            unit_price=price.amount,
            list_price=price.amount,
            price_version=price.version,
            tax_rate=tax_rate,
            pack_of=product.pack_of,
            pack_size=product.pack_size,
            age_restricted=product.age_restricted,
        )
    )


Savings = Sequence[tuple[AppliedPromotion, ...]]
"""Per line, in the basket's order, what promotions take off it."""


def ring_up(
    basket: Basket,
    promotions: PromotionBook | Iterable[Promotion] = (),
    occasion: Occasion | None = None,
) -> Totals:
    """Everything a receipt says about the money of this basket; pure and exact.

    Promotions apply when there is an `occasion` (when, where and for whom); which ones, and why, is in
    `retail.promotion_choice`. Callers that ring up often keep a `PromotionBook`.
    """
    if occasion is None:
        return total_of(basket.lines, basket.prices_include_tax)
    savings = savings_on(basket, PromotionBook.of(promotions), occasion)
    return total_of(basket.lines, basket.prices_include_tax, savings)


def savings_on(basket: Basket, book: PromotionBook, occasion: Occasion) -> Savings:
    """What promotions take off each line of the basket, in its order."""
    goods = goods_of(basket.lines, book.on(occasion))
    outcome = best_outcome(goods, book)
    if not outcome.by_offer:
        return [()] * len(basket.lines)
    per_line = line_savings(outcome, goods, basket.lines)
    return [
        tuple(
            AppliedPromotion(offer.promotion.promo_id, offer.promotion.name, amount)
            for offer, amount in savings
        )
        for savings in per_line
    ]


def total_of(lines: Sequence[Line], prices_include_tax: bool, savings: Savings | None = None) -> Totals:
    """The totals of these lines with these savings (see `ring_up`); raises `DiscountTooLarge`."""
    rung, amounts = [], []
    for place, line in enumerate(lines):
        promotions = savings[place] if savings else ()
        before = line.line_subtotal
        discount = line.line_discount + sum(applied.discount_amount for applied in promotions)
        if discount > before or any(applied.discount_amount < 0 for applied in promotions):
            raise DiscountTooLarge(discount=discount, line_subtotal=before)
        amounts.append(before - discount)
        rung.append((line, before, discount, promotions))
    tax, taxes = share_tax(amounts, [line.tax_rate for line in lines], prices_include_tax)
    subtotal = sum(before for _, before, _, _ in rung)
    total = sum(amounts)
    tax_amount = sum(tax)
    return Totals(
        lines=tuple(
            RungLine(line, before, discount, amount, line_tax, promotions)
            for (line, before, discount, promotions), amount, line_tax in zip(rung, amounts, tax, strict=True)
        ),
        subtotal=subtotal,
        discount_amount=subtotal - total,
        tax_amount=tax_amount,
        total_amount=total + (0 if prices_include_tax else tax_amount),
        taxes=tuple(taxes),
    )
