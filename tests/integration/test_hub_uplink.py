"""A hub and head office, both real: enrolment, facts up, news down, pokes, and a cable that is pulled."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hq.settings import Settings as HqSettings
from installer.cable import Cable
from storehub.bootstrap import now
from storehub.catalog.queries import ware_of_barcode
from storehub.database import try_head_office
from tests import make
from tests.hubs import Hub, MachineClock, Till, running_hub
from tests.integration.hq.conftest import ADMIN, RunningHq
from tests.integration.hq.conftest import Clock as HqClock
from tests.patience import eventually

CATALOGUE = """sku_id,barcode,product_name,category,base_price,tax_rate
SKU_12345,8934680083898,Coca Cola 330ml,Đồ uống,10000,0.10
SKU_COFFEE,8938505974194,Cà phê sữa đá,Đồ uống,25000,0.08
"""
COFFEE_HALF = {
    "promo_id": "COFFEE_HALF",
    "name": "Ly thứ hai nửa giá",
    "kind": "nth_item",
    "n": 2,
    "percent": 50,
    "starts_at": "2026-01-01T00:00:00",
    "eligible_skus": ["SKU_COFFEE"],
}
CASHIER = {"name": "Lan", "role": "cashier", "pin": make.PIN, "language": "vi"}


@pytest.fixture
def hq(hq_database_url: str, tmp_path: Path) -> Iterator[RunningHq]:
    settings = HqSettings(
        hq_database_url,
        data_dir=tmp_path / "hq",
        admin_employee_id=ADMIN["employee_id"],
        admin_pin=ADMIN["pin"],
    )
    with RunningHq(settings, HqClock()) as running:
        running.admin.post("/v1/stores", json={"store_id": make.STORE, "name": "Everopen Bến Thành"})
        yield running


@pytest.fixture
def cable(hq: RunningHq) -> Iterator[Cable]:
    line = Cable(int(hq.url.rpartition(":")[2]))
    yield line
    line.close()


StartHub = Callable[..., Hub]


@pytest.fixture
def start_hub(hub_database_url: str, tmp_path: Path, cable: Cable) -> Iterator[StartHub]:
    """Starts the store's hub behind the cable, with the machine's clock; they end with the test."""
    with ExitStack() as ending:

        def start(**changes: Any) -> Hub:
            hub = running_hub(
                hub_database_url,
                tmp_path / "hub",
                page=None,
                clock=MachineClock(),
                hq_url=f"http://127.0.0.1:{cable.port}",
                ping_seconds=0.2,
                **changes,
            )
            return ending.enter_context(hub)

        yield start


def enrolment_code(hq: RunningHq, terminal_id: str | None = None) -> str:
    body = {"terminal_id": terminal_id} if terminal_id else {}
    answer = hq.admin.post(f"/v1/stores/{make.STORE}/enrolment-codes", json=body)
    code: str = answer.json()["enrolment_code"]
    return code


def news_version(hub: Hub) -> int:
    version: int = hub.http.get("/health/ready").json()["news_version"]
    return version


def enrolled_till(hq: RunningHq, hub: Hub, terminal_id: str = "POS_01") -> Till:
    code = enrolment_code(hq, terminal_id)
    eventually(
        lambda: hub.scalar("SELECT count(*) FROM terminals WHERE terminal_id = :t", t=terminal_id) == 1
    )
    answer = hub.http.post("/api/v1/enrolments", json={"enrolment_code": code})
    assert answer.status_code == 201, answer.text
    return Till(hub, terminal_id, answer.json()["token"])


def sell(till: Till, start: int, count: int) -> None:
    for position in range(start, start + count):
        assert till.send(position, [till.sell(sold_at=now())]).json()["next_position"] == position + 1


def arrived(hq: RunningHq) -> int:
    count: int = hq.sql("SELECT count(*) FROM transactions")[0][0]
    return count


def test_a_hub_enrols_hears_the_news_and_sends_its_facts(hq: RunningHq, start_hub: StartHub) -> None:
    hq.admin.post("/v1/catalog/import", content=CATALOGUE.encode(), headers={"content-type": "text/csv"})
    hq.admin.put(f"/v1/people/{make.CASHIER}", json=CASHIER)
    hub = start_hub(enrolment_code=enrolment_code(hq))
    secret = hub.settings.hq_secret_file
    eventually(secret.exists)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    eventually(lambda: hub.scalar("SELECT count(*) FROM local_catalog") == 2)
    till = enrolled_till(hq, hub)
    cashier = hub.as_cashier()
    found = cashier.get("/api/v1/catalog/items", params={"barcode": "8938505974194"}).json()
    assert (found["product_name"], found["base_price"]) == ("Cà phê sữa đá", 25_000)
    sell(till, 1, 5)
    eventually(lambda: arrived(hq) == 5)
    status = cashier.get("/api/v1/status").json()
    assert status["hq"]["state"] == "online"
    eventually(lambda: cashier.get("/api/v1/status").json()["outbox"]["length"] == 0)
    complete = hq.admin.get(f"/v1/stores/{make.STORE}/completeness").json()
    assert [(origin["origin"], origin["last"], origin["chain"]) for origin in complete["origins"]] == [
        ("STORE_001/POS_01", 5, "intact")
    ]
    figures = hub.http.get("/metrics").text
    assert 'outbox_queue_length{store_id="STORE_001"} 0.0' in figures
    assert 'outbox_publish_attempts_total{store_id="STORE_001",success="true"}' in figures


def test_what_head_office_plans_holds_at_the_hub_from_its_moment_on(
    hq: RunningHq, start_hub: StartHub
) -> None:
    hq.admin.post("/v1/catalog/import", content=CATALOGUE.encode(), headers={"content-type": "text/csv"})
    hq.admin.put(f"/v1/people/{make.CASHIER}", json=CASHIER)
    soon = (now() + timedelta(days=1)).replace(microsecond=0)
    later = soon + timedelta(days=7)
    week = {"effective_from": soon.isoformat(), "effective_to": later.isoformat()}
    hq.admin.put("/v1/prices/SKU_12345", json={"amount": 8_000, **week})
    rate = {"rate": "0.08", "effective_from": soon.isoformat()}
    assert hq.admin.put("/v1/tax-rates/VAT_10", json=rate).status_code == 200
    stated = hq.admin.post("/v1/promotions", json=COFFEE_HALF)
    assert stated.status_code == 201, stated.text
    hub = start_hub(enrolment_code=enrolment_code(hq))
    eventually(lambda: hub.scalar("SELECT count(*) FROM promotions") == 1)
    enrolled_till(hq, hub)

    def cola_at(at: datetime) -> tuple[int, str]:
        with hub.engine.connect() as tx:
            ware = ware_of_barcode(tx, "8934680083898", make.STORE, at)
        return ware.price.amount, f"{ware.tax_rate:.2f}"

    second = timedelta(seconds=1)
    assert [cola_at(at) for at in (soon - second, soon, later - second, later)] == [
        (10_000, "0.10"), (8_000, "0.08"), (8_000, "0.08"), (10_000, "0.08")
    ]  # fmt: skip
    cashier = hub.as_cashier()
    begun = {"terminal_id": "POS_01", "cashier_id": make.CASHIER}
    sale = cashier.post("/api/v1/transactions", json=begun).json()["transaction_id"]
    coffee = {"barcode": "8938505974194", "quantity": 2}
    line = cashier.post(f"/api/v1/transactions/{sale}/items", json=coffee).json()
    assert (line["line_total"], line["applied_promotions"][0]["promo_id"]) == (37_500, "COFFEE_HALF")
    assert hq.admin.delete("/v1/promotions/COFFEE_HALF").status_code == 204
    eventually(
        lambda: cashier.post(f"/api/v1/transactions/{sale}/calculate").json()["total_amount"] == 50_000
    )


def test_a_price_correction_reaches_a_till_through_the_hub_at_once(
    hq: RunningHq, start_hub: StartHub
) -> None:
    hq.admin.post("/v1/catalog/import", content=CATALOGUE.encode(), headers={"content-type": "text/csv"})
    hub = start_hub(enrolment_code=enrolment_code(hq))
    till = enrolled_till(hq, hub)
    eventually(lambda: hub.scalar("SELECT count(*) FROM prices") == 2)
    version = news_version(hub)
    with till.http.stream("GET", "/api/v1/stream") as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": open"
        hq.admin.put("/v1/prices/SKU_COFFEE", json={"amount": 27_000})
        assert next(line for line in lines if line.startswith("data:")) == "data: news"
    page = till.http.get("/api/v1/news", params={"after": version}).json()
    assert [(piece["kind"], piece["body"]["amount"]) for piece in page["news"]] == [("price", 27_000)]
    assert page["current_version"] == news_version(hub) > version
    assert not page["more"]


def test_the_tills_sell_on_while_head_office_is_away_and_it_catches_up(
    hq: RunningHq, cable: Cable, start_hub: StartHub
) -> None:
    hub = start_hub(enrolment_code=enrolment_code(hq))
    till = enrolled_till(hq, hub)
    sell(till, 1, 3)
    eventually(lambda: arrived(hq) == 3)
    cable.cut()
    sell(till, 4, 60)
    link = hub.program.hub.link
    eventually(lambda: link.to_body()["state"] == "offline")
    assert till.http.get("/api/v1/status").json()["outbox"]["length"] == 60
    assert arrived(hq) == 3
    cable.plug()
    eventually(lambda: arrived(hq) == 63)
    eventually(lambda: link.to_body()["state"] == "online")


@pytest.mark.allow_log("head office is away")
def test_head_office_away_at_the_first_start_does_not_keep_the_hub_from_serving(
    hq: RunningHq, cable: Cable, start_hub: StartHub
) -> None:
    code = enrolment_code(hq)
    cable.cut()
    hub = start_hub(enrolment_code=code)
    assert hub.http.get("/health/ready").status_code == 200
    assert hub.program.hub.link.to_body()["trouble"] == "not-enrolled"
    hub.hear(make.shop_news(version=1))
    till = hub.till("POS_09")
    sell(till, 1, 2)
    cable.plug()
    eventually(hub.settings.hq_secret_file.exists)


@pytest.mark.allow_log("head office does not take the enrolment code")
def test_a_wrong_enrolment_code_is_said_and_the_tills_are_served(start_hub: StartHub) -> None:
    hub = start_hub(enrolment_code="NOT-A-CODE")
    assert hub.http.get("/health/ready").status_code == 200
    assert not hub.settings.hq_secret_file.exists()


def test_a_hub_that_starts_again_goes_on_with_its_secret(hq: RunningHq, start_hub: StartHub) -> None:
    hub = start_hub(enrolment_code=enrolment_code(hq))
    till = enrolled_till(hq, hub)
    sell(till, 1, 2)
    hub.close()
    again = start_hub()
    after = Till(again, "POS_01", till.http.headers["authorization"].removeprefix("Bearer "))
    after.chain = till.chain
    sell(after, 3, 2)
    eventually(lambda: arrived(hq) == 4)


def test_facts_of_the_hub_itself_go_up_in_the_same_pipe(hq: RunningHq, start_hub: StartHub) -> None:
    hq.admin.post("/v1/catalog/import", content=CATALOGUE.encode(), headers={"content-type": "text/csv"})
    hq.admin.put(f"/v1/people/{make.CASHIER}", json=CASHIER)
    hub = start_hub(enrolment_code=enrolment_code(hq))
    till = enrolled_till(hq, hub)
    eventually(lambda: hub.scalar("SELECT count(*) FROM people WHERE employee_id = :e", e=make.CASHIER) == 1)
    eventually(lambda: hub.scalar("SELECT count(*) FROM prices") == 2)
    sell(till, 1, 1)
    cashier = hub.as_cashier()
    body = {"terminal_id": "POS_01", "cashier_id": make.CASHIER}
    sale = cashier.post("/api/v1/transactions", json=body).json()["transaction_id"]
    cashier.post(f"/api/v1/transactions/{sale}/items", json={"barcode": "8934680083898"})
    cashier.post(f"/api/v1/transactions/{sale}/payments", json={"payment_method": "CASH", "amount": 10_000})
    assert cashier.post(f"/api/v1/transactions/{sale}/finalize").status_code == 200
    eventually(lambda: arrived(hq) == 2)
    eventually(
        lambda: (
            {
                origin["origin"]
                for origin in hq.admin.get(f"/v1/stores/{make.STORE}/completeness").json()["origins"]
            }
            == {"STORE_001", "STORE_001/POS_01"}
        )
    )


RESTORED = (
    "DELETE FROM feed",
    "INSERT INTO feed SELECT * FROM saved_feed",
    "DELETE FROM prices",
    "INSERT INTO prices SELECT * FROM saved_prices",
    "UPDATE heads SET value = (SELECT value FROM saved_heads WHERE name = 'feed') WHERE name = 'feed'",
)


@pytest.mark.allow_log("news line lifted", "news started over")
def test_a_head_office_restored_from_an_old_backup_wins_over_the_hub_and_its_tills(
    hq: RunningHq, start_hub: StartHub, cable: Cable
) -> None:
    hq.admin.post("/v1/catalog/import", content=CATALOGUE.encode(), headers={"content-type": "text/csv"})
    hub = start_hub(enrolment_code=enrolment_code(hq))
    eventually(lambda: hub.scalar("SELECT count(*) FROM local_catalog") == 2)
    for table in ("feed", "prices", "heads"):
        hq.sql(f"CREATE TABLE saved_{table} AS SELECT * FROM {table}")
    amount = "SELECT amount FROM prices WHERE sku_id = 'SKU_12345'"
    hq.admin.put("/v1/prices/SKU_12345", json={"amount": 99_000})
    till = enrolled_till(hq, hub)
    eventually(lambda: hub.scalar("SELECT count(*) FROM prices WHERE amount = 99000") == 1)
    lost_version = news_version(hub)
    assert lost_version > hq.sql("SELECT value FROM saved_heads WHERE name = 'feed'")[0][0]

    cable.cut()
    for statement in RESTORED:
        hq.sql(statement)
    cable.plug()

    eventually(lambda: hub.scalar("SELECT count(*) FROM prices WHERE amount = 99000") == 0)
    assert hub.scalar(amount) == 10_000
    eventually(lambda: news_version(hub) > lost_version)
    told = till.http.get("/api/v1/news", params={"after": lost_version}).json()
    assert (told["start_over"], told["news"]) == (True, [])
    hq.admin.put("/v1/prices/SKU_12345", json={"amount": 11_000})
    eventually(lambda: hub.scalar("SELECT count(*) FROM prices WHERE amount = 11000") == 1)
    eventually(lambda: hq.sql("SELECT count(*) FROM conflicts WHERE kind = 'news-overruled'")[0][0] == 1)
    ((detail,),) = hq.sql("SELECT detail FROM conflicts WHERE kind = 'news-overruled'")
    prices = [piece for piece in detail["pieces"] if piece["kind"] == "price"]
    assert [(piece["now"], '"amount":99000' in piece["held"]) for piece in prices] == [(None, True)]
    assert all("held" not in piece for piece in detail["pieces"] if piece["kind"] == "terminal")


def test_the_clocks_are_compared_and_the_difference_is_shown(hq: RunningHq, start_hub: StartHub) -> None:
    hq.clock.ahead = timedelta(hours=1)
    hub = start_hub(enrolment_code=enrolment_code(hq))
    eventually(lambda: news_version(hub) > 0)
    till = enrolled_till(hq, hub)

    def ahead() -> float:
        return float(till.http.get("/api/v1/status").json()["hq"]["clock_skew_seconds"] or 0)

    eventually(lambda: 3500 < ahead() < 3700)
    assert "hq_clock_skew_seconds" in hub.http.get("/metrics").text


def test_a_person_may_end_every_wait_for_head_office(
    hq: RunningHq, start_hub: StartHub, cable: Cable
) -> None:
    hub = start_hub(enrolment_code=enrolment_code(hq))
    eventually(lambda: news_version(hub) > 0)
    till = enrolled_till(hq, hub)
    sell(till, 1, 1)
    eventually(lambda: arrived(hq) == 1)
    cable.cut()
    sell(till, 2, 1)
    eventually(lambda: till.http.get("/api/v1/status").json()["hq"]["state"] == "offline")
    cable.plug()

    answer = till.http.post("/api/v1/sync/try-now")

    assert (answer.status_code, answer.json()["hq"]["state"] in ("offline", "online")) == (202, True)
    assert hub.http.post("/api/v1/sync/try-now").status_code == 401
    eventually(lambda: arrived(hq) == 2)
    try_head_office(hub.settings.database_url)
