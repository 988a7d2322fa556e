"""Ringing a past sale up again with what head office had said by then (invariant 10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from courier.inbox import NotApplicable
from hq.prices.queries import held_prices
from hq.promotions.queries import promotions_as_of
from hq.reports.entries import read_posted
from hq.reports.projection import posted_after
from hq.reports.tables import transactions
from hq.stores.queries import chain_calendar
from retail.basket import AppliedPromotion
from retail.facts import SaleRecorded
from retail.price import NoPrice, price_of
from retail.refusal import Refusal
from retail.replay import LineDifference, replayed


class SaleNotReplayable(Refusal):
    """There is no such sale in the books, or it says too little to be rung up (`transaction_id`)."""

    code = "sale-not-replayable"


@dataclass(frozen=True, slots=True)
class PriceDifference:
    """A line whose list price is not the book's; `by_book` None: the book has none for that moment."""

    line_item_id: UUID
    sku_id: str
    sold_at_price: int
    by_book: int | None


@dataclass(frozen=True, slots=True)
class SaleReplay:
    """A sale rung up again: what was charged, what the rules make of it, and where they part."""

    sale: SaleRecorded
    total_amount: int
    prices: tuple[PriceDifference, ...]
    promotions: tuple[LineDifference, ...]

    @property
    def is_equal(self) -> bool:
        """Whether the sale is what the rules say, to the đồng and to the promotion."""
        return not self.prices and not self.promotions

    def sentences(self) -> Iterator[str]:
        """What was found, for people."""
        sale = self.sale
        verdict = "equal" if self.is_equal else "differs"
        yield (
            f"{verdict}: {sale.receipt_number} of {sale.store_id} charged {sale.totals.total_amount},"
            f" promotions make it {self.total_amount}"
        )
        for price in self.prices:
            yield f"{price.sku_id}: list price {price.sold_at_price}, the book has {price.by_book or 'none'}"
        names = {line.line_item_id: line.sku_id for line in sale.lines}
        for line in self.promotions:
            sold, by_rules = _said(line.sold), _said(line.by_rules)
            yield f"{names[line.line_item_id]}: sold with {sold}, the rules give {by_rules}"


def replay_sale(tx: Connection, transaction_id: UUID) -> SaleReplay:
    """The sale rung up again with the promotions and prices that stood at its moment.

    Lines keep the price they were sold at; whether that was the book's is told by itself. Raises
    `SaleNotReplayable`.
    """
    c = transactions.c
    place = tx.execute(select(c.pipe, c.position).where(c.id == transaction_id)).one_or_none()
    calendar = chain_calendar(tx)
    found = posted_after(tx, place.pipe, place.position - 1, count_max=1) if place is not None else []
    try:
        fact = read_posted(found[0], calendar) if found else None
    except NotApplicable:
        fact = None  # booked because a person decided so, in other words than its own
    if not isinstance(fact, SaleRecorded):
        raise SaleNotReplayable(transaction_id=str(transaction_id))
    replay = replayed(fact, promotions_as_of(tx, fact.sold_at), calendar)
    return SaleReplay(fact, replay.totals.total_amount, tuple(_prices(tx, fact)), replay.differences)


def _prices(tx: Connection, sale: SaleRecorded) -> Iterator[PriceDifference]:
    held = held_prices(tx, [line.sku_id for line in sale.lines])
    for line in sale.lines:
        try:
            known = held.get(line.sku_id, ())
            amount: int | None = price_of(known, line.sku_id, sale.store_id, sale.sold_at).amount
        except NoPrice:
            amount = None
        if amount != line.list_price:
            yield PriceDifference(line.line_item_id, line.sku_id, line.list_price, amount)


def _said(promotions: tuple[AppliedPromotion, ...]) -> str:
    return ", ".join(f"{each.promo_id} (-{each.discount_amount})" for each in promotions) or "none"
