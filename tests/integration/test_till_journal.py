"""The journal: durable, once, in one commit, and honest when the disk gives up."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from sqlalchemy import MetaData

from courier import outbox
from courier.envelope import FIRST_HASH, opened_text, seal_holds
from courier.tables import courier_tables
from retail.facts import SaleRecorded
from retail.receipt import Receipt
from terminal.checkout.state import WantedLine
from terminal.till.disk import TillBusy, TillDamaged, TillReadOnly, engine_of
from terminal.till.journal import Journal, JournalOfAnotherTill, JournalTooNew
from terminal.till.journal_files import sold_references
from terminal.till.lock import TillInUse, TillLock
from tests.tills import AT, BREAD, CASHIER, COLA, MANAGER, TestTill

ROOT = Path(__file__).parents[2]


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestTill]:
    till = TestTill(tmp_path)
    yield till
    till.close()


def sell(till: TestTill, external_reference: str | None = None, at: datetime | None = None) -> Receipt:
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    checkout.scan(BREAD)
    draft = checkout.to_pay()
    assert draft is not None
    desk = till.desks.payment(draft, CASHIER, sold_at=at, external_reference=external_reference)
    desk.pay_cash(35_000)
    assert desk.state.receipt is not None, desk.state.notice
    return desk.state.receipt


def assert_chain_is_whole(till: TestTill, count: int) -> None:
    """Numbers without gaps, each envelope naming the one before, every seal holding."""
    bodies = [orjson.loads(text) for text in till.envelopes()]
    assert [body["sequence"] for body in bodies] == list(range(1, count + 1))
    assert all(seal_holds(body) for body in bodies)
    assert not bodies or bodies[0]["previous_hash"] == FIRST_HASH
    assert all(later["previous_hash"] == earlier["hash"] for earlier, later in pairwise(bodies))
    numbers = [body["payload"]["receipt_number"] for body in bodies]
    assert numbers == [f"POS_01-{number:06d}" for number in range(1, count + 1)]


def test_a_whole_sale_is_one_commit_of_few_statements(till):
    statements: list[str] = []
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    draft = checkout.to_pay()
    assert draft is not None
    desk = till.desks.payment(draft, CASHIER)
    till.journal._connection.set_trace_callback(statements.append)

    desk.pay_cash(10_000)

    verbs = [statement.split()[0] for statement in statements]
    assert verbs == ["BEGIN", "SELECT", "INSERT", "INSERT", "INSERT", "INSERT", "COMMIT"]


def test_the_plain_sql_writes_what_the_courier_would_write(till, tmp_path):
    sell(till)
    sell(till)
    twin = engine_of(tmp_path / "twin.sqlite", durable=True)
    tables = courier_tables(MetaData())
    tables.heads.metadata.create_all(twin)
    for text in till.envelopes():
        sealed = opened_text(text)
        with twin.begin() as tx:
            outbox.record(
                tx,
                tables,
                origin="STORE_001/POS_01",
                store_id="STORE_001",
                terminal_id="POS_01",
                event_id=sealed.event_id,
                event_type=sealed.event_type,
                version=sealed.version,
                payload=sealed.payload,
                aggregate_type="transaction",
                aggregate_id=sealed.payload["transaction_id"],
                at=till.clock(),
            )

    ours = till.journal.sender_engine()
    for table in ("heads", "origins", "outbox"):
        rows = []
        for engine in (ours, twin):
            with engine.connect() as tx:
                rows.append(tx.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1").fetchall())
        assert rows[0] == rows[1], table
    ours.dispose()
    twin.dispose()


def test_the_fact_reads_back_as_it_was_made(till):
    receipt = sell(till)

    found = till.journal.sale(UUID(receipt.transaction_id))

    assert found is not None
    sale, proof = found
    assert isinstance(sale, SaleRecorded)
    assert sale.totals.total_amount == 35_000
    assert proof[:4].upper() == receipt.proof
    assert till.journal.sums() == (1, 35_000)


def test_a_sale_whose_answer_was_lost_is_not_recorded_twice(till):
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    draft = checkout.to_pay()
    assert draft is not None
    desks = [till.desks.payment(draft, CASHIER) for _ in range(2)]

    for desk in desks:
        desk.pay_cash(10_000)

    assert desks[0].state.receipt == desks[1].state.receipt
    assert_chain_is_whole(till, 1)


def test_chain_and_numbers_go_on_after_a_restart(till):
    sell(till)
    till.reopen()
    sell(till)

    assert_chain_is_whole(till, 2)


def test_references_can_be_read_while_another_program_sells(till):
    sell(till, "a")
    sell(till, "b")
    sell(till)

    assert sold_references(till.data_dir / "till.sqlite") == [("a", 35_000), ("b", 35_000)]


def test_moments_are_kept_in_utc(till):
    sell(till, at=datetime.fromisoformat("2026-11-20T23:15:00+07:00"))

    (row,) = till.journal._connection.execute("SELECT sold_at, business_date FROM sales").fetchall()
    assert row == ("2026-11-20T16:15:00.000000+00:00", "2026-11-20")


# ------------------------------------------------------------------ power cuts


def child(code: str, data_dir: Path) -> subprocess.Popen[str]:
    """A till in a process of its own, running this code with `till` open."""
    program = (
        "import sys; from pathlib import Path; from tests.tills import *; "
        f"till = TestTill(Path(sys.argv[1]))\n{code}"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_a_power_cut_in_the_middle_of_a_basket_brings_the_basket_back(tmp_path):
    process = child(
        "desk = till.desks.checkout(CASHIER)\n"
        "desk.scan(COLA); desk.scan(BREAD); desk.set_quantity(desk.state.basket.lines[0].line_item_id, 3)\n"
        "print(desk.state.sale_id, flush=True); input()",
        tmp_path,
    )
    assert process.stdout is not None
    sale_id = process.stdout.readline().strip()

    process.kill()
    process.communicate()

    till = TestTill(tmp_path, pieces=())
    state = till.desks.checkout(MANAGER).state
    assert str(state.sale_id) == sale_id
    assert [(line.sku_id, line.quantity) for line in state.basket.lines] == [("COLA", 3), ("BREAD", 1)]
    assert state.totals.total_amount == 55_000
    till.close()


@pytest.mark.parametrize("after", [1, 7, 23])
def test_a_power_cut_in_a_rush_loses_no_sale_whose_receipt_was_seen(tmp_path, after):
    process = child(
        "while True:\n"
        "    checkout = till.desks.checkout(CASHIER); checkout.scan(COLA); till.clock.forward(5)\n"
        "    desk = till.desks.payment(checkout.to_pay(), CASHIER); desk.pay_cash(10_000)\n"
        "    print(desk.state.receipt.receipt_number, flush=True)",
        tmp_path,
    )
    assert process.stdout is not None
    seen = [process.stdout.readline().strip() for _ in range(after)]

    process.send_signal(signal.SIGKILL)
    # Not by `communicate` alone, which would pass over what `readline` has in its buffer.
    rest = process.stdout.read()
    process.communicate()
    seen += [line for line in rest.split("\n") if line.startswith("POS_01-") and len(line) == 13]

    till = TestTill(tmp_path, pieces=())
    recorded = till.journal.sums()[0]
    # The last one may have been committed without its receipt having been seen.
    assert recorded in (len(seen), len(seen) + 1)
    assert_chain_is_whole(till, recorded)
    till.close()


# ------------------------------------------------------------------ a disk that gives up


def test_a_full_disk_refuses_the_sale_keeps_the_basket_and_goes_on_when_there_is_room(tmp_path):
    process = child(
        "import resource\n"
        "import os\n"
        "checkout = till.desks.checkout(CASHIER); checkout.scan(COLA); checkout.scan(BREAD)\n"
        "draft = checkout.to_pay(); desk = till.desks.payment(draft, CASHIER)\n"
        "size = os.path.getsize(till.journal.log_file)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size + 9000, resource.RLIM_INFINITY))\n"
        "desk.pay_cash(50_000)\n"
        "state = desk.state\n"
        "print(state.notice.code, state.receipt, state.due, len(state.tenders), state.over, flush=True)\n"
        "print(till.journal.sums(), len(till.envelopes()), flush=True)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "desk.pay_cash(50_000)\n"
        "print(desk.state.notice, desk.state.receipt.receipt_number, till.journal.sums(), flush=True)",
        tmp_path,
    )
    out, _ = process.communicate(timeout=60)

    assert out.splitlines() == [
        "till-disk-full None 35000 0 False",
        "(0, 0) 0",
        "None POS_01-000001 (1, 35000)",
    ]
    till = TestTill(tmp_path, pieces=())
    assert_chain_is_whole(till, 1)
    till.close()


def test_a_full_disk_refuses_a_scan_and_leaves_the_basket_as_it_was(tmp_path):
    process = child(
        "import resource, os\n"
        "checkout = till.desks.checkout(CASHIER); checkout.scan(COLA)\n"
        "size = os.path.getsize(till.journal.log_file)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))\n"
        "checkout.scan(BREAD)\n"
        "state = checkout.state\n"
        "print(state.notice.code, [line.sku_id for line in state.basket.lines], flush=True)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "checkout.scan(BREAD)\n"
        "print(checkout.state.notice, [line.sku_id for line in checkout.state.basket.lines], flush=True)",
        tmp_path,
    )
    out, _ = process.communicate(timeout=60)

    assert out.splitlines() == ["till-disk-full ['COLA']", "None ['COLA', 'BREAD']"]


def test_a_till_that_is_started_on_a_full_disk_says_that_it_is_full(tmp_path):
    TestTill(tmp_path).close()
    process = child(
        "import resource\n"
        "from terminal.till.disk import TillDiskFull, connect, plainly\n"
        "till.close()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, resource.RLIM_INFINITY))\n"
        "file = till.journal.log_file.with_name('till.sqlite')\n"
        "try:\n"
        "    with plainly(file):\n"
        "        connect(file, durable=True).execute('SELECT * FROM sales')\n"
        "except TillDiskFull as refusal:\n"
        "    print(refusal.code, flush=True)\n",
        tmp_path,
    )
    out, _ = process.communicate(timeout=60)

    assert out.splitlines() == ["till-disk-full"]


def test_sqlites_own_word_for_a_full_disk_is_understood(till):
    till.journal._connection.execute("PRAGMA max_page_count=1")
    checkout = till.desks.checkout(CASHIER)

    for _ in range(400):
        checkout.add_lines([WantedLine(BREAD, 1)])
        if checkout.state.notice:
            break

    assert checkout.state.notice is not None
    assert checkout.state.notice.code == "till-disk-full"


def test_a_journal_that_may_not_be_written_says_so(till):
    sell(till)
    till.journal._connection.execute("PRAGMA query_only=ON")
    checkout = till.desks.checkout(CASHIER)

    checkout.scan(COLA)

    assert checkout.state.notice is not None
    assert checkout.state.notice.code == "till-read-only"
    assert checkout.state.basket.lines == ()


def test_a_file_that_is_no_journal_is_named_and_kept(tmp_path):
    file = tmp_path / "till.sqlite"
    file.write_bytes(b"this was a shopping list" * 300)

    with pytest.raises(TillDamaged) as refused:
        Journal(file, store_id="STORE_001", terminal_id="POS_01")

    assert refused.value.detail == {"file": str(file)}
    assert file.read_bytes().startswith(b"this was a shopping list")


def test_a_journal_with_torn_pages_is_not_sold_into(till):
    for _ in range(3):
        sell(till)
    till.close()
    file = till.data_dir / "till.sqlite"
    with file.open("r+b") as pages:
        # All but the first page, which holds the schema.
        size = file.stat().st_size
        pages.seek(4096)
        pages.write(b"\xff" * (size - 4096))

    with pytest.raises(TillDamaged):
        till.reopen()
    assert file.stat().st_size == size


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_rights_is_named(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(TillReadOnly):
            Journal(tmp_path / "till.sqlite", store_id="STORE_001", terminal_id="POS_01")
    finally:
        tmp_path.chmod(stat.S_IRWXU)


def test_another_program_in_the_middle_of_a_write_is_waited_for_then_named(till):
    till.journal._connection.execute("PRAGMA busy_timeout=20")
    other = sqlite3.connect(till.data_dir / "till.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(TillBusy):
        till.journal.drop_draft()

    other.execute("ROLLBACK")
    till.journal.drop_draft()
    other.close()


# ------------------------------------------------------------------ whose journal


def test_the_journal_of_another_till_is_not_opened(till):
    with pytest.raises(JournalOfAnotherTill) as refused:
        Journal(till.data_dir / "till.sqlite", store_id="STORE_001", terminal_id="POS_02")

    assert refused.value.detail["terminal_id"] == "POS_01"


def test_the_journal_of_a_newer_program_is_not_opened(till):
    till.journal._connection.execute("PRAGMA user_version = 99")

    with pytest.raises(JournalTooNew):
        Journal(till.data_dir / "till.sqlite", store_id="STORE_001", terminal_id="POS_01")


def test_one_till_is_open_once_and_again_after_it_was_closed(tmp_path):
    lock = TillLock(tmp_path)
    with pytest.raises(TillInUse) as refused:
        TillLock(tmp_path)
    assert refused.value.detail == {"data_dir": str(tmp_path)}

    lock.close()
    TillLock(tmp_path).close()


def test_a_killed_till_does_not_keep_its_lock(tmp_path):
    process = child(
        "from terminal.till.lock import TillLock\nlock = TillLock(till.data_dir)\n"
        "print('ok', flush=True); input()",
        tmp_path,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ok\n"
    with pytest.raises(TillInUse):
        TillLock(tmp_path)

    process.kill()
    process.communicate()

    TillLock(tmp_path).close()


@pytest.mark.allow_log("draft not readable")
def test_a_basket_no_program_can_read_is_kept_aside_and_the_till_goes_on(till):
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)
    till.journal._connection.execute("UPDATE drafts SET body = '{\"lines\": 1}'")

    again = till.desks.checkout(CASHIER)

    assert again.state.basket.lines == ()
    rows = till.journal._connection.execute("SELECT place, body FROM drafts").fetchall()
    assert rows == [(2, '{"lines": 1}')]


def test_nothing_of_a_sale_stands_when_its_making_fails(till):
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(COLA)

    def broken(sequence: int) -> SaleRecorded:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        till.journal.record_sale(UUID(int=1), broken, AT)

    assert till.journal.sums() == (0, 0)
    assert till.journal.open_draft() is not None
