"""Stores with their tills, hubs and wires, head office and two Postgres servers: all real, looked after.

The hubs' databases are in the stack's embedded Postgres, head office's in a server of its own, so that
each can die without the other.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import psycopg

from installer.layout import ChainOptions, Layout, store_ids_from
from installer.leash import leash
from installer.leftovers import leftovers
from installer.postgres import Postgres, PostgresWouldNotStart
from installer.provisioning import HeadOffice
from installer.stack import DEMO, Servers, Stack, demo_rows, new_plan
from tests.chaos import clocks
from tests.chaos.buyer import Buyer
from tests.chaos.machine import SmallDisk, quiet_ports
from tests.chaos.stockroom import Stockroom
from tests.chaos.till import CLOSING, Seat
from tests.chaos.wire import FAIR, Wire
from tests.chaos.witness import Ears, Record

ROOT = Path(__file__).parents[2]
TICK_SECONDS = 0.05
POSTGRES_PAUSE_SECONDS = 1.0
TILL_PAUSE_SECONDS = 0.3
TILL_MEGABYTES = 24
POSTGRES_MEGABYTES = 400
PRODUCTS = 60


class Till:
    """A till's process, started again whenever it has ended."""

    def __init__(self, seat: Seat, log: Path) -> None:
        self.seat = seat
        self.name = f"{seat.store_id}/{seat.terminal_id}"
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0
        self.ends: Counter[int] = Counter()
        self.log = log
        self._start_again = 0.0

    def look_after(self) -> None:
        """Start it, unless it runs; an end that nobody ordered is counted by its code."""
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            self.ends[code] += 1
            self.process = None
            self._start_again = time.monotonic() + TILL_PAUSE_SECONDS
        if time.monotonic() >= self._start_again:
            self._start()

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int | None:
        """End it in order; its exit code."""
        if self.process is None:
            return None
        self.process.terminate()
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def _start(self) -> None:
        self.starts += 1
        with self.log.open("ab") as words:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.till"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=words,
                stderr=words,
                preexec_fn=leash(signal.SIGKILL),  # noqa: PLW1509 - nothing else runs between fork and exec
            )
        assert self.process.stdin is not None
        # Another customer at each start, or a killed till would sell the same baskets again.
        seat = replace(self.seat, dice=self.seat.dice + self.starts)
        with suppress(BrokenPipeError):
            self.process.stdin.write(seat.to_text().encode())
            self.process.stdin.close()


class ClockedStack(Stack):
    """A stack whose programs have clocks of their own (`clocks`, by the name of the program)."""

    clocks: Mapping[str, clocks.Clock] = {}

    def _run(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        clock = self.clocks.get(name)
        super()._run(name, arguments, {**environment, **(clock.environment if clock else {})})


class World:
    """Everything that runs; all methods are called on one thread, because children end with theirs."""

    def __init__(
        self,
        folder: Path,
        dice: random.Random,
        *,
        stores: int,
        tills: int,
        disks: bool,
        say: Callable[[str], None],
    ) -> None:
        self.dice = dice
        self.layout = Layout(folder / "chain")
        self.control = folder / "control"
        self.control.mkdir(parents=True)
        self.tills: list[Till] = []
        self.rooms: list[Stockroom] = []
        self.buyer: Buyer | None = None
        self.to_hub: dict[str, Wire] = {}
        self.to_hq: dict[str, Wire] = {}
        self.ended: Counter[str] = Counter()
        self.ready: dict[str, Any] = {}
        self.old_disks: list[Path] = []
        self.complaints: list[str] = []
        self.say = say
        self._ears = Ears()
        self._postgres_again = 0.0
        self.hq_postgres = Postgres(folder / "hq_postgres")
        self.till_disk: SmallDisk | None = None
        self.hub_disk: SmallDisk | None = None
        ports = quiet_ports(stores + 1)
        self.plan = new_plan(
            ChainOptions(),
            hq_port=ports[0],
            hub_port=ports[1],
            store_ids=store_ids_from(str(stores)),
            tills=tills,
            demo_catalogue=True,
        )
        if disks:
            self.till_disk = _mounted(
                self.layout.till(self.plan.store_ids[0], f"POS_{tills:02d}"), TILL_MEGABYTES
            )
            self.hub_disk = _mounted(self.layout.postgres, POSTGRES_MEGABYTES)
        self.stack: ClockedStack | None = None
        faketime = clocks.library()
        names = ("hq", *(f"hub_{store_id}" for store_id in self.plan.store_ids))
        self.clocks = (
            {name: clocks.Clock(self.control / f"clock_{name}", faketime) for name in names}
            if faketime
            else {}
        )

    @property
    def running(self) -> Stack:
        """The stack, once it is started."""
        assert self.stack is not None
        return self.stack

    def start(self) -> None:
        """Bring everything up: servers, chain, wires, tills, stockrooms."""
        self.hq_postgres.start()
        self.hq_postgres.create_database("hq")
        stores = iter(self.plan.store_ids)

        def through_wire(port: int) -> int:
            wire = Wire(port, random.Random(self.dice.random()))
            self.to_hq[next(stores)] = wire
            return wire.port

        self.stack = ClockedStack(
            self.layout,
            self.plan,
            catalogue=Path(str(DEMO / "catalogue.csv")),
            servers=Servers(hq_database_url=self.hq_postgres.url("hq")),
            cable=through_wire,
            say=self._heard,
            settings={"STOREHUB_SIMULATED_CAPTURE_SECONDS": "0.3"},
        )
        self.stack.clocks = self.clocks
        self.ready = self.stack.start()
        with self.head_office() as office:
            for store in self.ready["stores"]:
                self._open_store(store, office)
        skus = [sku_id for room in self.rooms for sku_id in room.skus]
        self.buyer = Buyer(
            self.running.hq_url, self.plan.admin, skus, self.plan.store_ids, random.Random(self.dice.random())
        )
        for busy in self.hands:
            busy.start()
        self.look_after()

    @property
    def hands(self) -> list[Stockroom | Buyer]:
        """Who works beside the tills."""
        return [*self.rooms, *([self.buyer] if self.buyer is not None else [])]

    def head_office(self) -> HeadOffice:
        """An administrator's session at head office."""
        admin = self.plan.admin
        return HeadOffice(self.running.hq_url, admin["employee_id"], admin["pin"])

    @property
    def head_office_settings(self) -> dict[str, str]:
        """The environment that head office's program runs with."""
        return self.running._hq_environment()

    def hub_port(self, store_id: str) -> int:
        """Where the hub itself listens."""
        return self.plan.hub_port + self.plan.store_ids.index(store_id)

    def till_log(self, store_id: str, terminal_id: str) -> Path:
        """What a till's process said."""
        return self.layout.log(f"till_{store_id}_{terminal_id}")

    def witness(self, store_id: str, terminal_id: str) -> Path:
        """What a till's cashier saw."""
        return self.control / f"witness_{store_id}_{terminal_id}.jsonl"

    def _open_store(self, store: dict[str, Any], office: HeadOffice) -> None:
        store_id = store["store_id"]
        self.to_hub[store_id] = Wire(self.hub_port(store_id), random.Random(self.dice.random()))
        goods = [
            row
            for row in demo_rows("catalogue.csv")
            if row["unit"] == "piece" and row["age_restricted"] != "true" and len(row["barcode"]) == 13
        ]
        chosen = self.dice.sample(goods, PRODUCTS)
        people = {person["role"]: person for person in store["people"]}
        manager = {**people["manager"], "terminal_id": store["terminals"][0]["terminal_id"]}
        self.rooms.append(
            Stockroom(
                store_id,
                self.running.hub_url(store_id),
                {name: manager[name] for name in ("employee_id", "pin", "terminal_id")},
                [row["sku_id"] for row in chosen],
                self.control / f"stockroom_{store_id}.jsonl",
                random.Random(self.dice.random()),
            )
        )
        for terminal in store["terminals"]:
            terminal_id = terminal["terminal_id"]
            seat = Seat(
                data=str(self.layout.till(store_id, terminal_id)),
                control=str(self.control),
                witness=str(self.witness(store_id, terminal_id)),
                hub_url=f"http://127.0.0.1:{self.to_hub[store_id].port}",
                store_id=store_id,
                terminal_id=terminal_id,
                enrolment_code=terminal["enrolment_code"],
                employee_id=people["cashier"]["employee_id"],
                pin=people["cashier"]["pin"],
                manager_id=people["manager"]["employee_id"],
                barcodes=[row["barcode"] for row in chosen],
                pause_seconds=0.3,
                dice=self.dice.randrange(2**32),
            )
            self.tills.append(Till(seat, self.till_log(store_id, terminal_id)))

    def look_after(self) -> None:
        """What a supervisor does: start again whatever has died."""
        self.running.look_after()
        if not self.hq_postgres.alive() and time.monotonic() >= self._postgres_again:
            try:
                self.hq_postgres.start()
            except PostgresWouldNotStart:
                self._postgres_again = time.monotonic() + POSTGRES_PAUSE_SECONDS
        for till in self.tills:
            till.look_after()

    def live(self, seconds: float, again: Callable[[], None] | None = None) -> None:
        """Let time pass; `again` is done all the while."""
        self.live_until(lambda: False, seconds, again)

    def live_until(
        self, come_true: Callable[[], bool], seconds: float, again: Callable[[], None] | None = None
    ) -> bool:
        """Let time pass until something is so; whether it came to be within the time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if again is not None:
                again()
            self.look_after()
            if come_true():
                return True
            time.sleep(TICK_SECONDS)
        return come_true()

    def record(self) -> Record:
        """What all tills have shown by now."""
        files = [Path(till.seat.witness) for till in self.tills]
        return self._ears.listen(*files).record

    def all_sold_since(self, moment: float, but: frozenset[str] = frozenset()) -> bool:
        """Whether every till (`but` these) has shown a receipt since."""
        heard = self.record()
        return all(till.name in but or heard.sold_since(till.name, moment) for till in self.tills)

    def at_head_office(self, heads: dict[str, int]) -> bool:
        """Whether head office's ledger has come as far as these numbers."""
        try:
            with psycopg.connect(self.hq_postgres.url("hq"), connect_timeout=2) as connection:
                rows = connection.execute("SELECT origin, sequence FROM origins").fetchall()
        except psycopg.Error:
            return False
        known: dict[str, int] = dict(rows)
        return all(known.get(origin, 0) >= number for origin, number in heads.items())

    def kill(self, name: str) -> None:
        """`kill -9` for the process of a program of the stack that runs now, if it runs."""
        with suppress(OSError, ValueError, psutil.NoSuchProcess):
            pid = int(self.layout.pid(name).read_text())
            if psutil.Process(pid).ppid() == os.getpid():
                os.kill(pid, signal.SIGKILL)

    def kill_hq_postgres(self) -> None:
        """`kill -9` for head office's Postgres."""
        if self.hq_postgres.alive() and self.hq_postgres.pid is not None:
            os.kill(self.hq_postgres.pid, signal.SIGKILL)

    def power_cut(self) -> None:
        """Everything is dead at once, the servers' children too."""
        for till in self.tills:
            till.kill()
        for store_id in self.plan.store_ids:
            self.kill(f"hub_{store_id}")
        self.kill("hq")
        for home in (self.layout.postgres, self.hq_postgres_home):
            for pid in leftovers(home / "data"):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    @property
    def hq_postgres_home(self) -> Path:
        """Where head office's cluster is."""
        return self.layout.data.parent / "hq_postgres"

    def close_shop(self) -> None:
        """No more faults, no more customers: tills only send from now on."""
        for wire in (*self.to_hq.values(), *self.to_hub.values()):
            wire.be(FAIR)
        (self.control / CLOSING).touch()
        for busy in self.hands:
            busy.ask_to_close()

    def stop(self) -> list[str]:
        """End everything in order; sentences about what did not go in order."""
        wrong = []
        for busy in self.hands:
            busy.ask_to_close()
        for till in self.tills:
            code = till.stop()
            if code:
                wrong.append(f"till {till.name} ended with {code} when it was asked to stop")
        if self.stack is not None:
            self.stack.stop()
        self.hq_postgres.stop()
        for wire in (*self.to_hq.values(), *self.to_hub.values()):
            wire.close()
        left = psutil.Process().children(recursive=True)
        left += [psutil.Process(pid) for pid in leftovers(self.layout.postgres / "data")]
        wrong += [f"left running: {process.pid} {' '.join(process.cmdline())[:100]}" for process in left]
        for disk in (self.till_disk, self.hub_disk):
            if disk is not None:
                disk.unmount()
        return wrong

    def _heard(self, words: str) -> None:
        """What the stack's supervisor says; ends that nobody ordered are counted by name and code."""
        name, ended, rest = words.partition(" ended (")
        if ended:
            self.ended[f"{name} ({rest.partition(')')[0]})"] += 1
        self.say(words)


def _mounted(folder: Path, megabytes: int) -> SmallDisk | None:
    disk = SmallDisk(folder, megabytes)
    return disk if disk.mount() else None
