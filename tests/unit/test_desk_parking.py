"""Parked baskets: one place each, here or at the hub, whoever is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from courier.outage import Outage
from terminal.checkout.desk import CheckoutDesk
from terminal.checkout.parked_desk import ParkedDesk
from terminal.till.cashier import Cashier
from terminal.till.draft import body_of
from terminal.till.parking_slip import AtHub
from tests.screens.toy_hub import ToyHub
from tests.tills import BREAD, CASHIER, COFFEE, COLA, MANAGER, TestTill, feed, setting


class Slowly:
    """Errands that wait until the test lets them go, one at a time."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], Any], Callable[[Any], None], Callable[[Exception], None]]] = []

    def run(self, job, *, done, failed) -> None:
        self.waiting.append((job, done, failed))

    def go(self) -> None:
        """Let the first one do its job and bring the answer."""
        job, done, failed = self.waiting.pop(0)
        try:
            answer = job()
        except (Outage, Exception) as problem:  # noqa: BLE001 - as errands do
            failed(problem)
        else:
            done(answer)

    def lose_answer(self) -> None:
        """The job is done at the hub, and the cable is cut before its answer is here."""
        job, _, failed = self.waiting.pop(0)
        job()
        failed(Outage("timeout"))


class Two:
    """Two tills of a store and their hub."""

    def __init__(self, folder: Path) -> None:
        (folder / "one").mkdir()
        (folder / "two").mkdir()
        self.one, self.two = TestTill(folder / "one"), TestTill(folder / "two")
        self.hub = ToyHub(self.one.clock)
        self.errands = Slowly()

    def desk(self, till: TestTill, cashier: Cashier = CASHIER, *, slowly: bool = False) -> CheckoutDesk:
        till.hub = self.hub
        desks = replace(till.desks, hub=self.hub, mirrored=True)
        return (desks.with_errands(self.errands) if slowly else desks).checkout(cashier)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    two = Two(tmp_path)
    yield two
    two.one.close()
    two.two.close()


def scan(till: TestTill, desk: CheckoutDesk, *barcodes: str) -> None:
    for barcode in barcodes:
        desk.scan(barcode)
        till.clock.forward(5)


def skus(desk: CheckoutDesk) -> list[str]:
    return [line.sku_id for line in desk.state.basket.lines]


def notice(desk: CheckoutDesk) -> str | None:
    return desk.state.notice.code if desk.state.notice else None


def slips(till: TestTill) -> list[tuple[str, AtHub]]:
    return [(draft.slip.label, draft.slip.at_hub) for draft in till.till.parked_drafts() if draft.slip]


def test_a_parked_basket_leaves_the_counter_and_comes_back_as_the_same_sale(two):
    desk = two.desk(two.one)
    scan(two.one, desk, COLA, COFFEE)
    sale_id, total = desk.state.sale_id, desk.state.totals.total_amount
    desk.park("áo xanh")
    assert (skus(desk), notice(desk)) == ([], "basket-parked")
    assert desk.state.sale_id != sale_id
    scan(two.one, desk, BREAD)
    desk.recall(sale_id)
    assert (skus(desk), notice(desk)) == (["BREAD"], "basket-in-the-way")
    desk.clear()
    desk.recall(sale_id)
    assert (skus(desk), desk.state.sale_id) == (["COLA", "COFFEE"], sale_id)
    assert desk.state.totals.total_amount == total
    assert slips(two.one) == []


def test_parking_and_recalling_work_without_the_hub(two):
    two.hub.away = True
    desk = two.desk(two.one)
    first = desk.state.sale_id
    scan(two.one, desk, COLA)
    desk.park("một")
    second = desk.state.sale_id
    scan(two.one, desk, COFFEE)
    desk.park("hai")
    assert slips(two.one) == [("một", AtHub.NO), ("hai", AtHub.NO)]
    desk.recall(first)
    assert skus(desk) == ["COLA"]
    desk.park("một nữa")
    desk.recall(second)
    assert skus(desk) == ["COFFEE"]


def test_parked_baskets_outlive_a_power_cut(two):
    two.hub.away = True
    desk = two.desk(two.one)
    sale_id = desk.state.sale_id
    scan(two.one, desk, COLA)
    desk.park("áo xanh")
    scan(two.one, desk, BREAD)
    two.one.reopen()
    desk = two.desk(two.one)
    assert skus(desk) == ["BREAD"]
    assert slips(two.one) == [("áo xanh", AtHub.NO)]
    desk.clear()
    desk.recall(sale_id)
    assert skus(desk) == ["COLA"]


def test_another_till_takes_a_parked_basket_and_the_first_cannot_any_more(two):
    first, second = two.desk(two.one), two.desk(two.two, MANAGER)
    scan(two.one, first, COLA, BREAD)
    sale_id = first.state.sale_id
    first.park("áo xanh")
    assert slips(two.one) == [("áo xanh", AtHub.YES)]
    listed = ParkedDesk(second)
    listed.ask()
    assert [(row.label, row.terminal_id) for row in listed.state.rows] == [("áo xanh", "POS_01")]
    second.recall(sale_id)
    assert (skus(second), second.state.sale_id) == (["COLA", "BREAD"], sale_id)
    first.recall(sale_id)
    assert (skus(first), notice(first), slips(two.one)) == ([], "parked-basket-taken", [])


def test_the_list_drops_what_another_till_has_taken(two):
    first = two.desk(two.one)
    scan(two.one, first, COLA)
    sale_id = first.state.sale_id
    first.park("áo xanh")
    two.hub.give_to_another_till(sale_id)
    listed = ParkedDesk(first)
    assert [row.label for row in listed.state.rows] == ["áo xanh"]
    listed.ask()
    assert (listed.state.rows, slips(two.one)) == ((), [])


def test_a_till_that_is_cut_off_does_not_sell_what_the_hub_may_have_given_away(two):
    first, second = two.desk(two.one), two.desk(two.two)
    scan(two.one, first, COLA)
    sale_id = first.state.sale_id
    first.park("áo xanh")
    second.recall(sale_id)
    two.hub.away = True
    first.recall(sale_id)
    assert (skus(first), notice(first)) == ([], "parked-basket-at-hub")


def test_a_copy_is_a_sale_of_its_own_and_the_hub_drops_the_original_when_it_is_back(two):
    first = two.desk(two.one)
    scan(two.one, first, COLA)
    sale_id = first.state.sale_id
    first.park("áo xanh")
    two.hub.away = True
    first.recall(sale_id)
    first.recall_copy(sale_id)
    assert skus(first) == ["COLA"]
    assert first.state.sale_id != sale_id, "whatever another till does with it, no sale is two facts"
    assert sale_id in two.hub.baskets
    two.hub.away = False
    first.hub_is_back()
    assert sale_id not in two.hub.baskets
    assert slips(two.one) == []


def test_a_basket_whose_answer_was_lost_counts_as_the_hubs(two):
    desk = two.desk(two.one, slowly=True)
    scan(two.one, desk, COLA)
    two.errands.go()
    sale_id = desk.state.sale_id
    desk.park("áo xanh")
    two.errands.lose_answer()
    assert slips(two.one) == [("áo xanh", AtHub.MAYBE)]
    two.hub.give_to_another_till(sale_id)
    desk.recall(sale_id)
    while two.errands.waiting:
        two.errands.go()
    assert (skus(desk), notice(desk), slips(two.one)) == ([], "parked-basket-taken", [])


def test_a_basket_that_never_reached_the_hub_is_asked_for_after_it_was_told(two):
    """The question never overtakes the telling, so that no basket is lost between the two."""
    desk = two.desk(two.one, slowly=True)
    scan(two.one, desk, COLA)
    two.errands.go()
    sale_id = desk.state.sale_id
    desk.park("áo xanh")
    desk.recall(sale_id)
    assert len(two.errands.waiting) == 1, "one message at a time"
    while two.errands.waiting:
        two.errands.go()
    assert (skus(desk), slips(two.one)) == (["COLA"], [])


def test_what_comes_from_the_hub_waits_when_the_next_customer_was_quicker(two):
    first, second = two.desk(two.one), two.desk(two.two, slowly=True)
    scan(two.one, first, COLA)
    sale_id = first.state.sale_id
    first.park("áo xanh")
    second.recall(sale_id)
    scan(two.two, second, BREAD)
    while two.errands.waiting:
        two.errands.go()
    assert (skus(second), [label for label, _ in slips(two.two)]) == (["BREAD"], ["áo xanh"])


def test_the_hub_hears_of_parked_baskets_when_it_is_back(two):
    two.hub.away = True
    desk = two.desk(two.one)
    scan(two.one, desk, COLA)
    desk.park("áo xanh")
    two.one.reopen()
    desk = two.desk(two.one)
    two.hub.away = False
    desk.hub_is_back()
    assert [copy.label for copy in two.hub.baskets.values() if copy.parked] == ["áo xanh"]
    assert slips(two.one) == [("áo xanh", AtHub.YES)]


def test_the_open_basket_speaks_for_its_stock_and_lets_go_of_it(two):
    desk = two.desk(two.one)
    scan(two.one, desk, COLA, COLA, COFFEE)
    copy = two.hub.baskets[desk.state.sale_id]
    assert (dict(copy.reserves), copy.parked, copy.line_count) == ({"COLA": 2, "COFFEE": 1}, False, 2)
    sale_id = desk.state.sale_id
    desk.clear()
    assert sale_id not in two.hub.baskets


def test_the_newest_view_of_a_basket_is_told_and_the_ones_between_are_not(two):
    desk = two.desk(two.one, slowly=True)
    scan(two.one, desk, COLA, COFFEE, BREAD)
    assert len(two.errands.waiting) == 1
    two.errands.go()
    two.errands.go()
    assert two.errands.waiting == []
    assert two.hub.baskets[desk.state.sale_id].line_count == 3


def test_more_than_there_is_is_said_and_sold_all_the_same(two):
    two.hub.stock["COLA"] = 1
    desk = two.desk(two.one)
    scan(two.one, desk, COLA)
    assert desk.state.short == {}
    scan(two.one, desk, COLA)
    line = desk.state.basket.lines[0].line_item_id
    assert (notice(desk), desk.state.short) == ("stock-short", {line: 1})
    assert desk.to_pay() is not None
    desk.set_quantity(line, 1)
    assert desk.state.short == {}


@pytest.mark.parametrize(("mode", "told", "paid"), [("block", True, False), ("off", False, True)])
def test_the_chain_decides_what_more_than_there_is_does(two, mode, told, paid):
    feed(two.one.catalogue, setting("stock_check", mode), version=2)
    two.hub.stock["COLA"] = 1
    desk = two.desk(two.one)
    scan(two.one, desk, COLA, COLA)
    assert bool(desk.state.short) is told
    assert (desk.to_pay() is not None) is paid
    assert (notice(desk) == "not-enough-stock") is not paid


def test_without_the_hub_nobody_guesses_the_stock(two):
    feed(two.one.catalogue, setting("stock_check", "block"), version=2)
    two.hub.stock["COLA"] = 0
    two.hub.away = True
    desk = two.desk(two.one)
    scan(two.one, desk, COLA)
    assert desk.state.short == {}
    assert desk.to_pay() is not None


def test_an_empty_basket_is_not_parked(two):
    desk = two.desk(two.one)
    desk.park("nobody")
    assert (notice(desk), slips(two.one)) == ("basket-empty", [])


def test_nonsense_from_the_hub_is_an_outage_and_loses_nothing(two):
    first = two.desk(two.one)
    scan(two.one, first, COLA)
    sale_id = first.state.sale_id
    first.park("áo xanh")
    two.hub.baskets[sale_id] = replace(two.hub.baskets[sale_id], body={"lines": 7})
    first.recall(sale_id)
    assert notice(first) == "parked-basket-at-hub"
    assert slips(two.one) == [("áo xanh", AtHub.MAYBE)]


def test_a_draft_goes_through_the_hub_and_back_whole(two):
    first, second = two.desk(two.one), two.desk(two.two)
    scan(two.one, first, COLA, COFFEE)
    draft = two.one.till.open_draft()
    assert draft is not None
    first.park("áo xanh")
    second.recall(draft.sale_id)
    taken = two.two.till.open_draft()
    assert taken is not None
    assert body_of(taken) == body_of(draft)


def test_a_basket_that_was_given_to_this_till_and_never_arrived_is_found_again(two):
    """The hub hands it over and the cable is cut before its answer is here: nobody lists it any more."""
    desk = two.desk(two.one, slowly=True)
    scan(two.one, desk, COLA, BREAD)
    desk.park("áo xanh")
    while two.errands.waiting:
        two.errands.go()
    (parked,) = desk.parked_here()
    desk.recall(parked.sale_id)
    two.errands.lose_answer()
    assert two.hub.parked_baskets() == []

    listing = ParkedDesk(desk)
    listing.ask()
    while two.errands.waiting:
        two.errands.go()
    assert [row.sale_id for row in listing.state.rows] == [parked.sale_id]
    desk.recall(parked.sale_id)
    while two.errands.waiting:
        two.errands.go()
    assert (skus(desk), desk.state.sale_id) == (["COLA", "BREAD"], parked.sale_id)


def test_a_hub_that_has_lost_its_disk_hears_again_of_what_was_parked_and_gives_it_to_other_tills(two):
    first, second = two.desk(two.one), two.desk(two.two)
    scan(two.one, first, COLA)
    sale_id = first.state.sale_id
    first.park("áo xanh")
    scan(two.one, first, BREAD)
    two.hub.lose_its_disk()
    first.hub_is_back()
    assert sorted(copy.parked for copy in two.hub.baskets.values()) == [False, True]
    assert slips(two.one) == [("áo xanh", AtHub.YES)]
    second.recall(sale_id)
    assert skus(second) == ["COLA"]
    first.hub_is_back()
    assert slips(two.one) == [], "this hub has given it away"


def test_a_basket_that_the_hub_lost_with_its_disk_is_recalled_all_the_same(two):
    desk = two.desk(two.one)
    scan(two.one, desk, COLA)
    sale_id = desk.state.sale_id
    desk.park("áo xanh")
    two.hub.lose_its_disk()
    two.hub.parked_baskets()
    desk.recall(sale_id)
    assert (skus(desk), notice(desk)) == (["COLA"], "basket-recalled")
