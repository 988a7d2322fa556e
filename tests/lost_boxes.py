"""A whole chain whose boxes a test takes away: head office, a hub, tills, all of them real."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hq.settings import Settings as HqSettings
from installer.cable import Cable
from storehub.backup import read_back
from storehub.bootstrap import restore_hub
from storehub.database import migrate
from storehub.people.queries import digest
from storehub.restore import Restored
from storehub.settings import Settings
from terminal.bootstrap import RunningTill, build_till
from tests import make
from tests.hubs import Hub, MachineClock
from tests.integration.hq.conftest import Clock as HqClock
from tests.integration.hq.conftest import RunningHq
from tests.patience import eventually
from tests.tills import CASHIER

COLA = "8934680083898"
SECONDS = 40.0


class Chain:
    """Head office, a store's hub on a port that stays, and its tills; the hub can be lost."""

    def __init__(
        self,
        office: ExitStack,
        hq: RunningHq,
        new_database: Callable[..., str],
        home: Path,
        ending: ExitStack,
    ) -> None:
        self._office = office
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

    def settings(self, code: str = "", schema: Callable[[str], None] | None = migrate) -> Settings:
        """Of a hub on a new disk."""
        self._homes += 1
        return Settings(
            database_url=self._new_database(schema),
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

    def fresh_code(self, terminal_id: str) -> str:
        """For a terminal that was enrolled before; the hub has heard of it."""
        code = self.code(terminal_id)
        known = "SELECT count(*) FROM terminals WHERE terminal_id = :t AND enrolment_code_hash = :code"
        eventually(lambda: self.hub.scalar(known, t=terminal_id, code=digest(code)) == 1)
        return code

    def enrolled_anew(self, folder: str, code: str) -> RunningTill:
        """A till in this folder, with the journal that is there if there is one."""
        (self._home / folder / "enrolment.json").unlink(missing_ok=True)
        till = build_till(self._home / folder, f"http://127.0.0.1:{self.cable.port}", code).start()
        self._ending.callback(till.close)
        return till

    def lose_head_office(self) -> None:
        """It answers no more, and its database is not asked again."""
        self.line.cut()
        self._office.close()

    def start_head_office(self, settings: HqSettings) -> None:
        """Another one in its place."""
        self.hq = self._office.enter_context(RunningHq(settings, HqClock()))
        self.line.lead_to(int(self.hq.url.rpartition(":")[2]))
        self.line.plug()

    def lose_the_hub(self) -> None:
        """Database and data directory are gone; the tills' network leads nowhere."""
        self.cable.cut()
        self.hub.close()
        shutil.rmtree(self.hub.settings.data_dir)

    def restored_hub(self, backup: Path | None = None) -> Restored:
        """A new hub in the lost one's place, and what came back."""
        settings = self.settings(self.code(), None if backup else migrate)
        restored = restore_hub(settings, backup)
        self.hub = self.start_hub(settings)
        self.cable.lead_to(int(self.hub.url.rpartition(":")[2]))
        self.cable.plug()
        return restored

    def old_hub(self, image: Path) -> None:
        """A hub that runs on this old state and was not told; head office finds it before the tills do."""
        settings = self.settings(self.code(), None)
        read_back(settings, image)
        self.hub = self.start_hub(settings)
        eventually(lambda: self.hub.scalar("SELECT max(id) FROM outbox") >= self.at_hq_position())
        self.cable.lead_to(int(self.hub.url.rpartition(":")[2]))
        self.cable.plug()

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

    def hub_news_version(self) -> int:
        version: int = self.hub.http.get("/health/ready").json()["news_version"]
        return version

    def at_hq_position(self) -> int:
        """The last position of the hub's pipe that head office has."""
        cursor = "SELECT cursor_value FROM sync_cursors WHERE cursor_name = %s"
        return int(self.hq.sql(cursor, f"pipe:{make.STORE}")[0][0])

    def completeness(self) -> dict[str, Any]:
        answer = self.hq.admin.get(f"/v1/stores/{make.STORE}/completeness")
        body: dict[str, Any] = answer.json()
        return body


def sell(till: RunningTill, count: int = 1) -> None:
    for _ in range(count):
        checkout = till.desks.checkout(CASHIER)
        checkout.scan(COLA)
        draft = checkout.to_pay()
        assert draft is not None, checkout.state.notice
        desk = till.desks.payment(draft, CASHIER)
        desk.pay_cash(100_000)
        assert desk.state.receipt is not None, desk.state.notice
