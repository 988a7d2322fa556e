"""`make bench`: measures each promise against its floor and writes `build/bench.json`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from bench import (
    checkout_api,
    head_office,
    hub,
    journal,
    retail_rules,
    search,
    sync,
    till_scan,
    till_start,
    till_window,
)
from bench.figures import Figure

PARTS = {
    "retail": retail_rules.run,
    "till": till_scan.run,
    "window": till_window.run,
    "journal": journal.run,
    "start": till_start.run,
    "search": search.run,
    "hub": hub.run,
    "checkout-api": checkout_api.run,
    "hq": head_office.run,
    "sync": sync.run,
}


def main() -> int:
    """Run the parts asked for (all), print a table, write the file."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (all)")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"))
    options = parser.parse_args()
    unknown = [name for name in options.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    figures: list[Figure] = []
    for name, run in PARTS.items():
        if options.parts and name not in options.parts:
            continue
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        began = time.monotonic()
        figures += run()
        print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(table(figures))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({each.name: each.to_body() for each in figures}, indent=1) + "\n")
    print(f"written to {options.out}")
    return 0


def table(figures: list[Figure]) -> str:
    """The figures for a person."""
    width = max(len(each.name) for each in figures)
    rows = [f"{'':{width}}  {'value':>9} {'':6} {'floor':>8} {'ratio':>7}  aim"]
    rows += [
        f"{each.name:{width}}  {each.value:>9.3f} {each.unit:<6} {each.baseline:>8.3f} {each.ratio:>7.2f}"
        f"  {each.aim}"
        for each in figures
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
