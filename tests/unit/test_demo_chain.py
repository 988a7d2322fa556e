"""The demo chain that ships is sound: codes, prices, packs, people, and baskets that can all be sold."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from statistics import mean
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from installer.baskets import RecordedBasket, read_baskets
from installer.stack import demo_customers, demo_promotions
from retail.barcode import gtin14, is_gtin
from retail.basket import Basket, Line, Totals, ring_up
from retail.loyalty import LoyaltyRules
from retail.member import phone_number
from retail.promotion import Promotion
from retail.promotion_book import Occasion
from retail.promotion_rule import BundlePrice
from retail.staff import Role

DEMO = Path(__file__).parents[2] / "resources" / "demo"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
COLUMNS = [
    *("sku_id", "barcode", "product_name", "category", "base_price", "tax_rate"),
    *("brand", "unit", "pack_of", "pack_size", "age_restricted"),
]


@cache
def table(name: str) -> list[dict[str, str]]:
    with (DEMO / name).open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def catalogue() -> list[dict[str, str]]:
    return table("catalogue.csv")


@cache
def products() -> dict[str, dict[str, str]]:
    return {row["sku_id"]: row for row in catalogue()}


@cache
def baskets() -> list[RecordedBasket]:
    return read_baskets(DEMO / "baskets.csv", ZONE)


def test_the_catalogue_has_the_columns_of_the_import() -> None:
    assert list(catalogue()[0]) == COLUMNS


def test_every_barcode_has_a_right_check_digit_and_stands_for_one_product() -> None:
    assert [row["barcode"] for row in catalogue() if not is_gtin(row["barcode"])] == []
    assert len({gtin14(row["barcode"]) for row in catalogue()}) == len(catalogue())


def test_there_are_at_least_300_products_with_a_vietnamese_gtin() -> None:
    real = {row["sku_id"] for row in catalogue() if row["barcode"].startswith("893")}
    assert len(real) >= 300


def test_every_code_of_our_own_is_in_the_range_for_use_inside_a_shop() -> None:
    own = [row["barcode"] for row in catalogue() if not row["barcode"].startswith("893")]
    assert own
    assert all(len(barcode) == 13 and 20 <= int(barcode[:2]) <= 29 for barcode in own)


def test_several_barcodes_of_a_product_agree_in_everything_else() -> None:
    rows_of = defaultdict(list)
    for row in catalogue():
        rows_of[row["sku_id"]].append({name: row[name] for name in COLUMNS if name != "barcode"})
    assert [sku_id for sku_id, rows in rows_of.items() if any(row != rows[0] for row in rows)] == []
    assert sum(len(rows) > 1 for rows in rows_of.values()) >= 5


def test_names_are_distinct_composed_and_without_stray_spaces() -> None:
    names = [row["product_name"] for row in products().values()]
    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert [name for name in names if name != unicodedata.normalize("NFC", " ".join(name.split()))] == []
    assert "Cà phê sữa đá" in names


def test_prices_are_whole_notes_and_coins_that_a_convenience_store_asks() -> None:
    prices = [int(row["base_price"]) for row in products().values()]
    assert all(price % 500 == 0 and 2_000 <= price <= 500_000 for price in prices)


def test_tax_rates_are_those_of_vietnamese_vat() -> None:
    assert {row["tax_rate"] for row in catalogue()} == {"0", "0.05", "0.08", "0.10"}


def test_alcohol_and_tobacco_are_age_restricted_and_taxed_in_full_and_nothing_else_is() -> None:
    restricted = {row["category"] for row in catalogue() if row["age_restricted"] == "true"}
    assert restricted == {"Bia", "Rượu", "Thuốc lá"}
    for row in catalogue():
        assert (row["category"] in restricted) == (row["age_restricted"] == "true"), row
        assert row["category"] not in restricted or row["tax_rate"] == "0.10", row


def test_a_pack_holds_a_product_of_the_same_kind_for_no_more_than_its_pieces_cost() -> None:
    packs = [row for row in products().values() if row["pack_of"]]
    assert len(packs) >= 5
    for pack in packs:
        piece = products()[pack["pack_of"]]
        assert int(pack["pack_size"]) > 1
        assert not piece["pack_of"]
        assert pack["tax_rate"] == piece["tax_rate"]
        assert pack["age_restricted"] == piece["age_restricted"]
        assert int(pack["base_price"]) <= int(pack["pack_size"]) * int(piece["base_price"])


def test_some_goods_are_sold_by_weight() -> None:
    assert Counter(row["unit"] for row in products().values())["gram"] >= 3
    assert {row["unit"] for row in catalogue()} == {"piece", "gram"}


def test_there_are_at_least_240_baskets_of_one_day_in_both_stores() -> None:
    assert len(baskets()) >= 240
    assert {basket.sold_at.astimezone(ZONE).date().isoformat() for basket in baskets()} == {"2026-11-20"}
    stores = Counter(basket.store_id for basket in baskets())
    assert set(stores) == {row["store_id"] for row in table("stores.csv")}
    assert min(stores.values()) >= 100


def test_baskets_are_as_small_as_in_a_convenience_store() -> None:
    assert 2 <= mean(len(basket.lines) for basket in baskets()) <= 4


def test_the_day_is_busy_in_the_morning_at_noon_and_in_the_early_evening() -> None:
    hours = Counter(basket.sold_at.astimezone(ZONE).hour for basket in baskets())
    assert hours[7] > hours[9] < hours[12] > hours[14] < hours[18] > hours[22] > hours[3]


def test_every_line_can_be_sold_at_the_price_of_the_catalogue() -> None:
    by_barcode = {row["barcode"]: row for row in catalogue()}
    for basket in baskets():
        for line in basket.lines:
            row = by_barcode[line.barcode]
            assert row["unit"] == "piece"
            assert line.unit_price == int(row["base_price"])
            assert 1 <= line.quantity <= 4
            assert 0 <= line.line_discount < line.quantity * int(row["base_price"])


def test_no_product_is_scanned_twice_in_a_basket() -> None:
    sku_of = {row["barcode"]: row["sku_id"] for row in catalogue()}
    for basket in baskets():
        skus = [sku_of[line.barcode] for line in basket.lines]
        assert len(set(skus)) == len(skus), basket.basket_id


def test_most_baskets_are_paid_in_cash_and_some_by_either_qr() -> None:
    tenders = Counter(basket.tender for basket in baskets())
    assert set(tenders) == {"CASH", "QR_VNPAY", "QR_MOMO"}
    assert tenders["CASH"] > len(baskets()) / 2


def test_all_of_a_basket_happens_at_one_till_at_one_moment() -> None:
    told = defaultdict(set)
    for row in table("baskets.csv"):
        told[row["basket_id"]].add((row["sold_at"], row["store_id"], row["tender"]))
    assert all(len(versions) == 1 for versions in told.values())


def promotions() -> list[Promotion]:
    return [Promotion.from_body(body) for body in demo_promotions()]


def rung_up(at: str, **pieces: int) -> Totals:
    """So many pieces of each product, at this moment on the stores' clock."""
    lines = tuple(
        Line(
            UUID(int=number),
            sku_id,
            products()[sku_id]["barcode"],
            products()[sku_id]["product_name"],
            products()[sku_id]["category"],
            quantity,
            int(products()[sku_id]["base_price"]),
            int(products()[sku_id]["base_price"]),
            Decimal(products()[sku_id]["tax_rate"]),
        )
        for number, (sku_id, quantity) in enumerate(pieces.items(), start=1)
    )
    occasion = Occasion(datetime.fromisoformat(f"2026-11-20T{at}:00").replace(tzinfo=ZONE), "STORE_001")
    return ring_up(Basket(prices_include_tax=True, lines=lines), promotions(), occasion)


def test_every_promotion_is_of_goods_that_the_chain_sells() -> None:
    categories = {row["category"] for row in catalogue()}
    for promotion in promotions():
        rule = promotion.rule
        parts = rule.parts if isinstance(rule, BundlePrice) else ()
        named = promotion.eligible_skus | promotion.excluded_skus
        assert named.union(*(part.skus for part in parts)) <= products().keys()
        assert promotion.eligible_categories <= categories
    assert {promotion.rule.kind for promotion in promotions()} == {
        *("buy_x_get_y", "percentage_discount", "bundle_price", "fixed_amount_discount")
    }


@pytest.mark.parametrize(
    ("at", "pieces", "saved"),
    [
        ("12:00", {"SD0560": 2}, {}),
        ("12:00", {"SD0560": 2, "SD0561": 1}, {"LON_2_1": 10_000}),
        ("07:00", {"SD0492": 1, "SD0455": 1}, {"COMBO_SANG": 12_000}),
        ("19:59", {"SD0509": 1}, {}),
        ("20:00", {"SD0509": 1}, {"GIO_VANG": 5_100}),
        ("01:59", {"SD0509": 1}, {"GIO_VANG": 5_100}),
        ("02:00", {"SD0509": 1}, {}),
        ("12:00", {"SD0574": 29}, {}),
        ("12:00", {"SD0574": 30}, {"HOA_DON_300": 20_000}),
        ("12:00", {"SD0585": 30, "SD0580": 9, "SD0661": 5}, {}),
    ],
)
def test_the_promotions_are_given_as_the_page_says(
    at: str, pieces: dict[str, int], saved: dict[str, int]
) -> None:
    applied = rung_up(at, **pieces).applied_promotions

    assert {each.promo_id: each.discount_amount for each in applied} == saved


def test_every_role_is_there_and_everybody_has_a_pin_and_a_language() -> None:
    people = table("people.csv")
    assert list(people[0]) == ["employee_id", "name", "role", "pin", "language"]
    assert {row["role"] for row in people} == set(Role)
    assert all(re.fullmatch(r"\d{6}", row["pin"]) and row["language"] in {"vi", "en"} for row in people)
    assert len({row["employee_id"] for row in people}) == len({row["pin"] for row in people}) == len(people)


def test_the_stores_have_all_that_a_receipt_says() -> None:
    stores = table("stores.csv")
    assert [row["store_id"] for row in stores] == ["STORE_001", "STORE_002"]
    assert all(row["name"] and row["address"] and row["tax_code"] and row["phone"] for row in stores)


def test_the_page_beside_the_data_counts_right() -> None:
    page = (DEMO / "README.md").read_text(encoding="utf-8")
    real = [row for row in catalogue() if row["barcode"].startswith("893")]
    total = sum(
        line.quantity * (line.unit_price or 0) - line.line_discount
        for basket in baskets()
        for line in basket.lines
    )
    for claim in (
        f"| {len(catalogue())} barcodes of {len(products())} products |",
        f"| {len(table('baskets.csv'))} lines in {len(baskets())} baskets",
        f"{total:,} ₫ |",
        f"Real: {len({row['sku_id'] for row in real})} products with {len(real)} GTINs",
    ):
        assert claim in page


def test_members_are_found_by_one_phone_number_each_and_points_are_for_goods_of_the_chain() -> None:
    customers = demo_customers()
    phones = {phone_number(member["phone"]) for member in customers["members"]}
    rules = LoyaltyRules.from_body(customers["loyalty"])

    assert len(phones) == len(customers["members"])
    assert rules.excluded_categories <= {row["category"] for row in catalogue()}
    assert {member.get("tier", "") for member in customers["members"]} <= {"", *(t.name for t in rules.tiers)}
