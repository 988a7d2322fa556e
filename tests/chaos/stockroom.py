"""Somebody in the stockroom of each store: books goods in through the hub, each delivery once."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from uuid import UUID

import httpx

from tests.chaos.witness import Witness

PAUSE_SECONDS = 1.5
RETRY_SECONDS = 0.5
TIMEOUT_SECONDS = 5.0


class Stockroom(threading.Thread):
    """Delivery after delivery until `close`; one that has no answer is sent again under the same key."""

    def __init__(
        self,
        store_id: str,
        hub_url: str,
        manager: dict[str, str],
        skus: list[str],
        file: Path,
        dice: random.Random,
    ) -> None:
        super().__init__(name="stockroom", daemon=True)
        self.store_id = store_id
        self.complaints: list[str] = []
        self.in_stock: dict[str, int] = {}
        self.manager = manager
        self.skus = skus
        self._dice = dice
        self._closing = threading.Event()
        self._open = threading.Event()
        self._open.set()
        self.is_idle = False
        self._witness = Witness(file)
        self._http = httpx.Client(base_url=hub_url, timeout=TIMEOUT_SECONDS, trust_env=False)

    def run(self) -> None:
        """Book goods in."""
        while not self._closing.wait(PAUSE_SECONDS * self._dice.uniform(0.5, 1.5)):
            if not self._open.is_set():
                self.is_idle = True
                continue
            self.is_idle = False
            key = str(UUID(int=self._dice.getrandbits(128), version=4))
            sku_id, pieces = self._dice.choice(self.skus), self._dice.randint(1, 40)
            while not self._booked(key, sku_id, pieces):
                # What was sent may be booked already: it must be known before the end.
                self._closing.wait(RETRY_SECONDS)
            self.in_stock[sku_id] = self.in_stock.get(sku_id, 0) + pieces
            self._witness.say("delivered", key=key, sku_id=sku_id, pieces=pieces)
        self._http.close()
        self._witness.close()

    def pause(self) -> None:
        """Begin no further delivery; `is_idle` when the one under way is booked."""
        self._open.clear()

    def go_on(self) -> None:
        """Deliveries again."""
        self._open.set()

    def ask_to_close(self) -> None:
        """Finish the delivery under way, then end; `join` it."""
        self._closing.set()

    def _booked(self, key: str, sku_id: str, pieces: int) -> bool:
        body = {
            "sku_id": sku_id,
            "quantity_delta": pieces,
            "adjustment_type": "RECEIVING",
            "reason": "delivery",
        }
        try:
            if "Authorization" not in self._http.headers:
                signed_in = self._http.post("/api/v1/auth/login", json=self.manager)
                if signed_in.status_code >= 300:
                    return False
                self._http.headers["Authorization"] = f"Bearer {signed_in.json()['token']}"
            answer = self._http.post(
                "/api/v1/inventory/adjustments", json=body, headers={"Idempotency-Key": key}
            )
        except httpx.TransportError:
            return False
        if answer.status_code == 401:
            del self._http.headers["Authorization"]
        elif 400 <= answer.status_code < 500 and answer.status_code != 429:
            self.complaints.append(f"{answer.status_code} {answer.text[:200]}")
        return answer.status_code == 201
