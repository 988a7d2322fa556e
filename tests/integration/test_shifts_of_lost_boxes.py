"""A box is lost in the middle of a shift: X and Z are right to the đồng afterwards, whatever was before."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from retail.shift_facts import CashMove
from storehub.backup import back_up
from storehub.bootstrap import now
from terminal.bootstrap import RunningTill, build_till
from terminal.drawer.desk import ShiftDesk
from tests import make
from tests.integration.test_returns_up_the_chain import found, give_back, number_of
from tests.integration.test_returns_up_the_chain import sell as sell_colas
from tests.integration.test_till_shifts import BOSS, closed, opened
from tests.lost_boxes import SECONDS, Chain, sell
from tests.patience import eventually

NOTES = {100_000: 5, 10_000: 3}


def a_busy_morning(till: RunningTill) -> ShiftDesk:
    """Sales, cash in and out, a refund and a void: the drawer has its float and 30,000 then."""
    desk = opened(till, BOSS)
    sell(till, 2)
    number = number_of(till, sell_colas(till))
    desk.begin_move()
    desk.move(CashMove.PAY_IN, 30_000, "change")
    desk.begin_move()
    desk.move(CashMove.SAFE_DROP, 30_000, "full")
    give_back(found(till, number)[1], 2)
    voided = found(till, number_of(till, sell_colas(till, 1)))[1]
    voided.cancel_sale("typed wrong")
    assert voided.state.done is not None, voided.state.notice
    return desk


def x_of(desk: ShiftDesk) -> dict[str, Any]:
    desk.look()
    assert desk.state.report is not None, desk.state.notice
    return desk.state.report.figures.to_body(blind=False)


def report_of(chain: Chain, shift_id: UUID, kind: str) -> dict[str, Any]:
    """The X or Z of the hub, for a manager."""
    eventually(lambda: chain.hub.scalar("SELECT count(*) FROM people") == 1)
    answer = chain.hub.as_manager().get(f"/api/v1/shifts/{shift_id}/{kind}-report")
    assert answer.status_code == 200, answer.text
    figures: dict[str, Any] = answer.json()
    return figures


def has(figures: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    return {name: report.get(name) for name in figures}


@pytest.mark.parametrize("with_backup", [False, True])
def test_a_shift_goes_on_over_the_loss_of_the_hub(chain: Chain, tmp_path: Path, with_backup: bool) -> None:
    manager = {"name": "Bình", "role": "manager", "pin": make.PIN, "language": "vi"}
    chain.hq.admin.put(f"/v1/people/{make.MANAGER}", json=manager)
    till = chain.till("POS_01")
    desk = a_busy_morning(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.hub.scalar("SELECT count(*) FROM voids") == 1)
    file = back_up(chain.hub.settings, tmp_path / "kept", now()) if with_backup else None
    chain.hub.program.clockwork.tell_head_office()
    sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq()[0] == 5)
    x = x_of(desk)
    assert desk.state.report is not None
    shift_id = desk.state.report.shift.shift_id
    assert has(x, report_of(chain, shift_id, "x")) == x

    chain.lose_the_hub()
    sell(till)
    chain.restored_hub(file)

    assert till.lifeline.wait_until_sent(SECONDS)
    x = x_of(desk)
    assert has(x, report_of(chain, shift_id, "x")) == x
    assert x["expected_amount"] == 550_000
    z = closed(desk, {100_000: 5, 10_000: 5})
    assert till.lifeline.wait_until_sent(SECONDS)
    figures = z.figures.to_body(blind=False)
    report = report_of(chain, shift_id, "z")
    assert has(figures, report) == figures
    assert report["over_short"] == 0


@pytest.mark.allow_log("chain broken")
def test_a_shift_goes_on_over_the_loss_of_the_till(chain: Chain) -> None:
    manager = {"name": "Bình", "role": "manager", "pin": make.PIN, "language": "vi"}
    chain.hq.admin.put(f"/v1/people/{make.MANAGER}", json=manager)
    till = chain.till("POS_01")
    desk = a_busy_morning(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    x = x_of(desk)
    code = chain.fresh_code("POS_01")
    till.close()

    till = chain.enrolled_anew("another", code)
    desk = till.desks.shift(BOSS)
    assert desk.state.mine
    assert x_of(desk) == x
    shift_id = desk.state.report.shift.shift_id if desk.state.report else None
    assert shift_id is not None
    assert till.lifeline.wait_for_news(SECONDS)
    sell(till)
    desk.begin_move()
    desk.move(CashMove.PAY_OUT, 20_000, "ice")
    x = x_of(desk)
    assert (x["expected_amount"], x["pay_out"]) == (520_000, 20_000)
    assert till.lifeline.wait_until_sent(SECONDS)
    assert has(x, report_of(chain, shift_id, "x")) == x
    z = closed(desk, {100_000: 5, 10_000: 2})
    assert till.lifeline.wait_until_sent(SECONDS)
    figures = z.figures.to_body(blind=False)
    report = report_of(chain, shift_id, "z")
    assert has(figures, report) == figures
    assert report["over_short"] == 0
    assert z.line is not None
    assert report["completeness"] == z.line.to_body()
    desk = opened(till, BOSS)
    assert x_of(desk)["sales_count"] == 0


@pytest.mark.allow_log("chain broken")
def test_what_only_the_lost_till_knew_of_its_shift_is_missing_by_number_and_in_the_drawer(
    chain: Chain, tmp_path: Path
) -> None:
    till = chain.till("POS_01")
    opened(till, BOSS)
    sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    code = chain.fresh_code("POS_01")
    chain.cable.cut()
    sell(till, 2)
    till.close()
    chain.cable.plug()

    till = build_till(tmp_path / "another", f"http://127.0.0.1:{chain.cable.port}", code, last_receipt=4)
    with till:
        assert till.missing == ((3, 4),)
        desk = till.desks.shift(BOSS)
        assert x_of(desk)["expected_amount"] == 510_000
        z = closed(desk, {100_000: 5, 10_000: 3}, "two sales of the lost till")
        assert z.closed is not None
        assert z.closed.over_short == 20_000
