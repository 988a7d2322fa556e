"""A journal of every shape that a till ever wrote opens with the till of today, and nothing in it is lost.

`journals/<version>.sql` is a journal as the program of then left it (`1-first` is the first shape of version
1): sales with numbers 1 to 6 at most, of which the hub has had the first, and a basket at the counter. From
version 2 on a voucher was used, from 3 on that sale was voided, from 4 on the shift is open, 5 to 7 have a
parked basket. A file that is here is never changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from courier.envelope import FIRST_HASH, opened_text, seal_holds
from retail.facts import SaleRecorded
from retail.staff import Role
from terminal.bootstrap import JOURNAL_FILE, RunningTill, build_till
from terminal.till import enrolment
from terminal.till.cashier import Cashier
from terminal.till.drawer import Drawer
from terminal.till.enrolment import JournalLost
from terminal.till.journal import SCHEMA_VERSION, AlreadySold, Journal
from terminal.till.journal_files import ends_at, sold_references, unsent_texts
from tests import make
from tests.hubs import Hub, running_hub
from tests.patience import eventually

FOLDER = Path(__file__).parent / "journals"
FILES = sorted(FOLDER.glob("*.sql"))
CASHIER = Cashier(make.CASHIER, "Nguyễn Thị Lan", Role.CASHIER)
FIRST_ENROLMENT = '{"store_id":"STORE_001","terminal_id":"POS_01","secret":"%s"}'
"""As the first tills kept it."""

every_shape = pytest.mark.parametrize("shape", FILES, ids=lambda file: file.stem)


def version_of(shape: Path) -> int:
    return int(shape.stem.partition("-")[0])


def written(shape: Path, data_dir: Path) -> Path:
    """The data directory of a till of then."""
    data_dir.mkdir(exist_ok=True)
    with closing(sqlite3.connect(data_dir / JOURNAL_FILE)) as connection:
        connection.executescript(shape.read_text("utf-8"))
    return data_dir


def facts_in(data_dir: Path) -> list[str]:
    with closing(sqlite3.connect(data_dir / JOURNAL_FILE)) as connection:
        return [row[0] for row in connection.execute("SELECT payload FROM outbox ORDER BY id")]


def tables_of(file: Path) -> dict[str, Any]:
    """Columns by table, and the indexes that somebody made."""
    with closing(sqlite3.connect(file)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {
            table: [row[1:4] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables
        }
        made = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        return {"columns": columns, "indexes": set(connection.execute(made))}


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path / "hub") as running:
        yield running


def kept_enrolment(data_dir: Path, secret: str) -> None:
    file = data_dir / enrolment.FILE_NAME
    file.touch(0o600)
    file.write_text(FIRST_ENROLMENT % secret)


@pytest.fixture
def till(shape: Path, tmp_path: Path) -> Iterator[RunningTill]:
    """The till of today over the files of then; its hub is away."""
    data_dir = written(shape, tmp_path / "till")
    kept_enrolment(data_dir, "x")
    running = build_till(data_dir, "http://127.0.0.1:1", clock=lambda: make.AT)
    yield running
    running.close()


def pay(till: RunningTill) -> SaleRecorded:
    """The basket at the counter is paid in cash."""
    draft = till.desks.checkout(CASHIER).to_pay()
    assert draft is not None
    desk = till.desks.payment(draft, CASHIER)
    desk.pay_cash(draft.totals.total_amount)
    assert desk.state.receipt is not None, desk.state.notice
    found = till.till.past_sale(draft.sale_id)
    assert found is not None
    return found.sale


def test_every_version_has_its_journal() -> None:
    assert {version_of(file) for file in FILES} == set(range(1, SCHEMA_VERSION + 1))


@every_shape
def test_a_journal_of_any_shape_gets_the_shape_of_today(shape: Path, tmp_path: Path) -> None:
    old, new = written(shape, tmp_path / "old"), tmp_path / "new"
    new.mkdir()
    for home in (old, new, old):  # the old one twice: the second time there is nothing left to do
        Journal(home / JOURNAL_FILE, store_id=make.STORE, terminal_id=make.TERMINAL).close()
    of_old, of_new = tables_of(old / JOURNAL_FILE), tables_of(new / JOURNAL_FILE)
    # The position became the row's own place while version 1 was new; as a key of its own it serves as well.
    for tables in (of_old, of_new):
        tables["columns"]["outbox"][0] = ("id", "BIGINT", 1)
    assert of_old == of_new


@every_shape
def test_facts_that_waited_are_sent_and_the_next_sale_follows_them(
    shape: Path, hub: Hub, tmp_path: Path
) -> None:
    data_dir = written(shape, tmp_path / "till")
    before = facts_in(data_dir)
    known = hub.enrolled()
    kept_enrolment(data_dir, known["secret"])
    first = f'{{"from_position":1,"events":[{before[0]}]}}'
    assert hub.with_token(known["token"]).post("/api/v1/envelopes", content=first).json()["accepted"] == 1

    with build_till(data_dir, hub.url, clock=hub.clock) as till:
        sale = pay(till)
        facts = facts_in(data_dir)
        eventually(lambda: hub.rows("SELECT payload FROM outbox ORDER BY id") == [(text,) for text in facts])

    assert sale.receipt_number == f"POS_01-{len(before) + 1:06}"
    assert facts[:-1] == before
    bodies = [orjson.loads(text) for text in facts]
    assert all(map(seal_holds, bodies))
    assert [body["sequence"] for body in bodies] == list(range(1, len(facts) + 1))
    assert [body["previous_hash"] for body in bodies] == [FIRST_HASH, *(body["hash"] for body in bodies[:-1])]
    assert hub.rows("SELECT * FROM set_aside") == []
    assert hub.rows("SELECT * FROM chain_breaks") == []


@every_shape
def test_the_basket_at_the_counter_is_still_open_and_ends_with_its_sale(
    till: RunningTill, shape: Path
) -> None:
    draft = till.till.open_draft()
    assert draft is not None
    goods = [line.product_name for line in draft.basket.lines]
    expected = ["Bánh mì sandwich"] if version_of(shape) >= 5 else [
        "Cà phê sữa đá Highlands 235ml",
        "Coca-Cola lon 320ml",
    ]  # fmt: skip
    assert goods == expected

    assert pay(till).transaction_id == draft.sale_id
    assert till.till.open_draft() is None


@every_shape
def test_past_sales_are_found_by_number_by_id_and_by_day(till: RunningTill) -> None:
    sealed = [opened_text(text) for text in facts_in(till.till.journal.log_file.parent)]
    sales = [SaleRecorded.from_body(each.payload) for each in sealed if each.event_type == "SaleRecorded"]
    for sale in sales:
        by_number, by_id = (
            till.till.sale_numbered(sale.receipt_number),
            till.till.past_sale(sale.transaction_id),
        )
        assert by_number is not None
        assert by_number == by_id
        assert by_number.sale == sale
    listed = till.till.sales_of_day(sales[0].business_date, 10)
    assert [each.transaction_id for each in reversed(listed)] == [sale.transaction_id for sale in sales]
    assert till.till.journal.sums() == (len(sales), sum(sale.totals.total_amount for sale in sales))
    # A sale replayed from a file is known, and the same one is not sold again.
    assert till.till.journal.sold_references() == {"536365"}
    again = sales[1].transaction_id
    assert till.till.journal.sale(again) is not None
    with pytest.raises(AlreadySold):
        till.till.journal.record_sale(UUID(int=99), lambda _: sales[1], make.AT)


@every_shape
def test_what_came_later_is_still_known(till: RunningTill, shape: Path) -> None:
    version, journal = version_of(shape), till.till.journal
    voided = [each.void for each in till.till.sales_of_day(make.sale().business_date, 10)]
    assert sum(voided) == (1 if version >= 3 else 0)
    assert journal.voucher_uses("TET-1") == (1 if version == 2 else 0)
    drawer = Drawer(journal, lambda: None)
    opened = drawer.open_shift()
    assert (opened is not None) == (version >= 4)
    assert len(drawer.shift_facts()) == (len(journal.facts_from(1)) if version >= 4 else 0)
    assert [draft.slip is not None for draft in till.till.parked_drafts()] == [True] * (version >= 5)


@every_shape
def test_an_old_disk_is_read_without_being_changed(shape: Path, tmp_path: Path) -> None:
    """As `terminal --hand-in` does with a disk that another till has taken the place of."""
    file = written(shape, tmp_path) / JOURNAL_FILE
    facts, before = facts_in(tmp_path), file.read_bytes()
    assert unsent_texts(file) == facts[1:]
    assert ends_at(file) == len(facts)
    assert sold_references(file) == [("536365", 35_000)]
    assert file.read_bytes() == before


def test_a_first_draft_that_nobody_can_read_keeps_no_till_from_selling(tmp_path: Path) -> None:
    home = written(FOLDER / "1-first.sql", tmp_path)
    with closing(sqlite3.connect(home / JOURNAL_FILE)) as connection:
        connection.execute("UPDATE drafts SET body = '{torn'")
        connection.commit()
    journal = Journal(home / JOURNAL_FILE, store_id=make.STORE, terminal_id=make.TERMINAL)
    assert journal.rows("SELECT body FROM drafts") == [("{torn",)]
    assert (journal.head.sequence, journal.sums()) == (3, (3, 105_000))
    journal.close()


def test_a_journal_that_a_power_cut_left_half_changed_is_as_it_was(tmp_path: Path) -> None:
    home = written(FOLDER / "1-first.sql", tmp_path)
    with closing(sqlite3.connect(home / JOURNAL_FILE)) as connection:
        connection.execute("CREATE TABLE first_sales (room TEXT)")  # in the way, so that the change fails
        connection.commit()
    before = tables_of(home / JOURNAL_FILE)["columns"]
    with pytest.raises(sqlite3.OperationalError):
        Journal(home / JOURNAL_FILE, store_id=make.STORE, terminal_id=make.TERMINAL)
    after = tables_of(home / JOURNAL_FILE)["columns"]
    assert {name: after[name] for name in before} == before


def test_an_enrolment_of_the_first_tills_is_read_and_its_lost_journal_is_not_begun_anew(
    tmp_path: Path,
) -> None:
    file = tmp_path / enrolment.FILE_NAME
    file.touch(0o600)
    file.write_text(FIRST_ENROLMENT % "x")
    kept = enrolment.read(tmp_path)
    assert kept is not None
    assert (kept.store_id, kept.terminal_id, kept.secret) == ("STORE_001", "POS_01", "x")
    assert (kept.sequence, kept.hash, kept.missing, kept.begun) == (0, FIRST_HASH, (), True)
    with pytest.raises(JournalLost):
        build_till(tmp_path, "http://127.0.0.1:1")


def test_an_enrolment_behind_a_lost_disk_is_read_as_it_was_kept(tmp_path: Path) -> None:
    file = tmp_path / enrolment.FILE_NAME
    file.touch(0o600)
    behind = f'"sequence":7,"hash":"{"ab" * 32}","missing":[[3,4]],"begun":false'
    file.write_text(f'{{"store_id":"STORE_001","terminal_id":"POS_01","secret":"x",{behind}}}')
    kept = enrolment.read(tmp_path)
    assert kept is not None
    assert (kept.sequence, kept.hash, kept.missing, kept.begun) == (7, "ab" * 32, ((3, 4),), False)
