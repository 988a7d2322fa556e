"""The till's words with its hub about open and parked baskets, and the stock that is left."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from courier.outage import Outage, Rejected
from retail.refusal import Refusal
from terminal.till.basket_copy import BasketCopy, BasketElsewhere, BasketNotParked


class BasketWords(ABC):
    """See `terminal.checkout.port.HubBaskets`."""

    life: str = ""

    @abstractmethod
    def entitled(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer to this till's own token; raises `Outage`, `Rejected`."""

    def keep_basket(self, copy: BasketCopy) -> Mapping[str, int]:
        """The basket is this now; raises `BasketElsewhere`."""
        body = {
            "cashier_id": copy.cashier_id,
            "parked": copy.parked,
            "label": copy.label,
            "line_count": copy.line_count,
            "total_amount": copy.total_amount,
            "reserves": [{"sku_id": sku, "quantity": count} for sku, count in copy.reserves.items()],
            "body": copy.body,
        }
        try:
            answer = self.entitled("PUT", f"/api/v1/baskets/{copy.sale_id}", body)
        except Rejected as rejected:
            raise _no(rejected, BasketElsewhere, copy.sale_id) from rejected
        self._hear_life(answer)
        return {str(sku): int(count) for sku, count in _of(answer, "available", dict).items()}

    def drop_basket(self, sale_id: UUID) -> None:
        """The basket is given up, if it still is this till's."""
        try:
            self.entitled("DELETE", f"/api/v1/baskets/{sale_id}")
        except Rejected as rejected:
            raise _no(rejected, BasketElsewhere, sale_id) from rejected

    def take_basket(self, sale_id: UUID, cashier_id: str) -> dict[str, Any]:
        """The draft of a parked basket, which is this till's from now on; raises `BasketNotParked`."""
        try:
            answer = self.entitled("POST", f"/api/v1/baskets/{sale_id}/take", {"cashier_id": cashier_id})
        except Rejected as rejected:
            no = _no(rejected, BasketNotParked, sale_id)
            if isinstance(no, BasketNotParked):
                self.parked_baskets()  # whose no this is: a hub that has forgotten it says so too
            raise no from rejected
        found: dict[str, Any] = _of(answer, "body", dict)
        return found

    def parked_baskets(self) -> list[dict[str, Any]]:
        """The parked baskets of the store, the oldest first."""
        try:
            answer = self.entitled("GET", "/api/v1/baskets")
        except Rejected as rejected:
            raise Outage("server-error", rejected.code) from rejected
        rows: list[dict[str, Any]] = _of(answer, "baskets", list)
        self._hear_life(answer)
        return rows

    def _hear_life(self, answer: Any) -> None:
        self.life = str(answer.get("life", ""))

    def available(self, sku_id: str) -> int:
        """Pieces or grams of a product that stand in nobody's basket."""
        try:
            answer = self.entitled("GET", f"/api/v1/inventory/{quote(sku_id, safe='')}")
        except Rejected as rejected:
            raise Outage("server-error", rejected.code) from rejected
        return int(_of(answer, "available_stock", int))


ALREADY_PAID = "basket-already-paid"


def _no(rejected: Rejected, meant: type[Refusal], sale_id: UUID) -> Exception:
    """What a no of the hub means. Only its very words say that a basket is not ours any more; whatever else
    it does not like is no reason to let go of one."""
    if rejected.code in (meant.code, ALREADY_PAID):
        return meant(sale_id=str(sale_id))
    return Outage("server-error", rejected.code)


def _of(answer: Any, name: str, kind: type) -> Any:
    """A member of an answer; whoever answers something else than our hub would is as good as no hub."""
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, kind):
        raise Outage("not-understood", f"no {name}")
    return found
