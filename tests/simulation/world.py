"""One world: a chain on a stage, a story that happens to it, and what is true in it."""

from __future__ import annotations

import hashlib
import random
import traceback
from collections.abc import Sequence
from functools import partial

import orjson

from courier.envelope import Envelope, opened_text
from retail.facts import Fact
from tests.simulation.box import Box, Tally
from tests.simulation.checks import Broken, violations
from tests.simulation.clock import Time
from tests.simulation.deeds import do
from tests.simulation.hub import HubBox
from tests.simulation.level import settled
from tests.simulation.neighbours import Bank, Paper
from tests.simulation.network import Network, PowerCut
from tests.simulation.office import Office
from tests.simulation.stage import Stage
from tests.simulation.story import Story
from tests.simulation.till import TillBox
from tests.simulation.truth import Made, Truth, readable

SETTLE_SECONDS = 3 * 3600.0
"""Virtual time within which a healed chain must be level: some back-offs and a pull of 15 minutes."""
LOOK_SECONDS = 30.0
EVENTS_MAX = 20_000
DOWN_SECONDS = 20.0


class World:
    """Runs a story on a stage. The same story gives the same world, event for event."""

    def __init__(self, stage: Stage, story: Story) -> None:
        self.story = story
        self.seed = story.seed
        self.time = Time()
        self.network = Network(self)
        self.truth = Truth()
        self.strikes = Tally()
        self.broken: list[Broken] = []
        self.events = 0
        self.came = self.customers = 0
        self._log = hashlib.sha256()
        self._acknowledged: dict[tuple[str, str], int] = {}
        stage.set(story.stores, story.tills)
        self.office = Office(self, stage.office)
        self.hubs: list[HubBox] = []
        self.tills: list[TillBox] = []
        for number in range(story.stores):
            store_id = f"STORE_{number + 1:03d}"
            bank = Bank(self.time, random.Random(f"{self.seed}/bank {number}"))
            hub = HubBox(self, store_id, stage.hubs[number], bank, Paper(self.time))
            self.hubs.append(hub)
            for place in range(story.tills):
                disk = stage.tills[number][place]
                self.tills.append(TillBox(self, hub, f"POS_{place + 1:02d}", disk))

    @property
    def boxes(self) -> Sequence[Box]:
        """Every box of the chain."""
        return (self.office, *self.hubs, *self.tills)

    @property
    def log_hash(self) -> str:
        """The hash of everything that was noted so far."""
        return self._log.hexdigest()

    def run(self) -> list[Broken]:
        """Live the story, heal, settle, and say what is broken (nothing, it is hoped)."""
        for box in self.boxes:
            box.start()
        for deed in self.story.deeds:
            self.time.at(deed.at, partial(do, self, deed))
        self._live(self.story.seconds)
        self._heal()
        end = self.time.seconds + SETTLE_SECONDS
        while not self.broken and self.time.seconds < end:
            self._live(self.time.seconds + LOOK_SECONDS)
            if settled(self):
                break
        if not self.broken:
            self.broken += violations(self)
        for box in self.boxes:
            box.stop()
        return self.broken

    def note(self, event: str) -> None:
        """Note an event; two runs of a story note the same."""
        self._log.update(f"{self.time.seconds:.3f} {event}\n".encode())

    def strike(self, fault: str, where: str) -> None:
        """A fault has struck."""
        self.strikes.add(fault)
        self.note(f"{fault}: {where}")

    def violated(self, rule: str, detail: str) -> None:
        """Something that must always be true is not."""
        self.note(f"violated {rule}: {detail}")
        self.broken.append(Broken(rule, detail))

    def power_cut(self, cut: PowerCut) -> None:
        """A box loses its power and comes back after a while."""
        box = next(box for box in self.boxes if box.name == cut.box)
        box.stop()
        self.time.after(DOWN_SECONDS, box.start_again)

    def altered(self, request: bytes) -> bytes:
        """A request with the cashier of its first sale forged on the way."""
        forged = request.replace(b'"cashier_id":"CASHIER_007"', b'"cashier_id":"CASHIER_013"', 1)
        if forged != request:
            self.truth.altered += 1
        return forged

    def acknowledged(self, box: str, pipe: str, next_position: int) -> None:
        """A receiver is about to say how far it has a pipe: that much must be on its disk."""
        disk = {self.office.name: self.office.disk, **{hub.name: hub.disk for hub in self.hubs}}[box]
        rows = disk.rows("SELECT cursor_value FROM sync_cursors WHERE cursor_name = ?", f"pipe:{pipe}")
        kept = rows[0][0] if rows else 0
        if disk.raw.in_transaction or kept < next_position - 1:
            self.violated("durable before acknowledged", f"{box} has {pipe} to {kept}, says {next_position}")
        self.note(f"{box} has {pipe} to {next_position - 1}")

    def sealed(self, origin: str, envelope: Envelope, fact: Fact | None) -> None:
        """A fact was committed by the box it is from; `None` for what nobody reads here."""
        if not self.truth.seal(origin, envelope.sequence, Made(envelope.hash, fact)):
            self.violated("one number, one fact", f"{origin} {envelope.sequence} was sealed twice")
        self.note(f"{origin} sealed {envelope.sequence} {envelope.hash[:8]}")

    def served(self, till: TillBox, total: int) -> None:
        """A customer has paid and gone."""
        self.customers -= 1
        self.truth.served.setdefault(till.name, []).append(total)
        self.note(f"{till.name} served a customer for {total}")

    def learn(self, hub: HubBox) -> None:
        """Take the hub's own facts (captured payments) from its outbox; nobody else saw them made."""
        rows = hub.disk.rows("SELECT sequence, payload FROM outbox WHERE origin = ?", hub.store_id)
        known = self.truth.made.setdefault(hub.store_id, {})
        for sequence, payload in rows:
            envelope = opened_text(payload)
            known.setdefault(sequence, Made(envelope.hash, readable(envelope)))

    def _live(self, until: float) -> None:
        while (deed := self.time.next_within(until)) is not None:
            self.events += 1
            if self.broken:
                return
            if self.events > EVENTS_MAX:
                self.violated("bounded", f"{EVENTS_MAX} events and no end")
                return
            try:
                deed()
            except PowerCut as cut:
                self.power_cut(cut)
            except Exception as bug:  # noqa: BLE001 - whatever it is, a program of the chain has stumbled
                where = traceback.extract_tb(bug.__traceback__)[-1]
                self.violated("no program crashes", f"{bug!r} in {where.name}")
                return
            for box in self.boxes:
                for stepper in box.steppers:
                    stepper.hurry()

    def _heal(self) -> None:
        """Nothing goes wrong from now on; clocks stay as wrong as they are."""
        for link in self.network.links.values():
            link.heal()
        for till in self.tills:
            till.fill(False)
        for hub in self.hubs:
            hub.fill(False)
            hub.bank.silent_until = hub.printer.off_until = 0.0
            hub.printer.dies_in_receipt = False
        for box in self.boxes:
            box.plug.before_commit = box.plug.after_commit = False
            box.start_again()
        self.note(orjson.dumps(self.strikes.counts, option=orjson.OPT_SORT_KEYS).decode())
