"""The hub client over real HTTP and the toy of the screens keep one contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from terminal.hub import HubClient
from terminal.payment.port import HubPayments
from tests.contract.hub_payments import METHOD, HubPaymentsContract
from tests.hub_of_the_till import CODE, HubOfTheTill
from tests.screens.toy_hub import ToyHub
from tests.tills import Clock


class TestToyHub(HubPaymentsContract):
    @pytest.fixture
    def hub(self) -> HubPayments:
        self.toy = ToyHub(Clock(), methods=[METHOD])
        return self.toy

    def the_customer_pays(self) -> None:
        self.toy.pay()

    def the_cable_is_pulled(self) -> None:
        self.toy.away = True


class TestHubClient(HubPaymentsContract):
    @pytest.fixture
    def hub(self, tmp_path: Path) -> Iterator[HubPayments]:
        self.served = HubOfTheTill(tmp_path / "hub.sqlite")
        client = HubClient(self.served.url, clock=Clock())
        client.enrol(CODE)
        yield client
        client.close()
        self.served.close()

    def the_customer_pays(self) -> None:
        self.served.progress = "CAPTURED"

    def the_cable_is_pulled(self) -> None:
        self.served.close()
