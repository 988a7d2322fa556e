"""What every door of the hub works with, put together once in `storehub.bootstrap`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from fastapi import Request
from sqlalchemy import Connection, Engine

from courier.stream import Pokes
from retail.basket import ring_up
from retail.promotion_book import Occasion
from storehub.api.announced import Announced
from storehub.api.gate import Gate
from storehub.api.metrics import Metrics
from storehub.api.tokens import Mint
from storehub.catalog.promotionbook import Promotions
from storehub.catalog.queries import chain_rules
from storehub.catalog.rules import ChainRules
from storehub.gateways.port import Gateway
from storehub.printers.condition import Condition
from storehub.receipts.printing import Printing
from storehub.sales.queries import OpenSale, RingUp


class HeadOfficeLink(Protocol):
    """What the hub can say about its way to head office."""

    @property
    def skew_seconds(self) -> float | None:
        """How far head office's clock is ahead of ours; None: not known."""

    def to_body(self) -> dict[str, object]:
        """State, since when, when last heard; JSON types only."""

    def tell_enrolments(self) -> None:
        """Tell head office of tills that were enrolled since it was told last; when it is away, next time."""

    def try_now(self) -> None:
        """End every wait for head office."""


@dataclass(frozen=True, slots=True)
class Hub:
    """The hub's parts. `printer`: name of the store's printer, None when it has none; `announced`: what the
    tills say of themselves; `backups`: how old the newest one is.

    `wake_printer` makes the print queue look at once, `mended` ends its waits as well; `condition` is how the
    printer is, None when the store has none.
    """

    store_id: str
    engine: Engine
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    new_secret: Callable[[], str]
    mint: Mint
    gate: Gate
    gateway: Gateway
    pokes: Pokes
    metrics: Metrics
    link: HeadOfficeLink
    promotions: Promotions
    printing: Printing
    receipt_language: str = "vi"
    announced: Announced = field(default_factory=Announced)
    printer: str | None = None
    backups: Callable[[], dict[str, Any]] = field(default=dict)
    wake_printer: Callable[[], None] = field(default=lambda: None)
    mended: Callable[[], None] = field(default=lambda: None)
    condition: Callable[[], Condition | None] = field(default=lambda: None)

    def rules(self, tx: Connection) -> ChainRules:
        """The chain's settings as they stand."""
        return chain_rules(tx)

    def ring_up(self, tx: Connection, at: datetime, sale: OpenSale) -> RingUp:
        """How a basket is rung up here and now for the customer of this sale."""
        book = self.promotions.book
        occasion = Occasion(
            at,
            self.store_id,
            self.rules(tx).calendar,
            is_member=sale.member_id is not None,
            vouchers=frozenset(voucher.promo_id for voucher in sale.vouchers),
        )
        return lambda basket: ring_up(basket, book, occasion)


def the_hub(request: Request) -> Hub:
    """The hub of this app."""
    hub: Hub = request.app.state.hub
    return hub


async def hub_of(request: Request) -> Hub:
    """The same as a dependency; in the event loop, as there is nothing to wait for."""
    return the_hub(request)
