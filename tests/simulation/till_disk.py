"""A till's files, and its journal and catalogue on them with the world looking on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Engine, event

from retail.facts import Fact, SaleRecorded
from terminal.till.catalogue import Catalogue
from terminal.till.journal import Journal
from terminal.till.seal import KEY_BYTES, PeopleSeal

if TYPE_CHECKING:
    from tests.simulation.till import TillBox

JOURNAL, CATALOGUE = "journal.sqlite", "catalogue.sqlite"
SEAL = PeopleSeal(bytes(KEY_BYTES), bytes)
"""Of no secret and no chance: nobody reads these tills' disks."""


class TillDisk:
    """A till's files. Engines outlive the till's lives, because what they have compiled is dear."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.before_commit: Callable[[], None] = lambda: None
        self._engines: dict[str, Engine] = {}

    def engine(self, name: str, make: Callable[[], Engine]) -> Engine:
        """The engine on this file, made when first asked for."""
        if name not in self._engines:
            self._engines[name] = make()
            event.listen(self._engines[name], "commit", lambda _connection: self.before_commit())
        return self._engines[name]

    def release(self) -> None:
        """Close every connection of the engines."""
        for engine in self._engines.values():
            engine.dispose()

    def image(self) -> dict[str, bytes]:
        """The files of a till that is off."""
        for name in (JOURNAL, CATALOGUE):
            connection = sqlite3.connect(self.home / name)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
        return {name: (self.home / name).read_bytes() for name in (JOURNAL, CATALOGUE)}

    def put_back(self, image: dict[str, bytes]) -> None:
        """Be what this image is; an empty one is a new disk."""
        for name in (JOURNAL, CATALOGUE):
            for end in ("", "-wal", "-shm"):
                (self.home / f"{name}{end}").unlink(missing_ok=True)
        for name, content in image.items():
            (self.home / name).write_bytes(content)


class WatchedJournal(Journal):
    """The journal, with the world looking on: the power may go before and after a sale's commit."""

    def __init__(self, box: TillBox) -> None:
        self._box = box
        super().__init__(
            box.disk.home / JOURNAL,
            store_id=box.hub.store_id,
            terminal_id=box.terminal_id,
            begins=box.begins,
        )

    def sender_engine(self) -> Engine:
        """The same engine in every life of the till."""
        return self._box.disk.engine(JOURNAL, super().sender_engine)

    def record_sale(
        self, sale_id: UUID, sale_numbered: Callable[[int], SaleRecorded], at: datetime
    ) -> tuple[SaleRecorded, str]:
        """As `Journal.record_sale`; from its return on the sale is true."""
        sale, proof = super().record_sale(sale_id, sale_numbered, at)
        self._made(sale_id, sale)
        return sale, proof

    def record_fact(self, event_id: UUID, *wanted: Any) -> Any:
        """As `Journal.record_fact`; from its return on the fact is true."""
        fact, proof = super().record_fact(event_id, *wanted)
        self._made(event_id, fact)
        return fact, proof

    def _made(self, event_id: UUID, fact: Fact) -> None:
        envelope = self.envelope(event_id)
        assert envelope is not None, "it was committed"
        self._box.world.sealed(self._box.name, envelope, fact)
        self._box.after_commit()

    def _seal(self, *wanted: Any) -> Any:
        sealed = super()._seal(*wanted)
        self._box.before_commit()
        return sealed

    def fill(self, full: bool) -> None:
        """No room for a page more, or room again."""
        pages = self._connection.execute("PRAGMA page_count").fetchone()[0] if full else 1_000_000
        self._connection.execute(f"PRAGMA max_page_count = {pages}")


class WatchedCatalogue(Catalogue):
    """The catalogue, on an engine that outlives it."""

    def __init__(self, box: TillBox) -> None:
        self._box = box
        super().__init__(box.disk.home / CATALOGUE, box.hub.store_id, SEAL)

    def _make(self) -> None:
        """Only where there is no file yet: to look for every table takes longer than all else in a world."""
        if not (self._box.disk.home / CATALOGUE).exists():
            super()._make()

    def follower_engine(self) -> Engine:
        """The same engine in every life of the till."""
        return self._box.disk.engine(CATALOGUE, super().follower_engine)
