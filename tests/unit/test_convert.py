"""The converters keep every basket, piece and cent of the data sets they read."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.replays import convert

ROOT = Path(__file__).parents[2]
SLICE = ROOT / "tests" / "data" / "complete_journey"
SHARED = Path(os.environ.get("EVEROPEN_SHARED") or ROOT.parent / "shared") / "data"


def full(data_set: str) -> Path:
    folder = SHARED / data_set
    if not folder.is_dir():
        pytest.skip(f"the whole data set {data_set} is not here; EVEROPEN_SHARED names the folder with data/")
    return folder


def write(file: Path, header: str, *rows: str) -> None:
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


@given(
    amount=st.integers(0, 10**9),
    quantity=st.integers(1, 999),
    share=st.floats(0, 1),
)
def test_a_split_line_keeps_its_quantity_amount_and_discount(
    amount: int, quantity: int, share: float
) -> None:
    discount = int(amount * share)
    lines = list(convert.split(amount, quantity, discount))
    assert 1 <= len(lines) <= 2
    assert sum(pieces for pieces, _, _ in lines) == quantity
    assert sum(pieces * price for pieces, price, _ in lines) == amount
    assert sum(borne for _, _, borne in lines) == discount
    assert all(pieces > 0 and 0 <= borne <= pieces * price for pieces, price, borne in lines)


def test_a_line_that_divides_stays_one_line() -> None:
    assert list(convert.split(900, 3, 100)) == [(3, 300, 100)]


def test_three_for_a_dollar_becomes_two_lines_a_cent_apart() -> None:
    assert list(convert.split(100, 3, 0)) == [(2, 33, 0), (1, 34, 0)]


def test_every_basket_of_the_slice_agrees_with_its_control_figures(tmp_path: Path) -> None:
    assert convert.main(["complete_journey", str(SLICE), str(tmp_path)]) == 0
    sold: dict[str, dict[str, int]] = {}
    for row in convert.read(tmp_path / "baskets.csv"):
        basket = sold.setdefault(row["basket_id"], {"qty": 0, "regular": 0, "discount": 0})
        basket["qty"] += int(row["quantity"])
        basket["regular"] += int(row["quantity"]) * int(row["unit_price"])
        basket["discount"] += int(row["line_discount"])
    control = {
        row["basket_id"]: {
            "qty": int(row["qty"]),
            "regular": int(row["regular_c"]),
            "discount": int(row["regular_c"]) - int(row["sales_value_c"]),
        }
        for row in convert.read(SLICE / "control_basket.csv")
    }
    assert len(control) == 30
    assert sold == control


def test_the_slice_has_the_lines_that_are_hard_to_convert() -> None:
    lines = convert.read(SLICE / "baskets.csv")
    assert any(line["unit_regular_c"] == "" and line["loyalty_disc_c"] != "0" for line in lines)
    assert any(line["store_coupon_match_c"] != "0" for line in lines)
    assert any(line["mfr_coupon_c"] != "0" for line in lines)
    assert any(line["sales_value_c"] == "0" for line in lines)
    assert any(row["list_price_c"] == "" for row in convert.read(SLICE / "products.csv"))


def test_every_barcode_sold_is_in_the_converted_catalogue(tmp_path: Path) -> None:
    convert.main(["complete_journey", str(SLICE), str(tmp_path)])
    catalogue = {row["barcode"]: row for row in convert.read(tmp_path / "catalogue.csv")}
    assert {row["barcode"] for row in convert.read(tmp_path / "baskets.csv")} == catalogue.keys()
    assert all(int(row["base_price"]) > 0 for row in catalogue.values())


def test_a_control_row_that_differs_is_named_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in SLICE.glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    rows = convert.read(SLICE / "control_store_day.csv")
    rows[0]["sales_value_c"] = str(int(rows[0]["sales_value_c"]) + 1)
    with (tmp_path / "control_store_day.csv").open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert convert.main(["complete_journey", str(tmp_path), str(tmp_path / "out")]) == 1
    assert f"store {rows[0]['store_id']}, {rows[0]['date']}: converted" in capsys.readouterr().out


def test_baskets_that_only_have_a_day_are_spread_over_the_opening_hours(tmp_path: Path) -> None:
    write(
        tmp_path / "products.csv",
        "barcode,subclass,name_vn_catalog,name_openfoodfacts,first_list_twd",
        "4710199010372,110411,,,15",
    )
    write(
        tmp_path / "baskets.csv",
        "basket_id,date,barcode,qty,list_unit_twd,line_discount_twd,line_surcharge_twd",
        "TF20001101-0001,2000-11-01,4710199010372,2,15,3,0",
        "TF20001101-0002,2000-11-01,4710199010372,3,15,0,2",
        "TF20001102-0001,2000-11-02,4710199010372,1,15,0,0",
    )
    write(
        tmp_path / "control_day.csv",
        "date,baskets,qty,amount_twd,list_gross_twd,discount_twd,surcharge_twd",
        "2000-11-01,2,5,74,75,3,2",
        "2000-11-02,1,1,15,15,0,0",
    )
    out = tmp_path / "out"
    assert convert.main(["ta_feng", str(tmp_path), str(out)]) == 0
    assert [
        (row["sold_at"], row["quantity"], row["unit_price"], row["line_discount"])
        for row in convert.read(out / "baskets.csv")
    ] == [
        ("2000-11-01T08:00:00", "2", "15", "3"),
        ("2000-11-01T15:00:00", "1", "15", "0"),
        ("2000-11-01T15:00:00", "2", "16", "0"),
        ("2000-11-02T08:00:00", "1", "15", "0"),
    ]


@pytest.mark.parametrize(("data_set", "baskets"), [("complete_journey", 7578), ("ta_feng", 14934)])
def test_a_whole_data_set_agrees_with_its_control_in_every_row(
    data_set: str, baskets: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert convert.main([data_set, str(full(data_set)), str(tmp_path)]) == 0
    assert f"baskets {baskets}, " in capsys.readouterr().out


def test_the_vietnamese_range_and_its_first_bills_agree_with_the_expected_totals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = full("catalog_vn")
    assert convert.main(["catalog_vn", str(source), str(tmp_path), "--bills", "100"]) == 0
    said = capsys.readouterr().out
    assert "12854 products" in said
    assert "baskets 100, " in said
    prices = {row["barcode"]: int(row["base_price"]) for row in convert.read(tmp_path / "catalogue.csv")}
    totals: dict[str, int] = {}
    for row in convert.read(tmp_path / "baskets.csv"):
        totals[row["basket_id"]] = totals.get(row["basket_id"], 0) + prices[row["barcode"]]
    expected = convert.read(source / "synthetic_bills_expected.csv")[:100]
    assert totals == {f"VN-{row['bill']}": int(row["total_vnd"]) for row in expected}
