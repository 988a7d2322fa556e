"""What the people at the counter saw, outside all databases: one append-only file a till.

Every line is on the disk before the next deed. A sale is *asked* for before its money is taken, and
*shown* once its receipt is on the screen; any other *deed* (a refund, a void, a shift, cash in or out) is
written down when the screen says that it is done. A till that is killed between its commit and the receipt
looks into its journal at its next start, as a cashier would, and what it finds there is *found*.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.chaos.deeds import Deed


@dataclass(frozen=True)
class Sale:
    """A sale as any of the books has it; `tenders` by method and `goods` by SKU in minor units, pieces."""

    sale_id: str
    origin: str
    number: int
    total: int
    tenders: Mapping[str, int]
    goods: Mapping[str, int]

    def to_body(self) -> dict[str, Any]:
        """JSON types only."""
        return {**vars(self), "tenders": dict(self.tenders), "goods": dict(self.goods)}


class Witness:
    """Writes one till's file; a new process goes on in the same one."""

    def __init__(self, file: Path) -> None:
        cut_off = file.exists() and not file.read_bytes().endswith(b"\n") and file.stat().st_size > 0
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if cut_off:  # the line of a process that was killed while it wrote
            os.write(self._descriptor, b"\n")

    def say(self, kind: str, **more: Any) -> None:
        """Add a line; it is on the disk when this returns."""
        line = json.dumps({"kind": kind, "at": time.monotonic(), **more})
        os.write(self._descriptor, f"{line}\n".encode())
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


@dataclass
class Record:
    """What one or more files say. `asked`: total by sale; `moments`: when each till showed a receipt."""

    asked: dict[str, int] = field(default_factory=dict)
    shown: list[Sale] = field(default_factory=list)
    found: list[Sale] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    moments: dict[str, list[float]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def final(self) -> list[Sale]:
        """Every sale that was final at a till."""
        return [*self.shown, *self.found]

    @property
    def unfinished(self) -> dict[str, int]:
        """Sales that were asked for and never came to their end."""
        done = {sale.sale_id for sale in self.final}
        return {sale_id: total for sale_id, total in self.asked.items() if sale_id not in done}

    def heads(self) -> dict[str, int]:
        """The highest number each till has shown."""
        heads: dict[str, int] = {}
        for sale in self.final:
            heads[sale.origin] = max(heads.get(sale.origin, 0), sale.number)
        return heads

    def sold_since(self, origin: str, moment: float) -> int:
        """How many receipts the till has shown since."""
        return sum(1 for at in self.moments.get(origin, []) if at >= moment)

    def hear(self, line: bytes) -> None:
        """Take in a line."""
        try:
            word = json.loads(line)
        except ValueError:
            return  # cut off by a kill; what it was about is asked for, or found at the next start
        match word["kind"]:
            case "asked":
                self.asked[word["sale_id"]] = word["total"]
            case "shown" | "found" as kind:
                sale = Sale(**word["sale"])
                (self.shown if kind == "shown" else self.found).append(sale)
                self.moments.setdefault(sale.origin, []).append(word["at"])
            case "deed":
                self.deeds.append(Deed(**word["deed"]))
            case "refused":
                self.refused[word["code"]] += 1


class Ears:
    """Follows files that are still being written; `record` is what they have said so far."""

    def __init__(self) -> None:
        self.record = Record()
        self._read: dict[Path, int] = {}

    def listen(self, *files: Path) -> Self:
        """Take in the whole lines that are new."""
        for file in files:
            if not file.exists():
                continue
            with file.open("rb") as words:
                words.seek(self._read.get(file, 0))
                text = words.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._read[file] = self._read.get(file, 0) + len(whole)
            for line in whole.splitlines():
                self.record.hear(line)
        return self
