"""What the hub tells a till of recorded sales, and does for it: finding, refunds so far, paper."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from courier.outage import Outage, Rejected
from retail.facts import SaleRecorded
from terminal.till.known_sale import (
    HubSaysNo,
    KnownSale,
    Papers,
    PaperState,
    SaleInShort,
    SaleNotFound,
    later_facts,
)

SALES = "/api/v1/transactions"
RECEIPTS = "/api/v1/receipts"
NOT_THERE = frozenset({"transaction-not-found", "receipt-not-found"})
VOID = "VOID"


class SalesAtHub(ABC):
    """Calls raise `Outage`, `SaleNotFound`, or `HubSaysNo` where the hub says no."""

    @abstractmethod
    def entitled(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer to this till's own token; raises `Outage`, `Rejected`."""

    def sales_found(
        self, *, receipt_number: str | None = None, sequence: int | None = None
    ) -> list[SaleInShort]:
        """Sales of the whole store: with this number, with these figures at its end, or today's newest."""
        wanted = f"?receipt_number={quote(receipt_number, safe='')}" if receipt_number else ""
        wanted = f"?sequence={sequence}" if sequence is not None else wanted
        body = self._of_sale("GET", f"{SALES}{wanted}", receipt_number or str(sequence or ""))
        with understood():
            return [_in_short(row) for row in body["transactions"]]

    def sale_told(self, transaction_id: UUID) -> KnownSale:
        """A sale as it was sealed, and what came back of it as far as the hub has heard."""
        body = self._of_sale("GET", f"{SALES}/{transaction_id}/facts", "")
        with understood():
            later = [(fact["event_type"], fact["body"]) for fact in body["later"]]
            return KnownSale(SaleRecorded.from_body(body["sale"]), later_facts(later), body["proof"])

    def print_receipt(self, transaction_id: UUID, employee_id: str) -> None:
        """Ask for the receipt on paper; the hub knows whether it is the first one."""
        self._of_sale("POST", f"{RECEIPTS}/{transaction_id}/print", "", {"employee_id": employee_id})

    def papers(self, transaction_id: UUID) -> Papers:
        """What became of the papers of a sale."""
        body = self._of_sale("GET", f"{RECEIPTS}/{transaction_id}/papers", "")
        with understood():
            newest = body["papers"][-1] if body["papers"] else None
            return Papers(_paper_state(newest), body["printer"] is not None)

    def _of_sale(
        self, method: str, path: str, receipt_number: str, body: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return self.entitled(method, path, body)
        except Rejected as rejected:
            if rejected.code in NOT_THERE:
                raise SaleNotFound(receipt_number=receipt_number) from rejected
            raise HubSaysNo(reason=rejected.code) from rejected


class understood:  # noqa: N801 - used as a word of the language
    """Whoever answers something else than our hub would is as good as no hub."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> None:
        if isinstance(problem, KeyError | TypeError | ValueError | AttributeError):
            raise Outage("not-understood", repr(problem)) from problem


def _in_short(row: Mapping[str, Any]) -> SaleInShort:
    void = row["status"] == VOID
    return SaleInShort(
        UUID(row["transaction_id"]),
        row["receipt_number"],
        row["terminal_id"],
        row["cashier_id"],
        datetime.fromisoformat(row["sold_at"]),
        int(row["total_amount"]),
        int(row["total_amount"] if void else row["refunded_amount"]),
        void,
    )


def _paper_state(newest: Mapping[str, Any] | None) -> PaperState:
    if newest is None:
        return PaperState.NONE
    if newest["status"] == "PRINTED":
        return PaperState.PRINTED
    return PaperState.IN_TROUBLE if newest["last_error"] else PaperState.COMING
