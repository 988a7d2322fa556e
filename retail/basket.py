"""The basket and `ring_up`, the one function that makes a total (till, hub and HQ all call it)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from retail import quantity as quantities
from retail.money import AMOUNT_LIMIT
from retail.price import BadPrice, Price
from retail.product import Product, ProductNotForSale
from retail.quantity import Unit
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
    whose `override_reason` is then set. `line_discount` is a discount given by hand on the whole line.
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

    @property
    def line_subtotal(self) -> int:
        """Before discount, minor units."""
        return quantities.extended(self.unit_price, self.quantity, self.unit)

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
class RungLine:
    """A line as it stands on the receipt: the line, its amounts and its share of the tax."""

    line: Line
    line_subtotal: int
    line_discount: int
    line_total: int
    tax_amount: int


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


def checked_line(line: Line) -> Line:
    """The line itself when its figures are possible; raises `BadQuantity`, `BadPrice`, `DiscountTooLarge`."""
    quantities.checked(line.quantity, line.unit)
    if type(line.unit_price) is not int or not 0 <= line.unit_price <= AMOUNT_LIMIT:
        raise BadPrice(amount=line.unit_price)
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


def ring_up(basket: Basket) -> Totals:
    """Everything a receipt says about the money of this basket; pure and exact."""
    return total_of(basket.lines, basket.prices_include_tax)


def total_of(lines: Sequence[Line], prices_include_tax: bool) -> Totals:
    """The totals of these lines (see `ring_up`)."""
    amounts = [line.line_total for line in lines]
    tax, taxes = share_tax(amounts, [line.tax_rate for line in lines], prices_include_tax)
    rung = tuple(
        RungLine(line, line.line_subtotal, line.line_discount, amount, line_tax)
        for line, amount, line_tax in zip(lines, amounts, tax, strict=True)
    )
    subtotal = sum(line.line_subtotal for line in rung)
    discount = sum(line.line_discount for line in rung)
    tax_amount = sum(tax)
    return Totals(
        lines=rung,
        subtotal=subtotal,
        discount_amount=discount,
        tax_amount=tax_amount,
        total_amount=subtotal - discount + (0 if prices_include_tax else tax_amount),
        taxes=tuple(taxes),
    )
