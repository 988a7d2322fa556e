"""Members' phone numbers and vouchers: how they are read, and when a voucher is good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retail.basket import AppliedPromotion
from retail.member import Member, PhoneNotReadable, phone_key, phone_number
from retail.refusal import Refusal
from retail.voucher import RedeemedVoucher, Voucher, VoucherEnded, VoucherNotBegun, VoucherUsed, redeemed

AT = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ONE_NUMBER = [
    *("0912345678", " 0912 345 678", "0912.345.678", "(091) 234-5678", "+84912345678"),
    *("+84 (0)912 345 678", "0084912345678", "84912345678", "0912\u00a0345\u00a0678"),
]
NO_NUMBERS = [
    *("", "abc", "12", "912345678", "091234", "0912 345 678 901 234", "09-12a345678", "+"),
    *("++84912345678", "+0912345678", "0912+345678", "000", "٠٩١٢٣٤٥٦٧٨"),
]


@pytest.mark.parametrize(
    "text",
    ONE_NUMBER,
)
def test_one_number_is_one_number_however_it_is_written(text: str) -> None:
    assert phone_number(text) == "+84912345678"


def test_a_number_of_another_country_keeps_its_country() -> None:
    assert phone_number("+65 8123 4567") == "+6581234567"
    assert phone_number("00 65 8123 4567") == "+6581234567"
    assert phone_number("8123 4567", home="8") == "+81234567"


@pytest.mark.parametrize(
    "text",
    NO_NUMBERS,
)
def test_what_is_no_phone_number_is_refused(text: str) -> None:
    with pytest.raises(PhoneNotReadable):
        phone_number(text)


@given(st.text(max_size=30))
@settings(max_examples=300)
def test_any_text_is_a_number_or_refused_and_a_number_stays_what_it_is(text: str) -> None:
    try:
        number = phone_number(text)
    except Refusal:
        return
    assert phone_number(number) == number


def test_stores_can_find_a_number_and_not_read_it() -> None:
    key = phone_key(phone_number("0912 345 678"))
    assert key == phone_key("+84912345678")
    assert key != phone_key("+84912345679")
    assert "912345678" not in key
    assert len(key) == 32


def test_a_member_reads_back_what_was_written() -> None:
    hoa = Member("M001", "Phạm Hoa", "C-1", "Vàng", 120, AT, "ab12")
    assert Member.from_body(hoa.to_body()) == hoa
    bare = Member.from_body({"member_id": "M2", "name": "Minh"})
    assert (bare.code, bare.points, bare.points_as_of) == ("", 0, None)
    with pytest.raises(TypeError):
        Member.from_body({"member_id": "M2", "name": "Minh", "points": 1.5})


def test_a_voucher_reads_back_what_was_written() -> None:
    for voucher in (Voucher("TET-1", "TET"), Voucher("TET-1", "TET", AT, AT + SECOND, 7, True)):
        assert Voucher.from_body(voucher.to_body()) == voucher
    assert Voucher.from_body({"code": " tet-1 ", "promo_id": "TET"}).code == "TET-1"


def test_a_voucher_is_good_from_its_first_second_until_its_end() -> None:
    voucher = Voucher("V", "P", AT, AT + SECOND)
    assert voucher.demand_good(AT, 0) is voucher
    with pytest.raises(VoucherNotBegun) as early:
        voucher.demand_good(AT - SECOND, 0)
    assert early.value.detail == {"voucher": "V", "starts_at": AT.isoformat()}
    with pytest.raises(VoucherEnded) as late:
        voucher.demand_good(AT + SECOND, 0)
    assert late.value.detail == {"voucher": "V", "ends_at": (AT + SECOND).isoformat()}


@pytest.mark.parametrize(("voucher", "uses"), [(Voucher("V", "P"), 0), (Voucher("V", "P", max_uses=3), 2)])
def test_a_voucher_is_good_as_often_as_it_says(voucher: Voucher, uses: int) -> None:
    assert voucher.demand_good(AT, uses) is voucher
    with pytest.raises(VoucherUsed):
        voucher.demand_good(AT, uses + 1)


def test_head_office_says_that_a_voucher_is_used_up() -> None:
    with pytest.raises(VoucherUsed):
        Voucher("V", "P", max_uses=3, used_up=True).demand_good(AT, 0)


def test_only_a_voucher_that_took_something_off_is_redeemed() -> None:
    shown = [Voucher("A", "P1"), Voucher("B", "P2"), Voucher("C", "P3")]
    applied = [AppliedPromotion("P1", "one", 500), AppliedPromotion("P3", "three", 0)]
    assert redeemed(shown, applied) == (RedeemedVoucher("A", "P1"),)
