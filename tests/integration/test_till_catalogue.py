"""The catalogue on the till: what news makes of it, and how it is looked up and searched."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest

from courier import cursor
from courier.news import News
from retail import barcode as barcodes
from retail.cash import EXACT
from retail.price import NoPrice
from retail.product import ProductNotForSale, ProductNotFound
from retail.promotion import Promotion
from terminal.till.catalogue import Catalogue
from terminal.till.rules import ChainRules
from terminal.till.search import LIMIT
from tests.tills import AT, COLA, COLA_SIX, SEAL, SHOP, deleted, feed, price, product, promotion, setting


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = Catalogue(tmp_path / "catalogue.sqlite", "STORE_001", SEAL)
    feed(catalogue, *SHOP)
    yield catalogue
    catalogue.close()


def ware(catalogue: Catalogue, text: str):
    return catalogue.ware_by_barcode(barcodes.read(text), AT)


def found(catalogue: Catalogue, text: str) -> list[str]:
    return [hit.sku_id for hit in catalogue.search(text, AT)]


def test_upc_a_ean_13_and_gtin_14_of_one_product_meet(catalogue):
    for text in ("036000291452", "0036000291452", "00036000291452"):
        assert ware(catalogue, text).product.sku_id == "BREAD"


def test_the_code_as_scanned_goes_before_its_padded_twin(catalogue):
    feed(
        catalogue,
        product("UPC", "As printed in America", "036000291452"),
        price("UPC", 1),
        product("EAN", "As printed in Europe", "0036000291452"),
        price("EAN", 2),
        deleted("product", "BREAD"),
        version=2,
    )

    assert ware(catalogue, "036000291452").product.sku_id == "UPC"
    assert ware(catalogue, "0036000291452").product.sku_id == "EAN"


def test_a_stores_own_code_is_found_as_it_stands(catalogue):
    feed(catalogue, product("TEA", "Trà đá", "TEA-01"), price("TEA", 3_000), version=2)

    assert ware(catalogue, "TEA-01").product.sku_id == "TEA"


def test_a_pack_barcode_says_how_many(catalogue):
    assert ware(catalogue, COLA).pack_size == 1
    assert ware(catalogue, COLA_SIX).pack_size == 6


def test_a_product_on_sale_goes_before_one_taken_out_with_the_same_barcode(catalogue):
    feed(
        catalogue,
        product("AAA", "Coca-Cola, old", COLA, is_active=False),
        price("AAA", 1),
        version=2,
    )

    assert ware(catalogue, COLA).product.sku_id == "COLA"


def test_a_barcode_that_moves_to_another_product_moves_in_either_order(catalogue):
    old, new = product("COLA", "Coca-Cola lon 320ml"), product("NEW", "Coca-Cola Zero", COLA)
    feed(catalogue, new, price("NEW", 11_000), old, version=2)

    assert ware(catalogue, COLA).product.sku_id == "NEW"
    with pytest.raises(ProductNotFound):
        ware(catalogue, COLA_SIX)


def test_the_stores_own_price_goes_before_the_chains(catalogue):
    feed(
        catalogue,
        price("COLA", 9_000, price_id="COLA/STORE_001", store_id="STORE_001"),
        price("COLA", 1_000, price_id="COLA/STORE_002", store_id="STORE_002"),
        version=2,
    )

    assert ware(catalogue, COLA).price.amount == 9_000
    feed(catalogue, deleted("price", "COLA/STORE_001"), version=3)
    assert ware(catalogue, COLA).price.amount == 10_000


def test_a_dated_tax_rate_of_the_class_goes_before_the_products_own(catalogue):
    rate = {"tax_class": "standard", "rate": "0.10", "effective_from": "2027-01-01T00:00:00+07:00"}
    feed(catalogue, News(2, "tax_rate", "standard/2027", rate), version=2)

    assert ware(catalogue, COLA).tax_rate == Decimal("0.08")
    later = AT.replace(year=2027)
    assert catalogue.ware_by_barcode(barcodes.read(COLA), later).tax_rate == Decimal("0.10")


def test_what_cannot_be_sold_is_refused_by_name(catalogue):
    feed(catalogue, product("COLA", "Coca-Cola lon 320ml", COLA, is_active=False), version=2)
    feed(catalogue, deleted("price", "COFFEE/base"), version=3)

    with pytest.raises(ProductNotForSale):
        ware(catalogue, COLA)
    with pytest.raises(NoPrice):
        catalogue.ware_by_sku("COFFEE", AT)
    with pytest.raises(ProductNotFound):
        catalogue.ware_by_sku("NOTHING", AT)


def test_settings_and_store_card_follow_the_news_in_every_thread(catalogue):
    assert catalogue.rules() == ChainRules()
    assert catalogue.card().name == "Chợ Bến Thành"
    feed(catalogue, setting("currency", "USD"), setting("prices_include_tax", False), version=2)
    seen: list[ChainRules] = []

    reader = Thread(target=lambda: seen.append(catalogue.rules()))
    reader.start()
    reader.join()

    assert (catalogue.rules().currency, catalogue.rules().prices_include_tax) == ("USD", False)
    assert seen == [catalogue.rules()]
    feed(catalogue, deleted("setting", "currency"), version=3)
    assert catalogue.rules().currency == "VND"


def test_promotions_are_kept_like_other_news_and_read_back_as_they_were_published(catalogue):
    gift = promotion("P1", "2+1", "buy_x_get_y", buy_quantity=2, get_quantity=1, eligible_skus=["COLA"])
    feed(catalogue, gift, version=2)

    (kept,) = catalogue.promotions().promotions
    assert kept == Promotion.from_body(gift.body)
    feed(catalogue, deleted("promotion", "P1"), version=3)
    assert catalogue.promotions().promotions == ()


def test_a_file_of_a_program_that_knew_no_promotions_opens_and_fetches_all_news_once_more(tmp_path):
    """It has passed over the promotions among the news, and its cursor stands behind them."""
    file = tmp_path / "old.sqlite"
    with closing(Catalogue(file, "STORE_001", SEAL)) as catalogue:
        feed(catalogue, *SHOP, version=7)
    with closing(sqlite3.connect(file)) as old:
        old.execute("PRAGMA user_version = 0")

    for expected in (0, 9):
        with closing(Catalogue(file, "STORE_001", SEAL)) as catalogue:
            assert catalogue.ware_by_sku("COLA", AT).price.amount == 10_000
            engine = catalogue.follower_engine()
            with engine.connect() as tx:
                assert cursor.read(tx, catalogue.tables.sync_cursors, cursor.NEWS) == expected
            engine.dispose()
            feed(catalogue, version=9)


@pytest.mark.allow_log("setting not usable")
@pytest.mark.allow_log("promotion not usable")
def test_what_an_older_program_kept_without_understanding_it_stops_nothing(catalogue):
    with closing(sqlite3.connect(catalogue._file)) as old:
        for kind, key, body in (
            ("setting", "cash_rounding", '{"name": "cash_rounding", "value": "sideways"}'),
            ("setting", "double_scan_seconds", '{"name": "double_scan_seconds", "value": 5}'),
            ("promotion", "P1", '{"promo_id": "P1"}'),
        ):
            old.execute("INSERT INTO master_data VALUES (?, ?, ?)", (kind, key, body))
        old.commit()

    assert (catalogue.rules().cash_rounding, catalogue.rules().double_scan_seconds) == (EXACT, 5)
    assert catalogue.promotions().promotions == ()


@pytest.mark.allow_log("news not readable")
@pytest.mark.parametrize(
    "broken",
    [
        setting("double_scan_seconds", "three"),
        setting("currency", "XXX"),
        setting("timezone", "Moon/Tranquility"),
        setting("day_cut", "late"),
        setting("cash_rounding", "up-7"),
        setting("denominations", [500, 0]),
        setting("code_patterns", ["21XXXXXXXXXXC"]),
        setting("code_patterns", "21IIIIIWWWWWC/3"),
        News(2, "promotion", "P1", {"promo_id": "P1", "name": "x", "kind": "wishful"}),
        News(2, "setting", "nothing", {}),
        News(2, "tax_rate", "x", {"tax_class": "x"}),
        News(2, "product", "COLA", {"sku_id": "COLA"}),
        News(2, "price", "COLA/base", {"price_id": "COLA/base"}),
        News(2, "person", "C07", {"employee_id": "C07", "role": "emperor", "pin_hash": ""}),
    ],
    ids=lambda piece: f"{piece.kind} {piece.key}",
)
def test_news_that_cannot_be_read_does_not_hold_up_the_rest(catalogue, broken):
    feed(catalogue, broken, product("TEA", "Trà đá", "TEA-01"), price("TEA", 3_000), version=2)

    assert ware(catalogue, "TEA-01").price.amount == 3_000
    assert catalogue.rules() == ChainRules()


def test_news_of_a_kind_from_the_future_is_passed_over(catalogue):
    feed(catalogue, News(2, "hologram", "x", {"colour": "blue"}), setting("unknown_yet", 7), version=2)

    assert catalogue.rules() == ChainRules()


# ------------------------------------------------------------------ search


@pytest.fixture
def shelf(catalogue: Catalogue) -> Catalogue:
    names = (
        "Đá viên tinh khiết 1kg",
        "Nước dừa tươi",
        "Sữa tươi Vinamilk không đường 180ml",
        "Sữa chua uống Probi",
        "Trà đào",
        "DẦU ĂN Neptune",
        "Cafe G7 3in1",
    )
    pieces = [
        piece
        for number, name in enumerate(names)
        for piece in (product(f"N{number}", name), price(f"N{number}", 5_000))
    ]
    feed(catalogue, *pieces, product("OLD", "Sữa cũ", is_active=False), version=2)
    return catalogue


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("da vien", ["N0"]),
        ("đá viên", ["N0"]),
        ("ĐÁ", ["N0", "COFFEE", "N4", "N5"]),
        ("sua tuoi", ["N2"]),
        ("sữa", ["N3", "N2", "COFFEE"]),
        ("tuoi sua", ["N2"]),
        ("su chu", ["N3"]),
        ("dau an", ["N5"]),
        ("dầu", ["N5"]),
        ("g7", ["N6"]),
        ("dao", ["N4"]),
        ("nothing like this", []),
        ("", []),
        ("  ", []),
        ('"; DROP TABLE products; --', []),
        ("sữa*", ["N3", "N2", "COFFEE"]),
        ("NEAR(", []),
    ],
)
def test_search_by_words_with_and_without_diacritics(shelf, text, skus):
    assert sorted(found(shelf, text)) == sorted(skus)


def test_decomposed_letters_from_other_keyboards_are_the_same_letters(shelf):
    import unicodedata

    assert found(shelf, unicodedata.normalize("NFD", "sữa tươi")) == ["N2"]


def test_what_is_typed_with_its_marks_comes_first(shelf):
    feed(shelf, product("X", "Dạ yến thảo"), product("Y", "Da heo"), product("Z", "Đá bào"), version=3)

    assert found(shelf, "đá bào")[0] == "Z"
    assert found(shelf, "dạ y")[0] == "X"


def test_two_letters_with_marks_find_the_word_among_a_hundred_that_begin_like_it(catalogue):
    crowd = [product(f"D{number}", f"Dầu gội số {number}") for number in range(150)]
    feed(catalogue, *crowd, product("ICE", "Đá viên"), product("SKIN", "Da bò"), version=2)

    assert "ICE" in found(catalogue, "đá")[:2]
    assert "ICE" in found(catalogue, "da")[:3]
    assert "SKIN" in found(catalogue, "da")[:3]


def test_names_that_begin_with_the_words_come_before_names_that_hold_them(shelf):
    feed(shelf, product("X", "Bánh nhân sữa"), version=3)

    assert found(shelf, "sua")[-1] in ("X", "COFFEE")
    assert found(shelf, "sua")[0] == "N3"


def test_a_renamed_product_is_found_by_its_new_name_only(shelf):
    feed(shelf, product("N4", "Hồng trà"), version=3)

    assert found(shelf, "dao") == []
    assert found(shelf, "hong tra") == ["N4"]


def test_a_deleted_product_is_not_found(shelf):
    feed(shelf, deleted("product", "N4"), version=3)

    assert found(shelf, "dao") == []


def test_digits_find_barcodes_too(catalogue):
    assert found(catalogue, COLA[:6]) == ["COLA"]


def test_a_brand_is_a_word_like_any_other(catalogue):
    feed(catalogue, product("TEA", "Trà xanh 450ml", brand="Không Độ"), price("TEA", 1), version=2)

    assert found(catalogue, "khong do") == ["TEA"]


def test_a_huge_result_is_cut_to_what_a_screen_shows(catalogue):
    feed(catalogue, *(product(f"M{number}", f"Mì gói {number}") for number in range(400)), version=2)

    assert len(found(catalogue, "m")) == LIMIT
    assert len(found(catalogue, "goi")) == LIMIT


def test_a_hit_without_a_price_says_so(catalogue):
    feed(catalogue, product("TEA", "Trà xanh"), version=2)

    assert catalogue.search("tra xanh", AT)[0].price is None
