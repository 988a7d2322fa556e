"""The till's own client against the real hub: the contract that its toy keeps too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from storehub.people.queries import digest
from terminal.hub import HubClient
from terminal.payment.port import HubPayments
from terminal.till.enrolment import Enrolment
from terminal.till.qr import PaymentRefused
from tests import make
from tests.contract.hub_payments import PAYMENT, SALE, HubPaymentsContract
from tests.hubs import Hub, running_hub


class TestRealHub(HubPaymentsContract):
    @pytest.fixture
    def served(self, hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
        with running_hub(hub_database_url, tmp_path) as running:
            yield running

    @pytest.fixture
    def hub(self, served: Hub) -> Iterator[HubPayments]:
        self.real = served
        enrolled = served.enrolled()
        client = HubClient(served.url, clock=served.clock)
        client.be(Enrolment(enrolled["store_id"], enrolled["terminal_id"], enrolled["secret"]))
        yield client
        client.close()

    def the_customer_pays(self) -> None:
        self.real.clock.forward(seconds=3)

    def the_cable_is_pulled(self) -> None:
        self.real.close()

    def test_a_method_the_store_does_not_take_is_refused(self, hub: HubPayments) -> None:
        with pytest.raises(PaymentRefused) as refused:
            hub.ask(PAYMENT, SALE, "QR_BEADS", 55_000)
        assert refused.value.detail["reason"] == "unknown-payment-method"

    def test_the_code_is_the_providers_text_and_not_our_picture(self, hub: HubPayments) -> None:
        assert hub.ask(PAYMENT, SALE, "QR_VNPAY", 55_000).text.startswith("EVEROPEN SIMULATED PAYMENT VNPAY")

    def test_an_enrolment_by_code_gives_a_token_at_once(self, served: Hub) -> None:
        body = {
            "terminal_id": "POS_03",
            "store_id": make.STORE,
            "enrolment_code_hash": digest("K7QM-2F9T"),
            "enrolment_code_expires_at": (served.clock() + timedelta(hours=1)).isoformat(),
        }
        served.hear(make.news_page(2, make.news("terminal", f"{make.STORE}/POS_03", body, 2)))
        client = HubClient(served.url, clock=served.clock)
        assert client.enrol("K7QM-2F9T").terminal_id == "POS_03"
        assert client.ask(PAYMENT, SALE, "QR_MOMO", 1_000).text
        client.close()
