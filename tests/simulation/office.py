"""Head office on a simulated disk: ledger, books and feed are production's; the HTTP door is left out."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

import hq
from courier import feed, line
from courier.beginning import Beginning, begin_behind
from courier.chain import announced_in
from courier.feed import Change
from courier.resume import keep_announced
from hq.database import courier, metadata
from hq.ledger.commands import receive
from hq.ledger.queries import next_position, postings
from hq.ledger.restoration import restoration
from hq.reports.projection import BOOKS
from hq.reports.projector import Projector
from hq.stock.queries import all_levels
from tests.simulation.box import Box
from tests.simulation.disk import Disk

if TYPE_CHECKING:
    from tests.simulation.world import World

FACTS_MAX = 5
PROJECT_SECONDS = 300.0
"""The projector's own look at the ledger; the door wakes it as well."""


@cache
def schema() -> None:
    """Know every table of head office."""
    for room in pkgutil.iter_modules(hq.__path__):
        if room.ispkg and (hq_tables := f"hq.{room.name}.tables") and _exists(hq_tables):
            importlib.import_module(hq_tables)


def _exists(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def new_disk() -> Disk:
    """An empty database of head office."""
    schema()
    return Disk(metadata)


class Office(Box):
    """Head office's program."""

    def __init__(self, world: World, disk: Disk) -> None:
        super().__init__(world, "HQ")
        self.disk = disk
        self.announced: dict[str, str] = {}
        self.projector: Projector | None = None

    def boot(self) -> None:
        """Serve, and keep the books level with the ledger."""
        self.disk.before_commit = self.before_commit
        self.projector = Projector(self.disk.engine, self.clock)
        self.every(PROJECT_SECONDS, self.project)
        self.world.time.after(0.1, self.project)

    def die(self) -> None:
        """Whatever was not committed is gone with the connection."""
        self.projector = None
        self.announced.clear()

    def take(self, store_id: str, body: Any) -> dict[str, Any]:
        """`POST /v1/ingestion/events`."""
        with self.disk.engine.begin() as tx:
            verdict = receive(tx, store_id, store_id, body["from_position"], body["events"], self.clock())
        self.world.acknowledged(self.name, store_id, verdict.next_position)
        life = self.lives
        self.world.time.after(0.05, lambda: self.project() if self.up and life == self.lives else None)
        return verdict.to_body()

    def heard(self, store_id: str, value: str) -> None:
        """Keep how far a hub says its own chain is, once for every number it says."""
        head = announced_in(value, store_id)
        if head is not None and self.announced.get(store_id) != value:
            with self.disk.engine.begin() as tx:
                keep_announced(tx, courier, head, self.clock())
            self.announced[store_id] = value

    def begin(self, store_id: str, body: Any) -> dict[str, Any]:
        """`POST /v1/ingestion/begin`."""
        beginning = Beginning.from_body(body)
        with self.disk.engine.begin() as tx:
            begin_behind(tx, courier, pipe=store_id, beginning=beginning, at=self.clock())
        self.world.note(f"{self.name} goes on with {store_id} at {beginning.position}")
        return self.position(store_id)

    def restoration(self, store_id: str) -> dict[str, Any]:
        """`GET /v1/stores/{id}/restoration`."""
        self.project()
        with self.disk.engine.connect() as tx:
            return restoration(tx, store_id, BOOKS, all_levels(tx, store_id))

    def facts(self, store_id: str, body: Any) -> dict[str, Any]:
        """`GET /v1/stores/{id}/facts`, a few at a time."""
        with self.disk.engine.connect() as tx:
            found = postings(tx, store_id, body["after"], FACTS_MAX, FACTS_MAX * 10_000)
        return {
            "facts": [{"position": fact.position, "envelope": orjson.loads(fact.envelope)} for fact in found]
        }

    def position(self, store_id: str) -> dict[str, Any]:
        """`GET /v1/ingestion/cursor`."""
        with self.disk.engine.connect() as tx:
            return {"next_position": next_position(tx, store_id)}

    def news(self, store_id: str, body: Any) -> dict[str, Any]:
        """`GET /v1/news`: a store that is ahead has news of a future that was lost with a restore."""
        with self.disk.engine.connect() as tx:
            ahead = body["after"] > feed.version_now(tx, courier)
        if ahead:
            with self.disk.engine.begin() as tx:
                line.lift(tx, courier, self.clock(), heard=body["after"])
        with self.disk.engine.connect() as tx:
            return feed.page(tx, courier, body["after"], store_id).to_body()

    def project(self) -> None:
        """One round of the projector."""
        if self.projector is not None:
            self.projector.round()

    def publish(self, changes: Sequence[Change]) -> int:
        """Publish changes that belong together, and poke."""
        with self.disk.engine.begin() as tx:
            version = feed.publish(tx, courier, changes, self.clock())
        self.poke()
        return version

    def poke(self) -> None:
        """Tell every store that there is news."""
        for hub in self.world.hubs:
            self.world.network.poke(hub.link, hub.poked)

    def restore(self, image: bytes) -> None:
        """Come back from a backup: the line of news goes on above whatever was given out since."""
        self.disks += 1
        self.disk.put_back(image)
        with self.disk.engine.begin() as tx:
            line.lift(tx, courier, self.clock())
