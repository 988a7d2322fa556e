"""All 493 parameters of biip's own tests: what a till reads is read alike, or differs for a reason."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from retail.barcode import SYMBOLOGY, ScanRules, check_digit, gtin14, read
from retail.gs1 import SEPARATOR, checks, date_of, moment_of, read_elements, read_link
from retail.in_store import CodePattern
from retail.refusal import Refusal
from tests.unit.in_store_codes import COUNTRIES

VECTORS = Path(__file__).parents[1] / "data" / "gs1" / "biip_test_vectors.csv"
TODAY = date(2026, 11, 22)

Judge = Callable[[str], bool]
"""Whether a vector's parameters, as Python writes them, are read as biip reads them."""


def text(given: str, name: str = "value") -> str:
    """A text among the parameters."""
    found = re.search(rf"(?:^|; ){name}=(['\"])(.*?)\1(?:;|$)", given)
    return found[2].replace("\\x1d", SEPARATOR).replace("\\\\", "\\") if found else ""


def number(given: str, name: str) -> Decimal | None:
    found = re.search(rf"{name}=(?:Decimal\(')?(\d+(?:\.\d+)?)", given)
    return Decimal(found[1]) if found else None


def fields(code: str) -> list[tuple[str, str]] | None:
    """The fields of an element string or a link; None where it is refused."""
    try:
        found = read_link(code) if "://" in code else read_elements(code)
    except Refusal:
        return None
    return [(each.ai, each.value) for each in found]


def written_out(hri: str) -> list[tuple[str, str]]:
    """`(01)07032069804988(10)0329` as fields."""
    return re.findall(r"\((\d{2,4})\)([^(]+)", hri)


def stated(given: str) -> list[tuple[str, str]]:
    """The fields of an object that biip's test expects."""
    return re.findall(r"GS1ApplicationIdentifier\(ai='(\d+)'.*?\), value='(.*?)', pattern_groups", given)


def rules_of(given: str, country: str = "") -> ScanRules:
    """The patterns of the country among the parameters."""
    found = re.search(r"RcnRegion\.(\w+)", given)
    return ScanRules(
        tuple(CodePattern.from_text(each) for each in COUNTRIES.get(found[1] if found else country, ()))
    )


def region(country: str) -> Judge:
    """Weight, count and price inside a country's in-store codes."""

    def judge(given: str) -> bool:
        scan = read(text(given), rules_of(given, country))
        weight, price = number(given, "weight"), number(given, "price")
        read_price = None if scan.price is None else Decimal(scan.price.figures).scaleb(-scan.price.decimals)
        return (scan.weight_grams, scan.count, read_price) == (
            None if weight is None else int(weight * 1000),
            number(given, "count"),
            price,
        )

    return judge


def measure_is_left_out(given: str) -> bool:
    return text(given, "expected") in read(text(given), rules_of(given)).item_keys


def code_stays_whole(given: str) -> bool:
    return read(text(given), rules_of(given)).item_keys == ()


def key_is_kept(given: str) -> bool:
    return gtin14(text(given)) is not None and gtin14(text(given)) == gtin14(text(given, "expected"))


def is_number(given: str) -> bool:
    return gtin14(text(given)) is not None


def is_none(given: str) -> bool:
    return gtin14(text(given)) is None and not checks(text(given))


def field_is_read(given: str) -> bool:
    found = fields(text(given))
    return found is not None and "".join(found[0]) == text(given)


def is_refused(given: str) -> bool:
    return fields(text(given) or text(given, "bad_value") or text(given, "unknown_ai")) is None


def says_as_written(name: str) -> Judge:
    return lambda given: fields(text(given)) == written_out(text(given, name))


def says_as_stated(given: str) -> bool:
    return bool(stated(given)) and fields(text(given)) == stated(given)


def same_as_link(given: str) -> bool:
    return sorted(fields(text(given)) or []) == sorted(fields(text(given, "expected")) or [("", "")])


def one_field(given: str) -> bool:
    listed = re.search(r"expected=\[(.*)\]$", given)
    found = [value for ai, value in fields(text(given)) or [] if ai.startswith(text(given, "ai"))]
    if listed:
        return found == re.findall(r"'(.*?)'", listed[1])
    return next(iter(found), "") == text(given, "expected")


def measure_is_read(given: str) -> bool:
    weight = read("]C1" + text(given)).weight_grams
    wanted = number(given, "expected")
    is_net_weight = text(given).startswith("310") and wanted is not None
    return field_is_read(given) and (
        not is_net_weight or weight == int((wanted or 0) * 1000 + Decimal("0.5"))
    )


def date_is_read(given: str) -> bool:
    found = re.search(r"expected_date=datetime\.date\((\d+), (\d+), (\d+)\)", given)
    ((ai, value), *_) = fields(text(given)) or [("", "")]
    if ai in ("11", "12", "13", "15", "16", "17") and found:
        return date_of(value, TODAY) == date(*map(int, found.groups()))
    at = re.search(r"expected_datetime=datetime\.datetime\((\d+), (\d+), (\d+), (\d+), (\d+)", given)
    if ai == "7003" and at:
        moment = moment_of(value, TODAY)
        return (moment.year, moment.month, moment.day, moment.hour, moment.minute) == tuple(
            map(int, at.groups())
        )
    return field_is_read(given)


def year_is_found(given: str) -> bool:
    found = re.search(r"(?:date=|expected=)datetime\.date\((\d+), (\d+), (\d+)\)", given)
    return found is not None and date_of(text(given)[2:], date(2026, 1, 1)) == date(*map(int, found.groups()))


def scan_names_the_product(given: str) -> bool:
    wanted = re.search(r"gtin=Gtin\(value='(\d+)'", given)
    try:
        return read(text(given)).gtin14 == (gtin14(wanted[1]) if wanted else None)
    except Refusal:
        return wanted is None


def symbology_is_found(given: str) -> bool:
    found = SYMBOLOGY.match(text(given))
    wanted = re.search(r"SymbologyIdentifier\(value='(.*?)'", given)
    return bool(found and wanted and found[0] == wanted[1])


JUDGES: dict[str, Judge] = {
    "gtin/test_encode.py as_gtin_12": key_is_kept,
    "gtin/test_encode.py as_gtin_13": key_is_kept,
    "gtin/test_encode.py as_gtin_14": key_is_kept,
    "gtin/test_encode.py as_gtin_8": key_is_kept,
    "gtin/test_parse.py parse_gtin_12_with_1_leading_zero": is_number,
    "gtin/test_parse.py parse_gtin_12_with_2_leading_zero": is_number,
    "gtin/test_parse.py parse_gtin_12_with_3_leading_zero": is_number,
    "gtin/test_parse.py parse_gtin_12_without_leading_zero": is_number,
    "gtin/test_parse.py parse_gtin_13": is_number,
    "gtin/test_parse.py parse_gtin_8": is_number,
    "gtin/test_parse.py parse_gtin_8_with_leading_zeros": is_number,
    "gtin/test_parse.py parse_nonnumeric_value": is_none,
    "rcn/test_rcn.py parse_rcn": is_number,
    "rcn/test_rules.py region_baltics": region("ESTONIA"),
    "rcn/test_rules.py region_denmark": region("DENMARK"),
    "rcn/test_rules.py region_finland": region("FINLAND"),
    "rcn/test_rules.py region_germany": region("GERMANY"),
    "rcn/test_rules.py region_great_britain": region("GREAT_BRITAIN"),
    "rcn/test_rules.py region_norway": region("NORWAY"),
    "rcn/test_rules.py region_sweden": region("SWEDEN"),
    "rcn/test_without_variable_measure.py without_variable_measure_keeps_company_rcn_unchanged": (
        code_stays_whole
    ),
    "rcn/test_without_variable_measure.py without_variable_measure_keeps_gtin_unchanged": code_stays_whole,
    "rcn/test_without_variable_measure.py without_variable_measure_strips_variable_parts": (
        measure_is_left_out
    ),
    "test_checksums.py gs1_standard_check_digit": lambda given: (
        check_digit(text(given)) == number(given, "expected")
    ),
    "test_checksums.py gs1_standard_check_digit_with_nonnumeric_value": is_none,
    "test_gln.py parse_nonnumeric_value": is_none,
    "test_sscc.py parse_nonnumeric_value": is_none,
    "test_sscc.py as_hri": lambda given: fields("00" + text(given)) == [("00", text(given))],
    "test_gs1_application_identifiers.py extract_gs1_ai": lambda given: (
        [ai for ai, _ in fields(text(given)) or []] == re.findall(r"\(ai='(\d+)'", given)
    ),
    "test_gs1_application_identifiers.py extract_unknown_gs1_ai": is_refused,
    "test_gs1_digital_link_uris.py as_canonical_uri": same_as_link,
    "test_gs1_digital_link_uris.py as_uri": same_as_link,
    "test_gs1_digital_link_uris.py as_gs1_message": says_as_written("expected"),
    "test_gs1_digital_link_uris.py filter_element_strings_by_ai": one_field,
    "test_gs1_digital_link_uris.py get_element_strings_by_ai": one_field,
    "test_gs1_digital_link_uris.py parse": says_as_stated,
    "test_gs1_digital_link_uris.py parse_error": is_refused,
    "test_gs1_digital_link_uris.py parse_fails_if_data_does_not_match_full_pattern": is_refused,
    "test_gs1_digital_link_uris.py parse_with_invalid_element_values": says_as_stated,
    "test_gs1_element_strings.py as_hri": says_as_written("expected"),
    "test_gs1_element_strings.py extract": says_as_stated,
    "test_gs1_element_strings.py extract_amount_payable": field_is_read,
    "test_gs1_element_strings.py extract_amount_payable_and_currency": field_is_read,
    "test_gs1_element_strings.py extract_date_and_datetime": date_is_read,
    "test_gs1_element_strings.py extract_fails_when_not_matching_pattern": is_refused,
    "test_gs1_element_strings.py extract_fails_with_invalid_date": lambda given: (
        fields(text(given, "ai_code") + text(given, "bad_value")) is None
    ),
    "test_gs1_element_strings.py extract_handles_min_and_max_year_correctly": year_is_found,
    "test_gs1_element_strings.py extract_handles_zero_day_as_last_day_of_month": year_is_found,
    "test_gs1_element_strings.py extract_percentage_discount": field_is_read,
    "test_gs1_element_strings.py extract_variable_measures": measure_is_read,
    "test_gs1_element_strings.py extract_with_nested_error": says_as_stated,
    "test_gs1_element_strings.py parse": lambda given: fields(text(given)) is not None,
    "test_gs1_element_strings.py parse_fails_when_not_matching_full_pattern": is_refused,
    "test_gs1_messages.py as_gs1_digital_link_uri": same_as_link,
    "test_gs1_messages.py as_hri": says_as_written("expected"),
    "test_gs1_messages.py filter_element_strings_by_ai": one_field,
    "test_gs1_messages.py get_element_string_by_ai": one_field,
    "test_gs1_messages.py gs1_digital_link_uri_roundtrip": lambda given: fields(text(given)) is not None,
    "test_gs1_messages.py parse": says_as_stated,
    "test_gs1_messages.py parse_fails_if_unparsed_data_left": is_refused,
    "test_gs1_messages.py parse_ignores_redundant_separator_chars": says_as_written("expected_hri"),
    "test_gs1_messages.py parse_with_invalid_element_values": says_as_stated,
    "test_gs1_messages.py parse_with_separator_char": says_as_written("expected_hri"),
    "test_parse.py parse": scan_names_the_product,
    "test_symbology.py extract": symbology_is_found,
    "upc/test_encode.py as_upc_a": is_number,
    "upc/test_parse.py parse_nonnumeric_value": is_none,
}
"""Kinds of vectors about what a till reads."""

CHECKED = "biip notes a wrong check digit inside a field and goes on; a till refuses it, as GS1's engine does"
NO_DATE = "biip was told not to look at dates; 000000 is none"
SEPARATORS = "the scanner's separator is a setting (ScanRules), and a till's scanner has one"
DIFFERENCES = {
    ("test_gs1_application_identifiers.py extract_gs1_ai", 1): "a field inside (90) is not looked for",
    ("test_gs1_digital_link_uris.py parse_with_invalid_element_values", 0): NO_DATE,
    ("test_gs1_messages.py parse_with_invalid_element_values", 0): NO_DATE,
    ("test_gs1_element_strings.py extract", 2): "(02) without (37) is no content of anything",
    ("test_gs1_element_strings.py extract", 8): CHECKED,
    ("test_gs1_element_strings.py extract_with_nested_error", 0): CHECKED,
    ("test_gs1_element_strings.py extract_with_nested_error", 1): CHECKED,
    ("test_gs1_element_strings.py extract_with_nested_error", 2): CHECKED,
    ("test_gs1_messages.py parse", 1): CHECKED,
    ("test_gs1_element_strings.py parse_fails_when_not_matching_full_pattern", 3): (
        "two fields where one was asked for are two fields"
    ),
    ("test_gs1_messages.py parse_with_separator_char", 3): SEPARATORS,
    ("test_gs1_messages.py parse_with_separator_char", 4): SEPARATORS,
    ("test_gs1_messages.py parse_ignores_redundant_separator_chars", 2): (
        "an empty field between two separators: GS1's engine refuses it too"
    ),
    ("test_parse.py parse", 9): "a UPC-E of six figures; see UPC_E",
    ("test_symbology.py extract", 4): "symbology identifiers of more than three characters are no scanner's",
    ("test_symbology.py extract", 5): "symbology identifiers of more than three characters are no scanner's",
    ("upc/test_encode.py as_upc_a", 3): "a UPC-E of eight figures; see UPC_E",
    ("upc/test_encode.py as_upc_a", 4): "a UPC-E of eight figures; see UPC_E",
}
"""Vectors about what a till reads that are read in another way, with the reason."""

OBJECTS = "asks for an object, a title or a listing of biip's that a till has no use for"
PREFIXES = "who gave out a number is no question of a till"
HRI = "the form that people read: no scanner sends it"
UPC_E = "scanners send UPC-E in its long form; six figures are a code of the store's own here"
ONE_KEY = "we keep every GTIN in its longest form, so none is too long for another"
PATTERNS = "a chain states its in-store codes as patterns, and not by the name of a country"
MEASURE_DIGIT = "biip's own arithmetic for the digit inside; ours is a part of a pattern (V)"
PASSED_OVER = {
    r"data_title|from_element_strings|list_|test_symbology.py (len|str)": OBJECTS,
    r"test_gs1_prefixes": PREFIXES,
    r"parse_hri": HRI,
    r"upc/(test_encode.py as_(gtin|upc_e)|test_parse.py parse_upc_e)": UPC_E,
    r"gtin/.*too_long": ONE_KEY,
    r"region_can_be_specified|keeps_nonvariable_rcn": PATTERNS,
    r"price_weight_check_digit": MEASURE_DIGIT,
}
"""Kinds that no till reads, by a part of their name, with the reason."""


def test_of_493_vectors_306_are_read_alike_18_differ_for_a_reason_and_169_no_till_reads() -> None:
    count: Counter[str] = Counter()
    different = set()
    with VECTORS.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            kind = f"{row['file'].removeprefix('tests/')} {row['test'].removeprefix('test_')}"
            if kind not in JUDGES:
                reasons = [why for pattern, why in PASSED_OVER.items() if re.search(pattern, kind)]
                assert len(reasons) == 1, kind
                count["passed over"] += 1
            elif JUDGES[kind](row["parameters_repr"]):
                count["alike"] += 1
            else:
                different.add((kind, int(row["case"])))
    assert different == set(DIFFERENCES)
    assert count == {"alike": 306, "passed over": 169}
