"""Receipts and slips of what is recorded here, as data."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from retail.receipt import Receipt, receipt_of
from retail.refusal import Refusal
from retail.slip import Slip, refund_slip, void_slip
from storehub.catalog.queries import chain_rules, store_card
from storehub.members.queries import member_of
from storehub.sales.queries import recorded_sale
from storehub.sales.refunds import refund_of, void_of


class ReceiptNotFound(Refusal):
    """The sale is not paid yet, so it has no receipt; or what the slip is about is not recorded
    (`transaction_id`)."""

    code = "receipt-not-found"


def receipt_now(tx: Connection, transaction_id: UUID) -> tuple[Receipt, str]:
    """The receipt of a recorded sale and the sale's state.

    Raises `TransactionNotFound`, `ReceiptNotFound`.
    """
    recorded = recorded_sale(tx, transaction_id)
    if recorded is None:
        raise ReceiptNotFound(transaction_id=str(transaction_id))
    sale = recorded.sale
    card, calendar = store_card(tx, sale.store_id), chain_rules(tx).calendar
    member = member_of(tx, sale.member_id)
    name = member.name if member else ""
    return receipt_of(sale, card, calendar, recorded.proof, name), recorded.state.value


def refund_slip_now(tx: Connection, refund_id: UUID) -> Slip:
    """The slip of a refund; raises `ReceiptNotFound`."""
    fact = refund_of(tx, refund_id)
    if fact is None:
        raise ReceiptNotFound(refund_id=str(refund_id))
    recorded = recorded_sale(tx, fact.transaction_id) if fact.transaction_id else None
    card, calendar = store_card(tx, fact.store_id), chain_rules(tx).calendar
    return refund_slip(fact, recorded.sale if recorded else None, card, calendar)


def void_slip_now(tx: Connection, transaction_id: UUID) -> Slip:
    """The slip of a void; raises `TransactionNotFound`, `ReceiptNotFound`."""
    recorded, fact = recorded_sale(tx, transaction_id), void_of(tx, transaction_id)
    if recorded is None or fact is None:
        raise ReceiptNotFound(transaction_id=str(transaction_id))
    card, calendar = store_card(tx, recorded.sale.store_id), chain_rules(tx).calendar
    return void_slip(fact, recorded.sale, card, calendar)
