"""What the tills say of themselves beside their facts: the head of each one's chain (`courier.resume`).

A request costs a look into a dict; the clockwork writes down what is beyond what has been received.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection
from starlette.types import Scope

from courier.chain import HEAD_HEADER, announced_in
from courier.resume import keep_announced
from storehub.database import courier

_HEADER = HEAD_HEADER.encode()


class Announced:
    """The newest announcement of each till; used by several threads."""

    def __init__(self) -> None:
        self._newest: dict[str, bytes] = {}

    def note(self, origin: str, scope: Scope) -> None:
        """Remember what this request announces of its till's chain, if it does."""
        for name, value in scope["headers"]:
            if name == _HEADER:
                self._newest[origin] = value
                return

    def keep(self, tx: Connection, at: datetime) -> None:
        """Write down what was announced since the last time and has not arrived."""
        newest, self._newest = self._newest, {}
        for origin, value in sorted(newest.items()):
            head = announced_in(value.decode("latin-1"), origin)
            if head is not None:
                keep_announced(tx, courier, head, at)
