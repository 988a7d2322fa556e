"""The main job with real processes: baskets are sold at tills, and head office agrees to the last đồng."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from installer.stack import DEMO, demo_customers, demo_promotions
from tests.journeys.conftest import RunningStack, StartStack, everopen
from tests.patience import eventually

BASKETS = DEMO / "baskets.csv"


def sell(stack: RunningStack, baskets: Path, *options: str) -> dict[str, Any]:
    """Run `everopen sell` to its end and return its closing line."""
    ended = subprocess.run(
        everopen("sell", "--data", str(stack.data), "--baskets", str(baskets), *options),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    closing = json.loads(ended.stdout.splitlines()[-1])
    assert isinstance(closing, dict)
    return closing


@contextmanager
def selling(stack: RunningStack, baskets: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`everopen sell` in the background; killed at the end if it still runs."""
    process = subprocess.Popen(
        everopen("sell", "--data", str(stack.data), "--baskets", str(baskets), *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def closing_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a background sale to end well and return its closing line."""
    out, words = process.communicate(timeout=240)
    assert process.returncode == 0, words[-3000:]
    closing = json.loads(out.splitlines()[-1])
    assert isinstance(closing, dict)
    return closing


def admin_token(stack: RunningStack) -> dict[str, str]:
    """Headers of head office's administrator."""
    hq = stack.ready["hq"]
    answer = httpx.post(f"{hq['url']}/v1/auth/token", json=hq["admin"], timeout=30)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def report_total(stack: RunningStack) -> tuple[int, int]:
    """Count and total of everything in head office's sales report."""
    answer = httpx.get(
        f"{stack.ready['hq']['url']}/v1/reports/sales",
        params={"from": "2000-01-01", "to": "2100-01-01", "group_by": "store"},
        headers=admin_token(stack),
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    rows = answer.json()["rows"]
    return sum(row["transaction_count"] for row in rows), sum(row["total_amount"] for row in rows)


def recorded_at_hq(stack: RunningStack) -> int:
    """How many sales head office's report counts by now; 0 while it cannot answer."""
    try:
        return report_total(stack)[0]
    except (httpx.TransportError, AssertionError):
        return 0


@pytest.fixture
def demo_stack(start_stack: StartStack) -> RunningStack:
    """Two stores with two tills each on the demo chain."""
    return start_stack()


def basket_ids() -> set[str]:
    with BASKETS.open(encoding="utf-8") as text:
        return {row["basket_id"] for row in csv.DictReader(text)}


def assert_all_agree(stack: RunningStack, closing: dict[str, Any]) -> None:
    """Every basket of the demo is sold once, and each tier says the same count and sum."""
    assert closing["sold"]["count"] == len(basket_ids())
    assert closing["refused_lines"] == 0
    assert closing["hub"] == closing["sold"]
    assert closing["hq"] == closing["sold"]
    assert report_total(stack) == (closing["sold"]["count"], closing["sold"]["total"])
    for store in stack.ready["stores"]:
        answer = httpx.get(
            f"{stack.ready['hq']['url']}/v1/stores/{store['store_id']}/completeness",
            headers=admin_token(stack),
            timeout=30,
        ).json()
        assert answer["complete"] is True
        assert answer["set_aside"] == 0
        for origin in answer["origins"]:
            assert origin["chain"] == "intact"
            assert origin["gaps"] == []


def test_every_basket_of_the_demo_chain_reaches_head_office_once(demo_stack: RunningStack) -> None:
    closing = sell(demo_stack, Path(str(BASKETS)))
    assert_all_agree(demo_stack, closing)

    again = sell(demo_stack, Path(str(BASKETS)), "--tills", "3")

    assert again == closing
    assert report_total(demo_stack) == (closing["sold"]["count"], closing["sold"]["total"])


def test_a_demo_chain_starts_with_promotions_and_a_chain_of_one_s_own_without(
    demo_stack: RunningStack, start_stack: StartStack
) -> None:
    def stated(stack: RunningStack) -> set[str]:
        url = f"{stack.ready['hq']['url']}/v1/promotions"
        found = httpx.get(url, headers=admin_token(stack), timeout=30).json()["promotions"]
        return {promotion["promo_id"] for promotion in found}

    of_vouchers = demo_customers()["vouchers"]["series_id"]
    assert stated(demo_stack) == {promotion["promo_id"] for promotion in demo_promotions()} | {of_vouchers}
    assert (
        stated(start_stack("--empty", "--stores", "1", data=demo_stack.data.parent / "own", hubs=1)) == set()
    )


def sold_by_till(stack: RunningStack, store_id: str, terminal_id: str) -> int:
    """How many sales stand in the till's own journal."""
    file = stack.data / "tills" / store_id / terminal_id / "till.sqlite"
    if not file.exists():
        return 0
    journal = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        count: int = journal.execute("SELECT count(*) FROM outbox").fetchone()[0]
    except sqlite3.OperationalError:  # it is being made
        return 0
    finally:
        journal.close()
    return count


@pytest.mark.parametrize("part", ["hub_STORE_001", "hq", "postgres", "till_STORE_001_POS_01"])
def test_a_part_killed_in_the_middle_of_a_replay_changes_nothing(demo_stack: RunningStack, part: str) -> None:
    with selling(demo_stack, Path(str(BASKETS))) as replay:
        if part.startswith("till_"):
            # Head office may hear of a till's first sale only when it has made its last.
            eventually(lambda: sold_by_till(demo_stack, "STORE_001", "POS_01") >= 2, seconds=90)
        else:
            eventually(lambda: recorded_at_hq(demo_stack) >= 20, seconds=90)
        demo_stack.kill(part)
        closing = closing_line(replay)

    # The replay may have ended just before the part was killed: then it is not back yet.
    eventually(lambda: recorded_at_hq(demo_stack) > 0)
    assert_all_agree(demo_stack, closing)


def test_a_replay_stopped_at_any_instant_goes_on_where_it_was(demo_stack: RunningStack) -> None:
    with selling(demo_stack, Path(str(BASKETS))) as replay:
        eventually(lambda: recorded_at_hq(demo_stack) >= 20, seconds=90)
        os.kill(replay.pid, signal.SIGKILL)
        replay.wait(30)

    closing = sell(demo_stack, Path(str(BASKETS)))

    assert_all_agree(demo_stack, closing)


def test_the_stack_leaves_nothing_running_and_goes_on_in_the_same_directory(
    start_stack: StartStack,
) -> None:
    first = start_stack("--stores", "1")
    children = psutil.Process(first.process.pid).children(recursive=True)
    assert len(children) > 3

    assert first.stop() == 0

    assert [child.pid for child in children if child.is_running()] == []
    second = start_stack(data=first.data)
    assert [store["store_id"] for store in second.ready["stores"]] == ["STORE_001"]


def test_the_programs_end_with_a_killed_supervisor(start_stack: StartStack) -> None:
    stack = start_stack("--stores", "1")
    children = psutil.Process(stack.process.pid).children(recursive=True)

    os.kill(stack.process.pid, signal.SIGKILL)

    eventually(lambda: not any(child.is_running() and child.status() != "zombie" for child in children))
    again = start_stack(data=stack.data)
    assert again.ready["ready"] is True


def test_a_postgres_that_cannot_come_back_is_tried_until_it_can(start_stack: StartStack) -> None:
    """As on a full disk: everything goes on waiting, and nobody has to start it again by hand."""
    stack = start_stack("--stores", "1")
    tables = stack.data / "postgres" / "data" / "base"
    tables.rename(tables.with_name("away"))
    stack.kill("postgres")
    words = stack.data.parent / "up.log"
    eventually(lambda: "Postgres did not start" in words.read_text(), seconds=60)

    tables.with_name("away").rename(tables)

    hub = stack.ready["stores"][0]["hub"]
    eventually(lambda: httpx.get(f"{hub}/health/ready", timeout=30).status_code == 200, seconds=90)
    assert stack.process.poll() is None


def test_a_line_that_cannot_be_sold_is_named_and_the_rest_of_its_basket_is_sold(
    demo_stack: RunningStack, tmp_path: Path
) -> None:
    known = first_barcode()
    file = tmp_path / "baskets.csv"
    file.write_text(
        "basket_id,sold_at,store_id,barcode,quantity\n"
        f"A,2026-11-20T08:00:00,STORE_001,{known},2\n"
        "A,2026-11-20T08:00:00,STORE_001,2099999999990,1\n"
        f"A,2026-11-20T08:00:00,STORE_001,{known[:-1]}{(int(known[-1]) + 1) % 10},1\n"
        f"B,2026-11-20T08:01:00,STORE_001,{known},-3\n"
        f"C,2026-11-20T08:02:00,STORE_001,{known},1\n",
        encoding="utf-8",
    )

    closing = sell(demo_stack, file)

    assert closing["sold"]["count"] == 2
    assert closing["hq"] == closing["sold"]
    assert closing["refused_lines"] == 3


def first_barcode() -> str:
    """The barcode of some product of the demo chain that carries a GTIN-13."""
    with (DEMO / "catalogue.csv").open(encoding="utf-8") as text:
        return next(row["barcode"] for row in csv.DictReader(text) if len(row["barcode"]) == 13)
