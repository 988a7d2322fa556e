"""A store annuls a fact that head office has in its books: both agree then, and it can be explained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
import pytest

from courier.decision import Decision, FactSetAside, SetAsideDecided
from hq.bootstrap import main
from retail.facts import Fact
from retail.voucher import RedeemedVoucher
from tests.integration.hq.conftest import RunningHq, Store
from tests.make_hq import NOON, Chain, adjustment, capture, line, refund, sale, void
from tests.patience import eventually

pytestmark = pytest.mark.allow_log("fact set aside")

BOOKS = (
    "transactions",
    "line_items",
    "payments",
    "payment_captures",
    "voids",
    "refunds",
    "refund_lines",
    "refund_tenders",
    "origin_sums",
    "stock_movements",
    "member_points",
    "voucher_uses",
    "conflicts",
    "store_set_aside",
)


class Hub:
    """A store whose hub tells of what it set aside and what its manager decided."""

    def __init__(self, hq: RunningHq) -> None:
        self.hq = hq
        self.store: Store = hq.store()
        self.till = Chain()
        self.own = Chain("STORE_001")

    def send(self, *facts: Fact) -> list[str]:
        """Facts of the till."""
        texts = [self.till.seal(fact) for fact in facts]
        self.store.send(texts)
        return texts

    def decide(self, text: str, decision: Decision = Decision.ANNUL, code: str = "fact-not-readable") -> None:
        """The hub could not apply this fact of the till, and the manager decides."""
        body = orjson.loads(text)
        named = "STORE_001/POS_01", body["sequence"], body["event_id"], body["origin"], body["sequence"], code
        aside = FactSetAside(*named, "of a newer version", NOON)
        decided = SetAsideDecided(*named, decision, "it never happened", "MANAGER_001", NOON)
        self.store.send([self.own.seal_body(told.event_type, told.to_body()) for told in (aside, decided)])
        eventually(lambda: self.completeness()["projected"] is True)

    def completeness(self) -> dict[str, Any]:
        answer = self.hq.admin.get("/v1/stores/STORE_001/completeness")
        body: dict[str, Any] = answer.json()
        return body


def books(hq: RunningHq) -> dict[str, list[Any]]:
    found = {table: sorted(map(repr, hq.sql(f"SELECT * FROM {table}"))) for table in BOOKS}
    levels = "SELECT sku_id, current_stock FROM stock_levels WHERE current_stock <> 0 ORDER BY 1"
    points = "SELECT member_id, points FROM point_balances WHERE points <> 0 ORDER BY 1"
    return found | {"stock_levels": hq.sql(levels), "point_balances": hq.sql(points)}


def holds_and_can_be_read_again(hq: RunningHq) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("HQ_DATABASE_URL", hq.database_url)
        assert main(["verify"]) == 0
        before = books(hq)
        assert main(["doctor", "rebuild"]) == 0
        assert books(hq) == before


@pytest.fixture
def hub(hq: RunningHq) -> Hub:
    return Hub(hq)


def test_a_sale_that_its_store_annulled_is_taken_out_of_the_books(hub: Hub) -> None:
    bought = sale(line(quantity=2))
    with_member = replace(
        bought, member_id="MEMBER_1", points_earned=20, vouchers=(RedeemedVoucher("V-1", "PROMO_1"),)
    )
    (first, _) = hub.send(with_member, sale())
    hub.hq.report()
    assert hub.hq.sql("SELECT points FROM point_balances") == [(20,)]

    hub.decide(first)

    (row,) = hub.hq.report()
    assert (row["transaction_count"], row["total_amount"]) == (1, 10_000)
    assert hub.hq.sql("SELECT current_stock FROM stock_levels WHERE sku_id = 'SKU_COLA'") == [(-1,)]
    assert hub.hq.sql("SELECT points FROM point_balances") == [(0,)]
    assert hub.hq.sql("SELECT count(*) FROM voucher_uses") == [(0,)]
    found = hub.completeness()
    assert (found["complete"], found["annulled"]) == (True, 1)
    assert "1 annulled by a person, in no sum" in found["says"]
    till = next(origin for origin in found["origins"] if origin["origin"] == "STORE_001/POS_01")
    assert (till["last"], till["sales_count"], till["sales_total"]) == (2, 1, 10_000)
    (conflict,) = hub.hq.admin.get("/v1/conflicts").json()["items"]
    assert (conflict["kind"], conflict["subject"]) == ("annulled-at-store", "STORE_001/POS_01 1")
    holds_and_can_be_read_again(hub.hq)


@pytest.mark.parametrize("kind", ["void", "refund", "adjustment", "capture"])
def test_whatever_its_store_annulled_is_as_if_it_had_never_been_applied(hub: Hub, kind: str) -> None:
    sold, other = sale(line(quantity=2)), adjustment(delta=5)
    hub.send(sold, other)
    hub.hq.report()
    before = {table: rows for table, rows in books(hub.hq).items() if table not in NOTED}
    facts: dict[str, Callable[[], Fact]] = {
        "void": lambda: void(sold),
        "refund": lambda: refund(sold),
        "adjustment": lambda: adjustment(delta=5),
        "capture": lambda: capture(20_000, sold.transaction_id),
    }
    (text,) = hub.send(facts[kind]())
    hub.hq.report()
    assert {table: rows for table, rows in books(hub.hq).items() if table not in NOTED} != before

    hub.decide(text)

    assert {table: rows for table, rows in books(hub.hq).items() if table not in NOTED} == before
    holds_and_can_be_read_again(hub.hq)


NOTED = ("conflicts", "store_set_aside")
"""Where what is undone leaves a trace."""


def test_a_sale_that_went_back_is_taken_out_as_soon_as_that_is_annulled_too(hub: Hub) -> None:
    sold = sale()
    first, second = hub.send(sold, void(sold))
    hub.hq.report()

    hub.decide(first)

    found = hub.completeness()
    assert (found["complete"], found["set_aside"]) == (False, 1)  # the decision waits
    assert hub.hq.sql("SELECT status FROM transactions") == [("VOID",)]
    hub.decide(second)
    assert hub.hq.sql("SELECT count(*) FROM transactions") == [(0,)]
    assert hub.hq.sql("SELECT count(*) FROM voids") == [(0,)]
    assert (hub.completeness()["complete"], hub.completeness()["annulled"]) == (True, 2)
    holds_and_can_be_read_again(hub.hq)


def test_what_is_annulled_of_another_history_leaves_the_one_that_counts_alone(hub: Hub) -> None:
    (text,) = hub.send(sale())
    hub.hq.report()
    hub.decide(text, code="chain-altered")
    body = orjson.loads(text) | {"event_id": str(UUID(int=7))}
    hub.decide(orjson.dumps(body).decode())
    assert hub.hq.sql("SELECT count(*) FROM transactions") == [(1,)]
    kinds = {conflict["kind"] for conflict in hub.hq.admin.get("/v1/conflicts").json()["items"]}
    assert kinds == {"altered"}


def test_that_store_and_head_office_decided_apart_is_a_conflict(hub: Hub) -> None:
    texts = [hub.till.seal_body("SaleRecorded", sale().to_body() | {"total_amount": 9_000})]
    hub.store.send(texts)
    hub.hq.report()
    body = {"decision": "accept", "reason": "asked the cashier"}
    answer = hub.hq.admin.post("/v1/set-aside/STORE_001/1/decision", json=body)
    assert answer.status_code == 200

    hub.decide(texts[0])

    (conflict,) = hub.hq.admin.get("/v1/conflicts").json()["items"]
    assert (conflict["kind"], conflict["detail"]["decision"]) == ("decided-apart", "annul")
    holds_and_can_be_read_again(hub.hq)


def test_a_repeat_of_the_decision_changes_nothing(hub: Hub) -> None:
    first, _ = hub.send(sale(), sale())
    hub.hq.report()
    hub.decide(first)
    before = hub.hq.report()
    hub.decide(first)
    assert hub.hq.report() == before
    holds_and_can_be_read_again(hub.hq)
