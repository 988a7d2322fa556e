"""Replays a whole public data set through a real stack and compares head office with the source's controls.

    python -m tests.replays.replay complete_journey SHARED OUT [--kill hq]
    python -m tests.replays.replay ta_feng SHARED OUT [--kill postgres --after 5]

SHARED is the folder that holds `data/`; OUT gets the converted files and the stack. `--kill` ends a part
(`hq`, `postgres`, `hub_<store>`, `till_<store>_<terminal>`) with SIGKILL in the middle of it. Ends with 1,
and names the rows, unless head office's report equals every control row and every chain is intact.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx

from tests.journeys.conftest import everopen, run_of_ports
from tests.replays.convert import Conversion, complete_journey, convert, differing, ta_feng

CHAINS = {
    "complete_journey": (complete_journey, "America/New_York", "USD", 1),
    "ta_feng": (ta_feng, "Asia/Taipei", "TWD", 2),
}
FIELDS = {
    "baskets": "transaction_count",
    "quantity": "item_quantity",
    "subtotal": "subtotal",
    "discount": "discount_amount",
    "total": "total_amount",
}


def main() -> int:
    """Convert, start, sell, compare; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data_set", choices=CHAINS)
    parser.add_argument("shared", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kill", action="append", default=[], metavar="PART")
    parser.add_argument("--after", type=float, default=10.0, metavar="SECONDS")
    options = parser.parse_args()
    source, timezone, currency, tills = CHAINS[options.data_set]
    conversion = source(options.shared / "data" / options.data_set)
    shutil.rmtree(options.out, ignore_errors=True)
    if not convert(conversion, options.out, print):
        return 1
    stores = sorted({store for store, _ in conversion.control})
    began, port = time.monotonic(), run_of_ports(1 + len(stores))
    process = subprocess.Popen(
        everopen(
            *("up", "--data", str(options.out / "chain"), "--catalog", str(options.out / "catalogue.csv")),
            *("--stores", ",".join(stores) + ",", "--tills", str(tills), "--timezone", timezone),
            *("--currency", currency, "--hq-port", str(port)),
            *("--hub-port", str(port + 1)),
        ),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        print(f"up with {len(stores)} stores in {time.monotonic() - began:.0f} s")
        for number, part in enumerate(options.kill, start=1):
            threading.Timer(number * options.after, kill, [options.out / "chain", part]).start()
        sell(options.out)
        return compare(ready, conversion, stores)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def kill(chain: Path, part: str) -> None:
    """End a part of the stack as a power cut would."""
    os.kill(int((chain / "run" / f"{part}.pid").read_text()), signal.SIGKILL)
    print(f"\nkilled {part}", flush=True)


def sell(out: Path) -> None:
    """Sell everything and print the closing line."""
    began = time.monotonic()
    ended = subprocess.run(
        everopen("sell", "--data", str(out / "chain"), "--baskets", str(out / "baskets.csv")),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    print(f"{ended.stdout.strip()} in {time.monotonic() - began:.0f} s")


def compare(ready: dict[str, Any], conversion: Conversion, stores: list[str]) -> int:
    """Every row of head office's report against the control, and every chain."""
    hq = ready["hq"]
    with httpx.Client(base_url=hq["url"], timeout=60) as office:
        token = office.post("/v1/auth/token", json=hq["admin"]).json()["token"]
        office.headers["Authorization"] = f"Bearer {token}"
        asked = {"from": "1990-01-01", "to": "2100-01-01", "group_by": "day,store"}
        rows = office.get("/v1/reports/sales", params=asked).json()["rows"]
        report = {
            (row["store_id"], row["day"]): {name: row[there] for name, there in FIELDS.items()}
            for row in rows
        }
        wrong = differing(report, conversion.control)
        for key in wrong:
            print(f"{key}: report {report.get(key)}, control {conversion.control.get(key)}")
        print(f"{len(conversion.control) - len(wrong)} of {len(conversion.control)} control rows agree")
        broken = 0
        for store in stores:
            whole = office.get(f"/v1/stores/{store}/completeness").json()
            for origin in whole["origins"]:
                print(f"{origin['origin']}: {origin['first']}-{origin['last']}, chain {origin['chain']}")
            broken += not whole["complete"]
        return 1 if wrong or broken else 0


if __name__ == "__main__":
    sys.exit(main())
