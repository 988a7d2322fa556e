"""What finding past sales needs: the till's own journal, and the hub for everybody else's."""

from __future__ import annotations

from datetime import date
from typing import Protocol
from uuid import UUID

from retail.receipt import Receipt
from retail.refund import Later
from terminal.till.known_sale import KnownSale, Papers, SaleInShort
from terminal.till.rules import ChainRules


class Till(Protocol):
    """The till's own data. Every method may refuse with a `Refusal`."""

    @property
    def terminal_id(self) -> str:
        """This till's name."""

    def rules(self) -> ChainRules:
        """The chain's settings as they are now."""

    def sales_of_day(self, day: date, count_max: int) -> list[SaleInShort]:
        """The newest sales of this till on this business day, the newest first."""

    def sale_numbered(self, receipt_number: str) -> KnownSale | None:
        """The sale of this till with this number, also by the number of a slip about it."""

    def past_sale(self, transaction_id: UUID) -> KnownSale | None:
        """The sale of this till with this id."""

    def hub_has(self, transaction_id: UUID) -> bool:
        """Whether the hub has had this sale of this till."""

    def later_of(self, transaction_id: UUID) -> tuple[Later, ...]:
        """What came back of a sale at this till, whoever sold it."""

    def receipt(self, known: KnownSale) -> Receipt:
        """The receipt of a recorded sale."""


class HubSales(Protocol):
    """The hub; every method may raise `Outage` or `Refusal`, and is called off the desk's thread."""

    def sales_found(
        self, *, receipt_number: str | None = None, sequence: int | None = None
    ) -> list[SaleInShort]:
        """Sales of the whole store: with this number, with these figures at its end, or today's newest."""

    def sale_told(self, transaction_id: UUID) -> KnownSale:
        """A sale and what came back of it as far as the hub has heard; raises `SaleNotFound`."""


class HubPapers(Protocol):
    """Receipts on paper at the hub; may raise `Outage` or `Refusal`, called off the desk's thread."""

    def print_receipt(self, transaction_id: UUID, employee_id: str) -> None:
        """Ask for the receipt on paper; raises `SaleNotFound` for a sale that has not come yet."""

    def papers(self, transaction_id: UUID) -> Papers:
        """What became of the papers of a sale; raises `SaleNotFound` likewise."""
