"""Head office's database of every revision comes up to today's: nothing is lost, and the chain goes on.

One day at each revision: STORE_001 sells, with a void, a delivery and a fact that does not add up on the
first day; STORE_002 sells on the first day alone and loses a fact on its way. Money comes back on the third
and seventh day, before there are books for it, and on the eighth and ninth; promotions are in lines of sales
since the third and stated on the fourth; the hub tells of differences on the sixth; on the tenth and eleventh
a member buys with a voucher, and goods are sold that no catalogue knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from courier.envelope import opened_text
from hq.bootstrap import now
from hq.database import make_engine
from hq.people.tokens import Caller
from hq.reports.projection import reset
from hq.reports.projector import Projector
from hq.reports.verify import Scope, verify
from hq.settings import Settings
from retail.facts import RefundRecorded, SaleRecorded, TransactionVoided, read_fact
from tests import make_hq
from tests.integration.hq.conftest import ADMIN, Clock, RunningHq
from tests.past.past_databases import PastDatabases, ask, columns, newest, revisions, rows
from tests.patience import eventually

FOLDER = Path(__file__).parent / "hq"
LATE = (FOLDER / "late.txt").read_text("utf-8").splitlines()
"""What STORE_002 lost on the first day."""
LAST = revisions(FOLDER)[-1]
NEVER_WRITTEN = {"outbox"}
"""Head office sends facts to nobody; the table is the courier's."""

every_revision = pytest.mark.parametrize("revision", revisions(FOLDER))


@pytest.fixture
def past(past_offices: PastDatabases) -> PastDatabases:
    return past_offices


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the signing key: made once, because RSA keys are slow to make."""
    return tmp_path_factory.mktemp("hq-keys")


@pytest.fixture
def hq(past: PastDatabases, revision: str, keys: Path) -> Iterator[RunningHq]:
    """The head office of today on the database of then, three weeks after its first day."""
    settings = Settings(
        past.in_use(revision), data_dir=keys, admin_employee_id=ADMIN["employee_id"], admin_pin=ADMIN["pin"]
    )
    clock = Clock()
    clock.ahead = make_hq.NOON + timedelta(days=21) - clock()
    with RunningHq(settings, clock) as running:
        yield running


def facts(hq: RunningHq, event_type: str) -> list[Any]:
    """The facts of one kind in the ledger that have a chain and are not set aside."""
    kept = hq.sql(
        """SELECT envelope FROM ledger l WHERE event_type = %s AND origin IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM set_aside a WHERE a.pipe = l.pipe AND a.position = l.position)""",
        event_type,
    )
    envelopes = [opened_text(row[0]) for row in kept]
    return [read_fact(each.event_type, each.version, each.payload) for each in envelopes]


def looks(url: str) -> list[str]:
    """What `hq verify` finds."""
    engine = make_engine(url, "hq verify", statement_seconds=0)
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
        found = verify(tx, Scope())
    engine.dispose()
    return [line.removeprefix("LOOK  ") for line in found.lines() if line.startswith("LOOK")]


def as_store(hq: RunningHq, store_id: str) -> httpx.Client:
    """A store's hub, with a token as its secret gets it."""
    token, _ = hq.app.state.office.tokens.issue(Caller(store_id=store_id), "store", hq.clock())
    return hq.client(token)


def send(hq: RunningHq, store_id: str, *texts: str) -> dict[str, Any]:
    """Send at the end of a store's pipe."""
    ((position,),) = hq.sql(
        "SELECT cursor_value FROM sync_cursors WHERE cursor_name = %s", f"pipe:{store_id}"
    )
    answer = as_store(hq, store_id).post("/v1/ingestion/events", content=make_hq.batch(texts, position + 1))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def going_on(hq: RunningHq, origin: str) -> make_hq.Chain:
    """A till behind the last number that head office has of it."""
    ((sequence, head),) = hq.sql("SELECT sequence, hash FROM origins WHERE origin = %s", origin)
    return make_hq.Chain(origin, sequence, head)


def test_every_revision_has_its_database() -> None:
    assert revisions(FOLDER) == [f"{number:04}" for number in range(1, int(newest("hq")) + 1)]


@every_revision
def test_no_row_is_lost_and_none_is_changed(past: PastDatabases, revision: str) -> None:
    before, after = past.as_left(revision), past.upgraded(revision)
    for table, names in columns(before).items():
        assert rows(after, table, names) == rows(before, table, names), table


def test_every_table_has_rows_in_the_end(past: PastDatabases) -> None:
    url = past.upgraded(LAST)
    assert {table for table, names in columns(url).items() if not rows(url, table, names)} == NEVER_WRITTEN


@pytest.mark.allow_log("fact set aside")
@every_revision
def test_the_proof_holds_but_for_what_was_lost(hq: RunningHq, revision: str) -> None:
    def read_on() -> bool:
        behind = """SELECT count(*) FROM projection_cursors c
            WHERE position < (SELECT max(position) FROM ledger l WHERE l.pipe = c.pipe)"""
        return hq.sql(behind) == [(0,)] and len(facts(hq, "RefundRecorded")) == len(
            hq.sql("SELECT id FROM refunds")
        )

    eventually(read_on)
    assert looks(hq.database_url) == ["STORE_002/POS_01 2 never arrived"]


@pytest.mark.allow_log("fact set aside")
@every_revision
def test_the_chain_goes_on(hq: RunningHq, revision: str) -> None:
    admin = hq.signed_in(ADMIN["employee_id"], ADMIN["pin"])

    # What was lost arrives, and everything is there.
    assert send(hq, "STORE_002", *LATE)["accepted"] == 1
    assert looks(hq.database_url) == []

    # The report says what the facts say.
    till = going_on(hq, "STORE_001/POS_01")
    sold = make_hq.sale(make_hq.line(quantity=2), sold_at=hq.clock(), day=hq.clock().date())
    assert send(hq, "STORE_001", till.seal(sold))["accepted"] == 1

    def told() -> list[tuple[int, int]]:
        params = {"from": "2000-01-01", "to": "2100-01-01", "group_by": "store"}
        body = admin.get("/v1/reports/sales", params=params).json()
        return [(row["total_amount"], row["refund_amount"]) for row in body["rows"]]

    sales: list[SaleRecorded] = facts(hq, "SaleRecorded")
    back: list[RefundRecorded] = facts(hq, "RefundRecorded")
    voids: list[TransactionVoided] = facts(hq, "TransactionVoided")
    plain = 55_000 * hq.sql("SELECT count(*) FROM ledger WHERE origin IS NULL")[0][0]
    assert (sum(total for total, _ in told()), sum(given for _, given in told())) == (
        sum(sale.totals.total_amount for sale in sales) + plain,
        sum(refund.total_amount for refund in back) + sum(void.amount for void in voids),
    )

    # What was stated is still stated.
    news = as_store(hq, "STORE_001").get("/v1/news", params={"after": 0}).json()
    kinds = {piece["kind"] for piece in news["news"]}
    assert kinds >= {"product", "price", "person", "store", "setting", "tax_rate"}
    assert admin.get("/v1/catalog/snapshot", params={"store_id": "STORE_002"}).status_code == 200
    if revision >= "0004":
        promotion = admin.get("/v1/promotions/TEA_2_1").json()
        assert promotion["ends_at"] is not None
        assert "promotion" in kinds
    if revision >= "0006":
        (conflict,) = admin.get("/v1/conflicts").json()["items"]
        assert conflict["kind"] == "price-difference"
        assert admin.get("/v1/set-aside").status_code == 200
    if revision >= "0010":
        assert admin.get("/v1/members/M001").json()["points"] == (50 if revision == "0010" else 100)
        assert admin.get("/v1/vouchers/TET-1").json()["uses"] == 1


@pytest.mark.allow_log("fact set aside")
@every_revision
def test_books_that_are_read_again_are_the_same(past: PastDatabases, revision: str) -> None:
    """But for promotions in lines, which the books had no column for before the ninth revision."""
    url = past.in_use(revision)
    engine = make_engine(url, "hq doctor", statement_seconds=0)
    Projector(engine, now).catch_up()
    booked = "SELECT id, total_amount, status FROM transactions ORDER BY id"
    before = ask(url, booked)
    with engine.begin() as tx:
        reset(tx, now())
    Projector(engine, now).catch_up()
    engine.dispose()
    assert ask(url, booked) == before
    assert looks(url) == ["STORE_002/POS_01 2 never arrived"]
    given = "SELECT applied_promotions FROM line_items WHERE sku_id = 'SKU_TEA' AND line_discount > 0"
    promotion = {"promo_id": "TEA_2_1", "name": "Trà mua 2 tặng 1", "discount_amount": 5_000}
    assert all(row == ([promotion],) for row in ask(url, given))
