"""The tables on the rooms' pages are the tables of the code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from courier.link import link_table
from retail.sale import audit_table, state_table
from retail.staff import permission_table

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("page", "table"),
    [
        ("retail/README.md", state_table),
        ("retail/README.md", audit_table),
        ("retail/README.md", permission_table),
        ("courier/README.md", link_table),
    ],
    ids=["states", "moves", "permissions", "link"],
)
def test_a_page_shows_the_table_of_the_code(page: str, table: Callable[[], str]) -> None:
    assert table() in (ROOT / page).read_text("utf-8"), f"put this into {page}:\n{table()}"


@pytest.mark.parametrize("room", ["retail", "courier"])
def test_every_module_stands_on_its_room_s_page(room: str) -> None:
    page = (ROOT / room / "README.md").read_text("utf-8")
    modules = {file.stem for file in (ROOT / room).glob("*.py")} - {"__init__"}
    assert {module for module in modules if f"`{module}`" not in page} == set()
