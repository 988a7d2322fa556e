"""Barcodes: what a scanner may send and what its check digit says."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retail.barcode import (
    GTIN_LENGTHS,
    BarcodeNotReadable,
    Scan,
    WrongCheckDigit,
    check_digit,
    gtin14,
    is_gtin,
    read,
)

gtins = (
    st.sampled_from(sorted(GTIN_LENGTHS))
    .flatmap(lambda length: st.text("0123456789", min_size=length - 1, max_size=length - 1))
    .map(lambda payload: payload + str(check_digit(payload)))
)


@pytest.mark.parametrize(
    ("text", "digit"),
    # GS1 General Specifications, figure 7.9-1, and well-known goods.
    [("629104150021", 3), ("978020137962", 4), ("03600029145", 2), ("7351353", 7), ("1001234567890", 2)],
)
def test_check_digits_are_those_of_gs1(text: str, digit: int) -> None:
    assert check_digit(text) == digit


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("8935049501169", "08935049501169"),
        ("036000291452", "00036000291452"),
        ("0036000291452", "00036000291452"),
        ("73513537", "00000073513537"),
        ("18935049500718", "18935049500718"),
        ("2000000000008", "02000000000008"),
    ],
    ids=["EAN-13", "UPC-A", "UPC-A as EAN-13", "EAN-8", "GTIN-14", "in-store"],
)
def test_every_kind_of_gtin_has_its_key(text: str, key: str) -> None:
    assert read(text) == Scan(text, key)


@given(gtins)
def test_a_gtin_is_its_digits_behind_noughts(text: str) -> None:
    assert gtin14(text) == text.zfill(14)
    assert read(text) == Scan(text, text.zfill(14))


@given(gtins, st.data())
def test_one_wrong_digit_is_always_noticed(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    digit = data.draw(st.sampled_from("0123456789"))
    assume(digit != text[place])
    with pytest.raises(WrongCheckDigit):
        read(text[:place] + digit + text[place + 1 :])


@given(gtins, st.data())
def test_two_neighbours_changed_are_noticed_unless_they_differ_by_five(
    text: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(text) - 2))
    left, right = text[place], text[place + 1]
    assume(abs(int(left) - int(right)) not in (0, 5))
    with pytest.raises(WrongCheckDigit):
        read(text[:place] + right + left + text[place + 2 :])


@pytest.mark.parametrize("text", ["SKU-0042", "a", "12345", "123456789", "x" * 50, "*ABC/12.5$"])
def test_a_code_of_the_store_s_own_is_passed_on_as_it_stands(text: str) -> None:
    assert read(text) == Scan(text, None)


def test_what_the_scanner_puts_around_the_code_is_taken_off() -> None:
    assert read("  73513537\r\n") == Scan("73513537", "00000073513537")


@pytest.mark.parametrize(
    "text", ["", "   ", "\n", "x" * 51, "cà phê", "two words", "a\tb", "８９３４６８００"]
)
def test_what_no_barcode_of_ours_holds_is_not_readable(text: str) -> None:
    with pytest.raises(BarcodeNotReadable):
        read(text)


def test_a_refusal_quotes_no_more_than_a_line_of_what_was_scanned() -> None:
    with pytest.raises(BarcodeNotReadable) as caught:
        read("x" * 10_000)
    assert len(caught.value.detail["barcode"]) == 50


@given(st.text(max_size=60))
def test_whatever_is_scanned_is_read_or_refused(text: str) -> None:
    try:
        scan = read(text)
    except (BarcodeNotReadable, WrongCheckDigit):
        return
    assert scan.text == text.strip()
    assert scan.gtin14 is None or is_gtin(scan.gtin14)
