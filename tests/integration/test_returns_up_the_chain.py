"""Refunds and voids from a till's drawer to head office's books: every tier says the same, to the đồng."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from courier.outage import Outage
from retail.refusal import Refusal
from terminal.bootstrap import RunningTill, build_till
from terminal.returns.desk import ReturnDesk
from terminal.sales.desk import SalesDesk
from terminal.till.known_sale import Told
from tests import make
from tests.lost_boxes import COLA, SECONDS, Chain
from tests.patience import eventually
from tests.tills import CASHIER, MANAGER

COLAS = 3


def sell(till: RunningTill, count: int = COLAS) -> UUID:
    """So many colas in one sale, paid in cash to the đồng, and on its way."""
    checkout = till.desks.checkout(CASHIER, with_promotions=False)
    checkout.scan(COLA)
    checkout.set_quantity(checkout.state.basket.lines[0].line_item_id, count)
    draft = checkout.to_pay()
    assert draft is not None, checkout.state.notice
    desk = till.desks.payment(draft, CASHIER)
    desk.pay_cash(desk.state.due)
    assert desk.state.receipt is not None, desk.state.notice
    return draft.sale_id


def number_of(till: RunningTill, sale_id: UUID) -> str:
    known = till.till.past_sale(sale_id)
    assert known is not None
    return known.sale.receipt_number


def found(till: RunningTill, number: str) -> tuple[SalesDesk, ReturnDesk]:
    sales = till.desks.sales(MANAGER)
    sales.find(number)
    assert sales.state.returning is not None, sales.state.notice
    return sales, sales.state.returning


def give_back(desk: ReturnDesk, quantity: int) -> None:
    desk.set_back(desk.state.lines[0].line_item_id, quantity)
    desk.give_back("stale")
    assert desk.state.done is not None, desk.state.notice


def at_hub(chain: Chain) -> tuple[int, int]:
    rows = chain.hub.rows("SELECT count(*), coalesce(sum(total_amount + rounding_amount), 0) FROM refunds")
    return int(rows[0][0]), int(rows[0][1])


def at_hq(chain: Chain) -> tuple[int, int]:
    rows = chain.hq.sql("SELECT count(*), coalesce(sum(total_amount + rounding_amount), 0) FROM refunds")
    return int(rows[0][0]), int(rows[0][1])


def states(chain: Chain) -> tuple[list[str], list[str]]:
    here = [row[0] for row in chain.hub.rows("SELECT status FROM transactions ORDER BY receipt_number")]
    there = [row[0] for row in chain.hq.sql("SELECT status FROM transactions ORDER BY receipt_number")]
    return here, there


def test_a_sale_of_one_till_comes_back_at_two_and_every_tier_agrees(chain: Chain) -> None:
    one, other = chain.till("POS_01"), chain.till("POS_02")
    number = number_of(one, sell(one))
    assert one.lifeline.wait_until_sent(SECONDS)

    give_back(found(other, number)[1], 2)
    assert other.lifeline.wait_until_sent(SECONDS)

    sales, desk = found(one, number)
    assert sales.state.told is Told.TOLD
    assert [line.left for line in desk.state.lines] == [1]
    give_back(desk, 1)
    assert one.lifeline.wait_until_sent(SECONDS)

    eventually(lambda: at_hq(chain) == (2, 30_000))
    assert at_hub(chain) == (2, 30_000)
    assert chain.stock() == (0, 0)
    eventually(lambda: states(chain) == (["REFUNDED"], ["REFUNDED"]))
    (day,) = chain.hq.report()
    assert (day["total_amount"], day["refund_amount"]) == (30_000, 30_000)
    assert chain.completeness()["complete"] is True


def test_with_the_hub_away_a_till_gives_back_what_it_sold_and_no_other_sale(chain: Chain) -> None:
    one, other = chain.till("POS_01"), chain.till("POS_02")
    number = number_of(one, sell(one))
    assert one.lifeline.wait_until_sent(SECONDS)
    chain.cable.cut()

    sales, desk = found(one, number)
    assert sales.state.told is Told.AWAY
    assert sales.state.notice is not None
    assert sales.state.notice.code == "returns-not-told"
    give_back(desk, 1)
    stranger = other.desks.sales(MANAGER)
    stranger.find(number)
    assert stranger.state.notice is not None
    assert (stranger.state.opened, stranger.state.notice.code) == (None, "hub-away-sales")

    chain.cable.plug()
    assert one.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: at_hq(chain) == at_hub(chain) == (1, 10_000))
    assert chain.stock() == (-2, -2)


@pytest.mark.allow_log("fact set aside")
def test_the_same_goods_given_back_by_two_tills_apart_count_once_and_a_person_is_told(chain: Chain) -> None:
    one, other = chain.till("POS_01"), chain.till("POS_02")
    number = number_of(one, sell(one))
    sell(one)
    assert one.lifeline.wait_until_sent(SECONDS)
    desks = [found(till, number)[1] for till in (one, other)]
    chain.cable.cut()
    for desk in desks:
        give_back(desk, COLAS)
    chain.cable.plug()
    for till in (one, other):
        assert till.lifeline.wait_until_sent(SECONDS)

    eventually(lambda: at_hq(chain) == (1, 30_000))
    assert at_hub(chain) == (1, 30_000)
    assert chain.stock() == (-3, -3)
    eventually(lambda: chain.hq.admin.get("/v1/set-aside").json()["items"] != [])
    assert chain.hub.scalar("SELECT count(*) FROM set_aside") == 1
    assert chain.completeness()["complete"] is False, "somebody has to decide first"


def test_a_sale_is_cancelled_at_another_till_and_is_void_everywhere(chain: Chain) -> None:
    one, other = chain.till("POS_01"), chain.till("POS_02")
    number = number_of(one, sell(one))
    assert one.lifeline.wait_until_sent(SECONDS)
    _, desk = found(other, number)
    desk.cancel_sale("rung up twice")
    assert desk.state.done is not None, desk.state.notice
    assert other.lifeline.wait_until_sent(SECONDS)

    eventually(lambda: states(chain) == (["VOID"], ["VOID"]))
    assert chain.stock() == (0, 0)
    _, again = found(one, number)
    assert (again.state.left, again.state.can_void) == (False, False)


def test_a_till_in_a_lost_ones_place_finds_its_sales_at_the_hub(chain: Chain, tmp_path: Path) -> None:
    lost = chain.till("POS_01")
    number = number_of(lost, sell(lost))
    assert lost.lifeline.wait_until_sent(SECONDS)
    lost.close()

    url, code = f"http://127.0.0.1:{chain.cable.port}", chain.code("POS_01")
    started: list[RunningTill] = []

    def enrolled() -> bool:
        try:
            started.append(build_till(tmp_path / "new", url, code))
        except (Refusal, Outage):
            return False
        return True

    eventually(enrolled)
    with started[0] as till:
        assert till.lifeline.wait_for_news(SECONDS)
        assert till.desks.sales(MANAGER).state.rows == ()
        give_back(found(till, number)[1], 1)
        assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: at_hq(chain) == at_hub(chain) == (1, 10_000))
    assert chain.hub.scalar("SELECT terminal_id FROM refunds") == make.TERMINAL


def test_goods_without_a_receipt_come_back_to_stock_and_into_the_books(chain: Chain) -> None:
    till = chain.till("POS_01")
    desk = till.desks.without_receipt(MANAGER)
    desk.scan(COLA)
    desk.give_back("no receipt")
    assert desk.state.done is not None, desk.state.notice
    assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: at_hq(chain) == at_hub(chain) == (1, 10_000))
    assert chain.stock() == (1, 1)
