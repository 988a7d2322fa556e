"""A shift at a till is the same shift at its hub and at head office, to the đồng."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from retail.facts import Fact, read_fact
from retail.shift import figures_of
from retail.shift_facts import CashMove
from retail.staff import Role
from terminal.bootstrap import RunningTill
from terminal.drawer.desk import ShiftDesk
from terminal.drawer.state import Report
from terminal.hub import HubClient
from terminal.till.cashier import Cashier
from tests.lost_boxes import SECONDS, Chain, sell
from tests.patience import eventually
from tests.tills import CASHIER

BOSS = Cashier("M01", "Trần Văn Bình", Role.MANAGER)
FLOAT = {100_000: 5}


def opened(till: RunningTill, cashier: Cashier = CASHIER) -> ShiftDesk:
    desk = till.desks.shift(cashier)
    desk.open(FLOAT)
    assert desk.state.mine, desk.state.notice
    return desk


def closed(desk: ShiftDesk, count: dict[int, int], reason: str = "") -> Report:
    desk.close(count, reason)
    assert desk.state.report is not None, desk.state.notice
    return desk.state.report


def z_at_the_hub(chain: Chain, shift_id: UUID) -> dict[str, Any]:
    rows = chain.hub.rows("SELECT z_report FROM shifts WHERE id = :id", id=shift_id)
    assert rows, "the hub has not heard of the shift"
    z: dict[str, Any] = rows[0][0]
    return z


def facts_at_head_office(chain: Chain, origin: str) -> list[Fact]:
    rows = chain.hq.sql("SELECT envelope FROM ledger WHERE origin = %s ORDER BY sequence", origin)
    envelopes = [orjson.loads(row[0]) for row in rows]
    return [read_fact(each["event_type"], each["version"], each["payload"]) for each in envelopes]


def test_the_z_of_the_till_is_that_of_hub_and_head_office(chain: Chain) -> None:
    till = chain.till("POS_01")
    answer = chain.hq.admin.put("/v1/settings/drawer_difference_limit", json={"value": 5_000})
    assert answer.status_code == 200, answer.text
    eventually(lambda: till.till.rules().drawer_difference_limit == 5_000)
    desk = opened(till)
    sell(till, 3)
    desk.begin_move()
    desk.move(CashMove.SAFE_DROP, 20_000, "full")
    z = closed(desk, {100_000: 5, 5_000: 1})
    assert till.lifeline.wait_until_sent(SECONDS)
    assert z.closed is not None
    at_hub = z_at_the_hub(chain, z.shift.shift_id)
    assert at_hub["over_short"] == z.closed.over_short == -5_000
    assert {name: at_hub[name] for name in z.figures.to_body(blind=False)} == z.figures.to_body(blind=False)
    eventually(lambda: len(facts_at_head_office(chain, "STORE_001/POS_01")) == 6)
    assert figures_of(facts_at_head_office(chain, "STORE_001/POS_01")) == z.figures
    hub = till.desks.hub
    assert isinstance(hub, HubClient)
    asking = chain.hub.with_token(hub.token())
    answer = asking.get(f"/api/v1/shifts/{z.shift.shift_id}/z-report").json()
    assert z.line is not None
    assert answer["completeness"] == z.line.to_body()


def test_a_shift_closes_while_the_hub_is_dead_and_is_caught_up(chain: Chain) -> None:
    till = chain.till("POS_01")
    desk = opened(till)
    sell(till)
    chain.cable.cut()
    sell(till, 2)
    z = closed(desk, {100_000: 5, 10_000: 3})
    assert z.closed is not None
    assert z.closed.over_short == 0
    desk.print_report()
    assert desk.state.paper == "comes"
    chain.cable.plug()
    assert till.lifeline.wait_until_sent(SECONDS)
    assert z_at_the_hub(chain, z.shift.shift_id)["over_short"] == 0
    eventually(lambda: len(facts_at_head_office(chain, "STORE_001/POS_01")) == 5)


def test_without_head_office_a_shift_is_opened_and_closed_all_the_same(chain: Chain) -> None:
    till = chain.till("POS_01")
    chain.line.cut()
    desk = opened(till)
    sell(till)
    z = closed(desk, {100_000: 5, 10_000: 1})
    assert till.lifeline.wait_until_sent(SECONDS)
    assert z_at_the_hub(chain, z.shift.shift_id)["sales_count"] == 1
    chain.line.plug()
    eventually(lambda: len(facts_at_head_office(chain, "STORE_001/POS_01")) == 3)


def test_a_difference_taken_by_a_manager_is_the_same_everywhere(chain: Chain) -> None:
    till = chain.till("POS_01")
    desk = opened(till, BOSS)
    sell(till)
    z = closed(desk, {100_000: 5}, "a note was torn")
    assert till.lifeline.wait_until_sent(SECONDS)
    at_hub = z_at_the_hub(chain, z.shift.shift_id)
    assert (at_hub["over_short"], at_hub["reason"]) == (-10_000, "a note was torn")
