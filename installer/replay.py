"""What a replay agrees on with its tills: who sits where, who sells what, and how fast."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass

from installer.baskets import RecordedBasket


@dataclass(frozen=True)
class Seat:
    """What one till process is told on its standard input; holds a PIN, so never on a command line."""

    data: str
    hub_url: str
    store_id: str
    terminal_id: str
    enrolment_code: str
    employee_id: str
    pin: str
    baskets: str
    timezone: str
    shard: int
    shards: int
    speed: float | None
    sold_before: list[str]
    """What tills of the store have sold of these baskets before this replay began."""

    def to_text(self) -> str:
        """As it goes into the process."""
        return json.dumps(vars(self))


def speed_from(text: str) -> float | None:
    """`max` is as fast as the tills can (None), a number is times real time; raises ValueError."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise ValueError(f"--speed takes max or a number above 0 (60: an hour in a minute), not {text}")
    return speed


def shard_of(basket: RecordedBasket, shards: int) -> int:
    """Which till sells the basket: the same one whenever the same number of tills is used."""
    return zlib.crc32(basket.basket_id.encode()) % shards
