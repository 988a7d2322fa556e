"""What the desk of past sales shows."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.notice import Notice
from terminal.returns.desk import ReturnDesk
from terminal.till.known_sale import KnownSale, SaleInShort, Told


@dataclass(frozen=True, slots=True)
class SalesState:
    """`rows` are today's sales or what was looked for, the newest first; `whole_store`: of every till.

    `opened`: one sale is looked at, `told` says how far the hub has been heard about it, and `returning` is
    the desk to give it back at. `busy`: the hub is being asked for the list or for another till's sale.
    """

    rows: tuple[SaleInShort, ...] = ()
    whole_store: bool = False
    busy: bool = False
    opened: KnownSale | None = None
    told: Told = Told.ASKING
    returning: ReturnDesk | None = None
    notice: Notice | None = None
