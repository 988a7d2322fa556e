"""What a till may expect of its hub about baskets and late money: kept by the real hub and by the toy."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from courier.outage import Outage
from terminal.checkout.port import HubBaskets
from terminal.till.basket_copy import BasketCopy, BasketNotParked

SALE, OTHER = UUID(int=501), UUID(int=502)
COPY = BasketCopy(
    sale_id=SALE,
    cashier_id="C07",
    parked=True,
    label="áo xanh",
    line_count=1,
    total_amount=20_000,
    reserves={"SKU_12345": 2},
    body={"sale_id": str(SALE), "lines": []},
)


class HubBasketsContract:
    """Subclasses give `hub`, and `the_cable_is_pulled`."""

    def the_cable_is_pulled(self) -> None:
        raise NotImplementedError

    def test_a_parked_basket_is_listed_and_comes_back_whole(self, hub: HubBaskets) -> None:
        assert set(hub.keep_basket(COPY)) == {"SKU_12345"}
        (row,) = hub.parked_baskets()
        assert (row["sale_id"], row["label"], row["total_amount"]) == (str(SALE), "áo xanh", 20_000)
        assert hub.take_basket(SALE, "C08") == {"sale_id": str(SALE), "lines": []}
        assert hub.parked_baskets() == []

    def test_an_open_basket_is_not_listed_and_a_given_up_one_is_gone(self, hub: HubBaskets) -> None:
        hub.keep_basket(replace(COPY, parked=False))
        assert hub.parked_baskets() == []
        hub.keep_basket(COPY)
        hub.drop_basket(SALE)
        hub.drop_basket(SALE)
        assert hub.parked_baskets() == []

    def test_a_basket_nobody_parked_is_not_taken(self, hub: HubBaskets) -> None:
        with pytest.raises(BasketNotParked):
            hub.take_basket(OTHER, "C07")

    def test_every_answer_about_baskets_says_which_life_of_the_hub_it_is(self, hub: HubBaskets) -> None:
        hub.keep_basket(COPY)
        kept = hub.life
        hub.parked_baskets()
        with pytest.raises(BasketNotParked):
            hub.take_basket(OTHER, "C07")
        assert kept
        assert hub.life == kept

    def test_what_is_available_is_a_number(self, hub: HubBaskets) -> None:
        assert isinstance(hub.available("SKU_12345"), int)

    def test_a_pulled_cable_is_an_outage_for_every_question(self, hub: HubBaskets) -> None:
        self.the_cable_is_pulled()
        for ask in (
            lambda: hub.keep_basket(COPY),
            lambda: hub.drop_basket(SALE),
            lambda: hub.take_basket(SALE, "C07"),
            hub.parked_baskets,
            lambda: hub.available("SKU_12345"),
        ):
            with pytest.raises(Outage):
                ask()
