"""What every hub must do for a till's vouchers (`terminal.checkout.port.HubVouchers`).

The tests of the real client and of the toy that desks are tested with both subclass this.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from uuid import UUID

import pytest

from courier.outage import Outage
from retail.voucher import VoucherUsed
from terminal.checkout.port import HubVouchers

SALE, OTHER_SALE = UUID(int=9), UUID(int=10)
ONCE = "TET-1"
"""A voucher that the hub knows and gives once."""


class HubVouchersContract(ABC):
    """Tests that hold for any hub."""

    @pytest.fixture
    @abstractmethod
    def hub(self) -> HubVouchers:
        """A hub at which nobody has shown a voucher yet."""

    @abstractmethod
    def the_cable_is_pulled(self) -> None:
        """Nobody can reach the hub any more."""

    def test_a_voucher_is_kept_for_one_sale(self, hub: HubVouchers) -> None:
        hub.claim_voucher(ONCE, SALE)
        with pytest.raises(VoucherUsed):
            hub.claim_voucher(ONCE, OTHER_SALE)

    def test_asking_again_for_the_same_sale_changes_nothing(self, hub: HubVouchers) -> None:
        hub.claim_voucher(ONCE, SALE)
        hub.claim_voucher(ONCE, SALE)

    def test_a_voucher_that_was_let_go_is_free_again(self, hub: HubVouchers) -> None:
        hub.claim_voucher(ONCE, SALE)
        hub.release_voucher(ONCE, SALE)
        hub.claim_voucher(ONCE, OTHER_SALE)

    def test_nobody_lets_go_of_what_another_sale_has(self, hub: HubVouchers) -> None:
        hub.claim_voucher(ONCE, SALE)
        hub.release_voucher(ONCE, OTHER_SALE)
        with pytest.raises(VoucherUsed):
            hub.claim_voucher(ONCE, OTHER_SALE)

    def test_a_pulled_cable_is_an_outage(self, hub: HubVouchers) -> None:
        self.the_cable_is_pulled()
        with pytest.raises(Outage):
            hub.claim_voucher(ONCE, SALE)
        with pytest.raises(Outage):
            hub.release_voucher(ONCE, SALE)
