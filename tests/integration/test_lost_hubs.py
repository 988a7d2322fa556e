"""A hub's disk is lost: a new one takes its place, and the tills sell all the while."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from courier.outage import Rejected
from hq.settings import Settings as HqSettings
from installer.cable import Cable
from storehub.bootstrap import restore_hub
from storehub.database import migrate
from storehub.restore import HubNotEmpty, Restored
from storehub.settings import Settings
from terminal.bootstrap import RunningTill, build_till
from tests import make
from tests.hubs import Hub, MachineClock
from tests.integration.hq.conftest import ADMIN, RunningHq
from tests.integration.hq.conftest import Clock as HqClock
from tests.patience import eventually
from tests.tills import CASHIER

CATALOGUE = """sku_id,barcode,product_name,category,base_price,tax_rate
SKU_12345,8934680083898,Coca Cola 330ml,Đồ uống,10000,0.10
"""
COLA = "8934680083898"
SECONDS = 40.0


class Chain:
    """Head office, a store's hub on a port that stays, and its tills; the hub can be lost."""

    def __init__(
        self, hq: RunningHq, new_database: Callable[..., str], home: Path, ending: ExitStack
    ) -> None:
        self.hq = hq
        self._new_database = new_database
        self._home = home
        self._ending = ending
        self._homes = 0
        self.line = Cable(int(hq.url.rpartition(":")[2]))
        ending.callback(self.line.close)
        self.hub = self.start_hub(self.settings(self.code()))
        self.cable = Cable(int(self.hub.url.rpartition(":")[2]))
        ending.callback(self.cable.close)

    def code(self, terminal_id: str | None = None) -> str:
        body = {"terminal_id": terminal_id} if terminal_id else {}
        made = self.hq.admin.post(f"/v1/stores/{make.STORE}/enrolment-codes", json=body)
        code: str = made.json()["enrolment_code"]
        return code

    def settings(self, code: str = "") -> Settings:
        """Of a hub on a new disk."""
        self._homes += 1
        return Settings(
            database_url=self._new_database(migrate),
            store_id=make.STORE,
            data_dir=self._home / f"hub-{self._homes}",
            hq_url=f"http://127.0.0.1:{self.line.port}",
            ping_seconds=0.2,
            enrolment_code=code,
        )

    def start_hub(self, settings: Settings) -> Hub:
        hub = Hub(settings, MachineClock())
        self._ending.callback(hub.close)
        return hub

    def till(self, terminal_id: str) -> RunningTill:
        code = self.code(terminal_id)
        eventually(
            lambda: (
                self.hub.scalar("SELECT count(*) FROM terminals WHERE terminal_id = :t", t=terminal_id) == 1
            )
        )
        url = f"http://127.0.0.1:{self.cable.port}"
        till = build_till(self._home / terminal_id, url, code).start()
        self._ending.callback(till.close)
        assert till.lifeline.wait_for_news(SECONDS)
        return till

    def lose_the_hub(self) -> None:
        """Database and data directory are gone; the tills' network leads nowhere."""
        self.cable.cut()
        self.hub.close()
        shutil.rmtree(self.hub.settings.data_dir)

    def restored_hub(self) -> Restored:
        """A new hub in the lost one's place, and what came back."""
        settings = self.settings(self.code())
        restored = restore_hub(settings)
        self.hub = self.start_hub(settings)
        self.cable.lead_to(int(self.hub.url.rpartition(":")[2]))
        self.cable.plug()
        return restored

    def at_hq(self) -> tuple[int, int]:
        rows = self.hq.sql("SELECT count(*), coalesce(sum(total_amount), 0) FROM transactions")
        return int(rows[0][0]), int(rows[0][1])

    def stock(self) -> tuple[int, int]:
        """Of cola: at the hub and at head office."""
        at_hub = self.hub.scalar(
            "SELECT coalesce(sum(quantity_delta), 0) FROM stock_movements WHERE sku_id = 'SKU_12345'"
        )
        levels = self.hq.admin.get(f"/v1/stores/{make.STORE}/inventory").json()["levels"]
        return int(at_hub), {row["sku_id"]: row["current_stock"] for row in levels}.get("SKU_12345", 0)

    def completeness(self) -> dict[str, Any]:
        answer = self.hq.admin.get(f"/v1/stores/{make.STORE}/completeness")
        body: dict[str, Any] = answer.json()
        return body


@pytest.fixture
def chain(
    hq_database_url: str, database_from_template: Callable[..., str], tmp_path: Path
) -> Iterator[Chain]:
    settings = HqSettings(
        hq_database_url,
        data_dir=tmp_path / "hq",
        admin_employee_id=ADMIN["employee_id"],
        admin_pin=ADMIN["pin"],
    )
    with RunningHq(settings, HqClock()) as hq, ExitStack() as ending:
        hq.admin.post("/v1/stores", json={"store_id": make.STORE, "name": "Everopen Bến Thành"})
        csv = {"content-type": "text/csv"}
        hq.admin.post("/v1/catalog/import", content=CATALOGUE.encode(), headers=csv)
        yield Chain(hq, database_from_template, tmp_path, ending)


def sell(till: RunningTill, count: int = 1) -> None:
    for _ in range(count):
        checkout = till.desks.checkout(CASHIER)
        checkout.scan(COLA)
        draft = checkout.to_pay()
        assert draft is not None, checkout.state.notice
        desk = till.desks.payment(draft, CASHIER)
        desk.pay_cash(100_000)
        assert desk.state.receipt is not None, desk.state.notice


def test_a_new_hub_takes_the_place_of_a_lost_one_and_no_sale_is_lost_or_doubled(chain: Chain) -> None:
    tills = [chain.till("POS_01"), chain.till("POS_02")]
    for till in tills:
        sell(till, 3)
        assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (6, 60_000))
    chain.hub.program.clockwork.tell_head_office()

    chain.lose_the_hub()
    for till in tills:
        sell(till, 2)
    restored = chain.restored_hub()

    assert dict(restored.heads) == {"STORE_001/POS_01": 3, "STORE_001/POS_02": 3}
    assert (restored.facts, restored.not_applied, restored.skus) == (6, 0, 1)
    assert list(restored.terminals) == ["POS_01", "POS_02"]
    # Nobody touches a till: its secret is good at the new hub too, and what head office lacked goes up.
    for till in tills:
        assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (10, 100_000))
    assert chain.hub.scalar("SELECT count(*) FROM transactions") == 10
    assert chain.hub.scalar("SELECT max(id) FROM outbox") == 10
    assert chain.stock() == (-10, -10)
    sell(tills[0])
    eventually(lambda: chain.at_hq() == (11, 110_000))
    assert chain.completeness()["complete"] is True
    assert [origin["last"] for origin in chain.completeness()["origins"]] == [6, 5]
    eventually(lambda: chain.hub.scalar("SELECT count(*) FROM local_catalog") == 1)


def test_facts_that_only_the_lost_hub_had_come_again_from_the_tills(chain: Chain) -> None:
    till = chain.till("POS_01")
    sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    eventually(lambda: chain.at_hq() == (1, 10_000))
    chain.hub.program.clockwork.tell_head_office()
    chain.line.cut()
    sell(till, 2)
    assert till.lifeline.wait_until_sent(SECONDS)
    assert chain.hub.scalar("SELECT count(*) FROM transactions") == 3

    chain.lose_the_hub()
    chain.line.plug()
    assert dict(chain.restored_hub().heads) == {"STORE_001/POS_01": 1}

    eventually(lambda: chain.at_hq() == (3, 30_000))
    eventually(lambda: chain.hub.scalar("SELECT count(*) FROM transactions") == 3)
    assert chain.completeness()["complete"] is True


@pytest.mark.allow_log("chain broken")
def test_what_the_lost_hub_announced_of_its_own_is_missing_by_number(chain: Chain) -> None:
    head = f"3:{'ab' * 32}"
    secret = (chain.hub.settings.data_dir / "hq-secret").read_text()
    body = {"store_id": make.STORE, "secret": secret}
    token = chain.hq.client().post("/v1/auth/token", json=body).json()["token"]
    batch = {"from_position": 1, "events": []}
    said = chain.hq.client(token).post("/v1/ingestion/events", json=batch, headers={"everopen-head": head})
    assert said.status_code == 200, said.text

    chain.lose_the_hub()
    restored = chain.restored_hub()

    assert dict(restored.heads) == {make.STORE: 3}
    assert dict(restored.missing) == {make.STORE: ((1, 3),)}


def test_only_an_empty_hub_takes_anothers_place(chain: Chain) -> None:
    till = chain.till("POS_01")
    sell(till)
    assert till.lifeline.wait_until_sent(SECONDS)
    with pytest.raises(HubNotEmpty):
        restore_hub(chain.hub.settings)
    with pytest.raises(Rejected):
        restore_hub(chain.settings("WRONG-CODE"))
