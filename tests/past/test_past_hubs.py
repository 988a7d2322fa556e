"""A hub's database of every revision comes up to today's: nothing is lost, and the shop goes on.

The shop, one day at each revision: two tills and a screen of the hub's own sell. On the first day POS_01
cancels a sale, sells at a wrong price, writes a fact that nobody can read and is copied once; POS_02 loses a
fact on its way, and two more on the second day. On the third and eighth day cash is rounded, on the third
there is a refund before the hub has books for it; from the fourth on there are shifts and refunds, from the
sixth baskets, from the ninth promotions. On the eleventh a member uses a voucher, of which the hub knows
nothing yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy import Connection, text

from courier.envelope import opened_text
from courier.news import News, NewsPage
from hq.settings import Settings as HqSettings
from retail.facts import SaleRecorded, read_fact
from retail.refund_facts import RefundRecorded, TransactionVoided
from storehub.database import make_engine, migrate
from storehub.news import apply_news
from storehub.sales.refunds import refunds_of, void_of
from storehub.verify import verify
from tests import make
from tests.conftest import Databases
from tests.hubs import Clock, Hub, MachineClock, Till, running_hub
from tests.integration.hq.conftest import ADMIN, RunningHq
from tests.integration.hq.conftest import Clock as HqClock
from tests.past.past_databases import PastDatabases, ask, columns, newest, revisions, rows
from tests.patience import eventually

FOLDER = Path(__file__).parent / "hub"
LATE = (FOLDER / "late.txt").read_text("utf-8").splitlines()
"""What POS_02 lost on the first day, and on the second."""
SECRETS: dict[str, str] = json.loads((FOLDER / "tills.json").read_bytes())
FILLED_IN = {
    "prices": ("effective_to",),
    "transactions": ("rounding_amount", "member_id", "points_earned", "vouchers"),
}
"""Columns that get later what facts and news had said before there was a column for it."""
MASTER_DATA = (
    "local_catalog",
    "product_barcodes",
    "prices",
    "tax_rates",
    "promotions",
    "members",
    "vouchers",
    "settings",
    "stores",
    "people",
)

every_revision = pytest.mark.parametrize("revision", revisions(FOLDER))


@pytest.fixture
def past(past_hubs: PastDatabases) -> PastDatabases:
    return past_hubs


@pytest.fixture
def tx(past: PastDatabases, revision: str) -> Iterator[Connection]:
    """Into the upgraded database, from which nothing is left behind."""
    engine = make_engine(past.upgraded(revision))
    with engine.connect() as connection:
        yield connection
        connection.rollback()
    engine.dispose()


@pytest.fixture
def hub(past: PastDatabases, revision: str, tmp_path: Path) -> Iterator[Hub]:
    """The hub of today on the database of then, three weeks after its first day."""
    clock = Clock(make.AT + timedelta(days=21))
    with running_hub(past.in_use(revision), tmp_path, page=None, clock=clock) as running:
        yield running


@pytest.fixture
def hq(hq_database_url: str, tmp_path: Path) -> Iterator[RunningHq]:
    """A head office of today."""
    settings = HqSettings(
        hq_database_url,
        data_dir=tmp_path / "hq",
        admin_employee_id=ADMIN["employee_id"],
        admin_pin=ADMIN["pin"],
    )
    with RunningHq(settings, HqClock()) as running:
        yield running


def returning(hub: Hub, terminal_id: str) -> Till:
    """A till with the secret it got on the first day, whose chain goes on where it was."""
    proof = {"terminal_id": terminal_id, "secret": SECRETS[terminal_id]}
    answer = hub.http.post("/api/v1/auth/token", json=proof)
    assert answer.status_code == 200, answer.text
    till = Till(hub, terminal_id, answer.json()["token"])
    heads = """SELECT sequence, hash FROM (SELECT * FROM origins UNION ALL SELECT * FROM announced) AS known
        WHERE origin = :origin ORDER BY sequence DESC LIMIT 1"""
    ((till.chain.sequence, till.chain.hash),) = hub.rows(heads, origin=till.chain.origin)
    return till


def sent(till: Till, *envelopes: Any) -> dict[str, Any]:
    cursor = "SELECT cursor_value FROM sync_cursors WHERE cursor_name = :name"
    position = till.hub.scalar(cursor, name=f"pipe:{till.chain.origin}")
    answer = till.send(position + 1, envelopes)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def facts(tx: Connection, *kinds: str) -> list[tuple[int, Any]]:
    """The facts of these kinds that were applied, with their positions."""
    found = tx.execute(
        text(
            """SELECT id, payload FROM outbox o WHERE event_type = ANY(:kinds) AND NOT EXISTS (
                SELECT 1 FROM set_aside a WHERE a.origin = o.origin AND a.sequence = o.sequence
                    AND a.code NOT LIKE 'chain-%' AND a.decision IS NULL)
            ORDER BY id"""
        ),
        {"kinds": list(kinds)},
    )
    envelopes = [(row.id, opened_text(row.payload)) for row in found]
    return [(at, read_fact(each.event_type, each.version, each.payload)) for at, each in envelopes]


def good(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_every_revision_has_its_database() -> None:
    assert revisions(FOLDER) == [f"{number:04}" for number in range(1, int(newest("storehub")) + 1)]


@every_revision
def test_no_row_is_lost_and_none_is_changed(past: PastDatabases, revision: str) -> None:
    before, after = past.as_left(revision), past.upgraded(revision)
    for table, names in columns(before).items():
        same = tuple(name for name in names if name not in FILLED_IN.get(table, ()))
        left = rows(before, table, same)
        now = rows(after, table, same)
        assert [row for row in left if row not in now] == [], table
        if table not in ("sync_cursors", "voucher_uses"):
            assert len(now) == len(left), table


def test_every_table_has_rows_in_the_end(past: PastDatabases) -> None:
    url = past.upgraded(revisions(FOLDER)[-1])
    assert [table for table, names in columns(url).items() if not rows(url, table, names)] == []


@every_revision
def test_the_walk_through_all_facts_finds_what_was_lost_and_nothing_else(
    tx: Connection, revision: str
) -> None:
    found = verify(tx)
    looks = [line for line in found.lines() if line.startswith("LOOK")]
    second_day = ["LOOK  STORE_001/POS_02 4-5 never arrived"] if revision > "0002" else []
    assert looks == ["LOOK  STORE_001/POS_02 2 never arrived", *second_day]


@every_revision
def test_every_recorded_sale_says_what_its_fact_says(tx: Connection, revision: str) -> None:
    recorded = {
        row.id: row for row in tx.execute(text("SELECT * FROM transactions WHERE completed_at IS NOT NULL"))
    }
    used = set(tx.execute(text("SELECT code, transaction_id FROM voucher_uses WHERE used_at IS NOT NULL")))
    sales: list[SaleRecorded] = [fact for _, fact in facts(tx, "SaleRecorded")]
    assert {sale.transaction_id for sale in sales} == set(recorded)
    for sale in sales:
        row = recorded[sale.transaction_id]
        assert (row.receipt_number, row.total_amount, row.tax_amount, row.rounding_amount) == (
            sale.receipt_number,
            sale.totals.total_amount,
            sale.totals.tax_amount,
            sale.rounding_amount,
        )
        assert (row.member_id, row.points_earned) == (sale.member_id, sale.points_earned or 0)
        vouchers = [voucher.to_body() for voucher in sale.vouchers]
        assert (row.vouchers or []) == vouchers
        assert {code for code, of in used if of == row.id} == {each["code"] for each in vouchers}
        lines = tx.execute(
            text("SELECT id FROM line_items WHERE transaction_id = :id ORDER BY line_number"), {"id": row.id}
        )
        assert [line.id for line in lines] == [line.line_item_id for line in sale.lines]
        paid = tx.execute(text("SELECT sum(amount) FROM payments WHERE transaction_id = :id"), {"id": row.id})
        assert paid.scalar_one() == sale.totals.total_amount + sale.rounding_amount


@every_revision
def test_what_came_back_is_known_as_it_was_sealed(tx: Connection, revision: str) -> None:
    for _, fact in facts(tx, "TransactionVoided"):
        assert isinstance(fact, TransactionVoided)
        assert void_of(tx, fact.transaction_id) == fact
    for _, fact in facts(tx, "RefundRecorded"):
        assert isinstance(fact, RefundRecorded)
        assert fact.transaction_id is not None
        assert fact in refunds_of(tx, fact.transaction_id)


@every_revision
def test_master_data_is_what_the_newest_news_say(tx: Connection, past: PastDatabases, revision: str) -> None:
    """A hub that heard all its news today would know the same."""

    def known() -> dict[str, list[str]]:
        left_out = {"catalog_version", "synced_at", "version"}
        return {
            table: sorted(
                repr({name: value for name, value in row._mapping.items() if name not in left_out})
                for row in tx.execute(text(f"SELECT * FROM {table}"))
            )
            for table in MASTER_DATA
        }

    before = known()
    news = [
        News(row.version, row.kind, row.key, json.loads(row.body), row.deleted)
        for row in tx.execute(text("SELECT * FROM feed WHERE kind <> 'terminal' ORDER BY version"))
    ]
    apply_news(tx, NewsPage(news[-1].version, news), make.STORE, make.AT)
    assert known() == before


@pytest.mark.allow_log("chain broken")
@every_revision
def test_the_shop_goes_on(hub: Hub, revision: str) -> None:
    one, two = returning(hub, "POS_01"), returning(hub, "POS_02")
    cashier, manager = hub.as_cashier(), hub.as_manager()

    # Till and screen sell on, behind the numbers they had.
    sold = one.sell(make.line("coffee", 2), sold_at=hub.clock())
    assert (sent(one, sold)["accepted"], sent(two, two.sell())["accepted"]) == (1, 1)
    sale = good(
        cashier.post("/api/v1/transactions", json={"terminal_id": "POS_01", "cashier_id": make.CASHIER})
    )
    path = f"/api/v1/transactions/{sale['transaction_id']}"
    good(cashier.post(f"{path}/items", json={"barcode": "8938505974194"}))
    due = good(cashier.post(f"{path}/calculate"))["total_amount"]
    good(cashier.post(f"{path}/payments", json={"payment_method": "CASH", "amount": due}))
    assert good(cashier.post(f"{path}/finalize"))["status"] == "PAID"

    # The very first sale is found by the number on its receipt, shown and taken back.
    (first,) = good(one.http.get("/api/v1/transactions", params={"receipt_number": "POS_01-000001"}))[
        "transactions"
    ]
    assert first["total_amount"] == 15_000
    receipt = good(cashier.get(f"/api/v1/receipts/{first['transaction_id']}"))
    assert receipt["receipt_number"] == "POS_01-000001"
    hub.clock.forward(days=-20)  # it is too old to come back by now
    refund = manager.post(f"/api/v1/transactions/{first['transaction_id']}/refunds", json={"reason": "stale"})
    hub.clock.forward(days=20)
    assert good(refund)["total_amount"] == 15_000

    # What got lost arrives, and nothing is wrong any more.
    lost = LATE if revision > "0001" else LATE[:1]
    headers = {"content-type": "application/json"}
    brought = two.http.post(
        "/api/v1/envelopes/late", content=f'{{"events":[{",".join(lost)}]}}', headers=headers
    )
    assert good(brought)["accepted"] == len(lost)
    with hub.engine.connect() as tx:
        assert verify(tx).holds

    assert {row["sku_id"] for row in good(cashier.get("/api/v1/inventory"))["items"]} >= {"SKU_12345"}


@every_revision
def test_what_was_going_on_goes_on(hub: Hub, revision: str) -> None:
    """Shifts are closed, baskets are taken, prices that are over are over, used vouchers are used."""
    till, manager = returning(hub, "POS_01"), hub.as_manager()
    if revision >= "0003":
        item = good(hub.as_cashier().get("/api/v1/catalog/items", params={"barcode": "8934588063053"}))
        assert item["base_price"] == 57_000
    if revision >= "0004":
        (shift, *_) = hub.rows(
            "SELECT id, float_amount FROM shifts WHERE closed_at IS NULL ORDER BY opened_position"
        )
        x = good(manager.get(f"/api/v1/shifts/{shift[0]}/x-report"))
        assert x["float_amount"] == 500_000
        closed = [row[0] for row in hub.rows("SELECT id FROM shifts WHERE closed_at IS NOT NULL")]
        z = good(manager.get(f"/api/v1/shifts/{closed[0]}/z-report"))
        assert z["status"] == "CLOSED"
    if revision >= "0006":
        (parked,) = good(till.http.get("/api/v1/baskets"))["baskets"]
        assert parked["label"] == "the lady with the dog"
        taken = till.http.post(f"/api/v1/baskets/{parked['sale_id']}/take", json={"cashier_id": make.CASHIER})
        assert good(taken)["body"]["lines"] == ["the till's own"]
    if revision >= "0011":
        claim = till.http.put(f"/api/v1/vouchers/PHIEU-1/claims/{UUID(int=5)}")
        assert (claim.status_code, claim.json()["code"]) == (409, "voucher-used")


@pytest.mark.parametrize("revision", ["0001", "0005", "0013"])
def test_a_person_decides_about_what_was_set_aside_then(hub: Hub, revision: str) -> None:
    def decide(position: int, decision: str) -> Any:
        path = f"/api/v1/set-aside/{make.STORE}/{make.TERMINAL}/{position}/decision"
        answer = hub.as_manager().post(path, json={"decision": decision, "reason": "asked the cashier"})
        return good(answer)

    sold = "SELECT count(*) FROM transactions WHERE completed_at IS NOT NULL"
    before = hub.scalar(sold)
    assert decide(11, "accept")["applied"] is True  # the sale of the copied till
    assert decide(9, "annul")["decided_by"] == make.MANAGER
    assert hub.scalar(sold) == before + 1
    with hub.engine.connect() as tx:
        assert [line for line in verify(tx).lines() if "LOOK" in line and "never arrived" not in line] == []


@pytest.mark.allow_log("news started over", "news line lifted", "fact set aside", "chain broken")
@pytest.mark.parametrize("revision", ["0001", "0006", "0013"])
def test_what_head_office_has_not_got_is_sent(
    past: PastDatabases, revision: str, hq: RunningHq, tmp_path: Path
) -> None:
    url = past.in_use(revision)
    texts = [row[0] for row in ask(url, "SELECT payload FROM outbox ORDER BY id")]
    ((sent_before,),) = ask(url, "SELECT cursor_value FROM sync_cursors WHERE cursor_name = 'acknowledged'")
    store = hq.store(make.STORE)
    store.send(texts[:sent_before])
    secret_file = tmp_path / "hq-secret"
    secret_file.touch(0o600)
    secret_file.write_text(store.secret)

    with running_hub(
        url,
        tmp_path / "hub",
        page=None,
        clock=MachineClock(),
        hq_url=hq.url,
        secret_file=secret_file,
        ping_seconds=0.2,
    ):
        eventually(
            lambda: hq.sql("SELECT count(*) FROM sync_cursors WHERE cursor_value >= %s", len(texts)) != [(0,)]
        )

    kept = hq.sql("SELECT envelope FROM ledger UNION ALL SELECT payload FROM set_aside")
    assert set(texts) <= {row[0] for row in kept}


def test_a_void_with_a_reason_that_no_database_holds_keeps_no_hub_from_its_next_schema(
    past: PastDatabases, databases: Databases
) -> None:
    url = past.as_left("0010")
    ((void,),) = ask(
        url, "SELECT payload FROM outbox WHERE event_type = 'TransactionVoided' ORDER BY id LIMIT 1"
    )
    name = databases.copy_of(str(psycopg.conninfo.conninfo_to_dict(url)["dbname"]))
    url = databases.url(name)
    odd = void.replace("customer changed", "customer\\u0000 changed")
    assert odd != void
    ask(url, "UPDATE outbox SET payload = %s WHERE payload = %s", odd, void)
    sold = json.loads(void)["payload"]["transaction_id"]
    sale = "SELECT payload FROM outbox WHERE event_type = 'SaleRecorded' ORDER BY id LIMIT 1"
    ((text_of,),) = ask(url, sale)
    ask(
        url, "UPDATE outbox SET payload = replace(payload, 'Coca', 'Co\\u0000ca') WHERE payload = %s", text_of
    )

    migrate(url)

    engine = make_engine(url)
    with engine.connect() as tx:
        assert void_of(tx, UUID(sold)) is None
    engine.dispose()
    assert ask(url, "SELECT status FROM transactions WHERE id = %s", sold) == [("VOID",)]
