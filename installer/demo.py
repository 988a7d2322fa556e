"""`make demo`: head office, a store and two tills on this box; the cable is pulled, and nothing is lost."""

from __future__ import annotations

import argparse
import contextlib
import csv
import logging
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import structlog

from installer.agreement import agreement, receipt_pictures
from installer.cable import Cable
from installer.layout import ChainOptions, Layout
from installer.postgres import PostgresWouldNotStart
from installer.provisioning import ProvisioningRefused
from installer.selling import Replay, SellingFailed
from installer.stack import DEMO, Stack, StackWouldNotStart, demo_customers, demo_promotions, new_plan

STORE = "STORE_001"
COFFEE = "2900000000018"
COLA = "2900000001060"
BREAD = "2900000000384"
PATIENCE_SECONDS = 60.0


def main() -> int:
    """Run the demo to its end; returns the exit code."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="pictures and data (build/demo)")
    parser.add_argument("--no-window", action="store_true", help="as on a machine without a display")
    options = parser.parse_args()
    # The programs keep logs of their own; here only what a person should see.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    try:
        with running_stack(options.out / "chain") as chain:
            if not options.no_window and has_display():
                by_hand(chain)
            else:
                by_itself(chain, options.out)
    except (StackWouldNotStart, ProvisioningRefused, PostgresWouldNotStart, SellingFailed) as failed:
        print(f"demo: {failed}", file=sys.stderr)
        return 1
    return 0


@dataclass
class Chain:
    """The demo's chain: the running stack, its ready object, and the cable between hub and head office."""

    stack: Stack
    ready: dict[str, Any]
    cable: Cable

    @property
    def store(self) -> dict[str, Any]:
        """The ready object of the demo's one store."""
        store = self.ready["stores"][0]
        assert isinstance(store, dict)
        return store

    def person(self, role: str) -> dict[str, str]:
        """The first person of this role."""
        found: dict[str, str] = next(each for each in self.store["people"] if each["role"] == role)
        return found

    def waiting_at_hub(self) -> int:
        """How many facts the hub still has to send to head office."""
        text = httpx.get(f"{self.store['hub']}/metrics", timeout=10).text
        line = next(each for each in text.splitlines() if each.startswith("outbox_queue_length{"))
        return int(float(line.rsplit(" ", 1)[1]))


def say(words: str) -> None:
    """Progress, for the person who watches."""
    print(f"▸ {words}", flush=True)


def has_display() -> bool:
    """Whether a window would be seen."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextlib.contextmanager
def running_stack(data: Path) -> Iterator[Chain]:
    """One store with two tills on the demo catalogue; its hub reaches head office through a cable."""
    with ExitStack() as ending:
        cables: list[Cable] = []

        def through_cable(hq_port: int) -> int:
            if not cables:
                cables.append(Cable(hq_port))
                ending.callback(cables[0].close)
            return cables[0].port

        plan = new_plan(
            ChainOptions(),
            hq_port=free_port(),
            hub_port=free_port(),
            store_ids=[STORE],
            tills=2,
            demo_catalogue=True,
        )
        stack = Stack(
            Layout(data),
            plan,
            catalogue=Path(str(DEMO / "catalogue.csv")),
            promotions=demo_promotions(),
            customers=demo_customers(),
            cable=through_cable,
            say=say,
            settings={
                "STOREHUB_PRINTER": f"file:{(data / 'receipts.escpos').absolute()}",
                "STOREHUB_PING_SECONDS": "1",
            },
        )
        ending.callback(stack.stop)
        yield Chain(stack, stack.start(), cables[0])


def by_hand(chain: Chain) -> None:
    """A till window on the display, ready for a finger, until it is closed; then the table."""
    from installer.demo_window import by_hand_at

    cashier = chain.person("cashier")
    say(f"sign in as {cashier['employee_id']}, PIN {cashier['pin']}; then:")
    say(f"  type {COFFEE} and Enter as a scanner would, or search “ca phe sua”; F12 pays, F1 is exact cash")
    say(f"  promotions are on: three cans of cola ({COLA}) for two; bánh mì ({BREAD}) and coffee together")
    say("  a member's phone number is 0912 345 678; vouchers from 50,000 ₫ on are SANGDEN-1 to SANGDEN-5")
    manager = chain.person("manager")
    say(f"  what needs a manager's yes, such as a refund: {manager['employee_id']}, PIN {manager['pin']}")
    say("  close the window to see that till, hub and head office agree")
    by_hand_at(chain.store, chain.stack, manager)
    print(agreement(chain.stack.layout, chain.ready, STORE), flush=True)


def by_itself(chain: Chain, out: Path) -> None:
    """The same windows without a display, worked by a pair of hands, with pictures of every step."""
    from installer.demo_window import at_first_till, at_second_till

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    say("till 1: a cashier signs in and sells by hand")
    at_first_till(chain.stack, chain.store, chain.person("cashier"), out)
    morning, evening = recorded_day(out)
    say("both tills sell the recorded morning, online")
    began = time.monotonic()
    report(replay(chain, morning).run(), began)

    say("pulling the cable between hub and head office")
    chain.cable.cut()
    began = time.monotonic()
    rest = replay(chain, evening)
    rest.sell()
    say(f"the evening is sold in {time.monotonic() - began:.1f} s")
    say(f"{chain.waiting_at_hub()} facts wait at the hub")
    say("till 2: still selling by hand, without head office")
    at_second_till(chain.stack, chain.store, chain.person("cashier"), out)
    say(f"{chain.waiting_at_hub()} facts wait at the hub now; head office knows nothing of them")

    say("plugging the cable back in")
    began = time.monotonic()
    chain.cable.plug()
    while waiting := chain.waiting_at_hub():
        chain.stack.look_after()
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise SellingFailed(f"{waiting} facts have not reached head office in {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.02)
    say(f"everything is at head office {time.monotonic() - began:.1f} s later")
    report(rest.settle(), began)
    receipt_pictures(chain.stack.layout, chain.store, chain.person("manager"), out)
    print(agreement(chain.stack.layout, chain.ready, STORE), flush=True)
    say(f"pictures of the windows and receipts: {out}")


def replay(chain: Chain, baskets: Path) -> Replay:
    """A replay through the tills of the demo's chain."""
    return Replay(chain.stack.layout, baskets, store_id=STORE, tills=None, speed=None)


def report(closing: dict[str, Any], began: float) -> None:
    """What a replay came to."""
    sold = closing["sold"]
    say(
        f"{sold['count']} baskets, {sold['total']:,} ₫, at the tills, at the hub and at head office alike"
        f" ({time.monotonic() - began:.1f} s)"
    )


def recorded_day(out: Path) -> tuple[Path, Path]:
    """The demo's recorded baskets, split into two files at two in the afternoon."""
    with (DEMO / "baskets.csv").open(encoding="utf-8") as text:
        rows = [row for row in csv.DictReader(text) if row["store_id"] == STORE]
    halves = []
    for name, first, last in (("morning", "00", "14"), ("evening", "14", "24")):
        file = out / f"{name}.csv"
        with file.open("w", encoding="utf-8", newline="") as csv_file:
            writer = csv.DictWriter(csv_file, list(rows[0]))
            writer.writeheader()
            writer.writerows(row for row in rows if first <= row["sold_at"].partition("T")[2][:2] < last)
        halves.append(file)
    return halves[0], halves[1]


def free_port() -> int:
    """A port nothing listens on at this moment."""
    import socket

    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
