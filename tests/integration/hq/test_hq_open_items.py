"""Goods that no catalogue knew: head office hears which barcodes to add, and no stock moves."""

from __future__ import annotations

from decimal import Decimal

from uuid_utils.compat import uuid7

from retail.open_item import open_line
from tests.integration.hq.conftest import RunningHq
from tests.integration.hq.test_hq_catalogue import HEADER, import_csv
from tests.make_hq import Chain, sale
from tests.patience import eventually

BARCODE = "4006381333931"


def sell_open_items(hq: RunningHq, *prices: int) -> None:
    chain = Chain()
    texts: list[str] = []
    for price in prices:
        line = open_line(
            line_item_id=uuid7(),
            barcode=BARCODE,
            product_name="Bút dạ",
            unit_price=price,
            tax_rate=Decimal("0.08"),
            reason="not in the catalogue",
            approved_by="MANAGER_001",
        )
        texts.append(chain.seal(sale(line, sold_at=hq.clock())))
    hq.store().send(texts)
    hq.report()


def listed(hq: RunningHq) -> list[tuple[str, str]]:
    items = hq.admin.get("/v1/alerts").json()["items"]
    return [(item["subject"], item["detail"]) for item in items if item["kind"] == "unknown-barcode"]


def test_a_barcode_sold_without_a_catalogue_is_on_the_list_until_the_catalogue_has_it(hq: RunningHq) -> None:
    sell_open_items(hq, 12_000, 13_000)

    def told() -> bool:
        hq.app.state.office.watchman.look()
        return len(listed(hq)) == 1

    eventually(told)
    subject, detail = listed(hq)[0]
    assert subject == BARCODE
    assert "sold 2 times as an open item" in detail
    import_csv(hq, HEADER, f"SKU_PEN,{BARCODE},Bút dạ,Văn phòng,12000,0.08")
    hq.app.state.office.watchman.look()
    assert listed(hq) == []


def test_open_items_move_no_stock(hq: RunningHq) -> None:
    sell_open_items(hq, 12_000)
    assert hq.sql("SELECT count(*) FROM stock_movements WHERE sku_id = 'OPEN'") == [(0,)]
    assert hq.report(group_by="sku") != []
