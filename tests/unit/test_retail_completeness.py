"""The Z's completeness line: range, count, sum, and the head that stands for every number before it."""

from __future__ import annotations

from pathlib import Path

import orjson

from retail.completeness import completeness_line
from retail.shift_facts import ShiftClosed

FACTS = Path(__file__).parents[1] / "past" / "facts"


def test_the_line_names_range_count_sum_and_head() -> None:
    body = orjson.loads((FACTS / "ShiftClosed.1.json").read_text("utf-8"))
    sold = {
        "sales_count": 2,
        "sales_amount": 97_000,
        "first_receipt": "S001-03-000041",
        "last_receipt": "S001-03-000042",
    }

    line = completeness_line(ShiftClosed.from_body(body["payload"] | sold), 1043, body["hash"])

    assert line.to_body() == sold | {"sequence": 1043, "head": body["hash"][:4].upper()}
    assert str(line) == f"S001-03-000041…S001-03-000042 · 2 · 97000 · 1043 {line.head}"


def test_a_shift_without_a_sale_has_no_range() -> None:
    body = orjson.loads((FACTS / "ShiftClosed.1.json").read_text("utf-8"))["payload"]
    empty = body | {"sales_count": 0, "sales_amount": 0, "first_receipt": None, "last_receipt": None}
    line = completeness_line(ShiftClosed.from_body(empty), 2, "ab" * 32)
    assert str(line) == "- · 0 · 0 · 2 ABAB"
