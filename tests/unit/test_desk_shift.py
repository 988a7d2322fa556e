"""The shift's desk on a real journal: float, cash in and out, X, blind count and Z."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from courier.envelope import opened_text
from courier.outage import Outage
from retail.approval import Approval
from retail.facts import Fact, read_fact
from retail.shift import figures_of
from retail.shift_facts import CashMove, CashMoved, ShiftClosed, ShiftOpened
from retail.staff import Permission, Role
from terminal.drawer.desk import ShiftDesk
from terminal.drawer.state import Report
from terminal.till.cashier import Cashier
from tests.tills import AT, BREAD, CASHIER, COLA, MANAGER, SHOP, TestTill, feed, person, setting

FLOAT = {100_000: 3, 50_000: 4}
OTHER = Cashier("C08", "Phạm Quốc Huy", Role.CASHIER)


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestTill]:
    pieces = (*SHOP, person("M01", "1357", role="manager"), person("C08", "1111"))
    till = TestTill(tmp_path, pieces=pieces)
    yield till
    till.close()


@pytest.fixture
def desk(till: TestTill) -> ShiftDesk:
    desk = till.desks.shift(CASHIER)
    desk.open(FLOAT)
    assert desk.state.notice is None
    return desk


def sell(till: TestTill, *codes: str, cashier: Cashier = CASHIER, tendered: int = 100_000) -> None:
    checkout = till.desks.checkout(cashier)
    for code in codes or (COLA,):
        till.clock.forward(5)
        checkout.scan(code)
    draft = checkout.to_pay()
    assert draft is not None
    till.desks.payment(draft, cashier).pay_cash(tendered)


def facts(till: TestTill) -> list[Fact]:
    envelopes = map(opened_text, till.envelopes())
    return [read_fact(each.event_type, each.version, each.payload) for each in envelopes]


def kinds(till: TestTill) -> list[str]:
    return [fact.event_type for fact in facts(till)]


def yes(act: Permission, amount: int = 0, by: str = "M01") -> Approval:
    return Approval(by, act, amount, "checked", AT)


def told(desk: ShiftDesk) -> str | None:
    return desk.state.notice.code if desk.state.notice else None


def report(desk: ShiftDesk) -> Report:
    assert desk.state.report is not None, told(desk)
    return desk.state.report


def test_a_shift_opens_with_its_float_counted_and_a_second_tap_opens_none(till, desk) -> None:
    desk.open(FLOAT)
    (opened,) = facts(till)
    assert isinstance(opened, ShiftOpened)
    assert (opened.cashier_id, opened.float_amount) == ("C07", 500_000)
    assert opened.counted == ((100_000, 3), (50_000, 4))
    assert (desk.state.shift, desk.state.mine, desk.state.may_sell) == (opened, True, True)


def test_a_whole_shift_ends_with_the_figures_of_its_facts(till, desk) -> None:
    sell(till, COLA, BREAD)
    desk.begin_move()
    desk.move(CashMove.SAFE_DROP, 20_000, "full")
    desk.begin_move()
    desk.move(CashMove.PAY_IN, 30_000, "change", yes(Permission.MOVE_CASH, 30_000))
    desk.close({100_000: 5, 20_000: 2, 5_000: 1})
    z = report(desk)
    assert z.closed is not None
    assert (z.closed.expected_amount, z.closed.over_short, z.closed.sales_amount) == (545_000, 0, 35_000)
    assert z.figures == figures_of(facts(till))
    last = opened_text(till.envelopes()[-1])
    assert z.line is not None
    assert (z.line.sequence, z.line.head) == (last.sequence, last.hash[:4].upper())
    assert (z.line.first_receipt, z.line.sales_count, z.line.sales_amount) == ("POS_01-000002", 1, 35_000)
    assert kinds(till)[-1] == "ShiftClosed"
    assert desk.state.shift is None
    desk.close({100_000: 5})
    assert kinds(till).count("ShiftClosed") == 1


def test_the_open_shift_is_known_after_a_power_cut_and_the_last_z_too(till, desk) -> None:
    sell(till)
    till.reopen()
    again = till.desks.shift(CASHIER)
    assert again.state.mine
    again.close({100_000: 5, 10_000: 1})
    closed = report(again)
    till.reopen()
    later = till.desks.shift(CASHIER)
    assert later.state.shift is None
    later.look_back()
    assert report(later) == closed
    later.open({})
    assert later.state.mine


def test_a_count_that_differs_is_taken_again_and_then_with_reason_and_yes(till, desk) -> None:
    desk.close({100_000: 4, 50_000: 1})
    assert (told(desk), desk.state.differs, desk.state.report) == ("drawer-differs", True, None)
    assert desk.state.notice.detail == {}
    desk.close({100_000: 4, 50_000: 1}, "torn", yes(Permission.ACCEPT_DIFFERENCE))
    closed = report(desk).closed
    assert closed is not None
    assert (closed.over_short, closed.reason) == (-50_000, "torn")
    assert closed.approval == replace(yes(Permission.ACCEPT_DIFFERENCE), amount=50_000)


def test_a_yes_is_not_in_the_closing_when_the_second_count_was_right(till, desk) -> None:
    desk.close({})
    desk.close(FLOAT, "counted anew", yes(Permission.ACCEPT_DIFFERENCE))
    closed = report(desk).closed
    assert closed is not None
    assert (closed.over_short, closed.approval) == (0, None)


def test_a_difference_within_the_chain_s_limit_needs_no_word(till, desk) -> None:
    feed(till.catalogue, setting("drawer_difference_limit", 5_000), version=2)
    desk.close({100_000: 4, 50_000: 1, 20_000: 2, 5_000: 1})
    closed = report(desk).closed
    assert closed is not None
    assert closed.over_short == -5_000


def test_a_manager_accepts_a_difference_with_a_reason_alone(till) -> None:
    desk = till.desks.shift(MANAGER)
    desk.open(FLOAT)
    desk.close({})
    assert (told(desk), desk.state.differs) == ("reason-needed", True)
    desk.close({}, "robbed")
    closed = report(desk).closed
    assert closed is not None
    assert (closed.over_short, closed.approval) == (-500_000, None)


def test_the_drawer_of_a_colleague_is_closed_to_another_cashier(till, desk) -> None:
    feed(till.catalogue, setting("shift_required", True), version=2)
    other = till.desks.shift(OTHER)
    assert (other.state.mine, other.state.may_sell) == (False, False)
    other.open(FLOAT)
    assert told(other) == "shift-still-open"
    other.close(FLOAT)
    assert told(other) == "approval-needed"
    other.relieve(yes(Permission.CLOSE_SHIFT_OF_OTHERS))
    other.close(FLOAT)
    closed = report(other).closed
    assert closed is not None
    assert (closed.cashier_id, closed.closed_by, closed.over_short) == ("C07", "M01", 0)
    other.open(FLOAT)
    assert other.state.mine
    desk.refresh()
    assert not desk.state.may_sell


def test_somebody_who_may_close_it_may_relieve_and_sells_in_the_open_shift(till, desk) -> None:
    feed(till.catalogue, setting("shift_required", True), version=2)
    relief = till.desks.shift(MANAGER)
    assert (relief.state.mine, relief.state.may_sell) == (False, True)
    sell(till, cashier=MANAGER)
    desk.close({100_000: 5, 10_000: 1})
    closed = report(desk).closed
    assert closed is not None
    assert (closed.sales_count, closed.over_short) == (1, 0)


def test_a_chain_that_asks_for_no_shift_sells_without_one(till) -> None:
    assert till.desks.shift(CASHIER).state.may_sell
    feed(till.catalogue, setting("shift_required", True), version=2)
    assert not till.desks.shift(CASHIER).state.may_sell


def test_cash_moves_once_for_a_double_tap_and_not_without_reason_or_yes(till, desk) -> None:
    desk.begin_move()
    desk.move(CashMove.PAY_OUT, 10_000, "ice")
    assert told(desk) == "approval-needed"
    desk.move(CashMove.SAFE_DROP, 10_000, "  ")
    assert told(desk) == "reason-needed"
    desk.move(CashMove.SAFE_DROP, 0, "full")
    assert told(desk) == "bad-amount"
    for _ in range(2):
        desk.move(CashMove.SAFE_DROP, 10_000, "full")
        assert desk.state.moved is not None
    desk.begin_move()
    desk.move(CashMove.SAFE_DROP, 10_000, "full")
    moved = [fact for fact in facts(till) if isinstance(fact, CashMoved)]
    assert [move.amount for move in moved] == [10_000, 10_000]


def test_an_x_hides_from_a_cashier_what_she_will_have_to_count(till, desk) -> None:
    sell(till)
    desk.look()
    assert (report(desk).blind, report(desk).figures.sales_count) == (True, 1)
    seen = till.desks.shift(MANAGER)
    seen.look()
    assert (report(seen).blind, report(seen).figures.expected_amount) == (False, 510_000)
    assert report(seen).closed is None


def test_a_shift_goes_through_the_cut_of_the_business_day_without_a_stop(till, desk) -> None:
    sell(till)
    till.clock.at += timedelta(hours=20)
    sell(till, BREAD)
    desk.close({100_000: 5, 20_000: 1, 10_000: 1, 5_000: 1})
    z = report(desk)
    assert z.closed is not None
    assert z.closed.over_short == 0
    assert [(str(day), figures.sales_amount) for day, figures in z.days] == [
        ("2026-11-20", 10_000),
        ("2026-11-21", 25_000),
    ]
    assert z.figures.sales_amount == sum(figures.sales_amount for _, figures in z.days)


def test_a_sale_that_is_paid_in_part_is_finished_before_the_drawer_is_counted(till, desk) -> None:
    checkout = till.desks.checkout(CASHIER)
    checkout.scan(BREAD)
    draft = checkout.to_pay()
    assert draft is not None
    till.desks.payment(draft, CASHIER).pay_cash(5_000)
    desk.close(FLOAT)
    assert (told(desk), kinds(till)) == ("sale-under-way", ["ShiftOpened"])


def test_the_drawer_opens_without_a_sale_for_a_reason_that_is_written_down(till, desk) -> None:
    assert not desk.open_drawer("stuck")
    assert told(desk) == "approval-needed"
    assert desk.open_drawer("stuck", yes(Permission.OPEN_DRAWER))
    assert till.desks.shift(MANAGER).open_drawer("looking")
    assert not till.desks.shift(MANAGER).open_drawer(" ")
    desk.begin_count()
    said = [opened_text(text).payload for text in till.envelopes()[1:]]
    assert [(each["actor"], each["asked_by"], each["reason"], each["permission"]) for each in said] == [
        ("M01", "C07", "stuck", "open drawer"),
        ("M01", None, "looking", "open drawer"),
        ("C07", None, "count", "count drawer"),
    ]


def test_a_full_disk_opens_and_closes_nothing(till, desk) -> None:
    till.journal._connection.execute("PRAGMA query_only = 1")
    desk.close(FLOAT)
    assert (told(desk), desk.state.shift is not None) == ("till-read-only", True)
    till.journal._connection.execute("PRAGMA query_only = 0")
    desk.close(FLOAT)
    assert report(desk).closed is not None


def test_without_a_shift_there_is_nothing_to_move_count_or_look_at(till) -> None:
    desk = till.desks.shift(CASHIER)
    for deed in (
        lambda: desk.move(CashMove.SAFE_DROP, 10_000, "full"),
        lambda: desk.close({}),
        desk.look,
        desk.look_back,
    ):
        desk.refresh()
        deed()
        assert told(desk) == "shift-not-open"
    assert kinds(till) == []


def test_a_journal_of_before_shifts_gets_their_table(till, tmp_path: Path) -> None:
    till.journal._connection.execute("DROP TABLE shifts")
    till.journal._connection.execute("PRAGMA user_version = 1")
    till.reopen()
    desk = till.desks.shift(CASHIER)
    desk.open(FLOAT)
    assert desk.state.mine


def test_a_closing_whose_answer_was_lost_is_one_closing(till, desk) -> None:
    drawer, shift = till.till.drawer, desk.state.shift

    def closing(found) -> ShiftClosed:
        return ShiftClosed(
            shift.shift_id,
            *("STORE_001", "POS_01", "C07", AT, "C07", shift.business_date),
            *(FLOAT_COUNTED, figures_of(found).expected_amount, 0, 0, None, None),
        )

    ended = [drawer.end_shift(UUID(int=9_000), shift.shift_id, closing, AT) for _ in range(2)]
    assert ended[0] == ended[1]
    assert kinds(till).count("ShiftClosed") == 1


FLOAT_COUNTED = ((100_000, 3), (50_000, 4))


class HubWithLateMoney:
    """Lists so much money that belongs to no sale; `away` is a cable that is out."""

    def __init__(self, rows: int, *, away: bool = False) -> None:
        self._rows = rows
        self._away = away

    def orphan_money(self) -> list[None]:
        if self._away:
            raise Outage("timeout")
        return [None] * self._rows


def test_a_shift_is_not_closed_over_late_money_without_a_word(till, desk) -> None:
    desk._hub = HubWithLateMoney(2)
    desk.begin_count()
    assert desk.state.late_money == 2
    desk.close(FLOAT)
    assert told(desk) == "late-money-waits"
    desk.close(FLOAT, "the manager knows")
    closed = report(desk).closed
    assert closed is not None
    assert (closed.reason, closed.over_short) == ("the manager knows", 0)


@pytest.mark.parametrize("hub", [HubWithLateMoney(0), HubWithLateMoney(2, away=True)], ids=["none", "away"])
def test_a_hub_that_has_none_or_does_not_answer_keeps_nobody_from_closing(till, desk, hub) -> None:
    desk._hub = hub
    desk.begin_count()
    desk.close(FLOAT)
    assert report(desk).closed is not None
