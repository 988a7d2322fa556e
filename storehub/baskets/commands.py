"""Keeping the hub's copies of open baskets, and handing a parked one to exactly one till."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from courier import cursor
from retail.refusal import Refusal
from storehub.baskets.tables import baskets
from storehub.database import courier
from storehub.sales.tables import transactions

BASKETS_MAX = 200
FORGOTTEN_AFTER = timedelta(hours=24)
"""A basket nobody has touched for so long holds no stock any more."""

LIFE = "baskets-kept"
"""Cursor: the moment (µs since 1970) since which this hub remembers baskets; 0 for one that never took a lost
one's place. It is no order, only a name: a till that hears another one offers its parked baskets again."""

NOBODY = ""
"""Terminal of a basket as a backup had it: whoever says how it stands now is right."""


class BasketNotParked(Refusal):
    """The basket is not parked (any more): another till took it, or it was paid (`sale_id`)."""

    code = "basket-not-parked"


class BasketElsewhere(Refusal):
    """Another till goes on with this basket (`sale_id`, `terminal_id`)."""

    code = "basket-elsewhere"


class BasketAlreadyPaid(Refusal):
    """The sale of this basket is recorded (`sale_id`)."""

    code = "basket-already-paid"


@dataclass(frozen=True, slots=True)
class KeptBasket:
    """A basket as its till described it; `reserves` are (SKU, pieces or grams) of stock."""

    sale_id: UUID
    terminal_id: str
    cashier_id: str
    parked: bool
    label: str
    line_count: int
    total_amount: int
    reserves: Sequence[tuple[str, int]]
    body: dict[str, Any]
    updated_at: datetime

    def to_body(self, *, whole: bool) -> dict[str, Any]:
        """JSON types only; `whole` with the till's draft."""
        view: dict[str, Any] = {
            "sale_id": str(self.sale_id),
            "terminal_id": self.terminal_id,
            "cashier_id": self.cashier_id,
            "parked": self.parked,
            "label": self.label,
            "line_count": self.line_count,
            "total_amount": self.total_amount,
            "updated_at": self.updated_at.isoformat(),
        }
        return view | {"body": self.body} if whole else view


def begin_life(tx: Connection, at: datetime) -> None:
    """This hub has taken a lost one's place: what it knows of baskets is nothing, or what a backup says."""
    tx.execute(delete(baskets).where(~baskets.c.parked))
    tx.execute(update(baskets).values(terminal_id=NOBODY))
    cursor.move(tx, courier.sync_cursors, LIFE, _micros(at), at)


def life_of(tx: Connection) -> str:
    """Which life of the store's hub this is: what another one knew of baskets, this one may not."""
    return str(cursor.read(tx, courier.sync_cursors, LIFE))


def keep(tx: Connection, basket: KeptBasket) -> None:
    """Put the newest copy in the place of the last one; raises `BasketAlreadyPaid`, and `BasketElsewhere` for
    one that another till has taken: what its first till says late does not bring it back.

    A hub that has taken a lost one's place may hear of a parked basket by the till that parked it before the
    one that took it since: then the counter where it stands is right.
    """
    paid = select(transactions.c.id).where(transactions.c.id == basket.sale_id, _RECORDED)
    if tx.execute(paid).first() is not None:
        raise BasketAlreadyPaid(sale_id=str(basket.sale_id))
    values = {
        "terminal_id": basket.terminal_id,
        "cashier_id": basket.cashier_id,
        "parked": basket.parked,
        "label": basket.label,
        "line_count": basket.line_count,
        "total_amount": basket.total_amount,
        "reserves": [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in basket.reserves],
        "body": basket.body,
        "updated_at": basket.updated_at,
    }
    ours: ColumnElement[bool] = baskets.c.terminal_id.in_((basket.terminal_id, NOBODY))
    since = cursor.read(tx, courier.sync_cursors, LIFE)
    if not basket.parked and since > _micros(basket.updated_at - FORGOTTEN_AFTER):
        ours |= baskets.c.parked
    statement = insert(baskets).values(sale_id=basket.sale_id, **values)
    kept = tx.execute(
        statement.on_conflict_do_update(index_elements=["sale_id"], set_=values, where=ours).returning(
            baskets.c.sale_id
        )
    )
    if kept.first() is None:
        holder = select(baskets.c.terminal_id).where(baskets.c.sale_id == basket.sale_id)
        raise BasketElsewhere(sale_id=str(basket.sale_id), terminal_id=tx.execute(holder).scalar())


def drop(tx: Connection, sale_id: UUID, terminal_id: str) -> None:
    """The basket is gone: emptied, or paid for. One that another till has taken stays."""
    ours = baskets.c.terminal_id.in_((terminal_id, NOBODY))
    tx.execute(delete(baskets).where(baskets.c.sale_id == sale_id, ours))


def take(tx: Connection, sale_id: UUID, *, terminal_id: str, cashier_id: str, at: datetime) -> KeptBasket:
    """Hand a parked basket to this till; of two that ask at once, one gets it, and gets it again when the
    answer was lost.

    Raises `BasketNotParked`.
    """
    row = tx.execute(
        update(baskets)
        .where(
            baskets.c.sale_id == sale_id,
            baskets.c.parked | (baskets.c.terminal_id == terminal_id),
            ~_PAID,
        )
        .values(parked=False, terminal_id=terminal_id, cashier_id=cashier_id, updated_at=at)
        .returning(baskets)
    ).one_or_none()
    if row is None:
        raise BasketNotParked(sale_id=str(sale_id))
    return _basket(row)


def parked(tx: Connection) -> list[KeptBasket]:
    """Parked baskets, the oldest first."""
    wanted = select(baskets).where(baskets.c.parked, ~_PAID)
    return [_basket(row) for row in tx.execute(wanted.order_by(baskets.c.updated_at).limit(BASKETS_MAX))]


def forget(tx: Connection, at: datetime) -> None:
    """Remove copies of baskets that were paid, or that nobody has touched for a day."""
    tx.execute(delete(baskets).where(_PAID | (baskets.c.updated_at < at - FORGOTTEN_AFTER)))


def _micros(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)


def _basket(row: Row[Any]) -> KeptBasket:
    return KeptBasket(
        sale_id=row.sale_id,
        terminal_id=row.terminal_id,
        cashier_id=row.cashier_id,
        parked=row.parked,
        label=row.label,
        line_count=row.line_count,
        total_amount=row.total_amount,
        reserves=[(each["sku_id"], each["quantity"]) for each in row.reserves],
        body=row.body,
        updated_at=row.updated_at,
    )


_RECORDED = transactions.c.completed_at.is_not(None)
_PAID = exists().where(transactions.c.id == baskets.c.sale_id, _RECORDED)
