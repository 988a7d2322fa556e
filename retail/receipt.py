"""The receipt as data (FR-1.4); paper, screen and e-mail each draw it their own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from retail.basket import AppliedPromotion
from retail.calendar import StoreCalendar
from retail.facts import SaleRecorded
from retail.tax import TaxTotal


class PrintReceipts(StrEnum):
    """Whether a sale's receipt is printed by itself, when the cashier says so, or only as a reprint."""

    ALWAYS = "always"
    ASK = "ask"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class StoreCard:
    """What a receipt says about the store."""

    store_id: str
    name: str
    address: str = ""
    tax_code: str = ""
    phone: str = ""

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> StoreCard:
        """The card of a `store` piece of news."""
        return cls(
            body["store_id"],
            body.get("name") or body["store_id"],
            body.get("address") or "",
            body.get("tax_code") or "",
            body.get("phone") or "",
        )


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One line in minor units; `quantity` in pieces or grams. `promotions` are part of `line_discount`."""

    product_name: str
    quantity: int
    unit: str
    unit_price: int
    line_discount: int
    line_total: int
    promotions: tuple[AppliedPromotion, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiptTender:
    """One tender in minor units."""

    payment_method: str
    amount: int
    tendered: int | None
    change: int
    provider_txn_id: str | None


@dataclass(frozen=True, slots=True)
class ReceiptMember:
    """Who bought, and the points that this sale earned them."""

    member_id: str
    name: str
    points_earned: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything a receipt shows. `sold_at` is on the store's wall clock.

    `proof` is four characters of the fact's hash: with the number it lets anyone check that the sale
    on this paper is the sale in head office's ledger. `rounding_amount` is a line of its own where cash
    was rounded: what was paid is `total_amount + rounding_amount`. `vouchers`: the codes that were used up.
    `url`: where the customer can read it on a phone; empty where the chain has no such place.
    """

    store: StoreCard
    transaction_id: str
    receipt_number: str
    proof: str
    terminal_id: str
    cashier_id: str
    sold_at: datetime
    currency: str
    prices_include_tax: bool
    lines: tuple[ReceiptLine, ...]
    subtotal: int
    discount_amount: int
    tax_amount: int
    total_amount: int
    taxes: tuple[TaxTotal, ...]
    tenders: tuple[ReceiptTender, ...]
    rounding_amount: int = 0
    member: ReceiptMember | None = None
    vouchers: tuple[str, ...] = ()
    url: str = ""


def receipt_of(
    sale: SaleRecorded, store: StoreCard, calendar: StoreCalendar, proof: str, member_name: str = ""
) -> Receipt:
    """The receipt of a recorded sale; `proof` is the head of its envelope's hash.

    `member_name`: what the member is called, which no fact says; without it their id stands there.
    """
    return Receipt(
        store=store,
        transaction_id=str(sale.transaction_id),
        receipt_number=sale.receipt_number,
        proof=proof[:4].upper(),
        terminal_id=sale.terminal_id,
        cashier_id=sale.cashier_id,
        sold_at=calendar.local(sale.sold_at),
        currency=sale.currency,
        prices_include_tax=sale.prices_include_tax,
        lines=tuple(
            ReceiptLine(
                rung.line.product_name,
                rung.line.quantity,
                rung.line.unit.value,
                rung.line.unit_price,
                rung.line_discount,
                rung.line_total,
                rung.promotions,
            )
            for rung in sale.totals.lines
        ),
        subtotal=sale.totals.subtotal,
        discount_amount=sale.totals.discount_amount,
        tax_amount=sale.totals.tax_amount,
        total_amount=sale.totals.total_amount,
        taxes=sale.totals.taxes,
        tenders=tuple(
            ReceiptTender(t.payment_method, t.amount, t.tendered, t.change, t.provider_txn_id)
            for t in sale.tenders
        ),
        rounding_amount=sale.rounding_amount,
        member=ReceiptMember(sale.member_id, member_name or sale.member_id, sale.points_earned)
        if sale.member_id is not None
        else None,
        vouchers=tuple(voucher.code for voucher in sale.vouchers),
    )
