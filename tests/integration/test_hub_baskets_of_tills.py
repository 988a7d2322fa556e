"""The till's own client against the real hub, about baskets and late money."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from courier.outage import Outage
from terminal.hub import HubClient
from terminal.till.basket_copy import BasketElsewhere
from terminal.till.enrolment import Enrolment
from tests import make
from tests.contract.hub_baskets import COPY, SALE, HubBasketsContract
from tests.hubs import Hub, running_hub

PAYMENT = UUID(int=601)


class TestRealHub(HubBasketsContract):
    @pytest.fixture
    def served(self, hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
        with running_hub(hub_database_url, tmp_path, page=make.shop_news()) as running:
            yield running

    @pytest.fixture
    def hub(self, served: Hub) -> Iterator[HubClient]:
        self.real = served
        enrolled = served.enrolled()
        client = HubClient(served.url, clock=served.clock)
        client.be(Enrolment(enrolled["store_id"], enrolled["terminal_id"], enrolled["secret"]))
        yield client
        client.close()

    def the_cable_is_pulled(self) -> None:
        self.real.close()

    def test_a_basket_that_another_till_took_is_elsewhere(self, hub: HubClient) -> None:
        hub.keep_basket(COPY)
        other = self.real.till("POS_02")
        answer = other.http.post(f"/api/v1/baskets/{SALE}/take", json={"cashier_id": make.CASHIER})
        assert answer.status_code == 200
        with pytest.raises(BasketElsewhere):
            hub.keep_basket(COPY)

    def test_any_other_no_of_the_hub_is_no_reason_to_let_go_of_a_basket(self, hub: HubClient) -> None:
        with pytest.raises(Outage):
            hub.keep_basket(replace(COPY, label="x" * 101))

    def test_late_money_is_listed_and_settled(self, hub: HubClient) -> None:
        hub.ask(PAYMENT, SALE, "QR_MOMO", 20_000)
        self.real.clock.forward(seconds=30)
        hub.status(PAYMENT)
        assert hub.orphan_money() == []
        self.real.clock.forward(seconds=121)
        (money,) = hub.orphan_money()
        assert (money.payment_id, money.sale_id, money.amount) == (PAYMENT, SALE, 20_000)
        hub.settle_orphan(PAYMENT, settled_by="C07", approved_by="M01", word="given back")
        assert hub.orphan_money() == []
