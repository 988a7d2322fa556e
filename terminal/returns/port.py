"""What giving goods back needs of the till's own data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from retail.refund import Later
from terminal.checkout.port import Till as CheckoutTill
from terminal.till.known_sale import Returned
from terminal.till.rules import ChainRules


class Till(Protocol):
    """Every method may refuse with a `Refusal`."""

    @property
    def terminal_id(self) -> str:
        """This till's name."""

    @property
    def store_id(self) -> str:
        """The store it stands in."""

    def rules(self) -> ChainRules:
        """The chain's settings as they are now."""

    def later_of(self, transaction_id: UUID) -> tuple[Later, ...]:
        """What came back of a sale at this till."""

    def record_return(
        self,
        event_id: UUID,
        return_numbered: Callable[[str], Returned],
        about: tuple[str, UUID],
        at: datetime,
    ) -> tuple[Returned, str]:
        """Make a refund or void final in one commit; one that is recorded already comes back as it was."""


class ShelfTill(Till, CheckoutTill, Protocol):
    """The same with the goods of the catalogue, for goods without a receipt."""
