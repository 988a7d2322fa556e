"""A delivery of everything the demo chain sells, so that its store does not sell from empty shelves."""

from __future__ import annotations

import threading
from typing import Self

import httpx
import structlog

from installer.agreement import session
from installer.stack import demo_rows

log = structlog.get_logger("installer.delivery")

PIECES, GRAMS = 200, 200_000
PATIENCE_SECONDS = 30.0


class Delivery:
    """Books the goods at the hub one after the other, beside whatever else goes on, until it is left."""

    def __init__(self, hub_url: str, who: dict[str, str]) -> None:
        """`who` signs for it: `employee_id`, `pin` and `terminal_id` of somebody who may adjust stock."""
        self._hub_url = hub_url
        self._who = {name: who[name] for name in ("employee_id", "pin", "terminal_id")}
        self._left = threading.Event()
        self._porter = threading.Thread(target=self._carry, name="delivery", daemon=True)

    def __enter__(self) -> Self:
        self._porter.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._porter.join()

    def _carry(self) -> None:
        quantities = {
            row["sku_id"]: GRAMS if row["unit"] == "gram" else PIECES
            for row in demo_rows("catalogue.csv")
            if not row["pack_of"]
        }
        try:
            headers = session(self._hub_url, "/api/v1/auth/login", self._who)
            with httpx.Client(base_url=self._hub_url, headers=headers, timeout=PATIENCE_SECONDS) as hub:
                for sku_id, quantity in quantities.items():
                    if self._left.is_set():
                        return
                    _book(hub, sku_id, quantity)
        except httpx.HTTPError as failed:
            # The till only warns of goods that the books do not have.
            log.warning("the delivery was not booked to its end", reason=str(failed))


def _book(hub: httpx.Client, sku_id: str, quantity: int) -> None:
    body = {
        "sku_id": sku_id,
        "quantity_delta": quantity,
        "adjustment_type": "RECEIVING",
        "reason": "delivery",
    }
    headers = {"Idempotency-Key": f"demo-delivery-{sku_id}"}
    hub.post("/api/v1/inventory/adjustments", json=body, headers=headers).raise_for_status()
