"""What a run says: words as it goes, and a table at its end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import IO

from tests.chaos.reckoning import Reckoning
from tests.chaos.world import World

KILLED = "(-9)"


@dataclass(frozen=True)
class Row:
    """One fault: when it struck, for how long, what was sold meanwhile, and how soon all was level after.

    `silent`: tills that showed no receipt meanwhile although they should have; `level_seconds` None: never;
    `felt`: whether the fault was seen to be there.
    """

    name: str
    hit: str
    at: float
    seconds: float
    sold: int
    silent: list[str]
    level_seconds: float | None
    felt: bool = True


@dataclass
class Stage:
    """The run's clock and voice: what it says is printed and kept, what it whispers is only kept."""

    words: IO[str]
    began: float
    skipped: list[str] = field(default_factory=list)

    def now(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began

    def say(self, text: str) -> None:
        """For the person who watches."""
        print(f"▸ {self.now():5.1f} s  {text}", flush=True)
        self.whisper(text)

    def whisper(self, text: str) -> None:
        """For the file only."""
        print(f"{self.now():7.2f} {text}", file=self.words, flush=True)

    def skip(self, reason: str) -> None:
        """Something that this machine does not allow."""
        self.skipped.append(reason)
        self.say(f"left out: {reason}")


def unordered_ends(world: World) -> list[str]:
    """Programs that ended without having been killed by us."""
    wrong = [
        f"{name} ended by itself, {times} times" for name, times in world.ended.items() if KILLED not in name
    ]
    for till in world.tills:
        wrong += [
            f"till {till.name} ended by itself with {code}, {times} times; see {till.log}"
            for code, times in till.ends.items()
            if code != -9
        ]
    return wrong


def report(seed: int, rows: list[Row], result: Reckoning, world: World, stage: Stage) -> str:
    """The table, the comparison and the verdict; adds to the result what the table shows to be wrong."""
    together: dict[float, list[Row]] = {}
    for row in rows:
        together.setdefault(row.at, []).append(row)
    for at, strokes in together.items():
        what, row = f"{' and '.join(repr(each.name) for each in strokes)} at {at:.0f} s", strokes[0]
        if row.silent:
            result.differences.append(f"during {what} nothing was sold at {', '.join(row.silent)}")
        if row.level_seconds is None:
            result.differences.append(f"after {what} nothing became level")
    result.differences += unordered_ends(world)
    head = f"{'fault':32} {'times':>5} {'felt':>4}  {'at second':20}"
    lines = ["", f"{head} {'lasted':>7} {'sold':>6} {'level after':>11}"]
    for name in dict.fromkeys(row.name for row in rows):
        same = [row for row in rows if row.name == name]
        when = " ".join(f"{row.at:.0f}" for row in same)
        levels = [row.level_seconds for row in same]
        level = "never" if None in levels else f"{max(each for each in levels if each is not None):.1f} s"
        lasted = f"{sum(row.seconds for row in same):.1f} s"
        lines.append(
            f"{name:32} {len(same):>5} {sum(row.felt for row in same):>4}"
            f"  {when:20} {lasted:>7} {sum(row.sold for row in same):>6,} {level:>11}"
        )
    lines += [f"left out: {reason}" for reason in stage.skipped]
    if len(together) < len(rows):
        lines.append("two with the same second were there at once, and count what was sold each for itself")
    refused = ", ".join(f"{code} {times}" for code, times in sorted(world.record().refused.items()))
    kinds = len({row.name for row in rows})
    lines += [
        "",
        f"{len(rows)} faults of {kinds} kinds in {stage.now():.0f} s",
        f"level {result.seconds:.1f} s after the last customer",
    ]
    lines += [f"tills refused, saying why: {refused or 'nothing'}", "", *result.lines, ""]
    if result.differences:
        lines += ["DIFFERENCES", *(f"  {each}" for each in result.differences)]
    else:
        lines.append("Every book agrees to the last đồng, each sale once; nothing is left running.")
    lines.append(f"seed {seed}")
    return "\n".join(lines)
