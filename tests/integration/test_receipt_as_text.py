"""The receipt as plain text: what it says, and that its columns stand."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from retail.basket import AppliedPromotion
from retail.money import UnknownCurrency
from retail.quantity import Unit
from retail.receipt import StoreCard
from storehub.printers.job import Edition
from storehub.receipts.text import cells, write_receipt
from tests.sample_receipts import COFFEE, line, receipt

LUNCH = receipt(
    [
        COFFEE,
        line(
            "Bánh mì thịt nướng đặc biệt nhiều rau thơm và dưa leo muối chua", 1, 35_000, line_discount=5_000
        ),
        line("Cam sành", 350, 48_000, tax_rate="0.05", unit=Unit.GRAM),
    ],
    tendered=100_000,
)


def test_the_vietnamese_receipt_says_everything() -> None:
    assert write_receipt(LUNCH) == (
        "              Everopen Nguyễn Huệ\n"
        "         42 Nguyễn Huệ, Phường Sài Gòn,\n"
        "             Thành phố Hồ Chí Minh\n"
        "      MST: 0312345678   ĐT: 028 3822 1234\n"
        "                PHIẾU TÍNH TIỀN\n"
        "Số phiếu: POS_01-000042         20/11/2026 14:05\n"
        "Thu ngân: CASHIER_007               Quầy: POS_01\n"
        "------------------------------------------------\n"
        "Cà phê sữa đá\n"
        "  2 × 25.000                              50.000\n"
        "Bánh mì thịt nướng đặc biệt nhiều rau thơm và\n"
        "dưa leo muối chua\n"
        "  1 × 35.000                              35.000\n"
        "  Giảm giá                                -5.000\n"
        "Cam sành\n"
        "  0,350 kg × 48.000                       16.800\n"
        "------------------------------------------------\n"
        "Tiền hàng                                101.800\n"
        "Giảm giá                                  -5.000\n"
        "TỔNG CỘNG                               96.800 ₫\n"
        "Tiền mặt                                  96.800\n"
        "  Khách đưa                              100.000\n"
        "  Tiền thối lại                            3.200\n"
        "------------------------------------------------\n"
        "Giá đã gồm thuế GTGT                       6.726\n"
        "  5% trên 16.000                             800\n"
        "  8% trên 74.074                           5.926\n"
        "------------------------------------------------\n"
        "        POS_01-000042 · Mã kiểm tra 7F3A\n"
        "               Cảm ơn quý khách!\n"
        "                  Hẹn gặp lại.\n"
    )


def test_the_english_receipt_puts_tax_on_top_and_names_the_providers_number() -> None:
    """The figures of spec 7.1: 50,000 + 5,000 = 55,000."""
    spec = receipt(
        [line("Coca Cola 330ml", 5, 10_000, tax_rate="0.10")], prices_include_tax=False, qr_amount=55_000
    )
    written = write_receipt(spec, "en", columns=42)
    assert written.splitlines()[9:17] == [
        "  5 × 10,000                        50,000",
        "------------------------------------------",
        "Subtotal                            50,000",
        "VAT 10% on 50,000                    5,000",
        "TOTAL                             55,000 ₫",
        "VNPAY-QR                            55,000",
        "  Reference VNPAY_TXN_99887",
        "------------------------------------------",
    ]
    assert "Prices include" not in written


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("columns", [42, 48])
def test_no_line_is_wider_than_the_paper_and_figures_end_at_its_edge(language: str, columns: int) -> None:
    lines = write_receipt(LUNCH, language, columns=columns).splitlines()
    assert max(map(len, lines)) == columns
    figures = [text for text in lines if re.search(r"(\d[.,]\d{3}|₫)$", text)]
    assert len(figures) >= 6
    assert {len(text) for text in figures} == {columns}


def test_each_promotion_stands_under_its_goods_and_cash_rounding_under_the_total() -> None:
    plain = receipt([line("Coca Cola 330ml", 3, 10_150, line_discount=450)])
    promotions = (AppliedPromotion("P21", "2+1 Coca", 10_150), AppliedPromotion("P5", "Bạn mới −5%", 1_000))
    goods = replace(plain.lines[0], line_discount=11_600, line_total=18_850, promotions=promotions)
    paid = replace(plain.tenders[0], amount=19_000, tendered=20_000, change=1_000)
    rounded = replace(
        plain,
        lines=(goods,),
        discount_amount=11_600,
        total_amount=18_850,
        tenders=(paid,),
        rounding_amount=150,
    )
    assert [
        " ".join(row.split()) for row in write_receipt(rounded).split("-" * 48)[1].splitlines() if row
    ] == [
        "Coca Cola 330ml",
        "3 × 10.150 30.450",
        "2+1 Coca -10.150",
        "Bạn mới −5% -1.000",
        "Giảm giá -450",
    ]
    below = [" ".join(row.split()) for row in write_receipt(rounded).split("-" * 48)[2].splitlines() if row]
    assert below[2:] == [
        "TỔNG CỘNG 18.850 ₫",
        "Làm tròn tiền mặt 150",
        "Phải trả 19.000",
        "Tiền mặt 19.000",
        "Khách đưa 20.000",
        "Tiền thối lại 1.000",
    ]


def test_two_tenders_stand_under_each_other() -> None:
    both = write_receipt(receipt(qr_amount=30_000, tendered=50_000), "en")
    amounts = {text.split()[0]: text.split()[-1] for text in both.splitlines() if text}
    assert (amounts["VNPAY-QR"], amounts["Cash"]) == ("30,000", "20,000")
    assert (amounts["Tendered"], amounts["Change"]) == ("50,000", "30,000")


@pytest.mark.parametrize(
    ("language", "edition", "word"),
    [
        ("vi", Edition.COPY, "*** BẢN SAO ***"),
        ("vi", Edition.PERHAPS_COPY, "*** BẢN SAO? ***"),
        ("en", Edition.COPY, "*** COPY ***"),
        ("en-GB", Edition.PERHAPS_COPY, "*** COPY? ***"),
    ],
)
def test_a_second_paper_says_that_it_is_one(language: str, edition: Edition, word: str) -> None:
    assert word in write_receipt(receipt(), language, edition=edition)
    assert "***" not in write_receipt(receipt(), language)


def test_a_language_nobody_translated_is_vietnamese() -> None:
    assert write_receipt(receipt(), "fr") == write_receipt(receipt(), "vi")


def test_a_store_that_has_told_only_its_name_has_no_empty_lines() -> None:
    lines = write_receipt(receipt(store=StoreCard("STORE_009", "STORE_009"))).splitlines()
    assert [text.strip() for text in lines[:2]] == ["STORE_009", "PHIẾU TÍNH TIỀN"]


@pytest.mark.parametrize(
    ("currency", "price", "written"),
    [("USD", 1999, "$19.99"), ("TWD", 1999, "NT$1,999"), ("EUR", 5, "0.05 €")],
)
def test_other_currencies_are_written_their_own_way(currency: str, price: int, written: str) -> None:
    text = write_receipt(receipt([line("Tea", 1, price)], currency=currency), "en")
    assert f"TOTAL{written:>43}\n" in text


def test_a_currency_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownCurrency):
        write_receipt(receipt(currency="XXX"))


def test_names_that_try_to_break_the_paper_stay_in_their_lines() -> None:
    hostile = ["A" * 200, "một\ndòng\tmới\r\n", "臺灣啤酒" * 20, "x\u0301" * 60]
    lines = write_receipt(receipt([line(name, 1, 1000) for name in hostile]), columns=42).splitlines()
    assert max(map(cells, lines)) == 42
    assert "một dòng mới" in lines


def test_a_figure_without_room_beside_its_words_goes_under_them() -> None:
    lines = write_receipt(receipt(receipt_number="KIOSK_NGUYEN_HUE_0012-000042"), columns=42).splitlines()
    place = lines.index("Số phiếu: KIOSK_NGUYEN_HUE_0012-000042")
    assert lines[place + 1] == f"{'20/11/2026 14:05':>42}"
