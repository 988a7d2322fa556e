"""The catalogue, its prices, and how stores hear of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.hq.conftest import RunningHq

HEADER = "sku_id,barcode,product_name,category,base_price,tax_rate"
COLA = "SKU_COLA,8934680083898,Nước ngọt Cola lon 330 ml,Đồ uống,10000,0.10"
ALSO_COLA = COLA.replace("8934680083898", "4006381333931")
ITEM = {
    "product_name": "Coca Cola 330ml",
    "category": "Beverages",
    "tax_rate": 0.10,
    "barcode": "8934680083898",
    "base_price": 10_000,
}


def import_csv(hq: RunningHq, *lines: str) -> Any:
    """Post these lines as a catalogue file."""
    return hq.admin.post("/v1/catalog/import", content="\n".join(lines).encode())


def news(hq: RunningHq, client: Any, after: int = 0) -> list[tuple[str, str]]:
    """Kind and key of everything after a version."""
    return [
        (each["kind"], each["key"]) for each in client.get("/v1/news", params={"after": after}).json()["news"]
    ]


def test_a_file_is_imported_and_only_what_changed_is_news(hq: RunningHq) -> None:
    store = hq.store()
    first = import_csv(hq, HEADER, COLA, "SKU_TEA,4006381333931,Trà,Đồ uống,7000,0.08").json()
    again = import_csv(hq, HEADER, COLA, "SKU_TEA,4006381333931,Trà,Đồ uống,7000,0.08").json()
    dearer = import_csv(hq, HEADER, COLA, "SKU_TEA,4006381333931,Trà,Đồ uống,7500,0.08").json()
    renamed = import_csv(hq, HEADER, COLA, "SKU_TEA,4006381333931,Trà đào,Đồ uống,7500,0.08").json()

    assert {name: first[name] for name in ("products", "created", "updated", "unchanged", "prices")} == {
        "products": 2, "created": 2, "updated": 0, "unchanged": 0, "prices": 2
    }  # fmt: skip
    assert (again["unchanged"], again["prices"], again["version"]) == (2, 0, first["version"])
    assert (dearer["updated"], dearer["prices"], dearer["version"]) == (0, 1, first["version"] + 1)
    assert (renamed["updated"], renamed["prices"]) == (1, 0)
    assert [kind for kind, _ in news(hq, store.http, first["version"])] == ["price", "product"]
    assert len(news(hq, store.http, first["version"] - 1)) == 5


def test_a_product_of_the_file_is_news_as_tills_read_it(hq: RunningHq) -> None:
    store = hq.store()
    import_csv(
        hq,
        f"{HEADER},brand,unit,pack_of,pack_size,age_restricted",
        "SKU_BEER,8934680083898,Bia lon,Đồ uống,15000,0.08,333,piece,,,true",
        "SKU_BEER,4006381333931,Bia lon,Đồ uống,15000,0.08,333,piece,,24,true",
        "SKU_CASE,5012345678900,Thùng bia,Đồ uống,340000,0.08,333,,SKU_BEER,24,true",
        "SKU_RICE,OWN-7,Gạo,Thực phẩm,21000,0.05,,gram,,,",
    )

    page = store.http.get("/v1/news").json()["news"]
    products = {each["key"]: each["body"] for each in page if each["kind"] == "product"}
    prices = {each["body"]["sku_id"]: each["body"] for each in page if each["kind"] == "price"}
    assert products["SKU_BEER"] == {
        "sku_id": "SKU_BEER",
        "product_name": "Bia lon",
        "category": "Đồ uống",
        "tax_class": "VAT_8",
        "tax_rate": "0.08",
        "brand": "333",
        "unit": "piece",
        "pack_of": None,
        "pack_size": 1,
        "age_restricted": True,
        "is_active": True,
        "barcodes": [
            {"barcode": "8934680083898", "pack_size": 1},
            {"barcode": "4006381333931", "pack_size": 24},
        ],
    }
    assert (products["SKU_CASE"]["pack_of"], products["SKU_CASE"]["pack_size"]) == ("SKU_BEER", 24)
    assert (products["SKU_RICE"]["unit"], products["SKU_RICE"]["tax_class"]) == ("gram", "VAT_5")
    assert prices["SKU_RICE"] == {
        "price_id": "SKU_RICE/*/19700101T000000Z",
        "sku_id": "SKU_RICE",
        "amount": 21_000,
        "effective_from": "1970-01-01T00:00:00+00:00",
        "store_id": None,
    }


@pytest.mark.parametrize(
    ("lines", "line", "column", "words"),
    [
        ([], 1, "", "empty"),
        (["sku_id,barcode,product_name,category,base_price"], 1, "tax_rate", "missing"),
        ([f"{HEADER},colour"], 1, "colour", "no column 'colour'"),
        ([f"{HEADER},sku_id"], 1, "sku_id", "twice"),
        ([HEADER, COLA, "SKU_TEA,4006381333931,Trà"], 3, "", "3 cells"),
        ([HEADER, COLA.replace("10000", "10.000")], 2, "base_price", "whole minor units"),
        ([HEADER, COLA.replace("10000", "-5")], 2, "base_price", "whole minor units"),
        ([HEADER, COLA.replace("0.10", "10")], 2, "tax_rate", "8 % is 0.08"),
        ([HEADER, COLA.replace("0.10", "NaN")], 2, "tax_rate", "8 % is 0.08"),
        ([HEADER, COLA.replace("83898", "83890")], 2, "barcode", "8934680083898 would be right"),
        ([HEADER, COLA.replace("8934680083898", "")], 2, "barcode", "empty"),
        ([HEADER, COLA.replace("SKU_COLA", "SKU COLA")], 2, "sku_id", "no SKU"),
        ([HEADER, COLA, COLA.replace("SKU_COLA", "SKU_TEA")], 3, "barcode", "line 2 already, for SKU_COLA"),
        ([HEADER, COLA, ALSO_COLA.replace("Cola", "Tea")], 3, "product_name", "line 2"),
        ([HEADER, COLA, ALSO_COLA.replace("10000", "9")], 3, "base_price", "line 2"),
        ([f"{HEADER},unit", f"{COLA},litre"], 2, "unit", "piece and gram"),
        ([f"{HEADER},pack_of,pack_size", f"{COLA},SKU_TEA,6"], 2, "pack_of", "SKU_TEA is neither"),
        ([f"{HEADER},pack_of,pack_size", f"{COLA},,0"], 2, "pack_size", "no pack size"),
        ([f"{HEADER},age_restricted", f"{COLA},maybe"], 2, "age_restricted", "neither true nor false"),
        ([HEADER, 'SKU_COLA,8934680083898,"Cola'], 2, "", "not CSV"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_line_column_and_a_sentence(
    hq: RunningHq, lines: list[str], line: int, column: str, words: str
) -> None:
    answer = import_csv(hq, *lines)

    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "broken-file")
    assert (body["line"], body["column"]) == (line, column)
    assert words in body["reason"]
    assert body["detail"].startswith(f"line {line}, column {column}")
    assert hq.sql("SELECT count(*) FROM catalog_master") == [(0,)]


def test_a_file_that_is_not_utf8_is_refused(hq: RunningHq) -> None:
    content = f"{HEADER}\n".encode() + "SKU_COLA,8934680083898,Nước,Đồ uống,1,0.1".encode("utf-16")

    answer = hq.admin.post("/v1/catalog/import", content=content)

    assert (answer.status_code, answer.json()["line"]) == (422, 2)


def test_a_barcode_of_another_product_is_refused_wherever_it_comes_from(hq: RunningHq) -> None:
    import_csv(hq, HEADER, "SKU_OLD,012345678905,Cũ,Khác,1000,0.08")

    as_ean = import_csv(hq, HEADER, "SKU_NEW,0012345678905,Mới,Khác,1000,0.08")
    put = hq.admin.put("/v1/catalog/items/SKU_NEW", json={**ITEM, "barcode": "012345678905"})
    moved = import_csv(
        hq, HEADER, "SKU_OLD,4006381333931,Cũ,Khác,1000,0.08", "SKU_NEW,012345678905,Mới,Khác,1000,0.08"
    )

    assert (as_ean.status_code, as_ean.json()["line"], as_ean.json()["column"]) == (422, 2, "barcode")
    assert (put.status_code, put.json()["code"]) == (409, "barcode-taken")
    assert moved.json()["created"] == 1
    owners = dict(hq.sql("SELECT barcode, sku_id FROM catalog_barcodes"))
    assert owners == {"4006381333931": "SKU_OLD", "012345678905": "SKU_NEW"}


def test_an_item_is_put_and_seen_in_the_snapshot_of_the_spec(hq: RunningHq) -> None:
    store = hq.store()

    made = hq.admin.put("/v1/catalog/items/SKU_12345", json=ITEM)
    snapshot = store.http.get("/v1/catalog/snapshot", params={"since_version": 0}).json()

    assert made.status_code == 201
    assert snapshot["current_version"] == made.json()["version"]
    (item,) = snapshot["items"]
    assert {
        name: item[name]
        for name in ("sku_id", "barcode", "product_name", "base_price", "tax_rate", "change_type")
    } == {
        "sku_id": "SKU_12345",
        "barcode": "8934680083898",
        "product_name": "Coca Cola 330ml",
        "base_price": 10_000,
        "tax_rate": 0.10,
        "change_type": "CREATED",
    }


def test_a_snapshot_tells_what_was_created_updated_and_deleted_since(hq: RunningHq) -> None:
    client = hq.store().http
    import_csv(
        hq, HEADER, COLA, "SKU_TEA,4006381333931,Trà,Đồ uống,7000,0.08", "SKU_OLD,5012345678900,Cũ,Khác,1,0"
    )

    def since(version: int) -> dict[str, str]:
        items = client.get("/v1/catalog/snapshot", params={"since_version": version}).json()["items"]
        return {item["sku_id"]: item["change_type"] for item in items}

    seen = client.get("/v1/catalog/snapshot").json()["current_version"]
    assert since(seen) == {}
    hq.admin.put("/v1/prices/SKU_TEA", json={"amount": 7_500})
    hq.admin.put("/v1/catalog/items/SKU_NEW", json={**ITEM, "barcode": "96385074"})
    old = {"product_name": "Cũ", "category": "Khác", "tax_rate": 0, "barcode": "5012345678900"}
    gone = hq.admin.put("/v1/catalog/items/SKU_OLD", json={**old, "is_active": False})
    assert gone.status_code == 200
    assert since(seen) == {"SKU_TEA": "UPDATED", "SKU_NEW": "CREATED", "SKU_OLD": "DELETED"}
    assert since(0) == {"SKU_COLA": "CREATED", "SKU_TEA": "CREATED", "SKU_NEW": "CREATED"}
    back = hq.admin.put("/v1/catalog/items/SKU_OLD", json=old).json()["version"]
    assert since(back - 1) == {"SKU_OLD": "CREATED"}


def test_a_store_sees_its_own_price_and_what_is_scheduled(hq: RunningHq) -> None:
    first, second = hq.store("STORE_001"), hq.store("STORE_002")
    hq.admin.put("/v1/catalog/items/SKU_COLA", json=ITEM)
    soon = (hq.clock() + timedelta(hours=1)).replace(microsecond=0)

    override = hq.admin.put("/v1/prices/SKU_COLA", json={"amount": 12_000, "store_id": "STORE_001"})
    scheduled = hq.admin.put(
        "/v1/prices/SKU_COLA", json={"amount": 11_000, "effective_from": soon.isoformat()}
    )

    def seen(client: Any) -> dict[str, Any]:
        (item,) = client.get("/v1/catalog/snapshot").json()["items"]
        return {"now": item["base_price"], "later": [each["base_price"] for each in item["scheduled_prices"]]}

    assert override.json()["store_id"] == "STORE_001"
    assert scheduled.json()["version"] == override.json()["version"] + 1
    assert seen(first.http) == {"now": 12_000, "later": [11_000]}
    assert seen(second.http) == {"now": 10_000, "later": [11_000]}
    keys = {
        client.store_id: {key for kind, key in news(hq, client.http) if kind == "price"}
        for client in (first, second)
    }
    assert len(keys["STORE_001"] - keys["STORE_002"]) == 1
    hq.clock.ahead = timedelta(hours=2)
    (item,) = second.http.get("/v1/catalog/snapshot").json()["items"]
    assert (item["base_price"], "scheduled_prices" in item) == (11_000, False)


def test_a_price_that_ends_gives_way_to_the_one_before(hq: RunningHq) -> None:
    store = hq.store()
    hq.admin.put("/v1/catalog/items/SKU_COLA", json=ITEM)
    begin = (hq.clock() + timedelta(hours=1)).replace(microsecond=0)
    week = {"effective_from": begin.isoformat(), "effective_to": (begin + timedelta(days=7)).isoformat()}

    answer = hq.admin.put("/v1/prices/SKU_COLA", json={"amount": 8_000, **week})

    def base_price(**ahead: int) -> int:
        hq.clock.ahead = timedelta(**ahead)
        (item,) = store.http.get("/v1/catalog/snapshot").json()["items"]
        return int(item["base_price"])

    assert answer.json()["effective_to"] == week["effective_to"]
    assert hq.admin.put("/v1/prices/SKU_COLA", json={"amount": 8_000, **week}).json() == answer.json()
    page = store.http.get("/v1/news").json()["news"]
    assert [each["body"].get("effective_to") for each in page if each["kind"] == "price"] == [
        None,
        week["effective_to"],
    ]
    assert [base_price(), base_price(hours=2)] == [10_000, 8_000]
    backwards = {**week, "effective_to": week["effective_from"]}
    refused = hq.admin.put("/v1/prices/SKU_COLA", json={"amount": 8_000, **backwards})
    assert (refused.status_code, refused.json()["code"]) == (422, "price-ends-first")


def test_the_same_price_twice_is_no_news(hq: RunningHq) -> None:
    hq.admin.put("/v1/catalog/items/SKU_COLA", json=ITEM)
    moment = {"amount": 9_000, "effective_from": "2026-12-01T00:00:00+07:00"}

    first = hq.admin.put("/v1/prices/SKU_COLA", json=moment).json()
    second = hq.admin.put("/v1/prices/SKU_COLA", json=moment).json()

    assert first == second
    assert first["effective_from"] == "2026-11-30T17:00:00+00:00"


def test_a_dated_tax_rate_is_news_and_shows_when_it_holds(hq: RunningHq) -> None:
    store = hq.store()
    hq.admin.put("/v1/catalog/items/SKU_COLA", json={**ITEM, "tax_rate": 0.08})

    answer = hq.admin.put(
        "/v1/tax-rates/VAT_8", json={"rate": "0.1", "effective_from": "2020-01-01T00:00:00+07:00"}
    )

    assert answer.status_code == 200
    assert ("tax_rate", "VAT_8/20191231T170000Z") in news(hq, store.http)
    (item,) = store.http.get("/v1/catalog/snapshot").json()["items"]
    assert item["tax_rate"] == 0.1


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/catalog/items/SKU_A", {**ITEM, "tax_rate": 8}, "tax_rate"),
        ("/v1/catalog/items/SKU_A", {**ITEM, "base_price": 1.5}, "base_price"),
        ("/v1/catalog/items/SKU_A", {**ITEM, "base_price": -1}, "base_price"),
        ("/v1/catalog/items/SKU_A", {**ITEM, "barcode": "8934680083890"}, "wrong-check-digit"),
        ("/v1/catalog/items/SKU_A", {**ITEM, "product_name": ""}, "product_name"),
        ("/v1/catalog/items/SKU_A", {**ITEM, "colour": "red"}, "colour"),
        ("/v1/catalog/items/SKU%20A", ITEM, "sku_id"),
        ("/v1/prices/SKU_A", {"amount": "a lot"}, "amount"),
        ("/v1/prices/SKU_A", {"amount": 10**16}, "amount"),
        ("/v1/prices/SKU_A", {"amount": 1, "effective_from": "2026-12-01T00:00:00"}, "effective_from"),
        ("/v1/tax-rates/VAT_8", {"rate": "8", "effective_from": "2026-12-01T00:00:00Z"}, "rate"),
    ],
)
def test_a_request_that_makes_no_sense_names_the_field(
    hq: RunningHq, path: str, body: dict[str, Any], field: str
) -> None:
    answer = hq.admin.put(path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert field in answer.json()["detail"]


def test_what_is_not_there_has_no_price(hq: RunningHq) -> None:
    hq.admin.put("/v1/catalog/items/SKU_COLA", json=ITEM)

    unknown = hq.admin.put("/v1/prices/SKU_NONE", json={"amount": 1})
    nowhere = hq.admin.put("/v1/prices/SKU_COLA", json={"amount": 1, "store_id": "STORE_009"})
    pack = hq.admin.put(
        "/v1/catalog/items/SKU_P", json={**ITEM, "barcode": "96385074", "pack_of": "SKU_NONE"}
    )

    assert (unknown.status_code, unknown.json()["code"]) == (404, "product-not-found")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "store-not-found")
    assert (pack.status_code, pack.json()["code"]) == (422, "pack-of-unknown")


def test_a_large_catalogue_is_imported_in_one_version(hq: RunningHq) -> None:
    store = hq.store()
    rows = [f"SKU_{n:05d},OWN{n:05d},Sản phẩm {n},Nhóm {n % 40},{1000 + n},0.08" for n in range(3_000)]

    first = import_csv(hq, HEADER, *rows).json()
    page = store.http.get("/v1/news", params={"after": first["version"] - 1}).json()

    assert (first["created"], first["prices"]) == (3_000, 3_000)
    assert {each["version"] for each in page["news"]} == {first["version"]}
    assert (len(page["news"]), page["more"], page["current_version"]) == (6_000, False, first["version"])


@pytest.mark.allow_log("news line lifted")
def test_a_version_that_was_never_given_out_does_not_lift_the_line(hq: RunningHq) -> None:
    store = hq.store()
    version = store.http.get("/v1/news").json()["current_version"]

    refused = store.http.get("/v1/news", params={"after": 2**62})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    assert store.http.get("/v1/news", params={"after": version}).json()["current_version"] == version

    lost = store.http.get("/v1/news", params={"after": version + 7}).json()
    assert (lost["start_over"], lost["news"]) == (True, [])
    assert lost["current_version"] > version + 7
    whole = store.http.get("/v1/news", params={"after": 0}).json()
    assert whole["current_version"] == lost["current_version"]


@pytest.mark.allow_log("news line lifted")
def test_a_database_put_back_by_hand_takes_stores_of_a_lifted_line_back(hq: RunningHq) -> None:
    """Nobody lifted the line at that restore, and a store stands where an earlier restore had lifted it."""
    store = hq.store()
    held = int(datetime.now(UTC).timestamp() * 1_000) + 12

    answer = store.http.get("/v1/news", params={"after": held}).json()

    assert (answer["start_over"], answer["news"]) == (True, [])
    assert answer["current_version"] > held
