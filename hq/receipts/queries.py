"""A customer's receipt, found by the token on it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, select

from courier.envelope import opened_text
from hq.ledger.tables import ledger
from hq.reports.refunds import refunded_amount
from hq.reports.tables import transactions
from hq.stores.queries import chain_calendar, store_row
from retail.facts import SaleRecorded
from retail.receipt import Receipt, StoreCard, receipt_of
from retail.receipt_link import read_token, token_of
from retail.sale import SaleState

EXPECTED_FOR = timedelta(days=7)
"""So long after it was sold a receipt may still be on its way: a store can be cut off for days."""
AHEAD_AT_MOST = timedelta(days=1)
"""A till's clock may be wrong by so much."""


@dataclass(frozen=True, slots=True)
class FoundReceipt:
    """A receipt, and what happened to its sale since: void, or this much (minor units) given back."""

    receipt: Receipt
    is_void: bool
    given_back: int


def receipt_with(tx: Connection, token: str) -> FoundReceipt | None:
    """The receipt that the token is for; None when there is none here (yet), or the proof is wrong."""
    sale_id = read_token(token)
    if sale_id is None:
        return None
    t = transactions.c
    row = tx.execute(select(t.pipe, t.position, t.status).where(t.id == sale_id).limit(1)).one_or_none()
    if row is None:
        return None
    sealed = tx.execute(
        select(ledger.c.envelope).where(ledger.c.pipe == row.pipe, ledger.c.position == row.position)
    ).scalar_one_or_none()
    if sealed is None:
        return None
    envelope = opened_text(sealed)
    if not hmac.compare_digest(token_of(sale_id, envelope.hash), token):
        return None
    sale = SaleRecorded.from_body(envelope.payload)
    store = store_row(tx, sale.store_id)
    card = StoreCard.from_body(dict(store) if store is not None else {"store_id": sale.store_id})
    receipt = receipt_of(sale, card, chain_calendar(tx), envelope.hash)
    return FoundReceipt(receipt, row.status == SaleState.VOID.value, refunded_amount(tx, sale_id))


def may_still_come(token: str, at: datetime) -> bool:
    """Whether a token that leads nowhere looks like that of a sale just made; it tells nothing about which
    sales there are."""
    sale_id = read_token(token)
    if sale_id is None or sale_id.version != 7:
        return False
    age = at - _made_at(sale_id, at)
    return -AHEAD_AT_MOST < age < EXPECTED_FOR


def _made_at(sale_id: UUID, at: datetime) -> datetime:
    """The moment in a UUIDv7 (RFC 9562, 5.7)."""
    milliseconds = sale_id.int >> 80
    try:
        return datetime.fromtimestamp(milliseconds / 1000, at.tzinfo)
    except (ValueError, OverflowError, OSError):
        return datetime.min.replace(tzinfo=at.tzinfo)
