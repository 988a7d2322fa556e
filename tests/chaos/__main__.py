"""`make chaos`: break everything under load, then compare to the last đồng. See README.md here."""

from __future__ import annotations

import argparse
import random
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from tests.chaos.clocks import library
from tests.chaos.deck import FAULTS, next_together
from tests.chaos.faults import Strike
from tests.chaos.machine import own_mounts, own_network
from tests.chaos.reckoning import Reckoning, reckon
from tests.chaos.report import Row, Stage, report
from tests.chaos.world import World

SELLING_SECONDS = 120.0
"""How long every till may take to show a receipt during a fault; a busy machine is slow."""
FELT_SECONDS = 20.0
LEVEL_SECONDS = 120.0
"""The longer something was away, the longer its senders wait before the next try (courier.pacing)."""
RECKONING_SECONDS = 90.0
WAY_DOWN_SECONDS = 30.0
"""What the reckoning and the end of all processes usually take."""
LIFE_SECONDS = (0.3, 1.0)
FIRST_SALE_SECONDS = 120.0


class Interrupted(Exception):
    """Somebody wants the run to end now."""


def main() -> int:
    """Run it; 1 when anything differs at the end, 130 when interrupted."""
    options = _parser().parse_args()
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    disks = not options.no_disks and own_mounts()
    chosen, left_out = _chosen(
        options.faults,
        {
            "disk full": (disks, "a small disk of our own needs root"),
            "network down": (own_network(), "a network of our own needs root and iproute2"),
            "hub's clock": (library() is not None, "needs Debian's package faketime"),
            "head office's clock": (library() is not None, "needs Debian's package faketime"),
        },
    )
    options.out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="everopen-chaos-"))
    with (options.out / "words.txt").open("w", encoding="utf-8") as words:
        stage = Stage(words, time.monotonic())
        stage.say(
            f"seed {seed}, {options.seconds} s, {options.stores} stores with {options.tills} tills each"
        )
        for reason in left_out:
            stage.skip(reason)
        world = World(
            folder,
            random.Random(seed),
            stores=options.stores,
            tills=options.tills,
            disks=disks,
            say=stage.whisper,
        )
        try:
            rows, result = _run(world, chosen, options, stage)
        except Interrupted:
            return 130
        finally:
            for signal_number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(signal_number, signal.SIG_IGN)
            left = world.stop()
        result.differences += left
        text = report(seed, rows, result, world, stage)
        print(text, flush=True)
        (options.out / "report.txt").write_text(text, encoding="utf-8")
    if result.differences:
        print(f"chaos: everything is kept in {folder}; the same faults again: make chaos SEED={seed}")
        return 1
    shutil.rmtree(folder)
    return 0


def _run(
    world: World, chosen: list[str], options: argparse.Namespace, stage: Stage
) -> tuple[list[Row], Reckoning]:
    world.start()
    stage.say("the chain is up; every till sells")
    began = time.monotonic()
    if not world.live_until(lambda: world.all_sold_since(began), FIRST_SALE_SECONDS):
        raise AssertionError(f"a till does not sell at all; see {world.layout.data / 'logs'}")
    rows: list[Row] = []
    deck: list[str] = []
    while chosen and (
        len(rows) < options.rounds if options.rounds else stage.now() < options.seconds - WAY_DOWN_SECONDS
    ):
        if not deck:
            # The last are struck first: every process and server is killed before anything else happens.
            deck = sorted(world.dice.sample(chosen, len(chosen)), key=lambda name: name.endswith(" killed"))
        single = options.alone or options.rounds == len(rows) + 1
        names = [deck.pop()] if single else next_together(deck)
        rows += _struck(world, names, stage)
    stage.say("no more faults, no more customers; everything levels by itself")
    return rows, reckon(world, RECKONING_SECONDS)


def _struck(world: World, names: list[str], stage: Stage) -> list[Row]:
    """Faults that are there at once, from their beginning until everything sold up to their end is at head
    office."""
    at = stage.now()
    strikes: dict[str, Strike] = {}
    for name in names:
        strikes[name] = FAULTS[name](world)
        stage.say(f"{name}: {strikes[name].hit}")
    began = time.monotonic()
    cannot_sell = frozenset[str]().union(*(strike.cannot_sell for strike in strikes.values()))
    felt: set[str] = set()

    def again() -> None:
        for strike in strikes.values():
            strike.again()

    def all_felt() -> bool:
        felt.update(name for name, strike in strikes.items() if name not in felt and strike.felt())
        return len(felt) == len(strikes)

    world.live(max(world.dice.uniform(*strike.seconds) for strike in strikes.values()), again)
    sold = world.live_until(lambda: world.all_sold_since(began, cannot_sell), SELLING_SECONDS, again)
    # A write-ahead log has room of its own for a while, so a full disk may come later.
    world.live_until(all_felt, FELT_SECONDS, again)
    for strike in strikes.values():
        strike.heal()
    healed = time.monotonic()
    heard = world.record()
    counts = {till.name: heard.sold_since(till.name, began) for till in world.tills}
    heads = heard.heads()
    level = world.live_until(lambda: world.at_head_office(heads), LEVEL_SECONDS)
    level_seconds = time.monotonic() - healed if level else None
    for strike in strikes.values():
        strike.after()
    world.live(world.dice.uniform(*LIFE_SECONDS))
    silent = [] if sold else [till for till, count in counts.items() if not count and till not in cannot_sell]
    for name in strikes.keys() - felt:
        stage.say(f"{name}: nobody felt it")
    return [
        Row(
            name,
            strike.hit,
            at,
            healed - began,
            sum(counts.values()),
            silent,
            level_seconds,
            name in felt,
        )
        for name, strike in strikes.items()
    ]


def _chosen(wanted: str | None, needs: Mapping[str, tuple[bool, str]]) -> tuple[list[str], list[str]]:
    """The faults to strike with, and what is left out and why."""
    names = [name.strip() for name in wanted.split(",")] if wanted else list(FAULTS)
    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        sys.exit(f"chaos: there is no fault {unknown[0]!r}; there are: {', '.join(FAULTS)}")
    missing = {
        name: reason
        for name in names
        for part, (given, reason) in needs.items()
        if part in name and not given
    }
    return [name for name in names if name not in missing], [": ".join(each) for each in missing.items()]


def _interrupt(_number: int, _frame: object) -> None:
    if threading.current_thread() is threading.main_thread():
        raise Interrupted


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="how long the whole run may take (300)")
    parser.add_argument("--seed", type=int, help="the same order of faults again (a new one)")
    parser.add_argument("--stores", type=int, default=2)
    parser.add_argument("--tills", type=int, default=2, help="tills per store (2)")
    parser.add_argument("--rounds", type=int, help="so many faults, however long they take")
    parser.add_argument("--faults", help="only these, separated by commas")
    parser.add_argument("--alone", action="store_true", help="one fault at a time, never two at once")
    parser.add_argument("--no-disks", action="store_true", help="no small disks, as for an ordinary user")
    parser.add_argument(
        "--out", type=Path, default=Path("build/chaos"), help="report and words (build/chaos)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
