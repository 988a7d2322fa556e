"""Sells recorded baskets through real tills: one process a till, each with its own journal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from tqdm import tqdm

from installer.baskets import read_baskets
from installer.layout import Layout, terminal_ids
from installer.leash import leash
from installer.provisioning import HeadOffice
from installer.replay import Seat
from terminal.bootstrap import JOURNAL_FILE
from terminal.till.journal_files import sold_references

STARTS_MAX = 50
SILENCE_SECONDS = 300.0
RESTART_SECONDS = 0.5


class SellingFailed(Exception):
    """The replay could not come to its end; the message says what stands and what to do."""


@dataclass
class TillProcess:
    """A running till of the replay, started again when it is killed."""

    seat: Seat
    words: SimpleQueue[tuple[TillProcess, dict[str, Any] | None]]
    process: subprocess.Popen[str] | None = None
    starts: int = 0
    done: bool = False
    sold: int = 0
    complaints: list[str] = field(default_factory=list)

    def start(self, log: Path, pid_file: Path) -> None:
        """Start the till; what it reports arrives in `words`, None when it has ended."""
        self.starts += 1
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "installer.till_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                preexec_fn=leash(signal.SIGKILL),  # noqa: PLW1509 - a killed till loses nothing
            )
        assert self.process.stdin is not None
        self.process.stdin.write(self.seat.to_text())
        self.process.stdin.close()
        pid_file.write_text(str(self.process.pid))
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            try:
                self.words.put((self, json.loads(line)))
            except ValueError:
                continue  # a line cut off by a kill
        process.wait()
        self.words.put((self, None))


class Replay:
    """One run of `everopen sell`: `run()` returns its closing line's object."""

    def __init__(
        self, layout: Layout, baskets: Path, *, store_id: str | None, tills: int | None, speed: float | None
    ) -> None:
        self._layout = layout
        self._file = baskets
        self._speed = speed
        ready = layout.read_ready()
        self._ready = ready
        self._zone = ZoneInfo(ready["chain"]["timezone"])
        stores = {store["store_id"]: store for store in ready["stores"]}
        if store_id is not None and store_id not in stores:
            raise ValueError(f"the stack has no store {store_id}; it has {', '.join(stores)}")
        if tills is not None and not 1 <= tills <= 50:
            raise ValueError("--tills takes 1 to 50 tills per store")
        everything = read_baskets(baskets, self._zone)
        wanted = {store_id} if store_id else set(stores)
        self._baskets = [basket for basket in everything if basket.store_id in wanted]
        if len(everything) > len(self._baskets):
            others = sorted({basket.store_id for basket in everything} - wanted)
            print(
                f"{len(everything) - len(self._baskets)} baskets of other stores are left out: "
                f"{', '.join(others[:10])}",
                file=sys.stderr,
            )
        busy = {basket.store_id for basket in self._baskets}
        self._stores = {name: store for name, store in stores.items() if name in busy}
        self._tills = tills
        self._refused: set[int] = set()

    def run(self) -> dict[str, Any]:
        """Sell what is not sold yet, wait until head office has it, and say what stands where."""
        self.sell()
        return self.settle()

    def sell(self) -> None:
        """Sell what is not sold yet; returns when the hubs have it."""
        words: SimpleQueue[tuple[TillProcess, dict[str, Any] | None]] = SimpleQueue()
        tills = [TillProcess(seat, words) for seat in self._seats()]
        before = self._sold_at_tills()["count"]
        with tqdm(
            total=len(self._baskets), initial=before, unit="basket", desc="selling", mininterval=0.5
        ) as bar:
            try:
                for till in tills:
                    self._start(till)
                while not all(till.done for till in tills):
                    self._hear(words, bar)
            finally:
                for till in tills:
                    if till.process is not None and till.process.poll() is None:
                        till.process.terminate()

    def _hear(self, words: SimpleQueue[tuple[TillProcess, dict[str, Any] | None]], bar: Any) -> None:
        try:
            till, word = words.get(timeout=SILENCE_SECONDS)
        except Empty:
            raise SellingFailed(
                f"no till has said anything for {SILENCE_SECONDS:.0f} s. What is sold is kept; "
                f"see {self._layout.log('till')}* and run the same command again"
            ) from None
        if word is None:
            if not till.done:
                self._again(till)
            return
        match word["event"]:
            case "passed":
                bar.update(word["baskets"])
            case "refused":
                if word["line"] not in self._refused:
                    self._refused.add(word["line"])
                    tqdm.write(
                        f"line {word['line']} not sold: {word['code']} {word['detail']}", file=sys.stderr
                    )
            case "waiting":
                bar.set_postfix_str(f"{till.seat.terminal_id} waits for the hub, {word['unsent']} unsent")
            case "failed":
                till.complaints.append(word["why"])
            case "done":
                till.done = True

    def _start(self, till: TillProcess) -> None:
        name = f"till_{till.seat.store_id}_{till.seat.terminal_id}"
        till.start(self._layout.log(name), self._layout.pid(name))

    def _again(self, till: TillProcess) -> None:
        if till.complaints:
            raise SellingFailed(f"{till.seat.store_id} {till.seat.terminal_id}: {till.complaints[-1]}")
        if till.starts >= STARTS_MAX:
            raise SellingFailed(f"{till.seat.store_id} {till.seat.terminal_id} has ended {STARTS_MAX} times")
        assert till.process is not None
        tqdm.write(
            f"{till.seat.terminal_id} ended ({till.process.returncode}); starting it again",
            file=sys.stderr,
        )
        time.sleep(RESTART_SECONDS)
        self._start(till)

    def _seats(self) -> list[Seat]:
        admin = self._ready["hq"]["admin"]
        seats = []
        with HeadOffice(self._ready["hq"]["url"], admin["employee_id"], admin["pin"]) as office:
            for store_id, store in self._stores.items():
                known = {terminal["terminal_id"] for terminal in store["terminals"]}
                names = terminal_ids(self._tills) if self._tills else sorted(known)
                # Overrides of price need a manager's permission, and a replay consists of them.
                managers = [person for person in store["people"] if person["role"] == "manager"]
                sold_before = [reference for reference, _ in self._sold(store_id)]
                for shard, terminal_id in enumerate(names):
                    seats.append(
                        Seat(
                            data=str(self._layout.data),
                            hub_url=store["hub"],
                            store_id=store_id,
                            terminal_id=terminal_id,
                            enrolment_code=office.enrolment_code(store_id, terminal_id),
                            employee_id=managers[shard % len(managers)]["employee_id"],
                            pin=managers[shard % len(managers)]["pin"],
                            baskets=str(self._file.absolute()),
                            timezone=self._zone.key,
                            shard=shard,
                            shards=len(names),
                            speed=self._speed,
                            sold_before=sold_before,
                        )
                    )
        return seats

    def settle(self) -> dict[str, Any]:
        sold = self._sold_at_tills()
        before: dict[str, Any] = {}
        deadline = time.monotonic() + SILENCE_SECONDS
        while True:
            figures = {"hub": self._recorded("hub"), "hq": self._recorded("hq")}
            if figures["hub"] == sold and figures["hq"] == sold:
                break
            if figures != before:
                before, deadline = figures, time.monotonic() + SILENCE_SECONDS
            if time.monotonic() > deadline:
                raise SellingFailed(
                    f"sold {sold}, but the hub has {figures['hub']} and head office {figures['hq']}"
                )
            time.sleep(0.2)
        return {"sold": sold, **figures, "refused_lines": len(self._refused)}

    def _sold_at_tills(self) -> dict[str, int]:
        """Count and total of this file's baskets in the tills' own journals."""
        amounts = [amount for store_id in self._stores for _, amount in self._sold(store_id)]
        return {"count": len(amounts), "total": sum(amounts)}

    def _sold(self, store_id: str) -> list[tuple[str, int]]:
        """Reference and total of each of this file's baskets that a till of the store has sold."""
        wanted = self._references(store_id)
        journals = [till / JOURNAL_FILE for till in self._layout.tills(store_id)]
        return [
            (reference, amount)
            for journal in journals
            if journal.exists()
            for reference, amount in sold_references(journal)
            if reference in wanted
        ]

    def _references(self, store_id: str) -> set[str]:
        return {basket.basket_id for basket in self._baskets if basket.store_id == store_id}

    def _recorded(self, tier: str) -> dict[str, int]:
        """Count and total of this file's baskets in the hubs' or head office's own tables."""
        count = total = 0
        for store_id in self._stores:
            database = self._ready["databases"]["hq" if tier == "hq" else f"hub_{store_id}".lower()]
            try:
                found = _recorded_in(database, store_id, list(self._references(store_id)))
            except psycopg.OperationalError:
                continue  # the server is just being started again; the next look finds it
            count, total = count + found[0], total + found[1]
        return {"count": count, "total": total}


def _recorded_in(database: str, store_id: str, references: list[str]) -> tuple[int, int]:
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT count(*), coalesce(sum(total_amount), 0) FROM transactions"
            " WHERE store_id = %s AND external_reference = ANY(%s)",
            [store_id, references],
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
