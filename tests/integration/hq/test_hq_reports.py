"""The sales report: every group, alone and in a mix, adds up to the same sums; and what it says of itself."""

from __future__ import annotations

import csv
import io
import itertools
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from hq.reports.sales import FIGURES, Group
from retail.facts import Fact, SaleRecorded
from retail.quantity import Unit
from tests.integration.hq.conftest import RunningHq, Store
from tests.make_hq import NOON, Chain, line, refund, sale, void

DAY = {"from": "2026-11-20", "to": "2026-11-21"}


def random_sales(count: int, seed: int = 7) -> list[SaleRecorded]:
    """Sales of all sorts: prices with and without tax, discounts, weighed goods, one to three tenders."""
    dice = random.Random(seed)
    sales = []
    for _ in range(count):
        lines = [
            line(
                f"SKU_{dice.randrange(6)}",
                dice.randint(1, 5),
                dice.choice([0, 1, 999, 10_000, 33_333]),
                discount=0,
                rate=dice.choice(["0", "0.05", "0.08", "0.1"]),
                category=dice.choice(["Beverages", "Snacks"]),
            )
            for _ in range(dice.randint(1, 4))
        ]
        lines.append(line("SKU_RICE", dice.randint(1, 3_000), 21_000, unit=Unit.GRAM, category="Food"))
        lines.append(line("SKU_SALE", 2, 5_000, discount=dice.randint(0, 10_000)))
        sold_at = NOON + timedelta(hours=dice.randint(0, 80))
        draft = sale(*lines, sold_at=sold_at, include_tax=dice.random() < 0.5)
        total = draft.totals.total_amount
        parts = sorted(dice.randint(1, max(1, total - 1)) for _ in range(dice.randint(0, 2)))
        amounts = [b - a for a, b in itertools.pairwise([0, *parts, total])]
        methods = dice.sample(["CASH", "QR_VNPAY", "QR_MOMO"], len(amounts))
        tenders = [(method, amount) for method, amount in zip(methods, amounts, strict=True) if amount > 0]
        sales.append(
            sale(
                *lines,
                sold_at=sold_at,
                include_tax=draft.prices_include_tax,
                cashier_id=f"CASHIER_{dice.randrange(3)}",
                tenders=tenders,
            )
        )
    return sales


def totals_of(sales: Sequence[SaleRecorded]) -> dict[str, int]:
    """What a report over all of these sales has to come to."""
    lines = [rung.line for sold in sales for rung in sold.totals.lines]
    return {
        "transaction_count": len(sales),
        "item_quantity": sum(1 if each.unit is Unit.GRAM else each.quantity for each in lines),
        "subtotal": sum(sold.totals.subtotal for sold in sales),
        "discount_amount": sum(sold.totals.discount_amount for sold in sales),
        "tax_amount": sum(sold.totals.tax_amount for sold in sales),
        "total_amount": sum(sold.totals.total_amount for sold in sales),
    }


def test_every_mix_of_groups_adds_up_to_the_same_sums(hq: RunningHq) -> None:
    till, sales = Chain(), random_sales(60)
    undone = sales[::7]
    returned = [refund(sold, lines=2) for sold in sales[1::7]] + [refund(sold) for sold in sales[2::7]]
    facts: list[Fact] = [*sales, *map(void, undone), *returned]
    hq.store().send([till.seal(fact) for fact in facts])
    hq.store("STORE_002").send(Chain("STORE_002/POS_01").sales(2))
    store_2, expected = 20_000, totals_of(sales)

    mixes = [[], *([group] for group in Group), *itertools.combinations(Group, 2)]
    mixes += [list(Group), [Group.SKU, Group.TENDER, Group.DAY]]
    for mix in mixes:
        rows = hq.report(",".join(mix))
        sums = {name: sum(row[name] for row in rows) for name in FIGURES}
        assert sums["total_amount"] == expected["total_amount"] + store_2, mix
        assert sums["subtotal"] == expected["subtotal"] + store_2, mix
        assert sums["discount_amount"] == expected["discount_amount"], mix
        assert sums["item_quantity"] == expected["item_quantity"] + 2, mix
        assert sums["refund_amount"] == sum(
            [sold.totals.total_amount for sold in undone] + [back.total_amount for back in returned]
        ), mix
        if not {Group.SKU, Group.CATEGORY, Group.TENDER} & set(mix):
            assert sums["transaction_count"] == expected["transaction_count"] + 2, mix
        assert len({tuple(row[name] for name in row if name not in FIGURES) for row in rows}) == len(rows)


def test_figures_by_day_and_store_are_those_of_the_sales(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    store.send(
        [
            till.seal(
                sale(line(quantity=2, unit_price=15_000, discount=1_000, rate="0.1"), include_tax=False)
            ),
            till.seal(sale(line(unit_price=5_000, rate="0"))),
        ]
    )

    assert hq.report("day,store") == [
        {
            "day": "2026-11-20",
            "store_id": "STORE_001",
            "transaction_count": 2,
            "item_quantity": 3,
            "subtotal": 35_000,
            "discount_amount": 1_000,
            "tax_amount": 2_900,
            "total_amount": 36_900,
            "refund_amount": 0,
        }
    ]


def test_a_sale_with_two_lines_of_a_sku_counts_once_for_the_sku(hq: RunningHq) -> None:
    till = Chain()
    fact = sale(line("SKU_A", 1), line("SKU_A", 2), line("SKU_B", 1))
    hq.store().send([till.seal(fact), till.seal(sale(line("SKU_A")))])

    counts = [(row["sku_id"], row["transaction_count"], row["item_quantity"]) for row in hq.report("sku")]

    assert counts == [("SKU_A", 2, 4), ("SKU_B", 1, 1)]


def test_tenders_have_what_was_paid_with_them(hq: RunningHq) -> None:
    till = Chain()
    split = sale(line(unit_price=10_001, rate="0.1"), tenders=[("CASH", 3_333), ("QR_MOMO", 6_668)])
    hq.store().send([till.seal(split), till.seal(sale(line(unit_price=9)))])

    rows = {row["payment_method"]: row for row in hq.report("tender")}

    assert {method: row["total_amount"] for method, row in rows.items()} == {"CASH": 3_342, "QR_MOMO": 6_668}
    assert sum(row["tax_amount"] for row in rows.values()) == split.totals.tax_amount + 1


def test_a_sale_of_nothing_to_pay_is_under_no_tender(hq: RunningHq) -> None:
    hq.store().send([Chain().seal(sale(line(unit_price=0), tenders=[]))])

    (row,) = hq.report("tender")

    assert (row["payment_method"], row["transaction_count"], row["item_quantity"]) == (None, 1, 1)


def test_hours_are_the_stores_own_and_weeks_are_iso_weeks(hq: RunningHq) -> None:
    late = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # 23:30 in Vietnam
    hq.store().send([Chain().seal(sale(sold_at=late, day=date(2026, 12, 31)))])

    (row,) = hq.report("hour,day,week,month")

    assert (row["hour"], row["day"], row["week"], row["month"]) == (23, "2026-12-31", "2026-W53", "2026-12")
    hq.admin.put("/v1/settings/timezone", json={"value": "Asia/Tokyo"})
    assert [row["hour"] for row in hq.report("hour")] == [1]


def test_the_last_day_is_left_out(hq: RunningHq) -> None:
    hq.store().send([Chain().seal(sale())])

    assert len(hq.report(**DAY)) == 1
    assert hq.report(**{"from": "2026-11-19", "to": "2026-11-20"}) == []
    assert hq.report(**{"from": "2026-11-21", "to": "2026-11-22"}) == []


def test_a_filter_that_there_is_not_is_refused_rather_than_passed_over(hq: RunningHq) -> None:
    answer = hq.admin.get("/v1/reports/sales", params={**DAY, "store_id": "STORE_002"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert "store_id" in answer.json()["detail"]


def test_a_report_says_as_of_which_positions_it_speaks(hq: RunningHq) -> None:
    hq.store().send(Chain().sales(3))

    body = hq.admin.get("/v1/reports/sales", params={**DAY, "group_by": "store"}).json()

    assert {name: body[name] for name in ("from", "to", "group_by", "as_of", "complete")} == {
        **DAY,
        "group_by": ["store"],
        "as_of": {"STORE_001": 3},
        "complete": True,
    }


def test_a_report_that_cannot_be_complete_says_so(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    store.send(till.sales(2))
    hq.report()
    hq.app.state.office.projector.stop()

    store.send(till.sales(1))
    body = hq.admin.get("/v1/reports/sales", params=DAY).json()

    assert body["complete"] is False
    assert body["as_of"] == {"STORE_001": 2}
    assert body["rows"][0]["transaction_count"] == 2
    assert hq.admin.get("/v1/stores/STORE_001/completeness").json()["projected"] is False


def test_a_report_comes_as_csv(hq: RunningHq) -> None:
    hq.store().send([Chain().seal(sale(line(category="=cmd()")))])

    answer = hq.admin.get(
        "/v1/reports/sales", params={**DAY, "group_by": "day,category"}, headers={"accept": "text/csv"}
    )

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["everopen-complete"] == "true"
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert list(row) == ["day", "category", *FIGURES]
    assert (row["category"], row["total_amount"]) == ("'=cmd()", "10000")


@pytest.mark.parametrize(
    "params",
    [
        {"from": "2026-11-20"},
        {**DAY, "group_by": "colour"},
        {**DAY, "group_by": "day,day"},
        {"from": "2026-11-21", "to": "2026-11-20"},
        {"from": "2026-11-20", "to": "2026-11-20"},
        {"from": "yesterday", "to": "2026-11-20"},
    ],
)
def test_a_report_that_makes_no_sense_is_a_422(hq: RunningHq, params: dict[str, str]) -> None:
    answer = hq.admin.get("/v1/reports/sales", params=params)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_a_manager_sees_the_stores_they_work_in(hq: RunningHq) -> None:
    for name in ("STORE_001", "STORE_002"):
        hq.store(name).send(Chain(f"{name}/POS_01").sales(1))
    person = {"name": "Lan", "role": "manager", "pin": "24680", "store_ids": ["STORE_002"]}
    assert hq.admin.put("/v1/people/MANAGER_002", json=person).status_code == 201
    lan = hq.signed_in("MANAGER_002", "24680")

    body = lan.get("/v1/reports/sales", params={**DAY, "group_by": "store"}).json()

    assert [row["store_id"] for row in body["rows"]] == ["STORE_002"]
    assert body["as_of"] == {"STORE_002": 1}
    assert lan.get("/v1/stores/STORE_001/completeness").status_code == 404
    assert lan.get("/v1/stores/STORE_002/completeness").status_code == 200


def test_cashiers_and_hubs_get_no_report(hq: RunningHq) -> None:
    store = hq.store()
    person = {"name": "Minh", "role": "cashier", "pin": "13579"}
    hq.admin.put("/v1/people/CASHIER_001", json=person)

    for client in (hq.signed_in("CASHIER_001", "13579"), store.http):
        answer = client.get("/v1/reports/sales", params=DAY)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission-denied")


def assert_complete(store: Store, sequence: int) -> None:
    """The store's own question about itself."""
    body = store.http.get(f"/v1/stores/{store.store_id}/completeness").json()
    assert body["complete"] is True
    assert [origin["last"] for origin in body["origins"]] == [sequence]


def test_completeness_tells_chains_gaps_and_figures(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    store.send(till.sales(4))
    hq.report()
    assert_complete(store, 4)
    (origin,) = store.http.get("/v1/stores/STORE_001/completeness").json()["origins"]
    assert origin.pop("last_heard_at")
    assert origin.pop("newest_age_seconds") >= 0
    assert origin == {
        "origin": "STORE_001/POS_01",
        "first": 1,
        "last": 4,
        "hash": till.head,
        "gaps": [],
        "chain": "intact",
        "breaks": [],
        "announced": 4,
        "sales_count": 4,
        "sales_total": 40_000,
        "newest_at": "2026-11-20T05:00:00+00:00",
        "silent": False,
        "says": "POS_01: complete to 4",
    }


@pytest.mark.allow_log("chain broken")
def test_a_gap_in_a_tills_numbers_is_told_and_closes_when_it_is_filled(hq: RunningHq) -> None:
    store, till = hq.store(), Chain()
    texts = till.sales(6)
    store.send([*texts[:2], *texts[4:]])
    assert hq.report()[0]["transaction_count"] == 4

    body = store.http.get("/v1/stores/STORE_001/completeness").json()
    assert (body["complete"], body["origins"][0]["gaps"], body["origins"][0]["chain"]) == (
        False,
        [[3, 4]],
        "gap",
    )

    store.send(texts[2:4])
    assert hq.report()[0]["transaction_count"] == 6
    assert_complete(store, 6)


def test_a_store_may_ask_about_itself_only(hq: RunningHq) -> None:
    first, _ = hq.store("STORE_001"), hq.store("STORE_002")

    answer = first.http.get("/v1/stores/STORE_002/completeness")

    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-store")
    unknown = hq.admin.get("/v1/stores/STORE_009/completeness")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "store-not-found")
