"""What a till waits for: one statement and one commit a sale, and a quick word when the database is away."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from installer.postgres import Postgres
from storehub.database import migrate
from tests import make
from tests.hubs import Hub, Till, running_hub
from tests.patience import eventually

SALES = 20


def sell_one_by_one(till: Till, count: int, start: int = 1) -> None:
    for position in range(start, start + count):
        answer = till.send(position, [till.sell(make.line("cola", 2), make.line("coffee"))])
        assert answer.json()["accepted"] == 1, answer.text


def test_a_sale_is_one_statement_and_one_commit(
    postgres_server: Postgres, hub_database_url: str, tmp_path: Path
) -> None:
    name = hub_database_url.rpartition("/")[2]
    with psycopg.connect(hub_database_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET log_statement = 'all'".encode())
    log = postgres_server._home / "server.log"
    with running_hub(hub_database_url, tmp_path) as hub:
        till = hub.till()
        sell_one_by_one(till, 2)  # the first of a till opens its chain the careful way
        door = hub.scalar("SELECT pid FROM pg_stat_activity WHERE application_name = 'storehub tills'")
        last_xid = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        began, xid = log.stat().st_size, hub.scalar(last_xid)
        sell_one_by_one(till, SALES, start=3)
        xids = hub.scalar(last_xid) - xid
        assert hub.scalar("SELECT count(*) FROM transactions") == SALES + 2
    said = log.read_bytes()[began:].decode()
    by_door = re.findall(rf"\[{door}\] LOG:  (.*)", said)
    # Every statement of the door's connection, and no BEGIN or COMMIT among them: each is its own commit.
    assert len(by_door) == SALES
    assert all(statement.startswith("execute statement: WITH chain AS") for statement in by_door)
    # A transaction that writes takes a number: one a sale, and perhaps one for rolling the stock up
    # and one for looking the promotions through.
    assert SALES <= xids <= SALES + 2
    # And nobody else writes for it; stock is rolled up by the clock.
    others = [line for line in said.splitlines() if f"[{door}]" not in line and "local_inventory" not in line]
    writes = re.compile(r"LOG:  .*\b(INSERT INTO|UPDATE|DELETE FROM)\b (?!sync_cursors)")
    assert [line for line in others if writes.search(line)] == []


def test_five_tills_at_once_lose_nothing_and_share_commits(hub_database_url: str, tmp_path: Path) -> None:
    with running_hub(hub_database_url, tmp_path) as hub:
        tills = [hub.till(f"POS_{number:02d}") for number in range(1, 6)]
        threads = [threading.Thread(target=sell_one_by_one, args=(till, 30)) for till in tills]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert hub.rows("SELECT count(*), sum(total_amount) FROM transactions") == [(150, 150 * 45_000)]
        assert hub.rows("SELECT min(id), max(id), count(*) FROM outbox") == [(1, 150, 150)]
        assert {row[0] for row in hub.rows("SELECT sequence FROM origins")} == {30}
        # Positions follow each till's own order.
        assert (
            hub.scalar(
                "SELECT count(*) FROM outbox a JOIN outbox b ON a.origin = b.origin"
                " AND a.sequence < b.sequence AND a.id > b.id"
            )
            == 0
        )


@pytest.mark.allow_log("fact set aside", "fact does not fit")
def test_one_tills_bad_batch_does_not_spoil_anothers_sale(hub_database_url: str, tmp_path: Path) -> None:
    """Both land in one statement now and then; the good one must never suffer for it."""
    with running_hub(hub_database_url, tmp_path) as hub:
        good, bad = hub.till("POS_01"), hub.till("POS_02")
        known = make.sale(terminal_id="POS_02")
        bad.send(1, [bad.chain.seal(known)])

        def repeat_a_sale_id() -> None:
            for position in range(2, 22):
                assert bad.send(position, [bad.chain.seal(known)]).json()["next_position"] == position + 1

        thread = threading.Thread(target=repeat_a_sale_id)
        thread.start()
        sell_one_by_one(good, 20)
        thread.join()
        assert hub.scalar("SELECT count(*) FROM transactions") == 21
        assert hub.scalar("SELECT count(*) FROM set_aside WHERE code = 'does-not-fit'") == 20


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A server that a test may kill."""
    with Postgres(tmp_path / "postgres") as server:
        server.create_database("hub")
        migrate(server.url("hub"))
        yield server


def kill_all_of(server: Postgres) -> None:
    """Cut its power: the server and every process that serves a connection."""
    postmaster = psutil.Process(server.pid)
    processes = [postmaster, *postmaster.children()]
    for process in processes:
        process.kill()
    psutil.wait_procs(processes[1:], timeout=60)


def accepted(hub: Hub, till: Till, position: int, body: bytes) -> bool:
    answer = till.http.post("/api/v1/envelopes", content=body)
    return answer.status_code == 200 and answer.json()["next_position"] == position + 1


@pytest.mark.allow_log("put off", "database is away")
def test_a_dead_database_is_said_at_once_and_healed_without_a_hand(
    own_postgres: Postgres, tmp_path: Path
) -> None:
    with running_hub(own_postgres.url("hub"), tmp_path) as hub:
        till = hub.till()
        cashier = hub.as_cashier()
        sell_one_by_one(till, 3)
        kill_all_of(own_postgres)
        sold = till.sell()
        body = make.batch(4, [sold])
        for _ in range(3):
            answer = till.http.post("/api/v1/envelopes", content=body)
            assert (answer.status_code, answer.json()["code"]) == (503, "database-away")
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["retry-after"] == "1"
        looked_up = cashier.get("/api/v1/catalog/items", params={"barcode": "8934680083898"})
        assert (looked_up.status_code, looked_up.json()["code"]) == (503, "database-away")
        assert hub.http.get("/health/ready").status_code == 503
        assert hub.http.get("/health/live").status_code == 200
        own_postgres.start()
        eventually(lambda: accepted(hub, till, 4, body))
        assert hub.rows("SELECT count(*), sum(total_amount) FROM transactions")[0][0] == 4
        eventually(lambda: hub.http.get("/health/ready").status_code == 200)


@pytest.mark.allow_log("put off", "database is away")
def test_a_database_that_hangs_is_given_up_and_the_repeat_is_no_double(
    own_postgres: Postgres, tmp_path: Path
) -> None:
    with running_hub(own_postgres.url("hub"), tmp_path) as hub:
        till = hub.till()
        sell_one_by_one(till, 3)
        door = hub.scalar("SELECT pid FROM pg_stat_activity WHERE application_name = 'storehub tills'")
        body = make.batch(4, [till.sell()])
        os.kill(door, signal.SIGSTOP)
        try:
            answer = till.http.post("/api/v1/envelopes", content=body)
            assert (answer.status_code, answer.json()["code"]) == (503, "database-away")
        finally:
            os.kill(door, signal.SIGCONT)
        # The server may have done it after all: the repeat is then a duplicate, never a second sale.
        eventually(lambda: accepted(hub, till, 4, body))
        assert hub.scalar("SELECT count(*) FROM transactions") == 4


def test_a_till_that_hangs_up_in_the_middle_leaves_nothing_half_done(
    hub_database_url: str, tmp_path: Path
) -> None:
    with running_hub(hub_database_url, tmp_path) as hub:
        till = hub.till()
        sell_one_by_one(till, 2)
        body = make.batch(3, [till.sell()])
        request = till.http.build_request("POST", "/api/v1/envelopes", content=body)
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        with socket.create_connection((request.url.host, request.url.port or 80)) as line:
            line.sendall(f"POST /api/v1/envelopes HTTP/1.1\r\n{head}\r\n".encode() + request.read())
        eventually(lambda: accepted(hub, till, 3, body))
        assert hub.scalar("SELECT count(*) FROM transactions") == 3
