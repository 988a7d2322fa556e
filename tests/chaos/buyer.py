"""Somebody at head office who never stops changing prices, of the chain and of single stores."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping, Sequence

import httpx

PAUSE_SECONDS = 2.0
RETRY_SECONDS = 0.5
TIMEOUT_SECONDS = 5.0


class Buyer(threading.Thread):
    """Price after price until `ask_to_close`. One that has no answer is stated again, from a later moment on:
    what counts at the end is what head office says then, in every book of prices."""

    def __init__(
        self,
        hq_url: str,
        admin: Mapping[str, str],
        skus: Sequence[str],
        store_ids: Sequence[str],
        dice: random.Random,
    ) -> None:
        super().__init__(name="buyer", daemon=True)
        self.stated = 0
        self.complaints: list[str] = []
        self._admin = dict(admin)
        self._skus = skus
        self._wheres = (None, *store_ids)
        self._dice = dice
        self._closing = threading.Event()
        self._http = httpx.Client(base_url=hq_url, timeout=TIMEOUT_SECONDS, trust_env=False)

    def run(self) -> None:
        """State prices."""
        while not self._closing.wait(PAUSE_SECONDS * self._dice.uniform(0.5, 1.5)):
            sku_id, amount = self._dice.choice(self._skus), 500 * self._dice.randint(2, 400)
            body = {"amount": amount, "store_id": self._dice.choice(self._wheres)}
            while not self._stated(sku_id, body) and not self._closing.wait(RETRY_SECONDS):
                pass
        self._http.close()

    def ask_to_close(self) -> None:
        """State no more prices."""
        self._closing.set()

    def _stated(self, sku_id: str, body: Mapping[str, object]) -> bool:
        try:
            if "Authorization" not in self._http.headers:
                signed_in = self._http.post("/v1/auth/token", json=self._admin)
                if signed_in.is_error:
                    return False
                self._http.headers["Authorization"] = f"Bearer {signed_in.json()['token']}"
            answer = self._http.put(f"/v1/prices/{sku_id}", json=body)
        except httpx.TransportError:
            return False
        if answer.status_code == 401:
            del self._http.headers["Authorization"]
        elif 400 <= answer.status_code < 500 and answer.status_code != 429:
            self.complaints.append(f"{answer.status_code} {answer.text[:200]}")
        self.stated += answer.is_success
        return answer.is_success
