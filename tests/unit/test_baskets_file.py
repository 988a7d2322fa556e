"""The baskets CSV: what is read, and how a broken file is refused with file, line and column."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from installer.baskets import BasketFileBroken, read_baskets

HEADER = "basket_id,sold_at,store_id,barcode,quantity,unit_price,line_discount,tender"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def written(folder: Path, *lines: str) -> Path:
    file = folder / "baskets.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_rows_of_one_basket_id_are_one_basket_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        HEADER,
        "B2,2026-11-22T09:00:00,S1,8934680083898,1,,,",
        "B1,2026-11-22T08:00:00+07:00,S1,8934680083898,2,9000,500,QR_MOMO",
        "B2,2026-11-22T09:00:00,S1,96385074,3,,,",
    )

    first, second = read_baskets(file, ZONE)

    assert (first.basket_id, first.tender) == ("B1", "QR_MOMO")
    (line,) = first.lines
    assert (line.quantity, line.unit_price, line.line_discount) == (2, 9000, 500)
    assert [line.quantity for line in second.lines] == [1, 3]
    assert second.tender == "CASH"
    assert second.lines[0].unit_price is None


def test_a_moment_without_offset_is_in_the_zone_of_the_store(tmp_path: Path) -> None:
    file = written(tmp_path, HEADER, "B,2026-11-22T23:30:00,S1,8934680083898,1,,,")

    (basket,) = read_baskets(file, ZONE)

    assert basket.sold_at == datetime.fromisoformat("2026-11-22T16:30:00+00:00")


def test_baskets_of_other_stores_are_left_out(tmp_path: Path) -> None:
    file = written(tmp_path, HEADER, "B,2026-11-22T09:00:00,S1,1,1,,,", "B,2026-11-22T09:00:00,S2,1,1,,,")

    assert [basket.store_id for basket in read_baskets(file, ZONE, ["S2"])] == ["S2"]


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        (["basket_id,sold_at,store_id,barcode"], "line 1, column quantity"),
        ([HEADER + ",colour"], "line 1, column colour"),
        ([HEADER, "B,2026-11-22T09:00:00,S1,1,two,,,"], "line 2, column quantity"),
        ([HEADER, "B,2026-11-22T09:00:00,S1,1,1,1.5,,"], "line 2, column unit_price"),
        ([HEADER, "B,yesterday,S1,1,1,,,"], "line 2, column sold_at"),
        ([HEADER, ",2026-11-22T09:00:00,S1,1,1,,,"], "line 2, column basket_id"),
        ([HEADER, "B,2026-11-22T09:00:00,S1,1,1,,,SHELLS"], "line 2, column tender"),
        ([HEADER, "B,2026-11-22T09:00:00,S1,1,1,,,", "B,2026-11-22T09:00:00,S1"], "line 3, column 4"),
        ([HEADER, 'B,2026-11-22T09:00:00,S1,"1,1,,,'], "line 2"),
    ],
)
def test_a_broken_file_is_refused_with_line_and_column(tmp_path: Path, lines: list[str], where: str) -> None:
    file = written(tmp_path, *lines)

    with pytest.raises(BasketFileBroken) as refused:
        read_baskets(file, ZONE)

    assert str(file) in str(refused.value)
    assert where in str(refused.value)


def test_a_file_that_is_not_text_or_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "baskets.csv"
    with pytest.raises(BasketFileBroken, match="No such file"):
        read_baskets(file, ZONE)

    file.write_bytes(b"\xff\xfe\x00b")

    with pytest.raises(BasketFileBroken, match="not UTF-8"):
        read_baskets(file, ZONE)


def test_an_empty_file_says_what_its_first_line_must_be(tmp_path: Path) -> None:
    file = tmp_path / "baskets.csv"
    file.write_text("", encoding="utf-8")

    with pytest.raises(BasketFileBroken, match="basket_id,sold_at"):
        read_baskets(file, ZONE)
