"""Fixtures of whole chains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hq.settings import Settings as HqSettings
from tests import make
from tests.integration.hq.conftest import ADMIN, RunningHq
from tests.integration.hq.conftest import Clock as HqClock
from tests.lost_boxes import Chain

CATALOGUE = """sku_id,barcode,product_name,category,base_price,tax_rate
SKU_12345,8934680083898,Coca Cola 330ml,Đồ uống,10000,0.10
"""


@pytest.fixture
def chain_hq_settings(hq_database_url: str, tmp_path: Path) -> HqSettings:
    """Of the head office that a chain begins with."""
    return HqSettings(
        hq_database_url,
        data_dir=tmp_path / "hq",
        admin_employee_id=ADMIN["employee_id"],
        admin_pin=ADMIN["pin"],
    )


@pytest.fixture
def chain(
    chain_hq_settings: HqSettings, database_from_template: Callable[..., str], tmp_path: Path
) -> Iterator[Chain]:
    """Head office with one product and one store with its hub."""
    with ExitStack() as office, ExitStack() as ending:
        hq = office.enter_context(RunningHq(chain_hq_settings, HqClock()))
        hq.admin.post("/v1/stores", json={"store_id": make.STORE, "name": "Everopen Bến Thành"})
        csv = {"content-type": "text/csv"}
        hq.admin.post("/v1/catalog/import", content=CATALOGUE.encode(), headers=csv)
        yield Chain(office, hq, database_from_template, tmp_path, ending)
