"""Scans: what a code says, what wins, and what is no code at all."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retail.barcode import (
    BarcodeNotReadable,
    GoodsExpired,
    HalfScan,
    Measure,
    Scan,
    ScanKind,
    ScanRules,
    TwoCodes,
    WrongCheckDigit,
    check_digit,
    demand_fresh,
    gtin14,
    is_gtin,
    past_best_before,
    read,
)
from retail.calendar import zone_of
from retail.gs1 import (
    SEPARATOR,
    ElementsNotReadable,
    LinkWithoutProduct,
    date_of,
    moment_of,
    read_elements,
)
from retail.in_store import BadCodePattern, CodePattern, InStoreKind, WrongMeasureDigit
from retail.label import label_price, scanned_quantity
from retail.money import currency_of
from retail.product import Product
from retail.refusal import Refusal

COLA = "8934868172239"
COLA_14 = "08934868172239"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=zone_of("Asia/Ho_Chi_Minh"))

digits = st.text("0123456789", min_size=7, max_size=13)


def with_check(payload: str) -> str:
    return payload + str(check_digit(payload))


gtins = st.sampled_from([7, 11, 12, 13]).flatmap(
    lambda size: st.text("0123456789", min_size=size, max_size=size).map(with_check)
)


@pytest.mark.parametrize("code", ["96385074", "036000291452", COLA, "18934868172236"])
def test_every_length_of_gtin_is_read(code: str) -> None:
    scan = read(code)
    assert (scan.text, scan.gtin14, scan.kind) == (code, code.zfill(14), ScanKind.GTIN)


def test_upc_and_its_ean_form_meet_in_one_key() -> None:
    assert read("036000291452").gtin14 == read("0036000291452").gtin14 == "00036000291452"


@given(gtins)
def test_a_gtin_with_any_other_last_figure_is_refused(code: str) -> None:
    assert is_gtin(code)
    assert gtin14(code) == code.zfill(14)
    for other in set("0123456789") - {code[-1]}:
        with pytest.raises(WrongCheckDigit):
            read(code[:-1] + other)


@given(gtins, st.data())
def test_one_figure_read_wrong_is_always_noticed(code: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(code) - 1))
    figure = data.draw(st.sampled_from(sorted(set("0123456789") - {code[place]})))
    assert not is_gtin(code[:place] + figure + code[place + 1 :])


def read_or_refused(text: str, **how: Any) -> Scan | None:
    try:
        return read(text, **how)
    except Refusal:
        return None


@pytest.mark.parametrize(
    ("text", "digit"),
    # GS1 General Specifications, figure 7.9-1, and well-known goods.
    [("629104150021", 3), ("978020137962", 4), ("03600029145", 2), ("7351353", 7), ("1001234567890", 2)],
)
def test_check_digits_are_those_of_gs1(text: str, digit: int) -> None:
    assert check_digit(text) == digit


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
    assert read(f"  {text}\r\n") == Scan(text, None)


@given(st.text(max_size=80))
def test_whatever_comes_it_is_read_or_refused_and_never_breaks(text: str) -> None:
    scan = read_or_refused(text)
    if scan is not None:
        assert scan.keys[0] == scan.text
        assert scan.gtin14 is None or len(scan.gtin14) == 14


@given(st.text("0123456789]CEdQ()/:htps.1V-" + SEPARATOR, max_size=40))
def test_whatever_nearly_looks_like_a_code_is_read_or_refused(text: str) -> None:
    rules = ScanRules((CodePattern.from_text("21IIIIIWWWWWC/3"),))
    scan = read_or_refused(text, rules=rules, knows=lambda key: key == "7")
    assert scan is None or scan.keys


def test_a_code_of_the_catalogue_wins_over_every_pattern_inside_it() -> None:
    rules = ScanRules((CodePattern.from_text("21IIIIIWWWWWC/3"),))
    weighed = with_check("211234500315")
    assert read(weighed, rules).weight_grams == 315
    whole = read(weighed, rules, knows=lambda key: key == weighed.zfill(14))
    assert (whole.kind, whole.weight_grams, whole.item_keys) == (ScanKind.GTIN, None, ())
    for code in ("V-100", "POS_03-001042", "12345", "https://shop.vn/x", f"{COLA}{COLA}"):
        scan = read(code, rules, knows={code}.__contains__)
        assert (scan.text, scan.kind) == (code, ScanKind.OTHER)


def test_lookups_begin_with_the_whole_code() -> None:
    rules = ScanRules((CodePattern.from_text("21IIIIIWWWWWC/3"),))
    weighed = with_check("211234500315")
    zeroed = with_check("211234500000")
    scan = read(weighed, rules)
    assert scan.keys == (weighed, "0" + weighed, zeroed, "0" + zeroed, "2112345")


def test_a_data_matrix_says_product_lot_serial_and_dates() -> None:
    scan = read(f"]d201{COLA_14}1727020210L240037{SEPARATOR}21S1{SEPARATOR}1526120111251130")
    assert scan.symbology == "]d2"
    assert [(element.ai, element.value) for element in scan.elements] == [
        ("01", COLA_14),
        ("17", "270202"),
        ("10", "L240037"),
        ("21", "S1"),
        ("15", "261201"),
        ("11", "251130"),
    ]
    assert scan.kind is ScanKind.ELEMENTS
    assert (scan.gtin14, scan.lot, scan.serial) == (COLA_14, "L240037", "S1")
    assert (scan.expiry, scan.best_before, scan.produced) == ("270202", "261201", "251130")
    assert read(f"]d201{COLA_14}13251130").produced == "251130"


def test_weight_price_and_count_stand_in_fields() -> None:
    scan = read("]e001989360294217913103000315392012500")
    assert (scan.weight_grams, scan.price, scan.count) == (315, Measure(12500, 0), None)
    assert scan.price is not None
    assert scan.price.minor_units(currency_of("VND")) == 12_500
    assert read(f"01{COLA_14}3922001250").price == Measure(1250, 2)
    assert Measure(1250, 2).minor_units(currency_of("USD")) == 1250
    assert Measure(1250, 2).minor_units(currency_of("VND")) == 13, "half an đồng goes up"
    assert read(f"01{COLA_14}3932704901250").price == Measure(901250, 2), "the currency stands before it"
    assert read(f"01{COLA_14}3024").count == 24
    assert read(f"01{COLA_14}3100000002").weight_grams == 2000


@pytest.mark.parametrize(("count", "pieces"), [("", 6), ("303", 18), ("300", 6)])
def test_a_count_in_the_code_is_that_many_packs_and_none_is_one(count: str, pieces: int) -> None:
    cola = Product("COLA", "Cola", "Đồ uống", "", Decimal("0.08"))
    scan = read(f"01{COLA_14}{count}")
    assert scanned_quantity(scan, cola, pack_size=6, list_price=10_000, price=None) == pieces


def test_a_price_in_another_countrys_money_is_no_price_of_ours() -> None:
    dollars, dong = read(f"01{COLA_14}3932840199"), read(f"01{COLA_14}393070412000")
    assert (dollars.price_currency, dong.price_currency) == ("840", "704")
    assert [label_price(dollars, code) for code in ("VND", "USD")] == [None, 199]
    assert [label_price(dong, code) for code in ("VND", "USD")] == [12_000, None]
    assert label_price(read(f"01{COLA_14}392012000"), "VND") == 12_000


@pytest.mark.parametrize("code", [f"01{COLA_14}30", f"01{COLA_14}30{SEPARATOR}10A1", "]C130", "|]e030"])
def test_a_count_cut_off_before_its_figures_is_refused(code: str) -> None:
    with pytest.raises(ElementsNotReadable):
        read(code)


def test_an_element_string_needs_no_symbology_identifier() -> None:
    assert read(f"01{COLA_14}1727020210L1").expiry == "270202"
    assert read(f"01{COLA_14}17270202").gtin14 == COLA_14
    assert read(f"10L1{SEPARATOR}01{COLA_14}").lot == "L1"


def test_a_scanner_may_send_another_separator() -> None:
    assert read(f"]C110L1~01{COLA_14}", ScanRules(separator="~")).gtin14 == COLA_14


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (f"]d201{COLA_14[:-1]}817270202", "(01) has a wrong check digit"),
        (f"]d201{COLA_14}17270230", "(17) is no date"),
        (f"]d201{COLA_14}70032711222560", "(7003) is no date"),
        (f"]d201{COLA_14}17270202{SEPARATOR}17270203", "(17) said twice"),
        (f"]d201{COLA_14}02{COLA_14}", "(02) beside (01)"),
        (f"]d202{COLA_14}", "(02) without (37)"),
        (f"]d202{COLA_14}3724", "(37) without (00)"),
        (f"]d201{COLA_14}10L~1", "(10) is too long"),
        (f"]d201{COLA_14}99a~b", "(99) is too long"),
        (f"]d201{COLA_14}89X", "Failed to get GS1 Application Identifier from '89X'."),
        (f"01{COLA_14}X", "Failed to get GS1 Application Identifier from 'X'."),
        ("]d2" + SEPARATOR, "no field"),
        (f"]d201{COLA_14}17", None),
        (f"]d201{COLA_14[:9]}", None),
        (f"]C1{COLA_14}", None),
    ],
)
def test_fields_that_are_cut_off_or_contradict_each_other_are_refused(code: str, reason: str | None) -> None:
    with pytest.raises(ElementsNotReadable) as refused:
        read(code)
    if reason:
        assert refused.value.detail["reason"] == reason
    assert SEPARATOR not in refused.value.detail["barcode"]


def test_a_field_of_open_length_ends_with_a_separator_or_the_code() -> None:
    with pytest.raises(ElementsNotReadable) as refused:
        read("]C1" + "2421234567" + f"01{COLA_14}")
    assert refused.value.detail["reason"] == "(242) is too long"


def test_a_doubled_field_that_says_the_same_is_fine() -> None:
    assert read(f"]d201{COLA_14}01{COLA_14}").gtin14 == COLA_14


@pytest.mark.parametrize("scheme", ["https", "http", "HTTPS"])
def test_a_digital_link_says_the_same_as_a_data_matrix(scheme: str) -> None:
    scan = read(f"]Q1{scheme}://shop.example.vn/p/01/{COLA}/10/L1/21/S1?17=270505&linkType=gs1:pip")
    assert scan.kind is ScanKind.LINK
    assert (scan.gtin14, scan.lot, scan.serial, scan.expiry) == (COLA_14, "L1", "S1", "270505")


def test_a_web_address_that_names_no_product_is_refused() -> None:
    with pytest.raises(LinkWithoutProduct) as refused:
        read("https://example.com/win-a-car")
    assert refused.value.detail == {"barcode": "https://example.com/win-a-car"}
    with pytest.raises(ElementsNotReadable) as broken:
        read(f"https://id.gs1.org/01/{COLA_14}?17=270230")
    assert broken.value.detail["reason"] == "(17) is no date"
    for torn in (f"01/{COLA_14}?17=2713", f"01/{COLA_14}/10", f"01/{COLA[:-1]}?10=%20"):
        with pytest.raises(ElementsNotReadable) as torn_off:
            read(f"https://id.gs1.org/{torn}")
        assert torn_off.value.detail["barcode"] == f"https://id.gs1.org/{torn}"
        assert torn_off.value.detail["reason"]
    with pytest.raises(LinkWithoutProduct):
        read(f"https://id.gs1.org/02/{COLA_14}")


def test_a_link_inside_a_link_is_one_link_in_the_query_and_two_codes_elsewhere() -> None:
    assert read(f"https://id.gs1.org/01/{COLA_14}?from=https://example.com").gtin14 == COLA_14
    with pytest.raises(TwoCodes):
        read(f"https://id.gs1.org/01/{COLA_14}https://id.gs1.org/01/{COLA_14}")


def test_a_composite_code_adds_its_fields_to_the_linear_one() -> None:
    scan = read(f"]E0{COLA}|]e017270202{SEPARATOR}10L1")
    assert (scan.text, scan.gtin14, scan.expiry, scan.lot) == (COLA, COLA_14, "270202", "L1")


def test_what_both_parts_of_a_composite_code_say_counts() -> None:
    """A lot in one part does not take back the expiry date in the other: the goods are not sold."""
    scan = read(f"]e001{COLA_14}17240101|]e110L1")
    assert [element.ai for element in scan.elements] == ["01", "17", "10"]
    with pytest.raises(GoodsExpired) as refused:
        demand_fresh(scan, NOON)
    assert refused.value.detail == {"expired_on": "2024-01-01", "lot": "L1"}
    with pytest.raises(ElementsNotReadable):
        read(f"]e001{COLA_14}10L1|]e110L2")


@pytest.mark.parametrize(
    "code",
    [
        "",
        "   ",
        "]",
        "]E",
        "]E0",
        "]!!x",
        "x" * 51,
        "x" * 10_000,
        "9" * 513,
        "８９３４６８００",
        "a\tb",
        "mã vạch",
        "a\x00b",
        "8 934",
        "]E012",
    ],
)
def test_garbage_is_refused(code: str) -> None:
    with pytest.raises(BarcodeNotReadable) as refused:
        read(code)
    assert len(refused.value.detail["barcode"]) <= 50


@pytest.mark.parametrize(
    "burst",
    [
        COLA + "036000291452",
        COLA + COLA,
        COLA + "96385074" + COLA,
        f"{COLA}\r\n{COLA}",
        f"{COLA} 96385074",
        f"{COLA}\t\t{COLA}",
        f"]E0{COLA}]E0{COLA}",
    ],
)
def test_two_codes_in_one_burst_are_refused(burst: str) -> None:
    with pytest.raises(TwoCodes):
        read(burst)


def test_an_element_string_that_could_be_cut_into_gtins_is_an_element_string() -> None:
    assert read(f"01{COLA_14}", knows=lambda _: False).gtin14 == COLA_14


def test_long_figures_that_are_nothing_are_refused_when_the_catalogue_says_so() -> None:
    for half in ("893486817", "89348681722", "8934868172239893", "9" * 50):
        with pytest.raises(HalfScan):
            read(half, knows=lambda _: False)
        assert read(half).kind is ScanKind.OTHER
    assert read("4011", knows=lambda _: False).text == "4011", "a PLU is looked up as it stands"
    with pytest.raises(BarcodeNotReadable):
        read("9" * 51)


def test_own_codes_are_told_apart() -> None:
    assert read("POS_03-001042") == Scan("POS_03-001042", None, ScanKind.RECEIPT, number="POS_03-001042")
    assert read("V-TET2027").number == "TET2027"
    assert read("V-TET2027").kind is ScanKind.VOUCHER
    assert read("M-0912").kind is ScanKind.MEMBER
    assert read("V-").kind is ScanKind.OTHER
    assert read("V-1", ScanRules(voucher_prefix="")).kind is ScanKind.OTHER
    assert read("POS_03-00104").kind is ScanKind.OTHER
    member = read(with_check("299000000042"), ScanRules((CodePattern.from_text("299MMMMMMMMMC"),)))
    assert (member.kind, member.number) == (ScanKind.MEMBER, "000000042")
    coupon = read(with_check("298000000042"), ScanRules((CodePattern.from_text("298UUUUUUUUUC"),)))
    assert (coupon.kind, coupon.number) == (ScanKind.VOUCHER, "000000042")


def test_gs1_numbers_of_members_and_coupons_are_known() -> None:
    member = read("]C18018" + with_check("89348681722390000"))
    assert (member.kind, member.number) == (ScanKind.MEMBER, with_check("89348681722390000"))
    coupon = read("]C1255" + with_check("893486817223") + "77")
    assert (coupon.kind, coupon.number) == (ScanKind.VOUCHER, with_check("893486817223") + "77")
    assert read(f"]C101{COLA_14}255" + with_check("893486817223")).kind is ScanKind.ELEMENTS


def test_a_price_inside_a_code_carries_its_own_check_digit() -> None:
    rules = ScanRules((CodePattern.from_text("20IIIIIVPPPPC/2"),))
    assert read("2011122912346", rules).price == Measure(1234, 2)
    assert read("2011122912346", rules).item_keys[0] == with_check("201112200000"), "digits checked anew"
    torn = with_check("201112281234")
    with pytest.raises(WrongMeasureDigit) as refused:
        read(torn, rules)
    assert refused.value.detail == {"barcode": torn}


def test_a_gtin_14_form_of_an_in_store_code_is_the_same_code() -> None:
    rules = ScanRules((CodePattern.from_text("21IIIIIWWWWWC/3"),))
    weighed = with_check("211234500315")
    assert read("0" + weighed, rules).weight_grams == 315


SHAPE = "13 characters, a figure first and C last"
LETTERS = "figures and the letters I W P N M U V C"
PARTS = "each part once, and one of W P N M U"
ONE_V = "one V, for four or five figures"
DECIMALS = "up to four decimals"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", SHAPE),
        ("21IIIIWWWWWC", SHAPE),
        ("21IIIIIWWWWWWC", SHAPE),
        ("21IIIIIWWWWWW", SHAPE),
        ("X1IIIIIWWWWWC", SHAPE),
        ("IIIIIIIWWWWWC", SHAPE),
        ("21IIIIICWWWWC", LETTERS),
        ("21XIIIIWWWWWC", LETTERS),
        ("21iiiiiwwwwwC", LETTERS),
        ("21IIIIIIIIIIC", PARTS),
        ("21IIIIIWWPPPC", PARTS),
        ("21IIIWWWWWIIC", PARTS),
        ("21IIVIIWWWWWC", PARTS),
        ("21IIIVVWWWWWC", ONE_V),
        ("21IIIVWWWWWWC", ONE_V),
        ("21IIIIIIVWWWC", ONE_V),
        ("21IIIIIWWWWWC/5", DECIMALS),
        ("21IIIIIWWWWWC/x", DECIMALS),
        ("21IIIIIWWWWWC/²", DECIMALS),
    ],
)
def test_an_impossible_pattern_stops_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadCodePattern) as refused:
        CodePattern.from_text(text)
    assert refused.value.detail == {"pattern": text, "reason": reason}


def test_a_pattern_may_begin_with_one_figure_and_have_four_decimals() -> None:
    pattern = CodePattern.from_text("2IIIIIIWWWWWC/4")
    assert (pattern.kind, pattern.decimals) == (InStoreKind.WEIGHT, 4)
    assert CodePattern.from_text("21IIIIIWWWWWC").decimals == 0


def test_a_pack_of_an_in_store_code_is_no_in_store_code() -> None:
    rules = ScanRules((CodePattern.from_text("21IIIIIWWWWWC/3"),))
    weighed = with_check("211234500315")
    assert read(with_check("1" + weighed[:-1]), rules).kind is ScanKind.GTIN
    upc = with_check("21123450031")
    assert read(upc, ScanRules((CodePattern.from_text("02IIIIIWWWWWC/3"),))).weight_grams == 50_031


@given(st.integers(0, 99_999), st.integers(0, 99_999))
def test_weight_and_item_come_back_out_of_a_code(item: int, grams: int) -> None:
    pattern = CodePattern.from_text("21IIIIIWWWWWC/3")
    code = with_check(f"21{item:05}{grams:05}")
    scan = read(code, ScanRules((pattern,)))
    assert (scan.weight_grams, scan.item_keys[-1]) == (grams, f"21{item:05}")
    assert scan.item_keys[0] == with_check(f"21{item:05}00000")


@pytest.mark.parametrize(
    ("fields", "expired_on"),
    [
        ("17261121", "2026-11-21"),
        ("16261121", "2026-11-21"),
        ("17261000", "2026-10-31"),
        ("70032611221159", "2026-11-22T11:59:00"),
    ],
)
def test_goods_past_the_date_in_their_code_are_refused_with_the_date(fields: str, expired_on: str) -> None:
    scan = read(f"01{COLA_14}{fields}{SEPARATOR}10L1")
    with pytest.raises(GoodsExpired) as refused:
        demand_fresh(scan, NOON)
    assert refused.value.detail == {"expired_on": expired_on, "lot": "L1"}


@pytest.mark.parametrize("fields", ["17261122", "16261122", "17261200", "15261121", "70032611221200", ""])
def test_the_day_of_the_date_is_still_good(fields: str) -> None:
    demand_fresh(read(f"01{COLA_14}{fields}"), NOON)


def test_a_best_before_date_is_said_and_refuses_nothing() -> None:
    scan = read(f"01{COLA_14}15261121")
    assert past_best_before(scan, date(2026, 11, 22))
    assert not past_best_before(scan, date(2026, 11, 21))
    assert not past_best_before(read(COLA), date(2026, 11, 22))


@given(st.dates(date(1900, 1, 1), date(2150, 1, 1)), st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_day_written_with_two_figures_for_its_year_comes_back(day: date, today: date) -> None:
    if -49 <= day.year - today.year <= 50:
        assert date_of(day.strftime("%y%m%d"), today) == day


def test_the_century_turns_fifty_years_from_today() -> None:
    assert date_of("260101", date(2076, 1, 1)) == date(2126, 1, 1)
    assert date_of("270101", date(2076, 1, 1)) == date(2027, 1, 1)
    assert date_of("760101", date(2026, 1, 1)) == date(2076, 1, 1)
    assert date_of("770101", date(2026, 1, 1)) == date(1977, 1, 1)


def test_a_moment_has_hours_and_minutes() -> None:
    assert moment_of("2611221345", date(2026, 1, 1)) == datetime.fromisoformat("2026-11-22T13:45")
    with pytest.raises(ValueError, match="hour"):
        moment_of("2611222400", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("burst", "refusal", "shown"),
    [
        ("8934868172239 8934868172239", TwoCodes, "8934868172239 8934868172239"),
        ("89348681722398934868172239", TwoCodes, "89348681722398934868172239"),
        ("A1]E08934868172239", TwoCodes, "A1]E08934868172239"),
        ("1https://id.gs1.org/01/08934868172239", TwoCodes, "1https://id.gs1.org/01/08934868172239"),
        ("cola tea", BarcodeNotReadable, "cola tea"),
        ("8934868172230", WrongCheckDigit, "8934868172230"),
        ("7" * 51, BarcodeNotReadable, "7" * 50),
        ("x" * 513, BarcodeNotReadable, "x" * 50),
    ],
)
def test_a_refused_scan_is_shown_as_far_as_a_message_has_room(
    burst: str, refusal: type[Refusal], shown: str
) -> None:
    with pytest.raises(Refusal) as refused:
        read(burst)
    assert (type(refused.value), refused.value.detail) == (refusal, {"barcode": shown})


def test_a_half_scan_is_shown_as_it_came() -> None:
    with pytest.raises(HalfScan) as refused:
        read("893468008", knows=lambda key: False)
    assert refused.value.detail == {"barcode": "893468008"}


def test_a_code_known_as_a_whole_keeps_its_key_and_its_symbology() -> None:
    scan = read("]E08934868172239", knows=lambda key: True)
    assert scan == Scan(COLA, COLA_14, ScanKind.GTIN, "]E0")


def test_a_voucher_is_looked_up_as_it_stands() -> None:
    scan = read("V-2026")
    assert (scan.text, scan.kind, scan.number) == ("V-2026", ScanKind.VOUCHER, "2026")


@pytest.mark.parametrize(
    ("code", "elements"),
    [
        ("00157035381410375177", [("00", "157035381410375177")]),
        ("011893504950071810A1", [("01", "18935049500718"), ("10", "A1")]),
        (
            "0218935049500718001570353814103751773712",
            [("02", "18935049500718"), ("00", "157035381410375177"), ("37", "12")],
        ),
        (f"{SEPARATOR}0118935049500718", [("01", "18935049500718")]),
    ],
)
def test_a_number_with_its_check_digit_makes_an_element_string(
    code: str, elements: list[tuple[str, str]]
) -> None:
    assert [(each.ai, each.value) for each in read(code).elements] == elements


def test_a_number_too_short_for_an_element_string_is_a_code_of_the_stores_own() -> None:
    assert read(f"01{COLA}").kind is ScanKind.OTHER


def test_a_long_element_string_is_shown_with_dots_for_its_separators_and_cut_off() -> None:
    with pytest.raises(ElementsNotReadable) as refused:
        read_elements(f"10A{SEPARATOR}17261332{SEPARATOR}" + "21" + "x" * 90)
    assert refused.value.detail["barcode"] == "10A·17261332·21" + "x" * 65
