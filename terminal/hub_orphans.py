"""The till's words with its hub about money that belongs to no sale."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from courier.outage import Outage, Rejected
from terminal.till.orphan_money import OrphanMoney


class OrphansAtHub(ABC):
    """See `terminal.payment.port.HubOrphans`."""

    @abstractmethod
    def entitled(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer to this till's own token; raises `Outage`, `Rejected`."""

    def orphan_money(self) -> list[OrphanMoney]:
        """Money that came and belongs to no sale, the oldest first."""
        try:
            answer = self.entitled("GET", "/api/v1/payments/orphans")
            return [_read(row) for row in answer["payments"]]
        except Rejected as rejected:
            raise Outage("server-error", rejected.code) from rejected
        except (KeyError, TypeError, ValueError) as broken:
            raise Outage("not-understood", repr(broken)) from broken

    def settle_orphan(self, payment_id: UUID, *, settled_by: str, approved_by: str | None, word: str) -> None:
        """Take it off the list, with a word about what was done."""
        body = {"settled_by": settled_by, "approved_by": approved_by, "word": word}
        try:
            self.entitled("POST", f"/api/v1/payments/{payment_id}/settle", body)
        except Rejected as rejected:
            raise Outage("server-error", rejected.code) from rejected


def _read(row: Mapping[str, Any]) -> OrphanMoney:
    return OrphanMoney(
        UUID(row["payment_id"]),
        UUID(row["transaction_id"]),
        str(row["terminal_id"]),
        str(row["payment_method"]),
        int(row["amount"]),
        datetime.fromisoformat(row["captured_at"]),
        row.get("receipt_number"),
    )
