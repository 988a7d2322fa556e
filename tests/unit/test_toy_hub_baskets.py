"""The toy hub of the desks' tests keeps the contract that the real one keeps."""

from __future__ import annotations

import pytest

from tests.contract.hub_baskets import HubBasketsContract
from tests.screens.toy_hub import ToyHub
from tests.tills import Clock


class TestToyHub(HubBasketsContract):
    @pytest.fixture
    def hub(self) -> ToyHub:
        self.toy = ToyHub(Clock())
        return self.toy

    def the_cable_is_pulled(self) -> None:
        self.toy.away = True
