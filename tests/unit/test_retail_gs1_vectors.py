"""The vectors that GS1 and biip publish, against what a till reads. Each difference has its reason here."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from retail.barcode import ScanKind, ScanRules, read
from retail.gs1 import SEPARATOR, checks, date_of, read_elements, read_link
from retail.in_store import CodePattern
from retail.refusal import Refusal
from tests.unit.in_store_codes import COUNTRIES

HERE = Path(__file__).parents[1] / "data" / "gs1"
SHARED = Path(os.environ.get("EVEROPEN_SHARED") or Path(__file__).parents[3] / "shared") / "data" / "gs1"

NOTHING = "a code without content is no scan at a till"
LENIENT = "the till reads it: a doubled or foreign field beside the right product harms nobody"
SHORT_GTIN = "GTINs without their leading zeros are read, as the engine does with its flag"
ALPHAS = "names instead of identifiers (/gtin/) left the standard in 2022; biip does not know them"
SCAN_DIFFERENCES = {
    "scandata.c:844": "text without identifier is a code of the store's own, looked up as it stands",
    "scandata.c:852": NOTHING,
    "scandata.c:879": NOTHING,
    "scandata.c:894": NOTHING,
}
LINK_DIFFERENCES = {
    "dl.c:1344": "the engine takes http and HTTP but not HtTp; a till does",
    "dl.c:1392": "a zone in an IPv6 host: nothing a till needs to judge",
    "dl.c:1426": "an identifier's number in the stem twice: biip takes the first, finds it broken, refuses",
    "dl.c:1437": ALPHAS,
    "dl.c:1438": ALPHAS,
    "dl.c:1439": ALPHAS,
    "dl.c:1454": SHORT_GTIN,
    "dl.c:1464": SHORT_GTIN,
    "dl.c:1474": SHORT_GTIN,
    "dl.c:1484": "a short GTIN in the query is refused: the link's own identifier is no product",
    "dl.c:1494": "a short GTIN in the query is refused: the link's own identifier is no product",
    "dl.c:1550": LENIENT,
    "dl.c:1553": LENIENT,
    "dl.c:1730": LENIENT,
    "dl.c:1740": LENIENT,
    "dl.c:1744": LENIENT,
    "dl.c:1748": LENIENT,
    "dl.c:1757": LENIENT,
    "dl.c:1763": LENIENT,
    "dl.c:1767": "an identifier that does not exist (89) is passed over",
}


def rows(name: str, folder: Path = HERE) -> list[dict[str, str]]:
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def outcome(deed: Callable[..., Any], *given: Any) -> Any:
    """What the deed gives, or None when the shop says no."""
    try:
        return deed(*given)
    except Refusal:
        return None


def test_unbracketed_element_strings_are_read_79_of_79() -> None:
    vectors = rows("unbracketed_validity.csv")
    wrong = [
        row["source"]
        for row in vectors
        if (row["valid"] == "1")
        != (
            row["caret_fnc1_data"].startswith("^")
            and outcome(read_elements, row["caret_fnc1_data"][1:].replace("^", SEPARATOR)) is not None
        )
    ]
    assert (len(vectors), wrong) == (79, [])


def test_bracketed_and_unbracketed_element_strings_say_the_same_12_of_12() -> None:
    """The other 15 rows are mistakes in the bracketed form, which people type and no scanner sends."""
    valid = [row for row in rows("bracketed_to_unbracketed.csv") if row["valid"] == "1"]
    for row in valid:
        pairs = re.findall(r"(?<!\\)\((\d+)\)((?:[^(\\]|\\\()*)", row["bracketed_ai"])
        read_back = read_elements(row["expected_caret_fnc1"][1:].replace("^", SEPARATOR))
        assert [(e.ai, e.value) for e in read_back] == [(ai, v.replace("\\(", "(")) for ai, v in pairs]
    assert len(valid) == 12


def test_what_scanners_send_is_read_50_of_54_and_4_differ_for_a_reason() -> None:
    vectors = rows("scan_data_process.csv")
    different = {}
    for row in vectors:
        scan = outcome(read, row["aim_scan_data"].replace("{GS}", SEPARATOR))
        message = row["expected_message"].partition("|")[0]
        as_said = scan is not None and (
            scan.text in (message.lstrip("^").replace("^", SEPARATOR), message.replace("\\^", "^"))
        )
        if (row["valid"] == "1") != (scan is not None) or (scan is not None and not as_said):
            different[row["source"]] = row["aim_scan_data"]
    assert (len(vectors), sorted(different)) == (54, sorted(SCAN_DIFFERENCES))


def test_digital_links_are_read_98_of_118_and_20_differ_for_a_reason() -> None:
    vectors = rows("digital_link_parse.csv")
    different = []
    for row in vectors:
        elements = outcome(read_link, row["uri"])
        said = None if elements is None else "".join(element.ai + element.value for element in elements)
        wanted = row["expected_caret_fnc1"].replace("^", "") if row["valid"] == "1" else None
        if said != wanted:
            different.append(row["source"])
    assert (len(vectors), different) == (118, list(LINK_DIFFERENCES))


def test_check_digits_and_dates_of_the_linter_are_judged_124_of_124() -> None:
    """The other 766 rows are character sets, coupons, ISO tables and further fields no till looks at."""

    def is_date(text: str, day_may_be_zero: bool) -> bool:
        try:
            date_of(text, date(2026, 11, 22))
        except ValueError:
            return False
        return len(text) == 6 and text.isdigit() and (day_may_be_zero or text[4:] != "00")

    vectors = rows("ai_component_lint.csv")
    judges = {
        "csum": checks,
        "yymmdd": lambda text: is_date(text, False),
        "yymmd0": lambda text: is_date(text, True),
    }
    wrong = [row for row in vectors if (row["valid"] == "1") != judges[row["linter"]](row["data"])]
    assert (len(vectors), wrong) == (124, [])


@pytest.mark.parametrize("row", rows("rcn_variable_measure.csv"), ids=lambda row: row["value"])
def test_in_store_codes_of_nine_countries_are_read_by_their_patterns(row: dict[str, str]) -> None:
    """45 of 45: every country's rule can be said as a setting, so any chain's can."""
    patterns = tuple(CodePattern.from_text(text) for text in COUNTRIES[row["region_rule"]])
    scan = read(row["value"], ScanRules(patterns))
    grams = int(Decimal(row["expected_weight"]) * 1000) if row["expected_weight"] else None
    assert scan.weight_grams == grams
    assert scan.count == (int(row["expected_count"]) if row["expected_count"] else None)
    price = None if scan.price is None else Decimal(scan.price.figures).scaleb(-scan.price.decimals)
    assert price == (Decimal(row["expected_price"]) if row["expected_price"] else None)
    varies = any(row[f"expected_{what}"] for what in ("weight", "count", "price"))
    assert scan.kind is (ScanKind.IN_STORE if varies else ScanKind.GTIN)


def test_codes_on_vietnamese_goods_are_read_as_the_official_engine_reads_them() -> None:
    """170 of 170: EAN-13, DataMatrix, links, DataBar and GS1-128 over real GTINs."""
    if not (SHARED / "vn_gtin_scans.csv").is_file():
        pytest.skip(
            "the vectors over Vietnamese goods are not here; EVEROPEN_SHARED names the folder with data/"
        )
    vectors = rows("vn_gtin_scans.csv", SHARED)
    for row in vectors:
        scan = outcome(read, row["aim_scan_data"].replace("{GS}", SEPARATOR))
        assert (scan is not None) == (row["valid"] == "1"), row
        if scan is not None:
            assert scan.gtin14 == row["gtin14"]
            told = [(element.ai, element.value) for element in scan.elements]
            assert sorted(told) == sorted(map(tuple, json.loads(row["element_json"])))
    assert len(vectors) == 170
