"""The hub client over real HTTP and the toy of the desks keep one contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from terminal.checkout.port import HubVouchers
from terminal.hub import HubClient
from tests.contract.hub_vouchers import ONCE, SALE, HubVouchersContract
from tests.hub_of_the_till import CODE, HubOfTheTill
from tests.screens.toy_hub import ToyHub
from tests.tills import Clock


class TestToyHub(HubVouchersContract):
    @pytest.fixture
    def hub(self) -> HubVouchers:
        self.toy = ToyHub(Clock())
        return self.toy

    def the_cable_is_pulled(self) -> None:
        self.toy.away = True


class TestHubClient(HubVouchersContract):
    @pytest.fixture
    def hub(self, tmp_path: Path) -> Iterator[HubVouchers]:
        self.served = HubOfTheTill(tmp_path / "hub.sqlite")
        client = HubClient(self.served.url, clock=Clock())
        client.enrol(CODE)
        yield client
        client.close()
        self.served.close()

    def the_cable_is_pulled(self) -> None:
        self.served.close()

    def test_a_code_is_carried_whole_whatever_stands_in_it(self, hub: HubVouchers) -> None:
        hub.claim_voucher("50%-Tết", SALE)
        assert self.served.claims == {"50%-Tết": str(SALE)}

    def test_a_token_that_ended_is_renewed(self, hub: HubVouchers) -> None:
        self.served.forget_tokens()
        hub.claim_voucher(ONCE, UUID(int=11))
        assert ONCE in self.served.claims
