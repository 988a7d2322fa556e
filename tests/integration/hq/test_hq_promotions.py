"""Promotions at head office: what may be stated, who hears of it, and what is kept of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from hq.promotions.queries import promotions_as_of
from retail.promotion import Promotion
from tests.integration.hq.conftest import RunningHq

TWO_PLUS_ONE: dict[str, Any] = {
    "promo_id": "WATER_2_1",
    "name": "Nước suối mua 2 tặng 1",
    "kind": "buy_x_get_y",
    "buy_quantity": 2,
    "get_quantity": 1,
    "get_discount_percent": 100,
    "starts_at": "2026-11-01T00:00:00+07:00",
    "ends_at": "2027-01-01T00:00:00+07:00",
    "eligible_skus": ["SKU_WATER"],
}
HAPPY_HOUR: dict[str, Any] = {
    "promo_id": "HAPPY_HOUR",
    "name": "Giờ vàng",
    "kind": "percentage_discount",
    "percent": 12.5,
    "starts_at": "2026-11-01T00:00:00",
    "eligible_categories": ["Đồ uống"],
    "hours": {"from": "14:00", "to": "16:00"},
    "days_of_week": [1, 2, 3, 4, 5],
}
OTHER_KINDS: list[dict[str, Any]] = [
    {"kind": "fixed_amount_discount", "amount": 5_000, "per": "transaction", "minimum_purchase": 50_000},
    {"kind": "bundle_price", "parts": [{"skus": ["SKU_A"]}, {"categories": ["Bánh"], "quantity": 2}],
     "price": 30_000},
    {"kind": "nth_item", "n": 2, "percent": 50},
    {"kind": "tiered", "tiers": [{"minimum_purchase": 100_000, "percent": 5},
                                 {"minimum_purchase": 200_000, "amount": 15_000}]},
]  # fmt: skip


def stated(hq: RunningHq, body: dict[str, Any]) -> dict[str, Any]:
    """State a promotion and return the answer."""
    answer = hq.admin.post("/v1/promotions", json=body)
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


def heard(client: httpx.Client, after: int = 0) -> dict[str, dict[str, Any] | None]:
    """The promotions of a store's news after a version: body by key, None when it is gone."""
    page = client.get("/v1/news", params={"after": after}).json()
    return {
        each["key"]: None if each["deleted"] else each["body"]
        for each in page["news"]
        if each["kind"] == "promotion"
    }


def listed(client: httpx.Client, **asked: str) -> list[str]:
    """The promotions that a list names."""
    answer = client.get("/v1/promotions", params=asked)
    assert answer.status_code == 200, answer.text
    return [each["promo_id"] for each in answer.json()["promotions"]]


def test_a_promotion_is_stated_and_every_store_hears_what_the_rules_understand(hq: RunningHq) -> None:
    first, second = hq.store("STORE_001"), hq.store("STORE_002")

    answer = stated(hq, TWO_PLUS_ONE)

    whole = Promotion.from_body(TWO_PLUS_ONE).to_body()
    assert {name: answer[name] for name in whole} == whole
    assert answer["stated_by"] == "ADMIN_001"
    assert heard(first.http) == heard(second.http) == {"WATER_2_1": whole}
    shown = hq.admin.get("/v1/promotions/WATER_2_1")
    assert (shown.status_code, shown.json()) == (200, answer)
    assert first.http.get("/v1/promotions/WATER_2_1").json() == answer


@pytest.mark.parametrize("kind", [TWO_PLUS_ONE, HAPPY_HOUR, *OTHER_KINDS], ids=lambda each: each["kind"])
def test_every_kind_comes_back_as_it_was_stated(hq: RunningHq, kind: dict[str, Any]) -> None:
    store = hq.store()
    body = {"promo_id": "P", "name": "Khuyến mãi", "starts_at": "2026-11-01T00:00:00+07:00", **kind}

    stated(hq, body)

    (news,) = heard(store.http).values()
    assert news is not None
    assert Promotion.from_body(news) == Promotion.from_body(body)


def test_the_same_again_is_the_same_answer_and_another_of_that_name_is_a_conflict(hq: RunningHq) -> None:
    first = stated(hq, TWO_PLUS_ONE)

    assert stated(hq, TWO_PLUS_ONE) == first
    assert stated(hq, {**TWO_PLUS_ONE, "priority": 0, "excluded_skus": None}) == first, "says no more"
    other = hq.admin.post("/v1/promotions", json={**TWO_PLUS_ONE, "buy_quantity": 3})
    assert (other.status_code, other.json()["code"]) == (409, "promotion-exists")
    assert other.headers["content-type"] == "application/problem+json"
    assert "PUT" in other.json()["detail"]


def test_a_promotion_is_made_and_changed_under_its_address(hq: RunningHq) -> None:
    store = hq.store()
    address = "/v1/promotions/WATER_2_1"
    body = {name: value for name, value in TWO_PLUS_ONE.items() if name != "promo_id"}

    made = hq.admin.put(address, json=body)
    again = hq.admin.put(address, json=body)
    changed = hq.admin.put(address, json={**body, "buy_quantity": 3})

    assert [made.status_code, again.status_code, changed.status_code] == [201, 200, 200]
    assert again.json() == made.json()
    assert changed.json()["version"] == made.json()["version"] + 1
    news = heard(store.http, made.json()["version"])["WATER_2_1"]
    assert news is not None
    assert news["buy_quantity"] == 3
    elsewhere = hq.admin.put("/v1/promotions/OTHER", json=TWO_PLUS_ONE)
    assert (elsewhere.status_code, elsewhere.json()["field"]) == (422, "promo_id")


def test_stores_that_lose_a_promotion_get_a_tombstone(hq: RunningHq) -> None:
    first, second, third = (hq.store(f"STORE_00{number}") for number in (1, 2, 3))
    stated(hq, TWO_PLUS_ONE)

    here = {**TWO_PLUS_ONE, "store_ids": ["STORE_001", "STORE_002"]}
    one = hq.admin.put("/v1/promotions/WATER_2_1", json=here).json()["version"]
    assert heard(third.http, one - 1) == {"WATER_2_1": None}
    assert heard(second.http, one - 1) != {"WATER_2_1": None}

    here["store_ids"] = ["STORE_002", "STORE_003"]
    two = hq.admin.put("/v1/promotions/WATER_2_1", json=here).json()["version"]
    assert heard(first.http, two - 1) == {"WATER_2_1": None}
    assert all(heard(each.http, two - 1)["WATER_2_1"] for each in (second, third))
    assert hq.admin.get("/v1/promotions/WATER_2_1").status_code == 200
    assert first.http.get("/v1/promotions/WATER_2_1").status_code == 404
    assert [listed(each.http) for each in (first, second)] == [[], ["WATER_2_1"]]


def test_a_promotion_that_is_taken_back_is_gone_everywhere_and_may_come_again(hq: RunningHq) -> None:
    store = hq.store()
    before = stated(hq, TWO_PLUS_ONE)["version"]

    assert hq.admin.delete("/v1/promotions/WATER_2_1").status_code == 204

    assert heard(store.http, before) == {"WATER_2_1": None}
    for gone in (
        hq.admin.get("/v1/promotions/WATER_2_1"),
        hq.admin.delete("/v1/promotions/WATER_2_1"),
    ):
        assert (gone.status_code, gone.json()["code"]) == (404, "promotion-not-found")
    assert listed(hq.admin) == []
    stated(hq, {**TWO_PLUS_ONE, "buy_quantity": 4})
    assert listed(hq.admin) == ["WATER_2_1"]


def test_a_list_tells_what_is_on_in_a_store_at_a_moment(hq: RunningHq) -> None:
    hq.store("STORE_001")
    hq.store("STORE_002")
    stated(hq, {**TWO_PLUS_ONE, "store_ids": ["STORE_002"]})
    stated(hq, {**HAPPY_HOUR, "members_only": True})

    assert listed(hq.admin) == ["HAPPY_HOUR", "WATER_2_1"]
    assert listed(hq.admin, store_id="STORE_001") == ["HAPPY_HOUR"]
    friday, saturday = "2026-11-20T15:00:00+07:00", "2026-11-21T15:00:00+07:00"
    assert listed(hq.admin, at=friday) == ["HAPPY_HOUR", "WATER_2_1"]
    assert listed(hq.admin, at=saturday) == ["WATER_2_1"]
    assert listed(hq.admin, at="2026-11-20T16:00:00+07:00", store_id="STORE_001") == []
    assert listed(hq.admin, at="2027-01-01T00:00:00+07:00", store_id="STORE_002") == []
    assert hq.admin.get("/v1/promotions", params={"at": "yesterday"}).status_code == 422


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"promo_id": "2 + 1"}, "promo_id"),
        ({"promo_id": None}, "promo_id"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"kind": "give_away"}, "kind"),
        ({"buy_quantity": 0}, "buy_quantity"),
        ({"buy_quantity": "2"}, "buy_quantity"),
        ({"get_discount_percent": 101}, "get_discount_percent"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+07:00"}, "starts_at"),
        ({"ends_at": "2026-11-01T00:00:00+07:00"}, "ends_at"),
        ({"ends_at": "2027-01-01T00:00:00"}, "ends_at"),
        ({"store_ids": ["STORE_009"]}, "store_ids"),
        ({"days_of_week": [0]}, "days_of_week"),
        ({"hours": {"from": "22:00"}}, "hours"),
        ({"max_uses_per_transaction": 0}, "max_uses_per_transaction"),
        ({"eligible_sku": ["SKU_WATER"]}, "eligible_sku"),
        ({"percent": 10}, "percent"),
    ],
)
def test_a_promotion_that_cannot_mean_anything_names_the_field(
    hq: RunningHq, change: dict[str, Any], field: str
) -> None:
    answer = hq.admin.post("/v1/promotions", json={**TWO_PLUS_ONE, **change})

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "bad-promotion", field)
    assert problem["detail"].startswith(f"{field} ")
    assert listed(hq.admin) == []


def test_a_misspelt_part_of_a_bundle_is_refused_because_it_would_take_any_goods(hq: RunningHq) -> None:
    bundle = {
        **{name: TWO_PLUS_ONE[name] for name in ("promo_id", "name", "starts_at")},
        "kind": "bundle_price",
        "parts": [{"skus": ["SKU_A"]}, {"sku": ["SKU_B"]}],
        "price": 30_000,
    }

    answer = hq.admin.post("/v1/promotions", json=bundle)

    assert (answer.status_code, answer.json()["field"]) == (422, "parts.sku")


def test_who_stated_what_is_in_the_audit_log_with_before_and_after(hq: RunningHq) -> None:
    first = stated(hq, TWO_PLUS_ONE)
    hq.admin.put("/v1/promotions/WATER_2_1", json={**TWO_PLUS_ONE, "buy_quantity": 3})
    hq.admin.delete("/v1/promotions/WATER_2_1")
    hq.admin.post("/v1/promotions", json={})

    log = hq.sql(
        "SELECT actor, deed, outcome, detail #>> '{before,buy_quantity}', detail #>> '{after,buy_quantity}'"
        " FROM audit_log WHERE deed LIKE '%% promotion' ORDER BY id"
    )
    assert log == [
        ("ADMIN_001", "state promotion", "done", None, "2"),
        ("ADMIN_001", "state promotion", "done", "2", "3"),
        ("ADMIN_001", "end promotion", "done", "3", None),
        ("ADMIN_001", "state promotion", "bad-promotion", None, None),
    ]
    assert first["buy_quantity"] == 2


def test_only_who_may_edit_promotions_does(hq: RunningHq) -> None:
    store = hq.store()
    stated(hq, TWO_PLUS_ONE)
    for number, role in enumerate(("cashier", "manager", "auditor")):
        person = {"name": role, "role": role, "pin": f"11111{number}"}
        hq.admin.put(f"/v1/people/{role}", json=person)
        client = hq.signed_in(role, person["pin"])
        for refused in (
            client.post("/v1/promotions", json=HAPPY_HOUR),
            client.put("/v1/promotions/HAPPY_HOUR", json=HAPPY_HOUR),
            client.delete("/v1/promotions/WATER_2_1"),
        ):
            assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")
        assert listed(client) == ["WATER_2_1"]
    assert store.http.post("/v1/promotions", json=HAPPY_HOUR).status_code == 403
    assert store.http.get("/v1/promotions", params={"store_id": "STORE_002"}).status_code == 403
    assert hq.client().get("/v1/promotions").status_code == 401


def test_what_stood_at_a_moment_can_be_told_for_ever(hq: RunningHq) -> None:
    stated(hq, TWO_PLUS_ONE)
    began = hq.clock()
    hq.clock.ahead = timedelta(hours=1)
    hq.admin.put("/v1/promotions/WATER_2_1", json={**TWO_PLUS_ONE, "buy_quantity": 3})
    hq.clock.ahead = timedelta(hours=2)
    hq.admin.delete("/v1/promotions/WATER_2_1")

    def stood(**later: int) -> list[Any]:
        with hq.app.state.office.engine.connect() as tx:
            found = promotions_as_of(tx, began + timedelta(**later))
        return [each.to_body()["buy_quantity"] for each in found]

    assert [stood(minutes=-1), stood(), stood(minutes=90), stood(hours=3)] == [[], [2], [3], []]


def test_text_and_moments_that_nobody_can_write_down_are_refused(hq: RunningHq) -> None:
    """JSON may hold half of a surrogate pair, and ISO 8601 the last second of 9999 far in the west."""
    stated(hq, TWO_PLUS_ONE)
    half = json.dumps({**TWO_PLUS_ONE, "promo_id": "\ud800"}).encode()
    refused = hq.admin.post("/v1/promotions", content=half, headers={"content-type": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    for edge in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        refused = hq.admin.get("/v1/promotions", params={"at": edge})
        assert (refused.status_code, refused.json()["code"]) == (422, "moment-out-of-range")
