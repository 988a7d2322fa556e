"""Uses of vouchers, booked where their sale is.

A till that is cut off takes a voucher that was used elsewhere. Its sale stands; that the voucher was used
too often is worked out from these rows when somebody looks (`hq.reconciliation.queries`).
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, delete, update
from sqlalchemy.dialects.postgresql import insert

from hq.vouchers.tables import voucher_uses
from retail.facts import SaleRecorded

CODE_MAX = 40
PROMO_ID_MAX = 50


def book_uses(tx: Connection, sales: Iterable[tuple[SaleRecorded, str, int]]) -> None:
    """Enter the vouchers of these sales, each with pipe and position of its fact."""
    rows = [
        {
            "code": voucher.code[:CODE_MAX],
            "transaction_id": sale.transaction_id,
            "promo_id": voucher.promo_id[:PROMO_ID_MAX],
            "store_id": sale.store_id,
            "terminal_id": sale.terminal_id,
            "used_at": sale.sold_at,
            "given_back": False,
            "pipe": pipe,
            "position": position,
        }
        for sale, pipe, position in sales
        for voucher in sale.vouchers
    ]
    if rows:
        tx.execute(insert(voucher_uses).on_conflict_do_nothing(), rows)


def give_vouchers_back(tx: Connection, transaction_id: UUID) -> None:
    """The sale is void: its vouchers are as if they had not been used."""
    tx.execute(
        update(voucher_uses).where(voucher_uses.c.transaction_id == transaction_id).values(given_back=True)
    )


def take_vouchers(tx: Connection, transaction_id: UUID) -> None:
    """The void of the sale never was: its vouchers are used."""
    tx.execute(
        update(voucher_uses).where(voucher_uses.c.transaction_id == transaction_id).values(given_back=False)
    )


def forget_uses(tx: Connection, transaction_id: UUID) -> None:
    """The sale never was: it used no voucher."""
    tx.execute(delete(voucher_uses).where(voucher_uses.c.transaction_id == transaction_id))
