"""What the hub says about itself, and the news it gives to its tills."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from courier.news import NewsPage
from tests import make
from tests.hubs import Hub, Till, running_hub


@pytest.fixture
def hub(hub_database_url: str, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_database_url, tmp_path) as running:
        yield running


@pytest.fixture
def till(hub: Hub) -> Till:
    return hub.till()


def figures(hub: Hub) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by name and the values of its labels in order of their names."""
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(hub.http.get("/metrics").text)
        for sample in family.samples
    }


def test_the_figures_have_the_names_of_the_specification(hub: Hub, till: Till) -> None:
    till.send(1, [till.sell(make.line("coffee", 2))])
    cashier = hub.as_cashier()
    body = {"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER}
    sale = cashier.post("/api/v1/transactions", json=body).json()["transaction_id"]
    cashier.post(f"/api/v1/transactions/{sale}/items", json={"barcode": "8934680083898"})
    cashier.post(f"/api/v1/transactions/{sale}/payments", json={"payment_method": "CASH", "amount": 10_000})
    cashier.post(f"/api/v1/transactions/{sale}/finalize")
    found = figures(hub)
    assert found["transactions_created_total", ("STORE_001", "POS_01")] == 1
    assert found["transactions_completed_total", ("CASH", "STORE_001", "POS_01")] == 2
    assert found["transaction_amount_sum", ("STORE_001",)] == 60_000
    assert found["outbox_queue_length", ("STORE_001",)] == 2
    assert found["api_request_duration_seconds_count", ("/api/v1/envelopes", "POST")] == 1
    assert found[
        "api_request_duration_seconds_count", ("/api/v1/transactions/{transaction_id}/finalize", "POST")
    ]
    names = {name for name, _ in found}
    assert {"database_query_duration_seconds_count", "api_request_duration_seconds_bucket"} <= names


def test_the_status_tells_what_waits_and_who_was_heard(hub: Hub, till: Till) -> None:
    envelope = till.sell(make.line("coffee"))
    till.send(1, [envelope])
    status = till.http.get("/api/v1/status").json()
    assert (status["store_id"], status["hq"]["state"]) == ("STORE_001", "none")
    assert (status["outbox"]["length"], status["outbox"]["last_position"]) == (1, 1)
    assert status["outbox"]["acknowledged"] == 0
    assert status["sales"] == {"count": 1, "total": 25_000}
    assert status["set_aside"] == 0
    (terminal,) = status["terminals"]
    assert (terminal["terminal_id"], terminal["sequence"], terminal["hash"]) == ("POS_01", 1, envelope.hash)


def test_a_till_gets_the_news_under_head_offices_versions(hub: Hub, till: Till) -> None:
    dearer = make.price("coffee", 27_000)
    hub.hear(NewsPage(40, [make.news("price", dearer.price_id, dearer.to_body(), 40)]))
    hub.hear(NewsPage(41, [make.news("product", "SKU_WATER", None, 41)]))
    everything = till.http.get("/api/v1/news").json()
    assert (everything["current_version"], everything["more"]) == (41, False)
    kinds = {(piece["kind"], piece["key"]): piece for piece in everything["news"]}
    assert kinds["price", dearer.price_id]["body"]["amount"] == 27_000
    assert kinds["product", "SKU_WATER"]["deleted"] is True
    assert kinds["setting", "currency"]["body"]["value"] == "VND"
    later = till.http.get("/api/v1/news", params={"after": 40}).json()
    assert [(piece["version"], piece["key"]) for piece in later["news"]] == [(41, "SKU_WATER")]
    gone = till.http.get("/api/v1/catalog/items", params={"barcode": "8934588012228"})
    assert (gone.status_code, gone.json()["code"]) == (404, "product-not-found")


@pytest.mark.allow_log("news not understood")
def test_one_broken_piece_of_news_does_not_keep_back_the_others(hub: Hub, till: Till) -> None:
    dearer = make.price("coffee", 27_000)
    broken = make.news("product", "SKU_X", {"sku_id": "SKU_X", "product_name": "no tax rate"}, 40)
    unknown = make.news("promotion", "P1", {"anything": 1}, 40)
    hub.hear(NewsPage(40, [broken, unknown, make.news("price", dearer.price_id, dearer.to_body(), 40)]))
    found = till.http.get("/api/v1/catalog/items", params={"barcode": "8938505974194"}).json()
    assert found["base_price"] == 27_000
    passed_on = till.http.get("/api/v1/news", params={"after": 39}).json()["news"]
    assert {piece["kind"] for piece in passed_on} == {"product", "promotion", "price"}


def test_a_barcode_that_moved_belongs_to_the_newest_product(hub: Hub, till: Till) -> None:
    heir = make.product("water", sku_id="SKU_HEIR", barcodes=make.product("coffee").barcodes)
    price = make.price("water", sku_id="SKU_HEIR", price_id="heir")
    hub.hear(
        NewsPage(
            40,
            [
                make.news("product", "SKU_HEIR", heir.to_body(), 40),
                make.news("price", "heir", price.to_body(), 40),
            ],
        )
    )
    found = till.http.get("/api/v1/catalog/items", params={"barcode": "8938505974194"}).json()
    assert found["sku_id"] == "SKU_HEIR"


def test_a_price_of_the_store_goes_before_the_chains_and_a_later_one_waits(hub: Hub, till: Till) -> None:
    ours = make.price("coffee", 24_000, price_id="ours", store_id=make.STORE)
    theirs = make.price("coffee", 1, price_id="theirs", store_id="STORE_002")
    tomorrow = make.price("cola", 99_000, price_id="tomorrow", effective_from=make.AT.replace(day=21))
    pieces = [make.news("price", price.price_id, price.to_body(), 40) for price in (ours, theirs, tomorrow)]
    hub.hear(NewsPage(40, pieces))

    def price_of(barcode: str) -> int:
        amount: int = till.http.get("/api/v1/catalog/items", params={"barcode": barcode}).json()["base_price"]
        return amount

    assert (price_of("8938505974194"), price_of("8934680083898")) == (24_000, 10_000)
    hub.clock.forward(days=1)
    fresh = hub.http.post(
        "/api/v1/auth/login",
        json={"employee_id": make.CASHIER, "pin": make.PIN, "terminal_id": make.TERMINAL},
    ).json()
    looked_up = hub.with_token(fresh["token"]).get(
        "/api/v1/catalog/items", params={"barcode": "8934680083898"}
    )
    assert looked_up.json()["base_price"] == 99_000
    hub.hear(NewsPage(41, [make.news("price", "tomorrow", None, 41)]))
    looked_up = hub.with_token(fresh["token"]).get(
        "/api/v1/catalog/items", params={"barcode": "8934680083898"}
    )
    assert looked_up.json()["base_price"] == 10_000


def test_a_dated_tax_rate_goes_before_the_products_own(hub: Hub, till: Till) -> None:
    rate = {"tax_class": "standard", "rate": "0.05", "effective_from": "2026-01-01T00:00:00+00:00"}
    hub.hear(NewsPage(40, [make.news("tax_rate", "standard@2026", rate, 40)]))
    found = till.http.get("/api/v1/catalog/items", params={"barcode": "8938505974194"}).json()
    assert found["tax_rate"] == 0.05


def test_old_answers_are_forgotten(hub: Hub, till: Till) -> None:
    cashier = hub.as_cashier()
    body = {"terminal_id": make.TERMINAL, "cashier_id": make.CASHIER}
    cashier.post("/api/v1/transactions", json=body, headers={"idempotency-key": "k"})
    hub.clock.forward(days=6)
    hub.program.clockwork.tidy()
    assert hub.scalar("SELECT count(*) FROM idempotency_keys") == 1
    hub.clock.forward(days=2)
    hub.program.clockwork.tidy()
    assert hub.scalar("SELECT count(*) FROM idempotency_keys") == 0


class Beats(threading.Event):
    """A stop that comes after so many seconds, which pass at once: no clock of any kind shows them."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self._left = seconds

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout == 1.0
        self._left -= 1
        return self._left < 0


def test_what_the_hub_does_again_and_again_is_counted_in_seconds_and_asks_no_clock(
    hub: Hub, till: Till
) -> None:
    till.send(1, [till.sell()])
    rolled_up = "SELECT sum(current_stock) FROM local_inventory"

    hub.program.clockwork.run(Beats(4))
    assert hub.scalar(rolled_up) is None
    hub.program.clockwork.run(Beats(5))

    assert hub.scalar(rolled_up) == -1
