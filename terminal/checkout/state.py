"""What the checkout desk shows, and what a replay tells it to ring up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from retail.age import AgeCheck
from retail.basket import Basket, Totals
from terminal.notice import Notice
from terminal.till.customer import NOBODY, Customer


@dataclass(frozen=True, slots=True)
class DoubledScan:
    """A scan the guard held back: the same goods again within `double_scan_seconds`.

    `barcode` is the code as it was scanned; `quantity` in pieces or grams.
    """

    barcode: str
    product_name: str
    unit_price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class AgeAsked:
    """Somebody has to see that the customer was born on this day or before; for these goods."""

    born_by: date
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckoutState:
    """What the screen shows. `last_line_item_id`: the line the last deed touched. `paying`: the basket
    is closed because its payment has begun (also after a restart). `age`: who saw that the customer is old
    enough; `age_asked`: somebody has to look now. `short`: lines with more than the store has, and how many
    (pieces or grams) it has. `customer`: the member, if any, and the vouchers on the
    sale; what a voucher takes off is in the totals under its promotion."""

    sale_id: UUID
    basket: Basket
    totals: Totals
    selected: UUID | None = None
    notice: Notice | None = None
    doubled: DoubledScan | None = None
    last_line_item_id: UUID | None = None
    paying: bool = False
    age: AgeCheck | None = None
    age_asked: AgeAsked | None = None
    short: Mapping[UUID, int] = field(default_factory=dict)
    customer: Customer = NOBODY


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line that is known before it is scanned (a replay): `unit_price` None is the price book's.

    `quantity` in scans of this barcode or grams, money in minor units.
    """

    barcode: str
    quantity: int
    unit_price: int | None = None
    line_discount: int = 0
    override_reason: str = ""
